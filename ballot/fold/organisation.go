package fold

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"mandate/ballot/checkpoint"
	"mandate/ballot/credential"
	"mandate/ballot/record"
	"mandate/ballot/text"
	"mandate/crypto/blind"
	"mandate/crypto/merkle"
	"mandate/crypto/sigma"
	"mandate/crypto/transcript"

	"golang.org/x/mod/sumdb/tlog"
)

func (s *State) judgeGenesis(r *record.Record, g *record.Genesis) verdict {
	var log record.ID
	fault := func(err error) verdict { return fatal(log, "genesis", "%w", err) }
	if r.Scope != (record.ID{}) {
		return fault(errors.New("scope: is not zero"))
	}
	if g.Version != record.Version {
		return fault(fmt.Errorf("version: %q, this is %q", g.Version, record.Version))
	}
	if err := checkOrigin(g.Origin); err != nil {
		return fault(err)
	}
	logKey, err := checkpoint.ParseLogKey(g.LogKey)
	if err != nil {
		return fault(fmt.Errorf("log-key: %w", err))
	}
	if logKey.Name() != g.Origin {
		return fault(fmt.Errorf("log-key: is named %q, not like the origin %q", logKey.Name(), g.Origin))
	}
	if err := g.Title.Check("title"); err != nil {
		return fault(err)
	}
	board, err := g.Board.Public()
	if err != nil {
		return fault(fmt.Errorf("board: %w", err))
	}
	if n := len(g.Commission); n < 1 || n > record.MaxCommission {
		return fault(fmt.Errorf("commission: %d keys, want 1 to %d", n, record.MaxCommission))
	}
	keys := newKeySet(g.Board)
	for i, o := range g.Commission {
		if err := text.CheckName(fmt.Sprintf("commission[%d].name", i), o.Name); err != nil {
			return fault(err)
		}
		if err := keys.add(fmt.Sprintf("commission[%d].key", i), o.Key); err != nil {
			return fault(err)
		}
	}
	if err := r.VerifySignature(record.ID{}, board); err != nil {
		return fault(fmt.Errorf("signature: %w", err))
	}
	return accept(func() {
		s.genesis, s.genesisID, s.board, s.logKey = g, r.ID(), board, logKey
		s.first = bytes.Clone(r.Raw())
		s.officers = keys.parsed
	})
}

func checkOrigin(origin string) error {
	if len(origin) < 1 || len(origin) > 200 {
		return fmt.Errorf("origin: %d bytes, want 1 to 200", len(origin))
	}
	for i := range len(origin) {
		if c := origin[i]; c <= ' ' || c >= 0x7f || c == '+' {
			return fmt.Errorf("origin: %q, want visible ASCII without a plus sign", origin)
		}
	}
	if strings.Contains(origin, "://") {
		return fmt.Errorf("origin: %q has a scheme; an origin is an address without one", origin)
	}
	return nil
}

// keySet parses keys and refuses one that is there twice.
type keySet struct {
	seen   map[record.Key]bool
	parsed []sigma.PublicKey
}

func newKeySet(taken ...record.Key) *keySet {
	k := &keySet{seen: make(map[record.Key]bool)}
	for _, t := range taken {
		k.seen[t] = true
	}
	return k
}

func (k *keySet) add(field string, key record.Key) error {
	pk, err := key.Public()
	if err != nil {
		return fmt.Errorf("%s: %w", field, err)
	}
	if k.seen[key] {
		return fmt.Errorf("%s: %s is another party's key", field, key)
	}
	k.seen[key] = true
	k.parsed = append(k.parsed, pk)
	return nil
}

func (s *State) judgeTime(r *record.Record, t *record.Time) verdict {
	if v := s.inLog(r); v != nil {
		return *v
	}
	if v := s.signedBy(r, "the board", s.board); v != nil {
		return *v
	}
	if t.Now > record.MaxTime {
		return void("form", "now: %d, at most %d", t.Now, record.MaxTime)
	}
	if t.Now < s.now {
		return fatal(record.ID{}, "time-back", "the board's clock went back from %d to %d", s.now, t.Now)
	}
	return accept(func() {
		s.now = t.Now
		s.lapse()
	})
}

// A Roll is a committed list of members.
type Roll struct {
	ID       record.ID
	Announce *record.Roll
	Entries  []record.ID // the entries' hashes so far
	parts    uint64
	removed  map[uint64]*Removal // by entry, those that are off the roll now
	removals []*Removal
}

// Complete reports whether all entries are there and give the announced root.
func (r *Roll) Complete() bool { return uint64(len(r.Entries)) == r.Announce.Count }

func (s *State) judgeRoll(r *record.Record, b *record.Roll) verdict {
	if v := s.inLog(r); v != nil {
		return *v
	}
	if v := s.officer(r, b.By); v != nil {
		return *v
	}
	if s.rollID[b.RollID] {
		return void("dup", "roll-id %s is there already", b.RollID.Short())
	}
	err := text.CheckName("title", b.Title)
	if err == nil && b.Segment != "" {
		err = text.CheckName("segment", b.Segment)
	}
	if err == nil {
		err = text.CheckDate("as-of", b.AsOf)
	}
	if err == nil && (b.Count < 1 || b.Count > record.MaxRoll) {
		err = fmt.Errorf("count: %d, want 1 to %d", b.Count, record.MaxRoll)
	}
	if err != nil {
		return void("form", "roll: %w", err)
	}
	return accept(func() {
		s.rollID[b.RollID] = true
		s.rolls[r.ID()] = &Roll{ID: r.ID(), Announce: b}
	})
}

func (s *State) judgeRollPart(r *record.Record, b *record.RollPart) verdict {
	roll := s.rolls[r.Scope]
	if roll == nil {
		return void("scope", "roll %s is not on the log", r.Scope.Short())
	}
	if v := s.officer(r, b.By); v != nil {
		return *v
	}
	switch {
	case b.Part < roll.parts:
		return void("dup", "part %d of the roll is there already", b.Part)
	case b.Part > roll.parts || uint64(len(roll.Entries)) == roll.Announce.Count:
		return void("order", "part %d of the roll: part %d is next, of %d entries", b.Part, roll.parts, roll.Announce.Count)
	}
	left := roll.Announce.Count - uint64(len(roll.Entries))
	want := min(left, record.PartEntries)
	if uint64(len(b.Entries)) != 32*want {
		return void("form", "part %d of the roll: %d bytes, want %d entries of 32", b.Part, len(b.Entries), want)
	}
	entries := roll.Entries
	for i := uint64(0); i < want; i++ {
		entries = append(entries, record.ID(b.Entries[32*i:32*i+32]))
	}
	if want == left {
		var f merkle.Frontier
		for _, e := range entries {
			f.Append(tlog.RecordHash(e[:]))
		}
		if record.ID(f.Root()) != roll.Announce.Root {
			return void("roll-root", "the roll's entries do not give its root")
		}
	}
	return accept(func() { roll.Entries, roll.parts = entries, roll.parts+1 })
}

// A Round is an issuing round.
type Round struct {
	ID       record.ID
	Manifest *record.Round
	Roll     *Roll

	keys     []sigma.PublicKey
	accepted []bool
	slots    []*Slot
	issued   []issuedSet
}

// A Slot is one use of a round's cards.
type Slot struct {
	Keys   []*blind.PublicKey // per registrar; nil where it is not there yet
	moduli [][record.ModulusSize]byte
	Taken  record.ID // the vote that has it, also for its petition or its statements; zero if free
}

// Accepted reports whether registrar i (from 1) has accepted the roll.
func (r *Round) Accepted(i int) bool { return r.accepted[i-1] }

// Slot returns slot i (from 0).
func (r *Round) Slot(i int) *Slot { return r.slots[i] }

// Ready reports whether every registrar has accepted the roll and posted its key for slot i (from 0).
func (r *Round) Ready(i int) bool {
	for j, ok := range r.accepted {
		if !ok || r.slots[i].Keys[j] == nil {
			return false
		}
	}
	return true
}

// Issued returns how many entries registrar i (from 1) has issued a card to.
func (r *Round) Issued(i int) uint64 { return r.issued[i-1].count }

// IsIssued reports whether registrar i (from 1) has issued a card to an entry.
func (r *Round) IsIssued(i int, entry uint64) bool { return r.issued[i-1].has(entry) }

// IssuedRemoved returns how many entries registrar i (from 1) has listed for the first time while they were removed from the roll. It may
// have signed before it saw the removal.
func (r *Round) IssuedRemoved(i int) uint64 { return r.issued[i-1].removed }

// FreeSlot returns the lowest slot that a vote can take, or false.
func (r *Round) FreeSlot() (int, bool) {
	for i := range r.slots[:r.Manifest.Slots-r.Manifest.PetitionSlots] {
		if r.slots[i].Taken == (record.ID{}) {
			return i, true
		}
	}
	return 0, false
}

// FreePetitionSlots returns up to n slots that petitions and anonymous statements can take, lowest first.
func (r *Round) FreePetitionSlots(n int) []int {
	var free []int
	for i := r.Manifest.Slots - r.Manifest.PetitionSlots; i < r.Manifest.Slots && len(free) < n; i++ {
		if r.slots[i].Taken == (record.ID{}) {
			free = append(free, int(i))
		}
	}
	return free
}

// KeysID hashes the registrars' keys of slot i, as an opening record names them (SPEC.md §9.7). The slot must be ready.
func (r *Round) KeysID(i int) record.ID {
	t := transcript.New("mandate/v1 registrar keys")
	t.AppendBytes("round", r.ID[:])
	t.AppendUint64("slot", uint64(i))
	for _, m := range r.slots[i].moduli {
		t.AppendBytes("modulus", m[:])
	}
	return t.ID("keys")
}

// issuedSet is a set of roll entries.
type issuedSet struct {
	bits    []uint64
	count   uint64
	removed uint64 // of count, those that were removed from the roll when they were listed
}

func (s *issuedSet) has(i uint64) bool {
	return i/64 < uint64(len(s.bits)) && s.bits[i/64]>>(i%64)&1 == 1
}

func (s *issuedSet) add(i uint64) {
	if !s.has(i) {
		s.bits[i/64] |= 1 << (i % 64)
		s.count++
	}
}

func (s *State) judgeRound(r *record.Record, b *record.Round) verdict {
	if v := s.inLog(r); v != nil {
		return *v
	}
	if v := s.officer(r, b.By); v != nil {
		return *v
	}
	roll := s.rolls[b.Roll]
	if roll == nil || !roll.Complete() && !s.partial {
		return void("roll", "roll %s is not on the log whole", b.Roll.Short())
	}
	keys, err := checkRound(b)
	if err != nil {
		return void("form", "round: %w", err)
	}
	return accept(func() {
		n := len(keys)
		round := &Round{ID: r.ID(), Manifest: b, Roll: roll, keys: keys, accepted: make([]bool, n), issued: make([]issuedSet, n)}
		for i := range round.issued {
			round.issued[i].bits = make([]uint64, (roll.Announce.Count+63)/64)
		}
		for range b.Slots {
			round.slots = append(round.slots, &Slot{Keys: make([]*blind.PublicKey, n), moduli: make([][record.ModulusSize]byte, n)})
		}
		s.rounds[round.ID] = round
		s.rorder = append(s.rorder, round.ID)
	})
}

func checkRound(b *record.Round) ([]sigma.PublicKey, error) {
	if err := b.Title.Check("title"); err != nil {
		return nil, err
	}
	if n := len(b.Registrars); n < 1 || n > record.MaxRegistrars {
		return nil, fmt.Errorf("registrars: %d, want 1 to %d", n, record.MaxRegistrars)
	}
	keys := newKeySet()
	for i, g := range b.Registrars {
		at := fmt.Sprintf("registrars[%d]", i)
		for _, err := range []error{
			text.CheckName(at+".name", g.Name), text.CheckName(at+".operator", g.Operator), text.CheckName(at+".channel", g.Channel),
			text.CheckURL(at+".url", g.URL), keys.add(at+".key", g.Key),
		} {
			if err != nil {
				return nil, err
			}
		}
	}
	if b.Slots < 1 || b.Slots > record.MaxSlots || b.PetitionSlots > b.Slots {
		return nil, fmt.Errorf("slots: %d, of them %d for petitions; want 1 to %d", b.Slots, b.PetitionSlots, record.MaxSlots)
	}
	if b.Opens >= b.Closes || b.Closes > record.MaxTime {
		return nil, fmt.Errorf("closes: %d is not after opens, %d", b.Closes, b.Opens)
	}
	return keys.parsed, nil
}

func (s *State) judgeInRound(r *record.Record, round *Round) verdict {
	switch b := r.Body.(type) {
	case *record.Vote:
		return s.judgeVote(r, round, b)
	case *record.RollAccept:
		if v := s.by(r, "registrar", b.Registrar, round.keys); v != nil {
			return *v
		}
		switch {
		case round.accepted[b.Registrar-1]:
			return void("dup", "registrar %d has accepted the roll already", b.Registrar)
		case b.Root != round.Roll.Announce.Root:
			return void("roll-root", "registrar %d accepts another roll", b.Registrar)
		}
		return accept(func() { round.accepted[b.Registrar-1] = true })
	case *record.SlotKey:
		return s.judgeSlotKey(r, round, b)
	case *record.Issues:
		return s.judgeIssues(r, round, b.Registrar, b.Entries)
	case *record.Issue:
		return s.judgeIssues(r, round, b.Registrar, []uint64{b.Entry})
	}
	panic("fold: " + r.Kind() + " is not a kind of a round")
}

func (s *State) judgeSlotKey(r *record.Record, round *Round, b *record.SlotKey) verdict {
	if v := s.by(r, "registrar", b.Registrar, round.keys); v != nil {
		return *v
	}
	if b.Slot >= round.Manifest.Slots {
		return void("form", "slot: %d, the round has %d", b.Slot, round.Manifest.Slots)
	}
	slot, i := round.slots[b.Slot], b.Registrar-1
	if slot.Keys[i] != nil {
		return void("dup", "registrar %d has a key for slot %d already", b.Registrar, b.Slot)
	}
	if s.moduli[b.Modulus] {
		return void("key-reuse", "the key of registrar %d for slot %d is used elsewhere on this log", b.Registrar, b.Slot)
	}
	key, err := credential.CheckSlotKey(round.ID, b)
	if err != nil {
		return void("key", "slot-key: %w", err)
	}
	return accept(func() {
		s.moduli[b.Modulus] = true
		slot.Keys[i], slot.moduli[i] = key, b.Modulus
	})
}

func (s *State) judgeIssues(r *record.Record, round *Round, registrar uint64, entries []uint64) verdict {
	if v := s.by(r, "registrar", registrar, round.keys); v != nil {
		return *v
	}
	if !round.accepted[registrar-1] {
		return void("phase", "registrar %d has not accepted the roll", registrar)
	}
	if n := len(entries); n < 1 || n > record.MaxIssues {
		return void("form", "entries: %d, want 1 to %d", n, record.MaxIssues)
	}
	set, fresh := &round.issued[registrar-1], false
	for i, e := range entries {
		if e >= round.Roll.Announce.Count {
			return void("form", "entries: %d, the roll has %d", e, round.Roll.Announce.Count)
		}
		if i > 0 && e <= entries[i-1] {
			return void("form", "entries: %d after %d is not ascending", e, entries[i-1])
		}
		fresh = fresh || !set.has(e)
	}
	if !fresh {
		return void("dup", "registrar %d has issued to these entries already", registrar)
	}
	return accept(func() {
		for _, e := range entries {
			if !set.has(e) && round.Roll.Removed(e) != nil {
				set.removed++
			}
			set.add(e)
		}
	})
}
