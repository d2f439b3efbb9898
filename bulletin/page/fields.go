package page

import (
	"encoding/hex"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"unicode"

	"mandate/ballot/contest"
	"mandate/ballot/record"
	"mandate/ballot/text"
)

// A field is a field of a record, for readers. Its name is that of SPEC.md §8.3, nearly: an explorer shows what is there, and translates
// no more of it than times.
type field struct {
	Name  string
	Value string
	Code  bool   // the value is for machines
	Lang  string // of a text
	Link  string // to what the value names
	Time  uint64 // what the value is a time of, if it is one
	More  string // what is left out
	In    []field
}

// Limits of what is shown of a record. The whole is in its bytes.
const (
	mostFields  = 1500
	mostItems   = 100
	mostNumbers = 500
	mostHex     = 64 // bytes
)

// times are the names of fields that hold a time.
var times = map[string]bool{"opens": true, "closes": true, "starts": true, "at": true, "now": true}

// A lister lists the fields of a record's body.
type lister struct {
	*author
	left int // fields that can still be shown
}

func (a *author) fields(body record.Body) []field {
	l := lister{a, mostFields}
	return l.structure(reflect.ValueOf(body).Elem())
}

func (l *lister) structure(v reflect.Value) []field {
	var out []field
	for i := range v.NumField() {
		t := v.Type().Field(i)
		if !t.IsExported() || l.left <= 0 {
			continue
		}
		name := kebab(t.Name)
		if c, ok := v.Interface().(contest.Contest); ok && foreign(&c, name) {
			continue
		}
		if _, member := v.Interface().(record.Member); member && (name == "number" || name == "salt") { // opened for the log, not for search engines
			out = append(out, field{Name: name, More: l.Say("record.in-bytes")})
			continue
		}
		if f, ok := l.field(name, v.Field(i)); ok {
			out = append(out, f)
		}
	}
	return out
}

// foreign reports whether a field belongs to another kind of contest, and is not in the record.
func foreign(c *contest.Contest, name string) bool {
	if c.Kind == contest.KindRanked {
		return name == "min" || name == "max" || name == "decision"
	}
	return name == "depth" || name == "ranking"
}

// field lists one field. It reports false for one that is empty where others would not be.
func (l *lister) field(name string, v reflect.Value) (field, bool) {
	l.left--
	f := field{Name: name}
	switch x := v.Interface().(type) {
	case record.ID:
		f.Value, f.Code, f.Link = x.String(), true, l.to(x)
		return f, true
	case record.Key:
		f.Value, f.Code = x.String(), true
		return f, true
	case text.Texts:
		for _, tag := range x.Languages() {
			f.In = append(f.In, field{Name: tag, Value: x[tag], Lang: tag})
		}
		return f, len(f.In) > 0
	case uint64:
		f.Value = l.Number(x)
		if times[name] && x > 0 {
			f.Time = x
		}
		return f, true
	}
	switch v.Kind() {
	case reflect.String:
		f.Value = v.String()
		return f, f.Value != ""
	case reflect.Bool:
		f.Value = l.Say("record." + strconv.FormatBool(v.Bool()))
		return f, true
	case reflect.Pointer:
		if v.IsNil() {
			return f, false
		}
		f.In = l.structure(v.Elem())
		return f, true
	case reflect.Struct:
		f.In = l.structure(v)
		return f, true
	case reflect.Array, reflect.Slice:
		return l.list(f, v)
	}
	f.Value = fmt.Sprint(v.Interface())
	return f, true
}

func (l *lister) list(f field, v reflect.Value) (field, bool) {
	n := v.Len()
	switch v.Type().Elem().Kind() {
	case reflect.Uint8:
		b := make([]byte, n)
		reflect.Copy(reflect.ValueOf(b), v)
		f.Value, f.Code = hex.EncodeToString(b[:min(n, mostHex)]), true
		if n > mostHex {
			f.Value, f.More = f.Value+"…", l.Count("record.bytes", uint64(n))
		}
		return f, n > 0
	case reflect.Uint64:
		var numbers []string
		for i := range min(n, mostNumbers) {
			numbers = append(numbers, strconv.FormatUint(v.Index(i).Uint(), 10))
		}
		f.Value = strings.Join(numbers, ", ")
		if n > mostNumbers {
			f.More = l.Count("record.more", uint64(n-mostNumbers))
		}
		return f, n > 0
	}
	for i := range n {
		if i == mostItems || l.left <= 0 {
			f.More = l.Count("record.more", uint64(n-i))
			break
		}
		item, _ := l.field(strconv.Itoa(i), v.Index(i))
		f.In = append(f.In, item)
	}
	return f, n > 0
}

// to returns the address of what an id names: a vote, a round, or another record.
func (l *lister) to(id record.ID) string {
	if id == (record.ID{}) {
		return ""
	}
	if _, ok := l.pages.records.Find(id); ok {
		return l.link("/log/" + id.String())
	}
	return ""
}

// kebab writes a Go name as SPEC.md writes names: TrusteeKeys is trustee-keys.
func kebab(name string) string {
	var b strings.Builder
	runes := []rune(name)
	for i, r := range runes {
		if unicode.IsUpper(r) && i > 0 && (unicode.IsLower(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1])) {
			b.WriteByte('-')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}
