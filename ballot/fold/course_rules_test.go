package fold_test

import (
	"bytes"
	"slices"
	"strings"
	"sync"
	"testing"

	"mandate/ballot/contest"
	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/simulate"
	"mandate/crypto/sigma"
	"mandate/crypto/transcript"
)

// TestC9_OneCardSupportsOnce posts many different supports of one card, prepared on all cores: the first in log order counts, and no other.
func TestC9_OneCardSupportsOnce(t *testing.T) {
	s := courseAt(t, "two supports")
	s.fork()
	var raws [][]byte
	for range 20 {
		raws = append(raws, s.v.SupportOf(s.r.Credential(3, s.v.Manifest.Rules.Call.Petition.Slot)).Raw())
	}
	var wg sync.WaitGroup
	prepared := make([]*fold.Prepared, len(raws))
	for i := range raws {
		wg.Go(func() { prepared[i] = s.o.State.Prepare(raws[i : i+1])[0] })
	}
	wg.Wait()
	for i, p := range prepared {
		want := "dup"
		if i == 0 {
			want = ""
		}
		if got := s.o.State.Apply(p); got.Code != want {
			t.Errorf("support %d: %v", i, got)
		}
	}
	if have, _ := s.v.State().Supports(); have != 3 || s.v.State().Phase != fold.Called {
		t.Errorf("%d supports, %v", have, s.v.State().Phase)
	}
}

// TestF18_ASupportNamesNobody looks for anything of the roll in a support: its key is in no other record.
func TestF18_ASupportNamesNobody(t *testing.T) {
	s := courseAt(t, "responded")
	var supports, others [][]byte
	for _, raw := range s.o.Log() {
		if r, err := record.Decode(raw); err == nil && r.Kind() == "support" {
			supports = append(supports, raw)
		} else {
			others = append(others, raw)
		}
	}
	if len(supports) != 3 {
		t.Fatalf("%d supports", len(supports))
	}
	for i, raw := range supports {
		r, _ := record.Decode(raw)
		b := r.Body.(*record.Support)
		if len(raw) != len(supports[0]) {
			t.Errorf("support %d has %d bytes, support 0 has %d", i, len(raw), len(supports[0]))
		}
		for _, o := range others {
			if bytes.Contains(o, b.Key[:]) || bytes.Contains(o, b.Signatures[:32]) {
				t.Errorf("support %d has something in common with another record", i)
			}
		}
	}
}

// TestH5_Batches notes supports that the board has not published together and in order.
func TestH5_Batches(t *testing.T) {
	batch := func(s *scene, entries ...int) []*record.Record {
		var rs []*record.Record
		for _, e := range entries {
			rs = append(rs, s.v.SupportOf(s.r.Credential(e, s.v.Manifest.Rules.Call.Petition.Slot)))
		}
		slices.SortFunc(rs, func(a, b *record.Record) int { x, y := a.ID(), b.ID(); return bytes.Compare(x[:], y[:]) })
		return rs
	}
	s := courseAt(t, "proposed")
	s.fork()
	for _, r := range batch(&s, 0, 1, 2) {
		s.o.Post(r)
	}
	s.o.Time(s.o.State.Now() + 60)
	for _, r := range batch(&s, 3, 4) {
		s.o.Post(r)
	}
	if b := s.v.State().Batches(); b.Count != 2 || b.Hasty != 0 || !b.Sorted {
		t.Errorf("as the petition says: %+v", b)
	}
	s.o.Time(s.o.State.Now() + 59)
	s.v.Support(5)
	if b := s.v.State().Batches(); b.Count != 3 || b.Hasty != 1 || !b.Sorted {
		t.Errorf("a second too early: %+v", b)
	}
	s = courseAt(t, "proposed")
	s.fork()
	rs := batch(&s, 0, 1)
	s.o.Post(rs[1])
	s.o.Post(rs[0])
	if b := s.v.State().Batches(); b.Sorted {
		t.Errorf("in the order in which they came: %+v", b)
	}
}

// TestSlotsOfVotesThatEnd: the slot of a vote that lapsed or was cancelled is free for another, its petition's is not.
func TestSlotsOfVotesThatEnd(t *testing.T) {
	for name, end := range map[string]func(*scene){
		"lapsed":    func(s *scene) { s.o.Time(s.v.Manifest.Rules.Call.Petition.Closes + 1) },
		"cancelled": func(s *scene) { s.o.Post(s.v.Officer(&record.Cancel{By: 1, Reason: "The members are satisfied."})) },
	} {
		s := courseAt(t, "two supports")
		s.fork()
		s.o.Time(s.v.Manifest.Rules.Call.Petition.Closes)
		if got := s.v.State().Phase; got != fold.Proposed {
			t.Fatalf("at the last moment the vote is %v", got)
		}
		end(&s)
		v, petition := s.v.State(), int(s.v.Manifest.Rules.Call.Petition.Slot)
		if v.Phase.String() != name || !v.Ended() || v.Times.Ended != s.o.State.Now() {
			t.Errorf("%s: the vote is %v", name, v.Phase)
		}
		if slot, ok := s.o.State.Round(s.r.ID).FreeSlot(); !ok || slot != int(s.v.Manifest.Slot) {
			t.Errorf("%s: slot %d is free", name, slot)
		}
		if s.o.State.Round(s.r.ID).Slot(petition).Taken != s.v.ID {
			t.Errorf("%s: the petition's slot is free again", name)
		}
		other := s.r.Vote()
		other.Ceremony()
		other.Open()
		other.Cast(0, []int{simulate.Yes})
		other.Finish()
	}
}

// TestTheWindowOpensWithTheLastCommitment: a registrar who is late does not shorten the time for statements.
func TestTheWindowOpensWithTheLastCommitment(t *testing.T) {
	s := courseAt(t, "called")
	s.fork()
	v := s.v.State()
	for i := range 2 {
		if _, _, _, ok := v.StatementTimes(); ok {
			t.Fatalf("statements are taken after %d commitments", i)
		}
		s.o.Time(s.o.State.Now() + 10_000)
		n := uint64(i + 1)
		s.o.Post(s.v.ByRegistrar(i+1, &record.SeedCommit{Registrar: n, Hash: fold.SeedHash(s.v.ID, n, s.v.Plan.Seeds[i])}))
	}
	opens, closes, reviewed, ok := v.StatementTimes()
	if now := s.o.State.Now(); !ok || opens != now || closes != now+1000 || reviewed != now+1200 {
		t.Errorf("statements are taken from %d to %d, reviewed until %d; it is %d", opens, closes, reviewed, now)
	}
	s.o.Time(closes)
	s.o.Post(s.v.NamedStatement(0, "for", "At the last moment."))
}

// TestCommitmentsBeforeTheCall: registrars can commit while a petition runs; then statements are taken from the call on.
func TestCommitmentsBeforeTheCall(t *testing.T) {
	s := courseAt(t, "two supports")
	s.fork()
	s.v.Commit()
	if _, _, _, ok := s.v.State().StatementTimes(); ok {
		t.Error("statements are taken before the call")
	}
	s.o.Time(s.o.State.Now() + 500)
	s.v.Support(2)
	if opens, _, _, ok := s.v.State().StatementTimes(); !ok || opens != s.o.State.Now() {
		t.Errorf("statements are taken from %d, %v", opens, ok)
	}
}

// TestDraw computes the draw a second time from the specification.
func TestDraw(t *testing.T) {
	s := courseAt(t, "revealed")
	got, ok := s.o.State.Selected(s.v.State())
	if !ok || len(got) != 4 {
		t.Fatalf("%d selected, %v", len(got), ok)
	}
	lot := func(id record.ID) []byte {
		d := transcript.New("mandate/v1 draw")
		d.AppendBytes("vote", s.v.ID[:])
		for _, seed := range s.v.Plan.Seeds {
			d.AppendBytes("seed", seed[:])
		}
		d.AppendBytes("statement", id[:])
		x := d.ID("draw")
		return x[:]
	}
	var all []record.ID
	for _, st := range s.v.State().Statements() {
		if st.Body.Side == "for" {
			all = append(all, st.ID)
		}
	}
	last := slices.MaxFunc(all, func(a, b record.ID) int { return bytes.Compare(lot(a), lot(b)) })
	for i, st := range got {
		if st.ID == last {
			t.Error("the statement with the last lot is selected")
		}
		if i > 0 && slices.Index(all, st.ID) >= 0 && slices.Index(all, st.ID) < slices.Index(all, got[i-1].ID) {
			t.Error("the selection is not in log order")
		}
	}
}

// TestWithheld: a statement that was withheld after it had come is not selected, and needs no draw.
func TestWithheld(t *testing.T) {
	s := courseAt(t, "spoken")
	s.fork()
	st := s.v.State().Statements()[1]
	b := withheld(&s, st.Body.Text)
	s.o.Post(s.v.Officer(b))
	s.v.Reviewed()
	got, ok := s.o.State.Selected(s.v.State())
	if !ok || len(got) != 4 {
		t.Fatalf("%d selected, %v, without seeds", len(got), ok)
	}
	for _, g := range got {
		if g.ID == st.ID {
			t.Error("the withheld statement is selected")
		}
	}
	if w := s.v.State().Withholdings(); len(w) != 1 || w[0].Hash != st.Hash || !st.Withheld {
		t.Errorf("withheld: %+v", w)
	}
}

// TestARecordingMayComeLater: and until then the second forum's is missing.
func TestARecordingMayComeLater(t *testing.T) {
	s := courseAt(t, "forum time")
	s.fork()
	s.o.Post(s.v.Officer(s.v.HeldBody(1)))
	s.o.Post(s.v.Officer(heldOf(&s, func(b *record.ForumHeld) { b.Number, b.Recording = 2, record.ID{} })))
	if gaps := s.o.State.Gaps(s.v.State()); gaps[0] != (fold.Gap{Code: "rule-recordings", Sentence: "rule: forum 2 has no recording"}) {
		t.Errorf("gaps: %+v", gaps)
	}
	s.o.Post(s.v.Officer(s.v.HeldBody(2)))
	if gaps := s.o.State.Gaps(s.v.State()); gaps[0].Code != "rule-statements" {
		t.Errorf("gaps: %+v", gaps)
	}
}

// TestBouncesBlockNothing: nine of ten mails have come back, and the vote opens; registrars can say so afterwards.
func TestBouncesBlockNothing(t *testing.T) {
	s := courseAt(t, "ready")
	s.fork()
	b := mailingOf(&s, func(b *record.Mailing) { b.Bounced = 18 }).(*record.Mailing)
	s.o.Post(s.v.ByRegistrar(1, b))
	s.v.Open()
	b.Bounced++
	s.o.Post(s.v.ByRegistrar(1, b))
	if m := s.v.State().Mailing(1); m.Body.Bounced != 19 || !m.Whole {
		t.Errorf("%+v", m)
	}
}

// TestAMailingIsCompleted: the rest of the roll is sent the packet later, and the time to read it counts from then.
func TestAMailingIsCompleted(t *testing.T) {
	s := courseAt(t, "packet")
	s.fork()
	s.o.Post(s.v.ByRegistrar(1, mailingOf(&s, unchanged)))
	s.o.Post(s.v.ByRegistrar(2, mailingOf(&s, func(b *record.Mailing) { b.Registrar, b.Mailed = 2, 15 })))
	s.o.Time(s.o.State.Now() + 5000)
	s.o.Post(s.v.ByRegistrar(2, mailingOf(&s, func(b *record.Mailing) { b.Registrar, b.Mailed, b.Paper = 2, 15, 4 })))
	if gaps := s.o.State.Gaps(s.v.State()); len(gaps) != 1 || !strings.Contains(gaps[0].Sentence, "Registrar 2 has sent the packet at") {
		t.Errorf("gaps: %+v", gaps)
	}
	s.o.Time(s.o.State.Now() + 300)
	if gaps := s.o.State.Gaps(s.v.State()); len(gaps) != 0 {
		t.Errorf("gaps: %+v", gaps)
	}
}

// TestCandidatesAreFrozen: who withdraws after the packet is on no ballot, and the contest elects no more than there are candidates.
func TestCandidatesAreFrozen(t *testing.T) {
	s := courseAt(t, "election ready")
	s.fork()
	for _, slug := range []string{"abel", "diaz"} {
		s.o.Post(s.v.Officer(&record.Withdrawal{By: 1, Slug: slug, Reason: "No time."}))
	}
	before := s.v.State().Form.Options()[0]
	s.v.Open()
	c := s.v.State().Manifest.Contests[0]
	if before != record.MaxCandidates || len(c.Options) != 1 || c.Options[0].ID != "cruz" || c.Max != 1 || c.Decision.Seats != 1 {
		t.Errorf("%d options before; the contest is %+v", before, c)
	}
	if err := c.Check("contest"); err != nil {
		t.Error(err)
	}
	if m := s.v.Manifest.Contests[0]; len(m.Options) != 0 || m.Max != 100 || m.Decision.Seats != 2 {
		t.Errorf("the manifest of the record was changed: %+v", m)
	}
	s.v.Cast(0, []int{0})
	s.v.Cast(1, nil)
	res := s.v.Finish()
	if res.Contests[0].Outcome != contest.OutcomeElected || !slices.Equal(res.Contests[0].Counts, []uint64{1}) {
		t.Errorf("%+v", res.Contests)
	}
}

// TestApproval counts an election of two of three by approval.
func TestApproval(t *testing.T) {
	s := courseAt(t, "election open")
	s.fork()
	s.v.Cast(0, []int{0, 1})
	s.v.Cast(1, []int{1, 2})
	s.v.Cast(2, []int{1, 2})
	res := s.v.Finish()
	if c := res.Contests[0]; c.Outcome != contest.OutcomeElected || !slices.Equal(c.Winners, []uint64{1, 2}) || !slices.Equal(c.Counts, []uint64{1, 3, 2}) {
		t.Errorf("%+v", c)
	}
}

// TestAnOverdueOpening: a vote that opens late is open for its whole period.
func TestAnOverdueOpening(t *testing.T) {
	s := courseAt(t, "ready")
	s.fork()
	s.o.Time(s.v.State().Manifest.Closes + 10_000)
	duties := s.v.State().Duties(s.o.State.Now())
	if len(duties) != 1 || duties[0].Code != "opening" || !duties[0].Overdue || duties[0].Who != "the commission" {
		t.Errorf("owed: %+v", duties)
	}
	s.v.Open()
	if got, want := s.v.State().Manifest.Closes, s.o.State.Now()+1000; got != want {
		t.Errorf("it closes at %d, want %d", got, want)
	}
	s.o.Post(s.v.Officer(&record.Extend{By: 1, Closes: s.v.State().Manifest.Closes + 500, Reason: "A storm."}))
	if got := s.v.State().Extensions(); len(got) != 1 || got[0].Reason != "A storm." || got[0].Closes != s.v.State().Manifest.Closes || got[0].At != s.o.State.Now() {
		t.Errorf("extensions %+v", got)
	}
	s.v.Cast(0, []int{simulate.Yes})
	s.v.Finish()
	if got, want := s.v.State().Times.Closed, s.v.State().Times.Opened+1500; got != want {
		t.Errorf("it was closed at %d, want %d", got, want)
	}
}

// TestAnnulled: a sealed vote that is annulled has no result, and needs the roots of the log no longer.
func TestAnnulled(t *testing.T) {
	s := courseAt(t, "sealed")
	s.fork()
	s.o.Post(s.v.Officer(&record.Annul{By: 1, Reason: "The question was wrong."}))
	v := s.v.State()
	if v.Phase != fold.Annulled || v.Reason() != "The question was wrong." || len(v.Duties(s.o.State.Now()+1e6)) != 0 {
		t.Errorf("%v, %q, owed %+v", v.Phase, v.Reason(), v.Duties(s.o.State.Now()+1e6))
	}
	if slot := s.o.State.Round(s.r.ID).Slot(int(s.v.Manifest.Slot)); slot.Taken != s.v.ID {
		t.Error("the slot of a vote in which ballots were cast is free again")
	}
}

// TestDuties says what is owed in each scene, at its time and long after.
func TestDuties(t *testing.T) {
	for name, want := range map[string]string{
		"proposed":        "",
		"called":          "seed-commit/Registrar 1 seed-commit/Registrar 2 forum-held/the commission packet/the commission keygen/Trustee 1 keygen/Trustee 2 keygen/Trustee 3 opening/the commission",
		"held":            "packet/the commission keygen/Trustee 1 keygen/Trustee 2 keygen/Trustee 3 opening/the commission",
		"reviewed":        "seed/Registrar 1 seed/Registrar 2 packet/the commission keygen/Trustee 1 keygen/Trustee 2 keygen/Trustee 3 opening/the commission",
		"packet":          "mailing/Registrar 1 mailing/Registrar 2 keygen/Trustee 1 keygen/Trustee 2 keygen/Trustee 3 opening/the commission",
		"ready":           "opening/the commission",
		"open":            "",
		"sealed":          "input/Trustee 1 input/Trustee 2 input/Trustee 3",
		"certified":       "response/The committee",
		"responded":       "",
		"five signatures": "",
	} {
		s := courseAt(t, name)
		v := s.v.State()
		var got []string
		for _, d := range v.Duties(s.o.State.Now()) {
			got = append(got, d.Code+"/"+d.Who)
			if d.Overdue && d.Code != "keygen" || d.Deadline == 0 { // the trustees of the story take their time
				t.Errorf("%s: %+v", name, d)
			}
		}
		if g := strings.Join(got, " "); g != want {
			t.Errorf("%s: owed\n%s\nwant\n%s", name, g, want)
		}
		for _, d := range v.Duties(s.o.State.Now() + 1e6) {
			if !d.Overdue {
				t.Errorf("%s: long after: %+v", name, d)
			}
		}
	}
	s := courseAt(t, "open")
	if d := s.v.State().Duties(s.v.State().Manifest.Closes); len(d) != 1 || d[0].Code != "closing" || d[0].Overdue {
		t.Errorf("when voting is over: %+v", d)
	}
	s = courseAt(t, "sealed")
	s.fork()
	s.v.Inputs(1, 2)
	s.v.Shares(3)
	if d := s.v.State().Duties(s.o.State.Now()); len(d) != 2 || d[0].Code != "shares" || d[1].Who != "Trustee 2" {
		t.Errorf("with one share: %+v", d)
	}
	s.v.Shares(1)
	if d := s.v.State().Duties(s.o.State.Now()); len(d) != 1 || d[0].Code != "result" {
		t.Errorf("with two shares: %+v", d)
	}
}

// TestLotsAreOwed: where a tie is broken by lot, t trustees owe their parts of it.
func TestLotsAreOwed(t *testing.T) {
	s := courseAt(t, "election open")
	s.fork()
	s.v.Cast(0, []int{0})
	s.v.Close()
	s.v.Promises()
	s.v.Seal()
	s.v.Inputs(1, 2)
	owed := func(want ...string) {
		t.Helper()
		var got []string
		for _, d := range s.v.State().Duties(s.o.State.Now()) {
			got = append(got, d.Code+"/"+d.Who)
		}
		if !slices.Equal(got, want) {
			t.Errorf("owed: %q, want %q", got, want)
		}
	}
	owed("shares/Trustee 1", "shares/Trustee 2", "shares/Trustee 3")
	s.o.Post(s.v.By(1, s.v.SharesBody(1, 0)))
	s.o.Post(s.v.By(2, s.v.SharesBody(2, 0)))
	owed("lots/Trustee 1", "lots/Trustee 2", "lots/Trustee 3")
	s.o.Post(s.v.By(3, s.v.LotsBody(3)))
	owed("lots/Trustee 1", "lots/Trustee 2")
	s.o.Post(s.v.By(1, s.v.LotsBody(1)))
	owed("result/the commission")
}

// TestAReplacedTrusteeOwes names the trustee who took another's place.
func TestAReplacedTrusteeOwes(t *testing.T) {
	s := courseAt(t, "called")
	s.fork()
	for attempt := range uint64(2) {
		s.o.Reach(s.v.State().Ceremony.Deadline() + 1)
		s.o.Post(s.v.Officer(&record.KeygenRestart{By: 1, Attempt: attempt + 1, Trustee: 1, Reason: record.RestartSilent}))
	}
	key := simulate.NewKey(t)
	s.o.Post(s.v.Officer(&record.TrusteeReplace{By: 1, Trustee: 1, Name: "Jane Doe", Key: key.Public().Encoding(), Reason: "Silent twice."}))
	for _, d := range s.v.State().Duties(s.o.State.Now()) {
		if d.Code == "keygen" {
			if d.Who != "Jane Doe" {
				t.Errorf("%+v", d)
			}
			return
		}
	}
	t.Error("nobody owes a step of key generation")
}

// TestA10_AnotherSignerOfTheCourseIsRefused signs every record of §15 again with every other party's key, at its own place on the log.
func TestA10_AnotherSignerOfTheCourseIsRefused(t *testing.T) {
	if testing.Short() {
		t.Skip("long under the race detector, to which it has nothing to show")
	}
	kinds := make(map[string]bool)
	for _, name := range []string{"responded", "six signatures", "election open"} {
		s := courseAt(t, name)
		s.fork()
		switch name {
		case "election open":
			s.o.Post(s.v.Officer(&record.Extend{By: 1, Closes: s.v.State().Manifest.Closes + 1, Reason: "A storm."}))
			s.o.Post(s.v.Officer(&record.Annul{By: 1, Reason: "The question was wrong."}))
		case "six signatures":
			kinds["cancel"], kinds["withdrawal"], kinds["withheld"] = true, true, true // in courseRefusals, signed alike
		}
		state := fold.New()
		strangers := []sigma.SecretKey{s.o.Board, s.o.Commission[0], s.o.Commission[1], s.r.Registrars[0].Key, s.r.Registrars[1].Key,
			s.v.Trustees[0].Key, s.v.Plan.Responder}
		for _, raw := range s.o.Log() {
			r, err := record.Decode(raw)
			if err != nil {
				t.Fatal(err)
			}
			for j, k := range strangers {
				if !slices.Contains(courseKinds, r.Kind()) || r.VerifySignature(s.o.Genesis, k.Public()) == nil {
					continue
				}
				got := state.Judge(state.Prepare([][]byte{s.o.Sign(r.Scope, r.Body, k).Raw()})[0])
				if got.Status != fold.Void || got.Code != "signature" {
					t.Errorf("%s signed by stranger %d: %v", r.Kind(), j, got)
				}
				kinds[r.Kind()] = true
			}
			if got := state.ApplyRaw(raw); got.Status != fold.Accepted {
				t.Fatalf("%s: %v", r.Kind(), got)
			}
		}
	}
	for _, k := range courseKinds {
		if !kinds[k] {
			t.Errorf("no %s record was tried", k)
		}
	}
}

// TestJudgingACourseChangesNothing judges every record of the courses before it is applied, and some that are not the next.
func TestJudgingACourseChangesNothing(t *testing.T) {
	for _, name := range []string{"responded", "election open"} {
		s := courseAt(t, name)
		state := fold.New()
		ps := state.Prepare(s.o.Log())
		for i, p := range ps {
			before := state.Digest()
			for _, j := range []int{i, i + 1, i + 9, i - 1} {
				if j >= 0 && j < len(ps) {
					state.Judge(ps[j])
				}
			}
			if state.Digest() != before {
				t.Fatalf("%s: record %d: judging has changed the state", name, i)
			}
			if got := state.Apply(p); got.Status != fold.Accepted {
				t.Fatalf("%s: record %d: %v", name, i, got)
			}
		}
	}
}
