package verifier_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"mandate/ballot/cast"
	"mandate/ballot/record"
	"mandate/ballot/simulate"
	"mandate/verifier"
	"mandate/verifier/boardlog"
)

// An opened ballot is judged against the vote that it is of, on this log, and none that was cast passes.
func TestI1_OpenedBallotsOfOtherVotes(t *testing.T) {
	r := simulate.New(t, simulate.Config{Slots: 2}).Round()
	r.Cards(0, 1)
	other := r.Vote(func(m *record.Vote) { m.Slot = 1 })
	before := r.Org.Fork()
	v := r.Vote()
	called := r.Org.Fork()
	v.Ceremony()
	v.Open()
	prepare := func() (*cast.Opened, []byte) {
		rec, opening, err := v.State().Form.Encrypt(v.Context(), v.Credential(0), 0, record.ID{}, cast.NewDraft(), [][]int{{simulate.Yes}})
		if err != nil {
			t.Fatal(err)
		}
		o := &cast.Opened{Vote: v.ID, Opening: opening, Record: rec}
		text, err := o.Encode()
		if err != nil {
			t.Fatal(err)
		}
		return o, text
	}
	o, text := prepare()
	judge := func(org *simulate.Org, vote record.ID, text []byte) (*verifier.Report, string) {
		rep := verify(t, sourceOf(t, org), verifier.Options{Vote: vote, Opened: text})
		if rep.Opened == nil {
			t.Fatal("the report says nothing of the opened ballot")
		}
		return rep, rep.Opened.Fault
	}
	if rep, fault := judge(r.Org, v.ID, text); fault != "" || len(rep.Opened.Says) != 1 || rep.Verdict != verifier.Unfinished {
		t.Errorf("of the vote: %q, %v", fault, rep.Verdict)
	}
	v.Org.Post(o.Record)
	_, second := prepare()
	for _, c := range []struct {
		what, want string
		org        *simulate.Org
		vote       record.ID
		text       []byte
	}{
		{"another vote is asked for", "asked for was", r.Org, other.ID, second},
		{"the vote is not on this log", "has not opened on this log", before, record.ID{}, second},
		{"the vote has not opened yet", "has not opened on this log", called, record.ID{}, second},
		{"it was cast", "was cast although it was opened", r.Org, v.ID, text},
		{"it is no opened ballot", "opened ballot", r.Org, v.ID, text[1:]},
	} {
		rep, fault := judge(c.org, c.vote, c.text)
		if !strings.Contains(fault, c.want) || rep.Verdict != verifier.Refuted || rep.Opened.Says != nil {
			t.Errorf("%s: %q, %v", c.what, fault, rep.Verdict)
		}
	}
}

// A follower whose source fails has read nothing more, and goes on when the source does.
func TestAFollowerOfASourceThatFails(t *testing.T) {
	v := simulate.Whole(t, simulate.Config{Members: 3})
	whole := sourceOf(t, v.Org)
	fails := ""
	f := verifier.NewFollower(boardlog.SourceFunc(func(ctx context.Context, path string) ([]byte, error) {
		if fails != "" && strings.Contains(path, fails) {
			return nil, errors.New("no connection")
		}
		return whole.ReadFile(ctx, path)
	}))
	for _, fails = range []string{"checkpoint", "tile/0/", "tile/entries/"} {
		if err := f.Update(t.Context()); err == nil || !strings.Contains(err.Error(), "no connection") {
			t.Errorf("without %s: %v", fails, err)
		}
		if f.Checkpoint() != nil {
			t.Errorf("without %s: a checkpoint is believed", fails)
		}
	}
	fails = ""
	if err := f.Update(t.Context()); err != nil || f.Checkpoint() == nil || f.State().Size() != uint64(len(v.Org.Log())) {
		t.Errorf("afterwards: %v, %d records", err, f.State().Size())
	}
}
