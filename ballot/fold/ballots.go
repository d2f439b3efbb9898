package fold

import (
	"cmp"
	"maps"
	"slices"

	"mandate/ballot/cast"
	"mandate/ballot/contest"
	"mandate/ballot/record"
	"mandate/ballot/tally"
	"mandate/crypto/elgamal"
)

// MaxChecks is how many ballots of one credential can be checked before casting (SPEC.md §10.4).
const MaxChecks = 32

// box is a vote's ballot box: for each credential its last accepted ballot, and the running sums of those.
type box struct {
	last    map[record.Key]lastBallot
	chosen  map[[32]byte]bool // A components of all accepted ballots
	spoiled map[spoiled]bool
	checks  map[record.Key]int
	faulted map[spoiled]bool // of spoiled, those of which the second device has shown another choice
	faulty  map[record.Key]bool
	cast    map[record.ID]bool // accepted ballots, replaced ones included
	sums    *tally.Sums        // of the choices; a ranked contest has none
	widths  []int              // by contest, of the ciphertexts that are summed up
}

// spoiled is a ballot that its own credential has marked as checked. Of another's ballot a credential can say nothing: a board that holds
// back a ballot could otherwise let any card make it void first.
type spoiled struct {
	key    record.Key
	ballot record.ID
}

type lastBallot struct {
	number uint64
	id     record.ID
	at     uint64      // its index in the log
	votes  ciphertexts // kept only where a later ballot may replace it
	ranked [][]byte    // of each ranked contest, as on the ballot
}

// ciphertexts are a ballot's votes as package tally sums them up: those of the choices.
type ciphertexts [][]elgamal.Ciphertext

func (c ciphertexts) Contest(i int) []elgamal.Ciphertext { return c[i] }

func newBox(contests []contest.Contest) box {
	widths := make([]int, len(contests))
	for i := range contests {
		if contests[i].Kind == contest.KindChoice {
			widths[i] = contests[i].Width()
		}
	}
	return box{
		widths: widths, last: make(map[record.Key]lastBallot), chosen: make(map[[32]byte]bool), spoiled: make(map[spoiled]bool),
		checks: make(map[record.Key]int), faulted: make(map[spoiled]bool), faulty: make(map[record.Key]bool), cast: make(map[record.ID]bool), sums: tally.NewSums(widths),
	}
}

// add adds an accepted ballot to the sums.
func (b *box) add(votes *cast.Votes) lastBallot {
	summed := make(ciphertexts, len(b.widths))
	for i, n := range b.widths {
		if n > 0 {
			summed[i] = votes.Contest(i)
		}
	}
	b.sums.Add(summed)
	return lastBallot{votes: summed}
}

// ranked returns the ciphertexts of one of the vote's ranked contests, as counted by number among these, of all counted ballots in the
// order in which these stand on the log: what is mixed (SPEC.md §9.10).
func (b *box) ranked(number int) []byte {
	counted := slices.SortedFunc(maps.Values(b.last), func(x, y lastBallot) int { return cmp.Compare(x.at, y.at) })
	var list []byte
	for _, l := range counted {
		list = append(list, l.ranked[number]...)
	}
	return list
}

// forget gives back the memory of the ranked contests' ciphertexts: their lists are made, or never will be.
func (b *box) forget() {
	for key, last := range b.last {
		if last.ranked != nil {
			last.ranked = nil
			b.last[key] = last
		}
	}
}

// Counted returns how many credentials have an accepted ballot.
func (v *Vote) Counted() uint64 { return uint64(len(v.box.last)) }

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
	l, ok := v.box.last[key]
	return l.number, l.id, ok
}

// IsSpoiled reports whether a credential has marked a ballot as checked, so that the ballot can never be cast with it.
func (v *Vote) IsSpoiled(key record.Key, ballot record.ID) bool {
	return v.box.spoiled[spoiled{key, ballot}]
}

// IsCast reports whether a ballot was accepted, later replaced or not.
func (v *Vote) IsCast(ballot record.ID) bool { return v.box.cast[ballot] }

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
	last, again := v.box.last[b.Key]
	switch {
	case again && last.id == p.id:
		return void("dup", "this ballot is recorded already")
	case again && !v.Manifest.Revote:
		return void("spent", "this card has voted, and the vote allows no second ballot")
	case again && (b.Number != last.number+1 || b.Previous != last.id),
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
	votes := p.ballot.Votes
	as := votes.Randomness()
	fresh := make(map[[32]byte]bool, len(as))
	for _, a := range as {
		if v.box.chosen[a] || fresh[a] {
			return void("dup-randomness", "part of the ballot was copied from another ballot")
		}
		fresh[a] = true
	}
	return accept(func() {
		if again {
			v.box.sums.Sub(last.votes)
		}
		next := v.box.add(votes)
		next.number, next.id, next.at = b.Number, p.id, s.tree.Size()-1
		for i := range b.Contests {
			if v.Manifest.Contests[i].Kind == contest.KindRanked {
				next.ranked = append(next.ranked, b.Contests[i])
			}
		}
		if !v.Manifest.Revote {
			next.votes = nil
		}
		v.box.last[b.Key] = next
		v.box.cast[p.id] = true
		for _, a := range as {
			v.box.chosen[a] = true
		}
	})
}

// judgeCheck makes the checks of SPEC.md §10.4 for a check record in their order.
func (s *State) judgeCheck(r *record.Record, v *Vote, b *record.Check) verdict {
	if want := record.SignatureBytes * len(v.Round.keys); len(b.Signatures) != want {
		return void("form", "signatures: %d bytes, want %d", len(b.Signatures), want)
	}
	switch {
	case v.Phase != Open:
		return void("phase", "check: the vote is %v", v.Phase)
	case v.box.cast[b.Ballot]:
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
