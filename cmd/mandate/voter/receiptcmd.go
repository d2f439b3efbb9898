package voter

import (
	"context"
	"flag"
	"fmt"
	"io"

	"mandate/ballot/record"
	"mandate/cmd/booth/member"
)

const receiptUsage = `Shows every ballot that was ever cast with a voter card, as the board's log has it, and whether this device has made it.

Usage:
    mandate receipt -card FILE [-vote ID] [-board URL] [-lang LANG]

The whole log is read and checked. A ballot that this device has not made is an alert: if you did not cast it on another device,
somebody else has your card. So is a ballot that the board has promised or receipted and that is not there.

    -card FILE    the card file
    -vote ID      only this vote
    -board URL    another address of the card's board; addresses of mirrors can follow after commas,
                  which are asked where the board does not answer
    -lang LANG    the language of titles, such as es; en if it is not there

Exit status: 0 all is as this device remembers; 1 it is not, or something failed; 2 the call makes no sense.

Example:
    mandate receipt -card ana.card
`

// RunReceipt is the command mandate receipt.
func RunReceipt(ctx context.Context, args []string, in io.Reader, stdout, stderr io.Writer) int {
	return runReceipt(ctx, args, in, stdout, stderr, member.Options{})
}

func runReceipt(ctx context.Context, args []string, in io.Reader, stdout, stderr io.Writer, o member.Options) int {
	c := newConsole("receipt", in, stdout, stderr)
	f := flag.NewFlagSet("receipt", flag.ContinueOnError)
	path := f.String("card", "", "")
	vote := f.String("vote", "", "")
	board := f.String("board", "", "")
	lang := f.String("lang", "en", "")
	if status, ok := c.flags(f, receiptUsage, args); !ok {
		return status
	}
	want, err := parseID("vote", *vote)
	switch {
	case err != nil:
		return c.misuse("%v", err)
	case f.NArg() > 0:
		return c.misuse("%q is not understood", f.Arg(0))
	case *path == "":
		return c.misuse("-card is needed: the card file")
	}
	w, client, err := open(ctx, *path, *board, o)
	if err != nil {
		return c.fail(err)
	}
	histories, err := client.History(ctx, w)
	if err != nil {
		return c.fail(err)
	}
	status, shown := exitDone, 0
	for i := range histories {
		h := &histories[i]
		if want != (record.ID{}) && h.Vote != want {
			continue
		}
		shown++
		c.say("%s (%v)", h.Manifest.Title.In(*lang), h.Phase)
		c.say("vote: %s", h.Vote)
		if !c.history(h) {
			status = exitError
		}
	}
	if shown == 0 && want != (record.ID{}) {
		return c.fail(problem("check the vote's id", "vote %s is not one in which this card can vote", want))
	}
	if shown == 0 {
		c.say("No vote was called yet in which this card can vote.")
	}
	return status
}

// history prints what was done in one vote, and reports whether it is as this device remembers.
func (c *console) history(h *member.History) bool {
	if len(h.Entries) == 0 && len(h.Lost) == 0 {
		c.say("  nothing was cast with this card")
	}
	if need := h.Manifest.Witnesses.Need; need > 0 && h.Witnessed {
		c.say("  witnessed: %d or more of the vote's witnesses have cosigned the log that was read", need)
	} else if need > 0 {
		c.say("  recorded, not yet witnessed: the vote demands %d cosignatures of what the board shows; look again in a few minutes", need)
	}
	for _, e := range h.Entries {
		who := "made by this device"
		if !e.Mine {
			who = "NOT made by this device"
		}
		if e.Reported {
			who += "; reported to show something else than was chosen"
		}
		switch {
		case e.Kind == "check":
			c.say("  record %d  %s  ballot opened for checking, never to be cast; %s", e.Index, e.Opened, who)
		case e.Counts:
			c.say("  record %d  %s  ballot %d: counts; %s", e.Index, e.ID, e.Number, who)
		case e.Accepted:
			c.say("  record %d  %s  ballot %d: replaced by a later one; %s", e.Index, e.ID, e.Number, who)
		default:
			c.say("  record %d  %s  ballot %d: without effect; %s", e.Index, e.ID, e.Number, who)
		}
	}
	for _, id := range h.Lost {
		fmt.Fprintf(c.err, "alert: the board has promised to record ballot %s, and it is not on the log\n", id)
		fmt.Fprintf(c.err, "hint: the promise is kept beside the card; if the ballot is still not there an hour after closing, show it to the commission and to an observer\n")
	}
	if h.Foreign {
		fmt.Fprintf(c.err, "alert: a ballot was cast with this card that this device has not made\n")
		fmt.Fprintf(c.err, "hint: if you did not cast it on another device, somebody else has your card: vote again, if the vote allows it, and tell the commission\n")
	}
	return !h.Foreign && len(h.Lost) == 0
}
