package simulate

import (
	"crypto/rand"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"

	"mandate/ballot/credential"
	"mandate/ballot/record"
	"mandate/ballot/roll"
	"mandate/crypto/blind"
	"mandate/crypto/blind/blindtest"
	"mandate/crypto/sigma"
)

// A Round is an issuing round with its registrars and the cards they have issued.
type Round struct {
	Org        *Org
	ID         record.ID
	Manifest   *record.Round
	Roll       *roll.Roll
	Registrars []Registrar

	cards map[int]*credential.Card // by roll entry
}

// A Registrar signs cards.
type Registrar struct {
	Key   sigma.SecretKey
	Slots []*blind.SecretKey // one for each slot
}

// PostRoll makes a roll of the configured number of members and posts it whole.
func (o *Org) PostRoll() (*roll.Roll, record.ID) {
	o.tb.Helper()
	members := make([]roll.Member, o.Config.Members)
	for i := range members {
		members[i] = roll.Member{Number: fmt.Sprintf("%05d", i), Name: fmt.Sprintf("Member %d", i)}
	}
	private, err := roll.New("All members", o.Config.Segment, "2027-01-01", members)
	if err != nil {
		o.tb.Fatalf("simulate: %v", err)
	}
	body, entries := private.Announcement(1)
	id := o.Post(o.Officer(o.Genesis, body))
	for _, part := range roll.Parts(1, entries) {
		o.Post(o.Officer(id, part))
	}
	return private, id
}

// Remove takes entries off a roll that is on the log, or puts them back.
func (o *Org) Remove(rollRecord record.ID, removed bool, entries ...uint64) {
	o.tb.Helper()
	reason := "membership lapsed"
	if !removed {
		reason = "removed by mistake"
	}
	o.Post(o.Officer(rollRecord, &record.RollRemoval{By: 1, Entries: entries, Removed: removed, Reason: reason}))
}

// Round makes a roll and a round, whose registrars have accepted the roll and posted their keys.
func (o *Org) Round(change ...func(*record.Round)) *Round {
	o.tb.Helper()
	private, id := o.PostRoll()
	r := o.RoundOf(private, id, change...)
	r.Accept()
	r.Keys()
	return r
}

// RoundOf posts a round of a roll that is on the log. Its registrars have said nothing yet.
func (o *Org) RoundOf(private *roll.Roll, id record.ID, change ...func(*record.Round)) *Round {
	o.tb.Helper()
	r := &Round{Org: o, Roll: private, cards: make(map[int]*credential.Card)}
	r.Manifest, r.Registrars = o.RoundBody(id)
	for _, f := range change {
		f(r.Manifest)
	}
	for i := range r.Registrars {
		for range r.Manifest.Slots {
			r.Registrars[i].Slots = append(r.Registrars[i].Slots, rsaKey(o.tb, o.rsa))
			o.rsa++
		}
	}
	r.ID = o.Post(o.Officer(o.Genesis, r.Manifest))
	return r
}

// RoundBody returns the manifest of a round, and its registrars without RSA keys.
func (o *Org) RoundBody(rollRecord record.ID) (*record.Round, []Registrar) {
	o.tb.Helper()
	m := &record.Round{
		By: 1, Title: English("Cards"), Roll: rollRecord, Slots: o.Config.Slots, PetitionSlots: o.Config.Petitions,
		Opens: Begin, Closes: Begin + 1_000_000,
	}
	var registrars []Registrar
	for i := range o.Config.Registrars {
		key := NewKey(o.tb)
		registrars = append(registrars, Registrar{Key: key})
		m.Registrars = append(m.Registrars, record.Registrar{
			Name: fmt.Sprintf("Registrar %d", i+1), Operator: fmt.Sprintf("Operator %d", i+1), Channel: fmt.Sprintf("channel %d", i+1),
			URL: fmt.Sprintf("https://registrar%d.example", i+1), Key: key.Public().Encoding(),
		})
	}
	return m, registrars
}

var (
	moreKeys []*blind.SecretKey
	moreMu   sync.Mutex
)

// rsaKey returns one of blindtest's keys or, of these there are few, one made now, which takes a tenth of a second.
func rsaKey(tb testing.TB, i int) *blind.SecretKey {
	tb.Helper()
	if i < blindtest.Keys {
		return blindtest.Key(tb, i)
	}
	moreMu.Lock()
	defer moreMu.Unlock()
	for len(moreKeys) <= i-blindtest.Keys {
		k, err := blind.GenerateKey(rand.Reader)
		if err != nil {
			tb.Fatalf("simulate: %v", err)
		}
		moreKeys = append(moreKeys, k)
	}
	return moreKeys[i-blindtest.Keys]
}

// By signs a body as registrar i, from 1.
func (r *Round) By(i int, body record.Body) *record.Record {
	r.Org.tb.Helper()
	return r.Org.Sign(r.ID, body, r.Registrars[i-1].Key)
}

// Accept has every registrar accept the roll.
func (r *Round) Accept() {
	r.Org.tb.Helper()
	root := r.Org.State.Round(r.ID).Roll.Announce.Root
	for i := range r.Registrars {
		r.Org.Post(r.By(i+1, &record.RollAccept{Registrar: uint64(i + 1), Root: root}))
	}
}

// Keys has every registrar post its keys for all slots.
func (r *Round) Keys() {
	r.Org.tb.Helper()
	for i := range r.Registrars {
		for slot := range r.Registrars[i].Slots {
			r.Org.Post(r.By(i+1, r.SlotKey(i+1, slot)))
		}
	}
}

// SlotKey returns the body of the record of registrar i's key for a slot.
func (r *Round) SlotKey(i, slot int) *record.SlotKey {
	r.Org.tb.Helper()
	b, err := credential.NewSlotKey(r.ID, uint64(i), uint64(slot), r.Registrars[i-1].Slots[slot])
	if err != nil {
		r.Org.tb.Fatalf("simulate: %v", err)
	}
	return b
}

// Cards has members, named by roll entry, collect their cards, and every registrar say so on the log.
func (r *Round) Cards(entries ...int) {
	r.Org.tb.Helper()
	for _, e := range entries {
		r.MintFor(e)
	}
	r.Issues(entries...)
}

// MintFor gives a member a card without any registrar putting that on record.
func (r *Round) MintFor(entry int) {
	r.Org.tb.Helper()
	if r.cards[entry] == nil {
		r.cards[entry] = r.Mint()
	}
}

// Issues has every registrar say on the log that it has issued to these roll entries.
func (r *Round) Issues(entries ...int) {
	r.Org.tb.Helper()
	var list []uint64
	for _, e := range slices.Sorted(slices.Values(entries)) {
		list = append(list, uint64(e))
	}
	for i := range r.Registrars {
		r.Org.Post(r.By(i+1, &record.Issues{Registrar: uint64(i + 1), Entries: list}))
	}
}

// Card returns the card of a member, who must have collected it.
func (r *Round) Card(entry int) *credential.Card {
	r.Org.tb.Helper()
	c := r.cards[entry]
	if c == nil {
		r.Org.tb.Fatalf("simulate: member %d has no card", entry)
	}
	return c
}

// Credential returns a member's credential for a slot.
func (r *Round) Credential(entry int, slot uint64) *credential.Credential {
	r.Org.tb.Helper()
	c, err := r.Card(entry).Credential(slot)
	if err != nil {
		r.Org.tb.Fatalf("simulate: %v", err)
	}
	return c
}

// Mint makes a card that all registrars sign and none puts on record.
func (r *Round) Mint() *credential.Card {
	r.Org.tb.Helper()
	return r.MintOf(credential.NewSecret())
}

// MintOf is Mint for a secret of the caller's choice.
func (r *Round) MintOf(secret credential.Secret) *credential.Card {
	r.Org.tb.Helper()
	card, err := r.mint(secret)
	if err != nil {
		r.Org.tb.Fatalf("simulate: %v", err)
	}
	return card
}

func (r *Round) mint(secret credential.Secret) (*credential.Card, error) {
	var answers [][]blind.Signature
	for i, g := range r.Registrars {
		var public []*blind.PublicKey
		for _, k := range g.Slots {
			public = append(public, k.Public())
		}
		requests, err := credential.NewRequests(secret, r.ID, uint64(i+1), public)
		if err != nil {
			return nil, err
		}
		issuer, err := credential.NewIssuer(r.ID, uint64(i+1), g.Slots)
		if err != nil {
			return nil, err
		}
		signed, err := issuer.Sign(requests.Bytes())
		if err != nil {
			return nil, err
		}
		// The entry does not matter: the record of it goes nowhere.
		issue := r.By(i+1, &record.Issue{Registrar: uint64(i + 1)})
		answer := &credential.Answer{Signatures: signed, Issue: issue.Raw()}
		opened, _, err := requests.Open(r.Org.Genesis, r.ID, 0, g.Key.Public(), answer)
		if err != nil {
			return nil, err
		}
		answers = append(answers, opened)
	}
	return credential.NewCard(secret, r.ID, answers)
}

// On returns the round for an organisation that is o at another moment (Until, Fork).
func (r *Round) On(o *Org) *Round {
	c := *r
	c.Org, c.cards, c.Registrars = o, maps.Clone(r.cards), slices.Clone(r.Registrars)
	for i := range c.Registrars {
		c.Registrars[i].Slots = slices.Clone(c.Registrars[i].Slots)
	}
	return &c
}
