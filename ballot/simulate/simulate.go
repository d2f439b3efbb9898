// Package simulate is a whole organisation in memory, for tests: every party with its keys, and one log that they write on, driven
// through package fold. It is test support. Only test files and other test support may import it: the organisation holds the secrets of
// everybody, its registrars' keys are published with the source of package blindtest, and it fails by [testing.TB.Fatalf].
//
// [New] makes an organisation and its genesis record; [Org.Round] an issuing round with its roll and its registrars' keys; [Round.Vote]
// calls a vote. A [Vote] then goes step by step: Ceremony, Open, Cast, Check, Close, Promises, Seal, Inputs, Mix, Shares, Result. [Whole] does
// all of it in one call:
//
//	v := simulate.Whole(t, simulate.Config{Members: 10})
//	entries, checkpoint := v.Org.Log(), v.Org.Checkpoint()
//
// A vote with rules is proposed with [Round.Propose] from a [Plan], called with Support or CallBy, and goes through its forums, statements
// and mailing step by step, or with Deliberate in one call.
//
// The log is a slice of records that the test may take, edit and fold again ([Replay], [Org.Rebuild]); [Org.Until] is the same organisation
// at an earlier moment, to go on from there in another way, as a board that shows two histories does.
//
// Everything needed to misbehave is in reach. All keys are exported fields; [Org.Sign] makes a record of any body by anybody;
// [Org.Append] puts any bytes on the log, whatever the fold says of them, as a dishonest board would; [Round.Mint] makes cards that
// nobody is entitled to, and [Vote.Forge] ballots that no booth makes.
//
// All randomness is crypto/rand's, so a test that wants the same log each time calls [testing/cryptotest.SetGlobalRandom] first.
package simulate

import (
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"mandate/ballot/contest"
	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/text"
	"mandate/crypto/sigma"
)

// Config says how large the organisation is. Zero fields have the defaults said.
type Config struct {
	Members int    // on the roll; default 10
	Segment string // of the roll; default the whole organisation

	Registrars int    // default 2
	Slots      uint64 // of a round; default 1
	Petitions  uint64 // of these slots, for petitions

	Trustees  int // n; default 3
	Threshold int // t; default 2, or 1 of a single trustee
	Quorum    int // q; default t
	Mixes     int // m; default t if a contest is ranked

	Contests []contest.Contest // default: one, see YesNo
	Revote   bool

	Relays    int // of a vote, with the board the authors of lists of promises
	Witnesses int // of a vote
	Need      int // how many of these must cosign the sealed log; default all

	Origin string // of the log; default "simulate.example/log"
}

func (c Config) withDefaults() Config {
	set(&c.Members, 10)
	set(&c.Registrars, 2)
	set(&c.Slots, 1)
	set(&c.Trustees, 3)
	set(&c.Threshold, min(2, c.Trustees))
	set(&c.Quorum, c.Threshold)
	set(&c.Need, c.Witnesses)
	set(&c.Origin, "simulate.example/log")
	if c.Contests == nil {
		c.Contests = []contest.Contest{YesNo("question")}
	}
	if slices.ContainsFunc(c.Contests, func(c contest.Contest) bool { return c.Kind == contest.KindRanked }) {
		set(&c.Mixes, c.Threshold)
	}
	return c
}

func set[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// The options of YesNo.
const (
	Yes = iota
	No
	Abstain
)

// YesNo is a contest of yes, no and abstention, of which at most one can be selected. Yes passes with more than half of yes and no.
func YesNo(id string) contest.Contest {
	return contest.Contest{
		ID: id, Kind: contest.KindChoice, Title: English("Shall it be so?"),
		Options: []contest.Option{
			{ID: "yes", Title: English("Yes")}, {ID: "no", Title: English("No")}, {ID: "abstain", Title: English("Abstain")},
		},
		Min: 0, Max: 1,
		Decision: contest.Decision{
			Method: contest.MethodThreshold, Option: Yes, Num: 1, Den: 2, Strict: true,
			Base: contest.BaseOptions, Over: []uint64{Yes, No}, QuorumDen: 1, Binding: true,
		},
	}
}

// Choose is a contest of n options of which min to max can be selected, and the seats with most votes win.
func Choose(id string, n int, min, max, seats uint64) contest.Contest {
	c := contest.Contest{
		ID: id, Kind: contest.KindChoice, Title: English("Who shall it be?"), Min: min, Max: max,
		Decision: contest.Decision{Method: contest.MethodPlurality, Den: 1, Base: contest.BaseBallots, QuorumDen: 1, Seats: seats},
	}
	for i := range n {
		c.Options = append(c.Options, contest.Option{ID: fmt.Sprintf("o%d", i), Title: English(fmt.Sprintf("Option %d", i))})
	}
	return c
}

// Rank is a contest of n options of which up to depth can be ranked, for so many seats.
func Rank(id, method string, n int, depth, seats uint64) contest.Contest {
	c := contest.Contest{
		ID: id, Kind: contest.KindRanked, Title: English("Who shall it be, and in which order?"), Depth: depth,
		Ranking: contest.RankingDecision{Method: method, Seats: seats, QuorumDen: 1, Binding: true},
	}
	for i := range n {
		c.Options = append(c.Options, contest.Option{ID: fmt.Sprintf("c%d", i), Title: English(fmt.Sprintf("Candidate %d", i))})
	}
	return c
}

// English is a text in English only.
func English(s string) text.Texts { return text.Texts{"en": s} }

// Begin is the time at which an organisation begins: the first time record.
const Begin = 1_800_000_000

// An Org is the organisation: its parties and its log.
type Org struct {
	Config Config
	State  *fold.State

	Genesis    record.ID
	Board      sigma.SecretKey
	Commission []sigma.SecretKey // two officers
	LogKey     string            // the verifier key
	LogSecret  string            // the signing key, for a board in another process
	LogSigner  note.Signer
	Witnesses  []Witness

	tb       testing.TB
	log      [][]byte
	outcomes []fold.Outcome
	rsa      int // how many of the registrars' RSA keys are in use
}

// A Witness cosigns checkpoints.
type Witness struct {
	Signer note.Signer
	Key    string // the verifier key
}

// New makes an organisation with its genesis record and its first time record.
func New(tb testing.TB, c Config) *Org {
	tb.Helper()
	o := &Org{Config: c.withDefaults(), State: fold.New(), tb: tb, Board: NewKey(tb)}
	for range 2 {
		o.Commission = append(o.Commission, NewKey(tb))
	}
	o.LogSigner, o.LogKey, o.LogSecret = newLogKey(tb, o.Config.Origin)
	for i := range o.Config.Witnesses {
		o.Witnesses = append(o.Witnesses, NewWitness(tb, fmt.Sprintf("witness%d.example", i+1)))
		o.Witnesses[i].Signer = o.Witnesses[i].Signer.(cosigner).at(func() uint64 { return max(o.State.Now(), Begin) })
	}
	r := o.Sign(record.ID{}, o.GenesisBody(), o.Board)
	o.Genesis = r.ID() // from here on it is part of what is signed
	o.Post(r)
	o.Time(Begin)
	return o
}

// GenesisBody returns the body of the genesis record.
func (o *Org) GenesisBody() *record.Genesis {
	g := &record.Genesis{
		Version: record.Version, Origin: o.Config.Origin, LogKey: o.LogKey, Board: o.Board.Public().Encoding(),
		Title: English("The Simulated Society"),
	}
	for i, k := range o.Commission {
		g.Commission = append(g.Commission, record.Officer{Name: fmt.Sprintf("Officer %d", i+1), Key: k.Public().Encoding()})
	}
	return g
}

// NewKey draws a Schnorr key.
func NewKey(tb testing.TB) sigma.SecretKey {
	tb.Helper()
	k, err := sigma.GenerateKey(rand.Reader)
	if err != nil {
		tb.Fatalf("simulate: %v", err)
	}
	return k
}

func newLogKey(tb testing.TB, name string) (signer note.Signer, verifier, secret string) {
	tb.Helper()
	skey, vkey, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		tb.Fatalf("simulate: log key: %v", err)
	}
	s, err := note.NewSigner(skey)
	if err != nil {
		tb.Fatalf("simulate: log key: %v", err)
	}
	return s, vkey, skey
}

// NewWitness draws a witness's key.
func NewWitness(tb testing.TB, name string) Witness {
	tb.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		tb.Fatalf("simulate: witness key: %v", err)
	}
	return newWitness(tb, name, public, private)
}

// Sign makes a record of a body, signed by anybody.
func (o *Org) Sign(scope record.ID, body record.Body, key sigma.SecretKey) *record.Record {
	o.tb.Helper()
	r, err := record.Sign(o.Genesis, scope, body, key, rand.Reader)
	if err != nil {
		o.tb.Fatalf("simulate: %v", err)
	}
	return r
}

// Officer signs a body as officer 1 of the commission.
func (o *Org) Officer(scope record.ID, body record.Body) *record.Record {
	o.tb.Helper()
	return o.Sign(scope, body, o.Commission[0])
}

// Post puts a record on the log, which must accept it.
func (o *Org) Post(r *record.Record) record.ID {
	o.tb.Helper()
	if out := o.Append(r.Raw()); out.Status != fold.Accepted {
		o.tb.Fatalf("simulate: %s record %d: %v", r.Kind(), len(o.log)-1, out)
	}
	return r.ID()
}

// Append puts bytes on the log, whatever comes of them.
func (o *Org) Append(raw []byte) fold.Outcome {
	out := o.State.ApplyRaw(raw)
	o.log, o.outcomes = append(o.log, raw), append(o.outcomes, out)
	return out
}

// Judge says what would come of bytes if they were put on the log.
func (o *Org) Judge(raw []byte) fold.Outcome {
	return o.State.Judge(o.State.Prepare([][]byte{raw})[0])
}

// Time posts a time record.
func (o *Org) Time(now uint64) {
	o.tb.Helper()
	o.Post(o.Sign(o.Genesis, &record.Time{Now: now}, o.Board))
}

// Reach posts a time record if the time is not that late yet.
func (o *Org) Reach(now uint64) {
	o.tb.Helper()
	if o.State.Now() < now {
		o.Time(now)
	}
}

// Log returns the records so far. The slice is the caller's, the records are not to be changed.
func (o *Org) Log() [][]byte { return slices.Clone(o.log) }

// Outcomes returns what came of the records so far.
func (o *Org) Outcomes() []fold.Outcome { return slices.Clone(o.outcomes) }

// Until returns the organisation as it was after its first n records. It and o go on independently of each other, with the same keys.
func (o *Org) Until(n int) *Org {
	o.tb.Helper()
	return o.Rebuild(o.log[:n])
}

// Rebuild returns the organisation with another log: one with records edited, left out, added or in another order. It signs checkpoints
// of that log as if it had never been another.
func (o *Org) Rebuild(log [][]byte) *Org {
	c := *o
	c.log = slices.Clone(log)
	c.State, c.outcomes = Replay(c.log)
	return &c
}

// Fork returns the organisation as it is. It and o go on independently of each other, with the same keys.
func (o *Org) Fork() *Org { return o.Until(len(o.log)) }

// For returns o for use by another test, subtest or fuzz target: failures go to tb. The log is shared with o.
func (o *Org) For(tb testing.TB) *Org {
	c := *o
	c.tb = tb
	return &c
}

// Replay folds a log and returns what came of each record.
func Replay(log [][]byte) (*fold.State, []fold.Outcome) {
	s := fold.New()
	outcomes := make([]fold.Outcome, len(log))
	for i, raw := range log {
		outcomes[i] = s.ApplyRaw(raw)
	}
	return s, outcomes
}

// Faults returns the outcomes other than accepted, one a line, for messages of tests.
func Faults(outcomes []fold.Outcome) string {
	var b strings.Builder
	for i, o := range outcomes {
		if o.Status != fold.Accepted {
			fmt.Fprintf(&b, "%d: %v\n", i, o)
		}
	}
	return b.String()
}
