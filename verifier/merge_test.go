package verifier_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"mandate/ballot/record"
	"mandate/ballot/simulate"
	"mandate/verifier"
	"mandate/verifier/boardlog"
)

// partsOf checks a log in n ranges, each part through its file.
func partsOf(t testing.TB, src boardlog.Source, n uint64) []*verifier.Part {
	t.Helper()
	var parts []*verifier.Part
	for i := range n {
		p, err := verifier.VerifyRange(context.Background(), src, verifier.Range{I: i + 1, N: n}, nil)
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, copyOf(t, p))
	}
	return parts
}

func copyOf(t testing.TB, p *verifier.Part) *verifier.Part {
	t.Helper()
	file, err := p.Encode()
	if err != nil {
		t.Fatal(err)
	}
	out, err := verifier.ParsePart(file)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// text is a report as JSON, without the line that says that it was merged.
func text(t testing.TB, r *verifier.Report) string {
	t.Helper()
	whole := *r
	whole.Merged = nil
	b, err := json.MarshalIndent(&whole, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// sameMerged wants the merged report of a log's parts to be that of a single run.
func sameMerged(t *testing.T, src boardlog.Source, o verifier.Options, n uint64) (*verifier.Report, []*verifier.Part) {
	t.Helper()
	single := verify(t, src, o)
	parts := partsOf(t, src, n)
	o.Window = 3 // so that openings and ends of ranges come everywhere in a window
	merged, err := verifier.Merge(t.Context(), src, parts, o)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := text(t, merged), text(t, single); got != want {
		t.Errorf("merged from %d parts:\n%s\nsingle:\n%s", n, got, want)
	}
	if merged.OK() != single.OK() || merged.Merged == nil || merged.Merged.Parts != int(n) {
		t.Errorf("merged %v %+v, single %v", merged.OK(), merged.Merged, single.OK())
	}
	return merged, parts
}

// bad casts ballots of which some do not hold, early and late: a proof, a registrar's signature, an element; and one card twice.
func bad(t testing.TB) *simulate.Vote {
	v := simulate.New(t, simulate.Config{Members: 12, Registrars: 2, Revote: true}).Round().Vote()
	v.Round.Cards(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10)
	v.Ceremony()
	v.Open()
	spoil := func(entry int, change func(raw []byte, b *record.Ballot)) {
		raw := bytes.Clone(v.Ballot(entry, []int{simulate.Yes}).Raw())
		rec, err := record.Decode(raw)
		if err != nil {
			t.Fatal(err)
		}
		change(raw, rec.Body.(*record.Ballot))
		v.Org.Append(raw)
	}
	proof := func(raw []byte, _ *record.Ballot) { raw[len(raw)-40] ^= 1 }
	signature := func(raw []byte, b *record.Ballot) { raw[bytes.Index(raw, b.Signatures)+record.SignatureBytes+100] ^= 1 }
	element := func(raw []byte, b *record.Ballot) {
		copy(raw[bytes.Index(raw, b.Contests[0]):], bytes.Repeat([]byte{0xff}, 32))
	}
	spoil(8, proof)
	v.Cast(0, []int{simulate.Yes})
	spoil(9, signature)
	v.Cast(1, []int{simulate.No})
	first := v.Ballot(2, []int{simulate.Yes})
	second := v.Ballot(2, []int{simulate.No}) // the same number and predecessor
	v.Org.Append(first.Raw())
	v.Cast(3, []int{simulate.Yes})
	v.Cast(4, []int{simulate.Yes})
	v.Cast(0, []int{simulate.No})
	spoil(5, element)
	v.Cast(5, []int{simulate.No})
	v.Org.Append(second.Raw())
	spoil(10, signature)
	spoil(8, proof)
	v.Cast(6, []int{simulate.Yes})
	v.Finish()
	return v
}

func TestMergedIsAsSingle(t *testing.T) {
	good := simulate.Whole(t, simulate.Config{Members: 12, Registrars: 3, Revote: true})
	r, _ := sameMerged(t, sourceOf(t, good.Org), verifier.Options{Vote: good.ID}, 3)
	if n := r.Votes[0].Figures.Counted; !r.OK() || n == 0 || r.Merged.Ballots+r.Merged.Again < n {
		t.Errorf("%v %+v", r.Verdict, r.Merged)
	}
	v := bad(t)
	src := sourceOf(t, v.Org)
	for _, n := range []uint64{1, 2, 5, uint64(len(v.Org.Log()))} {
		r, parts := sameMerged(t, src, verifier.Options{Vote: v.ID}, n)
		if got := r.VoidTotal; got["ballot/proof"] != 2 || got["ballot/signatures"] != 2 || got["ballot/noncanonical"] != 1 || got["ballot/stale"] != 1 || !r.OK() {
			t.Fatalf("%v %v", r.Verdict, got)
		}
		voids := 0
		for _, p := range parts {
			voids += len(p.Void)
		}
		if voids != 5 || r.Merged.Again < 5 {
			t.Errorf("%d parts name %d ballots that do not hold, %+v", n, voids, r.Merged)
		}
	}
	other := simulate.Whole(t, simulate.Config{Members: 3})
	sameMerged(t, sourceOf(t, other.Org), verifier.Options{Vote: record.ID{1}}, 2) // the wrong id
	sameMerged(t, resigned(t, v.Org, v.Org.Log()[:len(v.Org.Log())-1]), verifier.Options{}, 4)
}

// A damaged source is reported as by a single run; ranges that do not reach the damage are good.
func TestMergingADamagedSource(t *testing.T) {
	v := bad(t)
	src := sourceOf(t, v.Org)
	parts := partsOf(t, src, 2)
	changed := *src
	changed.records = append([][]byte(nil), src.records...)
	last := len(changed.records) - 2
	changed.records[last] = append([]byte(nil), changed.records[last]...)
	changed.records[last][5] ^= 1
	single := verify(t, &changed, verifier.Options{})
	merged, err := verifier.Merge(t.Context(), &changed, parts, verifier.Options{})
	if err != nil || text(t, merged) != text(t, single) || merged.Verdict != verifier.Refuted {
		t.Errorf("%v %v, single %v", err, merged, single)
	}
	_, err = verifier.VerifyRange(t.Context(), &changed, verifier.Range{I: 2, N: 2}, nil)
	if bad := (*boardlog.RecordError)(nil); !errors.As(err, &bad) || bad.Index != uint64(last) {
		t.Errorf("a range over the damage: %v", err)
	}
}

func TestPartsThatMakeNoVerdict(t *testing.T) {
	v := bad(t)
	src := sourceOf(t, v.Org)
	size := uint64(len(v.Org.Log()))
	other := partsOf(t, sourceOf(t, bad(t).Org), 3)
	grown := partsOf(t, resigned(t, v.Org, v.Org.Log()[:size-1]), 3)
	for name, c := range map[string]struct {
		change func(ps []*verifier.Part) []*verifier.Part
		want   string
	}{
		"none":          {func([]*verifier.Part) []*verifier.Part { return nil }, "0 parts"},
		"a gap":         {func(ps []*verifier.Part) []*verifier.Part { return []*verifier.Part{ps[0], ps[2]} }, "are in no part"},
		"no end":        {func(ps []*verifier.Part) []*verifier.Part { return ps[:2] }, "are in no part"},
		"no beginning":  {func(ps []*verifier.Part) []*verifier.Part { return ps[1:] }, "records 0 to"},
		"an overlap":    {func(ps []*verifier.Part) []*verifier.Part { ps[1].From--; return ps }, "is in two parts"},
		"one twice":     {func(ps []*verifier.Part) []*verifier.Part { return append(ps, ps[1]) }, "is in two parts"},
		"another log":   {func([]*verifier.Part) []*verifier.Part { return other }, "the parts are of"},
		"another's":     {func(ps []*verifier.Part) []*verifier.Part { ps[1] = other[1]; return ps }, "with root"},
		"another size":  {func(ps []*verifier.Part) []*verifier.Part { ps[2] = grown[2]; return ps }, "with root"},
		"older":         {func([]*verifier.Part) []*verifier.Part { return grown }, "the source has"},
		"another root":  {func(ps []*verifier.Part) []*verifier.Part { ps[2].Root[0] ^= 1; return ps }, "with root"},
		"another name":  {func(ps []*verifier.Part) []*verifier.Part { ps[2].Origin += "x"; return ps }, "is of the log"},
		"another build": {func(ps []*verifier.Part) []*verifier.Part { ps[2].Program += "x"; return ps }, "another build"},
		"a good ballot": {func(ps []*verifier.Part) []*verifier.Part {
			ps[1].Void = nil
			for i, raw := range v.Org.Log() { // all ballots of the range
				if rec, err := record.Decode(raw); err == nil && rec.Kind() == "ballot" && uint64(i) >= ps[1].From && uint64(i) < ps[1].To {
					ps[1].Void = append(ps[1].Void, uint64(i))
				}
			}
			return ps
		}, "that it does not hold, and it does"},
		"a bad one":      {func(ps []*verifier.Part) []*verifier.Part { ps[2].Void = nil; return ps }, "that it holds, and it does not"},
		"a ballot fewer": {func(ps []*verifier.Part) []*verifier.Part { ps[2].Votes[0].Ballots--; return ps }, "that it has checked"},
		"out of bounds":  {func(ps []*verifier.Part) []*verifier.Part { ps[2].To = size + 1; return ps }, "of a log of"},
		"two of the same": {func(ps []*verifier.Part) []*verifier.Part {
			ps[1].Void = append(ps[1].Void, ps[1].To-1, ps[1].To-1)
			return ps
		}, "not in order"},
	} {
		parts := c.change(partsOf(t, src, 3))
		_, err := verifier.Merge(t.Context(), src, parts, verifier.Options{Vote: v.ID, Again: 1})
		if bad := (*verifier.PartError)(nil); !errors.As(err, &bad) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// A part that knows nothing of a vote is not believed about it: its ballots are checked by whoever merges.
func TestAPartWithoutTheVoteCostsTimeOnly(t *testing.T) {
	v := bad(t)
	src := sourceOf(t, v.Org)
	parts := partsOf(t, src, 2)
	for _, p := range parts {
		p.Votes, p.Void = nil, nil
	}
	merged, err := verifier.Merge(t.Context(), src, parts, verifier.Options{Vote: v.ID})
	if err != nil || text(t, merged) != text(t, verify(t, src, verifier.Options{Vote: v.ID})) || merged.Merged.Ballots != 0 {
		t.Errorf("%v", err)
	}
}

func TestRanges(t *testing.T) {
	v := simulate.Whole(t, simulate.Config{Members: 3})
	src := sourceOf(t, v.Org)
	size := uint64(len(v.Org.Log()))
	for _, r := range []verifier.Range{{From: 3, To: 3}, {From: size}, {From: 4, To: size + 1}, {From: 5, To: 4}, {I: 0, N: 2}, {I: 3, N: 2}, {I: 1, N: size + 1}, {I: 1, N: 1 << 40}} {
		if p, err := verifier.VerifyRange(t.Context(), src, r, nil); err == nil {
			t.Errorf("%+v: %+v", r, p)
		}
	}
	next := uint64(0)
	for i := range uint64(7) {
		p, err := verifier.VerifyRange(t.Context(), src, verifier.Range{I: i + 1, N: 7}, nil)
		if err != nil || p.From != next || p.Size != size {
			t.Fatalf("%d of 7: %+v %v", i+1, p, err)
		}
		next = p.To
	}
	if next != size {
		t.Errorf("seven ranges end at %d of %d", next, size)
	}
}

func FuzzParsePart(f *testing.F) {
	p := &verifier.Part{Format: "mandate-verify part 1", Origin: "x", Size: 9, To: 9, Votes: []verifier.PartVote{{Opening: 3, Ballots: 4}}, Void: []uint64{5}}
	file, err := p.Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(file[:len(file)-32])
	f.Add([]byte{})
	f.Add([]byte("\x89\x75mandate-verify part 1"))
	f.Fuzz(func(t *testing.T, body []byte) {
		if p, err := verifier.ParsePart(body); err == nil {
			t.Fatalf("a part whose SHA-256 is its own: %+v", p)
		}
		file := verifier.SealPart(body)
		p, err := verifier.ParsePart(file)
		if err != nil {
			return
		}
		again, err := p.Encode()
		if err != nil || !bytes.Equal(again, file) {
			t.Errorf("%x is read, and written as %x, %v", file, again, err)
		}
		if p.From >= p.To || p.Ballots() > p.To-p.From || uint64(len(p.Void)) > p.Ballots() {
			t.Errorf("out of bounds: %+v", p)
		}
	})
}

func TestAChangedPartIsNone(t *testing.T) {
	v := bad(t)
	file, err := partsOf(t, sourceOf(t, v.Org), 1)[0].Encode()
	if err != nil {
		t.Fatal(err)
	}
	for i := range file {
		changed := bytes.Clone(file)
		changed[i] ^= 1
		if _, err := verifier.ParsePart(changed); err == nil {
			t.Errorf("byte %d was changed", i)
		}
		if _, err := verifier.ParsePart(file[:i]); err == nil {
			t.Errorf("%d of %d bytes are a part", i, len(file))
		}
	}
	if _, err := verifier.ParsePart(make([]byte, verifier.MaxPart+1)); err == nil || !strings.Contains(err.Error(), "at most") {
		t.Error(err)
	}
}
