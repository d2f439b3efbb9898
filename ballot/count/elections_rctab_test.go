package count_test

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"mandate/ballot/count"
)

// readCVR reads a table of ranked marks with the rules that its folder's
// configuration gives for skipped ranks, overvotes and repeated candidates.
func readCVR(t *testing.T, folder string) *count.Election {
	t.Helper()
	var config struct {
		CVRFileSources []struct{ ContestID, Provider, FilePath string }
		Candidates     []struct{ Name string }
		Rules          struct {
			OvervoteRule                string
			NumberOfWinners             string
			MaxSkippedRanksAllowed      string
			ExhaustOnDuplicateCandidate bool
		}
	}
	base := elections(t, "rctab", folder, folder)
	if err := json.Unmarshal([]byte(readFile(t, base+"_config.json")), &config); err != nil {
		t.Fatal(err)
	}
	e := &count.Election{Seats: 1}
	if config.Rules.NumberOfWinners == "3" {
		e.Seats = 3
	}
	index := make(map[string]int)
	for i, c := range config.Candidates {
		index[c.Name] = i
		e.Candidates = append(e.Candidates, count.Candidate{Name: c.Name})
	}
	writeIns := len(e.Candidates)
	e.Candidates = append(e.Candidates, count.Candidate{Name: "Undeclared Write-ins"})
	index["UWI"] = writeIns
	skips, err := strconv.Atoi(config.Rules.MaxSkippedRanksAllowed)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range readMarks(t, base) {
		b := count.Ballot{Count: m.n}
		seen := make(map[int]bool)
		skipped := 0
	ranks:
		for _, mark := range m.ranks {
			switch {
			case len(mark) == 0 || len(mark) == 1 && (mark[0] == "undervote" || mark[0] == ""):
				if skipped++; skipped > skips {
					break ranks
				}
				continue
			case len(mark) > 1 || mark[0] == "overvote":
				if config.Rules.OvervoteRule == "exhaustImmediately" {
					break ranks
				}
				skipped = 0
				continue
			}
			skipped = 0
			c, ok := index[mark[0]]
			if !ok {
				t.Fatalf("unknown candidate %q", mark[0])
			}
			if seen[c] {
				if config.Rules.ExhaustOnDuplicateCandidate {
					break ranks
				}
				continue
			}
			seen[c] = true
			b.Ranking = append(b.Ranking, []int{c})
		}
		e.Ballots = append(e.Ballots, b)
	}
	return e
}

// marks are what stands at each rank of n ballots.
type marks struct {
	n     uint64
	ranks [][]string
}

func readMarks(t *testing.T, base string) []marks {
	t.Helper()
	var out []marks
	if data, err := os.ReadFile(base + "_cvr_aggregated.csv"); err == nil {
		rows, err := csv.NewReader(strings.NewReader(string(data))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows[1:] {
			n, err := strconv.ParseUint(row[0], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			m := marks{n: n}
			for _, cell := range row[1:] {
				m.ranks = append(m.ranks, []string{cell})
			}
			out = append(out, m)
		}
		return out
	}
	var cvr struct {
		CVR []struct {
			CVRSnapshot []struct {
				CVRContest []struct {
					CVRContestSelection []struct {
						ContestSelectionID string `json:"ContestSelectionId"`
						SelectionPosition  []struct{ Rank int }
					}
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(readFile(t, base+"_cvr.json")), &cvr); err != nil {
		t.Fatal(err)
	}
	for _, record := range cvr.CVR {
		m := marks{n: 1, ranks: make([][]string, 4)}
		for _, s := range record.CVRSnapshot[0].CVRContest[0].CVRContestSelection {
			letter := strings.ToUpper(strings.TrimPrefix(s.ContestSelectionID, "cs-"))
			for _, p := range s.SelectionPosition {
				m.ranks[p.Rank-1] = append(m.ranks[p.Rank-1], "Candidate "+letter+" Name")
			}
		}
		out = append(out, m)
	}
	return out
}

// TestRCTab compares with reports of the tabulator RCTab: instant run-offs, and
// two multi-winner counts. RCTab may exclude several candidates in one round,
// continue after a majority, or give a round to a surplus of 0; so each of its
// rounds must be found among our stages, in order, as far as ours go.
func TestRCTab(t *testing.T) {
	for _, path := range glob(t, "rctab/*/*_config.json") {
		folder := filepath.Base(filepath.Dir(path))
		t.Run(folder, func(t *testing.T) {
			e := readCVR(t, folder)
			var report struct {
				Results []struct {
					Tally        map[string]json.RawMessage
					TallyResults []struct{ Elected, Eliminated string }
					Threshold    json.RawMessage
				}
			}
			if err := json.Unmarshal([]byte(readFile(t, elections(t, "rctab", folder, folder+"_expected_detailed_report.json"))), &report); err != nil {
				t.Fatal(err)
			}
			// Lots fall as the report's did: whoever is excluded first there is
			// drawn first here.
			var order []int
			var elected []string
			for _, round := range report.Results {
				for _, tr := range round.TallyResults {
					for i, c := range e.Candidates {
						if c.Name == tr.Eliminated {
							order = append(order, i)
						}
					}
					if tr.Elected != "" {
						elected = append(elected, tr.Elected)
					}
				}
			}
			for i, c := range e.Candidates {
				if !slices.Contains(order, i) && !slices.Contains(elected, c.Name) {
					order = append(order, i)
				}
			}
			method := count.IRV
			if e.Seats > 1 {
				method = count.ScottishSTV
			}
			rounds := report.Results
			first := tallyBy(t, e, method, count.ListOrder("report", order...))
			for i, c := range e.Candidates {
				want := "0"
				if raw, ok := rounds[0].Tally[c.Name]; ok {
					want = strings.Trim(string(raw), `"`)
				}
				if got := first.Stages[0].Votes[i].Fixed(0); got != want {
					t.Errorf("round 1: %s has %s, want %s", c.Name, got, want)
				}
			}
			// RCTab excludes undeclared write-ins first, however many votes they have.
			if writeIns := len(e.Candidates) - 1; method == count.IRV && first.Stages[0].Votes[writeIns].Sign() > 0 {
				e.Candidates[writeIns].Withdrawn = true
				rounds = rounds[1:]
			}
			r := tallyBy(t, e, method, count.ListOrder("report", order...))
			if !sameSet(names(r, r.Elected), elected) {
				t.Errorf("elected %q, want %q", names(r, r.Elected), elected)
			}
			if folder == "test_set_allow_only_one_winner_per_round" {
				return // its quota has decimals: only the elected can be compared
			}
			at := 0
			for n, round := range rounds {
				found := false
				from := at
				for ; at < len(r.Stages) && !found; at++ {
					found = true
					for i, c := range e.Candidates {
						want := "0"
						if raw, ok := round.Tally[c.Name]; ok {
							want = strings.Trim(string(raw), `"`)
						}
						got := r.Stages[at].Votes[i].Fixed(0)
						if n == len(rounds)-1 && method == count.ScottishSTV && slices.Contains(r.Elected, i) {
							continue // its last round takes off surpluses that no longer matter
						}
						if !near(t, got, want, 0) {
							found = false
						}
					}
				}
				if found {
					at-- // the next round may hold the same votes
					continue
				}
				if s := r.Stages[len(r.Stages)-1]; n > 0 && slices.Contains(s.States, count.Elected) && method == count.IRV && from == len(r.Stages)-1 {
					return // elected: RCTab was told to go on
				}
				t.Errorf("no stage agrees with round %d: %s", n+1, round.Tally)
				return
			}
		})
	}
}
