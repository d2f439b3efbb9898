package organise

import (
	"context"
	"flag"
	"fmt"
	"strconv"

	"mandate/ballot/record"
	"mandate/cmd/mandate/vault"

	"mandate/cmd/mandate/commission"
)

var verbs = map[string]*verb{
	"status": {
		usage: statusUsage, open: true,
		flags: func(c *call, f *flag.FlagSet) { c.texts(f, "vote", "lang") },
		run:   status,
	},
	"call": {
		usage: callUsage, needs: []string{"round", "title"},
		flags: func(c *call, f *flag.FlagSet) {
			c.partiesFlags(f)
			c.texts(f, "round", "rules", "template", "roll", "reason", "not-before")
			c.lists(f, "title", "question", "sponsor", "requires", "option")
			c.switches(f, "mock")
		},
		run: propose,
	},
	"roll":    rollVerb,
	"round":   roundVerb,
	"vote":    voteVerb,
	"key":     keyVerb,
	"sign":    signVerb,
	"respond": respondVerb,
	"replace": replaceVerb,
	"forum": {
		usage: `Announces the next forum of all members. The rules of the vote say how long before it has to be announced.

Usage:
    mandate organise forum -board URL -dir FOLDER -vote ID -title LANG=TEXT … -starts DATE [-place URL]

` + commonUsage + `    -vote ID            the vote
    -title LANG=TEXT    the title, once for each language of the vote
    -starts DATE        when it starts, with the time zone
    -place URL          where it is held or shown

Example:
    mandate organise forum -board https://board.example.org -dir officer -vote 5f0c… \
        -title "en=Forum 1" -title "es=Foro 1" -starts 2027-03-01T19:00:00-05:00 -place https://forum.example.org/1
`, needs: []string{"vote", "title", "starts"},
		flags: func(c *call, f *flag.FlagSet) { c.texts(f, "vote", "starts", "place"); c.lists(f, "title") },
		run: func(ctx context.Context, c *call) error {
			title, err := readTexts("title", c.all("title"))
			if err != nil {
				return err
			}
			starts, err := readTime("starts", c.get("starts"))
			if err != nil {
				return err
			}
			number, err := c.officer.Announce(ctx, c.vote, title, starts, c.get("place"))
			if err == nil {
				c.say("forum: %d", number)
			}
			return err
		},
	},
	"held": {
		usage: `Says that a forum was held, with its recording. Without a recording it can be said again when there is one.

Usage:
    mandate organise held -board URL -dir FOLDER -vote ID -number N [-recording FILE -url URL]

` + commonUsage + `    -vote ID            the vote
    -number N           the forum, from 1
    -recording FILE     the recording; its SHA-256 is posted
    -url URL            where members find it

Example:
    mandate organise held -board https://board.example.org -dir officer -vote 5f0c… -number 1 \
        -recording forum-1.webm -url https://video.example.org/forum-1.webm
`, needs: []string{"vote", "number"},
		flags: func(c *call, f *flag.FlagSet) { c.texts(f, "vote", "number", "recording", "url") },
		run: func(ctx context.Context, c *call) error {
			number, err := strconv.ParseUint(c.get("number"), 10, 64)
			if err != nil {
				return misuse("-number %q: want a number", c.get("number"))
			}
			hash, err := hashOf("-recording", c.get("recording"))
			if err != nil {
				return err
			}
			if err := c.officer.Held(ctx, c.vote, number, hash, c.get("url")); err != nil {
				return err
			}
			if hash != (record.ID{}) {
				c.say("recording: %s", hash)
			}
			return nil
		},
	},
	"statement": {
		usage: `Posts a member's statement under the member's name, which the member must have agreed to. Members make statements without their
names by themselves: mandate statement.

Usage:
    mandate organise statement -board URL -dir FOLDER -vote ID -side SIDE -text FILE -member NUMBER -roll FILE

` + commonUsage + `    -vote ID            the vote
    -side SIDE          the side, as the rules call it
    -text FILE          the statement
    -member NUMBER      its author, by member number
    -roll FILE          the private roll, in which members are found

Example:
    mandate organise statement -board https://board.example.org -dir officer -vote 5f0c… \
        -side against -text ana.txt -member M-000017 -roll roll.private
`, needs: []string{"vote", "side", "text", "member", "roll"},
		flags: func(c *call, f *flag.FlagSet) { c.texts(f, "vote", "side", "text", "member", "roll") },
		run: func(ctx context.Context, c *call) error {
			words, err := readFile("-text", c.get("text"), record.MaxSize)
			if err != nil {
				return err
			}
			find, err := people(c.get("roll"))
			if err != nil {
				return err
			}
			member, err := find("member", c.get("member"))
			if err != nil {
				return err
			}
			id, err := c.officer.State(ctx, c.vote, c.get("side"), string(words), member)
			if err == nil {
				c.say("statement: %s", id)
			}
			return err
		},
	},
	"withhold": {
		usage: `Withholds a statement, whether it is on the board already or not: it is not sent to members, and pages do not show it. The reason
and the statement's SHA-256 stand on the board.

Usage:
    mandate organise withhold -board URL -dir FOLDER -vote ID -side SIDE -text FILE -reason TEXT

` + commonUsage + `    -vote ID            the vote
    -side SIDE          its side
    -text FILE          the statement
    -reason TEXT        why

Example:
    mandate organise withhold -board https://board.example.org -dir officer -vote 5f0c… \
        -side for -text insult.txt -reason "It insults a member."
`, needs: []string{"vote", "side", "text", "reason"},
		flags: func(c *call, f *flag.FlagSet) { c.texts(f, "vote", "side", "text", "reason") },
		run: func(ctx context.Context, c *call) error {
			words, err := readFile("-text", c.get("text"), record.MaxSize)
			if err != nil {
				return err
			}
			return c.officer.Withhold(ctx, c.vote, c.get("side"), string(words), c.get("reason"))
		},
	},
	"nominate": {
		usage: `Nominates a member, who and whose seconders must have agreed to be named.

Usage:
    mandate organise nominate -board URL -dir FOLDER -vote ID -slug WORD -name LANG=NAME … -member NUMBER [-seconder NUMBER …] [-group WORD …] -roll FILE

` + commonUsage + `    -vote ID            the vote
    -slug WORD          a short name in small letters, digits and hyphens
    -name LANG=NAME     the name, once for each language of the vote
    -member NUMBER      who is nominated, by member number
    -seconder NUMBER    who seconds it, by member number; once for each
    -group WORD         a group of the rules that the member is of; once for each
    -roll FILE          the private roll, in which members are found

Example:
    mandate organise nominate -board https://board.example.org -dir officer -vote 5f0c… -slug ana-ruiz \
        -name "en=Ana Ruiz" -name "es=Ana Ruiz" -member M-000017 -seconder M-000020 -seconder M-000021 -roll roll.private
`, needs: []string{"vote", "slug", "name", "member", "roll"},
		flags: func(c *call, f *flag.FlagSet) {
			c.texts(f, "vote", "slug", "member", "roll")
			c.lists(f, "name", "seconder", "group")
		},
		run: func(ctx context.Context, c *call) error {
			name, err := readTexts("name", c.all("name"))
			if err != nil {
				return err
			}
			find, err := people(c.get("roll"))
			if err != nil {
				return err
			}
			member, err := find("member", c.get("member"))
			if err != nil {
				return err
			}
			seconders, err := several(find, "seconder", c.all("seconder"))
			if err != nil {
				return err
			}
			return c.officer.Nominate(ctx, c.vote, c.get("slug"), name, member, seconders, c.all("group")...)
		},
	},
	"accept": {
		usage: `Says that a nominated member stands, with the files of statement and photo.

Usage:
    mandate organise accept -board URL -dir FOLDER -vote ID -slug WORD [-statement FILE] [-photo FILE]

` + commonUsage + `    -vote ID            the vote
    -slug WORD          the short name of the nomination
    -statement FILE     the candidate's statement; its SHA-256 is posted
    -photo FILE         the photo; its SHA-256 is posted

Example:
    mandate organise accept -board https://board.example.org -dir officer -vote 5f0c… -slug ana-ruiz -statement ana.txt -photo ana.jpg
`, needs: []string{"vote", "slug"},
		flags: func(c *call, f *flag.FlagSet) { c.texts(f, "vote", "slug", "statement", "photo") },
		run: func(ctx context.Context, c *call) error {
			statement, err := hashOf("-statement", c.get("statement"))
			if err != nil {
				return err
			}
			photo, err := hashOf("-photo", c.get("photo"))
			if err != nil {
				return err
			}
			return c.officer.Accept(ctx, c.vote, c.get("slug"), statement, photo)
		},
	},
	"withdraw": {
		usage: `Says that a candidate does not stand any more.

Usage:
    mandate organise withdraw -board URL -dir FOLDER -vote ID -slug WORD -reason TEXT

` + commonUsage + `    -vote ID            the vote
    -slug WORD          the short name of the nomination
    -reason TEXT        why

Example:
    mandate organise withdraw -board https://board.example.org -dir officer -vote 5f0c… -slug ana-ruiz -reason "She moves abroad."
`, needs: []string{"vote", "slug", "reason"},
		flags: func(c *call, f *flag.FlagSet) { c.texts(f, "vote", "slug", "reason") },
		run: func(ctx context.Context, c *call) error {
			return c.officer.Withdraw(ctx, c.vote, c.get("slug"), c.get("reason"))
		},
	},
	"packet": {
		usage: `Makes the one file that every member is sent: the question, the selected statements, candidates and recordings as they stand on the
board. The same board gives the same file. With -post it is also posted, with its SHA-256.

Usage:
    mandate organise packet -board URL -dir FOLDER -vote ID -out FILE [-statement FILE …] [-post -url URL]

` + commonUsage + `    -vote ID            the vote
    -out FILE           where the packet is written
    -statement FILE     a candidate's statement, to be put in; once for each
    -post               post it
    -url URL            where members find it

Example:
    mandate organise packet -board https://board.example.org -dir officer -vote 5f0c… -out packet.txt \
        -post -url https://www.example.org/packet.txt
`, needs: []string{"vote", "out"},
		flags: func(c *call, f *flag.FlagSet) {
			c.texts(f, "vote", "out", "url")
			c.lists(f, "statement")
			c.switches(f, "post")
		},
		run: packet,
	},
	"step": {
		usage: `Does what is due now in all votes: opens those whose rules are met, closes, certifies, restarts the making of a key that has failed.

Usage:
    mandate organise step -board URL -dir FOLDER

` + commonUsage + `
Example:
    mandate organise step -board https://board.example.org -dir officer
`,
		flags: func(*call, *flag.FlagSet) {},
		run: func(ctx context.Context, c *call) error {
			posted, err := c.officer.Step(ctx)
			switch {
			case err != nil:
				return err
			case posted:
				c.say("It is done.")
			default:
				c.say("Nothing is due.")
			}
			return nil
		},
	},
	"remove": {
		usage: `Takes entries off a roll that is on the board, or puts them back. It stops their members from collecting a card, and nothing else: a card
that was collected is anonymous, cannot be recalled, and still votes. The reason stands on the board for good beside the entry's number, to
which the member and every registrar can put a name: say the rule, not the story.

Usage:
    mandate organise remove -board URL -dir FOLDER -roll ID -entry N [-entry N]… -reason TEXT [-back]

` + commonUsage + `    -roll ID            the record that announced the roll; mandate roll remove and mandate roll show -member say it, and the entry
    -entry N            an entry, from 0; may be given several times
    -reason TEXT        why, at most 200 bytes: "membership lapsed", "resigned", "died", "on the roll twice"
    -back               put the entries back

Example:
    mandate organise remove -board https://board.example.org -dir officer -roll 77aa… -entry 1204 -reason "membership lapsed"
`, needs: []string{"roll", "entry", "reason"},
		flags: func(c *call, f *flag.FlagSet) {
			c.texts(f, "roll", "reason")
			c.lists(f, "entry")
			c.switches(f, "back")
		},
		run: func(ctx context.Context, c *call) error {
			roll, err := record.ParseID(c.get("roll"))
			if err != nil {
				return misuse("-roll: %w", err)
			}
			var entries []uint64
			for _, s := range c.all("entry") {
				n, err := strconv.ParseUint(s, 10, 64)
				if err != nil {
					return misuse("-entry %q: want a number", s)
				}
				entries = append(entries, n)
			}
			id, err := c.officer.RemoveFromRoll(ctx, roll, entries, !*c.toggle["back"], c.get("reason"))
			if err == nil {
				c.say("record: %s", id)
			}
			return err
		},
	},
	"extend": {
		usage: `Extends voting, as far as the rules allow.

Usage:
    mandate organise extend -board URL -dir FOLDER -vote ID -closes DATE -reason TEXT

` + commonUsage + `    -vote ID            the vote
    -closes DATE        the new end of voting, with the time zone
    -reason TEXT        why

Example:
    mandate organise extend -board https://board.example.org -dir officer -vote 5f0c… \
        -closes 2027-03-20T20:00:00-05:00 -reason "The board could not be reached for a day."
`, needs: []string{"vote", "closes", "reason"},
		flags: func(c *call, f *flag.FlagSet) { c.texts(f, "vote", "closes", "reason") },
		run: func(ctx context.Context, c *call) error {
			closes, err := readTime("closes", c.get("closes"))
			if err != nil {
				return err
			}
			return c.officer.Extend(ctx, c.vote, closes, c.get("reason"))
		},
	},
	"cancel": ending("cancel", "Cancels a vote before it opens, if its rules allow that. It cannot be taken back.", (*commission.Commission).Cancel),
	"annul":  ending("annul", "Annuls a vote between its opening and its result, if its rules allow that. It cannot be taken back.", (*commission.Commission).Annul),
}

func ending(name, what string, do func(*commission.Commission, context.Context, record.ID, string) error) *verb {
	return &verb{
		usage: what + fmt.Sprintf(`

Usage:
    mandate organise %[1]s -board URL -dir FOLDER -vote ID -reason TEXT

%[2]s    -vote ID            the vote
    -reason TEXT        why

Example:
    mandate organise %[1]s -board https://board.example.org -dir officer -vote 5f0c… -reason "The candidate has left the race."
`, name, commonUsage), needs: []string{"vote", "reason"},
		flags: func(c *call, f *flag.FlagSet) { c.texts(f, "vote", "reason") },
		run: func(ctx context.Context, c *call) error {
			return do(c.officer, ctx, c.vote, c.get("reason"))
		},
	}
}

func packet(ctx context.Context, c *call) error {
	if *c.toggle["post"] == (c.get("url") == "") {
		return misuse("-post and -url are given together or not at all")
	}
	v := c.view.State().Vote(c.vote)
	if v == nil || v.Rules() == nil {
		return fmt.Errorf("vote %s with rules is not on the board", c.vote.Short())
	}
	var statements [][]byte
	for _, path := range c.all("statement") {
		b, err := readFile("-statement", path, 1<<20)
		if err != nil {
			return err
		}
		statements = append(statements, b)
	}
	file, err := commission.MakePacket(c.view.State(), v, statements...)
	if err != nil {
		return err
	}
	if err := vault.WriteFile(c.get("out"), file, 0o644); err != nil {
		return fmt.Errorf("-out: %w", err)
	}
	hash, err := hashOf("-out", c.get("out"))
	if err != nil {
		return err
	}
	c.say("packet: %s", c.get("out"))
	c.say("sha-256: %s", hash)
	if !*c.toggle["post"] {
		return nil
	}
	id, err := c.officer.PostPacket(ctx, c.vote, file, c.get("url"), statements...)
	if err == nil {
		c.say("record: %s", id)
	}
	return err
}
