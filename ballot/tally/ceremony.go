package tally

import (
	"errors"
	"fmt"

	"mandate/ballot/record"
	"mandate/crypto/group"
	"mandate/crypto/sigma"
	"mandate/crypto/threshold"
	"mandate/crypto/transcript"
)

// Codes of records that Judge refuses (SPEC.md §9.6).
const (
	CodeAttempt    = "attempt"     // of another attempt than the current one
	CodeDup        = "dup"         // said already
	CodeOrder      = "order"       // its turn has not come
	CodeHash       = "keygen-hash" // not the package that was committed to
	CodeDegree     = "degree"      // not exactly t coefficients
	CodePossession = "pop"         // no valid proof of possession
	CodeForm       = "form"        // out of bounds
	CodeComplaint  = "complaint"   // shows nothing
	CodeTest       = "test"        // the share does not work
	CodeFault      = "fault"       // not the fault that stands on the log
)

// MaxFaults is the number of faults after which a trustee must be replaced.
const MaxFaults = 2

// A Step of an attempt. A step is complete when all trustees have posted its
// message.
type Step int

const (
	StepCommit  Step = iota + 1 // keygen-commit
	StepPackage                 // keygen-package
	StepShares                  // keygen-shares
	StepAccept                  // keygen-accept or keygen-complaint
	StepTest                    // keygen-test
	StepReady                   // nothing is owed: the key can be used
)

func (s Step) String() string {
	switch s {
	case StepCommit:
		return "commit"
	case StepPackage:
		return "package"
	case StepShares:
		return "shares"
	case StepAccept:
		return "accept"
	case StepTest:
		return "test"
	case StepReady:
		return "ready"
	}
	return "unknown"
}

// CeremonyParameters is what key generation of a vote starts from.
type CeremonyParameters struct {
	Context   [32]byte          // ctx0 of SPEC.md §9.7
	Threshold int               // t
	Trustees  []sigma.PublicKey // the manifest's, in order
	Step      uint64            // seconds a trustee has for a step
	Start     uint64            // the time valid at the vote record
}

// A Ceremony is the key generation of one vote as its records so far have
// made it. Judge changes nothing; only Commit does. It is not safe for
// concurrent use with Commit.
type Ceremony struct {
	context   [32]byte
	threshold int
	duration  uint64
	trustees  []record.Key
	known     map[record.Key]bool // trustees' keys, old and new
	replaced  map[uint64]bool     // trustees who are successors
	faults    []int               // of each trustee, since it took its place
	open      opening             // of complaints
	log       *transcript.Transcript

	attempt  uint64
	step     Step
	started  uint64
	posted   [StepReady][]record.Body // posted[step][trustee−1], nil if missing
	packages []threshold.Commitments
	keys     threshold.Keys
	keysErr  error
	fault    int // the trustee by whom the attempt has failed, 0 if it has not
	other    int // in a partial ceremony, the trustee at fault if that is not
}

// An opening returns who is at fault by a complaint, and who may be instead, 0
// if nobody.
type opening func(threshold.Parameters, threshold.Complaint) (fault, other int, err error)

// NewPartialCeremony is NewCeremony for a light reader, which does not open
// complaints (SPEC.md §10.8): a complaint ends its attempt, as any does, and
// the restart that follows may name the trustee who complains as well as the
// one against whom it does. A key that is ready was made, accepted and tested
// by all trustees in an attempt without complaints.
func NewPartialCeremony(p CeremonyParameters) *Ceremony { return newCeremony(p, unopened) }

func unopened(_ threshold.Parameters, c threshold.Complaint) (fault, other int, err error) {
	if c.Dealer == c.Receiver {
		return 0, 0, fmt.Errorf("trustee %d complains about itself", c.Receiver)
	}
	return c.Dealer, c.Receiver, nil
}

func newCeremony(p CeremonyParameters, open opening) *Ceremony {
	c := &Ceremony{
		context: p.Context, threshold: p.Threshold, duration: p.Step, open: open,
		known: make(map[record.Key]bool), replaced: make(map[uint64]bool),
		faults: make([]int, len(p.Trustees)),
		log:    transcript.New("mandate/v1 ceremony"),
	}
	for _, key := range p.Trustees {
		k := record.Key(key.Encoding())
		c.trustees = append(c.trustees, k)
		c.known[k] = true
	}
	c.begin(1, p.Start)
	return c
}

// begin starts an attempt with everything afresh.
func (c *Ceremony) begin(attempt, now uint64) {
	c.attempt, c.step, c.started = attempt, StepCommit, now
	for s := range c.posted {
		c.posted[s] = make([]record.Body, len(c.trustees))
	}
	c.packages = make([]threshold.Commitments, len(c.trustees))
	c.keys, c.keysErr, c.fault, c.other = threshold.Keys{}, nil, 0, 0
}

// Attempt returns the number of the current attempt, from 1.
func (c *Ceremony) Attempt() uint64 { return c.attempt }

// Step returns what the current attempt waits for.
func (c *Ceremony) Step() Step { return c.step }

// Deadline returns the time after which a trustee who has not posted for the
// current step can be named silent.
func (c *Ceremony) Deadline() uint64 { return c.started + c.duration }

// Missing returns the trustees, from 1, who have not posted for the current
// step. It is empty when the attempt has failed or is ready.
func (c *Ceremony) Missing() []int {
	if c.fault != 0 || c.step == StepReady {
		return nil
	}
	var missing []int
	for i, b := range c.posted[c.step] {
		if b == nil {
			missing = append(missing, i+1)
		}
	}
	return missing
}

// Fault returns the trustee by whose fault the current attempt has failed, or
// false if it has not failed. A partial ceremony takes the complainer's word.
func (c *Ceremony) Fault() (trustee int, failed bool) { return c.fault, c.fault != 0 }

// Faults returns how often trustee i, from 1, was at fault since it took its
// place. With MaxFaults or more it must be replaced.
func (c *Ceremony) Faults(i int) int { return c.faults[i-1] }

// Ready reports whether the current attempt has given a key that all trustees
// have shown to work.
func (c *Ceremony) Ready() bool { return c.step == StepReady }

// Trustees returns the trustees' signing keys, replacements included.
func (c *Ceremony) Trustees() []record.Key { return append([]record.Key(nil), c.trustees...) }

// Parameters returns the current attempt's parameters.
func (c *Ceremony) Parameters() threshold.Parameters {
	return threshold.Parameters{Context: c.context, Attempt: c.attempt, N: len(c.trustees), T: c.threshold}
}

// Posted returns what trustee i, from 1, has posted for a step of the current
// attempt, nil if nothing. It must not be changed.
func (c *Ceremony) Posted(s Step, i int) record.Body {
	if s < StepCommit || s >= StepReady || i < 1 || i > len(c.trustees) {
		return nil
	}
	return c.posted[s][i-1]
}

// Due returns the restart that can be posted now, its author left open, or
// nil if the current attempt can go on.
func (c *Ceremony) Due(now uint64) *record.KeygenRestart {
	if c.fault != 0 {
		return &record.KeygenRestart{Attempt: c.attempt, Trustee: uint64(c.fault), Reason: record.RestartComplaint}
	}
	if missing := c.Missing(); len(missing) > 0 && now > c.Deadline() {
		return &record.KeygenRestart{Attempt: c.attempt, Trustee: uint64(missing[0]), Reason: record.RestartSilent}
	}
	return nil
}

// Hash returns the value that the opening has as ceremony (SPEC.md §9.7): it
// covers the ids of all records committed so far, in order.
func (c *Ceremony) Hash() [32]byte { return c.log.ID("ceremony") }

// Commit makes an accepted record part of the ceremony. body must have passed
// Judge in this state; id is its record's, now the time valid at it.
func (c *Ceremony) Commit(id record.ID, body record.Body, now uint64) {
	c.log.AppendBytes("record", id[:])
	switch b := body.(type) {
	case *record.KeygenRestart:
		c.faults[b.Trustee-1]++
		c.begin(c.attempt+1, now)
		return
	case *record.TrusteeReplace:
		c.trustees[b.Trustee-1], c.faults[b.Trustee-1] = b.Key, 0
		c.known[b.Key] = true
		c.replaced[b.Trustee] = true
		c.started = now
		return
	case *record.KeygenPackage:
		// Judge has decoded them: there is no error left. So below.
		c.packages[b.Trustee-1], _ = c.Parameters().DecodeCommitments(b.Coefficients)
	case *record.KeygenComplaint:
		c.fault, c.other, _ = c.adjudicate(b)
	}
	m, _ := messageOf(body)
	c.posted[m.step][m.trustee-1] = body
	if c.fault != 0 || len(c.Missing()) > 0 {
		return
	}
	if c.step == StepPackage {
		c.keys, c.keysErr = c.Parameters().NewKeys(c.packages)
	}
	c.step, c.started = c.step+1, now
}

// errNoKeys is why there are no keys before all packages are there.
var errNoKeys = errors.New("the trustees' packages are not complete")

// Keys returns the joint key and the trustees' keys of the current attempt,
// once all packages are there. They may be used for a vote only when Ready.
func (c *Ceremony) Keys() (threshold.Keys, error) {
	if c.step <= StepPackage {
		return threshold.Keys{}, errNoKeys
	}
	if c.keysErr != nil {
		return threshold.Keys{}, fmt.Errorf("attempt %d: %w", c.attempt, c.keysErr)
	}
	return c.keys, nil
}

// Key returns the joint key pk. It is the identity until all packages are
// there, and of use only when Ready.
func (c *Ceremony) Key() group.Element { return c.keys.Joint }

// TrusteeKeys returns Y_1 … Y_n, of which Y_i = g^{x_i}. It is nil until all
// packages are there, and of use only when Ready. It must not be changed.
func (c *Ceremony) TrusteeKeys() []group.Element { return c.keys.Trustees }
