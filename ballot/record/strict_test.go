package record

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"mandate/ballot/text"
)

// cborBytes is a byte string in the shortest form.
func cborBytes(b []byte) []byte { return append(cborHead(2, uint64(len(b))), b...) }

func cborText(s string) []byte { return append(cborHead(3, uint64(len(s))), s...) }

func cborHead(major byte, n uint64) []byte {
	switch {
	case n < 24:
		return []byte{major<<5 | byte(n)}
	case n < 1<<8:
		return []byte{major<<5 | 24, byte(n)}
	}
	return []byte{major<<5 | 25, byte(n >> 8), byte(n)}
}

// raw builds a record by hand from the encoding of its body.
func raw(kind string, body []byte) []byte {
	return envelopeOf(slices.Concat([]byte{0x83}, cborText(kind), cborBytes(make([]byte, 32)), body))
}

func envelopeOf(payload []byte) []byte {
	return slices.Concat([]byte{0x82}, cborBytes(payload), cborBytes(make([]byte, 64)))
}

func code(err error) string {
	var f *FormError
	switch {
	case err == nil:
		return "accepted"
	case errors.As(err, &f):
		return f.Code
	}
	return "no *FormError: " + err.Error()
}

// A corpus of everything that decoders are known to disagree on. "time" has a body of one integer, "round" has texts, "slot-key"
// byte strings of fixed size, "vote" truth values.
func TestJ1_J2_OnlyOneEncodingOfARecord(t *testing.T) {
	id := cborBytes(make([]byte, 32))
	texts := func(m ...byte) []byte { // a round with these texts as its title
		return raw("round", slices.Concat([]byte{0x88, 1}, m, id, []byte{0x80, 0, 0, 0, 0}))
	}
	for name, c := range map[string]struct {
		raw  []byte
		want string
	}{
		"good: 0":           {raw("time", []byte{0x81, 0x00}), "accepted"},
		"good: 24":          {raw("time", []byte{0x81, 0x18, 24}), "accepted"},
		"good: 2^64−1":      {raw("time", []byte{0x81, 0x1b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}), "accepted"},
		"good: texts":       {texts(0xa2, 0x62, 'd', 'e', 0x61, 'x', 0x62, 'e', 'n', 0x61, 'y'), "accepted"},
		"good: no texts":    {texts(0xa0), "accepted"}, // whether that is allowed is the rules' matter
		"nothing":           {nil, CodeOversize},
		"65536 bytes":       {make([]byte, MaxSize+1), CodeOversize},
		"65535 zeros":       {make([]byte, MaxSize), CodeMalformed},
		"a trailing byte":   {append(raw("time", []byte{0x81, 0}), 0), CodeMalformed},
		"a trailing record": {slices.Concat(raw("time", []byte{0x81, 0}), raw("time", []byte{0x81, 0})), CodeMalformed},
		"unknown kind":      {raw("times", []byte{0x81, 0}), CodeUnknownKind},
		"kind in capitals":  {raw("Time", []byte{0x81, 0}), CodeUnknownKind},
		"no kind":           {raw("", []byte{0x80}), CodeUnknownKind},
		"unknown, no array": {raw("times", []byte{0x00}), CodeMalformed},
		"unknown, a map":    {raw("times", []byte{0xa0}), CodeMalformed},

		"0 in two bytes":              {raw("time", []byte{0x81, 0x18, 0}), CodeMalformed},
		"23 in two bytes":             {raw("time", []byte{0x81, 0x18, 23}), CodeMalformed},
		"255 in three bytes":          {raw("time", []byte{0x81, 0x19, 0, 255}), CodeMalformed},
		"2^16−1 in five bytes":        {raw("time", []byte{0x81, 0x1a, 0, 0, 0xff, 0xff}), CodeMalformed},
		"2^32−1 in nine bytes":        {raw("time", []byte{0x81, 0x1b, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff}), CodeMalformed},
		"array head too long":         {raw("time", []byte{0x98, 1, 0}), CodeMalformed},
		"indefinite array":            {raw("time", []byte{0x9f, 0, 0xff}), CodeMalformed},
		"indefinite text":             {texts(0xa1, 0x7f, 0x61, 'e', 0x61, 'n', 0xff, 0x61, 'x'), CodeMalformed},
		"indefinite map":              {texts(0xbf, 0x62, 'e', 'n', 0x61, 'x', 0xff), CodeMalformed},
		"indefinite unknown":          {raw("times", []byte{0x9f, 0xff}), CodeMalformed},
		"negative":                    {raw("time", []byte{0x81, 0x20}), CodeMalformed},
		"float 1.0":                   {raw("time", []byte{0x81, 0xf9, 0x3c, 0}), CodeMalformed},
		"double 1.0":                  {raw("time", []byte{0x81, 0xfb, 0x3f, 0xf0, 0, 0, 0, 0, 0, 0}), CodeMalformed},
		"NaN":                         {raw("time", []byte{0x81, 0xf9, 0x7e, 0}), CodeMalformed},
		"null":                        {raw("time", []byte{0x81, 0xf6}), CodeMalformed},
		"undefined":                   {raw("time", []byte{0x81, 0xf7}), CodeMalformed},
		"true for an integer":         {raw("time", []byte{0x81, 0xf5}), CodeMalformed},
		"a simple value":              {raw("time", []byte{0x81, 0xe1}), CodeMalformed},
		"a bignum":                    {raw("time", []byte{0x81, 0xc2, 0x41, 1}), CodeMalformed},
		"a tag":                       {raw("time", []byte{0x81, 0xc1, 0}), CodeMalformed},
		"a self-describing tag":       {append([]byte{0xd9, 0xd9, 0xf7}, raw("time", []byte{0x81, 0})...), CodeMalformed},
		"a tag on unknown":            {raw("times", []byte{0x81, 0xc1, 0}), CodeMalformed},
		"text for an integer":         {raw("time", []byte{0x81, 0x61, '1'}), CodeMalformed},
		"a field too few":             {raw("time", []byte{0x80}), CodeMalformed},
		"a field too many":            {raw("time", []byte{0x82, 0, 0}), CodeMalformed},
		"a map for an array":          {raw("time", []byte{0xa1, 0x63, 'N', 'o', 'w', 0}), CodeMalformed},
		"null for a body":             {raw("time", []byte{0xf6}), CodeMalformed},
		"null for texts":              {texts(0xf6), CodeMalformed},
		"null for an array":           {raw("issues", []byte{0x82, 1, 0xf6}), CodeMalformed},
		"duplicate key":               {texts(0xa2, 0x62, 'e', 'n', 0x61, 'x', 0x62, 'e', 'n', 0x61, 'y'), CodeMalformed},
		"duplicate key, same value":   {texts(0xa2, 0x62, 'e', 'n', 0x61, 'x', 0x62, 'e', 'n', 0x61, 'x'), CodeMalformed},
		"keys not sorted":             {texts(0xa2, 0x62, 'e', 'n', 0x61, 'y', 0x62, 'd', 'e', 0x61, 'x'), CodeMalformed},
		"longer key first":            {texts(0xa2, 0x63, 'd', 'e', 'u', 0x61, 'x', 0x62, 'e', 'n', 0x61, 'y'), CodeMalformed},
		"integer as key":              {texts(0xa1, 0x01, 0x61, 'y'), CodeMalformed},
		"bytes as key":                {texts(0xa1, 0x42, 'e', 'n', 0x61, 'y'), CodeMalformed},
		"bytes as text":               {texts(0xa1, 0x62, 'e', 'n', 0x41, 'y'), CodeMalformed},
		"invalid UTF-8":               {texts(0xa1, 0x62, 'e', 'n', 0x61, 0xff), CodeMalformed},
		"a surrogate":                 {texts(0xa1, 0x62, 'e', 'n', 0x63, 0xed, 0xa0, 0x80), CodeMalformed},
		"overlong UTF-8":              {texts(0xa1, 0x62, 'e', 'n', 0x62, 0xc0, 0x80), CodeMalformed},
		"invalid UTF-8 in the kind":   {raw("tim\xff", []byte{0x81, 0}), CodeMalformed},
		"a head beyond the end":       {raw("time", []byte{0x81, 0x1b, 0xff}), CodeMalformed},
		"a huge array":                {raw("time", []byte{0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}), CodeMalformed},
		"huge bytes":                  {[]byte{0x82, 0x5b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, CodeMalformed},
		"a huge map":                  {texts(0xbb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff), CodeMalformed},
		"deep":                        {bytes.Repeat([]byte{0x81}, 60000), CodeMalformed},
		"deep in an unknown kind":     {raw("times", append(bytes.Repeat([]byte{0x81}, 12), 0)), CodeMalformed},
		"less deep in an unknown":     {raw("times", append(bytes.Repeat([]byte{0x81}, 11), 0)), CodeUnknownKind},
		"reserved head":               {raw("time", []byte{0x81, 0x1c}), CodeMalformed},
		"a lone break":                {raw("time", []byte{0x81, 0xff}), CodeMalformed},
		"scope of 31 bytes":           {envelopeOf(slices.Concat([]byte{0x83}, cborText("time"), cborBytes(make([]byte, 31)), []byte{0x81, 0})), CodeMalformed},
		"scope of 33 bytes":           {envelopeOf(slices.Concat([]byte{0x83}, cborText("time"), cborBytes(make([]byte, 33)), []byte{0x81, 0})), CodeMalformed},
		"scope as an array":           {envelopeOf(slices.Concat([]byte{0x83}, cborText("time"), cborHead(4, 32), make([]byte, 32), []byte{0x81, 0})), CodeMalformed},
		"scope as text":               {envelopeOf(slices.Concat([]byte{0x83}, cborText("time"), cborText(strings.Repeat("x", 32)), []byte{0x81, 0})), CodeMalformed},
		"payload of four":             {envelopeOf(slices.Concat([]byte{0x84}, cborText("time"), id, []byte{0x81, 0, 0})), CodeMalformed},
		"a byte after the payload":    {envelopeOf(slices.Concat([]byte{0x83}, cborText("time"), id, []byte{0x81, 0, 0})), CodeMalformed},
		"payload as text":             {slices.Concat([]byte{0x82}, cborText("x"), cborBytes(nil)), CodeMalformed},
		"payload not wrapped":         {slices.Concat([]byte{0x82, 0x83}, cborText("time"), id, []byte{0x81, 0}, cborBytes(make([]byte, 64))), CodeMalformed},
		"envelope of three":           {append([]byte{0x83}, append(raw("time", []byte{0x81, 0})[1:], 0x40)...), CodeMalformed},
		"no seal":                     {[]byte{0x81, 0x40}, CodeMalformed},
		"null seal":                   {[]byte{0x82, 0x40, 0xf6}, CodeMalformed},
		"key of 31 bytes":             {raw("check", slices.Concat([]byte{0x83}, cborBytes(make([]byte, 31)), cborBytes(nil), id)), CodeMalformed},
		"integer for a truth value":   {raw("promises", []byte{0x84, 0, 0, 1, 0x40}), CodeMalformed},
		"null for a truth value":      {raw("promises", []byte{0x84, 0, 0, 0xf6, 0x40}), CodeMalformed},
		"good: promises":              {raw("promises", []byte{0x84, 0, 0, 0xf4, 0x40}), "accepted"},
		"modulus of 255 bytes":        {raw("slot-key", slices.Concat([]byte{0x84, 1, 0}, cborBytes(make([]byte, 255)), cborBytes(make([]byte, SlotRootsSize)))), CodeMalformed},
		"roots of 2049 bytes":         {raw("slot-key", slices.Concat([]byte{0x84, 1, 0}, cborBytes(make([]byte, 256)), cborBytes(make([]byte, 2049)))), CodeMalformed},
		"good: slot-key":              {raw("slot-key", slices.Concat([]byte{0x84, 1, 0}, cborBytes(make([]byte, 256)), cborBytes(make([]byte, 2048)))), "accepted"},
		"JSON":                        {[]byte(`{"kind":"time","Kind":"seal"}`), CodeMalformed},
		"a sealed share of 79 bytes":  {raw("keygen-shares", slices.Concat([]byte{0x83, 1, 1, 0x81}, cborBytes(make([]byte, 79)))), CodeMalformed},
		"a sealed share of 81 bytes":  {raw("keygen-shares", slices.Concat([]byte{0x83, 1, 1, 0x81}, cborBytes(make([]byte, 81)))), CodeMalformed},
		"good: a sealed share":        {raw("keygen-shares", slices.Concat([]byte{0x83, 1, 1, 0x81}, cborBytes(make([]byte, 80)))), "accepted"},
		"J12 another version's shape": {raw("genesis", []byte{0x87, 0, 0, 0, 0, 0, 0, 0}), CodeMalformed},
	} {
		rec, err := Decode(c.raw)
		if got := code(err); got != c.want {
			t.Errorf("%s: %s (%v), want %s", name, got, err, c.want)
		}
		if (rec == nil) == (err == nil) {
			t.Errorf("%s: record %v beside error %v", name, rec, err)
		}
	}
}

// How many items there may be is for the rules to say, with a code of theirs, so the decoder must read more than they allow.
func TestMoreItemsThanTheRulesAllowStillDecode(t *testing.T) {
	many := text.Texts{}
	for i := range 500 {
		many[fmt.Sprint("x", i)] = ""
	}
	entries := make([]uint64, 30000)
	for _, body := range []Body{
		&Round{Title: many, Registrars: make([]Registrar, 100)},
		&Issues{Entries: entries},
		&Vote{Trustees: make([]Trustee, 300), Title: text.Texts{"en": strings.Repeat("x", 30000)}},
		&RollPart{Entries: make([]byte, 65000)},
	} {
		payload, err := Payload(ID{}, body)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Assemble(payload, make([]byte, 64)); err != nil {
			t.Errorf("%s: %v", body.Kind(), err)
		}
	}
}

func TestLargestRecord(t *testing.T) {
	for extra := range 4 {
		body := &RollPart{Entries: make([]byte, 65535-64-60+extra)}
		payload, err := Payload(ID{}, body)
		if err != nil {
			t.Fatal(err)
		}
		seal := make([]byte, MaxSize-len(payload)-1-3-3+extra)
		rec, err := Assemble(payload, seal)
		if len(seal) < 24 { // keep the arithmetic above honest
			t.Fatal("the seal is too short for its head")
		}
		switch size := 1 + len(cborHead(2, uint64(len(payload)))) + len(payload) + len(cborHead(2, uint64(len(seal)))) + len(seal); {
		case size <= MaxSize && (err != nil || len(rec.Raw()) != size):
			t.Errorf("%d bytes: %v", size, err)
		case size > MaxSize && code(err) != CodeOversize:
			t.Errorf("%d bytes: %v", size, err)
		}
	}
}

// What cannot be encoded as the rules of the form say is refused when it is made, not by the board.
func TestSignRefusesWhatDoesNotDecode(t *testing.T) {
	for name, body := range map[string]Body{
		"invalid UTF-8": &Genesis{Version: "\xff"},
		"too long":      &RollPart{Entries: make([]byte, MaxSize)},
	} {
		if _, err := Sign(ID{}, ID{}, body, newKey(t), strings.NewReader(strings.Repeat("x", 64))); err == nil {
			t.Errorf("%s: signed", name)
		}
	}
}

func TestDecodeFirst(t *testing.T) {
	seq := []byte{0x18, 24, 0x01, 0x18, 0x01}
	var v uint64
	rest, err := DecodeFirst(seq, 2, &v)
	if err != nil || v != 24 || len(rest) != 3 {
		t.Fatalf("%d, %x, %v", v, rest, err)
	}
	rest, err = DecodeFirst(rest, 100, &v)
	if err != nil || v != 1 || len(rest) != 2 {
		t.Fatalf("%d, %x, %v", v, rest, err)
	}
	if _, err := DecodeFirst(rest, 100, &v); err == nil {
		t.Error("1 in two bytes is accepted")
	}
	if _, err := DecodeFirst(seq, 1, &v); err == nil {
		t.Error("an item longer than the limit is accepted")
	}
	if _, err := DecodeFirst(nil, 100, &v); err == nil {
		t.Error("nothing is an item")
	}
	if err := DecodeStrict(seq, &v); err == nil {
		t.Error("a sequence is one item")
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(raw("time", []byte{0x81, 0x18, 24}))
	f.Add(raw("times", []byte{0x81, 0x18, 24}))
	for _, kind := range Kinds() {
		payload, err := Payload(ID{1}, newBody(kind))
		if err != nil {
			f.Fatal(err)
		}
		rec, err := Assemble(payload, make([]byte, 64))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(rec.Raw())
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		rec, err := Decode(b)
		if err != nil {
			var form *FormError
			if rec != nil || !errors.As(err, &form) || form.Code != CodeMalformed && form.Code != CodeUnknownKind && form.Code != CodeOversize {
				t.Errorf("%v beside %v", rec, err)
			}
			return
		}
		payload, err := Payload(rec.Scope, rec.Body)
		if err != nil {
			t.Fatal(err)
		}
		again, err := Assemble(payload, rec.Seal())
		if err != nil || !bytes.Equal(again.Raw(), b) {
			t.Errorf("%x is decoded, and encoded again as %x (%v)", b, again.Raw(), err)
		}
	})
}

func FuzzOpenAnswer(f *testing.F) {
	key := newKey(f)
	var good [][]byte
	for _, a := range []Answer{&Promise{Vote: ID{1}, At: 5}, &Refusal{Code: "proof", Sentence: "The proof does not hold."}} {
		b, err := SignAnswer(ID{9}, a, key, strings.NewReader(strings.Repeat("x", 64)))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
		good = append(good, b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for i, a := range []Answer{&Promise{}, &Refusal{}} {
			if err := OpenAnswer(ID{9}, b, a, key.Public()); err == nil && !bytes.Equal(b, good[i]) {
				t.Errorf("%x is an answer that the board did not sign", b)
			}
		}
	})
}
