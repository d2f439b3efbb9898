package qr

import (
	"encoding/xml"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"rsc.io/qr/coding"
)

// The path draws exactly the dark modules of the code.
func TestPathIsTheCode(t *testing.T) {
	for _, text := range []string{"a", "https://office.example/booth/check#board=https://board.example&ballot=" + strings.Repeat("0f", 32), strings.Repeat("x", 2331)} {
		svg, err := SVG(text, Medium)
		if err != nil {
			t.Fatal(err)
		}
		if err := xml.Unmarshal([]byte(svg), new(struct{})); err != nil {
			t.Errorf("%v in %.200s", err, svg)
		}
		code, err := encode(text, Medium)
		if err != nil {
			t.Fatal(err)
		}
		dark := make(map[[2]int]bool)
		for _, m := range regexp.MustCompile(`M(\d+) (\d+)h(\d+)v1h-\d+z`).FindAllStringSubmatch(svg, -1) {
			x, _ := strconv.Atoi(m[1])
			y, _ := strconv.Atoi(m[2])
			n, _ := strconv.Atoi(m[3])
			for i := range n {
				dark[[2]int{x + i, y}] = true
			}
		}
		count := 0
		for y := range code.Size {
			for x := range code.Size {
				if code.Black(x, y) {
					count++
				}
				if code.Black(x, y) != dark[[2]int{x + quiet, y + quiet}] {
					t.Fatalf("%d bytes: module %d,%d", len(text), x, y)
				}
			}
		}
		if count != len(dark) {
			t.Errorf("%d modules are drawn, the code has %d", len(dark), count)
		}
	}
}

func TestLimits(t *testing.T) {
	for level, most := range map[Level]int{Low: 2953, Medium: 2331} {
		if _, err := SVG(strings.Repeat("a", most), level); err != nil {
			t.Error(err)
		}
		if _, err := SVG(strings.Repeat("a", most+1), level); err == nil {
			t.Errorf("%d bytes at level %v fit", most+1, level)
		}
	}
}

// The mask that is chosen has the least penalty of the eight, and the same text gives the same code.
func TestMask(t *testing.T) {
	const text = "mandate"
	best, err := encode(text, Low)
	if err != nil {
		t.Fatal(err)
	}
	for mask := range coding.Mask(8) {
		p, err := coding.NewPlan(1, Low, mask)
		if err != nil {
			t.Fatal(err)
		}
		c, err := p.Encode(coding.String(text))
		if err != nil {
			t.Fatal(err)
		}
		if penalty(c) < penalty(best) {
			t.Errorf("mask %d has %d, the one chosen %d", mask, penalty(c), penalty(best))
		}
	}
}
