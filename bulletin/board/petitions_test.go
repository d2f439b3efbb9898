package board

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/simulate"
)

// petition returns an organisation of 20 members with cards and a petition that two of them must support.
func petition(t testing.TB, change ...func(*record.Rules)) (*simulate.Vote, func(member int) *record.Record) {
	t.Helper()
	o := simulate.New(t, simulate.Config{Members: 20, Slots: 4, Petitions: 2})
	round := o.Round()
	entries := make([]int, 8)
	for i := range entries {
		entries[i] = i
	}
	round.Cards(entries...)
	v := round.Propose(round.Plan(record.CallPetition, change...))
	return v, func(member int) *record.Record {
		return v.SupportOf(round.Credential(member, v.Plan.Rules.Call.Petition.Slot))
	}
}

func (r *rig) supports(v *simulate.Vote) uint64 {
	r.t.Helper()
	r.follow()
	have, _ := v.State().Supports()
	return have
}

func TestH5_SupportsArePromisedAtOnceAndPublishedInSortedBatches(t *testing.T) {
	v, support := petition(t)
	begin := v.Org.State.Now()
	r := start(t, v.Org)
	var sent []*record.Record
	size := r.log.Size()
	for i := range 4 {
		s := support(i)
		a := r.take(s)
		r.promised(s, a)
		if !a.Kept {
			t.Error("the support is said to be on the log")
		}
		if b := r.take(s); !b.Kept {
			t.Error("the same support again is said to be on the log")
		} else {
			r.promised(s, b)
		}
		r.refused("dup", support(i).Raw()) // of the same card, signed anew
		sent = append(sent, s)
	}
	r.at(begin + 59)
	if r.log.Size() != size {
		t.Fatal("before the interval is over something has come onto the log")
	}
	r.at(begin + 60)
	if got := r.supports(v); got != 4 {
		t.Fatalf("%d supports are on the log", got)
	}
	last := r.log.entries[len(r.log.entries)-4:]
	if !slices.IsSortedFunc(last, func(x, y []byte) int {
		a, b := record.IDOf(x), record.IDOf(y)
		return bytes.Compare(a[:], b[:])
	}) {
		t.Error("the batch is not in order of the records' ids")
	}
	if b := v.State().Batches(); b.Count != 1 || b.Hasty != 0 || !b.Sorted || b.At != begin+60 {
		t.Errorf("the verifier sees %+v", b)
	}
	if v.State().Phase != fold.Called || v.State().Times.Called != begin+60 {
		t.Errorf("the vote is %v since %d", v.State().Phase, v.State().Times.Called)
	}
	if a := r.take(sent[0]); a.Kept || a.Index == 0 {
		t.Errorf("after the batch: %+v", a)
	} else {
		r.promised(sent[0], a)
	}
	r.refused("dup", support(0).Raw())
	if n, _ := r.log.Kept(); len(n) != 0 {
		t.Errorf("%d supports are still off the log", len(n))
	}
	r.take(support(5))
	r.at(begin + 119)
	if got := r.supports(v); got != 4 {
		t.Error("a batch came too soon")
	}
	r.at(begin + 120)
	if got := r.supports(v); got != 5 || v.State().Batches().Hasty != 0 {
		t.Errorf("%d supports, %+v", got, v.State().Batches())
	}
}

// Whatever ends a petition, what was promised is on the log before it.
func TestSupportsArePublishedBeforeThePetitionEnds(t *testing.T) {
	t.Run("time", func(t *testing.T) {
		v, support := petition(t)
		closes := v.Plan.Rules.Call.Petition.Closes
		r := start(t, v.Org)
		r.take(support(0))
		r.take(support(1))
		r.at(closes - 30) // a batch now would leave no interval for the next
		if got := r.supports(v); got != 0 {
			t.Errorf("%d supports", got)
		}
		r.take(support(2))
		r.at(closes)
		r.take(support(3))
		r.at(closes + 5)
		if got := r.supports(v); got != 4 || v.State().Phase != fold.Called || v.State().Times.Called != closes {
			t.Errorf("%d supports, the vote is %v since %d", got, v.State().Phase, v.State().Times.Called)
		}
		if b := v.State().Batches(); b.Count != 1 || !b.Sorted || b.Hasty != 0 {
			t.Errorf("%+v", b)
		}
		r.refused("expired", support(4).Raw())
	})
	t.Run("a jump", func(t *testing.T) {
		v, support := petition(t)
		r := start(t, v.Org)
		r.take(support(0))
		r.take(support(1))
		r.at(v.Plan.Rules.Call.Petition.Closes + 100_000)
		if got := r.supports(v); got != 2 || v.State().Phase != fold.Called {
			t.Errorf("%d supports, the vote is %v", got, v.State().Phase)
		}
	})
	t.Run("cancel", func(t *testing.T) {
		v, support := petition(t)
		r := start(t, v.Org)
		r.take(support(0))
		r.post(v.Officer(&record.Cancel{By: 1, Reason: "It was called in error."}))
		if got := r.supports(v); got != 1 || v.State().Phase != fold.Cancelled {
			t.Errorf("%d supports, the vote is %v", got, v.State().Phase)
		}
		r.refused("phase", support(1).Raw())
	})
	t.Run("opening", func(t *testing.T) {
		v, support := petition(t, func(r *record.Rules) {
			r.Forums, r.Statements, r.Packet, r.Mailing = record.ForumRule{}, record.StatementRule{}, false, record.MailingRule{}
			r.Voting = record.VotingRule{Period: 1000}
		})
		v.Support(0, 1)
		v.Ceremony()
		v.Org.Reach(v.State().Manifest.Opens)
		r := start(t, v.Org)
		r.take(support(2))
		r.post(v.Officer(v.Opening()))
		if got := r.supports(v); got != 3 || v.State().Phase != fold.Open {
			t.Errorf("%d supports, the vote is %v", got, v.State().Phase)
		}
	})
}

// A board that is stopped between any two of its steps knows what it has promised.
func TestPromisedSupportsSurviveARestart(t *testing.T) {
	v, support := petition(t)
	begin := v.Org.State.Now()
	r := start(t, v.Org)
	first, second := support(0), support(1)
	r.take(first)
	r.take(second)
	r.Close()
	again := startOn(t, v.Org, r.log)
	if a := again.take(first); !a.Kept {
		t.Errorf("after a restart: %+v", a)
	}
	again.refused("dup", support(1).Raw())
	kept, _ := r.log.Kept()
	again.at(begin + 60)
	if got := again.supports(v); got != 2 {
		t.Fatalf("%d supports", got)
	}
	again.Close()
	r.log.Keep(kept) // it was killed after it had published them, before it had forgotten them
	third := startOn(t, v.Org, r.log)
	if left, _ := r.log.Kept(); len(left) != 0 {
		t.Errorf("%d are still off the log", len(left))
	}
	third.at(begin + 1000)
	if got := third.supports(v); got != 2 {
		t.Errorf("%d supports", got)
	}
	third.Close()
	r.log.Keep([][]byte{v.Officer(&record.Cancel{By: 1, Reason: "No support."}).Raw()})
	c := configOf(v.Org)
	c.Clock = func() time.Time { return time.Unix(int64(begin), 0) }
	if err := reopen(c, r.log); err == nil {
		t.Error("a board starts with something else on its shelf than supports")
	}
}

func TestNoSupportIsPromisedThatIsNotDurable(t *testing.T) {
	v, support := petition(t)
	r := start(t, v.Org)
	r.log.mu.Lock()
	r.log.broken = errors.New("the disk is gone")
	r.log.mu.Unlock()
	if a, err := r.Submit(context.Background(), support(0).Raw()); err == nil {
		t.Errorf("promised: %+v", a)
	}
	<-r.Failed()
}
