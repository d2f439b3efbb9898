package verifier

import (
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"mandate/ballot/checkpoint"
	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/verifier/boardlog"
)

// receipt is the member's receipt under check.
type receipt struct {
	given bool
	err   error // why it does not hold
	proof *boardlog.Receipt
	id    record.ID // of the record that stands at the receipt's index
	kind  string
	scope record.ID
	root  tlog.Hash // of the log at the receipt's size
	void  string
}

func (a *audit) openReceipt() {
	if a.options.Receipt == nil {
		return
	}
	a.receipt.given = true
	a.receipt.proof, a.receipt.err = boardlog.ParseReceipt(a.options.Receipt)
}

// watchReceipt remembers the record at the receipt's index and the log's root at its size.
func (a *audit) watchReceipt(index uint64, p *fold.Prepared, o fold.Outcome) {
	r := &a.receipt
	if r.proof == nil {
		return
	}
	if index == r.proof.Index && p.Record() != nil {
		r.id, r.kind, r.scope = p.ID(), p.Record().Kind(), p.Record().Scope
		if o.Status != fold.Accepted {
			r.void = o.Code
		}
	}
	if index+1 == r.proof.Size() {
		r.root = tlog.Hash(a.state.Root())
	}
}

// finishReceipt checks the receipt's own proof and that it speaks of this log's history.
func (a *audit) finishReceipt(head checkpoint.Checkpoint) {
	r := &a.receipt
	if r.proof == nil {
		return
	}
	g, _ := a.state.Genesis()
	if g == nil {
		r.err = errors.New("this log has no genesis record")
		return
	}
	key, err := checkpoint.ParseLogKey(g.LogKey)
	if err == nil {
		err = r.proof.Verify(checkpoint.Policy{Origin: g.Origin, Log: key})
	}
	switch {
	case err != nil:
		r.err = err
	case r.proof.Size() > head.Size:
		r.err = fmt.Errorf("the receipt is for a log of %d records, this one has %d: it is older, or records were taken away", r.proof.Size(), head.Size)
	case r.root != r.proof.Root():
		r.err = fmt.Errorf("this log and the receipt's are two histories: they differ within the first %d records", r.proof.Size())
	case tlog.Hash(r.id) != r.proof.Leaf():
		r.err = fmt.Errorf("record %d of this log is not the receipt's", r.proof.Index)
	}
}

func (a *audit) judgeReceipt(c *Check, v *fold.Vote) {
	r := &a.receipt
	switch {
	case !r.given:
		c.Status, c.Detail = NotAsked, "no receipt was given"
	case r.err != nil:
		c.fail(Finding{Index: -1, Code: "receipt", Sentence: r.err.Error()})
	case r.scope != v.ID || r.kind != "ballot":
		c.Status, c.Detail = NotAsked, "the receipt is for a record of another vote"
	case r.void != "":
		c.hold("record %d is recorded as it was sent, and does not count: %s", r.proof.Index, r.void)
	default:
		c.hold("ballot %s is record %d of this log", r.id.Short(), r.proof.Index)
	}
}
