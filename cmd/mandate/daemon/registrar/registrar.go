// Package registrar is the command mandate registrar: a registrar on a machine of its own. The party is package cmd/mandate/registrar; this is
// how its operator makes it, runs it, gives it the private roll and draws codes, which a registrar that runs does through its socket.
package registrar

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"mandate/ballot/record"
	"mandate/ballot/roll"
	"mandate/cmd/mandate/daemon"
	"mandate/cmd/mandate/operate"
	"mandate/cmd/mandate/operate/backup"
	"mandate/cmd/mandate/operate/metrics"
	"mandate/cmd/mandate/registrar"
	"mandate/cmd/mandate/vault"
)

// Run is the command mandate registrar.
func Run(ctx context.Context, args []string, in io.Reader, stdout, stderr io.Writer) int {
	return program.Run(ctx, args, in, stdout, stderr)
}

const purpose = "A registrar's entry: hand this file to the commission."

func read(c *daemon.Call) (*Config, error) {
	config := new(Config)
	return config, daemon.ReadConfig("registrar", c.Config, config)
}

// entry introduces the registrar with a key.
func (c *Config) entry(call *daemon.Call, key record.Key) error {
	return call.Introduce(c.EntryFile("registrar"), purpose, &daemon.Entry{Registrars: []daemon.RegistrarEntry{{
		Name: c.Name, Operator: c.Operator, Channel: c.Channel, URL: c.Address, Key: daemon.Key(key),
	}}})
}

func initialise(_ context.Context, c *daemon.Call) error {
	config, err := read(c)
	if err != nil {
		return err
	}
	release, err := config.ClaimNew()
	if err != nil {
		return err
	}
	defer release()
	phrase, how, err := config.NewPassphrase(c.In, c.Err)
	if err != nil {
		return err
	}
	defer clear(phrase)
	r, err := registrar.Create(config.Dir, phrase, registrar.Options{Vault: how})
	if err != nil {
		return err
	}
	if err := r.Close(); err != nil {
		return err
	}
	return config.entry(c, r.Key())
}

// showEntry shows the entry with what the configuration says now.
func showEntry(_ context.Context, c *daemon.Call) error {
	config, err := read(c)
	if err != nil {
		return err
	}
	e, err := daemon.ReadEntry(config.EntryFile("registrar"))
	if err != nil || len(e.Registrars) != 1 {
		return daemon.Hint(fmt.Errorf("the registrar's entry: %w", errors.Join(err, fs.ErrNotExist)), "mandate registrar init writes it")
	}
	return config.entry(c, record.Key(e.Registrars[0].Key))
}

// open opens the registrar's folder, which must have been claimed.
func (c *Config) open(call *daemon.Call, o registrar.Options) (*registrar.Registrar, error) {
	phrase, err := c.OldPassphrase(call.In, call.Err)
	if err != nil {
		return nil, err
	}
	defer clear(phrase)
	// The vault alone opens in a moment, and says whether the passphrase is the right one.
	if _, err := vault.Open(c.VaultDir(), phrase); err != nil {
		return nil, daemon.WrongPhrase(err)
	}
	// An empty ledger would give everybody a second card.
	if _, err := os.Stat(filepath.Join(c.Dir, "ledger")); err != nil {
		return nil, daemon.Hint(fmt.Errorf("who has a card is missing: %w", err), "bring back the whole of %s from its newest copy, never a part of it", c.Dir)
	}
	r, err := registrar.Open(c.Dir, phrase, o)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", c.Dir, err)
	}
	return r, nil
}

func run(ctx context.Context, c *daemon.Call) (err error) {
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
	view, board, err := config.Dial()
	if err != nil {
		return err
	}
	m := metrics.New(log)
	o := registrar.Options{
		Board: view, Log: log, Observe: m.ObserveRegistrar("registrar"), Look: config.Look.Duration, Publish: config.Publish.Duration, Stale: config.Stale.Duration, Proxies: config.Proxies,
		Link: config.Link, Contact: config.Contact, SignIn: config.SignIn, Journal: config.Journal, WrongCodes: config.WrongCodes, PerMinute: config.PerMinute,
	}
	if o.Link == "" {
		o.Link = board.URL + "/booth/card"
	}
	if *config.Booth {
		o.BoardAddress = board.URL
	}
	if config.Mail != "" {
		// Beside the folder and not in it: what became of a mail is no part of a copy.
		post, err := openPost(config.Mail, config.Dir+"-mail", log)
		if err != nil {
			return err
		}
		defer post.close()
		o.Send = post.send
	}
	r, err := config.open(c, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	l, err := config.Server.Open(ctx, log)
	if err != nil {
		return err
	}
	defer l.Close()
	control := daemon.NewControl()
	m.WatchRegistrar("registrar", r)
	figures, err := operate.Figures(&config.Common, control, m)
	if err != nil {
		return err
	}
	answers(control, config, r)
	operate.Answer(control, backup.Source{Dir: config.Dir, Stores: map[string]func(io.Writer) error{"ledger": r.Backup}})
	operate.AnswerRelease(control, map[string]*registrar.Registrar{"": r})
	c.Say("The registrar listens on %v and is reached at %s", l.Addr(), config.Address)
	return daemon.Together(ctx,
		func(ctx context.Context) error {
			return daemon.Hint(r.Run(ctx), "what was not published to the board is published after the next start")
		},
		func(ctx context.Context) error { return daemon.Serve(ctx, l, r.Handler(), log) },
		func(ctx context.Context) error { return control.Serve(ctx, config.Socket) }, figures)
}

// answers are what the registrar that runs does for its operator.
func answers(control *daemon.Control, config *Config, r *registrar.Registrar) {
	control.Answer("status", func(_ *http.Request, w io.Writer) error {
		status(config, r, w)
		return nil
	})
	control.Answer("add-roll", func(req *http.Request, w io.Writer) error {
		private, err := io.ReadAll(req.Body)
		if err != nil {
			return fmt.Errorf("reading the private roll: %w", err)
		}
		return addRoll(r, private, w)
	})
	control.Answer("codes", func(req *http.Request, w io.Writer) error {
		// A round may have been announced since the last look. That the board cannot be read now does not keep anybody from a code.
		r.Step(req.Context())
		q := req.URL.Query()
		round, err := roundOf(r, q.Get("round"))
		if err != nil {
			return err
		}
		var entries []int
		for _, number := range q["member"] {
			e, err := r.Find(round, number)
			if err != nil {
				return notYet(err)
			}
			entries = append(entries, e)
		}
		if q.Get("waiting") != "" {
			if entries, err = r.Waiting(round); err != nil {
				return notYet(err)
			}
			if len(entries) == 0 {
				return errors.New("everybody on the roll has a card")
			}
		}
		return notYet(r.Codes(w, round, entries...))
	})
	control.Answer("mailed", func(req *http.Request, w io.Writer) error {
		q := req.URL.Query()
		vote, err := record.ParseID(q.Get("vote"))
		if err != nil {
			return fmt.Errorf("-vote: %w", err)
		}
		packet, err := record.ParseID(q.Get("packet"))
		if err != nil {
			return fmt.Errorf("-packet: %w", err)
		}
		var figures registrar.Figures
		for name, to := range map[string]*uint64{"mailed": &figures.Mailed, "paper": &figures.Paper, "unreachable": &figures.Unreachable, "bounced": &figures.Bounced} {
			if _, err := fmt.Sscan(q.Get(name), to); err != nil {
				return fmt.Errorf("-%s %q: want a number", name, q.Get(name))
			}
		}
		if err := r.Mailed(req.Context(), vote, packet, figures); err != nil {
			return err
		}
		fmt.Fprintln(w, "The figures are kept, and are posted at the registrar's next look at the board.")
		return nil
	})
}

// notYet adds what to do to an error about a round.
func notYet(err error) error {
	if errors.Is(err, registrar.ErrUnknownRound) {
		return daemon.Hint(err, "mandate registrar status lists the rounds and says what is missing; a round announced a moment ago is seen at the next look")
	}
	return err
}

// roundOf reads the id of a round; empty means the only one there is.
func roundOf(r *registrar.Registrar, s string) (record.ID, error) {
	if s != "" {
		id, err := record.ParseID(s)
		if err != nil {
			err = fmt.Errorf("-round: %w", err)
		}
		return id, err
	}
	rounds := r.Rounds()
	if len(rounds) != 1 {
		return record.ID{}, daemon.Hint(fmt.Errorf("-round is needed: %d rounds name this registrar", len(rounds)), "mandate registrar status lists them")
	}
	return rounds[0].ID, nil
}

func addRoll(r *registrar.Registrar, private []byte, w io.Writer) error {
	list, err := roll.Parse(private)
	if err == nil {
		err = r.AddRoll(private)
	}
	if err != nil {
		return daemon.Hint(fmt.Errorf("the private roll: %w", err), "the file is the roll.private that mandate roll export writes")
	}
	fmt.Fprintf(w, "The roll %s is kept: %d members as of %s. It is accepted on the board once it is announced there and is the same.\n", list.Title, list.Len(), list.AsOf)
	return nil
}

func status(c *Config, r *registrar.Registrar, w io.Writer) {
	fmt.Fprintf(w, "name: %s\naddress: %s\n", c.Name, c.Address)
	rounds := r.Rounds()
	if rounds == nil {
		fmt.Fprintln(w, "The board has not been read yet; the log says why.")
		return
	}
	if len(rounds) == 0 {
		fmt.Fprintln(w, "No round names this registrar.")
	}
	for _, x := range rounds {
		fmt.Fprintf(w, "round: %s  %s\n  cards from %s to %s\n", x.ID, x.Title, date(x.Opens), date(x.Closes))
		switch s := x.Standing; {
		case !x.List:
			fmt.Fprintln(w, "  its private list is missing: mandate registrar add-roll")
		case !s.Ready:
			fmt.Fprintf(w, "  %d members; not ready: the roll is not accepted yet, or keys of registrars are missing on the board\n", s.Entries)
		default:
			fmt.Fprintf(w, "  %d members; ready; %d cards, of which %d are published\n", s.Entries, s.Issued, s.Published)
		}
	}
}

func date(seconds uint64) string { return time.Unix(int64(seconds), 0).UTC().Format(time.RFC3339) }

// flags that are shared by verbs that ask.
func flagsOf(f *flag.FlagSet, names ...string) map[string]*string {
	out := make(map[string]*string)
	for _, n := range names {
		out[n] = f.String(n, "", "")
	}
	return out
}
