package page

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"mandate/ballot/contest"
	"mandate/ballot/count/blt"
	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/text"
)

// resultPage is the page of a result: what was decided, by which rule, and how to check it.
type resultPage struct {
	frame
	ID      string
	GroupID []string
	Vote    link
	Name    words
	Phase   phase
	Lead    template.HTML
	Notices []notice
	Ready   bool // there is a result
	Results []result
	Counted uint64
	Members uint64
	Final   string
	Checks  checked
	Story   []chapter
	Answer  *response
	CSV     string
	JSON    string
	Offline string
	Picks   []link // the contests, if there are several
}

// Result answers with the page of a vote's result.
func (p *Pages) Result(w http.ResponseWriter, r *http.Request, id record.ID) {
	p.show(w, r, "result", id.String(), func(a *author) any {
		if v := a.state.Vote(id); v != nil {
			return a.resultPage(v)
		}
		return nil
	})
}

func (a *author) resultPage(v *fold.Vote) *resultPage {
	name := a.words(v.Manifest.Title)
	p := &resultPage{
		ID: v.ID.String(), Vote: a.toVote(v), Name: name, Phase: a.phase(v), Lead: a.lead(v), Notices: a.notices(v),
		Counted: v.Counted(), Members: v.Round.Roll.Announce.Count, Checks: a.checked(v), Ready: v.Result != nil && !a.failed(v),
	}
	p.GroupID = groups(p.ID)
	p.frame = a.frame(a.Say("result.of", "title", oneLine(name.Text)), p.Phase.Name)
	p.Check = "mandate-verify -vote " + p.ID + " " + a.address
	p.Offline = "mandate-verify -vote " + p.ID + " board.tar"
	if p.Booth.Verify != "" {
		p.Booth.Verify = a.booth("verify?vote=" + p.ID)
	}
	if !p.Ready {
		return p
	}
	for i := range v.Manifest.Contests {
		p.Results = append(p.Results, a.result(v, i))
	}
	for _, c := range a.story(v) {
		if c.State == stepDone {
			p.Story = append(p.Story, c)
		}
	}
	if b := v.Response(); b != nil {
		p.Answer = &response{v.Rules().Response.Name, b.Text, v.Times.Responded}
	}
	p.CSV, p.JSON = a.link("/vote/"+p.ID+"/result.csv"), "/vote/"+p.ID+"/result.json"
	return p
}

// A download is a file that is made of a result.
type download struct {
	kind, name string
	body       []byte
}

// give answers with a file that is made of a vote's result; there is none as long as there is no result, or if the vote does not verify.
// Under the board's lock it only takes what the file is made of; what is returned makes the file, and may take a while.
func (p *Pages) give(w http.ResponseWriter, r *http.Request, id record.ID, take func(*author, *fold.Vote) func() (*download, error)) {
	a := p.author(r)
	var finish func() (*download, error)
	p.board.View(func(s *fold.State) {
		a.state, a.now = s, s.Now()
		if v := s.Vote(id); v != nil && v.Result != nil && !a.failed(v) {
			finish = take(a, v)
		}
	})
	if finish == nil {
		p.Missing(w, r)
		return
	}
	var d *download
	err := p.reading(func() (err error) {
		d, err = finish()
		return err
	})
	if err != nil {
		p.broken(w, "file", id.String(), err)
		return
	}
	h := w.Header()
	h.Set("Content-Type", d.kind)
	h.Set("Cache-Control", "no-cache")
	if !strings.HasPrefix(d.kind, "image/") {
		h.Set("Content-Disposition", `attachment; filename="`+d.name+`"`)
	}
	h.Set("Content-Length", strconv.Itoa(len(d.body)))
	w.Write(d.body)
}

// ResultCSV answers with the result as a table: a line for each option of each contest.
func (p *Pages) ResultCSV(w http.ResponseWriter, r *http.Request, id record.ID) {
	p.give(w, r, id, func(a *author, v *fold.Vote) func() (*download, error) {
		var b bytes.Buffer
		c := csv.NewWriter(&b)
		c.Write([]string{"contest", "contest title", "option", "option title", "votes", "won", "outcome"})
		for i := range v.Manifest.Contests {
			m, got := &v.Manifest.Contests[i], v.Result.Contests[i]
			for j, o := range m.Options {
				votes, won := "", ""
				if m.Kind != contest.KindRanked {
					votes = strconv.FormatUint(got.Counts[j], 10)
				}
				if k := slices.Index(got.Winners, uint64(j)); k >= 0 {
					won = "yes"
					if m.Kind == contest.KindRanked { // winners are in the order of their election
						won = strconv.Itoa(k + 1)
					}
				}
				c.Write([]string{m.ID, cell(a.words(m.Title).Text), o.ID, cell(a.words(o.Title).Text), votes, won, got.Outcome})
			}
		}
		c.Flush()
		return func() (*download, error) {
			return &download{"text/csv; charset=utf-8", "result-" + v.ID.Short() + ".csv", b.Bytes()}, c.Error()
		}
	})
}

// cell makes a text safe in a spreadsheet, which would take some for formulas.
func cell(s string) string {
	s = oneLine(s)
	if s != "" && strings.ContainsRune("=+-@", rune(s[0])) {
		return "'" + s
	}
	return s
}

// A resultFile is the result for programs. It proves nothing: whoever must know reads the log.
type resultFile struct {
	Vote     record.ID     `json:"vote"`
	Title    text.Texts    `json:"title"`
	Template string        `json:"template"`
	Mock     bool          `json:"mock"`
	Board    string        `json:"board"`
	Origin   string        `json:"origin"`
	Roll     uint64        `json:"roll"`
	Counted  uint64        `json:"counted"`
	Checked  int           `json:"checked"`
	Reported uint64        `json:"check_faults"`
	Certify  uint64        `json:"certified"` // when
	Contests []contestFile `json:"contests"`
	Response string        `json:"response,omitempty"`
}

type contestFile struct {
	ID      string       `json:"id"`
	Kind    string       `json:"kind"`
	Title   text.Texts   `json:"title"`
	Outcome string       `json:"outcome"`
	Binding bool         `json:"binding"`
	Rule    []string     `json:"rule"` // in words
	Options []optionFile `json:"options"`
	Winners []string     `json:"winners"` // ids of options; of a ranked contest in the order in which they were elected
	// Of a ranked contest.
	Expressed *uint64 `json:"expressed,omitempty"`
	Blank     *uint64 `json:"blank,omitempty"`
	Spoiled   *uint64 `json:"spoiled,omitempty"`
}

type optionFile struct {
	ID    string     `json:"id"`
	Title text.Texts `json:"title"`
	Votes *uint64    `json:"votes,omitempty"`
	Won   bool       `json:"won"`
}

// ResultJSON answers with the result for programs.
func (p *Pages) ResultJSON(w http.ResponseWriter, r *http.Request, id record.ID) {
	p.give(w, r, id, func(a *author, v *fold.Vote) func() (*download, error) {
		m := v.Manifest
		g, _ := a.state.Genesis()
		f := resultFile{
			Vote: v.ID, Title: m.Title, Template: m.Template, Mock: m.Mock, Board: a.address, Origin: g.Origin, Roll: v.Round.Roll.Announce.Count,
			Counted: v.Result.Counted, Checked: v.Checks(), Reported: a.checked(v).Reported, Certify: v.Times.Certified,
		}
		if b := v.Response(); b != nil {
			f.Response = b.Text
		}
		for i := range m.Contests {
			c, got := &m.Contests[i], v.Result.Contests[i]
			x := contestFile{
				ID: c.ID, Kind: c.Kind, Title: c.Title, Outcome: got.Outcome, Binding: c.Decision.Binding || c.Ranking.Binding, Rule: a.rule(v, i), Winners: []string{},
			}
			for j, o := range c.Options {
				y := optionFile{ID: o.ID, Title: o.Title, Won: slices.Contains(got.Winners, uint64(j))}
				if c.Kind != contest.KindRanked {
					n := got.Counts[j]
					y.Votes = &n
				}
				x.Options = append(x.Options, y)
			}
			for _, j := range got.Winners {
				x.Winners = append(x.Winners, c.Options[j].ID)
			}
			if c.Kind == contest.KindRanked {
				n := slices.Clone(got.Counts)
				x.Expressed, x.Blank, x.Spoiled = &n[0], &n[1], &n[2]
			}
			f.Contests = append(f.Contests, x)
		}
		return func() (*download, error) {
			b, err := json.MarshalIndent(f, "", "  ")
			return &download{"application/json", "result-" + f.Vote.Short() + ".json", append(b, '\n')}, err
		}
	})
}

// countFiles are the files of a ranked contest's count, by their names.
var countFiles = map[string]struct {
	kind  string
	write func(*bytes.Buffer, ranking) error
}{
	"picture.svg": {"image/svg+xml", func(b *bytes.Buffer, k ranking) error { return k.Result.WriteSVG(b) }},
	"report.txt":  {"text/plain; charset=utf-8", func(b *bytes.Buffer, k ranking) error { return k.Result.WriteText(b) }},
	"report.json": {"application/json", func(b *bytes.Buffer, k ranking) error { return k.Result.WriteJSON(b) }},
	"ballots.blt": {"text/plain; charset=utf-8", func(b *bytes.Buffer, k ranking) error { return blt.WriteCounted(b, k.Election, k.terms) }},
	"ballots.csv": {"text/csv; charset=utf-8", func(b *bytes.Buffer, k ranking) error { return blt.WriteCSV(b, k.Election) }},
}

// CountFile answers with a file of the count of a ranked contest: the contest's number from 1, and the name of the file.
func (p *Pages) CountFile(w http.ResponseWriter, r *http.Request, id record.ID, number, name string) {
	n, err := strconv.ParseUint(number, 10, 16)
	f, ok := countFiles[name]
	if err != nil || !ok || strconv.FormatUint(n, 10) != number {
		p.Missing(w, r)
		return
	}
	p.give(w, r, id, func(a *author, v *fold.Vote) func() (*download, error) {
		if n < 1 || n > uint64(len(v.Manifest.Contests)) || v.Manifest.Contests[n-1].Kind != contest.KindRanked {
			return nil
		}
		k, ok := p.rankings(v, int(n-1))
		if !ok {
			return nil
		}
		k.terms = blt.Terms{Method: k.Result.Method, Contest: n - 1}
		if seed, err := a.state.Seed(v); err == nil {
			k.terms.Lots = seed.String()
		}
		as := v.Manifest.Contests[n-1].ID + "-" + name
		return func() (*download, error) {
			var b bytes.Buffer
			err := f.write(&b, k)
			return &download{f.kind, as, b.Bytes()}, err
		}
	})
}

// rankingsOf returns how a ranked contest of a vote with a result was counted. It is the one place where pages ask the fold for it, which has
// it ready: it had to count to judge the result. What it returns does not change.
func rankingsOf(v *fold.Vote, i int) (ranking, bool) {
	opened, err := v.Rankings(i)
	if err != nil {
		return ranking{}, false
	}
	result, err := v.Count(i)
	if err != nil {
		return ranking{}, false
	}
	return ranking{Election: opened.Election(&v.Manifest.Contests[i], "en"), Result: result}, true
}
