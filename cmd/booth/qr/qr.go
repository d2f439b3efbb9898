// Package qr draws QR codes as SVG: one path on white, with the quiet zone that scanners need.
package qr

import (
	"fmt"
	"strconv"
	"strings"

	"rsc.io/qr/coding"
)

// A Level says how much of a code may be damaged.
type Level = coding.Level

const (
	Low    = coding.L // 7 %: for screens, and for long texts
	Medium = coding.M // 15 %: for paper
)

// quiet is the white around a code, in modules (ISO/IEC 18004).
const quiet = 4

// SVG returns a text as the smallest QR code that holds it, as an SVG image of one path. It is an error if it is too long for any: 2,953 bytes
// at level Low, 2,331 at Medium.
func SVG(text string, level Level) (string, error) {
	code, err := encode(text, level)
	if err != nil {
		return "", err
	}
	side := code.Size + 2*quiet
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h%dv%dH0z"/><path d="`, side, side, side, side)
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			from := x
			for x < code.Size && code.Black(x, y) {
				x++
			}
			if n := x - from; n > 0 {
				run := strconv.Itoa(n)
				b.WriteString("M" + strconv.Itoa(from+quiet) + " " + strconv.Itoa(y+quiet) + "h" + run + "v1h-" + run + "z")
			}
		}
	}
	b.WriteString(`"/></svg>`)
	return b.String(), nil
}

// encode chooses the smallest version, and of the eight masks the one that scanners read best (ISO/IEC 18004 §7.8.3).
func encode(text string, level Level) (*coding.Code, error) {
	data := coding.String(text)
	v := coding.Version(coding.MinVersion)
	for data.Bits(v) > v.DataBytes(level)*8 {
		if v == coding.MaxVersion {
			return nil, fmt.Errorf("QR code: %d bytes are more than one holds", len(text))
		}
		v++
	}
	var best *coding.Code
	least := 0
	for mask := range coding.Mask(8) {
		plan, err := coding.NewPlan(v, level, mask)
		if err != nil {
			return nil, fmt.Errorf("QR code: %w", err)
		}
		code, err := plan.Encode(data)
		if err != nil {
			return nil, fmt.Errorf("QR code: %w", err)
		}
		if p := penalty(code); best == nil || p < least {
			best, least = code, p
		}
	}
	return best, nil
}

// penalty counts what makes a code hard to read: long runs, blocks, patterns like the three corners, and too much of one colour.
func penalty(c *coding.Code) int {
	n, points, dark := c.Size, 0, 0
	finder := [11]bool{true, false, true, true, true, false, true} // and four light modules
	for y := range n {
		for x := range n {
			if c.Black(x, y) {
				dark++
			}
			if x > 0 && y > 0 && c.Black(x, y) == c.Black(x-1, y) && c.Black(x, y) == c.Black(x, y-1) && c.Black(x, y) == c.Black(x-1, y-1) {
				points += 3
			}
		}
	}
	for _, at := range []func(i, j int) bool{func(i, j int) bool { return c.Black(i, j) }, func(i, j int) bool { return c.Black(j, i) }} {
		for j := range n {
			run := 0
			for i := range n {
				if i > 0 && at(i, j) == at(i-1, j) {
					run++
				} else {
					run = 1
				}
				if run == 5 {
					points += 3
				} else if run > 5 {
					points++
				}
				if i+11 > n {
					continue
				}
				forth, back := true, true
				for k, want := range finder {
					forth = forth && at(i+k, j) == want
					back = back && at(i+10-k, j) == want
				}
				if forth {
					points += 40
				}
				if back {
					points += 40
				}
			}
		}
	}
	return points + 10*(abs(20*dark-10*n*n)/(n*n))
}

func abs(x int) int {
	if x < 0 {
		return -x
	}
	return x
}
