package backup

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"mandate/ballot/checkpoint"
	"mandate/ballot/record"
	"mandate/bulletin/store"
	"mandate/verifier/boardlog"
	"mandate/verifier/boardlog/httpsource"
)

// A Resumption brings the log of a board that was restored back to where it ended. The board's key signs the log; if the board goes on from an
// earlier moment than somebody has seen, it signs a second one.
type Resumption struct {
	// Dir is the board's folder, or one that has it.
	Dir string
	// Against are where more of the log is known: a mirror's URL, an audit package, a receipt, a checkpoint.
	Against []string
	// Without are registrars that are not asked, by their address in the board's records.
	Without []string
	// NothingNewer is the operator's word that no party and no reader has seen more of the log than what was compared.
	NothingNewer bool
	// Say is told what was found.
	Say func(format string, args ...any)
	// HTTP asks registrars and mirrors. Default: one with a timeout of 10 s.
	HTTP *http.Client
}

var (
	// ErrForked says that somebody has seen a log that this one does not continue and is not a beginning of.
	ErrForked = errors.New("this log and the one that was seen are two histories; the board must not be started with either before that is explained")
	// ErrMissing says that more of the log was seen than there is.
	ErrMissing = errors.New("entries are missing that the board has published")
	// ErrNotCompared says that nobody's checkpoint was compared, or that the operator has not given their word yet.
	ErrNotCompared = errors.New("the log stays closed")
)

// A sighting is somebody's newest checkpoint.
type sighting struct {
	name   string
	cp     boardlog.SignedCheckpoint
	source boardlog.Source // nil if it has nothing but the checkpoint
}

// LogDir returns where the log is in a board's folder, or in one that has it.
func LogDir(dir string) (string, error) {
	for _, p := range []string{"log", filepath.Join("board", "log"), "."} {
		if _, err := os.Stat(filepath.Join(dir, p, "KEYREGISTRY")); err == nil {
			return filepath.Join(dir, p), nil
		}
	}
	return "", fmt.Errorf("there is no board's log in %s", dir)
}

// Run compares the log with all that is known of it, brings in what is missing, and lets the board open it if the operator has said that nobody
// has seen more.
func (u *Resumption) Run(ctx context.Context) error {
	dir, err := LogDir(u.Dir)
	if err != nil {
		return err
	}
	if u.HTTP == nil {
		u.HTTP = &http.Client{Timeout: 10 * time.Second}
	}
	db, err := store.Open(dir, nil)
	if err != nil {
		return err
	}
	defer db.Close()
	tail, err := store.OpenTail(db)
	if err != nil {
		return err
	}
	policy, registrars, err := survey(tail)
	if err != nil {
		return err
	}
	u.Say("the copy has %d records", tail.Size())
	seen, done, err := u.sightings(ctx, policy, registrars)
	defer done()
	if err != nil {
		return err
	}
	if err := compare(tail, seen); err != nil {
		return err
	}
	slices.SortStableFunc(seen, func(a, b sighting) int { return int(int64(b.cp.Size()) - int64(a.cp.Size())) })
	for _, s := range seen {
		if s.source == nil || s.cp.Size() <= tail.Size() {
			continue
		}
		u.Say("%s: bringing in %d records", s.name, s.cp.Size()-tail.Size())
		if err := tail.Complete(ctx, s.source, s.cp); err != nil {
			if errors.Is(err, boardlog.ErrInvalid) {
				err = fmt.Errorf("%s: %w: %w", s.name, ErrForked, err)
			}
			return err
		}
	}
	if err := compare(tail, seen); err != nil {
		return err
	}
	for _, s := range seen {
		if s.cp.Size() > tail.Size() {
			return fmt.Errorf("%w: %s has seen %d records, and there are %d: give whatever has the others (-against), a mirror or any reader's audit package",
				ErrMissing, s.name, s.cp.Size(), tail.Size())
		}
	}
	switch {
	case len(seen) == 0:
		return fmt.Errorf("%w: nobody's checkpoint was compared with it; give a mirror, an audit package or a member's receipt (-against)", ErrNotCompared)
	case !u.NothingNewer:
		return fmt.Errorf("%w: it has all that was compared, %d records. If no registrar, trustee, officer, witness, mirror or member has seen more, say so (-nothing-newer): it cannot be taken back", ErrNotCompared, tail.Size())
	}
	if err := tail.Resume(); err != nil {
		return err
	}
	u.Say("the board can be started; it goes on after record %d", tail.Size()-1)
	return nil
}

// survey reads from the log whose it is, and which registrars have seen it.
func survey(t *store.Tail) (policy boardlog.Policy, registrars []string, err error) {
	if t.Size() == 0 {
		return policy, nil, errors.New("the copy has no record")
	}
	for i := range t.Size() {
		raw, err := t.Entry(i)
		if err != nil {
			return policy, nil, err
		}
		if i > 0 && !bytes.Contains(raw[:min(len(raw), 200)], []byte("round")) { // its kind is among the first fields
			continue
		}
		r, err := record.Decode(raw)
		if err != nil {
			if i > 0 {
				continue // void
			}
			return policy, nil, fmt.Errorf("the first record: %w", err)
		}
		switch body := r.Body.(type) {
		case *record.Genesis:
			if i > 0 {
				continue
			}
			key, err := checkpoint.ParseLogKey(body.LogKey)
			if err != nil {
				return policy, nil, fmt.Errorf("the log's key: %w", err)
			}
			policy = boardlog.Policy{Origin: body.Origin, Log: key}
		case *record.Round:
			for _, g := range body.Registrars {
				if g.URL != "" && !slices.Contains(registrars, g.URL) {
					registrars = append(registrars, g.URL)
				}
			}
		}
	}
	if policy.Log == nil {
		return policy, nil, errors.New("the first record is not one that begins a log")
	}
	return policy, registrars, nil
}

// compare checks that all that was seen is of this log's past, as far as it reaches.
func compare(t *store.Tail, seen []sighting) error {
	for _, s := range seen {
		if s.cp.Size() > t.Size() {
			continue
		}
		root, err := t.Root(s.cp.Size())
		if err != nil {
			return err
		}
		if root != s.cp.Root() {
			return fmt.Errorf("%s has seen %d records with the root %v, here it is %v: %w", s.name, s.cp.Size(), s.cp.Root(), tlog.Hash(root), ErrForked)
		}
	}
	return nil
}

func (u *Resumption) sightings(ctx context.Context, policy boardlog.Policy, registrars []string) (seen []sighting, done func(), err error) {
	var open []func()
	done = func() {
		for _, f := range open {
			f()
		}
	}
	add := func(name string, src boardlog.Source, signed []byte) error {
		cp, err := boardlog.Open(signed, policy)
		if err != nil {
			return fmt.Errorf("%s: its checkpoint: %w", name, err)
		}
		u.Say("%s: has seen %d records", name, cp.Size())
		seen = append(seen, sighting{name, cp, src})
		return nil
	}
	var silent []string
	for _, address := range registrars {
		if slices.Contains(u.Without, address) {
			continue
		}
		signed, err := u.ask(ctx, strings.TrimRight(address, "/")+"/checkpoint")
		if err != nil {
			u.Say("%s: does not say what it has seen: %v", address, err)
			silent = append(silent, address)
			continue
		}
		if err := add(address, nil, signed); err != nil {
			return nil, done, err
		}
	}
	for _, where := range u.Against {
		src, signed, end, err := u.open(ctx, where)
		open = append(open, end)
		if err != nil {
			return nil, done, fmt.Errorf("-against %s: %w", where, err)
		}
		if err := add(where, src, signed); err != nil {
			return nil, done, err
		}
	}
	if len(silent) > 0 {
		return nil, done, fmt.Errorf("%w: these registrars were not heard: %s. Start them, or ask their operators what they have seen and leave them out (-without)", ErrNotCompared, strings.Join(silent, " "))
	}
	return seen, done, nil
}

func (u *Resumption) ask(ctx context.Context, address string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	resp, err := u.HTTP.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, errors.New(resp.Status)
	}
	return io.ReadAll(io.LimitReader(resp.Body, boardlog.MaxReceiptSize))
}

// open opens a place where something of the log is known.
func (u *Resumption) open(ctx context.Context, where string) (src boardlog.Source, signed []byte, done func(), err error) {
	done = func() {}
	if strings.HasPrefix(where, "http://") || strings.HasPrefix(where, "https://") {
		s, err := httpsource.New(where, u.HTTP)
		if err != nil {
			return nil, nil, done, err
		}
		signed, err = s.ReadFile(ctx, boardlog.CheckpointPath)
		return s, signed, done, err
	}
	info, err := os.Stat(where)
	if err != nil {
		return nil, nil, done, err
	}
	if info.Mode().IsRegular() && info.Size() <= boardlog.MaxReceiptSize {
		text, err := os.ReadFile(where)
		if err != nil {
			return nil, nil, done, err
		}
		if r, err := boardlog.ParseReceipt(text); err == nil {
			return nil, r.Checkpoint, done, nil
		}
		if _, err := checkpoint.Peek(text); err == nil {
			return nil, text, done, nil
		}
	}
	p, err := boardlog.OpenPackageFile(where)
	if err != nil {
		return nil, nil, done, err
	}
	signed, err = p.ReadFile(ctx, boardlog.CheckpointPath)
	return p, signed, func() { p.Close() }, err
}
