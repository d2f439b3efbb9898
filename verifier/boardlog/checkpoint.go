package boardlog

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"mandate/ballot/checkpoint"
)

// A Policy says whose checkpoints to believe.
type Policy = checkpoint.Policy

// A Cosignature is a witness's verified line on a checkpoint (C2SP tlog-cosignature, cosignature/v1).
type Cosignature struct {
	Witness string // the witness's name
	KeyHash uint32
	Time    uint64 // when it signed, in seconds since 1970
}

// A SignedCheckpoint is a checkpoint that met a policy. Only [Open] makes one; the zero value is not a checkpoint, and everything here
// refuses it.
type SignedCheckpoint struct {
	opened       bool
	head         checkpoint.Checkpoint
	raw          string
	text         string
	lines        []checkpoint.Signature
	log          note.Verifier
	cosignatures []Cosignature
}

// Open checks a checkpoint against a policy: size and form, the exact origin, the log's signature, and the quorum of witnesses. It has
// exactly three lines of text; extension lines are refused. Signatures by keys that the policy does not name are not looked at
// ([SignedCheckpoint.Account] does that); one that claims a named key and does not verify is an error, also where a good one by the same
// key stands beside it. No key may have signed twice.
func Open(signed []byte, p Policy) (SignedCheckpoint, error) {
	head, err := checkpoint.Open(signed, p)
	if err != nil {
		return SignedCheckpoint{}, invalidf("%w", err)
	}
	text, lines, err := checkpoint.Signatures(signed)
	if err != nil {
		return SignedCheckpoint{}, invalidf("%w", err)
	}
	c := SignedCheckpoint{opened: true, head: head, raw: string(signed), text: text, lines: lines, log: p.Log}
	for _, l := range lines {
		for _, w := range p.Witnesses {
			if l.By(w) {
				c.cosignatures = append(c.cosignatures, Cosignature{w.Name(), w.KeyHash(), binary.BigEndian.Uint64(l.Sig)})
			}
		}
	}
	return c, nil
}

// Origin returns the log's name.
func (c SignedCheckpoint) Origin() string { return c.head.Origin }

// Size returns the number of records.
func (c SignedCheckpoint) Size() uint64 { return c.head.Size }

// Root returns the tree head.
func (c SignedCheckpoint) Root() tlog.Hash { return c.head.Root }

// Bytes returns the checkpoint as it was opened, unknown signatures included.
func (c SignedCheckpoint) Bytes() []byte { return []byte(c.raw) }

// Opened reports whether c came from Open.
func (c SignedCheckpoint) Opened() bool { return c.opened }

// Cosignatures returns the verified lines of the policy's witnesses.
func (c SignedCheckpoint) Cosignatures() []Cosignature { return slices.Clone(c.cosignatures) }

// FreshCosignatures returns how many of the policy's witnesses signed at or after a time, in seconds since 1970. A witness signs only the
// largest tree it has seen, so that enough fresh cosignatures show that the log is not an old state of itself.
func (c SignedCheckpoint) FreshCosignatures(since uint64) int {
	n := 0
	for _, s := range c.cosignatures {
		if s.Time >= since {
			n++
		}
	}
	return n
}

// Only returns the checkpoint with the log's signature and those cosignatures alone that the policy named.
func (c SignedCheckpoint) Only() []byte {
	b := []byte(c.text + "\n")
	for _, l := range c.lines {
		if c.opened && l.By(c.log) || slices.ContainsFunc(c.cosignatures, func(s Cosignature) bool {
			return s.Witness == l.Name && s.KeyHash == l.Hash
		}) {
			b = append(b, l.Line...)
		}
	}
	return b
}

// Account checks that every signature line is the log's or verifies under one of the given witness keys, so that no byte of the checkpoint
// is without a meaning. An audit package's checkpoint must pass it, with the witnesses that the records name.
func (c SignedCheckpoint) Account(witnesses []note.Verifier) error {
	if !c.opened {
		return errNotOpened
	}
	for _, l := range c.lines {
		if l.By(c.log) {
			continue
		}
		i := slices.IndexFunc(witnesses, l.By)
		if i < 0 {
			return invalidf("checkpoint: a signature by %s+%08x, whom no record names", l.Name, l.Hash)
		}
		if !witnesses[i].Verify([]byte(c.text), l.Sig) {
			return invalidf("checkpoint: the signature by %s+%08x does not verify", l.Name, l.Hash)
		}
	}
	return nil
}

var errNotOpened = errors.New("a checkpoint that was not opened")

// unsignedHead reads size and root of a checkpoint without checking who made it. An error is a *HeadError.
func unsignedHead(signed []byte) (size uint64, root tlog.Hash, err error) {
	if len(signed) > checkpoint.MaxSize {
		return 0, root, &HeadError{fmt.Errorf("checkpoint: %d bytes, at most %d", len(signed), checkpoint.MaxSize)}
	}
	lines := strings.SplitN(string(signed), "\n", 4)
	if len(lines) < 4 {
		return 0, root, &HeadError{fmt.Errorf("checkpoint: %d lines, want origin, size, root and signatures", len(lines))}
	}
	size, err = strconv.ParseUint(lines[1], 10, 62)
	if err != nil || strconv.FormatUint(size, 10) != lines[1] {
		return 0, root, &HeadError{fmt.Errorf("checkpoint: size %.40q is no number", lines[1])}
	}
	b, err := base64.StdEncoding.Strict().DecodeString(lines[2])
	if err != nil || len(b) != tlog.HashSize {
		return 0, root, &HeadError{fmt.Errorf("checkpoint: root %.80q is no hash", lines[2])}
	}
	return size, tlog.Hash(b), nil
}
