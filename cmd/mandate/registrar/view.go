package registrar

import (
	"crypto/rand"
	"io"
	"runtime"
	"time"

	"mandate/ballot/credential"
	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/roll"
	"mandate/ballot/text"
	"mandate/bulletin/booth"
	"mandate/cmd/mandate/registrar/issuing"
	"mandate/crypto/blind"
)

// randomness is for keys and signatures.
var randomness io.Reader = rand.Reader

func signers() int { return runtime.GOMAXPROCS(0) }

// A view is what the last look at the board has shown, as far as members are concerned. It is not changed once it is there.
type view struct {
	at      time.Time // of the look, by the machine's clock
	now     uint64    // the board's time
	genesis record.ID
	desks   map[record.ID]*desk // by round, of the rounds that name this registrar
	largest int                 // length of the longest request to any of them
	facts   booth.Facts         // for the booth's pages
	head    []byte              // the board's newest checkpoint, as signed
}

// A desk is where members of one round are served.
type desk struct {
	issuing.Desk
	name, title   string // title: in English
	titles        text.Texts
	url           string
	opens, closes uint64
	slots         int
	roll          *roll.Roll         // nil if it was not given to this registrar
	keys          record.ID          // of all registrars, by credential.CardKeys
	issuer        *credential.Issuer // nil until the roll is accepted and the keys of all registrars are on the board
	published     *entrySet          // the entries that the board calls issued by this registrar
	removed       map[uint64]string  // the entries that are off the roll, with the commission's reason
}

// mine returns this registrar's index in a round, from 1, or 0.
func (r *Registrar) mine(m *record.Round) uint64 {
	own := r.Key()
	for i := range m.Registrars {
		if m.Registrars[i].Key == own {
			return uint64(i + 1)
		}
	}
	return 0
}

// publishView makes a view of the board's state and of what the registrar has.
func (r *Registrar) publishView(s *fold.State, faults map[record.ID]error) {
	_, genesis := s.Genesis()
	v := &view{at: r.options.Clock(), now: s.Now(), genesis: genesis, desks: make(map[record.ID]*desk), largest: issuing.EntryRequestSize, facts: booth.FactsOf(s), head: r.options.Board.Checkpoint()}
	for _, round := range s.Rounds() {
		i := r.mine(round.Manifest)
		if i == 0 {
			continue
		}
		m := round.Manifest
		d := &desk{
			Desk: issuing.Desk{Round: round.ID, Registrar: i}, name: m.Registrars[i-1].Name, title: m.Title.In("en"), titles: m.Title, url: m.Registrars[i-1].URL,
			opens: m.Opens, closes: m.Closes, slots: int(m.Slots),
			roll: r.rolls[round.Roll.Announce.RollID], published: publishedBy(round, int(i)), removed: removedFrom(round.Roll),
		}
		all, missing := cardKeys(round)
		if keys := r.keys[round.ID]; d.roll != nil && round.Accepted(int(i)) && missing == nil && len(keys) == d.slots {
			d.keys = all
			issuer, err := credential.NewIssuer(round.ID, i, keys)
			if err != nil {
				faults[round.ID] = err
			}
			d.issuer = issuer
		}
		v.desks[round.ID] = d
		v.largest = max(v.largest, issuing.CardRequestSize(d.slots))
	}
	r.seen.Store(v)
}

// removedFrom returns the entries that are off a roll, with the reasons.
func removedFrom(r *fold.Roll) map[uint64]string {
	out := make(map[uint64]string, r.RemovedCount())
	for _, x := range r.Removals() {
		for _, e := range x.Body.Entries {
			if delete(out, e); x.Body.Removed {
				out[e] = x.Body.Reason
			}
		}
	}
	return out
}

// cardKeys returns the name of all registrars' keys of a round. It is an error if one is not on the board.
func cardKeys(round *fold.Round) (record.ID, error) {
	slots := make([][]*blind.PublicKey, round.Manifest.Slots)
	for i := range slots {
		slots[i] = round.Slot(i).Keys
	}
	return credential.CardKeys(round.ID, slots)
}

func publishedBy(round *fold.Round, registrar int) *entrySet {
	set := newEntrySet(round.Roll.Announce.Count)
	if round.Issued(registrar) > 0 {
		for e := range round.Roll.Announce.Count {
			if round.IsIssued(registrar, e) {
				set.add(e)
			}
		}
	}
	return set
}

// An entrySet is a set of roll entries.
type entrySet struct {
	bits  []uint64
	count int
}

func newEntrySet(entries uint64) *entrySet { return &entrySet{bits: make([]uint64, (entries+63)/64)} }

func (s *entrySet) has(e uint64) bool {
	return e/64 < uint64(len(s.bits)) && s.bits[e/64]>>(e%64)&1 == 1
}

func (s *entrySet) add(e uint64) {
	if e/64 < uint64(len(s.bits)) && !s.has(e) {
		s.bits[e/64] |= 1 << (e % 64)
		s.count++
	}
}

// without returns the entries of s that are not in t, ascending.
func (s *entrySet) without(t *entrySet) []uint64 {
	var out []uint64
	for i, word := range s.bits {
		if i < len(t.bits) {
			word &^= t.bits[i]
		}
		for e := uint64(64 * i); word != 0; e, word = e+1, word>>1 {
			if word&1 == 1 {
				out = append(out, e)
			}
		}
	}
	return out
}
