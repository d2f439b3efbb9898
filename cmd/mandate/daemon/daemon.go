// Package daemon is what the commands of single parties have in common: mandate board, registrar, trustee and commission, each of which runs
// one party on a machine of its own. The parties themselves are in its subfolders.
//
// A party has a configuration file ([ReadConfig]; the struct that it fills is its manual), a folder with its secrets under a passphrase
// ([Common.OpenVault]), of which one process at a time works ([Claim]), and a file in which it introduces itself to the others ([Entry]). A [Program]
// is its command with its verbs. While it runs it listens where its configuration says ([Server]) and, for its operator, on a socket in its
// folder ([Control]), which nobody else on the machine can reach. It sees the board through [BoardLink.Dial], which takes no other board for
// the one whose entry it was given.
//
// What the files say is trusted: they are the operator's own, or were handed over by hand by the party that they introduce.
package daemon

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os/signal"
	"slices"
	"strings"
	"syscall"
)

// A hinted error says what its reader can do about it.
type hinted struct {
	error
	hint string
}

func (h *hinted) Unwrap() error { return h.error }

// Hint returns an error with a sentence on what to do about it; nil if err is nil.
func Hint(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	return &hinted{err, fmt.Sprintf(format, args...)}
}

// HintOf returns what to do about an error, or "".
func HintOf(err error) string {
	var h *hinted
	switch {
	case errors.As(err, &h):
		return h.hint
	case errors.Is(err, syscall.EROFS):
		return "the party's folder is on a disk that can only be read: nothing was changed; make it writable, or bring the folder back on another disk, and start again"
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return "the disk is full: make room and start again; what was promised or signed before is kept"
	}
	return ""
}

// errMisuse is wrapped by errors about how a verb was called.
var errMisuse = errors.New("the call makes no sense")

// Misuse returns an error about how a verb was called; its exit status is 2.
func Misuse(format string, args ...any) error {
	return fmt.Errorf("%w: %w", errMisuse, fmt.Errorf(format, args...))
}

// A Call is a verb that was called.
type Call struct {
	Config   string // the configuration file
	Args     []string
	In       io.Reader
	Out, Err io.Writer
}

// Say writes a line to standard output.
func (c *Call) Say(format string, args ...any) { fmt.Fprintf(c.Out, format+"\n", args...) }

// A Verb is one thing that an operator does.
type Verb struct {
	Usage  string // what it is for, its flags and an example
	Args   int    // how many arguments follow the flags
	Config bool   // it has the flag -config
	// Flags declares the verb's own flags and returns what is to be done once they are read.
	Flags func(f *flag.FlagSet) func(ctx context.Context, c *Call) error
}

// A Program is the command of one party.
type Program struct {
	Name  string // "board"
	Usage string
	Verbs map[string]*Verb
}

// Run runs the command. It returns the exit status: 0 if it is done, 1 if it is not, 2 for a call that makes no sense.
func (p *Program) Run(ctx context.Context, args []string, in io.Reader, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		fmt.Fprint(stderr, p.Usage)
		return 2
	}
	switch args[0] {
	case "-h", "-help", "--help", "help":
		fmt.Fprint(stdout, p.Usage)
		return 0
	}
	name := args[0]
	if name == "-example" || name == "--example" {
		name = "example"
	}
	v, ok := p.Verbs[name]
	if !ok {
		fmt.Fprintf(stderr, "error: there is no verb %q\nhint: mandate %s -h lists them\n", name, p.Name)
		return 2
	}
	c := &Call{In: in, Out: stdout, Err: stderr}
	f := flag.NewFlagSet(name, flag.ContinueOnError)
	f.SetOutput(io.Discard)
	if v.Config {
		f.StringVar(&c.Config, "config", p.Name+".toml", "")
	}
	do := v.Flags(f)
	err := f.Parse(args[1:])
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(stdout, v.Usage)
		return 0
	}
	c.Args = f.Args()
	if err == nil && f.NArg() != v.Args {
		err = fmt.Errorf("%d arguments are given, want %d", f.NArg(), v.Args)
		if v.Args == 0 {
			err = fmt.Errorf("%q is not understood", f.Arg(0))
		}
	}
	misused := err != nil
	if err == nil {
		// A service manager ends a daemon with SIGTERM, a terminal with an interrupt.
		ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM)
		defer stop()
		err = do(ctx, c)
		misused = errors.Is(err, errMisuse)
	}
	if err == nil {
		return 0
	}
	fmt.Fprintf(stderr, "error: %v\n", err)
	switch hint := HintOf(err); {
	case hint != "":
		fmt.Fprintf(stderr, "hint: %s\n", hint)
	case misused:
		fmt.Fprintf(stderr, "hint: mandate %s %s -h says how to call it\n", p.Name, name)
	}
	if misused {
		return 2
	}
	return 1
}

// Example is the verb that prints a configuration.
func Example(party, example string) *Verb {
	return &Verb{
		Usage: fmt.Sprintf(`Prints a configuration with every key and what it is for, to start from.

Usage:
    mandate %[1]s example

Example:
    mandate %[1]s example > %[1]s.toml
`, party),
		Flags: func(*flag.FlagSet) func(context.Context, *Call) error {
			return func(_ context.Context, c *Call) error {
				_, err := io.WriteString(c.Out, example)
				return err
			}
		},
	}
}

// None is the flags of a verb without any.
func None(do func(ctx context.Context, c *Call) error) func(*flag.FlagSet) func(context.Context, *Call) error {
	return func(*flag.FlagSet) func(context.Context, *Call) error { return do }
}

// Many is a flag that can be given several times.
type Many []string

// String returns what was given.
func (m *Many) String() string { return strings.Join(*m, ",") }

// Set takes what is given, which must not be given twice.
func (m *Many) Set(s string) error {
	if slices.Contains(*m, s) {
		return fmt.Errorf("%q is there twice", s)
	}
	*m = append(*m, s)
	return nil
}
