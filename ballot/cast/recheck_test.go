package cast

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"mandate/ballot/credential"
	"mandate/ballot/record"
)

func TestI1_RecheckOnASecondDevice(t *testing.T) {
	v := newVote(t, threeContests())
	c := v.credential(t)
	rec, o := v.ballot(t, c, []int{2}, []int{3, 0}, []int{1})
	wire, err := o.Encode()
	if err != nil {
		t.Fatal(err)
	}
	second, err := ParseOpening(wire)
	if err != nil {
		t.Fatal(err)
	}
	if err := v.form.Recheck(v.Context, second, rec); err != nil {
		t.Error(err)
	}
	if err := v.form.Repeat(v.Context, second, rec, c); err != nil {
		t.Error(err)
	}
	if got := second.Selections(); !slices.EqualFunc(got, [][]int{{2}, {3, 0}, {1}}, slices.Equal) {
		t.Errorf("the second device shows %v", got)
	}
	// The order in which options were touched does not matter.
	second.selections[1] = []int{0, 3}
	if err := v.form.Recheck(v.Context, second, rec); err != nil {
		t.Error(err)
	}
}

// A booth that encrypts another choice than it was told, or with randomness of its own, cannot open the ballot as if it had not.
func TestI1_LyingBoothIsFound(t *testing.T) {
	v := newVote(t, threeContests())
	c := v.credential(t)
	rec, o := v.ballot(t, c, []int{1}, []int{3}, []int{1})
	other, _ := v.ballot(t, c, []int{1}, []int{3}, []int{1})
	for name, one := range map[string]struct {
		change func(o *Opening)
		want   string
	}{
		"another choice":     {func(o *Opening) { o.selections[0] = []int{0} }, "contest merger, option o0"},
		"blank":              {func(o *Opening) { o.selections[0] = nil }, "contest merger, option o1"},
		"one more":           {func(o *Opening) { o.selections[1] = []int{1, 3} }, "contest board, option o1"},
		"last contest":       {func(o *Opening) { o.selections[2] = []int{0} }, "contest venue, option o0"},
		"another seed":       {func(o *Opening) { o.seed[0]++ }, "contest merger, option o0"},
		"another ballot":     {func(o *Opening) { o.Ballot = other.ID() }, other.ID().String()},
		"invalid selection":  {func(o *Opening) { o.selections[2] = nil }, "contest venue"},
		"a contest too few":  {func(o *Opening) { o.selections = o.selections[:2] }, "2 contests"},
		"an option too many": {func(o *Opening) { o.selections[1] = []int{4} }, "option 4"},
	} {
		wire, err := o.Encode()
		if err != nil {
			t.Fatal(err)
		}
		lie, err := ParseOpening(wire)
		if err != nil {
			t.Fatal(err)
		}
		one.change(lie)
		if err := v.form.Recheck(v.Context, lie, rec); !errors.Is(err, ErrMismatch) || !strings.Contains(err.Error(), one.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// A ballot that would not be counted is not one to be content with.
	bad := remake(t, rec, func(b *record.Ballot, s []byte) []byte { s[len(s)-1] ^= 1; return s })
	lie := &Opening{Ballot: bad.ID(), seed: o.seed, selections: o.selections}
	var f *Fault
	if err := v.form.Recheck(v.Context, lie, bad); !errors.As(err, &f) || f.Code != CodeProof {
		t.Errorf("an invalid ballot: %v", err)
	}
}

// With the card, the proof's randomness is seen too: a booth that chose it is found.
func TestI6_ProofRandomnessComesFromTheSeed(t *testing.T) {
	v := newVote(t, threeContests())
	c := v.credential(t)
	rec, o := v.ballot(t, c, []int{1}, []int{3}, []int{1})
	body := rec.Body.(*record.Ballot)
	x := c.SecretKey()
	ct, err := v.form.ciphertexts(&v.Context, c.Key, 0, o)
	if err != nil {
		t.Fatal(err)
	}
	_, s, bad := v.form.open(&v.Context, rec)
	if bad != nil {
		t.Fatal(bad)
	}
	proof, err := v.form.relation.Prove(s.transcript, s.elements, v.form.witness(x, ct), strings.NewReader(strings.Repeat("chosen by the booth ", 2)))
	if err != nil {
		t.Fatal(err)
	}
	payload, err := record.Payload(v.Vote, body)
	if err != nil {
		t.Fatal(err)
	}
	marked, err := record.Assemble(payload, proof)
	if err != nil {
		t.Fatal(err)
	}
	lie := &Opening{Ballot: marked.ID(), seed: o.seed, selections: o.selections}
	if err := v.form.Recheck(v.Context, lie, marked); err != nil {
		t.Fatalf("without the card it is a good ballot: %v", err)
	}
	if err := v.form.Repeat(v.Context, lie, marked, c); !errors.Is(err, ErrMismatch) {
		t.Errorf("with the card: %v", err)
	}
	if err := v.form.Repeat(v.Context, o, rec, v.credential(t)); err == nil {
		t.Error("with another card the ballot is repeated")
	}
}

// Nothing of a seed is left where the booth is done with a ballot.
func TestI4_WipedOpening(t *testing.T) {
	v := newVote(t, threeContests())
	_, o := v.ballot(t, v.credential(t), []int{1}, []int{3}, []int{1})
	kept := o.selections
	o.Wipe()
	if o.seed != [32]byte{} || o.selections != nil || kept[0][0] != 0 || kept[1][0] != 0 {
		t.Errorf("left: %x %v", o.seed, kept)
	}
}

func TestE12_BoothSecretsPrintRedacted(t *testing.T) {
	v := newVote(t, threeContests())
	_, o := v.ballot(t, v.credential(t), []int{1}, []int{3}, []int{1})
	d := NewDraft()
	for _, x := range []any{o, *o, d, *d} {
		for _, format := range []string{"%v", "%+v", "%#v", "%s", "%x"} {
			if out := fmt.Sprintf(format, x); out != "REDACTED" {
				t.Errorf("%T with %s prints %q", x, format, out)
			}
		}
		if out, err := json.Marshal(x); err != nil || string(out) != `"REDACTED"` {
			t.Errorf("%T in JSON is %s, %v", x, out, err)
		}
	}
}

func TestOpeningThatIsNoneIsRefused(t *testing.T) {
	good := storedOpening{Version: openingVersion, Selections: [][]uint64{{1}, {}}}
	for name, change := range map[string]func(s *storedOpening){
		"J12 version":       func(s *storedOpening) { s.Version = "mandate/v2 opening" },
		"many contests":     func(s *storedOpening) { s.Selections = make([][]uint64, 33) },
		"option 128":        func(s *storedOpening) { s.Selections[0] = []uint64{128} },
		"a negative number": func(s *storedOpening) { s.Selections[0] = []uint64{1 << 63} },
	} {
		s := good
		s.Selections = slices.Clone(good.Selections)
		change(&s)
		b, err := record.Encode(&s)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ParseOpening(b); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	b, err := record.Encode(&good)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ParseOpening(b); err != nil {
		t.Error(err)
	}
	for i := range b {
		if _, err := ParseOpening(b[:i]); err == nil {
			t.Errorf("the first %d bytes are accepted", i)
		}
	}
}

func FuzzParseOpening(f *testing.F) {
	o := &Opening{Ballot: record.ID{1}, seed: [32]byte{2}, selections: [][]int{{1, 2}, {}, {127, 0, 126}}}
	b, err := o.Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add(b[:30])
	f.Fuzz(func(t *testing.T, b []byte) {
		o, err := ParseOpening(b)
		if err != nil {
			return
		}
		if again, err := o.Encode(); err != nil || !bytes.Equal(b, again) {
			t.Errorf("%x is read and written again as %x (%v)", b, again, err)
		}
	})
}

// No bytes make the checks panic, and none but the ballot itself hold.
func FuzzCheck(f *testing.F) {
	v := newVote(f, append(threeContests(), ranked("conference", 60, 60)))
	c, err := v.card(f, credential.Secret{1}).Credential(v.Slot)
	if err != nil {
		f.Fatal(err)
	}
	rec, _, err := v.form.Encrypt(v.Context, c, 0, record.ID{}, &Draft{seed: [32]byte{1}, fresh: true}, [][]int{{1}, {0, 3}, {1}, {59, 2}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(rec.Raw())
	f.Add(rec.Raw()[:1000])
	f.Fuzz(func(t *testing.T, b []byte) {
		other, err := record.Decode(b)
		if err != nil {
			return
		}
		_, bad := v.form.Check(v.Context, other)
		_, faults := v.form.CheckAll(v.Context, []*record.Record{other})
		if (bad == nil) != (faults[0] == nil) || bad != nil && bad.Error() != faults[0].Error() {
			t.Errorf("alone %v, in a batch %v", bad, faults[0])
		}
		if bad == nil && other.ID() != rec.ID() {
			t.Errorf("another ballot than the one made holds: %x", b)
		}
	})
}
