package fold_test

import (
	"fmt"
	"slices"
	"testing"

	"mandate/ballot/contest"
	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/simulate"
	"mandate/crypto/sigma"
)

// TestE11_EveryQuorumGivesTheSameResult: any two of three trustees, in any order, and all three, give the same result.
func TestE11_EveryQuorumGivesTheSameResult(t *testing.T) {
	want := at(t, "certified").v.State().Result
	for _, quorum := range [][]int{{1, 2}, {2, 1}, {1, 3}, {3, 2}, {3, 1, 2}} {
		s := at(t, "sealed")
		s.fork()
		s.v.Inputs(quorum...)
		s.v.Shares(quorum...)
		got := s.v.Result()
		if fmt.Sprint(*got) != fmt.Sprint(*want) {
			t.Errorf("trustees %v: %+v, want %+v", quorum, *got, *want)
		}
	}
}

// TestE14_NoTwoHistoriesAreOpened: the board and one of four trustees are dishonest and show the honest ones two logs, one with a ballot less.
// With q = 3 and t = 2, however the honest ones are divided, at most one of the two is opened: no more than one gets three inputs.
func TestE14_NoTwoHistoriesAreOpened(t *testing.T) {
	o := simulate.New(t, simulate.Config{Members: 2, Registrars: 1, Trustees: 4, Threshold: 2, Quorum: 3})
	r := o.Round()
	r.Cards(0, 1)
	v := r.Vote()
	v.Ceremony()
	v.Open()
	v.Cast(0, []int{simulate.Yes})
	other := v.On(o.Fork())
	v.Cast(1, []int{simulate.No})
	histories := []*simulate.Vote{v, other}
	inputs, shares := [2][5][]byte{}, [2][5][]byte{}
	for h, v := range histories {
		v.Close()
		v.Promises()
		v.Seal()
		for i := 1; i <= 4; i++ {
			inputs[h][i] = v.By(i, v.InputBody(i)).Raw()
			shares[h][i] = v.By(i, v.SharesBody(i, 0)).Raw()
		}
	}
	if v.State().SealRoot == other.State().SealRoot {
		t.Fatal("the two histories are one")
	}
	// What is signed of one history is nothing in the other.
	if got := other.Org.Judge(inputs[0][2]); got.Code != "input-root" {
		t.Errorf("an input of the other history: %v", got)
	}
	opened := make(map[[2]bool]int)
	for way := range 27 { // each of trustees 2 to 4 signs the first history, the second or none
		var opens [2]bool
		for h, v := range histories {
			fork := v.Org.Fork()
			fork.Append(inputs[h][1]) // the dishonest trustee signs both
			for i, w := 2, way; i <= 4; i, w = i+1, w/3 {
				if w%3 == h {
					if got := fork.Append(inputs[h][i]); got.Status != fold.Accepted {
						t.Fatalf("an honest input: %v", got)
					}
				}
			}
			got := fork.Judge(shares[h][1])
			if got.Status != fold.Accepted && got.Code != "input-quorum" {
				t.Fatalf("shares: %v", got)
			}
			opens[h] = got.Status == fold.Accepted
		}
		opened[opens]++
	}
	if opened[[2]bool{true, true}] > 0 || opened[[2]bool{true, false}] == 0 || opened[[2]bool{false, true}] == 0 {
		t.Errorf("opened: %v", opened)
	}
}

// TestInputsNameAnyLaterCheckpoint: the checkpoint of an input may be of any size from the seal on, also while other records are
// appended and another vote is sealed and certified.
func TestInputsNameAnyLaterCheckpoint(t *testing.T) {
	s := at(t, "sealed")
	s.fork()
	at := len(s.o.Log())
	other := s.r.Vote()
	other.Ceremony()
	other.Open()
	other.Cast(0, yes...)
	other.Finish()
	s.o.Time(s.o.State.Now())
	for i, size := range []int{at, at + 7, len(s.o.Log())} {
		b := s.v.InputBody(i + 1)
		b.Checkpoint = string(s.o.CheckpointAt(size))
		s.o.Post(s.v.By(i+1, b))
	}
	s.v.Shares(2, 3)
	s.v.Result()
}

// TestE7_TheVerifierComputesTrusteesKeys: shares that are right under a key that the trustee would rather have are not right.
func TestE7_TheVerifierComputesTrusteesKeys(t *testing.T) {
	s := at(t, "signed")
	b := s.v.SharesBody(1, 0)
	// All of it made with another secret, proof included, and signed by trustee 1.
	x := simulate.NewKey(t)
	var shares []byte
	for _, c := range s.v.State().Sums().Contest(0) {
		shares = c.A.Mul(x.Scalar()).Append(shares)
	}
	b.Shares = shares
	s.refused(s.v.By(1, b).Raw(), fold.Void, "share")
	// Trustee 2's shares, posted by trustee 1 in trustee 2's name: the poster is refused, trustee 2 is not blamed.
	stolen := s.v.SharesBody(2, 0)
	s.refused(s.v.By(1, stolen).Raw(), fold.Void, "signature")
	s.fork()
	s.o.Post(s.v.By(2, stolen))
}

// TestB8_CountsAreChecked: no counts but the right ones are certified, whatever the sums wrap to.
func TestB8_CountsAreChecked(t *testing.T) {
	s := at(t, "opened")
	right := s.v.ResultBody().Contests[0].Counts
	for _, delta := range []uint64{1, 2, 1<<31 - 1, 1 << 31, 1<<31 + 1, 1<<32 - 1, 1 << 32, 1 << 63, 1<<64 - 1} {
		for j := range right {
			b := s.v.ResultBody()
			b.Contests[0].Counts = slices.Clone(right)
			b.Contests[0].Counts[j] += delta
			if got := s.o.Judge(s.v.Officer(b).Raw()); got.Status != fold.Fatal || got.Code != "result-count" {
				t.Errorf("count %d plus %d: %v", j, delta, got)
			}
		}
	}
}

// TestEmptyVote: a vote in which nobody voted has a result without shares.
func TestEmptyVote(t *testing.T) {
	s := at(t, "open")
	s.fork()
	b := s.v.Finish()
	if b.Counted != 0 || !slices.Equal(b.Contests[0].Counts, []uint64{0, 0, 0}) || b.Contests[0].Outcome != contest.OutcomeFailed || b.Contests[1].Outcome != contest.OutcomeFailed {
		t.Errorf("%+v", *b)
	}
}

func TestMakeResultWaits(t *testing.T) {
	for _, name := range []string{"open", "closed", "sealed", "signed", "certified"} {
		s := at(t, name)
		if b, err := s.o.State.MakeResult(s.v.State(), 1); err == nil {
			t.Errorf("%s: %+v", name, b)
		}
	}
	s := at(t, "open") // nor without inputs where nobody voted
	s.fork()
	s.v.Close()
	s.v.Promises()
	s.v.Seal()
	if b, err := s.o.State.MakeResult(s.v.State(), 1); err == nil {
		t.Errorf("without inputs: %+v", b)
	}
}

// TestOtherShapes holds whole votes of other sizes, of one of everything to the largest.
func TestOtherShapes(t *testing.T) {
	for name, c := range map[string]simulate.Config{
		"one of everything":      {Members: 1, Registrars: 1, Trustees: 1, Threshold: 1},
		"n = 4, q = 3":           {Members: 3, Registrars: 3, Trustees: 4, Threshold: 2, Quorum: 3},
		"t = n = 5":              {Members: 3, Registrars: 1, Trustees: 5, Threshold: 5},
		"two of three witnesses": {Members: 3, Registrars: 1, Witnesses: 3, Need: 2, Relays: 2},
		"many options":           {Members: 3, Registrars: 1, Contests: []contest.Contest{simulate.Choose("c", 40, 0, 40, 7), simulate.Choose("d", 1, 1, 1, 1)}},
	} {
		t.Run(name, func(t *testing.T) {
			v := simulate.Whole(t, c)
			state, outcomes := simulate.Replay(v.Org.Log())
			if f := simulate.Faults(outcomes); f != "" || state.Vote(v.ID).Phase != fold.Certified {
				t.Errorf("phase %v, refused:\n%s", state.Vote(v.ID).Phase, f)
			}
		})
	}
}

// TestJ6_ZeroIsNotVerified: what nobody has judged is not accepted.
func TestJ6_ZeroIsNotVerified(t *testing.T) {
	var o fold.Outcome
	if o.Status == fold.Accepted || o.Status == fold.Void || o.String() == (fold.Outcome{Status: fold.Accepted}).String() {
		t.Errorf("the zero outcome is %v", o)
	}
	var k sigma.PublicKey
	if err := at(t, "begun").o.Sign(record.ID{}, &record.Time{}, simulate.NewKey(t)).VerifySignature(record.ID{}, k); err == nil {
		t.Error("the zero key verifies")
	}
}
