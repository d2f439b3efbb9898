//go:build !linux && !darwin

package store

import "math"

// FreeSpace does not know how to ask here, and says that there is no end of it.
func FreeSpace(string) (uint64, error) { return math.MaxUint64, nil }
