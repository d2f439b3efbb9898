//go:build unix && !solaris && !aix

package daemon

import (
	"os"
	"syscall"
)

// tryLock takes the exclusive lock of an open file, if nobody holds it.
func tryLock(f *os.File) error { return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) }
