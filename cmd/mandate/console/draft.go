package console

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"mandate/ballot/contest"
	"mandate/ballot/record"
	"mandate/ballot/text"
	"mandate/bulletin/language"
)

// A draft is a vote before it is called, as it was typed: it need not make sense yet.
type draft struct {
	ID       string `json:"id"`
	Template string `json:"template"` // a rules file that comes with the program; "" for a vote without rules
	Round    string `json:"round"`

	Title    text.Texts `json:"title"`
	Question text.Texts `json:"question"` // by rules: "" is the title
	Mock     bool       `json:"mock"`
	Pace     int        `json:"pace"` // of a mock vote by rules: seconds that a day lasts; 0: as long as a day
	Manual   bool       `json:"manual"`

	Opens, Closes string          // of a vote without rules
	Revote        bool            `json:"revote"`
	Contests      []*draftContest `json:"contests"`
	Options       []*draftOption  `json:"options"` // own options, by rules that allow them
	Reason        string          `json:"reason"`
	Sponsors      string          `json:"sponsors"` // member numbers
	NotBefore     string          `json:"not-before"`
	Requires      []string        `json:"requires"`
	Calling       bool            `json:"calling"` // it was being posted
	Vote          string          `json:"vote"`    // once it is called
}

type draftContest struct {
	Title    text.Texts     `json:"title"`
	Options  []*draftOption `json:"options"`
	Kind     string         // choice, ranked
	Shuffled bool           // options in another order for each member
	Depth    string         // ranked: how many can be ranked
	Method   string         // ranked: how rankings are counted
	Min, Max string
	Decide   string // share, most, nothing
	Pass     string // the option that needs a share, from 1
	Share    string
	MoreThan bool
	Of       string // ballots, or options: which all votes for options, or those without abstentions
	Seats    string
	Lots     bool
	Quorum   string
	Binding  bool
}

type draftOption struct {
	Title   text.Texts `json:"title"`
	Outside bool       // abstention: not in the base of a share of votes
}

func (d *draft) clone() draft {
	b, err := json.Marshal(d)
	var out draft
	if err == nil {
		err = json.Unmarshal(b, &out)
	}
	if err != nil { // it was made of this
		return *d
	}
	return out
}

// newDraft returns a draft of a template, with something in it to start from.
func newDraft(id, template string) draft {
	d := draft{ID: id, Template: template, Revote: true, Title: text.Texts{}, Question: text.Texts{}}
	if template == "" {
		d.Contests = []*draftContest{yesNo()}
	}
	return d
}

// yesNo is a question to start from.
func yesNo() *draftContest {
	return &draftContest{
		Title: text.Texts{}, Kind: contest.KindChoice, Depth: "3", Method: contest.MethodScottishSTV, Min: "0", Max: "1", Decide: "share", Pass: "1", Share: "50 %", MoreThan: true, Of: "options", Seats: "1", Quorum: "0 %", Binding: true,
		Options: []*draftOption{
			{Title: text.Texts{"en": "Yes", "es": "Sí"}}, {Title: text.Texts{"en": "No", "es": "No"}}, {Title: text.Texts{"en": "Abstain", "es": "Abstención"}, Outside: true},
		},
	}
}

// read takes what was typed. What there are of contests and options is what was sent, within limits.
func (d *draft) read(r *http.Request) {
	v := r.PostFormValue
	on := func(name string) bool { return v(name) != "" }
	d.Round, d.Title, d.Question = v("round"), typed(r, "title"), typed(r, "question")
	d.Mock, d.Manual, d.Revote = on("mock"), on("manual"), on("revote")
	d.Pace, _ = strconv.Atoi(v("pace"))
	d.Opens, d.Closes, d.NotBefore, d.Reason, d.Sponsors = v("opens"), v("closes"), v("not-before"), v("reason"), v("sponsors")
	d.Requires = nil
	for _, id := range r.PostForm["requires"] {
		if _, err := record.ParseID(id); err == nil && len(d.Requires) < record.MaxRequires {
			d.Requires = append(d.Requires, id)
		}
	}
	options := func(prefix string) []*draftOption {
		var out []*draftOption
		for j := range contest.MaxOptions {
			name := fmt.Sprintf("%s-%d", prefix, j)
			if !on(name) {
				break
			}
			out = append(out, &draftOption{Title: typed(r, name+"-title"), Outside: on(name + "-outside")})
		}
		return out
	}
	d.Options, d.Contests = options("own"), nil
	for i := range contest.MaxContests {
		at := fmt.Sprintf("contest-%d", i)
		if !on(at) {
			break
		}
		d.Contests = append(d.Contests, &draftContest{
			Title: typed(r, at+"-title"), Options: options(at + "-option"), Kind: v(at + "-kind"), Shuffled: on(at + "-shuffled"),
			Depth: v(at + "-depth"), Method: v(at + "-method"), Min: v(at + "-min"), Max: v(at + "-max"), Decide: v(at + "-decide"),
			Pass: v(at + "-pass"), Share: v(at + "-share"), MoreThan: on(at + "-more"), Of: v(at + "-of"), Seats: v(at + "-seats"),
			Lots: on(at + "-lots"), Quorum: v(at + "-quorum"), Binding: on(at + "-binding"),
		})
	}
}

// typed is textsOf that keeps what was typed as it was.
func typed(r *http.Request, name string) text.Texts {
	t := make(text.Texts)
	for _, l := range language.All() {
		if s := r.PostFormValue(name + "-" + l.Code); s != "" {
			t[l.Code] = s
		}
	}
	return t
}

// edit does what a button of the form other than saving says: add and remove contests and options.
func (d *draft) edit(do string) {
	verb, where, _ := strings.Cut(do, ":")
	var at [2]int
	for i, s := range strings.SplitN(where, ".", 2) {
		at[i], _ = strconv.Atoi(s)
	}
	blank := func() *draftOption { return &draftOption{Title: text.Texts{}} }
	inside := at[0] >= 0 && at[0] < len(d.Contests)
	switch {
	case verb == "add-contest" && len(d.Contests) < contest.MaxContests:
		d.Contests = append(d.Contests, yesNo())
	case verb == "remove-contest" && inside && len(d.Contests) > 1:
		d.Contests = slices.Delete(d.Contests, at[0], at[0]+1)
	case verb == "add-option" && inside && len(d.Contests[at[0]].Options) < contest.MaxOptions:
		d.Contests[at[0]].Options = append(d.Contests[at[0]].Options, blank())
	case verb == "remove-option" && inside && at[1] >= 0 && at[1] < len(d.Contests[at[0]].Options):
		c := d.Contests[at[0]]
		c.Options = slices.Delete(c.Options, at[1], at[1]+1)
	case verb == "add-own" && len(d.Options) < contest.MaxOptions:
		d.Options = append(d.Options, blank())
	case verb == "remove-own" && at[0] >= 0 && at[0] < len(d.Options):
		d.Options = slices.Delete(d.Options, at[0], at[0]+1)
	}
}

// sorted returns the names of fields with errors, as they stand on the page.
func sorted(errs map[string]string) []string { return slices.Sorted(maps.Keys(errs)) }
