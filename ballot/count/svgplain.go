package count

import (
	"fmt"
	"io"
	"math/big"
)

// svgBars draws one bar per candidate, in the order of the result.
func (r *Result) svgBars(w io.Writer) {
	const line, long = 260, 4000
	var order []int
	for _, tier := range r.Ranking {
		order = append(order, tier...)
	}
	stage := &r.Stages[0]
	most := new(big.Int)
	for _, v := range stage.Votes {
		if units := v.scaled(0); units.Cmp(most) > 0 {
			most = units
		}
	}
	r.svgOpen(w, svgLeft+long+1800, svgTop+len(order)*line+200, "One bar per candidate, as long as the candidate's votes.")
	for n, i := range order {
		y := svgTop + n*line
		length := 0
		if most.Sign() > 0 {
			units := stage.Votes[i].scaled(0)
			length = int(units.Mul(units, big.NewInt(long)).Quo(units, most).Int64())
		}
		colour, label := svgGrey, stage.Votes[i].Fixed(textDecimals)
		if stage.States[i] == Elected {
			colour, label = svgColours[0], label+" (elected)"
		}
		svgLabel(w, svgLeft-60, y+140, "end", "11", shorten(r.Candidates[i].Name, 32))
		fmt.Fprintf(w, `<rect x="%s" y="%s" width="%s" height="%s" fill="%s"/>`+"\n", px(svgLeft), px(y), px(max(length, 10)), px(line-80), colour)
		svgLabel(w, svgLeft+length+60, y+140, "start", "11", label)
	}
	fmt.Fprintln(w, "</svg>")
}

// svgMatrix draws who is preferred to whom on how many ballots, in the order of
// the result. Majorities are shaded.
func (r *Result) svgMatrix(w io.Writer) {
	const cell = 560
	var order []int
	for _, tier := range r.Ranking {
		order = append(order, tier...)
	}
	left := svgLeft + 400
	r.svgOpen(w, left+len(order)*cell+300, svgTop+(len(order)+1)*cell+200,
		"Each cell is the number of ballots that prefer the candidate of the row to that of the column; majorities are shaded.")
	for n, a := range order {
		svgLabel(w, left+n*cell+cell/2, svgTop+320, "middle", "11", fmt.Sprintf("[%d]", a+1))
		y := svgTop + (n+1)*cell
		name := fmt.Sprintf("%s [%d]", shorten(r.Candidates[a].Name, 28), a+1)
		if r.State(a) == Elected {
			name = "✓ " + name
		}
		svgLabel(w, left-60, y+320, "end", "11", name)
		for m, b := range order {
			if a == b {
				continue
			}
			p := r.Pairwise.Preferred
			fill := "#f4f4f4"
			if p[a][b].Cmp(p[b][a]) > 0 {
				fill = "#cfe3f2"
			}
			fmt.Fprintf(w, `<rect x="%s" y="%s" width="%s" height="%s" fill="%s" stroke="#ffffff"/>`+"\n",
				px(left+m*cell), px(y), px(cell), px(cell), fill)
			svgLabel(w, left+m*cell+cell/2, y+320, "middle", "10", p[a][b].String())
		}
	}
	fmt.Fprintln(w, "</svg>")
}
