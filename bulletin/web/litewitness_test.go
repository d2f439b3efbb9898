package web

import (
	"context"
	"encoding/base64"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mandate/ballot/checkpoint"
	"mandate/ballot/simulate"
	"mandate/bulletin/board"
)

// A litewitness is a process of torchwood's witness, with its own ssh-agent.
type litewitness struct {
	t                   testing.TB
	program, dir        string
	name, vkey, address string
	fingerprint         string
	process             *exec.Cmd
}

// program finds what a test needs. .ci/run installs all of it, and there nothing may be missing.
func programs(t testing.TB) (litewitness string) {
	litewitness = os.Getenv("MANDATE_LITEWITNESS")
	for _, need := range []string{"ssh-agent", "ssh-add", "ssh-keygen", "python3"} {
		if _, err := exec.LookPath(need); err != nil && litewitness == "" {
			t.Skipf("%s is not here: apt-get install openssh-client python3", need)
		}
	}
	if litewitness == "" {
		var err error
		if litewitness, err = exec.LookPath("litewitness"); err != nil {
			t.Skip("litewitness is not here: go install filippo.io/torchwood/cmd/litewitness@v0.9.0, then set MANDATE_LITEWITNESS to its path")
		}
	}
	return litewitness
}

// tables has a log registered as torchwood's witnessctl does it.
const tables = `
import base64, hashlib, sqlite3, sys
path, origin, key = sys.argv[1:]
db = sqlite3.connect(path)
db.executescript("""
CREATE TABLE IF NOT EXISTS log (origin TEXT PRIMARY KEY, tree_size INTEGER NOT NULL, tree_hash TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS key (origin TEXT NOT NULL, key TEXT NOT NULL, FOREIGN KEY(origin) REFERENCES log(origin));
CREATE TABLE IF NOT EXISTS bastion (origin TEXT NOT NULL, bastion TEXT NOT NULL, FOREIGN KEY(origin) REFERENCES log(origin));
""")
db.execute("INSERT INTO log VALUES (?, 0, ?)", (origin, base64.b64encode(hashlib.sha256().digest()).decode()))
db.execute("INSERT INTO key VALUES (?, ?)", (origin, key))
db.commit()
`

func newLitewitness(t testing.TB, program, name, origin, logKey string) *litewitness {
	t.Helper()
	dir, err := os.MkdirTemp("", "lw") // a socket's path is short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	w := &litewitness{t: t, program: program, dir: dir, name: name}
	socket := filepath.Join(dir, "agent")
	agent := exec.Command("ssh-agent", "-D", "-a", socket)
	if err := agent.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { agent.Process.Kill(); agent.Wait() })
	until(t, "an ssh-agent", func() bool { _, err := os.Stat(socket); return err == nil })
	key := filepath.Join(dir, "key")
	w.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key)
	w.run("ssh-add", "-q", key)
	w.fingerprint = strings.Fields(w.run("ssh-keygen", "-l", "-f", key))[1]
	public, err := os.ReadFile(key + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	blob, err := base64.StdEncoding.DecodeString(strings.Fields(string(public))[1])
	if err != nil || len(blob) < 32 {
		t.Fatalf("public key %s: %v", public, err)
	}
	w.vkey = checkpoint.WitnessKey(name, blob[len(blob)-32:])
	w.run("python3", "-c", tables, filepath.Join(dir, "witness.db"), origin, logKey)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w.address = l.Addr().String()
	l.Close()
	t.Cleanup(w.kill)
	w.start()
	return w
}

func (w *litewitness) run(name string, args ...string) string {
	w.t.Helper()
	c := exec.Command(name, args...)
	c.Env = append(os.Environ(), "SSH_AUTH_SOCK="+filepath.Join(w.dir, "agent"))
	out, err := c.CombinedOutput()
	if err != nil {
		w.t.Fatalf("%s: %v\n%s", name, err, out)
	}
	return string(out)
}

func (w *litewitness) start() {
	w.t.Helper()
	w.process = exec.Command(w.program, "-name", w.name, "-db", filepath.Join(w.dir, "witness.db"), "-ssh-agent", filepath.Join(w.dir, "agent"), "-listen", w.address, "-key", w.fingerprint)
	var log strings.Builder
	w.process.Stderr = &log
	if err := w.process.Start(); err != nil {
		w.t.Fatal(err)
	}
	until(w.t, "litewitness listens", func() bool {
		c, err := net.DialTimeout("tcp", w.address, time.Second)
		if err == nil {
			c.Close()
		}
		return err == nil
	})
}

func (w *litewitness) kill() {
	if w.process != nil {
		w.process.Process.Kill()
		w.process.Wait()
		w.process = nil
	}
}

// TestG1_LitewitnessesCosign has a board with two witnesses that are processes of torchwood's litewitness, kills one and starts it again; and
// a third of this program beside them.
func TestG1_LitewitnessesCosign(t *testing.T) {
	if testing.Short() {
		t.Skip("starts other programs")
	}
	program := programs(t)
	v := openVote(t, simulate.Config{}, 2)
	origin := v.Org.LogSigner.Name()
	a := newLitewitness(t, program, "a.example/witness", origin, v.Org.LogKey)
	b := newLitewitness(t, program, "b.example/witness", origin, v.Org.LogKey)
	q := quorum(t, 2, a.vkey, "http://"+a.address, b.vkey, "http://"+b.address)
	s := serve(t, v.Org, func(c *board.Config, _ *Options) { c.Witnesses = q })
	policy := witnessed(t, v.Org, q)
	first := v.Ballot(0, v.Choice(0)...)
	if _, err := s.Submit(context.Background(), first); err != nil {
		t.Fatal(err)
	}
	s.complete(first, policy)
	b.kill()
	second := v.Ballot(1, v.Choice(1)...)
	s.waits(second, "waiting for witnesses: 1 of 2")
	b.start()
	s.complete(second, policy)
}
