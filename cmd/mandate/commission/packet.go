package commission

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strings"
	"time"

	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/text"
)

// MaxPacket is the largest packet that is made, in bytes.
const MaxPacket = 64 << 20

// MakePacket makes the one file that every member is sent before a vote: its question, the selected statements of each side, the candidates
// and the forums' recordings, as they stand on the board. The same board gives the same bytes, so that anybody can make it again and compare.
// Candidates' statements are put in if their files are given; otherwise the packet has their hashes only.
func MakePacket(s *fold.State, v *fold.Vote, files ...[]byte) ([]byte, error) {
	body, err := s.PacketBody(v)
	if err != nil {
		return nil, fmt.Errorf("it is too early for the packet: %w", err)
	}
	given := make(map[record.ID]string)
	for _, f := range files {
		given[sha256.Sum256(f)] = string(f)
	}
	p := &packetText{languages: v.Manifest.Title.Languages()}
	p.texts("", v.Manifest.Title)
	p.line("Vote %s", v.ID)
	for i := range v.Manifest.Contests {
		c := &v.Manifest.Contests[i]
		p.heading("Question %d", i+1)
		p.texts("", c.Title)
		for j := range c.Options {
			p.texts("- ", c.Options[j].Title)
		}
	}
	p.statements(s, v, body)
	p.candidates(v, given)
	if len(body.Recordings) > 0 {
		p.heading("Forums of all members")
	}
	for _, f := range v.Forums() {
		if !f.HasRecording() {
			continue
		}
		p.texts("", f.Announced.Title)
		p.line("%s", utc(f.Announced.Starts))
		p.line("Recording: %s", f.Held.URL)
		p.line("SHA-256: %s", f.Held.Recording)
	}
	if p.b.Len() > MaxPacket {
		return nil, fmt.Errorf("the packet has %d bytes, at most %d", p.b.Len(), MaxPacket)
	}
	return []byte(p.b.String()), nil
}

// PostPacket says on the board that a file is the vote's packet, and where it is. The file must be the one that MakePacket makes now, so
// that it has neither more nor less than the rules ask for; files are those of the candidates' statements.
func (c *Commission) PostPacket(ctx context.Context, vote record.ID, packet []byte, url string, files ...[]byte) (record.ID, error) {
	v, by, err := c.vote(ctx, vote)
	if err != nil {
		return record.ID{}, err
	}
	s := c.board.State()
	want, err := MakePacket(s, v, files...)
	if err != nil {
		return record.ID{}, err
	}
	if string(want) != string(packet) {
		return record.ID{}, fmt.Errorf("this file is not the packet of vote %s as the board stands now: make it again", vote.Short())
	}
	body, err := s.PacketBody(v)
	if err != nil {
		return record.ID{}, err
	}
	body.By, body.Hash, body.Size, body.URL = by, sha256.Sum256(packet), uint64(len(packet)), url
	return c.post(ctx, vote, body)
}

type packetText struct {
	b         strings.Builder
	languages []string
}

func (p *packetText) line(format string, args ...any) { fmt.Fprintf(&p.b, format+"\n", args...) }

func (p *packetText) heading(format string, args ...any) {
	p.line("\n\n== "+format+" ==\n", args...)
}

// texts writes a text in every language of the vote.
func (p *packetText) texts(before string, t text.Texts) {
	for _, lang := range p.languages {
		p.line("%s[%s] %s", before, lang, t.In(lang))
	}
}

func (p *packetText) statements(s *fold.State, v *fold.Vote, body *record.Packet) {
	selected, _ := s.Selected(v)
	for _, side := range v.Rules().Statements.Sides {
		p.heading("Statements: %s", side)
		n := 0
		for _, st := range selected {
			if st.Body.Side != side {
				continue
			}
			n++
			author := "a member, without name"
			if st.Body.Member != nil {
				author = st.Body.Member.Name
			}
			p.line("%d. %s (record %s)\n\n%s\n", n, author, st.ID, st.Body.Text)
		}
		if n == 0 {
			p.line("There is no statement.")
		}
	}
	if w := v.Withholdings(); len(w) > 0 {
		p.heading("Statements that the commission has withheld")
		for _, b := range w {
			p.line("- %s, SHA-256 %s: %s", b.Side, b.Hash, b.Reason)
		}
	}
}

func (p *packetText) candidates(v *fold.Vote, given map[record.ID]string) {
	standing := v.Candidates()
	if len(standing) > 0 {
		p.heading("Candidates")
	}
	for i, x := range standing {
		p.line("%d. %s", i+1, x.Nomination.Slug)
		p.texts("", x.Nomination.Name)
		if id := x.Acceptance.Photo; id != (record.ID{}) {
			p.line("Photo, SHA-256: %s", id)
		}
		if id := x.Acceptance.Statement; id != (record.ID{}) {
			p.line("Statement, SHA-256: %s", id)
			if words, ok := given[id]; ok {
				p.line("\n%s", words)
			}
		}
		p.line("")
	}
}

func utc(seconds uint64) string {
	return time.Unix(int64(seconds), 0).UTC().Format("2006-01-02 15:04 UTC")
}
