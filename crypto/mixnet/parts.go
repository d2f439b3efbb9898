package mixnet

import "fmt"

// PartSize is the length in bytes of every part of a stage but the last,
// which has the rest: a record of the log holds no more than 65,535.
const PartSize = 58 << 10

// PartCount returns the number of parts of something of size bytes.
func PartCount(size int) int { return (size + PartSize - 1) / PartSize }

// PartLength returns the length in bytes of part number i, from 0, of
// something of size bytes, and 0 for a number that no part has.
func PartLength(size, i int) int {
	if i < 0 || i >= PartCount(size) {
		return 0
	}
	return min(PartSize, size-i*PartSize)
}

// Split cuts b into parts. They share its memory.
func Split(b []byte) [][]byte {
	parts := make([][]byte, PartCount(len(b)))
	for i := range parts {
		lo, hi := i*PartSize, min((i+1)*PartSize, len(b))
		parts[i] = b[lo:hi:hi]
	}
	return parts
}

// Join puts together what Split cut, which must be size bytes, in exactly the
// parts into which Split cuts them, in their order.
func Join(parts [][]byte, size int) ([]byte, error) {
	if size < 0 || len(parts) != PartCount(size) {
		return nil, fmt.Errorf("joining %d parts to %d bytes: %w", len(parts), size, ErrSize)
	}
	for i, p := range parts {
		if len(p) != PartLength(size, i) {
			return nil, fmt.Errorf("joining: part %d of %d bytes instead of %d: %w", i, len(p), PartLength(size, i), ErrSize)
		}
	}
	b := make([]byte, 0, size)
	for _, p := range parts {
		b = append(b, p...)
	}
	return b, nil
}
