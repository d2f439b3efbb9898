package ranking

import (
	"crypto/subtle"
	"errors"
	"fmt"

	"mandate/crypto/group"
)

// An element carries chunkSize bytes: it is the one with the encoding
//
//	free byte ‖ the bytes ‖ 0x00
//
// for the least free byte, of 2, 4, …, 254, for which this is the encoding of an element. One in four is.
const (
	chunkSize = 30
	leastFree = 2
	mostFree  = 254

	// surelyTried free bytes are tried whether or not they are needed. More are needed once in a million times.
	surelyTried = 48
)

// Encode returns the elements that stand for a ranking, or an error if it is none.
//
// Its duration and the memory it touches depend on the ranking only where noted at surelyTried, in the copying of its ranks, and as
// far as group.DecodeElement says. One chunk in 10^16 has no encoding; that is an error too.
func (e *Encoding) Encode(ranking []int) ([]group.Element, error) {
	n, err := e.number(ranking)
	if err != nil {
		return nil, err
	}
	b := n.bytes(chunkSize * e.elements)
	elements := make([]group.Element, e.elements)
	for k := range elements {
		if elements[k], err = embed((*[chunkSize]byte)(b[chunkSize*k:])); err != nil {
			return nil, err
		}
	}
	return elements, nil
}

func embed(chunk *[chunkSize]byte) (group.Element, error) {
	var s [group.ElementSize]byte
	copy(s[1:], chunk[:])
	chosen := 0
	for free := leastFree; free <= mostFree; free += 2 {
		if free >= leastFree+2*surelyTried && chosen != 0 {
			break
		}
		s[0] = byte(free)
		valid := 0
		if _, err := group.DecodeElement(s[:]); err == nil {
			valid = 1
		}
		first := valid & subtle.ConstantTimeEq(int32(chosen), 0)
		chosen = subtle.ConstantTimeSelect(first, free, chosen)
	}
	if chosen == 0 {
		return group.Element{}, errors.New("this ranking has no encoding")
	}
	s[0] = byte(chosen)
	return group.DecodeElement(s[:])
}

// Decode returns the ranking that the elements encode, and an error that is ErrSpoiled if they encode none: not of the form of
// embedded bytes, embedded with another than the least free byte, or a number that no ranking has. There must be
// [Encoding.Elements] of them; another number is an error that is not ErrSpoiled.
func (e *Encoding) Decode(elements []group.Element) ([]int, error) {
	if len(elements) != e.elements {
		return nil, fmt.Errorf("ranking in %d elements instead of %d", len(elements), e.elements)
	}
	var b []byte
	for k := range elements {
		chunk, err := extract(elements[k].Encoding())
		if err != nil {
			return nil, err
		}
		b = append(b, chunk[:]...)
	}
	return e.ranking(wordsOf(b, e.elements))
}

func extract(s [group.ElementSize]byte) (chunk [chunkSize]byte, err error) {
	copy(chunk[:], s[1:])
	// An encoding is never odd.
	if s[0] < leastFree || s[group.ElementSize-1] != 0 {
		return chunk, fmt.Errorf("%w: no embedded bytes", ErrSpoiled)
	}
	used := s[0]
	for s[0] = leastFree; s[0] < used; s[0] += 2 {
		if _, err := group.DecodeElement(s[:]); err == nil {
			return chunk, fmt.Errorf("%w: the free byte is not the least", ErrSpoiled)
		}
	}
	return chunk, nil
}
