// Package demo holds a whole vote on one machine: a board, registrars, trustees, a commission and members, each its own party with its own
// folder and secrets, speaking to each other over HTTP on the loopback interface. At the end the public record is verified by the code of
// mandate-verify.
//
// What a demo cannot show is that the parties do not trust each other: one process has all their secrets, and the passphrases of their
// vaults lie beside them. Its clock is its own: it jumps ahead to the moment at which a vote opens or closes. The members share one reading
// of the board's log, since a thousand of them on one machine would read it a thousand times.
package demo

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/verifier/command"
)

const usage = `Demo holds a whole vote on this machine, every party on its own, and verifies it.

Usage:
    mandate demo [-members N] [-dir DIR] [-once] [-template NAME] [-listen ADDR]

    -members N      how many members the roll has (default 100, 1 to 1000000)
    -dir DIR        keep everything in DIR, which must be empty or not there; DIR/board.tar is the audit
                    package, DIR/receipts has some members' receipts; of a ranked contest there are the count with
                    all its stages (report.txt, report.json, transfers.svg) and the opened ballots (ballots.blt,
                    ballots.csv)
    -once           end after the verification; without it the board goes on serving, with a second vote open
    -template NAME  what is voted on: %s
                    (default yes-no). ranked has a question and an election by ranking on one ballot. The last four are kinds of vote by an organisation's rules, and play the whole
                    story from the petition or the call to the response to the result
    -listen ADDR    where the board listens (default 127.0.0.1:0, a free port)

Example:
    mandate demo -once -members 1000 -dir my-vote
    mandate-verify my-vote/board.tar
    mandate demo -once -template national-leadership -dir leaders    # 17 seats, 40 candidates, shuffled rankings
    mandate count leaders/ballots.blt
`

type flags struct {
	members  int
	dir      string
	once     bool
	template string
	listen   string
}

// Run is the command. It returns the exit status: that of mandate-verify, or 2 if the demo could not be held.
func Run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	fail := func(hint string, err error) int {
		fmt.Fprintf(stderr, "error: %v\n", err)
		if hint != "" {
			fmt.Fprintln(stderr, "hint: "+hint)
		}
		return 2
	}
	f, err := parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprintf(stdout, usage, strings.Join(templates(), ", "))
		return 0
	case err != nil:
		return fail("mandate demo -h says how to call it", err)
	}
	dir, remove, err := folder(f.dir)
	if err != nil {
		return fail("", err)
	}
	defer remove()
	o, err := found(ctx, dir, f, stderr)
	if err != nil {
		return fail("", err)
	}
	defer o.close()
	vote, err := o.hold(ctx, f.template)
	if err != nil {
		if ctx.Err() != nil {
			return fail("", errors.New("interrupted"))
		}
		return fail("", err)
	}
	if err := o.saveAudit(ctx, filepath.Join(dir, "board.tar")); err != nil {
		return fail("", err)
	}
	o.say("Verifying with the code of mandate-verify, which trusts none of them")
	verify := []string{"-vote", vote.String(), filepath.Join(dir, "board.tar")}
	if kept := f.dir != "" || !f.once; kept && o.ranked(vote) {
		verify = append([]string{"-report", dir}, verify...)
	}
	code := command.Run(ctx, verify, stdout, stderr)
	if f.dir != "" {
		o.say("Everything is in %s. Verify it yourself: go run ./cmd/mandate-verify %s", dir, filepath.Join(dir, "board.tar"))
	}
	if f.once || code != 0 {
		return code
	}
	if err := o.serve(ctx, f.template, stdout); err != nil {
		return fail("", err)
	}
	return 0
}

func parse(args []string) (flags, error) {
	var f flags
	s := flag.NewFlagSet("demo", flag.ContinueOnError)
	s.SetOutput(io.Discard)
	s.IntVar(&f.members, "members", 100, "")
	s.StringVar(&f.dir, "dir", "", "")
	s.BoolVar(&f.once, "once", false, "")
	s.StringVar(&f.template, "template", "yes-no", "")
	s.StringVar(&f.listen, "listen", "127.0.0.1:0", "")
	if err := s.Parse(args); err != nil {
		return f, err
	}
	if s.NArg() > 0 {
		return f, fmt.Errorf("%q is not a flag", s.Arg(0))
	}
	if f.members < 1 || f.members > 1_000_000 {
		return f, fmt.Errorf("-members: %d, want 1 to 1000000", f.members)
	}
	if !slices.Contains(templates(), f.template) {
		return f, fmt.Errorf("-template: there is no %q; there are %s", f.template, strings.Join(templates(), ", "))
	}
	if contests[f.template] == nil && f.members < leastByRules {
		return f, fmt.Errorf("-members: %d; the template %s needs at least %d, for sponsors, candidates and statements", f.members, f.template, leastByRules)
	}
	return f, nil
}

// folder returns the folder to work in and how to be rid of it.
func folder(dir string) (string, func(), error) {
	if dir == "" {
		tmp, err := os.MkdirTemp("", "mandate-demo-")
		return tmp, func() { os.RemoveAll(tmp) }, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", nil, err
	}
	entries, err := os.ReadDir(dir)
	if err == nil && len(entries) > 0 {
		err = fmt.Errorf("-dir: %s is not empty", dir)
	}
	return dir, func() {}, err
}

// ranked reports whether a vote has a ranked contest.
func (o *organisation) ranked(vote record.ID) (ranked bool) {
	o.board.View(func(s *fold.State) { ranked = s.Vote(vote).Manifest.Ranked() })
	return ranked
}

// saveAudit fetches the audit package from the board, as an observer would.
func (o *organisation) saveAudit(ctx context.Context, path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := o.fetch(ctx, "/audit/board.tar", f); err != nil {
		return fmt.Errorf("fetching the audit package: %w", err)
	}
	return f.Close()
}
