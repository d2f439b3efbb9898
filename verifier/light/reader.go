package light

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"mandate/ballot/checkpoint"
	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/crypto/merkle"
	"mandate/verifier/boardlog"
)

// A Source has a log's files, and a board's extracts. What it returns is not believed.
type Source interface {
	boardlog.Source
	// Get returns what is at a path of this package, at most limit bytes; an answer that is longer is an error. The error for what is not
	// there wraps fs.ErrNotExist. Nothing may be taken from a cache but the entries of a roll.
	Get(ctx context.Context, path string, limit int64) ([]byte, error)
}

// Options of a reader.
type Options struct {
	// Seen is the newest checkpoint that this device has seen of the board before, as signed; nil if it has seen none.
	Seen []byte
	// Save, if not nil, keeps a newer one. It has been checked.
	Save func(ctx context.Context, signed []byte) error
}

// A Reader reads what its member needs. What it has read it keeps. It is for one goroutine at a time.
type Reader struct {
	src     Source
	files   *tileCache
	options Options

	policy  boardlog.Policy
	genesis []byte // record 0, by which the policy is
	head    boardlog.SignedCheckpoint
	tree    *boardlog.Tree

	state    *fold.State
	records  map[uint64][]byte    // proved to be in the log
	found    map[uint64]bool      // of them, those that the caller has found by reading all
	calling  map[uint64]bool      // of them, supports with which a petition has reached its threshold
	known    map[string]uint64    // extracts, by path, with the size of the log up to which they are here
	supports map[record.ID]uint64 // what the board says of petitions
	first    uint64               // the first of the records that are not in the state, MaxUint64 if all are
}

// ErrIncomplete is wrapped when a board's extract is older than its checkpoint, so that something may be missing.
var ErrIncomplete = errors.New("the board did not hand out all that it should")

// NewReader returns a reader that has read nothing.
func NewReader(src Source, o Options) *Reader {
	return &Reader{
		src: src, files: newTileCache(src), options: o, state: fold.NewPartial(), first: math.MaxUint64,
		records: make(map[uint64][]byte), found: make(map[uint64]bool), calling: make(map[uint64]bool),
		known: make(map[string]uint64), supports: make(map[record.ID]uint64),
	}
}

// State returns the fold of what has been read and proved: a partial one, of the size of the newest checkpoint.
func (r *Reader) State() *fold.State { return r.state }

// Checkpoint returns the newest checkpoint that was checked, as signed; nil before the first.
func (r *Reader) Checkpoint() []byte {
	if !r.head.Opened() {
		return nil
	}
	return r.head.Bytes()
}

// Update reads the newest checkpoint and what a focus asks for. After an error State is as before, or shows a part of what is new. A
// *boardlog.HistoryError proves that the board has shown two histories; boardlog.ErrStale says that it shows less than before.
func (r *Reader) Update(ctx context.Context, f Focus) error {
	err := r.update(ctx, f)
	if err != nil {
		clear(r.files.full) // one of them may be wrong
	}
	return err
}

func (r *Reader) update(ctx context.Context, f Focus) error {
	signed, err := r.src.ReadFile(ctx, boardlog.CheckpointPath)
	if err != nil {
		return fmt.Errorf("reading the checkpoint: %w", err)
	}
	// The outline comes after the checkpoint, so that what it covers is in it.
	id := f.Vote
	if id == (record.ID{}) {
		id = f.Round
	}
	e, err := r.outline(ctx, id)
	if err != nil {
		return err
	}
	if err := r.open(ctx, signed, e); err != nil {
		return err
	}
	if err := r.add(ctx, OutlinePath(id), e, true); err != nil {
		return err
	}
	for index, raw := range f.Found {
		if _, ok := r.records[index]; !ok && index < r.head.Size() {
			r.records[index], r.found[index], r.first = raw, true, min(r.first, index)
		}
	}
	if err := r.fold(ctx); err != nil {
		return err
	}
	if r.state.Round(f.Round) == nil && f.Round != id && f.Round != (record.ID{}) { // the vote is not of that round
		if e, err = r.outline(ctx, f.Round); err != nil {
			return err
		}
		if err := r.add(ctx, OutlinePath(f.Round), e, true); err != nil {
			return err
		}
	}
	if err := r.more(ctx, f); err != nil {
		return err
	}
	if r.options.Save != nil {
		return r.options.Save(ctx, r.head.Bytes())
	}
	return nil
}

func (r *Reader) outline(ctx context.Context, id record.ID) (*Extract, error) {
	e, err := r.get(ctx, OutlinePath(id), MaxOutline)
	if err != nil {
		return nil, fmt.Errorf("reading the outline: %w", err)
	}
	if id != (record.ID{}) {
		r.supports[id] = e.Supports
	}
	return e, nil
}

// more reads what can only be asked for once the outline is known.
func (r *Reader) more(ctx context.Context, f Focus) error {
	round := r.state.Round(f.Round)
	if v := r.state.Vote(f.Vote); v != nil && round == nil {
		round = v.Round
	}
	fetch := func(path string, limit int64) error {
		e, err := r.get(ctx, path, limit)
		if err != nil {
			return fmt.Errorf("reading %s: %w", path, err)
		}
		return r.add(ctx, path, e, false)
	}
	if round != nil && f.Entries && !round.Roll.Complete() {
		if err := fetch(RollPath(round.Roll.ID), MaxRoll); err != nil {
			return err
		}
	}
	if round != nil && f.Issues {
		if err := fetch(IssuesPath(round.ID), MaxIssues); err != nil {
			return err
		}
	}
	if f.Keys != nil {
		for _, c := range f.Keys(r.state) {
			if err := fetch(ChainPath(c.Vote, c.Key), MaxChain); err != nil {
				return err
			}
		}
	}
	return r.fold(ctx)
}

// get reads an extract from where it is not known yet.
func (r *Reader) get(ctx context.Context, path string, limit int64) (*Extract, error) {
	b, err := r.src.Get(ctx, From(path, r.from(path)), limit)
	if err != nil {
		return nil, err
	}
	return ParseExtract(b)
}

// from returns up to where an extract is here. The entries of a roll are asked for whole, under one address that can be kept for ever.
func (r *Reader) from(path string) uint64 {
	if strings.HasPrefix(path, "outline/roll/") {
		return 0
	}
	return r.known[path]
}

// open checks a checkpoint, and that it continues what was seen before.
func (r *Reader) open(ctx context.Context, signed []byte, e *Extract) error {
	if r.genesis == nil {
		if len(e.Records) == 0 || e.Records[0].Index != 0 {
			return fmt.Errorf("%w: its outline does not begin with the first record", ErrIncomplete)
		}
		rec, err := record.Decode(e.Records[0].Raw)
		if err != nil {
			return &boardlog.RecordError{Err: fmt.Errorf("the first record, which should name the log's key: %w", err)}
		}
		g, ok := rec.Body.(*record.Genesis)
		if !ok {
			return &boardlog.RecordError{Err: fmt.Errorf("a %s record is first, so the log's key is not known", rec.Kind())}
		}
		key, err := checkpoint.ParseLogKey(g.LogKey)
		if err != nil {
			return &boardlog.RecordError{Err: fmt.Errorf("the log's key: %w", err)}
		}
		r.policy = boardlog.Policy{Origin: g.Origin, Log: key}
	}
	head, err := boardlog.Open(signed, r.policy)
	if err != nil {
		return err
	}
	tree, err := boardlog.OpenTree(ctx, r.files, head)
	if err != nil {
		return err
	}
	known := r.head
	if !known.Opened() && len(r.options.Seen) > 0 {
		if known, err = boardlog.Open(r.options.Seen, r.policy); err != nil {
			return fmt.Errorf("this device has seen another board at this address: %w", err)
		}
	}
	if known.Opened() {
		if err := tree.Extends(ctx, known); err != nil {
			return err
		}
	}
	if r.genesis == nil {
		if err := prove(ctx, tree, e.Records[0]); err != nil {
			return err
		}
		r.genesis = e.Records[0].Raw
	}
	r.head, r.tree = head, tree
	return nil
}

// prove checks that a record is where an extract says.
func prove(ctx context.Context, tree *boardlog.Tree, x Indexed) error {
	leaf, err := tree.LeafHash(ctx, x.Index)
	if err != nil {
		return err
	}
	if leaf != tlog.Hash(record.IDOf(x.Raw)) {
		return &boardlog.RecordError{Index: x.Index, Err: errors.New("what the board hands out is not what its log has there")}
	}
	return nil
}

// add proves the records of an extract that are under the checkpoint. An outline has of supports only those that have called a vote.
func (r *Reader) add(ctx context.Context, path string, e *Extract, outline bool) error {
	size := r.head.Size()
	if e.Size < size && !strings.HasPrefix(path, "outline/roll/") { // a roll's entries may be an old answer: the fold says if one is missing
		return fmt.Errorf("%w: it is of a log of %d records, the checkpoint has %d", ErrIncomplete, e.Size, size)
	}
	for _, x := range e.Records {
		if x.Index >= size {
			break // not under a checkpoint yet: it is asked for again
		}
		if outline && isKind(x.Raw, "support") {
			if !r.calling[x.Index] {
				r.calling[x.Index], r.first = true, min(r.first, x.Index)
			}
		}
		if _, ok := r.records[x.Index]; ok && !r.found[x.Index] {
			continue
		}
		if err := prove(ctx, r.tree, x); err != nil {
			return err
		}
		if !r.found[x.Index] {
			r.first = min(r.first, x.Index)
		}
		r.records[x.Index] = slices.Clone(x.Raw)
		delete(r.found, x.Index)
	}
	r.known[path] = size
	return nil
}

func isKind(raw []byte, kind string) bool {
	rec, err := record.Decode(raw)
	return err == nil && rec.Kind() == kind
}

// fold folds the records that are new; from the beginning if one of them comes before what was folded.
func (r *Reader) fold(ctx context.Context) error {
	state := r.state
	if r.first < state.Size() {
		state = fold.NewPartial()
	}
	for _, index := range slices.Sorted(maps.Keys(r.records)) {
		if index < state.Size() {
			continue // folded before
		}
		// A record that was found by reading all is folded before the tree has grown to its place: asking for the tiles there would tell the
		// board which records this reader looks at.
		if !r.found[index] {
			if err := r.pass(ctx, state, index); err != nil {
				return err
			}
		}
		p := state.Prepare([][]byte{r.records[index]})[0]
		apply := state.Apply
		if r.calling[index] {
			apply = state.ApplyCalling
		}
		if o := apply(p); o.Status == fold.Fatal && o.Scope == (record.ID{}) {
			return &boardlog.RecordError{Index: index, Err: o.Err}
		}
	}
	if err := r.pass(ctx, state, r.head.Size()); err != nil {
		return err
	}
	for vote, n := range r.supports {
		state.PassSupports(vote, n)
	}
	r.state, r.first = state, math.MaxUint64
	return nil
}

// pass moves the state to an index.
func (r *Reader) pass(ctx context.Context, state *fold.State, index uint64) error {
	if state.Size() == index {
		return nil
	}
	peaks, err := r.tree.Peaks(ctx, index)
	if err != nil {
		return err
	}
	tree, err := merkle.Resume(index, peaks)
	if err != nil {
		return err
	}
	state.Pass(tree)
	return nil
}

// Extends checks that the newest checkpoint that was checked continues an earlier one of the same log, given as signed. The errors are those
// of boardlog.Tree.Extends.
func (r *Reader) Extends(ctx context.Context, earlier []byte) error {
	if r.tree == nil {
		return errUnread
	}
	known, err := boardlog.Open(earlier, r.policy)
	if err != nil {
		return err
	}
	return r.tree.Extends(ctx, known)
}

// Records reads the whole log from an index to the newest checkpoint that was checked. A record handed to fn is in that log.
func (r *Reader) Records(ctx context.Context, from uint64, fn func(index uint64, raw []byte) error) error {
	if r.tree == nil {
		return errUnread
	}
	return boardlog.Read(ctx, r.src, r.head, from, fn)
}

var errUnread = errors.New("the board has not been read yet")
