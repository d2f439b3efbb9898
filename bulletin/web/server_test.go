package web

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"testing"
	"time"

	"mandate/ballot/record"
	"mandate/ballot/simulate"
	"mandate/bulletin/board"
)

// listen serves a board on a real listener, with short times.
func listen(t *testing.T, o *simulate.Org, options Options) (address string, stop func() error, b *board.Board) {
	t.Helper()
	s := serve(t, o)
	options.Log = quiet
	h := New(s.b, options)
	h.times = times{header: 200 * time.Millisecond, read: 400 * time.Millisecond, write: time.Second, idle: 200 * time.Millisecond, drain: 5 * time.Second}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- Serve(ctx, l, h) }()
	stop = func() error {
		cancel()
		select {
		case err := <-done:
			done <- err
			return err
		case <-time.After(time.Minute):
			return errors.New("the server does not end")
		}
	}
	t.Cleanup(func() { stop() })
	return l.Addr().String(), stop, s.b
}

// Whoever sends slowly, or nothing, is hung up on.
func TestJ3_SlowSendersAreHungUpOn(t *testing.T) {
	address, _, _ := listen(t, simulate.New(t, simulate.Config{}), Options{})
	for name, x := range map[string]string{
		"nothing":       "",
		"half a header": "POST /records HTTP/1.1\r\nHost: x\r\nContent-Ty",
		"half a body":   "POST /records HTTP/1.1\r\nHost: x\r\nContent-Type: application/cbor\r\nContent-Length: 2000\r\n\r\nhello",
		"no request":    "GET /checkpoint HTTP/1.1\r\nHost: x\r\n\r\n", // answered, and then idle
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := net.Dial("tcp", address)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			io.WriteString(c, x)
			c.SetReadDeadline(time.Now().Add(60 * time.Second))
			began := time.Now()
			if _, err := io.Copy(io.Discard, c); errors.Is(err, os.ErrDeadlineExceeded) || time.Since(began) > 30*time.Second {
				t.Errorf("the connection is held: %v after %v", err, time.Since(began))
			}
		})
	}
}

func TestJ3_HeadersAreBounded(t *testing.T) {
	address, _, _ := listen(t, simulate.New(t, simulate.Config{}), Options{})
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	go func() {
		fmt.Fprintf(c, "GET /checkpoint HTTP/1.1\r\nHost: x\r\n")
		for range 1000 {
			if _, err := fmt.Fprintf(c, "X-Junk: %0100d\r\n", 0); err != nil {
				return
			}
		}
	}()
	c.SetReadDeadline(time.Now().Add(time.Minute))
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err == nil && resp.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("100 kB of headers: %s", resp.Status)
	}
}

func TestConnectionsAreBounded(t *testing.T) {
	address, _, _ := listen(t, simulate.New(t, simulate.Config{}), Options{Connections: 2})
	for range 2 {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		io.WriteString(c, "GET /ch") // until the header's time is over

	}
	time.Sleep(50 * time.Millisecond)
	began := time.Now()
	resp, err := http.Get("http://" + address + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if waited := time.Since(began); waited < 50*time.Millisecond {
		t.Errorf("a third connection was served after %v", waited)
	}
}

// A server that is told to end answers what it has begun, and does not wait for those who wait for a receipt.
func TestShutdownIsOrderly(t *testing.T) {
	v := openVote(t, simulate.Config{}, 1)
	address, stop, b := listen(t, v.Org, Options{})
	ballot := v.Ballot(0, []int{simulate.Yes})
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	raw := ballot.Raw()
	fmt.Fprintf(c, "POST /records HTTP/1.1\r\nHost: x\r\nContent-Type: application/cbor\r\nContent-Length: %d\r\n\r\n", len(raw))
	c.Write(raw[:len(raw)/2])
	time.Sleep(50 * time.Millisecond) // the request is under way
	ended := make(chan error, 1)
	go func() { ended <- stop() }()
	time.Sleep(50 * time.Millisecond)
	c.Write(raw[len(raw)/2:])
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	promise, _ := io.ReadAll(resp.Body)
	var p record.Promise
	if err := record.OpenAnswer(v.Org.Genesis, promise, &p, v.Org.Board.Public()); err != nil || p.Ballot != ballot.ID() {
		t.Errorf("%s: %v", resp.Status, err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if _, err := net.Dial("tcp", address); err == nil {
		t.Error("the server still listens")
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
}

func TestFullDiskOverHTTP(t *testing.T) {
	v := openVote(t, simulate.Config{}, 2)
	s := serve(t, v.Org, func(c *board.Config, _ *Options) { c.MinFree = 1 << 62 }) // no disk has so much left
	resp, b := s.do(http.MethodPost, "/records", http.Header{"Content-Type": {TypeRecord}}, bytes.NewReader(v.Ballot(0, []int{simulate.Yes}).Raw()))
	var p record.Refusal
	if err := record.OpenAnswer(v.Org.Genesis, b, &p, v.Org.Board.Public()); resp.StatusCode != 503 || err != nil || p.Code != board.CodeStopping {
		t.Errorf("%s %+v, %v", resp.Status, p, err)
	}
	<-s.b.Failed()
	if err := s.b.Err(); err == nil || !bytes.Contains([]byte(err.Error()), []byte("the disk is nearly full")) {
		t.Errorf("the board stopped with %v", err)
	}
	if resp, _ := s.get("/healthz"); resp.StatusCode != 503 {
		t.Errorf("health: %s", resp.Status)
	}
	if resp, _ := s.get("/checkpoint"); resp.StatusCode != 200 {
		t.Errorf("the log cannot be read any more: %s", resp.Status)
	}
}

// slowWriter is an answer whose client takes each piece just before it is too late.
type slowWriter struct {
	http.ResponseWriter
	body      bytes.Buffer
	deadlines int
	writes    int
}

func (w *slowWriter) SetWriteDeadline(t time.Time) error {
	if time.Until(t) > patience || time.Until(t) < patience/2 {
		return fmt.Errorf("a deadline in %v", time.Until(t))
	}
	w.deadlines++
	return nil
}

func (w *slowWriter) Write(b []byte) (int, error) {
	w.writes++
	if w.deadlines != w.writes || len(b) > piece {
		return 0, fmt.Errorf("write %d of %d bytes after %d deadlines", w.writes, len(b), w.deadlines)
	}
	return w.body.Write(b)
}

func TestLongAnswersGetTimeForEachPiece(t *testing.T) {
	long := bytes.Repeat([]byte("mandate"), 50_000)
	w := &slowWriter{}
	if n, err := patiently(w).Write(long); n != len(long) || err != nil || !bytes.Equal(w.body.Bytes(), long) {
		t.Errorf("%d of %d bytes: %v", n, len(long), err)
	}
	if w.writes != (len(long)+piece-1)/piece {
		t.Errorf("%d writes", w.writes)
	}
}
