// Package verifier checks a whole vote from the public record alone, and says what it found (SPEC.md §12).
//
// Verify reads a board, a folder or an audit package through a boardlog.Source and returns a Report; a Follower keeps up with a board that
// grows. Both trust the group, the hash functions and, if one is given, the vote's id: no party, and nothing that a board says of itself.
// The package depends on the mathematics, the rules and the log's format only, so that an auditor can read all of it.
package verifier

import (
	"context"
	"errors"
	"fmt"

	"mandate/ballot/checkpoint"
	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/verifier/boardlog"
)

// MaxFindings is how many void records of one kind and code a report lists; all are counted.
const MaxFindings = 100

// window is how many records are prepared at once.
const window = 4096

// Options of a verification.
type Options struct {
	// Vote is the id of the vote to judge. Zero judges every vote on the log and reports that no id was given.
	Vote record.ID
	// Receipt is a member's receipt to check against the log, nil for none.
	Receipt []byte
	// Progress, if not nil, is called now and then with the number of records judged and in all.
	Progress func(done, total uint64)
}

// audit is one verification under way.
type audit struct {
	options Options
	state   *fold.State
	report  *Report

	fatal       map[record.ID][]Finding // by vote
	voidBallots map[record.ID]uint64
	issuedAt    map[record.ID][]uint64 // per vote: cards issued by each registrar before it opened
	late        map[record.ID]uint64   // per vote: cards issued while it was open
	receipt     receipt
}

// Verify reads a source whole and judges it. An error of the source becomes a report with verdict Unreadable; the error returned is only
// that of the context.
func Verify(ctx context.Context, src boardlog.Source, o Options) (*Report, error) {
	a := &audit{
		options: o, state: fold.New(),
		report:      &Report{Log: newChecks(checkPackage, checkClock), VoidTotal: make(map[string]uint64)},
		fatal:       make(map[record.ID][]Finding),
		voidBallots: make(map[record.ID]uint64), issuedAt: make(map[record.ID][]uint64), late: make(map[record.ID]uint64),
	}
	err := a.read(ctx, src)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	a.conclude(err)
	return a.report, nil
}

// read streams the log into the fold: the next window is read and prepared while the present one is applied.
func (a *audit) read(ctx context.Context, src boardlog.Source) error {
	a.openReceipt()
	head, err := a.openCheckpoint(ctx, src)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	windows := make(chan [][]byte, 1)
	prepared := make(chan []*fold.Prepared, 1)
	done := make(chan error, 1)
	go func() {
		defer close(windows)
		done <- readWindows(ctx, src, head, windows)
	}()
	go func() {
		defer close(prepared)
		for w := range windows {
			select {
			case prepared <- a.state.Prepare(w):
			case <-ctx.Done():
				return
			}
		}
	}()
	for ps := range prepared {
		if err := a.apply(ps, head.Size); err != nil {
			return err
		}
	}
	if err := <-done; err != nil {
		return err
	}
	if a.state.Size() != head.Size {
		return fmt.Errorf("%w: %d records of %d", boardlog.ErrTruncated, a.state.Size(), head.Size)
	}
	find(a.report.Log, checkPackage).hold("every file of a log of %d records", head.Size)
	if root := a.state.Root(); root != record.ID(head.Root) {
		find(a.report.Log, checkTree).fail(Finding{Index: -1, Code: "tree", Sentence: fmt.Sprintf("the records give the root %s, the checkpoint says %x", root, head.Root)})
		return nil
	}
	find(a.report.Log, checkTree).hold("%d records, root %s", head.Size, a.state.Root())
	a.finishReceipt(head)
	return nil
}

func readWindows(ctx context.Context, src boardlog.Source, head checkpoint.Checkpoint, out chan<- [][]byte) error {
	var w [][]byte
	flush := func() error {
		if len(w) == 0 {
			return nil
		}
		select {
		case out <- w:
			w = nil
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	err := boardlog.Read(ctx, src, head, 0, func(_ uint64, entry []byte) error {
		if w = append(w, entry); len(w) == window {
			return flush()
		}
		return nil
	})
	return errors.Join(err, flush())
}

// openCheckpoint reads the checkpoint with the key that the first record names; that the first record is in the tree is checked later.
func (a *audit) openCheckpoint(ctx context.Context, src boardlog.Source) (checkpoint.Checkpoint, error) {
	head, err := Head(ctx, src)
	if err != nil {
		var bad *CheckpointError
		if errors.As(err, &bad) {
			find(a.report.Log, checkCheckpoint).fail(Finding{Index: -1, Code: "checkpoint", Sentence: bad.Err.Error()})
		}
		return checkpoint.Checkpoint{}, err
	}
	a.report.Origin, a.report.Size, a.report.Root = head.Origin, head.Size, record.ID(head.Root)
	find(a.report.Log, checkCheckpoint).hold("size %d, signed by the log %s", head.Size, head.Origin)
	return head, nil
}

// A CheckpointError says that a checkpoint is there and is not to be believed.
type CheckpointError struct{ Err error }

func (e *CheckpointError) Error() string { return e.Err.Error() }
func (e *CheckpointError) Unwrap() error { return e.Err }

// apply judges a window of records in order.
func (a *audit) apply(ps []*fold.Prepared, total uint64) error {
	a.state.Check(ps) // those that could not be checked before, since their vote had not opened
	for i, p := range ps {
		index := a.state.Size()
		o := a.state.Apply(p)
		a.note(index, p, o)
		a.follow(index, p, o)
		if o.Status == fold.Accepted {
			if _, ok := p.Record().Body.(*record.Opening); ok {
				a.opened(p.Record().Scope)
				a.state.Check(ps[i+1:])
			}
		}
		if o.Status == fold.Fatal && o.Scope == (record.ID{}) && o.Code == "genesis" && index == 0 {
			return nil
		}
	}
	if a.options.Progress != nil {
		a.options.Progress(a.state.Size(), total)
	}
	return nil
}

// opened remembers how many cards had been issued when a vote opened.
func (a *audit) opened(id record.ID) {
	v := a.state.Vote(id)
	for i := range v.Round.Manifest.Registrars {
		a.issuedAt[id] = append(a.issuedAt[id], v.Round.Issued(i+1))
	}
}

// follow notes, when a vote closes, how many cards were issued while it was open.
func (a *audit) follow(index uint64, p *fold.Prepared, o fold.Outcome) {
	a.watchReceipt(index, p, o)
	if o.Status != fold.Accepted || p.Record().Kind() != "closing" {
		return
	}
	v := a.state.Vote(p.Record().Scope)
	for i, before := range a.issuedAt[v.ID] {
		a.late[v.ID] = max(a.late[v.ID], v.Round.Issued(i+1)-before)
	}
}

// conclude turns what was found into the report's verdict.
func (a *audit) conclude(err error) {
	r := a.report
	r.sealed = true
	if err != nil {
		r.Problem = err.Error()
		var bad *boardlog.RecordError
		switch {
		case errors.As(err, &bad):
			f := Finding{Index: int64(bad.Index), Code: "tree", Sentence: bad.Error()}
			find(r.Log, checkTree).fail(f)
		case errors.As(err, new(*boardlog.FormError)):
			find(r.Log, checkPackage).fail(Finding{Index: -1, Code: "package", Sentence: err.Error()})
		}
		r.Verdict = Unreadable
		if verdictOf(r.Log, false) == Refuted {
			r.Verdict = Refuted
		}
		return
	}
	if g, _ := a.state.Genesis(); g != nil {
		find(r.Log, checkGenesis).hold("%s, %d commission keys", g.Origin, len(g.Commission))
	}
	find(r.Log, checkRecords).hold("%d records in their one form", r.Size)
	find(r.Log, checkClock).hold("the board's time is %d and never went back", a.state.Now())
	logVerdict := verdictOf(r.Log, true)
	r.Verdict = logVerdict
	a.judgeVotes()
	for i := range r.Votes {
		if logVerdict != Verified {
			r.Votes[i].Verdict = logVerdict
		}
		r.Verdict = worse(r.Verdict, r.Votes[i].Verdict)
	}
}

func (a *audit) judgeVotes() {
	r := a.report
	if a.options.Vote != (record.ID{}) {
		v := a.state.Vote(a.options.Vote)
		if v == nil {
			missing := VoteReport{ID: a.options.Vote, Pinned: true, Checks: newChecks(checkVote, checkReceipt), Verdict: Refuted}
			find(missing.Checks, checkVote).fail(Finding{Index: -1, ID: a.options.Vote, Code: "vote-missing", Sentence: "the vote asked for is not on this log"})
			r.Votes = []VoteReport{missing}
			return
		}
		r.Votes = []VoteReport{a.judgeVote(v, true)}
		return
	}
	for _, v := range a.state.Votes() {
		r.Votes = append(r.Votes, a.judgeVote(v, false))
	}
	if len(r.Votes) == 0 {
		r.Problem = "there is no vote on this log"
		r.Verdict = worse(r.Verdict, Unfinished)
	}
}

// worse returns the verdict that says less in the log's favour.
func worse(a, b Verdict) Verdict {
	rank := map[Verdict]int{Verified: 3, Unfinished: 2, Unreadable: 1, Refuted: 0}
	if rank[b] < rank[a] {
		return b
	}
	return a
}
