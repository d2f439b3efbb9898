package evidence_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"mandate/ballot/checkpoint"
	"mandate/ballot/record"
	"mandate/ballot/simulate"
	"mandate/crypto/sigma"
	"mandate/verifier/boardlog"
	"mandate/verifier/corpus/electiontest"
	"mandate/verifier/evidence"
)

// open returns the log of an organisation as a source, opened at its checkpoint.
func open(t *testing.T, o *simulate.Org) (*boardlog.Package, *boardlog.Tree, boardlog.SignedCheckpoint) {
	t.Helper()
	b := electiontest.Of(o, o.Log(), record.ID{}).Package
	p, err := boardlog.OpenPackage(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	signed, err := p.ReadFile(t.Context(), boardlog.CheckpointPath)
	if err != nil {
		t.Fatal(err)
	}
	cp := opened(t, o, signed)
	tree, err := boardlog.OpenTree(t.Context(), p, cp)
	if err != nil {
		t.Fatal(err)
	}
	return p, tree, cp
}

func opened(t *testing.T, o *simulate.Org, signed []byte) boardlog.SignedCheckpoint {
	t.Helper()
	key, err := checkpoint.ParseLogKey(o.LogKey)
	if err != nil {
		t.Fatal(err)
	}
	cp, err := boardlog.Open(signed, boardlog.Policy{Origin: o.Config.Origin, Log: key})
	if err != nil {
		t.Fatal(err)
	}
	return cp
}

func receipt(t *testing.T, o *simulate.Org, index int) []byte {
	t.Helper()
	_, tree, cp := open(t, o)
	proof, err := tree.ProveInclusion(t.Context(), uint64(index), cp.Size())
	if err != nil {
		t.Fatal(err)
	}
	return boardlog.Receipt{Record: tlog.RecordHash(o.Log()[index]), Index: uint64(index), Hashes: proof, Checkpoint: cp.Bytes()}.Encode()
}

// of makes evidence of what the vote's organisation knows.
func of(t *testing.T, v *simulate.Vote, c evidence.Claim) *evidence.Evidence {
	t.Helper()
	e, err := evidence.Of(v.Org.State, v.ID, c)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// judge sends evidence through its file.
func judge(t *testing.T, e *evidence.Evidence, o evidence.Options) *evidence.Verdict {
	t.Helper()
	b, err := e.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if e, err = evidence.Parse(b); err != nil {
		t.Fatal(err)
	}
	v, err := evidence.Judge(t.Context(), e, o)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func wantProven(t *testing.T, v *evidence.Verdict, against, says string) {
	t.Helper()
	if !v.Proven || !strings.Contains(v.Against, against) || !strings.Contains(strings.Join(v.Proves, " "), says) || len(v.Not) == 0 {
		t.Errorf("%s: proven %v against %q: %q; not: %q", v.Kind, v.Proven, v.Against, v.Proves, v.Not)
	}
}

func wantNothing(t *testing.T, v *evidence.Verdict, says string) {
	t.Helper()
	if v.Proven || v.Against != "" || len(v.Proves) != 1 || !strings.Contains(v.Proves[0], says) {
		t.Errorf("%s: proven %v against %q: %q, want nothing because of %q", v.Kind, v.Proven, v.Against, v.Proves, says)
	}
}

// scene is an open vote.
func scene(t *testing.T, c simulate.Config) *simulate.Vote {
	t.Helper()
	r := simulate.New(t, c).Round()
	r.Cards(0, 1, 2, 3)
	v := r.Vote()
	v.Ceremony()
	v.Open()
	return v
}

// G1: the board shows one party a log with a ballot, another one the same log without, both signed. Whoever has seen both checkpoints and can
// read one of the two logs has proof of it, of whatever sizes they are.
func TestG1_TwoHistoriesAreProven(t *testing.T) {
	v := scene(t, simulate.Config{})
	base := len(v.Org.Log())
	other := v.On(v.Org.Until(base))
	for i := range 3 {
		v.Cast(i, v.Choice(i)...)
	}
	other.Cast(3, other.Choice(1)...)
	for range 5 {
		other.Org.Time(other.Org.State.Now() + 10)
	}
	for known := base + 1; known <= base+3; known++ {
		_, tree, _ := open(t, other.Org)
		err := tree.Extends(t.Context(), opened(t, v.Org, v.Org.CheckpointAt(known)))
		var fork *boardlog.HistoryError
		if !errors.As(err, &fork) {
			t.Fatal(err)
		}
		e, err := evidence.OfHistory(v.Org.State, fork)
		if err != nil {
			t.Fatal(err)
		}
		wantProven(t, judge(t, e, evidence.Options{Vote: v.ID}), "the log", "two histories")
		wantProven(t, judge(t, e, evidence.Options{LogKey: v.Org.LogKey}), "the log", "two histories")
		wantNothing(t, judge(t, e, evidence.Options{Vote: v.Org.Genesis}), "does not have the manifest")
		if got := judge(t, e, evidence.Options{Vote: v.ID}); !strings.Contains(got.Pinned, v.ID.String()) {
			t.Errorf("pinned by %q", got.Pinned)
		}
		f := *e.Claim.(*evidence.Fork)
		with := func(f evidence.Fork) *evidence.Evidence { return &evidence.Evidence{Genesis: e.Genesis, Claim: &f} }
		wantNothing(t, judge(t, with(evidence.Fork{Earlier: f.Later, Later: f.Earlier, Proof: f.Proof}), evidence.Options{}), "order")
		for i := 0; i < len(f.Proof); i += 13 {
			changed := f
			changed.Proof = bytes.Clone(f.Proof)
			changed.Proof[i] ^= 1
			wantNothing(t, judge(t, with(changed), evidence.Options{}), "does not lead")
		}
		f.Proof = f.Proof[:len(f.Proof)-32]
		wantNothing(t, judge(t, with(f), evidence.Options{}), "too many or too few")
	}
	same := of(t, v, &evidence.Fork{Earlier: v.Org.CheckpointAt(base + 1), Later: other.Org.CheckpointAt(base + 1)})
	wantProven(t, judge(t, same, evidence.Options{Vote: v.ID}), "the log", "two different contents")
}

// G1: a witness that has cosigned both histories is named too.
func TestG1_AWitnessOfBothHistoriesIsNamed(t *testing.T) {
	v := scene(t, simulate.Config{Witnesses: 1})
	other := v.On(v.Org.Until(len(v.Org.Log())))
	v.Cast(0, v.Choice(0)...)
	other.Cast(1, other.Choice(1)...)
	e := of(t, v, &evidence.Fork{Earlier: v.Org.Checkpoint(), Later: other.Org.Checkpoint()})
	wantProven(t, judge(t, e, evidence.Options{Vote: v.ID}), "witness1.example", "has cosigned both")
}

// An honest log can be accused of nothing, whichever two of its checkpoints are brought.
func TestG1_AnHonestLogIsNotConvicted(t *testing.T) {
	o := simulate.New(t, simulate.Config{})
	for i := range 30 {
		o.Time(simulate.Begin + uint64(i))
	}
	_, tree, cp := open(t, o)
	for m := uint64(1); m <= cp.Size(); m++ {
		proof, err := tree.ProvePrefix(t.Context(), m)
		if err != nil {
			t.Fatal(err)
		}
		before, root, err := boardlog.PrefixRoots(m, cp.Size(), proof)
		if err != nil || root != cp.Root() || record.ID(before) != simulate.Root(o.Log()[:m]) {
			t.Fatalf("size %d: %v", m, err)
		}
		if _, _, err := boardlog.PrefixRoots(m, cp.Size(), append(proof, tlog.Hash{})); err == nil {
			t.Errorf("size %d: a hash too many is taken", m)
		}
		var flat []byte
		for _, h := range proof {
			flat = append(flat, h[:]...)
		}
		if m == cp.Size() {
			flat = nil
		}
		e, err := evidence.Of(o.State, record.ID{}, &evidence.Fork{Earlier: o.CheckpointAt(int(m)), Later: o.Checkpoint(), Proof: flat})
		if err != nil {
			t.Fatal(err)
		}
		if v := judge(t, e, evidence.Options{}); v.Proven {
			t.Fatalf("size %d: %q", m, v.Proves)
		}
	}
	r := receipt(t, o, 4)
	e, err := evidence.Of(o.State, record.ID{}, &evidence.Place{One: r, Other: r})
	if err != nil {
		t.Fatal(err)
	}
	wantNothing(t, judge(t, e, evidence.Options{}), "same record")
}

// G1: a member's receipt and somebody else's for the same place: two histories, though neither has read both logs.
func TestG1_TwoReceiptsForOnePlace(t *testing.T) {
	v := scene(t, simulate.Config{})
	base := len(v.Org.Log())
	other := v.On(v.Org.Until(base))
	v.Cast(0, v.Choice(0)...)
	other.Cast(1, other.Choice(1)...)
	v.Cast(2, v.Choice(0)...)
	e := of(t, v, &evidence.Place{One: receipt(t, v.Org, base), Other: receipt(t, other.Org, base)})
	wantProven(t, judge(t, e, evidence.Options{Vote: v.ID}), "the log", "different records stand at place")
	e.Claim = &evidence.Place{One: receipt(t, v.Org, base), Other: receipt(t, other.Org, base-1)}
	wantNothing(t, judge(t, e, evidence.Options{}), "two places")
}

// G7: what other keys have signed, or is of another log, proves nothing about this one; nor can somebody make up a log around a vote's id.
func TestG7_EvidenceAboutAnotherLog(t *testing.T) {
	v := scene(t, simulate.Config{})
	stranger := simulate.New(t, simulate.Config{})
	e := of(t, v, &evidence.Fork{Earlier: v.Org.CheckpointAt(2), Later: stranger.CheckpointAt(2)})
	wantNothing(t, judge(t, e, evidence.Options{Vote: v.ID}), "the later checkpoint")
	forged := evidence.Evidence{Genesis: stranger.State.First(), Manifests: e.Manifests, Claim: e.Claim}
	wantNothing(t, judge(t, &forged, evidence.Options{Vote: v.ID}), "not of this log")
	wantNothing(t, judge(t, e, evidence.Options{LogKey: stranger.LogKey}), "another log")
	twin := stranger.Until(1)
	twin.Time(simulate.Begin + 5)
	e.Manifests, e.Genesis, e.Claim = nil, stranger.State.First(), &evidence.Fork{Earlier: stranger.CheckpointAt(2), Later: twin.CheckpointAt(2)}
	wantProven(t, judge(t, e, evidence.Options{}), stranger.Config.Origin, "two different contents")
	wantNothing(t, judge(t, e, evidence.Options{Manifest: v.State().Raw}), "not of this log")
}

// G2: that a board showed an old state leaves no trace; who has the newer checkpoint and asks sees it.
func TestG2_AFrozenViewIsSeenByWhoeverAsks(t *testing.T) {
	v := scene(t, simulate.Config{})
	base := len(v.Org.Log())
	v.Cast(0, v.Choice(0)...)
	e := of(t, v, &evidence.Head{Checkpoint: v.Org.Checkpoint()})
	old, _, _ := open(t, v.Org.Until(base))
	wantProven(t, judge(t, e, evidence.Options{Vote: v.ID, Source: old, Live: true}), "SOURCE", "holds at least 1 back")
	wantNothing(t, judge(t, e, evidence.Options{Vote: v.ID, Source: old}), "older log")
	whole, _, _ := open(t, v.Org)
	wantNothing(t, judge(t, e, evidence.Options{Vote: v.ID, Source: whole, Live: true}), "continues the checkpoint")
	wantNothing(t, judge(t, e, evidence.Options{Vote: v.ID}), "to be compared")
	other := v.On(v.Org.Until(base))
	other.Cast(1, other.Choice(0)...)
	other.Cast(2, other.Choice(0)...)
	second, _, _ := open(t, other.Org)
	got := judge(t, e, evidence.Options{Vote: v.ID, Source: second})
	wantProven(t, got, "the log", "two histories")
	if got.Fork == nil {
		t.Fatal("no evidence that stands alone")
	}
	wantProven(t, judge(t, got.Fork, evidence.Options{Vote: v.ID}), "the log", "two histories")
}

func promise(t *testing.T, v *simulate.Vote, ballot record.ID, at uint64, key sigma.SecretKey) []byte {
	t.Helper()
	p, err := record.SignAnswer(v.Org.Genesis, &record.Promise{Vote: v.ID, Ballot: ballot, At: at}, key, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func refusal(t *testing.T, v *simulate.Vote, r *record.Record, code string, at uint64) []byte {
	t.Helper()
	p, err := record.SignAnswer(v.Org.Genesis, &record.Refusal{Scope: r.Scope, Record: r.ID(), Code: code, Sentence: "No.", At: at}, v.Org.Board, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// G3: the board promises a ballot and seals the box without it.
func TestG3_ADroppedBallotIsProven(t *testing.T) {
	v := scene(t, simulate.Config{})
	ballot := v.Ballot(0, v.Choice(0)...)
	e := of(t, v, &evidence.Promise{Promise: promise(t, v, ballot.ID(), v.Org.State.Now(), v.Org.Board)})
	early, _, _ := open(t, v.Org)
	wantNothing(t, judge(t, e, evidence.Options{Vote: v.ID, Source: early}), "not on the log yet")
	wantNothing(t, judge(t, e, evidence.Options{Vote: v.ID}), "to be compared")

	kept := v.On(v.Org.Until(len(v.Org.Log())))
	kept.Org.Post(ballot)
	for _, w := range []*simulate.Vote{v, kept} {
		w.Close()
		w.Promises()
		w.Seal()
	}
	dropped, _, _ := open(t, v.Org)
	wantProven(t, judge(t, e, evidence.Options{Vote: v.ID, Source: dropped}), "the board's key", "an accepted ballot was dropped")
	honest, _, _ := open(t, kept.Org)
	wantNothing(t, judge(t, e, evidence.Options{Vote: v.ID, Source: honest}), "the promise is kept")

	late := v.Org.Until(len(v.Org.Log()))
	late.Append(ballot.Raw())
	after, _, _ := open(t, late)
	wantProven(t, judge(t, e, evidence.Options{Vote: v.ID, Source: after}), "the board's key", "was dropped")

	e.Claim = &evidence.Promise{Promise: promise(t, v, ballot.ID(), 1, simulate.NewKey(t))}
	wantNothing(t, judge(t, e, evidence.Options{Vote: v.ID, Source: dropped}), "signature")
}

// G3: a relay's promise is the relay's to list; what it lists is the board's to record.
func TestG3_ARelaysPromise(t *testing.T) {
	v := scene(t, simulate.Config{Relays: 1})
	ballot := v.Ballot(0, v.Choice(0)...)
	e := of(t, v, &evidence.Promise{By: 1, Promise: promise(t, v, ballot.ID(), v.Org.State.Now(), v.Relays[0])})
	v.Close()
	listed := v.On(v.Org.Until(len(v.Org.Log())))
	v.Promises()
	v.Seal()
	unlisted, _, _ := open(t, v.Org)
	wantProven(t, judge(t, e, evidence.Options{Vote: v.ID, Source: unlisted}), "relay 1", "no list of the relay names it")
	half := v.On(v.Org.Until(len(listed.Org.Log())))
	half.Org.Time(half.Org.State.Now() + half.State().Manifest.Grace)
	half.Seal()
	without, _, _ := open(t, half.Org)
	wantProven(t, judge(t, e, evidence.Options{Vote: v.ID, Source: without}), "or whoever holds the board's key", "nor the end of the relay's list")
	listed.Promises(ballot.ID())
	listed.Org.Time(listed.Org.State.Now() + listed.State().Manifest.Grace)
	listed.Seal()
	missing, _, _ := open(t, listed.Org)
	wantProven(t, judge(t, e, evidence.Options{Vote: v.ID, Source: missing}), ", or whoever holds the board's key", "sealed without it") // the relay may have kept it
	e.Claim.(*evidence.Promise).By = 2
	wantNothing(t, judge(t, e, evidence.Options{Vote: v.ID, Source: missing}), "no relay 2")
}

// G3: a board that has promised a ballot and refuses it.
func TestG3_PromisedAndRefused(t *testing.T) {
	v := scene(t, simulate.Config{})
	ballot, now := v.Ballot(0, v.Choice(0)...), v.Org.State.Now()
	p := promise(t, v, ballot.ID(), now, v.Org.Board)
	with := func(refusal []byte) *evidence.Verdict {
		return judge(t, of(t, v, &evidence.Answers{Promise: p, Refusal: refusal}), evidence.Options{Vote: v.ID})
	}
	wantProven(t, with(refusal(t, v, ballot, "closed", now)), "the board's key", "refused because of closed")
	wantProven(t, with(refusal(t, v, ballot, "stale", now+7200)), "the board's key", "not refused")
	wantNothing(t, with(refusal(t, v, ballot, "not-open", now)), "refused (not-open) first")
	wantNothing(t, with(refusal(t, v, ballot, "busy", now+7200)), "says nothing of the record")
	wantNothing(t, with(refusal(t, v, v.Ballot(1, v.Choice(0)...), "closed", now)), "not of one record")
}

// G4: a refusal is signed with its reason, and the reason can be checked by the log.
func TestG4_ARefusalIsJudgedByTheLog(t *testing.T) {
	v := scene(t, simulate.Config{})
	o, ballot, second := v.Org, v.Ballot(0, v.Choice(0)...), v.Ballot(2, v.Choice(0)...)
	at := o.State.Now() + 1000
	v.Cast(1, v.Choice(1)...)
	o.Time(at - 400)
	v.Cast(2, v.Choice(1)...)
	e := of(t, v, &evidence.Refusal{Record: ballot.Raw(), Refusal: refusal(t, v, ballot, "proof", at)})
	short, _, _ := open(t, o)
	wantNothing(t, judge(t, e, evidence.Options{Vote: v.ID, Source: short}), "does not reach")
	o.Time(at + 400)
	log, _, _ := open(t, o)
	wantProven(t, judge(t, e, evidence.Options{Vote: v.ID, Source: log}), "the board's key", "was to be accepted")
	wantNothing(t, judge(t, e, evidence.Options{Vote: v.ID}), "to be compared")

	e.Claim = &evidence.Refusal{Record: second.Raw(), Refusal: refusal(t, v, second, "spent", at)}
	wantNothing(t, judge(t, e, evidence.Options{Vote: v.ID, Source: log}), "the refusal is right")
	e.Claim = &evidence.Refusal{Record: ballot.Raw(), Refusal: refusal(t, v, ballot, "rate", at)}
	wantNothing(t, judge(t, e, evidence.Options{Vote: v.ID, Source: log}), "nothing of the record")
}

// A clock signs like a witness at a time.
type clock struct {
	note.Verifier
	key  ed25519.PrivateKey
	time uint64
}

func (c clock) Sign(text []byte) ([]byte, error) {
	return append(binary.BigEndian.AppendUint64(nil, c.time), ed25519.Sign(c.key, checkpoint.CosignedMessage(c.time, text))...), nil
}

// G13: the log's time runs ahead of the witnesses', or a promise is dated before what was on the log already.
func TestG13_WrongTimesAreProven(t *testing.T) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	name := checkpoint.WitnessKey("clock.example", public)
	verifier, err := checkpoint.ParseWitnessKey(name)
	if err != nil {
		t.Fatal(err)
	}
	o := simulate.New(t, simulate.Config{})
	r := o.Round()
	r.Cards(0, 1)
	v := r.Vote(func(m *record.Vote) { m.Witnesses = record.WitnessPolicy{Need: 1, Keys: []string{name}} })
	v.Ceremony()
	v.Open()
	o.Time(o.State.Now() + 50_000)
	index, now := len(o.Log())-1, o.State.Now()
	signed := func(when uint64) []byte {
		return o.SignCheckpoint(o.Config.Origin, uint64(len(o.Log())), simulate.Root(o.Log()), o.LogSigner, clock{verifier, private, when})
	}
	ahead := &evidence.Ahead{Time: o.Log()[index], Receipt: receipt(t, o, index), Checkpoint: signed(now - 40_000)}
	e := of(t, v, ahead)
	wantProven(t, judge(t, e, evidence.Options{Vote: v.ID}), "the board's key", "runs ahead")
	wantNothing(t, judge(t, e, evidence.Options{LogKey: o.LogKey}), "does not say which key is the board's")
	ahead.Checkpoint = signed(now - 100)
	wantNothing(t, judge(t, e, evidence.Options{Vote: v.ID}), "0 witnesses")

	ballot := v.Cast(0, v.Choice(0)...)
	back := &evidence.Backdate{
		Time: o.Log()[index], Before: receipt(t, o, index), Ballot: receipt(t, o, index+1), Promise: promise(t, v, ballot, now-40_000, o.Board),
	}
	e.Claim = back
	wantProven(t, judge(t, e, evidence.Options{Vote: v.ID}), "the board's key", "backdated")
	back.Promise = promise(t, v, ballot, now, o.Board)
	wantNothing(t, judge(t, e, evidence.Options{Vote: v.ID}), "not dated an hour")
}

// G13: a support is promised before it is on the log, so a time between the two convicts nobody; a ballot of the same vote is promised after.
func TestG13_AnHonestSupportIsNotBackdated(t *testing.T) {
	o := simulate.New(t, simulate.Config{Members: 20, Slots: 4, Petitions: 2})
	r := o.Round()
	r.Cards(0, 1)
	v := r.Propose(r.Plan(record.CallPetition))
	closes := v.Plan.Rules.Call.Petition.Closes
	support := v.SupportOf(r.Credential(0, v.Plan.Rules.Call.Petition.Slot))
	given := closes - 4500
	o.Time(given + 4000)
	index, now := len(o.Log())-1, o.State.Now()
	o.Post(support)
	back := &evidence.Backdate{
		Time: o.Log()[index], Before: receipt(t, o, index), Ballot: receipt(t, o, index+1), Promise: promise(t, v, support.ID(), given, o.Board),
	}
	if given+3600 >= now {
		t.Fatal("the support did not wait for an hour")
	}
	e := of(t, v, back)
	wantNothing(t, judge(t, e, evidence.Options{Vote: v.ID}), "a support is promised before")
	e.Manifests = nil
	wantNothing(t, judge(t, e, evidence.Options{}), "manifest")
}

// G3: a log as it was before the opening says nothing of a ballot that was promised after it, however long the petition has ended by then.
func TestG3_AnOldLogDoesNotConvictOfABallot(t *testing.T) {
	o := simulate.New(t, simulate.Config{Members: 20, Slots: 4, Petitions: 2})
	r := o.Round()
	r.Cards(0, 1)
	v := r.Propose(r.Plan(record.CallPetition))
	v.Support(0, 1)
	closes := v.Plan.Rules.Call.Petition.Closes
	o.Time(closes + 3601)
	early, _, _ := open(t, o)
	ballot := record.IDOf([]byte("a ballot that is cast later"))
	e := of(t, v, &evidence.Promise{Promise: promise(t, v, ballot, closes+4000, o.Board)})
	wantNothing(t, judge(t, e, evidence.Options{Vote: v.ID, Source: early}), "not on the log yet")
	e.Claim = &evidence.Promise{Promise: promise(t, v, ballot, closes-10, o.Board)}
	wantProven(t, judge(t, e, evidence.Options{Vote: v.ID, Source: early}), "the board's key", "the support")
}

// G13: a member of the commission can sign any manifest, also one that names witnesses of its own. Who pins another vote does not hear them.
func TestG13_WitnessesOfAnotherManifestAreNotHeard(t *testing.T) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	name := checkpoint.WitnessKey("clock.example", public)
	verifier, err := checkpoint.ParseWitnessKey(name)
	if err != nil {
		t.Fatal(err)
	}
	v := scene(t, simulate.Config{Slots: 2})
	o := v.Org
	o.Time(o.State.Now() + 50_000)
	index, now := len(o.Log())-1, o.State.Now()
	mine := v.On(o.Until(len(o.Log()))).Round.Vote(func(m *record.Vote) { m.Witnesses = record.WitnessPolicy{Need: 1, Keys: []string{name}} }) // not on the log
	e := of(t, v, &evidence.Ahead{
		Time: o.Log()[index], Receipt: receipt(t, o, index),
		Checkpoint: o.SignCheckpoint(o.Config.Origin, uint64(len(o.Log())), simulate.Root(o.Log()), o.LogSigner, clock{verifier, private, now - 40_000}),
	})
	e.Manifests = append(e.Manifests, mine.State().Raw)
	wantNothing(t, judge(t, e, evidence.Options{Vote: v.ID}), "0 witnesses")
}

// J5: no byte of a file is without a meaning.
func TestJ5_EveryByteOfEvidenceIsCovered(t *testing.T) {
	v := scene(t, simulate.Config{})
	other := v.On(v.Org.Until(len(v.Org.Log())))
	v.Cast(0, v.Choice(0)...)
	other.Cast(1, other.Choice(1)...)
	b, err := of(t, v, &evidence.Fork{Earlier: v.Org.Checkpoint(), Later: other.Org.Checkpoint()}).Encode()
	if err != nil {
		t.Fatal(err)
	}
	if len(b) > 8<<10 {
		t.Errorf("%d bytes", len(b))
	}
	for i := range b {
		if i%5 != 0 && i > 200 {
			continue
		}
		changed := bytes.Clone(b)
		changed[i] ^= 1
		got, err := evidence.Parse(changed)
		if err != nil {
			continue
		}
		if j, err := evidence.Judge(t.Context(), got, evidence.Options{Vote: v.ID}); err != nil || j.Proven {
			t.Fatalf("byte %d is changed, and it proves as before: %v", i, err)
		}
	}
	for _, bad := range [][]byte{append(bytes.Clone(b), '\n'), b[:len(b)-1], bytes.ReplaceAll(b, []byte("\n"), []byte("\r\n")), nil} {
		if _, err := evidence.Parse(bad); err == nil {
			t.Error("a second spelling is read")
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, c := range []evidence.Claim{
		&evidence.Fork{}, &evidence.Place{}, &evidence.Answers{}, &evidence.Ahead{}, &evidence.Backdate{}, &evidence.Head{}, &evidence.Promise{By: 3}, &evidence.Refusal{},
	} {
		b, err := (&evidence.Evidence{Genesis: []byte{1}, Manifests: [][]byte{{2}}, Claim: c}).Encode()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := evidence.Parse(b)
		if err != nil {
			return
		}
		again, err := e.Encode()
		if err != nil || !bytes.Equal(again, b) {
			t.Fatalf("encodes to other bytes: %v", err)
		}
		if v, err := evidence.Judge(t.Context(), e, evidence.Options{}); err != nil || v.Proven {
			t.Fatalf("random bytes prove something: %v %v", v, err)
		}
	})
}
