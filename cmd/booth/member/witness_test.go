package member

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"mandate/ballot/record"
	"mandate/ballot/simulate"
	"mandate/bulletin/client"
	"mandate/verifier/boardlog"
)

// A thinBoard has receipts with some cosignatures only.
type thinBoard struct {
	partyBoard
	t    *testing.T
	keep int
}

func (b *thinBoard) Receipt(ctx context.Context, id record.ID) ([]byte, error) {
	text, err := b.partyBoard.Receipt(ctx, id)
	if err != nil {
		return nil, err
	}
	r, err := boardlog.ParseReceipt(text)
	if err != nil {
		b.t.Fatal(err)
	}
	head, lines, _ := strings.Cut(string(r.Checkpoint), "\n\n")
	split := strings.SplitAfter(lines, "\n")
	r.Checkpoint = []byte(head + "\n\n" + strings.Join(split[:1+b.keep], "")) // the log's own line is the first
	return r.Encode(), nil
}

// TestG1_ReceiptsNeedTheVotesWitnesses has a vote that demands two of three witnesses, and receipts with fewer: the ballot is recorded, not yet
// witnessed, and nobody is accused; the same ballot completes later.
func TestG1_ReceiptsNeedTheVotesWitnesses(t *testing.T) {
	s := newScene(t, simulate.Config{Witnesses: 3, Need: 2})
	w := s.card(2, "card")
	p := s.prepare(w, []int{1})
	thin := &thinBoard{partyBoard: s.view, t: t, keep: 1}
	p.booth.client = New(wholeLog{thin}, s.options())
	_, err := p.Cast(t.Context())
	if wantProblem(t, err, ErrPending); CodeOf(err) != CodeUnwitnessed || !errors.Is(err, client.ErrUnwitnessed) {
		t.Fatalf("code %s: %v", CodeOf(err), err)
	}
	if files := s.evidence(); len(files) > 0 {
		t.Fatalf("somebody is accused: %v", files)
	}
	w = s.reopen(w)
	if _, err := New(wholeLog{thin}, s.options()).Resume(t.Context(), w, s.vote.ID); CodeOf(err) != CodeUnwitnessed {
		t.Fatalf("again: %v", err)
	}
	thin.keep = 2
	r, err := New(wholeLog{thin}, s.options()).Resume(t.Context(), w, s.vote.ID)
	if err != nil || r.Ballot != p.Ballot() || !bytes.Contains(r.Text, []byte("witness")) {
		t.Fatal(r, err)
	}
}

// TestG1_NothingIsOpenedUnwitnessed has a ballot that is to be opened: it stays closed until witnesses have cosigned that it can never count.
func TestG1_NothingIsOpenedUnwitnessed(t *testing.T) {
	s := newScene(t, simulate.Config{Witnesses: 1})
	p := s.prepare(s.card(2, "card"), []int{1})
	thin := &thinBoard{partyBoard: s.view, t: t}
	p.booth.client = New(wholeLog{thin}, s.options())
	if o, err := p.Open(t.Context()); o != nil || CodeOf(err) != CodeBoardDown || !errors.Is(err, client.ErrUnwitnessed) {
		t.Fatal(o, err)
	}
	thin.keep = 1
	if _, err := p.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// TestG1_TheHistorySaysWhetherItIsWitnessed has a member look at what was done with the card, on a log with and without cosignatures.
func TestG1_TheHistorySaysWhetherItIsWitnessed(t *testing.T) {
	s := newScene(t, simulate.Config{Witnesses: 2, Need: 2})
	w := s.card(2, "card")
	s.cast(w, []int{1})
	org := s.round.Org
	for _, want := range []bool{true, false} {
		if !want {
			s.board.Do(func(o *simulate.Org) {
				o.Witnesses = o.Witnesses[:1]
				o.Time(o.State.Now() + 1)
			})
		}
		h, err := s.client.History(t.Context(), w)
		if err != nil || len(h) != 1 || h[0].Witnessed != want {
			t.Fatalf("want %v with %d witnesses: %v, %v", want, len(org.Witnesses), h, err)
		}
	}
}
