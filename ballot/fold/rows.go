package fold

import (
	"encoding/binary"
	"hash/maphash"
	"iter"

	"mandate/ballot/record"
	"mandate/crypto/group"
)

// rows are the accepted ballots of a vote in log order, replaced ones included: of each what later records are judged by, and no more. A large
// vote has millions, so a row is bytes in a block without pointers, and what finds rows are tables of numbers.
//
// A row is the credential's key, the ballot's id, its number, and its ciphertexts as they are on the ballot.
type rows struct {
	size   int      // of a row
	count  int      // of rows
	blocks [][]byte // of rowsInBlock rows each

	last   index // by key: the credential's last ballot
	cast   index // by id
	chosen index // by each A component
}

const (
	rowKey      = 0
	rowID       = rowKey + 32
	rowNumber   = rowID + 32
	rowContests = rowNumber + 8

	rowsInBlock = 256
)

// newRows returns no rows, of ballots with so many bytes of ciphertexts.
func newRows(ciphertexts int) rows { return rows{size: rowContests + ciphertexts} }

// A row is one accepted ballot.
type row []byte

func (r row) key() record.Key  { return record.Key(r[rowKey:]) }
func (r row) id() record.ID    { return record.ID(r[rowID:]) }
func (r row) number() uint64   { return binary.LittleEndian.Uint64(r[rowNumber:]) }
func (r row) contests() []byte { return r[rowContests:] }
func (r row) ciphertexts() int { return len(r.contests()) / (2 * group.ElementSize) }
func (r row) a(i int) [32]byte { return [32]byte(r.contests()[2*i*group.ElementSize:]) }
func (r row) has(a [32]byte) bool {
	for i := range r.ciphertexts() {
		if r.a(i) == a {
			return true
		}
	}
	return false
}

func (rs *rows) at(i int) row {
	b := rs.blocks[i/rowsInBlock]
	start := i % rowsInBlock * rs.size
	return row(b[start : start+rs.size : start+rs.size])
}

// add adds an accepted ballot, which replaces the one that its credential had.
func (rs *rows) add(key record.Key, id record.ID, number uint64, contests [][]byte) {
	if rs.count%rowsInBlock == 0 {
		rs.blocks = append(rs.blocks, make([]byte, 0, rowsInBlock*rs.size))
	}
	b := &rs.blocks[len(rs.blocks)-1]
	*b = append(append(*b, key[:]...), id[:]...)
	*b = binary.LittleEndian.AppendUint64(*b, number)
	for _, c := range contests {
		*b = append(*b, c...)
	}
	i := rs.count
	rs.count++
	rs.last.set(key, i, rs.isKey(key))
	rs.cast.set(id, i, rs.isID(id))
	r := rs.at(i)
	for j := range r.ciphertexts() {
		rs.chosen.set(r.a(j), i, func(int) bool { return false })
	}
}

func (rs *rows) isKey(key record.Key) func(int) bool {
	return func(i int) bool { return rs.at(i).key() == key }
}

func (rs *rows) isID(id record.ID) func(int) bool {
	return func(i int) bool { return rs.at(i).id() == id }
}

// lastOf returns a credential's last ballot, or false.
func (rs *rows) lastOf(key record.Key) (row, bool) {
	i, ok := rs.last.find(key, rs.isKey(key))
	if !ok {
		return nil, false
	}
	return rs.at(i), true
}

// isCast reports whether a ballot has a row.
func (rs *rows) isCast(id record.ID) bool {
	_, ok := rs.cast.find(id, rs.isID(id))
	return ok
}

// isChosen reports whether a ballot has this A component.
func (rs *rows) isChosen(a [32]byte) bool {
	_, ok := rs.chosen.find(a, func(i int) bool { return rs.at(i).has(a) })
	return ok
}

// credentials returns how many credentials have a ballot.
func (rs *rows) credentials() int { return rs.last.used }

// counted returns the last ballot of every credential, in log order.
func (rs *rows) counted() iter.Seq[row] {
	return func(yield func(row) bool) {
		for i := range rs.count {
			r := rs.at(i)
			if last, _ := rs.last.find(r.key(), rs.isKey(r.key())); last == i && !yield(r) {
				return
			}
		}
	}
}

// An index finds rows by 32 bytes: a table with open addressing (Knuth, The Art of Computer Programming, volume 3, section 6.4, algorithm L)
// of the number of a row and half of a hash, which tells nearly all others apart without looking at them. Nobody who chooses the bytes knows
// the hash. It is right whatever the hash: what a row is found by is compared.
type index struct {
	slots []slot // a power of two, or none
	used  int
}

type slot struct {
	hash uint32
	row  uint32 // plus 1; 0 is a free slot
}

var indexSeed = maphash.MakeSeed()

func hashOf(key [32]byte) uint32 { return uint32(maphash.Bytes(indexSeed, key[:])) }

// look returns the first slot that is free or of which is says that it is the one.
func (x *index) look(hash uint32, is func(row int) bool) *slot {
	mask := uint32(len(x.slots) - 1)
	for i := hash & mask; ; i = (i + 1) & mask {
		s := &x.slots[i]
		if s.row == 0 || s.hash == hash && is(int(s.row-1)) {
			return s
		}
	}
}

func (x *index) find(key [32]byte, is func(row int) bool) (int, bool) {
	if len(x.slots) == 0 {
		return 0, false
	}
	s := x.look(hashOf(key), is)
	return int(s.row) - 1, s.row != 0
}

// set lets a row be found by a key, in the place of the one that is found by it.
func (x *index) set(key [32]byte, row int, is func(row int) bool) {
	if 4*x.used >= 3*len(x.slots) {
		x.grow()
	}
	hash := hashOf(key)
	s := x.look(hash, is)
	if s.row == 0 {
		x.used++
	}
	*s = slot{hash, uint32(row + 1)}
}

func (x *index) grow() {
	old := x.slots
	x.slots = make([]slot, max(8, 2*len(old)))
	for _, s := range old {
		if s.row != 0 {
			*x.look(s.hash, func(int) bool { return false }) = s
		}
	}
}
