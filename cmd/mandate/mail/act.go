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
