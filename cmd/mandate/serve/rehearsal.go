package serve

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"mandate/ballot/contest"
	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/roll"
	"mandate/ballot/text"
	"mandate/cmd/booth/member"
	"mandate/cmd/mandate/commission"
	"mandate/cmd/mandate/console"
	"mandate/cmd/mandate/registrar/issuing"
	"mandate/cmd/mandate/voter"
	"mandate/verifier"
	"mandate/verifier/boardlog/httpsource"
)

const rehearsalFolder = "rehearsal"

// rehearsing is a throw-away organisation in which trustees try their part: a house of its own with another board, one registrar and
// three made-up members, whose clock jumps ahead where there is nothing to do. It is deleted when it is closed, and is not taken up again.
type rehearsing struct {
	house  *House
	dir    string
	cancel context.CancelFunc
	done   chan struct{}

	mu    sync.Mutex
	state console.RehearsalState
	ahead time.Duration
	vote  record.ID
}

// rehearse starts a rehearsal.
func (h *House) rehearse(ctx context.Context) (console.Rehearsal, error) {
	dir := filepath.Join(h.dir, rehearsalFolder)
	if err := os.RemoveAll(dir); err != nil { // of a start before
		return nil, err
	}
	n := len(h.config.Trustees)
	r := &rehearsing{dir: dir, done: make(chan struct{}), state: console.RehearsalState{Stage: console.StageJoining, Joined: make([]bool, n), Opened: make([]bool, n)}}
	ctx, r.cancel = context.WithCancel(ctx)
	c := Config{
		Title:      text.Texts{"en": "A rehearsal", "es": "Un ensayo"},
		Registrars: []RegistrarConfig{{Name: "Registrar of the rehearsal", Operator: "Nobody", Channel: "code"}},
		Trustees:   h.config.Trustees, Threshold: h.config.Threshold, Quorum: h.config.Quorum,
	}
	var err error
	if r.house, err = Open(ctx, dir, c, Options{Log: h.options.Log, Clock: r.now, Fast: true, Vault: machineVault, Bare: true}); err != nil {
		r.cancel()
		return nil, err
	}
	go func() {
		defer close(r.done)
		if err := r.run(ctx); err != nil && ctx.Err() == nil {
			h.options.Log.Error("rehearsal", "error", err)
			r.change(func(s *console.RehearsalState) { s.Stage, s.Trouble = console.StageFailed, err.Error() })
		}
	}()
	return r, nil
}

func (r *rehearsing) now() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return time.Now().Add(r.ahead)
}

// reach moves the clock ahead.
func (r *rehearsing) reach(seconds uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if d := time.Until(time.Unix(int64(seconds), 0).Add(-r.ahead)); d > 0 {
		r.ahead += d
	}
}

func (r *rehearsing) change(f func(*console.RehearsalState)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f(&r.state)
}

func (r *rehearsing) stage(stage string) {
	r.change(func(s *console.RehearsalState) { s.Stage = stage })
}

// State implements console.Rehearsal.
func (r *rehearsing) State() console.RehearsalState {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.state
	s.Joined, s.Opened = append([]bool(nil), s.Joined...), append([]bool(nil), s.Opened...)
	return s
}

// Close implements console.Rehearsal: nothing of it stays.
func (r *rehearsing) Close() {
	r.cancel()
	<-r.done
	r.house.Close()
	os.RemoveAll(r.dir)
}

// Join implements console.Rehearsal.
func (r *rehearsing) Join(trustee int) error {
	all := r.house.Keys.List(console.RoleTrustee)
	if trustee < 1 || trustee > len(all) {
		return fmt.Errorf("there is no trustee %d", trustee)
	}
	if all[trustee-1].Key().Made {
		return nil
	}
	// The passphrase of a throw-away key.
	if err := all[trustee-1].Make([]byte(fmt.Sprintf("rehearsal-%d", trustee))); err != nil {
		return err
	}
	r.change(func(s *console.RehearsalState) { s.Joined[trustee-1] = true })
	return nil
}

// Consent implements console.Rehearsal.
func (r *rehearsing) Consent(trustee int) error {
	r.mu.Lock()
	vote := r.vote
	r.mu.Unlock()
	all := r.house.Keys.List(console.RoleTrustee)
	if trustee < 1 || trustee > len(all) || vote == (record.ID{}) {
		return errors.New("there is nothing to open yet")
	}
	if err := all[trustee-1].Consent(vote); err != nil {
		return err
	}
	r.change(func(s *console.RehearsalState) { s.Opened[trustee-1] = true })
	return nil
}

// until waits until the rehearsal's board has come to something.
func (r *rehearsing) until(ctx context.Context, there func(*fold.State) bool) error {
	for {
		ok := false
		r.house.Board.View(func(s *fold.State) { ok = there(s) })
		if ok {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// run holds the vote, waiting for trustees where it is their turn.
func (r *rehearsing) run(ctx context.Context) error {
	private, round, err := r.open(ctx)
	if err != nil {
		return err
	}
	all := r.house.Keys.List(console.RoleTrustee)
	if err := r.until(ctx, func(*fold.State) bool {
		for _, h := range all {
			if !h.Key().Made {
				return false
			}
		}
		return true
	}); err != nil {
		return err
	}
	r.stage(console.StageKeys)
	if err := r.call(ctx, round); err != nil {
		return err
	}
	r.stage(console.StageVoting)
	if err := r.cast(ctx, private, round); err != nil {
		return err
	}
	r.reach(r.manifest().Closes)
	if err := r.until(ctx, func(s *fold.State) bool { return s.Vote(r.vote).Phase >= fold.Sealed }); err != nil {
		return err
	}
	r.stage(console.StageOpening)
	if err := r.until(ctx, func(s *fold.State) bool { return s.Vote(r.vote).Phase == fold.Certified }); err != nil {
		return err
	}
	return r.verify(ctx)
}

func (r *rehearsing) manifest() (m *record.Vote) {
	r.house.Board.View(func(s *fold.State) { m = s.Vote(r.vote).Manifest })
	return m
}

// open makes a round of three members.
func (r *rehearsing) open(ctx context.Context) (*roll.Roll, record.ID, error) {
	members := []roll.Member{{Number: "1", Name: "Ada Example"}, {Number: "2", Name: "Bo Example"}, {Number: "3", Name: "Cleo Example"}}
	private, err := roll.New("Made-up members", "", r.now().Format(time.DateOnly), members)
	if err != nil {
		return nil, record.ID{}, err
	}
	file, err := private.Marshal()
	if err != nil {
		return nil, record.ID{}, err
	}
	desk := r.house.Registrars[0]
	if err := desk.Desk.AddRoll(file); err != nil {
		return nil, record.ID{}, err
	}
	var round record.ID
	err = r.house.Office.Do(ctx, func(c *commission.Commission) error {
		id, err := c.PostRoll(ctx, private)
		if err != nil {
			return err
		}
		now := uint64(r.now().Unix())
		round, err = c.PostRound(ctx, &record.Round{
			Title: text.Texts{"en": "Cards of the rehearsal", "es": "Tarjetas del ensayo"}, Roll: id, Slots: 1, Opens: now, Closes: now + 365*86_400,
			Registrars: []record.Registrar{desk.Entry},
		})
		return err
	})
	if err != nil {
		return nil, record.ID{}, err
	}
	return private, round, r.until(ctx, func(s *fold.State) bool { return s.Round(round).Ready(0) })
}

// call calls a mock vote and waits until it is open.
func (r *rehearsing) call(ctx context.Context, round record.ID) error {
	both := func(en, es string) text.Texts { return text.Texts{"en": en, "es": es} }
	now := uint64(r.now().Unix())
	m := &record.Vote{
		Title: both("Rehearsal: tea or coffee?", "Ensayo: ¿té o café?"), Template: "rehearsal", Mock: true,
		Threshold: uint64(r.house.config.Threshold), Quorum: uint64(r.house.config.Quorum),
		Contests: []contest.Contest{{
			ID: "drink", Kind: contest.KindChoice, Title: both("What shall there be?", "¿Qué habrá?"), Min: 1, Max: 1,
			Options:  []contest.Option{{ID: "tea", Title: both("Tea", "Té")}, {ID: "coffee", Title: both("Coffee", "Café")}},
			Decision: contest.Decision{Method: contest.MethodPlurality, Den: 1, QuorumDen: 1, Base: contest.BaseBallots, Seats: 1},
		}},
		Opens: now, Closes: now + 3600, Grace: 1, Step: 86_400, Revote: true,
	}
	for _, h := range r.house.Keys.List(console.RoleTrustee) {
		m.Trustees = append(m.Trustees, record.Trustee{Name: h.Name, Key: h.Key().Public})
	}
	err := r.house.Office.Do(ctx, func(c *commission.Commission) error {
		id, err := c.Call(ctx, round, m)
		r.mu.Lock()
		r.vote = id
		r.mu.Unlock()
		return err
	})
	if err != nil {
		return err
	}
	return r.until(ctx, func(s *fold.State) bool { return s.Vote(r.vote).Phase == fold.Open })
}

// cast has the made-up members collect cards and vote.
func (r *rehearsing) cast(ctx context.Context, private *roll.Roll, round record.ID) error {
	desk := r.house.Registrars[0].Desk
	var list bytes.Buffer
	if err := desk.Codes(&list, round); err != nil {
		return err
	}
	rows, err := csv.NewReader(&list).ReadAll()
	if err != nil {
		return err
	}
	view, err := r.house.dial()
	if err != nil {
		return err
	}
	voters := voter.New(view, member.Options{Address: r.house.URL, Clock: r.now})
	for i, row := range rows[1:] {
		typed, err := issuing.ParseCode(row[4])
		if err != nil {
			return err
		}
		code, ok := typed.For(issuing.Desk{Round: round, Registrar: 1})
		if !ok {
			return errors.New("a code of another registrar")
		}
		opening, err := voters.Enter(ctx, round, 1, code)
		if err != nil {
			return err
		}
		w, err := voters.NewWallet(ctx, nil, round, opening)
		if err != nil {
			return err
		}
		if err := voters.Collect(ctx, w, 1, code); err != nil {
			return err
		}
		booth, err := voters.Begin(ctx, w, r.vote)
		if err != nil {
			return err
		}
		ballot, err := booth.Encrypt([][]int{{i % 2}})
		if err != nil {
			return err
		}
		if _, err := ballot.Cast(ctx); err != nil {
			return err
		}
	}
	return desk.Flush(ctx)
}

// verify checks the rehearsal's log as anybody would.
func (r *rehearsing) verify(ctx context.Context) error {
	report, err := checked(ctx, r.house.URL, r.vote)
	if err != nil {
		return err
	}
	result := ""
	r.house.Board.View(func(s *fold.State) {
		v := s.Vote(r.vote)
		for i, n := range v.Result.Contests[0].Counts {
			result += fmt.Sprintf("%s %d  ", v.Manifest.Contests[0].Options[i].Title.In("en"), n)
		}
	})
	r.change(func(s *console.RehearsalState) {
		s.Stage, s.Result = console.StageDone, fmt.Sprintf("%s(%s)", result, report)
	})
	return nil
}

// checked runs the verifier on a board.
func checked(ctx context.Context, address string, vote record.ID) (string, error) {
	src, err := httpsource.New(address)
	if err != nil {
		return "", err
	}
	report, err := verifier.Verify(ctx, src, verifier.Options{Vote: vote})
	if err != nil {
		return "", err
	}
	return report.Verdict.String(), nil
}
