//go:build !js

package main

import (
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// A cardView is what the tests look at of the results of many methods.
type cardView struct {
	Round            string
	Answered         []bool
	Complete, Kept   bool
	Stored           bool
	Entry            struct{ Name, Number string }
	RoundTitle       map[string]string
	File, QR         string
	Words            []string
	Registrar        int
	RegistrarName    string
	Phase            string
	Contests         []struct{ Options []struct{ ID string } }
	Mine             []struct{ Counts, Here bool }
	Foreign          []string
	Pending          *string
	Handle, Ballot   string
	Link, Text       string
	Parts            []string
	Receipt, State   string
	Index            int
	Counts           *bool
	Spoiled          bool
	Votes            []struct{ ID, Phase string }
	Entries          []json.RawMessage
	Lies             bool
	Lost             []string
	Size             int
	Newest           struct{ Size int }
	Card             *struct{ Complete bool }
	Title            map[string]string
	Due              int
	Verdict, Problem string
	Program          struct {
		Running, Pinned *string
		Other           bool
	}
}

// A member from the first code to the receipt, on one device and then on another.
func TestMemberVotes(t *testing.T) {
	w := newTown(t)
	database := filepath.Join(t.TempDir(), "database.json")
	d := w.device(with{database: database})
	vote, round := w.vote.String(), w.round.String()

	var v cardView
	d.do("board.look", obj{}, &v)
	if len(v.Votes) != 1 || v.Votes[0].ID != vote || v.Votes[0].Phase != "open" || v.Title["es"] != "Pueblo" {
		t.Errorf("%+v", v)
	}
	v = cardView{}
	d.do("code.read", obj{"code": w.codes[1]["1"]}, &v)
	if v.Registrar != 2 || v.RegistrarName != "Office B" || v.Round != round {
		t.Errorf("%+v", v)
	}
	typo := []byte(w.codes[1]["1"])
	typo[len(typo)-20] ^= 1
	d.fails("code-typo", "code.read", obj{"code": string(typo)})
	d.fails("incomplete", "ballot.prepare", obj{"vote": vote, "selections": []any{[]int{0}}})
	v = cardView{}
	d.do("card.enter", obj{"round": round, "code": w.codes[0]["1"]}, &v)
	if v.Entry.Name != "Ana Ruiz" || v.Entry.Number != "1" {
		t.Errorf("%+v", v)
	}
	v = cardView{}
	d.do("card.create", obj{"round": round, "code": w.codes[0]["1"]}, &v)
	if len(v.Words) != 24 || !strings.HasPrefix(v.File, "mandate voter card") || !strings.HasPrefix(v.QR, "<svg") || !v.Stored {
		t.Errorf("%+v", v)
	}
	file, words := v.File, v.Words
	for _, r := range d.requests() { // nothing that depends on the card was sent
		if strings.HasSuffix(r.URL, "/cards") {
			t.Errorf("%+v", r)
		}
	}
	d.do("card.kept", obj{"round": round}, nil)
	d.fails("form", "card.collect", obj{"round": round, "code": w.codes[0]["2"]})
	d.do("card.collect", obj{"round": round, "code": w.codes[0]["1"]}, nil)
	var list []cardView
	d.do("cards.list", obj{}, &list)
	if len(list) != 1 || list[0].Complete || !list[0].Kept || !slices.Equal(list[0].Answered, []bool{true, false}) || list[0].RoundTitle["en"] != "Spring cards" {
		t.Errorf("%+v", list)
	}
	d.fails("incomplete", "ballot.prepare", obj{"vote": vote, "selections": []any{[]int{0}}})
	d.do("card.collect", obj{"round": round, "code": w.codes[1]["1"]}, nil)

	v = cardView{}
	d.do("vote.load", obj{"vote": vote}, &v)
	if v.Phase != "open" || !v.Card.Complete || len(v.Contests[0].Options) != 3 || v.Pending != nil {
		t.Errorf("%+v", v)
	}
	if v.Program.Other || v.Program.Running == nil || v.Program.Pinned == nil || *v.Program.Running != *v.Program.Pinned {
		t.Errorf("the program is not the one that the vote pins: %+v", v.Program)
	}
	for _, bad := range []any{[]any{[]int{3}}, []any{[]int{0, 1}}, []any{}, "yes", []any{[]any{"0"}}, []any{[]any{0.5}}, nil} {
		d.fails("form", "ballot.prepare", obj{"vote": vote, "selections": bad})
	}

	// A ballot that is opened and checked on a second device.
	var made, opened, look cardView
	d.do("ballot.prepare", obj{"vote": vote, "selections": []any{[]int{1}}}, &made)
	if !strings.Contains(made.Link, "&ballot="+made.Ballot) || strings.HasPrefix(made.Link, w.url) || len(made.Words) != 4 {
		t.Errorf("%+v", made)
	}
	d.do("ballot.open", obj{"handle": made.Handle}, &opened)
	d.fails("form", "ballot.cast", obj{"handle": made.Handle})
	var first, reported struct{ Index float64 }
	d.do("ballot.fault", obj{"vote": vote, "ballot": made.Ballot}, &first)
	d.do("ballot.fault", obj{"vote": vote, "ballot": made.Ballot}, &reported)
	if first.Index < 1 || reported != first {
		t.Errorf("the report is at %v and %v", first, reported)
	}
	d.fails("unknown", "ballot.fault", obj{"vote": vote, "ballot": strings.Repeat("1", 64)})
	d.fails("form", "ballot.fault", obj{"vote": vote})
	second := w.device(with{})
	second.do("opened.check", obj{"ballot": made.Ballot, "text": opened.Text, "vote": vote}, &look)
	if !look.Spoiled || look.Ballot != made.Ballot {
		t.Errorf("%+v", look)
	}
	second.fails("alarm", "opened.check", obj{"ballot": strings.Repeat("1", 64), "text": opened.Text})
	second.fails("alarm", "opened.check", obj{"vote": strings.Repeat("1", 64), "text": opened.Text})
	for _, p := range opened.Parts {
		if !strings.HasPrefix(p, "<svg") {
			t.Errorf("%.50q", p)
		}
	}
	link := must(url.Parse(opened.Link))(t)
	q := must(url.ParseQuery(link.Fragment))(t)
	second.do("opened.check", obj{"text": "mandate opened ballot, version 1\n" + q.Get("opened") + "\n"}, nil)

	// A ballot that is cast, and checked by its receipt and its words on the second device.
	var cast cardView
	d.do("ballot.prepare", obj{"vote": vote, "selections": []any{[]int{0}}}, &made)
	d.told = nil
	d.do("ballot.cast", obj{"handle": made.Handle}, &cast)
	if cast.Ballot != made.Ballot || cast.Counts == nil || !*cast.Counts || !slices.Equal(d.told, []string{"sending", "promised", "recorded", "verified"}) {
		t.Errorf("%+v %v", cast, d.told)
	}
	for _, by := range []obj{{"text": cast.Receipt}, {"words": cast.Words}, {"text": strings.ReplaceAll(cast.Receipt, "\n", "\r\n")}} {
		var r cardView
		second.do("receipt.check", by, &r)
		if r.Ballot != made.Ballot || r.Index != cast.Index || r.Counts == nil || !*r.Counts || r.Newest.Size == 0 {
			t.Errorf("%+v", r)
		}
	}
	second.fails("form", "receipt.check", obj{"text": cast.Receipt[:len(cast.Receipt)-30]})

	// Another window of the same browser, and a reload: the ballot is there, and the card votes again.
	again := w.device(with{database: database})
	v = cardView{}
	again.do("vote.load", obj{"vote": vote}, &v)
	if len(v.Mine) != 1 || !v.Mine[0].Counts || !v.Mine[0].Here || len(v.Foreign) != 0 {
		t.Errorf("%+v", v)
	}
	var state cardView
	again.do("ballot.resume", obj{"vote": vote}, &state)
	if state.State != "none" {
		t.Errorf("%+v", state)
	}

	// Storage emptied: the file, or the words with a code, bring the card back, and what another device cast is seen.
	for _, what := range []obj{{"file": file, "codes": []string{w.codes[0]["1"], w.codes[1]["1"]}}, {"words": words, "round": round, "codes": []string{w.codes[0]["1"], w.codes[1]["1"]}}} {
		fresh := w.device(with{database: filepath.Join(t.TempDir(), "database.json")})
		v = cardView{}
		fresh.do("card.restore", what, &v)
		if !v.Complete || !v.Kept {
			t.Errorf("%+v", v)
		}
		v = cardView{}
		fresh.do("vote.load", obj{"vote": vote}, &v)
		if len(v.Foreign) != 1 || what["file"] != nil && v.Foreign[0] != cast.Ballot || len(v.Mine) != 1 || v.Mine[0].Here {
			t.Errorf("%+v", v)
		}
		if what["file"] == nil {
			continue
		}
		var history []cardView
		fresh.do("history", obj{"round": round}, &history)
		if len(history) != 1 || len(history[0].Entries) != 2 || len(history[0].Foreign) != 1 {
			t.Errorf("%+v", history)
		}
		fresh.do("ballot.prepare", obj{"vote": vote, "selections": []any{[]int{2}}}, &made)
		fresh.do("ballot.cast", obj{"handle": made.Handle}, nil)
	}
	v = cardView{}
	d.do("vote.load", obj{"vote": vote}, &v)
	if len(v.Foreign) != 1 {
		t.Errorf("the ballot of another device is not seen: %+v", v)
	}
	var r cardView
	second.do("receipt.check", obj{"text": cast.Receipt}, &r)
	if r.Counts == nil || *r.Counts {
		t.Error("a ballot that was replaced counts")
	}
	var status struct {
		Issued  []struct{ Answered, Published bool }
		Foreign bool
	}
	d.do("card.status", obj{"round": round}, &status)
	if len(status.Issued) != 2 || !status.Issued[0].Answered || status.Foreign {
		t.Errorf("%+v", status)
	}
	d.do("card.forget", obj{"round": round}, nil)
	d.do("cards.list", obj{}, &list)
	if len(list) != 0 {
		t.Errorf("%+v", list)
	}
	for _, r := range slices.Concat(d.requests(), second.requests()) {
		if r.Credentials != "omit" || r.Redirect != "error" || r.Referrer != "no-referrer" {
			t.Errorf("%+v", r)
		}
		if immutable := strings.Contains(r.URL, "/tile/") && !strings.Contains(r.URL, ".p/") || strings.Contains(r.URL, "/outline/roll/"); r.Cache != "no-store" && !immutable {
			t.Errorf("%+v may come from a cache", r)
		}
	}
}

// Where the browser keeps nothing, everything works as long as the page is open, once the member has kept the card.
func TestWithoutStorage(t *testing.T) {
	w := newTown(t)
	d := w.device(with{})
	var made cardView
	d.do("card.create", obj{"round": w.round, "code": w.codes[0]["1"]}, &made)
	if made.Stored {
		t.Error("nothing is stored")
	}
	d.fails("storage", "card.collect", obj{"round": w.round, "code": w.codes[0]["1"]})
	d.do("card.kept", obj{"round": w.round}, nil)
	for i := range w.codes {
		d.do("card.collect", obj{"round": w.round, "code": w.codes[i]["1"]}, nil)
	}
	d.do("ballot.prepare", obj{"vote": w.vote, "selections": []any{[]int{0}}}, &made)
	d.do("ballot.cast", obj{"handle": made.Handle}, nil)
}

// Two windows of one browser do not overwrite what the other has kept.
func TestTwoWindows(t *testing.T) {
	w := newTown(t)
	// The stand-in for a database is read when a device starts: so both see the card as it is now, and each writes as if it were alone.
	database := filepath.Join(t.TempDir(), "database.json")
	one := w.device(with{database: database})
	one.card(w, "1")
	var a, b cardView
	one.do("ballot.prepare", obj{"vote": w.vote, "selections": []any{[]int{0}}}, &a)
	one.do("ballot.prepare", obj{"vote": w.vote, "selections": []any{[]int{1}}}, &b)
	one.do("ballot.cast", obj{"handle": b.Handle}, nil)
	one.fails("storage", "ballot.cast", obj{"handle": a.Handle}) // it was made from what the card knew before
}

// G10: what goes over the network is of the same size whatever is chosen, and a check says nothing of the choice.
func TestG10_RequestsHaveOneSizeWhateverIsChosen(t *testing.T) {
	w := newTown(t)
	var shapes []string
	for _, choice := range []int{0, 1, 2} {
		d := w.device(with{})
		member := []string{"1", "2", "2"}[choice]
		if choice < 2 {
			d.card(w, member)
		} else {
			continue // a member's later ballots have another number
		}
		before := len(d.requests())
		var made cardView
		d.do("ballot.prepare", obj{"vote": w.vote, "selections": []any{[]int{choice}}}, &made)
		d.do("ballot.open", obj{"handle": made.Handle}, nil)
		d.do("ballot.prepare", obj{"vote": w.vote, "selections": []any{[]int{choice}}}, &made)
		d.do("ballot.cast", obj{"handle": made.Handle}, nil)
		var shape []string
		for _, r := range d.requests()[before:] {
			if r.Method == "POST" {
				shape = append(shape, r.URL+" "+string(rune('0'+r.Bytes%10))+" "+strings.Repeat("x", r.Bytes/100))
			}
		}
		shapes = append(shapes, strings.Join(shape, "\n"))
	}
	if shapes[0] != shapes[1] || shapes[0] == "" {
		t.Errorf("%v", shapes)
	}
}

// I7: without the browser's source of randomness nothing is drawn and nothing is sent; and there is no other source.
func TestI7_OnlyTheBrowsersRandomness(t *testing.T) {
	w := newTown(t)
	d := start(t, with{randomness: "none"})
	if m := <-d.started; m.Failed == nil || m.Failed.Code != "unsupported" && m.Failed.Code != "ended" {
		t.Errorf("%+v", m)
	}
	if r := d.requests(); len(r) > 0 {
		t.Errorf("%+v", r)
	}
	var files []string
	for range 2 {
		d := w.device(with{randomness: "sevens"})
		var made cardView
		d.do("card.create", obj{"round": w.round, "code": w.codes[0]["1"]}, &made)
		files = append(files, made.File)
		if len(d.random) > 0 {
			t.Errorf("Math.random is called: %v", d.random)
		}
	}
	if files[0] != files[1] {
		t.Error("two cards differ although the browser's randomness did not: there is another source")
	}
}

func TestG9_ProgramThatThePageDoesNotName(t *testing.T) {
	d := start(t, with{randomness: "other"})
	if m := <-d.started; m.Failed == nil || m.Failed.Code != "alarm" {
		t.Errorf("%+v", m)
	}
}

// I1: a booth that encrypts another choice is caught by the second device; and no booth that is handed out has that in it.
func TestI1_LyingBooth(t *testing.T) {
	w := newTown(t)
	honest := w.device(with{})
	honest.fails("form", "test.lie", obj{"on": true})
	d := w.device(with{tags: "lying"})
	var v cardView
	if d.do("vote.load", obj{"vote": w.vote}, &v); !v.Program.Other || v.Program.Running == nil {
		t.Errorf("a program that is not the one that the vote pins does not say so: %+v", v.Program)
	}
	d.do("test.lie", obj{"on": true}, nil)
	d.card(w, "1")
	var made, opened cardView
	d.do("ballot.prepare", obj{"vote": w.vote, "selections": []any{[]int{0}}}, &made)
	d.do("ballot.open", obj{"handle": made.Handle}, &opened)
	var look struct {
		Contests []struct{ Chosen []map[string]string }
	}
	honest.do("opened.check", obj{"text": opened.Text, "ballot": made.Ballot}, &look)
	if got := look.Contests[0].Chosen[0]["en"]; got == "Yes" || got == "" {
		t.Errorf("the second device shows %q", got)
	}
}

func TestHandedOutProgramDoesNotLie(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(files(t, ""), "booth.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(b), "test.lie") {
		t.Error("the program knows how to lie")
	}
	lying := must(os.ReadFile(filepath.Join(files(t, "lying"), "booth.wasm")))(t)
	if !strings.Contains(string(lying), "test.lie") {
		t.Error("the test looks for the wrong thing")
	}
}

// What is asked of the program is checked, and a call that fails leaves it usable.
func TestWrongCalls(t *testing.T) {
	w := newTown(t)
	d := w.device(with{})
	deep := any("x")
	for range 10 {
		deep = []any{deep}
	}
	for _, c := range []struct {
		method string
		params obj
	}{
		{"nothing", obj{}}, {"", obj{}}, {"vote.load", obj{}}, {"vote.load", obj{"vote": 7}}, {"vote.load", obj{"vote": "xyz"}},
		{"vote.load", obj{"vote": strings.Repeat("0", 64)}}, {"ballot.cast", obj{"handle": "ballot-9"}}, {"ballot.cast", nil},
		{"opened.check", obj{"text": ""}}, {"opened.check", obj{"text": "mandate opened ballot, version 1\nAAAA"}},
		{"receipt.check", obj{"text": "x"}}, {"receipt.check", obj{}}, {"receipt.check", obj{"words": []any{1}}},
		{"history", obj{"round": []any{}}}, {"support.do", obj{"vote": true}},
	} {
		err := d.call(c.method, c.params, nil)
		f, ok := err.(*failure)
		if !ok || f.Code == "internal" || f.Sentence == "" {
			t.Errorf("%s %v: %v", c.method, c.params, err)
		}
	}
	if err := d.call("vote.load", obj{"vote": deep}, nil); err == nil {
		t.Error("no error")
	}
	d.do("board.look", obj{}, nil)
}

func TestBoardThatIsNotThere(t *testing.T) {
	d := start(t, with{})
	<-d.started
	d.fails("form", "start", obj{"board": "javascript:alert(1)", "lang": "en"})
	d.do("start", obj{"board": "http://127.0.0.1:1", "lang": "en"}, nil)
	d.fails("board-down", "board.look", obj{})
	d.do("cards.list", obj{}, nil)
}

// The verifier runs in its own program and says the same as on a terminal.
func TestVerifierInTheBrowser(t *testing.T) {
	w := newTown(t)
	d := w.device(with{program: "audit.wasm"})
	var r struct {
		Size    int
		Verdict string
		Votes   []struct{ ID, Phase string }
	}
	began := time.Now()
	d.do("verify.run", obj{"vote": w.vote}, &r)
	t.Logf("%d records in %v", r.Size, time.Since(began))
	if r.Verdict != "unfinished" || len(r.Votes) != 1 || r.Votes[0].Phase != "open" || !slices.Contains(d.told, "verify") {
		t.Errorf("%+v %v", r, d.told)
	}
	d.fails("form", "verify.run", obj{"vote": "x"})
	d.fails("form", "card.create", obj{})
}
