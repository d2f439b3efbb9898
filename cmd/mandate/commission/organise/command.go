// Package organise is the command of those who run votes: mandate organise posts in the commission's name what a vote by rules needs before
// it opens, shows how a vote stands and what comes next, and mandate rules prints and checks rules files. What it does is package commission's.
package organise

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"mandate/ballot/record"
	"mandate/bulletin/client"
	"mandate/cmd/mandate/commission"
	"mandate/cmd/mandate/daemon"
	commissiond "mandate/cmd/mandate/daemon/commission"
	"mandate/cmd/mandate/party"
	"mandate/crypto/sigma"
)

const usage = `Organise runs votes by an organisation's rules, in the name of the commission.

Usage:
    mandate organise VERB [FLAGS]

Looking:
    status      what has happened in a vote, what comes next and who owes it

Members:
    roll        announce a roll
    round       announce a round, in which members collect voter cards
    remove      take entries off a roll that is on the board, or put them back

Calling:
    call        propose a vote by a rules file: a petition, a body's call, or a call for a reason
    vote        call a vote without rules, with a question of your own
    key         make a key for a member of a body, or for who responds in its name
    sign        sign a body's call, by name
    respond     respond to a result in the body's name

Deliberating:
    forum       announce a forum of all members
    held        say that a forum was held, with its recording
    statement   post a statement under its member's name
    withhold    withhold a statement, with the reason
    nominate    nominate a member
    accept      say that a nominated member stands
    withdraw    say that a candidate does not stand any more
    packet      make the packet for all members, and post it

Voting:
    replace     put another trustee in the place of one who was at fault too often
    step        do what is due now: open, close and certify votes, restart a ceremony that failed
    extend      extend voting
    cancel      cancel a vote before it opens
    annul       annul a vote that has opened

Every verb answers -h. All but status work with the officer's folder: the commission's vault, whose passphrase is asked for on the
terminal or read from a file. With -config, all of this is as mandate commission has it, and the board must be the one of the entry there.

Exit status: 0 it is done; 1 it is not; 2 the call makes no sense.

Example:
    mandate organise status -board https://board.example.org -vote 5f0c…
    mandate organise round -config commission.toml -h
`

// A verb is one thing that organisers do.
type verb struct {
	usage string // flags and an example, without the common flags
	open  bool   // needs no officer
	local bool   // needs no board
	own   bool   // is said with the folder's key, whoever's it is
	flags func(*call, *flag.FlagSet)
	needs []string // flags that must be given
	run   func(ctx context.Context, c *call) error
}

// A call is a verb with its flags.
type call struct {
	out, err           io.Writer
	config             string // of mandate commission
	board, dir, secret string
	vote               record.ID
	text               map[string]*string // flags of the verb
	list               map[string]*many
	toggle             map[string]*bool
	view               party.Board
	entry              *daemon.BoardEntry // with -config
	officer            *commission.Commission
	signer             sigma.SecretKey // of the folder
	in                 io.Reader
	askPassphrase      func() ([]byte, error)
}

// many is a flag that can be given several times.
type many []string

func (m *many) String() string     { return strings.Join(*m, ",") }
func (m *many) Set(s string) error { *m = append(*m, s); return nil }

func (c *call) say(format string, args ...any) { fmt.Fprintf(c.out, format+"\n", args...) }

func (c *call) get(name string) string {
	if s := c.text[name]; s != nil {
		return *s
	}
	return ""
}

func (c *call) all(name string) []string {
	if m := c.list[name]; m != nil {
		return *m
	}
	return nil
}

// texts, lists and switches declare flags.
func (c *call) texts(f *flag.FlagSet, names ...string) {
	for _, n := range names {
		c.text[n] = f.String(n, "", "")
	}
}

func (c *call) lists(f *flag.FlagSet, names ...string) {
	for _, n := range names {
		c.list[n] = new(many)
		f.Var(c.list[n], n, "")
	}
}

func (c *call) switches(f *flag.FlagSet, names ...string) {
	for _, n := range names {
		c.toggle[n] = f.Bool(n, false, "")
	}
}

// errMisuse is wrapped by errors about how a verb was called.
var errMisuse = errors.New("the call makes no sense")

func misuse(format string, args ...any) error {
	return fmt.Errorf("%w: %w", errMisuse, fmt.Errorf(format, args...))
}

// Run is the command mandate organise.
func Run(ctx context.Context, args []string, in io.Reader, stdout, stderr io.Writer) int {
	return run(ctx, args, in, stdout, stderr, func(address string) (party.Board, error) { return party.Dial(address, client.Options{}) })
}

// dialer finds the board at an address.
type dialer func(address string) (party.Board, error)

func run(ctx context.Context, args []string, in io.Reader, stdout, stderr io.Writer, dial dialer) int {
	if len(args) == 0 {
		fmt.Fprint(stderr, usage)
		return 2
	}
	switch args[0] {
	case "-h", "-help", "--help", "help":
		fmt.Fprint(stdout, usage)
		return 0
	}
	v, ok := verbs[args[0]]
	if !ok {
		fmt.Fprintf(stderr, "error: there is no verb %q\nhint: mandate organise -h lists them\n", args[0])
		return 2
	}
	return v.call(ctx, args[0], args[1:], in, stdout, stderr, dial)
}

const commonUsage = `    -config FILE        the configuration of mandate commission, instead of the following three
    -board URL          the board
    -dir FOLDER         the officer's folder, which has the vault
    -passphrase FILE    read the vault's passphrase from FILE instead of asking for it
`

func (v *verb) call(ctx context.Context, name string, args []string, in io.Reader, stdout, stderr io.Writer, dial dialer) int {
	c := &call{out: stdout, err: stderr, in: in, text: make(map[string]*string), list: make(map[string]*many), toggle: make(map[string]*bool)}
	f := flag.NewFlagSet(name, flag.ContinueOnError)
	f.SetOutput(io.Discard)
	if !v.local {
		f.StringVar(&c.config, "config", "", "")
		f.StringVar(&c.board, "board", "", "")
	}
	if !v.open {
		f.StringVar(&c.dir, "dir", "", "")
		f.StringVar(&c.secret, "passphrase", "", "")
	}
	v.flags(c, f)
	err := f.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(stdout, v.usage)
		return 0
	}
	if err == nil {
		err = v.check(c, f)
	}
	if err != nil {
		fmt.Fprintf(stderr, "error: %v\nhint: mandate organise %s -h says how to call it\n", err, name)
		return 2
	}
	c.askPassphrase = func() ([]byte, error) { return ask(in, stderr) }
	if err = c.prepare(ctx, v, dial); err == nil {
		err = v.run(ctx, c)
	}
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errMisuse):
		fmt.Fprintf(stderr, "error: %v\nhint: mandate organise %s -h says how to call it\n", err, name)
		return 2
	}
	fmt.Fprintf(stderr, "error: %v\n", err)
	if hint := hintOf(err); hint != "" {
		fmt.Fprintf(stderr, "hint: %s\n", hint)
	}
	return 1
}

// check looks at the flags before anything is done.
func (v *verb) check(c *call, f *flag.FlagSet) error {
	if f.NArg() > 0 {
		return fmt.Errorf("%q is not understood", f.Arg(0))
	}
	var needs []string
	switch {
	case c.config != "" && (c.board != "" || c.dir != "" || c.secret != ""):
		return errors.New("-config is given instead of -board, -dir and -passphrase")
	case c.config != "":
	case v.local:
		needs = append(needs, "dir")
	case v.open:
		needs = append(needs, "board")
	default:
		needs = append(needs, "board", "dir")
	}
	for _, n := range append(needs, v.needs...) {
		if f.Lookup(n).Value.String() == "" {
			return fmt.Errorf("-%s is needed", n)
		}
	}
	if id := c.get("vote"); id != "" {
		var err error
		if c.vote, err = record.ParseID(id); err != nil {
			return fmt.Errorf("-vote: %w", err)
		}
	}
	return nil
}

// prepare reads the board, and opens the officer's folder.
func (c *call) prepare(ctx context.Context, v *verb, dial dialer) (err error) {
	if v.local {
		return nil
	}
	if c.config != "" {
		return c.prepareConfig(ctx, v)
	}
	if c.view, err = dial(strings.TrimRight(c.board, "/")); err != nil {
		return err
	}
	if err := c.view.Update(ctx); err != nil {
		return fmt.Errorf("reading the board: %w", err)
	}
	if v.open {
		return nil
	}
	key, err := c.key()
	if err != nil {
		return err
	}
	if v.own {
		c.signer = key
		return nil
	}
	c.officer = commission.New(c.view, key, slog.New(slog.DiscardHandler))
	return nil
}

// prepareConfig is prepare by the configuration of mandate commission.
func (c *call) prepareConfig(ctx context.Context, v *verb) error {
	config, err := commissiond.Read(c.config)
	if err != nil {
		return err
	}
	if c.view, c.entry, err = config.Dial(); err != nil {
		return err
	}
	if err := c.view.Update(ctx); err != nil {
		return fmt.Errorf("reading the board: %w", err)
	}
	if v.open {
		return nil
	}
	key, err := config.SigningKey(c.in, c.err)
	if err != nil {
		return err
	}
	c.signer, c.officer = key, commission.New(c.view, key, slog.New(slog.DiscardHandler))
	return nil
}

// hintOf says what to do about an error: the board's own sentence is in it already.
func hintOf(err error) string {
	switch {
	case errors.Is(err, commission.ErrNotOfficer):
		return "use the folder of an officer whom the board's genesis record names"
	case party.RefusalCode(err) == "slot-taken":
		return "another vote took the slot first; run the command again"
	}
	return daemon.HintOf(err)
}
