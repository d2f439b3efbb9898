package board

import (
	"context"
	"errors"
	"math"
	"slices"
	"sync"
	"testing"

	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/simulate"
	"mandate/crypto/group"
)

// with returns a ballot's record with its body changed and another seal.
func with(t *testing.T, r *record.Record, scope record.ID, seal []byte, change func(*record.Ballot)) []byte {
	t.Helper()
	b := *r.Body.(*record.Ballot)
	b.Signatures, b.Contests = slices.Clone(b.Signatures), slices.Clone(b.Contests)
	for i := range b.Contests {
		b.Contests[i] = slices.Clone(b.Contests[i])
	}
	change(&b)
	payload, err := record.Payload(scope, &b)
	if err != nil {
		t.Fatal(err)
	}
	out, err := record.Assemble(payload, seal)
	if err != nil {
		t.Fatal(err)
	}
	return out.Raw()
}

func TestB7_TrivialCiphertextIsRefused(t *testing.T) {
	v := openVote(t, simulate.Config{}, 1)
	r := start(t, v.Org)
	f := v.Forge(v.Credential(0), []int{simulate.Yes})
	f.Randomness[0][simulate.Yes] = group.Scalar{}
	f.Encrypt()
	r.refused("trivial", f.Record().Raw())
	r.take(v.Ballot(0, []int{simulate.Yes}))
}

func TestC1_CopiedBallotsAreRefused(t *testing.T) {
	v := openVote(t, simulate.Config{Revote: true}, 3)
	r := start(t, v.Org)
	alice := v.Ballot(0, []int{simulate.Yes})
	first := r.take(alice)
	mallory := v.Ballot(1, []int{simulate.No})

	own := mallory.Body.(*record.Ballot)
	r.refused("proof", with(t, alice, v.ID, alice.Seal(), func(b *record.Ballot) { b.Key, b.Signatures = own.Key, own.Signatures }))
	r.refused("proof", with(t, alice, v.ID, alice.Seal(), func(b *record.Ballot) { // one ciphertext of Alice's in Mallory's ballot
		theirs := b.Contests[0][:64]
		*b = *own
		b.Contests = [][]byte{slices.Concat(theirs, own.Contests[0][64:])}
	}))
	r.refused("proof", with(t, alice, v.ID, alice.Seal(), func(b *record.Ballot) { // options permuted
		c := b.Contests[0]
		b.Key, b.Signatures, b.Contests[0] = own.Key, own.Signatures, slices.Concat(c[64:128], c[:64], c[128:])
	}))
	if again := r.take(alice); again.Index != first.Index {
		t.Errorf("an exact copy was recorded at %d, the ballot is at %d", again.Index, first.Index)
	}
	// A device that repeats its randomness would tell how two ballots differ.
	f := v.Forge(v.Credential(2), []int{simulate.Yes})
	r.post(f.Record())
	g := v.Forge(v.Credential(2), []int{simulate.No})
	g.Randomness[0][1] = f.Randomness[0][1]
	g.Encrypt()
	r.refused("dup-randomness", g.Record().Raw())
	r.View(func(s *fold.State) {
		if n := s.Vote(v.ID).Counted(); n != 2 {
			t.Errorf("%d ballots count, want Alice's and the third member's", n)
		}
	})
}

func TestC5_BallotOfAnotherVoteIsRefused(t *testing.T) {
	o := simulate.New(t, simulate.Config{Members: 2, Slots: 2})
	round := o.Round()
	round.Cards(0, 1)
	first, second := round.Vote(), round.Vote()
	for _, v := range []*simulate.Vote{first, second} {
		v.Ceremony()
		v.Open()
	}
	r := start(t, o)
	ballot := first.Ballot(0, []int{simulate.Yes})
	same := func(*record.Ballot) {}
	r.refused("signatures", with(t, ballot, second.ID, ballot.Seal(), same))
	// The credential of the second vote with the proof of the first: the context differs.
	theirs := second.Ballot(0, []int{simulate.Yes}).Body.(*record.Ballot)
	r.refused("proof", with(t, ballot, second.ID, ballot.Seal(), func(b *record.Ballot) { b.Key, b.Signatures = theirs.Key, theirs.Signatures }))
	foreign := openVote(t, simulate.Config{}, 1)
	r.refused("scope", foreign.Ballot(0, []int{simulate.Yes}).Raw())
	r.refused("signature", foreign.Org.Sign(o.Genesis, &record.Time{Now: simulate.Begin + 1e6}, foreign.Org.Board).Raw())
	r.promised(ballot, r.take(ballot))
}

func TestC7_RevotesAreTakenInOrder(t *testing.T) {
	v := openVote(t, simulate.Config{Revote: true}, 2)
	r := start(t, v.Org)
	zero, rival := v.Ballot(0, []int{simulate.Yes}), v.Ballot(0, []int{simulate.No})
	last := with(t, zero, v.ID, zero.Seal(), func(b *record.Ballot) { b.Number = math.MaxUint64 })
	r.refused("stale", last)
	r.post(zero)
	r.refused("stale", rival.Raw())
	one, fork := v.Ballot(0, []int{simulate.No}), v.Ballot(0, []int{simulate.Abstain})
	skipped := v.Forge(v.Credential(0), []int{simulate.No})
	skipped.Body.Number++
	r.refused("stale", skipped.Record().Raw())
	other := v.Forge(v.Credential(0), []int{simulate.No})
	other.Body.Previous = rival.ID()
	r.refused("stale", other.Record().Raw())
	r.post(one)
	r.refused("stale", fork.Raw())
	r.take(zero) // known, and changes nothing
	r.View(func(s *fold.State) {
		number, id, _ := s.Vote(v.ID).Last(one.Body.(*record.Ballot).Key)
		if number != 1 || id != one.ID() {
			t.Errorf("the last ballot is number %d, %s", number, id.Short())
		}
	})
}

func TestC7_SecondBallotIsSpentWithoutRevoting(t *testing.T) {
	v := openVote(t, simulate.Config{}, 1)
	r := start(t, v.Org)
	r.post(v.Ballot(0, []int{simulate.Yes}))
	r.refused("spent", v.Ballot(0, []int{simulate.No}).Raw())
}

func TestC9_OneOfManyParallelBallotsIsTaken(t *testing.T) {
	for name, revote := range map[string]bool{"spent": false, "stale": true} {
		t.Run(name, func(t *testing.T) {
			const n = 24
			v := openVote(t, simulate.Config{Revote: revote}, 1)
			r := start(t, v.Org, func(c *Config) { c.Batch = 5 })
			ballots := make([]*record.Record, n)
			for i := range ballots {
				ballots[i] = v.Ballot(0, []int{i % 3})
			}
			var mu sync.Mutex
			taken := 0
			var wg sync.WaitGroup
			for _, b := range ballots {
				wg.Go(func() {
					a, err := r.Submit(context.Background(), b.Raw())
					var refused *Refused
					mu.Lock()
					defer mu.Unlock()
					switch {
					case err == nil:
						taken++
						r.promised(b, a)
					case !errors.As(err, &refused) || refused.Code != name:
						t.Errorf("%v, want %s", err, name)
					}
				})
			}
			wg.Wait()
			if taken != 1 {
				t.Errorf("%d ballots of one card were promised", taken)
			}
			r.follow()
			if got := v.State().Counted(); got != 1 {
				t.Errorf("%d ballots of one card are counted", got)
			}
		})
	}
}

func TestC10_RecordsAreKnownByTheirWholeID(t *testing.T) {
	v := openVote(t, simulate.Config{}, 1)
	r := start(t, v.Org)
	ballot := v.Ballot(0, []int{simulate.Yes})
	near := ballot.ID()
	near[31] ^= 1
	r.mu.Lock()
	r.index[near] = 0 // as if a record whose id differs in the last bit alone were on the log
	r.mu.Unlock()
	r.promised(ballot, r.take(ballot))
	far := ballot.ID()
	far[30] ^= 1
	if _, err := r.Receipt(context.Background(), far); !errors.Is(err, ErrUnknown) {
		t.Errorf("a receipt for an id that differs in one bit: %v", err)
	}
}

func TestI1_OpenedBallotIsNeverTaken(t *testing.T) {
	v := openVote(t, simulate.Config{}, 2)
	r := start(t, v.Org)
	opened := v.Ballot(0, []int{simulate.Yes})
	r.post(v.CheckOf(v.Credential(0), opened.ID()))
	r.refused("spoiled", opened.Raw())
	cast := v.Ballot(0, []int{simulate.Yes})
	r.post(cast)
	r.refused("spoiled", opened.Raw()) // also once the card has voted
	r.refused("cast", v.CheckOf(v.Credential(0), cast.ID()).Raw())
}

func TestG7_InputUnderAForeignCheckpointIsRefused(t *testing.T) {
	v := openVote(t, simulate.Config{}, 1)
	v.Cast(0, []int{simulate.Yes})
	v.Close()
	v.Promises()
	v.Seal()
	r := start(t, v.Org)
	twin := simulate.New(t, simulate.Config{}) // the same origin and another key
	good, size := v.InputBody(1), uint64(len(v.Org.Log()))
	for name, checkpoint := range map[string][]byte{
		"another log":     simulate.New(t, simulate.Config{Origin: "other.example/log"}).Checkpoint(),
		"another key":     v.Org.SignCheckpoint(v.Org.Config.Origin, size, v.Org.State.Root(), twin.LogSigner),
		"another origin":  v.Org.SignCheckpoint("other.example/log", size, v.Org.State.Root(), v.Org.LogSigner),
		"another root":    v.Org.SignCheckpoint(v.Org.Config.Origin, size, record.ID{1}, v.Org.LogSigner),
		"before the seal": v.Org.CheckpointAt(int(size) - 1),
		"nothing":         nil,
	} {
		bad := *good
		bad.Checkpoint = string(checkpoint)
		t.Log(name)
		r.refused("input-checkpoint", v.By(1, &bad).Raw())
	}
	r.take(v.By(1, good))
}

// Nothing gets onto the log without a signature or a credential, not even a time record.
func TestG12_UnauthenticatedRecordsLeaveNoTrace(t *testing.T) {
	v := openVote(t, simulate.Config{Relays: 1}, 2)
	r := start(t, v.Org)
	r.at(v.Manifest.Closes + 5000)
	size := r.log.Size()
	r.time.Add(30) // the board would write the time before many of these, were they signed
	stranger := simulate.NewKey(t)
	v.Trustees[0].Key = stranger
	c := v.State().Ceremony
	tried := map[string]bool{"ballot": true, "check": true, "check-fault": true} // which have tests of their own
	for _, x := range []struct {
		code  string
		scope record.ID
		body  record.Body
	}{
		{"signature", v.Org.Genesis, &record.Time{Now: v.Manifest.Closes}},
		{"signature", v.Org.Genesis, &record.Roll{By: 1}},
		{"scope", v.Org.Genesis, &record.RollPart{By: 1}},
		{"signature", v.Round.Manifest.Roll, &record.RollRemoval{By: 1, Entries: []uint64{0}, Removed: true, Reason: "resigned"}},
		{"signature", v.Org.Genesis, &record.Round{By: 1}},
		{"signature", v.Round.ID, &record.RollAccept{Registrar: 1}},
		{"signature", v.Round.ID, &record.SlotKey{Registrar: 1}},
		{"signature", v.Round.ID, &record.Issues{Registrar: 1, Entries: []uint64{1}}},
		{"signature", v.Round.ID, &record.Issue{Registrar: 1, Entry: 1}},
		{"signature", v.Round.ID, v.Manifest},
		{"signature", v.ID, &record.KeygenCommit{Trustee: 1, Attempt: c.Attempt()}},
		{"signature", v.ID, &record.KeygenPackage{Trustee: 1, Attempt: 1}},
		{"signature", v.ID, &record.KeygenShares{Trustee: 1, Attempt: 1}},
		{"signature", v.ID, &record.KeygenAccept{Trustee: 1, Attempt: 1}},
		{"signature", v.ID, &record.KeygenComplaint{Trustee: 1, Attempt: 1, Against: 2}},
		{"signature", v.ID, &record.KeygenTest{Trustee: 1, Attempt: 1}},
		{"signature", v.ID, &record.KeygenRestart{By: 1, Attempt: 1, Trustee: 1, Reason: record.RestartSilent}},
		{"signature", v.ID, &record.TrusteeReplace{By: 1, Trustee: 1}},
		{"signature", v.ID, v.Opening()},
		{"signature", v.ID, &record.Closing{By: 1}},
		{"author", v.ID, &record.Closing{By: 7}},
		{"signature", v.ID, &record.Promises{Author: 1, Last: true}},
		{"signature", v.ID, &record.Promises{Last: true}},
		{"signature", v.ID, &record.Seal{}},
		{"signature", v.ID, &record.Input{Trustee: 1}},
		{"signature", v.ID, &record.Shares{Trustee: 1}},
		{"signature", v.ID, &record.Result{By: 1}},
		{"genesis", record.ID{}, v.Org.GenesisBody()},
		{"rules", v.ID, &record.Support{}},
		{"rules", v.ID, &record.Call{Member: 1}},
		{"rules", v.ID, &record.Forum{By: 1}},
		{"rules", v.ID, &record.ForumHeld{By: 1}},
		{"rules", v.ID, &record.Statement{By: 1}},
		{"rules", v.ID, &record.Withheld{By: 1}},
		{"rules", v.ID, &record.SeedCommit{Registrar: 1}},
		{"rules", v.ID, &record.Seed{Registrar: 1}},
		{"rules", v.ID, &record.Packet{By: 1}},
		{"rules", v.ID, &record.Mailing{Registrar: 1}},
		{"rules", v.ID, &record.Nomination{By: 1}},
		{"rules", v.ID, &record.Acceptance{By: 1}},
		{"rules", v.ID, &record.Withdrawal{By: 1}},
		{"rules", v.ID, &record.Extend{By: 1}},
		{"rules", v.ID, &record.Cancel{By: 1}},
		{"rules", v.ID, &record.Annul{By: 1}},
		{"rules", v.ID, &record.Response{}},
		{"signature", v.ID, &record.Lots{Trustee: 1}},
		{"signature", v.ID, &record.Mix{Trustee: 1}},
		{"signature", v.ID, &record.Decryption{Trustee: 1}},
	} {
		tried[x.body.Kind()] = true
		r.refused(x.code, v.Org.Sign(x.scope, x.body, stranger).Raw())
	}
	for _, kind := range record.Kinds() {
		if !tried[kind] {
			t.Errorf("kind %s was not tried", kind)
		}
	}
	r.settle()
	if now := r.log.Size(); now != size {
		t.Errorf("%d records came onto the log", now-size)
	}
}

func TestG12_RecordsOtherThanBallotsAreLimited(t *testing.T) {
	v := openVote(t, simulate.Config{}, 1)
	r := start(t, v.Org, func(c *Config) { c.RecordRate, c.RecordBurst = 1e-9, 3 })
	for range 3 {
		r.refused("signature", v.Org.Sign(v.ID, &record.Closing{By: 1}, simulate.NewKey(t)).Raw())
	}
	r.refused(CodeRate, v.Org.Sign(v.ID, &record.Closing{By: 1}, simulate.NewKey(t)).Raw())
	r.take(v.Ballot(0, []int{simulate.Yes})) // is not one of them
}

// What decides is the place on the log, not any clock.
func TestG13_TheLogDecidesWhatIsLate(t *testing.T) {
	v := openVote(t, simulate.Config{Relays: 1}, 3)
	r := start(t, v.Org)
	r.at(v.Manifest.Closes + 100)
	r.post(v.Ballot(0, []int{simulate.Yes})) // after the time, before the closing
	late := v.Ballot(1, []int{simulate.Yes})
	r.post(v.Officer(&record.Closing{By: 1}))
	r.time.Store(int64(v.Manifest.Opens)) // a clock that is turned back changes nothing
	r.refused("closed", late.Raw())
	r.at(v.State().ClosedAt + v.Manifest.Grace)
	if got := r.phase(v.ID); got != fold.Sealed {
		t.Fatalf("after the time of grace the vote is %v", got)
	}
	r.time.Store(int64(v.Manifest.Opens))
	r.refused("sealed", late.Raw())
	r.follow()
	if v.State().Counted() != 1 {
		t.Errorf("%d ballots count", v.State().Counted())
	}
}

// Ballots of a vote that is not open are refused by their outline, before any proof is looked at.
func TestBallotsOutOfPhaseAreRefused(t *testing.T) {
	v := openVote(t, simulate.Config{}, 1)
	ballot := v.Ballot(0, []int{simulate.Yes})
	same := func(*record.Ballot) {}
	o := simulate.New(t, simulate.Config{Members: 20, Slots: 5, Petitions: 2})
	round := o.Round()
	proposed := round.Propose(round.Plan(record.CallPetition))
	called := round.Vote()
	cancelled := round.Propose(round.Plan(record.CallReason))
	o.Post(cancelled.Officer(&record.Cancel{By: 1, Reason: "It was called in error."}))
	r := start(t, o)
	r.refused("not-open", with(t, ballot, proposed.ID, ballot.Seal(), same))
	r.refused("not-open", with(t, ballot, called.ID, ballot.Seal(), same))
	r.refused("ended", with(t, ballot, cancelled.ID, ballot.Seal(), same))
	r.refused("scope", ballot.Raw())
}

func TestJ3_SizeIsCheckedBeforeAnythingElse(t *testing.T) {
	v := openVote(t, simulate.Config{}, 1)
	r := start(t, v.Org)
	r.refused("oversize", nil)
	r.refused("oversize", make([]byte, record.MaxSize+1))
	r.refused("malformed", make([]byte, record.MaxSize))
	ballot := v.Ballot(0, []int{simulate.Yes})
	same := func(*record.Ballot) {}
	r.refused("form", with(t, ballot, v.ID, append(slices.Clone(ballot.Seal()), 0), same))
	r.refused("form", with(t, ballot, v.ID, nil, same))
	r.refused("form", with(t, ballot, v.ID, ballot.Seal(), func(b *record.Ballot) { b.Contests = append(b.Contests, make([]byte, 30000)) }))
	r.refused("form", with(t, ballot, v.ID, ballot.Seal(), func(b *record.Ballot) { // the right length, and two contests for one
		c := b.Contests[0]
		b.Contests = [][]byte{c[:20], c[20 : len(c)-1]}
	}))
	broken := slices.Clone(ballot.Raw())
	broken[len(broken)-len(ballot.Seal())-3] ^= 0x20 // the seal is a text
	r.refused("malformed", broken)
}
