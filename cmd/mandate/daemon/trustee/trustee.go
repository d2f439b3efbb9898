// Package trustee is the command mandate trustee: a trustee on its owner's machine. The party is package cmd/mandate/trustee; this is how its
// owner makes it, runs it, sees what it has checked, and agrees to opening a result. Consent is kept in the vault, for one sealed ballot
// box, so that a trustee that is killed goes on with what its owner has agreed to and nothing else.
package trustee

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"mandate/ballot/contest"
	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/cmd/mandate/daemon"
	"mandate/cmd/mandate/operate"
	"mandate/cmd/mandate/operate/backup"
	"mandate/cmd/mandate/operate/metrics"
	"mandate/cmd/mandate/party"
	"mandate/cmd/mandate/trustee"
	"mandate/cmd/mandate/vault"
	"mandate/crypto/sigma"
)

func initialise(_ context.Context, c *daemon.Call) error {
	config, err := read(c)
	if err != nil {
		return err
	}
	key, err := config.NewSigningKey(c.In, c.Err)
	if err != nil {
		return err
	}
	return config.entry(c, key)
}

func (c *Config) entry(call *daemon.Call, key record.Key) error {
	return call.Introduce(c.EntryFile("trustee"), purpose, &daemon.Entry{Trustees: []daemon.TrusteeEntry{{Name: c.Name, URL: c.URL, Key: daemon.Key(key)}}})
}

func showEntry(_ context.Context, c *daemon.Call) error {
	config, err := read(c)
	if err != nil {
		return err
	}
	e, err := daemon.ReadEntry(config.EntryFile("trustee"))
	if err != nil || len(e.Trustees) != 1 {
		return daemon.Hint(fmt.Errorf("the trustee's entry: %w", errors.Join(err, fs.ErrNotExist)), "mandate trustee init writes it")
	}
	return config.entry(c, record.Key(e.Trustees[0].Key))
}

func run(ctx context.Context, c *daemon.Call) error {
	config, err := read(c)
	if err != nil {
		return err
	}
	log := config.Logger(c.Err)
	release, err := config.Claim()
	if err != nil {
		return err
	}
	defer release()
	v, err := config.OpenVault(c.In, c.Err)
	if err != nil {
		return err
	}
	key, err := config.Common.SigningKey(v, "trustee")
	if err != nil {
		return err
	}
	view, board, err := config.Dial()
	if err != nil {
		return err
	}
	w := &worker{
		figures: metrics.New(log),
		config:  config, vault: v, board: view, key: key.Public().Encoding(), log: log, party: trustee.New(view, v, key, log),
		votes: make(map[record.ID]standing),
	}
	control := daemon.NewControl()
	figures, err := operate.Figures(&config.Common, control, w.figures)
	if err != nil {
		return err
	}
	w.answers(control)
	operate.Answer(control, backup.Source{Dir: config.Dir})
	c.Say("The trustee %s takes part in the votes on %s", config.Name, board.URL)
	return daemon.Together(ctx,
		func(ctx context.Context) error { return control.Serve(ctx, config.Socket) },
		figures,
		func(ctx context.Context) error {
			daemon.Every(ctx, log, config.Look.Duration, w.step)
			return nil
		})
}

// A worker is a trustee at work. Its look at the board is for step alone; what others are told of is the standing of the last one.
type worker struct {
	config  *Config
	figures *metrics.Metrics
	vault   *vault.Vault
	board   party.Board
	key     record.Key
	log     *slog.Logger
	party   *trustee.Trustee

	mu      sync.Mutex // holds what follows
	seen    bool       // the board has been read
	size    uint64
	order   []record.ID
	votes   map[record.ID]standing
	trouble string
}

// A standing is how a vote stood at the last look.
type standing struct {
	title, phase   string
	mine           string // what it asks of the trustee's owner, or how far it is
	sealed         bool
	fault          string
	root           record.ID
	counted        uint64
	members        uint64
	checks         int
	inputs, quorum uint64
	size           uint64 // of the ballot box, in records of the log
}

func consentName(vote record.ID) string { return "consent-" + vote.String() }

// consented reports whether the owner has agreed to opening this ballot box.
func (w *worker) consented(v *fold.Vote) bool {
	b, err := w.vault.Read(consentName(v.ID))
	return err == nil && bytes.Equal(b, v.SealRoot[:])
}

func (w *worker) step(ctx context.Context) error {
	_, err := w.party.StepVotes(ctx, func(v *fold.Vote) bool { return v.Phase != fold.Sealed || w.consented(v) })
	if ctx.Err() != nil {
		return err
	}
	w.figures.Looked("trustee", w.board.State(), err)
	w.look(err)
	return err
}

// look keeps how votes stand.
func (w *worker) look(err error) {
	s := w.board.State()
	if g, _ := s.Genesis(); g == nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.trouble = err.Error()
		return
	}
	var order []record.ID
	votes := make(map[record.ID]standing)
	for _, v := range slices.Backward(s.Votes()) {
		i := 1 + slices.IndexFunc(v.Trustees(), func(k sigma.PublicKey) bool { return record.Key(k.Bytes()) == w.key })
		if i == 0 {
			continue
		}
		order = append(order, v.ID)
		votes[v.ID] = w.standing(s, v, i)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen, w.size, w.order, w.votes, w.trouble = true, s.Size(), order, votes, ""
	if err != nil {
		w.trouble = err.Error()
	}
}

func (w *worker) standing(s *fold.State, v *fold.Vote, i int) standing {
	x := standing{
		title: oneLine(v.Manifest.Title.In("en")), phase: fmt.Sprint(v.Phase), sealed: v.Phase == fold.Sealed, root: v.SealRoot, counted: v.Counted(),
		members: v.Round.Roll.Announce.Count, checks: v.Checks(), quorum: v.Manifest.Quorum,
	}
	if f, bad := s.Fault(v.ID); bad {
		x.fault = f.String()
	}
	if v.Phase >= fold.Sealed {
		x.inputs, x.size = uint64(v.Inputs()), v.Sealed+1
	}
	switch {
	case x.fault != "":
		x.mine = "the vote does not verify, and this trustee gives nothing for it: " + x.fault
	case v.Phase == fold.Called && v.Ceremony.Ready():
		x.mine = "its key is ready"
	case v.Phase == fold.Called && slices.Contains(v.Ceremony.Missing(), i):
		x.mine = "its key is being made; this trustee's next message is due by " + date(v.Ceremony.Deadline())
	case v.Phase == fold.Called:
		x.mine = "its key is being made; others are waited for"
	case v.Phase == fold.Sealed && !w.consented(v):
		x.mine = "the ballot box is sealed and waits for you: mandate trustee open -vote " + v.ID.String()
	case v.Phase == fold.Sealed && !v.HasInput(i):
		x.mine = "you have agreed to opening it"
	case v.Phase == fold.Sealed && x.inputs < x.quorum:
		x.mine = fmt.Sprintf("you have signed the ballot box; %d of %d have, who are needed", x.inputs, x.quorum)
	case v.Phase == fold.Sealed && w.given(v, i):
		x.mine = "you have done your part"
	case v.Phase == fold.Sealed:
		x.mine = "it is being opened"
	default:
		x.mine = "it asks nothing of you now"
	}
	return x
}

// oneLine is a text of the commission's among lines that the owner goes by: it adds none to them.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// given reports whether the trustee has given its part of all decryptions.
func (w *worker) given(v *fold.Vote, i int) bool {
	for c := range v.Manifest.Contests {
		if v.Manifest.Contests[c].Kind == contest.KindRanked {
			if m := v.Mixing(c); m == nil || !slices.Contains(m.Decrypted(), i) {
				return v.Counted() == 0
			}
		} else if v.Shares(i, c) == nil {
			return v.Counted() == 0
		}
	}
	return !v.NeedsLots() || v.Lots(i) != nil
}

func date(seconds uint64) string { return time.Unix(int64(seconds), 0).UTC().Format(time.RFC3339) }

// answers are what the trustee that runs does for its owner.
func (w *worker) answers(control *daemon.Control) {
	control.Answer("status", func(_ *http.Request, out io.Writer) error {
		w.status(out)
		return nil
	})
	control.Answer("box", w.box)
	control.Answer("open", func(r *http.Request, out io.Writer) error {
		id, x, err := w.sealed(r)
		if err != nil {
			return err
		}
		if root := r.URL.Query().Get("root"); root != x.root.String() {
			return fmt.Errorf("the ballot box has the root %s, not %s", x.root, root)
		}
		if err := w.vault.Write(consentName(id), x.root[:]); err != nil {
			return err
		}
		w.log.Info("the owner agreed to opening a result", "vote", id.Short())
		fmt.Fprintln(out, "It is kept that you agree. Your trustee signs the ballot box and gives its part; mandate trustee status says how far that is.")
		return nil
	})
}

// box shows the sealed ballot box of a vote.
func (w *worker) box(r *http.Request, out io.Writer) error {
	id, x, err := w.sealed(r)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "vote: %s\ntitle: %s\n", id, x.title)
	fmt.Fprintf(out, "This trustee has read and checked the log up to the sealed ballot box: %d ballots count, of %d members; %d were opened for checking.\n",
		x.counted, x.members, x.checks)
	fmt.Fprintf(out, "box: the log's first %d records\nroot: %s\n%d trustees have signed it; the result opens when %d have.\n", x.size, x.root, x.inputs, x.quorum)
	return nil
}

// sealed returns the vote that a request names, if it is sealed and nothing is wrong with it.
func (w *worker) sealed(r *http.Request) (record.ID, standing, error) {
	id, err := record.ParseID(r.URL.Query().Get("vote"))
	if err != nil {
		return id, standing{}, fmt.Errorf("-vote: %w", err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	x, ok := w.votes[id]
	switch {
	case !ok:
		return id, x, daemon.Hint(fmt.Errorf("vote %s is not one of this trustee's, as of its last look at the board", id.Short()), "mandate trustee status lists them")
	case x.fault != "":
		return id, x, daemon.Hint(fmt.Errorf("the vote does not verify: %s", x.fault), "open nothing, and tell the other trustees: mandate-verify names the record")
	case !x.sealed:
		return id, x, daemon.Hint(fmt.Errorf("there is no sealed ballot box to open: the vote is %s", x.phase), "the box is sealed by the board after the commission has closed the vote; mandate trustee status says when it waits for you")
	}
	return id, x, nil
}

func (w *worker) status(out io.Writer) {
	w.mu.Lock()
	defer w.mu.Unlock()
	fmt.Fprintf(out, "name: %s\n", w.config.Name)
	if w.seen {
		fmt.Fprintf(out, "checked: %d records of the log\n", w.size)
	}
	if w.trouble != "" {
		fmt.Fprintf(out, "trouble: %s\n", strings.ReplaceAll(w.trouble, "\n", "; "))
	}
	if w.seen && len(w.order) == 0 {
		fmt.Fprintln(out, "No vote names this trustee.")
	}
	for _, id := range w.order {
		x := w.votes[id]
		fmt.Fprintf(out, "vote: %s  %s  %s\n  %s\n", id, x.phase, x.title, x.mine)
	}
}
