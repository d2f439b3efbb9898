package member

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"mandate/ballot/credential"
	"mandate/ballot/record"
	"mandate/ballot/roll"
	"mandate/ballot/simulate"
	"mandate/cmd/mandate/registrar/issuing"
)

func TestCollecting(t *testing.T) {
	s := newRound(t, simulate.Config{Registrars: 3, Slots: 2})
	w := s.begin(4, "card")
	if got := w.Missing(); !slices.Equal(got, []int{1, 2, 3}) {
		t.Errorf("missing: %v", got)
	}
	if _, err := w.credential(0); !errors.Is(err, ErrIncomplete) {
		t.Errorf("an empty card: %v", err)
	}
	s.collect(w)
	for slot := range uint64(2) {
		cred, err := w.credential(slot)
		if err != nil || len(cred.Signatures) != 3*record.SignatureBytes {
			t.Errorf("slot %d: %v", slot, err)
		}
	}
	again := s.reopen(w)
	a, err := again.credential(1)
	b, _ := w.credential(1)
	if err != nil || a.Key != b.Key || !bytes.Equal(a.Signatures, b.Signatures) || len(again.Missing()) > 0 {
		t.Errorf("read again it is another card (%v)", err)
	}
	if info, err := os.Stat(pathOf(w) + ".memory"); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
}

// The card is on disk, for its member only, before anything that depends on it has left the device.
func TestTheCardIsKeptBeforeTheFirstRequest(t *testing.T) {
	s := newRound(t, simulate.Config{})
	asked := false
	s.desks[0].before = func(*issuing.CardRequest) {
		asked = true
		info, err := os.Stat(s.file("card"))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("when the first request arrives: %v, %v", info, err)
			return
		}
		b, _ := os.ReadFile(s.file("card"))
		if k, err := credential.ParseKeepsake(b); err != nil || k.Entry != 2 || k.Round != s.round.ID || k.Board != "https://board.example" {
			t.Errorf("%+v, %v", k, err)
		}
	}
	w := s.begin(2, "card")
	if got := s.desks[0].paths; !slices.Equal(got, []string{issuing.EntryPath}) {
		t.Errorf("before the card was drawn: %v", got)
	}
	s.collect(w)
	if !asked {
		t.Error("no card was asked for")
	}
	// What is there already is never written over.
	o := s.round.Roll.Opening(2)
	if _, err := s.client.NewWallet(t.Context(), folderKeep(s.file("card")), s.round.ID, &o); err == nil {
		t.Error("a card was written over")
	}
	if _, err := s.client.NewWallet(t.Context(), folderKeep(s.file("no/such/folder")), s.round.ID, &o); err == nil {
		t.Error("a card was kept nowhere")
	}
}

// Two of three have answered; the rest comes later, from another process. A device that has lost everything but the card, and one that has
// only its 24 words, repeat their requests byte for byte, and get the same credentials.
func TestCollectingGoesOn(t *testing.T) {
	s := newRound(t, simulate.Config{Registrars: 3})
	w := s.begin(7, "card")
	for _, i := range []int{1, 3} {
		if err := s.client.Collect(t.Context(), w, i, s.desks[i-1].code(7)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.credential(0); err == nil || !strings.Contains(err.Error(), "2 of 3") {
		t.Errorf("got %v", err)
	}
	w = s.reopen(w)
	if got := w.Missing(); !slices.Equal(got, []int{2}) {
		t.Fatalf("missing: %v", got)
	}
	s.collect(w)
	want, err := w.credential(0)
	if err != nil {
		t.Fatal(err)
	}

	if err := os.Remove(pathOf(w) + ".memory"); err != nil {
		t.Fatal(err)
	}
	forgot := s.reopen(w)
	s.collect(forgot)

	secret, err := credential.ParseWords(strings.Join(w.card.Secret.Words(), " "))
	if err != nil {
		t.Fatal(err)
	}
	o := s.round.Roll.Opening(7)
	restored, err := s.client.RestoreWallet(t.Context(), folderKeep(s.file("restored")), s.round.ID, &o, secret)
	if err != nil {
		t.Fatal(err)
	}
	s.collect(restored)
	for name, w := range map[string]*Wallet{"without its memory": forgot, "of its words": restored} {
		if got, err := w.credential(0); err != nil || got.Key != want.Key || !bytes.Equal(got.Signatures, want.Signatures) {
			t.Errorf("%s: another credential (%v)", name, err)
		}
	}
	for _, d := range s.desks {
		if len(d.requests) != 3 {
			t.Fatalf("registrar %d has %d requests", d.index, len(d.requests))
		}
		for _, r := range d.requests[1:] {
			if !bytes.Equal(r.Blinded, d.requests[0].Blinded) {
				t.Errorf("registrar %d was asked for something else", d.index)
			}
		}
	}
}

// A registrar that signs with a key of its own making for one member could know that member's ballot later. The keys are taken from the
// log, so that its answer does not verify, is not kept, and stays as evidence.
func TestF7_SignaturesUnderAnotherKeyThanTheBoards(t *testing.T) {
	s := newRound(t, simulate.Config{})
	w := s.begin(1, "card")
	s.desks[0].answer = func(_ int, a *credential.Answer) *credential.Answer {
		issuer, err := credential.NewIssuer(s.round.ID, 1, s.round.Registrars[1].Slots) // the key of another
		if err != nil {
			t.Error(err)
		}
		blinded := bytes.Clone(s.desks[0].requests[0].Blinded)
		blinded[0] &= 0x7f // below every modulus
		a.Signatures, err = issuer.Sign(blinded)
		if err != nil {
			t.Error(err)
		}
		return a
	}
	err := s.client.Collect(t.Context(), w, 1, s.desks[0].code(1))
	wantProblem(t, err, ErrAlarm, "registrar 1", "keys that are on the board")
	if got := w.Missing(); !slices.Equal(got, []int{1, 2}) {
		t.Errorf("the answer was kept: missing %v", got)
	}
	if got := s.evidence(); len(got) != 1 || !strings.Contains(got[0], "blind signatures") {
		t.Errorf("evidence: %q", got)
	}
}

func TestF7_NothingIsAskedForBeforeTheKeysAreOnTheBoard(t *testing.T) {
	s := newRound(t, simulate.Config{})
	s.board.Do(func(org *simulate.Org) {
		s.round = org.RoundOf(s.round.Roll, s.round.Manifest.Roll, func(m *record.Round) {
			for i := range m.Registrars {
				m.Registrars[i].URL = s.desks[i].server.URL
			}
		})
	})
	if _, err := s.client.Enter(t.Context(), s.round.ID, 1, s.desks[0].code(1)); err == nil || !strings.Contains(err.Error(), "has not accepted") {
		t.Errorf("before the roll is accepted: %v", err)
	}
	s.board.Do(func(*simulate.Org) { s.round.Accept() })
	if _, err := s.client.Enter(t.Context(), s.round.ID, 1, s.desks[0].code(1)); err == nil || !strings.Contains(err.Error(), "has no key for slot 0") {
		t.Errorf("before there are keys: %v", err)
	}
	if len(s.desks[0].paths) > 0 {
		t.Errorf("asked: %v", s.desks[0].paths)
	}
	for name, err := range map[string]error{
		"another registrar": second(s.client.Enter(t.Context(), s.round.ID, 3, issuing.NewCode())),
		"another round":     second(s.client.Enter(t.Context(), record.ID{1}, 1, issuing.NewCode())),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func second[T any](_ T, err error) error { return err }

// An answer without a good issue record for exactly this entry is refused: who withholds these could make honest ballots look stuffed.
func TestF19_AnswerWithoutItsIssueRecord(t *testing.T) {
	s := newRound(t, simulate.Config{})
	d := s.desks[0]
	other := s.desks[1]
	for name, change := range map[string]func(entry int, a *credential.Answer) *credential.Answer{
		"none":                 func(_ int, a *credential.Answer) *credential.Answer { a.Issue = nil; return a },
		"for another entry":    func(e int, a *credential.Answer) *credential.Answer { a.Issue = d.issue(e + 1).Raw(); return a },
		"of another registrar": func(e int, a *credential.Answer) *credential.Answer { a.Issue = other.issue(e).Raw(); return a },
		"signed by another": func(e int, a *credential.Answer) *credential.Answer {
			a.Issue = s.round.Org.Sign(s.round.ID, &record.Issue{Registrar: 1, Entry: uint64(e)}, s.round.Registrars[1].Key).Raw()
			return a
		},
		"of another round": func(e int, a *credential.Answer) *credential.Answer {
			a.Issue = s.round.Org.Sign(record.ID{1}, &record.Issue{Registrar: 1, Entry: uint64(e)}, s.round.Registrars[0].Key).Raw()
			return a
		},
		"a list": func(e int, a *credential.Answer) *credential.Answer {
			a.Issue = s.round.By(1, &record.Issues{Registrar: 1, Entries: []uint64{uint64(e)}}).Raw()
			return a
		},
	} {
		w := s.begin(1, "")
		d.answer = change
		err := s.client.Collect(t.Context(), w, 1, d.code(1))
		if wantProblem(t, err, ErrAlarm, "issue record"); w.Has(1) {
			t.Errorf("%s: the answer was kept", name)
		}
		d.answer = nil
		if err := s.client.Collect(t.Context(), w, 1, d.code(1)); err != nil {
			t.Errorf("%s, and then well: %v", name, err)
		}
	}
}

// The member can put the issue records on the board; the registrars' own lists come on top.
func TestF19_MemberPostsIssueRecords(t *testing.T) {
	s := newRound(t, simulate.Config{})
	w := s.card(3, "card")
	if got, err := s.client.Unpublished(t.Context(), w); err != nil || !slices.Equal(got, []int{1, 2}) {
		t.Fatalf("%v, %v", got, err)
	}
	if n, err := s.client.PostIssues(t.Context(), s.reopen(w)); err != nil || n != 2 {
		t.Fatalf("%d, %v", n, err)
	}
	if got, err := s.client.Unpublished(t.Context(), w); err != nil || len(got) > 0 {
		t.Errorf("%v, %v", got, err)
	}
	if n, err := s.client.PostIssues(t.Context(), w); err != nil || n != 0 {
		t.Errorf("again: %d, %v", n, err)
	}
}

// A card is drawn anew each time: nothing in it derives from what a registrar knows of the member.
func TestF16_CardsOfOneMemberHaveNothingInCommon(t *testing.T) {
	s := newRound(t, simulate.Config{})
	a, b := s.begin(5, "a"), s.begin(5, "b")
	if a.card.Secret == b.card.Secret {
		t.Error("two cards of one member have one secret")
	}
	s.collect(a)
	s.collect(b)
	ka, err := a.credential(0)
	kb, err2 := b.credential(0)
	if err != nil || err2 != nil || ka.Key == kb.Key {
		t.Errorf("%v, %v: one credential", err, err2)
	}
}

// What a registrar says of an entry must be what the board has there.
func TestTheRollEntryIsTheBoards(t *testing.T) {
	s := newRound(t, simulate.Config{})
	for name, change := range map[string]func(*roll.Opening){
		"another name":       func(o *roll.Opening) { o.Name = "Somebody Else" },
		"another number":     func(o *roll.Opening) { o.Number = "99999" },
		"another salt":       func(o *roll.Opening) { o.Salt[0] ^= 1 },
		"another index":      func(o *roll.Opening) { o.Index++ },
		"not on the roll":    func(o *roll.Opening) { o.Index = 10 },
		"far beyond":         func(o *roll.Opening) { o.Index = 1<<64 - 1 },
		"a name that hides":  func(o *roll.Opening) { o.Name = "Ana\u202e" },
		"an impossible name": func(o *roll.Opening) { o.Name = "" },
	} {
		s.desks[0].entry = func(o *roll.Opening) *roll.Opening { change(o); return o }
		_, err := s.client.Enter(t.Context(), s.round.ID, 1, s.desks[0].code(4))
		t.Log(name)
		wantProblem(t, err, ErrAlarm)
	}
}

// In a household, one member's message can reach another. Their right to a card must not be spent on it.
func TestAnotherMembersCodeIsNotSpent(t *testing.T) {
	s := newRound(t, simulate.Config{})
	w := s.begin(1, "card")
	err := s.client.Collect(t.Context(), w, 2, s.desks[1].code(6))
	if err == nil || !strings.Contains(err.Error(), "this code is for Member") {
		t.Errorf("got %v", err)
	}
	if got := s.desks[1].paths; !slices.Equal(got, []string{issuing.EntryPath}) {
		t.Errorf("asked: %v", got)
	}
	s.collect(w)
}

// For an entry that was taken off the roll no card is drawn, and a registrar that refuses because of it is understood. A card that there was is
// made again.
func TestARemovedEntryGetsNoCard(t *testing.T) {
	s := newRound(t, simulate.Config{})
	o := s.round.Roll.Opening(1)
	s.board.Do(func(org *simulate.Org) { org.Remove(s.round.Manifest.Roll, true, 1) })
	_, err := s.client.NewWallet(t.Context(), folderKeep(s.file("card")), s.round.ID, &o)
	if CodeOf(err) != CodeRemoved || !strings.Contains(err.Error(), "membership lapsed") {
		t.Errorf("got %v", err)
	}
	w, err := s.client.RestoreWallet(t.Context(), folderKeep(s.file("restored")), s.round.ID, &o, credential.NewSecret())
	if err != nil {
		t.Fatal(err)
	}
	s.desks[1].refuse = issuing.RefuseRemoved("membership lapsed")
	if err := s.client.Collect(t.Context(), w, 2, s.desks[1].code(1)); CodeOf(err) != CodeRemoved || !strings.Contains(err.Error(), "off the roll: membership lapsed.") {
		t.Errorf("got %v", err)
	}
}

func TestRefusalsSayWhatToDo(t *testing.T) {
	s := newRound(t, simulate.Config{})
	w := s.begin(1, "card")
	_, err := s.client.Enter(t.Context(), s.round.ID, 1, issuing.NewCode())
	var refusal *issuing.Error
	if !errors.As(err, &refusal) || refusal.Code != issuing.CodeCode || !strings.Contains(err.Error(), "registrar 1 (Registrar 1)") {
		t.Errorf("got %v", err)
	}
	s.desks[1].refuse = issuing.Refuse(issuing.CodeAnswered)
	err = s.client.Collect(t.Context(), w, 2, s.desks[1].code(1))
	if !errors.As(err, &refusal) || !strings.Contains(err.Error(), "24 words") {
		t.Errorf("got %v", err)
	}
	s.desks[1].server.Close()
	err = s.client.Collect(t.Context(), w, 2, s.desks[1].code(1))
	var p *Problem
	if !errors.As(err, &p) || !strings.Contains(p.Hint, "nothing is lost") {
		t.Errorf("a registrar that cannot be reached: %v", err)
	}
	s.view.Down = errors.New("no route to host")
	if err := s.client.Collect(t.Context(), w, 1, s.desks[0].code(1)); !errors.As(err, &p) {
		t.Errorf("a board that cannot be reached: %v", err)
	}
}

func TestDamagedFiles(t *testing.T) {
	s := newRound(t, simulate.Config{})
	w := s.card(1, "card")
	if _, err := OpenWallet(t.Context(), folderKeep(s.file("nothing"))); err == nil {
		t.Error("a card was opened that is not there")
	}
	whole, err := os.ReadFile(pathOf(w) + ".memory")
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{
		"cut short": whole[:len(whole)/2], "empty": {}, "longer": append(bytes.Clone(whole), 0), "another version": bytes.Replace(whole, []byte("v1"), []byte("v9"), 1),
		"another round": bytes.Replace(whole, s.round.ID[:8], []byte("12345678"), 1),
	} {
		if err := os.WriteFile(pathOf(w)+".memory", b, 0o600); err != nil {
			t.Fatal(err)
		}
		var p *Problem
		if _, err := OpenWallet(t.Context(), w.keep); !errors.As(err, &p) || !strings.Contains(p.Hint, "repeat their answers") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := os.WriteFile(pathOf(w), []byte("mandate voter card, version 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenWallet(t.Context(), w.keep); err == nil || !strings.Contains(err.Error(), "line 2") && !strings.Contains(err.Error(), "line 3") {
		t.Errorf("a damaged card: %v", err)
	}
}

func TestE12_NothingPrintsASecret(t *testing.T) {
	s := newScene(t, simulate.Config{})
	w := s.card(1, "card")
	b, err := s.client.Begin(t.Context(), w, s.vote.ID)
	if err != nil {
		t.Fatal(err)
	}
	p, err := b.Encrypt([][]int{{0}})
	if err != nil {
		t.Fatal(err)
	}
	opened, err := s.prepare(w, []int{1}).Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []any{w, *w, b, *b, p, *p, opened, *opened} {
		j, err := json.Marshal(v)
		got := fmt.Sprintf("%v %+v %#v %s %d %x ", v, v, v, v, v, v) + string(j)
		if err != nil || strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(got, "REDACTED", ""), " ", ""), `"`, "") != "" {
			t.Errorf("%T prints %s (%v)", v, got, err)
		}
	}
}

// A key under which blinding hides nothing has no certificate that holds: it never becomes a key of the round, and nothing is asked of its
// registrar.
func TestF8_KeysWithoutACertificateAreNotUsed(t *testing.T) {
	s := newRound(t, simulate.Config{})
	s.board.Do(func(org *simulate.Org) {
		s.round = org.RoundOf(s.round.Roll, s.round.Manifest.Roll, func(m *record.Round) {
			for i := range m.Registrars {
				m.Registrars[i].URL = s.desks[i].server.URL
			}
		})
		s.round.Accept()
		for name, change := range map[string]func(*record.SlotKey){
			"an even modulus":           func(k *record.SlotKey) { k.Modulus[255] &^= 1 },
			"another modulus":           func(k *record.SlotKey) { k.Modulus[100] ^= 1 },
			"a short modulus":           func(k *record.SlotKey) { clear(k.Modulus[:1]) },
			"a certificate of no roots": func(k *record.SlotKey) { clear(k.Roots[:]) },
		} {
			body := s.round.SlotKey(1, 0)
			change(body)
			if o := org.Append(s.round.By(1, body).Raw()); o.Code != "key" { // on the log of a board that lets it
				t.Errorf("%s: %v", name, o)
			}
		}
	})
	_, err := s.client.Enter(t.Context(), s.round.ID, 1, s.desks[0].code(1))
	if err == nil || !strings.Contains(err.Error(), "has no key for slot 0") || CodeOf(err) != CodeNotOpen {
		t.Errorf("%v", err)
	}
	if len(s.desks[0].paths) > 0 {
		t.Errorf("asked: %v", s.desks[0].paths)
	}
}
