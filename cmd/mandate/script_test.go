package main

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"mandate/ballot/record"
	"mandate/verifier/boardlog"
	verify "mandate/verifier/command"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"mandate": inTime,
		"mandate-verify": func() {
			ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
			defer stop()
			os.Exit(verify.Run(ctx, os.Args[1:], os.Stdout, os.Stderr))
		},
	})
}

// The commands as they are called: every exit status, what goes to standard output and what to standard error, and a whole vote by a member.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script", RequireExplicitExec: true, RequireUniqueNames: true,
		Condition: func(cond string) (bool, error) {
			if cond == "netns" { // a network namespace of its own can be had, in which there is no network
				return exec.Command("unshare", "-n", "true").Run() == nil, nil
			}
			if cond == "disks" { // small disks can be made
				return canMount(), nil
			}
			return false, fmt.Errorf("condition %q is not known", cond)
		},
		Cmds: commandsOf(map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "serve": serve, "stop-serving": stopServing, "trap": setTrap, "damage": damage, "cut": cut,
			"capture": capture, "glob": glob, "line": line, "json": jsonField,
		}, partyCmds, faultCmds),
	})
}

// commandsOf puts the commands of scripts together.
func commandsOf(all ...map[string]func(*testscript.TestScript, bool, []string)) map[string]func(*testscript.TestScript, bool, []string) {
	out := make(map[string]func(*testscript.TestScript, bool, []string))
	for _, m := range all {
		maps.Copy(out, m)
	}
	return out
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

// output is what a program has written so far.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

var servers sync.Map // of *testscript.TestScript to *exec.Cmd

// serve starts mandate demo with flags, which goes on serving, and waits until it invites its reader to vote: serve [flags...]
// It sets what the invitation says: $BOARD, the address; $FIRST, the vote that is certified; $VOTE, the one that is open; $CODES, the file.
func serve(ts *testscript.TestScript, neg bool, args []string) {
	if neg {
		ts.Fatalf("usage: serve [flags...]")
	}
	var out, progress output
	demo := exec.Command("mandate", append([]string{"demo"}, args...)...)
	demo.Dir, demo.Stdout, demo.Stderr = ts.MkAbs("."), &out, &progress
	ts.Check(demo.Start())
	ended := make(chan struct{})
	go func() {
		demo.Wait()
		close(ended)
	}()
	servers.Store(ts, &serving{demo, ended})
	ts.Defer(func() {
		demo.Process.Kill() // no effect on one that stop-serving has ended
		<-ended
	})
	invitation := regexp.MustCompile(`(?s)goes on serving at (\S+) .*yours:\n +([0-9a-f]{64})\n.* are in (\S+)\. .*mandate-verify \S+\n`)
	for end := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		text := out.String()
		if m := invitation.FindStringSubmatch(text); m != nil {
			ts.Setenv("BOARD", m[1])
			ts.Setenv("VOTE", m[2])
			ts.Setenv("CODES", ts.MkAbs(m[3]))
			first := regexp.MustCompile(`(?m)^Vote ([0-9a-f]{64})$`).FindStringSubmatch(text)
			if first == nil {
				ts.Fatalf("no certified vote in\n%s", text)
			}
			ts.Setenv("FIRST", first[1])
			ts.Logf("[stdout]\n%s", text)
			return
		}
		select {
		case <-ended:
			ts.Fatalf("the demo has ended: %v\n%s\n%s", demo.ProcessState, text, progress.String())
		default:
		}
		if time.Now().After(end) {
			ts.Fatalf("no invitation in a minute\n%s\n%s", text, progress.String())
		}
	}
}

type serving struct {
	demo  *exec.Cmd
	ended chan struct{}
}

// stop-serving interrupts the demo that serve has started, which is to end well.
func stopServing(ts *testscript.TestScript, neg bool, args []string) {
	s, ok := servers.LoadAndDelete(ts)
	if neg || len(args) > 0 || !ok {
		ts.Fatalf("usage: stop-serving, after serve")
	}
	demo := s.(*serving)
	ts.Check(demo.demo.Process.Signal(os.Interrupt))
	select {
	case <-demo.ended:
	case <-time.After(time.Minute):
		ts.Fatalf("the demo does not end when it is interrupted")
	}
	if code := demo.demo.ProcessState.ExitCode(); code != 0 {
		ts.Fatalf("exit status of the demo: %d", code)
	}
}

var traps sync.Map // of *testscript.TestScript to *atomic.Int64

// trap makes every program believe that the network is behind a proxy, which answers nobody and counts who comes; then says whether anybody
// came: trap | trap used | trap unused
func setTrap(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 1 {
		ts.Fatalf("usage: trap [used|unused]")
	}
	if len(args) == 1 {
		n, ok := traps.Load(ts)
		if !ok || n.(*atomic.Int64).Load() > 0 != (args[0] == "used") {
			ts.Fatalf("the network was not %s", args[0])
		}
		return
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	came := new(atomic.Int64)
	traps.Store(ts, came)
	ts.Defer(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			came.Add(1)
			c.Close()
		}
	}()
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"} {
		ts.Setenv(name, "http://"+l.Addr().String())
	}
}

// damage copies an audit package with one byte changed, in the middle of the first record of a kind, whose index it puts into $INDEX:
// damage kind from to
func damage(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: damage kind from to")
	}
	b := []byte(ts.ReadFile(args[1]))
	index := 0
	for r := tar.NewReader(bytes.NewReader(b)); ; {
		h, err := r.Next()
		if err == io.EOF {
			ts.Fatalf("there is no %s record", args[0])
		}
		ts.Check(err)
		tile, err := boardlog.ParseTilePath(h.Name)
		if err != nil || tile.L >= 0 {
			continue
		}
		data, err := io.ReadAll(r)
		ts.Check(err)
		entries, _, err := boardlog.ParseBundle(data, tile.W)
		ts.Check(err)
		i := slices.IndexFunc(entries, func(raw []byte) bool {
			rec, err := record.Decode(raw)
			return err == nil && rec.Kind() == args[0]
		})
		if i < 0 {
			index += len(entries)
			continue
		}
		b[bytes.Index(b, entries[i])+len(entries[i])/2] ^= 1
		ts.Check(os.WriteFile(ts.MkAbs(args[2]), b, 0o600))
		ts.Setenv("INDEX", fmt.Sprint(index+i))
		return
	}
}

// cut copies the first percent of a file: cut percent from to
func cut(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: cut percent from to")
	}
	percent, err := strconv.Atoi(args[0])
	ts.Check(err)
	b := ts.ReadFile(args[1])
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), []byte(b[:len(b)*percent/100]), 0o600))
}

// capture sets a variable to the first match of a pattern's parentheses in the standard output of the last program: capture NAME pattern
func capture(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: capture NAME pattern")
	}
	m := regexp.MustCompile("(?m)" + args[1]).FindStringSubmatch(ts.ReadFile("stdout"))
	if len(m) != 2 {
		ts.Fatalf("no match for %s", args[1])
	}
	ts.Setenv(args[0], m[1])
}

// glob sets a variable to the name of the only file that a pattern matches, or the first with -first: glob [-first] NAME pattern
func glob(ts *testscript.TestScript, neg bool, args []string) {
	first := len(args) == 3 && args[0] == "-first"
	if first {
		args = args[1:]
	}
	if neg || len(args) != 2 {
		ts.Fatalf("usage: glob [-first] NAME pattern")
	}
	files, err := filepath.Glob(ts.MkAbs(args[1]))
	ts.Check(err)
	if len(files) == 0 || len(files) > 1 && !first {
		ts.Fatalf("%d files match %s", len(files), args[1])
	}
	ts.Setenv(args[0], files[0])
}

// line copies lines of a file, from 1: line N[-M] from to
func line(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: line N[-M] from to")
	}
	from, to, span := strings.Cut(args[0], "-")
	if !span {
		to = from
	}
	n, err := strconv.Atoi(from)
	ts.Check(err)
	m, err := strconv.Atoi(to)
	ts.Check(err)
	lines := strings.SplitAfter(ts.ReadFile(args[1]), "\n")
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), []byte(strings.Join(lines[n-1:m], "")), 0o600))
}

// json wants a field of a JSON file to have a value, or with > to be a number above it: json file path.of.the.field [>] value
func jsonField(ts *testscript.TestScript, neg bool, args []string) {
	above := len(args) == 4 && args[2] == ">"
	if neg || len(args) != 3 && !above {
		ts.Fatalf("usage: json file path [>] value")
	}
	var v any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &v))
	for name := range strings.SplitSeq(args[1], ".") {
		switch in := v.(type) {
		case map[string]any:
			v = in[name]
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i >= len(in) {
				ts.Fatalf("%s: the list has %d elements", args[1], len(in))
			}
			v = in[i]
		default:
			v = nil
		}
	}
	if above {
		limit, err := strconv.ParseFloat(args[3], 64)
		ts.Check(err)
		if n, ok := v.(float64); !ok || n <= limit {
			ts.Fatalf("%s is %v, want more than %v", args[1], v, limit)
		}
		return
	}
	if got := fmt.Sprint(v); got != args[2] {
		ts.Fatalf("%s is %s, want %s", args[1], got, args[2])
	}
}
