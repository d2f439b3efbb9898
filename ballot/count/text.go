package count

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// textDecimals is how many decimals of votes reports for people print.
const textDecimals = 5

// WriteText prints the whole count as text tables: what was counted, one table
// per stage, lots with their derivation, and the result. Votes have five
// decimals (cut off, not rounded) and no thousands separator; numbers of ballots
// are integers.
func (r *Result) WriteText(w io.Writer) error {
	b := bufio.NewWriter(w)
	t := &textReport{r: r, w: b}
	t.heading()
	if r.Pairwise != nil {
		t.pairwise()
	}
	for i := range r.Stages {
		t.stage(&r.Stages[i])
	}
	t.draws()
	t.result()
	return b.Flush()
}

type textReport struct {
	r *Result
	w *bufio.Writer
}

func (t *textReport) printf(format string, args ...any) { fmt.Fprintf(t.w, format, args...) }

func (t *textReport) name(i int) string { return printable(t.r.Candidates[i].Name) }

func (t *textReport) heading() {
	r := t.r
	if r.Title != "" {
		t.printf("%s\n\n", printable(r.Title))
	}
	rows := [][]string{
		{"Method", methodTitle(r.Method)},
		{"Seats", fmt.Sprint(r.Seats)},
		{"Candidates", fmt.Sprint(len(r.Candidates))},
		{"Ballots", r.Ballots.Total.String()},
		{"  valid", r.Ballots.Valid.String()},
		{"  blank", r.Ballots.Blank.String()},
		{"  spoiled", r.Ballots.Spoiled.String()},
	}
	for i, rule := range r.Rules {
		rows = append(rows, []string{fmt.Sprintf("Rule %d", i+1), fmt.Sprintf("%s (%s)", printable(rule.String()), t.numbers(rule.Members))})
	}
	t.table(rows, "ll")
	for _, n := range r.Notes {
		t.printf("Note: %s.\n", printable(n))
	}
}

// numbers lists candidates by number.
func (t *textReport) numbers(list []int) string {
	var out []string
	for _, i := range list {
		out = append(out, fmt.Sprint(i+1))
	}
	return "candidates " + strings.Join(out, ", ")
}

func methodTitle(m Method) string {
	return map[Method]string{
		Plurality:   "plurality: the most first preferences",
		Approval:    "approval: the most ballots naming the candidate",
		IRV:         "instant run-off",
		ScottishSTV: "Scottish STV (SSI 2007/42, rules 45 to 52)",
		MeekSTV:     "Meek STV (PR Foundation reference rule)",
		Schulze:     "Schulze (winning votes)",
		RankedPairs: "ranked pairs (winning votes)",
	}[m]
}

func actionTitle(a Action) string {
	return map[Action]string{
		FirstCount:      "first count",
		SurplusTransfer: "transfer of a surplus",
		ExclusionAction: "exclusion",
		Redistribution:  "redistribution",
		PairwiseAction:  "comparison in pairs",
	}[a]
}

func (t *textReport) stage(s *Stage) {
	t.printf("\nStage %d: %s", s.Number, actionTitle(s.Action))
	if len(s.From) > 0 {
		t.printf(" of %s", printable(nameList(t.r.Candidates, s.From)))
	}
	t.printf("\n%s.\n", capital(printable(s.Why)))
	if len(s.Votes) > 0 {
		t.votes(s)
	}
	for _, e := range s.Events {
		t.printf("%s: %s.\n", eventTitle(e.Kind), printable(e.Why))
	}
}

func (t *textReport) votes(s *Stage) {
	first := s.Action == FirstCount
	head := []string{"", "transfer", "votes"}
	if first {
		head = []string{"", "votes"}
	}
	meek := len(s.KeepFactors) > 0
	if meek {
		head = append(head, "keeps")
	}
	rows := [][]string{append(head, "")}
	row := func(name string, change, votes Votes, keep, state string) {
		cells := []string{name}
		if !first {
			cells = append(cells, signed(change))
		}
		cells = append(cells, votes.Fixed(textDecimals))
		if meek {
			cells = append(cells, keep)
		}
		rows = append(rows, append(cells, state))
	}
	for i := range t.r.Candidates {
		if s.States[i] == Withdrawn {
			continue
		}
		keep := ""
		if meek {
			keep = s.KeepFactors[i].Fixed(textDecimals)
		}
		row(t.name(i), s.Changes[i], s.Votes[i], keep, t.standing(s, i))
	}
	if t.r.transferable() {
		row("non-transferable", s.NonTransferableChange, s.NonTransferable, "", "")
	}
	if s.Rounding.Sign() > 0 {
		rows = append(rows, fit([]string{"  of it rounding", s.Rounding.Fixed(textDecimals)}, len(rows[0]), meek))
	}
	quota := "quota"
	if t.r.Method == IRV {
		quota = "majority"
	}
	if s.Quota.Sign() > 0 {
		rows = append(rows, fit([]string{quota, s.Quota.Fixed(textDecimals)}, len(rows[0]), meek))
	}
	if meek {
		rows = append(rows, fit([]string{"total surplus", s.Surplus.Fixed(textDecimals)}, len(rows[0]), meek))
	}
	t.table(rows, "l"+strings.Repeat("r", len(rows[0])-2)+"l")
	if s.Iterations > 1 {
		t.printf("(%d distributions)\n", s.Iterations)
	}
}

// transferable reports whether votes move from candidate to candidate.
func (r *Result) transferable() bool {
	return r.Method == IRV || r.Method == ScottishSTV || r.Method == MeekSTV
}

// fit puts a label and a number of votes into a row of that many cells.
func fit(cells []string, n int, meek bool) []string {
	out := make([]string, n)
	out[0] = cells[0]
	if meek {
		out[n-3] = cells[1]
	} else {
		out[n-2] = cells[1]
	}
	return out
}

func (t *textReport) standing(s *Stage, i int) string {
	switch {
	case s.States[i] != Continuing:
		return strings.ReplaceAll(string(s.States[i]), "-", " ")
	case slices.Contains(s.Guarded, i):
		return "guarded"
	case slices.Contains(s.Doomed, i):
		return "doomed"
	}
	return ""
}

func signed(v Votes) string {
	s := v.Fixed(textDecimals)
	switch {
	case v.Sign() > 0:
		return "+" + s
	case v.Sign() == 0:
		return ""
	}
	return s
}

func eventTitle(k EventKind) string {
	return map[EventKind]string{
		WasElected:  "Elected",
		WasExcluded: "Excluded",
		WasGuarded:  "Guarded",
		WasDoomed:   "Doomed",
		TieBroken:   "Tie",
		RuleLowered: "Rule lowered",
	}[k]
}

func (t *textReport) pairwise() {
	var standing []int
	for i, c := range t.r.Candidates {
		if !c.Withdrawn {
			standing = append(standing, i)
		}
	}
	matrix := func(cell func(a, b int) string) {
		head := []string{""}
		for _, b := range standing {
			head = append(head, fmt.Sprintf("[%d]", b+1))
		}
		rows := [][]string{head}
		for _, a := range standing {
			row := []string{fmt.Sprintf("[%d] %s", a+1, t.name(a))}
			for _, b := range standing {
				if a == b {
					row = append(row, "")
				} else {
					row = append(row, cell(a, b))
				}
			}
			rows = append(rows, row)
		}
		t.table(rows, "l"+strings.Repeat("r", len(standing)))
	}
	p := t.r.Pairwise
	t.printf("\nBallots that prefer the candidate of the row to that of the column\n")
	matrix(func(a, b int) string { return p.Preferred[a][b].String() })
	if p.Strengths != nil {
		t.printf("\nStrongest paths from row to column: ballots for, and against, in the weakest link\n")
		matrix(func(a, b int) string {
			s := p.Strengths[a][b]
			if s == nil {
				return "-"
			}
			return s.For.String() + ":" + s.Against.String()
		})
	}
	if p.Locked != nil {
		t.printf("\nMajorities, strongest first\n")
		var rows [][]string
		for _, m := range p.Locked {
			verdict := "locked"
			if !m.Locked {
				verdict = "left out: contradicts stronger majorities"
			}
			rows = append(rows, []string{t.name(m.Winner) + " over " + t.name(m.Loser), m.For.String() + ":" + m.Against.String(), verdict})
		}
		t.table(rows, "lrl")
	}
}

func (t *textReport) draws() {
	for _, d := range t.r.Draws {
		t.printf("\nDraw %d, at stage %d, for %s, by %s\n", d.Number, d.Stage, drawTitle(d.Purpose), printable(d.Source))
		var rows [][]string
		for i, ticket := range d.Tickets {
			rows = append(rows, []string{fmt.Sprintf("%d.", i+1), t.name(ticket.Candidate), printable(ticket.Derivation)})
		}
		t.table(rows, "rll")
	}
}

func drawTitle(p Purpose) string {
	return map[Purpose]string{
		DrawExclusion:  "who is excluded",
		DrawSurplus:    "whose surplus goes first",
		DrawElection:   "who is elected first",
		DrawMajorities: "the order of equal majorities",
	}[p]
}

func (t *textReport) result() {
	if t.r.Ranking != nil {
		t.printf("\nOrder of the candidates\n")
		var rows [][]string
		place := 1
		for _, tier := range t.r.Ranking {
			for _, i := range tier {
				equal := ""
				if len(tier) > 1 {
					equal = "equal"
				}
				rows = append(rows, []string{fmt.Sprintf("%d.", place), t.name(i), equal})
			}
			place += len(tier)
		}
		t.table(rows, "rll")
	}
	t.printf("\nElected: %d of %d\n", len(t.r.Elected), t.r.Seats)
	var rows [][]string
	for n, i := range t.r.Elected {
		c := t.r.Candidates[i]
		rows = append(rows, []string{fmt.Sprintf("%d.", n+1), t.name(i), printable(c.Party)})
	}
	t.table(rows, "rll")
}

// table prints rows in columns, each aligned left or right as align says.
func (t *textReport) table(rows [][]string, align string) {
	widths := make([]int, len(align))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, row := range rows {
		var line strings.Builder
		line.WriteString(" ")
		for i, cell := range row {
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			line.WriteString(" ")
			if i > 0 {
				line.WriteString(" ")
			}
			if align[i] == 'r' {
				line.WriteString(pad + cell)
			} else {
				line.WriteString(cell + pad)
			}
		}
		t.printf("%s\n", strings.TrimRight(line.String(), " "))
	}
}

// printable replaces what could disturb a terminal or the direction of the text
// around a name: control and format characters, and invalid UTF-8.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029' {
			return utf8.RuneError
		}
		return r
	}, s)
}

func capital(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:]
}
