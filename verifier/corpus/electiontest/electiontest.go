// Package electiontest makes the corpus of labelled elections: good ones of every kind, and bad ones with the check that each must fail.
//
// [All] lists them. [Election.Make] holds one in memory, with package simulate, and returns it as an audit package (SPEC.md §7.5) with its
// [Label]; [Label.Judge] says what a verifier's report has otherwise than the label. The command verifier/corpus writes all of them into a
// folder, for other verifiers.
//
// It is test support: the elections are made by package simulate, whose keys are everybody's.
package electiontest

import (
	"fmt"
	"slices"
	"testing"

	"mandate/ballot/record"
	"mandate/verifier"
)

// An Election is one of the corpus, not made yet.
type Election struct {
	Name string   // a slug, of the files too
	What string   // what was done, in a sentence
	Rows []string // of the list of attacks in README
	Want Want

	make func(s *scene)
}

// Want is what a verifier has to say of an election. It is written down with the election and not computed.
type Want struct {
	Verdict verifier.Verdict
	Check   int      // the one check that fails, 0 for none
	Code    string   // of the first fault of it; "" for a fault that has no code but the check's name
	Void    []string // "kind/code" of each void record, in any order
	Result  string   // of a verified vote: "question passed 2/1/0 yes; board tied 2/0/2", see [ResultOf]
}

// A Label is what the corpus says of an election beside its package.
type Label struct {
	Name    string   `json:"name"`
	What    string   `json:"what"`
	Attacks []string `json:"attacks,omitempty"`
	Rules   bool     `json:"rules"`  // a vote on the log has rules (SPEC.md §15)
	Ranked  bool     `json:"ranked"` // a vote on the log has a ranked contest
	Vote    string   `json:"vote,omitempty"`
	Receipt bool     `json:"receipt"` // the file beside the package is to be checked with it
	Opened  bool     `json:"opened"`  // likewise an opened ballot
	Expect  Expect   `json:"expect"`
}

// Expect is Want, for other programs.
type Expect struct {
	Verdict string   `json:"verdict"`
	Exit    int      `json:"exit"`
	Check   int      `json:"check,omitempty"`
	Code    string   `json:"code,omitempty"`
	Void    []string `json:"void,omitempty"`
	Result  string   `json:"result,omitempty"`
}

// Files are an election that was made. Everything but the label's Vote and the bytes of the files is the same each time.
type Files struct {
	Label   Label
	Package []byte
	Receipt []byte // nil for none
	Opened  []byte // nil for none
}

// Options are what a verifier is to be asked.
func (f *Files) Options() verifier.Options {
	o := verifier.Options{Receipt: f.Receipt, Opened: f.Opened}
	if f.Label.Vote != "" {
		o.Vote, _ = record.ParseID(f.Label.Vote)
	}
	return o
}

// All returns the corpus in its order.
func All() []Election {
	return slices.Concat(goodChoices(), goodRanked(), goodCourses(), badPackages(), badLogs(), badOrganisations(), badManifests(), badCeremonies(), badOpenings(),
		badBallots(), badChecks(), badClosings(), badTallies(), badMixes(), badCourses(), badGates(), badReceipts(), badBounds(), badAgain())
}

// Make holds the election.
func (e Election) Make() (f *Files, err error) {
	defer func() {
		if r := recover(); r != nil {
			failed, ok := r.(failure)
			if !ok {
				panic(r)
			}
			f, err = nil, fmt.Errorf("%s: %s", e.Name, string(failed))
		}
	}()
	s := &scene{maker: maker{}, ask: true}
	e.make(s)
	f = s.files()
	w := e.Want
	f.Label.Name, f.Label.What, f.Label.Attacks = e.Name, e.What, e.Rows
	f.Label.Expect = Expect{w.Verdict.String(), w.Verdict.ExitCode(), w.Check, w.Code, slices.Concat(w.Void, s.void), w.Result}
	return f, nil
}

// maker stands in for the test that package simulate asks for: what fails there ends Make.
type maker struct{ testing.TB }

type failure string

func (maker) Helper()                   {}
func (maker) Fatal(args ...any)         { panic(failure(fmt.Sprint(args...))) }
func (maker) Fatalf(f string, a ...any) { panic(failure(fmt.Sprintf(f, a...))) }

// must ends the making of an election upon an error.
func must[T any](v T, err error) T {
	if err != nil {
		maker{}.Fatal(err)
	}
	return v
}

// some lists members 0 to n − 1.
func some(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}
