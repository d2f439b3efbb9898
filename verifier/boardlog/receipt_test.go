package boardlog

import (
	"bytes"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"testing"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"mandate/ballot/checkpoint"
)

func (l *testLog) receipt(index, size int, witnesses ...cosigner) Receipt {
	l.t.Helper()
	hashes, err := tlog.ProveRecord(int64(size), int64(index), l)
	if err != nil {
		l.t.Fatal(err)
	}
	return Receipt{tlog.RecordHash(l.records[index]), uint64(index), hashes, l.checkpoint(size, witnesses...)}
}

func TestReceipt(t *testing.T) {
	w := newWitness(t, "w1", 1700000000)
	l := newTestLog(t, testOrigin, 1).fill(300, 20)
	for _, size := range []int{1, 2, 3, 7, 256, 300} {
		for _, index := range []int{0, size / 2, size - 1} {
			r := l.receipt(index, size, w)
			text := r.Encode()
			got, err := ParseReceipt(text)
			if err != nil || got.Record != r.Record || got.Index != r.Index || !slices.Equal(got.Hashes, r.Hashes) || !bytes.Equal(got.Checkpoint, r.Checkpoint) {
				t.Fatalf("%d of %d: parsed as %+v, %v", index, size, got, err)
			}
			cp, err := got.Verify(l.policy(w))
			if err != nil || cp.Size() != uint64(size) || len(cp.Cosignatures()) != 1 {
				t.Fatalf("%d of %d: %v", index, size, err)
			}
		}
	}
}

// TestReceiptIsATlogProof has another implementation of C2SP tlog-proof write and verify our receipts.
func TestReceiptIsATlogProof(t *testing.T) {
	l := newTestLog(t, testOrigin, 1).fill(9, 20)
	r := l.receipt(4, 9)
	theirs := torchwood.FormatProofWithExtraData(4, r.Record[:], r.Hashes, r.Checkpoint)
	if !bytes.Equal(theirs, r.Encode()) {
		t.Fatalf("torchwood writes\n%s\nthis writes\n%s", theirs, r.Encode())
	}
	policy := torchwood.ThresholdPolicy(2, torchwood.OriginPolicy(testOrigin), torchwood.SingleVerifierPolicy(l.key))
	if err := torchwood.VerifyProof(policy, r.Record, r.Encode()); err != nil {
		t.Errorf("torchwood: %v", err)
	}
	plain := Proof{nil, r.Index, r.Hashes, r.Checkpoint}
	if !bytes.Equal(torchwood.FormatProof(4, r.Hashes, r.Checkpoint), plain.Encode()) {
		t.Error("a proof without extra data is another")
	}
	if _, err := ParseReceipt(plain.Encode()); !errors.Is(err, ErrInvalid) {
		t.Errorf("a receipt without a record's id: %v", err)
	}
	if p, err := ParseProof(plain.Encode()); err != nil || p.Extra != nil {
		t.Errorf("a proof without extra data: %v", err)
	}
	if p, err := ParseProof(Proof{[]byte{}, 0, nil, r.Checkpoint}.Encode()); err != nil || p.Extra == nil || len(p.Extra) > 0 {
		t.Errorf("a proof with empty extra data: %v", err)
	}
}

func TestReceiptIsRefused(t *testing.T) {
	l := newTestLog(t, testOrigin, 1).fill(9, 20)
	impostor := newTestLog(t, testOrigin, 2).append(l.records...)
	r := l.receipt(4, 9)
	for name, change := range map[string]func(*Receipt){
		"another record":     func(r *Receipt) { r.Record[0] ^= 1 },
		"another index":      func(r *Receipt) { r.Index++ },
		"index at the size":  func(r *Receipt) { r.Index = 9 },
		"a hash changed":     func(r *Receipt) { r.Hashes = slices.Clone(r.Hashes); r.Hashes[1][5] ^= 1 },
		"a hash missing":     func(r *Receipt) { r.Hashes = r.Hashes[:3] },
		"a hash too many":    func(r *Receipt) { r.Hashes = append(slices.Clone(r.Hashes), tlog.Hash{}) },
		"another size":       func(r *Receipt) { r.Checkpoint = l.checkpoint(8) },
		"another log's key":  func(r *Receipt) { r.Checkpoint = impostor.checkpoint(9) },
		"without cosigner":   func(r *Receipt) { r.Checkpoint = l.checkpoint(9) },
		"without checkpoint": func(r *Receipt) { r.Checkpoint = nil },
	} {
		w := newWitness(t, "w1", 1)
		policy := l.policy(w)
		bad := r
		bad.Checkpoint = l.checkpoint(9, w)
		if _, err := bad.Verify(policy); err != nil {
			t.Fatal(err)
		}
		change(&bad)
		if _, err := bad.Verify(policy); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	text := string(r.Encode())
	lines := strings.SplitAfter(text, "\n")
	join := func(ls ...string) string { return strings.Join(ls, "") }
	for name, bad := range map[string]string{
		"empty":                    "",
		"another header":           strings.Replace(text, "@v1", "@v2", 1),
		"CRLF":                     strings.ReplaceAll(text, "\n", "\r\n"),
		"CR in base64":             strings.Replace(text, "=\nindex", "\r=\nindex", 1),
		"space after extra":        strings.Replace(text, "\nindex", " \nindex", 1),
		"extra of 31 bytes":        join(lines[0], "extra "+strings.Repeat("AAAA", 10)+"AA==\n", join(lines[2:]...)),
		"extra with slack bits":    strings.Replace(text, "=\nindex", "\x00\nindex", 1),
		"two extra lines":          join(lines[0], lines[1], join(lines[1:]...)),
		"no index":                 join(lines[0], lines[1], join(lines[3:]...)),
		"index with a zero":        strings.Replace(text, "index 4", "index 04", 1),
		"index with a sign":        strings.Replace(text, "index 4", "index +4", 1),
		"negative index":           strings.Replace(text, "index 4", "index -4", 1),
		"index too large":          strings.Replace(text, "index 4", "index 4611686018427387904", 1),
		"hash that is none":        strings.Replace(text, lines[3], "AAAA\n", 1),
		"63 hashes":                join(lines[0], lines[1], lines[2], strings.Repeat(lines[3], 63), "\n", string(r.Checkpoint)),
		"no checkpoint":            join(lines[:len(lines)-6]...),
		"ends in the hashes":       join(lines[:5]...),
		"a checkpoint of 17 KiB":   join(lines[:8]...) + strings.Repeat("x", 17<<10),
		"more than the size limit": text + strings.Repeat("x", MaxReceiptSize),
	} {
		if _, err := ParseReceipt([]byte(bad)); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	slack := strings.Index(text, "=\nindex") - 1
	for _, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") {
		if _, err := ParseReceipt([]byte(text[:slack] + string(c) + text[slack+1:])); err == nil && c != text[slack] {
			if other, _ := ParseReceipt([]byte(text[:slack] + string(c) + text[slack+1:])); other.Record == r.Record {
				t.Errorf("%q spells the same record as %q", c, text[slack])
			}
		}
	}
}

// The vectors are those of Certificate Transparency for RFC 6962: eight leaves and the tree heads at each size.
var (
	vectorLeaves = []string{"", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"}
	vectorRoots  = []string{
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
		"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
		"aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
		"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
		"4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
		"76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
		"ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
		"5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
	}
)

func vectors(t *testing.T) (l *testLog, roots []tlog.Hash) {
	t.Helper()
	l = newTestLog(t, testOrigin, 1)
	for _, s := range vectorLeaves {
		b, err := hex.DecodeString(s)
		if err != nil {
			t.Fatal(err)
		}
		l.append(b)
	}
	for _, s := range vectorRoots {
		b, err := hex.DecodeString(s)
		if err != nil {
			t.Fatal(err)
		}
		roots = append(roots, tlog.Hash(b))
	}
	return l, roots
}

func TestG5_InclusionProofs(t *testing.T) {
	l, roots := vectors(t)
	for size := 1; size <= 8; size++ {
		for index := range size {
			leaf := tlog.RecordHash(l.records[index])
			proof, err := tlog.ProveRecord(int64(size), int64(index), l)
			if err != nil {
				t.Fatal(err)
			}
			check := func(size uint64, root tlog.Hash, index uint64, leaf tlog.Hash, proof tlog.RecordProof) bool {
				err := VerifyInclusion(size, root, index, leaf, proof)
				if err != nil && !errors.Is(err, ErrInvalid) {
					t.Fatalf("not ErrInvalid: %v", err)
				}
				return err == nil
			}
			if !check(uint64(size), roots[size], uint64(index), leaf, proof) {
				t.Fatalf("%d of %d: refused", index, size)
			}
			for other := range 12 {
				if other != index && check(uint64(size), roots[size], uint64(other), leaf, proof) {
					t.Errorf("%d of %d: proof taken for index %d", index, size, other)
				}
			}
			if check(uint64(size), roots[size], uint64(index), leaf, append(slices.Clone(proof), roots[0])) {
				t.Errorf("%d of %d: a node too many", index, size)
			}
			for i := range proof {
				if check(uint64(size), roots[size], uint64(index), leaf, slices.Delete(slices.Clone(proof), i, i+1)) {
					t.Errorf("%d of %d: without node %d", index, size, i)
				}
				bad := slices.Clone(proof)
				bad[i][31] ^= 1
				if check(uint64(size), roots[size], uint64(index), leaf, bad) {
					t.Errorf("%d of %d: node %d changed", index, size, i)
				}
			}
			if check(uint64(size), roots[size-1], uint64(index), leaf, proof) {
				t.Errorf("%d of %d: another root", index, size)
			}
		}
	}
	for _, size := range []uint64{0, 1, 1 << 62, 1<<63 + 1, 1<<64 - 1} {
		for _, index := range []uint64{size, size + 1, 1<<63 + 5, 1<<64 - 1} {
			if index >= size || size >= 1<<62 {
				if err := VerifyInclusion(size, roots[1], index, tlog.RecordHash(nil), nil); err == nil {
					t.Errorf("record %d in a tree of %d", index, size)
				}
			}
		}
	}
}

func TestG5_ConsistencyProofs(t *testing.T) {
	l, roots := vectors(t)
	for to := range 9 {
		for from := range to + 1 {
			proof := tlog.TreeProof{}
			if from > 0 {
				var err error
				if proof, err = tlog.ProveTree(int64(to), int64(from), l); err != nil {
					t.Fatal(err)
				}
			}
			check := func(from uint64, fromRoot tlog.Hash, to uint64, toRoot tlog.Hash, proof tlog.TreeProof) bool {
				err := VerifyConsistency(from, fromRoot, to, toRoot, proof)
				if err != nil && !errors.Is(err, ErrInvalid) {
					t.Fatalf("not ErrInvalid: %v", err)
				}
				return err == nil
			}
			if !check(uint64(from), roots[from], uint64(to), roots[to], proof) {
				t.Fatalf("%d to %d: refused", from, to)
			}
			if check(uint64(from), roots[from], uint64(to), roots[to], append(slices.Clone(proof), roots[0])) {
				t.Errorf("%d to %d: a node too many", from, to)
			}
			for i := range proof {
				if check(uint64(from), roots[from], uint64(to), roots[to], slices.Delete(slices.Clone(proof), i, i+1)) {
					t.Errorf("%d to %d: without node %d", from, to, i)
				}
			}
			if other := roots[(from+1)%9]; check(uint64(from), other, uint64(to), roots[to], proof) {
				t.Errorf("%d to %d: another old root", from, to)
			}
			if other := roots[(to+1)%9]; from > 0 && check(uint64(from), roots[from], uint64(to), other, proof) {
				t.Errorf("%d to %d: another new root", from, to)
			}
			if from < to && check(uint64(to), roots[to], uint64(from), roots[from], proof) {
				t.Errorf("%d to %d: backwards", from, to)
			}
		}
	}
	if VerifyConsistency(0, roots[0], 0, roots[1], nil) == nil {
		t.Error("two empty trees with two roots")
	}
	if VerifyConsistency(3, roots[3], 1<<63+3, roots[3], nil) == nil {
		t.Error("a size that overflows")
	}
}

// TestG5_LeafIsNoNode tries second preimages: a record with the bytes of an inner node, and an inner node passed off as a leaf.
func TestG5_LeafIsNoNode(t *testing.T) {
	l := newTestLog(t, testOrigin, 1).fill(4, 20)
	left, right := tlog.RecordHash(l.records[0]), tlog.RecordHash(l.records[1])
	node := tlog.NodeHash(left, right)
	uncle := tlog.NodeHash(tlog.RecordHash(l.records[2]), tlog.RecordHash(l.records[3]))
	if tlog.NodeHash(node, uncle) != l.root(4) {
		t.Fatal("the tree is another")
	}
	for _, record := range [][]byte{slices.Concat(left[:], right[:]), slices.Concat([]byte{1}, left[:], right[:])} {
		if tlog.RecordHash(record) == node {
			t.Fatal("a record hashes to an inner node")
		}
		// As record 0 of a tree of two, which has the same root.
		if VerifyInclusion(2, l.root(4), 0, tlog.RecordHash(record), tlog.RecordProof{uncle}) == nil {
			t.Error("a record with the bytes of an inner node")
		}
	}
	// The node is where a leaf of a smaller tree would be; only the size in the checkpoint says that it is none.
	if VerifyInclusion(4, l.root(4), 0, node, tlog.RecordProof{uncle}) == nil {
		t.Error("an inner node as a leaf")
	}
	// A log whose record has an inner node's bytes is an ordinary log.
	odd := newTestLog(t, testOrigin, 1).append(slices.Concat(left[:], right[:]), slices.Concat([]byte{1}, left[:], right[:]))
	if err := Read(t.Context(), odd.files(2), odd.open(2), 0, func(uint64, []byte) error { return nil }); err != nil {
		t.Error(err)
	}
}

func TestG5_ProofsFromTiles(t *testing.T) {
	ctx := t.Context()
	l := newTestLog(t, testOrigin, 1).fill(700, 5)
	tree, err := OpenTree(ctx, l.files(700), l.open(700))
	if err != nil {
		t.Fatal(err)
	}
	for _, to := range []int{1, 2, 255, 256, 257, 512, 699, 700} {
		for _, from := range []int{0, 1, to / 2, to - 1, to} {
			proof, err := tree.ProveConsistency(ctx, uint64(from), uint64(to))
			if err != nil || VerifyConsistency(uint64(from), l.root(from), uint64(to), l.root(to), proof) != nil {
				t.Errorf("from %d to %d: %v", from, to, err)
			}
			if from == to {
				continue
			}
			inclusion, err := tree.ProveInclusion(ctx, uint64(from), uint64(to))
			leaf, leafErr := tree.LeafHash(ctx, uint64(from))
			if err != nil || leafErr != nil || VerifyInclusion(uint64(to), l.root(to), uint64(from), leaf, inclusion) != nil {
				t.Errorf("%d of %d: %v, %v", from, to, err, leafErr)
			}
		}
	}
	if _, err := tree.ProveInclusion(ctx, 700, 700); err == nil {
		t.Error("the inclusion of what is not there")
	}
	if _, err := tree.ProveInclusion(ctx, 1, 701); err == nil {
		t.Error("inclusion in a larger tree")
	}
	if _, err := tree.ProveConsistency(ctx, 1, 701); err == nil {
		t.Error("consistency with a larger tree")
	}
	if _, err := tree.RootAt(ctx, 701); err == nil {
		t.Error("the root of a larger tree")
	}
	if _, err := tree.LeafHash(ctx, 700); err == nil {
		t.Error("the hash of what is not there")
	}
}

func FuzzParseProof(f *testing.F) {
	l := newTestLog(f, testOrigin, 1).fill(9, 20)
	f.Add(l.receipt(4, 9).Encode())
	f.Add(l.receipt(0, 1).Encode())
	f.Add(Proof{nil, 3, nil, []byte("x")}.Encode())
	f.Fuzz(func(t *testing.T, b []byte) {
		if r, err := ParseReceipt(b); err == nil {
			r.Verify(l.policy())
		}
		p, err := ParseProof(b)
		if err != nil {
			if !errors.Is(err, ErrInvalid) {
				t.Fatalf("not ErrInvalid: %v", err)
			}
			return
		}
		if !bytes.Equal(p.Encode(), b) {
			t.Fatal("encodes to other bytes")
		}
	})
}

func FuzzOpenCheckpoint(f *testing.F) {
	l := newTestLog(f, testOrigin, 1).fill(9, 20)
	w := newWitness(f, "w1", 1700000000)
	f.Add(l.checkpoint(9))
	f.Add(l.checkpoint(9, w))
	f.Add(l.checkpoint(0))
	f.Fuzz(func(t *testing.T, b []byte) {
		unsignedHead(b)
		cp, err := Open(b, Policy{Origin: testOrigin, Log: l.key, Witnesses: []note.Verifier{w.Verifier}})
		if err != nil {
			if !errors.Is(err, ErrInvalid) || cp.Opened() {
				t.Fatalf("not ErrInvalid: %v", err)
			}
			return
		}
		if cp.Account([]note.Verifier{w.Verifier}) == nil && !bytes.Equal(cp.Only(), b) {
			t.Fatal("all of it is accounted for, and it is not all of it")
		}
		if size, root, err := unsignedHead(b); err != nil || size != cp.Size() || root != cp.Root() {
			t.Fatal("two readings of one checkpoint")
		}
		if len(b) > checkpoint.MaxSize {
			t.Fatal("too large")
		}
	})
}
