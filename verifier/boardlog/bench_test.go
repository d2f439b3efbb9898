package boardlog

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

// BenchmarkReadPackage reads an audit package of 20,000 records of 2 KiB from a file, with every check.
func BenchmarkReadPackage(b *testing.B) {
	const n = 20000
	l := newTestLog(b, testOrigin, 1)
	r := rand.NewChaCha8([32]byte{})
	for range n {
		record := make([]byte, 2048)
		r.Read(record)
		l.append(record)
	}
	name := filepath.Join(b.TempDir(), "board.tar")
	if err := os.WriteFile(name, packed(b, l, n), 0o644); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		p, err := OpenPackageFile(name)
		if err != nil {
			b.Fatal(err)
		}
		if err := audit(b.Context(), p, l.policy(), func(uint64, []byte) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*n/b.Elapsed().Seconds(), "records/s")
}

// BenchmarkReceipt parses and verifies a receipt with one witness.
func BenchmarkReceipt(b *testing.B) {
	w := newWitness(b, "w1", 1700000000)
	l := newTestLog(b, testOrigin, 1).fill(100000, 1)
	text, policy := l.receipt(777, 100000, w).Encode(), l.policy(w)
	for b.Loop() {
		r, err := ParseReceipt(text)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := r.Verify(policy); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkTileRoot hashes one full tile.
func BenchmarkTileRoot(b *testing.B) {
	hashes, err := ParseTile(bytes.Repeat([]byte{7}, 8192), 256)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		subtreeRoot(hashes)
	}
}
