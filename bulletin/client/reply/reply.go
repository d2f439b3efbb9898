// Package reply reads the short answers of servers that are in JSON (RFC 8259): [Parse] returns what an object has. It is for programs that are
// too small for encoding/json. It trusts nothing about its input; the caller bounds its length.
package reply

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// An Object is what an object in JSON has, by name. A value is a string, a Number, a bool, nil, an Object or a []any of such.
type Object map[string]any

// A Number is a number as it was written.
type Number string

// String returns the string with a name. It reports false if there is none.
func (o Object) String(name string) (string, bool) {
	s, ok := o[name].(string)
	return s, ok
}

// Uint64 returns the number with a name. It reports false if there is none, or it is not an integer from 0 to 2^64 − 1.
func (o Object) Uint64(name string) (uint64, bool) {
	n, ok := o[name].(Number)
	if !ok {
		return 0, false
	}
	u, err := strconv.ParseUint(string(n), 10, 64)
	return u, err == nil
}

// Strings returns the array of strings with a name. It reports false if there is none, or it has something else; null is an empty one.
func (o Object) Strings(name string) ([]string, bool) {
	value, there := o[name]
	if there && value == nil {
		return nil, true
	}
	list, ok := value.([]any)
	var out []string
	for _, x := range list {
		s, isString := x.(string)
		if !isString {
			return nil, false
		}
		out = append(out, s)
	}
	return out, ok
}

// maxDepth of values in values.
const maxDepth = 8

// Parse reads one object, and nothing after it. A name that is there twice is an error.
func Parse(b []byte) (Object, error) {
	if !utf8.Valid(b) {
		return nil, errors.New("reply: is not UTF-8")
	}
	p := parser{rest: string(b)}
	v, err := p.value(0)
	if err == nil {
		if p.space(); p.rest != "" {
			err = errors.New("goes on after its end")
		}
	}
	if err != nil {
		return nil, fmt.Errorf("reply: at byte %d: %w", len(b)-len(p.rest), err)
	}
	o, ok := v.(Object)
	if !ok {
		return nil, errors.New("reply: is not an object")
	}
	return o, nil
}

type parser struct{ rest string }

func (p *parser) space() { p.rest = strings.TrimLeft(p.rest, " \t\r\n") }

// take passes over a text that comes next, or reports false.
func (p *parser) take(s string) bool {
	rest, ok := strings.CutPrefix(p.rest, s)
	p.rest = rest
	return ok
}

var errForm = errors.New("is not JSON")

func (p *parser) value(depth int) (any, error) {
	if depth > maxDepth {
		return nil, errors.New("is nested too deep")
	}
	p.space()
	switch {
	case p.take("{"):
		return p.object(depth)
	case p.take("["):
		return p.array(depth)
	case p.take(`"`):
		return p.text()
	case p.take("true"):
		return true, nil
	case p.take("false"):
		return false, nil
	case p.take("null"):
		return nil, nil
	}
	return p.number()
}

func (p *parser) object(depth int) (any, error) {
	o := make(Object)
	if p.space(); p.take("}") {
		return o, nil
	}
	for {
		if p.space(); !p.take(`"`) {
			return nil, errForm
		}
		name, err := p.text()
		if err != nil {
			return nil, err
		}
		if _, twice := o[name]; twice {
			return nil, fmt.Errorf("%q is there twice", name)
		}
		if p.space(); !p.take(":") {
			return nil, errForm
		}
		if o[name], err = p.value(depth + 1); err != nil {
			return nil, err
		}
		p.space()
		switch {
		case p.take("}"):
			return o, nil
		case !p.take(","):
			return nil, errForm
		}
	}
}

func (p *parser) array(depth int) (any, error) {
	list := []any{}
	if p.space(); p.take("]") {
		return list, nil
	}
	for {
		v, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
		p.space()
		switch {
		case p.take("]"):
			return list, nil
		case !p.take(","):
			return nil, errForm
		}
	}
}

// text reads a string whose first quote was taken.
func (p *parser) text() (string, error) {
	var b strings.Builder
	for {
		i := strings.IndexFunc(p.rest, func(r rune) bool { return r == '"' || r == '\\' || r < ' ' })
		if i < 0 || p.rest[i] < ' ' {
			return "", errForm
		}
		b.WriteString(p.rest[:i])
		p.rest = p.rest[i:]
		if p.take(`"`) {
			return b.String(), nil
		}
		r, err := p.escape()
		if err != nil {
			return "", err
		}
		b.WriteRune(r)
	}
}

// escape reads what a backslash begins. Half of a pair of surrogates becomes U+FFFD.
func (p *parser) escape() (rune, error) {
	if len(p.rest) < 2 {
		return 0, errForm
	}
	c := p.rest[1]
	if c == 'u' {
		r, err := p.unit()
		if err != nil || !utf16.IsSurrogate(r) {
			return r, err
		}
		after := p.rest
		if low, err := p.unit(); err == nil {
			if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
				return pair, nil
			}
		}
		p.rest = after
		return utf8.RuneError, nil
	}
	p.rest = p.rest[2:]
	if i := strings.IndexByte(`"\/bfnrt`, c); i >= 0 {
		return rune("\"\\/\b\f\n\r\t"[i]), nil
	}
	return 0, errForm
}

// unit reads \u and four digits.
func (p *parser) unit() (rune, error) {
	if len(p.rest) < 6 || p.rest[:2] != `\u` {
		return 0, errForm
	}
	var r rune
	for _, c := range p.rest[2:6] {
		i := strings.IndexRune("0123456789abcdef", c|0x20)
		if i < 0 || c < '0' {
			return 0, errForm
		}
		r = r<<4 | rune(i)
	}
	p.rest = p.rest[6:]
	return r, nil
}

func (p *parser) number() (any, error) {
	start := p.rest
	digits := func() bool {
		n := len(p.rest)
		p.rest = strings.TrimLeft(p.rest, "0123456789")
		return len(p.rest) < n
	}
	p.take("-")
	if !p.take("0") && !digits() {
		return nil, errForm
	}
	if p.take(".") && !digits() {
		return nil, errForm
	}
	if p.take("e") || p.take("E") {
		if !p.take("+") {
			p.take("-")
		}
		if !digits() {
			return nil, errForm
		}
	}
	return Number(start[:len(start)-len(p.rest)]), nil
}
