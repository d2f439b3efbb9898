package verifier

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"

	"mandate/ballot/canonical"
	"mandate/ballot/record"
)

// Bounds of a part file.
const (
	MaxPart      = 1 << 20 // bytes of the file
	MaxPartVotes = 1 << 10 // open votes in the range
	MaxPartVoid  = 1 << 16 // ballots in the range that do not hold
	MaxParts     = 1 << 12 // that are merged
)

// partFormat is the first item of a part file.
const partFormat = "mandate-verify part 1"

// A Part is what checking the ballots of a range of a log by themselves came to: their form, their proofs and their registrars' signatures.
// Ranges of one log can be checked on several machines at once, each with VerifyRange, and Merge makes one verdict of the parts.
//
// The file (Encode, ParsePart) is between programs of one build and no part of the protocol: deterministic CBOR, and its SHA-256 against
// accidents. Nothing shows who has made it.
type Part struct {
	_       struct{} `cbor:",toarray"`
	Format  string
	Program string    // the build that has made it
	Origin  string    // of the log
	Size    uint64    // of the log
	Root    record.ID // of the log
	From    uint64    // the first record of the range
	To      uint64    // the first after it
	Votes   []PartVote
	Void    []uint64 // indices of the ballots checked that do not hold, increasing
}

// A PartVote is a vote of which all ballots in the range that stand after its opening were checked.
type PartVote struct {
	_       struct{}  `cbor:",toarray"`
	Context record.ID // SPEC.md §9.7: it covers the keys of trustees and registrars
	Opening uint64    // index of the opening record
	Ballots uint64    // how many
}

// Ballots returns how many ballots were checked.
func (p *Part) Ballots() uint64 {
	n := uint64(0)
	for _, v := range p.Votes {
		n += v.Ballots
	}
	return n
}

// Encode returns the file of a part.
func (p *Part) Encode() ([]byte, error) {
	b, err := canonical.Encode(p)
	if err != nil {
		return nil, fmt.Errorf("encoding a part: %w", err)
	}
	sum := sha256.Sum256(b)
	return append(b, sum[:]...), nil
}

// ParsePart reads a part's file, of at most MaxPart bytes.
func ParsePart(file []byte) (*Part, error) {
	if len(file) > MaxPart {
		return nil, fmt.Errorf("a part of %d bytes, at most %d are allowed", len(file), MaxPart)
	}
	body, sum := file[:max(0, len(file)-sha256.Size)], file[max(0, len(file)-sha256.Size):]
	if want := sha256.Sum256(body); !bytes.Equal(sum, want[:]) {
		return nil, errors.New("no part, or it was changed since it was made: its SHA-256 is another")
	}
	p := new(Part)
	rest, err := canonical.Decode(body, len(body), p)
	if err == nil && len(rest) > 0 {
		err = errors.New("bytes after the end")
	}
	if err == nil {
		err = p.check()
	}
	if err != nil {
		return nil, fmt.Errorf("part: %w", err)
	}
	return p, nil
}

// check checks the bounds of a part by itself.
func (p *Part) check() error {
	switch {
	case p.Format != partFormat:
		return fmt.Errorf("format: %q, want %q", p.Format, partFormat)
	case p.Size == 0 || p.From >= p.To || p.To > p.Size:
		return fmt.Errorf("range: %d to %d of a log of %d records", p.From, p.To, p.Size)
	case len(p.Votes) > MaxPartVotes:
		return fmt.Errorf("votes: %d, at most %d are allowed", len(p.Votes), MaxPartVotes)
	case len(p.Void) > MaxPartVoid:
		return fmt.Errorf("void: %d, at most %d are allowed", len(p.Void), MaxPartVoid)
	}
	left := p.To - p.From
	for i, v := range p.Votes {
		if v.Opening >= p.To {
			return fmt.Errorf("votes: one that has opened at record %d, after the range", v.Opening)
		}
		if i > 0 && p.Votes[i-1].Opening >= v.Opening {
			return errors.New("votes: not in the order of their openings")
		}
		if v.Ballots > left {
			return fmt.Errorf("votes: more ballots than the %d records of the range", p.To-p.From)
		}
		left -= v.Ballots
	}
	if n := p.Ballots(); uint64(len(p.Void)) > n {
		return fmt.Errorf("void: %d of %d ballots", len(p.Void), n)
	}
	for i, index := range p.Void {
		if index < p.From || index >= p.To {
			return fmt.Errorf("void: record %d is not in the range", index)
		}
		if i > 0 && p.Void[i-1] >= index {
			return errors.New("void: not in order")
		}
	}
	return nil
}

// vote returns what the part says of a vote, nil for nothing.
func (p *Part) vote(ctx record.ID) *PartVote {
	for i := range p.Votes {
		if p.Votes[i].Context == ctx {
			return &p.Votes[i]
		}
	}
	return nil
}

// covers reports whether the part has checked a ballot of a vote.
func (p *Part) covers(index uint64, ctx record.ID) bool {
	v := p.vote(ctx)
	return v != nil && v.Opening < index
}

// isVoid reports whether the part says of a record that it is a ballot which does not hold.
func (p *Part) isVoid(index uint64) bool {
	_, void := slices.BinarySearch(p.Void, index)
	return void
}

func (p *Part) String() string { return fmt.Sprintf("part %d:%d", p.From, p.To) }

// orderParts sorts parts and checks that they are of one log and build, and cover it without gap or overlap.
func orderParts(parts []*Part) ([]*Part, error) {
	if len(parts) == 0 || len(parts) > MaxParts {
		return nil, fmt.Errorf("%d parts, want 1 to %d", len(parts), MaxParts)
	}
	parts = slices.Clone(parts)
	slices.SortStableFunc(parts, func(a, b *Part) int { return cmp.Compare(a.From, b.From) })
	next := uint64(0)
	for _, p := range parts {
		if err := p.check(); err != nil {
			return nil, fmt.Errorf("%v: %w", p, err)
		}
		switch first := parts[0]; {
		case p.Program != program():
			return nil, fmt.Errorf("%v was made by another build of the program, %q; this is %q", p, p.Program, program())
		case p.Origin != first.Origin:
			return nil, fmt.Errorf("%v is of the log %s, %v of %s", p, p.Origin, first, first.Origin)
		case p.Size != first.Size || p.Root != first.Root:
			return nil, fmt.Errorf("%v is of a log of %d records with root %s, %v of %d with root %s", p, p.Size, p.Root, first, first.Size, first.Root)
		case p.From > next:
			return nil, fmt.Errorf("records %d to %d are in no part", next, p.From-1)
		case p.From < next:
			return nil, fmt.Errorf("record %d is in two parts", p.From)
		}
		next = p.To
	}
	if next != parts[0].Size {
		return nil, fmt.Errorf("records %d to %d are in no part", next, parts[0].Size-1)
	}
	return parts, nil
}

// program names this build, as well as Go knows.
func program() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	name := info.GoVersion + " " + info.Main.Version
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" || s.Key == "vcs.modified" {
			name += " " + s.Value
		}
	}
	return name
}
