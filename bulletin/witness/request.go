package witness

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strconv"

	"golang.org/x/mod/sumdb/tlog"

	"mandate/ballot/checkpoint"
)

// Bounds of a request.
const (
	maxProof   = 63 // lines, c2sp.org/tlog-witness
	hashLine   = 44 // bytes of base64 of a hash
	MaxRequest = len("old 4611686018427387904\n") + maxProof*(hashLine+1) + len("\n") + checkpoint.MaxSize
)

// A Request asks for a cosignature.
type Request struct {
	Old        uint64         // size of the tree that the log believes was cosigned last
	Proof      tlog.TreeProof // from that to the checkpoint's; empty from 0
	Checkpoint []byte         // a signed note
}

// ParseRequest reads the body of POST /add-checkpoint: a line "old" with a size, the lines of a consistency proof, an empty line, and a
// checkpoint, which is not looked at. Errors wrap ErrRequest.
func ParseRequest(body []byte) (Request, error) {
	bad := func(format string, args ...any) (Request, error) {
		return Request{}, fmt.Errorf("%w: "+format, append([]any{ErrRequest}, args...)...)
	}
	if len(body) > MaxRequest {
		return bad("%d bytes, at most %d", len(body), MaxRequest)
	}
	line, rest, _ := bytes.Cut(body, []byte("\n"))
	digits, ok := bytes.CutPrefix(line, []byte("old "))
	if !ok {
		return bad("the first line is not that of the old size")
	}
	old, err := strconv.ParseUint(string(digits), 10, 62)
	if err != nil || strconv.FormatUint(old, 10) != string(digits) {
		return bad("the old size %.40q is no number", digits)
	}
	r := Request{Old: old}
	for {
		if line, rest, ok = bytes.Cut(rest, []byte("\n")); !ok {
			return bad("no empty line after the proof")
		}
		if len(line) == 0 {
			break
		}
		if len(r.Proof) == maxProof {
			return bad("more than %d lines of proof", maxProof)
		}
		var h tlog.Hash
		if len(line) != hashLine {
			return bad("line %d of the proof has %d bytes, want %d", len(r.Proof)+1, len(line), hashLine)
		}
		b, err := base64.StdEncoding.Strict().AppendDecode(h[:0], line)
		if err != nil || len(b) != len(h) {
			return bad("line %d of the proof is no hash", len(r.Proof)+1)
		}
		r.Proof = append(r.Proof, tlog.Hash(b))
	}
	if len(rest) == 0 || len(rest) > checkpoint.MaxSize {
		return bad("a checkpoint of %d bytes, want 1 to %d", len(rest), checkpoint.MaxSize)
	}
	r.Checkpoint = rest
	return r, nil
}

// Bytes returns the request's only encoding.
func (r Request) Bytes() []byte {
	b := fmt.Appendf(nil, "old %d\n", r.Old)
	for _, h := range r.Proof {
		b = append(base64.StdEncoding.AppendEncode(b, h[:]), '\n')
	}
	return append(append(b, '\n'), r.Checkpoint...)
}
