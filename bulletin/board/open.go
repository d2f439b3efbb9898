package board

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/time/rate"

	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/bulletin/store"
	"mandate/verifier/boardlog"
)

// window is how many records are read and checked at a time when the state is rebuilt: large enough that checking ballots together pays.
const window = 4096

// Open starts a board on its folder. A new log gets its genesis record; an old one is read whole and checked, and Open fails if it does
// not hold. ctx is for opening only.
func Open(ctx context.Context, c Config) (*Board, error) {
	c, _, err := c.check()
	if err != nil {
		return nil, fmt.Errorf("board: %w", err)
	}
	log, err := store.OpenLog(ctx, store.Options{
		Path: c.Path, Origin: c.Signer.Name(), Signer: c.Signer, CheckpointInterval: c.CheckpointInterval, MinFree: c.MinFree, Logger: c.Log,
		Witnesses: c.Witnesses.Group(), HTTPClient: c.Witnesses.Client(c.WitnessTransport),
	})
	if err != nil {
		return nil, fmt.Errorf("board: %w", err)
	}
	if c.Observe.Written != nil {
		log.DB().Observe(c.Observe.Written)
	}
	kept, err := openStore(log)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("board: %w", err), log.Close())
	}
	b, err := OpenOn(ctx, c, kept)
	if err != nil {
		return nil, errors.Join(err, log.Close())
	}
	return b, nil
}

// OpenOn is Open on a log that is open already, with c.Witnesses if there are any: c.Path and c.CheckpointInterval are not looked at. Close
// closes the log. On a SharedLog the board is one front end of several.
func OpenOn(ctx context.Context, c Config, log Log) (*Board, error) {
	c, verifier, err := c.check()
	if err != nil {
		return nil, fmt.Errorf("board: %w", err)
	}
	b := newBoard(c, verifier, log)
	b.calendar = newCalendar(c.Clock)
	if err := b.inTurn(ctx, func() error { return b.begin(ctx) }); err != nil {
		return nil, fmt.Errorf("board: beginning the log: %w", err)
	}
	if err := b.restore(ctx); err != nil {
		return nil, fmt.Errorf("board: %w", err)
	}
	b.durable = newProgress(b.state.Size())
	if err := b.inTurn(ctx, func() error { return b.recall(ctx) }); err != nil {
		return nil, fmt.Errorf("board: %w", err)
	}
	go b.prepare()
	if b.shared != nil {
		go b.ownInTurns()
	} else {
		go b.own()
	}
	go b.write()
	return b, nil
}

func newBoard(c Config, verifier note.Verifier, log Log) *Board {
	b := &Board{
		cfg: c, key: c.Key, log: log, policy: boardlog.Policy{Origin: c.Signer.Name(), Log: verifier}, records: rate.NewLimiter(c.RecordRate, c.RecordBurst),
		state: fold.New(), index: make(map[record.ID]uint64), extracts: newExtracts(),
		supports:  make(map[record.ID]*supports),
		sealTried: make(map[record.ID]uint64), sealRefused: make(map[record.ID]string),
		queue:    make(chan *submission, c.Ballots+2*c.Records),
		ballots:  waiting{most: int64(c.Ballots)},
		others:   waiting{most: int64(c.Records)},
		parties:  waiting{most: int64(c.Records)},
		prepared: make(chan []*submission, 1), turns: make(chan turn, 1), look: make(chan chan struct{}), fresh: make(chan chan error),
		written: make(chan struct{}), failed: make(chan struct{}),
	}
	b.shared, _ = log.(SharedLog)
	b.authors = authors{rate: c.RecordRate, burst: c.RecordBurst, limits: make(map[record.Key]*rate.Limiter)}
	b.general.refusals = make(map[string]generalRefusal)
	return b
}

// begin writes the genesis record of a new log.
func (b *Board) begin(ctx context.Context) error {
	if b.log.Size() > 0 {
		return nil
	}
	if b.cfg.Genesis == nil {
		return errors.New("it is empty, and no genesis record is given")
	}
	g := *b.cfg.Genesis
	g.Version, g.Origin, g.LogKey, g.Board = record.Version, b.cfg.Signer.Name(), b.cfg.LogKey, b.key.Public().Encoding()
	r, err := record.Sign(record.ID{}, record.ID{}, &g, b.key, rand.Reader)
	if err != nil {
		return err
	}
	if out := fold.New().ApplyRaw(r.Raw()); out.Status != fold.Accepted {
		return out.Err
	}
	_, err = b.log.AppendBatch(ctx, [][]byte{r.Raw()})
	return err
}

// restore folds the whole log. A record that this board would not have admitted, or a checkpoint that the records do not give, means that the
// log is not what it was.
func (b *Board) restore(ctx context.Context) error {
	began := time.Now()
	head, err := b.newestHead(ctx)
	if err != nil {
		return err
	}
	size := b.log.Size()
	if head.Size() > size {
		return fmt.Errorf("the log does not hold: a checkpoint of %d records is signed, there are %d", head.Size(), size)
	}
	var raws [][]byte
	flush := func() error {
		for _, p := range b.state.Prepare(raws) {
			if err := b.replay(p); err != nil {
				return fmt.Errorf("the log does not hold: record %d: %w", b.index[p.ID()], err)
			}
			if n := b.state.Size(); n == head.Size() && b.state.Root() != record.ID(head.Root()) {
				return fmt.Errorf("the log does not hold: its first %d records do not give the root of the checkpoint that is signed", n)
			}
		}
		raws = raws[:0]
		return nil
	}
	for e, err := range b.log.Entries(ctx, 0, size) {
		if err != nil {
			return fmt.Errorf("reading the log: %w", err)
		}
		raws = append(raws, e.Data)
		// What opens a vote ends a window, so that the ballots after it are checked together.
		if o, _ := outline(e.Data); len(raws) == window || o.kind == "opening" {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	if err := flush(); err != nil {
		return err
	}
	if b.state.Size() != size {
		return fmt.Errorf("the log does not hold: it has %d records, %d could be read", size, b.state.Size())
	}
	g, id := b.state.Genesis()
	if g.Board != b.key.Public().Encoding() || g.LogKey != b.cfg.LogKey || g.Origin != b.cfg.Signer.Name() {
		return fmt.Errorf("the log is that of another board: its genesis record names the log key %s and the board key %s", g.LogKey, g.Board)
	}
	b.genesis = id
	b.cfg.Log.Info("the log is read and holds", "records", size, "took", time.Since(began).Round(time.Millisecond))
	return nil
}

// newestHead returns the newest checkpoint that the log has signed, of size 0 if there is none yet.
func (b *Board) newestHead(ctx context.Context) (boardlog.SignedCheckpoint, error) {
	signed, err := b.log.ReadFile(ctx, boardlog.CheckpointPath)
	if errors.Is(err, fs.ErrNotExist) {
		return boardlog.SignedCheckpoint{}, nil
	}
	if err != nil {
		return boardlog.SignedCheckpoint{}, err
	}
	head, err := boardlog.Open(signed, b.policy)
	if err != nil {
		return head, fmt.Errorf("the log's newest checkpoint: %w", err)
	}
	return head, nil
}

func (b *Board) replay(p *fold.Prepared) error {
	at, twice := b.index[p.ID()]
	owed := b.isOwed(p)
	index := b.state.Size()
	if !twice {
		b.index[p.ID()] = index
	}
	out := b.state.Apply(p)
	switch void := out.Status == fold.Void && !owed; {
	case out.Status == fold.Fatal:
		return fmt.Errorf("%v", out)
	case b.shared != nil && (void || twice):
		// Front ends do not write such a record (package cloud). If one did, all would void it alike, and none need stop for it.
		b.cfg.Log.Error("the log has a record that no front end should have written", "index", index, "record", p.ID(), "outcome", out)
		return nil
	case twice:
		return fmt.Errorf("it is record %d again", at)
	case void:
		return fmt.Errorf("%v", out)
	}
	b.extracts.note(b.state, p, index)
	return nil
}

// Close takes nothing more, brings to an end what has been taken, and closes the log.
func (b *Board) Close() error {
	b.gate.Lock()
	if !b.stopping {
		b.stopping = true
		close(b.queue)
	}
	b.gate.Unlock()
	<-b.written
	b.closeOnce.Do(func() {
		b.durable.fail(errStopped)
		b.closeErr = b.log.Close()
	})
	return b.closeErr
}
