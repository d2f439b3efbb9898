package fold_test

import (
	"slices"
	"testing"

	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/simulate"
	"mandate/ballot/tally"
)

// TestE5_TheDealerWhoLiesIsNamed: trustee 2 seals a bad share to trustee 1, who notices; everybody sees who lied, everybody begins
// again with new secrets, and the vote goes on.
func TestE5_TheDealerWhoLiesIsNamed(t *testing.T) {
	for name, spoil := range map[string]func(b *record.KeygenShares, other [80]byte){
		"a share that does not open":           func(b *record.KeygenShares, other [80]byte) { b.Sealed[0][79] ^= 1 },
		"the share sealed to another":          func(b *record.KeygenShares, other [80]byte) { b.Sealed[0] = b.Sealed[2] },
		"the share that another dealer sealed": func(b *record.KeygenShares, other [80]byte) { b.Sealed[0] = other },
	} {
		t.Run(name, func(t *testing.T) {
			s := at(t, "shares")
			s.fork()
			s.o.Post(s.v.By(1, s.v.Next(1)))
			three := s.v.Next(3).(*record.KeygenShares)
			b := s.v.Next(2).(*record.KeygenShares)
			bad := *b
			bad.Sealed = slices.Clone(b.Sealed)
			spoil(&bad, three.Sealed[0])
			s.o.Post(s.v.By(2, &bad))
			s.o.Post(s.v.By(3, three))
			complaint, ok := s.v.Next(1).(*record.KeygenComplaint)
			if !ok || complaint.Against != 2 {
				t.Fatalf("trustee 1 posts %+v", complaint)
			}
			s.o.Post(s.v.By(1, complaint))
			c := s.v.State().Ceremony
			if liar, failed := c.Fault(); !failed || liar != 2 {
				t.Fatalf("trustee %d is at fault, %v", liar, failed)
			}
			s.refused(restart(&s, 1, record.RestartComplaint), fold.Void, "fault")
			s.o.Post(s.v.Officer(&record.KeygenRestart{By: 1, Attempt: 1, Trustee: 2, Reason: record.RestartComplaint}))
			goOn(&s, 2)
		})
	}
}

// TestE5_TheFalseAccuserIsNamed: trustee 3 complains of a share that is good.
func TestE5_TheFalseAccuserIsNamed(t *testing.T) {
	s := at(t, "accept")
	s.fork()
	s.o.Post(s.v.By(3, falseComplaint(&s, 3, 1)))
	if liar, failed := s.v.State().Ceremony.Fault(); !failed || liar != 3 {
		t.Fatalf("trustee %d is at fault, %v", liar, failed)
	}
	s.refused(restart(&s, 1, record.RestartComplaint), fold.Void, "fault")
	s.o.Post(s.v.Officer(&record.KeygenRestart{By: 1, Attempt: 1, Trustee: 3, Reason: record.RestartComplaint}))
	goOn(&s, 2)
}

// TestE13_TwiceSilentIsReplaced: trustee 1 misses two deadlines and is replaced under the same vote id; the opening covers it.
func TestE13_TwiceSilentIsReplaced(t *testing.T) {
	s := at(t, "called")
	s.fork()
	silence(&s, 2)
	former := s.v.Trustees[0]
	s.v.Trustees[0].Key = simulate.NewKey(t)
	s.o.Post(s.v.Officer(&record.TrusteeReplace{
		By: 1, Trustee: 1, Name: "Trustee 4", Key: s.v.Trustees[0].Key.Public().Encoding(), Reason: "silent twice",
	}))
	side, err := tally.NewTrustee(s.v.State().Ceremony, 1)
	if err != nil {
		t.Fatal(err)
	}
	s.v.Trustees[0].Side = side
	s.refused(s.o.Sign(s.v.ID, &record.KeygenCommit{Trustee: 1, Attempt: 3}, former.Key).Raw(), fold.Void, "signature")
	if s.v.State().Ceremony.Faults(1) != 0 {
		t.Error("the successor begins with faults")
	}
	if !s.v.State().Trustees()[0].Equal(s.v.Trustees[0].Key.Public()) {
		t.Error("the fold has not taken notice of the successor")
	}
	goOn(&s, 3)
}

// goOn ends a ceremony in an attempt and holds the vote.
func goOn(s *scene, attempt uint64) {
	s.t.Helper()
	s.v.Ceremony()
	if got := s.v.State().Ceremony.Attempt(); got != attempt {
		s.t.Fatalf("the key is of attempt %d", got)
	}
	stale := s.v.Opening()
	stale.Attempt--
	s.o.Reach(s.v.Manifest.Opens)
	s.refused(s.v.Officer(stale).Raw(), fold.Fatal, "opening-ceremony")
	s.v.Open()
	s.v.Cast(0, yes...)
	if got := s.v.Finish().Contests[0].Counts; !slices.Equal(got, []uint64{1, 0, 0}) {
		s.t.Errorf("counts %v", got)
	}
	if _, again := simulate.Replay(s.o.Log()); simulate.Faults(again) != simulate.Faults(s.o.Outcomes()) {
		s.t.Errorf("the same log, folded again:\n%s\n%s", simulate.Faults(s.o.Outcomes()), simulate.Faults(again))
	}
}

// TestE2_NobodyWaitsForTheLastPackage: a trustee who does not like the others' packages cannot drop out and leave a key without it; the
// whole ceremony begins again.
func TestE2_NobodyWaitsForTheLastPackage(t *testing.T) {
	s := at(t, "package")
	s.fork()
	s.o.Post(s.v.By(1, s.v.Next(1)))
	s.o.Post(s.v.By(2, s.v.Next(2)))
	old := s.v.Next(3)
	s.o.Reach(s.v.State().Ceremony.Deadline() + 1)
	s.refused(restart(&s, 2, record.RestartSilent), fold.Void, "fault")
	s.o.Post(s.v.Officer(&record.KeygenRestart{By: 1, Attempt: 1, Trustee: 3, Reason: record.RestartSilent}))
	s.refused(s.v.By(3, old).Raw(), fold.Void, "attempt")
	first := find(&s, "keygen-package").Body.(*record.KeygenPackage)
	s.v.CeremonyUntil(tally.StepPackage)
	if again := s.v.Next(1).(*record.KeygenPackage); string(again.Coefficients) == string(first.Coefficients) {
		t.Error("trustee 1 uses its polynomial twice")
	}
	goOn(&s, 2)
}

// TestStepsHaveTheirDeadlines: the deadline runs from the time at which the step before was complete.
func TestStepsHaveTheirDeadlines(t *testing.T) {
	s := at(t, "called")
	s.fork()
	begun := s.o.State.Now()
	c := s.v.State().Ceremony
	for i, step := range []tally.Step{tally.StepCommit, tally.StepPackage, tally.StepShares, tally.StepAccept, tally.StepTest} {
		want := begun + uint64(50*i) + s.v.Manifest.Step
		if c.Step() != step || c.Deadline() != want {
			t.Errorf("step %v until %d, want %v until %d", c.Step(), c.Deadline(), step, want)
		}
		s.o.Post(s.v.By(1, s.v.Next(1)))
		s.o.Time(begun + uint64(50*(i+1)))
		if c.Deadline() != want {
			t.Errorf("step %v: one message has moved the deadline", step)
		}
		s.o.Post(s.v.By(2, s.v.Next(2)))
		s.o.Post(s.v.By(3, s.v.Next(3)))
	}
	if !c.Ready() {
		t.Error("not ready")
	}
}

// TestE13_FewerThanTSeatsCanBeReplaced: board (time) and one officer (restarts, replacements) would put their own people in the place of t
// trustees under the same vote's id, and read every ballot.
func TestE13_FewerThanTSeatsCanBeReplaced(t *testing.T) {
	s := at(t, "called")
	s.fork()
	replacedSeats := 0
	for i := uint64(1); i <= 2; i++ {
		for range 2 {
			c := s.v.State().Ceremony
			s.o.Reach(c.Deadline() + 1)
			s.o.Post(s.v.Officer(&record.KeygenRestart{By: 1, Attempt: c.Attempt(), Trustee: i, Reason: record.RestartSilent}))
		}
		b := &record.TrusteeReplace{By: 1, Trustee: i, Name: "Ours", URL: "https://ours.example", Key: simulate.NewKey(t).Public().Encoding(), Reason: "silent"}
		if s.o.Append(s.v.Officer(b).Raw()).Status == fold.Accepted {
			replacedSeats++
		}
	}
	if uint64(replacedSeats) >= s.v.Manifest.Threshold {
		t.Errorf("%d trustees were replaced, and %d open every ballot", replacedSeats, s.v.Manifest.Threshold)
	}
}
