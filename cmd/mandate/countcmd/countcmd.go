// Package countcmd is the command mandate count: it counts an open ballot file
// by one of the rules of mandate/ballot/count and prints the report. It needs no
// election, no keys and no network, and trusts nothing but the file it is given.
package countcmd

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"mandate/ballot/count"
	"mandate/ballot/count/blt"
)

const usage = `Usage:
    mandate count [-method NAME] [-seats N] [-json] FILE.blt

Counts an open ballot file in the BLT format and prints every stage of the
count. No election is needed: the file says who stands and how members voted.

Flags:
    -method NAME     the counting rule, one of
                       plurality     the most first preferences
                       approval      the most ballots that name the candidate
                       irv           instant run-off, one seat
                       scottish-stv  Scottish STV, SSI 2007/42 (the default)
                       meek-stv      Meek STV, PR Foundation reference rule
                       schulze       Schulze
                       ranked-pairs  ranked pairs
    -seats N         seats to fill, instead of those the file states
    -at-most RULE    representation rule, as in "8 men=1,4-7": at most 8 of the
                     elected may be from the group "men", candidates 1 and 4 to 7;
                     may be repeated
    -at-least RULE   the same for a floor
    -json            print the report as JSON
    -svg FILE        also draw the count to FILE, which must not exist
    -h               print this text

FILE may be - for standard input. Votes have five decimals in the text report and
all of theirs in JSON. Ties that the rule leaves to a lot fall to the candidate
who comes first in the file's tie line, or is listed first in the file; the report
says where that happened.

Example:
    $ mandate count -method scottish-stv -seats 4 linn-2007.blt
`

// Run runs the command with the arguments that follow its name and returns the
// exit code: 0 if the count was printed, 1 if the file cannot be read or counted,
// 2 if the arguments make no sense. Data goes to stdout; errors and hints go to
// stderr.
func Run(args []string, stdout, stderr io.Writer) int {
	fail := func(code int, err error, hint string) int {
		fmt.Fprintf(stderr, "error: %v\n", err)
		if hint != "" {
			fmt.Fprintf(stderr, "hint: %s\n", hint)
		}
		return code
	}
	const seeHelp = "run mandate count -h for the flags and an example"

	o, err := parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(stdout, usage)
		return 0
	case err != nil:
		return fail(2, err, seeHelp)
	}
	file, err := read(o.path)
	if err != nil {
		var fault *blt.Fault
		hint := ""
		if errors.As(err, &fault) && fault.Line > 0 {
			hint = "the line number counts every line of the file, from 1; nothing was counted"
		}
		return fail(1, err, hint)
	}
	for _, s := range file.Spoiled {
		fmt.Fprintf(stderr, "hint: %s\n", s)
	}
	result, err := o.count(file)
	if err != nil {
		return fail(1, fmt.Errorf("counting %s: %w", name(o.path), err), "")
	}
	if o.svg != "" {
		if err := draw(o.svg, result); err != nil {
			return fail(1, err, "")
		}
	}
	write := result.WriteText
	if o.json {
		write = result.WriteJSON
	}
	if err := write(stdout); err != nil {
		return fail(1, fmt.Errorf("writing the report: %w", err), "")
	}
	return 0
}

type options struct {
	method count.Method
	seats  int
	json   bool
	svg    string
	rules  []rule
	path   string
}

func parse(args []string) (*options, error) {
	o := new(options)
	fs := flag.NewFlagSet("mandate count", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.Usage = func() {}
	method := fs.String("method", string(count.ScottishSTV), "")
	fs.IntVar(&o.seats, "seats", 0, "")
	fs.BoolVar(&o.json, "json", false, "")
	fs.StringVar(&o.svg, "svg", "", "")
	for flagName, bound := range map[string]count.Bound{"at-most": count.AtMost, "at-least": count.AtLeast} {
		fs.Func(flagName, "", func(s string) error {
			r, err := parseRule(s, bound)
			o.rules = append(o.rules, r)
			return err
		})
	}
	if err := fs.Parse(args); err != nil {
		return nil, err
	}
	var err error
	if o.method, err = count.ParseMethod(*method); err != nil {
		return nil, err
	}
	seatsGiven := false
	fs.Visit(func(f *flag.Flag) { seatsGiven = seatsGiven || f.Name == "seats" })
	if seatsGiven && (o.seats < 1 || o.seats > count.MaxSeats) {
		return nil, fmt.Errorf("-seats %d is not from 1 to %d", o.seats, count.MaxSeats)
	}
	if o.method == count.IRV && o.seats > 1 {
		return nil, fmt.Errorf("-method irv fills one seat, not %d", o.seats)
	}
	switch fs.NArg() {
	case 1:
		o.path = fs.Arg(0)
		return o, nil
	case 0:
		return nil, errors.New("no ballot file given")
	default:
		return nil, fmt.Errorf("one ballot file is expected, and flags before it; %d arguments were given", fs.NArg())
	}
}

// A rule is a representation rule whose members are not checked yet, since the
// file has not been read.
type rule struct {
	count.Rule
	numbers []int
}

// parseRule reads "8 men=1,4-7".
func parseRule(s string, bound count.Bound) (rule, error) {
	r := rule{Rule: count.Rule{Bound: bound}}
	malformed := errors.New(`a rule looks like "8 men=1,4-7"`)
	head, list, ok := strings.Cut(s, "=")
	n, group, ok2 := strings.Cut(strings.TrimSpace(head), " ")
	if !ok || !ok2 {
		return r, malformed
	}
	var err error
	if r.N, err = strconv.Atoi(n); err != nil || r.N < 0 || r.N > count.MaxSeats {
		return r, malformed
	}
	r.Group = strings.TrimSpace(group)
	for part := range strings.SplitSeq(list, ",") {
		from, to, span := strings.Cut(strings.TrimSpace(part), "-")
		first, err1 := strconv.Atoi(from)
		last, err2 := first, error(nil)
		if span {
			last, err2 = strconv.Atoi(to)
		}
		if err1 != nil || err2 != nil || first < 1 || last < first || last > count.MaxCandidates {
			return r, malformed
		}
		for c := first; c <= last; c++ {
			r.numbers = append(r.numbers, c)
		}
	}
	return r, nil
}

func name(path string) string {
	if path == "-" {
		return "standard input"
	}
	return filepath.Base(path)
}

func read(path string) (*blt.File, error) {
	in := io.Reader(os.Stdin)
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, fmt.Errorf("opening the ballot file: %w", err)
		}
		defer f.Close()
		in = f
	}
	file, err := blt.Read(in)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name(path), err)
	}
	return file, nil
}

// count counts the file as the options say.
func (o *options) count(file *blt.File) (*count.Result, error) {
	e := file.Election
	notes := slices.Clone(file.Notes)
	switch {
	case o.seats > 0:
		e.Seats = o.seats
	case o.method == count.IRV && e.Seats != 1:
		notes = append(notes, fmt.Sprintf("the file states %d seats; instant run-off fills one", e.Seats))
		e.Seats = 1
	}
	for _, r := range o.rules {
		for _, n := range r.numbers {
			r.Members = append(r.Members, n-1)
		}
		e.Rules = append(e.Rules, r.Rule)
	}
	lot := count.ListOrder("the order in which the file lists the candidates; no lot was drawn")
	if file.Order != nil {
		lot = count.ListOrder("the tie line of the file; no lot was drawn", file.Order...)
	}
	result, err := count.Count(e, o.method, lot)
	if err != nil {
		return nil, err
	}
	if len(result.Draws) > 0 {
		notes = append(notes, fmt.Sprintf("%d ties fell by %s", len(result.Draws), lot.Source()))
	}
	result.Notes = append(result.Notes, notes...)
	return result, nil
}

// draw writes the picture to a new file.
func draw(path string, result *count.Result) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return fmt.Errorf("creating the picture: %w", err)
	}
	if err := result.WriteSVG(f); err != nil {
		f.Close()
		return fmt.Errorf("writing the picture: %w", err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("writing the picture: %w", err)
	}
	return nil
}
