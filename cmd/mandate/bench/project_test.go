package bench

import (
	"archive/tar"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mandate/ballot/record"
	"mandate/verifier"
	"mandate/verifier/boardlog"
)

// Votes that were held have the numbers and the bytes that a projection says, for one size as for twice the size: all that is not in it is the same for both.
func TestProjectionOfSmallVotes(t *testing.T) {
	if testing.Short() {
		t.Skip("holds two votes; run without -short")
	}
	for _, members := range []int{300, 600} {
		dir := t.TempDir()
		path := filepath.Join(dir, "board.tar")
		r := &Report{Cores: 1, Ballots: members, Shuffling: new(Shuffling), Registrars: registrars}
		if _, err := hold(t.Context(), dir, path, question(), r, func(string, ...any) {}, io.Discard); err != nil {
			t.Fatal(err)
		}
		want, err := project(uint64(members), 3, 1, Costs{BallotBytes: uint64(r.BallotBytes), Registrars: registrars})
		if err != nil {
			t.Fatal(err)
		}
		got, records := sizeOf(t, path)
		others := records - want.Records
		if others > 200 { // by time records, which come by the clock
			t.Errorf("%d members: %d records, %d projected", members, records, want.Records)
		}
		bytes := want.EntryBytes
		want.Records, want.EntryBytes, want.TreeSize = got.Records, got.EntryBytes, treeSize(records)
		if got != want.LogSize {
			t.Errorf("%d members:\n%+v\nprojected:\n%+v", members, got, want.LogSize)
		}
		if more := got.EntryBytes - bytes; more > 120_000 {
			t.Errorf("%d members: %d bytes in all, %d of them projected", members, got.EntryBytes, bytes)
		}
		src, err := boardlog.OpenPackageFile(path)
		if err != nil {
			t.Fatal(err)
		}
		defer src.Close()
		var checked uint64
		for i := range want.Machines {
			p, err := verifier.VerifyRange(t.Context(), src, verifier.Range{I: i + 1, N: want.Machines}, nil)
			if err != nil {
				t.Fatal(err)
			}
			checked += p.Ballots()
		}
		if checked != want.Ballots || want.Signatures != registrars*checked {
			t.Errorf("%d members: ranges have checked %d proofs, projected were %d and %d signatures", members, checked, want.Ballots, want.Signatures)
		}
	}
}

// sizeOf counts what is in a package: its files as tar has them, its records by kind.
func sizeOf(t *testing.T, path string) (s LogSize, records uint64) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for files := tar.NewReader(f); ; {
		h, err := files.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case !strings.HasPrefix(h.Name, "tile/"):
		case !strings.HasPrefix(h.Name, "tile/entries/"):
			s.HashTiles++
			s.HashBytes += uint64(h.Size)
		default:
			s.Bundles++
			s.EntryBytes += uint64(h.Size)
			b, err := io.ReadAll(files)
			if err != nil {
				t.Fatal(err)
			}
			for len(b) > 0 {
				n := int(b[0])<<8 | int(b[1])
				s.count(t, b[2:2+n])
				b = b[2+n:]
			}
		}
	}
	return s, s.Records
}

func (s *LogSize) count(t *testing.T, raw []byte) {
	s.Records++
	rec, err := record.Decode(raw)
	if err != nil {
		t.Fatal(err)
	}
	switch rec.Kind() {
	case "ballot":
		s.Ballots++
	case "roll-part":
		s.RollParts++
		s.RollBytes += uint64(len(raw))
	case "issues":
		s.Issues++
		s.IssueBytes += uint64(len(raw))
	}
}

// Sums over all members are those of counting one by one, where numbers get longer and lists end.
func TestProjectionArithmetic(t *testing.T) {
	sum, n := uint64(0), uint64(0)
	for _, to := range []uint64{0, 1, 23, 24, 25, 255, 256, 257, 65535, 65536, 65537, 100_000} {
		for ; n < to; n++ {
			sum += head(n)
		}
		if heads(to) != sum {
			t.Errorf("heads(%d) = %d, want %d", to, heads(to), sum)
		}
	}
	for _, n := range []uint64{1, 255, 256, 257, 65536, 65537, 1 << 24} {
		var want TreeSize
		for level, width := 0, n; width > 0; level, width = level+1, width/256 {
			for i := uint64(0); i*256 < width; i++ {
				want.HashTiles++
				want.HashBytes += 32 * min(256, width-i*256)
			}
			if level == 0 {
				want.Bundles = want.HashTiles
			}
		}
		if got := treeSize(n); got != want {
			t.Errorf("treeSize(%d) = %+v, want %+v", n, got, want)
		}
	}
	// What grows with the members is linear: a thousand times the members are a thousand times the ballots, and the same of times.
	small, err := project(100_000, 10, 16, measuredCosts)
	if err != nil {
		t.Fatal(err)
	}
	big, err := project(100_000_000, 10, 16, measuredCosts)
	if err != nil {
		t.Fatal(err)
	}
	if q := float64(big.EntryBytes) / float64(small.EntryBytes); q < 1000 || q > 1002 { // indices of issue records are longer
		t.Errorf("%d bytes, then %d", small.EntryBytes, big.EntryBytes)
	}
	for _, q := range []float64{big.SingleHours / small.SingleHours, big.RangeHours / small.RangeHours, big.MergeHours / small.MergeHours, big.IntakeHours / small.IntakeHours} {
		if q < 999.99 || q > 1000.01 {
			t.Errorf("a time grows %.3f times", q)
		}
	}
	one, err := project(100_000_000, 1, 16, measuredCosts)
	if err != nil || one.RangeHours != one.SingleHours || one.RankedVotes != 24 {
		t.Errorf("one machine: %+v, %v", one, err)
	}
}

func TestProjectionCommand(t *testing.T) {
	run := func(args ...string) (int, string) {
		var out, errs strings.Builder
		code := Run(t.Context(), args, &out, &errs)
		return code, out.String() + errs.String()
	}
	if code, out := run("-project", "100000000"); code != 0 || !strings.Contains(out, "100000000 ballots") || !strings.Contains(out, "10 machines of 16 cores") {
		t.Errorf("exit %d\n%s", code, out)
	}
	code, out := run("-project", "1000", "-json", "-machines", "2")
	var p Projection
	if err := json.Unmarshal([]byte(out), &p); code != 0 || err != nil || p.Ballots != 1000 || p.Machines != 2 || p.Signatures != 3000 || p.Costs != measuredCosts {
		t.Errorf("exit %d, %v\n%s", code, err, out)
	}
	report := filepath.Join(t.TempDir(), "bench.json")
	r := Report{Cores: 2, Ballots: 100, Registrars: 2, BallotBytes: 1500, CardsPerSecond: 10, IntakeCPU: 0.5, Verification: &Verification{CPU: 7}, Shuffling: &Shuffling{ProveCPU: 1, VerifyCPU: 2}}
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(report, b, 0o600); err != nil {
		t.Fatal(err)
	}
	code, out = run("-project", "1000", "-json", "-from", report)
	if err := json.Unmarshal([]byte(out), &p); code != 0 || err != nil || p.Signatures != 2000 || p.Costs.Card != 0.2 || p.Costs.Verify != 0.07 || p.Costs.Shuffle != 2 {
		t.Errorf("exit %d, %v\n%s", code, err, out)
	}
	for args, want := range map[string]string{
		"-project 0":                       "want 1 to",
		fmt.Sprint("-project ", 1<<27+1):   "want 1 to",
		"-project 5 -machines 0":           "want 1 to 4096",
		"-project 5 -members 7":            "-members and -project",
		"-cores 5":                         "-cores is for -project",
		"-project 5 -from /nowhere/at/all": "-from:",
		"-project 5 -from project_test.go": "-from: project_test.go",
	} {
		if code, out := run(strings.Fields(args)...); code == 0 || !strings.Contains(out, want) {
			t.Errorf("%s: exit %d\n%s", args, code, out)
		}
	}
}
