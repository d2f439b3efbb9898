package mail

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/term"

	"mandate/ballot/record"
	"mandate/ballot/text"
	"mandate/cmd/mandate/registrar/issuing"
	"mandate/cmd/mandate/roll"
)

const factsUsage = `    -config FILE        who sends, and through which server: TOML
    -letter NAME        invitation, reminder, packet, closing or result
    -title LANG=TEXT    the title of round or vote, once for each language
    -closes DATE        when cards can no longer be collected, or voting closes, with the time zone
    -vote ID            the vote; of packet, closing and result
    -packet FILE        the packet; of the letter packet, with
    -packet-url URL         where members find it
    -words LANG=FILE    what else is to be said, such as the result, once for each language
`

const listsUsage = `    -round ID           the round whose cards the codes are for; of invitation and reminder
    -codes FILE         the codes, as the registrar wrote them (CSV); -contacts then has languages and newer addresses
    -contacts FILE      how members are reached: contacts.csv from mandate roll export
`

const configUsage = `The configuration:

    organisation = "The Example Society"
    sender = "Registrar 2, the Riverside Library"   # as members see it
    contact = "help@example.org"
    board = "https://board.example.org"
    registrar = 2                                   # which of these; 0 or absent for the commission
    registrars = ["The Credit Union", "The Riverside Library"]
    language = "en"                                 # of members whose own is not known
    templates = "letters"                           # optional: own texts
    [from]
    address = "votes@library.example.org"
    name = "Votes"
    reply-to = "help@example.org"
    bounces = "bounces@library.example.org"
    [server]
    host = "smtp.example.org"
    port = 587
    tls = "starttls"                                # or "tls"; "none" on this machine only
    username = "votes"
    password-file = "smtp-password"
    [limits]                                        # optional; these are the defaults
    connections = 2
    per-second = 10
    attempts = 8
    first-retry = "1m"
    longest-retry = "30m"
    patience = "15m"
    most-refused = 50
`

var factFlags = []string{"config", "letter", "closes", "vote", "packet", "packet-url"}

var verbs = map[string]*verb{
	"templates": {
		usage: `Writes the letters' texts into a folder, where they can be edited: LETTER.LANG.txt, LETTER.LANG.html and LETTER.LANG.sms, in English and Spanish.
Another language is one more file. Files that are there are left alone. The configuration names the folder. A text that leaves out code or
link, or loads pictures, is refused when it is used.

Usage:
    mandate mail templates -out FOLDER

Example:
    mandate mail templates -out letters
`, text: []string{"out"}, needs: []string{"out"}, run: writeTemplates,
	},
	"preview": {
		usage: `Shows a letter as a member gets it, with a code that is good for nothing.

Usage:
    mandate mail preview -config FILE -letter NAME -title LANG=TEXT … [-lang LANG] [-html | -sms]

` + factsUsage + `    -lang LANG          the member's language; default en
    -html               the HTML part; without it the plain one
    -sms                the text message

Example:
    mandate mail preview -config mail.toml -letter invitation -title "en=Cards of 2027" -title "es=Tarjetas de 2027" -lang es
`, text: append([]string{"lang"}, factFlags...), lists: []string{"title", "words"}, bools: []string{"html", "sms"}, needs: []string{"config", "letter", "title"}, run: preview,
	},
	"send": {
		usage: `Sends a letter to a list of members, as far as it was not sent under the job's name before. It can be interrupted, and the same command goes on.
A member whose code was drawn anew gets the new one. Reminders go to those to whom the board says this registrar has given no card.

Usage:
    mandate mail send -config FILE -store FOLDER -job NAME -letter NAME -title LANG=TEXT … (-codes FILE -round ID | -contacts FILE) [FLAGS]

` + factsUsage + listsUsage + `    -store FOLDER       where it is kept what was sent
    -job NAME           the job: lower-case letters, digits, hyphens
    -to-all             remind members with a card too, and do not ask the board
    -resend-unknown     send again what the server may have taken already
    -resend-bounced     send again what was refused
    -dry-run            read and check everything, and send nothing

` + configUsage + `
Example:
    mandate mail send -config mail.toml -store mails -job invitation-2027 -letter invitation -round 77ab… \
        -title "en=Cards of 2027" -title "es=Tarjetas de 2027" -closes 2027-03-01T18:00:00Z -codes codes.csv -contacts contacts.csv
`, text: append([]string{"store", "job", "round", "codes", "contacts"}, factFlags...), lists: []string{"title", "words"},
		bools: []string{"to-all", "resend-unknown", "resend-bounced", "dry-run"}, needs: []string{"config", "store", "job", "letter", "title"}, run: sendLetters,
	},
	"status": {
		usage: `Says what became of a job's mails, in figures, or of each with -list: member number, status, and the server's code. Without a job it lists jobs.

Usage:
    mandate mail status -store FOLDER [-job NAME [-list FILE]]

    -list FILE          write a CSV file

Example:
    mandate mail status -store mails -job invitation-2027 -list invitation.csv
`, text: []string{"store", "job", "list"}, needs: []string{"store"}, run: status,
	},
	"bounced": {
		usage: `Notes that mails which the server had taken came back, by member number.

Usage:
    mandate mail bounced -store FOLDER -job NAME NUMBER …

Example:
    mandate mail bounced -store mails -job invitation-2027 M-000017 M-000231
`, text: []string{"store", "job"}, needs: []string{"store", "job"}, args: true, run: bounced,
	},
	"paper": {
		usage: `Writes a file for letters on paper (mail-merge): number, name, language, code and link of members who are not reached by e-mail, and notes them as
reached that way. Delete the file when the letters are printed.

Usage:
    mandate mail paper -config FILE -store FOLDER -job NAME (-codes FILE -round ID | -contacts FILE) -out FILE [-who WHO]

    -config FILE        as for mandate mail send
` + listsUsage + whoUsage + `
Example:
    mandate mail paper -config mail.toml -store mails -job invitation-2027 -codes codes.csv -round 77ab… -out letters.csv -who bounced
`, text: []string{"config", "store", "job", "codes", "contacts", "round", "out", "who"}, needs: []string{"config", "store", "job", "out"}, run: paper,
	},
	"sms": {
		usage: `Writes a file for text messages: number, phone and message of members who are not reached by e-mail and have a phone, and notes them as reached
that way. Delete the file when the messages are sent.

Usage:
    mandate mail sms -config FILE -store FOLDER -job NAME -letter NAME -title LANG=TEXT … -codes FILE -contacts FILE -round ID -out FILE [-who WHO]

` + factsUsage + listsUsage + whoUsage + `
Example:
    mandate mail sms -config mail.toml -store mails -job invitation-2027 -letter invitation -title "en=Cards of 2027" \
        -codes codes.csv -contacts contacts.csv -round 77ab… -out messages.csv
`, text: append([]string{"store", "job", "codes", "contacts", "round", "out", "who"}, factFlags...), lists: []string{"title", "words"},
		needs: []string{"config", "store", "job", "letter", "title", "codes", "contacts", "out"}, run: sms,
	},
}

const whoUsage = `    -store FOLDER       where it is kept what was sent
    -job NAME           the job
    -out FILE           the file; only its owner can read it
    -who WHO            unreachable: those without an address (the default); bounced: those too whose mail was refused; all
`

func writeTemplates(_ context.Context, c *call) error {
	written, err := WriteDefaults(c.get("out"))
	for _, path := range written {
		c.say("%s", path)
	}
	return err
}

// facts reads configuration and flags.
func (c *call) facts() (*Config, *Facts, Letter, error) {
	config, err := ReadConfig(c.get("config"))
	if err != nil {
		return nil, nil, "", err
	}
	f := config.Facts()
	letter := Letter(c.get("letter"))
	if !slices.Contains(Letters, letter) {
		return nil, nil, "", misuse("-letter %q: is none of %v", letter, Letters)
	}
	f.Title = make(text.Texts)
	for _, given := range c.all("title") {
		lang, words, ok := strings.Cut(given, "=")
		if !ok {
			return nil, nil, "", misuse("-title %q: want a language and the text, such as en=Cards of 2027", given)
		}
		f.Title[lang] = text.Clean(words)
	}
	if s := c.get("closes"); s != "" {
		if f.Closes, err = time.Parse(time.RFC3339, s); err != nil {
			return nil, nil, "", misuse("-closes %q: want a date with its time zone, such as 2027-03-01T18:00:00Z", s)
		}
	}
	if s := c.get("vote"); s != "" {
		if f.Vote, err = record.ParseID(s); err != nil {
			return nil, nil, "", misuse("-vote: %w", err)
		}
	}
	f.PacketURL = c.get("packet-url")
	if path := c.get("packet"); path != "" {
		file, err := os.Open(path)
		if err != nil {
			return nil, nil, "", fmt.Errorf("-packet: %w", err)
		}
		defer file.Close()
		h := sha256.New()
		if _, err := io.Copy(h, file); err != nil {
			return nil, nil, "", fmt.Errorf("-packet: %w", err)
		}
		f.PacketHash = hex.EncodeToString(h.Sum(nil))
	}
	f.Words = make(map[string]string)
	for _, given := range c.all("words") {
		lang, path, ok := strings.Cut(given, "=")
		if !ok {
			return nil, nil, "", misuse("-words %q: want a language and a file, such as en=result.txt", given)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return nil, nil, "", fmt.Errorf("-words: %w", err)
		}
		words := strings.ReplaceAll(text.Clean(string(b)), "\r\n", "\n")
		if err := text.CheckLong("-words: "+path, words, 20_000); err != nil {
			return nil, nil, "", err
		}
		f.Words[lang] = words
	}
	if err := f.check(letter); err != nil {
		return nil, nil, "", misuse("%w", err)
	}
	return config, &f, letter, nil
}

func preview(_ context.Context, c *call) error {
	config, f, letter, err := c.facts()
	if err != nil {
		return err
	}
	t, err := LoadTemplates(config.Templates)
	if err != nil {
		return err
	}
	var r Recipient
	if letter.HasCode() {
		desk := issuing.Desk{Registrar: max(1, config.Registrar)}
		code := issuing.NewCode()
		r.Code, r.Link = desk.Text(code), desk.Link(strings.TrimRight(f.Board, "/")+"/booth/card", code)
	}
	r.Language = cmp.Or(c.get("lang"), config.Language, "en")
	if c.on("sms") {
		m, err := t.sms(letter, f, &r, cmp.Or(config.Language, "en"))
		if err == nil {
			c.say("%s", m)
		}
		return err
	}
	w, err := t.write(letter, f, &r, cmp.Or(config.Language, "en"))
	if err != nil {
		return err
	}
	if c.on("html") {
		c.say("%s", strings.TrimRight(w.html, "\n"))
		return nil
	}
	c.say("Subject: %s\n\n%s", w.subject, strings.TrimRight(w.text, "\n"))
	return nil
}

// recipients reads to whom a letter goes.
func (c *call) recipients(config *Config, codes bool) ([]*Recipient, issuing.Desk, error) {
	var desk issuing.Desk
	var list, contacts []*Recipient
	if path := c.get("contacts"); path != "" {
		f, err := os.Open(path)
		if err != nil {
			return nil, desk, fmt.Errorf("-contacts: %w", err)
		}
		defer f.Close()
		var warnings, problems []roll.Problem
		contacts, warnings, problems, err = ReadContacts(f)
		c.tell(path, warnings, problems)
		if err != nil {
			return nil, desk, fmt.Errorf("-contacts: %s: %w", path, err)
		}
	}
	if !codes {
		if c.get("codes") != "" {
			return nil, desk, misuse("-codes: this letter has no codes; give -contacts")
		}
		if contacts == nil {
			return nil, desk, misuse("-contacts is needed")
		}
		return contacts, desk, nil
	}
	if c.get("codes") == "" || c.get("round") == "" {
		return nil, desk, misuse("-codes and -round are needed: this letter has the member's code")
	}
	if config.Registrar == 0 {
		return nil, desk, errors.New("the configuration says of no registrar whose codes these are: set registrar and registrars")
	}
	round, err := record.ParseID(c.get("round"))
	if err != nil {
		return nil, desk, misuse("-round: %w", err)
	}
	desk = issuing.Desk{Round: round, Registrar: config.Registrar}
	path := c.get("codes")
	f, err := os.Open(path)
	if err != nil {
		return nil, desk, fmt.Errorf("-codes: %w", err)
	}
	defer f.Close()
	list, warnings, problems, err := ReadCodes(f, desk)
	c.tell(path, warnings, problems)
	if err != nil {
		return nil, desk, fmt.Errorf("-codes: %s: %w", path, err)
	}
	if contacts != nil {
		if missing := Join(list, contacts); missing > 0 {
			fmt.Fprintf(c.err, "warning: %d members with codes have no line in %s\n", missing, c.get("contacts"))
		}
	}
	return list, desk, nil
}

// tell writes what is wrong with a list, by line and column.
func (c *call) tell(path string, warnings, problems []roll.Problem) {
	const most = 20
	for _, x := range []struct {
		what string
		list []roll.Problem
	}{{"warning", warnings}, {"problem", problems}} {
		for i, p := range x.list {
			if i == most {
				fmt.Fprintf(c.err, "%s: %s: and %d more\n", x.what, path, len(x.list)-most)
				break
			}
			fmt.Fprintf(c.err, "%s: %s: %s\n", x.what, path, p)
		}
	}
}

// withoutCard leaves out members to whom the registrar has given a card, as the board has it.
func (c *call) withoutCard(ctx context.Context, f *Facts, list []*Recipient, desk issuing.Desk) ([]*Recipient, error) {
	view, err := c.dial(strings.TrimRight(f.Board, "/"))
	if err == nil {
		err = view.Update(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("asking the board who has a card: %w", err)
	}
	r := view.State().Round(desk.Round)
	if r == nil {
		return nil, fmt.Errorf("the board has no round %s", desk.Round)
	}
	if desk.Registrar > uint64(len(r.Manifest.Registrars)) {
		return nil, fmt.Errorf("the round has %d registrars, not %d", len(r.Manifest.Registrars), desk.Registrar)
	}
	return slices.DeleteFunc(list, func(x *Recipient) bool { return r.IsIssued(int(desk.Registrar), uint64(x.Entry)) }), nil
}

func sendLetters(ctx context.Context, c *call) error {
	config, f, letter, err := c.facts()
	if err != nil {
		return err
	}
	o := config.Options()
	o.ResendUnknown, o.ResendBounced, o.Log = c.on("resend-unknown"), c.on("resend-bounced"), logger(c.err)
	t, err := LoadTemplates(config.Templates)
	if err != nil {
		return err
	}
	list, desk, err := c.recipients(config, letter.HasCode())
	if err != nil {
		return err
	}
	if letter == Reminder && !c.on("to-all") {
		before := len(list)
		if list, err = c.withoutCard(ctx, f, list, desk); err != nil {
			return err
		}
		c.say("%d of %d members have no card yet", len(list), before)
	}
	if c.on("dry-run") {
		if _, err := o.withDefaults(); err != nil {
			return err
		}
		without := 0
		for _, x := range list {
			if x.Email == "" {
				without++
			}
		}
		c.say("%d members, %d without an e-mail address; nothing was sent", len(list), without)
		return nil
	}
	s, err := OpenStore(c.get("store"))
	if err != nil {
		return err
	}
	defer s.Close()
	if f, ok := c.err.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		o.Progress = func(n Figures) {
			fmt.Fprintf(f, "\r%d of %d sent, %d deferred, %d bounced ", n.Sent, n.Total, n.Deferred, n.Bounced)
		}
		defer fmt.Fprintln(f)
	}
	x, err := New(s, t, o)
	if err != nil {
		return err
	}
	figures, err := x.Send(ctx, c.get("job"), letter, f, list)
	c.figures(figures)
	if err != nil {
		return err
	}
	if figures.Queued+figures.Deferred+figures.Unknown > 0 {
		return errLeft
	}
	return nil
}

func (c *call) figures(f Figures) {
	c.say("members      %6d", f.Total)
	for _, x := range []struct {
		what string
		n    int
	}{{"queued", f.Queued}, {"sent", f.Sent}, {"deferred", f.Deferred}, {"bounced", f.Bounced}, {"unknown", f.Unknown}, {"unreachable", f.Unreachable},
		{"on paper", f.OnPaper}, {"by sms", f.BySMS}} {
		if x.n > 0 || x.what == "sent" {
			c.say("  %-10s %6d", x.what, x.n)
		}
	}
}

func status(_ context.Context, c *call) error {
	if _, err := os.Stat(c.get("store")); err != nil {
		return fmt.Errorf("-store: %w", err)
	}
	s, err := OpenStore(c.get("store"))
	if err != nil {
		return err
	}
	defer s.Close()
	job := c.get("job")
	if job == "" {
		jobs, err := s.Jobs()
		for _, j := range jobs {
			c.say("%s", j)
		}
		return err
	}
	states, err := s.States(job)
	if err != nil {
		return err
	}
	if len(states) == 0 {
		return fmt.Errorf("there is no job %s", job)
	}
	f, err := s.Figures(job)
	if err != nil {
		return err
	}
	c.figures(f)
	mailed, onPaper, unreachable, back := f.Mailing()
	c.say("for a mailing record: mailed %d, paper %d, unreachable %d, bounced %d", mailed, onPaper, unreachable, back)
	if c.get("list") == "" {
		return nil
	}
	out, err := os.OpenFile(c.get("list"), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("-list: %w", err)
	}
	w := csv.NewWriter(out)
	w.UseCRLF = true
	w.Write([]string{"number", "status", "at", "attempts", "stage", "reply", "code", "message-id"})
	for _, number := range slices.Sorted(maps.Keys(states)) {
		st := states[number]
		reply := ""
		if st.Reply > 0 {
			reply = strconv.FormatUint(st.Reply, 10)
		}
		w.Write([]string{number, st.Status.String(), time.Unix(int64(st.At), 0).UTC().Format(time.RFC3339), strconv.FormatUint(st.Attempts, 10), st.Stage, reply, st.Enhanced, st.MessageID})
	}
	w.Flush()
	return errors.Join(w.Error(), out.Close())
}

func bounced(_ context.Context, c *call) error {
	if len(c.args) == 0 {
		return misuse("which members' mails came back?")
	}
	s, err := OpenStore(c.get("store"))
	if err != nil {
		return err
	}
	defer s.Close()
	n, err := s.MarkBounced(c.get("job"), uint64(time.Now().Unix()), c.args...)
	if err == nil && n < len(c.args) {
		err = fmt.Errorf("%d of %d were sent nothing under job %s, or are noted already", len(c.args)-n, len(c.args), c.get("job"))
	}
	c.say("%d noted", n)
	return err
}

func paper(_ context.Context, c *call) error {
	config, err := ReadConfig(c.get("config"))
	if err != nil {
		return err
	}
	list, _, err := c.recipients(config, c.get("codes") != "")
	if err != nil {
		return err
	}
	s, err := OpenStore(c.get("store"))
	if err != nil {
		return err
	}
	defer s.Close()
	n, err := WritePaper(c.get("out"), s, c.get("job"), list, Who(cmp.Or(c.get("who"), string(NotReached))), time.Now())
	if err == nil {
		c.say("%s: %d letters", c.get("out"), n)
	}
	return err
}

func sms(_ context.Context, c *call) error {
	config, f, letter, err := c.facts()
	if err != nil {
		return err
	}
	t, err := LoadTemplates(config.Templates)
	if err != nil {
		return err
	}
	list, _, err := c.recipients(config, true)
	if err != nil {
		return err
	}
	s, err := OpenStore(c.get("store"))
	if err != nil {
		return err
	}
	defer s.Close()
	n, err := WriteSMS(c.get("out"), s, t, c.get("job"), letter, f, list, Who(cmp.Or(c.get("who"), string(NotReached))), cmp.Or(config.Language, "en"), time.Now())
	if err == nil {
		c.say("%s: %d messages", c.get("out"), n)
	}
	return err
}
