//go:build !unix || solaris || aix

package vault

import "os"

// lock does not know how to lock a file here: let no two processes use one folder.
func lock(*os.File) error { return nil }
