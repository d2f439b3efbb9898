package registrar

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/dgraph-io/badger/v4"

	"mandate/ballot/record"
	"mandate/bulletin/store"
	"mandate/cmd/mandate/registrar/issuing"
)

// A ledger is what a registrar remembers of each roll entry: the code that is good for it, and the one request that was answered. Every
// change is on disk when the method that makes it returns. It holds no name, no code and no secret, only hashes, entry numbers and issue
// records that are to be published.
//
//	'e' round entry        → seat
//	'c' round code hash    → entry, of the codes that are good
//	'r' round request hash → entry
type ledger struct {
	db      *badger.DB
	free    func() (uint64, error) // bytes on its disk
	journal *journal               // nil without one
}

// A seat is the state of one roll entry.
type seat struct {
	_       struct{} `cbor:",toarray"`
	Code    [32]byte // hash of the code that is good; zero: none was drawn
	Request [32]byte // hash of the request that was answered
	Issue   []byte   // the signed issue record that went with the answer; empty: no card was issued
}

func openLedger(dir string) (*ledger, error) {
	o := badger.DefaultOptions(dir).
		WithSyncWrites(true). // a decision is on disk before the signatures leave
		WithDetectConflicts(true).
		WithLogger(nil).
		WithMemTableSize(16 << 20).WithNumMemtables(2).WithNumLevelZeroTables(2).WithNumLevelZeroTablesStall(4).
		WithValueLogFileSize(64 << 20).WithBlockCacheSize(4 << 20).WithIndexCacheSize(0).
		WithNumCompactors(2).WithMetricsEnabled(false)
	db, err := badger.Open(o)
	if err != nil {
		return nil, fmt.Errorf("opening the ledger in %s: %w", dir, err)
	}
	return &ledger{db: db, free: func() (uint64, error) { return store.FreeSpace(dir) }}, nil
}

// reserve is how many bytes are left free on the ledger's disk: more than Badger needs for its tables in memory and to close. Beyond that it
// would be ended by the system in the middle of a write, since it writes to files that are mapped into memory.
const reserve = 64 << 20

// room reports whether there is space for more.
func (l *ledger) room() error {
	free, err := l.free()
	if err != nil {
		return fmt.Errorf("asking for free space: %w", err)
	}
	if free < reserve {
		return fmt.Errorf("the ledger takes no more until there is room: %w: %d bytes are free, %d are kept in reserve", store.ErrDiskFull, free, reserve)
	}
	return nil
}

func (l *ledger) close() error { return errors.Join(l.db.Close(), l.journal.close()) }

func key(prefix byte, round record.ID, rest []byte) []byte {
	k := make([]byte, 0, 1+len(round)+len(rest))
	k = append(k, prefix)
	k = append(k, round[:]...)
	return append(k, rest...)
}

func entryKey(round record.ID, entry uint64) []byte {
	return key('e', round, binary.BigEndian.AppendUint64(nil, entry))
}

// get returns the value of a key, or nil if there is none.
func get(t *badger.Txn, key []byte) ([]byte, error) {
	item, err := t.Get(key)
	if errors.Is(err, badger.ErrKeyNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return item.ValueCopy(nil)
}

func getSeat(t *badger.Txn, round record.ID, entry uint64) (s seat, err error) {
	b, err := get(t, entryKey(round, entry))
	if err != nil || b == nil {
		return s, err
	}
	if err := record.DecodeStrict(b, &s); err != nil {
		return s, fmt.Errorf("a seat in the ledger: %w", err)
	}
	return s, nil
}

func putSeat(t *badger.Txn, round record.ID, entry uint64, s seat) error {
	b, err := record.Encode(&s)
	if err != nil {
		return err
	}
	return t.Set(entryKey(round, entry), b)
}

// getEntry returns the entry that a 'c' or 'r' key names.
func getEntry(t *badger.Txn, key []byte) (entry uint64, ok bool, err error) {
	b, err := get(t, key)
	if err != nil || b == nil {
		return 0, false, err
	}
	if len(b) != 8 {
		return 0, false, fmt.Errorf("the ledger names an entry in %d bytes, want 8", len(b))
	}
	return binary.BigEndian.Uint64(b), true, nil
}

// update runs f until it does not collide with another update. f may run several times. The error wraps store.ErrDiskFull, and nothing is
// written, if the disk is nearly full.
func (l *ledger) update(f func(*badger.Txn) error) error {
	if err := l.room(); err != nil {
		return err
	}
	for {
		err := l.db.Update(f)
		if !errors.Is(err, badger.ErrConflict) {
			return err
		}
	}
}

// holder returns the entry for which a code is good, and its seat. The refusal is issuing.CodeCode if there is none.
func (l *ledger) holder(round record.ID, code [32]byte) (entry uint64, s seat, err error) {
	err = l.db.View(func(t *badger.Txn) error {
		entry, s, err = holder(t, round, code)
		return err
	})
	return entry, s, err
}

// holder finds the entry by the hash of the code; the time that takes says nothing about codes that are nearly right.
func holder(t *badger.Txn, round record.ID, code [32]byte) (entry uint64, s seat, err error) {
	entry, ok, err := getEntry(t, key('c', round, code[:]))
	if err != nil {
		return 0, s, err
	}
	if !ok {
		return 0, s, issuing.Refuse(issuing.CodeCode)
	}
	s, err = getSeat(t, round, entry)
	return entry, s, err
}

// admissible reports whether a request with that hash may be answered for an entry, or the refusal.
func admissible(t *badger.Txn, round record.ID, entry uint64, s seat, request [32]byte) error {
	if len(s.Issue) > 0 {
		if s.Request != request {
			return issuing.Refuse(issuing.CodeAnswered)
		}
		return nil
	}
	_, used, err := getEntry(t, key('r', round, request[:]))
	if err != nil {
		return err
	}
	if used {
		return issuing.Refuse(issuing.CodeClash)
	}
	frozen, err := isFrozen(t, round, entry)
	if err != nil {
		return err
	}
	if frozen {
		return issuing.Refuse(issuing.CodeRestored)
	}
	return nil
}

// may is admissible, on its own.
func (l *ledger) may(round record.ID, entry uint64, s seat, request [32]byte) error {
	return l.db.View(func(t *badger.Txn) error { return admissible(t, round, entry, s, request) })
}

// decide makes the request with that hash the one that is answered for the entry for which the code is good, and returns the entry with its
// issue record: the one given, or the one from the first time the request was answered. When it returns, the decision is on disk.
func (l *ledger) decide(round record.ID, code, request [32]byte, issue []byte) (entry uint64, kept []byte, err error) {
	var s seat
	err = l.update(func(t *badger.Txn) error {
		if entry, s, err = holder(t, round, code); err != nil {
			return err
		}
		if err := admissible(t, round, entry, s, request); err != nil {
			return err
		}
		if kept = s.Issue; len(kept) > 0 {
			return nil
		}
		s.Request, s.Issue, kept = request, issue, issue
		if err := t.Set(key('r', round, request[:]), binary.BigEndian.AppendUint64(nil, entry)); err != nil {
			return err
		}
		return putSeat(t, round, entry, s)
	})
	if err == nil {
		// Also of one that was decided before: its line may not have come to the disk.
		err = l.journal.add(journalled{Round: round, Entry: entry, Seat: s})
	}
	return entry, kept, err
}

// setCodes makes codes good for entries, given by their hashes, and earlier codes of these entries void.
func (l *ledger) setCodes(round record.ID, entries []uint64, codes [][32]byte) error {
	const batch = 500 // two or three changes each, well below Badger's limit for one transaction
	for start := 0; start < len(entries); start += batch {
		end := min(start+batch, len(entries))
		var changed []journalled
		err := l.update(func(t *badger.Txn) error {
			changed = changed[:0]
			for i := start; i < end; i++ {
				s, err := getSeat(t, round, entries[i])
				if err != nil {
					return err
				}
				if s.Code != ([32]byte{}) {
					if err := t.Delete(key('c', round, s.Code[:])); err != nil {
						return err
					}
				}
				s.Code = codes[i]
				if err := t.Set(key('c', round, codes[i][:]), binary.BigEndian.AppendUint64(nil, entries[i])); err != nil {
					return err
				}
				if err := putSeat(t, round, entries[i], s); err != nil {
					return err
				}
				changed = append(changed, journalled{Round: round, Entry: entries[i], Seat: s})
			}
			return nil
		})
		if err == nil {
			err = l.journal.add(changed...)
		}
		if err != nil {
			return fmt.Errorf("keeping codes: %w", err)
		}
	}
	return nil
}

// seats calls fn for every entry of a round of which anything is known, in order.
func (l *ledger) seats(round record.ID, fn func(entry uint64, s seat)) error {
	return l.db.View(func(t *badger.Txn) error {
		prefix := key('e', round, nil)
		o := badger.DefaultIteratorOptions
		o.Prefix = prefix
		it := t.NewIterator(o)
		defer it.Close()
		for it.Rewind(); it.Valid(); it.Next() {
			k := it.Item().Key()
			if len(k) != len(prefix)+8 {
				return fmt.Errorf("the ledger has a key of %d bytes, want %d", len(k), len(prefix)+8)
			}
			entry := binary.BigEndian.Uint64(k[len(prefix):])
			var s seat
			if err := it.Item().Value(func(b []byte) error { return record.DecodeStrict(b, &s) }); err != nil {
				return fmt.Errorf("a seat in the ledger: %w", err)
			}
			fn(entry, s)
		}
		return nil
	})
}
