package client

import (
	"crypto/rand"
	"fmt"
	"testing"

	"mandate/ballot/record"
	"mandate/ballot/simulate"
)

func TestWaitingIsBounded(t *testing.T) {
	if got := (Answer{RetryAfter: "65000"}).retryAfter(); got != maxRetryAfter {
		t.Errorf("a client lets itself be told to wait %v", got)
	}
}

func FuzzAnswer(f *testing.F) {
	o := simulate.New(f, simulate.Config{})
	c, err := New(nil, nil, Options{}).Trust(o.GenesisBody(), o.Genesis)
	if err != nil {
		f.Fatal(err)
	}
	r := o.Officer(o.Genesis, &record.Round{By: 1})
	refusal, err := record.SignAnswer(o.Genesis, &record.Refusal{Record: r.ID(), Code: "roll", Sentence: "No."}, o.Board, rand.Reader)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(409, typeRefusal, refusal)
	f.Add(200, "application/json", []byte(fmt.Sprintf(`{"index":1,"id":%q}`, r.ID())))
	f.Add(200, "application/json", []byte(`{"index":1,"id":"00"}`))
	f.Add(503, "text/plain", []byte("busy\n"))
	f.Fuzz(func(t *testing.T, status int, kind string, body []byte) {
		got, err := c.accepted(r, Answer{Status: status, Type: kind, Body: body})
		if (got == nil) == (err == nil) {
			t.Fatalf("%v, %v", got, err)
		}
	})
}
