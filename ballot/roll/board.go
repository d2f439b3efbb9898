package roll

import (
	"fmt"

	"mandate/ballot/record"
)

// Announcement returns the body of the record that commits to the roll, and the hashes to give to Parts; by is the officer who
// will sign.
func (r *Roll) Announcement(by uint64) (*record.Roll, []Hash) {
	hs := r.Hashes()
	return &record.Roll{
		By: by, RollID: r.ID, Title: r.Title, Segment: r.Segment, AsOf: r.AsOf,
		Count: uint64(len(hs)), Root: Root(hs),
	}, hs
}

// Parts returns the bodies of the records that publish the hashes, 2000 in each but the last. Their scope is the id of the
// record with the announcement.
func Parts(by uint64, entries []Hash) []*record.RollPart {
	var parts []*record.RollPart
	for start := 0; start < len(entries); start += record.PartEntries {
		end := min(start+record.PartEntries, len(entries))
		b := make([]byte, 0, (end-start)*len(Hash{}))
		for _, h := range entries[start:end] {
			b = append(b, h[:]...)
		}
		parts = append(parts, &record.RollPart{By: by, Part: uint64(len(parts)), Entries: b})
	}
	return parts
}

// PartHashes returns the entries' hashes in one part of a roll of count entries. It is an error if the part does not exist or
// has not the number of entries that SPEC.md §9.3 gives it.
func PartHashes(p *record.RollPart, count uint64) ([]Hash, error) {
	if p.Part >= (count+record.PartEntries-1)/record.PartEntries {
		return nil, fmt.Errorf("roll part %d: a roll of %d entries has none", p.Part, count)
	}
	n := min(record.PartEntries, count-p.Part*record.PartEntries)
	if uint64(len(p.Entries)) != n*uint64(len(Hash{})) {
		return nil, fmt.Errorf("roll part %d: %d bytes, want %d for %d entries", p.Part, len(p.Entries), n*uint64(len(Hash{})), n)
	}
	hs := make([]Hash, n)
	for i := range hs {
		copy(hs[i][:], p.Entries[i*len(Hash{}):])
	}
	return hs, nil
}

// CheckCommitment is the registrar's check before it accepts a roll: the private list in r is the one that the board's
// announcement commits to, and the hashes collected from the board's parts are those of its entries. That the numbers are
// distinct, New and Parse have checked. The error names the first entry that differs.
func (r *Roll) CheckCommitment(a *record.Roll, entries []Hash) error {
	switch {
	case a.RollID != r.ID:
		return fmt.Errorf("roll-id: the board's roll is %v, the file's is %v", a.RollID, r.ID)
	case a.Title != r.Title:
		return fmt.Errorf("title: the board has %q, the file %q", a.Title, r.Title)
	case a.Segment != r.Segment:
		return fmt.Errorf("segment: the board has %q, the file %q", a.Segment, r.Segment)
	case a.AsOf != r.AsOf:
		return fmt.Errorf("as-of: the board has %q, the file %q", a.AsOf, r.AsOf)
	case a.Count != uint64(len(r.entries)):
		return fmt.Errorf("count: the board has %d entries, the file %d", a.Count, len(r.entries))
	case len(entries) != len(r.entries):
		return fmt.Errorf("entries: %d collected from the board, want %d", len(entries), len(r.entries))
	}
	for i := range entries {
		o := r.Opening(i)
		if err := o.Check(r.ID, entries[i]); err != nil {
			return err
		}
	}
	if root := Root(entries); root != a.Root {
		return fmt.Errorf("root: the board's entries have %v, its announcement says %v", root, a.Root)
	}
	return nil
}
