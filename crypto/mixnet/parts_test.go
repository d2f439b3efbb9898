package mixnet

import (
	"bytes"
	"errors"
	"slices"
	"testing"
)

func TestParts(t *testing.T) {
	if PartSize >= 60_000 || PartSize%32 != 0 {
		t.Errorf("parts of %d bytes", PartSize)
	}
	for _, size := range []int{0, 1, PartSize - 1, PartSize, PartSize + 1, 3*PartSize - 1, 3 * PartSize, 3*PartSize + 7} {
		b := make([]byte, size)
		for i := range b {
			b[i] = byte(i * 7 >> 3)
		}
		parts := Split(b)
		if len(parts) != PartCount(size) {
			t.Errorf("%d bytes: %d parts, said to be %d", size, len(parts), PartCount(size))
		}
		total := 0
		for i, p := range parts {
			if len(p) != PartLength(size, i) || len(p) == 0 || i < len(parts)-1 && len(p) != PartSize {
				t.Errorf("%d bytes: part %d has %d", size, i, len(p))
			}
			total += len(p)
		}
		if total != size || PartLength(size, -1) != 0 || PartLength(size, len(parts)) != 0 {
			t.Errorf("%d bytes: parts of %d in all", size, total)
		}
		if got, err := Join(parts, size); err != nil || !bytes.Equal(got, b) {
			t.Errorf("%d bytes: joined: %v", size, err)
		}
		// Parts share no room for growing into the next one.
		if len(parts) > 1 {
			_ = append(parts[0], 0xff)
			if !bytes.Equal(bytes.Join(parts, nil), b) {
				t.Error("appending to a part changed the next")
			}
		}
	}
}

func TestJoinRefuses(t *testing.T) {
	const size = 2*PartSize + 10
	good := Split(make([]byte, size))
	for what, parts := range map[string][][]byte{
		"none":              nil,
		"last missing":      good[:2],
		"first missing":     good[1:],
		"one more":          append(slices.Clone(good), nil),
		"last too short":    {good[0], good[1], good[2][:9]},
		"last too long":     {good[0], good[1], make([]byte, 11)},
		"cut elsewhere":     {good[0][1:], append(slices.Clone(good[1]), 0), good[2]},
		"order":             {good[2], good[0], good[1]},
		"an empty one":      {good[0], nil, good[2]},
		"all in one":        {make([]byte, size)},
		"one of them twice": {good[0], good[0], good[1]},
	} {
		if _, err := Join(parts, size); !errors.Is(err, ErrSize) {
			t.Errorf("%s: %v", what, err)
		}
	}
	for _, other := range []int{-1, 0, size - 1, size + 1, size + PartSize} {
		if _, err := Join(good, other); !errors.Is(err, ErrSize) {
			t.Errorf("to %d bytes: %v", other, err)
		}
	}
	if b, err := Join(nil, 0); err != nil || len(b) != 0 {
		t.Errorf("nothing: %v", err)
	}
}

func FuzzJoin(f *testing.F) {
	f.Add([]byte("abc"), 3, 1)
	f.Add(make([]byte, PartSize+5), PartSize+5, PartSize)
	f.Add(make([]byte, PartSize+5), PartSize+5, 7)
	f.Fuzz(func(t *testing.T, b []byte, size, cut int) {
		cut = max(0, min(cut, len(b)))
		parts := [][]byte{b[:cut], b[cut:]}
		if cut == len(b) {
			parts = parts[:1]
		}
		got, err := Join(parts, size)
		if err != nil {
			return
		}
		again := Split(got)
		if len(got) != size || !bytes.Equal(got, b) || !slices.EqualFunc(parts, again, bytes.Equal) {
			t.Errorf("%d bytes in %d parts joined to %d and split into %d", len(b), len(parts), len(got), len(again))
		}
	})
}

// There is nothing of less than no bytes, also where the number of parts is right.
func TestJoinOfANegativeSize(t *testing.T) {
	for _, size := range []int{-1, -PartSize, -2 * PartSize} {
		if b, err := Join(nil, size); err == nil {
			t.Errorf("%d bytes: %x", size, b)
		}
	}
}
