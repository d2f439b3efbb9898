package member

import (
	"bytes"
	"context"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha512"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"mandate/ballot/cast"
	"mandate/ballot/record"
	"mandate/ballot/simulate"
	"mandate/bulletin/client"
	"mandate/cmd/mandate/party"
	"mandate/cmd/mandate/party/partytest"
	"mandate/crypto/group"
	"mandate/verifier/boardlog"
)

var errNetwork = errors.New("connection reset by peer")

func TestVoting(t *testing.T) {
	s := newScene(t, simulate.Config{Revote: true})
	w := s.card(3, "card")
	first := s.cast(w, []int{simulate.Yes})
	var stands []byte
	s.board.Do(func(org *simulate.Org) { stands = org.Log()[first.Index] })
	if record.IDOf(stands) != first.Ballot || first.Number != 0 {
		t.Errorf("the receipt is of %v at %d", first.Ballot, first.Index)
	}
	if counts, err := s.client.Counts(t.Context(), w, first); err != nil || !counts {
		t.Errorf("%v, %v", counts, err)
	}
	w = s.reopen(w)
	again := s.cast(w, []int{simulate.No})
	if again.Number != 1 {
		t.Errorf("the second ballot has number %d", again.Number)
	}
	if counts, err := s.client.Counts(t.Context(), w, first); err != nil || counts {
		t.Errorf("the replaced ballot counts: %v, %v", counts, err)
	}
	s.cast(w, nil) // blank
	if n := s.vote.State().Counted(); n != 1 {
		t.Errorf("%d counted", n)
	}
	if e := s.evidence(); len(e) > 0 {
		t.Errorf("evidence against honest parties: %q", e)
	}
	// The client's own chain holds when its look at the board is a little old.
	o := s.options()
	o.Fresh = 1 << 40
	c := New(wholeLog{s.view}, o)
	other := s.card(4, "")
	for range 3 {
		b, err := c.Begin(t.Context(), other, s.vote.ID)
		if err != nil {
			t.Fatal(err)
		}
		p, err := b.Encrypt([][]int{{1}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Cast(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func TestChoicesMustFit(t *testing.T) {
	s := newScene(t, simulate.Config{})
	w := s.card(1, "")
	for _, selections := range [][][]int{{{0, 1}}, {{3}}, {{-1}}, {}, {{0}, {0}}} {
		b, err := s.client.Begin(t.Context(), w, s.vote.ID)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.Encrypt(selections); err == nil {
			t.Errorf("%v: no error", selections)
		}
	}
}

// The randomness of a ballot is drawn before the choice is known, and serves one ballot.
func TestI6_OneDraftOneBallot(t *testing.T) {
	s := newScene(t, simulate.Config{})
	b, err := s.client.Begin(t.Context(), s.card(1, ""), s.vote.ID)
	if err != nil {
		t.Fatal(err)
	}
	if b.draft == nil {
		t.Error("nothing is drawn before the choice")
	}
	mine := [][]int{{1}}
	if _, err := b.Encrypt(mine); err != nil {
		t.Fatal(err)
	}
	if mine[0][0] != 0 {
		t.Error("the choice is still there after it was encrypted")
	}
	if _, err := b.Encrypt([][]int{{0}}); !errors.Is(err, cast.ErrUsed) {
		t.Errorf("a second ballot of the same randomness: %v", err)
	}
}

// After casting, the choice and the randomness are neither in what the client holds nor in any file it has written.
func TestI4_NothingOfTheChoiceIsKept(t *testing.T) {
	s := newScene(t, simulate.Config{Revote: true})
	w := s.card(1, "card")
	p := s.prepare(w, []int{simulate.Abstain})
	opening := p.opening
	encoded, err := opening.Encode() // [version, ballot, seed, selections]
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(encoded, []byte{0x58, 32}) // the ballot's id
	seed := bytes.Clone(encoded[at+34+2 : at+34+2+32])
	secrets := map[string][]byte{"seed": seed, "opening": encoded}
	for option := range 3 { // SPEC.md §10.6
		key := p.rec.Body.(*record.Ballot).Key
		ctx := s.vote.Context().Ctx
		info := append([]byte("mandate/v1 ballot encryption"), key[:]...)
		for _, n := range []uint64{0, 0, uint64(option)} {
			info = binary.BigEndian.AppendUint64(info, n)
		}
		b, err := hkdf.Key(sha512.New, seed, ctx[:], string(info), 64)
		if err != nil {
			t.Fatal(err)
		}
		r := group.ScalarFromUniformBytes([64]byte(b))
		A := group.BaseMul(r).Encoding()
		if got := p.rec.Body.(*record.Ballot).Contests[0][64*option:]; !bytes.Equal(A[:], got[:32]) {
			t.Fatal("the test does not know the ballot's randomness")
		}
		secrets["r"], secrets["wide r"] = r.Bytes(), b
	}
	if holds(p, seed) == "" {
		t.Fatal("the test does not find the seed before it is wiped")
	}
	if _, err := p.Cast(t.Context()); err != nil {
		t.Fatal(err)
	}
	for name, secret := range secrets {
		for what, v := range map[string]any{"the ballot": p, "the card": w, "the client": s.client} {
			if at := holds(v, secret); at != "" {
				t.Errorf("%s still holds the %s, at %s", what, name, at)
			}
		}
	}
	if after, err := opening.Encode(); err != nil || bytes.Contains(after, seed) || opening.Selections() != nil || p.opening != nil {
		t.Errorf("the opening still has its secrets (%v)", err)
	}
	if err := p.recast(t.Context()); !errors.Is(err, errDecided) {
		t.Errorf("cast twice: %v", err)
	}
	s.client.History(t.Context(), w)
	files := 0
	err = filepath.WalkDir(s.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files++
		b, err := os.ReadFile(path)
		for name, secret := range secrets {
			for _, form := range []string{string(secret), hex.EncodeToString(secret), base64.StdEncoding.EncodeToString(secret), base64.RawURLEncoding.EncodeToString(secret)} {
				if strings.Contains(string(b), form) {
					t.Errorf("%s holds the %s", path, name)
				}
			}
		}
		return err
	})
	if err != nil || files < 2 {
		t.Errorf("%d files were looked at (%v)", files, err)
	}
}

func (p *Prepared) recast(ctx context.Context) error { return second(p.Cast(ctx)) }

// The reference that the member gets is computed from the bytes that were sent. A board that answers for another ballot is caught, whether it
// lies in its promise or in its receipt, and what it said stays as evidence.
func TestG8_AnswersForAnotherBallot(t *testing.T) {
	s := newScene(t, simulate.Config{Members: 30})
	org := s.round.Org
	other := s.cast(s.card(9, ""), []int{0})
	promise := func(p *record.Promise) []byte {
		b, err := record.SignAnswer(org.Genesis, p, org.Board, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	receipt := func(id record.ID) []byte {
		b, err := os.ReadFile(s.file("receipt"))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	if err := os.WriteFile(s.file("receipt"), other.Text, 0o600); err != nil {
		t.Fatal(err)
	}
	for i, c := range []struct {
		name    string
		promise func(*record.Record, []byte) []byte
		proof   func(record.ID, []byte) []byte
		says    string
	}{
		{name: "a promise for another ballot", says: "promises to record another one", promise: func(r *record.Record, _ []byte) []byte {
			return promise(&record.Promise{Vote: r.Scope, Ballot: other.Ballot})
		}},
		{name: "a promise in another vote", says: "promises to record another one", promise: func(r *record.Record, _ []byte) []byte {
			return promise(&record.Promise{Vote: s.round.ID, Ballot: r.ID()})
		}},
		{name: "a promise by nobody", says: "is not its promise", promise: func(_ *record.Record, b []byte) []byte { b[len(b)-1] ^= 1; return b }},
		{name: "no promise", says: "is not its promise", promise: func(*record.Record, []byte) []byte { return nil }},
		{name: "a refusal as a promise", says: "is not its promise", promise: func(r *record.Record, _ []byte) []byte {
			b, _ := record.SignAnswer(org.Genesis, &record.Refusal{Scope: r.Scope, Record: r.ID(), Code: "closed", Sentence: "x"}, org.Board, rand.Reader)
			return b
		}},
		{name: "another ballot's receipt", says: "for another record", proof: func(record.ID, []byte) []byte { return receipt(other.Ballot) }},
		{name: "a receipt with another index", proof: func(_ record.ID, b []byte) []byte {
			r, err := boardlog.ParseReceipt(b)
			if err != nil {
				t.Fatal(err)
			}
			r.Index--
			return r.Encode()
		}},
		{name: "a receipt signed by nobody", proof: func(_ record.ID, b []byte) []byte { return bytes.Replace(b, []byte("\n— "), []byte("\n— x"), 1) }},
		{name: "a receipt cut short", proof: func(_ record.ID, b []byte) []byte { return b[:len(b)/2] }},
		{name: "no receipt", proof: func(record.ID, []byte) []byte { return nil }},
	} {
		w := s.card(10+i, "card"+c.name)
		p := s.prepare(w, []int{1})
		s.view.Promise, s.view.Proof = c.promise, c.proof
		before := len(s.evidence())
		_, err := p.Cast(t.Context())
		t.Log(c.name)
		wantProblem(t, err, ErrAlarm, c.says, p.Ballot().String())
		if e := s.evidence(); len(e) != before+1 {
			t.Errorf("%d pieces of evidence, want one more than %d", len(e), before)
		}
		s.view.Promise, s.view.Proof = nil, nil
		// With an honest answer later, the same ballot is found recorded.
		r, err := s.client.Resume(t.Context(), s.reopen(w), s.vote.ID)
		if err != nil || r == nil || r.Ballot != p.Ballot() {
			t.Errorf("afterwards: %v, %v", r, err)
		}
	}
}

// Receipts name the member's own credential and its place in the log, so that no two members can be given the same one.
func TestC4_TwoReceiptsShareNothing(t *testing.T) {
	s := newScene(t, simulate.Config{})
	a, b := s.cast(s.card(1, ""), []int{0}), s.cast(s.card(2, ""), []int{0})
	if a.Index == b.Index || a.Ballot == b.Ballot {
		t.Errorf("%+v and %+v", a, b)
	}
	// A board that hands the first member's receipt to a second, so as to leave their ballot out, is caught.
	w := s.card(3, "card")
	s.view.Record = func(*record.Record) *record.Record { return nil }
	s.view.Proof = func(record.ID, []byte) []byte { return a.Text }
	p := s.prepare(w, []int{0})
	s.board.Do(func(org *simulate.Org) { org.Time(org.State.Now()) })
	_, err := p.Cast(t.Context())
	wantProblem(t, err, ErrAlarm)
}

// A board that promises a ballot and drops it is caught at once, and the ballot is listed as lost.
func TestG3_PromisedAndDropped(t *testing.T) {
	s := newScene(t, simulate.Config{})
	w := s.card(1, "card")
	s.view.Record = func(*record.Record) *record.Record { return nil }
	p := s.prepare(w, []int{0})
	_, err := p.Cast(t.Context())
	wantProblem(t, err, ErrAlarm, "knows nothing of it")
	h, err := s.client.History(t.Context(), s.reopen(w))
	if err != nil || len(h) != 1 || !slices.Equal(h[0].Lost, []record.ID{p.Ballot()}) {
		t.Errorf("%+v, %v", h, err)
	}
	if e := s.evidence(); len(e) != 1 || !strings.Contains(e[0], "promise") {
		t.Errorf("evidence: %q", e)
	}
	// A refusal of what was promised is evidence too.
	s.view.Record = func(*record.Record) *record.Record { return s.vote.Officer(&record.Closing{By: 9}) }
	_, err = s.client.Resume(t.Context(), w, s.vote.ID)
	wantProblem(t, err, ErrAlarm, "now refuses it")
}

// Somebody else who has the card cannot use it unseen, whatever they do with it.
func TestC8_BallotsThatThisDeviceHasNotMade(t *testing.T) {
	s := newScene(t, simulate.Config{Revote: true})
	w := s.card(6, "card")
	mine := s.cast(w, []int{simulate.Yes})
	h, err := s.client.History(t.Context(), w)
	if err != nil || len(h) != 1 || h[0].Foreign || len(h[0].Entries) != 1 || !h[0].Entries[0].Mine || !h[0].Entries[0].Counts {
		t.Fatalf("%+v, %v", h, err)
	}
	// What somebody without the card puts on a board that lets them has no effect and is no alert.
	cred, err := w.credential(s.vote.Manifest.Slot)
	if err != nil {
		t.Fatal(err)
	}
	s.board.Do(func(org *simulate.Org) {
		f := s.vote.Forge(cred, []int{simulate.No})
		org.Append(f.Sealed(make([]byte, len(f.Record().Seal()))).Raw())
	})
	h, err = s.client.History(t.Context(), w)
	if err != nil || h[0].Foreign || len(h[0].Entries) != 2 {
		t.Fatalf("%+v, %v", h, err)
	}
	if e := h[0].Entries[1]; e.Accepted || e.Counts || e.Mine {
		t.Errorf("a forgery: %+v", e)
	}
	// The thief has a copy of the card and changes the vote; and opens a ballot.
	var theirs, opened record.ID
	s.board.Do(func(org *simulate.Org) {
		theirs = org.Post(s.vote.BallotOf(cred, []int{simulate.No}))
		opened = org.Post(s.vote.CheckOf(cred, record.ID{9}))
	})
	h, err = s.client.History(t.Context(), w)
	if err != nil || !h[0].Foreign || len(h[0].Entries) != 4 {
		t.Fatalf("%+v, %v", h, err)
	}
	e := h[0].Entries
	if e[0].ID != mine.Ballot || !e[0].Mine || e[0].Counts || !e[0].Accepted || e[0].Number != 0 {
		t.Errorf("mine: %+v", e[0])
	}
	if e[2].ID != theirs || e[2].Mine || !e[2].Counts || !e[2].Accepted || e[2].Number != 1 {
		t.Errorf("theirs: %+v", e[2])
	}
	if e[3].ID != opened || e[3].Kind != "check" || e[3].Mine {
		t.Errorf("their check: %+v", e[3])
	}
	// The next ballot says so too, and takes the vote back.
	b, err := s.client.Begin(t.Context(), w, s.vote.ID)
	if err != nil || !slices.Equal(b.Foreign, []record.ID{theirs}) || b.Number != 2 {
		t.Fatalf("%v, %v", b, err)
	}
	back := s.cast(w, []int{simulate.Yes})
	if counts, err := s.client.Counts(t.Context(), w, back); err != nil || !counts {
		t.Errorf("%v, %v", counts, err)
	}
	// A device that remembers nothing calls all of them foreign.
	if err := os.Remove(pathOf(w) + ".memory"); err != nil {
		t.Fatal(err)
	}
	forgot := s.reopen(w)
	s.collect(forgot)
	if h, err := s.client.History(t.Context(), forgot); err != nil || !h[0].Foreign || h[0].Entries[0].Mine {
		t.Errorf("%+v, %v", h, err)
	}
}

func TestOneBallotWhereRevotingIsForbidden(t *testing.T) {
	s := newScene(t, simulate.Config{})
	w := s.card(6, "card")
	s.cast(w, []int{simulate.Yes})
	_, err := s.client.Begin(t.Context(), w, s.vote.ID)
	wantProblem(t, err, ErrSpent)
}

func TestPhases(t *testing.T) {
	s := newRound(t, simulate.Config{})
	w := s.card(6, "card")
	begin := func() error { return second(s.client.Begin(t.Context(), w, s.vote.ID)) }
	s.board.Do(func(*simulate.Org) { s.vote = s.round.Vote() })
	if err := begin(); err == nil || !strings.Contains(err.Error(), "has not opened") {
		t.Errorf("before opening: %v", err)
	}
	s.board.Do(func(*simulate.Org) { s.vote.Ceremony(); s.vote.Open() })
	p := s.prepare(w, []int{0})
	stale := s.prepare(w, []int{0})
	s.board.Do(func(*simulate.Org) { s.vote.Close() })
	if err := begin(); err == nil || !strings.Contains(err.Error(), "has closed") {
		t.Errorf("after closing: %v", err)
	}
	// Closed while the member was choosing: refused, and the device remembers that nothing was cast.
	_, err := p.Cast(t.Context())
	var problem *Problem
	if !errors.As(err, &problem) || !strings.Contains(err.Error(), "closed") {
		t.Errorf("cast after closing: %v", err)
	}
	if w = s.reopen(w); w.memory.in(s.vote.ID, false).last() != nil || w.memory.Votes[0].Ballots[0].Refused != "closed" {
		t.Errorf("%+v", w.memory.Votes)
	}
	if r, err := s.client.Resume(t.Context(), w, s.vote.ID); r != nil || err != nil {
		t.Errorf("%v, %v", r, err)
	}
	stale.booth.wallet = w
	if _, err := stale.Open(t.Context()); err == nil {
		t.Error("opened after closing")
	}
	for name, vote := range map[string]record.ID{"no vote": {7}, "a round": s.round.ID} {
		if _, err := s.client.Begin(t.Context(), w, vote); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// The answer is lost on the way: the ballot may be recorded or not. The same bytes are sent again, so that it is recorded once.
func TestAnAnswerThatWasLost(t *testing.T) {
	for _, reached := range []bool{true, false} {
		s := newScene(t, simulate.Config{Revote: true})
		w := s.card(2, "card")
		p := s.prepare(w, []int{1})
		lossy := &lossyBoard{s.view, reached}
		p.booth.client = New(wholeLog{lossy}, s.options())
		_, err := p.Cast(t.Context())
		wantProblem(t, err, ErrPending)
		w = s.reopen(w)
		if st, err := s.client.Standing(t.Context(), w, s.vote.ID); err != nil || st.Pending != p.Ballot() || st.Sent[0].Receipt != nil {
			t.Errorf("a card that was opened again does not know that its ballot is pending: %+v, %v", st, err)
		}
		if !reached {
			_, err = s.client.Begin(t.Context(), w, s.vote.ID)
			wantProblem(t, err, ErrPending)
		}
		r, err := s.client.Resume(t.Context(), w, s.vote.ID)
		if err != nil || r.Ballot != p.Ballot() {
			t.Fatalf("%v, %v", r, err)
		}
		if r, err := s.client.Resume(t.Context(), w, s.vote.ID); r != nil || err != nil {
			t.Errorf("nothing is pending any more: %v, %v", r, err)
		}
		if n := s.vote.State().Counted(); n != 1 {
			t.Errorf("%d ballots are counted", n)
		}
		s.cast(w, []int{0})
	}
}

// lossyBoard loses answers, after or before the board has had the record.
type lossyBoard struct {
	partyBoard
	reached bool
}

type partyBoard = party.Board

func (b *lossyBoard) Submit(ctx context.Context, r *record.Record) ([]byte, error) {
	if b.reached {
		b.partyBoard.Submit(ctx, r)
	}
	return nil, errNetwork
}

func TestReceiptThatIsLate(t *testing.T) {
	s := newScene(t, simulate.Config{})
	w := s.card(2, "card")
	p := s.prepare(w, []int{1})
	p.booth.client = New(wholeLog{&lateBoard{s.view}}, s.options())
	_, err := p.Cast(t.Context())
	wantProblem(t, err, ErrPending)
	if r, err := s.client.Resume(t.Context(), s.reopen(w), s.vote.ID); err != nil || r.Ballot != p.Ballot() {
		t.Errorf("%v, %v", r, err)
	}
}

type lateBoard struct{ partyBoard }

func (b *lateBoard) Receipt(context.Context, record.ID) ([]byte, error) { return nil, errNetwork }

// What the board's own client finds out about a lie is an alarm too.
func TestAnswersThatTheBoardsClientRefuses(t *testing.T) {
	s := newScene(t, simulate.Config{})
	p := s.prepare(s.card(2, "card"), []int{1})
	p.booth.client = New(wholeLog{&untrustedBoard{s.view}}, s.options())
	_, err := p.Cast(t.Context())
	wantProblem(t, err, ErrAlarm)
}

type untrustedBoard struct{ partyBoard }

func (b *untrustedBoard) Submit(context.Context, *record.Record) ([]byte, error) {
	return nil, client.ErrUntrusted
}

func TestBoardsThatAreNotTheCards(t *testing.T) {
	s := newScene(t, simulate.Config{Revote: true})
	w := s.card(2, "card")
	s.cast(w, []int{1})
	begin := func(v partyBoard) error {
		return second(New(wholeLog{v}, s.options()).Begin(t.Context(), s.reopen(w), s.vote.ID))
	}
	t.Run("another organisation", func(t *testing.T) {
		other := newScene(t, simulate.Config{})
		wantProblem(t, begin(other.view), ErrOtherBoard)
	})
	t.Run("G2 an old state", func(t *testing.T) {
		old := s.board.View()
		old.Frozen = int(s.view.State().Size()) - 1
		wantProblem(t, begin(old), ErrOldBoard, "the card has seen")
		old = s.board.View()
		old.Frozen = 5 // before the round
		wantProblem(t, begin(old), ErrOldBoard)
	})
	t.Run("G2 a time far behind the device's clock", func(t *testing.T) {
		*s.seconds = 16 * 60
		wantProblem(t, begin(s.board.View()), ErrOldBoard, "on this device it is")
		*s.seconds = 0
		if err := begin(s.board.View()); err != nil {
			t.Error(err)
		}
	})
	t.Run("G1 another history", func(t *testing.T) {
		fork := s.round.Org.Until(int(s.view.State().Size()) - 1) // without the member's ballot
		for range 5 {
			fork.Time(fork.State.Now() + 1)
		}
		before := len(s.evidence())
		wantProblem(t, begin(partytest.New(fork).View()), ErrAlarm, "another history")
		if len(s.evidence()) != before+1 {
			t.Error("no evidence was kept")
		}
	})
}

// A card so new that its issue is not on the board yet, and a ballot minutes later, hint at each other; the member is told.
func TestF14_LateCards(t *testing.T) {
	s := newScene(t, simulate.Config{})
	w := s.card(2, "")
	for _, want := range []bool{true, false} {
		b, err := s.client.Begin(t.Context(), w, s.vote.ID)
		if err != nil || b.Late != want {
			t.Errorf("late: %v, want %v (%v)", b.Late, want, err)
		}
		if want {
			s.board.Do(func(*simulate.Org) { s.round.Issues(2) })
		}
	}
}

// A card whose signatures are not good is noticed before anything is sent.
func TestBadSignaturesOnTheCard(t *testing.T) {
	s := newScene(t, simulate.Config{})
	w := s.card(2, "card")
	w.memory.Answers[1].Signatures[100] ^= 1
	_, err := s.client.Begin(t.Context(), w, s.vote.ID)
	if err == nil || !strings.Contains(err.Error(), "registrar 2") {
		t.Errorf("got %v", err)
	}
}

// I1: a board that only says that it has recorded a check does not get the ballot opened: who has the opening could cast it.
func TestI1_OpeningNeedsTheProofOfTheCheck(t *testing.T) {
	s := newScene(t, simulate.Config{})
	p := s.prepare(s.card(2, "card"), []int{1})
	for name, lie := range map[string]struct {
		board Board
		want  string
	}{
		"not recorded":      {wholeLog{&forgetfulBoard{s.view}}, CodeAlarm},
		"no receipt yet":    {wholeLog{&lateBoard{s.view}}, CodeBoardDown},
		"another's receipt": {wholeLog{&otherReceiptBoard{s.view}}, CodeAlarm},
	} {
		p.booth.client = New(lie.board, s.options())
		if opened, err := p.Open(t.Context()); opened != nil || CodeOf(err) != lie.want {
			t.Errorf("%s: %v, %v", name, opened, err)
		}
	}
	p.booth.client = s.client
	opened, err := p.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	found, err := New(wholeLog{s.board.View()}, s.options()).Verify(t.Context(), opened.Text(), p.Ballot())
	if err != nil || !found.Spoiled {
		t.Errorf("%+v, %v", found, err)
	}
}

type forgetfulBoard struct{ partyBoard }

func (b *forgetfulBoard) Submit(context.Context, *record.Record) ([]byte, error) { return nil, nil }

func (b *forgetfulBoard) Receipt(context.Context, record.ID) ([]byte, error) {
	return nil, client.ErrUnknown
}

type otherReceiptBoard struct{ partyBoard }

func (b *otherReceiptBoard) Receipt(ctx context.Context, _ record.ID) ([]byte, error) {
	_, genesis := b.State().Genesis()
	return b.partyBoard.Receipt(ctx, genesis)
}
