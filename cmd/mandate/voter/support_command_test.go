package voter

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/rules"
)

// Members support a petition by the command, over HTTP, with a real board that holds supports back; then one makes a statement.
func TestSupportAndStatementCommands(t *testing.T) {
	w := newTown(t, 2)
	ctx := t.Context()
	text, err := rules.TemplateFile("members-decide")
	w.must(err)
	by, err := rules.Parse([]byte(strings.NewReplacer("\"5 %\"", "\"50 %\"", "sponsors = 10", "sponsors = 0").Replace(text)))
	w.must(err)
	w.vote, err = w.commission.Propose(ctx, w.round, by, rules.Parameters{
		Now: uint64(w.now().Unix()), Title: both("A well?", "¿Un pozo?"), Responder: record.Key(newKey(t).Public().Encoding()),
	}, w.ceremony)
	w.must(err)
	card := func(number string) string {
		file := filepath.Join(w.dir, number+".card")
		if status, _, errs := w.run(runCard, w.links[0][number]+"\n"+w.links[1][number]+"\n", "-card", file, "-board", w.url); status != exitDone {
			t.Fatal(errs)
		}
		return file
	}
	ana, bo := card("1"), card("2")
	for _, r := range w.registrars {
		w.must(r.Flush(ctx))
	}
	vote := w.vote.String()

	status, out, _ := w.run(runSupport, "perhaps\nstop\n", "-card", ana, "-petition", vote)
	if status != exitError {
		t.Errorf("exit %d", status)
	}
	w.says(out, "A well?", "0 members support", "2 call the vote. 2 members have a card", "anonymous", "Type support or stop:", "Nothing was sent")
	status, out, _ = w.run(runSupport, "support\n", "-card", ana, "-petition", vote, "-lang", "es")
	if status != exitDone {
		t.Fatalf("exit %d", status)
	}
	w.says(out, "¿Un pozo?", "promised to publish")
	first := value(t, out, "support")
	status, out, _ = w.run(runSupport, "", "-card", ana, "-vote", vote) // the same, and nothing is asked
	if status != exitDone || value(t, out, "support") != first {
		t.Errorf("exit %d, %s", status, out)
	}
	w.says(out, "0 members support", "promised to publish")
	if status, _, _ = w.run(runSupport, "", "-yes", "-card", bo, "-petition", vote); status != exitDone {
		t.Fatalf("exit %d", status)
	}
	status, _, errs := w.run(runVote, "", "-card", ana, "-vote", vote)
	if status != exitError {
		t.Errorf("exit %d", status)
	}
	w.says(errs, "not called yet", "the petition can be supported")

	words := filepath.Join(w.dir, "why.txt")
	w.must(os.WriteFile(words, []byte("The river is far.\n"), 0o600))
	status, _, errs = w.run(runStatement, "", "-yes", "-card", ana, "-vote", vote, "-side", "for", words)
	if status != exitError {
		t.Errorf("a statement before the call: exit %d", status)
	}
	w.says(errs, "no statements are taken now")

	w.pass(time.Hour + time.Second) // the batch
	view := w.dial()                // what members see is under a checkpoint
	w.until(func(ctx context.Context) (bool, error) { return false, view.Update(ctx) }, func(*fold.Vote) bool { return view.State().Vote(w.vote).Phase == fold.Called })
	status, out, _ = w.run(runSupport, "", "-card", ana, "-petition", vote)
	if status != exitDone || value(t, out, "support") != first {
		t.Fatalf("exit %d, %s", status, out)
	}
	w.says(out, "2 members support", "It is published, which was verified")
	if _, err := os.Stat(value(t, out, "receipt")); err != nil {
		t.Error(err)
	}

	for _, r := range w.registrars {
		w.must(r.Step(ctx)) // they commit to their seeds
	}
	status, out, errs = w.run(runStatement, "publish\n", "-card", ana, "-vote", vote, "-side", "for", words)
	if status != exitDone {
		t.Fatalf("exit %d, %s", status, errs)
	}
	w.says(out, "for: The river is far.", "carries no name", "It is published, which was verified")
	w.board.View(func(s *fold.State) {
		if st := s.Vote(w.vote).Statements(); len(st) != 1 || st[0].Body.Text != "The river is far." || st[0].Body.By != 0 {
			t.Errorf("%+v", st)
		}
	})
}

func TestSupportCommandsSayHowTheyAreCalled(t *testing.T) {
	for _, c := range []struct {
		run  func(args ...string) (int, string, string)
		args string
		code int
		want string
	}{
		{support, "-h", 0, "Example:"},
		{support, "", 2, "-card"},
		{support, "-card x", 2, "-petition"},
		{support, "-card x -vote abc", 2, "-petition"},
		{support, "-card x stray", 2, "stray"},
		{support, "-card /nowhere/x -vote " + strings.Repeat("ab", 32), 1, "hint: name the card file"},
		{statement, "-h", 0, "Example:"},
		{statement, "-card x -vote " + strings.Repeat("ab", 32) + " why.txt", 2, "-side"},
		{statement, "-card x -side for -vote " + strings.Repeat("ab", 32), 2, "TEXT-FILE"},
		{statement, "-card x -side for -vote " + strings.Repeat("ab", 32) + " /nowhere/why.txt", 1, "hint: name the file"},
	} {
		code, out, errs := c.run(strings.Fields(c.args)...)
		if code != c.code || !strings.Contains(out+errs, c.want) {
			t.Errorf("%s: exit %d, %s%s", c.args, code, out, errs)
		}
	}
}

func support(args ...string) (int, string, string) {
	var out, errs strings.Builder
	return RunSupport(context.Background(), args, strings.NewReader(""), &out, &errs), out.String(), errs.String()
}

func statement(args ...string) (int, string, string) {
	var out, errs strings.Builder
	return RunStatement(context.Background(), args, strings.NewReader(""), &out, &errs), out.String(), errs.String()
}
