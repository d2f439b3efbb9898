package tally

import (
	"crypto/rand"
	"fmt"
	"slices"
	"testing"

	"mandate/ballot/record"
	"mandate/crypto/group"
	"mandate/crypto/sigma"
	"mandate/crypto/threshold"
	"mandate/crypto/transcript"
)

func TestCeremony(t *testing.T) {
	for _, size := range [][2]int{{1, 1}, {2, 1}, {3, 2}, {4, 3}, {32, 17}} {
		t.Run(fmt.Sprintf("n=%d,t=%d", size[0], size[1]), func(t *testing.T) {
			s := newScene(t, size[0], size[1])
			if s.c.Ready() || !s.c.Key().IsIdentity() || s.c.TrusteeKeys() != nil || s.c.Attempt() != 1 || s.c.Deadline() != 1100 {
				t.Error("a ceremony begins with something")
			}
			for step := StepCommit; step < StepReady; step++ {
				if s.c.Step() != step || len(s.c.Missing()) != size[0] {
					t.Fatalf("step %v, missing %v, want step %v and all", s.c.Step(), s.c.Missing(), step)
				}
				s.now += 10
				s.act()
				if want := s.now + stepSeconds; s.c.Deadline() != want {
					t.Errorf("deadline %d after step %v, want %d", s.c.Deadline(), step, want)
				}
			}
			if !s.c.Ready() || s.c.Missing() != nil || s.c.Due(1<<40) != nil || s.c.Key().IsIdentity() {
				t.Error("the ceremony is not ready")
			}
			for i, tr := range s.trustees {
				if body := s.next(i + 1); body != nil {
					t.Errorf("trustee %d has to post %s", i+1, body.Kind())
				}
				share, err := tr.Share(s.c)
				if err != nil || !share.Fits(s.c.TrusteeKeys()[i]) {
					t.Errorf("share of trustee %d: %v", i+1, err)
				}
			}
			h := transcript.New("mandate/v1 ceremony")
			for _, e := range s.log {
				h.AppendBytes("record", e.id[:])
			}
			if s.c.Hash() != h.ID("ceremony") || len(s.log) != 5*size[0] {
				t.Error("the hash is not that of SPEC.md §9.7")
			}
		})
	}
}

// messages returns one message of each kind of a trustee in an attempt.
func messages(trustee, attempt uint64, n int) []record.Body {
	return []record.Body{
		&record.KeygenCommit{Trustee: trustee, Attempt: attempt},
		&record.KeygenPackage{Trustee: trustee, Attempt: attempt},
		&record.KeygenShares{Trustee: trustee, Attempt: attempt, Sealed: make([][record.SealedSize]byte, n)},
		&record.KeygenAccept{Trustee: trustee, Attempt: attempt},
		&record.KeygenComplaint{Trustee: trustee, Attempt: attempt, Against: trustee%uint64(n) + 1},
		&record.KeygenTest{Trustee: trustee, Attempt: attempt},
	}
}

func stepOf(b record.Body) Step { m, _ := messageOf(b); return m.step }

// Attempt, then dup, then order: at every step, for every kind.
func TestMessagesOutOfTurn(t *testing.T) {
	s := newScene(t, 3, 2)
	check := func(who string) {
		for trustee := uint64(1); trustee <= 3; trustee++ {
			for _, attempt := range []uint64{0, s.c.Attempt() - 1, s.c.Attempt() + 1} {
				if attempt == s.c.Attempt() {
					continue
				}
				for _, b := range messages(trustee, attempt, 3) {
					s.refuse(CodeAttempt, b)
				}
			}
			for _, b := range messages(trustee, s.c.Attempt(), 3) {
				switch step := stepOf(b); {
				case s.c.Posted(step, int(trustee)) != nil:
					s.refuse(CodeDup, b)
				case step > s.c.Step():
					s.refuse(CodeOrder, b)
				case step < s.c.Step():
					t.Fatalf("%s: a message of step %v is missing at step %v", who, step, s.c.Step())
				}
			}
		}
		for _, b := range messages(4, s.c.Attempt(), 3) {
			s.refuse(CodeForm, b)
		}
		for _, b := range messages(0, s.c.Attempt(), 3) {
			s.refuse(CodeForm, b)
		}
	}
	check("nobody has posted")
	for range 2 { // two attempts, one after the other
		for s.c.Step() < StepReady {
			for i := 1; i <= 3; i++ {
				if s.c.Attempt() == 1 && s.c.Step() == StepTest && i == 3 {
					s.restart(3)
					check("restarted")
					break
				}
				s.act(i)
				check(fmt.Sprintf("trustee %d has posted", i))
			}
			if s.c.Attempt() == 2 && s.c.Step() == StepCommit {
				break
			}
		}
	}
	if !s.c.Ready() {
		t.Fatal("not ready")
	}
	check("ready")
	s.refuse(CodeForm, &record.Seal{})
}

// A trustee that has accepted cannot complain any more.
func TestAcceptAndComplaintAreOneStep(t *testing.T) {
	s := newScene(t, 3, 2)
	s.reach(StepAccept)
	opened := s.trustees[0].receiver.Reveal()
	s.act(1)
	s.refuse(CodeDup, &record.KeygenComplaint{Trustee: 1, Attempt: 1, Against: 2, Opened: opened})
	s.refuse(CodeDup, &record.KeygenAccept{Trustee: 1, Attempt: 1})
}

// A trustee that reveals another package than it committed to, or none, makes
// the whole attempt begin again, with fresh secrets of all.
func TestE2_RevealOtherOrWithhold(t *testing.T) {
	s := newScene(t, 3, 2)
	s.reach(StepPackage)
	other := must(threshold.NewDealer(s.c.Parameters(), 3, s.c.Trustees()[2], rand.Reader)).Package()
	second := &record.KeygenPackage{Trustee: 3, Attempt: 1, Coefficients: other.Coefficients, Sealing: other.Sealing, Proof: other.Proof}
	s.refuse(CodeHash, second)
	honest := s.next(3).(*record.KeygenPackage)
	for k := range honest.Proof {
		bent := *honest
		bent.Proof = slices.Clone(honest.Proof)
		bent.Proof[k] ^= 1
		s.refuse(CodeHash, &bent)
	}
	s.act(1, 2)
	first := [][]byte{
		s.c.Posted(StepPackage, 1).(*record.KeygenPackage).Coefficients, s.c.Posted(StepPackage, 2).(*record.KeygenPackage).Coefficients,
	}
	// There is no way on without trustee 3.
	for _, i := range []int{1, 2} {
		if body := s.next(i); body != nil {
			t.Errorf("trustee %d goes on with %s", i, body.Kind())
		}
	}
	s.refuse(CodeFault, &record.KeygenRestart{Attempt: 1, Trustee: 3, Reason: record.RestartSilent})
	s.restart(3)
	s.reach(StepShares)
	for i, old := range first {
		if now := s.c.Posted(StepPackage, i+1).(*record.KeygenPackage); string(now.Coefficients) == string(old) ||
			string(now.Coefficients[:32]) == string(old[:32]) || string(now.Coefficients[32:]) == string(old[32:]) {
			t.Errorf("trustee %d uses a polynomial twice", i+1)
		}
	}
	s.reach(StepReady)
}

// commitTo has trustee i commit to any package, as a dishonest one can.
func (s *scene) commitTo(i int, pkg threshold.Package) *record.KeygenPackage {
	s.tb.Helper()
	s.rogue[i] = true
	s.post(&record.KeygenCommit{Trustee: uint64(i), Attempt: s.c.Attempt(), Hash: s.c.Parameters().PackageHash(i, pkg)})
	return &record.KeygenPackage{Trustee: uint64(i), Attempt: s.c.Attempt(), Coefficients: pkg.Coefficients, Sealing: pkg.Sealing, Proof: pkg.Proof}
}

func TestE3_Degree(t *testing.T) {
	for _, k := range []int{0, 1, 3, 4} {
		s := newScene(t, 4, 2)
		s.act(1, 2, 3)
		p := s.c.Parameters()
		var pkg threshold.Package
		if k > 0 {
			p.T = k
			pkg = must(threshold.NewDealer(p, 4, s.c.Trustees()[3], rand.Reader)).Package()
		}
		s.refuseLater(CodeDegree, s.commitTo(4, pkg))
	}
}

func (s *scene) refuseLater(code string, body *record.KeygenPackage) {
	s.tb.Helper()
	s.act()
	s.refuse(code, body)
}

func TestE1_RogueKey(t *testing.T) {
	s := newScene(t, 3, 2)
	s.act(1, 2)
	// Trustee 3 commits to the keys of trustee 1, whose hash it has seen.
	copied := s.trustees[0].dealer.Package()
	s.refuseLater(CodePossession, s.commitTo(3, copied))

	// With identities, or an element that is none, it fares no better.
	for _, change := range []func(*threshold.Package){
		func(p *threshold.Package) { clear(p.Coefficients[:32]) },
		func(p *threshold.Package) { clear(p.Coefficients[32:]) },
		func(p *threshold.Package) { p.Coefficients[31] |= 0x80 },
		func(p *threshold.Package) { p.Sealing = [32]byte{} },
		func(p *threshold.Package) { p.Proof = nil },
	} {
		s := newScene(t, 3, 2)
		s.act(1, 2)
		pkg := must(threshold.NewDealer(s.c.Parameters(), 3, s.c.Trustees()[2], rand.Reader)).Package()
		change(&pkg)
		s.refuseLater(CodePossession, s.commitTo(3, pkg))
	}
}

// Shares for more or fewer than all trustees are refused.
func TestSharesForAll(t *testing.T) {
	s := newScene(t, 3, 2)
	s.reach(StepShares)
	b := *s.next(1).(*record.KeygenShares)
	all := b.Sealed
	for _, sealed := range [][][record.SealedSize]byte{nil, all[:2], append(slices.Clone(all), all[0])} {
		b.Sealed = sealed
		s.refuse(CodeForm, &b)
	}
}

// badShares spoils what dealer seals to receiver.
func badShares(s *scene, dealer, receiver int) {
	s.tb.Helper()
	s.rogue[dealer] = true
	b := *s.next(dealer).(*record.KeygenShares)
	b.Sealed = slices.Clone(b.Sealed)
	b.Sealed[receiver-1][40] ^= 1
	s.post(&b)
}

// A complaint about a bad share ends the attempt with the dealer at fault; one
// about a good share with the complainer.
func TestE5_Complaints(t *testing.T) {
	t.Run("bad share", func(t *testing.T) {
		s := newScene(t, 3, 2)
		s.reach(StepShares)
		s.act(1)
		badShares(s, 2, 3)
		s.act(3)
		s.act(1)
		s.post(&record.KeygenAccept{Trustee: 2, Attempt: 1})
		complaint, ok := s.next(3).(*record.KeygenComplaint)
		if !ok || complaint.Against != 2 {
			t.Fatalf("trustee 3 posts %+v", complaint)
		}
		s.post(complaint)
		s.failed(2)
	})
	t.Run("false complaint", func(t *testing.T) {
		s := newScene(t, 3, 2)
		s.reach(StepAccept)
		s.post(&record.KeygenComplaint{Trustee: 3, Attempt: 1, Against: 2, Opened: s.trustees[2].receiver.Reveal()})
		s.failed(3)
	})
	t.Run("complaints that show nothing", func(t *testing.T) {
		s := newScene(t, 3, 2)
		s.reach(StepAccept)
		opened := s.trustees[2].receiver.Reveal()
		for _, b := range []record.KeygenComplaint{
			{Against: 3, Opened: opened}, // oneself
			{Against: 0, Opened: opened},
			{Against: 4, Opened: opened},
			{Against: 1 << 63, Opened: opened},
			{Against: 2, Opened: s.trustees[1].receiver.Reveal()},
			{Against: 2},
		} {
			b.Trustee, b.Attempt = 3, 1
			s.refuse(CodeComplaint, &b)
		}
		s.reach(StepReady)
	})
}

// failed checks an attempt that has failed by a trustee, and restarts it.
func (s *scene) failed(liar int) {
	s.tb.Helper()
	if who, failed := s.c.Fault(); !failed || who != liar {
		s.tb.Fatalf("fault of %d (%v), want %d", who, failed, liar)
	}
	if s.c.Missing() != nil {
		s.tb.Error("a failed attempt waits for somebody")
	}
	attempt := s.c.Attempt()
	for i := 1; i <= len(s.trustees); i++ {
		if s.rogue[i] {
			continue
		}
		if body := s.next(i); body != nil {
			s.tb.Errorf("trustee %d goes on with %s in a failed attempt", i, body.Kind())
		}
		for _, b := range messages(uint64(i), attempt, len(s.trustees)) {
			want := CodeOrder
			if s.c.Posted(stepOf(b), i) != nil {
				want = CodeDup
			}
			s.refuse(want, b)
		}
		if i != liar {
			s.refuse(CodeFault, &record.KeygenRestart{Attempt: attempt, Trustee: uint64(i), Reason: record.RestartComplaint})
		}
	}
	s.now = s.c.Deadline() + 1000
	s.refuse(CodeFault, &record.KeygenRestart{Attempt: attempt, Trustee: uint64(liar), Reason: record.RestartSilent})
	s.refuse(CodeForm, &record.KeygenRestart{Attempt: attempt, Trustee: uint64(liar), Reason: "unlucky"})
	due := s.c.Due(0)
	if due == nil || due.Trustee != uint64(liar) || due.Reason != record.RestartComplaint {
		s.tb.Fatalf("due: %+v", due)
	}
	s.post(due)
	if s.c.Attempt() != attempt+1 || s.c.Step() != StepCommit || s.c.Faults(liar) != 1 {
		s.tb.Error("the attempt was not restarted")
	}
	s.refuse(CodeAttempt, due)
	clear(s.rogue) // it behaves from now on
	s.reach(StepReady)
}

// What a dealer has said stands: a second package or share is refused.
func TestE6_Equivocation(t *testing.T) {
	s := newScene(t, 3, 2)
	s.act()
	first := s.next(1)
	s.post(first)
	other := *first.(*record.KeygenPackage)
	other.Sealing = [32]byte{9}
	s.refuse(CodeDup, &other)
	s.refuse(CodeDup, first)
	s.reach(StepShares)
	shares := s.next(2)
	s.post(shares)
	again := *shares.(*record.KeygenShares)
	again.Sealed = make([][record.SealedSize]byte, 3)
	s.refuse(CodeDup, &again)
}

func TestSilence(t *testing.T) {
	for step := StepCommit; step < StepReady; step++ {
		s := newScene(t, 3, 2)
		s.reach(step)
		s.act(1, 3)
		if !slices.Equal(s.c.Missing(), []int{2}) {
			t.Fatalf("step %v: missing %v", step, s.c.Missing())
		}
		silent := func(i uint64) *record.KeygenRestart {
			return &record.KeygenRestart{Attempt: 1, Trustee: i, Reason: record.RestartSilent}
		}
		s.now = s.c.Deadline()
		s.refuse(CodeFault, silent(2)) // the deadline is not past
		if s.c.Due(s.now) != nil {
			t.Error("a restart is due at the deadline")
		}
		s.now++
		for _, i := range []uint64{0, 1, 3, 4, 1 << 63} {
			s.refuse(CodeFault, silent(i))
		}
		s.refuse(CodeFault, &record.KeygenRestart{Attempt: 1, Trustee: 2, Reason: record.RestartComplaint})
		s.refuse(CodeAttempt, &record.KeygenRestart{Attempt: 2, Trustee: 2, Reason: record.RestartSilent})
		if due := s.c.Due(s.now); due == nil || due.Trustee != 2 || due.Reason != record.RestartSilent || due.Attempt != 1 {
			t.Errorf("due: %+v", due)
		}
		s.post(silent(2))
		if s.c.Attempt() != 2 || s.c.Faults(2) != 1 || s.c.Faults(1) != 0 || s.c.Deadline() != s.now+stepSeconds {
			t.Errorf("after a restart: attempt %d, faults %d", s.c.Attempt(), s.c.Faults(2))
		}
		s.reach(StepReady)
		s.now = s.c.Deadline() + 1
		s.refuse(CodeFault, &record.KeygenRestart{Attempt: 2, Trustee: 2, Reason: record.RestartSilent})
	}
}

// After two faults a trustee can say nothing more; another takes its place,
// while the others go on.
func TestReplacement(t *testing.T) {
	s := newScene(t, 3, 2)
	original := s.keys()
	replacement := func(key record.Key) *record.TrusteeReplace {
		return &record.TrusteeReplace{By: 1, Trustee: 2, Name: "Another", URL: "https://trustee.example", Key: key, Reason: "silent twice"}
	}
	old, fresh := s.c.Trustees()[1], record.Key(newKey().Encoding())
	s.refuse(CodeFault, replacement(fresh))
	s.act(1, 3)
	s.restart(2)
	s.refuse(CodeFault, replacement(fresh))
	silenced := s.next(2)
	s.restart(2)
	s.act(1, 3) // they need not wait for the commission
	s.refuse(CodeAttempt, silenced)
	s.refuse(CodeFault, &record.KeygenCommit{Trustee: 2, Attempt: 3})
	if body := s.next(2); body != nil {
		t.Errorf("a trustee that must be replaced posts %s", body.Kind())
	}
	s.refuse(CodeDup, replacement(old))
	s.refuse(CodeDup, replacement(s.c.Trustees()[0]))
	for _, change := range []func(*record.TrusteeReplace){
		func(b *record.TrusteeReplace) { b.Name = "" },
		func(b *record.TrusteeReplace) { b.Name = "two\nlines" },
		func(b *record.TrusteeReplace) { b.URL = "ftp://trustee.example" },
		func(b *record.TrusteeReplace) { b.Reason = "" },
		func(b *record.TrusteeReplace) { b.Key = record.Key{} },
		func(b *record.TrusteeReplace) { b.Key[31] = 0xff },
	} {
		b := *replacement(fresh)
		change(&b)
		s.refuse(CodeForm, &b)
	}
	for _, i := range []uint64{0, 1, 3, 4, 1 << 63} {
		b := *replacement(fresh)
		b.Trustee = i
		s.refuse(CodeFault, &b)
	}
	s.now += 70
	s.post(replacement(fresh))
	if s.c.Faults(2) != 0 || s.c.Trustees()[1] != fresh || s.c.Attempt() != 3 || s.c.Deadline() != s.now+stepSeconds {
		t.Error("the replacement did not begin afresh")
	}
	if _, _, err := s.trustees[1].Next(s.c, rand.Reader); err == nil {
		t.Error("the replaced trustee goes on")
	} else {
		wantError(t, "the replaced trustee", err, ErrReplaced)
	}
	s.refuse(CodeFault, replacement(record.Key(newKey().Encoding())))
	s.trustees[1] = must(NewTrustee(s.c, 2))
	s.restart(2)
	s.restart(2)
	s.refuse(CodeDup, replacement(fresh)) // nor its own key again
	s.refuse(CodeDup, replacement(old))
	s.post(replacement(record.Key(newKey().Encoding())))
	s.trustees[1] = must(NewTrustee(s.c, 2))
	s.reach(StepReady)
	if _, err := s.trustees[1].Share(s.c); err != nil {
		t.Error(err)
	}
	// The old key is used up for good, and the log replays to the same.
	if c := s.replay(s.log, original); c.Hash() != s.c.Hash() || !c.Key().Equal(s.c.Key()) || !c.Ready() {
		t.Error("the log replays to another ceremony")
	}
}

// The test before opening is refused unless the share works.
func TestShareTest(t *testing.T) {
	s := newScene(t, 3, 2)
	s.reach(StepTest)
	honest := s.next(1).(*record.KeygenTest)
	for _, change := range []func(*record.KeygenTest){
		func(b *record.KeygenTest) { b.Trustee = 2 },
		func(b *record.KeygenTest) { b.Share = [32]byte{} },
		func(b *record.KeygenTest) { b.Share[31] |= 0x80 },
		func(b *record.KeygenTest) { b.Share = group.Generator().Encoding() },
		func(b *record.KeygenTest) { b.Proof = nil },
		func(b *record.KeygenTest) { b.Proof = append(slices.Clone(b.Proof), 0) },
		func(b *record.KeygenTest) { b.Proof = slices.Clone(b.Proof); b.Proof[95] = 0xff },
		func(b *record.KeygenTest) { b.Proof = slices.Clone(b.Proof); b.Proof[64] ^= 1 },
	} {
		b := *honest
		change(&b)
		s.refuse(CodeTest, &b)
	}
	s.post(honest)
}

// Packages whose keys cancel pass one by one; the attempt never becomes
// ready, because no test holds.
func TestB6_IdentityJointKey(t *testing.T) {
	s := newScene(t, 2, 1)
	p := s.c.Parameters()
	var dealers []*threshold.Dealer
	a := must(group.RandomScalar(rand.Reader))
	for i, x := range []group.Scalar{a, a.Neg()} {
		// A dealer of a chosen polynomial, made through its stored form.
		b := must(threshold.NewDealer(p, i+1, s.c.Trustees()[i], rand.Reader)).EncodeSecret()
		copy(b[len(b)-64-32:], x.Bytes())
		d := must(threshold.ParseDealer(b))
		dealers = append(dealers, d)
	}
	var packages []*record.KeygenPackage
	for i, d := range dealers {
		pkg := d.Package()
		x := []group.Scalar{a, a.Neg()}[i]
		pkg.Proof = possess(t, p, i+1, s.c.Trustees()[i], pkg, x)
		packages = append(packages, s.commitTo(i+1, pkg))
	}
	for _, b := range packages {
		s.post(b)
	}
	if _, err := s.c.Keys(); err == nil {
		t.Fatal("the identity is a key")
	}
	wantError(t, "keys", func() error { _, err := s.c.Keys(); return err }(), threshold.ErrIdentity)
	for i, d := range dealers {
		s.post(&record.KeygenShares{Trustee: uint64(i + 1), Attempt: 1, Sealed: must(d.Seal([][32]byte{packages[0].Sealing, packages[1].Sealing}))})
	}
	s.post(&record.KeygenAccept{Trustee: 1, Attempt: 1})
	s.post(&record.KeygenAccept{Trustee: 2, Attempt: 1})
	s.refuse(CodeTest, &record.KeygenTest{Trustee: 1, Attempt: 1, Proof: make([]byte, 96)})
	s.refuse(CodeTest, &record.KeygenTest{Trustee: 1, Attempt: 1, Share: group.Generator().Encoding(), Proof: make([]byte, 96)})
	if !s.c.Key().IsIdentity() || s.c.Ready() {
		t.Error("the identity became the key")
	}
}

// possess proves possession of one coefficient, as SPEC.md §5.2 says, for a
// dealer that did not draw it at random.
func possess(t *testing.T, p threshold.Parameters, i int, key record.Key, pkg threshold.Package, a group.Scalar) []byte {
	t.Helper()
	tr := transcript.New("mandate/v1 possession")
	tr.AppendBytes("ctx", p.Context[:])
	tr.AppendUint64("attempt", p.Attempt)
	tr.AppendUint64("n", uint64(p.N))
	tr.AppendUint64("t", uint64(p.T))
	tr.AppendUint64("trustee", uint64(i))
	tr.AppendBytes("key", key[:])
	tr.AppendBytes("sealing", pkg.Sealing[:])
	b := sigma.NewBuilder("possession")
	phi := b.Element("phi0")
	r := must(b.Build(b.Linear("coefficients", 1, sigma.Equation{Image: phi, Terms: []sigma.Term{{Witness: 0, Base: b.Generator()}}})))
	return must(r.Prove(tr, []group.Element{group.BaseMul(a)}, sigma.Witness{Leaves: [][]group.Scalar{{a}}}, rand.Reader))
}

// The steps have names, and so has none.
func TestStepNames(t *testing.T) {
	seen := make(map[string]bool)
	for s := StepCommit; s <= StepReady+1; s++ {
		if seen[s.String()] {
			t.Errorf("two steps are %v", s)
		}
		seen[s.String()] = true
	}
	s := newScene(t, 2, 1)
	for _, at := range [][2]int{{0, 1}, {int(StepReady), 1}, {1, 0}, {1, 3}} {
		if s.c.Posted(Step(at[0]), at[1]) != nil {
			t.Errorf("something is posted at %v", at)
		}
	}
}
