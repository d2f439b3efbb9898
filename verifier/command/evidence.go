package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"mandate/ballot/checkpoint"
	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/verifier"
	"mandate/verifier/boardlog"
	"mandate/verifier/boardlog/httpsource"
	"mandate/verifier/evidence"
)

// judging is the command with -evidence.
type judging struct {
	file, manifest, logKey, json, keep, source string
	vote                                       record.ID
}

// run judges a file of evidence. Exit status 0 says that it proves that somebody was dishonest, 1 that it proves nothing.
func (j *judging) run(ctx context.Context, stdout io.Writer, fail func(hint, format string, a ...any) int) int {
	b, err := readLimited(j.file, evidence.MaxSize)
	if err != nil {
		return fail("", "-evidence: %v", err)
	}
	e, err := evidence.Parse(b)
	if err != nil {
		return fail("evidence begins with the line “mandate/v1 evidence …”; take the whole file as it was given", "-evidence: %v", err)
	}
	o := evidence.Options{Vote: j.vote, LogKey: j.logKey}
	if j.manifest != "" {
		if o.Manifest, err = readLimited(j.manifest, record.MaxSize); err != nil {
			return fail("a manifest is the vote's record, as the board hands it out at /records/ID", "-manifest: %v", err)
		}
		if o.Vote != (record.ID{}) && record.IDOf(o.Manifest) != o.Vote {
			return fail("", "-manifest: it is the record %s, -vote says %s", record.IDOf(o.Manifest), o.Vote)
		}
	}
	if j.source != "" {
		src, done, err := openSource(j.source)
		if err != nil {
			return fail("", "%v", err)
		}
		defer done()
		o.Source, o.Live = src, isAddress(j.source)
	}
	v, err := evidence.Judge(ctx, e, o)
	if err != nil {
		return fail("", "%v", err)
	}
	if j.json != "" {
		if err := writeJSON(j.json, stdout, v); err != nil {
			return fail("", "-json: %v", err)
		}
	}
	if j.json != "-" {
		evidenceText(stdout, v)
	}
	if v.Fork != nil && j.keep != "" {
		path, err := keepEvidence(j.keep, v.Fork)
		if err != nil {
			return fail("", "-keep: %v", err)
		}
		if j.json != "-" {
			fmt.Fprintf(stdout, "Wrote %s, which proves it without SOURCE.\n", path)
		}
	}
	if !v.Proven {
		return 1
	}
	return 0
}

func isAddress(source string) bool {
	return strings.HasPrefix(source, "http://") || strings.HasPrefix(source, "https://")
}

// openSource opens a board, a folder or an audit package as a source.
func openSource(source string) (boardlog.Source, func(), error) {
	if isAddress(source) {
		src, err := httpsource.New(source)
		return src, func() {}, err
	}
	pkg, err := boardlog.OpenPackageFile(source)
	if err != nil {
		return nil, nil, err
	}
	return pkg, func() { pkg.Close() }, nil
}

func evidenceText(w io.Writer, v *evidence.Verdict) {
	fmt.Fprintf(w, "Evidence of kind %s about the log %s\n", v.Kind, v.Origin)
	fmt.Fprintf(w, "  log key  %s\n  genesis  %s\n", v.LogKey, v.Genesis)
	switch {
	case v.Pinned != "":
		fmt.Fprintf(w, "  pinned by %s\n", v.Pinned)
	default:
		fmt.Fprintln(w, "  WARNING: nothing pins this log; compare the log key and genesis with what you have from elsewhere, or say -vote")
	}
	if v.Source {
		fmt.Fprintln(w, "  compared with the log of SOURCE")
	} else {
		fmt.Fprintln(w, "  judged by itself, without any log")
	}
	fmt.Fprintln(w)
	if v.Proven {
		fmt.Fprintf(w, "PROVEN, against %s:\n", v.Against)
	} else {
		fmt.Fprintln(w, "Nothing is proven:")
	}
	for _, s := range v.Proves {
		fmt.Fprintf(w, "  %s\n", s)
	}
	if len(v.Not) > 0 {
		fmt.Fprintln(w, "Not proven:")
		for _, s := range v.Not {
			fmt.Fprintf(w, "  %s\n", s)
		}
	}
}

// keepEvidence writes evidence into a folder, under a name that follows from what it says.
func keepEvidence(dir string, e *evidence.Evidence) (path string, err error) {
	b, err := e.Encode()
	if err != nil {
		return "", err
	}
	path = filepath.Join(dir, fmt.Sprintf("evidence-%s-%s.txt", e.Claim.Kind(), record.IDOf(b).Short()))
	return path, writeWhole(path, b)
}

// writeWhole writes a file that is there whole or not at all.
func writeWhole(path string, b []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}

// remember compares what was verified with the checkpoint that an earlier run kept in a folder, keeps the newer one, and writes evidence of two
// histories. It returns the sentences to show, and whether anything is wrong.
func remember(ctx context.Context, dir, source string, receipt []byte) (lines []string, wrong bool, err error) {
	src, done, err := openSource(source)
	if err != nil {
		return nil, false, err
	}
	defer done()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, false, err
	}
	first, err := boardlog.Genesis(ctx, src)
	if err != nil {
		return nil, false, err
	}
	state := fold.New()
	if o := state.ApplyRaw(first); o.Status != fold.Accepted {
		return nil, false, fmt.Errorf("the first record: %v", o)
	}
	g, genesis := state.Genesis()
	key, err := checkpoint.ParseLogKey(g.LogKey)
	if err != nil {
		return nil, false, err
	}
	policy := boardlog.Policy{Origin: g.Origin, Log: key}
	signed, err := src.ReadFile(ctx, boardlog.CheckpointPath)
	if err != nil {
		return nil, false, err
	}
	head, err := boardlog.Open(signed, policy)
	if err != nil {
		return nil, false, err
	}
	tree, err := boardlog.OpenTree(ctx, src, head)
	if err != nil {
		return nil, false, err
	}
	path := filepath.Join(dir, "checkpoint-"+genesis.Short())
	accuse := func(what string, signed []byte) error {
		known, err := boardlog.Open(signed, policy)
		if err != nil {
			return fmt.Errorf("the checkpoint of %s: %w", what, err)
		}
		err = tree.Extends(ctx, known)
		var fork *boardlog.HistoryError
		var claim evidence.Claim
		switch {
		case err == nil:
			return nil
		case errors.As(err, &fork):
			lines = append(lines, fmt.Sprintf("TWO HISTORIES: this log does not continue %s: %v", what, err))
			if claim, err = evidence.ForkOf(fork); err != nil {
				return err
			}
		case errors.Is(err, boardlog.ErrStale):
			lines = append(lines, fmt.Sprintf("OLD LOG: this log has fewer records than %s: %v", what, err))
			claim = &evidence.Head{Checkpoint: known.Bytes()}
		default:
			return err
		}
		wrong = true
		if f := verifier.NewFollower(src); f.Update(ctx) == nil {
			state = f.State() // knows the manifests
		}
		e, err := evidence.Of(state, record.ID{}, claim)
		if err != nil {
			return err
		}
		written, err := keepEvidence(dir, e)
		if err != nil {
			return err
		}
		lines = append(lines, "Wrote "+written+"; mandate-verify -evidence says what it proves.")
		return nil
	}
	known, err := os.ReadFile(path)
	if err == nil {
		err = accuse("the one that "+path+" remembers", known)
	} else if errors.Is(err, os.ErrNotExist) {
		err = nil
	}
	if err == nil && receipt != nil {
		if r, bad := boardlog.ParseReceipt(receipt); bad == nil {
			err = accuse("the receipt's", r.Checkpoint)
		}
	}
	if err == nil && !wrong {
		err = writeWhole(path, head.Bytes())
	}
	return lines, wrong, err
}
