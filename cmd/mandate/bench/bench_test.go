package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mandate/ballot/cast"
	"mandate/crypto/group"
	"mandate/verifier/command"
)

// The command runs itself to verify in another process: so does the test binary.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "bench" {
		os.Exit(Run(context.Background(), os.Args[2:], os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

func TestCallsThatMakeNoSense(t *testing.T) {
	for args, want := range map[string]string{
		"-members 0":                "-members: 0, want 1 to",
		"-members 10000001":         "-members: 10000001",
		"-members x":                "-members",
		"stray":                     `"stray" is not a flag`,
		"-nosuch":                   "-nosuch",
		"-members 7 -verify x":      "-members and -verify: only one of them",
		"-verify x -keep y":         "-keep and -verify: only one of them",
		"-belenios -verify x":       "-belenios and -verify: only one of them",
		"-ranked -verify x":         "-ranked and -verify: only one of them",
		"-ranked -belenios":         "-belenios and -ranked: only one of them",
		"-load -verify x":           "-verify and -load: only one of them",
		"-load -ranked":             "-ranked and -load: only one of them",
		"-json -markdown":           "-json and -markdown: only one of them",
		"-json -verify x -nosuch=1": "-nosuch",
	} {
		var out, errs strings.Builder
		if code := Run(t.Context(), strings.Fields(args), &out, &errs); code != 2 || out.Len() > 0 || !strings.HasPrefix(errs.String(), "error: ") ||
			!strings.Contains(errs.String(), want) || !strings.Contains(errs.String(), "\nhint: ") {
			t.Errorf("%s: exit %d\n%s%s", args, code, out.String(), errs.String())
		}
	}
	var out, errs strings.Builder
	if code := Run(t.Context(), []string{"-verify", filepath.Join(t.TempDir(), "nowhere.tar")}, &out, &errs); code != 1 || out.Len() > 0 ||
		!strings.Contains(errs.String(), "unreadable") || !strings.Contains(errs.String(), "hint: mandate-verify") {
		t.Errorf("a package that is not there: exit %d\n%s%s", code, out.String(), errs.String())
	}
}

// A small vote gives a package that verifies, a sample whose elements are what they are counted as, and all figures.
func TestVote(t *testing.T) {
	if testing.Short() {
		t.Skip("holds a vote; run without -short")
	}
	dir := t.TempDir()
	pkg := filepath.Join(dir, "board.tar")
	r := &Report{Cores: 1, Ballots: 20, Shuffling: new(Shuffling), Registrars: registrars}
	var progress bytes.Buffer
	s, err := hold(t.Context(), dir, pkg, question(), r, func(string, ...any) {}, &progress)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if code := command.Run(t.Context(), []string{"-quiet", pkg}, &out, &out); code != 0 || !strings.Contains(out.String(), "20 counted, 0 void") {
		t.Errorf("exit %d\n%s", code, out.String())
	}
	if r.Verification, err = verifyApart(t.Context(), pkg); err != nil {
		t.Fatal(err)
	}
	if v := r.Verification; v.Verdict != "verified" || v.Counted != 20 || v.Peak < 1<<20 || v.Seconds <= 0 || v.CPU < 0 {
		t.Errorf("%+v", v)
	} else if last := v.Course[len(v.Course)-1]; last.Ballots != 20 || last.Seconds > v.Seconds {
		t.Errorf("the course ends at %+v", last)
	}
	if err := s.measure(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if r.IntakeBallotsPerSecond <= 0 || r.IntakeP50 > r.IntakeP99 || r.IntakeP99 > r.IntakeMax || r.BallotBytes != len(s.ballots[0].Raw()) || r.CheckCPU <= 0 {
		t.Errorf("%+v", r)
	}
	// What the bare operations are done on is all that a check decodes: each element once, and nothing that is a scalar.
	proof := s.ballots[0].Seal()
	if want := s.form.Relation().Elements() - 1 + s.firstMoves(); r.BarePoints != want { // without the vote's key
		t.Errorf("%d elements, want %d", r.BarePoints, want)
	}
	if _, err := group.DecodeElement(proof[(s.firstMoves()-1)*group.ElementSize:][:group.ElementSize]); err != nil {
		t.Errorf("the last first move: %v", err)
	}
	if _, err := group.DecodeScalar(proof[s.firstMoves()*group.ElementSize:][:group.ScalarSize]); err != nil {
		t.Errorf("what comes after the first moves: %v", err)
	}
	// A package that was changed is not measured.
	b, err := os.ReadFile(pkg)
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)/2] ^= 1
	if err := os.WriteFile(pkg, b, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := verifyApart(t.Context(), pkg); err == nil || !strings.Contains(err.Error(), "failed") {
		t.Errorf("a changed package: %v", err)
	}
	// Nor is a sample with a wrong ballot.
	s.context.Slot++
	if err := s.measure(t.Context(), r); err == nil {
		t.Error("ballots for another slot are checked and hold")
	}
}

// A ranked vote is mixed, certified and verified.
func TestRankedVote(t *testing.T) {
	if testing.Short() {
		t.Skip("holds a vote; run without -short")
	}
	dir := t.TempDir()
	pkg := filepath.Join(dir, "board.tar")
	r := &Report{Cores: 1, Ballots: 12, Registrars: registrars, Shuffling: new(Shuffling)}
	s, err := hold(t.Context(), dir, pkg, election(), r, func(string, ...any) {}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if r.Verification, err = verify(t.Context(), pkg); err != nil || r.Verdict != "verified" || r.Counted != 12 {
		t.Fatalf("%+v, %v", r.Verification, err)
	}
	if err := s.measure(t.Context(), r); err != nil || r.BarePoints != 1+2+2 {
		t.Errorf("%d elements, %v", r.BarePoints, err)
	}
}

func TestReport(t *testing.T) {
	load := 1.5
	r := &Report{
		Machine: Machine{CPU: "A model", Cores: 2, OS: "linux", Arch: "amd64", Go: "go1.26", Memory: 16 << 30, Load: &load}, Cores: 2,
		Ballots: 1000, Registrars: 3, Options: 3, BallotBytes: 2269, IntakeBallotsPerSecond: 3000, IntakeP99: 0.25,
		Verification: &Verification{Verdict: "verified", Counted: 1000, Seconds: 0.5, PerSecond: 2000, Peak: 100 << 20, PerBallot: 102 << 10},
		Shuffling:    &Shuffling{Items: 1000, ProvePerSecond: 7000, VerifyPerSecond: 40_000},
		Belenios:     &Belenios{Version: "2.0", Group: "BELENIOS-2048", Ballots: 1000, Over: 30.5},
	}
	var text, js bytes.Buffer
	if err := r.write(&text, false); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"A model, 2 cores, linux/amd64, go1.26, 16 GB of memory", "2269 bytes each", "    3000  ballots taken by the board", "0.25 s (99 in 100)", "100 MB of memory at most, 102 kB a ballot", "1.5 programs", "    7000  ballots shuffled", "   40000  ballots of which", "by Belenios 2.0 (BELENIOS-2048), 30.5 times"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("%q is not in\n%s", want, &text)
		}
	}
	if err := r.write(&js, true); err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(js.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]float64{
		"cores": 2, "ballots": 1000, "verify_ballots_per_second": 2000, "verify_peak_bytes": 100 << 20, "intake_ballots_per_second": 3000, "intake_p99_seconds": 0.25,
	} {
		if got[key] != want {
			t.Errorf("%s: %v, want %v", key, got[key], want)
		}
	}
	text.Reset()
	if err := r.markdown(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"| 1000 ballots, 3 options, 3 registrars | |\n|---|---|\n", "| intake: checked, on disk, promised, receipted | 3000 ballots/s", "| shuffle of 1000 ballots | 0.1 s; 7000 ballots/s |", "30.5 times Mandate's"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("%q is not in\n%s", want, &text)
		}
	}
	if b, ok := got["belenios"].(map[string]any); !ok || b["verify_cpu_over_mandate"] != 30.5 {
		t.Errorf("belenios: %v", got["belenios"])
	}
}

func TestShuffle(t *testing.T) {
	s, err := shuffle(t.Context(), 50)
	if err != nil || s.Items != 50 || s.GeneratorsPerSecond <= 0 || s.ProvePerSecond <= 0 || s.VerifyPerSecond <= 0 {
		t.Errorf("%+v, %v", s, err)
	}
}

// An election of a few ballots with belenios-tool, where that is installed.
func TestBelenios(t *testing.T) {
	if _, err := exec.LookPath(beleniosTool); err != nil {
		t.Skip("needs belenios-tool: apt install belenios-tool")
	}
	b, err := belenios(t.Context(), 5)
	if err != nil || b.Ballots != 5 || b.Version == "" {
		t.Errorf("%+v, %v", b, err)
	}
}

// The plot is XML, with the curve inside of it, whatever is measured.
func TestPlot(t *testing.T) {
	for _, v := range []*Verification{
		{},
		{Counted: 1, Seconds: 0.001, Course: []Mark{{1, 0.001, 0.001}}},
		{Counted: 999_999, Seconds: 118.2, CPU: 230, Peak: 900 << 20, Course: []Mark{{0, 0.5, 1}, {500_000, 60, 115}, {999_999, 118.2, 230}}},
	} {
		picture := v.plot("a <machine> & its cores")
		var svg struct {
			Curves []struct {
				Points string `xml:"points,attr"`
			} `xml:"polyline"`
			Texts []string `xml:"text"`
		}
		if err := xml.Unmarshal([]byte(picture), &svg); err != nil {
			t.Fatalf("%v\n%s", err, picture)
		}
		if len(svg.Curves) != 2 {
			t.Fatalf("%d curves\n%s", len(svg.Curves), picture)
		}
		points := strings.Fields(svg.Curves[0].Points + " " + svg.Curves[1].Points)
		if len(points) != 2+2*len(v.Course) || svg.Texts[len(svg.Texts)-1] != "ballots; a <machine> & its cores" {
			t.Errorf("%d points of %d\n%s", len(points), len(v.Course), picture)
		}
		for _, p := range points {
			var x, y float64
			if _, err := fmt.Sscanf(p, "%f,%f", &x, &y); err != nil || x < plotLeft || x > plotWidth-plotRight || y < plotTop || y > plotHeight-plotBottom {
				t.Errorf("%s: outside (%v)", p, err)
			}
		}
	}
	if got, want := axis(118.2), (scale{20, 120}); got != want {
		t.Errorf("axis: %v, want %v", got, want)
	}
	if got, want := axis(1e6), (scale{200_000, 1e6}); got != want {
		t.Errorf("axis: %v, want %v", got, want)
	}
	if got := grouped(1_234_567); got != "1\u00a0234\u00a0567" {
		t.Errorf("%q", got)
	}
	course := make([]Mark, 250)
	for i := range course {
		course[i].Ballots = uint64(i + 1)
	}
	if got := thin(course, 100); len(got) != 100 || got[0].Ballots != 2 || got[99].Ballots != 250 {
		t.Errorf("%d points from %d to %d", len(got), got[0].Ballots, got[99].Ballots)
	}
}

func TestMachine(t *testing.T) {
	if m := thisMachine(); m.Cores < 1 || m.Go == "" || m.Arch == "" {
		t.Errorf("%+v", m)
	}
	before := processorTime()
	for began := time.Now(); before > 0 && time.Since(began) < 200*time.Millisecond; {
		cast.Parallel(1, func(int) { group.BaseMul(group.ScalarFromUint64(3)) })
	}
	if used := processorTime() - before; before > 0 && (used <= 0 || used > 10*time.Second) {
		t.Errorf("200 ms of work took %v of processor time", used)
	}
	if s := processorSeconds(0, time.Second); s < 1 {
		t.Errorf("%v", s)
	}
	var held []byte
	peak := peakMemory(func() { held = bytes.Repeat([]byte{1}, 64<<20) })
	if peak < uint64(len(held)) {
		t.Errorf("%d bytes were held, %d is the peak", len(held), peak)
	}
	if kilobytes("1234 kB") != 1234<<10 || kilobytes("") != 0 {
		t.Error("kilobytes")
	}
	if size(500) != "500 bytes" || size(20<<10) != "20 kB" || size(300<<20) != "300 MB" || size(20<<30) != "20 GB" {
		t.Error("size")
	}
}
