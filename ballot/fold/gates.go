package fold

import (
	"fmt"
	"slices"
	"time"

	"mandate/ballot/record"
)

// A Gap is a rule that is not met, so that the vote cannot open.
type Gap struct {
	Code     string // of SPEC.md §15.6
	Sentence string
}

// Gaps returns the rules that an opening would break now, in the order of SPEC.md §15.6: none for a vote without rules. It says nothing of
// what §9.7 asks of every opening.
func (s *State) Gaps(v *Vote) []Gap {
	var gaps []Gap
	if v.course == nil {
		return nil
	}
	gap := func(code, format string, args ...any) {
		gaps = append(gaps, Gap{code, "rule: " + fmt.Sprintf(format, args...)})
	}
	s.gapsOfCall(v, gap)
	s.gapsOfDebate(v, gap)
	s.gapsOfPacket(v, gap)
	return gaps
}

func (s *State) gapsOfCall(v *Vote, gap func(code, format string, args ...any)) {
	rules := v.course.rules
	if v.Phase == Proposed || v.Phase == Lapsed {
		switch {
		case rules.Call.Petition != nil:
			have, need := v.Supports()
			gap("rule-called", "the petition has %d supports of %d", have, need)
		case rules.Call.Body != nil:
			gap("rule-called", "%d members of %s have signed the call, of %d", len(v.course.signed), rules.Call.Body.Name, rules.Call.Body.Need)
		}
	}
	if n := max(len(v.course.supports), len(v.course.spoken)); n > 0 {
		var most uint64
		for i := range v.Round.issued {
			most = max(most, v.Round.issued[i].count)
		}
		if uint64(n) > most {
			gap("rule-stuffing", "%d credentials have supported or spoken, and no registrar has issue records for as many", n)
		}
	}
	for _, id := range rules.Requires {
		if _, bad := s.faults[id]; bad || s.votes[id].Phase != Certified {
			gap("rule-requires", "vote %s must have a certified result first", id.Short())
		}
	}
}

func (s *State) gapsOfDebate(v *Vote, gap func(code, format string, args ...any)) {
	c := v.course
	held, recorded := c.held()
	if need := c.rules.Forums.Need; held < need {
		gap("rule-forums", "%d of %d forums were held", held, need)
	} else if c.rules.Forums.Recordings && recorded < need {
		for _, f := range c.forums {
			if f.Held != nil && !f.HasRecording() {
				gap("rule-recordings", "forum %d has no recording", f.Announced.Number)
				break
			}
		}
	}
	if c.rules.Statements.Window > 0 {
		switch opens, _, reviewed, ok := v.StatementTimes(); {
		case !ok:
			gap("rule-statements", "no statements were taken yet, since not all registrars have committed to their seeds")
		case s.now <= reviewed:
			gap("rule-statements", "statements are taken since %s and reviewed until %s", clock(opens), clock(reviewed))
		default:
			if _, known := s.Selected(v); !known {
				gap("rule-statements", "there are more statements than are taken for %q, and not all seeds of the draw are revealed", v.drawn())
			}
		}
	}
	if c.rules.Nominations != nil {
		_, until, ok := v.NominationTimes()
		switch {
		case !ok || s.now <= until:
			gap("rule-nominations", "nominations can still be made or accepted")
		case len(v.Candidates()) == 0:
			gap("rule-nominations", "nobody stands")
		}
	}
}

func (s *State) gapsOfPacket(v *Vote, gap func(code, format string, args ...any)) {
	c, roll := v.course, v.Round.Roll.Announce.Count
	if c.rules.Packet {
		if c.packet == nil {
			gap("rule-packet", "there is no packet of statements and recordings")
		} else {
			for _, x := range v.Candidates() {
				if !slices.Contains(c.packet.Body.Candidates, x.AcceptanceID) {
					gap("rule-packet", "%s stands and is not in the packet", x.Nomination.Slug)
				}
			}
		}
	}
	if !c.rules.Mailing.Needed || c.packet == nil {
		return
	}
	for i, g := range v.Round.Manifest.Registrars {
		switch m := c.mailings[uint64(i)+1]; {
		case m == nil:
			gap("rule-mailing", "%s has not said that the packet was sent", g.Name)
		case !m.Whole:
			gap("rule-mailing", "%s has sent the packet to %d of %d entries, %d have no address", g.Name, m.Body.Mailed+m.Body.Paper, roll, m.Body.Unreachable)
		case s.now < m.Reached+c.rules.Mailing.Lead:
			gap("rule-mailing", "%s has sent the packet at %s, and members have %d seconds to read it", g.Name, clock(m.Reached), c.rules.Mailing.Lead)
		}
	}
}

// judgeGates judges an opening by the rules (SPEC.md §15.6). It returns nil if they are met.
func (s *State) judgeGates(v *Vote, b *record.Opening) *verdict {
	if v.course == nil || v.course.rules.Nominations == nil {
		if b.Candidates != (record.ID{}) {
			bad := void("form", "candidates: the vote has no nominations")
			return &bad
		}
	}
	if v.course == nil || v.Phase >= Open || v.Phase < Lapsed {
		return nil
	}
	if !s.partial { // which has passed over what most rules are about
		if gaps := s.Gaps(v); len(gaps) > 0 {
			bad := fatal(v.ID, gaps[0].Code, "%s", gaps[0].Sentence)
			return &bad
		}
	}
	if b.Candidates != v.CandidatesID() {
		bad := fatal(v.ID, "rule-nominations", "rule: the opening names another list than those who stand")
		return &bad
	}
	return nil
}

// clock writes a time for people.
func clock(t uint64) string { return time.Unix(int64(t), 0).UTC().Format("2006-01-02 15:04 UTC") }
