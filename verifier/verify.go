// Package verifier checks a whole vote from the public record alone, and says what it found (SPEC.md §12).
//
// Verify reads a board, a folder or an audit package through a boardlog.Source and returns a Report; a Follower keeps up with a board that
// grows. Both trust the group, the hash functions and, if one is given, the vote's id: no party, and nothing that a board says of itself.
// The package depends on the mathematics, the rules and the log's format only, so that an auditor can read all of it.
package verifier

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/mod/sumdb/note"

	"mandate/ballot/checkpoint"
	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/verifier/boardlog"
)

// MaxFindings is how many void records of one kind and code a report lists; all are counted.
const MaxFindings = 100

// window is how many records are prepared at once, unless the options say otherwise.
const window = 4096

// Options of a verification.
type Options struct {
	// Vote is the id of the vote to judge. Zero judges every vote on the log and reports that no id was given.
	Vote record.ID
	// Receipt is a member's receipt to check against the log, nil for none.
	Receipt []byte
	// Opened is the text of an opened ballot to check against its vote on the log, nil for none.
	Opened []byte
	// Progress, if not nil, is called now and then.
	Progress func(Progress)
	// Window is how many records are judged between two calls of Progress. Fewer cost time, because proofs are checked together. Default 4096.
	Window int
	// Again says that Merge checks one in so many ballots again. Default 1000; 1 checks all.
	Again uint64
}

// A Progress says how far a verification has come.
type Progress struct {
	Ballots uint64 // judged, void ones included
	Records uint64 // judged, the ballots included
	Total   uint64 // of records
}

// audit is one verification under way.
type audit struct {
	options Options
	state   *fold.State
	report  *Report

	ballots     uint64                  // judged
	fatal       map[record.ID][]Finding // by vote
	voidBallots map[record.ID]uint64
	courses     map[record.ID]*course // by vote

	removedIssued map[record.ID]uint64 // by round: entries taken off the roll to which every registrar had issued a card
	removedOpen   map[record.ID]uint64 // by vote: entries taken off the roll while it was open

	receipt receipt
	story   *Story
	clocks  clocks
	merging *merging // nil if the ballots are all checked here
}

// Verify reads a source whole and judges it. An error of the source becomes a report with verdict Unreadable; the error returned is only
// that of the context.
func Verify(ctx context.Context, src boardlog.Source, o Options) (*Report, error) {
	a := newAudit(o)
	err := a.read(ctx, src)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	a.conclude(err)
	return a.report, nil
}

// Unread returns the report of a source that could not even be opened.
func Unread(err error) *Report {
	a := newAudit(Options{})
	a.conclude(err)
	return a.report
}

func newAudit(o Options) *audit {
	return &audit{
		options: o, state: fold.New(),
		report:      &Report{Log: newChecks(checkPackage, checkClock), VoidTotal: make(map[string]uint64)},
		fatal:       make(map[record.ID][]Finding),
		voidBallots: make(map[record.ID]uint64), courses: make(map[record.ID]*course), story: NewStory(),
		removedIssued: make(map[record.ID]uint64), removedOpen: make(map[record.ID]uint64),
	}
}

// read streams the log into the fold: the next window is read and prepared while the present one is applied. Records come checked to be in
// the tree.
func (a *audit) read(ctx context.Context, src boardlog.Source) error {
	a.openReceipt()
	head, err := readHead(ctx, src)
	if err != nil {
		return err
	}
	a.report.Origin, a.report.Size, a.report.Root = head.Origin(), head.Size(), record.ID(head.Root())
	if a.merging != nil {
		if err := a.merging.begin(head); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	windows := make(chan [][]byte, 1)
	prepared := make(chan []*fold.Prepared, 1)
	done := make(chan error, 1)
	go func() {
		defer close(windows)
		done <- readWindows(ctx, src, head, cmp.Or(max(a.options.Window, 0), window), windows)
	}()
	go func() {
		defer close(prepared)
		next := uint64(0)
		for w := range windows {
			from := next
			next += uint64(len(w))
			select {
			case prepared <- a.prepare(from, w):
			case <-ctx.Done():
				return
			}
		}
	}()
	for ps := range prepared {
		a.apply(ps, head.Size())
	}
	if err := <-done; err != nil {
		return err
	}
	if a.state.Size() != head.Size() {
		return fmt.Errorf("%w: %d records of %d", boardlog.ErrTruncated, a.state.Size(), head.Size())
	}
	// The fold hashes what it was given a second time, so that what is counted is what was checked.
	if root := a.state.Root(); root != record.ID(head.Root()) {
		return &boardlog.RootError{Size: head.Size()}
	}
	if _, ok := src.(*boardlog.Package); ok { // a board's own checkpoint may have cosignatures of witnesses that no vote asks for
		if err := head.Account(a.witnesses()); err != nil {
			return &CheckpointError{err}
		}
	}
	hold := func(number int, format string, args ...any) { find(a.report.Log, number).hold(format, args...) }
	hold(checkPackage, "every file of a log of %d records", head.Size())
	hold(checkCheckpoint, "signed by the log %s", head.Origin())
	hold(checkTree, "%d records give the root %s", head.Size(), a.state.Root())
	return nil
}

// witnesses returns the keys of all witnesses that votes on the log name.
func (a *audit) witnesses() []note.Verifier {
	var keys []note.Verifier
	for _, v := range a.state.Votes() {
		for _, k := range v.Manifest.Witnesses.Keys {
			if w, err := checkpoint.ParseWitnessKey(k); err == nil {
				keys = append(keys, w)
			}
		}
	}
	return keys
}

func readWindows(ctx context.Context, src boardlog.Source, head boardlog.SignedCheckpoint, size int, out chan<- [][]byte) error {
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
	err := boardlog.Read(ctx, src, head, 0, func(_ uint64, raw []byte) error {
		if w = append(w, raw); len(w) == size {
			return flush()
		}
		return nil
	})
	if err != nil {
		return err
	}
	return flush()
}

// apply judges a window of records in order.
func (a *audit) apply(ps []*fold.Prepared, total uint64) {
	a.check(a.state.Size(), ps) // those that could not be checked before, since their vote had not opened
	for i, p := range ps {
		index := a.state.Size()
		if a.merging != nil {
			a.merging.compare(a.state, index, p)
		}
		o := a.state.Apply(p)
		a.note(index, p, o)
		a.watchReceipt(index, p, o)
		a.story.Add(a.state, index, p, o)
		if rec := p.Record(); rec != nil && rec.Kind() == "ballot" {
			a.ballots++
		}
		if o.Status != fold.Accepted {
			continue
		}
		a.clocks.watch(a.state, index, p.Record())
		a.follow(p.Record())
		a.followRules(p.Record())
		switch b := p.Record().Body.(type) {
		case *record.Genesis:
			a.verifyReceipt(b)
		case *record.RollRemoval:
			a.followRoll(p.Record().Scope, b)
		case *record.Opening:
			if a.merging != nil {
				a.merging.open(a.state, p.Record().Scope)
			}
			a.check(index+1, ps[i+1:])
		}
	}
	if a.options.Progress != nil {
		a.options.Progress(Progress{Ballots: a.ballots, Records: a.state.Size(), Total: total})
	}
}

// conclude turns what was found into the report's verdict.
func (a *audit) conclude(err error) {
	r := a.report
	r.sealed = true
	defer func() { r.Tally = r.tally() }()
	if err != nil {
		r.Problem = err.Error()
		if f, check := faultOf(err); check != 0 {
			find(r.Log, check).fail(f)
			r.Verdict = Refuted
		}
		return
	}
	if g, _ := a.state.Genesis(); g != nil {
		find(r.Log, checkGenesis).hold("%s, %d commission keys", g.Origin, len(g.Commission))
	}
	find(r.Log, checkRecords).hold("%d records in their one form", r.Size)
	find(r.Log, checkClock).hold("the board's time is %d and never went back", a.state.Now())
	logVerdict := verdictOf(r.Log, checkPackage, checkClock, true)
	r.Verdict = logVerdict
	a.judgeVotes()
	others := slices.ContainsFunc(r.Votes, func(v VoteReport) bool { return !v.Ended })
	for i := range r.Votes {
		v := &r.Votes[i]
		v.Verdict = worse(v.Verdict, logVerdict)
		if v.Verdict != Verified {
			v.Contests = nil // a result that nobody should believe is not shown
		}
		if v.Ended && v.Verdict == Unfinished && others {
			continue // it will never be finished, and keeps nothing else from being verified
		}
		r.Verdict = worse(r.Verdict, v.Verdict)
	}
	a.judgeOpened()
}

// faultOf says which check of the log an error of reading it fails: one that says that something is wrong, not that it could not be read.
func faultOf(err error) (Finding, int) {
	f := Finding{Index: -1, Sentence: err.Error()}
	var rec *boardlog.RecordError
	switch {
	case errors.As(err, &rec):
		f.Index, f.Code, f.Sentence = int64(rec.Index), "tree", rec.Err.Error()
		return f, checkTree
	case errors.As(err, new(*CheckpointError)), errors.As(err, new(*boardlog.HeadError)):
		f.Code = "checkpoint"
		return f, checkCheckpoint
	case errors.As(err, new(*boardlog.PackageError)):
		f.Code = "package"
		return f, checkPackage
	case errors.Is(err, boardlog.ErrInvalid):
		f.Code = "tree"
		return f, checkTree
	}
	return f, 0
}

func (a *audit) judgeVotes() {
	r := a.report
	if a.options.Vote != (record.ID{}) {
		v := a.state.Vote(a.options.Vote)
		if v == nil {
			missing := VoteReport{ID: a.options.Vote, Pinned: true, Checks: newChecks(checkVote, checkMixes), Verdict: Refuted}
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
