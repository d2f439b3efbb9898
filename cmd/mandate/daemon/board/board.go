// Package board is the command mandate board: the public log and its pages, on a machine of its own.
//
// Init draws the board's keys and begins its log with the genesis record, which names the officers of the commission; the board's entry says
// to all other parties which log it is. Run serves it. The folder is the log: a copy of it is good for reading, and never to go on from (see
// package store).
package board

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/time/rate"

	"mandate/ballot/checkpoint"
	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/bulletin/board"
	"mandate/bulletin/web"
	"mandate/cmd/mandate/daemon"
	"mandate/cmd/mandate/operate"
	"mandate/cmd/mandate/operate/backup"
	"mandate/cmd/mandate/operate/metrics"
	"mandate/cmd/mandate/party"
	"mandate/cmd/mandate/vault"
)

const usage = `Board runs the public log of an organisation's votes: everybody reads it, members vote on it.

Usage:
    mandate board VERB [-config FILE] [FLAGS]

    example    print a configuration with every key
    init       make the board's keys and begin the log
    entry      show how the board introduces itself to the other parties
    run        serve the board until it is interrupted
    status     how the board that runs is

Every verb answers -h. The configuration is board.toml in the present folder, unless -config names another.

Example:
    mandate board example > board.toml
    mandate board init -officer officer-entry.toml
    mandate board run
`

// Run is the command mandate board.
func Run(ctx context.Context, args []string, in io.Reader, stdout, stderr io.Writer) int {
	return program.Run(ctx, args, in, stdout, stderr)
}

const purpose = "The board's entry: hand this file to registrars, trustees and commission."

var program = &daemon.Program{Name: "board", Usage: usage, Verbs: map[string]*daemon.Verb{
	"example": daemon.Example("board", Example),
	"init": {
		Usage: `Makes the board's keys and begins its log with a record that names the organisation and the officers of its commission. It changes nothing
if there is a board already. It writes the board's entry, for all other parties.

Usage:
    mandate board init [-config FILE] -officer FILE [-officer FILE]…

    -officer FILE    an officer's entry, which mandate commission init has written; once for each

Example:
    mandate board init -officer officer-entry.toml
`, Config: true, Flags: func(f *flag.FlagSet) func(context.Context, *daemon.Call) error {
			var officers daemon.Many
			f.Var(&officers, "officer", "")
			return func(ctx context.Context, c *daemon.Call) error { return initialise(ctx, c, officers) }
		},
	},
	"entry": {
		Usage: `Shows the board's entry and writes it to its file, with the address and the witnesses that the configuration has now. Hand it over again when
they change.

Usage:
    mandate board entry [-config FILE]

Example:
    mandate board entry
`, Config: true, Flags: daemon.None(func(_ context.Context, c *daemon.Call) error {
			config, err := read(c)
			if err != nil {
				return err
			}
			e, err := daemon.ReadEntry(config.EntryFile("board"))
			if err != nil {
				return daemon.Hint(err, "mandate board init writes it")
			}
			if e.Board == nil {
				return fmt.Errorf("%s has no [board]", config.EntryFile("board"))
			}
			config.complete(e.Board)
			return c.Introduce(config.EntryFile("board"), purpose, e)
		}),
	},
	"run": {
		Usage: `Serves the board until it is interrupted. It can be killed at any moment and started again: what it promised is on its disk.

Usage:
    mandate board run [-config FILE]

Example:
    mandate board run -config /etc/mandate/board.toml
`, Config: true, Flags: daemon.None(run),
	},
	"status": {
		Usage: `Says how the board that runs is: its address, how long the log is, and what is the matter with it.

Usage:
    mandate board status [-config FILE]

Example:
    mandate board status
`, Config: true, Flags: daemon.None(func(ctx context.Context, c *daemon.Call) error {
			config, err := read(c)
			if err != nil {
				return err
			}
			return config.Ask(ctx, "status", url.Values{}, nil, c.Out)
		}),
	},
}}

// complete fills in what the configuration says of the board.
func (c *Config) complete(e *daemon.BoardEntry) {
	e.URL = c.Address
	e.Need, e.Witnesses = uint64(c.quorum.Need()), c.quorum.Keys()
}

func read(c *daemon.Call) (*Config, error) {
	config := new(Config)
	return config, daemon.ReadConfig("board", c.Config, config)
}

// LogKey returns the log's signing key as a note's key text, drawn once. Its name, the log's origin, begins with a host's name.
func LogKey(v *vault.Vault, host string) (skey, vkey string, err error) {
	b, err := v.Read("log-key")
	if errors.Is(err, fs.ErrNotExist) {
		origin := host + "/" + strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString([]byte(rand.Text()[:5])))
		if skey, vkey, err = note.GenerateKey(rand.Reader, origin); err != nil {
			return "", "", err
		}
		return skey, vkey, v.Write("log-key", []byte(skey+"\n"+vkey))
	}
	if err != nil {
		return "", "", err
	}
	skey, vkey, ok := strings.Cut(string(b), "\n")
	if !ok {
		return "", "", errors.New("the log's key in the board's vault is damaged")
	}
	return skey, vkey, nil
}

// Clock is the board's clock; nil: the machine's, as package board believes it. Tests set it.
var Clock func() time.Time

// open opens the log. officers is nil for one that is there already.
func open(ctx context.Context, c *Config, v *vault.Vault, officers []record.Officer, log *slog.Logger, observer board.Observer) (*board.Board, string, error) {
	key, err := party.Key(v, "signing-key")
	if err != nil {
		return nil, "", err
	}
	u, err := url.Parse(c.Address)
	if err != nil {
		return nil, "", err
	}
	skey, vkey, err := LogKey(v, u.Hostname())
	if err != nil {
		return nil, "", err
	}
	signer, err := note.NewSigner(skey)
	if err != nil {
		return nil, "", err
	}
	bc := board.Config{Path: filepath.Join(c.Dir, "log"), Signer: signer, LogKey: vkey, Key: key, RecordRate: rate.Limit(c.Records), Witnesses: c.quorum, Clock: Clock, Log: log, Observe: observer}
	if officers != nil {
		bc.Genesis = &record.Genesis{Title: c.Title, Commission: officers}
	}
	b, err := openStore(ctx, c, bc)
	if err != nil {
		return nil, "", fmt.Errorf("opening the log: %w", err)
	}
	return b, vkey, nil
}

func initialise(ctx context.Context, c *daemon.Call, files []string) error {
	config, err := read(c)
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return daemon.Misuse("-officer is needed: the log's first record names the commission")
	}
	e, err := daemon.ReadEntries(files)
	if err != nil {
		return fmt.Errorf("-officer: %w", err)
	}
	var officers []record.Officer
	for _, o := range e.Officers {
		officers = append(officers, o.Officer())
	}
	if len(officers) == 0 {
		return daemon.Hint(errors.New("-officer: the files have no [[officer]]"), "an officer gets the file with: mandate commission init")
	}
	release, err := config.ClaimNew()
	if err != nil {
		return err
	}
	defer release()
	v, err := config.NewVault(c.In, c.Err)
	if err != nil {
		return err
	}
	b, vkey, err := open(ctx, config, v, officers, slog.New(slog.DiscardHandler), board.Observer{})
	if err != nil {
		return err
	}
	genesis := b.Genesis()
	if err := b.Close(); err != nil {
		return err
	}
	own := &daemon.BoardEntry{Genesis: genesis, LogKey: vkey}
	config.complete(own)
	return c.Introduce(config.EntryFile("board"), purpose, &daemon.Entry{Board: own})
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
	v, err := config.OpenVault(c.In, c.Err)
	if err != nil {
		return err
	}
	if _, err := daemon.ReadEntry(config.EntryFile("board")); err != nil {
		return daemon.Hint(fmt.Errorf("the log was never begun: %w", err), "mandate board init was ended while it worked: give %s another name and run it again", config.Dir)
	}
	l, err := config.Open(ctx, log)
	if err != nil {
		return err
	}
	defer l.Close()
	m := metrics.New(log)
	b, _, err := open(ctx, config, v, nil, log, m.ObserveBoard())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	handler := web.New(b, web.Options{
		Log: log, Limits: web.Limits{Rate: rate.Limit(config.Ballots)}, Proxies: config.Proxies, Address: config.Address, TLS: config.TLS(),
	})
	control := daemon.NewControl()
	m.WatchBoard(b)
	figures, err := operate.Figures(&config.Common, control, m)
	if err != nil {
		return err
	}
	control.Answer("status", func(_ *http.Request, w io.Writer) error { return status(config, b, w) })
	operate.Answer(control, backup.Source{Dir: config.Dir, Stores: map[string]func(io.Writer) error{"log": b.Backup}})
	c.Say("The board listens on %v and is reached at %s", l.Addr(), config.Address)
	return daemon.Together(ctx,
		func(ctx context.Context) error { return web.Serve(ctx, l, handler) },
		func(ctx context.Context) error { return control.Serve(ctx, config.Socket) },
		figures,
		func(ctx context.Context) error {
			select {
			case <-ctx.Done():
				return nil
			case <-b.Failed():
				return daemon.Hint(fmt.Errorf("the board has stopped: %w", b.Err()), "nothing that it promised is lost; look at the disk, and start it again")
			}
		})
}

// status says how the board is.
func status(c *Config, b *board.Board, w io.Writer) error {
	fmt.Fprintf(w, "address: %s\ngenesis: %s\nrecords: %d\n", c.Address, b.Genesis(), b.Size())
	if raw, err := b.Source().ReadFile(context.Background(), "checkpoint"); err == nil {
		if t, err := checkpoint.Peek(raw); err == nil {
			fmt.Fprintf(w, "checkpoint: of %d records\n", t.Size)
		}
	}
	b.View(func(s *fold.State) {
		for _, v := range s.Votes() {
			fmt.Fprintf(w, "vote: %s  %v  %s\n", v.ID, v.Phase, v.Manifest.Title.In("en"))
		}
	})
	for _, x := range b.Witnesses().Witnesses {
		switch {
		case x.Problem != "":
			fmt.Fprintf(w, "witness: %s  %s\n", x.Name, x.Problem)
		case x.At.IsZero():
			fmt.Fprintf(w, "witness: %s  has not cosigned yet\n", x.Name)
		default:
			fmt.Fprintf(w, "witness: %s  cosigned at %s\n", x.Name, x.At.UTC().Format(time.RFC3339))
		}
	}
	if trouble := b.Trouble(); trouble != "" {
		fmt.Fprintf(w, "trouble: %s\n", trouble)
	}
	return nil
}
