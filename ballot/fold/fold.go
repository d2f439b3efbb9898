// Package fold is the state of a log as a fold over its records: what each record changes, and which records change nothing
// (SPEC.md §9). The board runs it to admit records, every other party to follow the board, the verifier to judge it.
//
// Work is in three steps, so that the costly part can be done on all cores and in batches: Prepare decodes records and checks what
// depends only on contexts that never change once they are there (a vote's key, the registrars' keys); Judge says what a record would
// come to if it were the next; Apply makes it the next. Outcomes do not depend on whether or when a record was prepared.
//
// The package trusts nothing that the records say, and its caller for nothing but their order. It does no I/O and has no clock.
package fold

import (
	"fmt"
	"sync"

	"mandate/ballot/cast"
	"mandate/ballot/record"
	"mandate/ballot/tally"
	"mandate/crypto/merkle"
	"mandate/crypto/sigma"
)

// A Status is what becomes of a record. The zero value is none of them.
type Status int

const (
	Accepted Status = iota + 1 // it changed the state
	Void                       // it has no effect, and does not change the verdict
	Fatal                      // what it belongs to does not verify
)

func (s Status) String() string {
	switch s {
	case Accepted:
		return "accepted"
	case Void:
		return "void"
	case Fatal:
		return "fatal"
	}
	return "not judged"
}

// An Outcome says what becomes of one record.
type Outcome struct {
	Status Status
	Code   string    // stable, of SPEC.md §9; empty if accepted
	Err    error     // a sentence for people; nil if accepted
	Scope  record.ID // of a fatal outcome: the vote or round that does not verify; zero for the whole log
}

func (o Outcome) String() string {
	if o.Status == Accepted {
		return "accepted"
	}
	return fmt.Sprintf("%v(%s): %v", o.Status, o.Code, o.Err)
}

// verdict is an outcome and the change to the state: of an accepted record, and of a void one that bars its author (SPEC.md §9.10).
type verdict struct {
	Outcome
	commit func()
}

func accept(commit func()) verdict { return verdict{Outcome{Status: Accepted}, commit} }

func void(code, format string, args ...any) verdict {
	return verdict{Outcome: Outcome{Status: Void, Code: code, Err: fmt.Errorf(format, args...)}}
}

func fatal(scope record.ID, code, format string, args ...any) verdict {
	return verdict{Outcome: Outcome{Status: Fatal, Code: code, Err: fmt.Errorf(format, args...), Scope: scope}}
}

// A State is the fold's state. Prepare may be called from several goroutines, also beside Judge and Apply; everything else needs a
// lock held by the caller.
type State struct {
	tree    merkle.Frontier
	judges  judges                 // of what a partial state passes over
	partial bool                   // of a reader that passes over records: see NewPartial
	roots   map[uint64]merkle.Hash // by size, kept while a vote is sealed and not certified
	live    int                    // votes sealed and not certified

	genesis   *record.Genesis
	genesisID record.ID
	first     []byte // the genesis record
	board     sigma.PublicKey
	officers  []sigma.PublicKey
	logKey    noteKey
	now       uint64

	rolls  map[record.ID]*Roll
	rollID map[record.ID]bool
	rounds map[record.ID]*Round
	moduli map[[record.ModulusSize]byte]bool
	votes  map[record.ID]*Vote
	order  []record.ID // of votes
	rorder []record.ID // of rounds

	proposed []*Vote // not called yet

	faults map[record.ID]Outcome // the first fatal outcome of each vote, and of the log under zero

	opened sync.Map // record.ID of a vote → *boothState, once opened
	mixing sync.Map // mixKey → *mixState, while a ranked contest is mixed and decrypted
}

// boothState is what checking a vote's ballots needs; it never changes once the vote is open.
type boothState struct {
	form *cast.Form
	ctx  cast.Context
}

func newState(j judges) *State {
	return &State{
		judges: j,
		roots:  make(map[uint64]merkle.Hash),
		rolls:  make(map[record.ID]*Roll),
		rollID: make(map[record.ID]bool),
		rounds: make(map[record.ID]*Round),
		moduli: make(map[[record.ModulusSize]byte]bool),
		votes:  make(map[record.ID]*Vote),
		faults: make(map[record.ID]Outcome),
	}
}

// Size returns the number of records applied.
func (s *State) Size() uint64 { return s.tree.Size() }

// Root returns the log's RFC 6962 tree head over the records applied.
func (s *State) Root() record.ID { return record.ID(s.tree.Root()) }

// Now returns the time of the last time record, 0 before the first.
func (s *State) Now() uint64 { return s.now }

// Genesis returns the first record and its id, or nil before it.
func (s *State) Genesis() (*record.Genesis, record.ID) { return s.genesis, s.genesisID }

// First returns the bytes of the genesis record, nil before it. They must not be changed.
func (s *State) First() []byte { return s.first }

// Board returns the board's key; only valid after the genesis record.
func (s *State) Board() sigma.PublicKey { return s.board }

// Votes returns the votes in log order.
func (s *State) Votes() []*Vote {
	out := make([]*Vote, len(s.order))
	for i, id := range s.order {
		out[i] = s.votes[id]
	}
	return out
}

// Vote returns the vote with that id, or nil.
func (s *State) Vote(id record.ID) *Vote { return s.votes[id] }

// Rounds returns the rounds in log order.
func (s *State) Rounds() []*Round {
	out := make([]*Round, len(s.rorder))
	for i, id := range s.rorder {
		out[i] = s.rounds[id]
	}
	return out
}

// Round returns the round with that id, or nil.
func (s *State) Round(id record.ID) *Round { return s.rounds[id] }

// Roll returns the roll announced by the record with that id, or nil.
func (s *State) Roll(id record.ID) *Roll { return s.rolls[id] }

// A Prepared is a record's bytes with what could be checked of them before their turn.
type Prepared struct {
	raw []byte
	rec *record.Record
	err *record.FormError
	id  record.ID

	booth  *boothState   // the vote the ballot was checked for
	ballot *cast.Checked // of a ballot that was checked and holds
	fault  *cast.Fault   // of a ballot that was checked and does not

	card  *cardCheck // of a support or an anonymous statement that was checked
	calls bool       // the support with which a petition has reached its threshold, in a partial state

	mixed *tally.Checked // of the last part of a stage, or of a decryption, that was checked
}

// Raw returns the record's bytes.
func (p *Prepared) Raw() []byte { return p.raw }

// Record returns the decoded record, nil if it does not decode.
func (p *Prepared) Record() *record.Record { return p.rec }

// ID returns the record's id, also of bytes that do not decode.
func (p *Prepared) ID() record.ID { return p.id }

// Ballot returns the checked ballot, nil for other records and for ballots that were not checked or do not hold.
func (p *Prepared) Ballot() *cast.Checked { return p.ballot }

// Prepare decodes records and checks the proofs and credentials of ballots whose vote is open, in batches on all cores, and the stages and
// decryptions that a record completes.
func (s *State) Prepare(raws [][]byte) []*Prepared {
	ps := make([]*Prepared, len(raws))
	cast.Parallel(len(raws), func(i int) { ps[i] = decode(raws[i]) })
	s.Check(ps)
	return ps
}

// Check does what Prepare could not do for ballots whose vote has opened since, and for mixes that have come so far; others are left as they
// are.
func (s *State) Check(ps []*Prepared) {
	byVote := make(map[*boothState][]*Prepared)
	for _, p := range ps {
		if p.rec == nil {
			continue
		}
		s.judges.check(s, p)
		if p.rec.Kind() != "ballot" || p.booth != nil {
			continue
		}
		if b, ok := s.opened.Load(p.rec.Scope); ok {
			byVote[b.(*boothState)] = append(byVote[b.(*boothState)], p)
		}
	}
	for b, group := range byVote {
		check(b, group)
	}
}

func decode(raw []byte) *Prepared {
	p := &Prepared{raw: raw, id: record.IDOf(raw)}
	rec, err := record.Decode(raw)
	if err != nil {
		p.err = err.(*record.FormError)
		return p
	}
	p.rec = rec
	return p
}

func check(b *boothState, group []*Prepared) {
	recs := make([]*record.Record, len(group))
	for i, p := range group {
		recs[i] = p.rec
	}
	checked, faults := b.form.CheckAll(b.ctx, recs)
	for i, p := range group {
		p.booth, p.ballot, p.fault = b, checked[i], faults[i]
	}
}

// Judge says what a record would come to if it were the next. It changes nothing but what p remembers.
func (s *State) Judge(p *Prepared) Outcome { return s.judge(p).Outcome }

// Apply makes a record the next.
func (s *State) Apply(p *Prepared) Outcome {
	v := s.judge(p)
	s.tree.Append(merkle.Hash(p.id))
	if v.commit != nil {
		v.commit()
	}
	if _, known := s.faults[v.Scope]; v.Status == Fatal && !known {
		s.faults[v.Scope] = v.Outcome
	}
	if p.rec != nil {
		s.recorded(p)
	}
	if s.live > 0 {
		s.roots[s.tree.Size()] = s.tree.Root()
	}
	return v.Outcome
}

// Fault returns the first fatal outcome that concerns a vote: its own, else that of the whole log. It reports false if there is none.
func (s *State) Fault(vote record.ID) (Outcome, bool) {
	if o, ok := s.faults[vote]; ok {
		return o, true
	}
	o, ok := s.faults[record.ID{}]
	return o, ok
}

// ApplyRaw prepares one record and makes it the next.
func (s *State) ApplyRaw(raw []byte) Outcome { return s.Apply(s.Prepare([][]byte{raw})[0]) }

// judge makes the checks of SPEC.md §9.1 and then those of the kind.
func (s *State) judge(p *Prepared) verdict {
	var log record.ID
	if p.err != nil {
		return fatal(log, p.err.Code, "%w", p.err.Err)
	}
	r := p.rec
	if g, ok := r.Body.(*record.Genesis); ok || s.tree.Size() == 0 {
		if !ok || s.tree.Size() > 0 {
			return fatal(log, "genesis", "a %s record at %d: the first record, and no other, is the genesis record", r.Kind(), s.tree.Size())
		}
		return s.judgeGenesis(r, g)
	}
	if s.genesis == nil { // the first record was none
		return void("scope", "%s: the log has no genesis record", r.Kind())
	}
	switch b := r.Body.(type) {
	case *record.Time:
		return s.judgeTime(r, b)
	case *record.Roll:
		return s.judgeRoll(r, b)
	case *record.RollPart:
		return s.judgeRollPart(r, b)
	case *record.RollRemoval:
		return s.judgeRollRemoval(r, b)
	case *record.Round:
		return s.judgeRound(r, b)
	case *record.RollAccept, *record.SlotKey, *record.Issues, *record.Issue, *record.Vote:
		round := s.rounds[r.Scope]
		if round == nil {
			return void("scope", "round %s is not on the log", r.Scope.Short())
		}
		return s.judgeInRound(r, round)
	}
	vote := s.votes[r.Scope]
	if vote == nil {
		return void("scope", "vote %s is not on the log", r.Scope.Short())
	}
	if v, ok := s.judgeCourse(p, vote); ok {
		return v
	}
	switch b := r.Body.(type) {
	case *record.Ballot:
		return s.judgeBallot(p, vote, b)
	case *record.Check:
		return s.judgeCheck(r, vote, b)
	case *record.CheckFault:
		return s.judgeCheckFault(r, vote, b)
	case *record.Opening:
		return s.judgeOpening(r, vote, b)
	case *record.Closing:
		return s.judgeClosing(r, vote, b)
	case *record.Promises:
		return s.judgePromises(r, vote, b)
	case *record.Seal:
		return s.judgeSeal(r, vote)
	case *record.Input, *record.Shares, *record.Mix, *record.Decryption, *record.Lots, *record.Result:
		return s.judges.judge(s, p, vote)
	}
	return s.judgeCeremony(r, vote)
}

// by checks that a record is signed by party number index (from 1) of keys. It returns nil if so.
func (s *State) by(r *record.Record, role string, index uint64, keys []sigma.PublicKey) *verdict {
	if index < 1 || index > uint64(len(keys)) {
		v := void("author", "%s: %s %d does not exist", r.Kind(), role, index)
		return &v
	}
	return s.signedBy(r, fmt.Sprintf("%s %d", role, index), keys[index-1])
}

func (s *State) signedBy(r *record.Record, who string, key sigma.PublicKey) *verdict {
	if err := r.VerifySignature(s.genesisID, key); err != nil {
		v := void("signature", "%s: not signed by %s: %w", r.Kind(), who, err)
		return &v
	}
	return nil
}

// inLog checks the scope of a record that belongs to the whole log.
func (s *State) inLog(r *record.Record) *verdict {
	if r.Scope != s.genesisID {
		v := void("scope", "%s: its scope is not this log's genesis record", r.Kind())
		return &v
	}
	return nil
}

// officer checks that a record is signed by the commission.
func (s *State) officer(r *record.Record, index uint64) *verdict {
	return s.by(r, "commission", index, s.officers)
}
