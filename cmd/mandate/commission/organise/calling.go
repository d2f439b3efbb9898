package organise

import (
	"context"
	"fmt"
	"strings"
	"time"

	"mandate/ballot/contest"
	"mandate/ballot/record"
	"mandate/ballot/rules"
	"mandate/ballot/text"
)

const callUsage = `Proposes a vote by a rules file, on the round's next free slots. A vote for a reason is called by this; a petition begins, and a body's
members can sign.

Usage:
    mandate organise call -board URL -dir FOLDER -round ID -rules FILE -title LANG=TEXT … [FLAGS]

` + commonUsage + `    -round ID           the round whose cards are used
    -rules FILE         the rules file; mandate rules shows and checks them
    -template NAME      instead, a rules file that comes with the program
    -parties FILE       who counts, may call and must respond: TOML with threshold, quorum, responder (a key) and tables
                        [[trustee]], [[body]], [[relay]] of name, url and key, [witnesses] of need and keys
    -trustee FILE       a trustee's entry, besides those in -parties; once for each
    -threshold N        so many trustees open the result; default more than half of them
    -quorum N           so many must have signed the ballot box first
    -title LANG=TEXT    the vote's title, once for each language
    -question LANG=TEXT the question, if it is not the title
    -option OPTION      own options, where the rules allow them: "ID en=TEXT | es=TEXT", once for each
    -reason TEXT        why the vote is called, where the rules ask for a reason
    -sponsor NUMBER     a member who starts the petition with their name, by member number; once for each
    -roll FILE          the private roll, in which sponsors are found
    -requires ID        another vote whose result must come first; once for each
    -not-before DATE    voting opens no earlier, with the time zone
    -mock               a rehearsal that decides nothing

Example:
    mandate organise call -board https://board.example.org -dir officer -round 77ab… -template chapter-endorsement \
        -parties parties.toml -title "en=Endorse Sam Field?" -reason "Resolution of 1 March" -requires 5f0c… -requires 9be1…
`

func propose(ctx context.Context, c *call) error {
	round, err := record.ParseID(c.get("round"))
	if err != nil {
		return misuse("-round: %w", err)
	}
	by, err := readRules(c.get("rules"), c.get("template"))
	if err != nil {
		return err
	}
	who, err := c.who()
	if err != nil {
		return err
	}
	ceremony, err := who.ceremony()
	if err != nil {
		return err
	}
	p, err := c.parameters(by, who)
	if err != nil {
		return err
	}
	id, err := c.officer.Propose(ctx, round, by, p, ceremony)
	if err != nil {
		return err
	}
	c.say("vote: %s", id)
	return nil
}

func readRules(file, template string) (*rules.Rules, error) {
	if (file == "") == (template == "") {
		return nil, misuse("one of -rules and -template is needed")
	}
	if template != "" {
		r, err := rules.Template(template)
		if err != nil {
			return nil, misuse("-template: %w", err)
		}
		return r, nil
	}
	b, err := readFile("-rules", file, rules.MaxSize+1)
	if err != nil {
		return nil, err
	}
	r, err := rules.Parse(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return r, nil
}

// parameters reads what is particular to the vote.
func (c *call) parameters(by *rules.Rules, who *parties) (p rules.Parameters, err error) {
	p.Now, p.Reason, p.Mock = uint64(max(time.Now().Unix(), 0)), c.get("reason"), *c.toggle["mock"]
	if p.Title, err = readTexts("title", c.all("title")); err != nil {
		return p, err
	}
	if len(c.all("question")) > 0 {
		if p.Question, err = readTexts("question", c.all("question")); err != nil {
			return p, err
		}
	}
	for _, s := range c.all("option") {
		o, err := readOption(s)
		if err != nil {
			return p, err
		}
		p.Options = append(p.Options, o)
	}
	for _, s := range c.all("requires") {
		id, err := record.ParseID(s)
		if err != nil {
			return p, misuse("-requires: %w", err)
		}
		p.Requires = append(p.Requires, id)
	}
	if s := c.get("not-before"); s != "" {
		t, err := readTime("not-before", s)
		if err != nil {
			return p, err
		}
		p.NotBefore = uint64(max(t.Unix(), 0))
	}
	if numbers := c.all("sponsor"); len(numbers) > 0 {
		find, err := people(c.get("roll"))
		if err != nil {
			return p, err
		}
		if p.Sponsors, err = several(find, "sponsor", numbers); err != nil {
			return p, err
		}
	}
	if by.Call.By == record.CallBody {
		if p.Body, err = who.body(); err != nil {
			return p, err
		}
	}
	if by.Response != nil {
		p.Responder, err = who.responder()
	}
	return p, err
}

// readOption reads "ID en=TEXT | es=TEXT".
func readOption(s string) (contest.Option, error) {
	id, titles, ok := strings.Cut(strings.TrimSpace(s), " ")
	if !ok {
		return contest.Option{}, misuse("-option %q: want an id and its titles, such as \"north en=The north | es=El norte\"", s)
	}
	var given []string
	for t := range strings.SplitSeq(titles, "|") {
		given = append(given, strings.TrimSpace(t))
	}
	title, err := readTexts("option", given)
	if err == nil {
		err = text.CheckSlug("-option", id)
	}
	return contest.Option{ID: id, Title: title}, err
}
