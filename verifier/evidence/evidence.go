// Package evidence is portable proof that a board, or a relay, was dishonest (SPEC.md §7.6): a small text file that says who signed what and
// why the two cannot go together. [Evidence.Encode] and [Parse] are the file; [Judge] tells a third party what it proves, against whom, and
// what it does not.
//
// A file carries the genesis record, which names the keys of log and board, and manifests of votes, whose ids people have from elsewhere: a
// manifest is signed over the id of the genesis record by a key that is in it, so who knows a vote's id knows whose keys these are. Some
// claims stand alone. Others say what should be, or should not be, on a log, and are judged against a log that the third party reads.
//
// Programs that are built with the tag voting write files and judge none.
//
// The package trusts SHA-256, the signatures, and what its caller pins. A file is made by whoever accuses, and everything in it is checked.
package evidence

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"mandate/ballot/canonical"
	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/verifier/boardlog"
)

const (
	// MaxSize is the size in bytes of the largest file.
	MaxSize = 360_000

	// MaxManifests is how many manifests a file has at most.
	MaxManifests = 8

	header     = "mandate/v1 evidence "
	lineSize   = 76
	maxContent = 256 << 10
)

// An Evidence is what a file of evidence says.
type Evidence struct {
	Genesis   []byte   // record 0 of the log, whole
	Manifests [][]byte // vote records of the log, so that a vote's id pins the genesis record
	Claim     Claim
}

// A Claim is one of *Fork, *Place, *Answers, *Ahead, *Backdate, *Head, *Promise and *Refusal.
type Claim interface {
	// Kind returns the name of the claim, which is in the file's first line.
	Kind() string
}

// A Fork is two checkpoints that cannot be of one history.
type Fork struct {
	_       struct{} `cbor:",toarray"`
	Earlier []byte   // not of a larger size than Later
	Later   []byte
	Proof   []byte // boardlog.Tree.ProvePrefix of Later at the size of Earlier, hashes of 32 bytes; empty if the sizes are equal
}

// A Place is two receipts that have different records at one place of the log.
type Place struct {
	_          struct{} `cbor:",toarray"`
	One, Other []byte
}

// Answers are a promise of a record and a refusal of the same record.
type Answers struct {
	_       struct{} `cbor:",toarray"`
	By      uint64   // 0: the board; else a relay of the vote's manifest, from 1
	Promise []byte
	Refusal []byte
}

// An Ahead is a time record that says a later time than witnesses who had seen it.
type Ahead struct {
	_          struct{} `cbor:",toarray"`
	Time       []byte   // the time record
	Receipt    []byte   // of the time record
	Checkpoint []byte   // of a log that has it, with cosignatures
}

// A Backdate is a promise that is dated before a time that was on the log when the ballot was taken.
type Backdate struct {
	_       struct{} `cbor:",toarray"`
	Time    []byte   // the time record
	Before  []byte   // its receipt
	Promise []byte   // by the board
	Ballot  []byte   // the receipt of what was promised, under a checkpoint of the same size and root
}

// A Head is a checkpoint. Against a board that shows an older log, or another one.
type Head struct {
	_          struct{} `cbor:",toarray"`
	Checkpoint []byte
}

// A Promise is to be found kept or broken on a log.
type Promise struct {
	_       struct{} `cbor:",toarray"`
	By      uint64   // as in Answers
	Promise []byte
}

// A Refusal is to be found right or wrong by the fold of a log.
type Refusal struct {
	_       struct{} `cbor:",toarray"`
	Record  []byte
	Refusal []byte // by the board
}

func (*Fork) Kind() string     { return "fork" }
func (*Place) Kind() string    { return "place" }
func (*Answers) Kind() string  { return "answers" }
func (*Ahead) Kind() string    { return "ahead" }
func (*Backdate) Kind() string { return "backdate" }
func (*Head) Kind() string     { return "head" }
func (*Promise) Kind() string  { return "promise" }
func (*Refusal) Kind() string  { return "refusal" }

func newClaim(kind string) Claim {
	switch kind {
	case "fork":
		return new(Fork)
	case "place":
		return new(Place)
	case "answers":
		return new(Answers)
	case "ahead":
		return new(Ahead)
	case "backdate":
		return new(Backdate)
	case "head":
		return new(Head)
	case "promise":
		return new(Promise)
	case "refusal":
		return new(Refusal)
	}
	return nil
}

type content struct {
	_         struct{} `cbor:",toarray"`
	Genesis   []byte
	Manifests [][]byte
	Claim     canonical.Raw
}

// Encode returns the text of the file.
func (e *Evidence) Encode() ([]byte, error) {
	claim, err := record.Encode(e.Claim)
	if err != nil {
		return nil, fmt.Errorf("encoding %s: %w", e.Claim.Kind(), err)
	}
	manifests := e.Manifests
	if manifests == nil {
		manifests = [][]byte{}
	}
	b, err := record.Encode(content{Genesis: e.Genesis, Manifests: manifests, Claim: claim})
	if err != nil {
		return nil, fmt.Errorf("encoding the evidence: %w", err)
	}
	if len(b) > maxContent {
		return nil, fmt.Errorf("the evidence has %d bytes, at most %d", len(b), maxContent)
	}
	text := base64.StdEncoding.EncodeToString(b)
	out := make([]byte, 0, len(header)+16+len(text)+len(text)/lineSize+1)
	out = append(append(append(out, header...), e.Claim.Kind()...), '\n')
	for len(text) > 0 {
		n := min(lineSize, len(text))
		out = append(append(out, text[:n]...), '\n')
		text = text[n:]
	}
	return out, nil
}

// Parse reads a file. It refuses every spelling but one, and believes nothing that is in it.
func Parse(b []byte) (*Evidence, error) {
	if len(b) > MaxSize {
		return nil, fmt.Errorf("evidence: %d bytes, at most %d", len(b), MaxSize)
	}
	first, rest, _ := strings.Cut(string(b), "\n")
	kind, ok := strings.CutPrefix(first, header)
	if !ok {
		return nil, fmt.Errorf("evidence: the first line is not %q and a kind", strings.TrimSpace(header))
	}
	e := &Evidence{Claim: newClaim(kind)}
	if e.Claim == nil {
		return nil, fmt.Errorf("evidence: %.40q is no kind of evidence", kind)
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(strings.ReplaceAll(rest, "\n", ""))
	if err != nil {
		return nil, errors.New("evidence: what follows the first line is not base64")
	}
	var c content
	left, err := record.DecodeFirst(raw, maxContent, &c)
	if err != nil {
		return nil, fmt.Errorf("evidence: %w", err)
	}
	if len(left) > 0 {
		return nil, fmt.Errorf("evidence: %d bytes after its end", len(left))
	}
	if len(c.Manifests) > MaxManifests {
		return nil, fmt.Errorf("evidence: %d manifests, at most %d", len(c.Manifests), MaxManifests)
	}
	left, err = record.DecodeFirst(c.Claim, maxContent, e.Claim)
	if err != nil || len(left) > 0 {
		return nil, fmt.Errorf("evidence: the claim is not one of kind %s: %w", kind, errors.Join(err, after(left)))
	}
	e.Genesis, e.Manifests = c.Genesis, c.Manifests
	again, err := e.Encode()
	if err != nil || !bytes.Equal(again, b) {
		return nil, errors.New("evidence: it is not written in its one form")
	}
	return e, nil
}

func after(left []byte) error {
	if len(left) == 0 {
		return nil
	}
	return fmt.Errorf("%d bytes after its end", len(left))
}

// Of makes evidence from what a party has folded: the genesis record, and the manifest of a vote, or those of the newest votes if vote is
// zero or unknown.
func Of(s *fold.State, vote record.ID, claim Claim) (*Evidence, error) {
	if s == nil || s.First() == nil {
		return nil, errors.New("making evidence: the log's first record is not known")
	}
	e := &Evidence{Genesis: s.First(), Claim: claim}
	if v := s.Vote(vote); v != nil {
		e.Manifests = [][]byte{v.Raw}
		return e, nil
	}
	votes, size := s.Votes(), 0
	for i := len(votes) - 1; i >= 0 && len(e.Manifests) < MaxManifests; i-- {
		if size += len(votes[i].Raw); size > record.MaxSize {
			break
		}
		e.Manifests = append(e.Manifests, votes[i].Raw)
	}
	return e, nil
}

// OfHistory makes evidence of the error with which a reader says that two checkpoints contradict each other.
func OfHistory(s *fold.State, h *boardlog.HistoryError) (*Evidence, error) {
	f, err := ForkOf(h)
	if err != nil {
		return nil, err
	}
	return Of(s, record.ID{}, f)
}

// ForkOf makes the claim of that error.
func ForkOf(h *boardlog.HistoryError) (*Fork, error) {
	if h.Known.Size() != h.Shown.Size() && len(h.Prefix) == 0 {
		return nil, errors.New("making evidence: there is no proof of what the log had at the earlier size")
	}
	return &Fork{Earlier: h.Known.Bytes(), Later: h.Shown.Bytes(), Proof: joined(h.Prefix)}, nil
}

// Contradicts reports whether a promise and a refusal of one record, signed with one key, prove that the signer was dishonest. relays is how
// many relays the vote's manifest names, −1 if the manifest is not known.
func Contradicts(p *record.Promise, r *record.Refusal, relays int) bool {
	return p.Ballot == r.Record && p.Vote == r.Scope && !IsGeneral(r.Code) && (relays == 0 && settled(r.Code) || r.At > p.At+slack)
}

// settled reports whether a refusal with a code, once right, stays right as long as no relay promises the ballot: nothing that is recorded later
// makes the record acceptable.
func settled(code string) bool {
	switch code {
	case "closed", "sealed", "ended", "spent", "spoiled", "noncanonical", "trivial", "signatures", "proof", "signature", "malformed", "unknown-kind":
		return true
	}
	return false
}

// IsGeneral reports whether a refusal with a code says nothing of a record (SPEC.md §8.4).
func IsGeneral(code string) bool {
	switch code {
	case "busy", "rate", "stopping", "oversize", "media-type":
		return true
	}
	return false
}

// slack is by how many seconds clocks may differ before anything is concluded from them.
const slack = 3600

func joined(hashes []tlog.Hash) []byte {
	b := make([]byte, 0, len(hashes)*tlog.HashSize)
	for _, h := range hashes {
		b = append(b, h[:]...)
	}
	return b
}

func parted(b []byte) ([]tlog.Hash, error) {
	if len(b)%tlog.HashSize != 0 || len(b) > boardlog.MaxPrefixHashes*tlog.HashSize {
		return nil, fmt.Errorf("%d bytes are not up to %d hashes", len(b), boardlog.MaxPrefixHashes)
	}
	var out []tlog.Hash
	for ; len(b) > 0; b = b[tlog.HashSize:] {
		out = append(out, tlog.Hash(b[:tlog.HashSize]))
	}
	return out, nil
}
