package blt

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"

	"mandate/ballot/count"
)

// Terms are by what rules the ballots of a file were counted: what the format has no place for. They stand in comments after the title, where
// other programs pass them over (SPEC.md §14.13):
//
//	# counted: method scottish-stv
//	# counted: at-least 5 minorities=2,7,9
//	# counted: spoiled 1
//	# counted: lots 5f0c… 0
type Terms struct {
	Method  count.Method // "" if the file does not say
	Rules   []count.Rule // in order of precedence
	Spoiled uint64       // ballots that could not be read as a ranking, and are not in the file
	Lots    string       // the seed of the lots, 64 hexadecimal digits (SPEC.md §11.6), or "" for none
	Contest uint64       // the contest's number in the vote, from 0, by which draws differ
}

const termMark = "# counted: "

// WriteCounted is Write, followed by the terms of the count. Rules and the number of spoiled ballots are those of the election.
func WriteCounted(w io.Writer, e *count.Election, t Terms) error {
	if err := Write(w, e); err != nil {
		return err
	}
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "%smethod %s\n", termMark, t.Method)
	for _, r := range e.Rules {
		if strings.ContainsFunc(r.Group, func(c rune) bool { return c == '=' || c == '\n' || c == '\r' }) || r.Group == "" {
			return fmt.Errorf("writing ballot file: the group %q cannot be written", r.Group)
		}
		var members []string
		for _, c := range r.Members {
			members = append(members, strconv.Itoa(c+1))
		}
		fmt.Fprintf(b, "%s%s %d %s=%s\n", termMark, r.Bound, r.N, r.Group, strings.Join(members, ","))
	}
	if e.Spoiled > 0 {
		fmt.Fprintf(b, "%sspoiled %d\n", termMark, e.Spoiled)
	}
	if t.Lots != "" {
		fmt.Fprintf(b, "%slots %s %d\n", termMark, t.Lots, t.Contest)
	}
	return b.Flush()
}

// ParseTerms finds the terms of the count in a file, nil if it states none. Terms that make no sense are a *Fault with the line.
func ParseTerms(data []byte) (*Terms, error) {
	if len(data) > MaxSize {
		return nil, &Fault{0, fmt.Sprintf("file has %d bytes, at most %d are read", len(data), MaxSize)}
	}
	var t *Terms
	number := 0
	for line := range bytes.Lines(data) {
		number++
		term, ok := strings.CutPrefix(strings.TrimRight(string(line), "\r\n"), termMark)
		if !ok {
			continue
		}
		if t == nil {
			t = new(Terms)
		}
		if !t.read(term) {
			return nil, &Fault{number, fmt.Sprintf("what it was counted by cannot be read: %s", quote(term))}
		}
	}
	return t, nil
}

// read takes one term.
func (t *Terms) read(term string) (ok bool) {
	kind, rest, _ := strings.Cut(term, " ")
	var err error
	switch kind {
	case "method":
		t.Method, err = count.ParseMethod(rest)
	case string(count.AtMost), string(count.AtLeast):
		var r count.Rule
		r, ok = ParseRule(rest, count.Bound(kind))
		t.Rules = append(t.Rules, r)
		return ok
	case "spoiled":
		t.Spoiled, err = strconv.ParseUint(rest, 10, 63)
	case "lots":
		seed, contest, _ := strings.Cut(rest, " ")
		if len(seed) != 64 || strings.Trim(seed, "0123456789abcdef") != "" {
			return false
		}
		t.Lots = seed
		t.Contest, err = strconv.ParseUint(contest, 10, 63)
	default:
		return false
	}
	return err == nil
}

// ParseRule reads a representation rule as people write it, "8 men=1,4-7": a number, a group, and its members by their numbers in the file. It
// does not know how many candidates there are.
func ParseRule(s string, bound count.Bound) (count.Rule, bool) {
	r := count.Rule{Bound: bound}
	head, list, ok := strings.Cut(s, "=")
	n, group, ok2 := strings.Cut(strings.TrimSpace(head), " ")
	if !ok || !ok2 {
		return r, false
	}
	var err error
	if r.N, err = strconv.Atoi(n); err != nil || r.N < 0 || r.N > count.MaxSeats {
		return r, false
	}
	r.Group = strings.TrimSpace(group)
	if strings.TrimSpace(list) == "" {
		return r, true // nobody is of the group
	}
	for part := range strings.SplitSeq(list, ",") {
		from, to, span := strings.Cut(strings.TrimSpace(part), "-")
		first, err1 := strconv.Atoi(from)
		last, err2 := first, error(nil)
		if span {
			last, err2 = strconv.Atoi(to)
		}
		if err1 != nil || err2 != nil || first < 1 || last < first || last > count.MaxCandidates {
			return r, false
		}
		for c := first; c <= last; c++ {
			r.Members = append(r.Members, c-1)
		}
	}
	return r, true
}
