package organise

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"mandate/ballot/record"
	"mandate/ballot/rules"
	"mandate/bulletin/client"
	"mandate/cmd/mandate/party"
)

const rulesUsage = `Rules prints and checks rules files: who may call a kind of vote, what must happen before it opens, how it is decided.

Usage:
    mandate rules                  list the rules files that come with the program
    mandate rules -template NAME   print one
    mandate rules -example         print one with every field explained
    mandate rules FILE             check a rules file
    mandate rules -board URL -vote ID FILE
                                   check that a vote on a board keeps to a rules file, in every field of its manifest

Exit status: 0 the file is good; 1 it is not, and what is wrong is said with the line; 2 the call makes no sense.

Example:
    mandate rules -template members-decide > our-rules.toml
    mandate rules our-rules.toml
`

// RunRules is the command mandate rules.
func RunRules(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	return runRules(ctx, args, stdout, stderr, func(address string) (party.Board, error) { return party.Dial(address, client.Options{}) })
}

func runRules(ctx context.Context, args []string, stdout, stderr io.Writer, dial dialer) int {
	f := flag.NewFlagSet("rules", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	template := f.String("template", "", "")
	example := f.Bool("example", false, "")
	board := f.String("board", "", "")
	vote := f.String("vote", "", "")
	fail := func(err error) int {
		fmt.Fprintf(stderr, "error: %v\nhint: mandate rules -h says how to call it\n", err)
		return 2
	}
	switch err := f.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(stdout, rulesUsage)
		return 0
	case err != nil:
		return fail(err)
	case f.NArg() > 1 || f.NArg() > 0 && (*template != "" || *example) || *template != "" && *example:
		return fail(errors.New("one FILE, or -template, or -example"))
	case (*board == "") != (*vote == "") || *board != "" && f.NArg() == 0:
		return fail(errors.New("-board, -vote and FILE go together"))
	}
	switch {
	case *example:
		fmt.Fprint(stdout, rules.Example())
		return 0
	case *template != "":
		text, err := rules.TemplateFile(*template)
		if err != nil {
			return fail(err)
		}
		fmt.Fprint(stdout, text)
		return 0
	case f.NArg() == 0:
		fmt.Fprintln(stdout, strings.Join(rules.Templates(), "\n"))
		return 0
	}
	r, err := readRules(f.Arg(0), "")
	if err == nil && *board != "" {
		err = compare(ctx, r, *board, *vote, dial)
	}
	if err != nil {
		fmt.Fprintf(stderr, "error: %v\n", err)
		return 1
	}
	if *board != "" {
		fmt.Fprintf(stdout, "The vote keeps to %s: %s (%s).\n", f.Arg(0), r.Title, r.Name)
		return 0
	}
	fmt.Fprintf(stdout, "%s: %s (%s) is a good rules file.\n", f.Arg(0), r.Title, r.Name)
	return 0
}

// compare reports whether a vote on a board keeps to rules.
func compare(ctx context.Context, r *rules.Rules, address, vote string, dial dialer) error {
	id, err := record.ParseID(vote)
	if err != nil {
		return fmt.Errorf("-vote: %w", err)
	}
	board, err := dial(address)
	if err != nil {
		return err
	}
	if err := board.Update(ctx); err != nil {
		return fmt.Errorf("reading the board: %w", err)
	}
	v := board.State().Vote(id)
	if v == nil {
		return fmt.Errorf("vote %s is not on the board", id)
	}
	if err := r.Compare(v.Proposal(), v.Times.Begun, v.Round.Roll.Announce.Segment); err != nil {
		return fmt.Errorf("the vote does not keep to the rules: %w", err)
	}
	return nil
}
