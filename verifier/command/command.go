// Package command is the command mandate-verify: it reads a board, a folder or an audit package, has package verifier judge it, and says
// what came of it. The demo runs the same code on its own vote.
package command

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"time"

	"mandate/ballot/cast"
	"mandate/ballot/record"
	"mandate/verifier"
	"mandate/verifier/boardlog"
	"mandate/verifier/boardlog/httpsource"
)

const usage = `Mandate-verify checks a whole vote from the public record alone, from the first signature to the last count.

Usage:
    mandate-verify [-json FILE] [-report DIR] [-vote ID] [-receipt FILE] [-opened FILE] [-keep DIR] [-quiet] SOURCE
    mandate-verify -range RANGE -out PART [-quiet] SOURCE
    mandate-verify -merge [-again N] [-vote ID] [-json FILE] … PART... SOURCE
    mandate-verify -evidence FILE [-vote ID] [-manifest FILE] [-log-key KEY] [-json FILE] [-keep DIR] [SOURCE]

SOURCE is a board's address (https://…), a folder with a log's tiles, or an audit package (board.tar).
With a file or a folder nothing is read from the network.

    -vote ID        judge the vote with this id, and fail if it is not there; get the id from somewhere
                    other than SOURCE, since whoever runs a board can make up a whole one under another id
    -receipt FILE   check that the ballot of this receipt stands in the log
    -opened FILE    check a ballot that was opened instead of being cast: make it again from its opening with the
                    questions and keys of SOURCE, and say in words what it says; only its member knows whether
                    that is what they chose
    -json FILE      write the report as JSON to FILE; - is standard output
    -report DIR     write how every verified ranked contest was counted to DIR: report.txt and report.json with all
                    stages, transfers.svg, and the opened ballots, sorted, as ballots.blt, which mandate count
                    counts again, and ballots.csv
    -keep DIR       remember the newest checkpoint in DIR, compare the board with what an earlier run remembered and with
                    the receipt, and write evidence there if it has shown two histories, or shows an older one
    -quiet          show no progress

It prints a line for each check with its number in SPEC.md §12, then the result.

Exit status: 0 every check ran and held; 1 a check failed; 2 SOURCE could not be read whole;
3 nothing is wrong, and the vote is not finished.

A very large vote is checked faster on several machines, which all have the same SOURCE, best an audit package:

    -range RANGE    check only the proofs and registrars' signatures of the ballots in a range, which take nearly all of the
                    time: I/N is the I-th of N equal ranges, A:B are the records from A to the one before B, A: to the end
    -out PART       write what came of it to PART
    -merge          check all else here, take the ballots from the PARTs, which must cover the log, and say what a single run
                    says, with all other flags; whoever merges believes each PART's machine as if it were their own: bring
                    the files over so that nobody else can write them
    -again N        with -merge: check one in N ballots again, at random (default 1000; 1 all), and stop if a PART is wrong

With -evidence it says instead what a file of evidence proves, against whom, and what it does not; 0: it proves that
somebody was dishonest, 1: it proves nothing, 2: it could not be read. Some evidence is to be compared with SOURCE.

    -evidence FILE  the file that a booth, a trustee, a mirror or this program has written
    -vote ID        the id of a vote on that log, from somewhere other than the file: it says whose keys these are
    -manifest FILE  the same, given by the vote's record itself
    -log-key KEY    the same, given by the log's verifier key

Example:
    mandate-verify -vote 5f0c… -receipt my-receipt.txt https://board.example.org
    mandate-verify -range 2/8 -out 2.part board.tar
    mandate-verify -merge -vote 5f0c… 1.part 2.part 3.part 4.part 5.part 6.part 7.part 8.part board.tar
`

const exitUnreadable = 2

// Run is the command. It returns the exit status.
func Run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	f := flag.NewFlagSet("mandate-verify", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	jsonFile := f.String("json", "", "")
	vote := f.String("vote", "", "")
	receipt := f.String("receipt", "", "")
	opened := f.String("opened", "", "")
	reports := f.String("report", "", "")
	keep := f.String("keep", "", "")
	var j judging
	f.StringVar(&j.file, "evidence", "", "")
	f.StringVar(&j.manifest, "manifest", "", "")
	f.StringVar(&j.logKey, "log-key", "", "")
	var s splitting
	f.StringVar(&s.which, "range", "", "")
	f.StringVar(&s.out, "out", "", "")
	f.BoolVar(&s.merge, "merge", false, "")
	f.Uint64Var(&s.again, "again", 0, "")
	quiet := f.Bool("quiet", false, "")
	fail := func(hint, format string, a ...any) int {
		fmt.Fprintf(stderr, "error: "+format+"\n", a...)
		if hint != "" {
			fmt.Fprintln(stderr, "hint: "+hint)
		}
		return exitUnreadable
	}
	switch err := f.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(stdout, usage)
		return 0
	case err != nil:
		return fail("mandate-verify -h says how to call it", "%v", err)
	case j.file == "" && (j.manifest != "" || j.logKey != ""):
		return fail("mandate-verify -h says how to call it", "-manifest and -log-key are for -evidence")
	case j.file != "" && (*receipt != "" || *opened != "" || *reports != ""):
		return fail("mandate-verify -h says how to call it", "-evidence is judged by itself: leave -receipt, -opened and -report away")
	case s.fault(f) != nil:
		return fail("mandate-verify -h says how to call it", "%v", s.fault(f))
	case f.NArg() != 1 && !s.merge && (j.file == "" || f.NArg() > 1):
		return fail("mandate-verify -h says how to call it", "one SOURCE is needed, %d were given", f.NArg())
	}
	o := verifier.Options{Again: s.again}
	if *vote != "" {
		id, err := record.ParseID(*vote)
		if err == nil && id == (record.ID{}) { // would stand for no id
			err = errors.New("no vote has the id zero")
		}
		if err != nil {
			return fail("a vote's id is 64 hexadecimal digits", "-vote: %v", err)
		}
		o.Vote = id
	}
	if j.file != "" {
		j.vote, j.json, j.keep, j.source = o.Vote, *jsonFile, *keep, f.Arg(0)
		return j.run(ctx, stdout, fail)
	}
	if *receipt != "" {
		b, err := readLimited(*receipt, 1<<20)
		if err != nil {
			return fail("", "-receipt: %v", err)
		}
		o.Receipt = b
	}
	if *opened != "" {
		b, err := readLimited(*opened, cast.MaxOpened)
		if err != nil {
			return fail("", "-opened: %v", err)
		}
		o.Opened = b
	}
	p := newProgress(stderr, time.Now())
	if !*quiet {
		o.Progress = p.show
	}
	source := f.Arg(f.NArg() - 1)
	if s.which != "" {
		part, err := s.check(ctx, source, o.Progress)
		p.clear()
		return s.wrote(part, err, stdout, fail)
	}
	parts, err := s.read(f.Args())
	if err != nil {
		return fail("make it again with mandate-verify -range", "%v", err)
	}
	report, err := judge(ctx, source, parts, o)
	p.clear()
	if bad := (*verifier.PartError)(nil); errors.As(err, &bad) {
		return fail("no verdict can be made of these parts; a part that is wrong comes from a machine or a program that is", "%v", err)
	}
	if err != nil {
		return fail("", "%v", err)
	}
	if *jsonFile != "" {
		if err := writeJSON(*jsonFile, stdout, report); err != nil {
			return fail("", "-json: %v", err)
		}
	}
	if *jsonFile != "-" {
		Text(stdout, report)
	}
	if *reports != "" {
		paths, err := writeReports(*reports, report)
		if err != nil {
			return fail("", "-report: %v", err)
		}
		if len(paths) == 0 {
			fmt.Fprintln(stderr, "hint: -report: there is no verified count of a ranked contest, so nothing was written")
		}
		if *jsonFile != "-" {
			for _, p := range paths {
				fmt.Fprintf(stdout, "Wrote %s\n", p)
			}
		}
	}
	if report.Problem != "" {
		fmt.Fprintln(stderr, "error: "+report.Problem)
	}
	if *keep == "" {
		return report.Verdict.ExitCode()
	}
	lines, wrong, err := remember(ctx, *keep, source, o.Receipt)
	for _, l := range lines {
		fmt.Fprintln(stderr, l)
	}
	switch {
	case err != nil && report.Verdict.ExitCode() == 0:
		return fail("", "-keep: %v", err)
	case err != nil:
		fmt.Fprintf(stderr, "error: -keep: %v\n", err)
	case wrong:
		return verifier.Refuted.ExitCode()
	}
	return report.Verdict.ExitCode()
}

// garbage is how many percent of what is in use may be garbage.
const garbage = 50

// Verify opens a source, which is a board's address, a directory or an audit package, and judges it.
//
// Meanwhile Go's collector leaves half as much garbage as is in use, at most: what is in use of a large vote are ballots as plain bytes, which it
// need not look through, so that going around twice as often costs next to nothing, and a million ballots fit into less than a gigabyte.
func Verify(ctx context.Context, source string, o verifier.Options) (*verifier.Report, error) {
	return judge(ctx, source, nil, o)
}

// judge is Verify, or of parts verifier.Merge.
func judge(ctx context.Context, source string, parts []*verifier.Part, o verifier.Options) (report *verifier.Report, err error) {
	defer collectMore()()
	opening := withSource(source, func(src boardlog.Source) {
		if parts != nil {
			report, err = verifier.Merge(ctx, src, parts, o)
		} else {
			report, err = verifier.Verify(ctx, src, o)
		}
	})
	if opening != nil && isAddress(source) {
		return nil, opening
	} else if opening != nil {
		return verifier.Unread(opening), nil
	}
	return report, err
}

// collectMore sets the collector as Verify says, until its result is called.
func collectMore() (back func()) {
	old := debug.SetGCPercent(garbage)
	if old >= 0 && old < garbage {
		debug.SetGCPercent(old) // somebody asked for less
		return func() {}
	}
	return func() { debug.SetGCPercent(old) }
}

// withSource calls do with the source, or returns why it cannot be opened.
func withSource(source string, do func(src boardlog.Source)) error {
	if isAddress(source) {
		src, err := httpsource.New(source)
		if err != nil {
			return err
		}
		do(src)
		return nil
	}
	pkg, err := boardlog.OpenPackageFile(source)
	if err != nil {
		return err
	}
	defer pkg.Close()
	do(pkg)
	return nil
}

func readLimited(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(b)) > limit {
		err = fmt.Errorf("%s is larger than %d bytes", path, limit)
	}
	return b, err
}

func writeJSON(path string, stdout io.Writer, report any) error {
	b, err := json.MarshalIndent(report, "", "  ")
	if err != nil {
		return err
	}
	b = append(b, '\n')
	if path == "-" {
		_, err = stdout.Write(b)
		return err
	}
	return os.WriteFile(path, b, 0o644)
}

// progress shows how far the verification is, on one line that is overwritten.
type progress struct {
	w     io.Writer
	start time.Time
	last  time.Time
	shown bool
	marks []mark // of the last while, oldest first
}

func newProgress(w io.Writer, start time.Time) *progress {
	return &progress{w: w, start: start, marks: []mark{{at: start}}}
}

// mark is how far it was, when.
type mark struct {
	at time.Time
	verifier.Progress
}

// pace is the while from which the time to go is estimated: ballots take much longer than what comes before them, so that the speed from
// the start on would promise too much.
const pace = 10 * time.Second

func (p *progress) show(now verifier.Progress) { p.showAt(time.Now(), now) }

func (p *progress) showAt(at time.Time, now verifier.Progress) {
	for len(p.marks) > 1 && at.Sub(p.marks[1].at) > pace {
		p.marks = p.marks[1:]
	}
	p.marks = append(p.marks, mark{at, now})
	if at.Sub(p.last) < 200*time.Millisecond || at.Sub(p.start) < 500*time.Millisecond {
		return
	}
	p.last, p.shown = at, true
	line := fmt.Sprintf("checked %d ballots, %d of %d records", now.Ballots, now.Records, now.Total)
	if from := p.marks[0]; now.Records > from.Records {
		left := at.Sub(from.at).Seconds() / float64(now.Records-from.Records) * float64(now.Total-now.Records)
		line += fmt.Sprintf(", %.0f s to go at this speed", left)
	}
	fmt.Fprint(p.w, "\r\033[K"+line)
}

func (p *progress) clear() {
	if p.shown {
		fmt.Fprint(p.w, "\r\033[K")
	}
}
