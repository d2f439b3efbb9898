package console

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/text"
	"mandate/cmd/mandate/commission"
	"mandate/cmd/mandate/registrar"
)

// An act is something that organisers do about a vote.
type act struct {
	name    string
	final   bool // cannot be taken back: it asks first
	offered func(s *fold.State, v *fold.Vote, automatic bool) bool
	fields  func(*doing) []*field
	do      func(d *doing) (deed, error) // reads the form, and says what is wrong with it
}

// A deed is an act whose form was read and holds.
type deed func(context.Context) error

// doing is an act under way.
type doing struct {
	*scene
	vote  record.ID
	state *fold.State // only while the form is made
	v     *fold.Vote  // only while the form is made
}

func (d *doing) value(name string) string { return d.r.PostFormValue(name) }

func (d *doing) words(name string) string {
	return text.Clean(strings.ReplaceAll(d.value(name), "\r\n", "\n"))
}

// officer returns the deed of letting f work with the officer. What was begun is brought to its end, also when the browser goes away.
func (d *doing) officer(f func(context.Context, *commission.Commission) error) (deed, error) {
	return func(ctx context.Context) error {
		ctx = context.WithoutCancel(ctx)
		return d.c.officer(ctx, func(c *commission.Commission) error { return f(ctx, c) })
	}, nil
}

// member finds a member of the vote's roll by number.
func (d *doing) member(field, number string) (record.Member, error) {
	var rollID record.ID
	d.c.o.Board.View(func(s *fold.State) { rollID = s.Vote(d.vote).Round.Roll.Announce.RollID })
	private, err := d.c.private(rollID)
	if err != nil {
		return record.Member{}, errAt(field, err)
	}
	i, ok := private.Find(text.Clean(number))
	if !ok {
		return record.Member{}, wrong(field, "%s", d.Say("console.no-member", "number", number))
	}
	return commission.Member(private, i), nil
}

func (d *doing) field(name, kind string, required bool) *field {
	f := &field{Name: name, Kind: kind, Label: d.Say("console-field." + name), Required: required}
	if key := "console-field." + name + "-hint"; d.Has(key) {
		f.Hint = d.Say(key)
	}
	if kind == kindTime {
		f.Hint = strings.TrimSpace(f.Hint + " " + d.Say("console.utc"))
	}
	return f
}

func (d *doing) choice(name string, values []option) *field {
	f := d.field(name, kindChoice, true)
	f.Choices = append([]option{{Value: "", Text: d.Say("console.choose-one")}}, values...)
	return f
}

func sides(d *doing) []option {
	var out []option
	for _, side := range d.v.Rules().Statements.Sides {
		name := side
		if d.Has("side." + side) {
			name = d.Say("side." + side)
		}
		out = append(out, option{Value: side, Text: name})
	}
	return out
}

func nobody(*doing) []*field { return nil }

// called says that a vote by rules is called and not open, before which most of an organiser's work is done.
func called(_ *fold.State, v *fold.Vote, _ bool) bool {
	return v.Rules() != nil && v.Phase == fold.Called
}

// acts are all of them, in the order in which they are offered.
var acts = []*act{
	step("open", commission.DueOpening), step("close", commission.DueClosing), step("certify", commission.DueResult), step("restart", commission.DueRestart),
	{
		name: "automatic", offered: func(_ *fold.State, v *fold.Vote, automatic bool) bool { return v.Phase < fold.Certified }, fields: nobody,
		do: func(d *doing) (deed, error) {
			return func(context.Context) error {
				return d.c.store.change(func(s *saved) {
					id := d.vote.String()
					if i := slices.Index(s.Manual, id); i >= 0 {
						s.Manual = slices.Delete(s.Manual, i, i+1)
					} else {
						s.Manual = append(s.Manual, id)
					}
				})
			}, nil
		},
	},
	{
		name: "forum", offered: called, final: true,
		fields: func(d *doing) []*field {
			return []*field{textsField("forum-title", d.Say("console-field.forum-title"), "", true, nil), d.field("starts", kindTime, true), d.field("place", kindText, false)}
		},
		do: func(d *doing) (deed, error) {
			title := textsOf(d.r, "forum-title")
			if err := title.Check("forum-title"); err != nil {
				return nil, errAt("forum-title", err)
			}
			starts, err := timeOf(d.r, "starts")
			if err != nil {
				return nil, err
			}
			if err := text.CheckURL("place", d.words("place")); err != nil {
				return nil, errAt("place", err)
			}
			return d.officer(func(ctx context.Context, c *commission.Commission) error {
				_, err := c.Announce(ctx, d.vote, title, time.Unix(int64(starts), 0), d.words("place"))
				return err
			})
		},
	},
	{
		name: "held", final: true,
		offered: func(s *fold.State, v *fold.Vote, a bool) bool {
			return called(s, v, a) && slices.ContainsFunc(v.Forums(), func(f *fold.Forum) bool { return !f.HasRecording() && f.Announced.Starts <= s.Now() })
		},
		fields: func(d *doing) []*field {
			var open []option
			for _, f := range d.v.Forums() {
				if !f.HasRecording() && f.Announced.Starts <= d.state.Now() {
					open = append(open, option{Value: strconv.FormatUint(f.Announced.Number, 10), Text: d.in(f.Announced.Title)})
				}
			}
			return []*field{d.choice("forum", open), d.field("recording", kindFile, false), d.field("recording-hash", kindText, false), d.field("recording-url", kindText, false)}
		},
		do: held,
	},
	{
		name: "statement", final: true,
		offered: func(s *fold.State, v *fold.Vote, a bool) bool {
			if v.Rules() == nil {
				return false
			}
			opens, closes, _, ok := v.StatementTimes()
			return called(s, v, a) && ok && s.Now() >= opens && s.Now() <= closes
		},
		fields: func(d *doing) []*field {
			return []*field{d.choice("side", sides(d)), d.field("member", kindText, true), d.field("text", kindArea, true)}
		},
		do: func(d *doing) (deed, error) {
			m, err := d.member("member", d.value("member"))
			if err != nil {
				return nil, err
			}
			return d.officer(func(ctx context.Context, c *commission.Commission) error {
				_, err := c.State(ctx, d.vote, d.value("side"), d.words("text"), m)
				return err
			})
		},
	},
	{
		name: "withhold", final: true,
		offered: func(s *fold.State, v *fold.Vote, a bool) bool {
			return called(s, v, a) && v.Rules().Statements.Window > 0 && v.Packet() == nil
		},
		fields: func(d *doing) []*field {
			return []*field{d.choice("side", sides(d)), d.field("text", kindArea, true), d.field("reason", kindArea, true)}
		},
		do: func(d *doing) (deed, error) {
			return d.officer(func(ctx context.Context, c *commission.Commission) error {
				return c.Withhold(ctx, d.vote, d.value("side"), d.words("text"), d.words("reason"))
			})
		},
	},
	{
		name: "nominate", final: true,
		offered: func(s *fold.State, v *fold.Vote, a bool) bool {
			if v.Rules() == nil {
				return false
			}
			nominated, _, ok := v.NominationTimes()
			return called(s, v, a) && ok && s.Now() <= nominated
		},
		fields: func(d *doing) []*field {
			return []*field{d.field("member", kindText, true), d.field("slug", kindText, true), textsField("name", d.Say("console-field.name"), "", true, nil), d.field("seconders", kindArea, d.v.Rules().Nominations.Seconds > 0), d.field("groups", kindText, false)}
		},
		do: func(d *doing) (deed, error) {
			who, err := d.member("member", d.value("member"))
			if err != nil {
				return nil, err
			}
			var seconders []record.Member
			for _, number := range list(d.value("seconders")) {
				m, err := d.member("seconders", number)
				if err != nil {
					return nil, err
				}
				seconders = append(seconders, m)
			}
			if err := text.CheckSlug("slug", d.value("slug")); err != nil {
				return nil, errAt("slug", err)
			}
			return d.officer(func(ctx context.Context, c *commission.Commission) error {
				return c.Nominate(ctx, d.vote, d.value("slug"), textsOf(d.r, "name"), who, seconders, list(d.value("groups"))...)
			})
		},
	},
	{
		name: "accept", final: true,
		offered: func(s *fold.State, v *fold.Vote, a bool) bool {
			if v.Rules() == nil {
				return false
			}
			_, accepted, ok := v.NominationTimes()
			return called(s, v, a) && ok && s.Now() <= accepted && len(candidates(v, false)) > 0
		},
		fields: func(d *doing) []*field {
			return []*field{d.choice("candidate", candidates(d.v, false)), d.field("statement", kindArea, false), d.field("photo", kindFile, false)}
		},
		do: accept,
	},
	{
		name: "withdraw", final: true,
		offered: func(s *fold.State, v *fold.Vote, a bool) bool { return called(s, v, a) && len(candidates(v, true)) > 0 },
		fields: func(d *doing) []*field {
			return []*field{d.choice("candidate", candidates(d.v, true)), d.field("reason", kindArea, true)}
		},
		do: func(d *doing) (deed, error) {
			return d.officer(func(ctx context.Context, c *commission.Commission) error {
				return c.Withdraw(ctx, d.vote, d.value("candidate"), d.words("reason"))
			})
		},
	},
	{
		name: "packet", final: true,
		offered: func(s *fold.State, v *fold.Vote, a bool) bool {
			if !called(s, v, a) || !v.Rules().Packet {
				return false
			}
			_, err := s.PacketBody(v)
			return err == nil
		},
		fields: func(d *doing) []*field { return []*field{d.field("packet-url", kindText, true)} },
		do:     postPacket,
	},
	{
		name: "mailed", final: true,
		offered: func(s *fold.State, v *fold.Vote, a bool) bool {
			return called(s, v, a) && v.Rules().Mailing.Needed && v.Packet() != nil
		},
		fields: func(d *doing) []*field {
			var desks []option
			for i, r := range d.v.Round.Manifest.Registrars {
				desks = append(desks, option{Value: strconv.Itoa(i + 1), Text: r.Name})
			}
			fs := []*field{d.choice("registrar", desks)}
			for _, name := range []string{"mailed", "paper", "unreachable", "bounced"} {
				f := d.field(name, kindNumber, true)
				f.Value = "0"
				fs = append(fs, f)
			}
			return fs
		},
		do: mailed,
	},
	{
		name: "extend", final: true,
		offered: func(s *fold.State, v *fold.Vote, _ bool) bool {
			return v.Rules() != nil && v.Phase == fold.Open && v.Rules().Changes.Extend > v.Extended()
		},
		fields: func(d *doing) []*field {
			f := d.field("new-closes", kindTime, true)
			f.Value = time.Unix(int64(d.v.Manifest.Closes), 0).UTC().Format(timeForm)
			return []*field{f, d.field("reason", kindArea, true)}
		},
		do: func(d *doing) (deed, error) {
			closes, err := timeOf(d.r, "new-closes")
			if err != nil {
				return nil, err
			}
			return d.officer(func(ctx context.Context, c *commission.Commission) error {
				return c.Extend(ctx, d.vote, time.Unix(int64(closes), 0), d.words("reason"))
			})
		},
	},
	ending("cancel", func(v *fold.Vote) bool { return v.Phase <= fold.Called && v.Rules().Changes.Cancel }, (*commission.Commission).Cancel),
	ending("annul", func(v *fold.Vote) bool {
		return v.Phase >= fold.Open && v.Phase < fold.Certified && v.Rules().Changes.Annul
	}, (*commission.Commission).Annul),
}

// step is doing by hand what the commission does by itself when it is time.
func step(name, what string) *act {
	return &act{
		name: name, final: true, offered: due(what), fields: nobody,
		do: func(d *doing) (deed, error) {
			return d.officer(func(ctx context.Context, c *commission.Commission) error {
				posted, err := c.StepVotes(ctx, func(v *fold.Vote) bool { return v.ID == d.vote })
				if err == nil && !posted {
					err = errors.New(d.Say("console-act.not-now"))
				}
				return err
			})
		},
	}
}

func ending(name string, may func(*fold.Vote) bool, do func(*commission.Commission, context.Context, record.ID, string) error) *act {
	return &act{
		name: name, final: true,
		offered: func(_ *fold.State, v *fold.Vote, _ bool) bool { return v.Rules() != nil && !v.Ended() && may(v) },
		fields:  func(d *doing) []*field { return []*field{d.field("reason", kindArea, true)} },
		do: func(d *doing) (deed, error) {
			return d.officer(func(ctx context.Context, c *commission.Commission) error {
				return do(c, ctx, d.vote, d.words("reason"))
			})
		},
	}
}

// candidates are those who have accepted, or have not.
func candidates(v *fold.Vote, stand bool) []option {
	var out []option
	for _, x := range v.Nominated() {
		if x.Withdrawal == nil && (x.Acceptance != nil) == stand {
			out = append(out, option{Value: x.Nomination.Slug, Text: x.Nomination.Name.In("en")})
		}
	}
	return out
}

// list splits what was typed as a list: numbers or short names with spaces, commas or lines between them.
func list(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(" ,;\t\r\n", r) })
}

// uploaded returns the SHA-256 of a file that was sent, zero if there is none. The file itself is not kept.
func (d *doing) uploaded(name string) (record.ID, error) {
	file, _, err := d.r.FormFile(name)
	if err == http.ErrMissingFile || err == http.ErrNotMultipart {
		return record.ID{}, nil
	}
	if err != nil {
		return record.ID{}, errAt(name, err)
	}
	defer file.Close()
	h := sha256.New()
	if n, err := io.Copy(h, file); err != nil || n == 0 {
		return record.ID{}, err
	}
	return record.ID(h.Sum(nil)), nil
}

func held(d *doing) (deed, error) {
	number, err := strconv.ParseUint(d.value("forum"), 10, 64)
	if err != nil {
		return nil, wrong("forum", "%s", d.Say("console.choose"))
	}
	hash, err := d.uploaded("recording")
	if err != nil {
		return nil, err
	}
	if typed := strings.TrimSpace(d.value("recording-hash")); typed != "" {
		if hash, err = record.ParseID(strings.ToLower(typed)); err != nil {
			return nil, wrong("recording-hash", "%s", d.Say("console.hash"))
		}
	}
	url := d.words("recording-url")
	if err := text.CheckURL("recording-url", url); err != nil {
		return nil, errAt("recording-url", err)
	}
	if (hash == record.ID{}) != (url == "") {
		return nil, wrong("recording-url", "%s", d.Say("console-act.held-both"))
	}
	return d.officer(func(ctx context.Context, c *commission.Commission) error {
		return c.Held(ctx, d.vote, number, hash, url)
	})
}

func accept(d *doing) (deed, error) {
	slug, statement := d.value("candidate"), d.value("statement")
	var hash record.ID
	if statement != "" {
		hash = sha256.Sum256([]byte(statement))
	}
	photo, err := d.uploaded("photo")
	if err != nil {
		return nil, err
	}
	return d.officer(func(ctx context.Context, c *commission.Commission) error {
		return c.Accept(ctx, d.vote, slug, hash, photo)
	})
}

// files are the candidates' statements of a vote, as they were given.
func (c *Console) files(vote record.ID) (out [][]byte) {
	c.store.look(func(s *saved) {
		for _, f := range s.Packets {
			if f.Vote == vote.String() {
				out = append(out, []byte(f.Text))
			}
		}
	})
	return out
}

func (c *Console) packet(vote record.ID) (packet []byte, err error) {
	files := c.files(vote)
	c.o.Board.View(func(s *fold.State) {
		v := s.Vote(vote)
		if v == nil || v.Rules() == nil {
			err = fmt.Errorf("vote %s has no packet", vote.Short())
			return
		}
		packet, err = commission.MakePacket(s, v, files...)
	})
	return packet, err
}

func (s *scene) packetFile() {
	id, ok := s.voteOf()
	if !ok {
		return
	}
	packet, err := s.c.packet(id)
	if err != nil {
		s.message(http.StatusConflict, s.Say("console-act.packet"), err.Error())
		return
	}
	h := s.w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="packet-`+id.Short()+`.txt"`)
	s.w.Write(packet)
}

func postPacket(d *doing) (deed, error) {
	url := d.words("packet-url")
	if err := text.CheckURL("packet-url", url); err != nil {
		return nil, errAt("packet-url", err)
	}
	packet, err := d.c.packet(d.vote)
	if err != nil {
		return nil, err
	}
	files := d.c.files(d.vote)
	return d.officer(func(ctx context.Context, c *commission.Commission) error {
		_, err := c.PostPacket(ctx, d.vote, packet, url, files...)
		return err
	})
}

func mailed(d *doing) (deed, error) {
	n, _ := strconv.Atoi(d.value("registrar"))
	var round, packet record.ID
	var members uint64
	d.c.o.Board.View(func(s *fold.State) {
		v := s.Vote(d.vote)
		round, members = v.Round.ID, v.Round.Roll.Announce.Count
		if p := v.Packet(); p != nil {
			packet = p.ID
		}
	})
	of := d.c.registrarOf(round, n)
	if of == nil {
		return nil, wrong("registrar", "%s", d.Say("console.choose"))
	}
	var f registrar.Figures
	for name, at := range map[string]*uint64{"mailed": &f.Mailed, "paper": &f.Paper, "unreachable": &f.Unreachable, "bounced": &f.Bounced} {
		var err error
		if *at, err = numberOf(d.r, name, 0, members); err != nil {
			return nil, err
		}
	}
	return func(ctx context.Context) error { return of.Desk.Mailed(context.WithoutCancel(ctx), d.vote, packet, f) }, nil
}

// doing returns what the path asks to do, or answers that it cannot be done.
func (s *scene) doing() (*act, *doing, form, bool) {
	id, ok := s.voteOf()
	if !ok {
		return nil, nil, form{}, false
	}
	i := slices.IndexFunc(acts, func(a *act) bool { return a.name == s.r.PathValue("act") })
	if i < 0 {
		s.missing()
		return nil, nil, form{}, false
	}
	a, d := acts[i], &doing{scene: s, vote: id}
	f := form{Action: "/votes/" + id.String() + "/" + a.name, Button: s.Say("console-act." + a.name), Danger: a.final}
	offered, automatic := false, s.c.Automatic(id)
	s.c.o.Board.View(func(st *fold.State) {
		d.state, d.v = st, st.Vote(id)
		if offered = !d.v.Ended() && a.offered(st, d.v, automatic); offered {
			f.Fields = a.fields(d)
		}
		d.state, d.v = nil, nil
	})
	if !offered {
		s.message(http.StatusConflict, s.Say("console-act."+a.name), s.Say("console-act.not-now"))
		return nil, nil, form{}, false
	}
	for _, x := range f.Fields {
		f.Multipart = f.Multipart || x.Kind == kindFile
	}
	return a, d, f, true
}

func (s *scene) actPage() {
	if a, _, f, ok := s.doing(); ok {
		s.showAct(http.StatusOK, a, f)
	}
}

func (s *scene) showAct(status int, a *act, f form) {
	lead := ""
	if key := "console-act." + a.name + "-text"; s.Has(key) {
		lead = s.Say(key)
	}
	vote := s.r.PathValue("id")
	s.showForm(status, s.Say("console-act."+a.name), lead, f, link{s.Say("console.vote"), "/votes/" + vote})
}

func (s *scene) act() {
	a, d, f, ok := s.doing()
	if !ok {
		return
	}
	f.fill(s.r)
	f.blame(f.need(s.Language))
	if f.Failed() {
		s.showAct(http.StatusUnprocessableEntity, a, f)
		return
	}
	deed, err := a.do(d)
	if err != nil {
		f.blame(err)
		s.showAct(http.StatusUnprocessableEntity, a, f)
		return
	}
	// A file cannot be sent again with a confirmation: its form has the warning and the box to tick itself.
	if a.final && !f.Multipart {
		lines := []string{}
		for _, x := range f.Fields {
			value := x.Value
			for _, v := range x.Values {
				value = strings.TrimSpace(value + "  " + v.Value)
			}
			for _, o := range x.Choices {
				if o.Chosen {
					value = o.Text
				}
			}
			if value != "" {
				lines = append(lines, x.Label+": "+value)
			}
		}
		if !s.confirm(s.Say("console-act."+a.name), s.Say("console-act."+a.name), "/votes/"+d.vote.String(), append(lines, s.Say("console-act.final"))...) {
			return
		}
	} else if a.final && s.r.PostFormValue("confirmed") != "yes" {
		f.blame(wrong("confirmed", "%s", s.Say("console.tick")))
		s.showAct(http.StatusUnprocessableEntity, a, f)
		return
	}
	if err := deed(s.r.Context()); err != nil {
		f.blame(err)
		s.showAct(http.StatusUnprocessableEntity, a, f)
		return
	}
	s.redirect("/votes/"+d.vote.String(), s.Say("console.done", "what", s.Say("console-act."+a.name)))
}
