// Package countcmd is the command mandate count: it counts an open ballot file
// by one of the rules of mandate/ballot/count and prints the report. It needs no
// election, no keys and no network, and trusts nothing but the file it is given.
package countcmd

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"mandate/ballot/count"
	"mandate/ballot/count/blt"
	"mandate/ballot/record"
	"mandate/ballot/tally"
)

const usage = `Usage:
    mandate count [-method NAME] [-seats N] [-json] FILE.blt

Counts an open ballot file in the BLT format and prints every stage of the
count. No election is needed: the file says who stands and how members voted.
The ballots of a vote's ranked contest (mandate-verify -report) also say, in
comments, by which rules and lots they were counted: those are followed, and the
report is the vote's own.

Flags:
    -method NAME     the counting rule; without it the one that the file names, or
                     else Scottish STV; one of
                       plurality     the most first preferences
                       approval      the most ballots that name the candidate
                       irv           instant run-off, one seat
                       scottish-stv  Scottish STV, SSI 2007/42
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
all of theirs in JSON. Ties that the rule leaves to a lot fall as the vote's lots
say, if the file states their seed, or else to the candidate who comes first in the
file's tie line, or is listed first in the file; the report says where that happened.

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
	file, terms, err := read(o.path)
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
	result, err := o.count(file, terms)
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
	method count.Method // "" if it was not given
	seats  int
	json   bool
	svg    string
	rules  []count.Rule
	path   string
}

func parse(args []string) (*options, error) {
	o := new(options)
	fs := flag.NewFlagSet("mandate count", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.Usage = func() {}
	method := fs.String("method", "", "")
	fs.IntVar(&o.seats, "seats", 0, "")
	fs.BoolVar(&o.json, "json", false, "")
	fs.StringVar(&o.svg, "svg", "", "")
	for flagName, bound := range map[string]count.Bound{"at-most": count.AtMost, "at-least": count.AtLeast} {
		fs.Func(flagName, "", func(s string) error {
			r, ok := blt.ParseRule(s, bound)
			if !ok || len(r.Members) == 0 {
				return errors.New(`a rule looks like "8 men=1,4-7"`)
			}
			o.rules = append(o.rules, r)
			return nil
		})
	}
	if err := fs.Parse(args); err != nil {
		return nil, err
	}
	if *method != "" {
		var err error
		if o.method, err = count.ParseMethod(*method); err != nil {
			return nil, err
		}
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

func name(path string) string {
	if path == "-" {
		return "standard input"
	}
	return filepath.Base(path)
}

func read(path string) (*blt.File, *blt.Terms, error) {
	in := io.Reader(os.Stdin)
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, nil, fmt.Errorf("opening the ballot file: %w", err)
		}
		defer f.Close()
		in = f
	}
	data, err := io.ReadAll(io.LimitReader(in, blt.MaxSize+1))
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", name(path), err)
	}
	file, err := blt.Parse(data)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", name(path), err)
	}
	terms, err := blt.ParseTerms(data)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", name(path), err)
	}
	return file, terms, nil
}

// count counts the file as the options say, and where they say nothing as the file does.
func (o *options) count(file *blt.File, terms *blt.Terms) (*count.Result, error) {
	if terms == nil {
		terms = new(blt.Terms)
	}
	e, method := file.Election, cmp.Or(o.method, terms.Method, count.ScottishSTV)
	notes := slices.Clone(file.Notes)
	switch {
	case o.seats > 0:
		e.Seats = o.seats
	case method == count.IRV && e.Seats != 1:
		notes = append(notes, fmt.Sprintf("the file states %d seats; instant run-off fills one", e.Seats))
		e.Seats = 1
	}
	e.Rules = slices.Concat(e.Rules, terms.Rules, o.rules)
	e.Spoiled += terms.Spoiled
	lot := count.ListOrder("the order in which the file lists the candidates; no lot was drawn")
	if file.Order != nil {
		lot = count.ListOrder("the tie line of the file; no lot was drawn", file.Order...)
	}
	if terms.Lots != "" {
		seed, err := record.ParseID(terms.Lots) // 32 bytes in hexadecimal, as an id
		if err != nil {
			return nil, fmt.Errorf("the seed of the lots: %w", err)
		}
		lot = tally.Seed(seed).Lot(terms.Contest)
	}
	result, err := count.Count(e, method, lot)
	if err != nil {
		return nil, err
	}
	if len(result.Draws) > 0 && terms.Lots == "" {
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
