package boardlog

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"sync"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"mandate/ballot/checkpoint"
)

const testOrigin = "board.example/log"

// A testLog is a log in memory, built with package tlog alone, so that it does not share this package's arithmetic.
type testLog struct {
	t       testing.TB
	signer  note.Signer
	key     note.Verifier
	records [][]byte
	hashes  []tlog.Hash // in the order of tlog.StoredHashIndex
}

// seeded is a source of key material that makes tests repeatable.
type seeded struct{ r *rand.ChaCha8 }

func (s seeded) Read(b []byte) (int, error) { return s.r.Read(b) }

func newSeed(seed byte) *rand.ChaCha8 { return rand.NewChaCha8([32]byte{seed}) }

func newTestLog(t testing.TB, origin string, seed byte) *testLog {
	t.Helper()
	skey, vkey, err := note.GenerateKey(seeded{newSeed(seed)}, origin)
	if err != nil {
		t.Fatal(err)
	}
	l := &testLog{t: t}
	if l.signer, err = note.NewSigner(skey); err != nil {
		t.Fatal(err)
	}
	if l.key, err = checkpoint.ParseLogKey(vkey); err != nil {
		t.Fatal(err)
	}
	return l
}

func (l *testLog) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	for i, x := range indexes {
		hashes[i] = l.hashes[x]
	}
	return hashes, nil
}

func (l *testLog) append(records ...[]byte) *testLog {
	l.t.Helper()
	for _, r := range records {
		hashes, err := tlog.StoredHashes(int64(len(l.records)), r, l)
		if err != nil {
			l.t.Fatal(err)
		}
		l.hashes = append(l.hashes, hashes...)
		l.records = append(l.records, r)
	}
	return l
}

// fill appends n records of 1 to max bytes.
func (l *testLog) fill(n, max int) *testLog {
	l.t.Helper()
	r := rand.New(rand.NewPCG(uint64(n), uint64(max)))
	for range n {
		b := make([]byte, 1+r.IntN(max))
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		l.append(b)
	}
	return l
}

func (l *testLog) policy(witnesses ...cosigner) Policy {
	p := Policy{Origin: testOrigin, Log: l.key, Need: len(witnesses)}
	for _, w := range witnesses {
		p.Witnesses = append(p.Witnesses, w.Verifier)
	}
	return p
}

func (l *testLog) root(size int) tlog.Hash {
	l.t.Helper()
	h, err := tlog.TreeHash(int64(size), l)
	if err != nil {
		l.t.Fatal(err)
	}
	return h
}

func (l *testLog) checkpoint(size int, witnesses ...cosigner) []byte {
	l.t.Helper()
	signers := []note.Signer{l.signer}
	for _, w := range witnesses {
		signers = append(signers, w)
	}
	text := fmt.Sprintf("%s\n%d\n%s\n", l.signer.Name(), size, l.root(size))
	b, err := note.Sign(&note.Note{Text: text}, signers...)
	if err != nil {
		l.t.Fatal(err)
	}
	return b
}

func (l *testLog) open(size int, witnesses ...cosigner) SignedCheckpoint {
	l.t.Helper()
	cp, err := Open(l.checkpoint(size, witnesses...), l.policy(witnesses...))
	if err != nil {
		l.t.Fatal(err)
	}
	return cp
}

// files returns the log as a server has it at a size.
func (l *testLog) files(size int, witnesses ...cosigner) mapSource {
	l.t.Helper()
	files := mapSource{CheckpointPath: l.checkpoint(size, witnesses...)}
	for _, t := range tlog.NewTiles(8, 0, int64(size)) {
		data, err := tlog.ReadTileData(t, l)
		if err != nil {
			l.t.Fatal(err)
		}
		files[TilePath(t)] = data
		if t.L == 0 {
			t.L = -1
			var b []byte
			for i := range t.W {
				if b, err = AppendEntry(b, l.records[t.N*256+int64(i)]); err != nil {
					l.t.Fatal(err)
				}
			}
			files[TilePath(t)] = b
		}
	}
	return files
}

// A mapSource holds a log's files.
type mapSource map[string][]byte

func (m mapSource) ReadFile(_ context.Context, path string) ([]byte, error) {
	b, ok := m[path]
	if !ok {
		return nil, fmt.Errorf("%s: %w", path, fs.ErrNotExist)
	}
	return b, nil
}

// with returns a copy with one file changed.
func (m mapSource) with(path string, change func([]byte) []byte) mapSource {
	m = maps.Clone(m)
	m[path] = change(append([]byte(nil), m[path]...))
	return m
}

// A cosigner is a witness.
type cosigner struct {
	note.Verifier
	key  ed25519.PrivateKey
	time uint64
}

func (c cosigner) Sign(msg []byte) ([]byte, error) {
	return append(binary.BigEndian.AppendUint64(nil, c.time), ed25519.Sign(c.key, checkpoint.CosignedMessage(c.time, msg))...), nil
}

func (c cosigner) public() ed25519.PublicKey { return c.key.Public().(ed25519.PublicKey) }

func cosignerAt(c cosigner, at uint64) cosigner { c.time = at; return c }

func newWitness(t testing.TB, name string, at uint64) cosigner {
	t.Helper()
	seed := make([]byte, ed25519.SeedSize)
	copy(seed[32-len(name):], name)
	key := ed25519.NewKeyFromSeed(seed)
	v, err := checkpoint.ParseWitnessKey(checkpoint.WitnessKey(name, key.Public().(ed25519.PublicKey)))
	if err != nil {
		t.Fatal(err)
	}
	return cosigner{v, key, at}
}

// sizes are around the borders of tiles.
var sizes = []int{1, 2, 3, 5, 8, 255, 256, 257, 511, 512, 513, 700, 1024}

func TestReadEverySize(t *testing.T) {
	ctx := t.Context()
	l := newTestLog(t, testOrigin, 1).fill(1024, 20)
	for _, size := range sizes {
		src, cp := l.files(size), l.open(size)
		for _, from := range []int{0, 1, size / 2, size - 1, size} {
			next := from
			err := Read(ctx, src, cp, uint64(from), func(i uint64, b []byte) error {
				if i != uint64(next) || string(b) != string(l.records[i]) {
					t.Fatalf("size %d from %d: got record %d, want %d", size, from, i, next)
				}
				next++
				return nil
			})
			if err != nil || next != size {
				t.Fatalf("size %d from %d: read up to %d: %v", size, from, next, err)
			}
		}
		if err := Read(ctx, src, cp, uint64(size)+1, nil); err == nil {
			t.Errorf("size %d: read from beyond the end", size)
		}
	}
}

func TestReadEmptyLog(t *testing.T) {
	l := newTestLog(t, testOrigin, 1)
	if err := Read(t.Context(), l.files(0), l.open(0), 0, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := Genesis(t.Context(), l.files(0)); !errors.Is(err, ErrInvalid) {
		t.Fatalf("the genesis of an empty log: %v", err)
	}
}

// TestReadThreeLevels needs more than 65,536 records, so that tiles of level 1 are full and have a parent.
func TestReadThreeLevels(t *testing.T) {
	l := newTestLog(t, testOrigin, 1)
	const size = 256*256 + 300
	for i := range size {
		l.append(binary.BigEndian.AppendUint32(nil, uint32(i)))
	}
	src, cp := l.files(size), l.open(size)
	n := 0
	if err := Read(t.Context(), src, cp, 0, func(uint64, []byte) error { n++; return nil }); err != nil || n != size {
		t.Fatalf("read %d of %d: %v", n, size, err)
	}
	// Every byte of the upper tiles counts.
	for path, data := range src {
		tile, err := ParseTilePath(path)
		if err != nil || tile.L < 1 {
			continue
		}
		bad := src.with(path, func(b []byte) []byte { b[rand.IntN(len(data))] ^= 1; return b })
		if err := Read(t.Context(), bad, cp, 0, func(uint64, []byte) error { return nil }); !errors.Is(err, ErrInvalid) {
			t.Errorf("a changed %s: %v", path, err)
		}
	}
	tree, err := OpenTree(t.Context(), src, cp)
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{0, 1, 255, 256, 65535, 65536, 65537, size} {
		if got, err := tree.RootAt(t.Context(), uint64(size)); err != nil || got != l.root(size) {
			t.Errorf("root at %d: %v, %v", size, got, err)
		}
	}
}

func TestReadEndsAsTold(t *testing.T) {
	l := newTestLog(t, testOrigin, 1).fill(3000, 20)
	src, cp := l.files(3000), l.open(3000)
	mine := errors.New("mine")
	n := 0
	err := Read(t.Context(), src, cp, 0, func(i uint64, _ []byte) error {
		if n++; i == 1000 {
			return mine
		}
		return nil
	})
	if err != mine || n != 1001 {
		t.Fatalf("after %d records: %v", n, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	slow := SourceFunc(func(ctx context.Context, path string) ([]byte, error) {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return src.ReadFile(ctx, path)
	})
	if err := Read(ctx, slow, cp, 0, nil); !errors.Is(err, context.Canceled) || errors.Is(err, ErrInvalid) {
		t.Fatalf("cancelled: %v", err)
	}
	if err := Read(t.Context(), src, SignedCheckpoint{}, 0, nil); err == nil {
		t.Fatal("read below a checkpoint that nobody checked")
	}
}

func TestReadHoldsFewBundles(t *testing.T) {
	l := newTestLog(t, testOrigin, 1).fill(256*40, 5)
	src, cp := l.files(256*40), l.open(256*40)
	var mu sync.Mutex
	read, done, most := 0, 0, 0
	counting := SourceFunc(func(ctx context.Context, path string) ([]byte, error) {
		if tile, err := ParseTilePath(path); err == nil && tile.L == -1 {
			mu.Lock()
			read++
			most = max(most, read-done)
			mu.Unlock()
		}
		return src.ReadFile(ctx, path)
	})
	err := Read(t.Context(), counting, cp, 0, func(i uint64, _ []byte) error {
		if i%256 == 255 {
			mu.Lock()
			done++
			mu.Unlock()
		}
		return nil
	})
	if err != nil || most > readAhead+1 {
		t.Fatalf("%d bundles at a time: %v", most, err)
	}
}

func TestGenesis(t *testing.T) {
	for _, size := range []int{1, 5, 256, 300} {
		l := newTestLog(t, testOrigin, 1).fill(size, 30)
		src := l.files(size)
		b, err := Genesis(t.Context(), src)
		if err != nil || string(b) != string(l.records[0]) {
			t.Fatalf("size %d: %q, %v", size, b, err)
		}
		path := TilePath(TileAt(-1, 0, uint64(size)))
		_, err = Genesis(t.Context(), src.with(path, func(b []byte) []byte { b[2] ^= 1; return b }))
		var bad *RecordError
		if !errors.As(err, &bad) || bad.Index != 0 {
			t.Errorf("size %d: a changed genesis: %v", size, err)
		}
	}
}

func TestG6_ChangedRecordIsNamed(t *testing.T) {
	l := newTestLog(t, testOrigin, 1).fill(700, 30)
	src, cp := l.files(700), l.open(700)
	for range 300 {
		index := rand.IntN(700)
		tile := TileAt(-1, int64(index/256), 700)
		at := 0
		for _, r := range l.records[tile.N*256 : index] {
			at += 2 + len(r)
		}
		at += rand.IntN(2 + len(l.records[index])) // in its length or in its bytes
		bit := byte(1) << rand.IntN(8)
		bad := src.with(TilePath(tile), func(b []byte) []byte { b[at] ^= bit; return b })
		var last uint64
		err := Read(t.Context(), bad, cp, 0, func(i uint64, b []byte) error {
			last = i
			if string(b) != string(l.records[i]) {
				t.Fatalf("record %d was handed on changed", i)
			}
			return nil
		})
		var named *RecordError
		if !errors.As(err, &named) || !errors.Is(err, ErrInvalid) || named.Index != uint64(index) {
			t.Fatalf("byte %d of %s, in record %d: %v", at, TilePath(tile), index, err)
		}
		if index > 0 && last != uint64(index)-1 {
			t.Fatalf("record %d is wrong, records were handed on up to %d", index, last)
		}
	}
}

func TestG6_ChangedTileIsNamed(t *testing.T) {
	l := newTestLog(t, testOrigin, 1).fill(700, 30)
	src, cp := l.files(700), l.open(700)
	flip := func(b []byte) []byte { b[rand.IntN(len(b))] ^= 4; return b }
	nobody := func(uint64, []byte) error { return nil }
	var tile *TileError
	if err := Read(t.Context(), src.with("tile/0/001", flip), cp, 0, nobody); !errors.As(err, &tile) || tile.Path != "tile/0/001" || tile.First != 256 || tile.Last != 511 {
		t.Errorf("a changed full tile: %v", err)
	}
	var root *RootError
	for _, path := range []string{"tile/0/002.p/188", "tile/1/000.p/2"} {
		if err := Read(t.Context(), src.with(path, flip), cp, 0, nobody); !errors.As(err, &root) || !errors.Is(err, ErrInvalid) {
			t.Errorf("a changed %s: %v", path, err)
		}
	}
	// Record and level-0 tile changed together, as somebody would who knows how.
	other := newTestLog(t, testOrigin, 2).append(l.records[:300]...).append([]byte("another")).append(l.records[301:]...)
	forged := other.files(700)
	bad := src.with("tile/0/001", func([]byte) []byte { return forged["tile/0/001"] }).with("tile/entries/001", func([]byte) []byte { return forged["tile/entries/001"] })
	if err := Read(t.Context(), bad, cp, 0, nobody); !errors.As(err, &tile) || tile.Path != "tile/0/001" {
		t.Errorf("record and tile changed together: %v", err)
	}
	if err := Read(t.Context(), forged, cp, 0, nobody); !errors.As(err, &root) {
		t.Errorf("another log below this checkpoint: %v", err)
	}
	for _, size := range []int{0, 31, 33, 8191} {
		short := func(b []byte) []byte { return append(b, b...)[:size] }
		if err := Read(t.Context(), src.with("tile/0/001", short), cp, 0, nobody); !errors.As(err, &tile) {
			t.Errorf("a tile of %d bytes: %v", size, err)
		}
	}
}

func TestG6_EntriesPastTheCheckpoint(t *testing.T) {
	l := newTestLog(t, testOrigin, 1).fill(512, 30)
	small, big := l.files(300), l.files(512)
	// C2SP tlog-tiles has a log keep the partial tiles of every checkpoint, but only until there is the full one.
	maps.Copy(big, mapSource{"tile/1/000.p/1": small["tile/1/000.p/1"]})
	cp := l.open(300)
	count := func(src Source) (n int, err error) {
		err = Read(t.Context(), src, cp, 0, func(i uint64, b []byte) error {
			if n++; string(b) != string(l.records[i]) {
				t.Fatalf("record %d is not the log's", i)
			}
			return nil
		})
		return n, err
	}
	// A log that has grown may have the full tiles and bundles only: what is past the checkpoint is not read.
	if n, err := count(big); err != nil || n != 300 {
		t.Errorf("a log that has grown: %d records, %v", n, err)
	}
	// A changed byte past the checkpoint is nobody's business; within it, it is.
	n, err := count(big.with("tile/entries/001", func(b []byte) []byte { b[len(b)-1] ^= 1; return b }))
	if err != nil || n != 300 {
		t.Errorf("a change past the checkpoint: %d records, %v", n, err)
	}
	var bad *RecordError
	if _, err := count(big.with("tile/entries/001", func(b []byte) []byte { b[2] ^= 1; return b })); !errors.As(err, &bad) || bad.Index != 256 {
		t.Errorf("a change before the checkpoint: %v", err)
	}
	if _, err := count(big.with("tile/entries/001", func(b []byte) []byte { return b[:10] })); !errors.As(err, &bad) {
		t.Errorf("a full bundle cut short: %v", err)
	}
	// But a partial bundle has exactly its entries.
	more, _ := AppendEntry(small["tile/entries/001.p/44"], []byte("unlogged"))
	if _, err := count(small.with("tile/entries/001.p/44", func([]byte) []byte { return more })); !errors.As(err, &bad) || bad.Index != 299 {
		t.Errorf("an unlogged trailing entry: %v", err)
	}
	if _, err := count(small.with("tile/entries/001.p/44", func(b []byte) []byte { return append(b, 0) })); !errors.As(err, &bad) {
		t.Errorf("a trailing byte: %v", err)
	}
	if _, err := count(small.with("tile/0/001.p/44", func(b []byte) []byte { return append(b, b[:32]...) })); !errors.Is(err, ErrInvalid) {
		t.Errorf("a trailing hash: %v", err)
	}
}

func TestG7_CheckpointOfAnotherLog(t *testing.T) {
	l := newTestLog(t, testOrigin, 1).fill(9, 9)
	impostor := newTestLog(t, testOrigin, 2).append(l.records...) // the same name, another key
	foreign := newTestLog(t, "elsewhere.example", 3).append(l.records...)
	w := newWitness(t, "w1", 1700000000)
	good := l.checkpoint(9)
	sign := func(text string, signers ...note.Signer) []byte {
		b, err := note.Sign(&note.Note{Text: text}, signers...)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	text := fmt.Sprintf("%s\n9\n%s\n", testOrigin, l.root(9))
	if cp, err := Open(sign(text, l.signer, foreign.signer), l.policy()); err != nil || cp.Size() != 9 || cp.Root() != l.root(9) || cp.Origin() != testOrigin {
		t.Fatalf("a good checkpoint with a stranger's signature: %v", err)
	}
	spoiled := func(b []byte) []byte {
		raw, _ := base64.StdEncoding.DecodeString(string(b[len(b)-1-92 : len(b)-1]))
		raw[20] ^= 1
		return append(b[:len(b)-1-92:len(b)-1-92], base64.StdEncoding.EncodeToString(raw)+"\n"...)
	}
	tail := func(b []byte) []byte { return b[len(text)+1:] }
	join := func(bs ...[]byte) (all []byte) {
		for _, b := range bs {
			all = append(all, b...)
		}
		return all
	}
	if _, err := Open(spoiled(good), l.policy()); err == nil {
		t.Fatal("a spoiled signature verifies")
	}
	for name, signed := range map[string][]byte{
		"wrong origin":              sign(fmt.Sprintf("elsewhere.example\n9\n%s\n", l.root(9)), l.signer),
		"wrong key id":              impostor.checkpoint(9),
		"foreign log":               foreign.checkpoint(9),
		"good, bad by one key":      join(good, tail(spoiled(good))),
		"bad, good by one key":      join(spoiled(good), tail(good)),
		"good by log, bad witness":  join(good, tail(spoiled(sign(text, w)))),
		"CRLF":                      join([]byte(fmt.Sprintf("%s\r\n9\r\n%s\r\n\r\n", testOrigin, l.root(9))), tail(good)),
		"CRLF after the signature":  join(good[:len(good)-1], []byte("\r\n")),
		"extension line":            sign(text+"more\n", l.signer),
		"empty line in the text":    sign(text+"\n", l.signer),
		"leading zero":              sign(fmt.Sprintf("%s\n09\n%s\n", testOrigin, l.root(9)), l.signer),
		"plus sign":                 sign(fmt.Sprintf("%s\n+9\n%s\n", testOrigin, l.root(9)), l.signer),
		"too large":                 sign(fmt.Sprintf("%s\n%d\n%s\n", testOrigin, uint64(1)<<62, l.root(9)), l.signer),
		"root too short":            sign(fmt.Sprintf("%s\n9\n%s\n", testOrigin, "AAAA"), l.signer),
		"no signature":              []byte(text + "\n"),
		"no blank line":             join([]byte(text), tail(good)),
		"line after the signatures": join(good, []byte("x\n")),
		"no newline at the end":     good[:len(good)-1],
		"empty":                     nil,
	} {
		if _, err := Open(signed, Policy{Origin: testOrigin, Log: l.key, Witnesses: []note.Verifier{w.Verifier}}); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestG2_StaleView(t *testing.T) {
	ctx := t.Context()
	l := newTestLog(t, testOrigin, 1).fill(600, 9)
	fork := newTestLog(t, testOrigin, 1).append(l.records[:400]...).append([]byte("another history")).append(l.records[401:]...)
	tree, err := OpenTree(ctx, l.files(500), l.open(500))
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{0, 1, 256, 499, 500} {
		if err := tree.Extends(ctx, l.open(size)); err != nil {
			t.Errorf("its own past at %d: %v", size, err)
		}
	}
	if err := tree.Extends(ctx, l.open(501)); !errors.Is(err, ErrStale) || !errors.Is(err, ErrInvalid) {
		t.Errorf("an older log than is known: %v", err)
	}
	if err := tree.Extends(ctx, fork.open(400)); err != nil {
		t.Errorf("the common past: %v", err)
	}
	var two *HistoryError
	if err := tree.Extends(ctx, fork.open(450)); !errors.As(err, &two) || two.Known.Size() != 450 || two.Shown.Size() != 500 {
		t.Errorf("another history: %v", err)
	}
	if err := tree.Extends(ctx, SignedCheckpoint{}); err == nil {
		t.Error("a checkpoint that nobody checked")
	}

	// Freshness is by the witnesses' clocks.
	w1, w2, w3 := newWitness(t, "w1", 1000), newWitness(t, "w2", 2000), newWitness(t, "w3", 3000)
	cp := l.open(500, w1, w2, w3)
	for since, want := range map[uint64]int{0: 3, 1000: 3, 1001: 2, 3000: 1, 3001: 0} {
		if got := cp.FreshCosignatures(since); got != want {
			t.Errorf("%d cosignatures since %d, want %d", got, since, want)
		}
	}
	if got := cp.Cosignatures(); len(got) != 3 || got[1] != (Cosignature{"w2", w2.KeyHash(), 2000}) {
		t.Errorf("cosignatures: %v", got)
	}
}

func TestEverySignatureIsAccountedFor(t *testing.T) {
	l := newTestLog(t, testOrigin, 1).fill(3, 9)
	w1, w2 := newWitness(t, "w1", 1000), newWitness(t, "w2", 2000)
	signed := l.checkpoint(3, w1, w2)
	cp, err := Open(signed, l.policy(w2))
	if err != nil {
		t.Fatal(err)
	}
	if err := cp.Account([]note.Verifier{w2, w1}); err != nil {
		t.Errorf("both are named: %v", err)
	}
	if err := cp.Account([]note.Verifier{w2}); !errors.Is(err, ErrInvalid) {
		t.Errorf("a stranger's signature: %v", err)
	}
	if only, err := Open(cp.Only(), l.policy(w2)); err != nil || only.Account([]note.Verifier{w2}) != nil || string(only.Bytes()) != string(l.checkpoint(3, w2)) {
		t.Errorf("without the stranger: %v\n%s", err, cp.Only())
	}
	// w1's line is spoiled. Opening under a policy that does not name it says nothing about it, accounting does.
	bad := w1
	bad.key = ed25519.NewKeyFromSeed(make([]byte, 32))
	cp, err = Open(l.checkpoint(3, bad, w2), l.policy(w2))
	if err != nil {
		t.Fatal(err)
	}
	if err := cp.Account([]note.Verifier{w1, w2}); !errors.Is(err, ErrInvalid) {
		t.Errorf("a spoiled signature: %v", err)
	}
	if err := (SignedCheckpoint{}).Account(nil); err == nil {
		t.Error("a checkpoint that nobody checked")
	}
}
