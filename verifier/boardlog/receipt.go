package boardlog

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"mandate/ballot/checkpoint"
)

const (
	proofHeader = "c2sp.org/tlog-proof@v1"

	// MaxReceiptSize is the size in bytes of the largest receipt or proof.
	MaxReceiptSize = 32 << 10

	maxProofHashes = 62 // the height of the largest tree
	maxExtraSize   = 4 << 10
)

// A Proof is a C2SP tlog-proof: an entry's index, its inclusion proof, and the checkpoint it leads to.
//
//	c2sp.org/tlog-proof@v1
//	extra 5GhwYmdQ7l1pHkxNwkDYGcPMSLyzHr9qYyMzxuq9pQ0=
//	index 1
//	gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=
//	B95lDa8R83lS8n0eG+o0buTxRKQTYFi//1U8anccXmA=
//
//	board.example/log
//	3
//	sFodV/vSp5O8n9a8QpW6PRY97tfOSW5bsc2Xl/EQi08=
//
//	— board.example/log hI2DJw…
type Proof struct {
	Extra      []byte // nil when there is no extra line; nothing vouches for it
	Index      uint64
	Hashes     tlog.RecordProof // from the leaf's sibling up (RFC 6962 §2.1.1)
	Checkpoint []byte
}

// Encode returns the text of the proof.
func (p Proof) Encode() []byte {
	b := []byte(proofHeader + "\n")
	if p.Extra != nil {
		b = append(b, "extra "...)
		b = base64.StdEncoding.AppendEncode(b, p.Extra)
		b = append(b, '\n')
	}
	b = fmt.Appendf(b, "index %d\n", p.Index)
	for _, h := range p.Hashes {
		b = append(b, h.String()...)
		b = append(b, '\n')
	}
	b = append(b, '\n')
	return append(b, p.Checkpoint...)
}

// ParseProof parses the text of a proof, of which it refuses every spelling but one. It does not look into the checkpoint.
func ParseProof(text []byte) (Proof, error) {
	var p Proof
	if len(text) > MaxReceiptSize {
		return p, invalidf("tlog-proof: %d bytes, at most %d", len(text), MaxReceiptSize)
	}
	line, rest, _ := strings.Cut(string(text), "\n")
	if line != proofHeader {
		return p, invalidf("tlog-proof: line 1 is not %q", proofHeader)
	}
	line, rest, ok := strings.Cut(rest, "\n")
	if extra, has := strings.CutPrefix(line, "extra "); ok && has {
		b, err := decodeBase64(extra)
		if err != nil || len(b) > maxExtraSize {
			return p, invalidf("tlog-proof: extra is not at most %d bytes in base64", maxExtraSize)
		}
		p.Extra = b
		line, rest, ok = strings.Cut(rest, "\n")
	}
	index, has := strings.CutPrefix(line, "index ")
	n, err := strconv.ParseUint(index, 10, 62)
	if !ok || !has || err != nil || strconv.FormatUint(n, 10) != index {
		return p, invalidf("tlog-proof: index: %.40q is no index line", line)
	}
	p.Index = n
	for {
		line, rest, ok = strings.Cut(rest, "\n")
		if !ok {
			return p, invalidf("tlog-proof: it ends before the checkpoint")
		}
		if line == "" {
			break
		}
		b, err := decodeBase64(line)
		if err != nil || len(b) != tlog.HashSize || len(p.Hashes) == maxProofHashes {
			return p, invalidf("tlog-proof: hash %d of the inclusion proof is none", len(p.Hashes))
		}
		p.Hashes = append(p.Hashes, tlog.Hash(b))
	}
	if rest == "" || len(rest) > checkpoint.MaxSize {
		return p, invalidf("tlog-proof: a checkpoint of %d bytes, want 1 to %d", len(rest), checkpoint.MaxSize)
	}
	p.Checkpoint = []byte(rest)
	return p, nil
}

// decodeBase64 decodes base64 that is spelt canonically: package base64 skips line breaks, and its strict form still does.
func decodeBase64(s string) ([]byte, error) {
	b, err := base64.StdEncoding.Strict().DecodeString(s)
	if err == nil && base64.StdEncoding.EncodeToString(b) != s {
		err = errors.New("base64 is not canonical")
	}
	if b == nil {
		b = []byte{}
	}
	return b, err
}

// Verify checks that the checkpoint meets the policy, and that a record with the given leaf hash is at the proof's index below it.
func (p Proof) Verify(policy Policy, leaf tlog.Hash) (SignedCheckpoint, error) {
	cp, err := Open(p.Checkpoint, policy)
	if err != nil {
		return SignedCheckpoint{}, fmt.Errorf("tlog-proof: %w", err)
	}
	if err := VerifyInclusion(cp.Size(), cp.Root(), p.Index, leaf, p.Hashes); err != nil {
		return SignedCheckpoint{}, fmt.Errorf("tlog-proof: %w", err)
	}
	return cp, nil
}

// A Receipt proves offline that a record is in the log: a tlog-proof whose extra line is the record's id. A verifier that is given nothing
// else knows from it which record is meant; the member compares the id with that of the bytes they sent.
type Receipt struct {
	Record     tlog.Hash // the record's id, which is its leaf hash: SHA-256(0x00 ‖ record)
	Index      uint64
	Hashes     tlog.RecordProof
	Checkpoint []byte
}

// Encode returns the text of the receipt.
func (r Receipt) Encode() []byte {
	return Proof{r.Record[:], r.Index, r.Hashes, r.Checkpoint}.Encode()
}

// ParseReceipt parses the text of a receipt. Nothing in it is believed before Verify.
func ParseReceipt(text []byte) (Receipt, error) {
	p, err := ParseProof(text)
	if err != nil {
		return Receipt{}, err
	}
	if len(p.Extra) != tlog.HashSize {
		return Receipt{}, invalidf("receipt: extra is %d bytes, want the %d of a record's id", len(p.Extra), tlog.HashSize)
	}
	return Receipt{tlog.Hash(p.Extra), p.Index, p.Hashes, p.Checkpoint}, nil
}

// Verify checks that the receipt's record is where it says, below a checkpoint that meets the policy. Whether today's log still has that
// checkpoint as its past is for [Tree.Extends] to say.
func (r Receipt) Verify(policy Policy) (SignedCheckpoint, error) {
	cp, err := Proof{nil, r.Index, r.Hashes, r.Checkpoint}.Verify(policy, r.Record)
	if err != nil {
		return SignedCheckpoint{}, fmt.Errorf("receipt: %w", err)
	}
	return cp, nil
}

// VerifyInclusion checks that the record with a leaf hash is at an index in the tree of a size and root (RFC 6962 §2.1.1).
func VerifyInclusion(size uint64, root tlog.Hash, index uint64, leaf tlog.Hash, proof tlog.RecordProof) error {
	if size >= 1<<62 || index >= size {
		return invalidf("inclusion proof: record %d is not in a tree of size %d", index, size)
	}
	if err := tlog.CheckRecord(proof, int64(size), root, int64(index), leaf); err != nil {
		return invalidf("inclusion proof: it does not lead from record %d to the root at size %d", index, size)
	}
	return nil
}

// VerifyConsistency checks that the tree of one size and root is a beginning of that of another (RFC 6962 §2.1.2). The empty tree is a
// beginning of every tree, by an empty proof.
func VerifyConsistency(from uint64, fromRoot tlog.Hash, to uint64, toRoot tlog.Hash, proof tlog.TreeProof) error {
	if to >= 1<<62 || from > to {
		return invalidf("consistency proof: size %d does not come before size %d", from, to)
	}
	if from == 0 {
		if len(proof) > 0 || fromRoot != headOf(nil) || to == 0 && toRoot != fromRoot {
			return invalidf("consistency proof: from the empty tree it must be empty, and the root that of the empty tree")
		}
		return nil
	}
	if err := tlog.CheckTree(proof, int64(to), toRoot, int64(from), fromRoot); err != nil {
		return invalidf("consistency proof: the tree of size %d is not shown to be a beginning of that of size %d", from, to)
	}
	return nil
}
