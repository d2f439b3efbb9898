package verifier

import (
	"fmt"
	"slices"
	"strings"

	"mandate/ballot/fold"
	"mandate/ballot/record"
)

// judgeRules fills in checks 22 to 29: how the vote was called and deliberated on (SPEC.md §15). What broke a rule made the opening or a
// change fatal, and is in the report already.
func (a *audit) judgeRules(r *VoteReport, v *fold.Vote) {
	rules := v.Rules()
	notAsked := func(number int, why string) {
		if c := find(r.Checks, number); c.Status != Failed {
			c.Status, c.Detail = NotAsked, why
		}
	}
	if rules == nil {
		for number := checkCall; number <= checkChanges; number++ {
			notAsked(number, "the vote has no rules")
		}
		return
	}
	// asked holds a check once it is known to hold, or says that the rules do not ask for it.
	asked := func(number int, ask, known bool, format string, args ...any) {
		switch {
		case !ask:
			notAsked(number, "the rules do not ask for it")
		case known:
			find(r.Checks, number).hold(format, args...)
		}
	}
	opened := v.Phase >= fold.Open
	asked(checkCall, true, v.Phase >= fold.Called, "%s", calledBy(v))
	asked(checkForums, rules.Forums.Need > 0, opened, "%d of %d forums, announced %s before or earlier", held(v), rules.Forums.Need, seconds(rules.Forums.Notice))
	selected, _ := a.state.Selected(v)
	asked(checkStatements, rules.Statements.Window > 0, opened, "%d statements, %d selected, %d withheld", len(v.Statements()), len(selected), len(v.Withholdings()))
	if p := v.Packet(); p != nil {
		asked(checkPacket, rules.Packet, opened, "%x: %d statements, %d recordings, %d candidates", p.Body.Hash[:8],
			len(p.Body.Statements), len(p.Body.Recordings), len(p.Body.Candidates))
	}
	asked(checkPacket, rules.Packet, false, "")
	asked(checkMailing, rules.Mailing.Needed, opened, "%s", mailings(v))
	asked(checkNominations, rules.Nominations != nil, opened, "%d nominated, %d stand", len(v.Nominated()), len(v.Candidates()))
	asked(checkRequires, len(rules.Requires) > 0, opened, "%d votes are certified", len(rules.Requires))
	for _, id := range rules.Requires {
		if opened && len(a.fatal[id]) > 0 {
			find(r.Checks, checkRequires).fail(Finding{Index: -1, ID: id, Code: "rule-requires", Sentence: fmt.Sprintf("rule: the required vote %s does not verify", id)})
		}
	}
	asked(checkChanges, true, true, "%s", changes(v))
}

func calledBy(v *fold.Vote) string {
	switch call := v.Rules().Call; {
	case call.Petition != nil:
		have, need := v.Supports()
		return fmt.Sprintf("by petition: %d supports of %d needed on a roll of %d, %v cards collected", have, need, v.Round.Roll.Announce.Count, issued(v.Round))
	case call.Body != nil:
		return fmt.Sprintf("by %d members of %s, %d needed of %d", len(v.Signed()), call.Body.Name, call.Body.Need, len(call.Body.Members))
	default:
		return "for a reason: " + strings.TrimRight(call.Reason, ".")
	}
}

func issued(r *fold.Round) []uint64 {
	var out []uint64
	for i := range r.Manifest.Registrars {
		out = append(out, r.Issued(i+1))
	}
	return out
}

func held(v *fold.Vote) int {
	n := 0
	for _, f := range v.Forums() {
		if f.Held != nil {
			n++
		}
	}
	return n
}

func mailings(v *fold.Vote) string {
	text := ""
	for i, g := range v.Round.Manifest.Registrars {
		if m := v.Mailing(i + 1); m != nil {
			b := m.Body
			text += fmt.Sprintf("; %s: %d by e-mail, %d on paper, %d without an address, %d bounced", g.Name, b.Mailed, b.Paper, b.Unreachable, b.Bounced)
		}
	}
	return fmt.Sprintf("every entry of %d%s", v.Round.Roll.Announce.Count, text)
}

func changes(v *fold.Vote) string {
	switch {
	case v.Phase == fold.Cancelled, v.Phase == fold.Annulled:
		return fmt.Sprintf("%v, as the rules allow: %s", v.Phase, v.Reason())
	case v.Phase == fold.Lapsed:
		return "none; it was not called in time"
	case v.Phase >= fold.Open && v.Extended() > 0:
		return fmt.Sprintf("extended by %s, as the rules allow", seconds(v.Extended()))
	}
	return "none"
}

// followRules keeps how many cards had been collected when a petition began.
func (a *audit) followRules(rec *record.Record) {
	b, ok := rec.Body.(*record.Vote)
	if !ok || b.Rules == nil || b.Rules.Call.Petition == nil {
		return
	}
	v := a.state.Vote(rec.ID())
	a.course(v.ID).cards = issued(v.Round)
}

// warningsByRules lists what a reader should know of how a vote was called and deliberated on, and what changes no verdict (SPEC.md §15).
func (a *audit) warningsByRules(v *fold.Vote) []string {
	var out []string
	warn := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	if have, _ := v.Supports(); have > 0 {
		cards := issued(v.Round)
		if most := slices.Max(cards); have*10 >= most*9 {
			warn("%d of the %d members who have cards support the petition: having a card all but says so", have, most)
		}
		var late uint64
		for i, before := range a.course(v.ID).cards {
			late = max(late, cards[i]-before)
		}
		if late > 0 {
			warn("%d cards were issued after the petition began; a late card and a support soon after hint at each other", late)
		}
		b := v.Batches()
		if b.Hasty > 0 {
			warn("%d batches of supports were published sooner after another than the petition says: their times say more about who gave them", b.Hasty)
		}
		if !b.Sorted {
			warn("supports were not published in the order of their ids: their order may say who came first")
		}
	}
	if n := len(v.Withholdings()); n > 0 {
		warn("%d statements were withheld, each with a reason on the log", n)
	}
	roll := v.Round.Roll.Announce.Count
	for i, g := range v.Round.Manifest.Registrars {
		if m := v.Mailing(i + 1); m != nil && 10*(m.Body.Unreachable+m.Body.Bounced) > roll {
			warn("%s did not reach %d of %d members: %d have no address, %d mails bounced", g.Name, m.Body.Unreachable+m.Body.Bounced, roll, m.Body.Unreachable, m.Body.Bounced)
		}
	}
	return out
}

// A Duty is something that is owed a vote at the last time of the log.
type Duty struct {
	Code     string `json:"code"`
	Who      string `json:"who"`
	What     string `json:"what"`
	Deadline uint64 `json:"deadline"` // 0: none
	Date     string `json:"date"`     // of the deadline, in UTC; empty if there is none
	Overdue  bool   `json:"overdue"`
}

func (d Duty) String() string {
	switch {
	case d.Overdue:
		return fmt.Sprintf("OVERDUE since %s: %s: %s", d.Date, d.Who, d.What)
	case d.Deadline > 0:
		return fmt.Sprintf("until %s: %s: %s", d.Date, d.Who, d.What)
	}
	return fmt.Sprintf("%s: %s", d.Who, d.What)
}

func duties(v *fold.Vote, now uint64) []Duty {
	var out []Duty
	for _, d := range v.Duties(now) {
		duty := Duty{Code: d.Code, Who: d.Who, What: d.What, Deadline: d.Deadline, Overdue: d.Overdue}
		if d.Deadline > 0 {
			duty.Date = date(d.Deadline)
		}
		out = append(out, duty)
	}
	return out
}
