package console

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"mandate/ballot/text"
	"mandate/bulletin/language"
)

// Kinds of fields.
const (
	kindText   = "text"
	kindArea   = "area"
	kindNumber = "number"
	kindTime   = "time" // in UTC
	kindDate   = "date"
	kindChoice = "choice"
	kindCheck  = "check"
	kindSecret = "secret"
	kindFile   = "file"
	kindTexts  = "texts" // one for each language
)

// A field is a question of a form, with what was answered.
type field struct {
	Name, Kind  string
	Label, Hint string
	Required    bool
	Value       string
	Values      []translation // of kindTexts
	Choices     []option
	Error       string
}

// A translation is a text field in one language.
type translation struct{ Code, Language, Name, Value string }

type option struct {
	Value, Text string
	Chosen      bool
}

// A form is fields with where they are sent.
type form struct {
	Fields    []*field
	Action    string
	Button    string
	Danger    bool   // the button does what cannot be taken back
	Error     string // about the form as a whole
	Multipart bool
	CSRF      string
}

// Failed reports whether something is wrong with what was typed.
func (f form) Failed() bool {
	if f.Error != "" {
		return true
	}
	for _, x := range f.Fields {
		if x.Error != "" {
			return true
		}
	}
	return false
}

// A fieldError says what is wrong with a field.
type fieldError struct{ field, sentence string }

func (e *fieldError) Error() string { return e.field + ": " + e.sentence }

// wrong makes a fieldError.
func wrong(field, format string, args ...any) error {
	return &fieldError{field, fmt.Sprintf(format, args...)}
}

// errAt puts an error to a field, without the name that it may begin with.
func errAt(field string, err error) error {
	if err == nil {
		return nil
	}
	s := err.Error()
	if rest, ok := strings.CutPrefix(s, field+": "); ok {
		s = rest
	}
	return &fieldError{field, s}
}

// blame puts an error where it belongs.
func (f *form) blame(err error) {
	if err == nil {
		return
	}
	var list interface{ Unwrap() []error }
	if errors.As(err, &list) {
		for _, e := range list.Unwrap() {
			f.blame(e)
		}
		return
	}
	var at *fieldError
	if errors.As(err, &at) {
		for _, x := range f.Fields {
			if x.Name == at.field || x.Kind == kindTexts && strings.HasPrefix(at.field, x.Name+"-") {
				if x.Error == "" {
					x.Error = at.sentence
				}
				return
			}
		}
	}
	if f.Error == "" {
		f.Error = err.Error()
	}
}

// fill puts what was sent into the fields, so that nothing typed is lost.
func (f *form) fill(r *http.Request) {
	for _, x := range f.Fields {
		switch x.Kind {
		case kindTexts:
			for i := range x.Values {
				x.Values[i].Value = r.PostFormValue(x.Values[i].Name)
			}
		case kindChoice:
			x.Value = r.PostFormValue(x.Name)
			for i := range x.Choices {
				x.Choices[i].Chosen = x.Choices[i].Value == x.Value
			}
		case kindSecret, kindFile:
		default:
			x.Value = r.PostFormValue(x.Name)
		}
	}
}

// need reports required fields that are empty, in the language's words.
func (f *form) need(l *language.Language) error {
	var errs []error
	for _, x := range f.Fields {
		if !x.Required {
			continue
		}
		empty := strings.TrimSpace(x.Value) == ""
		if x.Kind == kindTexts {
			empty = true
			for _, v := range x.Values {
				empty = empty && strings.TrimSpace(v.Value) == ""
			}
		}
		if empty && x.Kind != kindSecret && x.Kind != kindFile {
			errs = append(errs, wrong(x.Name, "%s", l.Say("console.needed")))
		}
	}
	return errors.Join(errs...)
}

// textsField makes a field for a text in every language.
func textsField(name, label, hint string, required bool, t map[string]string) *field {
	x := &field{Name: name, Kind: kindTexts, Label: label, Hint: hint, Required: required}
	for _, l := range language.All() {
		x.Values = append(x.Values, translation{l.Code, l.Name, name + "-" + l.Code, t[l.Code]})
	}
	return x
}

// textsOf reads the fields of a text in every language, without those that are empty.
func textsOf(r *http.Request, name string) text.Texts {
	t := make(text.Texts)
	for _, l := range language.All() {
		if s := text.Clean(strings.ReplaceAll(r.PostFormValue(name+"-"+l.Code), "\r\n", "\n")); s != "" {
			t[l.Code] = s
		}
	}
	return t
}

const timeForm = "2006-01-02T15:04"

// parseTime reads a time in UTC as browsers send it.
func parseTime(s string) (time.Time, error) {
	for _, form := range []string{timeForm, timeForm + ":05"} {
		if t, err := time.Parse(form, strings.TrimSpace(s)); err == nil {
			return t, nil
		}
	}
	return time.Time{}, errors.New("want a day and a time such as 2027-03-01T19:00, in UTC")
}

// timeOf reads a field with a time, which is in seconds.
func timeOf(r *http.Request, name string) (uint64, error) {
	t, err := parseTime(r.PostFormValue(name))
	if err != nil {
		return 0, errAt(name, err)
	}
	return uint64(max(t.Unix(), 0)), nil
}

func numberOf(r *http.Request, name string, least, most uint64) (uint64, error) {
	n, err := strconv.ParseUint(strings.TrimSpace(r.PostFormValue(name)), 10, 64)
	if err != nil || n < least || n > most {
		return 0, wrong(name, "want a number from %d to %d", least, most)
	}
	return n, nil
}
