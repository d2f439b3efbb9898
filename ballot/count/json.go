package count

import (
	"encoding/json"
	"io"
	"math/big"
)

// WriteJSON prints the whole count as one JSON object, indented, ending in a
// newline. SPEC.md §14.12 lists its members. Candidates appear
// by number, which is their index plus one; votes are strings with all decimals
// that the method calculates with; numbers of ballots are JSON numbers.
func (r *Result) WriteJSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(r.json())
}

// MarshalJSON is WriteJSON without indentation.
func (r *Result) MarshalJSON() ([]byte, error) { return json.Marshal(r.json()) }

type jsonResult struct {
	Method     Method          `json:"method"`
	Title      string          `json:"title"`
	Seats      int             `json:"seats"`
	Fillable   int             `json:"fillable_seats"`
	Decimals   int             `json:"decimals"`
	Ballots    jsonBallots     `json:"ballots"`
	Candidates []jsonCandidate `json:"candidates"`
	Rules      []jsonRule      `json:"rules"`
	Elected    []jsonRef       `json:"elected"`
	Ranking    [][]int         `json:"ranking,omitempty"`
	Pairwise   *jsonPairwise   `json:"pairwise,omitempty"`
	Stages     []jsonStage     `json:"stages"`
	Draws      []jsonDraw      `json:"draws"`
	Notes      []string        `json:"notes"`
}

type jsonBallots struct {
	Total   *big.Int `json:"total"`
	Valid   *big.Int `json:"valid"`
	Blank   *big.Int `json:"blank"`
	Spoiled *big.Int `json:"spoiled"`
}

type jsonRef struct {
	Number int    `json:"number"`
	Name   string `json:"name"`
}

type jsonCandidate struct {
	jsonRef
	Party string `json:"party,omitempty"`
	State State  `json:"state"`
}

type jsonRule struct {
	Bound   Bound  `json:"bound"`
	N       int    `json:"n"`
	Group   string `json:"group"`
	Members []int  `json:"members"`
}

type jsonStage struct {
	Number          int            `json:"number"`
	Action          Action         `json:"action"`
	From            []int          `json:"from"`
	Why             string         `json:"why"`
	Quota           *Votes         `json:"quota,omitempty"`
	Candidates      []jsonStanding `json:"candidates"`
	NonTransferable *jsonLost      `json:"non_transferable,omitempty"`
	Transfers       []jsonTransfer `json:"transfers"`
	Surplus         *Votes         `json:"surplus,omitempty"`
	Iterations      int            `json:"iterations,omitempty"`
	Guarded         []int          `json:"guarded"`
	Doomed          []int          `json:"doomed"`
	Events          []jsonEvent    `json:"events"`
}

type jsonStanding struct {
	jsonRef
	State      State  `json:"state"`
	Votes      *Votes `json:"votes,omitempty"`
	Change     *Votes `json:"change,omitempty"`
	KeepFactor *Votes `json:"keep_factor,omitempty"`
}

type jsonLost struct {
	Votes    Votes  `json:"votes"`
	Change   Votes  `json:"change"`
	Rounding *Votes `json:"rounding,omitempty"`
}

type jsonTransfer struct {
	From  int   `json:"from"`
	To    *int  `json:"to"` // null: non-transferable
	Votes Votes `json:"votes"`
}

type jsonEvent struct {
	Kind   EventKind `json:"kind"`
	Number int       `json:"number,omitempty"`
	Name   string    `json:"name,omitempty"`
	Others []int     `json:"others,omitempty"`
	Reason Reason    `json:"reason"`
	Rule   int       `json:"rule,omitempty"`
	Draw   int       `json:"draw,omitempty"`
	Stage  int       `json:"stage,omitempty"`
	Why    string    `json:"why"`
}

type jsonDraw struct {
	Number  int          `json:"number"`
	Stage   int          `json:"stage"`
	Purpose Purpose      `json:"purpose"`
	Source  string       `json:"source"`
	Order   []jsonTicket `json:"order"`
}

type jsonTicket struct {
	jsonRef
	Derivation string `json:"derivation"`
}

type jsonPairwise struct {
	Preferred [][]*big.Int      `json:"preferred"`
	Strengths [][]*jsonStrength `json:"strengths,omitempty"`
	Locked    []jsonMajority    `json:"majorities,omitempty"`
}

type jsonStrength struct {
	For     *big.Int `json:"for"`
	Against *big.Int `json:"against"`
}

type jsonMajority struct {
	Winner int  `json:"winner"`
	Loser  int  `json:"loser"`
	Locked bool `json:"locked"`
	jsonStrength
}

func (r *Result) json() *jsonResult {
	out := &jsonResult{
		Method: r.Method, Title: r.Title, Seats: r.Seats, Fillable: r.Target, Decimals: r.Places,
		Ballots: jsonBallots(r.Ballots),
		Rules:   []jsonRule{},
		Elected: []jsonRef{},
		Stages:  []jsonStage{},
		Draws:   []jsonDraw{},
		Notes:   append([]string{}, r.Notes...),
	}
	for i, c := range r.Candidates {
		out.Candidates = append(out.Candidates, jsonCandidate{r.ref(i), c.Party, r.State(i)})
	}
	for _, rule := range r.Rules {
		out.Rules = append(out.Rules, jsonRule{rule.Bound, rule.N, rule.Group, numbers(rule.Members)})
	}
	for _, i := range r.Elected {
		out.Elected = append(out.Elected, r.ref(i))
	}
	for _, tier := range r.Ranking {
		out.Ranking = append(out.Ranking, numbers(tier))
	}
	for i := range r.Stages {
		out.Stages = append(out.Stages, r.jsonStage(&r.Stages[i]))
	}
	for _, d := range r.Draws {
		jd := jsonDraw{Number: d.Number, Stage: d.Stage, Purpose: d.Purpose, Source: d.Source}
		for _, t := range d.Tickets {
			jd.Order = append(jd.Order, jsonTicket{r.ref(t.Candidate), t.Derivation})
		}
		out.Draws = append(out.Draws, jd)
	}
	if p := r.Pairwise; p != nil {
		jp := &jsonPairwise{Preferred: p.Preferred}
		for _, row := range p.Strengths {
			strengths := make([]*jsonStrength, len(row))
			for i, s := range row {
				if s != nil {
					strengths[i] = &jsonStrength{s.For, s.Against}
				}
			}
			jp.Strengths = append(jp.Strengths, strengths)
		}
		for _, m := range p.Locked {
			jp.Locked = append(jp.Locked, jsonMajority{m.Winner + 1, m.Loser + 1, m.Locked, jsonStrength(m.Strength)})
		}
		out.Pairwise = jp
	}
	return out
}

func (r *Result) ref(i int) jsonRef { return jsonRef{i + 1, r.Candidates[i].Name} }

func numbers(list []int) []int {
	out := make([]int, len(list))
	for i, c := range list {
		out[i] = c + 1
	}
	return out
}

func (r *Result) jsonStage(s *Stage) jsonStage {
	out := jsonStage{
		Number: s.Number, Action: s.Action, From: numbers(s.From), Why: s.Why,
		Transfers:  []jsonTransfer{},
		Iterations: s.Iterations,
		Guarded:    numbers(s.Guarded), Doomed: numbers(s.Doomed),
		Events: []jsonEvent{},
	}
	if s.Quota.Sign() > 0 {
		out.Quota = &s.Quota
	}
	for i := range r.Candidates {
		standing := jsonStanding{jsonRef: r.ref(i), State: s.States[i]}
		if len(s.Votes) > 0 {
			standing.Votes, standing.Change = &s.Votes[i], &s.Changes[i]
		}
		if len(s.KeepFactors) > 0 {
			standing.KeepFactor = &s.KeepFactors[i]
		}
		out.Candidates = append(out.Candidates, standing)
	}
	if r.transferable() {
		out.NonTransferable = &jsonLost{Votes: s.NonTransferable, Change: s.NonTransferableChange}
		if r.Method == ScottishSTV {
			out.NonTransferable.Rounding = &s.Rounding
		}
	}
	if len(s.KeepFactors) > 0 {
		out.Surplus = &s.Surplus
	}
	for _, t := range s.Transfers {
		jt := jsonTransfer{From: t.From + 1, Votes: t.Votes}
		if t.To >= 0 {
			to := t.To + 1
			jt.To = &to
		}
		out.Transfers = append(out.Transfers, jt)
	}
	for _, e := range s.Events {
		je := jsonEvent{Kind: e.Kind, Others: numbers(e.Others), Reason: e.Reason, Rule: e.Rule, Draw: e.Draw, Stage: e.Stage, Why: e.Why}
		if e.Candidate >= 0 {
			je.Number, je.Name = e.Candidate+1, r.Candidates[e.Candidate].Name
		}
		out.Events = append(out.Events, je)
	}
	return out
}
