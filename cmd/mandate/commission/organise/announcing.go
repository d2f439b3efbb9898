package organise

import (
	"context"
	"flag"
	"fmt"
	"strconv"
	"strings"
	"time"

	"mandate/ballot/record"
	entries "mandate/ballot/roll"
	"mandate/cmd/mandate/daemon"
	"mandate/cmd/mandate/roll"
)

var rollVerb = &verb{
	usage: `Announces a roll: who has a vote, as of a date. On the board stand hashes alone, in which each member finds themselves. It cannot be
changed afterwards. Give the registrars the private roll before, and let them look at it.

Usage:
    mandate organise roll -board URL -dir FOLDER -members FOLDER -name SLUG
    mandate organise roll -board URL -dir FOLDER -roll FILE

` + commonUsage + `    -members FOLDER     the folder of mandate roll; that the roll is on the board is noted there
    -name SLUG          the roll in it
    -roll FILE          instead, a private roll alone

Example:
    mandate organise roll -config commission.toml -members members -name everybody
`,
	flags: func(c *call, f *flag.FlagSet) { c.texts(f, "members", "name", "roll") },
	run: func(ctx context.Context, c *call) error {
		var (
			folder  *roll.Folder
			private *entries.Roll
			err     error
		)
		switch {
		case c.get("roll") != "" && c.get("members") == "" && c.get("name") == "":
			b, err := readFile("-roll", c.get("roll"), maxRoll)
			if err != nil {
				return err
			}
			if private, err = entries.Parse(b); err != nil {
				return fmt.Errorf("-roll: %w", err)
			}
		case c.get("roll") == "" && c.get("members") != "" && c.get("name") != "":
			if folder, err = roll.Open(c.get("members")); err != nil {
				return fmt.Errorf("-members: %w", err)
			}
			if _, private, err = folder.Roll(c.get("name")); err != nil {
				return err
			}
		default:
			return misuse("-members and -name are needed, or -roll alone")
		}
		id, err := c.officer.PublishRoll(ctx, private, func(int, int) {})
		if err != nil {
			return err
		}
		if folder != nil {
			if err := folder.Committed(c.get("name"), id); err != nil {
				return fmt.Errorf("the roll is on the board as record %s; noting that: %w", id, err)
			}
		}
		c.say("roll: %s", id)
		return nil
	},
}

var roundVerb = &verb{
	usage: `Announces a round, in which the members of a roll collect a voter card each, good for several votes. All registrars that are named have to
sign every card, so that one who is honest is enough to keep the number of cards right. What is announced stays.

Usage:
    mandate organise round -board URL -dir FOLDER -roll ID -title LANG=TEXT … -registrar FILE … -opens DATE -closes DATE [-slots N] [-petitions N]

` + commonUsage + `    -roll ID            the record that announced the roll
    -title LANG=TEXT    the title, once for each language
    -registrar FILE     a registrar's entry, which mandate registrar init has written; once for each
    -opens DATE         from when cards can be collected: with the time zone, or "+2h" from now
    -closes DATE        until when
    -slots N            for how many votes and petitions the cards are good; default 6
    -petitions N        how many of them petitions may take; default half of them

Example:
    mandate organise round -config commission.toml -roll 77aa… -title "en=Cards of 2027" -registrar one-entry.toml \
        -registrar two-entry.toml -opens +1h -closes 2027-12-31T20:00:00Z
`, needs: []string{"roll", "title", "registrar", "opens", "closes"},
	flags: func(c *call, f *flag.FlagSet) {
		c.texts(f, "roll", "opens", "closes", "slots", "petitions")
		c.lists(f, "title", "registrar")
	},
	run: func(ctx context.Context, c *call) error {
		of, err := record.ParseID(c.get("roll"))
		if err != nil {
			return misuse("-roll: %w", err)
		}
		title, err := readTexts("title", c.all("title"))
		if err != nil {
			return err
		}
		opens, closes, err := c.window()
		if err != nil {
			return err
		}
		slots, err := c.number("slots", 6)
		if err != nil {
			return err
		}
		petitions, err := c.number("petitions", slots/2)
		if err != nil {
			return err
		}
		e, err := daemon.ReadEntries(c.all("registrar"))
		if err != nil {
			return fmt.Errorf("-registrar: %w", err)
		}
		r := &record.Round{Title: title, Roll: of, Slots: slots, PetitionSlots: petitions, Opens: opens, Closes: closes}
		for _, x := range e.Registrars {
			r.Registrars = append(r.Registrars, x.Registrar())
		}
		if len(r.Registrars) == 0 {
			return misuse("-registrar: the files have no [[registrar]]")
		}
		id, err := c.officer.PostRound(ctx, r)
		if err != nil {
			return err
		}
		c.say("round: %s", id)
		if len(r.Registrars) == 1 {
			fmt.Fprintln(c.err, "• With one registrar the vote proves nothing about who may vote: it could make cards for nobody. Use two at least.")
		}
		return nil
	},
}

// window reads when something begins and ends.
func (c *call) window() (opens, closes uint64, err error) {
	from, err := readMoment("opens", c.get("opens"))
	if err != nil {
		return 0, 0, err
	}
	to, err := readMoment("closes", c.get("closes"))
	if err != nil {
		return 0, 0, err
	}
	if !to.After(from) {
		return 0, 0, misuse("-closes %s is not after -opens %s", c.get("closes"), c.get("opens"))
	}
	return uint64(max(from.Unix(), 0)), uint64(max(to.Unix(), 0)), nil
}

// readMoment reads a date with its time zone, or how long from now.
func readMoment(flag, s string) (time.Time, error) {
	after, ok := strings.CutPrefix(s, "+")
	if !ok {
		return readTime(flag, s)
	}
	d, err := time.ParseDuration(after)
	if err != nil {
		return time.Time{}, misuse("-%s %q: want how long from now, such as +90m", flag, s)
	}
	return time.Now().Add(d), nil
}

// number reads a number, or the default.
func (c *call) number(flag string, otherwise uint64) (uint64, error) {
	s := c.get(flag)
	if s == "" {
		return otherwise, nil
	}
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		return 0, misuse("-%s %q: want a number", flag, s)
	}
	return n, nil
}
