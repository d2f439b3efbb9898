package issuing

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"

	"mandate/ballot/record"
	"mandate/crypto/hidden"
	"mandate/crypto/transcript"
)

const redacted = hidden.Text

// A Code tells a registrar which roll entry asks: 128 random bits. It prints as REDACTED.
type Code [16]byte

func (Code) String() string               { return redacted }
func (Code) GoString() string             { return redacted }
func (Code) Format(s fmt.State, _ rune)   { io.WriteString(s, redacted) }
func (Code) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }
func (Code) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// NewCode draws a code.
func NewCode() Code {
	var c Code
	rand.Read(c[:]) // never fails: crypto/rand ends the program instead
	return c
}

// A Desk is where a code is good: one registrar of one round.
type Desk struct {
	Round     record.ID
	Registrar uint64 // from 1
}

func (d Desk) transcript(c Code) *transcript.Transcript {
	t := transcript.New("mandate/v1 code")
	t.AppendBytes("round", d.Round[:])
	t.AppendUint64("registrar", d.Registrar)
	t.AppendBytes("code", c[:])
	return t
}

// Hash returns by what a registrar keeps a code: ID("hash") of T("mandate/v1 code"; bytes round; integer registrar; bytes code). The code
// is random enough for a plain hash.
func (d Desk) Hash(c Code) [32]byte { return d.transcript(c).ID("hash") }

// check returns the 12 bits after a code's 128: the first of Sum("check") of the same transcript.
func (d Desk) check(c Code) uint16 {
	sum := d.transcript(c).Sum("check")
	return uint16(sum[0])<<4 | uint16(sum[1])>>4
}

// alphabet is Crockford's base 32, in which no two characters are alike: the letters I, L, O and U are not there.
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

const (
	codeChars = 28 // of 5 bits: 128 of the code and 12 of its check
	codeGroup = 4
)

// Text returns a code as a member types it: seven groups of four characters.
func (d Desk) Text(c Code) string {
	bits := append(c[:], byte(d.check(c)>>4), byte(d.check(c)<<4))
	var b strings.Builder
	for i := range codeChars {
		if i > 0 && i%codeGroup == 0 {
			b.WriteByte('-')
		}
		v := 0
		for j := 5 * i; j < 5*i+5; j++ {
			v = v<<1 | int(bits[j/8]>>(7-j%8)&1)
		}
		b.WriteByte(alphabet[v])
	}
	return b.String()
}

// A Typed is a code as somebody typed it, of which is not known yet whether it is for a desk.
type Typed struct {
	code  Code
	check uint16
}

func (Typed) String() string             { return redacted }
func (Typed) GoString() string           { return redacted }
func (Typed) Format(s fmt.State, _ rune) { io.WriteString(s, redacted) }

// For returns the code if it is one for the desk and was typed right. A wrong one passes with probability 1/4096.
func (t Typed) For(d Desk) (Code, bool) { return t.code, d.check(t.code) == t.check }

// ErrCode is the error of a text that is no code, in words for the member.
var ErrCode = errors.New("is not a code like 7KQ2-M9XA-03FT-H6ZB-WE8R-5YNC-1DPV: a code has 28 letters and digits")

// ParseCode reads a code as a person types it: capitals, spaces and hyphens do not matter, and the letters O, I and L are taken for the digits
// they look like. It also reads a whole link that ends in #code=…, as Link makes it. The error is ErrCode.
func ParseCode(s string) (Typed, error) {
	if len(s) > maxLink {
		return Typed{}, ErrCode
	}
	s = strings.TrimSpace(s)
	if _, fragment, ok := strings.Cut(s, "#"); ok {
		values, err := url.ParseQuery(fragment)
		if err != nil {
			return Typed{}, ErrCode
		}
		s = values.Get("code")
	}
	var bits [18]byte
	n := 0
	for _, r := range s {
		switch {
		case r == '-' || r == ' ' || r == '\u00a0' || r == '\u2010' || r == '\u2011':
			continue
		case r >= 'a' && r <= 'z':
			r -= 'a' - 'A'
		}
		switch r {
		case 'O':
			r = '0'
		case 'I', 'L':
			r = '1'
		}
		v := strings.IndexRune(alphabet, r)
		if v < 0 || n == codeChars {
			return Typed{}, ErrCode
		}
		for j := range 5 {
			at := 5*n + j
			bits[at/8] |= byte(v>>(4-j)&1) << (7 - at%8)
		}
		n++
	}
	if n != codeChars {
		return Typed{}, ErrCode
	}
	return Typed{Code(bits[:16]), uint16(bits[16])<<4 | uint16(bits[17])>>4}, nil
}

const maxLink = 1024

// Link returns a link that carries a code in its fragment, which a browser sends to nobody, with the round it is for.
func (d Desk) Link(page string, c Code) string {
	return fmt.Sprintf("%s#round=%s&code=%s", page, d.Round, d.Text(c))
}

// LinkRound returns the round that a link made by Link names, or false.
func LinkRound(link string) (record.ID, bool) {
	if len(link) > maxLink {
		return record.ID{}, false
	}
	_, fragment, ok := strings.Cut(strings.TrimSpace(link), "#")
	if !ok {
		return record.ID{}, false
	}
	values, err := url.ParseQuery(fragment)
	if err != nil {
		return record.ID{}, false
	}
	id, err := record.ParseID(values.Get("round"))
	return id, err == nil
}
