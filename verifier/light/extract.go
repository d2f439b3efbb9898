package light

import (
	"encoding/binary"
	"errors"
	"fmt"

	"mandate/ballot/record"
)

// Type is the content type of an extract.
const Type = "application/mandate-extract"

// Sizes in bytes that a reader takes of an extract at most. A roll has at most record.MaxRoll entries of 32 bytes; a device takes one of
// two million.
const (
	MaxOutline = 16 << 20
	MaxRoll    = 64 << 20
	MaxIssues  = 64 << 20
	MaxChain   = 32 << 20
)

// OutlinePath is where the outline of a round, or of a vote with its round, is; that of zero is the outline of the log: its rounds and votes.
func OutlinePath(id record.ID) string { return "outline/" + id.String() }

// RollPath is where the entries of the roll are that a record has announced. Once all are there, they never change.
func RollPath(roll record.ID) string { return "outline/roll/" + roll.String() }

// IssuesPath is where the issue records of a round are, all of them: nobody is to ask for one member's.
func IssuesPath(round record.ID) string { return "outline/issues/" + round.String() }

// ChainPath is where the records are that a credential has signed in a vote.
func ChainPath(vote record.ID, key record.Key) string {
	return "chain/" + vote.String() + "/" + key.String()
}

// From adds to a path that records before an index are known.
func From(path string, index uint64) string {
	if index == 0 {
		return path
	}
	return fmt.Sprintf("%s?from=%d", path, index)
}

// An Extract is some records of a log of a size: all of a kind, as a board says. Nothing of it is believed before it is proved.
type Extract struct {
	Size     uint64 // of the log when the extract was made
	Supports uint64 // of an outline of a vote: how many supports its petition has, which nobody has proved
	Records  []Indexed
}

// An Indexed is a record's bytes with its place in the log.
type Indexed struct {
	Index uint64
	Raw   []byte
}

// extract = size (8 bytes) ‖ supports (8) ‖ *(index (8) ‖ length (2) ‖ record), integers big-endian.
const (
	headerSize = 16
	entryHead  = 10
)

// AppendHeader appends the beginning of an extract.
func AppendHeader(b []byte, size, supports uint64) []byte {
	b = binary.BigEndian.AppendUint64(b, size)
	return binary.BigEndian.AppendUint64(b, supports)
}

// AppendRecord appends a record to an extract. Records stand in ascending order of their indexes, each once.
func AppendRecord(b []byte, index uint64, raw []byte) ([]byte, error) {
	if len(raw) == 0 || len(raw) > record.MaxSize {
		return nil, fmt.Errorf("record %d has %d bytes, want 1 to %d", index, len(raw), record.MaxSize)
	}
	b = binary.BigEndian.AppendUint64(b, index)
	b = binary.BigEndian.AppendUint16(b, uint16(len(raw)))
	return append(b, raw...), nil
}

// ParseExtract reads an extract. The records share b's memory.
func ParseExtract(b []byte) (*Extract, error) {
	if len(b) < headerSize {
		return nil, fmt.Errorf("extract: %d bytes, at least %d", len(b), headerSize)
	}
	e := &Extract{Size: binary.BigEndian.Uint64(b), Supports: binary.BigEndian.Uint64(b[8:])}
	b = b[headerSize:]
	for len(b) > 0 {
		if len(b) < entryHead {
			return nil, errors.New("extract: ends within a record's place")
		}
		index, n := binary.BigEndian.Uint64(b), int(binary.BigEndian.Uint16(b[8:]))
		b = b[entryHead:]
		switch last := len(e.Records) - 1; {
		case n == 0 || n > len(b):
			return nil, fmt.Errorf("extract: record %d: %d bytes, there are %d", index, n, len(b))
		case index >= e.Size:
			return nil, fmt.Errorf("extract: record %d of a log of %d", index, e.Size)
		case last >= 0 && index <= e.Records[last].Index:
			return nil, fmt.Errorf("extract: record %d after %d", index, e.Records[last].Index)
		}
		e.Records = append(e.Records, Indexed{index, b[:n:n]})
		b = b[n:]
	}
	return e, nil
}
