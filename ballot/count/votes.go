package count

import (
	"errors"
	"math/big"
	"strings"
)

// Votes is an exact number of votes in decimal fixed point. The zero value is 0
// with no decimals. Values are immutable.
type Votes struct {
	units  *big.Int // in units of 10^-places; nil means 0
	places int
}

// makeVotes takes ownership of nothing: units is copied.
func makeVotes(units *big.Int, places int) Votes {
	return Votes{new(big.Int).Set(units), places}
}

// Places returns the number of decimals that v carries.
func (v Votes) Places() int { return v.places }

// Sign returns -1, 0 or 1.
func (v Votes) Sign() int {
	if v.units == nil {
		return 0
	}
	return v.units.Sign()
}

// Cmp compares v with w, whatever decimals they carry.
func (v Votes) Cmp(w Votes) int { return v.scaled(w.places).Cmp(w.scaled(v.places)) }

// scaled returns v's units with that many further decimals.
func (v Votes) scaled(places int) *big.Int {
	n := new(big.Int)
	if v.units != nil {
		n.Mul(v.units, pow10(places))
	}
	return n
}

// String prints v with all its decimals and no thousands separator.
func (v Votes) String() string { return v.Fixed(v.places) }

// Fixed prints v with exactly that many decimals. Decimals that v has beyond
// them are cut off, never rounded up: a printed number is never more than what
// the candidate holds.
func (v Votes) Fixed(decimals int) string {
	n := new(big.Int)
	if v.units != nil {
		n.Abs(v.units)
	}
	if decimals >= v.places {
		n.Mul(n, pow10(decimals-v.places))
	} else {
		n.Quo(n, pow10(v.places-decimals))
	}
	s := n.String()
	if len(s) <= decimals {
		s = strings.Repeat("0", decimals-len(s)+1) + s
	}
	if decimals > 0 {
		s = s[:len(s)-decimals] + "." + s[len(s)-decimals:]
	}
	if v.Sign() < 0 && n.Sign() != 0 {
		s = "-" + s
	}
	return s
}

// MarshalText prints v as [Votes.String] does. In JSON, votes are strings, since
// readers of JSON numbers commonly round them.
func (v Votes) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText reads what MarshalText prints, and nothing else.
func (v *Votes) UnmarshalText(text []byte) error {
	if len(text) > 64 {
		return errors.New("number of votes is too long")
	}
	s := string(text)
	whole, fraction, _ := strings.Cut(strings.TrimPrefix(s, "-"), ".")
	n, ok := new(big.Int).SetString(whole+fraction, 10)
	if !ok {
		return errors.New("number of votes is not a decimal number")
	}
	if strings.HasPrefix(s, "-") {
		n.Neg(n)
	}
	if w := (Votes{n, len(fraction)}); w.String() != s {
		return errors.New("number of votes is not in its shortest form")
	} else {
		*v = w
	}
	return nil
}

func pow10(n int) *big.Int {
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil)
}

// clone copies a list of amounts, so that a later change of one list does not
// show in the other.
func clone(amounts []*big.Int) []*big.Int {
	out := make([]*big.Int, len(amounts))
	for i, a := range amounts {
		out[i] = new(big.Int).Set(a)
	}
	return out
}

func zeros(n int) []*big.Int {
	out := make([]*big.Int, n)
	for i := range out {
		out[i] = new(big.Int)
	}
	return out
}

func sum(amounts []*big.Int) *big.Int {
	total := new(big.Int)
	for _, a := range amounts {
		total.Add(total, a)
	}
	return total
}
