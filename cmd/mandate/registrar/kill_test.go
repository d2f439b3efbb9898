package registrar

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"mandate/ballot/credential"
	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/simulate"
	"mandate/cmd/mandate/registrar/issuing"
)

// A registrar to be killed is this test's own program, started with a folder in this variable.
const childVariable = "MANDATE_TEST_REGISTRAR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childVariable); dir != "" {
		if err := child(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

// child serves the registrar in a folder until it is killed, and says where.
func child(dir string) error {
	state, err := readLog(filepath.Join(dir, "log"))
	if err != nil {
		return err
	}
	r, err := Open(filepath.Join(dir, "registrar"), passphrase, Options{Board: frozen{state}, Publish: 24 * time.Hour})
	if err != nil {
		return err
	}
	if err := r.Step(context.Background()); err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println("http://" + l.Addr().String())
	return http.Serve(l, r.Handler())
}

// frozen is a board that does not change.
type frozen struct{ state *fold.State }

var errFrozen = errors.New("this board takes nothing")

func (b frozen) Update(context.Context) error          { return nil }
func (b frozen) State() *fold.State                    { return b.state }
func (b frozen) Checkpoint() []byte                    { return nil }
func (b frozen) Extends(context.Context, []byte) error { return errFrozen }
func (b frozen) Submit(context.Context, *record.Record) ([]byte, error) {
	return nil, errFrozen
}
func (b frozen) Receipt(context.Context, record.ID) ([]byte, error) { return nil, errFrozen }
func (b frozen) Records(context.Context, uint64, func(uint64, []byte) error) error {
	return errFrozen
}

func writeLog(path string, log [][]byte) error {
	var b []byte
	for _, raw := range log {
		b = append(binary.BigEndian.AppendUint32(b, uint32(len(raw))), raw...)
	}
	return os.WriteFile(path, b, 0o600)
}

func readLog(path string) (*fold.State, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var log [][]byte
	for len(b) > 0 {
		n := int(binary.BigEndian.Uint32(b))
		log, b = append(log, b[4:4+n]), b[4+n:]
	}
	state, _ := simulate.Replay(log)
	return state, nil
}

// start starts the registrar in a folder as a process of its own and returns its address.
func start(t *testing.T, dir string) (*exec.Cmd, string) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), childVariable+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		cmd.Process.Kill()
		t.Fatalf("the registrar did not start: %v", err)
	}
	return cmd, strings.TrimSpace(line)
}

// While members ask, each with two devices that drew different secrets, the registrar is killed again and again in the middle of its work.
// Every member gets a card in the end, and nobody two.
func TestF2_F17_KilledWhileIssuing(t *testing.T) {
	const members, kills = 24, 8
	s := newScene(t, members, 1)
	s.server.Close()
	s.r.Close()
	s.board.Do(func(org *simulate.Org) {
		if err := writeLog(filepath.Join(s.dir, "log"), org.Log()); err != nil {
			t.Fatal(err)
		}
	})
	var requests [members][2]*credential.Requests
	for e := range requests {
		for i := range requests[e] {
			requests[e][i] = s.requests(credential.NewSecret())
		}
	}
	var mu sync.Mutex
	var answers [members][2]*credential.Answer
	ask := func(address string, e, i int) error {
		a, err := s.client.Card(context.Background(), address, &issuing.CardRequest{Round: s.round.ID, Code: s.codes[e], Keys: s.cardKeys(s.round.ID), Blinded: requests[e][i].Bytes()})
		if err != nil {
			return err
		}
		s.open(e, requests[e][i], a)
		mu.Lock()
		defer mu.Unlock()
		if before := answers[e][i]; before != nil && !reflect.DeepEqual(before, a) {
			t.Errorf("member %d: the same request had two answers", e)
		}
		answers[e][i] = a
		return nil
	}
	for kill := range kills {
		cmd, address := start(t, s.dir)
		var wg sync.WaitGroup
		for n := range 3 * 2 { // some members at a time, so that there is work left for the next life
			e := (3*kill + n/2) % members
			wg.Go(func() { ask(address, e, n%2) })
		}
		time.Sleep(time.Duration(rand.IntN(30)) * time.Millisecond)
		cmd.Process.Kill() // SIGKILL
		cmd.Wait()
		wg.Wait()
	}
	cmd, address := start(t, s.dir)
	defer func() {
		cmd.Process.Kill()
		cmd.Wait()
	}()
	interrupted := 0
	for e := range members {
		for i := range 2 {
			if answers[e][0] == nil && answers[e][1] == nil {
				interrupted++
			}
			switch err := ask(address, e, i); {
			case err == nil && answers[e][1-i] != nil:
				t.Errorf("member %d: two requests were answered", e)
			case err != nil:
				wantRefusal(t, err, issuing.CodeAnswered)
			}
		}
		if answers[e][0] == nil && answers[e][1] == nil {
			t.Errorf("member %d got no card", e)
		}
	}
	t.Logf("%d of %d members had no answer when the killing ended", interrupted, members)
}
