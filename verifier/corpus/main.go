// Command corpus writes the corpus of labelled elections, good ones and bad ones, and runs the verifier over it:
//
//	go run ./verifier/corpus -out DIR            # write all: NAME.tar, NAME.json, and NAME.receipt or NAME.opened where there is one
//	go run ./verifier/corpus -out DIR -verify    # and see that the verifier finds what the labels say, and nothing else
//	go run ./verifier/corpus -in DIR -verify     # the same of a corpus that was written before
//	go run ./verifier/corpus -second verifier/second/verify.js    # hold the second verifier to the first
//
// A label says what was done, what a verifier has to find, and what it is to be asked: the vote's id, which is new each time as keys
// and randomness are, a receipt, an opened ballot. All else is the same each time. Another verifier can be held to the labels in the same way.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"mandate/verifier/corpus/electiontest"
)

func main() {
	out := flag.String("out", "", "write the corpus into this `folder`")
	in := flag.String("in", "", "take the corpus from this `folder`")
	verify := flag.Bool("verify", false, "run the verifier over it")
	second := flag.String("second", "", "hold the second verifier, whose `program` is verify.js, to the first (needs node); votes by rules are left out")
	only := flag.String("only", "", "only elections with one of these `names`, separated by commas")
	list := flag.Bool("list", false, "print name, attacks and what was done, and do nothing")
	flag.Parse()
	if err := run(*out, *in, *only, *second, *verify, *list, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "corpus:", err)
		os.Exit(1)
	}
}

func run(out, in, only, second string, verify, list bool, stdout io.Writer) error {
	var names []string
	if only != "" {
		names = strings.Split(only, ",")
	}
	var all []source
	switch {
	case in != "":
		labels, err := filepath.Glob(filepath.Join(in, "*.json"))
		if err != nil {
			return err
		}
		for _, l := range labels {
			name := strings.TrimSuffix(filepath.Base(l), ".json")
			all = append(all, source{name, func() (*electiontest.Files, error) { return read(in, name) }})
		}
	default:
		for _, e := range electiontest.All() {
			if list {
				fmt.Fprintf(stdout, "%-45s %-12s %s\n", e.Name, strings.Join(e.Rows, " "), e.What)
			}
			all = append(all, source{e.Name, e.Make})
		}
	}
	if list {
		return nil
	}
	if out == "" && second == "" && !verify {
		return fmt.Errorf("nothing to do: -out DIR, -verify or -second")
	}
	if out != "" {
		if err := os.MkdirAll(out, 0o755); err != nil {
			return err
		}
	}
	if names != nil {
		all = slices.DeleteFunc(all, func(s source) bool { return !slices.Contains(names, s.name) })
	}
	if len(all) == 0 {
		return fmt.Errorf("there is no such election")
	}
	var mu sync.Mutex
	var wrong []string
	compared := 0
	each(all, func(s source) {
		inSecond, err := one(s, out, second, verify)
		mu.Lock()
		defer mu.Unlock()
		if inSecond {
			compared++
		}
		if err == nil {
			return
		}
		wrong = append(wrong, s.name+": "+err.Error())
	})
	if len(wrong) > 0 {
		slices.Sort(wrong)
		return fmt.Errorf("%d of %d elections:\n%s", len(wrong), len(all), strings.Join(wrong, "\n"))
	}
	what := "written"
	if verify || second != "" {
		what = "as their labels say"
	}
	fmt.Fprintf(stdout, "%d elections, all %s\n", len(all), what)
	if second != "" {
		fmt.Fprintf(stdout, "%d of them in the second verifier, which finds the same; the others are of votes by rules or opened ballots\n", compared)
	}
	return nil
}

// A source is an election that is made or read when it is asked for.
type source struct {
	name string
	get  func() (*electiontest.Files, error)
}

func each(all []source, do func(source)) {
	next := make(chan source)
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for s := range next {
				do(s)
			}
		})
	}
	for _, s := range all {
		next <- s
	}
	close(next)
	wg.Wait()
}

// one makes or reads an election, and does with it what is asked. It reports whether the second verifier was held to the first.
func one(s source, out, second string, verify bool) (inSecond bool, err error) {
	f, err := s.get()
	if err != nil {
		return false, err
	}
	if out != "" {
		if err := write(out, f); err != nil {
			return false, err
		}
	}
	if inSecond = second != "" && !f.Label.Rules && !f.Label.Opened; inSecond {
		dir, err := os.MkdirTemp("", "corpus")
		if err != nil {
			return inSecond, err
		}
		defer os.RemoveAll(dir)
		wrong, err := f.Second(context.Background(), second, dir)
		if err == nil && len(wrong) > 0 {
			err = fmt.Errorf("%s", strings.Join(wrong, "; "))
		}
		if err != nil {
			return inSecond, err
		}
	}
	if !verify {
		return inSecond, nil
	}
	r, err := f.Verify(context.Background())
	if err != nil {
		return inSecond, err
	}
	if wrong := f.Label.Judge(r); len(wrong) > 0 {
		return inSecond, fmt.Errorf("%s", strings.Join(wrong, "; "))
	}
	return inSecond, nil
}

// The files of an election beside its label.
var endings = map[string]func(*electiontest.Files) *[]byte{
	".tar":     func(f *electiontest.Files) *[]byte { return &f.Package },
	".receipt": func(f *electiontest.Files) *[]byte { return &f.Receipt },
	".opened":  func(f *electiontest.Files) *[]byte { return &f.Opened },
}

func write(dir string, f *electiontest.Files) error {
	label, err := json.MarshalIndent(&f.Label, "", "  ")
	if err != nil {
		return err
	}
	name := filepath.Join(dir, f.Label.Name)
	for ending, of := range endings {
		if b := *of(f); b != nil {
			if err := os.WriteFile(name+ending, b, 0o644); err != nil {
				return err
			}
		}
	}
	return os.WriteFile(name+".json", append(label, '\n'), 0o644)
}

func read(dir, name string) (*electiontest.Files, error) {
	name = filepath.Join(dir, name)
	f := new(electiontest.Files)
	label, err := os.ReadFile(name + ".json")
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(label, &f.Label); err != nil {
		return nil, fmt.Errorf("%s.json: %w", name, err)
	}
	for ending, of := range endings {
		b, err := os.ReadFile(name + ending)
		if err == nil {
			*of(f) = b
		} else if ending == ".tar" || !os.IsNotExist(err) {
			return nil, err
		}
	}
	return f, nil
}
