package voter

import (
	"context"
	"flag"
	"fmt"
	"io"

	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/cmd/booth/member"
	"mandate/cmd/mandate/vault"
)

const supportUsage = `Supports the petition for a vote with a voter card.

Usage:
    mandate support -card FILE -petition ID [-board URL] [-lang LANG] [-yes]

Shows the question and how many members support it, and asks you to type "support". A support is anonymous: nothing in it says
who gave it, to the registrars and the board neither. It counts once for each card and cannot be taken back.

The board promises it at once and publishes it together with others, so that the moment says nothing about you either. Run the
same command again later for the receipt, which proves that it is published.

    -card FILE      the card file
    -petition ID    the vote that the petition calls; -vote is the same
    -board URL      another address of the card's board; addresses of mirrors can follow after commas,
                    which are asked where the board does not answer
    -lang LANG      the language of the question, such as es; en if it is not there
    -yes            do not ask

Exit status: 0 it is promised or published; 1 it is not; 2 the call makes no sense.

Example:
    mandate support -card ana.card -petition 5f0c…
`

// RunSupport is the command mandate support.
func RunSupport(ctx context.Context, args []string, in io.Reader, stdout, stderr io.Writer) int {
	return runSupport(ctx, args, in, stdout, stderr, member.Options{})
}

func runSupport(ctx context.Context, args []string, in io.Reader, stdout, stderr io.Writer, o member.Options) int {
	c := newConsole("support", in, stdout, stderr)
	f := flag.NewFlagSet("support", flag.ContinueOnError)
	var petition string
	path := f.String("card", "", "")
	f.StringVar(&petition, "petition", "", "")
	f.StringVar(&petition, "vote", "", "")
	board := f.String("board", "", "")
	lang := f.String("lang", "en", "")
	yes := f.Bool("yes", false, "")
	if status, ok := c.flags(f, supportUsage, args); !ok {
		return status
	}
	vote, err := parseID("petition", petition)
	switch {
	case err != nil:
		return c.misuse("%v", err)
	case f.NArg() > 0:
		return c.misuse("%q is not understood", f.Arg(0))
	case *path == "":
		return c.misuse("-card is needed: the card file")
	case vote == record.ID{}:
		return c.misuse("-petition is needed: the id of the vote that the petition calls")
	}
	w, client, err := open(ctx, *path, *board, o)
	if err != nil {
		return c.fail(err)
	}
	p, err := client.Look(ctx, w, vote)
	if err != nil {
		return c.fail(err)
	}
	c.petition(p, *lang)
	if !p.Supported {
		if p.Late {
			fmt.Fprintf(c.err, "hint: your card was issued only just now. A support given minutes later can be guessed to be yours; if there is time, support later\n")
		}
		c.say("A support is anonymous, counts once and cannot be taken back.")
		if !*yes && !c.confirmed("support") {
			c.say("Nothing was sent.")
			return exitError
		}
	}
	a, err := client.Support(ctx, w, vote)
	if err != nil {
		return c.fail(err)
	}
	c.say("support: %s", a.Record)
	if a.Receipt == nil {
		c.say("The board has promised to publish your support, by %s at the latest. The promise is kept beside the card.", member.Date(a.Due))
		c.say("Run the same command again after that for the receipt.")
		return exitDone
	}
	return c.proved(*path, "support", a)
}

// petition shows what is called.
func (c *console) petition(p *member.Petition, lang string) {
	c.say("%s", p.Manifest.Title.In(lang))
	for i := range p.Manifest.Contests {
		if q := p.Manifest.Contests[i].Title.In(lang); q != p.Manifest.Title.In(lang) {
			c.say("  %s", q)
		}
	}
	c.say("vote: %s", p.Vote)
	if p.Need > 0 {
		c.say("%d members support the petition so far; %d call the vote. %d members have a card.", p.Have, p.Need, p.Cards)
		if p.Phase == fold.Proposed {
			c.say("It closes on %s.", member.Date(p.Closes))
		} else {
			c.say("The vote is %v.", p.Phase)
		}
	}
}

// confirmed asks for a word until it is typed; anything else that ends the input or "stop" is no.
func (c *console) confirmed(word string) bool {
	c.say("Type\n  %-10s to go on\n  stop       to do nothing", word)
	for {
		line, ok := c.line()
		switch {
		case !ok || line == "stop":
			return false
		case line == word:
			return true
		}
		c.say("Type %s or stop:", word)
	}
}

// proved writes the receipt of what was said.
func (c *console) proved(card, kind string, a *member.Act) int {
	name := fmt.Sprintf("%s.%s.%s.receipt", card, a.Vote.Short(), kind)
	if err := vault.WriteFile(name, a.Receipt, 0o600); err != nil {
		return c.fail(problem("the receipt is also in "+NewKeep(card).Place(member.MemoryName), "it is published; writing its receipt: %w", err))
	}
	c.say("It is published, which was verified.")
	c.say("index: %d", a.Index)
	c.say("receipt: %s", name)
	return exitDone
}

const statementUsage = `Makes a statement for a side of a vote's question, without your name.

Usage:
    mandate statement -card FILE -vote ID -side SIDE [-board URL] [-lang LANG] [-yes] TEXT-FILE

A statement is anonymous: nothing in it says who has made it, but what you write and how may. Each card makes one, and it appears
on the board at once. If there are more than the rules take, a draw chooses. Statements under a member's name are posted by
the commission.

    -card FILE     the card file
    -vote ID       the vote
    -side SIDE     the side, as the vote's rules call it, such as for or against
    -board URL     another address of the card's board, and perhaps mirrors, with commas between
    -lang LANG     the language of the question, such as es; en if it is not there
    -yes           do not ask

Exit status: 0 it is published; 1 it is not; 2 the call makes no sense.

Example:
    mandate statement -card ana.card -vote 5f0c… -side for why.txt
`

// RunStatement is the command mandate statement.
func RunStatement(ctx context.Context, args []string, in io.Reader, stdout, stderr io.Writer) int {
	return runStatement(ctx, args, in, stdout, stderr, member.Options{})
}

func runStatement(ctx context.Context, args []string, in io.Reader, stdout, stderr io.Writer, o member.Options) int {
	c := newConsole("statement", in, stdout, stderr)
	f := flag.NewFlagSet("statement", flag.ContinueOnError)
	path := f.String("card", "", "")
	id := f.String("vote", "", "")
	side := f.String("side", "", "")
	board := f.String("board", "", "")
	lang := f.String("lang", "en", "")
	yes := f.Bool("yes", false, "")
	if status, ok := c.flags(f, statementUsage, args); !ok {
		return status
	}
	vote, err := parseID("vote", *id)
	switch {
	case err != nil:
		return c.misuse("%v", err)
	case *path == "":
		return c.misuse("-card is needed: the card file")
	case vote == record.ID{}:
		return c.misuse("-vote is needed: the vote's id")
	case *side == "":
		return c.misuse("-side is needed")
	case f.NArg() != 1:
		return c.misuse("one TEXT-FILE is needed, %d were given", f.NArg())
	}
	words, err := readFile(f.Arg(0), record.MaxSize)
	if err != nil {
		return c.fail(problem("name the file that has the statement", "%w", err))
	}
	w, client, err := open(ctx, *path, *board, o)
	if err != nil {
		return c.fail(err)
	}
	p, err := client.Look(ctx, w, vote)
	if err != nil {
		return c.fail(err)
	}
	c.petition(p, *lang)
	if p.Until > 0 {
		c.say("Statements are taken until %s.", member.Date(p.Until))
	}
	c.say("\n%s: %s\n", *side, words)
	if p.Late {
		fmt.Fprintf(c.err, "hint: your card was issued only just now. A statement made minutes later can be guessed to be yours; if there is time, make it later\n")
	}
	c.say("The statement carries no name, appears at once and cannot be taken back.")
	if !*yes && !c.confirmed("publish") {
		c.say("Nothing was sent.")
		return exitError
	}
	a, err := client.Speak(ctx, w, vote, *side, string(words))
	if err != nil {
		return c.fail(err)
	}
	c.say("statement: %s", a.Record)
	return c.proved(*path, "statement", a)
}
