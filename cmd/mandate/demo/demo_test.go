package demo

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mandate/cmd/mandate/countcmd"
	"mandate/verifier/command"
)

// A whole vote, every party over HTTP, and the same audit package through the verifier again, alone.
func TestAWholeVote(t *testing.T) {
	if testing.Short() {
		t.Skip("a whole vote takes some seconds; run without -short")
	}
	dir := filepath.Join(t.TempDir(), "vote")
	ctx := context.Background()
	var out, progress bytes.Buffer
	if code := Run(ctx, []string{"-once", "-members", "25", "-template", "several", "-dir", dir}, &out, &progress); code != 0 {
		log, _ := os.ReadFile(filepath.Join(dir, "demo.log"))
		t.Fatalf("exit %d\n%s\n%s\n%s", code, &out, &progress, log)
	}
	for _, want := range []string{"VERIFIED", "members voted", "Ana Ruiz", "Outcome:"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the output lacks %q:\n%s", want, &out)
		}
	}
	tar := filepath.Join(dir, "board.tar")
	receipts, err := filepath.Glob(filepath.Join(dir, "receipts", "*"))
	if err != nil || len(receipts) == 0 {
		t.Fatalf("receipts: %v, %v", receipts, err)
	}
	if code := command.Run(ctx, []string{"-quiet", "-receipt", receipts[0], tar}, &out, &progress); code != 0 {
		t.Errorf("with a member's receipt: exit %d", code)
	}
	b, err := os.ReadFile(tar)
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)/2] ^= 1
	if err := os.WriteFile(tar, b, 0o600); err != nil {
		t.Fatal(err)
	}
	if code := command.Run(ctx, []string{"-quiet", tar}, &out, &progress); code != 1 {
		t.Errorf("with a changed byte: exit %d", code)
	}
	if err := os.WriteFile(tar, b[:len(b)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	if code := command.Run(ctx, []string{"-quiet", tar}, &out, &progress); code != 2 {
		t.Errorf("truncated: exit %d", code)
	}
	// E12: what the parties logged has no member, code or secret in it.
	log, err := os.ReadFile(filepath.Join(dir, "demo.log"))
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"M-0000", members(1)[0].Name, "@demo.invalid", "AGE-SECRET-KEY", "PRIVATE+KEY"} {
		if bytes.Contains(log, []byte(secret)) {
			t.Errorf("the log shows %q", secret)
		}
	}
}

func TestBadFlagsAreNamed(t *testing.T) {
	for _, c := range []struct{ args, want string }{
		{"-members 0", "-members"},
		{"-template nonsense", "-template"},
		{"-template members-decide -members 24", "-members"},
		{"-dir /dev/null/x", "dir"},
		{"stray", "stray"},
		{"-once -nonsense", "nonsense"},
	} {
		var out, errs bytes.Buffer
		if code := Run(context.Background(), strings.Fields(c.args), &out, &errs); code != 2 || !strings.Contains(errs.String(), c.want) {
			t.Errorf("%s: exit %d, %s", c.args, code, &errs)
		}
	}
	var out, errs bytes.Buffer
	if code := Run(context.Background(), []string{"-h"}, &out, &errs); code != 0 || !strings.Contains(out.String(), "Example:") {
		t.Errorf("-h: exit %d, %s", code, &out)
	}
}

// The whole story of a vote by rules, from petition or call to response, every party over HTTP, and verified; a package of it from which
// something was taken away does not hold.
func TestVotesByRules(t *testing.T) {
	for _, c := range []struct {
		template string
		short    bool // is run with -short
		want     []string
	}{
		{"members-decide", true, []string{"members support the petition", "Forum 2 was held", "1 withheld", "Outcome:", "responds"}},
		{"federal-endorsement", false, []string{"by 6 members of National Committee", "Forum 2 was held", "National Committee responds"}},
		{"national-leadership", false, []string{"20 candidates", "Forum 2 was held", "The packet is made", "\n    17. ", "Rule 2: at most 8 from men; "}},
		{"chapter-endorsement", false, []string{"for a reason", "Chapter Committee responds"}},
	} {
		t.Run(c.template, func(t *testing.T) {
			if testing.Short() && !c.short {
				t.Skip("takes some seconds; run without -short")
			}
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "vote")
			ctx := context.Background()
			var out, progress bytes.Buffer
			if code := Run(ctx, []string{"-once", "-members", "26", "-template", c.template, "-dir", dir}, &out, &progress); code != 0 {
				log, _ := os.ReadFile(filepath.Join(dir, "demo.log"))
				t.Fatalf("exit %d\n%s\n%s\n%s", code, &out, &progress, log)
			}
			for _, want := range append(c.want, "VERIFIED", "members voted") {
				if !strings.Contains(out.String(), want) {
					t.Errorf("the output lacks %q:\n%s", want, &out)
				}
			}
			log, err := os.ReadFile(filepath.Join(dir, "demo.log"))
			if err != nil {
				t.Fatal(err)
			}
			for _, secret := range []string{"M-0000", "@demo.invalid", "AGE-SECRET-KEY", "PRIVATE+KEY"} {
				if bytes.Contains(log, []byte(secret)) {
					t.Errorf("the log shows %q", secret)
				}
			}
		})
	}
}

// The opened ballots of a ranked contest, counted by themselves, give the report that the verifier has written, and say nothing else.
func TestOpenedBallotsAreCountedAgain(t *testing.T) {
	if testing.Short() {
		t.Skip("a whole vote takes some seconds; run without -short")
	}
	dir := filepath.Join(t.TempDir(), "vote")
	var out, progress bytes.Buffer
	if code := Run(context.Background(), []string{"-once", "-members", "12", "-template", "ranked", "-dir", dir}, &out, &progress); code != 0 {
		t.Fatalf("exit %d\n%s\n%s", code, &out, &progress)
	}
	for _, want := range []string{"Outcome: elected", "\n     3. ", "Wrote " + filepath.Join(dir, "ballots.csv")} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the output lacks %q:\n%s", want, &out)
		}
	}
	for _, c := range []struct{ flag, file string }{{"", "report.txt"}, {"-json", "report.json"}} {
		want, err := os.ReadFile(filepath.Join(dir, c.file))
		if err != nil {
			t.Fatal(err)
		}
		var report, errs bytes.Buffer
		args := append(strings.Fields(c.flag), filepath.Join(dir, "ballots.blt"))
		if code := countcmd.Run(args, &report, &errs); code != 0 || errs.Len() > 0 || report.String() != string(want) {
			t.Errorf("%v: exit %d, %s\n%s\nwant\n%s", args, code, &errs, &report, want)
		}
	}
	picture, err := os.ReadFile(filepath.Join(dir, "transfers.svg"))
	if err != nil || !bytes.Contains(picture, []byte("<svg")) {
		t.Errorf("the picture: %v", err)
	}
}
