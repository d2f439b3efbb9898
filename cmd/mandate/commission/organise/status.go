package organise

import (
	"context"
	"fmt"
	"io"
	"time"

	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/cmd/mandate/party"
	"mandate/verifier"
)

const statusUsage = `Shows how a vote stands: what has happened, what comes next, and who owes it. Without -vote it lists the votes on the board.

Usage:
    mandate organise status -board URL [-vote ID] [-lang LANG]

    -board URL    the board; its log is read and checked
    -vote ID      the vote
    -lang LANG    the language of titles, such as es; en if it is not there

Example:
    mandate organise status -board https://board.example.org -vote 5f0c…
`

func status(ctx context.Context, c *call) error {
	lang := c.get("lang")
	if lang == "" {
		lang = "en"
	}
	s := c.view.State()
	if c.vote == (record.ID{}) {
		for _, v := range s.Votes() {
			c.say("%s  %-9v  %s", v.ID, v.Phase, v.Manifest.Title.In(lang))
		}
		return nil
	}
	v := s.Vote(c.vote)
	if v == nil {
		return fmt.Errorf("vote %s is not on the board", c.vote)
	}
	lines, err := story(ctx, c.view, c.vote)
	if err != nil {
		return err
	}
	c.say("%s\nvote: %s\nphase: %v\n\nWhat has happened, by the log's time:", v.Manifest.Title.In(lang), v.ID, v.Phase)
	for _, l := range lines {
		c.say("  %s  %s", l.Date, l.Text)
	}
	next(c.out, s, v)
	return nil
}

// story folds the log again and returns what has happened in a vote, in the verifier's words.
func story(ctx context.Context, board party.Board, vote record.ID) ([]verifier.Line, error) {
	s, tell := fold.New(), verifier.NewStory()
	err := board.Records(ctx, 0, func(index uint64, raw []byte) error {
		p := s.Prepare([][]byte{raw})[0]
		tell.Add(s, index, p, s.Apply(p))
		return nil
	})
	return tell.Of(vote), err
}

// next says what comes next: what the rules still ask for before the vote opens, and what is owed.
func next(w io.Writer, s *fold.State, v *fold.Vote) {
	if v.Phase == fold.Proposed || v.Phase == fold.Called {
		if gaps := s.Gaps(v); len(gaps) > 0 {
			fmt.Fprintf(w, "\nBefore voting opens:\n")
			for _, g := range gaps {
				fmt.Fprintf(w, "  %s  %s\n", g.Code, g.Sentence)
			}
		}
		if v.Phase == fold.Called {
			fmt.Fprintf(w, "\nVoting opens on %s at the earliest.\n", date(v.Manifest.Opens))
		}
	}
	duties := v.Duties(s.Now())
	if len(duties) > 0 {
		fmt.Fprintf(w, "\nWho owes what:\n")
	}
	for _, d := range duties {
		until := ""
		switch {
		case d.Overdue:
			until = " OVERDUE since " + date(d.Deadline)
		case d.Deadline > 0:
			until = " by " + date(d.Deadline)
		}
		fmt.Fprintf(w, "  %s: %s%s\n", d.Who, d.What, until)
	}
	if v.Rules() != nil && len(duties) == 0 && (v.Ended() || v.Phase == fold.Certified) {
		fmt.Fprintf(w, "\nNobody owes anything.\n")
	}
}

func date(seconds uint64) string {
	return time.Unix(int64(seconds), 0).UTC().Format("2006-01-02 15:04 UTC")
}
