package issuing

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"mandate/ballot/record"
	"mandate/ballot/roll"
)

var desk = Desk{Round: record.ID{1, 2, 3}, Registrar: 2}

func TestCodeRoundTrip(t *testing.T) {
	for range 200 {
		c := NewCode()
		s := desk.Text(c)
		for _, form := range []string{
			s, strings.ToLower(s), strings.ReplaceAll(s, "-", ""), strings.ReplaceAll(s, "-", " "), " " + s + "\r\n",
			strings.NewReplacer("0", "O", "1", "l").Replace(s), desk.Link("https://registrar.example/", c),
		} {
			typed, err := ParseCode(form)
			if err != nil {
				t.Fatalf("%q: %v", form, err)
			}
			got, ok := typed.For(desk)
			if !ok || got != c {
				t.Fatalf("%q: read as another code", form)
			}
		}
	}
}

// The check at a code's end tells typing errors, and codes of other registrars and rounds, without asking anybody.
func TestCodeCheck(t *testing.T) {
	wrongDesk, wrongChar := 0, 0
	const n = 5000
	for range n {
		c := NewCode()
		typed, err := ParseCode(desk.Text(c))
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := typed.For(Desk{desk.Round, 1}); ok {
			wrongDesk++
		}
		b := []byte(desk.Text(c))
		if b[7] == 'X' {
			continue
		}
		b[7] = 'X'
		typed, err = ParseCode(string(b))
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := typed.For(desk); ok {
			wrongChar++
		}
	}
	// About n/4096 of each pass; 15 are beyond reason.
	if wrongDesk > 15 || wrongChar > 15 {
		t.Errorf("of %d codes %d pass at another registrar, %d with a typing error", n, wrongDesk, wrongChar)
	}
}

func TestWhatIsNoCode(t *testing.T) {
	good := desk.Text(NewCode())
	for _, s := range []string{
		"", "-", good[1:], good + "0", good[:len(good)-1] + "U", "https://registrar.example/#round=00", "#code=%zz", strings.Repeat("0", 5000),
		good[:len(good)-1] + "é", good[:10] + "_" + good[11:],
	} {
		if _, err := ParseCode(s); err == nil {
			t.Errorf("%.40q is read as a code", s)
		}
	}
}

func TestLinkNamesItsRound(t *testing.T) {
	link := desk.Link("https://registrar.example/card", NewCode())
	if id, ok := LinkRound(link); !ok || id != desk.Round {
		t.Errorf("%v, %v", id, ok)
	}
	if _, fragment, ok := strings.Cut(link, "#"); !ok || !strings.Contains(fragment, "code=") || strings.Contains(strings.TrimSuffix(link, "#"+fragment), "code") {
		t.Error("the code is not in the fragment alone")
	}
	for _, s := range []string{"", "https://registrar.example/", "x#round=12", "x#%zz", strings.Repeat("x", 2000) + "#round=" + desk.Round.String()} {
		if _, ok := LinkRound(s); ok {
			t.Errorf("%.40q names a round", s)
		}
	}
}

func TestE12_CodesAndRequestsPrintNothing(t *testing.T) {
	c := NewCode()
	typed, _ := ParseCode(desk.Text(c))
	card := &CardRequest{Round: desk.Round, Code: c, Keys: record.ID{7}, Blinded: []byte("blinded")}
	entry := &EntryRequest{Round: desk.Round, Code: c}
	s := fmt.Sprintf("%v %+v %#v %s %x %q %v %+v %#v %v %+v %#v %x %v %#v %+v", c, c, c, c, c, c, typed, typed, typed, card, card, card, *card, entry, entry, *entry)
	j, _ := json.Marshal(map[string]any{"code": c})
	s += string(j)
	for _, secret := range []string{string(c[:]), fmt.Sprintf("%x", c[:]), fmt.Sprint(c[:]), desk.Text(c), "blinded", "626c696e646564"} {
		if strings.Contains(s, secret) {
			t.Errorf("prints %s", s)
		}
	}
}

func TestRequestSizes(t *testing.T) {
	b, err := (&EntryRequest{Round: desk.Round, Code: NewCode()}).Encode()
	if err != nil || len(b) != EntryRequestSize {
		t.Errorf("an entry request has %d bytes (%v), want %d", len(b), err, EntryRequestSize)
	}
	for slots := 1; slots <= record.MaxSlots; slots++ {
		r := &CardRequest{Round: desk.Round, Code: NewCode(), Keys: record.ID{7}, Blinded: make([]byte, 256*slots)}
		b, err := r.Encode()
		if err != nil || len(b) != CardRequestSize(slots) {
			t.Fatalf("a request for %d slots has %d bytes (%v), want %d", slots, len(b), err, CardRequestSize(slots))
		}
		again, err := ParseCardRequest(b)
		if err != nil || again.Code != r.Code || again.Keys != r.Keys || !bytes.Equal(again.Blinded, r.Blinded) {
			t.Fatalf("read again: %v", err)
		}
	}
}

func TestOpeningRoundTrip(t *testing.T) {
	o := &roll.Opening{Index: 1 << 26, Salt: [32]byte{9}, Number: strings.Repeat("7", roll.MaxNumber), Name: strings.Repeat("ä", 100)}
	b, err := EncodeOpening(o)
	if err != nil || len(b) > maxOpening {
		t.Fatalf("%d bytes, at most %d (%v)", len(b), maxOpening, err)
	}
	again, err := ParseOpening(b)
	if err != nil || *again != *o {
		t.Errorf("%v, %v", again, err)
	}
}

func TestEveryRefusalHasAStatusAndASentence(t *testing.T) {
	for code := range refusals {
		e := Refuse(code)
		if e.Status < 400 || e.Status > 599 || len(e.Sentence) < 40 || !strings.HasSuffix(e.Sentence, ".") {
			t.Errorf("%s: %d %q", code, e.Status, e.Sentence)
		}
		got := parseError(e.Status, e.Body())
		if *got != *e {
			t.Errorf("%s: is read as %+v", code, got)
		}
	}
}

// What a stranger's server says is shown to a person: it can be neither long nor steer a terminal.
func TestErrorsFromStrangers(t *testing.T) {
	for _, b := range []string{"", "{}", "<html>", `{"error":"x"}`, `{"code":"x"}`, `{"error":"` + strings.Repeat("x", 5000) + `","code":"x"}`} {
		if e := parseError(502, []byte(b)); e.Code != "status" || e.Status != 502 {
			t.Errorf("%.20q: %+v", b, e)
		}
	}
	e := parseError(400, []byte(`{"error":"\u001b[2J\u202e`+strings.Repeat("é", 800)+`","code":"a\u0007b"}`))
	if strings.ContainsAny(e.Error(), "\x1b\x07\u202e") || len(e.Sentence) > maxSentence+10 {
		t.Errorf("%q", e.Error())
	}
}

func FuzzParseCode(f *testing.F) {
	f.Add(desk.Text(Code{1}))
	f.Add(desk.Link("https://registrar.example/", Code{2}))
	f.Add("#code=%00")
	f.Fuzz(func(t *testing.T, s string) {
		typed, err := ParseCode(s)
		if err != nil {
			return
		}
		if c, ok := typed.For(desk); ok {
			if again, err := ParseCode(desk.Text(c)); err != nil || again != typed {
				t.Errorf("%q is written again as another code (%v)", s, err)
			}
		}
		LinkRound(s)
	})
}

func FuzzParseRequest(f *testing.F) {
	e, _ := (&EntryRequest{Round: desk.Round, Code: Code{1}}).Encode()
	c, _ := (&CardRequest{Round: desk.Round, Code: Code{1}, Keys: record.ID{7}, Blinded: make([]byte, 256)}).Encode()
	o, _ := EncodeOpening(&roll.Opening{Index: 3, Number: "1", Name: "Ana"})
	f.Add(e)
	f.Add(c)
	f.Add(o)
	f.Add([]byte{0x83, 0xf6})
	f.Fuzz(func(t *testing.T, b []byte) {
		if r, err := ParseEntryRequest(b); err == nil {
			if again, err := r.Encode(); err != nil || !bytes.Equal(again, b) {
				t.Errorf("entry request %x is written again as %x (%v)", b, again, err)
			}
		}
		if r, err := ParseCardRequest(b); err == nil {
			if again, err := r.Encode(); err != nil || !bytes.Equal(again, b) {
				t.Errorf("card request %x is written again as %x (%v)", b, again, err)
			}
		}
		if o, err := ParseOpening(b); err == nil {
			if again, err := EncodeOpening(o); err != nil || !bytes.Equal(again, b) {
				t.Errorf("opening %x is written again as %x (%v)", b, again, err)
			}
		}
		parseError(400, b)
	})
}
