package voter

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"

	"mandate/ballot/cast"
	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/cmd/booth/member"
)

const checkUsage = `Shows on a second device what a ballot says that was opened instead of being cast.

Usage:
    mandate check -board URL [-ballot ID] [-lang LANG] FILE

FILE is what mandate vote has written when you typed "check"; - is standard input. The ballot is made again from its opening
and compared byte for byte, with the questions and keys that this device reads from the board itself. Compare what is shown with
what you chose: only you know.

    -board URL    the board
    -ballot ID    the id that the first device showed before you typed "check"
    -lang LANG    the language of the questions, such as es; en if it is not there

Exit status: 0 the ballot says what is shown; 1 it does not, or something failed; 2 the call makes no sense.

Example:
    mandate check -board https://board.example.org -ballot 93ab… ana.card.opened-93ab
`

// RunCheck is the command mandate check.
func RunCheck(ctx context.Context, args []string, in io.Reader, stdout, stderr io.Writer) int {
	return runCheck(ctx, args, in, stdout, stderr, member.Options{})
}

func runCheck(ctx context.Context, args []string, in io.Reader, stdout, stderr io.Writer, o member.Options) int {
	c := newConsole("check", in, stdout, stderr)
	f := flag.NewFlagSet("check", flag.ContinueOnError)
	board := f.String("board", "", "")
	ballot := f.String("ballot", "", "")
	lang := f.String("lang", "en", "")
	if status, ok := c.flags(f, checkUsage, args); !ok {
		return status
	}
	expect, err := parseID("ballot", *ballot)
	switch {
	case err != nil:
		return c.misuse("%v", err)
	case *board == "":
		return c.misuse("-board is needed")
	case f.NArg() != 1:
		return c.misuse("one FILE is needed, %d were given", f.NArg())
	}
	var text []byte
	if f.Arg(0) == "-" {
		text, err = io.ReadAll(io.LimitReader(in, cast.MaxOpened+1))
	} else {
		text, err = readFile(f.Arg(0), cast.MaxOpened)
	}
	if err != nil {
		if os.IsNotExist(err) {
			err = problem("name the file that the first device has written", "%w", err)
		}
		return c.fail(err)
	}
	client, err := dial(*board, o)
	if err != nil {
		return c.fail(err)
	}
	found, err := client.Verify(ctx, text, expect)
	if err != nil {
		return c.fail(err)
	}
	c.say("Vote: %s", found.Manifest.Title.In(*lang))
	c.say("Vote's id: %s", found.Vote)
	c.say("ballot: %s", found.Ballot)
	c.say("The ballot says:")
	inWords(c.out, found.Manifest.Contests, found.Selections, *lang)
	if expect == (record.ID{}) {
		fmt.Fprintf(c.err, "hint: compare the ballot's id with the one that the first device showed before you typed check; -ballot does it for you\n")
	}
	switch {
	case found.Phase != fold.Open:
		c.say("Voting is over, and this ballot was not cast.")
	case found.Spoiled:
		c.say("The board says that this ballot can never be cast.")
	default:
		fmt.Fprintf(c.err, "hint: the board does not say yet that this ballot can never be cast; look again in a minute\n")
	}
	c.say("If that is what you chose, the first device encrypted it rightly. If not, do not vote with that device, and tell the commission.")
	return exitDone
}
