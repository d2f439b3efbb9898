package tally

import (
	"cmp"
	"errors"
	"fmt"

	"mandate/ballot/record"
	"mandate/ballot/text"
	"mandate/crypto/group"
	"mandate/crypto/threshold"
)

// message is what all messages of trustees have in common.
type message struct {
	step             Step
	trustee, attempt uint64
}

// messageOf returns the trustee's side of a body, or false if it is none.
func messageOf(body record.Body) (message, bool) {
	switch b := body.(type) {
	case *record.KeygenCommit:
		return message{StepCommit, b.Trustee, b.Attempt}, true
	case *record.KeygenPackage:
		return message{StepPackage, b.Trustee, b.Attempt}, true
	case *record.KeygenShares:
		return message{StepShares, b.Trustee, b.Attempt}, true
	case *record.KeygenAccept:
		return message{StepAccept, b.Trustee, b.Attempt}, true
	case *record.KeygenComplaint:
		return message{StepAccept, b.Trustee, b.Attempt}, true
	case *record.KeygenTest:
		return message{StepTest, b.Trustee, b.Attempt}, true
	}
	return message{}, false
}

// Judge says what would become of a record of key generation, or of a
// trustee's replacement, if it came next (SPEC.md §9.6): nil, or an error with
// the code of the first check that fails. Its signature, author and scope and
// the vote's phase are the caller's to check; now is the time valid at it.
func (c *Ceremony) Judge(body record.Body, now uint64) (code string, err error) {
	switch b := body.(type) {
	case *record.KeygenRestart:
		return c.judgeRestart(b, now)
	case *record.TrusteeReplace:
		return c.judgeReplace(b)
	}
	m, ok := messageOf(body)
	if !ok {
		return CodeForm, fmt.Errorf("%s: is no record of key generation", body.Kind())
	}
	switch {
	case m.trustee < 1 || m.trustee > uint64(len(c.trustees)):
		return CodeForm, fmt.Errorf("trustee: %d, want 1 to %d", m.trustee, len(c.trustees))
	case m.attempt != c.attempt:
		return CodeAttempt, fmt.Errorf("attempt: %d, the current one is %d", m.attempt, c.attempt)
	case c.posted[m.step][m.trustee-1] != nil:
		return CodeDup, fmt.Errorf("trustee %d has posted its message of step %v already", m.trustee, m.step)
	case c.fault != 0:
		return CodeOrder, fmt.Errorf("attempt %d has failed by trustee %d, a restart must follow", c.attempt, c.fault)
	case m.step != c.step:
		return CodeOrder, fmt.Errorf("the trustees are at step %v, the turn of %v has not come", c.step, m.step)
	case c.faults[m.trustee-1] >= MaxFaults:
		return CodeFault, fmt.Errorf("trustee %d was at fault %d times and must be replaced", m.trustee, c.faults[m.trustee-1])
	}
	switch b := body.(type) {
	case *record.KeygenPackage:
		return c.judgePackage(b)
	case *record.KeygenShares:
		if len(b.Sealed) != len(c.trustees) {
			return CodeForm, fmt.Errorf("sealed: %d shares, want %d", len(b.Sealed), len(c.trustees))
		}
	case *record.KeygenComplaint:
		if _, _, err := c.adjudicate(b); err != nil {
			return CodeComplaint, err
		}
	case *record.KeygenTest:
		return c.judgeTest(b)
	}
	return "", nil
}

func (c *Ceremony) judgePackage(b *record.KeygenPackage) (string, error) {
	p, i := c.Parameters(), int(b.Trustee)
	pkg := threshold.Package{Coefficients: b.Coefficients, Sealing: b.Sealing, Proof: b.Proof}
	committed := c.posted[StepCommit][i-1].(*record.KeygenCommit).Hash
	if p.PackageHash(i, pkg) != committed {
		return CodeHash, fmt.Errorf("trustee %d committed to another package, of hash %s", i, committed.Short())
	}
	if _, err := p.CheckPackage(i, c.trustees[i-1], pkg); err != nil {
		if errors.Is(err, threshold.ErrDegree) {
			return CodeDegree, fmt.Errorf("coefficients: %w", err)
		}
		return CodePossession, fmt.Errorf("package of trustee %d: %w", i, err)
	}
	return "", nil
}

// adjudicate returns who is at fault by a complaint whose turn has come.
func (c *Ceremony) adjudicate(b *record.KeygenComplaint) (fault, other int, err error) {
	if b.Against < 1 || b.Against > uint64(len(c.trustees)) {
		return 0, 0, fmt.Errorf("against: trustee %d, want 1 to %d", b.Against, len(c.trustees))
	}
	own := c.posted[StepPackage][b.Trustee-1].(*record.KeygenPackage)
	shares := c.posted[StepShares][b.Against-1].(*record.KeygenShares)
	return c.open(c.Parameters(), threshold.Complaint{
		Dealer: int(b.Against), Receiver: int(b.Trustee), Commitments: c.packages[b.Against-1],
		Sealing: own.Sealing, Sealed: shares.Sealed[b.Trustee-1], Opened: b.Opened,
	})
}

func (c *Ceremony) judgeTest(b *record.KeygenTest) (string, error) {
	keys, err := c.Keys()
	if err != nil {
		return CodeTest, err
	}
	share, err := group.DecodeElement(b.Share[:])
	if err != nil {
		return CodeTest, fmt.Errorf("share: %w", err)
	}
	if err := c.Parameters().VerifyTest(int(b.Trustee), keys, share, b.Proof); err != nil {
		return CodeTest, err
	}
	return "", nil
}

func (c *Ceremony) judgeRestart(b *record.KeygenRestart, now uint64) (string, error) {
	if b.Attempt != c.attempt {
		return CodeAttempt, fmt.Errorf("attempt: %d, the current one is %d", b.Attempt, c.attempt)
	}
	switch b.Reason {
	case record.RestartComplaint:
		switch {
		case c.fault == 0:
			return CodeFault, fmt.Errorf("attempt %d has not failed by a complaint", c.attempt)
		case b.Trustee != uint64(c.fault) && (c.other == 0 || b.Trustee != uint64(c.other)):
			return CodeFault, fmt.Errorf("trustee: %d, attempt %d failed by trustee %d", b.Trustee, c.attempt, c.fault)
		}
	case record.RestartSilent:
		switch {
		case c.fault != 0:
			return CodeFault, fmt.Errorf("attempt %d has failed by a complaint, not by silence", c.attempt)
		case c.step == StepReady:
			return CodeFault, fmt.Errorf("attempt %d is ready", c.attempt)
		case b.Trustee < 1 || b.Trustee > uint64(len(c.trustees)):
			return CodeFault, fmt.Errorf("trustee: %d, want 1 to %d", b.Trustee, len(c.trustees))
		case c.posted[c.step][b.Trustee-1] != nil:
			return CodeFault, fmt.Errorf("trustee %d has posted its message of step %v", b.Trustee, c.step)
		case now <= c.Deadline():
			return CodeFault, fmt.Errorf("trustee %d has time until %d, it is %d", b.Trustee, c.Deadline(), now)
		}
	default:
		return CodeForm, fmt.Errorf("reason: %q, want %q or %q", b.Reason, record.RestartComplaint, record.RestartSilent)
	}
	return "", nil
}

func (c *Ceremony) judgeReplace(b *record.TrusteeReplace) (string, error) {
	if b.Trustee < 1 || b.Trustee > uint64(len(c.trustees)) {
		return CodeFault, fmt.Errorf("trustee: %d, want 1 to %d", b.Trustee, len(c.trustees))
	}
	_, err := b.Key.Public()
	if err != nil {
		err = fmt.Errorf("key: %w", err)
	}
	err = cmp.Or(text.CheckName("name", b.Name), text.CheckURL("url", b.URL), text.CheckText("reason", b.Reason), err)
	switch {
	case err != nil:
		return CodeForm, err
	case c.faults[b.Trustee-1] < MaxFaults:
		return CodeFault, fmt.Errorf("trustee %d was at fault %d times, only after %d can it be replaced",
			b.Trustee, c.faults[b.Trustee-1], MaxFaults)
	case !c.replaced[b.Trustee] && len(c.replaced)+1 >= c.threshold:
		// Whoever chooses the successors of t trustees can read every ballot under an id that names others.
		return CodeFault, fmt.Errorf("%d trustees were replaced before; with another, those replaced could open the result: call a new vote", len(c.replaced))
	case c.known[b.Key]:
		return CodeDup, errors.New("key: was a trustee's of this vote before")
	}
	return "", nil
}
