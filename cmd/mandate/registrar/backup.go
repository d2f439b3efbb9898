package registrar

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"time"

	"github.com/dgraph-io/badger/v4"

	"mandate/ballot/record"
	"mandate/bulletin/store"
)

// What a ledger says of itself:
//
//	'm' "restored"      → when the copy was made that it was brought back from, in seconds since 1970; not there once that was dealt with
//	'm' "whole"         → that all of the copy is there
//	'm' "journal"       → the name of the journal that belongs to it, 32 bytes
//	'z' round           → when the copy was made; in this round entries without a card get none (frozen)
//	'y' round entry     → but this one
var (
	keyRestored = []byte("mrestored")
	keyWhole    = []byte("mwhole")
	keyJournal  = []byte("mjournal")
)

// Backup writes a copy of the ledger as it is at one moment, while the registrar is at work. A copy of the folder's other files that is made
// after it has all that the ledger refers to.
func (r *Registrar) Backup(w io.Writer) error { return r.ledger.backup(w) }

func (l *ledger) backup(w io.Writer) error {
	return store.WriteCopy(l.db, w, func(key []byte) bool { return key[0] == 'm' && string(key) != string(keyJournal) })
}

// BackupLedger writes a copy of a ledger that no registrar has open.
func BackupLedger(dir string, w io.Writer) error {
	l, err := openLedger(dir)
	if err != nil {
		return err
	}
	defer l.close()
	return l.backup(w)
}

// RestoreLedger makes a ledger of a copy, in a folder that is not there or empty. When a registrar is opened with it, either its journal tells what
// was decided since the copy was made, or all entries that have no card in the copy are frozen: see [Registrar.Frozen].
func RestoreLedger(dir string, copied time.Time, r io.Reader) error {
	l, err := openLedger(dir)
	if err != nil {
		return err
	}
	defer l.close()
	at := binary.BigEndian.AppendUint64(nil, uint64(copied.Unix()))
	if err := l.update(func(t *badger.Txn) error { return t.Set(keyRestored, at) }); err != nil {
		return err
	}
	if err := store.LoadCopy(l.db, r); err != nil {
		return fmt.Errorf("bringing back the ledger in %s: %w", dir, err)
	}
	return l.update(func(t *badger.Txn) error { return t.Set(keyWhole, []byte{1}) })
}

// ErrBrokenOff says that a ledger was being brought back from a copy, and that this was broken off.
var ErrBrokenOff = errors.New("the ledger was being brought back from a copy, and that was broken off: delete the folder and restore once more")

// restored returns when the copy was made that the ledger was brought back from, zero if it was not or that was dealt with.
func (l *ledger) restored() (at time.Time, err error) {
	err = l.db.View(func(t *badger.Txn) error {
		b, err := get(t, keyRestored)
		if err != nil || b == nil {
			return err
		}
		if whole, err := get(t, keyWhole); err != nil || whole == nil {
			return errors.Join(ErrBrokenOff, err)
		}
		if len(b) != 8 {
			return fmt.Errorf("the ledger says in %d bytes when its copy was made, want 8", len(b))
		}
		at = time.Unix(int64(binary.BigEndian.Uint64(b)), 0).UTC()
		return nil
	})
	return at, err
}

// settle ends the state of a ledger that was brought back: rounds are frozen, or none if the journal has told what is missing.
func (l *ledger) settle(at time.Time, frozen []record.ID) error {
	return l.update(func(t *badger.Txn) error {
		for _, round := range frozen {
			if err := t.Set(key('z', round, nil), binary.BigEndian.AppendUint64(nil, uint64(at.Unix()))); err != nil {
				return err
			}
		}
		if err := t.Delete(keyWhole); err != nil {
			return err
		}
		return t.Delete(keyRestored)
	})
}

var slotKeyFile = regexp.MustCompile(`^slot-([0-9a-f]{64})-\d\d\.age$`)

// keyedRounds returns the rounds of which the vault has a key. In no other can this registrar have answered anybody.
func (r *Registrar) keyedRounds() ([]record.ID, error) {
	files, err := os.ReadDir(r.vault.Dir())
	if err != nil {
		return nil, err
	}
	var rounds []record.ID
	for _, f := range files {
		if m := slotKeyFile.FindStringSubmatch(f.Name()); m != nil {
			id, err := record.ParseID(m[1])
			if err != nil {
				return nil, err
			}
			rounds = append(rounds, id)
		}
	}
	return slices.Compact(rounds), nil // files come sorted
}

// reconcile opens the journal, if there is to be one, and deals with a ledger that was brought back from a copy.
func (r *Registrar) reconcile() error {
	at, err := r.ledger.restored()
	if err != nil {
		return err
	}
	path := r.options.Journal
	if path != "" {
		if path, err = filepath.Abs(path); err != nil {
			return err
		}
		_, missing := os.Stat(path)
		if r.ledger.journal, err = openJournal(path, r.ledger, !at.IsZero() && missing == nil); err != nil {
			return err
		}
		if !at.IsZero() && missing == nil { // it was there, and has told
			r.options.Log.Warn("the ledger was brought back from a copy, and its journal has told what was decided since", "copy", at)
			return r.ledger.settle(at, nil)
		}
	}
	if at.IsZero() {
		return nil
	}
	rounds, err := r.keyedRounds()
	if err != nil {
		return err
	}
	if err := r.ledger.settle(at, rounds); err != nil {
		return err
	}
	r.options.Log.Warn("the ledger was brought back from a copy; entries that have no card in it get none until they are released", "copy", at, "rounds", len(rounds))
	return nil
}

// journalID returns the name of the ledger's journal, drawn once.
func (l *ledger) journalID() (id record.ID, err error) {
	err = l.update(func(t *badger.Txn) error {
		b, err := get(t, keyJournal)
		if err != nil {
			return err
		}
		if b == nil {
			rand.Read(id[:])
			return t.Set(keyJournal, id[:])
		}
		if len(b) != len(id) {
			return fmt.Errorf("the ledger names its journal in %d bytes", len(b))
		}
		id = record.ID(b)
		return nil
	})
	return id, err
}

// isFrozen reports whether an entry without a card gets none.
func isFrozen(t *badger.Txn, round record.ID, entry uint64) (bool, error) {
	b, err := get(t, key('z', round, nil))
	if err != nil || b == nil {
		return false, err
	}
	b, err = get(t, key('y', round, binary.BigEndian.AppendUint64(nil, entry)))
	return b == nil, err
}

// Frozen says of which copy the ledger was brought back, if entries of a round that have no card in it are frozen: they are refused
// (issuing.CodeRestored), because this registrar may have answered them after the copy was made and would not know. Zero if they are not.
func (r *Registrar) Frozen(round record.ID) (copied time.Time, err error) {
	err = r.ledger.db.View(func(t *badger.Txn) error {
		b, err := get(t, key('z', round, nil))
		if err != nil || b == nil {
			return err
		}
		if len(b) != 8 {
			return fmt.Errorf("the ledger says in %d bytes when its copy was made, want 8", len(b))
		}
		copied = time.Unix(int64(binary.BigEndian.Uint64(b)), 0).UTC()
		return nil
	})
	return copied, err
}

// ErrNotFrozen is returned by Release for a round in which nothing is frozen.
var ErrNotFrozen = errors.New("no entries of this round are frozen")

// Release lets frozen entries of a round have a card again: those given, or all. It is a decision of people. To an entry that this registrar had
// answered after the copy was made it can then give a second set of signatures. A second credential needs one from every registrar, and the
// others answer an entry's first request only; so credentials stay bounded by the roll as long as one other registrar is honest and has its
// ledger whole. The codes of entries that are released are void, because a code that was replaced after the copy was made would be good again:
// they need new ones. With keepCodes they stay.
func (r *Registrar) Release(round record.ID, keepCodes bool, entries ...int) (released int, err error) {
	copied, err := r.Frozen(round)
	if err != nil {
		return 0, err
	}
	if copied.IsZero() {
		return 0, ErrNotFrozen
	}
	all := len(entries) == 0
	var which []uint64
	for _, e := range entries {
		if e < 0 {
			return 0, fmt.Errorf("entry %d", e)
		}
		which = append(which, uint64(e))
	}
	if all {
		if err := r.ledger.seats(round, func(entry uint64, s seat) {
			if len(s.Issue) == 0 {
				which = append(which, entry)
			}
		}); err != nil {
			return 0, err
		}
	}
	for _, e := range which {
		did, err := r.ledger.release(round, e, keepCodes)
		if err != nil {
			return released, err
		}
		if did {
			released++
		}
	}
	if all {
		// The freeze ends last: until then entries that nothing is known of stay frozen.
		err = r.ledger.update(func(t *badger.Txn) error { return t.Delete(key('z', round, nil)) })
	}
	if err == nil {
		r.options.Log.Warn("frozen entries were released", "round", round.Short(), "entries", released, "all", all, "codes kept", keepCodes)
	}
	return released, err
}

func (l *ledger) release(round record.ID, entry uint64, keepCode bool) (did bool, err error) {
	var now seat
	err = l.update(func(t *badger.Txn) error {
		frozen, err := isFrozen(t, round, entry)
		if err != nil {
			return err
		}
		s, err := getSeat(t, round, entry)
		if did = frozen && err == nil && len(s.Issue) == 0; !did {
			return err
		}
		now = s
		if !keepCode {
			now.Code = [32]byte{}
		}
		if err := replaceSeat(t, round, entry, s, now); err != nil {
			return err
		}
		return t.Set(key('y', round, binary.BigEndian.AppendUint64(nil, entry)), []byte{1})
	})
	if err == nil && did {
		err = l.journal.add(journalled{Round: round, Entry: entry, Seat: now})
	}
	return did, err
}

// replaceSeat makes a seat another one, with the keys that lead to it.
func replaceSeat(t *badger.Txn, round record.ID, entry uint64, old, now seat) error {
	at := binary.BigEndian.AppendUint64(nil, entry)
	if old.Code != now.Code && old.Code != ([32]byte{}) {
		if err := t.Delete(key('c', round, old.Code[:])); err != nil {
			return err
		}
	}
	if now.Code != ([32]byte{}) {
		if err := t.Set(key('c', round, now.Code[:]), at); err != nil {
			return err
		}
	}
	if len(now.Issue) > 0 {
		if err := t.Set(key('r', round, now.Request[:]), at); err != nil {
			return err
		}
	}
	return putSeat(t, round, entry, now)
}

// all calls fn for every seat of every round.
func (l *ledger) all(fn func(round record.ID, entry uint64, s seat) error) error {
	return l.db.View(func(t *badger.Txn) error {
		o := badger.DefaultIteratorOptions
		o.Prefix = []byte{'e'}
		it := t.NewIterator(o)
		defer it.Close()
		for it.Rewind(); it.Valid(); it.Next() {
			k := it.Item().Key()
			if len(k) != 1+len(record.ID{})+8 {
				return fmt.Errorf("the ledger has a key of %d bytes", len(k))
			}
			var s seat
			if err := it.Item().Value(func(b []byte) error { return record.DecodeStrict(b, &s) }); err != nil {
				return fmt.Errorf("a seat in the ledger: %w", err)
			}
			if err := fn(record.ID(k[1:1+len(record.ID{})]), binary.BigEndian.Uint64(k[1+len(record.ID{}):]), s); err != nil {
				return err
			}
		}
		return nil
	})
}
