package commission

import (
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"mandate/ballot/record"
	"mandate/ballot/roll"
	"mandate/ballot/text"
)

// Member opens an entry of the private roll for publication, which its member must have agreed to.
func Member(private *roll.Roll, entry int) record.Member {
	o := private.Opening(entry)
	return record.Member{Entry: o.Index, Salt: o.Salt, Number: o.Number, Name: o.Name}
}

// Announce announces the next forum of all members, and returns its number. place is an address, or empty.
func (c *Commission) Announce(ctx context.Context, vote record.ID, title text.Texts, starts time.Time, place string) (number uint64, err error) {
	v, by, err := c.vote(ctx, vote)
	if err != nil {
		return 0, err
	}
	number = uint64(len(v.Forums())) + 1
	_, err = c.post(ctx, vote, &record.Forum{By: by, Number: number, Title: title, Starts: uint64(max(starts.Unix(), 0)), Place: place})
	return number, err
}

// Held says that a forum was held. recording is the SHA-256 of its recording, zero if there is none (yet), and url where that is.
func (c *Commission) Held(ctx context.Context, vote record.ID, number uint64, recording record.ID, url string) error {
	_, by, err := c.vote(ctx, vote)
	if err != nil {
		return err
	}
	_, err = c.post(ctx, vote, &record.ForumHeld{By: by, Number: number, Recording: recording, URL: url})
	return err
}

// State posts a statement under its member's name.
func (c *Commission) State(ctx context.Context, vote record.ID, side, words string, member record.Member) (record.ID, error) {
	_, by, err := c.vote(ctx, vote)
	if err != nil {
		return record.ID{}, err
	}
	return c.post(ctx, vote, &record.Statement{By: by, Side: side, Text: text.Clean(words), Member: &member})
}

// Withhold says that a statement is not published, with the reason. words is its text, which the board need not have; only its hash is
// posted.
func (c *Commission) Withhold(ctx context.Context, vote record.ID, side, words, reason string) error {
	_, by, err := c.vote(ctx, vote)
	if err != nil {
		return err
	}
	_, err = c.post(ctx, vote, &record.Withheld{By: by, Side: side, Hash: sha256.Sum256([]byte(text.Clean(words))), Reason: reason})
	return err
}

// Nominate nominates a member under a slug and a name, with its seconders, as one of groups that representation rules of the contest are about.
func (c *Commission) Nominate(ctx context.Context, vote record.ID, slug string, name text.Texts, member record.Member, seconders []record.Member, groups ...string) error {
	_, by, err := c.vote(ctx, vote)
	if err != nil {
		return err
	}
	_, err = c.post(ctx, vote, &record.Nomination{By: by, Slug: slug, Name: name, Member: member, Seconders: seconders, Groups: groups})
	return err
}

// Accept says that somebody who was nominated stands. statement and photo are the SHA-256 of the files, zero if there are none.
func (c *Commission) Accept(ctx context.Context, vote record.ID, slug string, statement, photo record.ID) error {
	_, by, err := c.vote(ctx, vote)
	if err != nil {
		return err
	}
	_, err = c.post(ctx, vote, &record.Acceptance{By: by, Slug: slug, Statement: statement, Photo: photo})
	return err
}

// Withdraw says that somebody does not stand any more.
func (c *Commission) Withdraw(ctx context.Context, vote record.ID, slug, reason string) error {
	_, by, err := c.vote(ctx, vote)
	if err != nil {
		return err
	}
	_, err = c.post(ctx, vote, &record.Withdrawal{By: by, Slug: slug, Reason: reason})
	return err
}

// Extend extends voting to a time.
func (c *Commission) Extend(ctx context.Context, vote record.ID, closes time.Time, reason string) error {
	v, by, err := c.vote(ctx, vote)
	if err != nil {
		return err
	}
	// The board refuses more than the rules allow, but a record that breaks them would be this officer's fault for ever.
	if limit := v.Rules().Changes.Extend; limit == 0 {
		return fmt.Errorf("the rules of this vote do not allow voting to be extended")
	}
	_, err = c.post(ctx, vote, &record.Extend{By: by, Closes: uint64(max(closes.Unix(), 0)), Reason: reason})
	return err
}

// Cancel ends a vote before it opens.
func (c *Commission) Cancel(ctx context.Context, vote record.ID, reason string) error {
	v, by, err := c.vote(ctx, vote)
	if err != nil {
		return err
	}
	if !v.Rules().Changes.Cancel {
		return fmt.Errorf("the rules of this vote do not allow it to be cancelled")
	}
	_, err = c.post(ctx, vote, &record.Cancel{By: by, Reason: reason})
	return err
}

// Annul ends a vote between its opening and its result.
func (c *Commission) Annul(ctx context.Context, vote record.ID, reason string) error {
	v, by, err := c.vote(ctx, vote)
	if err != nil {
		return err
	}
	if !v.Rules().Changes.Annul {
		return fmt.Errorf("the rules of this vote do not allow it to be annulled")
	}
	_, err = c.post(ctx, vote, &record.Annul{By: by, Reason: reason})
	return err
}
