// Package mirror keeps a full copy of a board's log, checks everything before it is kept, and serves it (SPEC.md §7.7). A mirror makes it hard for
// a board to show two histories: it compares what the board shows with its own copy and with what others show, and keeps evidence of what
// does not go together; and it makes it hard to refuse members unseen: whoever the board does not answer sends records through it.
//
// [Open] takes up a copy in a folder, [Mirror.Update] brings it up to date, [Mirror.Compare] looks at another copy or board,
// [Mirror.ServeHTTP] serves it under the board's own paths.
//
// It trusts its folder, the genesis record that it found first or was told, and nothing that is sent. What is in the folder is checked again from
// the first record to the last when it is opened, so whoever changes it can make the mirror fetch the log again and gains nothing else.
package mirror

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/time/rate"

	"mandate/ballot/checkpoint"
	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/verifier/boardlog"
	"mandate/verifier/boardlog/httpsource"
)

// Options say what is copied.
type Options struct {
	// Board is the address of the board.
	Board string
	// Dir is the folder of the copy. It is made if it is not there.
	Dir string
	// Genesis is the id of the board's genesis record, from elsewhere. Zero: that of the log which is found first is taken, and kept.
	Genesis record.ID
	// Stale is for how long the board may show an older log than before until this is kept as evidence. Default 15 minutes: an old answer out of
	// some cache is nothing to speak of.
	Stale time.Duration
	// Rate is how many records a second are handed on to the board. Default 50, in bursts of ten times as many.
	Rate rate.Limit
	// HTTP sends the requests. Default: a client of the package's own, which follows no redirects to other hosts.
	HTTP *http.Client
	// Log is told of what happens. Default slog.Default.
	Log *slog.Logger
}

// A Mirror is a copy of one board's log. It is safe for concurrent use.
type Mirror struct {
	options Options
	board   boardlog.Source
	files   folder
	relay   *rate.Limiter

	working sync.Mutex // held while the copy is brought up to date
	copying copying

	mu       sync.RWMutex
	state    *fold.State // of all records that were checked, at least those below head
	index    map[record.ID]uint64
	policy   boardlog.Policy
	known    boardlog.SignedCheckpoint // the newest that was consistent with all before
	head     boardlog.SignedCheckpoint // what the copy is whole up to, and what is served
	tree     *boardlog.Tree            // the copy's, at head
	promises map[record.ID]kept
	accused  map[string]bool
	trouble  map[string]string // by who it is with
	older    time.Time         // since when the board shows an older log
	looked   time.Time         // when the board was last read
	tried    time.Time         // when that was last tried, with success or without
}

type kept struct {
	vote    record.ID
	promise []byte
}

// Open takes up the copy in a folder, and checks it.
func Open(ctx context.Context, o Options) (*Mirror, error) {
	if o.Stale == 0 {
		o.Stale = 15 * time.Minute
	}
	if o.Rate == 0 {
		o.Rate = 50
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	src, err := httpsource.New(o.Board, o.HTTP)
	if err != nil {
		return nil, err
	}
	m := &Mirror{
		options: o, board: src, files: folder(o.Dir), relay: rate.NewLimiter(o.Rate, 10*int(o.Rate)+1),
		promises: make(map[record.ID]kept), accused: make(map[string]bool), trouble: make(map[string]string),
	}
	m.forget()
	if err := m.files.prepare(); err != nil {
		return nil, err
	}
	if err := m.loadPromises(); err != nil {
		return nil, err
	}
	return m, m.load(ctx)
}

// forget begins the copy anew, for all but the checkpoint that is known.
func (m *Mirror) forget() {
	m.state, m.index = fold.New(), make(map[record.ID]uint64)
	m.copying = copying{files: m.files}
	m.head, m.tree = boardlog.SignedCheckpoint{}, nil
}

// load reads the copy that is in the folder. One that is damaged is fetched again; what it was a copy of stays known.
func (m *Mirror) load(ctx context.Context) error {
	first, err := m.files.read(genesisFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // nothing was copied yet
	}
	if err != nil {
		return err
	}
	if err := m.believe(first); err != nil {
		return err
	}
	signed, err := m.files.read(boardlog.CheckpointPath)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if m.known, err = boardlog.Open(signed, m.policy); err != nil {
		return fmt.Errorf("the copy's checkpoint: %w", err)
	}
	tree, err := boardlog.OpenTree(ctx, m.files, m.known)
	if err == nil {
		err = m.take(ctx, tree, m.known)
	}
	if err != nil && ctx.Err() == nil {
		m.options.Log.Error("the copy is damaged and is fetched again", "dir", m.options.Dir, "error", err)
		m.forget()
		return nil
	}
	return err
}

// believe takes the log's key from its genesis record.
func (m *Mirror) believe(first []byte) error {
	s := fold.New()
	if o := s.ApplyRaw(first); o.Status != fold.Accepted {
		return fmt.Errorf("the first record: %v", o)
	}
	g, id := s.Genesis()
	if m.options.Genesis != (record.ID{}) && id != m.options.Genesis {
		return fmt.Errorf("the log's first record is %s, this mirror is for %s", id, m.options.Genesis)
	}
	key, err := checkpoint.ParseLogKey(g.LogKey)
	if err != nil {
		return err
	}
	m.policy = boardlog.Policy{Origin: g.Origin, Log: key}
	return nil
}

// ErrOlder is wrapped when the board shows an older log than before.
var ErrOlder = errors.New("the board shows an older log than before")

// Update brings the copy up to date. After an error the copy is as it was, or further; it can be called again. A *boardlog.HistoryError says that
// the board has shown two histories: evidence is in the folder, and the copy stays the one that was seen first.
func (m *Mirror) Update(ctx context.Context) error {
	m.working.Lock()
	defer m.working.Unlock()
	return m.follow(ctx)
}

// follow is Update. The caller holds working.
func (m *Mirror) follow(ctx context.Context) error {
	err := m.update(ctx)
	var history *boardlog.HistoryError
	m.mu.Lock()
	m.tried = time.Now()
	if err == nil {
		delete(m.trouble, "board")
		m.looked = time.Now()
	} else {
		m.trouble["board"] = err.Error()
	}
	m.mu.Unlock()
	if errors.As(err, &history) {
		m.accuse("board", history)
	}
	if err == nil {
		m.checkPromises()
	}
	return err
}

func (m *Mirror) update(ctx context.Context) error {
	signed, err := m.board.ReadFile(ctx, boardlog.CheckpointPath)
	if err != nil {
		return fmt.Errorf("reading the board's checkpoint: %w", err)
	}
	if m.policy.Log == nil {
		first, err := boardlog.Genesis(ctx, m.board)
		if err != nil {
			return fmt.Errorf("reading the first record: %w", err)
		}
		if err := m.believe(first); err != nil {
			return err
		}
		if _, err := boardlog.Open(signed, m.policy); err != nil {
			m.policy = boardlog.Policy{}
			return err
		}
		if err := m.files.write(genesisFile, first); err != nil {
			return err
		}
	}
	head, err := boardlog.Open(signed, m.policy)
	if err != nil {
		return fmt.Errorf("the board's checkpoint: %w", err)
	}
	if m.tree != nil && head.Size() <= m.head.Size() {
		return m.notNewer(ctx, head)
	}
	tree, err := boardlog.OpenTree(ctx, m.board, head)
	if err != nil {
		return err
	}
	if m.known.Opened() {
		switch err := tree.Extends(ctx, m.known); {
		case errors.Is(err, boardlog.ErrStale):
			return m.isOlder(head)
		case err != nil:
			return err
		}
	}
	m.known, m.older = head, time.Time{}
	// What is in the folder from an earlier attempt is not fetched again. It is checked like what is fetched.
	err = m.takeFrom(ctx, preferring{m.files, m.board}, head)
	if errors.Is(err, boardlog.ErrInvalid) {
		err = m.takeFrom(ctx, m.board, head)
	}
	return err
}

func (m *Mirror) takeFrom(ctx context.Context, src boardlog.Source, head boardlog.SignedCheckpoint) error {
	tree, err := boardlog.OpenTree(ctx, src, head)
	if err != nil {
		return err
	}
	return m.take(ctx, tree, head)
}

// notNewer compares a checkpoint that is not of a larger log with the copy.
func (m *Mirror) notNewer(ctx context.Context, head boardlog.SignedCheckpoint) error {
	if err := m.tree.Extends(ctx, head); err != nil {
		return err
	}
	if head.Size() < m.head.Size() {
		return m.isOlder(head)
	}
	m.older = time.Time{}
	if len(head.Bytes()) > len(m.head.Bytes()) { // more witnesses have cosigned it
		m.mu.Lock()
		defer m.mu.Unlock()
		m.head, m.known = head, head
		return m.files.write(boardlog.CheckpointPath, head.Bytes())
	}
	return nil
}

func (m *Mirror) isOlder(head boardlog.SignedCheckpoint) error {
	if m.older.IsZero() {
		m.older = time.Now()
	}
	if time.Since(m.older) >= m.options.Stale {
		m.accuseOfHead("board")
	}
	return fmt.Errorf("%w: %d records, %d were shown", ErrOlder, head.Size(), m.known.Size())
}

// take reads what is not in the copy from a tree, keeps it, and then serves it.
func (m *Mirror) take(ctx context.Context, tree *boardlog.Tree, head boardlog.SignedCheckpoint) error {
	var waiting [][]byte
	apply := func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		ps := m.state.Prepare(waiting)
		waiting = waiting[:0]
		for i, p := range ps {
			index := m.state.Size()
			if _, twice := m.index[p.ID()]; !twice {
				m.index[p.ID()] = index
			}
			if o := m.state.Apply(p); o.Status == fold.Accepted && p.Record().Kind() == "opening" {
				m.state.Check(ps[i+1:])
			}
		}
	}
	c := &m.copying
	c.begin()
	seen := m.state.Size()
	err := tree.Read(ctx, c.full*boardlog.TileWidth, func(index uint64, raw []byte) error {
		if err := c.add(raw); err != nil {
			return err
		}
		if index >= seen {
			if waiting = append(waiting, raw); len(waiting) == boardlog.TileWidth {
				apply()
			}
		}
		return nil
	})
	apply()
	if err != nil {
		return err
	}
	if err := c.finish(head.Size()); err != nil {
		return err
	}
	own, err := boardlog.OpenTree(ctx, m.files, head)
	if err != nil {
		return fmt.Errorf("reading what was kept: %w", err)
	}
	if err := m.files.keepHead(head); err != nil {
		return err
	}
	m.mu.Lock()
	m.head, m.tree = head, own
	m.mu.Unlock()
	m.options.Log.Info("the copy is up to date", "records", head.Size(), "cosignatures", len(m.witnessed(head)))
	return m.files.tidy(head.Size())
}

// witnessed returns the cosignatures of a checkpoint by witnesses that manifests on the log name.
func (m *Mirror) witnessed(head boardlog.SignedCheckpoint) []boardlog.Cosignature {
	return m.withWitnesses(head).Cosignatures()
}

// withWitnesses opens a checkpoint with the witnesses of all votes; without, if that does not hold.
func (m *Mirror) withWitnesses(head boardlog.SignedCheckpoint) boardlog.SignedCheckpoint {
	p := m.policy
	p.Witnesses = nil
	named := make(map[string]bool)
	for _, v := range m.state.Votes() {
		for _, k := range v.Manifest.Witnesses.Keys {
			if w, err := checkpoint.ParseWitnessKey(k); err == nil && !named[k] {
				named[k] = true
				p.Witnesses = append(p.Witnesses, note.Verifier(w))
			}
		}
	}
	if with, err := boardlog.Open(head.Bytes(), p); err == nil {
		return with
	}
	return head
}

// Run updates the copy, and compares it with others, at an interval, until ctx ends.
func (m *Mirror) Run(ctx context.Context, every time.Duration, compare []string) {
	for {
		if err := m.Update(ctx); err != nil && ctx.Err() == nil {
			m.options.Log.Error("following the board", "error", err)
		}
		for _, address := range compare {
			if err := m.Compare(ctx, address); err != nil && ctx.Err() == nil {
				m.options.Log.Error("comparing", "with", address, "error", err)
			}
		}
		select {
		case <-time.After(every):
		case <-ctx.Done():
			return
		}
	}
}

// Size returns how many records the copy has.
func (m *Mirror) Size() uint64 {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.head.Size()
}
