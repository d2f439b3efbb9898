package tally

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"mandate/ballot/record"
	"mandate/crypto/elgamal"
	"mandate/crypto/group"
	"mandate/crypto/threshold"
)

// ballots are sums of ballots for a key, and what they hold.
type ballots struct {
	*scene
	ctx     [32]byte
	sums    *Sums
	options []int
	counts  [][]uint64
	counted uint64
}

func newBallots(tb testing.TB, n, t int, options ...int) *ballots {
	tb.Helper()
	s := newScene(tb, n, t)
	s.reach(StepReady)
	b := &ballots{scene: s, ctx: [32]byte{7}, sums: NewSums(options), options: options}
	for _, n := range options {
		b.counts = append(b.counts, make([]uint64, n))
	}
	return b
}

// wire encrypts a ballot as it stands in a record.
func (b *ballots) wire(choices ...[]uint64) (contests [][]byte) {
	for _, c := range choices {
		var out []byte
		for _, v := range c {
			r := must(group.RandomScalar(rand.Reader))
			out = must(elgamal.EncryptInteger(b.c.Key(), v, r)).Append(out)
		}
		contests = append(contests, out)
	}
	return contests
}

func (b *ballots) cast(choices ...[]uint64) Votes {
	b.tb.Helper()
	v, err := b.sums.Decode(b.wire(choices...))
	if err != nil {
		b.tb.Fatal(err)
	}
	b.sums.Add(v)
	b.counted++
	for i, c := range choices {
		for j, n := range c {
			b.counts[i][j] += n
		}
	}
	return v
}

func (b *ballots) shares(trustee, contest int) *record.Shares {
	b.tb.Helper()
	share, err := b.trustees[trustee-1].Share(b.c)
	if err != nil {
		b.tb.Fatal(err)
	}
	body, err := MakeShares(b.ctx, contest, share, b.sums, rand.Reader)
	if err != nil {
		b.tb.Fatal(err)
	}
	return body
}

func (b *ballots) check(body *record.Shares) error {
	return CheckShares(b.ctx, b.sums, b.c.TrusteeKeys()[body.Trustee-1], body)
}

func subsets(n, k int) [][]int {
	if k == 0 {
		return [][]int{nil}
	}
	var all [][]int
	for last := k; last <= n; last++ {
		for _, s := range subsets(last-1, k-1) {
			all = append(all, append(slices.Clone(s), last))
		}
	}
	return all
}

// From ballots to counts: every subset of t trustees gives the same, one fewer
// gives nothing, and only the right counts pass.
func TestE10_E11_EverySubsetGivesTheResult(t *testing.T) {
	for _, size := range [][2]int{{3, 2}, {4, 2}, {4, 3}, {5, 3}} {
		n, threshold_ := size[0], size[1]
		t.Run(fmt.Sprintf("n=%d,t=%d", n, threshold_), func(t *testing.T) {
			b := newBallots(t, n, threshold_, 3, 2)
			b.cast([]uint64{1, 0, 0}, []uint64{0, 1})
			b.cast([]uint64{1, 0, 0}, []uint64{0, 0})
			revoted := b.cast([]uint64{0, 1, 0}, []uint64{1, 0})
			b.cast([]uint64{0, 1, 0}, []uint64{0, 1})
			b.sums.Sub(revoted)
			b.counted--
			b.counts[0][1]--
			b.counts[1][0]--
			for contest := range b.options {
				all := make(map[int]*record.Shares)
				for i := 1; i <= n; i++ {
					all[i] = b.shares(i, contest)
					if err := b.check(all[i]); err != nil {
						t.Fatal(err)
					}
				}
				some := func(trustees []int) map[int]*record.Shares {
					m := make(map[int]*record.Shares)
					for _, i := range trustees {
						m[i] = all[i]
					}
					return m
				}
				want := b.counts[contest]
				for k := threshold_; k <= n; k++ {
					for _, subset := range subsets(n, k) {
						got, err := Open(threshold_, b.sums, contest, some(subset), b.counted)
						if err != nil || !slices.Equal(got, want) {
							t.Errorf("contest %d by %v: %v, %v; want %v", contest, subset, got, err, want)
						}
						if err := CheckCounts(threshold_, b.sums, contest, some(subset), b.counted, want); err != nil {
							t.Errorf("contest %d by %v: %v", contest, subset, err)
						}
						for j := range want {
							wrong := slices.Clone(want)
							wrong[j]++
							wantError(t, "a count too high", CheckCounts(threshold_, b.sums, contest, some(subset), b.counted, wrong), threshold.ErrCount)
						}
					}
				}
				for _, subset := range subsets(n, threshold_-1) {
					got, err := Open(threshold_, b.sums, contest, some(subset), b.counted)
					wantError(t, fmt.Sprintf("opened by %v", subset), err, threshold.ErrIncomplete)
					if got != nil {
						t.Errorf("%v opens %v", subset, got)
					}
					wantError(t, fmt.Sprintf("checked by %v", subset),
						CheckCounts(threshold_, b.sums, contest, some(subset), b.counted, want), threshold.ErrIncomplete)
				}
			}
		})
	}
}

// A share serves one contest of one vote, as its trustee's.
func TestE7_E8_A10_SharesAreBound(t *testing.T) {
	b := newBallots(t, 3, 2, 2, 2)
	b.cast([]uint64{1, 0}, []uint64{1, 0})
	good := b.shares(1, 0)
	other := b.shares(1, 1)
	second := b.shares(2, 0)
	if err := errors.Join(b.check(good), b.check(other), b.check(second)); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*record.Shares){
		"posted for contest 1":           func(s *record.Shares) { s.Contest = 1 },
		"of contest 1 for contest 0":     func(s *record.Shares) { *s = *other; s.Contest = 0 },
		"posted as trustee 2's":          func(s *record.Shares) { s.Trustee = 2 },
		"of trustee 2 posted as 1's":     func(s *record.Shares) { *s = *second; s.Trustee = 1 },
		"with the proof of contest 1":    func(s *record.Shares) { s.Proof = other.Proof },
		"with the proof of trustee 2":    func(s *record.Shares) { s.Proof = second.Proof },
		"with the shares of trustee 2":   func(s *record.Shares) { s.Shares = second.Shares },
		"for an unknown contest":         func(s *record.Shares) { s.Contest = 2 },
		"for a contest beyond any":       func(s *record.Shares) { s.Contest = 1 << 63 },
		"with an option less":            func(s *record.Shares) { s.Shares = s.Shares[:32] },
		"with a byte more":               func(s *record.Shares) { s.Shares = append(slices.Clone(s.Shares), 0) },
		"with no share":                  func(s *record.Shares) { s.Shares = nil },
		"with no proof":                  func(s *record.Shares) { s.Proof = nil },
		"with a share that is none":      func(s *record.Shares) { s.Shares = slices.Clone(s.Shares); s.Shares[31] |= 0x80 },
		"B6: with the identity as share": func(s *record.Shares) { s.Shares = slices.Clone(s.Shares); clear(s.Shares[:32]) },
		"B6: with identities as shares":  func(s *record.Shares) { s.Shares = make([]byte, 64) },
		"with the options swapped": func(s *record.Shares) {
			s.Shares = slices.Concat(s.Shares[32:], s.Shares[:32])
		},
	} {
		body := *good
		change(&body)
		if err := b.check(&body); err == nil {
			t.Errorf("a share %s is accepted", name)
		}
	}
	if err := CheckShares([32]byte{8}, b.sums, b.c.TrusteeKeys()[0], good); err == nil {
		t.Error("a share serves another vote")
	}
	for _, trustee := range []uint64{0, 33, 1 << 63} {
		body := *good
		body.Trustee = trustee
		if err := CheckShares(b.ctx, b.sums, b.c.TrusteeKeys()[0], &body); err == nil {
			t.Errorf("a share of trustee %d is accepted", trustee)
		}
	}
	// Two contests with equal sums have different shares all the same.
	same := newBallots(t, 1, 1, 2, 2)
	wire := same.wire([]uint64{1, 0})
	same.sums.Add(must(same.sums.Decode([][]byte{wire[0], wire[0]})))
	moved := same.shares(1, 0)
	moved.Contest = 1
	if err := same.check(moved); err == nil {
		t.Error("a share serves another contest with the same sums")
	}
	// One more ballot makes all shares useless.
	b.cast([]uint64{0, 1}, []uint64{0, 1})
	if err := b.check(good); err == nil {
		t.Error("a share serves another sum")
	}
}

// Shares under another's index, or none at all, do not reach the arithmetic.
func TestOpenTakesNoForeignShares(t *testing.T) {
	b := newBallots(t, 3, 2, 2, 2)
	b.cast([]uint64{1, 0}, []uint64{1, 0})
	one, two := b.shares(1, 0), b.shares(2, 0)
	for name, shares := range map[string]map[int]*record.Shares{
		"swapped":         {1: two, 2: one},
		"another contest": {1: one, 2: b.shares(2, 1)},
		"nil":             {1: one, 2: nil},
		"cut":             {1: one, 2: {Trustee: 2, Shares: two.Shares[:32]}},
		"no element":      {1: one, 2: {Trustee: 2, Shares: bytes.Repeat([]byte{0xff}, 64)}},
		"trustee 33":      {1: one, 33: {Trustee: 33, Shares: two.Shares}},
	} {
		if counts, err := Open(2, b.sums, 0, shares, 1); err == nil || errors.Is(err, elgamal.ErrNoLog) {
			t.Errorf("%s: opens %v, %v", name, counts, err)
		}
		if err := CheckCounts(2, b.sums, 0, shares, 1, []uint64{1, 0}); err == nil {
			t.Errorf("%s: counts check", name)
		}
	}
	good := map[int]*record.Shares{1: one, 2: two}
	for _, contest := range []int{-1, 2} {
		if _, err := Open(2, b.sums, contest, good, 1); err == nil {
			t.Errorf("contest %d opens", contest)
		}
		share := must(b.trustees[0].Share(b.c))
		if _, err := MakeShares(b.ctx, contest, share, b.sums, rand.Reader); err == nil {
			t.Errorf("shares of contest %d", contest)
		}
	}
	for _, contest := range []int{-1, 2} { // also where there are no shares that could be of another
		if err := CheckCounts(1, b.sums, contest, nil, 1, []uint64{1, 0}); err == nil {
			t.Errorf("counts of contest %d", contest)
		}
	}
	for range 20 { // a bad share beside enough good ones, whichever is looked at first
		if err := CheckCounts(1, b.sums, 0, map[int]*record.Shares{1: one, 2: {Trustee: 2, Shares: two.Shares[:32]}}, 1, []uint64{1, 0}); err == nil || !strings.Contains(err.Error(), "trustee 2") {
			t.Fatalf("a bad share beside a good one: %v", err)
		}
	}
	for _, i := range []uint64{0, threshold.MaxTrustees + 1} {
		if _, _, err := decodeShares(b.sums, &record.Shares{Trustee: i, Shares: two.Shares}); err == nil {
			t.Errorf("shares of trustee %d", i)
		}
	}
	if err := CheckCounts(2, b.sums, 0, good, 1, []uint64{1}); err == nil {
		t.Error("one count for two options")
	}
	wantError(t, "a count above the ballots", CheckCounts(2, b.sums, 0, good, 0, []uint64{1, 0}), threshold.ErrCount)
	_, err := Open(2, b.sums, 0, good, 0)
	wantError(t, "opened above the ballots", err, elgamal.ErrNoLog)
	if _, err := MakeShares(b.ctx, 0, must(b.trustees[0].Share(b.c)), b.sums, bytes.NewReader(nil)); err == nil {
		t.Error("shares without randomness")
	}
}

// A sum is of the ballots that were added and not taken away, in any order,
// however often they change.
func TestB9_SumsFollowTheBallots(t *testing.T) {
	b := newBallots(t, 1, 1, 2)
	var all []Votes
	for range 6 {
		all = append(all, b.cast([]uint64{1, 0}))
	}
	plain := NewSums([]int{2})
	for _, v := range all[3:] {
		plain.Add(v)
	}
	for _, i := range []int{1, 0, 2} {
		b.sums.Sub(all[i])
	}
	for j, c := range b.sums.Contest(0) {
		if !c.Equal(plain.Contest(0)[j]) {
			t.Errorf("option %d: another sum", j)
		}
	}
	for _, v := range all[3:] {
		b.sums.Sub(v)
	}
	for j, c := range b.sums.Contest(0) {
		if !c.A.IsIdentity() || !c.B.IsIdentity() {
			t.Errorf("option %d: the sum of no ballot is not the identity", j)
		}
	}
	mine := plain.Contest(0)
	mine[0] = elgamal.Ciphertext{}
	if plain.Contest(0)[0].A.IsIdentity() {
		t.Error("Contest returns the sums themselves")
	}
	if plain.Contests() != 1 {
		t.Error("another number of contests")
	}
}

func TestSumsDecode(t *testing.T) {
	b := newBallots(t, 1, 1, 2, 1)
	wire := b.wire([]uint64{1, 0}, []uint64{1})
	v, err := b.sums.Decode(wire)
	if err != nil {
		t.Fatal(err)
	}
	var again []byte
	for _, c := range v.Contest(0) {
		again = c.Append(again)
	}
	if !bytes.Equal(again, wire[0]) || len(v.Contest(1)) != 1 {
		t.Error("decodes to another ballot")
	}
	noElement := bytes.Clone(wire[0])
	noElement[127] |= 0x80
	for name, bad := range map[string][][]byte{
		"no contests":       nil,
		"one contest":       wire[:1],
		"three contests":    append(slices.Clone(wire), wire[1]),
		"an option less":    {wire[0][:64], wire[1]},
		"a byte less":       {wire[0][:127], wire[1]},
		"options exchanged": {wire[1], wire[0]},
		"no element":        {noElement, wire[1]},
	} {
		if _, err := b.sums.Decode(bad); err == nil {
			t.Errorf("%s: decodes", name)
		} else if !strings.Contains(err.Error(), "contests") {
			t.Errorf("%s: the error names no field: %v", name, err)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("a ballot of another form was added")
		}
	}()
	NewSums([]int{3, 1}).Add(v)
}

func TestCheckEmpty(t *testing.T) {
	if err := CheckEmpty(3, []uint64{0, 0, 0}); err != nil {
		t.Error(err)
	}
	for _, bad := range [][]uint64{nil, {0, 0}, {0, 0, 0, 0}, {0, 0, 1}} {
		if CheckEmpty(3, bad) == nil {
			t.Errorf("%v are the counts of no ballot", bad)
		}
	}
}
