package bench

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/time/rate"

	"mandate/ballot/contest"
	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/roll"
	"mandate/ballot/text"
	"mandate/bulletin/board"
	"mandate/bulletin/client"
	"mandate/bulletin/web"
	"mandate/cmd/mandate/commission"
	"mandate/cmd/mandate/party"
	"mandate/cmd/mandate/trustee"
	"mandate/cmd/mandate/vault"
	"mandate/crypto/sigma"
)

// The vote that is measured.
const (
	registrars = 3
	trustees   = 3
	threshold  = 2
	quorum     = 3
	candidates = 40 // of a ranked vote
	seats      = 17
	ranking    = 5 // how many of them a member ranks
)

// organisation is a board and the parties that a vote needs besides its members.
type organisation struct {
	dir     string
	members int
	asked   contest.Contest
	log     *slog.Logger

	mu    sync.Mutex // guards ahead
	ahead time.Duration

	stop    context.CancelFunc // of serving
	serving sync.WaitGroup
	board   *board.Board  // in this process,
	apart   *boardProcess // or in another
	url     string

	// view is how commission and trustees see the board: one reading for all of them, since what they do is not measured.
	view       party.Board
	commission *commission.Commission
	trustees   []*trustee.Trustee
	manifest   *record.Vote
	keys       []*throwAway
	round      record.ID
	vote       record.ID
}

func english(s string) text.Texts { return text.Texts{"en": s} }

// now is the organisation's time: the machine's, moved ahead where nobody wants to wait.
func (o *organisation) now() time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	return time.Now().Add(o.ahead)
}

func (o *organisation) reach(at uint64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.ahead = max(o.ahead, time.Until(time.Unix(int64(at), 0)))
	if o.apart != nil {
		o.apart.clock(o.ahead)
	}
}

// found makes a board that serves, and the parties.
func found(ctx context.Context, dir string, members int, asked contest.Contest) (*organisation, error) {
	o := &organisation{dir: dir, members: members, asked: asked}
	return o.found(ctx, o.serve)
}

// found has a board made for the commission's key, and makes the parties.
func (o *organisation) found(ctx context.Context, serve func(context.Context, record.Key) error) (*organisation, error) {
	o.log, o.stop = slog.New(slog.DiscardHandler), func() {}
	officer, err := sigma.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	if err := serve(ctx, officer.Public().Encoding()); err != nil {
		o.close()
		return nil, err
	}
	if o.view, err = party.Dial(o.url, client.Options{}); err != nil {
		o.close()
		return nil, err
	}
	o.commission = commission.New(o.view, officer, o.log)
	if err := o.foundTrustees(); err != nil {
		o.close()
		return nil, err
	}
	return o, nil
}

// openBoard makes a board in a folder, with keys of its own.
func openBoard(ctx context.Context, dir string, officer record.Key, clock func() time.Time, queue int, log *slog.Logger) (*board.Board, error) {
	key, err := sigma.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	skey, vkey, err := note.GenerateKey(rand.Reader, "bench.mandate/"+rand.Text())
	if err != nil {
		return nil, err
	}
	signer, err := note.NewSigner(skey)
	if err != nil {
		return nil, err
	}
	return board.Open(ctx, board.Config{
		Path: filepath.Join(dir, "log"), Signer: signer, LogKey: vkey, Key: key, Clock: clock, Look: 50 * time.Millisecond, Log: log,
		RecordRate: rate.Inf, Ballots: queue,
		Genesis: &record.Genesis{Title: english("Benchmark"), Commission: []record.Officer{{Name: "Commission", Key: officer}}},
	})
}

// serve makes a board in this process.
func (o *organisation) serve(ctx context.Context, officer record.Key) (err error) {
	if o.board, err = openBoard(ctx, o.dir, officer, o.now, max(4096, clients), o.log); err != nil {
		return err
	}
	if _, err := o.board.Receipt(ctx, o.board.Genesis()); err != nil { // the first checkpoint is there
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	o.url = "http://" + l.Addr().String()
	// All members come from one address, so the bound for one sender would be the bound for all.
	h := web.New(o.board, web.Options{Log: o.log, Limits: web.Limits{Rate: rate.Inf}})
	serving, stop := context.WithCancel(context.WithoutCancel(ctx))
	o.stop = stop
	o.serving.Go(func() {
		if err := web.Serve(serving, l, h); err != nil {
			o.log.Error("serving", "error", err)
		}
	})
	return nil
}

func (o *organisation) foundTrustees() error {
	o.manifest = &record.Vote{
		Title: english("Benchmark"), Template: "benchmark", Mock: true, Revote: true, Threshold: threshold, Quorum: quorum, Contests: []contest.Contest{o.asked},
		Grace: 3600, Step: 86400,
	}
	if o.asked.Kind == contest.KindRanked {
		o.manifest.Mixes = trustees
	}
	for i := range trustees {
		name := fmt.Sprintf("trustee-%d", i+1)
		v, err := vault.Create(filepath.Join(o.dir, name), []byte(rand.Text()), vault.Options{WorkFactor: 1})
		if err != nil {
			return err
		}
		key, err := party.Key(v, "signing-key")
		if err != nil {
			return err
		}
		o.trustees = append(o.trustees, trustee.New(o.view, v, key, o.log))
		o.manifest.Trustees = append(o.manifest.Trustees, record.Trustee{Name: name, Key: key.Public().Encoding()})
	}
	return nil
}

// question has yes and no.
func question() contest.Contest {
	return contest.Contest{
		ID: "question", Kind: contest.KindChoice, Title: english("Shall it be so?"),
		Options: []contest.Option{
			{ID: "yes", Title: english("Yes")}, {ID: "no", Title: english("No")},
		},
		Min: 0, Max: 1,
		Decision: contest.Decision{
			Method: contest.MethodThreshold, Num: 1, Den: 2, Strict: true, Base: contest.BaseOptions, Over: []uint64{0, 1}, QuorumDen: 1,
		},
	}
}

// election is a contest in which members rank candidates.
func election() contest.Contest {
	c := contest.Contest{
		ID: "committee", Kind: contest.KindRanked, Title: english("Who shall be on the committee?"), Depth: candidates,
		Ranking: contest.RankingDecision{Method: contest.MethodScottishSTV, Seats: seats, QuorumDen: 1},
	}
	for i := range candidates {
		c.Options = append(c.Options, contest.Option{ID: fmt.Sprintf("candidate-%d", i+1), Title: english(fmt.Sprintf("Candidate %d", i+1))})
	}
	return c
}

// choice is what a member votes for: one option, or a ranking.
func (o *organisation) choice(member int) []int {
	n := len(o.asked.Options)
	if o.asked.Kind != contest.KindRanked {
		return []int{member % n}
	}
	ranked := make([]int, ranking)
	for place := range ranked {
		ranked[place] = (member*member + place*(1+member%7)) % n // different ones, since 7·5 < n
	}
	return ranked
}

// close ends serving and closes the board.
func (o *organisation) close() {
	o.stop()
	o.serving.Wait()
	if o.board != nil {
		o.board.Close()
	}
}

// call publishes the roll and a round, has registrars issue to every member, and calls and opens the vote.
func (o *organisation) call(ctx context.Context) error {
	members := make([]roll.Member, o.members)
	for i := range members {
		members[i] = roll.Member{Number: fmt.Sprintf("%08d", i), Name: "A member"}
	}
	private, err := roll.New("Members", "", o.now().Format(time.DateOnly), members)
	if err != nil {
		return err
	}
	if err := o.view.Update(ctx); err != nil {
		return err
	}
	rollID, err := o.commission.PostRoll(ctx, private)
	if err != nil {
		return err
	}
	if err := o.openRound(ctx, rollID, private); err != nil {
		return err
	}
	o.manifest.Opens, o.manifest.Closes = uint64(o.now().Unix())+86400, uint64(o.now().Unix())+2*86400
	if o.vote, err = o.commission.Call(ctx, o.round, o.manifest); err != nil {
		return err
	}
	if err := o.until(ctx, o.stepTrustees, func(v *fold.Vote) bool { return v.Ceremony.Ready() }); err != nil {
		return err
	}
	o.reach(o.manifest.Opens)
	return o.until(ctx, o.stepCommission, func(v *fold.Vote) bool { return v.Phase == fold.Open })
}

// openRound plays the registrars.
func (o *organisation) openRound(ctx context.Context, rollID record.ID, private *roll.Roll) error {
	m := &record.Round{
		Title: english("Benchmark"), Roll: rollID, Slots: 1, Opens: uint64(o.now().Unix()), Closes: uint64(o.now().Unix()) + 10*86400,
	}
	var signers []sigma.SecretKey
	for i := range registrars {
		key, err := sigma.GenerateKey(rand.Reader)
		if err != nil {
			return err
		}
		signers = append(signers, key)
		m.Registrars = append(m.Registrars, record.Registrar{
			Name: fmt.Sprintf("Registrar %d", i+1), Operator: fmt.Sprintf("Operator %d", i+1), Channel: fmt.Sprintf("Channel %d", i+1), Key: key.Public().Encoding(),
		})
	}
	var err error
	if o.round, err = o.commission.PostRound(ctx, m); err != nil {
		return err
	}
	if err := o.view.Update(ctx); err != nil {
		return err
	}
	root := o.view.State().Round(o.round).Roll.Announce.Root
	for i, signer := range signers {
		key, err := newThrowAway()
		if err != nil {
			return err
		}
		o.keys = append(o.keys, key)
		slot, err := key.slotKey(o.round, uint64(i+1))
		if err != nil {
			return err
		}
		bodies := []record.Body{&record.RollAccept{Registrar: uint64(i + 1), Root: root}, slot}
		for start := 0; start < private.Len(); start += record.MaxIssues {
			issues := &record.Issues{Registrar: uint64(i + 1)}
			for e := start; e < min(start+record.MaxIssues, private.Len()); e++ {
				issues.Entries = append(issues.Entries, uint64(e))
			}
			bodies = append(bodies, issues)
		}
		if err := o.post(ctx, bodies, signer); err != nil {
			return err
		}
	}
	return nil
}

// post posts bodies in the round, and waits for the last to be recorded.
func (o *organisation) post(ctx context.Context, bodies []record.Body, key sigma.SecretKey) error {
	_, genesis := o.view.State().Genesis()
	last := len(bodies) - 1
	for _, b := range bodies[:last] {
		r, err := record.Sign(genesis, o.round, b, key, rand.Reader)
		if err != nil {
			return err
		}
		if _, err := o.view.Submit(ctx, r); err != nil {
			return err
		}
	}
	_, err := party.Post(ctx, o.view, o.round, bodies[last], key)
	return err
}

// finish closes the vote and has it sealed, tallied and certified.
func (o *organisation) finish(ctx context.Context) error {
	o.reach(o.manifest.Closes)
	if err := o.until(ctx, o.stepCommission, func(v *fold.Vote) bool { return v.Phase >= fold.Sealed }); err != nil {
		return err
	}
	step := func(ctx context.Context) error { return errors.Join(o.stepTrustees(ctx), o.stepCommission(ctx)) }
	return o.until(ctx, step, func(v *fold.Vote) bool { return v.Phase == fold.Certified })
}

func (o *organisation) stepTrustees(ctx context.Context) error {
	for _, t := range o.trustees {
		if _, err := t.Step(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (o *organisation) stepCommission(ctx context.Context) error {
	_, err := o.commission.Step(ctx)
	return err
}

// until has parties take steps until the vote has come to something.
func (o *organisation) until(ctx context.Context, step func(context.Context) error, there func(*fold.Vote) bool) error {
	var size uint64
	last := time.Now()
	for {
		if err := step(ctx); err != nil {
			return err
		}
		if err := o.view.Update(ctx); err != nil {
			return err
		}
		s := o.view.State()
		switch {
		case there(s.Vote(o.vote)):
			return nil
		case s.Size() > size:
			size, last = s.Size(), time.Now()
		case time.Since(last) > 10*time.Minute: // a step may have taken minutes: a million ballots are checked in it
			return errors.New("nothing has happened on the board for ten minutes")
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// save fetches the audit package, as an observer would, and returns its length.
func (o *organisation) save(ctx context.Context, path string) (int64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, o.url+"/audit/board.tar", nil)
	if err != nil {
		return 0, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("the board answers %s", resp.Status)
	}
	f, err := os.Create(path)
	if err != nil {
		return 0, err
	}
	n, err := io.Copy(f, resp.Body)
	return n, errors.Join(err, f.Close())
}
