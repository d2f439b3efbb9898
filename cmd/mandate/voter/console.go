package voter

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"mandate/ballot/record"
	"mandate/cmd/booth/member"
)

// Exit statuses of the commands.
const (
	exitDone  = 0
	exitError = 1
	exitUsage = 2
)

// A console is how a command talks to its member.
type console struct {
	name string
	in   *bufio.Scanner
	out  io.Writer
	err  io.Writer
}

const maxTyped = 64 << 10 // bytes of a line

func newConsole(name string, in io.Reader, out, err io.Writer) *console {
	c := &console{name: name, out: out, err: err}
	c.read(in)
	return c
}

func (c *console) read(in io.Reader) {
	c.in = bufio.NewScanner(in)
	c.in.Buffer(nil, maxTyped)
}

func (c *console) say(format string, args ...any) { fmt.Fprintf(c.out, format+"\n", args...) }

// line returns the next line without white space around it; false at the end of the input.
func (c *console) line() (string, bool) {
	if !c.in.Scan() {
		return "", false
	}
	return strings.TrimSpace(c.in.Text()), true
}

// tell prints an error with its hint.
func (c *console) tell(err error) {
	fmt.Fprintf(c.err, "error: %v\n", err)
	var p *member.Problem
	if !errors.As(err, &p) || p.Hint == "" {
		return
	}
	if p.Evidence != nil && !p.Kept() { // nobody has kept it beside a card
		name := "evidence-" + record.IDOf(p.Evidence).Short() + ".txt"
		if failed := os.WriteFile(name, p.Evidence, 0o644); failed != nil {
			fmt.Fprintf(c.err, "error: writing the evidence: %v\n", failed)
		} else {
			fmt.Fprintf(c.err, "The evidence is in %s; mandate-verify -evidence says what it proves.\n", name)
		}
	}
	hint := p.Hint
	if h, ok := hints[p.Code]; ok {
		hint += "; " + h
	}
	fmt.Fprintf(c.err, "hint: %s\n", hint)
}

// hints say which command does what a problem's own hint asks for.
var hints = map[string]string{
	member.CodeIncomplete:  "mandate card does that",
	member.CodeSignatures:  "mandate card does that",
	member.CodeSpent:       "mandate receipt shows the ballots of a card",
	member.CodePending:     "run the same command again for that",
	member.CodeUnwitnessed: "run the same command again for that",
}

func problem(hint, format string, args ...any) error {
	return &member.Problem{Code: member.CodeForm, Err: fmt.Errorf(format, args...), Hint: hint}
}

// fail prints an error with its hint and returns the exit status.
func (c *console) fail(err error) int {
	c.tell(err)
	return exitError
}

func (c *console) misuse(format string, args ...any) int {
	fmt.Fprintf(c.err, "error: "+format+"\nhint: mandate %s -h says how to call it\n", append(args, c.name)...)
	return exitUsage
}

// flags parses a command's flags. It returns false, with the exit status, if that ends the command.
func (c *console) flags(f *flag.FlagSet, usage string, args []string) (int, bool) {
	f.SetOutput(io.Discard)
	switch err := f.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(c.out, usage)
		return exitDone, false
	case err != nil:
		return c.misuse("%v", err), false
	}
	return 0, true
}

// input makes a file the command's input; "-" and "" leave it at standard input. The file is closed by the function returned.
func (c *console) input(path string) (func(), error) {
	if path == "" || path == "-" {
		return func() {}, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	c.read(f)
	return func() { f.Close() }, nil
}

// parseID reads an id given with a flag; an empty one is zero.
func parseID(flag, s string) (record.ID, error) {
	if s == "" {
		return record.ID{}, nil
	}
	id, err := record.ParseID(s)
	if err != nil {
		return id, fmt.Errorf("-%s: %w", flag, err)
	}
	return id, nil
}

// interrupted reports whether the member has stopped the command.
func interrupted(ctx context.Context) bool { return ctx.Err() != nil }
