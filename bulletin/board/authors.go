package board

import (
	"sync"
	"time"

	"golang.org/x/time/rate"

	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/crypto/sigma"
)

// What strangers send must not keep the parties of a vote from being heard: a trustee who cannot post is found silent, and a closing that
// comes late is late. So a record that is signed by the party it names is bounded by that party's own limit, and only what has no such
// signature by the limit that all senders share.

// authors are the limits of the parties that have a key on the log, each its own.
type authors struct {
	rate  rate.Limit
	burst int

	mu     sync.Mutex
	limits map[record.Key]*rate.Limiter
	waits  map[effort]time.Time // until when no more of it is taken
}

// An effort is what a party can have the board do in a vote by completing a stage of a mix, or a decryption: to check all of it, which takes
// minutes for a large vote. While it is checked nothing else is.
type effort struct {
	author record.Key
	vote   record.ID
	kind   string
}

// wasted is for how long nothing more of the kind is taken of a party whose stage or decryption did not hold. It is not on the log, so no rule
// of the fold keeps the party from sending the next one.
const wasted = 10 * time.Minute

// waste notes that what a party has had checked did not hold.
func (a *authors) waste(e effort, now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.waits == nil {
		a.waits = make(map[effort]time.Time)
	}
	a.waits[e] = now.Add(wasted)
}

// waiting reports whether nothing of the kind is taken now.
func (a *authors) waiting(e effort, now time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return now.Before(a.waits[e])
}

// limit returns an author's limit.
func (a *authors) limit(key record.Key) *rate.Limiter {
	a.mu.Lock()
	defer a.mu.Unlock()
	l := a.limits[key]
	if l == nil {
		l = rate.NewLimiter(a.rate, a.burst)
		a.limits[key] = l
	}
	return l
}

// author returns the key of the party that has signed a record, false if it is not signed by the party that it names. The signature is
// checked; whether the record can be taken is not.
func (b *Board) author(raw []byte) (record.Key, bool) {
	r, err := record.Decode(raw)
	if err != nil {
		return record.Key{}, false
	}
	b.mu.RLock()
	key, ok := named(b.state, r)
	b.mu.RUnlock()
	if !ok || r.VerifySignature(b.genesis, key) != nil {
		return record.Key{}, false
	}
	return key.Encoding(), true
}

// named returns the key of the party that a record names as its author. Members who act with a card are no such party, nor is the board,
// which sends itself nothing.
func named(s *fold.State, r *record.Record) (sigma.PublicKey, bool) {
	g, _ := s.Genesis()
	round, vote := s.Round(r.Scope), s.Vote(r.Scope)
	if vote != nil {
		round = vote.Round
	}
	var keys []record.Key
	party, index := partyOf(r.Body)
	switch {
	case party == officers:
		for i := range g.Commission {
			keys = append(keys, g.Commission[i].Key)
		}
	case party == registrars && round != nil:
		for i := range round.Manifest.Registrars {
			keys = append(keys, round.Manifest.Registrars[i].Key)
		}
	case vote == nil:
	case party == trustees:
		for i := range vote.Trustees() {
			keys = append(keys, vote.Trustees()[i].Encoding())
		}
	case party == relays:
		for _, k := range vote.Relays() {
			keys = append(keys, k.Encoding())
		}
	case party == body && vote.Rules() != nil && vote.Rules().Call.Body != nil:
		for _, m := range vote.Rules().Call.Body.Members {
			keys = append(keys, m.Key)
		}
	case party == responder && vote.Rules() != nil:
		keys, index = []record.Key{vote.Rules().Response.Key}, 1
	}
	if index < 1 || index > uint64(len(keys)) {
		return sigma.PublicKey{}, false
	}
	key, err := keys[index-1].Public()
	return key, err == nil
}

// A party is a group of authors.
type party int

const (
	nobody party = iota
	officers
	registrars
	trustees
	relays
	body
	responder
)

// partyOf returns which party a record says it is by, from 1.
func partyOf(b record.Body) (party, uint64) {
	switch b := b.(type) {
	case *record.Roll:
		return officers, b.By
	case *record.RollPart:
		return officers, b.By
	case *record.RollRemoval:
		return officers, b.By
	case *record.Round:
		return officers, b.By
	case *record.Vote:
		return officers, b.By
	case *record.KeygenRestart:
		return officers, b.By
	case *record.TrusteeReplace:
		return officers, b.By
	case *record.Opening:
		return officers, b.By
	case *record.Closing:
		return officers, b.By
	case *record.Result:
		return officers, b.By
	case *record.Forum:
		return officers, b.By
	case *record.ForumHeld:
		return officers, b.By
	case *record.Statement:
		return officers, b.By // 0 if it is a member's
	case *record.Withheld:
		return officers, b.By
	case *record.Packet:
		return officers, b.By
	case *record.Nomination:
		return officers, b.By
	case *record.Acceptance:
		return officers, b.By
	case *record.Withdrawal:
		return officers, b.By
	case *record.Extend:
		return officers, b.By
	case *record.Cancel:
		return officers, b.By
	case *record.Annul:
		return officers, b.By

	case *record.RollAccept:
		return registrars, b.Registrar
	case *record.SlotKey:
		return registrars, b.Registrar
	case *record.Issues:
		return registrars, b.Registrar
	case *record.Issue:
		return registrars, b.Registrar
	case *record.SeedCommit:
		return registrars, b.Registrar
	case *record.Seed:
		return registrars, b.Registrar
	case *record.Mailing:
		return registrars, b.Registrar

	case *record.KeygenCommit:
		return trustees, b.Trustee
	case *record.KeygenPackage:
		return trustees, b.Trustee
	case *record.KeygenShares:
		return trustees, b.Trustee
	case *record.KeygenAccept:
		return trustees, b.Trustee
	case *record.KeygenComplaint:
		return trustees, b.Trustee
	case *record.KeygenTest:
		return trustees, b.Trustee
	case *record.Input:
		return trustees, b.Trustee
	case *record.Shares:
		return trustees, b.Trustee
	case *record.Lots:
		return trustees, b.Trustee
	case *record.Mix:
		return trustees, b.Trustee
	case *record.Decryption:
		return trustees, b.Trustee

	case *record.Promises:
		return relays, b.Author
	case *record.Call:
		return body, b.Member
	case *record.Response:
		return responder, 1
	}
	return nobody, 0
}
