package verifier

import (
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/verifier/boardlog"
)

// receipt is the member's receipt under check.
type receipt struct {
	given  bool
	proof  boardlog.Receipt
	opened bool
	err    error // why it does not hold
	head   boardlog.SignedCheckpoint

	id    record.ID // of the record that stands at the receipt's index
	kind  string
	scope record.ID
	root  tlog.Hash // of this log at the size of the receipt's checkpoint
	void  string    // the code, if the record is void
}

func (a *audit) openReceipt() {
	r := &a.receipt
	if a.options.Receipt == nil {
		return
	}
	r.given = true
	if r.proof, r.err = boardlog.ParseReceipt(a.options.Receipt); r.err != nil {
		r.err = fmt.Errorf("the receipt: %w", r.err)
	}
}

// verifyReceipt checks the receipt's own proof, once the genesis record has named the log's key.
func (a *audit) verifyReceipt(g *record.Genesis) {
	r := &a.receipt
	if !r.given || r.err != nil {
		return
	}
	policy, err := logPolicy(g)
	if err == nil {
		r.head, err = r.proof.Verify(policy)
	}
	r.opened, r.err = err == nil, err
}

// watchReceipt remembers the record at the receipt's index and the log's root at its size.
func (a *audit) watchReceipt(index uint64, p *fold.Prepared, o fold.Outcome) {
	r := &a.receipt
	if !r.opened {
		return
	}
	if index == r.proof.Index && p.Record() != nil {
		r.id, r.kind, r.scope = p.ID(), p.Record().Kind(), p.Record().Scope
		if o.Status != fold.Accepted {
			r.void = o.Code
		}
	}
	if index+1 == r.head.Size() {
		r.root = tlog.Hash(a.state.Root())
	}
}

// fault says why the receipt does not hold in this log, nil if it does.
func (r *receipt) fault(size uint64) error {
	switch {
	case r.err != nil:
		return r.err
	case !r.opened:
		return errors.New("the receipt could not be checked, since the log's key is not known")
	case r.head.Size() > size:
		return fmt.Errorf("the receipt is of a log of %d records, this one has %d: it is older, or records were taken away", r.head.Size(), size)
	case r.root != r.head.Root():
		return fmt.Errorf("this log and the receipt's differ within their first %d records: the board has shown two histories", r.head.Size())
	case tlog.Hash(r.id) != r.proof.Record:
		return fmt.Errorf("record %d of this log is not the receipt's", r.proof.Index)
	}
	return nil
}

// judgeReceipt judges the receipt for a vote. Where no vote was asked for, every vote on the log is judged, and the receipt is for one of them.
func (a *audit) judgeReceipt(c *Check, v *fold.Vote, pinned bool) {
	r := &a.receipt
	if !r.given {
		c.Status, c.Detail = NotAsked, "no receipt was given"
		return
	}
	if err := r.fault(a.report.Size); err != nil {
		c.fail(Finding{Index: -1, Code: "receipt", Sentence: err.Error()})
		return
	}
	switch {
	case !pinned && r.kind == "ballot" && r.scope != v.ID && a.state.Vote(r.scope) != nil:
		c.Status, c.Detail = NotAsked, fmt.Sprintf("the receipt is for vote %s", r.scope)
	case r.scope != v.ID || r.kind != "ballot":
		c.fail(Finding{Index: int64(r.proof.Index), ID: r.id, Kind: r.kind, Code: "receipt", Sentence: "the receipt is not for a ballot of this vote"})
	case r.void != "":
		c.hold("record %d stands as it was sent, and is not counted: %s", r.proof.Index, r.void)
	default:
		c.hold("ballot %s stands as record %d", r.id.Short(), r.proof.Index)
	}
}
