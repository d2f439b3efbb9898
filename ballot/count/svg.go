package count

import (
	"bufio"
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"math/big"
	"slices"
	"strings"
	"unicode/utf8"
)

// WriteSVG draws the count as one standalone SVG picture without scripts, styles
// or references: for transferable votes, a column of candidates per stage and
// bands for the votes that stay and move between them; for plurality and
// approval, bars; for Schulze and ranked pairs, the matrix of pairs. Everything
// in the picture is also in the text report; a title and a description say so to
// those who cannot see it.
func (r *Result) WriteSVG(w io.Writer) error {
	b := bufio.NewWriter(w)
	switch r.Method {
	case Plurality, Approval:
		r.svgBars(b)
	case Schulze, RankedPairs:
		r.svgMatrix(b)
	default:
		newFlowPicture(r).write(b)
	}
	return b.Flush()
}

// Lengths are in tenths of a pixel, so that integers suffice.
const (
	svgLeft   = 2200 // room for names on either side
	svgTop    = 600
	svgColumn = 1300 // from one stage to the next
	svgBar    = 160  // width of a candidate's bar
	svgGap    = 140  // between candidates, and the height of a line of text
	svgHeight = 4000 // of all votes together
)

// svgColours are told apart by hue and by lightness. Names stand beside them, so
// that nothing is told by colour alone.
var svgColours = []string{
	"#1b6ca8", "#c8553d", "#3a7d44", "#8a4fad", "#b8860b", "#008c8c",
	"#a23b72", "#5b6c1f", "#34495e", "#d2691e", "#4b6cb7", "#7a3b2e",
}

const svgGrey = "#8c8c8c"

func svgColour(i int) string {
	if i < 0 {
		return svgGrey
	}
	return svgColours[i%len(svgColours)]
}

// px prints tenths of a pixel.
func px(n int) string {
	if n%10 == 0 {
		return fmt.Sprint(n / 10)
	}
	return fmt.Sprintf("%d.%d", n/10, n%10)
}

// svgText makes any string safe as text or attribute of an XML document.
func svgText(s string) string {
	var b strings.Builder
	xml.EscapeText(&b, []byte(printable(s))) // replaces what XML does not allow
	return b.String()
}

func shorten(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n-1]) + "…"
}

func (r *Result) svgOpen(w io.Writer, width, height int, description string) {
	title := methodTitle(r.Method)
	if r.Title != "" {
		title = r.Title + ": " + title
	}
	fmt.Fprintf(w, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %s %s" width="%s" height="%s" role="img" aria-labelledby="count-title count-desc" font-family="sans-serif" font-size="11">`+"\n",
		px(width), px(height), px(width), px(height))
	fmt.Fprintf(w, "<title id=\"count-title\">%s</title>\n<desc id=\"count-desc\">%s Elected: %s.</desc>\n",
		svgText(title), svgText(description), svgText(nameList(r.Candidates, r.Elected)))
	fmt.Fprintf(w, `<rect width="100%%" height="100%%" fill="#ffffff"/>`+"\n")
	svgLabel(w, 100, 250, "start", "14", title)
}

func svgLabel(w io.Writer, x, y int, anchor, size, text string) {
	fmt.Fprintf(w, `<text x="%s" y="%s" text-anchor="%s" font-size="%s" fill="#222222">%s</text>`+"\n", px(x), px(y), anchor, size, svgText(text))
}

// A flowPicture is the picture of a count with transferable votes. Row -1 is the
// non-transferable votes.
type flowPicture struct {
	r      *Result
	rows   []int // from top to bottom: the elected, then who held out longest
	total  *big.Int
	bottom int
	tops   []map[int]int // by stage and row: where the bar begins
	size   []map[int]int // by stage and row: height of the bar
}

func newFlowPicture(r *Result) *flowPicture {
	p := &flowPicture{r: r, total: new(big.Int)}
	last := make([]int, len(r.Candidates)) // the stage up to which one continued
	for i := range r.Candidates {
		for s := range r.Stages {
			if r.Stages[s].States[i] == Continuing || r.Stages[s].States[i] == NotElected {
				last[i] = s
			}
		}
		if !r.Candidates[i].Withdrawn {
			p.rows = append(p.rows, i)
		}
	}
	place := func(i int) int {
		if at := slices.Index(r.Elected, i); at >= 0 {
			return at - len(r.Elected)
		}
		return len(r.Stages) - last[i]
	}
	slices.SortStableFunc(p.rows, func(a, b int) int { return cmp.Compare(place(a), place(b)) })
	p.rows = append(p.rows, -1)
	for i := range r.Candidates {
		p.total.Add(p.total, p.amount(0, i).scaled(0))
	}
	p.total.Add(p.total, p.amount(0, -1).scaled(0))

	for s := range r.Stages {
		tops, size := make(map[int]int), make(map[int]int)
		y := svgTop
		for _, row := range p.rows {
			votes := p.amount(s, row)
			if s > 0 && votes.Sign() == 0 && (row < 0 || r.Stages[s].States[row] != Continuing) {
				continue
			}
			tops[row], size[row] = y, p.height(votes.scaled(0))
			y += size[row] + svgGap
		}
		p.tops, p.size = append(p.tops, tops), append(p.size, size)
		p.bottom = max(p.bottom, y)
	}
	return p
}

// amount returns the votes of a row at the end of a stage.
func (p *flowPicture) amount(s, row int) Votes {
	if row < 0 {
		return p.r.Stages[s].NonTransferable
	}
	return p.r.Stages[s].Votes[row]
}

// height turns units into a length.
func (p *flowPicture) height(units *big.Int) int {
	if p.total.Sign() == 0 || units.Sign() <= 0 {
		return 0
	}
	n := new(big.Int).Mul(units, big.NewInt(svgHeight))
	return int(n.Quo(n, p.total).Int64())
}

func (p *flowPicture) write(w io.Writer) {
	r := p.r
	width := 2*svgLeft + (len(r.Stages)-1)*svgColumn + svgBar
	description := fmt.Sprintf("%d stages from left to right. Bars are the votes of each candidate at the end of a stage, bands are votes that stay or move.", len(r.Stages))
	if r.Method == MeekSTV {
		description = fmt.Sprintf("%d stages from left to right. Bars are the votes of each candidate at the end of a stage, bands are votes that stay. All votes are distributed anew at each stage.", len(r.Stages))
	}
	r.svgOpen(w, width, p.bottom+200, description)
	for s := 1; s < len(r.Stages); s++ {
		p.bands(w, s)
	}
	for s := range r.Stages {
		p.column(w, s)
	}
	fmt.Fprintln(w, "</svg>")
}

func (p *flowPicture) x(s int) int { return svgLeft + s*svgColumn }

func (p *flowPicture) name(row int) string {
	if row < 0 {
		return "non-transferable"
	}
	return p.r.Candidates[row].Name
}

// column draws the bars of a stage and its labels.
func (p *flowPicture) column(w io.Writer, s int) {
	stage := &p.r.Stages[s]
	x := p.x(s)
	svgLabel(w, x+svgBar/2, 420, "middle", "11", fmt.Sprintf("stage %d", stage.Number))
	if len(stage.From) > 0 {
		svgLabel(w, x+svgBar/2, 530, "middle", "9", shorten(nameList(p.r.Candidates, stage.From), 22))
	}
	for _, row := range p.rows {
		y, ok := p.tops[s][row]
		if !ok {
			continue
		}
		h := p.size[s][row]
		outline := ""
		if row >= 0 && stage.States[row] == Elected {
			outline = ` stroke="#000000" stroke-width="1.5"`
		}
		fmt.Fprintf(w, `<rect x="%s" y="%s" width="%s" height="%s" fill="%s"%s><title>%s</title></rect>`+"\n",
			px(x), px(y), px(svgBar), px(max(h, 10)), svgColour(row), outline,
			svgText(fmt.Sprintf("%s: %s at stage %d", p.name(row), p.amount(s, row).Fixed(textDecimals), stage.Number)))
		label := shorten(p.name(row), 32)
		if s == 0 {
			svgLabel(w, x-60, y+h/2+40, "end", "11", label)
		}
		if s == len(p.r.Stages)-1 {
			if row >= 0 && stage.States[row] == Elected {
				label += " (elected)"
			}
			svgLabel(w, x+svgBar+60, y+h/2+40, "start", "11", label)
		}
	}
}

// A band is votes on their way from a row of one stage to a row of the next.
type band struct {
	from, to int
	units    *big.Int
}

// bands draws what stays and what moves in the course of a stage.
func (p *flowPicture) bands(w io.Writer, s int) {
	stage := &p.r.Stages[s]
	moved := make(map[[2]int]*big.Int)
	left := make(map[int]*big.Int)
	add := func(from, to int, units *big.Int) {
		addTo(moved, [2]int{from, to}, units)
		addTo(left, from, units)
	}
	for _, t := range stage.Transfers {
		add(t.From, t.To, t.Votes.scaled(0))
	}
	if cut := new(big.Int).Sub(stage.Rounding.scaled(0), p.r.Stages[s-1].Rounding.scaled(0)); cut.Sign() > 0 {
		add(stage.From[0], -1, cut)
	}
	var all []band
	for pair, units := range moved {
		all = append(all, band{pair[0], pair[1], units})
	}
	for _, row := range p.rows {
		stay := p.amount(s-1, row).scaled(0)
		if out, ok := left[row]; ok {
			stay.Sub(stay, out)
		} else if now := p.amount(s, row).scaled(0); now.Cmp(stay) < 0 {
			stay = now // Meek: votes that went elsewhere are not followed
		}
		if stay.Sign() > 0 {
			all = append(all, band{row, row, stay})
		}
	}
	place := func(row int) int { return slices.Index(p.rows, row) }
	slices.SortFunc(all, func(a, b band) int {
		return cmp.Or(cmp.Compare(place(a.from), place(b.from)), cmp.Compare(place(a.to), place(b.to)))
	})
	start := make([]int, len(all)) // offset in the bar on the left
	end := make([]int, len(all))   // and on the right
	used := make(map[int]int)
	for i, b := range all {
		start[i] = used[b.from]
		used[b.from] += p.height(b.units)
	}
	byTarget := make([]int, len(all))
	for i := range byTarget {
		byTarget[i] = i
	}
	slices.SortStableFunc(byTarget, func(a, b int) int { return cmp.Compare(place(all[a].to), place(all[b].to)) })
	clear(used)
	for _, i := range byTarget {
		end[i] = used[all[i].to]
		used[all[i].to] += p.height(all[i].units)
	}
	for i, b := range all {
		y0, ok0 := p.tops[s-1][b.from]
		y1, ok1 := p.tops[s][b.to]
		if !ok0 || !ok1 {
			continue
		}
		title := ""
		if b.from != b.to {
			title = fmt.Sprintf("%s to %s: %s", p.name(b.from), p.name(b.to), makeVotes(b.units, p.r.Places).Fixed(textDecimals))
		}
		svgBand(w, p.x(s-1)+svgBar, y0+start[i], p.x(s), y1+end[i], max(p.height(b.units), 8), svgColour(b.from), title)
	}
}

// addTo adds to the sum kept under a key.
func addTo[K comparable](sums map[K]*big.Int, key K, units *big.Int) {
	if sums[key] == nil {
		sums[key] = new(big.Int)
	}
	sums[key].Add(sums[key], units)
}

// svgBand draws a band of height h from (x0, y0) to (x1, y1).
func svgBand(w io.Writer, x0, y0, x1, y1, h int, colour, title string) {
	mid := (x0 + x1) / 2
	fmt.Fprintf(w, `<path d="M%s %sC%s %s %s %s %s %sV%sC%s %s %s %s %s %sZ" fill="%s" fill-opacity="0.4">`,
		px(x0), px(y0), px(mid), px(y0), px(mid), px(y1), px(x1), px(y1),
		px(y1+h), px(mid), px(y1+h), px(mid), px(y0+h), px(x0), px(y0+h), colour)
	if title != "" {
		fmt.Fprintf(w, "<title>%s</title>", svgText(title))
	}
	fmt.Fprintln(w, "</path>")
}
