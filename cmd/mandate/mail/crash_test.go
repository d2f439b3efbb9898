package mail

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/emersion/go-smtp"

	"mandate/cmd/mandate/registrar/issuing"
)

func freePort(t *testing.T) int {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// same returns members whose codes are the same in two processes.
func same(n int) []*Recipient {
	list := recipients(n)
	for i, x := range list {
		c := issuing.Code{byte(i), byte(i >> 8), 1}
		x.Code, x.Link, x.hash = desk.Text(c), desk.Link(board+"/booth/card", c), desk.Hash(c)
	}
	return list
}

// TestMain is also the process that is killed.
func TestMain(m *testing.M) {
	if port := os.Getenv("MANDATE_MAIL_PORT"); port != "" {
		s, err := OpenStore(os.Getenv("MANDATE_MAIL_STORE"))
		if err != nil {
			panic(err)
		}
		t, err := LoadTemplates("")
		if err != nil {
			panic(err)
		}
		n, _ := strconv.Atoi(port)
		x, err := New(s, t, Options{Server: Server{Host: "127.0.0.1", Port: n, TLS: "none"}, From: From{Address: "votes@example.org"}, PerSecond: 1e6, Connections: 3})
		if err != nil {
			panic(err)
		}
		fmt.Println(x.Send(context.Background(), "j", Invitation, facts, same(60)))
		return
	}
	os.Exit(m.Run())
}

// A process that is killed while mails are on the way sends none twice when it comes back; of those that were being handed over nobody knows, and
// they are sent again only when somebody says so.
func TestKilledInTheMiddle(t *testing.T) {
	for _, taken := range []bool{false, true} { // whether the mail that was on the way was taken
		o := new(office)
		reached := make(chan bool)
		block := make(chan bool)
		var over atomic.Bool // the program was killed; the server may still be in its connections
		stop := func(_ *smtp.Conn, to string, _ int) error {
			if to == "m30@members.example" && !over.Load() {
				reached <- true
				<-block
				return tryLater
			}
			return nil
		}
		if taken {
			o.after = stop
		} else {
			o.data = stop
		}
		o.start(t, nil)
		dir := t.TempDir()
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), "MANDATE_MAIL_PORT="+strconv.Itoa(o.addr.Port), "MANDATE_MAIL_STORE="+dir)
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		<-reached
		child.Process.Kill()
		child.Wait()
		over.Store(true)
		close(block)

		store := openStore(t, dir)
		list := same(60)
		f := send(t, sender(t, store, fast(o)), "j", Invitation, list)
		if f.Unknown < 1 || f.Unknown > 3 || f.Sent != 60-f.Unknown {
			t.Fatalf("%+v", f)
		}
		opts := fast(o)
		opts.ResendUnknown = true
		if f = send(t, sender(t, store, opts), "j", Invitation, list); f.Sent != 60 {
			t.Fatalf("%+v", f)
		}
		times := make(map[string]map[string]int) // address to Message-ID
		for _, p := range o.taken() {
			if times[p.to] == nil {
				times[p.to] = make(map[string]int)
			}
			times[p.to][p.message(t).Header.Get("Message-ID")]++
		}
		twice := 0
		for to, ids := range times {
			if len(ids) != 1 {
				t.Errorf("%s was sent %d different mails", to, len(ids))
			}
			for _, n := range ids {
				twice += n - 1
			}
		}
		if len(times) != 60 || twice > 3 {
			t.Errorf("%d members got a mail, %d of them twice", len(times), twice)
		}
	}
}
