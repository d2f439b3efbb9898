package roll

import (
	"errors"
	"fmt"

	"mandate/ballot/record"
)

// fileVersion is the first field of the private file.
const fileVersion = "mandate/v1 private roll"

// maxEntry bounds an entry's encoding: its four fields and their heads.
const maxEntry = 1 + (2 + 32) + (2 + MaxNumber) + (2 + 200) + (2 + MaxEmail)

// fileHead stands before the entries, in whose number it ends.
type fileHead struct {
	_       struct{} `cbor:",toarray"`
	Version string
	ID      record.ID
	Title   string
	Segment string
	AsOf    string
	Count   uint64
}

// Marshal returns the private file: a sequence (RFC 8742) of deterministically encoded CBOR items, first the array [version, roll-id,
// title, segment, as-of, count], then for each entry the array [salt, number, name, email]. It is for commission and
// registrars only.
func (r *Roll) Marshal() ([]byte, error) {
	b, err := record.Encode(fileHead{Version: fileVersion, ID: r.ID, Title: r.Title, Segment: r.Segment, AsOf: r.AsOf, Count: uint64(len(r.entries))})
	if err != nil {
		return nil, fmt.Errorf("encoding a private roll: %w", err)
	}
	for i := range r.entries {
		item, err := record.Encode(&r.entries[i])
		if err != nil {
			return nil, fmt.Errorf("encoding a private roll, entry %d: %w", i, err)
		}
		b = append(b, item...)
	}
	return b, nil
}

// Parse reads a private file. It accepts only what Marshal writes, and checks all that New checks.
func Parse(b []byte) (*Roll, error) {
	r, err := parse(b)
	if err != nil {
		return nil, fmt.Errorf("private roll: %w", err)
	}
	return r, nil
}

func parse(b []byte) (*Roll, error) {
	var head fileHead
	b, err := record.DecodeFirst(b, 1024, &head)
	if err != nil {
		return nil, fmt.Errorf("head: %w", err)
	}
	if head.Version != fileVersion {
		return nil, fmt.Errorf("version: %q, this program reads %q", head.Version, fileVersion)
	}
	// An entry has 39 bytes or more, so the file bounds what its head can make us allocate.
	if head.Count > record.MaxRoll || head.Count > uint64(len(b)/39) {
		return nil, fmt.Errorf("count: %d entries cannot be in the %d bytes that follow", head.Count, len(b))
	}
	r := &Roll{ID: head.ID, Title: head.Title, Segment: head.Segment, AsOf: head.AsOf, entries: make([]entry, head.Count)}
	for i := range r.entries {
		if b, err = record.DecodeFirst(b, maxEntry, &r.entries[i]); err != nil {
			return nil, fmt.Errorf("entry %d: %w", i, err)
		}
	}
	if len(b) != 0 {
		return nil, errors.New("bytes after the last entry")
	}
	if err := r.index(); err != nil {
		return nil, err
	}
	return r, nil
}
