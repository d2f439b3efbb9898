package store

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
)

func openDB(t testing.TB, dir string) *DB {
	t.Helper()
	d, err := Open(dir, &DBOptions{MinFree: 1, Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func part(t testing.TB, d *DB, prefix string) *KV {
	t.Helper()
	kv, err := d.KV(prefix)
	if err != nil {
		t.Fatal(err)
	}
	return kv
}

func TestKV(t *testing.T) {
	dir := t.TempDir()
	d := openDB(t, dir)
	a, b := part(t, d, "a"), part(t, d, "ab")
	if _, err := a.Get([]byte("k")); err != ErrNotFound {
		t.Fatalf("what is not there: %v", err)
	}
	for kv, value := range map[*KV]string{a: "of a", b: "of ab"} {
		if err := kv.Put([]byte("bk"), []byte(value)); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.Put([]byte("empty"), nil); err != nil {
		t.Fatal(err)
	}
	d.Close()
	d = openDB(t, dir)
	a, b = part(t, d, "a"), part(t, d, "ab")
	if v, err := a.Get([]byte("bk")); err != nil || string(v) != "of a" {
		t.Errorf("%q, %v", v, err)
	}
	if v, err := b.Get([]byte("bk")); err != nil || string(v) != "of ab" {
		t.Errorf("%q, %v", v, err)
	}
	if v, err := a.Get([]byte("empty")); err != nil || len(v) != 0 {
		t.Errorf("%q, %v", v, err)
	}
	if _, err := b.Get([]byte("k")); err != ErrNotFound {
		t.Errorf("the prefix runs into the key: %v", err)
	}
	if err := a.Delete([]byte("bk")); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Get([]byte("bk")); err != ErrNotFound {
		t.Errorf("what was deleted: %v", err)
	}
	for _, key := range []string{"", strings.Repeat("k", 1025)} {
		_, err := a.Get([]byte(key))
		if err == nil || a.Put([]byte(key), nil) == nil || a.Delete([]byte(key)) == nil {
			t.Errorf("a key of %d bytes", len(key))
		}
	}
	if err := a.Put([]byte("k"), make([]byte, 512<<10+1)); err == nil {
		t.Error("too large a value")
	}
	if err := a.Put([]byte("k"), make([]byte, 512<<10)); err != nil {
		t.Errorf("the largest value: %v", err)
	}
	for _, prefix := range []string{"", strings.Repeat("p", 65)} {
		if _, err := d.KV(prefix); err == nil {
			t.Errorf("a prefix of %d bytes", len(prefix))
		}
	}
}

func TestKVAll(t *testing.T) {
	kv := part(t, openDB(t, t.TempDir()), "a")
	err := kv.Update(func(tx *Tx) error {
		for i := range 20 {
			if err := tx.Put(fmt.Appendf(nil, "%c%02d", 'x'+i%2, i), []byte{byte(i)}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	err = kv.Update(func(tx *Tx) error {
		if err := tx.Put([]byte("x99"), nil); err != nil {
			return err
		}
		var keys []string
		for e, err := range tx.All([]byte("x")) {
			if err != nil {
				return err
			}
			keys = append(keys, string(e.Key))
		}
		if got := strings.Join(keys, " "); got != "x00 x02 x04 x06 x08 x10 x12 x14 x16 x18 x99" {
			return errors.New(got)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	err = kv.View(func(tx *Tx) error {
		for e, err := range tx.All(nil) {
			if err != nil {
				return err
			}
			if n++; n == 5 {
				if e.Key[0] != 'x' || e.Value[0] != 8 {
					t.Errorf("the fifth: %q %v", e.Key, e.Value)
				}
				break
			}
		}
		return tx.Put([]byte("k"), nil)
	})
	if err == nil || n != 5 {
		t.Errorf("a write in a view: %v", err)
	}
}

func TestKVUpdateIsAtomic(t *testing.T) {
	d := openDB(t, t.TempDir())
	kv := part(t, d, "a")
	mine := errors.New("mine")
	err := kv.Update(func(tx *Tx) error {
		if err := tx.Put([]byte("k"), []byte("v")); err != nil {
			return err
		}
		if v, err := tx.Get([]byte("k")); err != nil || string(v) != "v" {
			t.Errorf("its own write: %q, %v", v, err)
		}
		return mine
	})
	if err != mine {
		t.Fatal(err)
	}
	if _, err := kv.Get([]byte("k")); err != ErrNotFound {
		t.Errorf("what a failed update wrote: %v", err)
	}
	err = kv.Update(func(tx *Tx) error {
		for i := range 100 {
			if err := tx.Put(fmt.Appendf(nil, "k%d", i), bytes.Repeat([]byte{1}, 100<<10)); err != nil {
				return err
			}
		}
		return nil
	})
	if !errors.Is(err, ErrTooManyWrites) {
		t.Errorf("10 MB at once: %v", err)
	}
	if _, err := kv.Get([]byte("k0")); err != ErrNotFound {
		t.Errorf("what too large an update wrote: %v", err)
	}
	if err := kv.Put([]byte("k"), nil); err != nil {
		t.Errorf("the store has stopped: %v", err)
	}
}

func TestKVUpdateIsSerializable(t *testing.T) {
	kv := part(t, openDB(t, t.TempDir()), "a")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 25 {
				err := kv.Update(func(tx *Tx) error {
					n := 0
					v, err := tx.Get([]byte("counter"))
					if err == nil {
						n, err = strconv.Atoi(string(v))
					} else if err == ErrNotFound {
						err = nil
					}
					if err != nil {
						return err
					}
					return tx.Put([]byte("counter"), strconv.AppendInt(nil, int64(n+1), 10))
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if v, err := kv.Get([]byte("counter")); err != nil || string(v) != "200" {
		t.Errorf("counted to %q, %v", v, err)
	}
}
