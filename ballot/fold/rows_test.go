package fold

import (
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"

	"mandate/ballot/record"
	"mandate/crypto/elgamal"
)

// TestRowsAgainstMaps: rows find what maps find, for ballots of several widths, credentials that vote again and again, and hashes
// that collide.
func TestRowsAgainstMaps(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	some := func(n int) (b [32]byte) { // one of n
		return sha256.Sum256(binary.LittleEndian.AppendUint64(nil, rng.Uint64N(uint64(n))))
	}
	for _, c := range []struct{ ballots, keys, width int }{{0, 1, 2}, {1, 1, 0}, {300, 1, 1}, {3000, 700, 3}, {3000, 100_000, 2}} {
		rs := newRows(c.width * elgamal.Size)
		type last struct {
			number uint64
			id     record.ID
			place  int
		}
		lasts, cast, chosen := make(map[record.Key]last), make(map[record.ID]bool), make(map[[32]byte]bool)
		var contests [][]byte
		for i := range c.ballots {
			key, id := record.Key(some(c.keys)), record.ID(some(1<<40))
			cts := make([]byte, c.width*elgamal.Size)
			for j := range cts {
				cts[j] = byte(rng.Uint32())
			}
			contests = append(contests, cts)
			rs.add(key, id, uint64(i), [][]byte{cts[:len(cts)/elgamal.Size/2*elgamal.Size], cts[len(cts)/elgamal.Size/2*elgamal.Size:]})
			lasts[key], cast[id] = last{uint64(i), id, i}, true
			for j := range c.width {
				chosen[[32]byte(cts[j*elgamal.Size:])] = true
			}
		}
		if rs.credentials() != len(lasts) {
			t.Errorf("%v: %d credentials, want %d", c, rs.credentials(), len(lasts))
		}
		var want []int
		for key, l := range lasts {
			want = append(want, l.place)
			if r, ok := rs.lastOf(key); !ok || r.number() != l.number || r.id() != l.id || r.key() != key || !slices.Equal(r.contests(), contests[l.place]) {
				t.Fatalf("%v: the last ballot of %v: %v, want %v", c, key, r, l)
			}
		}
		slices.Sort(want)
		for r := range rs.counted() {
			if len(want) == 0 || r.number() != uint64(want[0]) {
				t.Fatalf("%v: ballot %d is counted, want those of %v", c, r.number(), want[:min(len(want), 5)])
			}
			want = want[1:]
		}
		if len(want) > 0 {
			t.Errorf("%v: %d ballots are not counted", c, len(want))
		}
		for range 2 * c.ballots {
			key, id, a := record.Key(some(2*c.keys)), record.ID(some(1<<40)), some(1<<40)
			if _, ok := rs.lastOf(key); ok != (lasts[key].id != record.ID{}) {
				t.Errorf("%v: found %v: %v", c, key, ok)
			}
			if rs.isCast(id) || rs.isChosen(a) {
				t.Errorf("%v: found what was not put in", c)
			}
		}
		for id := range cast {
			if !rs.isCast(id) {
				t.Errorf("%v: ballot %v is not found", c, id)
			}
		}
		for a := range chosen {
			if !rs.isChosen(a) {
				t.Errorf("%v: component %x is not found", c, a)
			}
			if b := [32]byte(slices.Concat(a[16:], a[:16])); rs.isChosen(b) {
				t.Errorf("%v: found what was not put in", c)
			}
		}
	}
}

// TestIndexOfOneHash: an index is right even if all hashes are the same.
func TestIndexOfOneHash(t *testing.T) {
	var x index
	for range 3 {
		x.grow()
	}
	const n = 20
	for i := range n {
		s := x.look(7, func(row int) bool { return row == i })
		if s.row != 0 {
			t.Fatalf("row %d is found before it was put in", i)
		}
		*s = slot{7, uint32(i + 1)}
	}
	x.grow()
	for i := range n {
		if s := x.look(7, func(row int) bool { return row == i }); s.row != uint32(i+1) {
			t.Errorf("row %d: found %d", i, s.row)
		}
	}
	if s := x.look(7, func(row int) bool { return row == n }); s.row != 0 {
		t.Error("found what was not put in")
	}
}
