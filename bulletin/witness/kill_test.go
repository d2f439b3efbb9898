package witness

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"mandate/bulletin/store"
)

// TestMain is also the witness that TestG1_KilledWhileForksAsk kills.
func TestMain(m *testing.M) {
	path := os.Getenv("WITNESS_TEST_STORE")
	if path == "" {
		os.Exit(m.Run())
	}
	db, err := store.Open(path, &store.DBOptions{MinFree: 1})
	if err != nil {
		panic(err)
	}
	w, err := New(Options{DB: db, Name: "witness.example/one", Key: testKey, Logs: func() ([]Log, error) { return ParseLogs(os.Getenv("WITNESS_TEST_LOG")) }})
	if err != nil {
		panic(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	os.Stdout.WriteString(l.Addr().String() + "\n")
	panic(http.Serve(l, w.Handler()))
}

// TestG1_KilledWhileForksAsk kills the witness again and again while two forks ask it: of each size one tree at most has a cosignature.
func TestG1_KilledWhileForksAsk(t *testing.T) {
	l, path := newLog(t, "log.example/a").grow("0"), t.TempDir()
	start := func() (url string, kill func()) {
		c := exec.Command(os.Args[0])
		c.Env = append(os.Environ(), "WITNESS_TEST_STORE="+path, "WITNESS_TEST_LOG="+l.vkey)
		c.Stderr = os.Stderr
		out, err := c.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		addr, err := bufio.NewReader(out).ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		return "http://" + strings.TrimSpace(addr) + "/add-checkpoint", sync.OnceFunc(func() { c.Process.Kill(); c.Wait() })
	}
	ask := func(url string, r Request) bool {
		a, err := http.Post(url, "text/plain", strings.NewReader(string(r.Bytes())))
		if err != nil {
			return false
		}
		defer a.Body.Close()
		io.Copy(io.Discard, a.Body)
		return a.StatusCode == http.StatusOK
	}
	url, kill := start()
	defer func() { kill() }()
	if !ask(url, l.request(0)) {
		t.Fatal("no first cosignature")
	}
	for i := range 8 {
		forks := []*testLog{l.fork().grow("a"), l.fork().grow("b")}
		signed := make([]bool, 2)
		var wait sync.WaitGroup
		for j, f := range forks {
			wait.Go(func() { signed[j] = ask(url, f.request(l.size)) })
		}
		time.Sleep(time.Duration(i) * 300 * time.Microsecond)
		kill()
		wait.Wait()
		url, kill = start()
		for j, f := range forks { // the answer may have been lost: the tree is cosigned again, if it was taken
			for _, old := range []int64{l.size, f.size} {
				signed[j] = ask(url, f.request(old)) || signed[j]
			}
		}
		if signed[0] == signed[1] {
			t.Fatalf("size %d: of the forks %v have a cosignature", forks[0].size, signed)
		}
		if l = forks[0]; signed[1] {
			l = forks[1]
		}
	}
}
