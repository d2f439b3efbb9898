package page

import (
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// An element is an element of a page.
type element struct {
	name     string
	attr     map[string]string
	parent   *element
	children []*element
	text     string // all text in it
}

// void matches elements that have no end tag in HTML.
var void = regexp.MustCompile(`<(meta|link|br|hr|input|img|wbr)( [^<>]*)?>`)

// parse reads a page strictly: all elements are closed in order, all attributes quoted, and none is there twice.
func parse(t *testing.T, page string) *element {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(void.ReplaceAllString(page, "<$1$2/>")))
	d.Entity = xml.HTMLEntity
	root := &element{}
	at := root
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%v\n%s", err, page)
		}
		switch token := token.(type) {
		case xml.StartElement:
			e := &element{name: token.Name.Local, attr: make(map[string]string), parent: at}
			for _, a := range token.Attr {
				if _, twice := e.attr[a.Name.Local]; twice {
					t.Errorf("<%s> has %s twice", e.name, a.Name.Local)
				}
				e.attr[a.Name.Local] = a.Value
			}
			at.children, at = append(at.children, e), e
		case xml.EndElement:
			at = at.parent
		case xml.CharData:
			for e := at; e != nil; e = e.parent {
				e.text += string(token)
			}
		}
	}
	if at != root {
		t.Errorf("<%s> is not closed", at.name)
	}
	return root
}

// all returns the elements with one of some names, every element without any, in order.
func (e *element) all(names ...string) []*element {
	var out []*element
	for _, c := range e.children {
		if len(names) == 0 || slices.Contains(names, c.name) {
			out = append(out, c)
		}
		out = append(out, c.all(names...)...)
	}
	return out
}

// classed returns the elements that have a class.
func (e *element) classed(class string) []*element {
	var out []*element
	for _, c := range e.all() {
		if slices.Contains(strings.Fields(c.attr["class"]), class) {
			out = append(out, c)
		}
	}
	return out
}

// words returns the text of an element on one line.
func (e *element) words() string { return strings.Join(strings.Fields(e.text), " ") }

// id returns the element with an id, nil if there is none.
func (e *element) id(id string) *element {
	for _, c := range e.all() {
		if c.attr["id"] == id {
			return c
		}
	}
	return nil
}

// section returns the section that is labelled by the heading with an id.
func (e *element) section(t *testing.T, id string) *element {
	t.Helper()
	for _, s := range e.all("section") {
		if s.attr["aria-labelledby"] == id {
			return s
		}
	}
	t.Fatalf("there is no section %s", id)
	return nil
}
