// Package commission is the command mandate commission: the commission's officer on a machine of its own. The party is package
// cmd/mandate/commission; here is how it is made, and the daemon that keeps the calendar: it opens, closes and certifies votes when their time
// has come, and restarts the making of a key. What people decide (rolls, rounds, votes, forums, statements) they post with mandate organise,
// which takes the same configuration.
package commission

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/text"
	"mandate/cmd/mandate/commission"
	"mandate/cmd/mandate/daemon"
	"mandate/cmd/mandate/operate"
	"mandate/cmd/mandate/operate/backup"
	"mandate/cmd/mandate/operate/metrics"
	"mandate/cmd/mandate/party"
	"mandate/crypto/sigma"
)

// Config is the file of mandate commission: TOML, read strictly. Its comments, and those of the structs in it, are its manual.
type Config struct {
	daemon.Common
	daemon.BoardLink
	// Name is the officer's name, as it stands in the log's first record.
	Name string `toml:"name"`
	// ByHand are votes that the program leaves to mandate organise step, by their ids.
	ByHand []record.ID `toml:"by-hand"`
}

// Complete checks the configuration and fills in what was left out.
func (c *Config) Complete(base string) error {
	if err := c.BoardLink.Complete(base); err != nil {
		return err
	}
	return text.CheckName("name", c.Name)
}

// Read reads a configuration from a file.
func Read(path string) (*Config, error) {
	c := new(Config)
	return c, daemon.ReadConfig("commission", path, c)
}

// Example is a configuration with every key.
const Example = `# commission.toml: mandate commission init, then mandate commission run; mandate organise -config commission.toml

# The officer's name, as it stands in the log's first record.
name = "Elections commission"

# The board's entry, as its operator hands it over; an own authority for certificates, if there is one; how often to look.
board = "board-entry.toml"
# ca    = "ca.pem"
# look  = "5s"

# The officer's own folder, and its passphrase: a file that only its owner can read, drawn by init if it is not there. Left out, the
# passphrase is systemd's credential "passphrase", or typed at the terminal.
# dir        = "data"
passphrase = "passphrase"
# socket     = "data/control.sock"   # where the running program listens for mandate commission status
# metrics    = "127.0.0.1:9464"      # figures for Prometheus, /healthz and /readyz: for the operator, not for the public
# log        = "text"                # or "json"; on standard error

# Votes that are opened, closed and certified by hand, with mandate organise step.
# by-hand = ["5f0c…"]
`

const usage = `Commission runs the officer who announces rolls, rounds and votes. What people decide is posted with mandate organise, which takes the
same configuration; this program keeps the calendar: it opens, closes and certifies votes when their time has come.

Usage:
    mandate commission VERB [-config FILE] [FLAGS]

    example    print a configuration with every key
    init       make the officer's key
    entry      show how the officer introduces itself to the board
    run        keep the calendar until it is interrupted
    status     the votes, and what the program that runs has to do for them

Every verb answers -h. The configuration is commission.toml in the present folder, unless -config names another.

Example:
    mandate commission example > commission.toml
    mandate commission init
    mandate commission run
`

// Run is the command mandate commission.
func Run(ctx context.Context, args []string, in io.Reader, stdout, stderr io.Writer) int {
	return program.Run(ctx, args, in, stdout, stderr)
}

const purpose = "An officer's entry: hand this file to the board, for its first record."

var program = &daemon.Program{Name: "commission", Usage: usage, Verbs: map[string]*daemon.Verb{
	"example": daemon.Example("commission", Example),
	"init": {
		Usage: `Makes the officer's key. It changes nothing if there is one already. It writes the officer's entry, for the board. The board's own entry is
not needed yet.

Usage:
    mandate commission init [-config FILE]

Example:
    mandate commission init
`, Config: true, Flags: daemon.None(initialise),
	},
	"entry": {
		Usage: `Shows the officer's entry and writes it to its file.

Usage:
    mandate commission entry [-config FILE]

Example:
    mandate commission entry
`, Config: true, Flags: daemon.None(showEntry),
	},
	"run": {
		Usage: `Keeps the calendar until it is interrupted: opens votes whose rules are met, closes and certifies them when it is time, restarts the making
of a key that has failed. It can be killed at any moment and started again; while it does not run, mandate organise step does the same.

Usage:
    mandate commission run [-config FILE]

Example:
    mandate commission run -config /etc/mandate/commission.toml
`, Config: true, Flags: daemon.None(run),
	},
	"status": {
		Usage: `Lists the votes as the program that runs has seen them, and what it has to do for them. mandate organise status says more.

Usage:
    mandate commission status [-config FILE]

Example:
    mandate commission status
`, Config: true, Flags: daemon.None(func(ctx context.Context, c *daemon.Call) error {
			config, err := Read(c.Config)
			if err != nil {
				return err
			}
			return config.Ask(ctx, "status", url.Values{}, nil, c.Out)
		}),
	},
}}

func initialise(_ context.Context, c *daemon.Call) error {
	config, err := Read(c.Config)
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
	return call.Introduce(c.EntryFile("officer"), purpose, &daemon.Entry{Officers: []daemon.OfficerEntry{{Name: c.Name, Key: daemon.Key(key)}}})
}

func showEntry(_ context.Context, c *daemon.Call) error {
	config, err := Read(c.Config)
	if err != nil {
		return err
	}
	e, err := daemon.ReadEntry(config.EntryFile("officer"))
	if err != nil || len(e.Officers) != 1 {
		return daemon.Hint(fmt.Errorf("the officer's entry: %w", errors.Join(err, fs.ErrNotExist)), "mandate commission init writes it")
	}
	return config.entry(c, record.Key(e.Officers[0].Key))
}

// SigningKey opens the officer's folder and returns its key, for commands that post in its name.
func (c *Config) SigningKey(in io.Reader, out io.Writer) (sigma.SecretKey, error) {
	v, err := c.OpenVault(in, out)
	if err != nil {
		return sigma.SecretKey{}, err
	}
	return c.Common.SigningKey(v, "officer")
}

func run(ctx context.Context, c *daemon.Call) error {
	config, err := Read(c.Config)
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
	key, err := config.SigningKey(c.In, c.Err)
	if err != nil {
		return err
	}
	w := &worker{figures: metrics.New(log), config: config, board: view, officer: commission.New(view, key, log)}
	control := daemon.NewControl()
	figures, err := operate.Figures(&config.Common, control, w.figures)
	if err != nil {
		return err
	}
	control.Answer("status", func(_ *http.Request, out io.Writer) error {
		w.mu.Lock()
		defer w.mu.Unlock()
		_, err := io.WriteString(out, w.standing)
		return err
	})
	operate.Answer(control, backup.Source{Dir: config.Dir})
	c.Say("The commission keeps the calendar of the votes on %s", board.URL)
	return daemon.Together(ctx,
		func(ctx context.Context) error { return control.Serve(ctx, config.Socket) },
		figures,
		func(ctx context.Context) error {
			daemon.Every(ctx, log, config.Look.Duration, w.step)
			return nil
		})
}

// A worker is the officer at work. Its look at the board is for step alone.
type worker struct {
	figures *metrics.Metrics
	config  *Config
	board   party.Board
	officer *commission.Commission

	mu       sync.Mutex
	standing string // how votes stood at the last look
}

func (w *worker) byHand(v *fold.Vote) bool { return slices.Contains(w.config.ByHand, v.ID) }

func (w *worker) step(ctx context.Context) error {
	_, err := w.officer.StepVotes(ctx, func(v *fold.Vote) bool { return !w.byHand(v) })
	if errors.Is(err, commission.ErrNotOfficer) {
		err = daemon.Hint(err, "the board's genesis record names other officers: is this the configuration of another board?")
	}
	if ctx.Err() != nil {
		return err
	}
	w.figures.Looked("commission", w.board.State(), err)
	var b strings.Builder
	fmt.Fprintf(&b, "name: %s\n", w.config.Name)
	s := w.board.State()
	if g, _ := s.Genesis(); g != nil {
		fmt.Fprintf(&b, "checked: %d records of the log\n", s.Size())
		for _, v := range slices.Backward(s.Votes()) {
			fmt.Fprintf(&b, "vote: %s  %v  %s\n", v.ID, v.Phase, v.Manifest.Title.In("en"))
			if due := commission.Due(s, v); due != "" && w.byHand(v) {
				fmt.Fprintf(&b, "  due by hand: %s\n", due)
			} else if due != "" {
				fmt.Fprintf(&b, "  due: %s\n", due)
			}
		}
	}
	if err != nil {
		fmt.Fprintf(&b, "trouble: %s\n", strings.ReplaceAll(err.Error(), "\n", "; "))
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.standing = b.String()
	return err
}
