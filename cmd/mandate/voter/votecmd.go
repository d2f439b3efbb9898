package voter

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"

	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/cmd/booth/member"
	"mandate/cmd/mandate/vault"
	"mandate/verifier/light"
)

const voteUsage = `Casts a ballot with a voter card, or opens it on a second device instead.

Usage:
    mandate vote -card FILE [-vote ID] [-board URL] [-choices FILE] [-lang LANG]
    mandate vote -card FILE [-vote ID] [-board URL] -report BALLOT

Asks the questions of the vote, encrypts the answers on this device, and shows the id of the ballot. Then type
"cast" to cast it, or "check" to give it up and see on a second device what it says: a device that encrypts something
else cannot know in advance which you will type. Checking costs nothing and can be done many times.

If the second device shows something else than you chose, do not vote with this one; -report says so on the board, where everybody sees how
many such reports there are. It says nothing of what you chose.

A ballot that was cast is verified to be recorded, and its receipt is written beside the card. If the vote allows it,
a later ballot replaces the earlier one.

    -card FILE      the card file
    -vote ID        the vote; get its id from somewhere else than the board and compare
    -board URL      another address of the card's board; addresses of mirrors can follow after commas,
                    which are asked where the board does not answer
    -choices FILE   read the answers from FILE, a line for each question, then a line "cast" or "check"
    -report BALLOT  the id of a ballot that was checked and says something else
    -lang LANG      the language of the questions, such as es; en if it is not there

Exit status: 0 the ballot is recorded, or was checked or reported; 1 it is not; 2 the call makes no sense.

Example:
    mandate vote -card ana.card -vote 5f0c…
`

// RunVote is the command mandate vote.
func RunVote(ctx context.Context, args []string, in io.Reader, stdout, stderr io.Writer) int {
	return runVote(ctx, args, in, stdout, stderr, member.Options{})
}

type voteCommand struct {
	*console
	path, lang string
	vote       record.ID
	client     *member.Client
	wallet     *member.Wallet
}

func runVote(ctx context.Context, args []string, in io.Reader, stdout, stderr io.Writer, o member.Options) int {
	c := &voteCommand{console: newConsole("vote", in, stdout, stderr)}
	f := flag.NewFlagSet("vote", flag.ContinueOnError)
	f.StringVar(&c.path, "card", "", "")
	vote := f.String("vote", "", "")
	board := f.String("board", "", "")
	choices := f.String("choices", "", "")
	report := f.String("report", "", "")
	f.StringVar(&c.lang, "lang", "en", "")
	if status, ok := c.flags(f, voteUsage, args); !ok {
		return status
	}
	var err error
	switch c.vote, err = parseID("vote", *vote); {
	case err != nil:
		return c.misuse("%v", err)
	case f.NArg() > 0:
		return c.misuse("choices are not given on the command line, where other programs can read them")
	case c.path == "":
		return c.misuse("-card is needed: the card file")
	}
	ballot, err := parseID("report", *report)
	if err != nil {
		return c.misuse("%v", err)
	}
	if c.wallet, c.client, err = open(ctx, c.path, *board, o); err != nil {
		return c.fail(err)
	}
	done, err := c.input(*choices)
	if err != nil {
		return c.fail(fmt.Errorf("-choices: %w", err))
	}
	defer done()
	if c.vote == (record.ID{}) {
		if err := c.only(ctx); err != nil {
			return c.fail(err)
		}
	}
	if ballot != (record.ID{}) {
		return c.report(ctx, ballot)
	}
	return c.run(ctx)
}

// report says on the board that the second device has shown something else of a ballot.
func (c *voteCommand) report(ctx context.Context, ballot record.ID) int {
	index, err := c.client.Report(ctx, c.wallet, c.vote, ballot)
	if err != nil {
		return c.fail(err)
	}
	c.say("That the ballot showed something else than was chosen is on the board.\nindex: %d", index)
	c.say("Vote with another device, and show the opened ballot to the commission or to another member, who can repeat the check.")
	return exitDone
}

// only finds the vote if there is one that the card can vote in.
func (c *voteCommand) only(ctx context.Context) error {
	var open []record.ID
	err := c.wallet.View(ctx, c.client, light.Focus{}, func(s *fold.State) error {
		for _, v := range s.Votes() {
			if v.Round.ID == c.wallet.Round() && v.Phase == fold.Open {
				open = append(open, v.ID)
			}
		}
		return nil
	})
	switch {
	case err != nil:
		return err
	case len(open) == 0:
		return problem("keep the card and come back when voting has opened", "no vote is open for this card")
	case len(open) > 1:
		return problem("name the vote with -vote", "%d votes are open for this card", len(open))
	}
	c.vote = open[0]
	fmt.Fprintf(c.err, "hint: the vote's id is taken from the board; compare %s with the one that was announced\n", c.vote)
	return nil
}

// run makes ballots until one is cast, or the member stops.
func (c *voteCommand) run(ctx context.Context) int {
	checked := false
	for {
		b, err := c.client.Begin(ctx, c.wallet, c.vote)
		if errors.Is(err, member.ErrPending) {
			return c.resume(ctx)
		}
		if err != nil {
			return c.fail(err)
		}
		c.introduce(b)
		p, ok := c.prepare(b)
		if !ok {
			if checked {
				return exitDone
			}
			return c.fail(problem("run the command again; nothing was cast", "the answers end before the last question"))
		}
		switch c.decide(p) {
		case "cast":
			r, err := p.Cast(ctx)
			if err != nil {
				return c.fail(err)
			}
			return c.recorded(ctx, r)
		case "check":
			if err := c.check(ctx, p); err != nil {
				return c.fail(err)
			}
			checked = true
		default:
			p.Wipe()
			c.say("Nothing was cast.")
			return exitError
		}
	}
}

// resume deals with a ballot that was sent before.
func (c *voteCommand) resume(ctx context.Context) int {
	c.say("A ballot that this device has sent before has no receipt yet. The very same ballot is sent again.")
	r, err := c.client.Resume(ctx, c.wallet, c.vote)
	if err != nil {
		return c.fail(err)
	}
	status := c.recorded(ctx, r)
	c.say("To vote again, if the vote allows it, run the command once more.")
	return status
}

func (c *voteCommand) introduce(b *member.Booth) {
	c.say("Vote: %s", b.Manifest.Title.In(c.lang))
	c.say("Vote's id: %s", c.vote)
	c.say("Voting closes on %s.", member.Date(b.Manifest.Closes))
	if b.Manifest.Mock {
		c.say("This is a mock vote: it decides nothing.")
	}
	if b.Number > 0 {
		c.say("This ballot will replace the one cast before with this card.")
	}
	if len(b.Foreign) > 0 {
		fmt.Fprintf(c.err, "alert: a ballot was cast with this card that this device has not made: %s\n", b.Foreign[0])
		fmt.Fprintf(c.err, "hint: if you did not cast it on another device, somebody else has your card: vote now, which replaces theirs, again shortly before closing, and tell the commission\n")
	}
	if b.Late {
		fmt.Fprintf(c.err, "hint: your card was issued only just now. A ballot cast minutes later can be guessed to be yours; if there is time, vote later\n")
	}
}

// prepare asks the questions and encrypts the answers.
func (c *voteCommand) prepare(b *member.Booth) (*member.Prepared, bool) {
	contests := b.Contests()
	selections := make([][]int, len(contests))
	for i := range contests {
		for selections[i] == nil {
			ask(c.out, i, len(contests), &contests[i], c.lang)
			line, ok := c.line()
			if !ok {
				return nil, false
			}
			selected, err := parseChoice(line, &contests[i])
			if err != nil {
				fmt.Fprintf(c.err, "error: %v\n", err)
				continue
			}
			selections[i] = selected
		}
	}
	c.say("\nYour choice:")
	inWords(c.out, contests, selections, c.lang)
	p, err := b.Encrypt(selections)
	if err != nil {
		c.tell(err)
		return nil, false
	}
	return p, true
}

// decide asks what becomes of a ballot to which the device is committed.
func (c *voteCommand) decide(p *member.Prepared) string {
	c.say("\nThe ballot is made and has gone nowhere. Its id, computed from its bytes, is")
	c.say("ballot: %s", p.Ballot())
	c.say("Note it, or have your second device read it now. Then type\n  cast   to cast it\n  check  to give it up and see on the second device what it says\n  stop   to throw it away")
	for {
		line, ok := c.line()
		if !ok {
			return "stop"
		}
		switch line {
		case "cast", "check", "stop":
			return line
		}
		c.say("Type cast, check or stop:")
	}
}

// check opens a ballot for the second device.
func (c *voteCommand) check(ctx context.Context, p *member.Prepared) error {
	opened, err := p.Open(ctx)
	if err != nil {
		return err
	}
	name := fmt.Sprintf("%s.opened-%s", c.path, opened.Ballot.Short())
	if err := vault.WriteFile(name, opened.Text(), 0o600); err != nil {
		return fmt.Errorf("writing the opened ballot: %w", err)
	}
	c.say("The ballot can never be cast now; that is on the board.")
	c.say("opened: %s", name)
	c.say("Take this file to the second device, and only there, and type:\n    mandate check -board %s -ballot %s FILE", c.client.Address(), opened.Ballot)
	c.say("If it shows something else than you chose, stop here, and type:\n    mandate vote -card %s -vote %s -report %s", c.path, c.vote, opened.Ballot)
	c.say("Else make another ballot now.\n")
	return nil
}

// recorded writes the receipt and says whether the ballot counts.
func (c *voteCommand) recorded(ctx context.Context, r *member.Receipt) int {
	name := fmt.Sprintf("%s.%s.%d.receipt", c.path, r.Vote.Short(), r.Number)
	if err := vault.WriteFile(name, r.Text, 0o600); err != nil {
		return c.fail(problem("the receipt is also in "+NewKeep(c.path).Place(member.MemoryName), "the ballot is recorded; writing its receipt: %w", err))
	}
	c.say("The ballot is recorded.")
	c.say("ballot: %s", r.Ballot)
	c.say("index: %d", r.Index)
	c.say("receipt: %s", name)
	counts, err := c.client.Counts(ctx, c.wallet, r)
	switch {
	case err != nil:
		c.tell(err)
	case !counts:
		fmt.Fprintf(c.err, "alert: the ballot is recorded and is not the one that counts\nhint: mandate receipt -card %s lists all ballots of this card\n", c.path)
		return exitError
	default:
		c.say("It is the ballot of this card that counts.")
	}
	c.say("Keep the receipt. Anybody can check it with mandate-verify -receipt; it does not say how you voted.")
	return exitDone
}
