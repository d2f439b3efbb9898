package member

import (
	"errors"
	"os"
	"testing"

	"mandate/ballot/record"
	"mandate/ballot/simulate"
	"mandate/cmd/mandate/party/partytest"
	"mandate/verifier/corpus/evidencetest"
)

func TestMain(m *testing.M) {
	evidencetest.Main()
	os.Exit(m.Run())
}

// only returns the one file of evidence that there is.
func (s *scene) only() []byte {
	s.t.Helper()
	found := s.evidence()
	if len(found) != 1 {
		s.t.Fatalf("%d files of evidence: %q", len(found), found)
	}
	return []byte(found[0])
}

// G1: a member's device is shown two histories, both signed. What it keeps convinces others.
func TestG1_ABoothKeepsEvidenceOfTwoHistories(t *testing.T) {
	s := newScene(t, simulate.Config{})
	w := s.card(2, "card")
	s.cast(w, []int{simulate.Yes})
	fork := s.round.Org.Until(int(s.view.State().Size()) - 1) // without the member's ballot
	for range 5 {
		fork.Time(fork.State.Now() + 1)
	}
	liar := New(wholeLog{partytest.New(fork).View()}, s.options())
	_, err := liar.Begin(t.Context(), w, s.vote.ID)
	wantProblem(t, err, ErrAlarm, "another history")
	evidencetest.Convinces(t, "fork", s.only(), s.vote)
	// So does what is made of the receipt alone, on a device without the card.
	receipt := w.Sent(s.vote.ID)[0].Receipt
	_, err = New(wholeLog{partytest.New(fork).View()}, s.options()).CheckReceipt(t.Context(), receipt, nil)
	wantProblem(t, err, ErrAlarm, "another history")
	var p *Problem
	if !errors.As(err, &p) || p.Evidence == nil || p.Kept() {
		t.Fatalf("%+v", p)
	}
	evidencetest.Convinces(t, "fork", p.Evidence, s.vote)
}

// G2: a board shows a member an old state of its log, or takes its last records back. Whoever asks it sees the same.
func TestG2_ABoothKeepsEvidenceOfAnOldLog(t *testing.T) {
	s := newScene(t, simulate.Config{})
	w := s.card(2, "card")
	s.cast(w, []int{simulate.Yes})
	old := s.board.View()
	old.Frozen = int(s.view.State().Size()) - 1
	_, err := New(wholeLog{old}, s.options()).Begin(t.Context(), w, s.vote.ID)
	wantProblem(t, err, ErrOldBoard)
	evidencetest.Convinces(t, "head", s.only(), s.vote, evidencetest.Serve(t, s.round.Org.Until(old.Frozen)))
}

// G3: a board promises a ballot and does not record it. Once the ballot box is sealed, promise and log convince others.
func TestG3_ABoothKeepsEvidenceOfADroppedBallot(t *testing.T) {
	s := newScene(t, simulate.Config{})
	w := s.card(2, "card")
	p := s.prepare(w, []int{simulate.Yes})
	s.view.Record = func(*record.Record) *record.Record { return nil }
	_, err := p.Cast(t.Context())
	wantProblem(t, err, ErrAlarm, "knows nothing of it")
	s.board.Do(func(org *simulate.Org) {
		s.vote.Close()
		s.vote.Promises()
		s.vote.Seal()
	})
	evidencetest.Convinces(t, "promise", s.only(), s.vote, evidencetest.Package(t, s.round.Org))
}
