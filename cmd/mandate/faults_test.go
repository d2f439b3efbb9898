package main

import (
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// faultCmds are what scripts do to parties on purpose.
var faultCmds = map[string]func(*testscript.TestScript, bool, []string){"strike": strike, "disk": disk, "ended": ended, "impostor": impostor, "unmask": unmask}

// strike kills programs that start has started, all at once and whatever they are doing, and starts them again: strike NAME...
func strike(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: strike NAME...")
	}
	again := make([]*process, len(args))
	for i, name := range args {
		x, ok := processes.LoadAndDelete([2]any{ts, name})
		if !ok {
			ts.Fatalf("%s was not started", name)
		}
		p := x.(*process)
		ts.Check(p.Process.Kill())
		<-p.ended
		again[i] = &process{Cmd: exec.Command(p.Args[0], p.Args[1:]...), ended: make(chan struct{})}
		again[i].Dir, again[i].Env = p.Dir, p.Env
	}
	for i, name := range args {
		again[i].launch(ts, name)
	}
	for i, name := range args {
		again[i].await(ts, name)
	}
}

// ended waits until a program that start has started has failed by itself, having said something: ended NAME pattern...
func ended(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: ended NAME pattern...")
	}
	x, ok := processes.LoadAndDelete([2]any{ts, args[0]})
	if !ok {
		ts.Fatalf("%s was not started", args[0])
	}
	p := x.(*process)
	select {
	case <-p.ended:
	case <-time.After(time.Minute):
		ts.Fatalf("%s goes on", args[0])
	}
	if code := p.ProcessState.ExitCode(); code != 1 {
		ts.Fatalf("exit status of %s: %d", args[0], code)
	}
	for _, want := range args[1:] {
		if !regexp.MustCompile("(?m)" + want).MatchString(p.out.String()) {
			ts.Fatalf("%s did not say %s", args[0], want)
		}
	}
}

// canMount reports whether this program may make small disks: as root on Linux, outside of most containers.
var canMount = sync.OnceValue(func() bool {
	dir, err := os.MkdirTemp("", "mandate-disk-")
	if err != nil {
		return false
	}
	defer os.RemoveAll(dir)
	if exec.Command("mount", "-t", "tmpfs", "-o", "size=1m", "mandate-test", dir).Run() != nil {
		return false
	}
	return exec.Command("umount", dir).Run() == nil
})

// disk makes a folder a disk of its own, or changes the one that it is. SIZE is as for tmpfs; ro makes it read-only, and rw undoes that: disk
// DIR SIZE|ro|rw
func disk(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: disk DIR SIZE|ro|rw")
	}
	dir, option := ts.MkAbs(args[0]), args[1]
	if option != "ro" && option != "rw" {
		option = "size=" + option
	}
	call := []string{"-o", "remount," + option, dir}
	if exec.Command("mountpoint", "-q", dir).Run() != nil {
		ts.Check(os.MkdirAll(dir, 0o700))
		call = []string{"-t", "tmpfs", "-o", option + ",mode=700", "mandate-test", dir}
		ts.Defer(func() {
			if out, err := exec.Command("umount", "--lazy", dir).CombinedOutput(); err != nil {
				ts.Logf("umount %s: %s", filepath.Base(dir), out)
			}
		})
	}
	if out, err := exec.Command("mount", call...).CombinedOutput(); err != nil {
		ts.Fatalf("mount %v: %v: %s", call, err, out)
	}
}

var impostors sync.Map // of [2]any{*testscript.TestScript, port} to func()

// impostor listens on a port in somebody else's place: impostor PORT garbage|silent
func impostor(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: impostor PORT garbage|silent")
	}
	l, err := net.Listen("tcp", "127.0.0.1:"+args[0])
	ts.Check(err)
	gone := make(chan struct{})
	came := make(chan struct{}, 1)
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case came <- struct{}{}:
		default:
		}
		if args[1] == "silent" {
			<-gone
			return
		}
		w.Write([]byte("\xff{\"round\": [[[[ \x00 <html>"))
	})}
	go s.Serve(l)
	away := sync.OnceFunc(func() {
		close(gone)
		s.Close()
	})
	ts.Defer(away)
	impostors.Store([2]any{ts, args[0]}, func() {
		defer away()
		select {
		case <-came:
		case <-time.After(time.Minute):
			ts.Fatalf("nobody came to the impostor")
		}
	})
}

// unmask ends an impostor when somebody has come to it: unmask PORT
func unmask(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: unmask PORT")
	}
	end, ok := impostors.LoadAndDelete([2]any{ts, args[0]})
	if !ok {
		ts.Fatalf("nobody was put on port %s", args[0])
	}
	end.(func())()
}
