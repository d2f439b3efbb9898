// Command coverage reads a profile of go test and says of packages crypto, ballot and verifier how much of each ran in tests, and names every
// statement that did not, by file, function and first line:
//
//	go test -coverpkg=./crypto/...,./ballot/...,./verifier/... -coverprofile=cover.out ./crypto/... ./ballot/... ./verifier/... ./cmd/mandate-verify ./cmd/booth/member
//	go run ./verifier/coverage cover.out >verifier/coverage/uncovered.txt
//
// Its exit status is 1 if less than 90 % of a package ran. Left out are packages that only tests and this project's own commands link:
// simulate, blindtest, corpus and the commands beside it.
package main

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

const least = 90 // percent

var (
	profileLine = regexp.MustCompile(`^mandate/(\S+\.go):(\d+)\.(\d+),\d+\.\d+ (\d+) (\d+)$`)
	wanted      = regexp.MustCompile(`^(crypto|ballot|verifier)(/|$)`)
	support     = regexp.MustCompile(`/(simulate|blindtest|corpus|electiontest|mutation|coverage|specification)$`)
)

// A block is a run of statements.
type block struct {
	file         string
	line, column int
	statements   int
	ran          bool
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: coverage PROFILE")
		os.Exit(2)
	}
	short, err := run(os.Args[1], os.Stdout)
	if err == nil && len(short) > 0 {
		err = fmt.Errorf("less than %d %% of %s ran", least, strings.Join(short, ", "))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

// run returns the packages of which too little ran.
func run(profile string, w io.Writer) (short []string, err error) {
	f, err := os.Open(profile)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	blocks, err := read(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", profile, err)
	}
	packages := make(map[string][]block)
	var names []string
	for _, b := range blocks {
		name := path.Dir(b.file)
		if packages[name] == nil {
			names = append(names, name)
		}
		packages[name] = append(packages[name], b)
	}
	fmt.Fprintf(w, "What tests do not reach, of every package; made by command coverage, whose comment says how.\n")
	for _, name := range names {
		var ran, all int
		for _, b := range packages[name] {
			all += b.statements
			if b.ran {
				ran += b.statements
			}
		}
		if ran*100 < all*least {
			short = append(short, name)
		}
		fmt.Fprintf(w, "\n%s: %.1f %% of %d statements\n", name, float64(ran)*100/float64(all), all)
		for _, b := range packages[name] {
			if b.ran {
				continue
			}
			function, text, err := source(b)
			if err != nil {
				return nil, err
			}
			fmt.Fprintf(w, "  %s %s: %s\n", path.Base(b.file), function, text)
		}
	}
	return short, nil
}

// read returns the blocks of a profile in order, each once, whichever test it ran in.
func read(r io.Reader) ([]block, error) {
	type place struct {
		file         string
		line, column int
	}
	all := make(map[place]*block)
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		m := profileLine.FindStringSubmatch(lines.Text())
		if m == nil || !wanted.MatchString(path.Dir(m[1])) || support.MatchString(path.Dir(m[1])) {
			continue
		}
		var n [4]int
		for i := range n {
			n[i], _ = strconv.Atoi(m[i+2])
		}
		p := place{m[1], n[0], n[1]}
		if all[p] == nil {
			all[p] = &block{file: m[1], line: n[0], column: n[1], statements: n[2]}
		}
		all[p].ran = all[p].ran || n[3] > 0
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("no profile of this module's packages")
	}
	var blocks []block
	for _, b := range all {
		blocks = append(blocks, *b)
	}
	slices.SortFunc(blocks, func(a, b block) int {
		return cmp.Or(cmp.Compare(path.Dir(a.file), path.Dir(b.file)), cmp.Compare(a.file, b.file), cmp.Compare(a.line, b.line), cmp.Compare(a.column, b.column))
	})
	return blocks, lines.Err()
}

var function = regexp.MustCompile(`^func (?:\(.*?\) )?(\w+)`)

// source returns the function in which a block stands, and its line.
func source(b block) (fn, text string, err error) {
	data, err := os.ReadFile(b.file)
	if err != nil {
		return "", "", fmt.Errorf("run it at the module's root: %w", err)
	}
	lines := strings.Split(string(data), "\n")
	if b.line > len(lines) {
		return "", "", fmt.Errorf("%s is not what the profile is of", b.file)
	}
	for i := b.line - 1; i >= 0 && fn == ""; i-- {
		if m := function.FindStringSubmatch(lines[i]); m != nil {
			fn = m[1]
		}
	}
	return fn, strings.Join(strings.Fields(lines[b.line-1]), " "), nil
}
