package rules

import (
	"fmt"
	"math/bits"
	"regexp"
	"strconv"
	"strings"

	"mandate/ballot/record"
)

// A Period is a length of time in seconds, at most a year of 365 days. In a file it is written like "14 days" or "1 day 12 hours".
type Period struct{ seconds uint64 }

// Seconds returns the period's length.
func (p Period) Seconds() uint64 { return p.seconds }

var units = []struct {
	name    string
	seconds uint64
}{
	{"week", 7 * 86_400}, {"day", 86_400}, {"hour", 3600}, {"minute", 60}, {"second", 1},
}

// UnmarshalText reads a period.
func (p *Period) UnmarshalText(b []byte) error {
	words := strings.Fields(string(b))
	if len(words) == 0 || len(words)%2 != 0 {
		return fmt.Errorf("%q is not a period like \"14 days\" or \"1 day 12 hours\"", b)
	}
	var total uint64
	last := -1
	for i := 0; i < len(words); i += 2 {
		n, err := strconv.ParseUint(words[i], 10, 32)
		unit := unitOf(words[i+1])
		if err != nil || unit <= last { // units come from the largest to the smallest, each once
			return fmt.Errorf("%q is not a period like \"14 days\" or \"1 day 12 hours\"", b)
		}
		last = unit
		total += n * units[unit].seconds
	}
	if total > record.MaxDuration {
		return fmt.Errorf("%q is more than a year", b)
	}
	*p = Period{total}
	return nil
}

// unitOf returns the index of a unit, -1 if it is none.
func unitOf(word string) int {
	for i, u := range units {
		if word == u.name || word == u.name+"s" {
			return i
		}
	}
	return -1
}

// String writes the period as in a file.
func (p Period) String() string {
	if p.seconds == 0 {
		return "0 days"
	}
	var parts []string
	left := p.seconds
	for _, u := range units[1:] { // 14 days rather than 2 weeks
		n := left / u.seconds
		left %= u.seconds
		switch {
		case n == 1:
			parts = append(parts, "1 "+u.name)
		case n > 1:
			parts = append(parts, fmt.Sprintf("%d %ss", n, u.name))
		}
	}
	return strings.Join(parts, " ")
}

// A Share is a fraction between 0 and 1, in lowest terms. In a file it is written like "5 %", "12.5 %" or "1/3".
type Share struct {
	Num uint64 `toml:"-"`
	Den uint64 `toml:"-"`
}

var (
	percentForm  = regexp.MustCompile(`^(\d{1,3})(?:\.(\d{1,6}))? ?%$`)
	fractionForm = regexp.MustCompile(`^(\d{1,9})/(\d{1,9})$`)
)

// UnmarshalText reads a share.
func (s *Share) UnmarshalText(b []byte) error {
	var num, den uint64
	if m := percentForm.FindSubmatch(b); m != nil {
		num, _ = strconv.ParseUint(string(m[1])+string(m[2]), 10, 64) // at most nine digits
		den = 100
		for range m[2] {
			den *= 10
		}
	} else if m := fractionForm.FindSubmatch(b); m != nil {
		num, _ = strconv.ParseUint(string(m[1]), 10, 64)
		den, _ = strconv.ParseUint(string(m[2]), 10, 64)
	} else {
		return fmt.Errorf("%q is not a share like \"5 %%\", \"12.5 %%\" or \"1/3\"", b)
	}
	if den == 0 || num > den {
		return fmt.Errorf("%q is not between 0 and 1", b)
	}
	d := gcd(num, den)
	*s = Share{num / d, den / d}
	return nil
}

// String writes the share as in a file.
func (s Share) String() string {
	if s.Den == 0 {
		return "0 %"
	}
	if hi, lo := bits.Mul64(s.Num, 100); hi == 0 && lo%s.Den == 0 {
		return fmt.Sprintf("%d %%", lo/s.Den)
	}
	return fmt.Sprintf("%d/%d", s.Num, s.Den)
}

// of returns the share of n, rounded up.
func (s Share) of(n uint64) uint64 { return (s.Num*n + s.Den - 1) / s.Den }

func gcd(a, b uint64) uint64 {
	for b != 0 {
		a, b = b, a%b
	}
	return max(a, 1)
}
