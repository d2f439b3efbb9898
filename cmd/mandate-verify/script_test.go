package main

import (
	"errors"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"mandate-verify": main})
}

// The command as it is called: every exit status, what goes to standard output and what to standard error. Scripts find the packages of
// packages_test.go in $PACKAGES.
func TestScript(t *testing.T) {
	s := newShelf(t)
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script", RequireExplicitExec: true, RequireUniqueNames: true,
		Setup: func(e *testscript.Env) error {
			for name, value := range s.env {
				e.Setenv(name, value)
			}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":  exits,
			"damage": s.damage,
			"cut":    cut,
			"merged": merged,
		},
	})
}

// exits runs a program and wants it to end with an exit status: exits N program [args...]
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits N program [args...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit status %d, want %d", got, want)
	}
}

// merged wants two printed reports to be the same but for the line of the first which says that it was merged: merged report single
func merged(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: merged report single")
	}
	report, single := ts.ReadFile(args[0]), ts.ReadFile(args[1])
	before, after, ok := strings.Cut(report, "\nMerged from ")
	_, after, more := strings.Cut(after, "\n")
	if !ok || !more || before+after != single {
		ts.Fatalf("merged:\n%s\nsingle:\n%s", report, single)
	}
}
