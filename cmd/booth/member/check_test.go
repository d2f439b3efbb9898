package member

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"

	"mandate/ballot/cast"
	"mandate/ballot/contest"
	"mandate/ballot/record"
	"mandate/ballot/simulate"
	"mandate/cmd/mandate/party"
)

func TestI1_CheckingABallot(t *testing.T) {
	s := newScene(t, simulate.Config{Contests: []contest.Contest{simulate.YesNo("q"), simulate.Choose("c", 5, 1, 3, 2)}})
	w := s.card(2, "card")
	p := s.prepare(w, []int{simulate.No}, []int{4, 0})
	shown := p.Ballot() // what the second device reads before the member decides
	opened, err := p.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Cast(t.Context()); !errors.Is(err, errDecided) {
		t.Errorf("an opened ballot was cast: %v", err)
	}
	if _, err := p.Open(t.Context()); !errors.Is(err, errDecided) {
		t.Errorf("opened twice: %v", err)
	}
	device := New(wholeLog{s.board.View()}, s.options())
	found, err := device.Verify(t.Context(), opened.Text(), shown)
	if err != nil || found.Ballot != shown || found.Vote != s.vote.ID || !found.Spoiled || !reflect.DeepEqual(found.Selections, [][]int{{simulate.No}, {4, 0}}) {
		t.Fatalf("%+v, %v", found, err)
	}
	// As text goes through mails and editors.
	if _, err := device.Verify(t.Context(), bytes.ReplaceAll(opened.Text(), []byte("\n"), []byte("\r\n")), record.ID{}); err != nil {
		t.Error(err)
	}
	// Who has the opened ballot cannot cast it.
	_, err = s.view.Submit(t.Context(), p.rec)
	if got := party.RefusalCode(err); got != "spoiled" {
		t.Errorf("the board answers %q", got)
	}
	// The member goes on with a fresh ballot, and the history shows the check as theirs.
	s.cast(w, []int{simulate.Yes}, []int{1})
	h, err := s.client.History(t.Context(), s.reopen(w))
	if err != nil || len(h[0].Entries) != 2 || !h[0].Entries[0].Mine || h[0].Entries[0].Opened != shown || h[0].Foreign {
		t.Errorf("%+v, %v", h, err)
	}
}

// What the second device has shown is reported by the first, once, with a proof that the report is on the log; the member goes on and votes.
func TestI1_ReportingACheck(t *testing.T) {
	s := newScene(t, simulate.Config{Revote: true})
	w := s.card(2, "card")
	p := s.prepare(w, []int{simulate.No})
	ballot := p.Ballot()
	if _, err := s.client.Report(t.Context(), w, s.vote.ID, ballot); CodeOf(err) != CodeUnknown {
		t.Errorf("a ballot that was not opened: %v", err)
	}
	if _, err := p.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	index, err := s.client.Report(t.Context(), w, s.vote.ID, ballot)
	if err != nil {
		t.Fatal(err)
	}
	w = s.reopen(w)
	if again, err := s.client.Report(t.Context(), w, s.vote.ID, ballot); err != nil || again != index {
		t.Errorf("again: %d, was at %d; %v", again, index, err)
	}
	if ballots, cards := s.vote.State().CheckFaults(); ballots != 1 || cards != 1 {
		t.Errorf("%d ballots by %d cards", ballots, cards)
	}
	s.cast(w, []int{simulate.Yes})
	h, err := s.client.History(t.Context(), w)
	if err != nil || len(h[0].Entries) != 2 || !h[0].Entries[0].Reported || h[0].Entries[1].Reported || h[0].Foreign {
		t.Errorf("%+v, %v", h, err)
	}
	other := s.card(3, "other")
	p = s.prepare(other, []int{simulate.No})
	if _, err := p.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.board.Do(func(*simulate.Org) { s.round.Issues(2, 3); s.vote.Finish() })
	if _, err := s.client.Report(t.Context(), other, s.vote.ID, p.Ballot()); CodeOf(err) != CodeClosed {
		t.Errorf("after the seal: %v", err)
	}
}

// A device that encrypts something else than it was told can only lie in one of these ways, and each is seen.
func TestI1_LyingDevice(t *testing.T) {
	s := newScene(t, simulate.Config{Revote: true})
	w := s.card(2, "card")
	device := New(wholeLog{s.board.View()}, s.options())

	told := s.prepare(w, []int{simulate.Yes})
	false1 := s.prepare(w, []int{simulate.No})
	opening := told.opening
	if opening.Selections()[0][0] != simulate.Yes {
		t.Fatal("not what was chosen")
	}
	text := func(p *Prepared, rec *record.Record) []byte {
		b, err := (&cast.Opened{Vote: s.vote.ID, Opening: p.opening, Record: rec}).Encode()
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	// The ballot says No; the device opens it truly: the member sees No.
	found, err := device.Verify(t.Context(), text(false1, false1.rec), false1.Ballot())
	if err != nil || found.Selections[0][0] != simulate.No {
		t.Errorf("%+v, %v", found, err)
	}
	if found.Spoiled {
		t.Error("nothing on the board says that the ballot cannot be cast")
	}
	// It opens another ballot than the one it had shown.
	_, err = device.Verify(t.Context(), text(told, told.rec), false1.Ballot())
	wantProblem(t, err, ErrAlarm, "had shown ballot")
	// It shows the false ballot with the opening of a true one.
	_, err = device.Verify(t.Context(), text(told, false1.rec), false1.Ballot())
	wantProblem(t, err, ErrAlarm)
	// It casts the ballot that it opens.
	copied := text(false1, false1.rec)
	if _, err := false1.Cast(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err = device.Verify(t.Context(), copied, false1.Ballot())
	wantProblem(t, err, ErrAlarm, "was cast although it was opened")
}

func TestOpenedBallotsThatCannotBeRead(t *testing.T) {
	s := newScene(t, simulate.Config{})
	p := s.prepare(s.card(2, ""), []int{0})
	whole, err := (&cast.Opened{Vote: s.vote.ID, Opening: p.opening, Record: p.rec}).Encode()
	if err != nil {
		t.Fatal(err)
	}
	other, err := (&cast.Opened{Vote: s.round.ID, Opening: p.opening, Record: p.rec}).Encode()
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{
		"nothing": nil, "no title": whole[1:], "cut short": whole[:len(whole)/2], "too long": append(bytes.Clone(whole), make([]byte, cast.MaxOpened)...),
		"a letter more": append(bytes.Clone(whole), 'A'), "not base64": append(bytes.Clone(whole), '='), "of another vote": other,
		"another version": bytes.Replace(whole, []byte("version 1"), []byte("version 2"), 1),
	} {
		var problem *Problem
		if _, err := s.client.Verify(t.Context(), b, record.ID{}); !errors.As(err, &problem) || errors.Is(err, ErrAlarm) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := New(wholeLog{newScene(t, simulate.Config{}).view}, Options{}).Verify(t.Context(), whole, record.ID{}); err == nil || !strings.Contains(err.Error(), "not open on this board") {
		t.Errorf("another board: %v", err)
	}
}

func FuzzParseMemory(f *testing.F) {
	s := newScene(f, simulate.Config{})
	w := s.card(2, "")
	s.cast(w, []int{0})
	b, err := w.memory.encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add(b[:len(b)-1])
	f.Add([]byte{0x85})
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := parseMemory(b, s.round.ID, 2)
		if err != nil {
			return
		}
		if again, err := m.encode(); err != nil || !bytes.Equal(again, b) {
			t.Errorf("%x is written again as %x (%v)", b, again, err)
		}
		m.seenSize()
		m.in(s.vote.ID, false).last()
	})
}

// Rankings go through as they are, and are said in their order.
func TestARankedBallot(t *testing.T) {
	s := newScene(t, simulate.Config{Contests: []contest.Contest{simulate.YesNo("q"), simulate.Rank("board", contest.MethodScottishSTV, 6, 4, 2)}})
	w := s.card(2, "card")
	device := New(wholeLog{s.board.View()}, s.options())
	p := s.prepare(w, []int{simulate.No}, []int{5, 0, 3})
	shown := p.Ballot()
	opened, err := p.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	found, err := device.Verify(t.Context(), opened.Text(), shown)
	if err != nil || !reflect.DeepEqual(found.Selections, [][]int{{simulate.No}, {5, 0, 3}}) {
		t.Fatalf("%+v, %v", found, err)
	}
	options := found.Manifest.Contests[1].Options
	words := InWords(found.Manifest.Contests, found.Selections, "en")
	if c := words[1]; !c.Ranked || len(c.Chosen) != 3 || c.Chosen[0] != options[5].Title.In("en") || c.Chosen[1] != options[0].Title.In("en") || words[0].Ranked {
		t.Errorf("%+v", words)
	}
	r := s.cast(w, nil, []int{4})
	if counts, err := s.client.Counts(t.Context(), w, r); err != nil || !counts {
		t.Errorf("%v, %v", counts, err)
	}
	for _, bad := range [][]int{{1, 1}, {6}, {0, 1, 2, 3, 4}} {
		b, err := s.client.Begin(t.Context(), s.card(3, ""), s.vote.ID)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.Encrypt([][]int{{}, bad}); err == nil {
			t.Errorf("the ranking %v was taken", bad)
		}
	}
}
