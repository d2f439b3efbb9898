package page

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var declaration = regexp.MustCompile(`--([a-z-]+): #([0-9a-f]{6});`)

// palette returns the colours of a block of the style sheet.
func palette(block string) map[string]string {
	out := make(map[string]string)
	for _, m := range declaration.FindAllStringSubmatch(block, -1) {
		out[m[1]] = m[2]
	}
	return out
}

// luminance is WCAG's relative luminance of a colour.
func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	n, err := strconv.ParseUint(colour, 16, 32)
	if err != nil {
		t.Fatalf("colour %q: %v", colour, err)
	}
	channel := func(shift int) float64 {
		c := float64(n>>shift&0xff) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*channel(16) + 0.7152*channel(8) + 0.0722*channel(0)
}

// Text has the contrast of WCAG 2.2 AA (4.5:1) on everything that it stands on, and bars that of pictures (3:1), in light and in dark.
func TestContrast(t *testing.T) {
	b, err := static.ReadFile("static/style.css")
	if err != nil {
		t.Fatal(err)
	}
	sheet := string(b)
	dark := sheet[strings.Index(sheet, "@media (prefers-color-scheme: dark)"):]
	schemes := map[string]map[string]string{"light": palette(sheet[:strings.Index(sheet, "@media")]), "dark": palette(dark[:strings.Index(dark, "}\n}")])}
	for scheme, p := range schemes {
		if len(p) != len(schemes["light"]) || len(p) < 10 {
			t.Errorf("%s has %d colours", scheme, len(p))
		}
		for _, x := range []struct {
			fore, back string
			least      float64
		}{
			{"ink", "ground", 4.5}, {"ink", "paper", 4.5}, {"ink", "calm-ground", 4.5}, {"ink", "bad-ground", 4.5}, {"ink", "now-ground", 4.5},
			{"soft", "ground", 4.5}, {"soft", "paper", 4.5}, {"accent", "ground", 4.5}, {"accent", "paper", 4.5}, {"accent", "calm-ground", 4.5},
			{"good", "good-ground", 4.5}, {"good", "ground", 4.5}, {"good", "paper", 4.5}, {"bad", "bad-ground", 4.5}, {"now", "now-ground", 4.5}, {"now", "ground", 4.5}, {"paper", "bad", 4.5},
			{"accent", "track", 3}, {"good", "track", 3}, {"ink", "track", 3},
		} {
			hi, lo := luminance(t, p[x.fore]), luminance(t, p[x.back])
			if hi < lo {
				hi, lo = lo, hi
			}
			if ratio := (hi + 0.05) / (lo + 0.05); ratio < x.least {
				t.Errorf("%s: %s on %s has contrast %.2f, want %.1f", scheme, x.fore, x.back, ratio, x.least)
			}
		}
	}
	if strings.Contains(sheet, "animation") || strings.Count(sheet, "transition") > 0 || strings.Count(sheet, "scroll-behavior") != 1 {
		t.Error("something moves that does not ask whether it may")
	}
}
