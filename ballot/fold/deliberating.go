package fold

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"slices"

	"mandate/ballot/record"
	"mandate/ballot/text"
	"mandate/crypto/transcript"
)

// A Forum is an announced forum of all members.
type Forum struct {
	Announced *record.Forum
	At        uint64            // the time at the announcement
	Held      *record.ForumHeld // nil if it is not on record that it has taken place
}

// HasRecording reports whether the forum was held and has a recording.
func (f *Forum) HasRecording() bool { return f.Held != nil && f.Held.Recording != record.ID{} }

// A Statement is a statement that stands on the log.
type Statement struct {
	ID       record.ID
	At       uint64
	Body     *record.Statement
	Hash     record.ID // SHA-256 of the text
	Withheld bool
}

// Forums returns the forums announced, in order.
func (v *Vote) Forums() []*Forum {
	if v.course == nil {
		return nil
	}
	return slices.Clone(v.course.forums)
}

// Statements returns the statements on the log, in order, withheld ones included.
func (v *Vote) Statements() []*Statement {
	if v.course == nil {
		return nil
	}
	return slices.Clone(v.course.statements)
}

// Withholdings returns the records of statements that are not published, in order.
func (v *Vote) Withholdings() []*record.Withheld {
	if v.course == nil {
		return nil
	}
	return slices.Clone(v.course.withholding)
}

func (s *State) judgeForum(v *Vote, b *record.Forum) verdict {
	c := v.course
	next := uint64(len(c.forums)) + 1
	err := b.Title.Check("title")
	if err == nil {
		err = text.CheckURL("place", b.Place)
	}
	switch {
	case v.Phase != Called:
		return void("phase", "forum: the vote is %v", v.Phase)
	case err != nil:
		return void("form", "forum: %w", err)
	case b.Number > record.MaxForums || b.Number < 1 || b.Starts > record.MaxTime:
		return void("form", "forum %d at %d: want at most %d forums, before %d", b.Number, b.Starts, record.MaxForums, uint64(record.MaxTime))
	case b.Number < next:
		return void("dup", "forum %d is announced already", b.Number)
	case b.Number > next:
		return void("order", "forum %d: forum %d is next", b.Number, next)
	case b.Starts < s.now+c.rules.Forums.Notice:
		return void("notice", "rule: forum %d was announced at %d for %d, the notice is %d seconds", b.Number, s.now, b.Starts, c.rules.Forums.Notice)
	}
	return accept(func() { c.forums = append(c.forums, &Forum{Announced: b, At: s.now}) })
}

// judgeForumHeld judges the word that a forum has taken place. A recording may follow later.
func (s *State) judgeForumHeld(v *Vote, b *record.ForumHeld) verdict {
	c := v.course
	if v.Phase != Called {
		return void("phase", "forum-held: the vote is %v", v.Phase)
	}
	if b.Number < 1 || b.Number > uint64(len(c.forums)) {
		return void("form", "forum %d was not announced", b.Number)
	}
	f, err := c.forums[b.Number-1], text.CheckURL("url", b.URL)
	switch {
	case err != nil:
		return void("form", "forum-held: %w", err)
	case f.HasRecording(), f.Held != nil && b.Recording == record.ID{}:
		return void("dup", "that forum %d was held is on record already", b.Number)
	case s.now < f.Announced.Starts:
		return void("early", "forum %d starts at %d, it is %d", b.Number, f.Announced.Starts, s.now)
	}
	return accept(func() { f.Held = b })
}

// held returns how many forums were held, and how many of these have a recording.
func (c *course) held() (held, recorded uint64) {
	for _, f := range c.forums {
		if f.Held != nil {
			held++
		}
		if f.HasRecording() {
			recorded++
		}
	}
	return held, recorded
}

// recordings returns the hashes of the recordings, in order.
func (c *course) recordings() []record.ID {
	var out []record.ID
	for _, f := range c.forums {
		if f.HasRecording() {
			out = append(out, f.Held.Recording)
		}
	}
	return out
}

// StatementTimes returns when statements are taken and until when they can be withheld. It reports false as long as it is not known: the
// window opens when the vote is called and all registrars have committed to their seeds.
func (v *Vote) StatementTimes() (opens, closes, reviewed uint64, ok bool) {
	c := v.course
	if c == nil || c.rules.Statements.Window == 0 || v.Phase < Called || len(c.commits) < len(v.Round.keys) {
		return 0, 0, 0, false
	}
	opens = max(v.Times.Called, c.committed)
	closes = opens + c.rules.Statements.Window
	return opens, closes, closes + c.rules.Statements.Review, true
}

// judgeStatement makes the checks of SPEC.md §15.3 in their order.
func (s *State) judgeStatement(p *Prepared, v *Vote, b *record.Statement) verdict {
	c, rule := v.course, &v.course.rules.Statements
	if b.By > 0 {
		if bad := s.officer(p.rec, b.By); bad != nil {
			return *bad
		}
	}
	if err := checkStatement(v, b); err != nil {
		return void("form", "statement: %w", err)
	}
	if b.Member != nil {
		if bad := removed(v.Round.Roll, *b.Member); bad != nil {
			return *bad
		}
	}
	opens, closes, _, open := v.StatementTimes()
	hash := record.ID(sha256.Sum256([]byte(b.Text)))
	switch {
	case b.By == 0 && !rule.Anonymous:
		return void("rules", "rule: statements are taken with their authors' names only")
	case v.Phase != Called:
		return void("phase", "statement: the vote is %v", v.Phase)
	case !open:
		return void("early", "no statements are taken before all registrars have committed to their seeds")
	case s.now > closes:
		return void("window", "rule: statements were taken from %d to %d, it is %d", opens, closes, s.now)
	case c.withheld[hash]:
		return void("withheld", "this statement was withheld by the commission")
	case b.By > 0 && c.named[b.Member.Entry], b.By == 0 && c.spoken[b.Key]:
		return void("dup", "there is a statement of this member already")
	case b.By == 0 && !v.Round.Ready(int(rule.Slot)):
		return void("phase", "statement: the slot for statements is not ready")
	}
	if b.By == 0 {
		if bad := s.bearer(p, v, rule.Slot, b.Key, b.Signatures); bad != nil {
			return *bad
		}
	}
	return accept(func() {
		c.statements = append(c.statements, &Statement{ID: p.id, At: s.now, Body: b, Hash: hash})
		if b.By > 0 {
			c.named[b.Member.Entry] = true
		} else {
			c.spoken[b.Key] = true
		}
	})
}

func checkStatement(v *Vote, b *record.Statement) error {
	rule := &v.course.rules.Statements
	if !slices.Contains(rule.Sides, b.Side) {
		return fmt.Errorf("side: %q is none of %q", b.Side, rule.Sides)
	}
	if err := text.CheckLong("text", b.Text, int(rule.Length)); err != nil {
		return err
	}
	if b.By == 0 {
		if b.Member != nil {
			return fmt.Errorf("member: an anonymous statement has none")
		}
		return checkSignaturesLength(v, b.Signatures)
	}
	if b.Member == nil || b.Key != (record.Key{}) || len(b.Signatures) != 0 {
		return fmt.Errorf("member: want the author's roll entry, and neither key nor signatures")
	}
	if err := checkMember(v.Round.Roll, b.Member); err != nil {
		return fmt.Errorf("member: %w", err)
	}
	return nil
}

func (s *State) judgeWithheld(v *Vote, b *record.Withheld) verdict {
	c := v.course
	_, _, reviewed, open := v.StatementTimes()
	err := text.CheckText("reason", b.Reason)
	switch {
	case v.Phase != Called:
		return void("phase", "withheld: the vote is %v", v.Phase)
	case err != nil:
		return void("form", "withheld: %w", err)
	case !slices.Contains(c.rules.Statements.Sides, b.Side):
		return void("form", "side: %q is none of %q", b.Side, c.rules.Statements.Sides)
	case !open:
		return void("early", "no statements are taken yet")
	case s.now > reviewed:
		return void("window", "rule: statements could be withheld until %d, it is %d", reviewed, s.now)
	case c.withheld[b.Hash]:
		return void("dup", "this statement is withheld already")
	}
	return accept(func() {
		c.withheld[b.Hash] = true
		c.withholding = append(c.withholding, b)
		for _, st := range c.statements {
			st.Withheld = st.Withheld || st.Hash == b.Hash
		}
	})
}

// SeedHash is what a registrar commits to before it reveals its seed for a vote (SPEC.md §15.3).
func SeedHash(vote record.ID, registrar uint64, seed record.ID) record.ID {
	t := transcript.New("mandate/v1 seed")
	t.AppendBytes("vote", vote[:])
	t.AppendUint64("registrar", registrar)
	t.AppendBytes("seed", seed[:])
	return t.ID("seed")
}

// HasCommitted reports whether registrar i (from 1) has committed to its seed, and HasRevealed whether it has revealed it.
func (v *Vote) HasCommitted(i int) bool {
	if v.course == nil {
		return false
	}
	_, ok := v.course.commits[uint64(i)]
	return ok
}

// HasRevealed reports whether registrar i (from 1) has revealed its seed.
func (v *Vote) HasRevealed(i int) bool {
	if v.course == nil {
		return false
	}
	_, ok := v.course.seeds[uint64(i)]
	return ok
}

func (s *State) judgeSeedCommit(r *record.Record, v *Vote, b *record.SeedCommit) verdict {
	if bad := s.by(r, "registrar", b.Registrar, v.Round.keys); bad != nil {
		return *bad
	}
	c := v.course
	switch {
	case v.Phase != Proposed && v.Phase != Called:
		return void("phase", "seed-commit: the vote is %v", v.Phase)
	case v.HasCommitted(int(b.Registrar)):
		return void("dup", "registrar %d has committed to its seed already", b.Registrar)
	}
	return accept(func() { c.commits[b.Registrar], c.committed = b.Hash, s.now })
}

func (s *State) judgeSeed(r *record.Record, v *Vote, b *record.Seed) verdict {
	if bad := s.by(r, "registrar", b.Registrar, v.Round.keys); bad != nil {
		return *bad
	}
	c := v.course
	_, _, reviewed, open := v.StatementTimes()
	switch {
	case v.Phase != Called:
		return void("phase", "seed: the vote is %v", v.Phase)
	case !open || s.now <= reviewed:
		return void("early", "seeds are revealed when no statement can be taken or withheld any more")
	case v.HasRevealed(int(b.Registrar)):
		return void("dup", "registrar %d has revealed its seed already", b.Registrar)
	case SeedHash(v.ID, b.Registrar, b.Seed) != c.commits[b.Registrar]:
		return void("seed", "registrar %d has committed to another seed", b.Registrar)
	}
	return accept(func() { c.seeds[b.Registrar] = b.Seed })
}

// Selected returns the statements that go into the packet, in log order. It reports false as long as they are not known: statements can
// still be taken or withheld, or a draw is to be made and seeds are missing.
func (s *State) Selected(v *Vote) ([]*Statement, bool) {
	c := v.course
	if c == nil || c.rules.Statements.Window == 0 {
		return nil, true
	}
	if _, _, reviewed, ok := v.StatementTimes(); !ok || s.now <= reviewed {
		return nil, false
	}
	if len(v.drawn()) > 0 && len(c.seeds) < len(v.Round.keys) {
		return nil, false
	}
	chosen := make(map[record.ID]bool)
	for _, side := range c.rules.Statements.Sides {
		of := c.published(side)
		if uint64(len(of)) > c.rules.Statements.PerSide {
			of = v.draw(of)[:c.rules.Statements.PerSide]
		}
		for _, st := range of {
			chosen[st.ID] = true
		}
	}
	var out []*Statement
	for _, st := range c.statements {
		if chosen[st.ID] {
			out = append(out, st)
		}
	}
	return out, true
}

// published returns the statements of a side that are not withheld, in log order.
func (c *course) published(side string) []*Statement {
	var out []*Statement
	for _, st := range c.statements {
		if st.Body.Side == side && !st.Withheld {
			out = append(out, st)
		}
	}
	return out
}

// drawn returns the sides that have more statements than are taken, so that a draw chooses.
func (v *Vote) drawn() []string {
	var sides []string
	for _, side := range v.course.rules.Statements.Sides {
		if uint64(len(v.course.published(side))) > v.course.rules.Statements.PerSide {
			sides = append(sides, side)
		}
	}
	return sides
}

// draw puts statements in the order of the draw (SPEC.md §15.3).
func (v *Vote) draw(of []*Statement) []*Statement {
	t := transcript.New("mandate/v1 draw")
	t.AppendBytes("vote", v.ID[:])
	for i := range v.Round.keys {
		seed := v.course.seeds[uint64(i)+1]
		t.AppendBytes("seed", seed[:])
	}
	lots := make(map[record.ID][32]byte, len(of))
	for _, st := range of {
		lot := t.Clone()
		lot.AppendBytes("statement", st.ID[:])
		lots[st.ID] = lot.ID("draw")
	}
	out := slices.Clone(of)
	slices.SortFunc(out, func(a, b *Statement) int {
		x, y := lots[a.ID], lots[b.ID]
		return bytes.Compare(x[:], y[:])
	})
	return out
}
