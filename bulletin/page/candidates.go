package page

import (
	"html/template"
	"slices"

	"mandate/ballot/fold"
	"mandate/ballot/record"
)

// candidates are the members who were nominated.
type candidates struct {
	Rule   string
	Status template.HTML
	List   []candidate
}

type candidate struct {
	Name      words
	State     string // stands, nominated or withdrawn
	Label     string
	Seconders []string
	Statement string // hashes of the files
	Photo     string
	Reason    string // of the withdrawal
}

func (a *author) candidates(v *fold.Vote) *candidates {
	rule := nominations(v)
	if rule == nil || v.Ended() && len(v.Nominated()) == 0 {
		return nil
	}
	out := &candidates{Status: a.Plain("candidates.fixed")}
	if rule.Seconds > 0 {
		out.Rule = a.Count("candidates.rule", rule.Seconds)
	}
	nominated, accepted, ok := v.NominationTimes()
	switch {
	case v.Ended():
		out.Status = ""
	case !ok:
		out.Status = a.Plain("candidates.after-call")
	case a.now <= nominated:
		out.Status = a.When("candidates.until", nominated)
	case a.now <= accepted:
		out.Status = a.When("candidates.accept", accepted)
	case v.Phase == fold.Called:
		out.Status = a.Plain("candidates.over")
	}
	for _, c := range v.Nominated() {
		x := candidate{Name: a.words(c.Nomination.Name), State: "nominated"}
		for i := range c.Nomination.Seconders {
			x.Seconders = append(x.Seconders, c.Nomination.Seconders[i].Name)
		}
		if b := c.Acceptance; b != nil {
			x.State = "stands"
			x.Statement, x.Photo = hash(b.Statement), hash(b.Photo)
		}
		if c.Withdrawal != nil {
			x.State, x.Reason = "withdrawn", c.Withdrawal.Reason
		}
		x.Label = a.Say("candidates." + x.State)
		out.List = append(out.List, x)
	}
	order := []string{"stands", "nominated", "withdrawn"}
	slices.SortStableFunc(out.List, func(x, y candidate) int { return slices.Index(order, x.State) - slices.Index(order, y.State) })
	return out
}

// hash writes the hash of a file, nothing if there is no file.
func hash(id record.ID) string {
	if id == (record.ID{}) {
		return ""
	}
	return id.String()
}
