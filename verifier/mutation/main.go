// Command mutation disables the verifier's refusals one after the other, and says which of them nobody misses:
//
//	go run ./verifier/mutation                 # every refusal against the corpus: minutes
//	go run ./verifier/mutation -tests          # and all that survive, and those of the mathematics, against tests: much longer
//	go run ./verifier/mutation -sample 40      # forty of them, spread over all: for every change
//
// A refusal is a condition on which a function of package fold, cast, tally or verifier returns a void or fatal outcome, a fault or an error,
// or a check fails; of conditions joined by || each is one. A mutant is the verifier without one of them. It is killed if an election of the
// corpus (verifier/corpus) is found to be otherwise than its label says, or, with -tests, a test fails.
//
// The program is built once, with every refusal behind a switch ([go build -overlay]; no file of the module is changed), and run once without
// a mutant to see which elections meet which refusal: a mutant is only shown these. What is left is printed: survivors, which some election
// meets and which change nothing that a label says, and refusals that no election meets. The list in accepted.txt says of each that is known
// why it is so; anything else, and anything in the list that is not so any more, makes the exit status 1. Of what that list leaves to tests,
// -tests accepts nothing; it tries besides the refusals that no election asks for, and those of the packages below, each against the tests
// that meet it. What it found that is neither missed nor accepted stands in open.txt, which no program reads: tests, or reasons, are still to be
// written for it, and until then -tests ends with status 1.
package main

import (
	"bufio"
	"context"
	_ "embed"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

//go:embed accepted.txt
var accepted string

// packages are what is mutated: everything between a log's records and a verdict but the mathematics.
var packages = []string{"ballot/cast", "ballot/fold", "ballot/tally", "verifier"}

// below are the packages that those stand on: the log's form, records, and the mathematics. Only -tests mutates them.
var below = []string{
	"crypto/group", "crypto/sigma", "crypto/elgamal", "crypto/threshold", "crypto/blind", "crypto/mixnet", "crypto/merkle",
	"ballot/canonical", "ballot/record", "ballot/checkpoint", "ballot/contest", "ballot/ranking", "ballot/text", "verifier/boardlog",
}

// toTests is how accepted.txt begins the reason for what the corpus does not kill and tests do.
const toTests = "left to the tests"

func main() {
	sample := flag.Int("sample", 0, "try about this `many` mutants, spread over all, instead of all")
	tests := flag.Bool("tests", false, "run the tests of the mutated packages against what the corpus does not kill")
	corpus := flag.String("corpus", "", "a corpus in this `folder`, made before by verifier/corpus; otherwise one is made")
	limit := flag.Duration("limit", 0, "stop after this `time`, and judge what was tried")
	only := flag.String("only", "", "only refusals whose `name`, as accepted.txt has it, contains this")
	flag.Parse()
	ctx := context.Background()
	if *limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, *limit)
		defer cancel()
	}
	if err := run(ctx, *sample, *tests, *corpus, *only); err != nil {
		fmt.Fprintln(os.Stderr, "mutation:", err)
		os.Exit(1)
	}
}

// A bench is the instrumented program, and what it was seen to do.
type bench struct {
	root, dir, overlay, program, corpus string

	sites []site
	seen  map[int]bool     // asked in some election
	met   map[int][]string // elections in which the refusal was made
}

func run(ctx context.Context, sample int, tests bool, corpus, only string) error {
	root, err := moduleRoot()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "mutation")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b := &bench{root: root, dir: dir, corpus: corpus}
	mutated := packages
	if tests {
		mutated = append(slices.Clone(packages), below...)
	}
	if b.overlay, b.sites, err = instrument(root, dir, mutated); err != nil {
		return err
	}
	if only != "" {
		b.sites = slices.DeleteFunc(b.sites, func(s site) bool { return !strings.Contains(s.key(), only) })
	}
	if slices.ContainsFunc(b.sites, func(s site) bool { return slices.Contains(packages, path.Dir(s.file)) }) {
		if err := b.prepare(ctx); err != nil {
			return err
		}
	}
	var asked []site
	var rest []left
	for _, s := range b.sites {
		if b.seen[s.id] && slices.Contains(packages, path.Dir(s.file)) {
			asked = append(asked, s)
		} else if tests {
			rest = append(rest, left{s, len(b.met[s.id]) > 0})
		}
	}
	fmt.Printf("%d refusals, %d of them in the verifier's way (the rest is for those who vote, mix and count, or of packages below)\n", len(b.sites), len(asked))
	all := len(asked)
	if sample > 0 && sample < all {
		var some []site
		for i := range sample {
			some = append(some, asked[i*all/sample])
		}
		asked = some
	}
	left := b.try(ctx, asked)
	if tests {
		if left, err = b.test(ctx, append(left, rest...)); err != nil {
			return err
		}
	}
	whole := len(asked) == all && only == "" && ctx.Err() == nil
	return b.judge(left, tests, whole)
}

// prepare builds the program, makes the corpus, and traces the one over the other.
func (b *bench) prepare(ctx context.Context) error {
	b.program = filepath.Join(b.dir, "corpus")
	if out, err := command(ctx, b.root, nil, "go", "build", "-overlay", b.overlay, "-o", b.program, "./verifier/corpus"); err != nil {
		return fmt.Errorf("building the instrumented program: %w\n%s", err, out)
	}
	if b.corpus == "" {
		b.corpus = filepath.Join(b.dir, "elections")
		if out, err := command(ctx, b.root, nil, b.program, "-out", b.corpus); err != nil {
			return fmt.Errorf("making the corpus: %w\n%s", err, out)
		}
	}
	return b.trace(ctx)
}

// trace runs the program without a mutant over the corpus, one election after the other.
func (b *bench) trace(ctx context.Context) error {
	name := filepath.Join(b.dir, "trace")
	env := []string{"GOMAXPROCS=1", "MANDATE_MUTANT_TRACE=" + name}
	if out, err := command(ctx, b.root, env, b.program, "-in", b.corpus, "-verify"); err != nil {
		return fmt.Errorf("without a mutant: %w\n%s", err, out)
	}
	var err error
	b.seen, b.met, err = readTrace(name)
	return err
}

// readTrace reads which refusals were asked and which were made, and by which elections or tests.
func readTrace(name string) (seen map[int]bool, met map[int][]string, err error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	seen, met = make(map[int]bool), make(map[int][]string)
	var election string
	for lines := bufio.NewScanner(f); lines.Scan(); {
		what, value, _ := strings.Cut(lines.Text(), " ")
		if what == "election" {
			election = value
			continue
		}
		id, err := strconv.Atoi(value)
		if err != nil {
			return nil, nil, fmt.Errorf("trace: %w", err)
		}
		seen[id] = true
		if what == "met" && !slices.Contains(met[id], election) {
			met[id] = append(met[id], election)
		}
	}
	return seen, met, nil
}

// A left is a refusal that was disabled and that nobody missed.
type left struct {
	site
	met bool // by some election
}

// try shows every mutant the elections that meet it, those first that meet few others. It returns what is left.
func (b *bench) try(ctx context.Context, sites []site) []left {
	count := make(map[string]int)
	for _, names := range b.met {
		for _, n := range names {
			count[n]++
		}
	}
	var mu sync.Mutex
	var out []left
	killed := 0
	each(sites, func(s site) {
		names := slices.Clone(b.met[s.id])
		slices.SortStableFunc(names, func(x, y string) int { return count[x] - count[y] })
		dead := false
		for len(names) > 0 && !dead && ctx.Err() == nil {
			n := min(6, len(names))
			dead = b.kills(ctx, s.id, names[:n])
			if names = names[n:]; len(names) > 24 { // more of the same
				names = names[:24]
			}
		}
		mu.Lock()
		defer mu.Unlock()
		if dead {
			killed++
		} else if ctx.Err() == nil {
			out = append(out, left{s, len(b.met[s.id]) > 0})
		}
	})
	fmt.Printf("%d mutants, %d killed by the corpus\n", len(sites), killed)
	slices.SortFunc(out, func(x, y left) int { return x.id - y.id })
	return out
}

// kills reports whether one of the elections is found otherwise than its label says, or the verifier breaks down.
func (b *bench) kills(ctx context.Context, id int, names []string) bool {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	_, err := command(ctx, b.root, mutant(id), b.program, "-in", b.corpus, "-verify", "-only", strings.Join(names, ","))
	return err != nil && ctx.Err() == nil
}

// shownTo reports whether a refusal is tried against the tests of a package: those of its own, and of what is mutated together each of all.
func (s site) shownTo(pkg string) bool {
	own := path.Dir(s.file)
	return own == pkg || slices.Contains(packages, own) && slices.Contains(packages, pkg)
}

// test runs the tests of the mutated packages over what is left, each only where it meets the refusal.
func (b *bench) test(ctx context.Context, lefts []left) ([]left, error) {
	order := append(slices.Clone(below), packages...)
	if err := instrumentTests(b.root, b.dir, b.overlay, order); err != nil {
		return nil, err
	}
	fmt.Printf("%d left to tests\n", len(lefts))
	for _, pkg := range order {
		if !slices.ContainsFunc(lefts, func(l left) bool { return l.shownTo(pkg) }) {
			continue
		}
		binary := filepath.Join(b.dir, strings.ReplaceAll(pkg, "/", "_")+".test")
		if out, err := command(ctx, b.root, nil, "go", "test", "-vet=off", "-overlay", b.overlay, "-c", "-o", binary, "./"+pkg); err != nil {
			return nil, fmt.Errorf("building the tests of %s: %w\n%s", pkg, err, out)
		}
		dir, trace := filepath.Join(b.root, pkg), filepath.Join(b.dir, "trace of "+strings.ReplaceAll(pkg, "/", "_"))
		if out, err := command(ctx, dir, []string{"GOMAXPROCS=1", "MANDATE_MUTANT_TRACE=" + trace}, binary, "-test.failfast", "-test.skip", heavy); err != nil {
			return nil, fmt.Errorf("the tests of %s without a mutant: %w\n%s", pkg, err, out)
		}
		_, met, err := readTrace(trace)
		if err != nil {
			return nil, err
		}
		var mu sync.Mutex
		var next []left
		each(lefts, func(l left) {
			dead := false
			var names []string
			if l.shownTo(pkg) {
				names = met[l.id]
			}
			for _, p := range patterns(names) {
				if dead || ctx.Err() != nil {
					break
				}
				_, err := command(ctx, dir, mutant(l.id), binary, "-test.failfast", "-test.timeout", "5m", "-test.skip", heavy, "-test.run", p)
				dead = err != nil && ctx.Err() == nil
			}
			mu.Lock()
			defer mu.Unlock()
			if !dead {
				l.met = l.met || len(names) > 0
				next = append(next, l)
			}
		})
		fmt.Printf("%d more killed by the tests of %s\n", len(lefts)-len(next), pkg)
		slices.SortFunc(next, func(x, y left) int { return x.id - y.id })
		lefts = next
	}
	return lefts, nil
}

// heavy are tests that run other programs, or the whole of something for a long time: what they would kill, others do.
const heavy = "Second|Fuzz|_EveryByte|Windows|Unfinished|Imports|Modules|Templates|Model"

// patterns are for -test.run: a few tests of those that meet a refusal one by one, those with a name of their own first, then all the others at once.
func patterns(names []string) []string {
	names = slices.Clone(names)
	slices.SortStableFunc(names, func(x, y string) int { return strings.Count(y, "/") - strings.Count(x, "/") })
	n := min(len(names), 6)
	var all []string
	for _, name := range names[:n] {
		all = append(all, pattern(name))
	}
	var others []string
	for _, name := range names[n:] {
		name, _, _ = strings.Cut(name, "/")
		others = append(others, regexp.QuoteMeta(name))
	}
	if len(others) > 0 {
		slices.Sort(others)
		all = append(all, "^("+strings.Join(slices.Compact(others), "|")+")$")
	}
	return all
}

// pattern is what -test.run wants for a test's name.
func pattern(name string) string {
	parts := strings.SplitN(name, "/", 2)
	if len(parts) == 1 {
		return "^" + regexp.QuoteMeta(name) + "$"
	}
	var all []string
	for _, p := range strings.Split(name, "/") {
		all = append(all, "^"+regexp.QuoteMeta(p)+"$")
	}
	return strings.Join(all, "/")
}

// judge prints what is left and holds it to the list of what is accepted, and the list to what was found if all of it was tried.
func (b *bench) judge(lefts []left, tests, whole bool) error {
	reasons := make(map[string]string)
	for line := range strings.Lines(accepted) {
		key, why, ok := strings.Cut(strings.TrimSpace(line), " # ")
		if ok && !(tests && strings.Contains(why, toTests)) {
			reasons[key] = why
		}
	}
	var unknown int
	found := make(map[string]bool)
	for _, l := range lefts {
		key := l.key()
		found[key] = true
		if reasons[key] != "" {
			continue
		}
		unknown++
		what := "nothing meets it"
		if l.met {
			what = "survives"
		}
		fmt.Printf("%s:%d: %s: %s\n", l.file, l.line, what, key)
	}
	fmt.Printf("%d left, %d of them accepted with a reason\n", len(lefts), len(lefts)-unknown)
	var stale []string
	if whole {
		for _, s := range b.sites { // without tests, what no election asks for is not tried
			if !tests && !b.seen[s.id] {
				found[s.key()] = true
			}
		}
		for _, key := range slices.Sorted(maps.Keys(reasons)) {
			file, _, _ := strings.Cut(key, " ")
			if !found[key] && (tests || slices.Contains(packages, path.Dir(file))) {
				stale = append(stale, key)
			}
		}
	}
	for _, key := range stale {
		fmt.Printf("accepted.txt has it, and it is missed or gone: %s\n", key)
	}
	if unknown > 0 || len(stale) > 0 {
		return fmt.Errorf("%d refusals that nobody misses, %d lines of accepted.txt too many", unknown, len(stale))
	}
	return nil
}

func mutant(id int) []string {
	return []string{"MANDATE_MUTANT=" + strconv.Itoa(id), "RAPID_NOFAILFILE=true"} // what a property's test finds is the mutant's
}

func command(ctx context.Context, dir string, env []string, name string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	return cmd.CombinedOutput()
}

func each[T any](all []T, do func(T)) {
	next := make(chan T)
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for x := range next {
				do(x)
			}
		})
	}
	for _, x := range all {
		next <- x
	}
	close(next)
	wg.Wait()
}

func moduleRoot() (string, error) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return "", fmt.Errorf("looking for the module: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}
