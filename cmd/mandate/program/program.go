// Package program is the command mandate program: it fetches, as a member's browser does, the programs and scripts that a board or a registrar
// hands out for voting, and compares them with those of this build and with what the manifests of open votes pin (SPEC.md §9.5).
//
// It trusts nothing that it fetches. What it cannot show: that others are handed out the same at other times. So it is to be run by different
// people, from different places, more than once.
package program

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"

	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/bulletin/booth"
	"mandate/verifier/boardlog/httpsource"
	"mandate/verifier/light"
)

const usage = `Says whether the programs that a board or a registrar hands out to members' browsers are those that were reviewed.

Usage:
    mandate program [-board URL] [-vote ID] [-agent TEXT] URL

It fetches the booth at URL as a browser does: its pages, all scripts that they load, and the programs (WebAssembly). It prints the SHA-256
of each, and compares all with what is embedded in this build of mandate, and the programs with what the manifest of each open vote
pins. A server can hand out something else to a few members only: run it from different places, more than once.

    -board URL    the board whose votes are looked at; without it, the one that the pages name, or else URL
    -vote ID      look at this vote, open or not, and fail if it is not on the board
    -agent TEXT   the User-Agent to send, such as that of a phone's browser

What is embedded in this build comes from its source, which gives the same bytes on every machine. At the top of a checkout,

    go run ./cmd/booth/build -check

builds the programs again and compares them with those that are committed.

Exit status: 0 all is as in this build and as pinned; 1 something differs; 2 it could not be fetched, or the call makes no sense.

Example:
    mandate program https://votes.example.org
`

// Exit statuses, as those of mandate-verify.
const (
	exitSame       = 0
	exitDiffers    = 1
	exitUnreadable = 2
)

// Run is the command. It returns the exit status.
func Run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	f := flag.NewFlagSet("program", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	boardURL := f.String("board", "", "")
	voteID := f.String("vote", "", "")
	agent := f.String("agent", "Mozilla/5.0 (compatible; mandate)", "")
	fail := func(hint string, err error) int {
		fmt.Fprintf(stderr, "error: %v\nhint: %s\n", err, hint)
		return exitUnreadable
	}
	const help = "mandate program -h says how to call it"
	switch err := f.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(stdout, usage)
		return exitSame
	case err != nil:
		return fail(help, err)
	case f.NArg() != 1:
		return fail(help, fmt.Errorf("one URL is needed, %d were given", f.NArg()))
	}
	var vote record.ID
	if *voteID != "" {
		var err error
		if vote, err = record.ParseID(*voteID); err == nil && vote == (record.ID{}) { // would stand for no id
			err = errors.New("no vote has the id zero")
		}
		if err != nil {
			return fail("a vote's id is 64 hexadecimal digits", fmt.Errorf("-vote: %w", err))
		}
	}
	site, err := newSite(f.Arg(0), *agent)
	if err != nil {
		return fail(help, err)
	}
	r := &report{out: stdout, err: stderr}
	served, err := site.fetch(ctx, vote)
	if err != nil {
		return fail("is that the address of a board or a registrar? nothing was compared", err)
	}
	r.served(site.base, served)

	address := *boardURL
	if address == "" {
		address = served.board
	}
	if address == "" {
		address = site.base
	}
	votes, err := look(ctx, address, vote)
	if err != nil {
		r.end()
		return fail("with -board you can name the board; what its votes pin was not compared", fmt.Errorf("reading the board %s: %w", address, err))
	}
	r.votes(address, votes, served)
	r.end()
	if r.differ {
		return exitDiffers
	}
	return exitSame
}

// look returns the open votes of a board, or the one that is asked for. Each is proved to be on the board's log.
func look(ctx context.Context, address string, only record.ID) ([]*fold.Vote, error) {
	src, err := httpsource.New(address)
	if err != nil {
		return nil, err
	}
	r := light.NewReader(src, light.Options{})
	if err := r.Update(ctx, light.Focus{Vote: only}); err != nil {
		return nil, err
	}
	var ids []record.ID
	for _, v := range r.State().Votes() {
		if only == (record.ID{}) || v.ID == only {
			ids = append(ids, v.ID)
		}
	}
	if only != (record.ID{}) && len(ids) == 0 {
		return nil, fmt.Errorf("vote %s is not on the log", only)
	}
	var votes []*fold.Vote
	for _, id := range ids {
		// Of a vote that is not asked for only the manifest is here, and not that it was opened.
		if err := r.Update(ctx, light.Focus{Vote: id}); err != nil {
			return nil, err
		}
		if v := r.State().Vote(id); v != nil && (v.Phase == fold.Open || id == only) {
			votes = append(votes, v)
		}
	}
	return votes, nil
}

// report prints what was found.
type report struct {
	out, err io.Writer
	differ   bool
}

func (r *report) line(same bool, format string, args ...any) {
	mark := "same"
	if !same {
		mark, r.differ = "DIFFERS", true
	}
	fmt.Fprintf(r.out, "  %-8s %s\n", mark, fmt.Sprintf(format, args...))
}

// served compares what was handed out with this build.
func (r *report) served(base string, s *served) {
	ours := booth.Hashes()
	fmt.Fprintf(r.out, "What %s hands out, and this build of mandate (SHA-256):\n", base)
	for _, p := range slices.SortedFunc(maps.Keys(s.files), byKind) {
		f := s.files[p]
		name := path.Base(p)
		own, known := ours[name]
		switch {
		case f.missing && known:
			r.line(false, "%s is not handed out; in this build it is %s", p, own)
		case f.missing:
			r.line(false, "%s is not handed out, and a script loads it; this build has no such file", p)
		case !known:
			r.line(false, "%-14s %s %s; this build has no such file", name, f.hash, p)
		case f.hash != own:
			r.line(false, "%-14s %s %s; in this build it is %s", name, f.hash, p, own)
		default:
			r.line(true, "%-14s %s", name, f.hash)
		}
	}
	for _, p := range s.problems {
		r.line(false, "%s", p)
	}
}

// byKind sorts programs before scripts, and those before the rest.
func byKind(a, b string) int {
	rank := func(p string) int { return slices.Index([]string{".wasm", ".js"}, path.Ext(p)) & 3 } // -1 is 3
	if d := rank(a) - rank(b); d != 0 {
		return d
	}
	return strings.Compare(a, b)
}

// votes compares what was handed out with what votes pin.
func (r *report) votes(address string, votes []*fold.Vote, s *served) {
	if len(votes) == 0 {
		fmt.Fprintf(r.out, "\nNo vote is open on %s.\n", address)
	}
	for _, v := range votes {
		fmt.Fprintf(r.out, "\nVote %s\n  %s (%s) pins:\n", v.ID, strings.ReplaceAll(v.Manifest.Title.In("en"), "\n", " "), v.Phase)
		if len(v.Manifest.Programs) == 0 {
			fmt.Fprintln(r.out, "  note     no programs")
		}
		for _, p := range v.Manifest.Programs {
			r.pinned(p, s)
		}
	}
}

func (r *report) pinned(p record.Program, s *served) {
	file := p.Name + ".wasm"
	found := false
	for _, at := range slices.Sorted(maps.Keys(s.files)) {
		f := s.files[at]
		if path.Base(at) != file || f.missing {
			continue
		}
		found = true
		if f.hash != p.Hash {
			r.line(false, "%-14s %s; handed out is %s", file, p.Hash, f.hash)
		} else {
			r.line(true, "%-14s %s", file, p.Hash)
		}
	}
	if !found {
		r.line(false, "%-14s %s; it is not handed out", file, p.Hash)
	}
}

// end says what to make of it.
func (r *report) end() {
	if !r.differ {
		fmt.Fprintln(r.out, "\nAll that was compared is the same. To see that this build is what its source gives: go run ./cmd/booth/build -check")
		return
	}
	fmt.Fprintln(r.out, "\nSomething DIFFERS.")
	fmt.Fprintln(r.err, "hint: a server may run another release than this build: get the source of that release, run go run ./cmd/booth/build there, and compare. "+
		"If no release gives these programs, tell the commission and other members, and keep what was handed out")
}
