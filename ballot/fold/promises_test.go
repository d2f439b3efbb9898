package fold_test

import (
	"slices"
	"testing"

	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/simulate"
)

// TestG13_PlaceDecidesNotTime: a ballot listed as promised is recorded after closing, counts, and only then can the box be sealed.
func TestG13_PlaceDecidesNotTime(t *testing.T) {
	s := at(t, "cast")
	s.fork()
	listed, unlisted := s.v.Ballot(3, yes...), s.v.Ballot(0, yes...)
	s.o.Reach(s.v.Manifest.Closes + 10) // late by the clock, not by the log
	s.v.Cast(1, yes...)
	s.v.Close()
	s.refused(listed.Raw(), fold.Void, "closed")
	s.v.Promises(listed.ID())
	s.refused(unlisted.Raw(), fold.Void, "closed")
	s.refused(sealRecord(&s), fold.Fatal, "seal-promises")
	if !s.v.State().IsPending(listed.ID()) || s.v.State().Pending() != 1 {
		t.Error("the listed ballot is not waited for")
	}
	s.o.Post(listed)
	if s.v.State().Pending() != 0 {
		t.Error("the listed ballot is still waited for")
	}
	s.v.Seal()
	if got := s.v.State().Counted(); got != 4 {
		t.Errorf("%d counted", got)
	}
	s.v.Tally()
}

// TestPendingBallots: what a list of promises makes the seal wait for.
func TestPendingBallots(t *testing.T) {
	s := at(t, "cast")
	s.fork()
	cast := s.v.Ballot(3, yes...)
	s.o.Post(cast)
	stale := s.v.Ballot(0, yes...)
	s.v.Cast(0, []int{simulate.No}, []int{1})
	s.o.Append(stale.Raw()) // void; recorded before it is listed
	rivals := []*record.Record{s.v.Ballot(1, yes...), s.v.Ballot(1, []int{simulate.No}, []int{2})}
	s.v.Close()
	pending := func(want int, when string) {
		t.Helper()
		if got := s.v.State().Pending(); got != want {
			t.Errorf("%s: %d pending, want %d", when, got, want)
		}
	}
	s.o.Post(s.v.Promised(1, 0, false, cast.ID(), stale.ID(), rivals[0].ID(), rivals[1].ID()))
	pending(3, "the cast one is not waited for, the void one is")
	s.o.Append(stale.Raw())
	pending(2, "a void ballot is recorded")
	s.o.Append(rivals[0].Raw())
	s.o.Append(rivals[1].Raw())
	pending(0, "two of which one is void are recorded")
	s.o.Post(s.v.Promised(1, 1, true, rivals[0].ID(), rivals[1].ID(), stale.ID(), cast.ID()))
	s.o.Post(s.v.Promised(0, 0, true))
	pending(0, "what is listed again is recorded already")
	s.v.Seal()
	if got := s.v.State().Counted(); got != 4 {
		t.Errorf("%d counted", got)
	}
}

// TestG3_SealAfterGrace: a board that never records what it promised is waited for until the grace has passed. The evidence stays.
func TestG3_SealAfterGrace(t *testing.T) {
	s := at(t, "cast")
	s.fork()
	b := s.v.Ballot(3, yes...)
	s.o.Reach(s.v.Manifest.Closes + 5)
	s.v.Close()
	s.o.Post(s.v.Promised(1, 0, false, b.ID()))
	s.o.Reach(s.v.State().ClosedAt + s.v.Manifest.Grace - 1)
	s.refused(sealRecord(&s), fold.Fatal, "seal-promises")
	s.o.Reach(s.v.State().ClosedAt + s.v.Manifest.Grace)
	s.v.Seal()
	if !s.v.State().IsPending(b.ID()) || s.v.State().BoardListDone() || s.v.State().ListsDone() {
		t.Error("nothing shows that a promise was broken")
	}
	s.refused(b.Raw(), fold.Void, "sealed")
	s.v.Tally()
}

// TestF19_WithheldIssueRecords: a registrar that withholds its issue records is named, and the vote goes on. Anybody can post them: the
// registrar's answer to a member has them.
func TestF19_WithheldIssueRecords(t *testing.T) {
	o := simulate.New(t, simulate.Config{Members: 3})
	r := o.Round()
	r.Cards(0)
	for _, entry := range []int{1, 2} { // registrar 2 says nothing of these
		r.MintFor(entry)
		o.Post(r.By(1, &record.Issue{Registrar: 1, Entry: uint64(entry)}))
	}
	v := r.Vote()
	v.Ceremony()
	v.Open()
	for i := range 3 {
		v.Cast(i, []int{simulate.Yes})
	}
	helped := v.On(o.Fork())
	v.Finish()
	if got := v.State().Shortfall(); !slices.Equal(got, []int{2}) {
		t.Errorf("registrars %v are named, want 2", got)
	}
	for _, entry := range []uint64{2, 1} { // a member posts what it has from registrar 2
		helped.Org.Post(helped.Round.By(2, &record.Issue{Registrar: 2, Entry: entry}))
	}
	helped.Finish()
	if got := helped.State().Shortfall(); len(got) != 0 {
		t.Errorf("registrars %v are named", got)
	}
}

// TestF5_OneHonestRegistrarBoundsTheCredentials: with one of three registrars honest, the others can sign what they like.
func TestF5_OneHonestRegistrarBoundsTheCredentials(t *testing.T) {
	pool(t, 3, 2, nil)
}

// TestF3_PooledSigningSlots: three members and two of three registrars conspire. The honest registrar has signed once for each of the
// three; whatever they put together, they have three credentials that hold, however many keys they choose.
func TestF3_PooledSigningSlots(t *testing.T) {
	pool(t, 3, 3, func(honest [][]byte, try func(key int, honestPart []byte)) {
		for key := range 5 {
			for _, part := range honest { // every signature that the honest registrar has given, on every key
				try(key, part)
			}
			try(key, make([]byte, record.SignatureBytes))
			try(key, nil) // one signature less: k of n
		}
	})
}
