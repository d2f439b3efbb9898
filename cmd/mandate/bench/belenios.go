package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// beleniosTool is the command of Belenios, a verifiable voting system whose ballots are of the same kind: a ciphertext for each option, with
// proofs, signed by a credential. Debian has it in a package of this name.
const beleniosTool = "belenios-tool"

// Belenios is how the same was measured with Belenios, in the same run on the same machine.
type Belenios struct {
	Version string  `json:"version"`
	Group   string  `json:"group"`
	Ballots int     `json:"ballots"`
	Seconds float64 `json:"verify_seconds"`                // less what an election without ballots takes
	CPU     float64 `json:"verify_cpu_seconds_per_ballot"` // all cores added up; the same taken off
	Over    float64 `json:"verify_cpu_over_mandate"`       // how many times that of Mandate's ballot, which has the registrars' signatures besides
}

// belenios holds an election of so many ballots with belenios-tool, and has it verified. Making the ballots takes most of the time.
func belenios(ctx context.Context, n int) (*Belenios, error) {
	dir, err := os.MkdirTemp("", "mandate-bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	e := &beleniosElection{dir: dir, Belenios: Belenios{Group: "BELENIOS-2048", Ballots: n}}
	version, err := e.run(ctx, nil, "--version")
	if err != nil {
		return nil, err
	}
	e.Version = strings.TrimSpace(string(version))
	credentials, err := e.setUp(ctx)
	if err != nil {
		return nil, err
	}
	idleWall, idleCPU, err := e.verify(ctx)
	if err != nil {
		return nil, err
	}
	if err := e.vote(ctx, credentials); err != nil {
		return nil, err
	}
	wall, cpu, err := e.verify(ctx)
	if err != nil {
		return nil, err
	}
	e.Seconds, e.CPU = (wall - idleWall).Seconds(), (cpu-idleCPU).Seconds()/float64(n)
	return &e.Belenios, nil
}

type beleniosElection struct {
	dir string
	Belenios
}

func (e *beleniosElection) path(name string) string { return filepath.Join(e.dir, name) }

func (e *beleniosElection) command(ctx context.Context, input []byte, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, beleniosTool, args...)
	c.Dir, c.Stdin = e.dir, bytes.NewReader(input)
	c.Env = append(os.Environ(), "BELENIOS_USE_URANDOM=1") // the system's random numbers, without waiting for them
	return c
}

// run runs belenios-tool in the election's folder and returns what it prints.
func (e *beleniosElection) run(ctx context.Context, input []byte, args ...string) ([]byte, error) {
	out, err := e.command(ctx, input, args...).Output()
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		err = fmt.Errorf("%w: %s", err, bytes.TrimSpace(failed.Stderr))
	}
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", beleniosTool, strings.Join(args, " "), err)
	}
	return out, nil
}

// setUp makes an election of Mandate's question with one trustee, and returns the members' credentials.
func (e *beleniosElection) setUp(ctx context.Context) ([]string, error) {
	token, err := e.run(ctx, nil, "setup", "generate-token")
	if err != nil {
		return nil, err
	}
	q := question()
	var answers []string
	for _, o := range q.Options {
		answers = append(answers, o.Title["en"])
	}
	template, err := json.Marshal(map[string]any{"name": "Benchmark", "description": "", "questions": []any{
		map[string]any{"question": q.Title["en"], "answers": answers, "min": q.Min, "max": q.Max},
	}})
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(e.path("template.json"), template, 0o600); err != nil {
		return nil, err
	}
	uuid := strings.TrimSpace(string(token))
	if _, err := e.run(ctx, nil, "setup", "generate-credentials", "--uuid", uuid, "--group", e.Group, "--count", fmt.Sprint(e.Ballots)); err != nil {
		return nil, err
	}
	if _, err := e.run(ctx, nil, "setup", "generate-trustee-key", "--group", e.Group); err != nil {
		return nil, err
	}
	for from, to := range map[string]string{"*.pubcreds": "public_creds.json", "*.privcreds": "private_creds.txt", "*.pubkey": "public_keys.jsons"} {
		names, err := filepath.Glob(e.path(from))
		if err != nil || len(names) != 1 {
			return nil, fmt.Errorf("%s has made %d files %s, want one", beleniosTool, len(names), from)
		}
		if err := os.Rename(names[0], e.path(to)); err != nil {
			return nil, err
		}
	}
	for _, args := range [][]string{
		{"setup", "make-trustees"}, {"setup", "make-election", "--uuid", uuid, "--group", e.Group, "--template", "template.json"}, {"archive", "init"},
	} {
		if _, err := e.run(ctx, nil, args...); err != nil {
			return nil, err
		}
	}
	list, err := os.ReadFile(e.path("private_creds.txt"))
	if err != nil {
		return nil, err
	}
	var credentials []string
	for line := range strings.Lines(string(list)) {
		_, c, _ := strings.Cut(strings.TrimSpace(line), " ") // after the member's id
		credentials = append(credentials, c)
	}
	if len(credentials) != e.Ballots {
		return nil, fmt.Errorf("%s has made %d credentials, want %d", beleniosTool, len(credentials), e.Ballots)
	}
	return credentials, nil
}

// vote makes all ballots and then adds them to the election.
func (e *beleniosElection) vote(ctx context.Context, credentials []string) error {
	selected := make([]int, len(question().Options))
	selected[0] = 1
	choice, err := json.Marshal([][]int{selected})
	if err != nil {
		return err
	}
	if err := os.WriteFile(e.path("choice.json"), choice, 0o600); err != nil {
		return err
	}
	ballots := make([][]byte, len(credentials))
	err = each(ctx, runtime.GOMAXPROCS(0), len(ballots), func(i int) error {
		name := fmt.Sprintf("credential-%d", i)
		if err := os.WriteFile(e.path(name), []byte(credentials[i]+"\n"), 0o600); err != nil {
			return err
		}
		defer os.Remove(e.path(name))
		var err error
		ballots[i], err = e.run(ctx, nil, "election", "generate-ballot", "--privcred", name, "--ballot", "choice.json")
		return err
	})
	if err != nil {
		return err
	}
	for _, b := range ballots {
		if _, err := e.run(ctx, b, "archive", "add-event", "--type=Ballot"); err != nil {
			return err
		}
	}
	return nil
}

// verify has the election verified.
func (e *beleniosElection) verify(ctx context.Context) (wall, cpu time.Duration, err error) {
	c := e.command(ctx, nil, "election", "verify")
	began := time.Now()
	if out, err := c.CombinedOutput(); err != nil {
		return 0, 0, fmt.Errorf("%s election verify: %w: %s", beleniosTool, err, bytes.TrimSpace(out))
	}
	return time.Since(began), c.ProcessState.UserTime() + c.ProcessState.SystemTime(), nil
}
