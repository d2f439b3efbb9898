package tally

import (
	"bytes"
	"crypto/rand"
	"testing"

	"mandate/ballot/record"
)

// Whatever is stored, it decodes to itself or not at all.
func FuzzParseTrustee(f *testing.F) {
	s := newScene(f, 2, 1)
	for step := StepCommit; step <= StepReady; step++ {
		s.reach(step)
		f.Add(must(s.trustees[0].EncodeSecret()))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		tr, err := ParseTrustee(b)
		if err != nil {
			return
		}
		if again, err := tr.EncodeSecret(); err != nil || !bytes.Equal(again, b) {
			t.Errorf("encodes to other bytes, %v", err)
		}
		// At any step it posts, waits or refuses, and does not panic.
		for _, c := range []*Ceremony{s.c, newScene(t, 2, 1).c} {
			if body, _, err := tr.Next(c, rand.Reader); err != nil && body != nil {
				t.Error("a message and an error")
			}
		}
	})
}

// Whatever a record of key generation says, at any step it is refused with a
// code or can be committed.
func FuzzJudge(f *testing.F) {
	kinds := []func() record.Body{
		func() record.Body { return new(record.KeygenCommit) },
		func() record.Body { return new(record.KeygenPackage) },
		func() record.Body { return new(record.KeygenShares) },
		func() record.Body { return new(record.KeygenAccept) },
		func() record.Body { return new(record.KeygenComplaint) },
		func() record.Body { return new(record.KeygenTest) },
		func() record.Body { return new(record.KeygenRestart) },
		func() record.Body { return new(record.TrusteeReplace) },
		func() record.Body { return new(record.Seal) },
	}
	kindOf := func(b record.Body) uint8 {
		for k, make := range kinds {
			if make().Kind() == b.Kind() {
				return uint8(k)
			}
		}
		return 0
	}
	s := newScene(f, 3, 2)
	original := s.keys()
	for s.c.Step() < StepReady {
		s.act(1)
		if b := s.next(2); b != nil {
			f.Add(kindOf(b), uint8(len(s.log)), must(record.Encode(b)))
		}
		if s.c.Step() == StepAccept {
			complaint := &record.KeygenComplaint{Trustee: 3, Attempt: 1, Against: 1, Opened: s.trustees[2].receiver.Reveal()}
			f.Add(kindOf(complaint), uint8(len(s.log)), must(record.Encode(complaint)))
		}
		s.act()
	}
	restart := &record.KeygenRestart{Attempt: 1, Trustee: 2, Reason: record.RestartSilent}
	f.Add(kindOf(restart), uint8(1), must(record.Encode(restart)))
	replace := &record.TrusteeReplace{Trustee: 2, Name: "n", Reason: "r", Key: record.Key(newKey().Encoding())}
	f.Add(kindOf(replace), uint8(0), must(record.Encode(replace)))
	f.Fuzz(func(t *testing.T, kind, at uint8, b []byte) {
		body := kinds[int(kind)%len(kinds)]()
		if record.DecodeStrict(b, body) != nil {
			return
		}
		c := (&scene{tb: t, c: s.c}).replay(s.log[:int(at)%(len(s.log)+1)], original)
		code, err := c.Judge(body, 1<<40)
		if (code == "") != (err == nil) {
			t.Fatalf("code %q with error %v", code, err)
		}
		if err == nil {
			before := c.Hash()
			c.Commit(record.ID{1}, body, 1<<40)
			if c.Hash() == before {
				t.Error("a committed record is not in the hash")
			}
		}
	})
}

// Whatever a ballot's contests are, they decode to themselves or not at all.
func FuzzSumsDecode(f *testing.F) {
	b := newBallots(f, 1, 1, 1, 2)
	wire := b.wire([]uint64{1}, []uint64{0, 1})
	f.Add(wire[0], wire[1])
	f.Add([]byte{}, []byte{})
	f.Fuzz(func(t *testing.T, c0, c1 []byte) {
		v, err := b.sums.Decode([][]byte{c0, c1})
		if err != nil {
			return
		}
		for i, want := range [][]byte{c0, c1} {
			var again []byte
			for _, c := range v.Contest(i) {
				again = c.Append(again)
			}
			if !bytes.Equal(again, want) {
				t.Errorf("contest %d encodes to other bytes", i)
			}
		}
	})
}

// Whatever shares hold, checking and opening them does not panic, and what is
// accepted is what the trustee would have made.
func FuzzCheckShares(f *testing.F) {
	b := newBallots(f, 2, 1, 2)
	b.cast([]uint64{1, 0})
	good := b.shares(1, 0)
	f.Add(good.Trustee, good.Contest, good.Shares, good.Proof)
	f.Add(uint64(0), uint64(1)<<63, []byte{}, []byte{})
	f.Fuzz(func(t *testing.T, trustee, contest uint64, shares, proof []byte) {
		body := &record.Shares{Trustee: trustee, Contest: contest, Shares: shares, Proof: proof}
		y := b.c.TrusteeKeys()[0]
		if CheckShares(b.ctx, b.sums, y, body) == nil && !(trustee == 1 && contest == 0 && bytes.Equal(shares, good.Shares)) {
			t.Error("other shares are accepted")
		}
		counts, err := Open(1, b.sums, int(contest%8), map[int]*record.Shares{int(trustee % 64): body}, 1)
		if err == nil && len(counts) != 2 {
			t.Error("another number of counts")
		}
	})
}
