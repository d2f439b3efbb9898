package witness

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/transparency-dev/tessera"
	"golang.org/x/mod/sumdb/note"

	"mandate/ballot/checkpoint"
)

// A Quorum is the policy by which a log has its checkpoints cosigned before it shows them, and how that goes. Its Group and its Client are for
// Tessera's append options, with whatever driver. It is safe for concurrent use. A nil Quorum is none: no witness is asked.
type Quorum struct {
	need  int
	group tessera.WitnessGroup
	by    map[string]*asked // by the address that is asked
	order []*asked

	mu     sync.Mutex
	wanted uint64    // the largest size for which cosignatures were asked
	since  time.Time // when a checkpoint was first asked for that has no quorum yet, zero if there is none
}

// asked is a witness, and how it has answered.
type asked struct {
	Asked
	verifier note.Verifier
	size     uint64
	cosigned bool // ever, in this process
}

// An Asked witness is one of a quorum.
type Asked struct {
	Name string
	VKey string // cosignature/v1 verifier key
	URL  string // POST URL/add-checkpoint
	// At is when it last cosigned in the life of this process, zero if it has not; Problem says what its last answer was, if that was no
	// cosignature of the newest checkpoint.
	At      time.Time
	Problem string
}

// A Status says how a quorum stands.
type Status struct {
	Need, Have int    // how many witnesses must have cosigned, and how many have cosigned the newest checkpoint that they were asked for
	Size       uint64 // of that checkpoint
	// Since is when it was asked for; zero if it has its quorum.
	Since     time.Time
	Witnesses []Asked
}

// Waiting reports whether the newest checkpoint was asked for and lacks cosignatures.
func (s Status) Waiting() bool { return !s.Since.IsZero() }

// String says it in a few words: "waiting for witnesses: 1 of 2", or "" if nothing is waited for.
func (s Status) String() string {
	if !s.Waiting() {
		return ""
	}
	return fmt.Sprintf("waiting for witnesses: %d of %d", s.Have, s.Need)
}

const (
	maxPolicy = 64 << 10
	maxAnswer = 16 << 10 // lines of cosignatures
)

// ParsePolicy reads a witness policy in the form that Sigsum, torchwood and Tessera share: lines of
//
//	witness NAME VERIFIER-KEY URL
//	group NAME NUMBER|any|all NAME…
//	quorum NAME|none
//	log VERIFIER-KEY                  (is not looked at)
//
// and comments after #. The quorum is one witness, or a group of witnesses, because a vote's manifest has a number and a list of keys and
// no groups of groups. For "quorum none" the Quorum is nil.
func ParsePolicy(policy []byte) (*Quorum, error) {
	if len(policy) > maxPolicy {
		return nil, fmt.Errorf("the witness policy has %d bytes, at most %d", len(policy), maxPolicy)
	}
	group, err := tessera.NewWitnessGroupFromPolicy(policy)
	if err != nil {
		return nil, fmt.Errorf("the witness policy: %w", err)
	}
	if group.N == 0 {
		return nil, nil
	}
	vkeys, err := vkeysOf(policy)
	if err != nil {
		return nil, err
	}
	q := &Quorum{need: group.N, group: group, by: make(map[string]*asked)}
	for _, c := range group.Components {
		w, ok := c.(tessera.Witness)
		if !ok {
			return nil, errors.New("the witness policy: its quorum is a group of groups, which a vote's manifest cannot state")
		}
		u, err := url.Parse(w.URL)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil {
			return nil, fmt.Errorf("the witness policy: %s: %q is no address", w.Key.Name(), w.URL)
		}
		if q.by[w.URL] != nil {
			return nil, fmt.Errorf("the witness policy: %s is the address of two witnesses", w.URL)
		}
		vkey := vkeys[fmt.Sprintf("%s+%08x", w.Key.Name(), w.Key.KeyHash())]
		verifier, err := checkpoint.ParseWitnessKey(vkey)
		if err != nil {
			return nil, fmt.Errorf("the witness policy: %s: %w", w.Key.Name(), err)
		}
		for _, other := range q.order {
			if other.Name == verifier.Name() || strings.SplitN(other.VKey, "+", 3)[2] == strings.SplitN(vkey, "+", 3)[2] {
				return nil, fmt.Errorf("the witness policy: %s or its key is there twice", verifier.Name())
			}
		}
		a := &asked{Asked: Asked{Name: verifier.Name(), VKey: vkey, URL: strings.TrimSuffix(w.URL, "/add-checkpoint")}, verifier: verifier}
		q.by[w.URL], q.order = a, append(q.order, a)
	}
	return q, nil
}

// ReadPolicy reads a file with a witness policy.
func ReadPolicy(path string) (*Quorum, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("the witness policy: %w", err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxPolicy+1))
	if err != nil {
		return nil, fmt.Errorf("the witness policy: %w", err)
	}
	q, err := ParsePolicy(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return q, nil
}

// vkeysOf returns the keys of a policy's witnesses by name and id.
func vkeysOf(policy []byte) (map[string]string, error) {
	vkeys := make(map[string]string)
	for line := range strings.Lines(string(policy)) {
		line, _, _ = strings.Cut(line, "#")
		f := strings.Fields(line)
		if len(f) < 3 || f[0] != "witness" {
			continue
		}
		v, err := checkpoint.ParseWitnessKey(f[2])
		if err != nil {
			return nil, fmt.Errorf("the witness policy: witness %s: %w", f[1], err)
		}
		vkeys[fmt.Sprintf("%s+%08x", v.Name(), v.KeyHash())] = f[2]
	}
	return vkeys, nil
}

// Group returns the quorum for tessera.AppendOptions.WithWitnesses.
func (q *Quorum) Group() tessera.WitnessGroup {
	if q == nil {
		return tessera.WitnessGroup{}
	}
	return q.group
}

// Need and Keys return what a vote's manifest states of the quorum.
func (q *Quorum) Need() int {
	if q == nil {
		return 0
	}
	return q.need
}

// Keys returns the verifier keys of the witnesses.
func (q *Quorum) Keys() (keys []string) {
	if q == nil {
		return nil
	}
	for _, a := range q.order {
		keys = append(keys, a.VKey)
	}
	return keys
}

// Policy returns the policy file of a log with this quorum, for clients of other programs.
func (q *Quorum) Policy(logKey string) []byte {
	b := fmt.Appendf(nil, "log %s\n", logKey)
	if q == nil {
		return append(b, "quorum none\n"...)
	}
	names := ""
	for i, a := range q.order {
		b = fmt.Appendf(b, "witness w%d %s %s\n", i+1, a.VKey, a.URL)
		names += fmt.Sprintf(" w%d", i+1)
	}
	return fmt.Appendf(b, "group witnesses %d%s\nquorum witnesses\n", q.need, names)
}

// Status says how the quorum stands.
func (q *Quorum) Status() Status {
	if q == nil {
		return Status{}
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	s := Status{Need: q.need, Have: q.have(), Size: q.wanted, Since: q.since}
	for _, a := range q.order {
		s.Witnesses = append(s.Witnesses, a.Asked)
	}
	return s
}

// have counts the witnesses that have cosigned the checkpoint that is wanted.
func (q *Quorum) have() (n int) {
	for _, a := range q.order {
		if a.cosigned && a.size >= q.wanted {
			n++
		}
	}
	return n
}

// Client returns what talks to the witnesses: it sends by a transport (nil: http.DefaultTransport), follows no redirects, takes only so much
// of an answer, and keeps how each witness answers.
func (q *Quorum) Client(transport http.RoundTripper) *http.Client {
	if q == nil {
		return nil
	}
	if transport == nil {
		transport = http.DefaultTransport
	}
	return &http.Client{
		Timeout:       10 * time.Second,
		Transport:     &watched{q, transport},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

type watched struct {
	q    *Quorum
	next http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (w *watched) RoundTrip(r *http.Request) (*http.Response, error) {
	a := w.q.by[r.URL.String()]
	if a == nil || r.GetBody == nil {
		return nil, fmt.Errorf("%s is no witness of this log", r.URL.Redacted())
	}
	body, err := r.GetBody()
	if err != nil {
		return nil, err
	}
	raw, err := io.ReadAll(body)
	if err != nil {
		return nil, err
	}
	request, err := ParseRequest(raw)
	if err != nil {
		return nil, err
	}
	head, err := checkpoint.Peek(request.Checkpoint)
	if err != nil {
		return nil, err
	}
	w.q.ask(head.Size)
	answer, err := w.next.RoundTrip(r)
	if err != nil {
		w.q.answered(a, head.Size, "does not answer: "+err.Error())
		return nil, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer+1))
	if err == nil && len(text) > maxAnswer {
		err = errors.New("the answer is too long")
	}
	if err != nil {
		w.q.answered(a, head.Size, "its answer broke off: "+err.Error())
		return nil, err
	}
	w.q.answered(a, head.Size, a.judge(answer, request.Checkpoint, text))
	answer.Body, answer.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
	return answer, nil
}

// judge returns what is wrong with an answer, "" if it is a cosignature.
func (a *asked) judge(answer *http.Response, signed, text []byte) string {
	if answer.StatusCode == http.StatusOK {
		if _, err := note.Open(append(bytes.Clone(signed), text...), note.VerifierList(a.verifier)); err != nil {
			return "its cosignature does not verify"
		}
		return ""
	}
	line, _, _ := strings.Cut(strings.ToValidUTF8(string(text), "?"), "\n")
	return fmt.Sprintf("answers with status %d: %.200q", answer.StatusCode, line)
}

// ask notes that a checkpoint is to be cosigned.
func (q *Quorum) ask(size uint64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.wanted = max(q.wanted, size)
	if q.have() < q.need && q.since.IsZero() {
		q.since = time.Now()
	}
}

func (q *Quorum) answered(a *asked, size uint64, problem string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	a.Problem = problem
	if problem != "" {
		return
	}
	a.cosigned, a.size, a.At = true, max(a.size, size), time.Now()
	if q.have() >= q.need {
		q.since = time.Time{}
	}
}
