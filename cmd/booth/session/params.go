package session

import (
	"math"
	"strings"

	"mandate/ballot/contest"
	"mandate/ballot/record"
	"mandate/cmd/booth/member"
)

// Limits of what a page hands over.
const (
	maxText = 256 << 10 // bytes
	maxList = 256
)

// params are the parameters of a call. The first that is not well-formed is remembered.
type params struct {
	values map[string]any
	err    error
}

func (p *params) bad(name string) {
	if p.err == nil {
		p.err = fail(member.CodeForm, "reload the page; if it stays so, it is not the page that belongs to this program", "parameter %s is missing or not well-formed", name)
	}
}

// text returns a text; "" if there is none and there need not be one.
func (p *params) text(name string, need bool) string {
	s, ok := p.values[name].(string)
	if p.values[name] == nil && !need {
		return ""
	}
	if !ok || len(s) > maxText || need && strings.TrimSpace(s) == "" {
		p.bad(name)
		return ""
	}
	return s
}

// id returns an id; zero if there is none and there need not be one.
func (p *params) id(name string, need bool) record.ID {
	s := p.text(name, need)
	if s == "" {
		return record.ID{}
	}
	id, err := record.ParseID(s)
	if err != nil {
		p.bad(name)
	}
	return id
}

// texts returns a list of texts, or nil.
func (p *params) texts(name string) []string {
	if p.values[name] == nil {
		return nil
	}
	in, ok := p.values[name].([]any)
	if !ok || len(in) > maxList {
		p.bad(name)
		return nil
	}
	out := make([]string, len(in))
	for i, v := range in {
		s, ok := v.(string)
		if !ok || len(s) > maxText/maxList {
			p.bad(name)
			return nil
		}
		out[i] = s
	}
	return out
}

// selections returns what is chosen in each contest: lists of indexes.
func (p *params) selections(name string) [][]int {
	in, ok := p.values[name].([]any)
	if !ok || len(in) > contest.MaxContests {
		p.bad(name)
		return nil
	}
	out := make([][]int, len(in))
	for i, v := range in {
		indexes, ok := v.([]any)
		if !ok || len(indexes) > maxList {
			p.bad(name)
			return nil
		}
		out[i] = make([]int, len(indexes))
		for j, x := range indexes {
			f, ok := x.(float64)
			if !ok || f != math.Trunc(f) || f < 0 || f >= maxList {
				p.bad(name)
				return nil
			}
			out[i][j] = int(f)
		}
	}
	return out
}
