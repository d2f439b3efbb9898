package main

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"mandate/verifier"
	"mandate/verifier/boardlog"
	"mandate/verifier/corpus/electiontest"
)

// Every election of the corpus is found to be what its label says, and nothing else: verdict, failing check and code, void records, result.
func TestTheVerifierAgreesWithTheLabels(t *testing.T) {
	if testing.Short() {
		t.Skip("holds hundreds of elections")
	}
	held, failed := make(map[int]bool), make(map[int]bool)
	type outcome struct {
		held, failed []int
	}
	outcomes := make(chan outcome, len(electiontest.All()))
	t.Run("elections", func(t *testing.T) {
		for _, e := range electiontest.All() {
			t.Run(e.Name, func(t *testing.T) {
				t.Parallel()
				f, err := e.Make()
				if err != nil {
					t.Fatal(err)
				}
				r, err := f.Verify(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				for _, wrong := range f.Label.Judge(r) {
					t.Error(wrong)
				}
				inRanges(t, f, r)
				var o outcome
				for _, c := range electiontest.Checks(r) {
					switch c.Status {
					case verifier.Held:
						o.held = append(o.held, c.Number)
					case verifier.Failed:
						o.failed = append(o.failed, c.Number)
					}
				}
				outcomes <- o
			})
		}
	})
	close(outcomes)
	for o := range outcomes {
		for _, n := range o.held {
			held[n] = true
		}
		for _, n := range o.failed {
			failed[n] = true
		}
	}
	// J5: each check is seen to run, and to fail but where a table says why it cannot.
	for n := 1; n <= 30; n++ {
		if !held[n] {
			t.Errorf("check %d has held in no election", n)
		}
		if why := electiontest.CannotFail[n]; failed[n] == (why != "") {
			t.Errorf("check %d has failed in some election: %v; the table says %q", n, failed[n], why)
		}
	}
}

// inRanges wants the verdict that is merged from three ranges of an election to be that of the single run, to the byte.
func inRanges(t *testing.T, f *electiontest.Files, single *verifier.Report) {
	t.Helper()
	pkg, err := boardlog.OpenPackage(bytes.NewReader(f.Package), int64(len(f.Package)))
	if err != nil {
		return
	}
	var parts []*verifier.Part
	for i := range uint64(3) {
		p, err := verifier.VerifyRange(t.Context(), pkg, verifier.Range{I: i + 1, N: 3}, nil)
		if err != nil && (single.Problem != "" || single.Verdict == verifier.Refuted) {
			return
		}
		if err != nil {
			t.Errorf("range %d of 3: %v", i+1, err)
			return
		}
		parts = append(parts, p)
	}
	merged, err := verifier.Merge(t.Context(), pkg, parts, f.Options())
	if err != nil {
		t.Errorf("merging: %v", err)
		return
	}
	merged.Merged = nil
	got, _ := json.Marshal(merged)
	want, _ := json.Marshal(single)
	if !bytes.Equal(got, want) || merged.OK() != single.OK() {
		t.Errorf("merged: %s\nsingle: %s", got, want)
	}
}

// The command writes the elections, reads them again and judges them, and says so if one is not what its label says.
func TestTheCommand(t *testing.T) {
	dir := t.TempDir()
	names := "good-receipt,ballot-proof-bit,opened-another-choice,log-no-record"
	if err := run(dir, "", names, "", true, false, io.Discard); err != nil {
		t.Fatal(err)
	}
	if err := run("", dir, "", "", true, false, io.Discard); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) != 10 {
		t.Fatalf("%v, %v", files, err)
	}
	label := filepath.Join(dir, "good-receipt.json")
	b, err := os.ReadFile(label)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(label, bytes.Replace(b, []byte("1/0/0"), []byte("0/1/0"), 1), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := run("", dir, "", "", true, false, io.Discard); err == nil || !strings.Contains(err.Error(), "1 of 4 elections:\ngood-receipt: result") {
		t.Errorf("a label that is wrong: %v", err)
	}
	for _, none := range []func() error{
		func() error { return run("", "", "", "", false, false, io.Discard) },
		func() error { return run("", dir, "nothing", "", true, false, io.Discard) },
		func() error { return run("", t.TempDir(), "", "", true, false, io.Discard) },
	} {
		if none() == nil {
			t.Error("nothing was done, and nothing said")
		}
	}
	var list bytes.Buffer
	if err := run("", "", "", "", false, true, &list); err != nil || strings.Count(list.String(), "\n") != len(electiontest.All()) {
		t.Errorf("%v", err)
	}
}

// Labels are the same each time but for the id to ask for.
func TestLabelsAreTheSameEachTime(t *testing.T) {
	for _, e := range electiontest.All()[:6] {
		var labels [2][]byte
		for i := range labels {
			f, err := e.Make()
			if err != nil {
				t.Fatal(err)
			}
			f.Label.Vote = ""
			if labels[i], err = json.Marshal(&f.Label); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(labels[0], labels[1]) {
			t.Errorf("%s\n%s", labels[0], labels[1])
		}
	}
}

// A sample of the corpus in the second verifier; all that it covers with -second.
func TestASampleInTheSecondVerifier(t *testing.T) {
	if testing.Short() {
		t.Skip("runs another program")
	}
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("needs node in PATH")
	}
	if _, err := os.Stat("../second/node_modules"); err != nil {
		t.Skip("needs second/node_modules: run npm ci in verifier/second")
	}
	n := 0
	for i, e := range electiontest.All() {
		if i%13 != 0 || strings.HasPrefix(e.Name, "opened-") {
			continue
		}
		f, err := e.Make()
		if err != nil {
			t.Fatal(err)
		}
		if f.Label.Rules {
			continue
		}
		n++
		t.Run(e.Name, func(t *testing.T) {
			t.Parallel()
			wrong, err := f.Second(t.Context(), "../second/verify.js", t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			if len(wrong) > 0 {
				t.Error(slices.Clip(wrong))
			}
		})
	}
	if n < 15 {
		t.Errorf("only %d elections", n)
	}
}
