package serve

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"mandate/ballot/fold"
	"mandate/cmd/mandate/registrar/signin/signintest"
	"mandate/cmd/mandate/vault"
)

// TestMain lets this test's program be mandate serve, to be killed.
func TestMain(m *testing.M) {
	signintest.Main()
	if args := os.Getenv("TEST_SERVE"); args != "" {
		os.Exit(Run(context.Background(), strings.Split(args, "\n"), os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// program starts mandate serve as a program of its own.
func program(t *testing.T, out io.Writer, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(self)
	c.Env = append(os.Environ(), "TEST_SERVE="+strings.Join(args, "\n"))
	c.Stdout, c.Stderr = out, out
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Process.Kill(); c.Wait() })
	return c
}

// Killed at any moment of its first start, the program starts again, with the same keys and addresses.
func TestKilledWhileItStarts(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "org")
	for _, after := range []time.Duration{20, 60, 120, 200, 300, 450} {
		var out bytes.Buffer
		c := program(t, &out, "-dir", dir)
		time.Sleep(after * time.Millisecond)
		c.Process.Kill()
		c.Wait()
	}
	var addresses [2]string
	for i := range addresses {
		out := &lines{}
		c := program(t, out, "-dir", dir)
		for end := time.Now().Add(time.Minute); !strings.Contains(out.String(), "See mandate serve -h"); time.Sleep(20 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("it does not start:\n%s", out)
			}
		}
		addresses[i], _, _ = strings.Cut(out.String(), "Sign in")
		if i == 0 {
			c.Process.Kill()
			c.Wait()
			continue
		}
		var link bytes.Buffer
		if code := Run(t.Context(), []string{"-dir", dir, "-sign-in"}, &link, io.Discard); code != 0 {
			t.Errorf("-sign-in: %d", code)
		}
		base, path, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(link.String()), "http://"), "/")
		newBrowser(t, "http://"+base).get("/"+path).send("/"+path).want(http.StatusOK, "Overview")
		c.Process.Signal(syscall.SIGTERM)
		if err := c.Wait(); err != nil || !strings.Contains(out.String(), "Stopping") {
			t.Errorf("after a signal: %v\n%s", err, out)
		}
	}
	if addresses[0] != addresses[1] {
		t.Errorf("it was at\n%s\nand is at\n%s", addresses[0], addresses[1])
	}
}

func TestCommand(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "serve.toml")
	if err := os.WriteFile(file, []byte("title = { en = \"x\" }\nlisten = \"1\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for args, want := range map[string]struct {
		code int
		text string
	}{
		"-h":                                  {0, "Usage:"},
		"-example":                            {0, "[[registrar]]"},
		"":                                    {2, "-dir is needed"},
		"-dir x y":                            {2, `"y" is not understood`},
		"-what":                               {2, "hint: mandate serve -h"},
		"-dir " + t.TempDir() + " -sign-in":   {1, "there is no console"},
		"-dir x -config " + file:              {2, "line 2: there is no field listen"},
		"-dir x -config /does/not/exist.toml": {2, "no such file"},
	} {
		var out bytes.Buffer
		if code := Run(t.Context(), strings.Fields(args), &out, &out); code != want.code || !strings.Contains(out.String(), want.text) {
			t.Errorf("serve %s: %d\n%s", args, code, &out)
		}
	}
}

func TestConfig(t *testing.T) {
	t.Parallel()
	c, err := ParseConfig([]byte(Example))
	if err != nil || len(c.Registrars) != 2 || len(c.Trustees) != 3 || c.Threshold != 2 || c.Quorum != 3 || c.Registrars[1].Address != "https://cards-2.example.org" {
		t.Errorf("%+v %v", c, err)
	}
	if c, err = ParseConfig(nil); err != nil || c.Threshold != 2 || c.Quorum != 3 || len(c.Registrars) != 3 {
		t.Errorf("%+v %v", c, err)
	}
	for file, want := range map[string]string{
		"title = { en = \" \" }":     "title",
		"look = \"-2s\"":             "look",
		"look = 5":                   "missing unit",
		"threshold = 4":              "threshold: 4 of 3 trustees",
		"quorum = 1":                 "quorum",
		"[board]\nlisten = \"8080\"": "board.listen",
		"[board]\nlisten = \"h:1\"\n[console]\nlisten = \"h:1\"":        "console.listen: h:1 is where board listens",
		"[board]\naddress = \"ftp://x\"":                                "board.address",
		"[[registrar]]\nname = \"\"\noperator = \"x\"\nchannel = \"x\"": "registrar 1.name",
		"[[trustee]]\nname = \"a\\u0007\"":                              "trustee 1.name",
		"secret = \"x\"":                                                "line 1: there is no field secret",
	} {
		if _, err := ParseConfig([]byte(file)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", file, err)
		}
	}
}

// A vote by hand: nothing happens by itself, every step is a form, each asks first. A vote that was being called when the program ended is
// not called twice. Rankings are said in words.
func TestByHand(t *testing.T) {
	t.Parallel()
	s := newScene(t, 1)
	s.keys()
	round := s.round(s.list(members(3)), 3, 0)
	s.b.get("/console/drafts/new").send("/console/drafts", "template", "simple")
	draft := s.b.at
	now := s.clock.now().UTC()
	fields := []string{
		"title-en", "Who chairs?", "round", round.String(), "manual", "yes", "do", "check",
		"opens", now.Add(-time.Minute).Format("2006-01-02T15:04:05"), "closes", now.Add(20 * time.Minute).Format("2006-01-02T15:04:05"),
		"contest-0", "1", "contest-0-title-en", "Who?", "contest-0-kind", "ranked", "contest-0-depth", "2", "contest-0-method", "schulze", "contest-0-seats", "1", "contest-0-quorum", "0 %",
		"contest-0-min", "0", "contest-0-max", "1", "contest-0-decide", "most",
	}
	for j, o := range []string{"Ana", "Ben", "Chi"} {
		fields = append(fields, fmt.Sprintf("contest-0-option-%d", j), "1", fmt.Sprintf("contest-0-option-%d-title-en", j), o)
	}
	s.b.send(draft, fields...).want(http.StatusOK, "Rank up to 2, the one you like best first, or none.", "One candidate is elected, by the Schulze method.")
	for i := range fields {
		if fields[i] == "ranked" {
			fields[i] = "choice"
		}
	}
	s.b.send(draft, fields...).want(http.StatusOK, "Choose one, or none.")
	s.b.send(draft + "/call").confirm()
	vote := s.called()
	s.b.want(http.StatusOK, "Nothing happens by itself")

	// As if the program had been killed while the vote was being called.
	if err := s.house.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(s.dir, "commission", "console", "console.json")
	kept, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	damaged := strings.Replace(strings.Replace(string(kept), fmt.Sprintf(`"vote": "%s"`, vote), `"vote": ""`, 1), `"calling": false`, `"calling": true`, 1)
	if damaged == string(kept) {
		t.Fatal("console.json has another form")
	}
	if err := os.WriteFile(path, []byte(damaged), 0o600); err != nil {
		t.Fatal(err)
	}
	s.start(1)
	s.b.get(draft).want(http.StatusOK, "The vote's id", vote.String())

	s.unlock()
	s.until("the key", func(st *fold.State) bool { return st.Vote(vote).Ceremony.Ready() })
	time.Sleep(300 * time.Millisecond)
	s.house.Board.View(func(st *fold.State) {
		if p := st.Vote(vote).Phase; p != fold.Called {
			t.Errorf("by hand, and the vote is %v", p)
		}
	})
	s.do(vote, "open")
	s.phase(vote, fold.Open)
	s.clock.reach(uint64(now.Add(21 * time.Minute).Unix()))
	s.until("the time", func(st *fold.State) bool { return st.Now() >= st.Vote(vote).Manifest.Closes })
	s.b.get("/console/votes/"+vote.String()+"/open").want(http.StatusConflict, "This cannot be done now.")
	s.do(vote, "close")
	s.clock.reach(uint64(now.Add(25 * time.Minute).Unix()))
	s.phase(vote, fold.Sealed)
	s.open(vote)
	s.until("signed", func(st *fold.State) bool { return st.Vote(vote).Inputs() == 1 })
	s.do(vote, "certify")
	s.phase(vote, fold.Certified)
	s.verified(vote)
}

// A second program on a folder says what is the matter.
func TestOneProgramForAFolder(t *testing.T) {
	t.Parallel()
	s := newScene(t, 1)
	_, err := Open(t.Context(), s.dir, small(1), Options{Log: slog.New(slog.DiscardHandler), Fast: true, Vault: vault.Options{WorkFactor: 4}})
	if err == nil || !strings.Contains(err.Error(), "running on this folder already") {
		t.Errorf("got %v", err)
	}
	s.b.get("/console/").want(http.StatusOK)
	// A passphrase that is gone is not replaced by another.
	if err := s.house.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(s.dir, "secrets", "commission")); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), s.dir, small(1), Options{Log: slog.New(slog.DiscardHandler), Fast: true}); err == nil || !strings.Contains(err.Error(), "the passphrase of commission is not at") {
		t.Errorf("got %v", err)
	}
}

// lines is what a program writes, read while it does.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func FuzzParseConfig(f *testing.F) {
	f.Add(Example)
	f.Add("threshold = 2\n[[trustee]]\nname = \"A\"\n")
	f.Fuzz(func(t *testing.T, file string) {
		c, err := ParseConfig([]byte(file))
		if err == nil && (c.Threshold < 1 || c.Threshold > len(c.Trustees) || c.Quorum < c.Threshold || len(c.Registrars) > 8) {
			t.Errorf("%+v", c)
		}
	})
}
