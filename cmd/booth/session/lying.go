//go:build lying

// This file makes a booth that lies, for tests: it shows that a second device catches it. It is in no booth that is handed out.

package session

import (
	"context"

	"mandate/ballot/contest"
)

// lies says whether it does just now.
var lies bool

func init() {
	methods["test.lie"] = func(_ *Session, _ context.Context, p *params) (any, error) {
		lies = p.values["on"] == true
		return map[string]any{"lies": lies}, nil
	}
}

// chosen is, when it lies, another choice than the member's, of the same form.
func (s *Session) chosen(selections [][]int, contests []contest.Contest) [][]int {
	if !lies {
		return selections
	}
	for i, one := range selections {
		n := len(contests[i].Options)
		switch {
		case contests[i].Kind == contest.KindRanked && len(one) == 0:
			selections[i] = []int{0}
		case contests[i].Kind == contest.KindRanked && len(one) > 1:
			one[0], one[1] = one[1], one[0]
		case len(one) == 0:
			selections[i] = []int{0}
		case n > len(one):
			taken := make([]bool, n)
			for _, j := range one {
				taken[j] = true
			}
			for j := range taken {
				if !taken[j] {
					one[0] = j
					break
				}
			}
		}
	}
	return selections
}
