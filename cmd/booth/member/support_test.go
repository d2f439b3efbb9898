package member

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/simulate"
)

// petitioned returns a scene with a petition that two members must support, and a card.
func petitioned(t *testing.T, change ...func(*record.Rules)) (*scene, *Wallet) {
	t.Helper()
	s := newRound(t, simulate.Config{Members: 20, Slots: 4, Petitions: 2})
	s.board.Do(func(*simulate.Org) { s.vote = s.round.Propose(s.round.Plan(record.CallPetition, change...)) })
	return s, s.card(3, "ana.card")
}

func (s *scene) supports() (have uint64) {
	s.board.Do(func(*simulate.Org) { have, _ = s.vote.State().Supports() })
	return have
}

func TestSupportIsGivenOnce(t *testing.T) {
	s, w := petitioned(t)
	p, err := s.client.Look(t.Context(), w, s.vote.ID)
	if err != nil || p.Supported || p.Have != 0 || p.Need != 2 || p.Phase != fold.Proposed {
		t.Fatalf("%+v, %v", p, err)
	}
	a, err := s.client.Support(t.Context(), w, s.vote.ID)
	if err != nil || a.Receipt == nil {
		t.Fatalf("%+v, %v", a, err)
	}
	again, err := s.client.Support(t.Context(), w, s.vote.ID) // the same record
	if err != nil || again.Record != a.Record {
		t.Fatalf("%+v, %v", again, err)
	}
	if p, err := s.client.Look(t.Context(), w, s.vote.ID); err != nil || !p.Supported || p.Have != 1 {
		t.Fatalf("%+v, %v", p, err)
	}
	// Another device of the same card, which knows nothing of it.
	if err := os.Remove(s.file("ana.card") + ".memory"); err != nil {
		t.Fatal(err)
	}
	other, err := OpenWallet(t.Context(), folderKeep(s.file("ana.card")))
	if err != nil {
		t.Fatal(err)
	}
	for i := range s.desks {
		if err := s.client.Collect(t.Context(), other, i+1, s.desks[i].code(3)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.client.Support(t.Context(), other, s.vote.ID); !errors.Is(err, ErrSupported) {
		t.Errorf("the card supports a second time: %v", err)
	}
	if s.supports() != 1 {
		t.Errorf("%d supports", s.supports())
	}
}

// H5: a support names nobody: it has the credential of its slot, unknown to the registrars, and what they signed blindly.
func TestH5_SupportNamesNobody(t *testing.T) {
	s, w := petitioned(t)
	a, err := s.client.Support(t.Context(), w, s.vote.ID)
	if err != nil {
		t.Fatal(err)
	}
	raw := w.memory.in(s.vote.ID, false).act("support").Ballot
	rec, err := record.Decode(raw)
	if err != nil || rec.ID() != a.Record {
		t.Fatal(err)
	}
	o := s.round.Roll.Opening(3)
	for name, secret := range map[string][]byte{"the number": []byte(o.Number), "the name": []byte(o.Name), "the salt": o.Salt[:]} {
		if bytes.Contains(raw, secret) {
			t.Errorf("the support has %s in it", name)
		}
	}
	for _, d := range s.desks {
		for _, r := range d.requests {
			key := rec.Body.(*record.Support).Key
			if bytes.Contains(r.Blinded, key[:]) {
				t.Error("a registrar has seen the credential")
			}
		}
	}
}

// The board holds a support back, and it appears later; or never.
func TestPromisedSupport(t *testing.T) {
	s, w := petitioned(t)
	s.view.Record = func(*record.Record) *record.Record { return nil }
	a, err := s.client.Support(t.Context(), w, s.vote.ID)
	if err != nil || a.Receipt != nil || a.Due == 0 {
		t.Fatalf("%+v, %v", a, err)
	}
	if len(w.memory.in(s.vote.ID, false).act("support").Promise) == 0 {
		t.Error("the promise was not kept")
	}
	if again, err := s.client.Support(t.Context(), w, s.vote.ID); err != nil || again.Receipt != nil || again.Record != a.Record {
		t.Fatalf("%+v, %v", again, err)
	}
	s.board.Do(func(o *simulate.Org) { o.Reach(s.vote.Plan.Rules.Call.Petition.Closes + 1) })
	_, err = s.client.Support(t.Context(), w, s.vote.ID)
	if !errors.Is(err, ErrAlarm) || !strings.Contains(err.Error(), "not on the log") {
		t.Errorf("a promise was broken: %v", err)
	}
	if found := s.evidence(); len(found) != 1 {
		t.Error("there is no evidence")
	}
}

func TestPromiseOfASupportIsChecked(t *testing.T) {
	s, w := petitioned(t)
	s.view.Promise = func(_ *record.Record, promise []byte) []byte {
		promise[len(promise)-1] ^= 1
		return promise
	}
	if _, err := s.client.Support(t.Context(), w, s.vote.ID); !errors.Is(err, ErrAlarm) {
		t.Errorf("got %v", err)
	}
}

func TestSupportIsRefusedWithAHint(t *testing.T) {
	s, w := petitioned(t)
	closes := s.vote.Plan.Rules.Call.Petition.Closes
	check := func(want string, vote record.ID) {
		t.Helper()
		_, err := s.client.Support(t.Context(), w, vote)
		var p *Problem
		if !errors.As(err, &p) || p.Hint == "" || !strings.Contains(fmt.Sprint(err), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	check("not on this board", record.ID{1})
	var other *simulate.Vote
	s.board.Do(func(*simulate.Org) { other = s.round.Vote() })
	check("no petition", other.ID)
	s.board.Do(func(o *simulate.Org) { o.Reach(closes) })
	*s.seconds = 1
	check("has closed", s.vote.ID)
	s.board.Do(func(o *simulate.Org) { o.Reach(closes + 1) })
	check("lapsed", s.vote.ID)
	if w.memory.in(s.vote.ID, false).act("support") != nil {
		t.Error("something is kept to be sent")
	}
}

func TestSpeak(t *testing.T) {
	s, w := petitioned(t)
	if _, err := s.client.Speak(t.Context(), w, s.vote.ID, "for", "Yes."); err == nil || !strings.Contains(err.Error(), "no statements are taken now") {
		t.Errorf("before the call: %v", err)
	}
	s.board.Do(func(*simulate.Org) {
		s.round.Cards(7, 8)
		s.vote.Support(7, 8)
		s.vote.Commit()
	})
	for _, bad := range []struct{ side, text, want string }{
		{"perhaps", "Yes.", "no side"}, {"for", strings.Repeat("x", 501), "the statement"}, {"for", "", "the statement"},
	} {
		if _, err := s.client.Speak(t.Context(), w, s.vote.ID, bad.side, bad.text); err == nil || !strings.Contains(err.Error(), bad.want) {
			t.Errorf("%q: %v", bad.side, err)
		}
	}
	a, err := s.client.Speak(t.Context(), w, s.vote.ID, "for", "It is time.\n")
	if err != nil || a.Receipt == nil {
		t.Fatalf("%+v, %v", a, err)
	}
	if b, err := s.client.Speak(t.Context(), w, s.vote.ID, "for", "It is time."); err != nil || b.Record != a.Record {
		t.Errorf("%+v, %v", b, err)
	}
	if _, err := s.client.Speak(t.Context(), w, s.vote.ID, "for", "It is late."); err == nil || !strings.Contains(err.Error(), "another statement") {
		t.Errorf("a second one: %v", err)
	}
	s.board.Do(func(*simulate.Org) {
		if st := s.vote.State().Statements(); len(st) != 1 || st[0].Body.Text != "It is time." || st[0].Body.By != 0 || st[0].Body.Member != nil {
			t.Errorf("%+v", st)
		}
	})
	named, w2 := petitioned(t, func(r *record.Rules) { r.Statements.Anonymous, r.Statements.Slot = false, 0 })
	if _, err := named.client.Speak(t.Context(), w2, named.vote.ID, "for", "Yes."); err == nil || !strings.Contains(err.Error(), "no anonymous") {
		t.Errorf("named statements only: %v", err)
	}
}
