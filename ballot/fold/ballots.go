package fold

import (
	"fmt"

	"mandate/ballot/cast"
	"mandate/ballot/contest"
	"mandate/ballot/record"
	"mandate/ballot/tally"
	"mandate/crypto/elgamal"
)

// MaxChecks is how many ballots of one credential can be checked before casting (SPEC.md §10.4).
const MaxChecks = 32

// box is a vote's ballot box: its accepted ballots, and the running sums of each credential's last.
type box struct {
	rows    rows
	spoiled map[spoiled]bool
	checks  map[record.Key]int
	faulted map[spoiled]bool // of spoiled, those of which the second device has shown another choice
	faulty  map[record.Key]bool
	sums    *tally.Sums // of the choices; a ranked contest has none
	widths  []int       // by contest, how many ciphertexts a ballot has
	ranked  []bool      // by contest
}

// spoiled is a ballot that its own credential has marked as checked. Of another's ballot a credential can say nothing: a board that holds
// back a ballot could otherwise let any card make it void first.
type spoiled struct {
	key    record.Key
	ballot record.ID
}

func newBox(contests []contest.Contest) box {
	b := box{
		widths: make([]int, len(contests)), ranked: make([]bool, len(contests)), spoiled: make(map[spoiled]bool),
		checks: make(map[record.Key]int), faulted: make(map[spoiled]bool), faulty: make(map[record.Key]bool),
	}
	summed, all := make([]int, len(contests)), 0
	for i := range contests {
		b.widths[i], b.ranked[i] = contests[i].Width(), contests[i].Kind == contest.KindRanked
		if !b.ranked[i] {
			summed[i] = b.widths[i]
		}
		all += b.widths[i]
	}
	b.rows, b.sums = newRows(all*elgamal.Size), tally.NewSums(summed)
	return b
}

// summed are a ballot's votes as package tally sums them up: those of the choices.
type summed struct {
	box   *box
	votes *cast.Votes
}

func (s summed) Contest(i int) []elgamal.Ciphertext {
	if s.box.ranked[i] {
		return nil
	}
	return s.votes.Contest(i)
}

// add adds an accepted ballot, in the place of the one that its credential had.
func (b *box) add(p *Prepared, ballot *record.Ballot) {
	if last, again := b.rows.lastOf(ballot.Key); again {
		votes, err := b.sums.Decode(b.split(last, func(i int) bool { return !b.ranked[i] }))
		if err != nil { // it was decoded when it was accepted
			panic(fmt.Sprintf("fold: an accepted ballot: %v", err))
		}
		b.sums.Sub(votes)
	}
	b.sums.Add(summed{b, p.ballot.Votes})
	b.rows.add(ballot.Key, p.id, ballot.Number, ballot.Contests)
}

// split returns the ciphertexts of a row by contest, nothing for those that are not asked for.
func (b *box) split(r row, wanted func(contest int) bool) [][]byte {
	out, rest := make([][]byte, len(b.widths)), r.contests()
	for i, n := range b.widths {
		if wanted(i) {
			out[i] = rest[:n*elgamal.Size]
		}
		rest = rest[n*elgamal.Size:]
	}
	return out
}

// inputs returns the ciphertexts of one ranked contest of all counted ballots in the order in which these stand on the log: what is mixed
// (SPEC.md §9.10).
func (b *box) inputs(contest int) []byte {
	var list []byte
	for r := range b.rows.counted() {
		list = append(list, b.split(r, func(i int) bool { return i == contest })[contest]...)
	}
	return list
}

// Counted returns how many credentials have an accepted ballot.
func (v *Vote) Counted() uint64 { return uint64(v.box.rows.credentials()) }

// Checks returns how many ballots were checked before casting.
func (v *Vote) Checks() int { return len(v.box.spoiled) }

// CheckFaults returns of how many checked ballots the second device has shown another choice, as those say who checked them, and how many
// cards say so.
func (v *Vote) CheckFaults() (ballots, cards int) { return len(v.box.faulted), len(v.box.faulty) }

// Checkers returns how many cards have checked a ballot.
func (v *Vote) Checkers() int { return len(v.box.checks) }

// IsFaulted reports whether a credential has said that another choice was shown of a ballot that it has checked.
func (v *Vote) IsFaulted(key record.Key, ballot record.ID) bool {
	return v.box.faulted[spoiled{key, ballot}]
}

// Last returns the number and id of a credential's last accepted ballot, or false.
func (v *Vote) Last(key record.Key) (number uint64, id record.ID, ok bool) {
	r, ok := v.box.rows.lastOf(key)
	if !ok {
		return 0, record.ID{}, false
	}
	return r.number(), r.id(), true
}

// IsSpoiled reports whether a credential has marked a ballot as checked, so that the ballot can never be cast with it.
func (v *Vote) IsSpoiled(key record.Key, ballot record.ID) bool {
	return v.box.spoiled[spoiled{key, ballot}]
}

// IsCast reports whether a ballot was accepted, later replaced or not.
func (v *Vote) IsCast(ballot record.ID) bool { return v.box.rows.isCast(ballot) }

// Sums returns the running sums of the counted ballots (SPEC.md §11.2); they must not be changed.
func (v *Vote) Sums() *tally.Sums { return v.box.sums }

// judgeBallot makes the checks of SPEC.md §10.4 in their order.
func (s *State) judgeBallot(p *Prepared, v *Vote, b *record.Ballot) verdict {
	if err := v.Form.CheckShape(p.rec); err != nil {
		return void("form", "%w", err)
	}
	switch {
	case v.Phase < Proposed:
		return void("ended", "the vote is %v", v.Phase)
	case v.Phase <= Called:
		return void("not-open", "voting has not opened")
	case v.Phase >= Sealed:
		return void("sealed", "the ballot box is sealed")
	case v.Phase == Closed && !v.promised[p.id]:
		return void("closed", "voting has closed, and the ballot is on no list of promised ones")
	case v.box.spoiled[spoiled{b.Key, p.id}]:
		return void("spoiled", "this ballot was opened for checking and can never be cast")
	}
	last, again := v.box.rows.lastOf(b.Key)
	switch {
	case again && last.id() == p.id:
		return void("dup", "this ballot is recorded already")
	case again && !v.Manifest.Revote:
		return void("spent", "this card has voted, and the vote allows no second ballot")
	case again && (b.Number != last.number()+1 || b.Previous != last.id()),
		!again && (b.Number != 0 || b.Previous != record.ID{}):
		return void("stale", "the ballot does not follow the last one cast with this card")
	}
	booth, _ := s.opened.Load(v.ID)
	if p.booth != booth {
		check(booth.(*boothState), []*Prepared{p})
	}
	if p.fault != nil {
		return void(p.fault.Code, "%w", p.fault.Err)
	}
	as := p.ballot.Votes.Randomness()
	fresh := make(map[[32]byte]bool, len(as))
	for _, a := range as {
		if v.box.rows.isChosen(a) || fresh[a] {
			return void("dup-randomness", "part of the ballot was copied from another ballot")
		}
		fresh[a] = true
	}
	return accept(func() { v.box.add(p, b) })
}

// judgeCheck makes the checks of SPEC.md §10.4 for a check record in their order.
func (s *State) judgeCheck(r *record.Record, v *Vote, b *record.Check) verdict {
	if want := record.SignatureBytes * len(v.Round.keys); len(b.Signatures) != want {
		return void("form", "signatures: %d bytes, want %d", len(b.Signatures), want)
	}
	switch {
	case v.Phase != Open:
		return void("phase", "check: the vote is %v", v.Phase)
	case v.box.rows.isCast(b.Ballot):
		return void("cast", "this ballot was cast; a cast ballot cannot be opened")
	case v.box.spoiled[spoiled{b.Key, b.Ballot}]:
		return void("dup", "this card has marked the ballot as checked already")
	case v.box.checks[b.Key] >= MaxChecks:
		return void("limit", "this card has checked %d ballots; cast one, or ask for help", MaxChecks)
	}
	if bad := s.holder(r, v, b.Key, b.Signatures); bad != nil {
		return *bad
	}
	return accept(func() {
		v.box.spoiled[spoiled{b.Key, b.Ballot}] = true
		v.box.checks[b.Key]++
	})
}

// judgeCheckFault makes the checks of SPEC.md §10.4 for a check-fault record in their order.
func (s *State) judgeCheckFault(r *record.Record, v *Vote, b *record.CheckFault) verdict {
	if want := record.SignatureBytes * len(v.Round.keys); len(b.Signatures) != want {
		return void("form", "signatures: %d bytes, want %d", len(b.Signatures), want)
	}
	this := spoiled{b.Key, b.Ballot}
	switch {
	case v.Phase != Open && v.Phase != Closed:
		return void("phase", "check-fault: the vote is %v", v.Phase)
	case !v.box.spoiled[this]:
		return void("unchecked", "this card has checked no such ballot")
	case v.box.faulted[this]:
		return void("dup", "this card has reported the ballot already")
	}
	if bad := s.holder(r, v, b.Key, b.Signatures); bad != nil {
		return *bad
	}
	return accept(func() { v.box.faulted[this], v.box.faulty[b.Key] = true, true })
}

// holder checks that a record is signed by a credential of the vote's slot, which all registrars have signed.
func (s *State) holder(r *record.Record, v *Vote, key record.Key, signatures []byte) *verdict {
	if f := cast.CheckCredential(v.castContext(s.genesisID), key, signatures); f != nil {
		bad := void(f.Code, "%w", f.Err)
		return &bad
	}
	public, err := key.Public()
	if err != nil {
		bad := void("noncanonical", "key: %w", err)
		return &bad
	}
	return s.signedBy(r, "the card", public)
}

// recorded notes that a record stands on the log, whatever its outcome: a promised ballot is no longer waited for.
func (s *State) recorded(p *Prepared) {
	if v := s.votes[p.rec.Scope]; v != nil && p.rec.Kind() == "ballot" {
		delete(v.pending, p.id)
	}
}
