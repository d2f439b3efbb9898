package credential

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"unicode"

	"mandate/ballot/record"
)

// IDWordCount is how many words name a record.
const IDWordCount = 8

// IDPrefix is how many bytes of an id the words say.
const IDPrefix = 10

// IDWords returns eight words that name a record among those of a board (SPEC.md §10.1.6): its id's first 80 bits and the first byte of their
// SHA-256, 11 bits a word. They are for people, to find a record by: whoever makes records can make two with the same words, and no
// program takes one for another because their words agree.
func IDWords(id record.ID) []string {
	bits := idBits([IDPrefix]byte(id[:IDPrefix]))
	out := make([]string, IDWordCount)
	for i := range out {
		out[i] = words[elevenBits(bits, 11*i)]
	}
	return out
}

func idBits(prefix [IDPrefix]byte) []byte {
	sum := sha256.Sum256(prefix[:])
	return append(prefix[:], sum[0])
}

// ParseIDWords reads eight words as a person types them, as ParseWords does, or with hyphens between them, and returns the beginning of the
// id. Errors are *WordError.
func ParseIDWords(s string) ([IDPrefix]byte, error) {
	var prefix [IDPrefix]byte
	if len(s) > 400 {
		return prefix, &WordError{0, "this is too long", "record"}
	}
	typed := strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) })
	if len(typed) != IDWordCount {
		return prefix, &WordError{0, fmt.Sprintf("there are %d, a record has %d", len(typed), IDWordCount), "record"}
	}
	var bits [IDPrefix + 1]byte
	for i, w := range typed {
		v, ok := lookup(w)
		if !ok {
			return prefix, &WordError{i + 1, unknownWord(w), "record"}
		}
		for j := range 11 {
			if v>>(10-j)&1 == 1 {
				at := 11*i + j
				bits[at/8] |= 1 << (7 - at%8)
			}
		}
	}
	prefix = [IDPrefix]byte(bits[:IDPrefix])
	if idBits(prefix)[IDPrefix] != bits[IDPrefix] {
		return prefix, &WordError{0, "they do not fit together: one is another word, or two have changed places; compare them one by one", "record"}
	}
	return prefix, nil
}
