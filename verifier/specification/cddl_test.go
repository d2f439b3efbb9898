package specification_test

import (
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"
)

// This file is a validator for the part of CDDL (RFC 8610) that SPEC.md uses. It reads the grammar from SPEC.md itself, so it is the text
// that is tested, and it shares nothing with package record, which reads records.

// A rule says which values it describes. Errors name the place in the value.
type rule interface {
	check(v any) error
	show(v any) string // the value with the names that the grammar has for its fields
}

type (
	primitive string                     // uint, bstr, tstr, bool, null, any
	literal   struct{ value any }        // a text or an integer
	span      struct{ low, high uint64 } // low..high
	choice    []rule
	named     struct {
		g    *grammar
		name string
	}
	control struct { // of .size .le .regexp .cbor
		of       rule
		operator string
		number   uint64
		pattern  *regexp.Regexp
		inner    rule
	}
	entry struct {
		min, max int // max -1: no bound
		name     string
		of       rule
	}
	array   []entry
	mapping struct {
		min, max   int
		key, value rule
	}
)

// A grammar is the rules of a text by name.
type grammar struct {
	rules map[string]rule
}

func (p primitive) check(v any) error {
	var ok bool
	switch p {
	case "uint":
		_, ok = v.(uint64)
	case "bstr":
		_, ok = v.([]byte)
	case "tstr":
		_, ok = v.(string)
	case "bool":
		_, ok = v.(bool)
	case "null":
		ok = v == nil
	case "any":
		ok = true
	}
	if !ok {
		return fmt.Errorf("is a %T, not of type %s", v, string(p))
	}
	return nil
}

func (p primitive) show(v any) string { return diagnostic(v) }

func (l literal) check(v any) error {
	if v != l.value {
		return fmt.Errorf("is %v, not %v", v, l.value)
	}
	return nil
}

func (l literal) show(v any) string { return diagnostic(v) }

func (s span) check(v any) error {
	if n, ok := v.(uint64); !ok || n < s.low || n > s.high {
		return fmt.Errorf("is %v, not in %d..%d", v, s.low, s.high)
	}
	return nil
}

func (s span) show(v any) string { return diagnostic(v) }

func (c choice) check(v any) error {
	var errs []error
	for _, r := range c {
		err := r.check(v)
		if err == nil {
			return nil
		}
		errs = append(errs, err)
	}
	return fmt.Errorf("is none of the choices: %w", errors.Join(errs...))
}

func (c choice) show(v any) string {
	for _, r := range c {
		if r.check(v) == nil {
			return r.show(v)
		}
	}
	return diagnostic(v)
}

func (n named) rule() rule {
	if r := n.g.rules[n.name]; r != nil {
		return r
	}
	return choice(nil)
}

func (n named) check(v any) error {
	if err := n.rule().check(v); err != nil {
		return fmt.Errorf("%s: %w", n.name, err)
	}
	return nil
}

func (n named) show(v any) string { return n.rule().show(v) }

func (c control) check(v any) error {
	if err := c.of.check(v); err != nil {
		return err
	}
	switch c.operator {
	case ".size":
		if n := len(v.([]byte)); uint64(n) != c.number {
			return fmt.Errorf("has %d bytes, not %d", n, c.number)
		}
	case ".le":
		if n := v.(uint64); n > c.number {
			return fmt.Errorf("is %d, above %d", n, c.number)
		}
	case ".regexp":
		if s := v.(string); !c.pattern.MatchString(s) {
			return fmt.Errorf("%q does not match %v", s, c.pattern)
		}
	case ".cbor":
		var inner any
		if err := cbor.Unmarshal(v.([]byte), &inner); err != nil {
			return fmt.Errorf("is no CBOR: %w", err)
		}
		return c.inner.check(inner)
	}
	return nil
}

func (c control) show(v any) string { return c.of.show(v) }

func (a array) check(v any) error {
	list, ok := v.([]any)
	if !ok {
		return fmt.Errorf("is a %T, not an array", v)
	}
	at := 0
	for _, e := range a {
		n := 0
		var last error
		for (e.max < 0 || n < e.max) && at < len(list) {
			if last = e.of.check(list[at]); last != nil {
				break
			}
			n, at = n+1, at+1
		}
		if n < e.min {
			return fmt.Errorf("[%d] %s: %w", at, e.name, cmpErr(last, errors.New("is missing")))
		}
		if last != nil && e.max != 1 {
			return fmt.Errorf("[%d] %s: %w", at, e.name, last)
		}
	}
	if at != len(list) {
		return fmt.Errorf("has %d fields, %d too many", len(list), len(list)-at)
	}
	return nil
}

func cmpErr(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

func (a array) show(v any) string {
	list, ok := v.([]any)
	if !ok {
		return diagnostic(v)
	}
	var out []string
	at := 0
	for _, e := range a {
		for n := 0; (e.max < 0 || n < e.max) && at < len(list); n, at = n+1, at+1 {
			s := e.of.show(list[at])
			if e.name != "" {
				s = e.name + ": " + s
			}
			out = append(out, s)
		}
	}
	return "[" + strings.Join(out, ", ") + "]"
}

func (m mapping) check(v any) error {
	values, ok := v.(map[any]any)
	if !ok {
		return fmt.Errorf("is a %T, not a map", v)
	}
	if len(values) < m.min || m.max >= 0 && len(values) > m.max {
		return fmt.Errorf("has %d entries", len(values))
	}
	for k, x := range values {
		if err := m.key.check(k); err != nil {
			return fmt.Errorf("key: %w", err)
		}
		if err := m.value.check(x); err != nil {
			return fmt.Errorf("[%v]: %w", k, err)
		}
	}
	return nil
}

func (m mapping) show(v any) string { return diagnostic(v) }

// diagnostic writes a value in CBOR's diagnostic notation, long byte strings cut.
func diagnostic(v any) string {
	switch v := v.(type) {
	case []byte:
		if len(v) > 32 {
			return fmt.Sprintf("h'%x…' (%d bytes)", v[:8], len(v))
		}
		return "h'" + hex.EncodeToString(v) + "'"
	case string:
		return strconv.Quote(v)
	case []any:
		var out []string
		for _, x := range v {
			out = append(out, diagnostic(x))
		}
		return "[" + strings.Join(out, ", ") + "]"
	case map[any]any:
		var out []string
		for k, x := range v {
			out = append(out, diagnostic(k)+": "+diagnostic(x))
		}
		slices.Sort(out)
		return "{" + strings.Join(out, ", ") + "}"
	case nil:
		return "null"
	}
	return fmt.Sprint(v)
}

// tokens of CDDL, comments and white space left out.
var cddlToken = regexp.MustCompile(`^(?:[ \t\n]+|;[^\n]*|("[^"]*"|=>|\.\.|[=/:,*+?\[\]{}]|\.[a-z]+|[0-9]+|[a-z][a-z0-9]*(?:-[a-z0-9]+)*))`)

type cddlParser struct {
	g      *grammar
	tokens []string
}

func (p *cddlParser) peek(i int) string {
	if i < len(p.tokens) {
		return p.tokens[i]
	}
	return ""
}

func (p *cddlParser) next() string {
	s := p.peek(0)
	p.tokens = p.tokens[min(1, len(p.tokens)):]
	return s
}

func (p *cddlParser) want(s string) {
	if got := p.next(); got != s {
		panic(fmt.Errorf("cddl: %q where %q belongs, before %.60q", got, s, strings.Join(p.tokens, " ")))
	}
}

func isName(s string) bool { return s != "" && s[0] >= 'a' && s[0] <= 'z' }

func number(s string) uint64 {
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		panic(err)
	}
	return n
}

func (p *cddlParser) choice() rule {
	c := choice{p.controlled()}
	for p.peek(0) == "/" {
		p.next()
		c = append(c, p.controlled())
	}
	if len(c) == 1 {
		return c[0]
	}
	return c
}

func (p *cddlParser) controlled() rule {
	r := p.simple()
	switch op := p.peek(0); op {
	case ".size", ".le":
		p.next()
		return control{of: r, operator: op, number: number(p.next())}
	case ".regexp":
		p.next()
		return control{of: r, operator: op, pattern: regexp.MustCompile("^(?:" + strings.Trim(p.next(), `"`) + ")$")}
	case ".cbor":
		p.next()
		return control{of: r, operator: op, inner: p.choice()}
	}
	return r
}

func (p *cddlParser) simple() rule {
	switch s := p.next(); {
	case s == "[":
		var a array
		for p.peek(0) != "]" {
			e := entry{min: 1, max: 1}
			e.min, e.max = p.occurrence()
			if isName(p.peek(0)) && p.peek(1) == ":" {
				e.name = p.next()
				p.next()
			}
			e.of = p.choice()
			a = append(a, e)
			if p.peek(0) != "]" {
				p.want(",")
			}
		}
		p.want("]")
		return a
	case s == "{":
		var m mapping
		m.min, m.max = p.occurrence()
		m.key = p.choice()
		p.want("=>")
		m.value = p.choice()
		p.want("}")
		return m
	case s[0] == '"':
		return literal{strings.Trim(s, `"`)}
	case s[0] >= '0' && s[0] <= '9':
		if p.peek(0) == ".." {
			p.next()
			return span{number(s), number(p.next())}
		}
		return literal{number(s)}
	case slices.Contains([]string{"uint", "bstr", "tstr", "bool", "null", "any"}, s):
		return primitive(s)
	case isName(s):
		return named{p.g, s}
	default:
		panic(fmt.Errorf("cddl: unexpected %q before %.60q", s, strings.Join(p.tokens, " ")))
	}
}

func (p *cddlParser) occurrence() (low, high int) {
	switch s := p.peek(0); {
	case s == "+":
		p.next()
		return 1, -1
	case s == "?":
		p.next()
		return 0, 1
	case s == "*" || p.peek(1) == "*":
		low, high = 0, -1
		if s != "*" {
			low = int(number(p.next()))
		}
		p.want("*")
		if n := p.peek(0); n != "" && n[0] >= '0' && n[0] <= '9' {
			high = int(number(p.next()))
		}
		return low, high
	}
	return 1, 1
}

// parseCDDL reads rules, of which each has one definition and each name that is used has one.
func parseCDDL(text string) (g *grammar, err error) {
	defer func() {
		if r := recover(); r != nil {
			e, ok := r.(error)
			if !ok {
				panic(r)
			}
			g, err = nil, e
		}
	}()
	g = &grammar{rules: make(map[string]rule)}
	p := &cddlParser{g: g}
	for rest := text; rest != ""; {
		m := cddlToken.FindStringSubmatch(rest)
		if m == nil {
			return nil, fmt.Errorf("cddl: no token at %.40q", rest)
		}
		if m[1] != "" {
			p.tokens = append(p.tokens, m[1])
		}
		rest = rest[len(m[0]):]
	}
	used := make(map[string]bool)
	for i, s := range p.tokens {
		if isName(s) && p.peek(i+1) != ":" && p.peek(i+1) != "=" {
			used[s] = true
		}
	}
	for len(p.tokens) > 0 {
		name := p.next()
		if !isName(name) {
			return nil, fmt.Errorf("cddl: %q is no name of a rule", name)
		}
		p.want("=")
		if g.rules[name] != nil {
			return nil, fmt.Errorf("cddl: %s has two definitions", name)
		}
		g.rules[name] = p.choice()
	}
	for name := range used {
		if g.rules[name] == nil && !slices.Contains([]string{"uint", "bstr", "tstr", "bool", "null", "any"}, name) {
			return nil, fmt.Errorf("cddl: %s is used and has no definition", name)
		}
	}
	return g, nil
}

// loose returns the grammar of the same structure without bounds: any text for a text, any integer for an integer, any number of items.
func (g *grammar) loose() *grammar {
	out := &grammar{rules: make(map[string]rule)}
	var loosen func(r rule) rule
	loosen = func(r rule) rule {
		switch r := r.(type) {
		case literal:
			if _, ok := r.value.(string); ok {
				return primitive("tstr")
			}
			return primitive("uint")
		case span:
			return primitive("uint")
		case choice:
			c := make(choice, len(r))
			for i := range r {
				c[i] = loosen(r[i])
			}
			return c
		case named:
			return named{out, r.name}
		case control:
			if r.operator == ".size" {
				return r
			}
			return loosen(r.of)
		case array:
			a := make(array, len(r))
			for i, e := range r {
				if a[i] = (entry{e.min, e.max, e.name, loosen(e.of)}); e.max != 1 {
					a[i].min, a[i].max = 0, -1
				}
			}
			return a
		case mapping:
			return mapping{0, -1, loosen(r.key), loosen(r.value)}
		}
		return r
	}
	for name, r := range g.rules {
		out.rules[name] = loosen(r)
	}
	return out
}

// check decodes bytes and holds them against a rule.
func (g *grammar) check(name string, raw []byte) error {
	var v any
	if err := cbor.Unmarshal(raw, &v); err != nil {
		return err
	}
	return named{g, name}.check(v)
}

// specText returns SPEC.md.
func specText(t testing.TB) string {
	t.Helper()
	b, err := os.ReadFile("../../SPEC.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// specGrammar returns the grammar of all CDDL in SPEC.md.
func specGrammar(t testing.TB) *grammar {
	t.Helper()
	var text strings.Builder
	for _, m := range regexp.MustCompile("(?s)\n```cddl\n(.*?)\n```\n").FindAllStringSubmatch(specText(t), -1) {
		text.WriteString(m[1] + "\n")
	}
	g, err := parseCDDL(text.String())
	if err != nil {
		t.Fatal(err)
	}
	return g
}
