//go:build linux || darwin

package store

import "syscall"

// FreeSpace returns how many bytes an ordinary user can still write where path is.
func FreeSpace(path string) (uint64, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(path, &s); err != nil {
		return 0, err
	}
	return uint64(s.Bavail) * uint64(s.Bsize), nil
}
