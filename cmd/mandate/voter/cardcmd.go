package voter

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"mandate/ballot/credential"
	"mandate/ballot/record"
	"mandate/cmd/booth/member"
	"mandate/cmd/mandate/registrar/issuing"
)

const cardUsage = `Collects a voter card: a right to vote, once in each vote of a round, that every registrar of the round
has signed without seeing it.

Usage:
    mandate card -card FILE [-board URL] [-round ID] [-codes FILE] [-words FILE] [-post-issues] [-lang LANG]

Each registrar sends you a message with a code of its own. The codes, or the whole links that they stand in,
are read from standard input, one a line, in any order. The card file is written before anything is asked for:
keep a copy of it, or its 24 words on paper. Whoever has it can vote in your place.

If some registrars have not answered, run the same command again with the codes that are missing. If the file is
lost, the 24 words and new codes from the registrars make the same card again.

    -card FILE      the card file, new or begun
    -board URL      the board; a card file that was begun knows it
    -round ID       the round, if the codes are not given as links and the board has several
    -codes FILE     read the codes from FILE
    -words FILE     make the card again from the 24 words in FILE
    -post-issues    put on the board that registrars have issued the card, if they do not do so themselves
    -lang LANG      the language of texts from the board, such as es; en if it is not there

Exit status: 0 the card is complete; 1 it is not, or something failed; 2 the call makes no sense.

Example:
    mandate card -card ana.card -board https://board.example.org
`

// RunCard is the command mandate card.
func RunCard(ctx context.Context, args []string, in io.Reader, stdout, stderr io.Writer) int {
	return runCard(ctx, args, in, stdout, stderr, member.Options{})
}

type cardCommand struct {
	*console
	path, board, words, lang string
	round                    record.ID
	options                  member.Options

	client *member.Client
	wallet *member.Wallet // nil until the first code is known to be good
}

func runCard(ctx context.Context, args []string, in io.Reader, stdout, stderr io.Writer, o member.Options) int {
	c := &cardCommand{console: newConsole("card", in, stdout, stderr), options: o}
	f := flag.NewFlagSet("card", flag.ContinueOnError)
	f.StringVar(&c.path, "card", "", "")
	f.StringVar(&c.board, "board", "", "")
	round := f.String("round", "", "")
	codes := f.String("codes", "", "")
	f.StringVar(&c.words, "words", "", "")
	post := f.Bool("post-issues", false, "")
	f.StringVar(&c.lang, "lang", "en", "")
	if status, ok := c.flags(f, cardUsage, args); !ok {
		return status
	}
	var err error
	switch c.round, err = parseID("round", *round); {
	case err != nil:
		return c.misuse("%v", err)
	case f.NArg() > 0:
		return c.misuse("codes are not given on the command line, where other programs can read them")
	case c.path == "":
		return c.misuse("-card is needed: where to keep the card")
	}
	if err := c.begin(ctx); err != nil {
		return c.fail(err)
	}
	done, err := c.input(*codes)
	if err != nil {
		return c.fail(fmt.Errorf("-codes: %w", err))
	}
	defer done()
	if err := c.collect(ctx); err != nil {
		return c.fail(err)
	}
	return c.finish(ctx, *post)
}

// begin opens the card if it is there, and dials the board.
func (c *cardCommand) begin(ctx context.Context) error {
	_, err := os.Stat(c.path)
	switch {
	case err == nil && c.words != "":
		return problem("choose another name with -card", "%s is there already", c.path)
	case err == nil:
		c.wallet, c.client, err = open(ctx, c.path, c.board, c.options)
		if err == nil && c.round != (record.ID{}) && c.round != c.wallet.Round() {
			err = problem("choose another file for a card of another round", "the card in %s is of round %s", c.path, c.wallet.Round())
		}
		if err == nil {
			c.round = c.wallet.Round()
		}
		return err
	case !errors.Is(err, fs.ErrNotExist):
		return err
	case c.board == "":
		return problem("the messages from the registrars name it", "-board is needed for a new card")
	}
	c.client, err = dial(c.board, c.options)
	return err
}

// collect reads codes until the card is complete or there are no more.
func (c *cardCommand) collect(ctx context.Context) error {
	rounds, err := c.client.Rounds(ctx, c.lang)
	if err != nil {
		return err
	}
	for c.wallet == nil || len(c.wallet.Missing()) > 0 {
		c.prompt(rounds)
		line, ok := c.line()
		if !ok || interrupted(ctx) {
			return ctx.Err()
		}
		if line == "" {
			continue
		}
		if err := c.take(ctx, rounds, line); err != nil {
			if errors.Is(err, member.ErrAlarm) {
				return err
			}
			c.tell(err)
		}
	}
	return nil
}

func (c *cardCommand) prompt(rounds []member.Window) {
	if c.wallet == nil {
		c.say("Type the code or link from the message of any registrar:")
		return
	}
	for i := range rounds {
		if rounds[i].Round != c.wallet.Round() {
			continue
		}
		for _, m := range c.wallet.Missing() {
			r := &rounds[i].Registrars[m-1]
			c.say("Still missing: registrar %d, %s (by %s, run by %s)", m, r.Name, r.Channel, r.Operator)
		}
	}
	c.say("Type the next code or link:")
}

// take does what a line with a code asks for.
func (c *cardCommand) take(ctx context.Context, rounds []member.Window, line string) error {
	desk, err := member.FindDesk(rounds, c.round, line)
	if err != nil {
		return err
	}
	w, registrar, code := desk.Window, desk.Registrar, desk.Code
	if c.wallet != nil && c.wallet.Has(registrar) {
		c.say("Registrar %d (%s) has answered already.", registrar, w.Registrars[registrar-1].Name)
		return nil
	}
	if address := w.Registrars[registrar-1].URL; isPlain(address) {
		fmt.Fprintf(c.err, "hint: %s is not encrypted: your code can be read on the way\n", address)
	}
	if c.wallet == nil {
		if err := c.draw(ctx, w, registrar, code); err != nil {
			return err
		}
	}
	if err := c.client.Collect(ctx, c.wallet, registrar, code); err != nil {
		return err
	}
	n := len(w.Registrars)
	c.say("Registrar %d (%s) has signed: %d of %d have answered.", registrar, w.Registrars[registrar-1].Name, n-len(c.wallet.Missing()), n)
	return nil
}

// draw makes the card, once a registrar has said for which roll entry the code is.
func (c *cardCommand) draw(ctx context.Context, w *member.Window, registrar int, code issuing.Code) error {
	opening, err := c.client.Enter(ctx, w.Round, registrar, code)
	if err != nil {
		return err
	}
	c.say("Round: %s (%s)", w.Title, w.Round)
	c.say("The roll on the board has you as: %s, member number %s, roll entry %d.", opening.Name, opening.Number, opening.Index)
	c.say("If that is not you, stop here and tell the registrar.")
	if c.words == "" {
		c.wallet, err = c.client.NewWallet(ctx, NewKeep(c.path), w.Round, opening)
	} else {
		var b []byte
		if b, err = readFile(c.words, 4096); err != nil {
			return fmt.Errorf("-words: %w", err)
		}
		var secret credential.Secret
		if secret, err = credential.ParseWords(string(b)); err != nil {
			return err
		}
		c.wallet, err = c.client.RestoreWallet(ctx, NewKeep(c.path), w.Round, opening, secret)
	}
	if err != nil {
		return err
	}
	c.round = w.Round
	c.say("The card is in %s. Keep a copy of the file in another place, or write its 24 words on paper.", c.path)
	return nil
}

// finish says how far the card is.
func (c *cardCommand) finish(ctx context.Context, post bool) int {
	if c.wallet == nil {
		return c.fail(problem("run the command again with a code from a registrar's message", "no code was given, and no card was made"))
	}
	if missing := c.wallet.Missing(); len(missing) > 0 {
		var names []string
		for _, m := range missing {
			names = append(names, fmt.Sprint(m))
		}
		return c.fail(problem("open their messages, or ask for them again, and run the same command with -card "+c.path,
			"%w: the answers of registrars %s are missing", member.ErrIncomplete, strings.Join(names, ", ")))
	}
	c.say("card: %s", c.path)
	c.say("round: %s", c.wallet.Round())
	c.say("The card is complete. It needs no registrar any more.")
	if post {
		n, err := c.client.PostIssues(ctx, c.wallet)
		if err != nil {
			return c.fail(err)
		}
		c.say("Issue records put on the board: %d.", n)
		return exitDone
	}
	if missing, err := c.client.Unpublished(ctx, c.wallet); err == nil && len(missing) > 0 {
		c.say("%d registrars have not yet said on the board that they issued it; they do so from time to time, for many members at once.", len(missing))
	}
	return exitDone
}
