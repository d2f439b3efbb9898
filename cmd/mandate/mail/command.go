package mail

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"mandate/bulletin/client"
	"mandate/cmd/mandate/party"
)

const usage = `Mail sends members their letters: a registrar's codes, packets, the last days of voting, results. No mail is sent twice, whatever happens to
this machine or the mail server in between.

Usage:
    mandate mail VERB [FLAGS]

    templates   write the letters' texts, to edit them
    preview     show a letter as a member gets it, with a made-up code
    send        send a letter to a list of members
    status      what became of a job's mails
    bounced     note mails that came back later
    paper       write a file for letters on paper, to members without e-mail
    sms         write a file for text messages

A job is one letter to one list, such as invitation-2027; its name says what was sent already. Every verb answers -h.

Exit status: 0 it is done; 1 it is not, or some mails are deferred or unknown; 2 the call makes no sense.

Example:
    mandate mail templates -out letters
    mandate mail preview -config mail.toml -letter invitation -title "en=Cards of 2027"
    mandate mail send -config mail.toml -store mails -job invitation-2027 -letter invitation -round 77ab… \
        -title "en=Cards of 2027" -closes 2027-03-01T18:00:00Z -codes codes.csv -contacts contacts.csv
    mandate mail status -store mails -job invitation-2027
`

// errMisuse is wrapped by errors about how a verb was called.
var errMisuse = errors.New("the call makes no sense")

func misuse(format string, args ...any) error {
	return fmt.Errorf("%w: %w", errMisuse, fmt.Errorf(format, args...))
}

// errLeft ends a run that has left something to do.
var errLeft = errors.New("some mails are not settled")

// A call is a verb with its flags.
type call struct {
	out, err io.Writer
	text     map[string]*string
	list     map[string]*many
	toggle   map[string]*bool
	args     []string
	dial     dialer
}

// dialer finds the board at an address.
type dialer func(address string) (party.Board, error)

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

func (c *call) on(name string) bool { return c.toggle[name] != nil && *c.toggle[name] }

type verb struct {
	usage string
	text  []string
	lists []string
	bools []string
	needs []string
	args  bool
	run   func(context.Context, *call) error
}

// Run is the command mandate mail.
func Run(ctx context.Context, args []string, _ io.Reader, stdout, stderr io.Writer) int {
	return command(ctx, args, stdout, stderr, func(address string) (party.Board, error) { return party.Dial(address, client.Options{}) })
}

func command(ctx context.Context, args []string, stdout, stderr io.Writer, dial dialer) int {
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
		fmt.Fprintf(stderr, "error: there is no verb %q\nhint: mandate mail -h lists them\n", args[0])
		return 2
	}
	c := &call{out: stdout, err: stderr, text: make(map[string]*string), list: make(map[string]*many), toggle: make(map[string]*bool), dial: dial}
	f := flag.NewFlagSet(args[0], flag.ContinueOnError)
	f.SetOutput(io.Discard)
	for _, n := range v.text {
		c.text[n] = f.String(n, "", "")
	}
	for _, n := range v.lists {
		c.list[n] = new(many)
		f.Var(c.list[n], n, "")
	}
	for _, n := range v.bools {
		c.toggle[n] = f.Bool(n, false, "")
	}
	err := f.Parse(args[1:])
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(stdout, v.usage)
		return 0
	}
	if err == nil {
		err = v.check(c, f)
	}
	if err != nil {
		err = misuse("%w", err)
	} else {
		err = v.run(ctx, c)
	}
	if err == nil {
		return 0
	}
	fmt.Fprintf(stderr, "error: %v\n", strings.TrimPrefix(err.Error(), errMisuse.Error()+": "))
	if errors.Is(err, errMisuse) {
		fmt.Fprintf(stderr, "hint: mandate mail %s -h says how to call it\n", args[0])
		return 2
	}
	if hint := hintOf(err); hint != "" {
		fmt.Fprintf(stderr, "hint: %s\n", hint)
	}
	return 1
}

func (v *verb) check(c *call, f *flag.FlagSet) error {
	for _, n := range v.needs {
		if f.Lookup(n).Value.String() == "" {
			return fmt.Errorf("-%s is needed", n)
		}
	}
	if c.args = f.Args(); len(c.args) > 0 && !v.args {
		return fmt.Errorf("%q is not understood", c.args[0])
	}
	return nil
}

func hintOf(err error) string {
	switch {
	case errors.Is(err, ErrRefused):
		return "try one mail by hand; the server's log says why. Then run the same command again: it goes on where it stopped. -resend-bounced tries the refused ones too"
	case errors.Is(err, ErrAway):
		return "look at host, port, tls, username and password-file in the configuration; then run the same command again: it goes on where it stopped"
	case errors.Is(err, ErrLists):
		return "a list of codes is used as the registrar wrote it; draw the codes again if it was changed"
	case errors.Is(err, context.Canceled):
		return "run the same command again: it goes on where it stopped"
	case errors.Is(err, errLeft):
		return "run the same command again for deferred mails; -resend-unknown sends again what the server may have taken already"
	case errors.Is(err, ErrNobody):
		return "-who all writes to everybody on the list"
	case strings.Contains(err.Error(), "Cannot acquire directory lock"):
		return "another mandate mail works in this store: wait for it, or end it"
	}
	return ""
}

// logger writes warnings for the terminal; what is said there has nobody's address.
func logger(w io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelWarn}))
}
