//go:build unix && !solaris && !aix

package vault

import (
	"os"
	"syscall"
)

// lock waits for the exclusive lock of an open file.
func lock(f *os.File) error {
	for {
		if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != syscall.EINTR {
			return err
		}
	}
}
