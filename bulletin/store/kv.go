package store

import (
	"errors"
	"fmt"
	"iter"

	"github.com/dgraph-io/badger/v4"
)

// ErrNotFound says that there is no such key.
var ErrNotFound = errors.New("no such key")

// ErrTooManyWrites says that an update was larger than one transaction can be: about 4 MB or 40,000 keys. Nothing was written.
var ErrTooManyWrites = errors.New("the update is larger than a transaction can be")

const (
	maxPrefixSize = 64
	maxKeySize    = 1 << 10
	maxValueSize  = 512 << 10
)

// A KV is a part of a store for other things than the log. Parts with different prefixes have no keys in common. Keys are 1 to 1024 bytes,
// values at most 512 KiB.
type KV struct {
	db     *DB
	prefix []byte
}

// KV returns the part of the store with a prefix of 1 to 64 bytes.
func (d *DB) KV(prefix string) (*KV, error) {
	if prefix == "" || len(prefix) > maxPrefixSize {
		return nil, fmt.Errorf("prefix %.80q: want 1 to %d bytes", prefix, maxPrefixSize)
	}
	return &KV{d, append([]byte{partKV, byte(len(prefix))}, prefix...)}, nil
}

// Get returns the value of a key, or ErrNotFound.
func (kv *KV) Get(key []byte) (value []byte, err error) {
	err = kv.View(func(tx *Tx) error {
		value, err = tx.Get(key)
		return err
	})
	return value, err
}

// Put sets a key's value, and returns when it is on disk.
func (kv *KV) Put(key, value []byte) error {
	return kv.Update(func(tx *Tx) error { return tx.Put(key, value) })
}

// Delete removes a key, if it is there, and returns when that is on disk.
func (kv *KV) Delete(key []byte) error {
	return kv.Update(func(tx *Tx) error { return tx.Delete(key) })
}

// View calls fn with one consistent state of the part.
func (kv *KV) View(fn func(*Tx) error) error {
	return kv.db.view(func(txn *badger.Txn) error { return fn(&Tx{kv, txn}) })
}

// Update calls fn and makes all that it writes true together, on disk, before it returns. If fn fails, nothing is written. Updates are
// serializable: if another one changed what fn has read, fn is called again, so it must have no other effects. Updates of many goroutines
// share their sync.
func (kv *KV) Update(fn func(*Tx) error) error {
	if err := kv.db.room(); err != nil {
		return err
	}
	for {
		err := kv.db.update(func(txn *badger.Txn) error { return fn(&Tx{kv, txn}) })
		switch {
		case errors.Is(err, badger.ErrConflict):
		case errors.Is(err, badger.ErrTxnTooBig):
			return ErrTooManyWrites
		default:
			return err
		}
	}
}

// A Tx is one transaction on a part of a store. It is valid until the function that was given it returns, and for one goroutine.
type Tx struct {
	kv  *KV
	txn *badger.Txn
}

func (tx *Tx) key(key []byte) ([]byte, error) {
	if len(key) == 0 || len(key) > maxKeySize {
		return nil, fmt.Errorf("key of %d bytes, want 1 to %d", len(key), maxKeySize)
	}
	return append(tx.kv.prefix[:len(tx.kv.prefix):len(tx.kv.prefix)], key...), nil
}

// Get returns the value of a key, what the transaction itself has written included, or ErrNotFound.
func (tx *Tx) Get(key []byte) ([]byte, error) {
	k, err := tx.key(key)
	if err != nil {
		return nil, err
	}
	value, err := getIn(tx.txn, k)
	if err == nil && value == nil {
		err = ErrNotFound
	}
	return value, err
}

// Put sets a key's value.
func (tx *Tx) Put(key, value []byte) error {
	k, err := tx.key(key)
	if err != nil {
		return err
	}
	if len(value) > maxValueSize {
		return fmt.Errorf("value of %d bytes, at most %d", len(value), maxValueSize)
	}
	return tx.txn.Set(k, append([]byte{}, value...))
}

// Delete removes a key, if it is there.
func (tx *Tx) Delete(key []byte) error {
	k, err := tx.key(key)
	if err != nil {
		return err
	}
	return tx.txn.Delete(k)
}

// A KeyValue is what All yields.
type KeyValue struct{ Key, Value []byte }

// All yields all keys that begin with prefix, which may be empty, in order, with what the transaction itself has written. Only one All can be
// under way in an Update. After an error it yields nothing more.
func (tx *Tx) All(prefix []byte) iter.Seq2[KeyValue, error] {
	return func(yield func(KeyValue, error) bool) {
		o := badger.DefaultIteratorOptions
		o.Prefix = append(tx.kv.prefix[:len(tx.kv.prefix):len(tx.kv.prefix)], prefix...)
		it := tx.txn.NewIterator(o)
		defer it.Close()
		for it.Rewind(); it.Valid(); it.Next() {
			item := it.Item()
			value, err := item.ValueCopy([]byte{})
			if err != nil {
				yield(KeyValue{}, fmt.Errorf("reading the store: %w", err))
				return
			}
			if !yield(KeyValue{item.KeyCopy(nil)[len(tx.kv.prefix):], value}, nil) {
				return
			}
		}
	}
}
