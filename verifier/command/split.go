package command

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"mandate/verifier"
	"mandate/verifier/boardlog"
)

// splitting is a verification on several machines: one range of it, or its end.
type splitting struct {
	which string // -range
	out   string
	merge bool
	again uint64
}

// fault says what is wrong with the flags, nil if nothing is.
func (s *splitting) fault(f *flag.FlagSet) error {
	given := make(map[string]bool)
	f.Visit(func(g *flag.Flag) { given[g.Name] = true })
	switch {
	case s.which == "" && given["out"], s.which != "" && s.out == "":
		return errors.New("-range and -out go together")
	case s.which != "":
		for name := range given {
			if name != "range" && name != "out" && name != "quiet" {
				return fmt.Errorf("-range and -%s: only one of them; all else is asked of the run with -merge", name)
			}
		}
		_, err := parseRange(s.which)
		return err
	case given["again"] && (!s.merge || s.again == 0):
		return errors.New("-again is for -merge, and at least 1")
	case s.merge && given["evidence"]:
		return errors.New("-merge and -evidence: only one of them")
	case s.merge && f.NArg() < 2:
		return fmt.Errorf("-merge: parts and one SOURCE are needed, %d arguments were given", f.NArg())
	case s.merge && f.NArg() > verifier.MaxParts+1:
		return fmt.Errorf("-merge: %d parts, at most %d", f.NArg()-1, verifier.MaxParts)
	}
	return nil
}

// parseRange reads I/N, A:B or A: as -h says.
func parseRange(s string) (verifier.Range, error) {
	var r verifier.Range
	bad := fmt.Errorf("-range: %q, want I/N, such as 2/8, or A:B, such as 0:1000000", s)
	numbers := func(a, b string, to ...*uint64) (verifier.Range, error) {
		for i, t := range []string{a, b} {
			n, err := strconv.ParseUint(t, 10, 64)
			if err != nil {
				return verifier.Range{}, bad
			}
			*to[i] = n
		}
		return r, nil
	}
	if a, b, ok := strings.Cut(s, "/"); ok {
		if _, err := numbers(a, b, &r.I, &r.N); err != nil || r.I < 1 || r.I > r.N {
			return verifier.Range{}, bad
		}
		return r, nil
	}
	a, b, ok := strings.Cut(s, ":")
	if !ok {
		return verifier.Range{}, bad
	}
	if b == "" {
		_, err := numbers(a, "0", &r.From, &r.To)
		return r, err
	}
	if _, err := numbers(a, b, &r.From, &r.To); err != nil || r.From >= r.To {
		return verifier.Range{}, bad
	}
	return r, nil
}

// check checks the range and writes the part.
func (s *splitting) check(ctx context.Context, source string, progress func(verifier.Progress)) (part *verifier.Part, err error) {
	which, err := parseRange(s.which)
	if err != nil {
		return nil, err
	}
	defer collectMore()()
	opening := withSource(source, func(src boardlog.Source) { part, err = verifier.VerifyRange(ctx, src, which, progress) })
	if err := errors.Join(opening, err); err != nil {
		return nil, err
	}
	file, err := part.Encode()
	if err != nil {
		return nil, err
	}
	return part, os.WriteFile(s.out, file, 0o644)
}

// wrote says what came of a range. It returns the exit status: 0 for a part that was written, whether its ballots hold or not, else as for a
// whole verification of such a source.
func (s *splitting) wrote(p *verifier.Part, err error, stdout io.Writer, fail func(hint, format string, a ...any) int) int {
	if err != nil {
		fail("nothing was written; a part is made of a source that is whole up to the end of the range", "%v", err)
		if errors.Is(err, boardlog.ErrInvalid) {
			return verifier.Refuted.ExitCode()
		}
		return exitUnreadable
	}
	fmt.Fprintf(stdout, "Board %s, %d records, root %s\n", p.Origin, p.Size, p.Root)
	fmt.Fprintf(stdout, "Checked %d ballots of the records %d to %d; %d do not hold by themselves", p.Ballots(), p.From, p.To-1, len(p.Void))
	for i, index := range p.Void[:min(20, len(p.Void))] {
		fmt.Fprintf(stdout, "%s %d", map[bool]string{true: ": records", false: ","}[i == 0], index)
	}
	if len(p.Void) > 20 {
		fmt.Fprint(stdout, ", …")
	}
	fmt.Fprintf(stdout, ".\nWrote %s. It is no verdict: mandate-verify -merge makes one of all parts.\n", s.out)
	return 0
}

// read reads the parts, which are all arguments but the last; nil without -merge.
func (s *splitting) read(args []string) ([]*verifier.Part, error) {
	if !s.merge {
		return nil, nil
	}
	var parts []*verifier.Part
	for _, path := range args[:len(args)-1] {
		file, err := readLimited(path, verifier.MaxPart)
		if err != nil {
			return nil, err
		}
		p, err := verifier.ParsePart(file)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		parts = append(parts, p)
	}
	return parts, nil
}
