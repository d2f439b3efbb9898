// Package bench is the command mandate bench: it measures on this machine what a vote costs, by holding one, and says next to each figure
// what the bare mathematics of it costs on the same machine.
//
// Members, registrars, trustees and the commission are made up and live in this process; the board is a real one, on disk and over HTTP, and what
// is verified is its audit package, by mandate-verify's own code in a process of its own. The members' cards are signed with throw-away
// keys, which sign faster than registrars' and verify alike; how fast real ones are issued is measured apart, on some.
package bench

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"time"

	"mandate/ballot/contest"
)

const usage = `Bench measures what a vote costs on this machine, by holding one.

Usage:
    mandate bench [-members N] [-ranked] [-json|-markdown] [-keep DIR] [-plot FILE] [-belenios]
    mandate bench [-json] [-plot FILE] -verify FILE
    mandate bench -load [-members N] [-json]
    mandate bench -project N [-machines N] [-cores N] [-from FILE] [-json]

N members cast a ballot each: yes or no, cards signed by three registrars, a second ballot allowed. The board is on disk and is spoken to
over HTTP; every ballot is fully checked, promised and receipted. Then its audit package is verified by a process of its own, and as many
ballots (%d at most) are shuffled with proof. Rates are for all cores together, and what other programs use of them is missing in them.
With the default number of members it takes less than half a minute on two cores that have nothing else to do.

    -members N      how many members vote (default %d, 1 to %d); time, memory and disk grow with it
    -ranked         members rank candidates instead, %d for %d seats, and three trustees mix the ballots
    -load           load a board, in a process of its own, until it refuses half of what comes; then check that all it promised is on its log,
                    and count the vote. N is %d if it is not given
    -project N      hold no vote: say what one of N members costs, its log to the byte, and times from what a ballot was measured to cost:
                    -machines of them (10) of -cores each (16); -from takes the costs from what -json has printed here
    -json           print the figures as JSON
    -markdown       print the most telling ones as a table for a page
    -keep DIR       keep the audit package, DIR/board.tar; DIR is made
    -verify FILE    only verify an audit package, and say how long it took and how much memory
    -plot FILE      draw the time of the verification against ballots, as SVG
    -belenios       hold an election of as many ballots with belenios-tool too (Debian: apt install belenios-tool), and have it verified;
                    making its ballots takes about 50 ms each

Exit status: 0 measured; 1 something failed, or the package does not verify; 2 the call makes no sense.

Example:
    mandate bench -members 1000
    mandate bench -members 1000000 -keep /var/tmp/million
    mandate bench -load
    mandate bench -project 100000000
    mandate bench -verify /var/tmp/million/board.tar -plot million.svg
`

const (
	defaultMembers = 2000
	mostMembers    = 10_000_000
)

type flags struct {
	members  int
	ranked   bool
	json     bool
	markdown bool
	keep     string
	verify   string
	plot     string
	belenios bool
	load     bool
	plan     planned
	planned  bool
	board    string // a folder: serve a board in it (see serveBoard)
}

// Run is the command. It returns the exit status.
func Run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	f, err := parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprintf(stdout, usage, mostShuffled, defaultMembers, mostMembers, candidates, seats, loadMembers)
		return 0
	case err != nil:
		fmt.Fprintf(stderr, "error: %v\nhint: mandate bench -h says how to call it\n", err)
		return 2
	}
	if f.board != "" {
		if err := serveBoard(ctx, f.board, os.Stdin, stdout); err != nil {
			fmt.Fprintf(stderr, "error: %v\n", err)
			return 1
		}
		return 0
	}
	write, err := f.measure(ctx, stderr)
	if err == nil {
		err = write(stdout, f.json)
	}
	switch {
	case ctx.Err() != nil:
		fmt.Fprintln(stderr, "error: interrupted")
		return 1
	case err != nil:
		fmt.Fprintf(stderr, "error: %v\n", err)
		if f.verify != "" {
			fmt.Fprintf(stderr, "hint: mandate-verify %s says what is wrong with it\n", f.verify)
		}
		return 1
	}
	return 0
}

func parse(args []string) (flags, error) {
	var f flags
	s := flag.NewFlagSet("bench", flag.ContinueOnError)
	s.SetOutput(io.Discard)
	s.IntVar(&f.members, "members", defaultMembers, "")
	s.BoolVar(&f.ranked, "ranked", false, "")
	s.BoolVar(&f.json, "json", false, "")
	s.BoolVar(&f.markdown, "markdown", false, "")
	s.StringVar(&f.keep, "keep", "", "")
	s.StringVar(&f.verify, "verify", "", "")
	s.StringVar(&f.plot, "plot", "", "")
	s.BoolVar(&f.belenios, "belenios", false, "")
	s.BoolVar(&f.load, "load", false, "")
	s.StringVar(&f.board, "board", "", "")
	f.plan.flags(s)
	if err := s.Parse(args); err != nil {
		return f, err
	}
	if s.NArg() > 0 {
		return f, fmt.Errorf("%q is not a flag", s.Arg(0))
	}
	var err error
	if f.planned, err = f.plan.asked(s); err != nil || f.planned {
		return f, err
	}
	if f.members < 1 || f.members > mostMembers {
		return f, fmt.Errorf("-members: %d, want 1 to %d", f.members, mostMembers)
	}
	if f.load {
		var clash string
		given := false
		s.Visit(func(g *flag.Flag) {
			switch g.Name {
			case "members":
				given = true
			case "load", "json":
			default:
				clash = g.Name
			}
		})
		if clash != "" {
			return f, fmt.Errorf("-%s and -load: only one of them can be given", clash)
		}
		if !given {
			f.members = loadMembers
		}
	}
	if f.verify != "" {
		var clash string
		s.Visit(func(g *flag.Flag) {
			switch g.Name {
			case "members", "ranked", "markdown", "keep", "belenios":
				clash = g.Name
			}
		})
		if clash != "" {
			return f, fmt.Errorf("-%s and -verify: only one of them can be given", clash)
		}
	}
	if f.json && f.markdown {
		return f, errors.New("-json and -markdown: only one of them can be given")
	}
	if f.belenios && f.ranked {
		return f, errors.New("-belenios and -ranked: only one of them can be given")
	}
	if f.belenios {
		if _, err := exec.LookPath(beleniosTool); err != nil {
			return f, fmt.Errorf("-belenios: %w", err)
		}
	}
	if f.keep != "" {
		if _, err := os.Stat(f.packagePath()); err == nil {
			return f, fmt.Errorf("-keep: %s is there already", f.packagePath())
		}
	}
	return f, nil
}

// packagePath is where the audit package is kept.
func (f flags) packagePath() string { return filepath.Join(f.keep, "board.tar") }

// measure does what was asked for and returns how the figures are written.
func (f flags) measure(ctx context.Context, stderr io.Writer) (func(w io.Writer, asJSON bool) error, error) {
	if f.planned {
		p, err := f.plan.project()
		return p.write, err
	}
	if f.verify != "" {
		v, err := verify(ctx, f.verify)
		if err == nil {
			err = f.draw(v, thisMachine(), runtime.GOMAXPROCS(0))
		}
		return v.write, err
	}
	if f.load {
		l, err := loadPlan{members: f.members}.run(ctx, stderr)
		return l.write, err
	}
	r, err := f.vote(ctx, stderr)
	if err == nil {
		err = f.draw(r.Verification, r.Machine, r.Cores)
	}
	if f.markdown {
		return func(w io.Writer, _ bool) error { return r.markdown(w) }, err
	}
	return r.write, err
}

// draw writes the plot, if one was asked for.
func (f flags) draw(v *Verification, m Machine, cores int) error {
	if f.plot == "" {
		return nil
	}
	return os.WriteFile(f.plot, []byte(v.plot(describe(m, cores))), 0o644)
}

// vote holds a vote and measures it.
func (f flags) vote(ctx context.Context, stderr io.Writer) (*Report, error) {
	members := f.members
	say := func(format string, args ...any) { fmt.Fprintf(stderr, "• "+format+"\n", args...) }
	dir, err := os.MkdirTemp("", "mandate-bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	pkg := filepath.Join(dir, "board.tar")
	if f.keep != "" {
		if err := os.MkdirAll(f.keep, 0o755); err != nil {
			return nil, err
		}
		pkg = f.packagePath()
	}
	r := &Report{Machine: thisMachine(), Cores: runtime.GOMAXPROCS(0), Ballots: members, Registrars: registrars, IntakeClients: clients}
	asked := question()
	if f.ranked {
		asked, r.Ranked = election(), true
	}
	r.Options = len(asked.Options)

	say("issuing %d cards with keys like real ones", realCards)
	if r.CardsPerSecond, err = issueCards(ctx); err != nil {
		return nil, fmt.Errorf("issuing cards: %w", err)
	}
	sample, err := hold(ctx, dir, pkg, asked, r, say, stderr)
	if err != nil {
		return nil, err
	}
	debug.FreeOSMemory() // what follows has the machine for itself
	say("verifying its audit package")
	if r.Verification, err = verifyApart(ctx, pkg); err != nil {
		return nil, fmt.Errorf("verifying: %w", err)
	}
	if r.Verification.Counted != uint64(members) {
		return nil, fmt.Errorf("verifying: %d ballots are counted of %d", r.Verification.Counted, members)
	}
	say("checking %d ballots, and the bare operations of that", len(sample.ballots))
	if err := sample.measure(ctx, r); err != nil {
		return nil, err
	}
	say("shuffling ballots")
	if r.Shuffling, err = shuffle(ctx, members); err != nil {
		return nil, fmt.Errorf("shuffling: %w", err)
	}
	if f.belenios {
		say("holding an election of %d ballots with Belenios", members)
		if r.Belenios, err = belenios(ctx, members); err != nil {
			return nil, err
		}
		r.Belenios.Over = r.Belenios.CPU / (r.Verification.CPU / float64(members))
	}
	return r, nil
}

// hold holds the vote and keeps the board's audit package. It returns some of the ballots.
func hold(ctx context.Context, dir, pkg string, asked contest.Contest, r *Report, say func(string, ...any), stderr io.Writer) (*sample, error) {
	say("making a board, %d registrars, %d trustees and a roll of %d members", registrars, trustees, r.Ballots)
	o, err := found(ctx, dir, r.Ballots, asked)
	if err != nil {
		return nil, fmt.Errorf("making the board: %w", err)
	}
	defer o.close()
	if err := o.call(ctx); err != nil {
		return nil, fmt.Errorf("calling the vote: %w", err)
	}
	s, err := o.cast(ctx, r, stderr)
	if err != nil {
		return nil, err
	}
	say("closing, tallying and certifying the vote")
	began, before := time.Now(), processorTime()
	if err := o.finish(ctx); err != nil {
		return nil, fmt.Errorf("ending the vote: %w", err)
	}
	took := time.Since(began)
	r.TallySeconds, r.TallyCPU = took.Seconds(), processorSeconds(processorTime()-before, took)
	if r.PackageBytes, err = o.save(ctx, pkg); err != nil {
		return nil, fmt.Errorf("fetching the audit package: %w", err)
	}
	return s, nil
}
