package registrar

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"

	"mandate/ballot/record"
	"mandate/cmd/mandate/registrar/issuing"
)

// ErrUnknownRound is returned for a round that names this registrar nowhere, or whose private list it was not given.
var ErrUnknownRound = errors.New("registrar: the round is not on the board as last seen, does not name this registrar, or its private list is missing")

// ErrRemoved is returned when codes are asked for an entry that the commission has taken off the roll.
var ErrRemoved = errors.New("the commission has taken it off the roll")

// codesHeader is the first line of the list of codes.
var codesHeader = []string{"entry", "number", "name", "email", "code", "link"}

// Codes draws new codes for roll entries of a round and writes them as a spreadsheet (RFC 4180, UTF-8) for sending: entry, member number,
// name, e-mail address, code, and a link with the code in its fragment. A new code makes the entry's earlier one void; which request was
// answered stays as it is. With no entries named it draws codes for those that have none yet. For entries that are off the roll it draws none:
// named, they are an error that wraps ErrRemoved.
//
// What is written is all that ever shows the codes: the registrar keeps only their hashes. They are good before the first line is written.
// Who writes the list to a file gives it mode 0600 and deletes it once it is sent.
func (r *Registrar) Codes(w io.Writer, round record.ID, entries ...int) error {
	v := r.seen.Load()
	if v == nil || v.desks[round] == nil || v.desks[round].roll == nil {
		return ErrUnknownRound
	}
	d := v.desks[round]
	for _, e := range entries {
		if e < 0 || e >= d.roll.Len() {
			return fmt.Errorf("registrar: entry %d: the roll has %d", e, d.roll.Len())
		}
		if reason := d.removed[uint64(e)]; reason != "" {
			return fmt.Errorf("registrar: entry %d: %w: %s", e, ErrRemoved, reason)
		}
	}
	var who []uint64
	if len(entries) == 0 {
		have := newEntrySet(uint64(d.roll.Len()))
		err := r.ledger.seats(round, func(entry uint64, s seat) {
			if s.Code != ([32]byte{}) {
				have.add(entry)
			}
		})
		if err != nil {
			return err
		}
		for e := range uint64(d.roll.Len()) {
			if !have.has(e) && d.removed[e] == "" {
				who = append(who, e)
			}
		}
	}
	for _, e := range slices.Compact(slices.Sorted(slices.Values(entries))) {
		who = append(who, uint64(e))
	}
	codes, err := r.drawCodes(d, who)
	if err != nil {
		return err
	}
	list := csv.NewWriter(w)
	list.UseCRLF = true
	list.Write(codesHeader)
	for i, e := range who {
		list.Write(r.line(d, e, codes[i]))
	}
	list.Flush()
	if err := list.Error(); err != nil {
		return fmt.Errorf("writing codes: %w", err)
	}
	return nil
}

// drawCodes draws new codes for entries, which makes their earlier ones void. They are good when it returns.
func (r *Registrar) drawCodes(d *desk, who []uint64) ([]issuing.Code, error) {
	codes, hashes := make([]issuing.Code, len(who)), make([][32]byte, len(who))
	for i := range codes {
		codes[i] = issuing.NewCode()
		hashes[i] = d.Hash(codes[i])
	}
	return codes, r.ledger.setCodes(d.Round, who, hashes)
}

// line is an entry's in the list of codes.
func (r *Registrar) line(d *desk, entry uint64, code issuing.Code) []string {
	m := d.roll.Member(int(entry))
	return []string{strconv.FormatUint(entry, 10), m.Number, m.Name, m.Email, d.Text(code), d.Link(r.page(d), code)}
}

// page is where links to members lead.
func (r *Registrar) page(d *desk) string {
	if r.options.Link != "" {
		return r.options.Link
	}
	return d.url
}

// Find returns the roll entry of a member by number.
func (r *Registrar) Find(round record.ID, number string) (entry int, err error) {
	v := r.seen.Load()
	if v == nil || v.desks[round] == nil || v.desks[round].roll == nil {
		return 0, ErrUnknownRound
	}
	entry, ok := v.desks[round].roll.Find(number)
	if !ok {
		return 0, fmt.Errorf("registrar: no member of the roll has the number %q", number)
	}
	return entry, nil
}

// A Standing says how far a round is at this registrar.
type Standing struct {
	Ready     bool // members can be served, in the round's time
	Entries   int  // of the roll
	Issued    int  // cards
	Published int  // issue records on the board
}

// Standing returns how far a round is, as of the last look at the board.
func (r *Registrar) Standing(round record.ID) (Standing, error) {
	v := r.seen.Load()
	if v == nil || v.desks[round] == nil || v.desks[round].roll == nil {
		return Standing{}, ErrUnknownRound
	}
	d := v.desks[round]
	s := Standing{Ready: d.issuer != nil, Entries: d.roll.Len(), Published: d.published.count}
	r.mu.Lock()
	defer r.mu.Unlock()
	if set := r.issued[round]; set != nil {
		s.Issued = set.count
	}
	return s, nil
}

// Waiting returns the roll entries of a round that have no card yet, as far as this registrar and the board know, and are not off the roll.
func (r *Registrar) Waiting(round record.ID) ([]int, error) {
	v := r.seen.Load()
	if v == nil || v.desks[round] == nil || v.desks[round].roll == nil {
		return nil, ErrUnknownRound
	}
	d := v.desks[round]
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []int
	for e := range uint64(d.roll.Len()) {
		if set := r.issued[round]; !d.published.has(e) && (set == nil || !set.has(e)) && d.removed[e] == "" {
			out = append(out, int(e))
		}
	}
	return out, nil
}

// A Round is a round that names this registrar.
type Round struct {
	ID            record.ID
	Title         string // in English, or the first language
	Opens, Closes uint64 // when cards can be collected, in seconds since 1970
	List          bool   // its private list was given to this registrar
	Standing      Standing
}

// Rounds returns the rounds that name this registrar as of the last look at the board, the latest to close first; nil before the first look.
func (r *Registrar) Rounds() []Round {
	v := r.seen.Load()
	if v == nil {
		return nil
	}
	var out []Round
	for id, d := range v.desks {
		x := Round{ID: id, Title: d.title, Opens: d.opens, Closes: d.closes, List: d.roll != nil}
		x.Standing, _ = r.Standing(id) // the error is that List is false
		out = append(out, x)
	}
	slices.SortFunc(out, func(a, b Round) int { return cmp.Or(cmp.Compare(b.Closes, a.Closes), bytes.Compare(a.ID[:], b.ID[:])) })
	return out
}
