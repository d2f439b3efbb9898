package count_test

import (
	"encoding/csv"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"mandate/ballot/count"
)

// readABIF reads the aggregated ballots of an ABIF file: "12:A>B=C" or "12:A/1=B/1".
func readABIF(t *testing.T, path string) *count.Election {
	t.Helper()
	e := &count.Election{Seats: 1}
	index := make(map[string]int)
	for line := range strings.Lines(readFile(t, path)) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '{' || line[0] == '#' {
			continue
		}
		if line[0] == '=' {
			id, name, _ := strings.Cut(line[1:], ":")
			index[id] = len(e.Candidates)
			e.Candidates = append(e.Candidates, count.Candidate{Name: strings.Trim(name, "[]")})
			continue
		}
		number, ranking, _ := strings.Cut(line, ":")
		n, err := strconv.ParseUint(number, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		b := count.Ballot{Count: n}
		for rank := range strings.SplitSeq(ranking, ">") {
			var group []int
			for id := range strings.SplitSeq(rank, "=") {
				id, _, _ = strings.Cut(id, "/")
				c, ok := index[id]
				if !ok {
					t.Fatalf("unknown candidate %q", id)
				}
				group = append(group, c)
			}
			b.Ranking = append(b.Ranking, group)
		}
		e.Ballots = append(e.Ballots, b)
	}
	return e
}

func TestBurlington2009(t *testing.T) {
	e := readABIF(t, elections(t, "burlington2009/burl2009.abif"))
	for m, want := range map[count.Method]string{
		count.Plurality:   "Kurt Wright (Republican)",
		count.IRV:         "Bob Kiss (Progressive)",
		count.Schulze:     "Andy Montroll (Democrat)",
		count.RankedPairs: "Andy Montroll (Democrat)",
	} {
		r := tallyBy(t, e, m, nil)
		wantNames(t, string(m), names(r, r.Elected), []string{want})
	}
}

func TestTennesseeApproval(t *testing.T) {
	e := readABIF(t, elections(t, "approval/tennessee-example-approval.abif"))
	e.Seats = 2
	r := tallyBy(t, e, count.Approval, nil)
	wantNames(t, "elected", names(r, r.Elected), []string{"Nashville, TN", "Memphis, TN"})
	var got []string
	for _, v := range r.Stages[0].Votes {
		got = append(got, v.String())
	}
	wantNames(t, "totals", got, []string{"42", "50", "36", "21"})
}

// readDebian reads a tally sheet, whose votes give each option a rank digit or
// "-". With ranked, unranked options share the last rank; without, they are left
// out, which means the same.
func readDebian(t *testing.T, path string) *count.Election {
	t.Helper()
	e := &count.Election{Seats: 1}
	option := regexp.MustCompile(`Option \d+-+>: (.*)$`)
	for line := range strings.Lines(readFile(t, path)) {
		line = strings.TrimRight(line, "\n")
		if m := option.FindStringSubmatch(line); m != nil {
			e.Candidates = append(e.Candidates, count.Candidate{Name: strings.TrimSpace(m[1])})
		}
		if vote, ok := strings.CutPrefix(line, "V: "); ok {
			vote, _, _ = strings.Cut(vote, " ")
			e.Ballots = append(e.Ballots, count.Ballot{Count: 1, Ranking: fromRanks(strings.Split(vote, ""))})
		}
	}
	return e
}

// fromRanks turns a rank per candidate into a ranking; what is not a number is
// unranked.
func fromRanks(ranks []string) [][]int {
	by := make(map[int][]int)
	var seen []int
	for c, s := range ranks {
		rank, err := strconv.Atoi(s)
		if err != nil {
			continue
		}
		if by[rank] == nil {
			seen = append(seen, rank)
		}
		by[rank] = append(by[rank], c)
	}
	slices.Sort(seen)
	var out [][]int
	for _, rank := range seen {
		out = append(out, by[rank])
	}
	return out
}

func ranking(r *count.Result) []string {
	var out []string
	for _, tier := range r.Ranking {
		out = append(out, strings.Join(slices.Sorted(slices.Values(names(r, tier))), " = "))
	}
	return out
}

func TestDebianLeaders(t *testing.T) {
	e := readDebian(t, elections(t, "debian/leader2007_tally.txt"))
	r := tallyBy(t, e, count.Schulze, nil)
	if r.Ballots.Total.Int64() != 482 {
		t.Errorf("got %s votes, want 482", r.Ballots.Total)
	}
	want := []string{"Hocevar", "McIntyre", "Hertzog", "Verhelst", "Towns", "Franco", "Above", "Richter", "Mahinovs"}
	got := ranking(r)
	for i := range want {
		if i >= len(got) || !strings.HasSuffix(got[i], want[i]) {
			t.Fatalf("2007: got %q, want %q", got, want)
		}
	}
	e = readDebian(t, elections(t, "debian/leader2006_tally.txt"))
	r = tallyBy(t, e, count.Schulze, nil)
	if r.Ballots.Total.Int64() != 421 {
		t.Errorf("got %s votes, want 421", r.Ballots.Total)
	}
	wantNames(t, "2006, options left out being ranked last", ranking(r), []string{"Anthony Towns", "Steve McIntyre",
		"Andreas Schuldei = Jeroen van Wolffelaar", "Bill Allombert", "None of the Above", "Ari Pollak", "Jonathan aka Ted Walther"})
}

// readRanks reads a rank matrix of the Kubernetes steering committee elections
// into numbers of ballots by pair: who has "No opinion" of a candidate does not
// compare them with others.
func readRanks(t *testing.T, path string) (e *count.Election, preferred [][]uint64, ballots uint64) {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(readFile(t, path))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	e = &count.Election{Seats: 3}
	for _, name := range rows[0] {
		e.Candidates = append(e.Candidates, count.Candidate{Name: name})
		preferred = append(preferred, make([]uint64, len(rows[0])))
	}
	for _, row := range rows[1:] {
		ranks := make([]int, len(row))
		for i, s := range row {
			if ranks[i], err = strconv.Atoi(s); err != nil {
				ranks[i] = -1
			}
		}
		for a, x := range ranks {
			for b, y := range ranks {
				if x >= 0 && y >= 0 && x < y {
					preferred[a][b]++
				}
			}
		}
	}
	return e, preferred, uint64(len(rows) - 1)
}

// TestKubernetes compares with the announced order of all candidates. In 2019 it
// was found by Condorcet-IRV, which on these ballots comes to the same.
func TestKubernetes(t *testing.T) {
	entry := regexp.MustCompile(`(?m)^\d+\. (?:\[[^]]*\]\(https://github\.com/([^)]*)\)|([^\n]*?)) *$`)
	for year, ballots := range map[string]uint64{"2017": 309, "2018": 307, "2019": 377, "2022": 219, "2024": 233} {
		e, preferred, n := readRanks(t, elections(t, "kubernetes", year+"_ballots.csv"))
		if n != ballots {
			t.Errorf("%s: %d ballots, want %d", year, n, ballots)
		}
		r, err := count.CountPairs(e, preferred, n, count.Schulze, nil)
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		for _, m := range entry.FindAllStringSubmatch(readFile(t, elections(t, "kubernetes", year+"_results.md")), -1) {
			name := strings.ReplaceAll(m[1]+m[2], "Wittrock", "Whitrock") // spelled both ways
			if len(want) < len(e.Candidates) {
				want = append(want, name)
			}
		}
		var got []string
		for _, name := range ranking(r) {
			name, _, _ = strings.Cut(name, " (@")
			got = append(got, name)
		}
		wantNames(t, year, got, want)
	}
}
