package overhttp

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"mandate/ballot/record"
	"mandate/ballot/simulate"
	"mandate/bulletin/client"
	"mandate/verifier/boardlog"
)

// A liar is a board that answers as the test says.
type liar struct {
	t     *testing.T
	vote  *simulate.Vote
	posts atomic.Int64
	http.Handler
	*client.Client
	base string
}

// lie starts a board whose answer to every request is given by answer.
func lie(t *testing.T, answer func(l *liar, w http.ResponseWriter, r *http.Request, body []byte)) *liar {
	t.Helper()
	o := simulate.New(t, simulate.Config{Members: 2})
	round := o.Round()
	v := round.Vote()
	v.Ceremony()
	round.Cards(0, 1)
	v.Open()
	l := &liar{t: t, vote: v}
	l.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		l.posts.Add(1)
		body, _ := io.ReadAll(r.Body)
		answer(l, w, r, body)
	})
	s := httptest.NewServer(l)
	t.Cleanup(s.Close)
	l.Client, l.base = l.clientOf(s.URL), s.URL
	return l
}

func (l *liar) clientOf(url string) *client.Client {
	l.t.Helper()
	c, err := Dial(url, nil, client.Options{Attempts: 4, Wait: time.Millisecond, MaxWait: 4 * time.Millisecond})
	if err != nil {
		l.t.Fatal(err)
	}
	c, err = c.Trust(l.vote.Org.GenesisBody(), l.vote.Org.Genesis)
	if err != nil {
		l.t.Fatal(err)
	}
	return c
}

func (l *liar) sign(a record.Answer) []byte {
	b, err := record.SignAnswer(l.vote.Org.Genesis, a, l.vote.Org.Board, rand.Reader)
	if err != nil {
		l.t.Error(err)
	}
	return b
}

func (l *liar) promise(w http.ResponseWriter, p *record.Promise) {
	w.Header().Set("Content-Type", "application/mandate-promise")
	w.Header().Set("Mandate-Index", "7")
	w.Write(l.sign(p))
}

func (l *liar) refuse(w http.ResponseWriter, status int, p *record.Refusal) {
	w.Header().Set("Content-Type", "application/mandate-refusal")
	w.WriteHeader(status)
	w.Write(l.sign(p))
}

func (l *liar) ballot() *record.Record { return l.vote.Ballot(0, []int{simulate.Yes}) }

func TestPromiseIsTaken(t *testing.T) {
	l := lie(t, func(l *liar, w http.ResponseWriter, r *http.Request, body []byte) {
		if r.Method != http.MethodPost || r.URL.Path != "/records" || r.Header.Get("Content-Type") != "application/cbor" {
			t.Errorf("%s %s %v", r.Method, r.URL, r.Header)
		}
		l.promise(w, &record.Promise{Vote: l.vote.ID, Ballot: record.IDOf(body)})
	})
	ballot := l.ballot()
	a, err := l.Submit(context.Background(), ballot)
	if err != nil {
		t.Fatal(err)
	}
	var p record.Promise
	if err := record.OpenAnswer(l.vote.Org.Genesis, a.Promise, &p, l.vote.Org.Board.Public()); err != nil || p.Ballot != ballot.ID() || a.Index != 7 {
		t.Errorf("%+v, %v", a, err)
	}
}

// G8: the client goes by the bytes it sent, whatever the server says they are.
func TestG8_AnswerForAnotherRecordIsNotBelieved(t *testing.T) {
	other := record.ID{1}
	for name, answer := range map[string]func(l *liar, w http.ResponseWriter, r *http.Request, body []byte){
		"promise of another ballot": func(l *liar, w http.ResponseWriter, _ *http.Request, _ []byte) {
			l.promise(w, &record.Promise{Vote: l.vote.ID, Ballot: other})
		},
		"promise in another vote": func(l *liar, w http.ResponseWriter, _ *http.Request, body []byte) {
			l.promise(w, &record.Promise{Vote: other, Ballot: record.IDOf(body)})
		},
		"promise by another key": func(l *liar, w http.ResponseWriter, _ *http.Request, body []byte) {
			w.Header().Set("Content-Type", "application/mandate-promise")
			b, _ := record.SignAnswer(l.vote.Org.Genesis, &record.Promise{Vote: l.vote.ID, Ballot: record.IDOf(body)}, simulate.NewKey(t), rand.Reader)
			w.Write(b)
		},
		"promise for another log": func(l *liar, w http.ResponseWriter, _ *http.Request, body []byte) {
			w.Header().Set("Content-Type", "application/mandate-promise")
			b, _ := record.SignAnswer(other, &record.Promise{Vote: l.vote.ID, Ballot: record.IDOf(body)}, l.vote.Org.Board, rand.Reader)
			w.Write(b)
		},
		"a refusal dressed as a promise": func(l *liar, w http.ResponseWriter, _ *http.Request, body []byte) {
			w.Header().Set("Content-Type", "application/mandate-promise")
			w.Write(l.sign(&record.Refusal{Record: record.IDOf(body), Code: "proof"}))
		},
		"only an index": func(l *liar, w http.ResponseWriter, _ *http.Request, body []byte) {
			w.Header().Set("Content-Type", "application/json")
			json.NewEncoder(w).Encode(map[string]any{"index": 3, "id": record.IDOf(body)})
		},
		"a page": func(l *liar, w http.ResponseWriter, _ *http.Request, _ []byte) {
			io.WriteString(w, "<html>Welcome to the hotel")
		},
		"nothing": func(l *liar, w http.ResponseWriter, _ *http.Request, _ []byte) {
			w.Header().Set("Content-Type", "application/mandate-promise")
		},
		"a flood": func(l *liar, w http.ResponseWriter, _ *http.Request, _ []byte) {
			w.Header().Set("Content-Type", "application/mandate-promise")
			w.Write(make([]byte, 1<<20))
		},
		"refusal of another record": func(l *liar, w http.ResponseWriter, _ *http.Request, _ []byte) {
			l.refuse(w, 409, &record.Refusal{Record: other, Code: "proof", Sentence: "No."})
		},
		"refusal of nothing with the code of a record": func(l *liar, w http.ResponseWriter, _ *http.Request, _ []byte) {
			l.refuse(w, 409, &record.Refusal{Code: "closed", Sentence: "No."})
		},
		"refusal by another key": func(l *liar, w http.ResponseWriter, _ *http.Request, body []byte) {
			w.Header().Set("Content-Type", "application/mandate-refusal")
			w.WriteHeader(409)
			b, _ := record.SignAnswer(l.vote.Org.Genesis, &record.Refusal{Record: record.IDOf(body), Code: "closed", Sentence: "No."}, simulate.NewKey(t), rand.Reader)
			w.Write(b)
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := lie(t, answer)
			a, err := l.Submit(context.Background(), l.ballot())
			if !errors.Is(err, client.ErrUntrusted) {
				t.Errorf("%+v, %v", a, err)
			}
			if n := l.posts.Load(); n != 1 {
				t.Errorf("asked %d times", n)
			}
		})
	}
}

func TestIndexOfAnotherRecordIsNotBelieved(t *testing.T) {
	l := lie(t, func(l *liar, w http.ResponseWriter, _ *http.Request, _ []byte) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"index":5,"id":%q}`, strings.Repeat("0", 64))
	})
	closing := l.vote.Officer(&record.Closing{By: 1})
	if _, err := l.Submit(context.Background(), closing); !errors.Is(err, client.ErrUntrusted) {
		t.Error(err)
	}
}

func TestRefusalIsReported(t *testing.T) {
	l := lie(t, func(l *liar, w http.ResponseWriter, _ *http.Request, body []byte) {
		l.refuse(w, 409, &record.Refusal{Scope: l.vote.ID, Record: record.IDOf(body), Code: "closed", Sentence: "Voting has closed."})
	})
	_, err := l.Submit(context.Background(), l.ballot())
	var refused *client.Refused
	if !errors.As(err, &refused) || refused.Code != "closed" || refused.Sentence != "Voting has closed." || len(refused.Raw) == 0 {
		t.Error(err)
	}
	if n := l.posts.Load(); n != 1 {
		t.Errorf("asked %d times", n)
	}
	blind, err := Dial(l.base, nil, client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := blind.Submit(context.Background(), l.vote.Officer(&record.Closing{By: 1})); !errors.As(err, &refused) || refused.Code != "closed" {
		t.Errorf("without trust: %v", err)
	}
	if _, err := blind.Submit(context.Background(), l.ballot()); err == nil || errors.As(err, &refused) {
		t.Errorf("a ballot without trust: %v", err)
	}
}

func TestClientComesBack(t *testing.T) {
	for name, first := range map[string]func(l *liar, w http.ResponseWriter){
		"busy": func(l *liar, w http.ResponseWriter) {
			l.refuse(w, 503, &record.Refusal{Code: "busy", Sentence: "Later."})
		},
		"stopping": func(l *liar, w http.ResponseWriter) {
			l.refuse(w, 503, &record.Refusal{Code: "stopping", Sentence: "Later."})
		},
		"bad gateway":     func(l *liar, w http.ResponseWriter) { w.WriteHeader(502) },
		"connection lost": func(l *liar, w http.ResponseWriter) { panic(http.ErrAbortHandler) },
		"lost in the answer": func(l *liar, w http.ResponseWriter) {
			w.Header().Set("Content-Length", "500")
			w.Write([]byte("half"))
			panic(http.ErrAbortHandler)
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := lie(t, func(l *liar, w http.ResponseWriter, _ *http.Request, body []byte) {
				if l.posts.Load() < 3 {
					first(l, w)
					return
				}
				l.promise(w, &record.Promise{Vote: l.vote.ID, Ballot: record.IDOf(body)})
			})
			if _, err := l.Submit(context.Background(), l.ballot()); err != nil {
				t.Error(err)
			}
			l.posts.Store(-100)
			_, err := l.Submit(context.Background(), l.ballot())
			var refused *client.Refused
			switch name {
			case "busy", "stopping":
				if !errors.As(err, &refused) || refused.Code != name {
					t.Errorf("in the end: %v", err)
				}
			default:
				if err == nil || errors.Is(err, client.ErrUntrusted) {
					t.Errorf("in the end: %v", err)
				}
			}
			if n := l.posts.Load() + 100; n != 4 {
				t.Errorf("asked %d times, want 4", n)
			}
		})
	}
}

func TestContextEndsTheAttempts(t *testing.T) {
	l := lie(t, func(l *liar, w http.ResponseWriter, _ *http.Request, _ []byte) {
		w.Header().Set("Retry-After", "65000")
		l.refuse(w, 503, &record.Refusal{Code: "busy", Sentence: "Later."})
	})
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Millisecond)
	defer cancel()
	began := time.Now()
	_, err := l.Submit(ctx, l.ballot())
	if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) > 5*time.Second {
		t.Errorf("%v after %v", err, time.Since(began))
	}
}

func TestNobodyAtTheAddress(t *testing.T) {
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	lis.Close()
	l := lie(t, func(*liar, http.ResponseWriter, *http.Request, []byte) {})
	_, err = l.clientOf("http://"+lis.Addr().String()).Submit(context.Background(), l.ballot())
	if err == nil || !strings.Contains(err.Error(), "after 4 attempts") {
		t.Error(err)
	}
}

// G3: a board that promises a ballot and then drops it. The promise, which anybody can check, and the board's silence are the evidence.
func TestG3_PromiseOfADroppedBallotIsEvidence(t *testing.T) {
	l := lie(t, func(l *liar, w http.ResponseWriter, r *http.Request, body []byte) {
		if r.Method == http.MethodPost {
			l.promise(w, &record.Promise{Vote: l.vote.ID, Ballot: record.IDOf(body)})
			return
		}
		w.WriteHeader(http.StatusNotFound)
	})
	dropped := l.ballot()
	a, err := l.Submit(context.Background(), dropped)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Receipt(context.Background(), dropped.ID()); !errors.Is(err, client.ErrUnknown) {
		t.Fatalf("the receipt of a dropped ballot: %v", err)
	}
	l.vote.Cast(1, []int{simulate.No})
	l.vote.Finish()
	g, id := l.vote.Org.State.Genesis() // what a third party reads from the log
	board, err := g.Board.Public()
	if err != nil {
		t.Fatal(err)
	}
	var p record.Promise
	if err := record.OpenAnswer(id, a.Promise, &p, board); err != nil {
		t.Fatalf("the promise does not convince a third party: %v", err)
	}
	for _, raw := range l.vote.Org.Log() {
		if record.IDOf(raw) == p.Ballot {
			t.Fatal("the ballot is on the log")
		}
	}
	if p.Ballot != dropped.ID() || p.Vote != l.vote.ID {
		t.Error("the promise is of another ballot")
	}
}

// receiptOf makes a true receipt of a record on an organisation's log.
func receiptOf(t *testing.T, o *simulate.Org, index int) boardlog.Receipt {
	t.Helper()
	var hashes []tlog.Hash
	read := tlog.HashReaderFunc(func(at []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(at))
		for i, x := range at {
			out[i] = hashes[x]
		}
		return out, nil
	})
	for i, raw := range o.Log() {
		hs, err := tlog.StoredHashes(int64(i), raw, read)
		if err != nil {
			t.Fatal(err)
		}
		hashes = append(hashes, hs...)
	}
	proof, err := tlog.ProveRecord(int64(len(o.Log())), int64(index), read)
	if err != nil {
		t.Fatal(err)
	}
	return boardlog.Receipt{
		Record: tlog.Hash(record.IDOf(o.Log()[index])), Index: uint64(index), Hashes: proof, Checkpoint: o.Checkpoint(),
	}
}

func TestReceipt(t *testing.T) {
	var served func() []byte
	l := lie(t, func(_ *liar, w http.ResponseWriter, r *http.Request, _ []byte) { w.Write(served()) })
	o := l.vote.Org
	good := receiptOf(t, o, 5)
	id := record.ID(good.Record)
	served = good.Encode
	if got, err := l.Receipt(context.Background(), id); err != nil || string(got) != string(good.Encode()) {
		t.Fatal(err)
	}
	foreign := simulate.New(t, simulate.Config{})
	for name, bad := range map[string]func() []byte{
		"of another record": receiptOf(t, o, 6).Encode,
		"of another record, with the name of this one": func() []byte {
			r := receiptOf(t, o, 6)
			r.Record = good.Record
			return r.Encode()
		},
		"at another index": func() []byte { r := good; r.Index++; return r.Encode() },
		"under the checkpoint of another log": func() []byte {
			r := good
			r.Checkpoint = foreign.Checkpoint()
			return r.Encode()
		},
		"without a proof": func() []byte { r := good; r.Hashes = nil; return r.Encode() },
		"no receipt":      func() []byte { return []byte("It is there, believe me.\n") },
		"endless":         func() []byte { return make([]byte, boardlog.MaxReceiptSize+1) },
	} {
		served = bad
		if _, err := l.Receipt(context.Background(), id); !errors.Is(err, client.ErrUntrusted) {
			t.Errorf("%s: %v", name, err)
		}
	}
	blind, err := Dial(l.base, nil, client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := blind.Receipt(context.Background(), id); err == nil {
		t.Error("a receipt is believed that nothing vouches for")
	}
}

// G7: a receipt under a checkpoint that is not this log's, in any of the ways in which it might look like one.
func TestG7_CheckpointsOfOthersAreNotBelieved(t *testing.T) {
	var text []byte
	l := lie(t, func(_ *liar, w http.ResponseWriter, _ *http.Request, _ []byte) { w.Write(text) })
	o := l.vote.Org
	receipt := receiptOf(t, o, 5)
	good := string(receipt.Checkpoint)
	size, root := uint64(len(o.Log())), simulate.Root(o.Log())
	foreign := simulate.New(t, simulate.Config{Origin: "other.example/log"})
	twin := simulate.New(t, simulate.Config{}) // the same name and another key
	body, signature, _ := strings.Cut(good, "\n\n")
	for name, checkpoint := range map[string]string{
		"wrong origin, right key":         string(o.SignCheckpoint("other.example/log", size, root, o.LogSigner)),
		"right origin, foreign key":       string(o.SignCheckpoint(o.Config.Origin, size, root, foreign.LogSigner)),
		"right origin, key of a twin":     string(o.SignCheckpoint(o.Config.Origin, size, root, twin.LogSigner)),
		"another root":                    string(o.SignCheckpoint(o.Config.Origin, size, record.ID{1}, o.LogSigner)),
		"no signature":                    body + "\n\n",
		"two signatures, one of them bad": good + strings.Replace(signature, "A", "B", 1),
		"the signature twice":             good + signature,
		"CRLF":                            strings.ReplaceAll(good, "\n", "\r\n"),
		"an extra line":                   body + "\nmore\n\n" + signature,
		"a line too few":                  strings.Replace(good, "\n"+fmt.Sprint(size)+"\n", "\n", 1),
	} {
		if checkpoint == good {
			t.Fatalf("%s: the checkpoint was not changed", name)
		}
		bad := receipt
		bad.Checkpoint = []byte(checkpoint)
		text = bad.Encode()
		if _, err := l.Receipt(context.Background(), record.ID(receipt.Record)); !errors.Is(err, client.ErrUntrusted) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAddresses(t *testing.T) {
	for _, bad := range []string{"", "board.example", "ftp://board.example", "http://", "http://user@board.example", "http://board.example/?q", "http://board.example/#f", "http://%zz"} {
		if _, err := Dial(bad, nil, client.Options{}); err == nil {
			t.Errorf("%q is taken for a board's address", bad)
		}
	}
	c, err := Dial("https://board.example/vote/", nil, client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Trust(nil, record.ID{}); err == nil {
		t.Error("no genesis record is trusted")
	}
	if _, err := c.Trust(&record.Genesis{}, record.ID{}); err == nil {
		t.Error("an empty genesis record is trusted")
	}
}
