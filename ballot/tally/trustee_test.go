package tally

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"mandate/ballot/record"
)

// Killed at any point, a trustee started again from what it stored says the
// same, or goes on: after storing and before posting, after posting, and
// before storing.
func TestTrusteeResumesAtEveryStep(t *testing.T) {
	for step := StepCommit; step < StepReady; step++ {
		for _, killed := range []string{"before storing", "before posting", "after posting"} {
			t.Run(fmt.Sprintf("%v, %s", step, killed), func(t *testing.T) {
				s := newScene(t, 3, 2)
				for s.c.Step() < StepReady {
					s.act(1, 3)
					at := s.c.Step()
					before := stored(t, s.trustees[1])
					body := s.next(2)
					if at == step {
						switch killed {
						case "before storing":
							s.trustees[1] = before
							body = s.next(2)
						case "before posting":
							s.trustees[1] = stored(t, s.trustees[1])
							again := s.next(2)
							if same, err := equal(again, body); err != nil || !same {
								t.Fatal("another message after a restart")
							}
							body = again
						}
					}
					s.post(body)
					if at == step && killed == "after posting" {
						s.trustees[1] = stored(t, s.trustees[1])
					}
				}
				s.next(2)
				share, err := stored(t, s.trustees[1]).Share(s.c)
				if err != nil || !share.Fits(s.c.TrusteeKeys()[1]) {
					t.Errorf("share after a restart: %v", err)
				}
			})
		}
	}
}

// Every state comes back from storage as it was, in every step.
func TestTrusteeStorageIsExact(t *testing.T) {
	s := newScene(t, 3, 2)
	check := func() {
		t.Helper()
		for i, tr := range s.trustees {
			b := must(tr.EncodeSecret())
			if again := must(must(ParseTrustee(b)).EncodeSecret()); !bytes.Equal(b, again) {
				t.Errorf("step %v: trustee %d is stored as another", s.c.Step(), i+1)
			}
			body, same, err := tr.Next(s.c, rand.Reader)
			if err != nil {
				t.Fatal(err)
			}
			if body == nil && same != tr && !bytes.Equal(must(same.EncodeSecret()), must(must(ParseTrustee(must(same.EncodeSecret()))).EncodeSecret())) {
				t.Error("a state without a message is stored as another")
			}
			s.trustees[i] = same
			_, twice, err := same.Next(s.c, rand.Reader)
			if err != nil || twice != same {
				t.Errorf("step %v: trustee %d: a second Next changes the state (%v)", s.c.Step(), i+1, err)
			}
		}
	}
	check()
	for s.c.Step() < StepReady {
		for i := 1; i <= 3; i++ {
			s.act(i)
			if s.c.Posted(StepShares, i) != nil && s.trustees[i-1].dealer != nil {
				t.Errorf("trustee %d keeps its polynomial after its shares are sealed", i)
			}
			check()
		}
	}
	for i, tr := range s.trustees {
		if tr.dealer != nil || tr.receiver != nil || tr.share == nil {
			t.Errorf("trustee %d keeps secrets that it does not need", i+1)
		}
		if tr.Index() != i+1 {
			t.Errorf("trustee %d has index %d", i+1, tr.Index())
		}
	}
}

// A state restored from an older copy goes on if it holds the attempt's
// secrets, and otherwise says so and posts nothing.
func TestTrusteeRestoredFromOlderCopy(t *testing.T) {
	for back := StepCommit; back <= StepTest; back++ {
		for at := back; at <= StepReady; at++ {
			s := newScene(t, 3, 2)
			s.reach(back)
			old := stored(t, s.trustees[1]) // before its message of step back
			s.reach(at)
			s.trustees[1] = old
			body, _, err := old.Next(s.c, rand.Reader)
			switch {
			case back == StepCommit && at > StepCommit:
				wantError(t, fmt.Sprintf("state of %v at %v", back, at), err, ErrForeign)
				if body != nil {
					t.Error("a message was made")
				}
				if at == StepReady {
					continue
				}
				s.restart(2)
				s.reach(StepReady)
			case err != nil:
				t.Errorf("state of %v at %v: %v", back, at, err)
				continue
			default:
				s.reach(StepReady)
			}
			s.act()
			if _, err := s.trustees[1].Share(s.c); err != nil {
				t.Errorf("state of %v at %v: %v", back, at, err)
			}
		}
	}
}

// The second half of a restored copy: its own complaint stands on the log.
func TestTrusteeRestoredBeforeItsComplaint(t *testing.T) {
	s := newScene(t, 3, 2)
	s.reach(StepShares)
	s.act(1)
	badShares(s, 2, 3)
	s.act(3)
	old := stored(t, s.trustees[2])
	complaint := s.next(3)
	again := s.next(3)
	if same, err := equal(complaint, again); err != nil || !same {
		t.Error("a complaint is not repeated")
	}
	s.trustees[2] = stored(t, s.trustees[2])
	if same, err := equal(complaint, s.next(3)); err != nil || !same {
		t.Error("a stored complaint is not repeated")
	}
	s.post(complaint)
	if body, _, err := old.Next(s.c, rand.Reader); body != nil || err != nil {
		t.Errorf("after its own complaint a restored trustee posts %v, %v", body, err)
	}
}

// No secret of one attempt occurs in another, whenever the first one ends.
func TestE2_FreshSecretsInEveryAttempt(t *testing.T) {
	for step := StepCommit; step < StepReady; step++ {
		s := newScene(t, 2, 2)
		seen := make(map[string]bool)
		for range 2 {
			s.reach(step)
			s.act(1)
			for i := range s.trustees {
				for _, secret := range secretsOf(s.trustees[i]) {
					if seen[string(secret)] {
						t.Errorf("step %v: trustee %d uses a secret in two attempts", step, i+1)
					}
				}
			}
			for i := range s.trustees {
				for _, secret := range secretsOf(s.trustees[i]) {
					seen[string(secret)] = true
				}
			}
			s.restart(2)
			s.trustees[0] = stored(t, s.trustees[0])
		}
		if len(seen) == 0 {
			t.Errorf("step %v: no secret was seen", step)
		}
		s.faultless()
		s.reach(StepReady)
	}
}

// faultless forgets faults, as after replacements.
func (s *scene) faultless() { clear(s.c.faults) }

// secretsOf returns the secrets that a trustee's state holds.
func secretsOf(t *Trustee) (secrets [][]byte) {
	if t.dealer != nil {
		b := t.dealer.EncodeSecret()
		tail := b[len(b)-t.t*(32+64):]
		for range t.t {
			secrets, tail = append(secrets, tail[:32]), tail[32:]
		}
	}
	if t.receiver != nil {
		key := t.receiver.Reveal()
		secrets = append(secrets, key[:])
	}
	if t.share != nil {
		b := t.share.EncodeSecret()
		secrets = append(secrets, b[len(b)-32:])
	}
	return secrets
}

// A log that is turned back, or that another history continues, gets nothing
// from a trustee that has seen more.
func TestTrusteeRefusesASecondHistory(t *testing.T) {
	s := newScene(t, 3, 2)
	original := s.keys()
	s.reach(StepShares)
	s.act(1)
	s.restart(2)
	s.act(1)
	// The first attempt once more.
	first := s.replay(s.log[:7], original)
	if first.Attempt() != 1 || first.Step() != StepShares {
		t.Fatal("replayed to another place")
	}
	body, state, err := s.trustees[0].Next(first, rand.Reader)
	wantError(t, "an older attempt", err, ErrHistory)
	if body != nil || state != s.trustees[0] {
		t.Error("an older attempt is taken part in")
	}
	_, err = s.trustees[0].Share(first)
	wantError(t, "the share of an older attempt", err, ErrHistory)

	// Two histories of one attempt: after trustee 1 has posted its package,
	// trustees 2 and 3, who now know it, commit to others.
	s = newScene(t, 3, 2)
	original = s.keys()
	s.reach(StepPackage)
	s.act(1)
	commit := s.log[0]
	fork := s.replay([]entry{commit}, original)
	for i := 2; i <= 3; i++ {
		fork.Commit(record.ID{9, byte(i)}, &record.KeygenCommit{Trustee: uint64(i), Attempt: 1, Hash: record.ID{byte(i)}}, s.now)
	}
	body, _, err = s.trustees[0].Next(fork, rand.Reader)
	wantError(t, "other commitments", err, ErrHistory)
	if body != nil {
		t.Error("a package was posted to a second history")
	}
	// Where only the end is missing, the same is said again.
	short := s.replay(s.log[:3], original)
	body, _, err = s.trustees[0].Next(short, rand.Reader)
	if same, e := equal(body, s.log[3].body); err != nil || e != nil || !same {
		t.Errorf("on a shorter log: %v, %v", body, err)
	}
}

func TestTrusteeOfAnotherVote(t *testing.T) {
	s := newScene(t, 3, 2)
	other := newScene(t, 3, 2)
	other.c.context[0] ^= 1
	s.act()
	for name, c := range map[string]*Ceremony{
		"another vote": other.c, "another number": newScene(t, 4, 2).c, "another threshold": newScene(t, 3, 3).c,
	} {
		if body, _, err := s.trustees[0].Next(c, rand.Reader); err == nil || body != nil {
			t.Errorf("%s: posts %v", name, body)
		}
	}
	same := newScene(t, 3, 2)
	_, _, err := s.trustees[0].Next(same.c, rand.Reader)
	wantError(t, "another key in its place", err, ErrReplaced)
	for _, i := range []int{-1, 0, 4} {
		if _, err := NewTrustee(s.c, i); err == nil {
			t.Errorf("trustee %d of 3", i)
		}
	}
}

// Two programs that run with one signing key notice each other.
func TestTrusteeRunTwice(t *testing.T) {
	s := newScene(t, 3, 2)
	twin := must(NewTrustee(s.c, 1))
	_, twin, err := twin.Next(s.c, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s.act(1)
	_, _, err = twin.Next(s.c, rand.Reader)
	wantError(t, "the other program", err, ErrForeign)
}

func TestShareOnlyWhenReady(t *testing.T) {
	s := newScene(t, 3, 2)
	s.reach(StepTest)
	s.act(1)
	if _, err := s.trustees[0].Share(s.c); err == nil {
		t.Error("a share before the key is ready")
	}
	s.reach(StepReady)
	if _, err := s.trustees[0].Share(s.c); err != nil {
		t.Error(err)
	}
	if _, err := must(NewTrustee(s.c, 1)).Share(s.c); err == nil {
		t.Error("a trustee without secrets has a share")
	}
	wrong := *s.trustees[0]
	wrong.share = s.trustees[1].share
	if _, err := wrong.Share(s.c); err == nil {
		t.Error("the share of another trustee fits")
	}
}

func TestTrusteeNeedsRandomness(t *testing.T) {
	for _, step := range []Step{StepCommit, StepTest} {
		s := newScene(t, 2, 1)
		s.reach(step)
		body, state, err := s.trustees[0].Next(s.c, bytes.NewReader(nil))
		if err == nil || body != nil || state != s.trustees[0] {
			t.Errorf("step %v without randomness: %v", step, body)
		}
	}
}

// No way of printing shows any part of a trustee's secrets.
func TestE12_TrusteePrintsRedacted(t *testing.T) {
	s := newScene(t, 2, 2)
	var printed strings.Builder
	var secrets [][]byte
	logger := slog.New(slog.NewJSONHandler(&printed, nil))
	for step := StepCommit; step <= StepReady; step++ {
		s.reach(step)
		tr := s.trustees[0]
		secrets = append(secrets, secretsOf(tr)...)
		for _, v := range []any{tr, *tr, []any{tr}, map[string]Trustee{"t": *tr}, struct{ T Trustee }{*tr}} {
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
				fmt.Fprintf(&printed, verb+"\n", v)
			}
			if v, ok := v.(interface {
				fmt.Stringer
				fmt.GoStringer
			}); ok {
				printed.WriteString(v.String() + v.GoString())
			}
			b, err := json.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			printed.Write(b)
			logger.Info("m", "v", v)
		}
		b := must(tr.EncodeSecret())
		for i := 0; i < len(b); i += 5 { // errors of damaged states
			c := bytes.Clone(b)
			c[i] ^= 0x55
			_, err := ParseTrustee(c)
			fmt.Fprintln(&printed, err)
		}
	}
	text := printed.String()
	if !strings.Contains(text, "REDACTED") || len(secrets) < 4 {
		t.Fatal("nothing was printed")
	}
	for _, secret := range secrets {
		for _, form := range []string{
			string(secret), hex.EncodeToString(secret), strings.ToUpper(hex.EncodeToString(secret)),
			base64.StdEncoding.EncodeToString(secret)[:40], strings.Trim(fmt.Sprint(secret), "[]"),
		} {
			if strings.Contains(text, form) {
				t.Errorf("a secret is printed as %.20s…", form)
			}
		}
	}
}

// What is stored for another trustee, attempt or vote does not pass.
func TestStoredTrusteeIsStrict(t *testing.T) {
	s := newScene(t, 3, 2)
	s.reach(StepShares)
	good := must(s.trustees[0].EncodeSecret())
	change := func(what string, f func(*storedTrustee)) {
		t.Helper()
		var st storedTrustee
		if err := record.DecodeStrict(good, &st); err != nil {
			t.Fatal(err)
		}
		f(&st)
		if _, err := ParseTrustee(must(record.Encode(st))); err == nil {
			t.Errorf("%s: decodes", what)
		}
	}
	change("another label", func(st *storedTrustee) { st.Label = "mandate/v1 trustee" })
	change("no trustees", func(st *storedTrustee) { st.N = 0 })
	change("too many trustees", func(st *storedTrustee) { st.N = 1 << 63 })
	change("threshold 4 of 3", func(st *storedTrustee) { st.T = 4 })
	change("another threshold", func(st *storedTrustee) { st.T = 1 })
	change("trustee 0", func(st *storedTrustee) { st.Trustee = 0 })
	change("trustee 4", func(st *storedTrustee) { st.Trustee = 4 })
	change("another trustee", func(st *storedTrustee) { st.Trustee = 2 })
	change("another attempt", func(st *storedTrustee) { st.Attempt = 2 })
	change("no attempt", func(st *storedTrustee) { st.Attempt = 0 })
	change("another vote", func(st *storedTrustee) { st.Context[0] ^= 1 })
	change("a damaged dealer", func(st *storedTrustee) { st.Dealer = st.Dealer[1:] })
	change("a damaged receiver", func(st *storedTrustee) { st.Receiver = append(st.Receiver, 0) })
	change("a damaged share", func(st *storedTrustee) { st.Share = []byte{1} })
	change("another's dealer", func(st *storedTrustee) { st.Dealer = s.trustees[1].dealer.EncodeSecret() })
	change("another's receiver", func(st *storedTrustee) { st.Receiver = s.trustees[1].receiver.EncodeSecret() })
	change("messages in another order", func(st *storedTrustee) { st.Sent[0], st.Sent[1] = st.Sent[1], st.Sent[0] })
	change("a message missing", func(st *storedTrustee) { st.Sent = st.Sent[1:] })
	change("an unknown message", func(st *storedTrustee) { st.Sent[0].Kind = "ballot" })
	change("a damaged message", func(st *storedTrustee) { st.Sent[0].Body = st.Sent[0].Body[1:] })
	bare := func(f func(*storedTrustee)) func(*storedTrustee) { // nothing stands in it beside which the trustee could be another
		return func(st *storedTrustee) {
			st.Dealer, st.Receiver, st.Share, st.Sent = nil, nil, nil, nil
			f(st)
		}
	}
	change("trustee 0 without secrets", bare(func(st *storedTrustee) { st.Trustee = 0 }))
	change("trustee 4 without secrets", bare(func(st *storedTrustee) { st.Trustee = 4 }))
	change("no trustees and no secrets", bare(func(st *storedTrustee) { st.N, st.T = 0, 0 }))
	change("256 trustees without secrets", bare(func(st *storedTrustee) { st.N = 256 }))
	change("a dealer of no attempt", func(st *storedTrustee) { st.Receiver, st.Share, st.Sent, st.Attempt = nil, nil, nil, 0 })
	change("a message with a byte after it", func(st *storedTrustee) { st.Sent[0].Body = append(st.Sent[0].Body, 0) })
	change("a message of another kind", func(st *storedTrustee) { st.Sent[0].Kind = "keygen-accept" })
	for n := range good {
		if _, err := ParseTrustee(good[:n]); err == nil {
			t.Fatalf("%d bytes of a stored trustee decode", n)
		}
	}
	s.reach(StepReady)
	s.act()
	good = must(s.trustees[0].EncodeSecret())
	change("another's share", func(st *storedTrustee) { st.Share = s.trustees[1].share.EncodeSecret() })
	// A state that lacks what it needs says so.
	lost := *s.trustees[0]
	lost.share, lost.receiver = nil, nil
	if _, err := stored(t, &lost).Share(s.c); err == nil {
		t.Error("a lost share was found")
	}
}

// A state whose secrets of the step are gone posts nothing.
func TestTrusteeWithoutItsSecrets(t *testing.T) {
	for _, step := range []Step{StepPackage, StepShares, StepAccept, StepTest} {
		s := newScene(t, 2, 1)
		s.reach(step)
		lost := *s.trustees[0]
		lost.dealer, lost.receiver, lost.share = nil, nil, nil
		body, _, err := lost.Next(s.c, rand.Reader)
		if err == nil || body != nil || errors.Is(err, ErrHistory) {
			t.Errorf("step %v without secrets: %v, %v", step, body, err)
		}
	}
}
