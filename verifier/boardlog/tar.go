package boardlog

import (
	"bytes"
	"fmt"
)

const tarBlock = 512

// tarHeader returns the header of a file in an audit package: POSIX.1-1988 ustar, a regular file with mode 0644, owned by user and group 0
// without names, last changed at time 0. Name and size say all there is to say (SPEC.md §7).
func tarHeader(name string, size int64) [tarBlock]byte {
	var h [tarBlock]byte
	copy(h[0:100], name)
	copy(h[100:], "0000644\x00")              // mode
	copy(h[108:], "0000000\x00")              // user
	copy(h[116:], "0000000\x00")              // group
	copy(h[124:], fmt.Sprintf("%011o", size)) // a NUL follows
	copy(h[136:], "00000000000\x00")          // time
	copy(h[148:], "        ")                 // checksum, spaces while it is computed
	h[156] = '0'                              // a regular file
	copy(h[257:], "ustar\x0000")
	copy(h[329:], "0000000\x00") // device numbers
	copy(h[337:], "0000000\x00")
	sum := 0
	for _, b := range h {
		sum += int(b)
	}
	copy(h[148:], fmt.Sprintf("%06o\x00 ", sum))
	return h
}

// tarSize reads the size field alone; the header is then compared with the one that has this size.
func tarSize(h []byte) (int64, bool) {
	var size int64
	for _, c := range h[124:135] {
		if c < '0' || c > '7' {
			return 0, false
		}
		size = size<<3 | int64(c-'0')
	}
	return size, h[135] == 0
}

// tarPadding is how many zero bytes follow a file of a size.
func tarPadding(size int64) int64 { return -size & (tarBlock - 1) }

var zeroBlock [tarBlock]byte

// firstDifference returns where a and b, of one length, differ first, -1 if nowhere.
func firstDifference(a, b []byte) int {
	if bytes.Equal(a, b) {
		return -1
	}
	i := 0
	for a[i] == b[i] {
		i++
	}
	return i
}
