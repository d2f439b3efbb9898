package bench

import (
	"fmt"
	"html"
	"math"
	"strings"
)

// The plot's size and margins, in SVG's units.
const (
	plotWidth, plotHeight = 720, 400
	plotLeft, plotRight   = 64, 48
	plotTop, plotBottom   = 48, 56
)

// plot draws the time of a verification against the ballots that were verified, as an SVG picture. What is written below it says of which machine.
func (v *Verification) plot(machine string) string {
	ballots, seconds := axis(float64(v.Counted)), axis(max(v.Seconds, v.CPU))
	x := func(n float64) float64 {
		return plotLeft + n/ballots.end*(plotWidth-plotLeft-plotRight)
	}
	y := func(s float64) float64 {
		return plotHeight - plotBottom - s/seconds.end*(plotHeight-plotTop-plotBottom)
	}
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	text := func(at [2]float64, anchor, s string) {
		line(`<text x="%.1f" y="%.1f" text-anchor="%s">%s</text>`, at[0], at[1], anchor, html.EscapeString(s))
	}
	title := fmt.Sprintf("Time to verify a vote: %s ballots in %.1f s, %s of memory at most", grouped(float64(v.Counted)), v.Seconds, size(v.Peak))
	line(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" font-family="sans-serif" font-size="13" fill="#222">`,
		plotWidth, plotHeight, plotWidth, plotHeight)
	line(`<title>%s</title>`, html.EscapeString(title))
	line(`<rect width="%d" height="%d" fill="#fff"/>`, plotWidth, plotHeight)
	text([2]float64{plotWidth / 2, 24}, "middle", title)
	for n := 0.0; n <= ballots.end*1.001; n += ballots.step {
		line(`<path d="M%.1f %dV%d" stroke="#ddd"/>`, x(n), plotTop, plotHeight-plotBottom)
		text([2]float64{x(n), plotHeight - plotBottom + 18}, "middle", grouped(n))
	}
	for s := 0.0; s <= seconds.end*1.001; s += seconds.step {
		line(`<path d="M%d %.1fH%d" stroke="#ddd"/>`, plotLeft, y(s), plotWidth-plotRight)
		text([2]float64{plotLeft - 8, y(s) + 4}, "end", fmt.Sprintf("%g s", s))
	}
	curve := func(style string, of func(Mark) float64) {
		var points []string
		for _, m := range append([]Mark{{}}, v.Course...) {
			points = append(points, fmt.Sprintf("%.1f,%.1f", x(float64(m.Ballots)), y(of(m))))
		}
		line(`<polyline points="%s" fill="none" stroke-width="2" %s/>`, strings.Join(points, " "), style)
	}
	const byTheClock, ofProcessors = `stroke="#06c"`, `stroke="#b50" stroke-dasharray="6 4"`
	curve(byTheClock, func(m Mark) float64 { return m.Seconds })
	curve(ofProcessors, func(m Mark) float64 { return m.CPU })
	for i, of := range []struct{ style, name string }{{byTheClock, "by the clock"}, {ofProcessors, "of all cores, added up"}} {
		at := plotTop + 16 + 20*i
		line(`<path d="M%d %dh32" stroke-width="2" %s/>`, plotLeft+12, at, of.style)
		text([2]float64{plotLeft + 52, float64(at) + 4}, "start", of.name)
	}
	text([2]float64{plotWidth / 2, plotHeight - 12}, "middle", "ballots; "+machine)
	line(`</svg>`)
	return b.String()
}

// scale is an axis from 0 to its end with marks a step apart.
type scale struct{ step, end float64 }

// axis chooses an axis for values up to most: four to ten steps of 1, 2 or 5 times a power of ten.
func axis(most float64) scale {
	if most <= 0 {
		most = 1
	}
	step := math.Pow(10, math.Floor(math.Log10(most))) / 10
	for _, factor := range []float64{1, 2, 5, 10, 20} {
		if s := step * factor; most/s <= 8 {
			step = s
			break
		}
	}
	return scale{step, math.Ceil(most/step*0.999) * step}
}

// grouped prints a number with spaces between thousands.
func grouped(n float64) string {
	s := fmt.Sprintf("%.0f", n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "\u00a0" + s[i:]
	}
	return s
}
