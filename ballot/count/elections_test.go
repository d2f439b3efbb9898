package count_test

import (
	"encoding/csv"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"mandate/ballot/count"
	"mandate/ballot/count/blt"
)

// elections returns a path in the folder of real elections with known results,
// which is not part of the project.
func elections(t *testing.T, path ...string) string {
	t.Helper()
	dir := os.Getenv("MANDATE_ELECTIONS")
	if dir == "" {
		t.Skip("MANDATE_ELECTIONS does not name the folder of real elections")
	}
	return filepath.Join(append([]string{dir}, path...)...)
}

func glob(t *testing.T, path ...string) []string {
	t.Helper()
	files, err := filepath.Glob(elections(t, path...))
	if err != nil || len(files) == 0 {
		t.Fatalf("no files at %s: %v", filepath.Join(path...), err)
	}
	return files
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func readBLT(t *testing.T, path string) *blt.File {
	t.Helper()
	f, err := blt.Parse([]byte(readFile(t, path)))
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return f
}

// tally counts with the tie order of the file, or its order of candidates.
func tally(t *testing.T, f *blt.File, m count.Method) *count.Result {
	t.Helper()
	return tallyBy(t, f.Election, m, count.ListOrder("file", f.Order...))
}

func tallyBy(t *testing.T, e *count.Election, m count.Method, lot count.Lot) *count.Result {
	t.Helper()
	r, err := count.Count(e, m, lot)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func names(r *count.Result, list []int) []string {
	var out []string
	for _, i := range list {
		out = append(out, r.Candidates[i].Name)
	}
	return out
}

func wantNames(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %q, want %q", what, got, want)
	}
}

func sameSet(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

// TestH4_OfficialReports compares with what returning officers published: every
// stage, every candidate and the non-transferable votes, to all five decimals.
func TestH4_OfficialReports(t *testing.T) {
	for _, tc := range []struct {
		ballots, report string
		quota           string
		elected         []string
	}{
		{"droop/blt/scotland/Linn-2007.blt", "loomio/linn07_official_stages.csv", "1914.00000",
			[]string{"David Ritchie", "Sadie Docherty", "John McKenzie", "Margot Clark"}},
		{"scot-elex/dundee_2022_ward4.blt", "loomio/dundee22_coldside_official_stages.csv", "1118.00000",
			[]string{"Heather ANDERSON", "Mark FLYNN", "George MCIRVINE", "Helen WRIGHT"}},
	} {
		t.Run(filepath.Base(tc.ballots), func(t *testing.T) {
			r := tally(t, readBLT(t, elections(t, tc.ballots)), count.ScottishSTV)
			wantNames(t, "elected", names(r, r.Elected), tc.elected)
			in := csv.NewReader(strings.NewReader(readFile(t, elections(t, tc.report))))
			in.Comment = '#'
			rows, err := in.ReadAll()
			if err != nil {
				t.Fatal(err)
			}
			if len(rows)-1 != len(r.Stages) {
				t.Fatalf("got %d stages, want %d", len(r.Stages), len(rows)-1)
			}
			for i, row := range rows[1:] {
				s := r.Stages[i]
				if s.Quota.String() != tc.quota {
					t.Errorf("stage %d: quota %s, want %s", i+1, s.Quota, tc.quota)
				}
				for c := range r.Candidates {
					want := row[3+c]
					if want == "x" { // excluded before
						want = "0.00000"
					}
					if got := s.Votes[c].String(); got != want {
						t.Errorf("stage %d: %s has %s, want %s", i+1, r.Candidates[c].Name, got, want)
					}
				}
				if got, want := s.NonTransferable.String(), row[len(row)-1]; got != want {
					t.Errorf("stage %d: non-transferable %s, want %s", i+1, got, want)
				}
				elected := 0
				for _, e := range s.Events {
					if e.Kind == count.WasElected {
						elected++
					}
				}
				want := 0
				if row[2] != "" {
					want = 1 + strings.Count(row[2], ";")
				}
				if elected != want {
					t.Errorf("stage %d: %d elected, want %q", i+1, elected, row[2])
				}
			}
		})
	}
}

// A dumpRow is one line of a reference dump of the counting program droop.
type dumpRow struct {
	action string
	head   map[string]string
	name   []string
	state  []string
	vote   []string
	keep   []string
}

func readDump(t *testing.T, path string) []dumpRow {
	t.Helper()
	var head []string
	var out []dumpRow
	for line := range strings.Lines(readFile(t, path)) {
		cells := strings.Split(strings.TrimRight(line, "\n"), "\t")
		if head == nil {
			head = cells
			continue
		}
		if cells[1] == "log" || cells[1] == "round" {
			out = append(out, dumpRow{action: cells[1]})
			continue
		}
		row := dumpRow{action: cells[1], head: make(map[string]string)}
		for i, h := range head {
			switch _, kind, found := strings.Cut(h, "."); {
			case !found:
				row.head[h] = cells[i]
			case kind == "name":
				row.name = append(row.name, cells[i])
			case kind == "state":
				row.state = append(row.state, cells[i])
			case kind == "vote":
				row.vote = append(row.vote, cells[i])
			case kind == "kf":
				row.keep = append(row.keep, cells[i])
			}
		}
		out = append(out, row)
	}
	return out
}

func (d dumpRow) elected() []string {
	var out []string
	for i, s := range d.state {
		if s == "E" {
			out = append(out, d.name[i])
		}
	}
	return out
}

// TestScottishReferenceDumps compares with droop's counts of the Glasgow 2007
// wards and of small elections. Its non-transferable column leaves rounding out,
// and it gives a stage to the transfer of a surplus of 0.
func TestScottishReferenceDumps(t *testing.T) {
	dumps := append(glob(t, "droop/ref/dump/*-scotland-fixed-p5-d5.txt"), glob(t, "droop/ref/dump/scotland/*.txt")...)
	for _, path := range dumps {
		name := strings.TrimSuffix(filepath.Base(path), "-scotland-fixed-p5-d5.txt")
		t.Run(name, func(t *testing.T) {
			dir := ""
			if filepath.Base(filepath.Dir(path)) == "scotland" {
				dir = "scotland"
			}
			r := tally(t, readBLT(t, elections(t, "droop/blt", dir, name+".blt")), count.ScottishSTV)
			var want []dumpRow // one per stage: the first count, then each transfer that moves something
			rows := readDump(t, path)
			for i, d := range rows {
				surplusOf0 := d.action == "transfer" && rows[i-1].action == "unpend" && slices.Equal(d.vote, rows[i-1].vote)
				if d.action == "begin" || d.action == "transfer" && !surplusOf0 {
					want = append(want, d)
				}
			}
			if len(want) != len(r.Stages) {
				t.Fatalf("got %d stages, want %d", len(r.Stages), len(want))
			}
			for i, d := range want {
				s := r.Stages[i]
				if s.Quota.String() != d.head["Quota"] {
					t.Errorf("stage %d: quota %s, want %s", i+1, s.Quota, d.head["Quota"])
				}
				for c := range r.Candidates {
					if got := s.Votes[c].String(); got != d.vote[c] {
						t.Errorf("stage %d: %s has %s, want %s", i+1, d.name[c], got, d.vote[c])
					}
				}
				if got := subtract(s.NonTransferable, s.Rounding); got != d.head["Non-Transferable"] {
					t.Errorf("stage %d: non-transferable without rounding %s, want %s", i+1, got, d.head["Non-Transferable"])
				}
			}
			if end := rows[len(rows)-1]; !sameSet(names(r, r.Elected), end.elected()) {
				t.Errorf("elected %q, want %q", names(r, r.Elected), end.elected())
			}
		})
	}
}

// subtract prints a - b; both have the same decimals.
func subtract(a, b count.Votes) string {
	digits := func(v count.Votes) *big.Int {
		n, _ := new(big.Int).SetString(strings.Replace(v.String(), ".", "", 1), 10)
		return n
	}
	n := new(big.Int).Sub(digits(a), digits(b)).String()
	if pad := a.Places() + 1 - len(n); pad > 0 {
		n = strings.Repeat("0", pad) + n
	}
	return n[:len(n)-a.Places()] + "." + n[len(n)-a.Places():]
}

// TestFormatsOnly counts elections without a usable expected result by every
// method: files in the wild must at least be read, and fill their seats.
func TestFormatsOnly(t *testing.T) {
	for path, ballots := range map[string]string{
		"nixos2024/opavote_ballots.blt": "",
		"pyrcv-csm8/csm8.blt":           "49702",
		"tideman/A1.HIL":                "",
		"tideman/A3.HIL":                "",
	} {
		f := readBLT(t, elections(t, path))
		for _, m := range count.Methods() {
			e := *f.Election
			if m == count.IRV {
				e.Seats = 1
			}
			r := tallyBy(t, &e, m, count.ListOrder("file"))
			want := e.Seats
			if m == count.Plurality { // nobody is elected without a vote
				want = 0
				for _, v := range r.Stages[0].Votes {
					want = min(want+v.Sign(), e.Seats)
				}
			}
			if len(r.Elected) != want {
				t.Errorf("%s by %s: %d elected, want %d", path, m, len(r.Elected), want)
			}
			if ballots != "" && r.Ballots.Total.String() != ballots {
				t.Errorf("%s: %s ballots, want %s", path, r.Ballots.Total, ballots)
			}
		}
	}
}
