package store

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/dgraph-io/badger/v4"
)

// A copy of a Badger store is its keys and values as they are at one moment, in the order of the keys: for each the lengths of key and value
// as unsigned varints and then both, and after the last a key of length 0 and the number of keys. Badger's own Backup keeps versions and marks
// of deletion as well, and its Load believes the lengths that it reads and leaves a store that hangs when what it reads ends too early.

const (
	maxCopiedKey   = 4 << 10
	maxCopiedValue = 64 << 20
)

// WriteCopy writes a copy of a Badger store, as it is at one moment, while it is in use; without keys that skip returns true for.
func WriteCopy(db *badger.DB, w io.Writer, skip func(key []byte) bool) error {
	out := bufio.NewWriterSize(w, 256<<10)
	var count uint64
	var head []byte
	err := db.View(func(txn *badger.Txn) error {
		o := badger.DefaultIteratorOptions
		o.PrefetchSize = 256
		it := txn.NewIterator(o)
		defer it.Close()
		for it.Rewind(); it.Valid(); it.Next() {
			key := it.Item().Key()
			if skip(key) {
				continue
			}
			count++
			err := it.Item().Value(func(value []byte) error {
				head = binary.AppendUvarint(head[:0], uint64(len(key)))
				head = binary.AppendUvarint(head, uint64(len(value)))
				out.Write(head)
				out.Write(key)
				_, err := out.Write(value) // a bufio.Writer's first error is its last
				return err
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("copying a store: %w", err)
	}
	head = binary.AppendUvarint(append(head[:0], 0), count)
	out.Write(head)
	if err := out.Flush(); err != nil {
		return fmt.Errorf("copying a store: %w", err)
	}
	return nil
}

var errCopy = errors.New("this is not a whole copy of a store")

// LoadCopy puts what WriteCopy wrote into a store. What it has put there is on disk when it returns. It reads to the end of r.
func LoadCopy(db *badger.DB, r io.Reader) error {
	batch := db.NewWriteBatch()
	defer batch.Cancel()
	if err := readCopy(r, batch.Set); err != nil {
		return fmt.Errorf("reading a copy: %w", err)
	}
	if err := batch.Flush(); err != nil {
		return fmt.Errorf("reading a copy: %w", err)
	}
	return nil
}

func readCopy(r io.Reader, set func(key, value []byte) error) error {
	in := bufio.NewReaderSize(r, 256<<10)
	var last []byte
	for count := uint64(0); ; count++ {
		size, err := number(in, maxCopiedKey)
		if err != nil {
			return err
		}
		if size == 0 {
			switch n, err := number(in, 1<<62); {
			case err != nil:
				return err
			case n != count:
				return fmt.Errorf("%w: it has %d keys of %d", errCopy, count, n)
			}
			if _, err := in.ReadByte(); err != io.EOF {
				return fmt.Errorf("%w: something follows its end", errCopy)
			}
			return nil
		}
		length, err := number(in, maxCopiedValue)
		if err != nil {
			return err
		}
		pair := make([]byte, size+length)
		if _, err := io.ReadFull(in, pair); err != nil {
			return fmt.Errorf("%w: %w", errCopy, err)
		}
		key := pair[:size:size]
		if string(key) <= string(last) {
			return fmt.Errorf("%w: its keys are out of order", errCopy)
		}
		if err := set(key, pair[size:]); err != nil {
			return err
		}
		last = key
	}
}

// number reads a varint of a bounded value.
func number(in *bufio.Reader, most uint64) (uint64, error) {
	n, err := binary.ReadUvarint(in)
	switch {
	case err != nil:
		return 0, fmt.Errorf("%w: %w", errCopy, err)
	case n > most:
		return 0, fmt.Errorf("%w: a length of %d, at most %d", errCopy, n, most)
	}
	return n, nil
}
