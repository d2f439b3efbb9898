package fold_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"mandate/ballot/credential"
	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/simulate"
	"mandate/crypto/elgamal"
	"mandate/crypto/group"
)

// defects of a ballot in the order of SPEC.md §10.4. A ballot can have any of them at once.
var defects = strings.Fields("form closed spoiled stale noncanonical trivial signatures proof dup-randomness")

// defective makes member 3's ballot with such defects, in a fork of the scene "cast" where it is the next.
func defective(t *testing.T, has ...string) (*scene, []byte) {
	t.Helper()
	s := at(t, "cast")
	s.fork()
	f := forge(&s)
	f.Body.Signatures = bytes.Clone(f.Body.Signatures)
	if slices.Contains(has, "dup-randomness") {
		first := s.v.Forge(s.v.Credential(0), yes...)
		s.o.Post(first.Record())
		f.Randomness[0][0] = first.Randomness[0][0]
	}
	if slices.Contains(has, "trivial") {
		f.Randomness[1][1] = group.Scalar{}
	}
	f.Encrypt()
	if slices.Contains(has, "stale") {
		f.Body.Number++
	}
	if slices.Contains(has, "signatures") {
		f.Body.Signatures[100] ^= 1
	}
	if slices.Contains(has, "noncanonical") {
		f.Body.Contests[1][64*2+63] |= 0x80
	}
	if slices.Contains(has, "form") {
		f.Body.Signatures = f.Body.Signatures[1:]
	}
	seal := f.Record().Seal()
	if slices.Contains(has, "proof") {
		seal = bytes.Clone(seal)
		seal[len(seal)-32] ^= 1
	}
	r := f.Sealed(seal)
	if slices.Contains(has, "spoiled") {
		s.v.Check(3, r.ID())
	}
	if slices.Contains(has, "closed") {
		s.v.Close()
	}
	return &s, r.Raw()
}

// TestBallotChecksInOrder gives ballots two defects, or all from one on: the first check that fails gives the code.
func TestBallotChecksInOrder(t *testing.T) {
	if testing.Short() {
		t.Skip("long under the race detector, to which it has nothing to show")
	}
	for i, first := range defects {
		for _, second := range defects[i+1:] {
			s, raw := defective(t, first, second)
			if got := s.o.Judge(raw); got.Status != fold.Void || got.Code != first {
				t.Errorf("%s and %s: %v", first, second, got)
			}
		}
		s, raw := defective(t, defects[i:]...)
		if got := s.o.Judge(raw); got.Status != fold.Void || got.Code != first {
			t.Errorf("all from %s on: %v", first, got)
		}
	}
	if s, raw := defective(t); s.o.Judge(raw).Status != fold.Accepted {
		t.Errorf("without defects: %v", s.o.Judge(raw))
	}
}

// TestCheckChecksInOrder does the same for check records.
func TestCheckChecksInOrder(t *testing.T) {
	order := strings.Fields("form phase cast limit noncanonical signatures signature")
	base := at(t, "cast")
	base.fork()
	for i := range fold.MaxChecks {
		base.v.Check(3, record.ID{1, byte(i)})
	}
	closed := base
	closed.fork()
	closed.v.Close()
	judge := func(has ...string) fold.Outcome {
		s := base
		if slices.Contains(has, "phase") {
			s = closed
		}
		cred := s.v.Credential(2)
		if slices.Contains(has, "limit") {
			cred = s.v.Credential(3)
		}
		b := &record.Check{Key: cred.Key, Signatures: bytes.Clone(cred.Signatures), Ballot: record.ID{2}}
		if slices.Contains(has, "cast") {
			_, b.Ballot, _ = s.v.State().Last(s.v.Credential(1).Key)
		}
		if slices.Contains(has, "signatures") {
			b.Signatures[100] ^= 1
		}
		if slices.Contains(has, "noncanonical") {
			b.Key[31] |= 0x80
		}
		if slices.Contains(has, "form") {
			b.Signatures = b.Signatures[1:]
		}
		key := cred.SecretKey()
		if slices.Contains(has, "signature") {
			key = s.o.Board
		}
		return s.o.Judge(s.o.Sign(s.v.ID, b, key).Raw())
	}
	for i, first := range order {
		for _, second := range order[i+1:] {
			if second == "noncanonical" && first == "limit" {
				continue // another key has another count
			}
			if got := judge(first, second); got.Status != fold.Void || got.Code != first {
				t.Errorf("%s and %s: %v", first, second, got)
			}
		}
	}
	if got := judge(); got.Status != fold.Accepted {
		t.Errorf("without defects: %v", got)
	}
	if got := base.o.Judge(base.v.CheckOf(base.v.Credential(3), record.ID{1, 5}).Raw()); got.Code != "dup" {
		t.Errorf("dup and limit: %v", got)
	}
}

// mixed is a log with ballots of every kind of fault among good ones, all of them after the opening, and what came of its records.
func mixed(t *testing.T) (log [][]byte, outcomes []fold.Outcome) {
	t.Helper()
	s := at(t, "cast")
	s.fork()
	codes := make(map[string]bool)
	for _, defect := range defects {
		if defect == "closed" || defect == "spoiled" {
			continue
		}
		d, raw := defective(t, defect)
		if defect == "dup-randomness" { // with the ballot from which it is copied
			log := d.o.Log()
			s.o.Append(log[len(log)-1])
		}
		codes[s.o.Append(raw).Code] = true
	}
	good := s.v.Ballot(3, yes...)
	s.o.Append(good.Raw())
	codes[s.o.Append(good.Raw()).Code] = true
	spoiled := s.v.Ballot(1, yes...)
	s.v.Check(1, spoiled.ID())
	codes[s.o.Append(spoiled.Raw()).Code] = true
	late := s.v.Ballot(2, yes...)
	s.v.Close()
	codes[s.o.Append(late.Raw()).Code] = true
	s.v.Promises(late.ID())
	s.o.Append(late.Raw())
	s.v.Seal()
	s.v.Tally()
	for _, code := range append([]string{"dup"}, defects...) {
		if !codes[code] {
			t.Fatalf("no record of the log is void(%s)", code)
		}
	}
	return s.o.Log(), s.o.Outcomes()
}

// TestOutcomesDoNotDependOnPreparation folds one log in many ways: each record by itself; all prepared at the beginning, before any vote is
// open; in batches of random sizes, prepared long before their turn, checked again or not; prepared by another state that is further.
func TestOutcomesDoNotDependOnPreparation(t *testing.T) {
	log, want := mixed(t)
	one, outcomes := simulate.Replay(log)
	compare := func(how string, s *fold.State, got []fold.Outcome) {
		t.Helper()
		for i := range want {
			if got[i].Status != want[i].Status || got[i].Code != want[i].Code || got[i].Scope != want[i].Scope {
				t.Errorf("%s: record %d: %v, was %v", how, i, got[i], want[i])
			}
		}
		if s.Digest() != one.Digest() || s.Root() != one.Root() || s.Size() != one.Size() {
			t.Errorf("%s: another state", how)
		}
	}
	compare("one by one", one, outcomes)

	apply := func(s *fold.State, ps []*fold.Prepared) (out []fold.Outcome) {
		for _, p := range ps {
			out = append(out, s.Apply(p))
		}
		return out
	}
	s := fold.New()
	compare("all at the beginning", s, apply(s, s.Prepare(log)))
	s = fold.New()
	compare("by a state that has them all", s, apply(s, one.Prepare(log)))

	rng := rand.New(rand.NewPCG(1, 2))
	for round := range 6 {
		s := fold.New()
		var waiting []*fold.Prepared
		var out []fold.Outcome
		for next := 0; len(out) < len(log); {
			n := min(rng.IntN(12), len(log)-next)
			waiting = append(waiting, s.Prepare(log[next:next+n])...)
			next += n
			if rng.IntN(2) == 0 {
				s.Check(waiting)
			}
			for range min(rng.IntN(12), len(waiting)) {
				for range rng.IntN(3) {
					s.Judge(waiting[rng.IntN(len(waiting))]) // out of turn, and without effect
				}
				out = append(out, s.Apply(waiting[0]))
				waiting = waiting[1:]
			}
		}
		compare(fmt.Sprintf("in batches, %d", round), s, out)
	}
}

// TestC9_FirstSuccessorInLogOrder posts ballots that all follow the same one, in several orders: the first of the log counts, the others
// are void, and everybody who reads the log agrees.
func TestC9_FirstSuccessorInLogOrder(t *testing.T) {
	base := at(t, "cast")
	var rivals [][]byte
	for _, option := range []int{simulate.Yes, simulate.No, simulate.Abstain} {
		rivals = append(rivals, base.v.Ballot(0, []int{option}, []int{1}).Raw())
	}
	for first := range rivals {
		s := base
		s.fork()
		order := slices.Concat(rivals[first:], rivals[:first])
		for i, p := range s.o.State.Prepare(order) { // prepared at once, as at a board that is asked three times at once
			got := s.o.State.Apply(p)
			if i == 0 && got.Status != fold.Accepted || i > 0 && (got.Status != fold.Void || got.Code != "stale") {
				t.Errorf("order %d, ballot %d: %v", first, i, got)
			}
		}
		if _, id, _ := s.v.State().Last(s.v.Credential(0).Key); id != record.IDOf(order[0]) {
			t.Errorf("order %d: ballot %v counts", first, id)
		}
		if s.v.State().Counted() != 3 {
			t.Errorf("order %d: %d counted", first, s.v.State().Counted())
		}
	}
}

// TestC7_LastOfAChainCounts replaces a ballot four times.
func TestC7_LastOfAChainCounts(t *testing.T) {
	s := at(t, "open")
	s.fork()
	var chain []record.ID
	for _, option := range []int{simulate.Yes, simulate.No, simulate.Yes, simulate.Abstain, simulate.No} {
		chain = append(chain, s.v.Cast(0, []int{option}, []int{0}))
	}
	for i, id := range chain {
		if !s.v.State().IsCast(id) {
			t.Errorf("ballot %d is not cast", i)
		}
	}
	if got := s.v.Finish().Contests[0].Counts; !slices.Equal(got, []uint64{0, 1, 0}) {
		t.Errorf("counts %v", got)
	}
}

// TestC4_TwoDevicesOfOneRandomness: two members whose devices draw the same card secret have one credential between them.
func TestC4_TwoDevicesOfOneRandomness(t *testing.T) {
	s := at(t, "open")
	s.fork()
	secret := credential.NewSecret()
	a, errA := s.r.MintOf(secret).Credential(s.v.Manifest.Slot)
	b, errB := s.r.MintOf(secret).Credential(s.v.Manifest.Slot)
	if errA != nil || errB != nil {
		t.Fatal(errA, errB)
	}
	if a.Key != b.Key {
		t.Fatal("one secret gave two keys")
	}
	first, second := s.v.BallotOf(a, yes...), s.v.BallotOf(b, yes...)
	if first.ID() == second.ID() {
		t.Error("two ballots have one id: their receipts would be alike")
	}
	s.o.Post(first)
	s.refused(second.Raw(), fold.Void, "stale")
	if got := s.v.State().Counted(); got != 1 {
		t.Errorf("%d counted", got)
	}
}

// TestC5_NothingOfAnotherLogIsAccepted puts every record of one organisation on the log of another, and again with its scope changed to
// the other's, as if the signatures did not cover it.
func TestC5_NothingOfAnotherLogIsAccepted(t *testing.T) {
	from, to := at(t, "certified"), at(t, "once")
	scopes := map[record.ID]record.ID{
		from.o.Genesis: to.o.Genesis, from.r.ID: to.r.ID, from.v.ID: to.v.ID, find(&from, "roll").ID(): find(&to, "roll").ID(),
	}
	for i, raw := range from.o.Log() {
		got := to.o.Judge(raw)
		if i == 0 && got.Code != "genesis" || i > 0 && (got.Status != fold.Void || got.Code != "scope") {
			t.Errorf("%d: %v", i, got)
		}
		r, err := record.Decode(raw)
		if err != nil {
			t.Fatal(err)
		}
		payload, err := record.Payload(scopes[r.Scope], r.Body)
		if err != nil {
			t.Fatal(err)
		}
		moved, err := record.Assemble(payload, r.Seal())
		if err != nil {
			t.Fatal(err)
		}
		codes := []string{"signature"}
		switch r.Kind() {
		case "genesis":
			codes = []string{"genesis"}
		case "ballot", "check", "check-fault":
			codes = []string{"form", "signatures", "phase", "unchecked"}
		case "promises", "keygen-commit", "shares", "input":
			codes = []string{"signature", "author"}
		}
		if got := to.o.Judge(moved.Raw()); got.Status == fold.Accepted || !slices.Contains(codes, got.Code) {
			t.Errorf("%d, %s with the other's scope: %v", i, r.Kind(), got)
		}
	}
}

// TestC5_BallotOfAnotherVote moves a ballot between two votes of one round with the same trustees, contests and members.
func TestC5_BallotOfAnotherVote(t *testing.T) {
	s := at(t, "open")
	s.fork()
	other := s.r.Vote(func(m *record.Vote) { m.Trustees = s.v.Manifest.Trustees })
	for i := range other.Trustees {
		other.Trustees[i].Key = s.v.Trustees[i].Key
	}
	other.Ceremony()
	other.Open()
	a := s.v.Ballot(0, yes...)
	body := a.Body.(*record.Ballot)
	move := func(change func(*simulate.Forgery)) []byte {
		f := other.Forge(other.Credential(0), yes...)
		f.Body = *body
		change(f)
		return f.Sealed(a.Seal()).Raw()
	}
	s.refused(move(func(f *simulate.Forgery) {}), fold.Void, "signatures") // the credential is of another slot
	s.refused(move(func(f *simulate.Forgery) {                             // with the member's credential for the other slot
		f.Body.Key, f.Body.Signatures = other.Credential(0).Key, other.Credential(0).Signatures
	}), fold.Void, "proof")
	for i := 1; i <= 3; i++ { // the trustees' messages of the other's ceremony, too
		for _, kind := range []string{"keygen-commit", "keygen-package", "keygen-test"} {
			r := find(&s, kind)
			payload, err := record.Payload(other.ID, r.Body)
			if err != nil {
				t.Fatal(err)
			}
			s.refused(encode(t, payload, r.Seal()), fold.Void, "signature")
		}
	}
}

// TestB9_SumsAreOfTheCountedBallots computes the sums again from the log.
func TestB9_SumsAreOfTheCountedBallots(t *testing.T) {
	s := at(t, "sealed")
	last := make(map[record.Key]*record.Ballot)
	for i, out := range s.o.Outcomes() {
		if r, _ := record.Decode(s.o.Log()[i]); r.Kind() == "ballot" && out.Status == fold.Accepted {
			b := r.Body.(*record.Ballot)
			last[b.Key] = b
		}
	}
	for i := range s.v.Manifest.Contests {
		for j, got := range s.v.State().Sums().Contest(i) {
			var want elgamal.Ciphertext
			for _, b := range last {
				c, err := elgamal.Decode(b.Contests[i][64*j : 64*j+64])
				if err != nil {
					t.Fatal(err)
				}
				want = want.Add(c)
			}
			if !got.A.Equal(want.A) || !got.B.Equal(want.B) {
				t.Errorf("contest %d, option %d: another sum", i, j)
			}
		}
	}
	if len(last) != 3 {
		t.Errorf("%d credentials", len(last))
	}
}

// TestI1_NobodySpoilsAnothersBallot: a board that holds back a ballot, and has the card of one accomplice, cannot make the ballot void.
func TestI1_NobodySpoilsAnothersBallot(t *testing.T) {
	s := at(t, "cast")
	s.fork()
	b := s.v.Ballot(3, yes...)
	s.v.Check(2, b.ID())
	s.o.Post(b)
	if s.v.State().IsSpoiled(s.v.Credential(3).Key, b.ID()) || !s.v.State().IsSpoiled(s.v.Credential(2).Key, b.ID()) {
		t.Error("another's check is taken for the member's own")
	}
}

// TestG14_OptionsSwapped: a manifest with two titles swapped is another vote, in which no ballot of the first holds.
func TestG14_OptionsSwapped(t *testing.T) {
	s := at(t, "called")
	s.o = s.o.Until(s.index("vote"))
	s.r = s.r.On(s.o)
	swapped := *s.v.Manifest
	swapped.Contests = slices.Clone(swapped.Contests)
	swapped.Contests[0] = simulate.YesNo("question")
	o := swapped.Contests[0].Options
	o[0].Title, o[1].Title = o[1].Title, o[0].Title
	if s.o.Post(s.o.Officer(s.r.ID, &swapped)) == s.v.ID {
		t.Fatal("two manifests have one id")
	}
	open := at(t, "open")
	s.refused(open.v.Ballot(0, yes...).Raw(), fold.Void, "scope")
	for _, raw := range open.o.Log()[len(s.o.Log()):] {
		if got := s.o.Judge(raw); got.Status == fold.Accepted && bytes.Contains(raw, s.v.ID[:]) {
			t.Errorf("accepted of the other vote: %v", got)
		}
	}
}

// index returns where the first record of a kind stands on the log.
func (s *scene) index(kind string) int {
	s.t.Helper()
	id := find(s, kind).ID()
	return slices.IndexFunc(s.o.Log(), func(raw []byte) bool { return record.IDOf(raw) == id })
}

// TestPrepareBesideApply prepares records on several goroutines while others are applied, as a board does; it is for the race detector.
func TestPrepareBesideApply(t *testing.T) {
	log, want := mixed(t)
	s := fold.New()
	var wg sync.WaitGroup
	stop := make(chan struct{})
	for range 2 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					s.Prepare(log)
				}
			}
		})
	}
	for i, raw := range log {
		if got := s.ApplyRaw(raw); got.Status != want[i].Status || got.Code != want[i].Code {
			t.Errorf("record %d: %v, was %v", i, got, want[i])
		}
	}
	close(stop)
	wg.Wait()
}
