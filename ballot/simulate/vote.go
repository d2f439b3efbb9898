package simulate

import (
	"crypto/rand"
	"errors"
	"fmt"
	"slices"

	"mandate/ballot/canonical"
	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/tally"
	"mandate/crypto/sigma"
	"mandate/crypto/threshold"
)

// A Vote is a vote with its trustees and relays.
type Vote struct {
	Org      *Org
	Round    *Round
	ID       record.ID
	Manifest *record.Vote
	Trustees []Trustee
	Relays   []sigma.SecretKey
	Plan     *Plan // nil for a vote without rules
}

// A Trustee holds a share of the vote's key, once the ceremony is over.
type Trustee struct {
	Key  sigma.SecretKey
	Side *tally.Trustee

	Mixers map[int]*tally.Mixer // by contest, of the ranked ones
}

// Vote calls a vote in the lowest free slot. It opens 1000 seconds from now and closes 1000 seconds later.
func (r *Round) Vote(change ...func(*record.Vote)) *Vote {
	r.Org.tb.Helper()
	v := r.NewVote(change...)
	v.ID = r.Org.Post(r.Org.Officer(r.ID, v.Manifest))
	for i := range v.Trustees {
		side, err := tally.NewTrustee(v.State().Ceremony, i+1)
		if err != nil {
			r.Org.tb.Fatalf("simulate: %v", err)
		}
		v.Trustees[i].Side = side
	}
	return v
}

// NewVote makes a vote's manifest and parties, and posts nothing.
func (r *Round) NewVote(change ...func(*record.Vote)) *Vote {
	r.Org.tb.Helper()
	c, now := r.Org.Config, r.Org.State.Now()
	slot, _ := r.Org.State.Round(r.ID).FreeSlot()
	v := &Vote{Org: r.Org, Round: r, Manifest: &record.Vote{
		By: 1, Title: English("A vote"), Template: "members-decide", Slot: uint64(slot),
		Threshold: uint64(c.Threshold), Quorum: uint64(c.Quorum), Mixes: uint64(c.Mixes), Contests: slices.Clone(c.Contests),
		Opens: now + 1000, Closes: now + 2000, Grace: 300, Step: 100, Revote: c.Revote,
		Programs: []record.Program{{Name: "booth", Hash: record.ID{1}}, {Name: "audit", Hash: record.ID{2}}},
	}}
	for i := range c.Trustees {
		key := NewKey(r.Org.tb)
		v.Trustees = append(v.Trustees, Trustee{Key: key})
		v.Manifest.Trustees = append(v.Manifest.Trustees, record.Trustee{
			Name: fmt.Sprintf("Trustee %d", i+1), URL: fmt.Sprintf("https://trustee%d.example", i+1), Key: key.Public().Encoding(),
		})
	}
	for i := range c.Relays {
		key := NewKey(r.Org.tb)
		v.Relays = append(v.Relays, key)
		v.Manifest.Relays = append(v.Manifest.Relays, record.Relay{
			Name: fmt.Sprintf("Relay %d", i+1), URL: fmt.Sprintf("https://relay%d.example", i+1), Key: key.Public().Encoding(),
		})
	}
	if len(r.Org.Witnesses) > 0 {
		v.Manifest.Witnesses.Need = uint64(c.Need)
		for _, w := range r.Org.Witnesses {
			v.Manifest.Witnesses.Keys = append(v.Manifest.Witnesses.Keys, w.Key)
		}
	}
	for _, f := range change {
		f(v.Manifest)
	}
	return v
}

// On returns the vote for an organisation that is o at another moment (Until, Fork). Its trustees know nothing of stages and decryptions that
// they have made: there they may make others.
func (v *Vote) On(o *Org) *Vote {
	c := *v
	c.Org, c.Round, c.Trustees = o, v.Round.On(o), slices.Clone(v.Trustees)
	for i := range c.Trustees {
		c.Trustees[i].Mixers = nil
	}
	return &c
}

// State returns the fold's state of the vote.
func (v *Vote) State() *fold.Vote { return v.Org.State.Vote(v.ID) }

// Officer signs a body in the vote as officer 1 of the commission.
func (v *Vote) Officer(body record.Body) *record.Record {
	v.Org.tb.Helper()
	return v.Org.Officer(v.ID, body)
}

// By signs a body as trustee i, from 1.
func (v *Vote) By(i int, body record.Body) *record.Record {
	v.Org.tb.Helper()
	return v.Org.Sign(v.ID, body, v.Trustees[i-1].Key)
}

// Next makes the message that trustee i, from 1, has to post for the ceremony now, or nil.
func (v *Vote) Next(i int) record.Body {
	v.Org.tb.Helper()
	t := &v.Trustees[i-1]
	body, side, err := t.Side.Next(v.State().Ceremony, rand.Reader)
	if err != nil {
		v.Org.tb.Fatalf("simulate: %v", err)
	}
	t.Side = side
	return body
}

// Step has every trustee post its message of the ceremony's current step, which completes it.
func (v *Vote) Step() {
	v.Org.tb.Helper()
	for i := range v.Trustees {
		if body := v.Next(i + 1); body != nil {
			v.Org.Post(v.By(i+1, body))
		}
	}
}

// CeremonyUntil goes on with the ceremony until it waits for messages of a step.
func (v *Vote) CeremonyUntil(step tally.Step) {
	v.Org.tb.Helper()
	for v.State().Ceremony.Step() < step {
		before := len(v.Org.log)
		v.Step()
		if len(v.Org.log) == before {
			v.Org.tb.Fatalf("simulate: the ceremony goes no further than step %v", v.State().Ceremony.Step())
		}
	}
}

// Ceremony has the trustees make the key.
func (v *Vote) Ceremony() {
	v.Org.tb.Helper()
	v.CeremonyUntil(tally.StepReady)
}

// Opening returns the body of the opening record.
func (v *Vote) Opening() *record.Opening {
	v.Org.tb.Helper()
	c := v.State().Ceremony
	keys, err := c.Keys()
	if err != nil {
		v.Org.tb.Fatalf("simulate: %v", err)
	}
	b := &record.Opening{
		By: 1, Attempt: c.Attempt(), Key: keys.Joint.Encoding(), Ceremony: c.Hash(),
		RegistrarKeys: v.State().Round.KeysID(int(v.Manifest.Slot)), Candidates: v.State().CandidatesID(),
	}
	for _, y := range keys.Trustees {
		b.TrusteeKeys = y.Append(b.TrusteeKeys)
	}
	return b
}

// Open waits for the time and opens the vote.
func (v *Vote) Open() {
	v.Org.tb.Helper()
	v.Org.Reach(v.State().Manifest.Opens)
	v.Org.Post(v.Officer(v.Opening()))
}

// Share returns the share of trustee i, from 1, once the ceremony is over.
func (v *Vote) Share(i int) *threshold.SecretShare {
	v.Org.tb.Helper()
	v.Next(i) // takes notice of what has happened since its last message
	s, err := v.Trustees[i-1].Side.Share(v.State().Ceremony)
	if err != nil {
		v.Org.tb.Fatalf("simulate: %v", err)
	}
	return s
}

// SealingKey returns the private key to which shares for trustee i, from 1, are sealed in the attempt that it takes part in. It is
// there until all have accepted their shares. A complaint reveals it.
func (v *Vote) SealingKey(i int) [32]byte {
	v.Org.tb.Helper()
	fail := func(err error) { v.Org.tb.Fatalf("simulate: sealing key of trustee %d: %v", i, err) }
	b, err := v.Trustees[i-1].Side.EncodeSecret()
	if err != nil {
		fail(err)
	}
	var stored []canonical.Raw
	if err := record.DecodeStrict(b, &stored); err != nil {
		fail(err)
	}
	for _, field := range stored {
		var secret []byte
		if record.DecodeStrict(field, &secret) != nil {
			continue // of another type
		}
		if receiver, err := threshold.ParseReceiver(secret); err == nil {
			return receiver.Reveal()
		}
	}
	fail(errors.New("is not stored"))
	return [32]byte{}
}
