package roll

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"mandate/ballot/record"
)

func people(n int) []Member {
	ms := make([]Member, n)
	for i := range ms {
		ms[i] = Member{Number: fmt.Sprintf("M%06d", i), Name: fmt.Sprintf("Ána Lumming %d", i), Email: fmt.Sprintf("ana%d@example.org", i)}
	}
	return ms
}

func makeRoll(t testing.TB, n int) *Roll {
	t.Helper()
	r, err := New("Members in good standing", "", "2026-05-01", people(n))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// The hash of one entry, computed by hand from SPEC.md §3.2 and §9.3 with another program (python3, hashlib).
func TestEntryHashVector(t *testing.T) {
	o := Opening{Index: 258, Number: "M-17", Name: "José Ñandú"}
	for i := range o.Salt {
		o.Salt[i] = byte(i)
	}
	var rollID record.ID
	for i := range rollID {
		rollID[i] = byte(0xff - i)
	}
	got := o.Hash(rollID)
	if want := "8b35c08fe71732ae3ebc98ac6416e86d51036ecee4ed4b7995c96fa5811707a0"; hex.EncodeToString(got[:]) != want {
		t.Errorf("hash of the entry is %x, want %s", got, want)
	}
}

func TestRollIsCommittedAndChecked(t *testing.T) {
	for _, n := range []int{1, 2, 3, 1999, 2000, 2001, 4000, 4321} {
		r := makeRoll(t, n)
		a, hashes := r.Announcement(3)
		if a.By != 3 || a.Count != uint64(n) || a.RollID != r.ID || a.Title != r.Title || a.AsOf != r.AsOf || a.Segment != "" {
			t.Fatalf("%d members: announcement %+v", n, a)
		}
		parts := Parts(3, hashes)
		if want := (n + 1999) / 2000; len(parts) != want {
			t.Fatalf("%d members in %d parts, want %d", n, len(parts), want)
		}
		var collected []Hash
		for i, p := range parts {
			if p.Part != uint64(i) || p.By != 3 {
				t.Errorf("part %d says part %d by %d", i, p.Part, p.By)
			}
			hs, err := PartHashes(p, a.Count)
			if err != nil {
				t.Fatal(err)
			}
			collected = append(collected, hs...)
		}
		if err := r.CheckCommitment(a, collected); err != nil {
			t.Errorf("%d members: %v", n, err)
		}
		for _, m := range people(n)[:min(n, 50)] {
			i, ok := r.Find(m.Number)
			if !ok || r.Member(i) != m {
				t.Fatalf("member %q is not found", m.Number)
			}
			o := r.Opening(i)
			if err := o.Check(a.RollID, collected[i]); err != nil {
				t.Error(err)
			}
		}
	}
}

// The root is that of an independent implementation of RFC 6962.
func TestRootAgainstTlog(t *testing.T) {
	for n := 1; n <= 70; n++ {
		hashes := makeRoll(t, n).Hashes()
		var stored []tlog.Hash
		read := tlog.HashReaderFunc(func(at []int64) ([]tlog.Hash, error) {
			out := make([]tlog.Hash, len(at))
			for i, j := range at {
				out[i] = stored[j]
			}
			return out, nil
		})
		for i, h := range hashes {
			hs, err := tlog.StoredHashes(int64(i), h[:], read)
			if err != nil {
				t.Fatal(err)
			}
			stored = append(stored, hs...)
		}
		want, err := tlog.TreeHash(int64(n), read)
		if err != nil {
			t.Fatal(err)
		}
		if got := Root(hashes); got != record.ID(want) {
			t.Fatalf("%d entries: root %v, want %v", n, got, want)
		}
	}
}

func TestCommitmentThatDiffersIsRefused(t *testing.T) {
	r := makeRoll(t, 2100)
	for name, change := range map[string]func(a *record.Roll, hs []Hash) []Hash{
		"roll-id": func(a *record.Roll, hs []Hash) []Hash { a.RollID[0] ^= 1; return hs },
		"title":   func(a *record.Roll, hs []Hash) []Hash { a.Title = "Members"; return hs },
		"segment": func(a *record.Roll, hs []Hash) []Hash { a.Segment = "North"; return hs },
		"as-of":   func(a *record.Roll, hs []Hash) []Hash { a.AsOf = "2026-05-02"; return hs },
		"count":   func(a *record.Roll, hs []Hash) []Hash { a.Count++; return hs },
		"root":    func(a *record.Roll, hs []Hash) []Hash { a.Root[31] ^= 1; return hs },
		"entries": func(a *record.Roll, hs []Hash) []Hash { return hs[:2099] },
		"entry 7": func(a *record.Roll, hs []Hash) []Hash { hs[7][3] ^= 1; a.Root = Root(hs); return hs },
		"entry 4": func(a *record.Roll, hs []Hash) []Hash { hs[4], hs[5] = hs[5], hs[4]; a.Root = Root(hs); return hs },
	} {
		a, hs := r.Announcement(1)
		hs = change(a, hs)
		if err := r.CheckCommitment(a, hs); err == nil {
			t.Errorf("%s: accepted", name)
		} else if !strings.Contains(err.Error(), name) {
			t.Errorf("error %q does not name %s", err, name)
		}
	}
}

// A member's device notices any other number, name, salt, place or roll than what the board committed to.
func TestOpeningOfAnotherEntryIsRefused(t *testing.T) {
	r := makeRoll(t, 3)
	hs := r.Hashes()
	good := r.Opening(1)
	if err := good.Check(r.ID, hs[1]); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(o *Opening){
		"index":             func(o *Opening) { o.Index = 2 },
		"salt":              func(o *Opening) { o.Salt[0] ^= 1 },
		"number":            func(o *Opening) { o.Number += "1" },
		"name":              func(o *Opening) { o.Name = "Ana Lumming" },
		"A13 moved letters": func(o *Opening) { o.Number, o.Name = o.Number+o.Name[:1], o.Name[1:] },
		"hidden letters":    func(o *Opening) { o.Name += "\u200b" },
	} {
		o := good
		change(&o)
		if err := o.Check(r.ID, hs[1]); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if err := good.Check(record.ID{}, hs[1]); err == nil {
		t.Error("another roll's id: accepted")
	}
	// An entry that was committed to with a name that deceives is refused although it hashes right.
	bad := good
	bad.Name = "Ana \u202egnimmuL"
	if err := bad.Check(r.ID, bad.Hash(r.ID)); err == nil {
		t.Error("a deceiving name: accepted")
	}
}

func TestPartsOfTheWrongSizeAreRefused(t *testing.T) {
	entries := func(n int) []byte { return make([]byte, 32*n) }
	for _, c := range []struct {
		part  uint64
		bytes []byte
		count uint64
		ok    bool
	}{
		{0, entries(1), 1, true}, {0, entries(2000), 2000, true}, {1, entries(1), 2001, true}, {0, entries(2000), 2001, true},
		{0, entries(2), 1, false}, {0, entries(1), 2, false}, {0, entries(1999), 2001, false}, {1, entries(2), 2001, false},
		{1, nil, 2000, false}, {2, entries(1), 2001, false}, {1<<64 - 1, entries(1), 2001, false}, {0, entries(1)[:31], 1, false},
		{0, nil, 0, false},
	} {
		hs, err := PartHashes(&record.RollPart{Part: c.part, Entries: c.bytes}, c.count)
		if (err == nil) != c.ok || c.ok && len(hs)*32 != len(c.bytes) {
			t.Errorf("part %d of %d entries with %d bytes: %v", c.part, c.count, len(c.bytes), err)
		}
	}
}

func TestBadRollsAreNotMade(t *testing.T) {
	good := people(3)
	for name, c := range map[string]struct {
		title, segment, asOf string
		members              []Member
		want                 string
	}{
		"no title":         {"", "", "2026-05-01", good, "title"},
		"bad segment":      {"T", "North\u200b", "2026-05-01", good, "segment"},
		"bad date":         {"T", "", "1 May 2026", good, "as-of"},
		"nobody":           {"T", "", "2026-05-01", nil, "count"},
		"same number":      {"T", "", "2026-05-01", append(people(3), Member{Number: "M000001", Name: "Eve"}), "number"},
		"no number":        {"T", "", "2026-05-01", []Member{{Name: "Ana"}}, "number"},
		"no name":          {"T", "", "2026-05-01", []Member{{Number: "1"}}, "name"},
		"Cyrillic number":  {"T", "", "2026-05-01", []Member{{Number: "М1", Name: "Ana"}}, "number"},
		"number too long":  {"T", "", "2026-05-01", []Member{{Number: strings.Repeat("1", 65), Name: "Ana"}}, "number"},
		"no e-mail":        {"T", "", "2026-05-01", []Member{{Number: "1", Name: "Ana", Email: "ana"}}, "email"},
		"two mails":        {"T", "", "2026-05-01", []Member{{Number: "1", Name: "Ana", Email: "a@b.c,d@e.f"}}, "email"},
		"mail with header": {"T", "", "2026-05-01", []Member{{Number: "1", Name: "Ana", Email: "a@b.c\r\nBcc:x@y.z"}}, "email"},
		"mail with name":   {"T", "", "2026-05-01", []Member{{Number: "1", Name: "Ana", Email: "Ana <a@b.c>"}}, "email"},
		"hidden letters":   {"T", "", "2026-05-01", []Member{{Number: "1", Name: "Ana", Email: "a\u200b@b.c"}}, "email"},
	} {
		if _, err := New(c.title, c.segment, c.asOf, c.members); err == nil {
			t.Errorf("%s: accepted", name)
		} else if !strings.Contains(err.Error(), c.want+":") {
			t.Errorf("%s: error %q does not name %s", name, err, c.want)
		}
	}
}

// The order of the entries is drawn anew each time, uniformly, and says nothing about the order of the list.
func TestOrderOfEntriesIsRandom(t *testing.T) {
	const rounds = 6000
	seen := map[string]int{}
	for range rounds {
		r := makeRoll(t, 3)
		order := ""
		for i := range 3 {
			order += r.Member(i).Number[6:]
		}
		seen[order]++
	}
	// χ² with 5 degrees of freedom exceeds 35 with probability 1.5·10⁻⁶.
	chi := 0.0
	for _, n := range seen {
		d := float64(n) - rounds/6
		chi += d * d / (rounds / 6)
	}
	if len(seen) != 6 || chi > 35 {
		t.Errorf("orders of three members over %d rolls: %v (χ² = %.1f)", rounds, seen, chi)
	}
}

func TestSaltsAndRollIDsAreFresh(t *testing.T) {
	a, b := makeRoll(t, 50), makeRoll(t, 50)
	seen := map[[32]byte]bool{a.ID: true, b.ID: true}
	for i := range 50 {
		seen[a.Opening(i).Salt] = true
		seen[b.Opening(i).Salt] = true
	}
	if len(seen) != 102 {
		t.Errorf("%d different salts and roll-ids, want 102", len(seen))
	}
}

func TestEmailIsNotCommittedTo(t *testing.T) {
	r := makeRoll(t, 5)
	a, hs := r.Announcement(1)
	if err := r.SetEmail(2, "new@example.org"); err != nil {
		t.Fatal(err)
	}
	if err := r.SetEmail(2, "new@example.org\n"); err == nil {
		t.Error("a bad address: accepted")
	}
	if got := r.Member(2).Email; got != "new@example.org" {
		t.Errorf("address is %q", got)
	}
	if err := r.CheckCommitment(a, hs); err != nil {
		t.Error(err)
	}
}

func TestPrivateFileRoundTrip(t *testing.T) {
	r := makeRoll(t, 321)
	b, err := r.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	again, err := Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(again.entries, r.entries) || again.ID != r.ID || again.Title != r.Title || again.AsOf != r.AsOf {
		t.Error("another roll was read than was written")
	}
	twice, err := again.Marshal()
	if err != nil || !bytes.Equal(b, twice) {
		t.Errorf("written again it has other bytes (%v)", err)
	}
	a, hs := r.Announcement(1)
	if err := again.CheckCommitment(a, hs); err != nil {
		t.Error(err)
	}
}

func TestDamagedPrivateFilesAreRefused(t *testing.T) {
	r := makeRoll(t, 3)
	b, err := r.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	for i := range b { // every truncation
		if _, err := Parse(b[:i]); err == nil {
			t.Fatalf("the first %d of %d bytes are accepted", i, len(b))
		}
	}
	if _, err := Parse(append(slices.Clone(b), 0)); err == nil {
		t.Error("a byte at the end is accepted")
	}
	other := bytes.Replace(b, []byte("mandate/v1"), []byte("mandate/v2"), 1)
	if _, err := Parse(other); err == nil || !strings.Contains(err.Error(), "version") {
		t.Errorf("another version: %v", err)
	}
	head := func(count uint64) []byte {
		h, err := record.Encode(fileHead{Version: fileVersion, ID: r.ID, Title: r.Title, AsOf: r.AsOf, Count: count})
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	entries := b[len(head(3)):]
	for _, count := range []uint64{0, 2, 4, 1 << 27, 1 << 63} {
		if _, err := Parse(append(head(count), entries...)); err == nil {
			t.Errorf("a head that says %d entries before 3 is accepted", count)
		}
	}
	same := slices.Clone(r.entries)
	same[2].Number = same[0].Number
	double := head(3)
	for i := range same {
		item, _ := record.Encode(&same[i])
		double = append(double, item...)
	}
	if _, err := Parse(double); err == nil || !strings.Contains(err.Error(), "number") {
		t.Errorf("two entries with one number: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	r := makeRoll(f, 2)
	b, err := r.Marshal()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add(b[:40])
	f.Add([]byte{0x86})
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := Parse(b)
		if err != nil {
			return
		}
		again, err := r.Marshal()
		if err != nil || !bytes.Equal(b, again) {
			t.Errorf("%x is read and written again as %x (%v)", b, again, err)
		}
	})
}

func BenchmarkRollOf100000(b *testing.B) {
	const n = 100_000
	var list strings.Builder
	list.WriteString("number,name,email\r\n")
	for _, m := range people(n) {
		fmt.Fprintf(&list, "%s,\"%s\",%s\r\n", m.Number, m.Name, m.Email)
	}
	r := makeRoll(b, n)
	file, err := r.Marshal()
	if err != nil {
		b.Fatal(err)
	}
	a, hs := r.Announcement(1)
	b.Run("read CSV", func(b *testing.B) {
		for b.Loop() {
			l, err := ReadCSV(strings.NewReader(list.String()))
			if err != nil || len(l.Members) != n {
				b.Fatal(err)
			}
		}
	})
	b.Run("make", func(b *testing.B) {
		for b.Loop() {
			makeRoll(b, n)
		}
	})
	b.Run("commit", func(b *testing.B) {
		for b.Loop() {
			r.Announcement(1)
		}
	})
	b.Run("check", func(b *testing.B) {
		for b.Loop() {
			if err := r.CheckCommitment(a, hs); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("write file", func(b *testing.B) {
		for b.Loop() {
			r.Marshal()
		}
	})
	b.Run("read file", func(b *testing.B) {
		for b.Loop() {
			if _, err := Parse(file); err != nil {
				b.Fatal(err)
			}
		}
	})
}
