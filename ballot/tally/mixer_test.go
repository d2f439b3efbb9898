package tally

import (
	"bytes"
	"crypto/rand"
	"slices"
	"testing"

	"mandate/ballot/record"
)

// revived returns a mixer as it comes back from storage.
func revived(tb testing.TB, w *Mixer) *Mixer {
	tb.Helper()
	return must(ParseMixer(must(w.Encode())))
}

// A trustee can be killed between any two records: what it has stored before the first goes on with the same bytes.
func TestD5_AMixerResumesAtEveryPart(t *testing.T) {
	x := newMixScene(t, 2, 1, 1, 600) // a stage of three parts
	whole := x.bodies(1)
	if len(whole) != 3 {
		t.Fatalf("%d parts", len(whole))
	}
	for p := range whole {
		x.mixers[0] = revived(t, x.mixers[0])
		rest, w, err := x.mixers[0].Next(x.m, nil, false, rand.Reader)
		if err != nil || w != x.mixers[0] || len(rest) != len(whole)-p {
			t.Fatalf("part %d: %d records, %v", p, len(rest), err)
		}
		for k, b := range rest {
			if !bytes.Equal(b.(*record.Mix).Data, whole[p+k].(*record.Mix).Data) || b.(*record.Mix).Part != uint64(p+k) {
				t.Fatalf("part %d has changed", p+k)
			}
		}
		x.add(rest[0])
	}
	if rest, w, err := x.mixers[0].Next(x.m, x.share(1), false, rand.Reader); err != nil || len(rest) == 0 || w == x.mixers[0] {
		t.Errorf("then it decrypts: %d records, %v", len(rest), err)
	} else if w = revived(t, w); len(w.data) > 0 {
		t.Error("the stage is stored for ever")
	}
}

// Without its state a trustee cannot go on with a stage that it has begun, and posts nothing that would make it look false.
func TestD5_ALostStageIsNotMadeAgain(t *testing.T) {
	x := newMixScene(t, 2, 1, 1, 300)
	x.add(x.bodies(1)[0])
	fresh := must(NewMixer(x.m, 1))
	_, w, err := fresh.Next(x.m, x.share(1), true, rand.Reader)
	wantError(t, "without the state", err, ErrLostStage)
	if w != fresh {
		t.Error("the state has changed")
	}
	other := x.fork()
	other.m = must(NewMixing(x.m.p))
	other.mixers[0] = must(NewMixer(x.m, 1))
	other.bodies(1)
	_, _, err = other.mixers[0].Next(x.m, x.share(1), true, rand.Reader)
	wantError(t, "with another stage", err, ErrLostStage)
	x.act(2) // others go on
	x.mixers[0] = fresh
	x.act(1)
	if !x.m.Opened() {
		t.Error("not opened")
	}
}

// D5: a trustee works on one ballot box, and decrypts one list of it, ever.
func TestD5_OneBallotBoxOnly(t *testing.T) {
	x := newMixScene(t, 2, 1, 1, 8)
	other := x.m.p
	other.Root, other.Inputs = record.ID{1}, other.Inputs[:64]
	less := must(NewMixing(other))
	x.bodies(1)
	w := revived(t, x.mixers[0])
	_, _, err := w.Next(less, x.share(1), true, rand.Reader)
	wantError(t, "a box with one ballot of eight", err, ErrSecondBox)
	same := x.m.p // the same root, and other ballots: this cannot be, and is refused all the same
	same.Inputs = same.Inputs[:64]
	_, _, err = w.Next(must(NewMixing(same)), x.share(1), true, rand.Reader)
	wantError(t, "other ballots", err, ErrSecondBox)

	two := x.fork() // two histories of one box: two mixes
	x.act(1)
	two.act(2)
	x.bodies(1)
	done := revived(t, x.mixers[0])
	_, _, err = done.Next(two.m, x.share(1), true, rand.Reader)
	wantError(t, "a second list to decrypt", err, ErrSecondBox)
	if bodies, _, err := done.Next(x.m, x.share(1), true, rand.Reader); err != nil || len(bodies) != 1 {
		t.Errorf("the first again: %d, %v", len(bodies), err)
	}

	vote, contest := x.m.p, x.m.p
	vote.Vote[0]++
	contest.Contest++
	for name, p := range map[string]MixingParameters{"vote": vote, "contest": contest} {
		if _, _, err := w.Next(must(NewMixing(p)), x.share(1), true, rand.Reader); err == nil {
			t.Errorf("another %s", name)
		}
	}
	fresh := must(NewMixer(x.m, 1))
	if _, _, err := fresh.Next(x.m, x.share(2), true, rand.Reader); err == nil {
		t.Error("another's share")
	}
	if _, _, err := fresh.Next(x.m, nil, true, rand.Reader); err == nil {
		t.Error("no share")
	}
	if _, err := NewMixer(x.m, 3); err == nil {
		t.Error("trustee 3 of 2")
	}
}

// Only one makes a stage at a time, unless it does not: then any other.
func TestTrusteesTakeTurns(t *testing.T) {
	x := newMixScene(t, 4, 2, 4, 5)
	waits := func(i int) bool {
		bodies, w, err := x.mixers[i-1].Next(x.m, nil, false, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		if len(bodies) == 0 && w != x.mixers[i-1] {
			t.Error("waiting changes the state")
		}
		return len(bodies) == 0
	}
	var turns []int
	for stage := range 4 {
		turn := x.m.Turn()
		turns = append(turns, turn)
		for i := 1; i <= 4; i++ {
			if waits(i) == (i == turn) {
				t.Errorf("turn of %d: trustee %d", turn, i)
			}
		}
		if stage == 1 { // trustee 3 says nothing: trustee 1 steps in
			turn = 1
		}
		x.act(turn)
	}
	// Contest 1 begins with trustee 2; after trustee 1, who stepped in for 3, it is 3 again, since 2 has mixed.
	if !slices.Equal(turns, []int{2, 3, 3, 4}) {
		t.Errorf("turns %v", turns)
	}
}

func TestParseMixerRefuses(t *testing.T) {
	x := newMixScene(t, 2, 1, 1, 3)
	x.bodies(1)
	good := must(x.mixers[0].Encode())
	for i := range good {
		if _, err := ParseMixer(good[:i]); err == nil {
			t.Fatalf("cut to %d bytes", i)
		}
	}
	if _, err := ParseMixer(append(bytes.Clone(good), 0)); err == nil {
		t.Error("a byte more")
	}
	if again := must(must(ParseMixer(good)).Encode()); !bytes.Equal(again, good) {
		t.Error("another encoding")
	}
	none := *x.mixers[0]
	none.data = nil
	if _, err := ParseMixer(must(none.Encode())); err == nil {
		t.Error("a stage without bytes")
	}
}

func FuzzParseMixer(f *testing.F) {
	x := newMixScene(f, 2, 1, 1, 3)
	f.Add(must(x.mixers[0].Encode()))
	x.bodies(1)
	f.Add(must(x.mixers[0].Encode()))
	f.Fuzz(func(t *testing.T, b []byte) {
		w, err := ParseMixer(b)
		if err != nil {
			return
		}
		if !bytes.Equal(must(w.Encode()), b) {
			t.Fatal("two encodings of one state")
		}
		// Whatever is stored, nothing is posted that the mixing refuses.
		bodies, _, err := w.Next(x.m, nil, true, rand.Reader)
		for _, body := range bodies {
			if err != nil {
				t.Fatal("records and an error")
			}
			if code, _, err := x.m.Judge(body, nil); err != nil && code != CodeMix {
				t.Fatalf("%s: %v", code, err)
			}
		}
	})
}

func FuzzJudgeMixing(f *testing.F) {
	x := newMixScene(f, 2, 1, 1, 2)
	stage := x.bodies(1)[0].(*record.Mix)
	mixed := x.fork()
	mixed.add(stage)
	shares := mixed.bodies(2)[0].(*record.Decryption)
	f.Add(uint64(1), uint64(1), uint64(0), stage.Data, []byte(nil))
	f.Add(uint64(2), uint64(1), uint64(0), shares.Shares, shares.Proof)
	f.Fuzz(func(t *testing.T, trustee, stage, part uint64, data, proof []byte) {
		for _, m := range []*Mixing{x.m, mixed.m} {
			for _, body := range []record.Body{
				&record.Mix{Trustee: trustee, Contest: 1, Stage: stage, Part: part, Data: data},
				&record.Decryption{Trustee: trustee, Contest: 1, Part: part, Shares: data, Proof: proof},
			} {
				code, checked, err := m.Judge(body, nil)
				if (code == "") != (err == nil) {
					t.Fatalf("%q, %v", code, err)
				}
				if err == nil {
					m.Commit(body, checked)
				} else {
					m.Bar(body)
				}
			}
		}
	})
}
