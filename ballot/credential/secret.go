package credential

import (
	"crypto/rand"
	"crypto/sha256"
	_ "embed"
	"fmt"
	"io"
	"strings"
	"unicode"

	secrets "mandate/crypto/hidden"
)

// hidden is embedded in the structs that hold secrets.
type hidden = secrets.Fields

const redacted = secrets.Text

// A Secret is a voter card: 32 random bytes from which everything random of the card's credentials derives (SPEC.md §10.1).
// Whoever has it can vote in its member's place. It prints as REDACTED.
type Secret [32]byte

func (Secret) String() string               { return redacted }
func (Secret) GoString() string             { return redacted }
func (Secret) Format(s fmt.State, _ rune)   { io.WriteString(s, redacted) }
func (Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// NewSecret draws a secret.
func NewSecret() Secret {
	var s Secret
	rand.Read(s[:]) // never fails: crypto/rand ends the program instead
	return s
}

// WordCount is how many words a secret has.
const WordCount = 24

// english is the English word list of BIP-39 (Palatinus, Rusnak, Voisine, Bowe, 2013, MIT licence), 2048 words in alphabetical order of
// which the first four letters are unique. Its SHA-256 is 2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8eff3a2ed3b24dbda.
//
//go:embed english.txt
var english string

var (
	words     = strings.Fields(english)
	wordIndex = func() map[string]int {
		m := make(map[string]int, len(words))
		for i, w := range words {
			m[w] = i
		}
		return m
	}()
)

// Words returns the secret as 24 words for paper (BIP-39 for 256 bits): 11 bits a word, the last 8 of the 264 bits being the first
// byte of the secret's SHA-256.
func (s Secret) Words() []string {
	sum := sha256.Sum256(s[:])
	bits := append(s[:], sum[0])
	out := make([]string, WordCount)
	for i := range out {
		out[i] = words[elevenBits(bits, 11*i)]
	}
	return out
}

// elevenBits returns the 11 bits of b that begin at a bit, most significant first.
func elevenBits(b []byte, at int) int {
	v := 0
	for i := at; i < at+11; i++ {
		v = v<<1 | int(b[i/8]>>(7-i%8)&1)
	}
	return v
}

// A WordError says what is wrong with the words that a member typed, in words for the member.
type WordError struct {
	Word   int    // which of them, from 1; 0: the words as a whole
	Reason string // never contains a word of the list that was typed right
	Of     string // what they are the words of: "card" or "record"
}

func (e *WordError) Error() string {
	if e.Word == 0 {
		return "the words of the " + e.Of + ": " + e.Reason
	}
	return fmt.Sprintf("word %d of the %s: %s", e.Word, e.Of, e.Reason)
}

// ParseWords reads 24 words as a person types them: capitals, line breaks, commas and the numbers before the words do not matter, and the
// first four letters of a word are enough. Errors are *WordError.
func ParseWords(s string) (Secret, error) {
	typed := strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) })
	if len(typed) != WordCount {
		return Secret{}, &WordError{0, fmt.Sprintf("there are %d, a card has %d", len(typed), WordCount), "card"}
	}
	var bits [33]byte
	for i, w := range typed {
		v, ok := lookup(w)
		if !ok {
			return Secret{}, &WordError{i + 1, unknownWord(w), "card"}
		}
		for j := range 11 {
			if v>>(10-j)&1 == 1 {
				at := 11*i + j
				bits[at/8] |= 1 << (7 - at%8)
			}
		}
	}
	secret := Secret(bits[:32])
	if sum := sha256.Sum256(secret[:]); sum[0] != bits[32] {
		return Secret{}, &WordError{0, "they do not fit together: one is another word than on the card, or two have changed places; compare them one by one", "card"}
	}
	return secret, nil
}

func lookup(w string) (int, bool) {
	if i, ok := wordIndex[w]; ok {
		return i, true
	}
	if len(w) < 4 {
		return 0, false
	}
	for i, known := range words { // a word that begins so: abbreviated by the member
		if strings.HasPrefix(known, w) {
			return i, true
		}
	}
	return 0, false
}

func unknownWord(w string) string {
	if len(w) > 32 {
		return "is too long for a word of the list"
	}
	var near []string
	for _, known := range words {
		if distance(w, known) <= 1 {
			near = append(near, known)
		}
	}
	if len(near) == 0 || len(near) > 4 {
		return fmt.Sprintf("%q is not in the list of words", w)
	}
	return fmt.Sprintf("%q is not in the list of words; is it %s?", w, strings.Join(near, " or "))
}

// distance is the number of letters to change, insert, leave out, or exchange with a neighbour, to make b of a.
func distance(a, b string) int {
	var rows [3][]int // the two rows before, and the row in work
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
	}
	for j := range rows[1] {
		rows[1][j] = j
	}
	for i := 1; i <= len(a); i++ {
		rows[2][0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			d := min(rows[1][j]+1, rows[2][j-1]+1, rows[1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d = min(d, rows[0][j-2]+1)
			}
			rows[2][j] = d
		}
		rows[0], rows[1], rows[2] = rows[1], rows[2], rows[0]
	}
	return rows[1][len(b)]
}
