package organise

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"mandate/ballot/rules"
)

const rulesUsage = `Rules prints and checks rules files: who may call a kind of vote, what must happen before it opens, how it is decided.

Usage:
    mandate rules                  list the rules files that come with the program
    mandate rules -template NAME   print one
    mandate rules -example         print one with every field explained
    mandate rules FILE             check a rules file

Exit status: 0 the file is good; 1 it is not, and what is wrong is said with the line; 2 the call makes no sense.

Example:
    mandate rules -template members-decide > our-rules.toml
    mandate rules our-rules.toml
`

// RunRules is the command mandate rules.
func RunRules(args []string, stdout, stderr io.Writer) int {
	f := flag.NewFlagSet("rules", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	template := f.String("template", "", "")
	example := f.Bool("example", false, "")
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
	if err != nil {
		fmt.Fprintf(stderr, "error: %v\n", err)
		return 1
	}
	fmt.Fprintf(stdout, "%s: %s (%s) is a good rules file.\n", f.Arg(0), r.Title, r.Name)
	return 0
}
