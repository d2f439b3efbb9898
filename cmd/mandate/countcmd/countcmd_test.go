package countcmd_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mandate/ballot/count"
	"mandate/cmd/mandate/countcmd"
)

const ballots = `4 2
[tie 4 3 2 1]
5 1 2 0
2 3 0
2 4 0
1 2 2 0
0
"Ada"
"Ben"
"Cay"
"Dan"
"Board"
`

func run(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = countcmd.Run(args, &out, &errs)
	return code, out.String(), errs.String()
}

func file(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "board.blt")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestReport(t *testing.T) {
	path := file(t, ballots)
	code, out, errs := run(t, path) // Scottish STV, 2 seats: quota 9 ÷ 3 + 1 = 4
	if code != 0 {
		t.Fatalf("exit %d: %s", code, errs)
	}
	for _, want := range []string{
		"Method      Scottish STV (SSI 2007/42, rules 45 to 52)\n",
		"Ballots     10\n", "valid     9\n", "spoiled   1\n",
		"Note: line 6: candidate \"2\" is ranked twice; 1 spoiled.\n",
		"Note: 1 ties fell by the tie line of the file; no lot was drawn.\n",
		"Ada               5.00000  elected\n",
		"Ben               +1.00000  1.00000\n",
		"Tie: Cay and Dan are tied; draw 1 picked Dan.\n",
		"Elected: 2 of 2\n  1.  Ada\n  2.  Cay\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("report lacks %q:\n%s", want, out)
		}
	}
	if errs != "hint: line 6: candidate \"2\" is ranked twice; 1 spoiled\n" {
		t.Errorf("stderr: %q", errs)
	}
	for _, m := range count.Methods() {
		args := []string{"-method", string(m), path}
		if code, out, errs := run(t, args...); code != 0 || !strings.Contains(out, "Elected: ") {
			t.Errorf("%v: exit %d: %s", args, code, errs)
		}
	}
	if _, out, _ := run(t, "-method", "irv", path); !strings.Contains(out, "Note: the file states 2 seats; instant run-off fills one.\n") {
		t.Errorf("irv: %s", out)
	}
	if _, out, _ := run(t, "-seats", "3", path); !strings.Contains(out, "Elected: 3 of 3\n") {
		t.Errorf("-seats: %s", out)
	}
	if _, out, _ := run(t, "-at-most", "1 chapter=1,3-4", "-at-least", "1 other=2", path); !strings.Contains(out, "  1.  Ada\n  2.  Ben\n") || !strings.Contains(out, "Rule 2      at least 1 from other (candidates 2)\n") {
		t.Errorf("rules: %s", out)
	}
}

func TestJSONAndPicture(t *testing.T) {
	path := file(t, ballots)
	svg := filepath.Join(t.TempDir(), "out.svg")
	code, out, errs := run(t, "-json", "-method", "meek-stv", "-svg", svg, path)
	if code != 0 {
		t.Fatalf("exit %d: %s", code, errs)
	}
	var got struct {
		Method  string
		Elected []struct{ Name string }
		Stages  []struct{ Quota count.Votes }
	}
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatal(err)
	}
	if got.Method != "meek-stv" || len(got.Elected) != 2 || got.Stages[0].Quota.String() != "3.000000001" {
		t.Errorf("got %+v", got)
	}
	picture, err := os.ReadFile(svg)
	if err != nil || !bytes.HasPrefix(picture, []byte("<svg ")) {
		t.Errorf("picture: %v", err)
	}
	if code, _, errs := run(t, "-svg", svg, path); code != 1 || !strings.HasPrefix(errs, "hint: line 6") || !strings.Contains(errs, "error: creating the picture: ") {
		t.Errorf("an existing picture: exit %d, %q", code, errs)
	}
}

func TestHelp(t *testing.T) {
	code, out, errs := run(t, "-h")
	if code != 0 || errs != "" {
		t.Fatalf("exit %d, %q", code, errs)
	}
	for _, want := range []string{"mandate count [-method NAME] [-seats N] [-json] FILE.blt", "Example:", "-at-least"} {
		if !strings.Contains(out, want) {
			t.Errorf("help lacks %q", want)
		}
	}
	for _, m := range count.Methods() {
		if !strings.Contains(out, string(m)) {
			t.Errorf("help lacks the method %s", m)
		}
	}
}

func TestErrors(t *testing.T) {
	path := file(t, ballots)
	faulty := file(t, "2 1\n1 3 0\n0\n\"A\"\n\"B\"\n")
	for _, tc := range []struct {
		args []string
		code int
		want string
	}{
		{nil, 2, "error: no ballot file given\nhint: run mandate count -h for the flags and an example\n"},
		{[]string{"-x", path}, 2, "error: flag provided but not defined: -x\nhint: "},
		{[]string{path, "-json"}, 2, "error: one ballot file is expected, and flags before it; 2 arguments were given\nhint: "},
		{[]string{"-method", "borda", path}, 2, "error: unknown counting method \"borda\"\nhint: "},
		{[]string{"-seats", "0", path}, 2, "error: -seats 0 is not from 1 to 1000\nhint: "},
		{[]string{"-method", "irv", "-seats", "2", path}, 2, "error: -method irv fills one seat, not 2\nhint: "},
		{[]string{"-at-most", "men", path}, 2, "error: invalid value \"men\" for flag -at-most: a rule looks like \"8 men=1,4-7\"\nhint: "},
		{[]string{"-at-most", "1 men=4-2", path}, 2, "error: invalid value \"1 men=4-2\" for flag -at-most: a rule looks like"},
		{[]string{"-at-most", "1 men=5", path}, 1, "hint: line 6: candidate \"2\" is ranked twice; 1 spoiled\nerror: counting board.blt: representation rule 1: member 5 is unknown or listed twice\n"},
		{[]string{path + ".missing"}, 1, "error: opening the ballot file: "},
		{[]string{faulty}, 1, "error: board.blt: line 2: there is no candidate \"3\"; they are numbered from 1 to 2\nhint: the line number counts every line"},
	} {
		code, out, errs := run(t, tc.args...)
		if code != tc.code || out != "" || !strings.HasPrefix(errs, tc.want) {
			t.Errorf("%v: exit %d, stdout %q, stderr %q; want exit %d, %q", tc.args, code, out, errs, tc.code, tc.want)
		}
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, os.ErrClosed }

func TestFullDisk(t *testing.T) {
	var errs bytes.Buffer
	if code := countcmd.Run([]string{file(t, ballots)}, full{}, &errs); code != 1 || !strings.Contains(errs.String(), "error: writing the report: ") {
		t.Errorf("exit %d, %q", code, errs.String())
	}
}
