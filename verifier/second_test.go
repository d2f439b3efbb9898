package verifier_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"mandate/ballot/contest"
	"mandate/ballot/record"
	"mandate/ballot/simulate"
	"mandate/verifier"
)

// A summary is what two verifiers must agree on: everything in a report but the sentences.
type summary struct {
	Origin  string
	Size    uint64
	Root    record.ID
	Verdict string
	Log     []summaryCheck
	Votes   []struct {
		ID       record.ID
		Pinned   bool
		Phase    string
		Verdict  string
		Checks   []summaryCheck
		Figures  verifier.Figures
		Contests []struct {
			ID      string
			Outcome string
			Options []struct {
				ID     string
				Count  uint64
				Winner bool
			}
			Ranked *summaryRanked
		}
	}
	Void  []summaryFinding
	Total map[string]uint64 `json:"void_total"`
}

type summaryRanked struct {
	Method                    string
	Seats, Depth              uint64
	Expressed, Blank, Spoiled uint64
	Winners                   []uint64
	Possible                  string
	Different                 int
	Mixers, Decrypted         []string
	Seed                      string
	Count                     *summaryCount
}

// A summaryCount is what must agree of a count's report (SPEC.md §14.12).
type summaryCount struct {
	Method   string
	Seats    int
	Fillable int `json:"fillable_seats"`
	Elected  []summaryCandidate
	Stages   []struct {
		Number     int
		Quota      string
		Candidates []summaryCandidate
	}
	Draws []struct {
		Number, Stage int
		Purpose       string
		Order         []summaryCandidate
	}
}

type summaryCandidate struct {
	Number int
	Votes  string
}

type summaryCheck struct {
	Number   int
	Name     string
	Status   string
	Failures []summaryFinding
}

type summaryFinding struct {
	Index int64
	Kind  string
	Code  string
}

// second runs the verifier in the folder second, which was written from SPEC.md alone by somebody else in another language.
func second(t *testing.T, pkg []byte, o verifier.Options) (report []byte, exit int) {
	t.Helper()
	dir := t.TempDir()
	file := func(name string, b []byte) string {
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	args := []string{"second/verify.js", "-json", "-"}
	if o.Vote != (record.ID{}) {
		args = append(args, "-vote", o.Vote.String())
	}
	if o.Receipt != nil {
		args = append(args, "-receipt", file("receipt.txt", o.Receipt))
	}
	var stdout, stderr bytes.Buffer
	cmd := exec.Command("node", append(args, file("board.tar", pkg))...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil && !errors.As(err, new(*exec.ExitError)) {
		t.Fatal(err)
	}
	if stderr.Len() > 0 {
		t.Errorf("the second verifier: %s", stderr.Bytes())
	}
	return stdout.Bytes(), cmd.ProcessState.ExitCode()
}

func summaryOf(t *testing.T, report []byte) summary {
	t.Helper()
	var s summary
	if err := json.Unmarshal(report, &s); err != nil {
		t.Fatalf("%v in %.200s", err, report)
	}
	for i := range s.Log {
		if len(s.Log[i].Failures) == 0 {
			s.Log[i].Failures = nil
		}
	}
	for j := range s.Votes {
		v := &s.Votes[j]
		for i := range v.Checks {
			if len(v.Checks[i].Failures) == 0 {
				v.Checks[i].Failures = nil
			}
		}
		for _, c := range v.Contests {
			r := c.Ranked
			if r == nil {
				continue
			}
			if r.Expressed == 0 || c.Outcome == contest.OutcomeNoQuorum {
				r.Count = nil // what is told of a count that decides nothing is no matter of the specification
			}
			for _, list := range []*[]string{&r.Mixers, &r.Decrypted} {
				if len(*list) == 0 {
					*list = nil
				}
			}
			if len(r.Winners) == 0 {
				r.Winners = nil
			}
		}
		if len(v.Figures.Issued) == 0 {
			v.Figures.Issued = nil
		}
	}
	if len(s.Votes) == 0 {
		s.Votes = nil
	}
	if len(s.Void) == 0 {
		s.Void = nil
	}
	if len(s.Total) == 0 {
		s.Total = nil
	}
	return s
}

// difference returns the lines of two summaries that are not the same.
func difference(t *testing.T, a, b summary) string {
	t.Helper()
	lines := func(s summary) []string {
		text, err := json.MarshalIndent(s, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		return strings.Split(string(text), "\n")
	}
	var out strings.Builder
	first, other := lines(a), lines(b)
	for i := range max(len(first), len(other)) {
		var x, y string
		if i < len(first) {
			x = first[i]
		}
		if i < len(other) {
			y = other[i]
		}
		if x != y && out.Len() < 2000 {
			fmt.Fprintf(&out, "line %d: %q, second %q\n", i, x, y)
		}
	}
	return out.String()
}

// agreement returns a function that has both verifiers judge a package, as a subtest.
func agreement(t *testing.T) func(name string, verdict verifier.Verdict, pkg []byte, o verifier.Options) {
	t.Helper()
	if testing.Short() {
		t.Skip("runs another program two dozen times")
	}
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("needs node in PATH")
	}
	if _, err := os.Stat("second/node_modules"); err != nil {
		t.Skip("needs second/node_modules: run npm ci in verifier/second")
	}
	return func(name string, verdict verifier.Verdict, pkg []byte, o verifier.Options) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := openAndVerify(t, pkg, o)
			if r.Verdict != verdict {
				t.Errorf("verdict %v, the test is about %v", r.Verdict, verdict)
			}
			first, err := json.Marshal(r)
			if err != nil {
				t.Fatal(err)
			}
			report, exit := second(t, pkg, o)
			if exit != r.Verdict.ExitCode() {
				t.Errorf("exit status %d, the second verifier's is %d", r.Verdict.ExitCode(), exit)
			}
			if a, b := summaryOf(t, first), summaryOf(t, report); !reflect.DeepEqual(a, b) {
				t.Errorf("they differ:\n%s", difference(t, a, b))
			}
		})
	}
}

// Two verifiers that share no code come to the same verdict, checks, codes, records and counts.
func TestTheSecondVerifierAgrees(t *testing.T) {
	agree := agreement(t)
	lots := simulate.Choose("lots", 3, 1, 3, 2)
	lots.Decision.Lots = true
	whole := simulate.Whole(t, simulate.Config{Members: 7, Registrars: 3, Slots: 3, Petitions: 1, Revote: true, Relays: 1, Witnesses: 2, Need: 1, Trustees: 4, Threshold: 3,
		Contests: []contest.Contest{simulate.YesNo("question"), lots}})
	pkg := packageOf(t, whole.Org)
	agree("a whole vote", verifier.Verified, pkg, verifier.Options{Vote: whole.ID})
	agree("nothing asked", verifier.Verified, pkg, verifier.Options{})
	agree("another vote", verifier.Refuted, pkg, verifier.Options{Vote: record.ID{1}})

	// Damage: a record, a tile, the checkpoint's signature, a header, an end that is missing.
	records := whole.Org.Log()
	tile := simulate.Root(records[3:4]) // a leaf's hash is the root over it
	for name, c := range map[string]struct {
		at      int
		verdict verifier.Verdict
	}{
		"a byte of a record":     {bytes.Index(pkg, records[20]) + 30, verifier.Refuted},
		"a byte of a tile":       {bytes.Index(pkg, tile[:]) + 7, verifier.Refuted},
		"a byte of a header":     {300, verifier.Refuted},
		"the end":                {len(pkg) - 1, verifier.Refuted},
		"a signature's key id":   {512 + bytes.Index(pkg[512:], []byte("\u2014 "+whole.Org.GenesisBody().Origin+" ")) + len("\u2014 "+whole.Org.GenesisBody().Origin+" ") + 2, verifier.Refuted},
		"a length in the bundle": {bytes.Index(pkg, records[9]) - 1, verifier.Refuted},
	} {
		changed := bytes.Clone(pkg)
		if changed[c.at] ^= 1; c.at < 0 {
			t.Fatal(name)
		}
		agree("damaged: "+name, c.verdict, changed, verifier.Options{Vote: whole.ID})
	}
	agree("cut off", verifier.Unreadable, pkg[:len(pkg)/2], verifier.Options{})

	// What void records there are, and what fatal ones; without a second vote in it for the sake of time.
	v := simulate.New(t, simulate.Config{Members: 6, Registrars: 1, Revote: true}).Round().Vote()
	v.Round.Cards(0, 1, 2, 3)
	v.Ceremony()
	agree("called", verifier.Unfinished, packageOf(t, v.Org), verifier.Options{Vote: v.ID})
	v.Open()
	recorded := v.Cast(0, []int{simulate.Yes})
	receipt := receiptFor(t, v.Org, recorded)
	again := v.Org.Log()[len(v.Org.Log())-1]
	for _, forge := range []func(f *simulate.Forgery){
		func(f *simulate.Forgery) { f.Values[0][0] = 2; f.Encrypt() },
		func(f *simulate.Forgery) { f.Body.Signatures[100] ^= 1 },
		func(f *simulate.Forgery) { f.Body.Number++ },
		func(f *simulate.Forgery) { f.Randomness[0][1] = f.Randomness[0][0]; f.Encrypt() },
		func(f *simulate.Forgery) { f.Body.Contests[0] = bytes.Repeat([]byte{0xff}, len(f.Body.Contests[0])) },
	} {
		f := v.Forge(v.Credential(1), []int{simulate.Yes})
		forge(f)
		v.Org.Append(f.Record().Raw())
	}
	one := record.ID{1}
	for _, bad := range [][]record.Program{
		{{Name: "booth", Hash: one}, {Name: "booth", Hash: record.ID{2}}}, {{Name: "booth"}}, {{Name: "booth.wasm", Hash: one}}, make([]record.Program, 9),
	} {
		manifest := v.Round.NewVote(func(m *record.Vote) { m.Programs = bad }).Manifest
		v.Org.Append(v.Org.Officer(v.Round.ID, manifest).Raw())
	}
	checked := v.Ballot(1, []int{simulate.No})
	v.Check(1, checked.ID())
	v.Fault(1, checked.ID())
	for _, r := range []*record.Record{v.FaultOf(v.Credential(1), checked.ID()), v.FaultOf(v.Credential(0), checked.ID())} {
		v.Org.Append(r.Raw()) // again, and of another's check
	}
	rollRecord := v.Round.Manifest.Roll
	v.Org.Remove(rollRecord, true, 0)
	for _, b := range []*record.RollRemoval{
		{By: 1, Entries: []uint64{0}, Removed: true, Reason: "resigned"}, {By: 1, Entries: []uint64{1}, Reason: "removed by mistake"},
		{By: 1, Entries: []uint64{1 << 40}, Removed: true, Reason: "resigned"}, {By: 1, Removed: true, Reason: "resigned"},
		{By: 1, Entries: []uint64{1, 1}, Removed: true, Reason: "resigned"}, {By: 1, Entries: []uint64{1}, Removed: true, Reason: "a\nb"},
	} {
		v.Org.Append(v.Org.Officer(rollRecord, b).Raw())
		v.Org.Append(v.Org.Officer(v.ID, b).Raw())
	}
	v.Org.Remove(rollRecord, false, 0)
	v.Org.Append(checked.Raw())
	v.Org.Append(again)
	v.Cast(1, []int{simulate.Yes})
	v.Cast(0, []int{simulate.No})
	fork := func() *simulate.Vote { return v.On(v.Org.Fork()) }

	w := fork()
	w.Finish()
	agree("void ballots", verifier.Verified, packageOf(t, w.Org), verifier.Options{Vote: v.ID, Receipt: receipt})
	log := w.Org.Log()
	at := slices.IndexFunc(log, func(raw []byte) bool { return record.IDOf(raw) == recorded })
	dropped := w.On(w.Org.Rebuild(slices.Delete(log, at, at+1)))
	agree("another history than a receipt's", verifier.Refuted, packageOf(t, dropped.Org), verifier.Options{Vote: v.ID, Receipt: receipt})

	for name, put := range map[string]func(w *simulate.Vote){
		"closing-time": func(w *simulate.Vote) { w.Org.Append(w.Officer(&record.Closing{By: 1}).Raw()) },
		"time-back": func(w *simulate.Vote) {
			w.Org.Append(w.Org.Sign(w.Org.Genesis, &record.Time{Now: 1}, w.Org.Board).Raw())
		},
		"malformed": func(w *simulate.Vote) { w.Org.Append([]byte("hello")) },
		"genesis":   func(w *simulate.Vote) { w.Org.Append(w.Org.Log()[0]) },
		"unknown-kind": func(w *simulate.Vote) {
			w.Org.Append(bytes.Replace(w.Officer(&record.Closing{By: 1}).Raw(), []byte("closing"), []byte("closinh"), 1))
		},
		"seal-promises": func(w *simulate.Vote) { w.Close(); w.Org.Append(w.Org.Sign(w.ID, &record.Seal{}, w.Org.Board).Raw()) },
		"stuffing": func(w *simulate.Vote) {
			for range 3 {
				cred, err := w.Round.On(w.Org).Mint().Credential(w.Manifest.Slot)
				if err != nil {
					t.Fatal(err)
				}
				w.Org.Post(w.BallotOf(cred, []int{simulate.No}))
			}
			w.Close()
			w.Promises()
			w.Org.Append(w.Org.Sign(w.ID, &record.Seal{}, w.Org.Board).Raw())
		},
		"result-count": func(w *simulate.Vote) {
			w.Close()
			w.Promises()
			w.Seal()
			w.Inputs(1, 2)
			w.Shares(1, 2)
			b := w.ResultBody()
			b.Contests[0].Counts[0]++
			w.Org.Append(w.Officer(b).Raw())
		},
		"result-outcome": func(w *simulate.Vote) {
			w.Close()
			w.Promises()
			w.Seal()
			w.Inputs(1, 2)
			w.Shares(1, 2)
			b := w.ResultBody()
			b.Contests[0].Outcome, b.Contests[0].Winners = "passed", []uint64{0}
			w.Org.Append(w.Officer(b).Raw())
		},
		"result-input": func(w *simulate.Vote) {
			w.Close()
			w.Promises()
			w.Seal()
			w.Inputs(1)
			w.Org.Append(w.Officer(&record.Result{By: 1, Contests: []record.ContestResult{{Counts: []uint64{1, 1, 0}, Outcome: "tied"}}}).Raw())
		},
	} {
		w := fork()
		put(w)
		agree(name, verifier.Refuted, packageOf(t, w.Org), verifier.Options{Vote: v.ID})
	}
}
