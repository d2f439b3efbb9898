package main

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	verify "mandate/verifier/command"
)

const root = "../.."

func readme(t *testing.T) []string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(string(b), "\n")
}

// commandLine reads a line of a code block that calls one of the programs.
func commandLine(line string) (program string, args []string, ok bool) {
	line, _, _ = strings.Cut(strings.TrimSpace(line), " #")
	words := regexp.MustCompile(`"[^"]*"|\S+`).FindAllString(strings.TrimPrefix(line, "$ "), -1)
	for i := range words {
		words[i] = strings.Trim(words[i], `"`)
	}
	if len(words) > 2 && words[0] == "go" && words[1] == "run" {
		words = words[2:]
		words[0] = strings.TrimPrefix(words[0], "./cmd/")
	}
	if len(words) < 2 || words[0] != "mandate" && words[0] != "mandate-verify" {
		return "", nil, false
	}
	if i := slices.IndexFunc(words, func(w string) bool { return w == "<" || w == ">" || w == "|" || w == "&" }); i > 0 {
		words = words[:i]
	}
	return words[0], words[1:], true
}

// call calls a program in this process.
func call(t *testing.T, program string, args ...string) (code int, out, errs string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // a call that gets as far as doing something is to do nothing
	var stdout, stderr strings.Builder
	if program == "mandate-verify" {
		code = verify.Run(ctx, args, &stdout, &stderr)
	} else {
		code = run(ctx, args, strings.NewReader(""), &stdout, &stderr)
	}
	return code, stdout.String(), stderr.String()
}

// parses reports whether the program knows the command and every flag of a call: with -h after the last flag, which ends it there, it shows its
// help.
func parses(t *testing.T, program string, args []string) (ok bool, errs string) {
	t.Helper()
	first := 0
	if program == "mandate" {
		first = 1 // the command
	}
	for at := len(args); at >= first; at-- {
		with := slices.Concat(args[:at], []string{"-h"}, args[at:])
		code, out, e := call(t, program, with...)
		if code == 0 && strings.Contains(out, "Example:") {
			return true, ""
		}
		errs = e
		if at > first && strings.HasPrefix(args[at-1], "-") {
			break
		}
	}
	return false, errs
}

// The test of the tests: what is wrong is found.
func TestCallsThatDoNotParse(t *testing.T) {
	for line, want := range map[string]bool{
		"go run ./cmd/mandate demo -once -members 10 -dir x": true,
		"mandate-verify -vote 5f0c… x/board.tar":             true,
		"mandate card -board https://b.example < codes":      true,
		"mandate demo -nonsense":                             false,
		"mandate demo -members many":                         false,
		"mandate demo -nonsense x":                           false,
		"mandate nonsense":                                   false,
		"mandate-verify -nonsense x/board.tar":               false,
		"mandate-verify -quiet=maybe x/board.tar":            false,
	} {
		program, args, ok := commandLine("    " + line)
		if !ok {
			t.Errorf("%s is not taken for a call", line)
			continue
		}
		if got, _ := parses(t, program, args); got != want {
			t.Errorf("%s: parses is %v", line, got)
		}
	}
}

// README opens with the two commands, and every call of a program in its code blocks is one that the program knows.
func TestREADMECommands(t *testing.T) {
	lines := readme(t)
	demo := slices.Index(lines, "    go run ./cmd/mandate demo")
	test := slices.Index(lines, "    go test ./...")
	if demo < 0 || test < demo || test > 25 {
		t.Errorf("the two commands are on lines %d and %d", demo+1, test+1)
	}
	fenced, found := false, 0
	for i, line := range lines {
		if strings.HasPrefix(line, "```") {
			fenced = !fenced
		}
		if !fenced && !strings.HasPrefix(line, "    ") {
			continue
		}
		program, args, ok := commandLine(line)
		if !ok {
			continue
		}
		found++
		if ok, errs := parses(t, program, args); !ok {
			t.Errorf("README.md:%d: %s\n%s", i+1, strings.TrimSpace(line), errs)
		}
	}
	if found < 3 {
		t.Errorf("only %d calls were found", found)
	}
}

// The table of commands names every command and no other, and only flags that there are.
func TestREADMETable(t *testing.T) {
	quoted := regexp.MustCompile("`([^`]+)`")
	flags := regexp.MustCompile(`(?m)(^| |\[)-([a-z-]+)`)
	named := make(map[string]bool)
	for i, line := range readme(t) {
		if !strings.HasPrefix(line, "| `mandate") {
			continue
		}
		cells := strings.Split(line, "|")
		var known []string // flags of the commands of this line
		for _, m := range quoted.FindAllStringSubmatch(cells[1], -1) {
			program, args, ok := commandLine(m[1])
			switch {
			case !ok: // one more command after "mandate x"
				program, args = "mandate", strings.Fields(m[1])[:1]
			case program == "mandate":
				args = args[:1]
			default:
				args = nil
			}
			code, out, errs := call(t, program, append(args, "-h")...)
			if code != 0 {
				t.Errorf("README.md:%d: %s %v: %s", i+1, program, args, errs)
			}
			if program == "mandate" {
				named[args[0]] = true
			}
			for _, f := range flags.FindAllStringSubmatch(out, -1) {
				known = append(known, f[2])
			}
		}
		for _, m := range quoted.FindAllStringSubmatch(cells[2], -1) {
			if name, ok := strings.CutPrefix(m[1], "-"); ok && !slices.Contains(known, name) && name != "h" {
				t.Errorf("README.md:%d: there is no flag -%s", i+1, name)
			}
		}
	}
	if all := slices.Sorted(maps.Keys(commands)); !slices.Equal(all, slices.Sorted(maps.Keys(named))) {
		t.Errorf("README names the commands %v; there are %v", slices.Sorted(maps.Keys(named)), all)
	}
}

// Files that README points to are there.
func TestREADMEPointsAtFiles(t *testing.T) {
	links := regexp.MustCompile(`\]\(([^)#:]+)\)`)
	folders := regexp.MustCompile("^\\| `([a-z/]+/)` \\|")
	found := 0
	for i, line := range readme(t) {
		for _, m := range append(links.FindAllStringSubmatch(line, -1), folders.FindAllStringSubmatch(line, -1)...) {
			found++
			if _, err := os.Stat(filepath.Join(root, m[1])); err != nil {
				t.Errorf("README.md:%d: %v", i+1, err)
			}
		}
	}
	if found < 5 {
		t.Errorf("only %d files were found", found)
	}
}

// Whatever commands there are: help is data and ends well, a flag that there is not is an error with a hint.
func TestEveryCommand(t *testing.T) {
	for name := range commands {
		for _, h := range []string{"-h", "-help", "--help"} {
			code, out, errs := call(t, "mandate", name, h)
			if code != 0 || errs != "" || !strings.Contains(out, "Usage:\n") || !strings.Contains(out, "mandate "+name) || !strings.Contains(out, "\nExample:\n") {
				t.Errorf("mandate %s %s: exit %d\n%s%s", name, h, code, out, errs)
			}
		}
		code, out, errs := call(t, "mandate", name, "-nonsense")
		if code != 2 || out != "" || !strings.HasPrefix(errs, "error: ") || !strings.Contains(errs, "-nonsense") || !strings.Contains(errs, "\nhint: ") {
			t.Errorf("mandate %s -nonsense: exit %d\n%s%s", name, code, out, errs)
		}
		if !strings.Contains(usage, "\n    "+name+" ") {
			t.Errorf("mandate help does not name %s", name)
		}
	}
}

// The examples that commands give of themselves are calls that they know.
func TestExamplesOfCommands(t *testing.T) {
	helps := map[string]string{"mandate": usage}
	for name := range commands {
		_, out, _ := call(t, "mandate", name, "-h")
		helps["mandate "+name] = out
	}
	_, helps["mandate-verify"], _ = call(t, "mandate-verify", "-h")
	for name, help := range helps {
		_, examples, ok := strings.Cut(help, "Example:\n")
		if !ok {
			t.Errorf("%s has no example", name)
			continue
		}
		found := 0
		for line := range strings.SplitSeq(examples, "\n") {
			program, args, ok := commandLine(line)
			if !ok {
				continue
			}
			found++
			if ok, errs := parses(t, program, args); !ok {
				t.Errorf("%s: %s\n%s", name, strings.TrimSpace(line), errs)
			}
		}
		if found == 0 {
			t.Errorf("%s: no example in\n%s", name, help)
		}
	}
}
