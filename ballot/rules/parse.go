package rules

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// MaxSize is the largest rules file, in bytes.
const MaxSize = 1 << 16

// An Error says what is wrong with a rules file, and where.
type Error struct {
	Line   int    // from 1; 0 if it concerns no line
	Field  string // such as "call.share"; empty if the file is no TOML
	Reason string
}

func (e *Error) Error() string {
	var b strings.Builder
	if e.Line > 0 {
		fmt.Fprintf(&b, "line %d: ", e.Line)
	}
	if e.Field != "" {
		b.WriteString(e.Field + ": ")
	}
	b.WriteString(e.Reason)
	return b.String()
}

// Parse reads a rules file. Errors are *Error.
func Parse(file []byte) (*Rules, error) {
	if len(file) > MaxSize {
		return nil, &Error{Reason: fmt.Sprintf("%d bytes, at most %d", len(file), MaxSize)}
	}
	lines, err := linesOf(file)
	if err != nil {
		return nil, err
	}
	if bad := lines.quoted(reflect.TypeFor[Rules](), ""); bad != nil {
		return nil, bad
	}
	var r Rules
	if err := toml.NewDecoder(bytes.NewReader(file)).DisallowUnknownFields().Decode(&r); err != nil {
		return nil, decodeError(err, lines)
	}
	c := checker{r: &r, lines: lines}
	c.choices()
	c.present(reflect.ValueOf(&r).Elem(), "")
	c.check()
	if c.err != nil {
		return nil, c.err
	}
	return &r, nil
}

// lines has every key that is in a file, and every table. What is in an array of tables is there twice: of any of them, as "contest.rules.min",
// and by its number from 0, as "contest.rules[1].min".
type lines map[string]place

// A place is where a key is, and what kind of value it has.
type place struct {
	line int
	kind unstable.Kind
}

// linesOf finds where the keys are.
func linesOf(file []byte) (lines, error) {
	found := make(lines)
	var p unstable.Parser
	p.Reset(file)
	table, numbered := "", ""
	tables := make(map[string]int)
	for p.NextExpression() {
		e := p.Expression()
		if e.Kind != unstable.KeyValue && e.Kind != unstable.Table && e.Kind != unstable.ArrayTable {
			continue
		}
		path, line := pathOf(&p, e)
		at := place{line, e.Kind}
		switch e.Kind {
		case unstable.KeyValue:
			at.kind = e.Value().Kind
			found.inside(&p, e.Value(), join(table, path))
			found[join(numbered, path)] = at
			if numbered != table {
				found.inside(&p, e.Value(), join(numbered, path))
			}
			path = join(table, path)
		case unstable.ArrayTable:
			table, numbered = path, fmt.Sprintf("%s[%d]", path, tables[path])
			tables[path]++
			found[numbered] = at
		default:
			table, numbered = path, path
		}
		found[path] = at
	}
	if err := p.Error(); err != nil {
		var parser *unstable.ParserError
		if errors.As(err, &parser) && len(parser.Highlight) > 0 {
			return nil, &Error{Line: p.Shape(p.Range(parser.Highlight)).Start.Line, Reason: parser.Message}
		}
		return nil, &Error{Reason: err.Error()}
	}
	return found, nil
}

// inside finds the keys of a value that is an inline table, or an array of some.
func (l lines) inside(p *unstable.Parser, value *unstable.Node, path string) {
	switch value.Kind {
	case unstable.Array:
		i := 0
		for it := value.Children(); it.Next(); {
			if it.Node().Kind != unstable.Comment {
				l.inside(p, it.Node(), fmt.Sprintf("%s[%d]", path, i))
				i++
			}
		}
		return
	case unstable.InlineTable:
	default:
		return
	}
	for it := value.Children(); it.Next(); {
		if n := it.Node(); n.Kind == unstable.KeyValue {
			sub, line := pathOf(p, n)
			l[join(path, sub)] = place{line, n.Value().Kind}
			l.inside(p, n.Value(), join(path, sub))
		}
	}
}

func pathOf(p *unstable.Parser, n *unstable.Node) (path string, line int) {
	for it := n.Key(); it.Next(); {
		k := it.Node()
		if line == 0 {
			line = p.Shape(k.Raw).Start.Line
		}
		path = join(path, string(k.Data))
	}
	return path, line
}

func join(table, key string) string {
	if table == "" {
		return key
	}
	return table + "." + key
}

// of returns the line of a field, or of the table that it is in.
func (l lines) of(field string) int {
	for field != "" {
		if p, ok := l[field]; ok {
			return p.line
		}
		i := strings.LastIndexAny(field, ".[")
		field = field[:max(i, 0)]
	}
	return 0
}

// has reports whether a field is in the file.
func (l lines) has(field string) bool {
	if _, ok := l[field]; ok {
		return true
	}
	for known := range maps.Keys(l) {
		if strings.HasPrefix(known, field+".") {
			return true
		}
	}
	return false
}

// quoted checks that periods and shares are written as text: the decoder would take other values, and say nothing of where they are.
func (l lines) quoted(t reflect.Type, table string) error {
	for i := range t.NumField() {
		f := t.Field(i)
		path, of := join(table, f.Tag.Get("toml")), f.Type
		if of.Kind() == reflect.Pointer {
			of = of.Elem()
		}
		switch at, ok := l[path]; {
		case of == reflect.TypeFor[Period]() || of == reflect.TypeFor[Share]():
			if ok && at.kind != unstable.String {
				return &Error{Line: at.line, Field: path, Reason: `is not a text like "14 days" or "5 %"`}
			}
		case of.Kind() == reflect.Struct:
			if err := l.quoted(of, path); err != nil {
				return err
			}
		}
	}
	return nil
}

// decodeError makes an Error of one of package toml.
func decodeError(err error, l lines) error {
	var strict *toml.StrictMissingError
	var decode *toml.DecodeError
	switch {
	case errors.As(err, &strict) && len(strict.Errors) > 0:
		first := slices.MinFunc(strict.Errors, func(a, b toml.DecodeError) int {
			x, _ := a.Position()
			y, _ := b.Position()
			return x - y
		})
		line, _ := first.Position()
		return &Error{Line: line, Field: strings.Join(first.Key(), "."), Reason: "there is no such field"}
	case errors.As(err, &decode):
		line, _ := decode.Position()
		return &Error{Line: line, Field: strings.Join(decode.Key(), "."), Reason: strings.TrimPrefix(decode.Error(), "toml: ")}
	}
	return &Error{Reason: err.Error()}
}
