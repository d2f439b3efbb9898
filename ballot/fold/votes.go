package fold

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"

	"mandate/ballot/cast"
	"mandate/ballot/contest"
	"mandate/ballot/record"
	"mandate/ballot/tally"
	"mandate/ballot/text"
	"mandate/crypto/group"
	"mandate/crypto/sigma"
	"mandate/crypto/transcript"
)

// A Phase is where a vote stands (SPEC.md §9.5, §15.2). What comes after Called is in the order of the story; the phases below it are those
// of a vote that is not called yet, or has ended without a result.
type Phase int

const (
	Annulled Phase = iota - 4
	Cancelled
	Lapsed
	Proposed
	_ // the zero value is none of them
	Called
	Open
	Closed
	Sealed
	Certified
)

func (p Phase) String() string {
	switch p {
	case Proposed:
		return "proposed"
	case Lapsed:
		return "lapsed"
	case Cancelled:
		return "cancelled"
	case Annulled:
		return "annulled"
	case Called:
		return "called"
	case Open:
		return "open"
	case Closed:
		return "closed"
	case Sealed:
		return "sealed"
	case Certified:
		return "certified"
	}
	return "unknown"
}

// A Vote is the state of one vote.
type Vote struct {
	ID       record.ID
	Index    uint64       // of the manifest in the log
	Raw      []byte       // the record of the manifest, which ID is of; not to be changed
	Manifest *record.Vote // as it stands: call, opening and extension set times, the opening the candidates (SPEC.md §15)
	Round    *Round
	Phase    Phase
	Form     *cast.Form // until the opening of a vote with nominations, that of as many candidates as there can be
	Ceremony *tally.Ceremony
	Times    Times

	Opening   *record.Opening // nil before it
	OpeningID record.ID
	Key       group.Element // pk, once open
	Sealed    uint64        // index of the seal
	SealRoot  record.ID     // the log's root at Sealed + 1
	ClosedAt  uint64        // the time valid at closing
	Result    *record.Result

	trustees []sigma.PublicKey // as replaced
	renamed  map[uint64]string // trustees who took another's place
	relays   []sigma.PublicKey
	course   *course // nil for a vote without rules

	box       box
	lists     []promiseList // of the board and each relay
	promised  map[record.ID]bool
	pending   map[record.ID]bool // promised and not recorded yet
	inputs    map[uint64]bool
	shares    map[shareKey]*record.Shares
	lots      map[int]*record.Lots
	ranked    any   // *rankedTally, from when the inputs suffice: a light reader does without that type, and all that its methods need
	shortfall []int // registrars with fewer issue records than there were credentials, at the seal
}

type shareKey struct{ trustee, contest uint64 }

type promiseList struct {
	parts   uint64
	ballots uint64 // listed so far
	done    bool
}

// Context returns the vote's ctx of SPEC.md §9.7: ctx0 before the opening, ctx after it.
func (v *Vote) Context(genesis record.ID) [32]byte { return voteContext(genesis, v.ID, v.OpeningID) }

// groupName names the group in every context, so that nothing proved here is a proof anywhere else.
const groupName = "ristretto255-SHA512"

func voteContext(genesis, vote, opening record.ID) [32]byte {
	t := transcript.New("mandate/v1 vote")
	t.AppendString("group", groupName)
	t.AppendBytes("genesis", genesis[:])
	t.AppendBytes("vote", vote[:])
	t.AppendBytes("opening", opening[:])
	return t.ID("ctx")
}

// Trustees returns the trustees' signing keys, replacements included, in order.
func (v *Vote) Trustees() []sigma.PublicKey { return v.trustees }

// TrusteeName returns the name of trustee i (from 1), replacements included.
func (v *Vote) TrusteeName(i int) string {
	if name, ok := v.renamed[uint64(i)]; ok {
		return name
	}
	return v.Manifest.Trustees[i-1].Name
}

// HasInput reports whether trustee i (from 1) has signed the sealed input.
func (v *Vote) HasInput(i int) bool { return v.inputs[uint64(i)] }

// Inputs returns how many trustees have signed the sealed input.
func (v *Vote) Inputs() int { return len(v.inputs) }

// Shares returns the share of trustee i (from 1) for a contest (from 0), nil if it is not there.
func (v *Vote) Shares(i, contest int) *record.Shares {
	return v.shares[shareKey{uint64(i), uint64(contest)}]
}

// Shortfall returns the registrars (from 1) whose issue records are fewer than the credentials they signed, known once sealed.
func (v *Vote) Shortfall() []int { return v.shortfall }

func (s *State) judgeVote(r *record.Record, round *Round, b *record.Vote) verdict {
	if v := s.officer(r, b.By); v != nil {
		return *v
	}
	trustees, relays, err := checkManifest(b)
	var form *cast.Form
	if err == nil {
		form, err = cast.NewForm(asked(b), len(round.keys))
	}
	if err == nil {
		err = s.checkRulesHere(round, b)
	}
	if err == nil {
		err = checkMixable(b, round.Roll.Announce.Count)
	}
	if err != nil {
		return void("manifest", "%w", err)
	}
	if b.Slot >= round.Manifest.Slots-round.Manifest.PetitionSlots {
		return void("slot-unknown", "slot: %d, the round has %d for votes", b.Slot, round.Manifest.Slots-round.Manifest.PetitionSlots)
	}
	slot := round.slots[b.Slot]
	if slot.Taken != (record.ID{}) {
		return void("slot-taken", "slot %d is taken by vote %s", b.Slot, slot.Taken.Short())
	}
	if bad := s.checkRulesSlots(round, b); bad != nil {
		return *bad
	}
	return accept(func() {
		v := &Vote{
			ID: r.ID(), Index: s.tree.Size() - 1, Raw: bytes.Clone(r.Raw()), Manifest: b, Round: round, Phase: Called, Form: form,
			trustees: trustees, relays: relays,
			lists: make([]promiseList, 1+len(relays)), promised: make(map[record.ID]bool), pending: make(map[record.ID]bool),
			inputs: make(map[uint64]bool), shares: make(map[shareKey]*record.Shares), lots: make(map[int]*record.Lots), renamed: make(map[uint64]string),
		}
		v.box = newBox(asked(b).Contests)
		v.Times.Begun = s.now
		v.Ceremony = s.newCeremony(v)
		slot.Taken = v.ID
		s.votes[v.ID] = v
		s.order = append(s.order, v.ID)
		s.propose(v)
	})
}

// newCeremony returns a vote's key generation at its beginning, which is now.
func (s *State) newCeremony(v *Vote) *tally.Ceremony {
	return s.judges.ceremony(tally.CeremonyParameters{
		Context: voteContext(s.genesisID, v.ID, record.ID{}), Threshold: int(v.Manifest.Threshold), Trustees: v.trustees,
		Step: v.Manifest.Step, Start: s.now,
	})
}

// CheckManifest reports whether a manifest is well-formed for a round of n registrars (SPEC.md §9.5).
func CheckManifest(b *record.Vote, registrars int) error {
	if _, _, err := checkManifest(b); err != nil {
		return err
	}
	_, err := cast.NewForm(asked(b), registrars)
	return err
}

func checkManifest(b *record.Vote) (trustees, relays []sigma.PublicKey, err error) {
	if err := b.Title.Check("title"); err != nil {
		return nil, nil, err
	}
	if err := text.CheckSlug("template", b.Template); err != nil {
		return nil, nil, err
	}
	n := uint64(len(b.Trustees))
	switch {
	case n < 1 || n > record.MaxTrustees:
		return nil, nil, fmt.Errorf("trustees: %d, want 1 to %d", n, record.MaxTrustees)
	case b.Threshold < 1 || b.Threshold > n:
		return nil, nil, fmt.Errorf("threshold: %d of %d trustees, want 1 to %d", b.Threshold, n, n)
	case b.Quorum < b.Threshold || b.Quorum > n:
		return nil, nil, fmt.Errorf("quorum: %d, want threshold %d to %d trustees", b.Quorum, b.Threshold, n)
	case b.CheckMixes() != nil:
		return nil, nil, b.CheckMixes()
	case b.Opens >= b.Closes || b.Closes > record.MaxTime:
		return nil, nil, fmt.Errorf("closes: %d is not after opens, %d", b.Closes, b.Opens)
	case b.Grace < 1 || b.Grace > record.MaxDuration:
		return nil, nil, fmt.Errorf("grace: %d seconds, want 1 to %d", b.Grace, record.MaxDuration)
	case b.Step < 1 || b.Step > record.MaxDuration:
		return nil, nil, fmt.Errorf("step: %d seconds, want 1 to %d", b.Step, record.MaxDuration)
	case len(b.Relays) > record.MaxRelays:
		return nil, nil, fmt.Errorf("relays: %d, at most %d", len(b.Relays), record.MaxRelays)
	}
	party := func(keys *keySet, at, name, url string, key record.Key) error {
		return errors.Join(text.CheckName(at+".name", name), text.CheckURL(at+".url", url), keys.add(at+".key", key))
	}
	tk := newKeySet()
	for i, t := range b.Trustees {
		if err := party(tk, fmt.Sprintf("trustees[%d]", i), t.Name, t.URL, t.Key); err != nil {
			return nil, nil, err
		}
	}
	rk := newKeySet(slices.Collect(maps.Keys(tk.seen))...) // nobody is trustee and relay with one key
	for i, r := range b.Relays {
		if err := party(rk, fmt.Sprintf("relays[%d]", i), r.Name, r.URL, r.Key); err != nil {
			return nil, nil, err
		}
	}
	if err := checkContests(b); err != nil {
		return nil, nil, err
	}
	if err := checkRules(b); err != nil {
		return nil, nil, err
	}
	if err := checkPrograms(b.Programs); err != nil {
		return nil, nil, err
	}
	_, err = Witnesses(b.Witnesses)
	return tk.parsed, rk.parsed, err
}

func checkContests(b *record.Vote) error {
	b = asked(b)
	if n := len(b.Contests); n < 1 || n > contest.MaxContests {
		return fmt.Errorf("contests: %d, want 1 to %d", n, contest.MaxContests)
	}
	languages := fmt.Sprint(b.Title.Languages())
	same := func(field string, t text.Texts) error {
		if got := fmt.Sprint(t.Languages()); got != languages {
			return fmt.Errorf("%s: languages %s, the vote's title has %s", field, got, languages)
		}
		return nil
	}
	ids := make(map[string]bool)
	for i := range b.Contests {
		c, at := &b.Contests[i], fmt.Sprintf("contests[%d]", i)
		if err := c.Check(at); err != nil {
			return err
		}
		if ids[c.ID] {
			return fmt.Errorf("%s.id: %q is there twice", at, c.ID)
		}
		ids[c.ID] = true
		if err := same(at+".title", c.Title); err != nil {
			return err
		}
		for j, o := range c.Options {
			if err := same(fmt.Sprintf("%s.options[%d].title", at, j), o.Title); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *State) judgeCeremony(r *record.Record, v *Vote) verdict {
	switch b := r.Body.(type) {
	case *record.KeygenRestart:
		if bad := s.officer(r, b.By); bad != nil {
			return *bad
		}
	case *record.TrusteeReplace:
		if bad := s.officer(r, b.By); bad != nil {
			return *bad
		}
	default:
		if bad := s.by(r, "trustee", trusteeOf(b), v.trustees); bad != nil {
			return *bad
		}
	}
	if v.Phase != Called {
		return void("phase", "%s: the vote is %v, key generation is over", r.Kind(), v.Phase)
	}
	if code, err := v.Ceremony.Judge(r.Body, s.now); err != nil {
		return void(code, "%s: %w", r.Kind(), err)
	}
	return accept(func() {
		v.Ceremony.Commit(r.ID(), r.Body, s.now)
		if b, ok := r.Body.(*record.TrusteeReplace); ok {
			v.trustees[b.Trustee-1], _ = b.Key.Public() // the ceremony has checked it
			v.renamed[b.Trustee] = b.Name
		}
	})
}

// trusteeOf returns the trustee that a ceremony message says it is of.
func trusteeOf(b record.Body) uint64 {
	switch b := b.(type) {
	case *record.KeygenCommit:
		return b.Trustee
	case *record.KeygenPackage:
		return b.Trustee
	case *record.KeygenShares:
		return b.Trustee
	case *record.KeygenAccept:
		return b.Trustee
	case *record.KeygenComplaint:
		return b.Trustee
	case *record.KeygenTest:
		return b.Trustee
	}
	return 0
}

func (s *State) judgeOpening(r *record.Record, v *Vote, b *record.Opening) verdict {
	if bad := s.officer(r, b.By); bad != nil {
		return *bad
	}
	if bad := s.judgeGates(v, b); bad != nil {
		return *bad
	}
	if v.Phase != Called {
		return void("phase", "opening: the vote is %v", v.Phase)
	}
	slot := int(v.Manifest.Slot)
	if s.now < v.Manifest.Opens {
		return fatal(v.ID, "opening-time", "voting opens at %d, it is %d", v.Manifest.Opens, s.now)
	}
	if v.course == nil && s.now >= v.Manifest.Closes { // by rules, voting goes on for its period from the opening (SPEC.md §15.6)
		return fatal(v.ID, "opening-time", "voting was to close at %d, it is %d", v.Manifest.Closes, s.now)
	}
	if !v.Ceremony.Ready() || b.Attempt != v.Ceremony.Attempt() {
		return fatal(v.ID, "opening-ceremony", "the trustees' key is not ready in attempt %d", b.Attempt)
	}
	if !v.Round.Ready(slot) {
		return fatal(v.ID, "opening-slot", "a registrar has not accepted the roll or has no key for slot %d", slot)
	}
	pk := v.Ceremony.Key()
	var ys []byte
	for _, y := range v.Ceremony.TrusteeKeys() {
		ys = y.Append(ys)
	}
	if pk.IsIdentity() || b.Key != record.Key(pk.Encoding()) || string(ys) != string(b.TrusteeKeys) {
		return fatal(v.ID, "opening-key", "the keys are not those that the trustees generated")
	}
	if b.Ceremony != record.ID(v.Ceremony.Hash()) {
		return fatal(v.ID, "opening-ceremony", "the ceremony is not the one on the log")
	}
	if b.RegistrarKeys != v.Round.KeysID(slot) {
		return fatal(v.ID, "opening-slot", "the registrars' keys are not those of slot %d", slot)
	}
	return accept(func() {
		v.Phase, v.Opening, v.OpeningID, v.Key = Open, b, r.ID(), pk
		v.Times.Opened = s.now
		v.freeze()
		s.opened.Store(v.ID, &boothState{form: v.Form, ctx: v.castContext(s.genesisID)})
	})
}

// castContext is what ballots of an open vote are made and checked with.
func (v *Vote) castContext(genesis record.ID) cast.Context {
	return cast.Context{
		Ctx: v.Context(genesis), Vote: v.ID, Key: v.Key, Round: v.Round.ID, Slot: v.Manifest.Slot,
		Registrars: v.Round.slots[v.Manifest.Slot].Keys,
	}
}

// CastContext is what ballots of the vote are made and checked with. The vote must be open.
func (s *State) CastContext(v *Vote) cast.Context { return v.castContext(s.genesisID) }
