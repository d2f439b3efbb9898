package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/csv"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"mandate/cmd/mandate/daemon/board"
)

// clockFile is the environment variable with the name of a file that says by how much the board's clock is ahead.
const clockFile = "MANDATE_TEST_CLOCK"

// inTime is main with the board's clock ahead by what a file says, so that a script need not wait for a vote to open and to close.
func inTime() {
	if path := os.Getenv(clockFile); path != "" {
		board.Clock = func() time.Time {
			b, _ := os.ReadFile(path)
			ahead, _ := time.ParseDuration(strings.TrimSpace(string(b)))
			return time.Now().Add(ahead)
		}
	}
	main()
}

// partyCmds are what scripts of several processes need.
var partyCmds = map[string]func(*testscript.TestScript, bool, []string){
	"ports": freePorts, "fill": fill, "start": startParty, "end": stopParty, "until": until, "clock": moveClock, "certificate": makeCertificate, "links": links,
}

// ports sets variables to free ports of 127.0.0.1: ports NAME...
func freePorts(ts *testscript.TestScript, _ bool, args []string) {
	for _, name := range args {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		ts.Check(err)
		defer l.Close() // after all are chosen
		_, port, err := net.SplitHostPort(l.Addr().String())
		ts.Check(err)
		ts.Setenv(name, port)
	}
}

// fill puts variables into files: fill FILE...
func fill(ts *testscript.TestScript, _ bool, args []string) {
	for _, name := range args {
		text := os.Expand(ts.ReadFile(name), ts.Getenv)
		ts.Check(os.WriteFile(ts.MkAbs(name), []byte(text), 0o600))
	}
}

type process struct {
	*exec.Cmd
	out   output
	ended chan struct{}
}

var processes sync.Map // of [2]any{*testscript.TestScript, name} to *process

// start starts a program in the background and waits until it has said something: start NAME program [args...]
func startParty(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: start NAME program [args...]")
	}
	p := &process{Cmd: exec.Command(args[1], args[2:]...), ended: make(chan struct{})}
	p.Dir = ts.MkAbs(".")
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "WORK", "SSL_CERT_FILE", clockFile} {
		p.Env = append(p.Env, name+"="+ts.Getenv(name))
	}
	p.launch(ts, args[0])
	p.await(ts, args[0])
}

// launch starts a process under a name.
func (p *process) launch(ts *testscript.TestScript, name string) {
	p.Stdout, p.Stderr = &p.out, &p.out
	ts.Check(p.Start())
	go func() {
		p.Wait()
		close(p.ended)
	}()
	processes.Store([2]any{ts, name}, p)
	ts.Defer(func() {
		p.Process.Kill() // no effect on one that has ended
		<-p.ended
		ts.Logf("[%s]\n%s", name, p.out.String())
	})
}

// await waits until a process that was launched has said that it works.
func (p *process) await(ts *testscript.TestScript, name string) {
	said := regexp.MustCompile(`(?m)^The .*(listens on|takes part|keeps the calendar)`)
	for end := time.Now().Add(time.Minute); !said.MatchString(p.out.String()); time.Sleep(20 * time.Millisecond) {
		select {
		case <-p.ended:
			ts.Fatalf("%s has ended: %v", name, p.ProcessState)
		default:
		}
		if time.Now().After(end) {
			ts.Fatalf("%s says nothing in a minute", name)
		}
	}
}

// end ends a program that start has started, which is to end well, or with -kill without a chance to do anything: end [-kill] NAME...
func stopParty(ts *testscript.TestScript, neg bool, args []string) {
	kill := len(args) > 0 && args[0] == "-kill"
	if kill {
		args = args[1:]
	}
	if neg || len(args) == 0 {
		ts.Fatalf("usage: end [-kill] NAME...")
	}
	for _, name := range args {
		x, ok := processes.LoadAndDelete([2]any{ts, name})
		if !ok {
			ts.Fatalf("%s was not started", name)
		}
		p := x.(*process)
		signal := os.Signal(syscall.SIGTERM)
		if kill {
			signal = os.Kill
		}
		ts.Check(p.Process.Signal(signal))
		select {
		case <-p.ended:
		case <-time.After(time.Minute):
			ts.Fatalf("%s does not end", name)
		}
		if code := p.ProcessState.ExitCode(); !kill && code != 0 {
			ts.Fatalf("exit status of %s: %d", name, code)
		}
	}
}

// until runs a program again and again until its standard output matches: until pattern program [args...]
func until(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: until pattern program [args...]")
	}
	want := regexp.MustCompile("(?m)" + args[0])
	for end := time.Now().Add(2 * time.Minute); ; time.Sleep(100 * time.Millisecond) {
		err := ts.Exec(args[1], args[2:]...)
		if out := ts.ReadFile("stdout"); err == nil && want.MatchString(out) {
			return
		} else if time.Now().After(end) {
			ts.Fatalf("in two minutes no %s in\n%s", args[0], out)
		}
	}
}

// clock puts the board's clock ahead of the machine's: clock DURATION
func moveClock(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: clock DURATION")
	}
	path := filepath.Join(ts.Getenv("WORK"), ".clock")
	ts.Check(os.WriteFile(path+".new", []byte(args[0]), 0o600))
	ts.Check(os.Rename(path+".new", path))
	ts.Setenv(clockFile, path)
}

// certificate makes an authority and a certificate of it for 127.0.0.1: certificate ca.pem certificate.pem key.pem
func makeCertificate(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: certificate ca.pem certificate.pem key.pem")
	}
	ca := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), NotBefore: ca.NotBefore, NotAfter: ca.NotAfter, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	authority, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	ts.Check(err)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	ts.Check(err)
	write := func(path, kind string, der []byte, err error) {
		ts.Check(err)
		ts.Check(os.WriteFile(ts.MkAbs(path), pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600))
	}
	der, err := x509.CreateCertificate(rand.Reader, ca, ca, &authority.PublicKey, authority)
	write(args[0], "CERTIFICATE", der, err)
	der, err = x509.CreateCertificate(rand.Reader, leaf, ca, &key.PublicKey, authority)
	write(args[1], "CERTIFICATE", der, err)
	der, err = x509.MarshalPKCS8PrivateKey(key)
	write(args[2], "PRIVATE KEY", der, err)
}

// links writes a member's links of several lists of codes into a file, one a line: links NUMBER to codes.csv...
func links(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: links NUMBER to codes.csv...")
	}
	var out strings.Builder
	for _, name := range args[2:] {
		rows, err := csv.NewReader(strings.NewReader(ts.ReadFile(name))).ReadAll()
		ts.Check(err)
		column := slices.Index(rows[0], "link")
		for _, row := range rows[1:] {
			if row[slices.Index(rows[0], "number")] == args[0] {
				out.WriteString(row[column] + "\n")
			}
		}
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(out.String()), 0o600))
}

// The guide of the README is what the script does.
func TestGuideIsScript(t *testing.T) {
	b, err := os.ReadFile("testdata/script/parties.txt")
	if err != nil {
		t.Fatal(err)
	}
	script := strings.NewReplacer("'", `"`, "https://127.0.0.1:$BOARD", "https://votes.example.org").Replace(string(b))
	inside, found := false, 0
	for _, line := range readme(t) {
		if strings.HasPrefix(line, "#") {
			inside = strings.Contains(line, "Four machines")
		}
		command, _, _ := strings.Cut(strings.TrimSpace(line), " #")
		command, _, _ = strings.Cut(command, " > ")
		if !inside || !strings.HasPrefix(line, "    ") || !strings.HasPrefix(command, "mandate") {
			continue
		}
		found++
		if command = strings.TrimSpace(strings.TrimSuffix(command, " &")); !strings.Contains(script, command+"\n") {
			t.Errorf("the script does not have: %s", command)
		}
	}
	if found < 20 {
		t.Errorf("the guide has %d commands", found)
	}
}
