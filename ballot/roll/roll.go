// Package roll is the list of those who may vote, as of a date: the private list that commission and registrars keep, and the
// commitment to it that stands on the board (SPEC.md §9.3).
//
// The commission reads members from a spreadsheet ([ReadCSV]), makes a roll of them ([New]) and posts [Roll.Announcement] and
// [Roll.Parts]. Every registrar gets the private file ([Roll.Marshal], [Parse]) and, before it accepts the roll on the record,
// compares it with the board ([Roll.CheckCommitment]). A member gets the [Opening] of one entry and compares it with the entry on
// the board ([Opening.Check]); so do they see under which number and name they stand, and nobody else does.
//
// An entry's hash hides number and name behind a salt of 32 random bytes. E-mail addresses are for sending codes; they are no part
// of any hash and can be changed without touching the roll. That the members exist is nothing that this package could know.
package roll

import (
	"cmp"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"strings"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/tlog"

	"mandate/ballot/record"
	"mandate/ballot/text"
	"mandate/crypto/merkle"
	"mandate/crypto/transcript"
)

// MaxNumber is the longest member number, in bytes.
const MaxNumber = 64

// MaxEmail is the longest e-mail address, in bytes (RFC 5321 §4.5.3.1.3, without the angle brackets).
const MaxEmail = 254

// A Hash is the hash of an entry: 32 bytes (SPEC.md §9.3).
type Hash [32]byte

// A Member is a line of the private list.
type Member struct {
	Number string // unique in the roll
	Name   string
	Email  string // may be empty; not committed to
}

// Check reports whether number, name and e-mail address are well-formed; errors name the field.
func (m *Member) Check() error {
	return cmp.Or(checkNumber(m.Number), text.CheckName("name", m.Name), checkEmail(m.Email))
}

// checkNumber holds numbers to visible ASCII, because two numbers that differ must also look different.
func checkNumber(s string) error {
	if s == "" {
		return errors.New("number: is empty")
	}
	if len(s) > MaxNumber {
		return fmt.Errorf("number: %d bytes, at most %d", len(s), MaxNumber)
	}
	for _, r := range s {
		if r <= ' ' || r >= 0x7f {
			return fmt.Errorf("number: %q has %q; letters A to Z, digits and ASCII punctuation only", s, r)
		}
	}
	return nil
}

// checkEmail catches slips and whatever could break a mail's header. Whether mail arrives, only sending it tells.
func checkEmail(s string) error {
	if s == "" {
		return nil
	}
	if len(s) > MaxEmail {
		return fmt.Errorf("email: %d bytes, at most %d", len(s), MaxEmail)
	}
	if !utf8.ValidString(s) {
		return errors.New("email: is not valid UTF-8")
	}
	for _, r := range s {
		if r <= ' ' || r == 0x7f || strings.ContainsRune(`<>(),;:"\[]`, r) || r >= 0x80 && text.CheckName("email", string(r)) != nil {
			return fmt.Errorf("email: %q has %q, which an address like ana@example.org has not", s, r)
		}
	}
	local, domain, ok := strings.Cut(s, "@")
	if !ok || local == "" || domain == "" || strings.Contains(domain, "@") || strings.HasPrefix(domain, ".") || strings.HasSuffix(domain, ".") {
		return fmt.Errorf("email: %q is not like ana@example.org", s)
	}
	return nil
}

// An Opening is what one entry's hash hides. It is shown to its member, and to the registrars.
type Opening struct {
	_      struct{} `cbor:",toarray"`
	Index  uint64
	Salt   [32]byte
	Number string
	Name   string
}

// Hash returns the hash of the entry in the roll with that roll-id (SPEC.md §9.3).
func (o *Opening) Hash(rollID record.ID) Hash {
	t := transcript.New("mandate/v1 roll entry")
	t.AppendBytes("roll", rollID[:])
	t.AppendUint64("index", o.Index)
	t.AppendBytes("salt", o.Salt[:])
	t.AppendString("number", o.Number)
	t.AppendString("name", o.Name)
	return t.ID("entry")
}

// Check reports whether number and name are well-formed and hash to the entry that the board has at the opening's index.
func (o *Opening) Check(rollID record.ID, entry Hash) error {
	m := Member{Number: o.Number, Name: o.Name}
	if err := m.Check(); err != nil {
		return fmt.Errorf("roll entry %d: %w", o.Index, err)
	}
	if o.Hash(rollID) != entry {
		return fmt.Errorf("roll entry %d: number %q and name %q are not what the board's roll has there", o.Index, o.Number, o.Name)
	}
	return nil
}

// Root returns the RFC 6962 tree head over entries, each the data of a leaf.
func Root(entries []Hash) record.ID {
	var f merkle.Frontier
	for i := range entries {
		f.Append(tlog.RecordHash(entries[i][:]))
	}
	return record.ID(f.Root())
}

// A Roll is the private list with its salts. Nothing in it may be published but what Announcement and Parts return. It must
// not be changed after New or Parse, but for e-mail addresses ([Roll.SetEmail]).
type Roll struct {
	ID      record.ID // the roll-id: 32 random bytes, not the id of a record
	Title   string
	Segment string // empty for the whole organisation
	AsOf    string // YYYY-MM-DD

	entries  []entry
	byNumber map[string]int
}

type entry struct {
	_      struct{} `cbor:",toarray"`
	Salt   [32]byte
	Number string
	Name   string
	Email  string
}

// New makes a roll with fresh salts. The entries stand in an order drawn at random, so that an index says nothing about its
// member. It wants 1 to 2^27 members with distinct numbers.
func New(title, segment, asOf string, members []Member) (*Roll, error) {
	r := &Roll{Title: title, Segment: segment, AsOf: asOf}
	rand.Read(r.ID[:]) // never fails: crypto/rand ends the program instead
	r.entries = make([]entry, len(members))
	for i, m := range members {
		e := entry{Number: m.Number, Name: m.Name, Email: m.Email}
		rand.Read(e.Salt[:])
		r.entries[i] = e
	}
	for i := len(r.entries) - 1; i > 0; i-- { // Fisher–Yates
		j := uniform(uint64(i + 1))
		r.entries[i], r.entries[j] = r.entries[j], r.entries[i]
	}
	if err := r.index(); err != nil {
		return nil, fmt.Errorf("making a roll: %w", err)
	}
	return r, nil
}

// uniform draws a number below n without bias (Lemire, "Fast random integer generation in an interval", 2019, §4).
func uniform(n uint64) uint64 {
	for {
		var b [8]byte
		rand.Read(b[:])
		hi, lo := bits.Mul64(binary.LittleEndian.Uint64(b[:]), n)
		if lo >= -n%n {
			return hi
		}
	}
}

// index checks everything that SPEC.md asks of a roll and builds the index of numbers.
func (r *Roll) index() error {
	if err := text.CheckName("title", r.Title); err != nil {
		return err
	}
	if r.Segment != "" {
		if err := text.CheckName("segment", r.Segment); err != nil {
			return err
		}
	}
	if err := text.CheckDate("as-of", r.AsOf); err != nil {
		return err
	}
	if n := len(r.entries); n < 1 || n > record.MaxRoll {
		return fmt.Errorf("count: %d members, want 1 to %d", n, record.MaxRoll)
	}
	r.byNumber = make(map[string]int, len(r.entries))
	for i := range r.entries {
		m := r.Member(i)
		if err := m.Check(); err != nil {
			return fmt.Errorf("entry %d: %w", i, err)
		}
		if first, ok := r.byNumber[m.Number]; ok {
			return fmt.Errorf("entry %d: number: %q is also that of entry %d", i, m.Number, first)
		}
		r.byNumber[m.Number] = i
	}
	return nil
}

// Len returns the number of entries.
func (r *Roll) Len() int { return len(r.entries) }

// Member returns the member at an index below Len.
func (r *Roll) Member(i int) Member {
	e := &r.entries[i]
	return Member{Number: e.Number, Name: e.Name, Email: e.Email}
}

// Opening returns the opening of the entry at an index below Len.
func (r *Roll) Opening(i int) Opening {
	e := &r.entries[i]
	return Opening{Index: uint64(i), Salt: e.Salt, Number: e.Number, Name: e.Name}
}

// Find returns the index of a member by number.
func (r *Roll) Find(number string) (int, bool) {
	i, ok := r.byNumber[number]
	return i, ok
}

// SetEmail changes the address to which a member's codes go; the commitment stays what it is.
func (r *Roll) SetEmail(i int, email string) error {
	if err := checkEmail(email); err != nil {
		return fmt.Errorf("entry %d: %w", i, err)
	}
	r.entries[i].Email = email
	return nil
}

// Hashes returns the entries' hashes in order.
func (r *Roll) Hashes() []Hash {
	hs := make([]Hash, len(r.entries))
	for i := range hs {
		o := r.Opening(i)
		hs[i] = o.Hash(r.ID)
	}
	return hs
}
