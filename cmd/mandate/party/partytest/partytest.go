// Package partytest is a board in memory, for tests of parties. It is test support: only test files may import it. What records come to is
// decided by package fold, as on a real board; what a board adds besides (promises, receipts) can be made to lie.
package partytest

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"sync"

	"golang.org/x/mod/sumdb/tlog"

	"mandate/ballot/checkpoint"
	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/simulate"
	"mandate/bulletin/client"
	"mandate/cmd/mandate/party"
	"mandate/verifier/boardlog"
	"mandate/verifier/corpus/electiontest"
)

// A Board is the board of a simulated organisation. It is safe for concurrent use through its views; the organisation itself is used
// within Do.
type Board struct {
	mu  sync.Mutex
	org *simulate.Org
}

// New returns the board of an organisation.
func New(org *simulate.Org) *Board { return &Board{org: org} }

// Do calls f with the organisation while no view uses it.
func (b *Board) Do(f func(org *simulate.Org)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f(b.org)
}

// View returns the board as one party sees it.
func (b *Board) View() *View { return &View{board: b, state: fold.New()} }

// A View is a party.Board. Its fields make the board misbehave towards this party; they are set before it is used.
type View struct {
	// Frozen, if positive, is how many records the board shows at most.
	Frozen int
	// Down, if it is not nil, is the error of every call.
	Down error
	// Record, if it is not nil, changes what is put on the log: nil drops it. It is called before the record is judged.
	Record func(*record.Record) *record.Record
	// Promise and Proof, if not nil, change a promise or a receipt before it is handed out.
	Promise func(r *record.Record, promise []byte) []byte
	Proof   func(id record.ID, receipt []byte) []byte

	board      *Board
	state      *fold.State
	checkpoint []byte
}

var _ party.Board = (*View)(nil)

// Update folds what is new.
func (v *View) Update(context.Context) error {
	if v.Down != nil {
		return v.Down
	}
	v.board.mu.Lock()
	defer v.board.mu.Unlock()
	log := v.shown()
	for _, p := range v.state.Prepare(log[v.state.Size():]) {
		v.state.Check([]*fold.Prepared{p})
		v.state.Apply(p)
	}
	v.checkpoint = v.board.org.CheckpointAt(len(log))
	return nil
}

func (v *View) shown() [][]byte {
	log := v.board.org.Log()
	if v.Frozen > 0 && v.Frozen < len(log) {
		log = log[:v.Frozen]
	}
	return log
}

// State returns the fold of what was shown.
func (v *View) State() *fold.State { return v.state }

// Checkpoint returns the last checkpoint shown.
func (v *View) Checkpoint() []byte { return v.checkpoint }

// Submit puts a record on the log if it would be accepted, and promises ballots.
func (v *View) Submit(_ context.Context, r *record.Record) ([]byte, error) {
	if v.Down != nil {
		return nil, v.Down
	}
	v.board.mu.Lock()
	defer v.board.mu.Unlock()
	org, put := v.board.org, r
	if v.Record != nil {
		put = v.Record(r)
	}
	if put != nil && !slices.ContainsFunc(org.Log(), func(raw []byte) bool { return record.IDOf(raw) == put.ID() }) {
		if o := org.Judge(put.Raw()); o.Status != fold.Accepted {
			return nil, fmt.Errorf("sending: %w", &client.Refused{Code: o.Code, Sentence: o.Err.Error()})
		}
		org.Append(put.Raw())
	}
	if r.Kind() != "ballot" && r.Kind() != "support" {
		return nil, nil
	}
	promise, err := record.SignAnswer(org.Genesis, &record.Promise{Vote: r.Scope, Ballot: r.ID(), At: org.State.Now()}, org.Board, rand.Reader)
	if err == nil && v.Promise != nil {
		promise = v.Promise(r, promise)
	}
	return promise, err
}

// Receipt makes a receipt under a checkpoint of the log as it is.
func (v *View) Receipt(_ context.Context, id record.ID) ([]byte, error) {
	if v.Down != nil {
		return nil, v.Down
	}
	v.board.mu.Lock()
	defer v.board.mu.Unlock()
	receipt, err := Receipt(v.board.org, id)
	if err == nil && v.Proof != nil {
		receipt = v.Proof(id, receipt)
	}
	return receipt, err
}

// Extends compares the root at the earlier checkpoint's size with what was shown.
func (v *View) Extends(_ context.Context, earlier []byte) error {
	v.board.mu.Lock()
	defer v.board.mu.Unlock()
	org := v.board.org
	policy, err := Policy(org)
	if err != nil {
		return err
	}
	known, err := boardlog.Open(earlier, policy)
	if err != nil {
		return err
	}
	shown, err := boardlog.Open(v.checkpoint, policy)
	switch {
	case err != nil:
		return err
	case known.Size() > shown.Size():
		return boardlog.ErrStale
	case tlog.Hash(simulate.Root(org.Log()[:known.Size()])) != known.Root():
		return History(org.Until(int(shown.Size())), known, shown)
	}
	return nil
}

// History returns the error with which a log's tree says that it does not continue a checkpoint.
func History(org *simulate.Org, known, shown boardlog.SignedCheckpoint) error {
	b := electiontest.Of(org, org.Log(), record.ID{}).Package
	pkg, err := boardlog.OpenPackage(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return err
	}
	tree, err := boardlog.OpenTree(context.Background(), pkg, shown)
	if err != nil {
		return err
	}
	return tree.Extends(context.Background(), known)
}

// Policy is the policy for checkpoints of an organisation's log.
func Policy(org *simulate.Org) (boardlog.Policy, error) {
	key, err := checkpoint.ParseLogKey(org.LogKey)
	return boardlog.Policy{Origin: org.Config.Origin, Log: key}, err
}

// Records hands on what was shown.
func (v *View) Records(_ context.Context, from uint64, fn func(index uint64, raw []byte) error) error {
	v.board.mu.Lock()
	log := v.shown()
	v.board.mu.Unlock()
	for i := from; i < v.state.Size(); i++ {
		if err := fn(i, log[i]); err != nil {
			return err
		}
	}
	return nil
}

// Receipt makes the receipt of a record on an organisation's log.
func Receipt(org *simulate.Org, id record.ID) ([]byte, error) {
	log := org.Log()
	var hashes []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		for i, n := range indexes {
			out[i] = hashes[n]
		}
		return out, nil
	})
	at := -1
	for i, raw := range log {
		h, err := tlog.StoredHashes(int64(i), raw, reader)
		if err != nil {
			return nil, err
		}
		hashes = append(hashes, h...)
		if record.IDOf(raw) == id {
			at = i
		}
	}
	if at < 0 {
		return nil, client.ErrUnknown
	}
	proof, err := tlog.ProveRecord(int64(len(log)), int64(at), reader)
	if err != nil {
		return nil, err
	}
	return boardlog.Receipt{Record: tlog.Hash(id), Index: uint64(at), Hashes: proof, Checkpoint: org.Checkpoint()}.Encode(), nil
}
