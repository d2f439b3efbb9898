//go:build !voting

package evidence

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/mod/sumdb/note"

	"mandate/ballot/checkpoint"
	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/crypto/sigma"
	"mandate/verifier/boardlog"
)

// Options say what a third party knows from elsewhere.
type Options struct {
	Vote     record.ID       // the id of a vote on the log; zero if none is known
	Manifest []byte          // the record of a vote, whose hash is its id; it stands for Vote and for a manifest in the file
	LogKey   string          // the log's verifier key; empty if it is not known
	Source   boardlog.Source // a log to compare with; nil if there is none
	Live     bool            // Source is a server, and shows what it shows now
}

// A Verdict is what a file of evidence comes to.
type Verdict struct {
	Kind   string `json:"kind"`
	Proven bool   `json:"proven"`
	// Against says who was dishonest; empty if nothing is proven.
	Against string `json:"against,omitempty"`
	// Proves and Not are sentences: what is proven, or why nothing is; and what is not proven by it.
	Proves []string `json:"proves"`
	Not    []string `json:"not,omitempty"`
	// Origin, LogKey and Genesis name the log. Pinned says by what its keys are known; empty if by nothing but the file.
	Origin  string    `json:"origin"`
	LogKey  string    `json:"logKey"`
	Genesis record.ID `json:"genesis"`
	Pinned  string    `json:"pinned,omitempty"`
	// Source says that the log of Options was read.
	Source bool `json:"source"`
	// Fork is evidence that came up while the file was compared with a source: it stands alone.
	Fork *Evidence `json:"-"`
}

// ErrSource is wrapped when the log that a file is to be compared with could not be read.
var ErrSource = errors.New("the source could not be read")

// A court is what is known of the log while a claim is judged.
type court struct {
	options Options
	file    *Evidence
	genesis *record.Genesis
	id      record.ID // of the genesis record
	board   sigma.PublicKey
	policy  boardlog.Policy
	votes   map[record.ID]*record.Vote
	heeded  map[record.ID]*record.Vote // those of votes whose witnesses count: the one that pins the file, or all
	v       *Verdict
}

// Judge says what a file proves. An error wraps ErrSource, or is one of ctx.
func Judge(ctx context.Context, e *Evidence, o Options) (*Verdict, error) {
	c := &court{options: o, file: e, votes: make(map[record.ID]*record.Vote), v: &Verdict{Kind: e.Claim.Kind()}}
	if err := c.open(); err != nil {
		return c.nothing("%v", err), nil
	}
	if why := c.pin(); why != "" {
		return c.nothing("%s", why), nil
	}
	var err error
	switch claim := e.Claim.(type) {
	case *Fork:
		c.fork(claim)
	case *Place:
		c.place(claim)
	case *Answers:
		c.answers(claim)
	case *Ahead:
		c.ahead(claim)
	case *Backdate:
		c.backdate(claim)
	case *Head:
		err = c.head(ctx, claim)
	case *Promise:
		err = c.promise(ctx, claim)
	case *Refusal:
		err = c.refusal(ctx, claim)
	}
	return c.v, err
}

// open takes the keys from the genesis record and checks the manifests.
func (c *court) open() error {
	s := fold.New()
	if o := s.ApplyRaw(c.file.Genesis); o.Status != fold.Accepted {
		return fmt.Errorf("the first record in the file is no genesis record of a log: %v", o.Err)
	}
	c.genesis, c.id = s.Genesis()
	c.board = s.Board()
	key, err := checkpoint.ParseLogKey(c.genesis.LogKey)
	if err != nil {
		return fmt.Errorf("the log's key: %w", err)
	}
	c.policy = boardlog.Policy{Origin: c.genesis.Origin, Log: key}
	c.v.Origin, c.v.LogKey, c.v.Genesis = c.genesis.Origin, c.genesis.LogKey, c.id
	manifests := c.file.Manifests
	if c.options.Manifest != nil {
		manifests = append(slices.Clip(manifests), c.options.Manifest)
	}
	for i, raw := range manifests {
		r, err := record.Decode(raw)
		if err != nil {
			return fmt.Errorf("manifest %d: %w", i+1, err)
		}
		m, ok := r.Body.(*record.Vote)
		if !ok {
			return fmt.Errorf("manifest %d is a %s record", i+1, r.Kind())
		}
		if m.By < 1 || m.By > uint64(len(c.genesis.Commission)) {
			return fmt.Errorf("manifest %d is signed by member %d of the commission, who does not exist on this log", i+1, m.By)
		}
		officer, err := c.genesis.Commission[m.By-1].Key.Public()
		if err == nil {
			err = r.VerifySignature(c.id, officer)
		}
		if err != nil {
			return fmt.Errorf("manifest %d is not of this log: %w", i+1, err)
		}
		c.votes[r.ID()] = m
	}
	return nil
}

// pin compares the file's log with what is known from elsewhere. It returns why nothing can be concluded, if so.
func (c *court) pin() string {
	o := c.options
	want := o.Vote
	if want == (record.ID{}) && o.Manifest != nil {
		want = record.IDOf(o.Manifest)
	}
	if want != (record.ID{}) {
		if c.votes[want] == nil {
			return fmt.Sprintf("the file does not have the manifest of vote %s, so it does not show that it is about that vote's board; give the manifest itself", want)
		}
		c.v.Pinned = "vote " + want.String()
		c.heeded = map[record.ID]*record.Vote{want: c.votes[want]} // of the others nobody knows whether they are on the log
	} else {
		c.heeded = c.votes
	}
	if o.LogKey != "" {
		if o.LogKey != c.genesis.LogKey {
			return "the file is about another log: its key is " + c.genesis.LogKey
		}
		if c.v.Pinned == "" {
			switch c.file.Claim.(type) {
			case *Fork, *Place, *Head, *Promise, *Refusal: // of the log's key alone, or compared with a log that it has signed
				c.v.Pinned = "log key"
			default:
				return "the log's key alone does not say which key is the board's; give the vote's id or its manifest"
			}
		}
	}
	return ""
}

func (c *court) nothing(format string, args ...any) *Verdict {
	c.v.Proven, c.v.Against, c.v.Not = false, "", nil
	c.v.Proves = []string{fmt.Sprintf(format, args...)}
	return c.v
}

func (c *court) proven(against, format string, args ...any) {
	c.v.Proven, c.v.Against = true, against
	c.v.Proves = append(c.v.Proves, fmt.Sprintf(format, args...))
}

func (c *court) not(format string, args ...any) {
	c.v.Not = append(c.v.Not, fmt.Sprintf(format, args...))
}

func (c *court) logHolder() string { return "whoever holds the key of the log " + c.genesis.Origin }
func (c *court) boardHolder() string {
	return "whoever holds the board's key of the log " + c.genesis.Origin
}

// checkpoint opens one. The cosignatures are those of all witnesses that the manifests name whose witnesses count.
func (c *court) checkpoint(signed []byte) (boardlog.SignedCheckpoint, error) {
	cp, err := boardlog.Open(signed, c.policy)
	if err != nil {
		return cp, err
	}
	p := c.policy
	p.Witnesses = c.witnesses()
	if with, err := boardlog.Open(signed, p); err == nil {
		cp = with
	}
	return cp, nil
}

func (c *court) witnesses() []note.Verifier {
	var out []note.Verifier
	seen := make(map[string]bool)
	for _, m := range c.heeded {
		for _, k := range m.Witnesses.Keys {
			if w, err := checkpoint.ParseWitnessKey(k); err == nil && !seen[k] {
				seen[k] = true
				out = append(out, w)
			}
		}
	}
	return out
}

func (c *court) fork(f *Fork) {
	earlier, err := c.checkpoint(f.Earlier)
	if err != nil {
		c.nothing("the earlier checkpoint: %v", err)
		return
	}
	later, err := c.checkpoint(f.Later)
	if err != nil {
		c.nothing("the later checkpoint: %v", err)
		return
	}
	proof, err := parted(f.Proof)
	if err != nil {
		c.nothing("the proof: %v", err)
		return
	}
	switch {
	case earlier.Size() > later.Size():
		c.nothing("the checkpoints are in the wrong order")
		return
	case earlier.Size() == later.Size() && len(proof) > 0:
		c.nothing("there is a proof that nothing needs")
		return
	case earlier.Size() == later.Size() && earlier.Root() == later.Root():
		c.nothing("both checkpoints say the same")
		return
	case earlier.Size() == later.Size():
		c.proven(c.logHolder(), "Two checkpoints are signed with the log's key, both of %d records, with different roots: the log was shown with two different contents.", later.Size())
	default:
		before, root, err := boardlog.PrefixRoots(earlier.Size(), later.Size(), proof)
		if err != nil {
			c.nothing("%v", err)
			return
		}
		if root != later.Root() {
			c.nothing("the proof does not lead to the root of the later checkpoint")
			return
		}
		if before == earlier.Root() {
			c.nothing("both checkpoints are of one history: the larger log begins with the smaller")
			return
		}
		c.proven(c.logHolder(), "Two checkpoints are signed with the log's key, of %d and %d records, and the larger log does not begin with the smaller: two histories were shown.", earlier.Size(), later.Size())
	}
	for _, a := range earlier.Cosignatures() {
		for _, b := range later.Cosignatures() {
			if a.Witness == b.Witness && a.KeyHash == b.KeyHash {
				c.proven(c.v.Against+"; the witness "+a.Witness, "The witness %s has cosigned both, which an honest one never does.", a.Witness)
			}
		}
	}
	c.not("It does not say which of the two is the right one, nor which records differ.")
}

// need returns how many witnesses are demanded at most.
func (c *court) need() (need uint64) {
	for _, m := range c.heeded {
		need = max(need, m.Witnesses.Need)
	}
	return need
}

// receipt opens a receipt of this log.
func (c *court) receipt(text []byte) (boardlog.Receipt, boardlog.SignedCheckpoint, error) {
	r, err := boardlog.ParseReceipt(text)
	if err != nil {
		return r, boardlog.SignedCheckpoint{}, err
	}
	cp, err := r.Verify(c.policy)
	return r, cp, err
}

func (c *court) place(p *Place) {
	one, _, err := c.receipt(p.One)
	if err != nil {
		c.nothing("the first receipt: %v", err)
		return
	}
	other, _, err := c.receipt(p.Other)
	switch {
	case err != nil:
		c.nothing("the second receipt: %v", err)
	case one.Index != other.Index:
		c.nothing("the receipts are of two places of the log")
	case one.Record == other.Record:
		c.nothing("both receipts have the same record")
	default:
		c.proven(c.logHolder(), "Under two checkpoints that are signed with the log's key, different records stand at place %d: %s and %s. Two histories were shown.", one.Index, record.ID(one.Record), record.ID(other.Record))
		c.not("It does not say which of the two is the right one.")
	}
}

// signer returns whose promises and refusals are meant: the board's, or a relay's of a vote.
func (c *court) signer(by uint64, vote record.ID) (key sigma.PublicKey, who string, err error) {
	if by == 0 {
		return c.board, c.boardHolder(), nil
	}
	m := c.votes[vote]
	switch {
	case m == nil:
		return key, "", fmt.Errorf("a relay is named, and the manifest of vote %s is not in the file", vote)
	case by > uint64(len(m.Relays)):
		return key, "", fmt.Errorf("vote %s has no relay %d", vote, by)
	}
	key, err = m.Relays[by-1].Key.Public()
	return key, fmt.Sprintf("relay %d of the vote, %s", by, m.Relays[by-1].Name), err
}

// promised opens a promise. The vote in it says whose key is meant, and the signature then covers the vote.
func (c *court) promised(by uint64, signed []byte) (p record.Promise, who string, err error) {
	key, who := c.board, c.boardHolder()
	if by > 0 {
		if err := peek(signed, &p); err != nil {
			return p, "", fmt.Errorf("promise: %w", err)
		}
		if key, who, err = c.signer(by, p.Vote); err != nil {
			return p, "", err
		}
	}
	p = record.Promise{}
	return p, who, record.OpenAnswer(c.id, signed, &p, key)
}

// peek decodes a signed answer without checking who signed it.
func peek(signed []byte, a any) error {
	var e struct {
		_         struct{} `cbor:",toarray"`
		Payload   []byte
		Signature []byte
	}
	if err := record.DecodeStrict(signed, &e); err != nil {
		return err
	}
	return record.DecodeStrict(e.Payload, a)
}

func (c *court) answers(a *Answers) {
	p, who, err := c.promised(a.By, a.Promise)
	if err != nil {
		c.nothing("%v", err)
		return
	}
	key, _, err := c.signer(a.By, p.Vote)
	var r record.Refusal
	if err == nil {
		err = record.OpenAnswer(c.id, a.Refusal, &r, key)
	}
	if err != nil {
		c.nothing("%v", err)
		return
	}
	relays := -1
	if m := c.votes[p.Vote]; m != nil {
		relays = len(m.Relays)
	}
	switch {
	case r.Record != p.Ballot || r.Scope != p.Vote:
		c.nothing("promise and refusal are not of one record")
	case IsGeneral(r.Code):
		c.nothing("the refusal (%s) says nothing of the record: it may be taken later", r.Code)
	case !Contradicts(&p, &r, relays):
		c.nothing("a record can be refused (%s) first and promised later; the times in the two do not show that it was the other way round. The promise alone can be compared with the log", r.Code)
	case settled(r.Code) && relays == 0:
		c.proven(who, "The record %s was promised to be recorded, and refused because of %s. Both are signed with one key. What is refused so never becomes acceptable, and what is recorded is not refused.", p.Ballot, r.Code)
	default:
		c.proven(who, "The record %s was promised at %s, and refused (%s) at %s. Both are signed with one key. What was promised is on the log, and is not refused.", p.Ballot, date(p.At), r.Code, date(r.At))
		c.not("It rests on the signer's own times: its clock would have to have gone back by more than an hour for the refusal to have come first.")
	}
	if c.v.Proven {
		c.not("It does not say whether the record is on the log: compare with a receipt, or with the log.")
	}
}

// timeRecord opens a time record of this log and its receipt.
func (c *court) timeRecord(raw, receipt []byte) (now uint64, r boardlog.Receipt, cp boardlog.SignedCheckpoint, err error) {
	rec, err := record.Decode(raw)
	if err != nil {
		return 0, r, cp, fmt.Errorf("the time record: %w", err)
	}
	t, ok := rec.Body.(*record.Time)
	if !ok || rec.Scope != c.id {
		return 0, r, cp, errors.New("the time record is none of this log")
	}
	if err := rec.VerifySignature(c.id, c.board); err != nil {
		return 0, r, cp, fmt.Errorf("the time record: %w", err)
	}
	if r, cp, err = c.receipt(receipt); err != nil {
		return 0, r, cp, fmt.Errorf("the receipt of the time record: %w", err)
	}
	if record.ID(r.Record) != rec.ID() {
		return 0, r, cp, errors.New("the receipt is not of the time record")
	}
	return t.Now, r, cp, nil
}

func (c *court) ahead(a *Ahead) {
	now, r, under, err := c.timeRecord(a.Time, a.Receipt)
	if err != nil {
		c.nothing("%v", err)
		return
	}
	cp, err := c.checkpoint(a.Checkpoint)
	switch {
	case err != nil:
		c.nothing("the checkpoint: %v", err)
		return
	case cp.Size() != under.Size() || cp.Root() != under.Root():
		c.nothing("the checkpoint is not the one of the receipt")
		return
	}
	var names []string
	var first uint64
	for _, s := range cp.Cosignatures() {
		if s.Time+slack < now {
			names = append(names, s.Witness)
			first = max(first, s.Time)
		}
	}
	need := max(1, c.need())
	if uint64(len(names)) < need {
		c.nothing("%d witnesses that the manifests name have cosigned the log before the time that the record says, %d would have to", len(names), need)
		return
	}
	slices.Sort(names)
	c.proven(c.boardHolder(), "Record %d of the log says that it is %s; the witnesses %v had cosigned the log with that record on %s at the latest, more than an hour before. The log's time runs ahead, so deadlines pass early by it.", r.Index, date(now), names, date(first))
	c.not("It rests on the clocks of these witnesses, and does not say whether the board's clock was wrong by intent.")
}

func (c *court) backdate(b *Backdate) {
	now, before, under, err := c.timeRecord(b.Time, b.Before)
	if err != nil {
		c.nothing("%v", err)
		return
	}
	p, _, err := c.promised(0, b.Promise)
	if err != nil {
		c.nothing("%v", err)
		return
	}
	m := c.votes[p.Vote]
	at, cp, err := c.receipt(b.Ballot)
	switch {
	case err != nil:
		c.nothing("the receipt of what was promised: %v", err)
	case m == nil:
		c.nothing("the manifest of vote %s is not in the file, so it does not show whether this was a support, which is promised before it is on the log", p.Vote)
	case supportable(m, p.At):
		c.nothing("the promise is dated when the vote's petition ran: a support is promised before it is on the log, and times come between the two")
	case record.ID(at.Record) != p.Ballot:
		c.nothing("the receipt is not of what was promised")
	case cp.Size() != under.Size() || cp.Root() != under.Root():
		c.nothing("the two receipts are not under one checkpoint")
	case at.Index < before.Index || p.At+slack >= now:
		c.nothing("the promise is not dated an hour or more before a time that was on the log when it was given")
	default:
		c.proven(c.boardHolder(), "The promise of %s is dated %s. What it promises stands at place %d of the log, behind the time %s at place %d; a board promises only what it has recorded. The promise is backdated by more than an hour.", p.Ballot, date(p.At), at.Index, date(now), before.Index)
		c.not("It does not say whether the board's clock was wrong by intent. What counts is decided by places on the log, not by this date.")
	}
}

// supportable reports whether what was promised at a time may have been a support of the vote's petition.
func supportable(m *record.Vote, at uint64) bool {
	return m.Rules != nil && m.Rules.Call.Petition != nil && at <= m.Rules.Call.Petition.Closes+slack
}

// same reports whether a source's log is this one: record 0 is, so that its keys are.
func (c *court) same(first []byte) bool { return bytes.Equal(first, c.file.Genesis) }
