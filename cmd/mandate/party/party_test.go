package party_test

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"mandate/ballot/record"
	"mandate/ballot/simulate"
	"mandate/bulletin/client"
	"mandate/cmd/mandate/party"
	"mandate/cmd/mandate/party/partytest"
	"mandate/cmd/mandate/vault"
	"mandate/verifier/boardlog"
)

func TestKeyIsMadeOnceAndKept(t *testing.T) {
	dir := t.TempDir()
	v, err := vault.Create(dir, []byte("x"), vault.Options{WorkFactor: 3})
	if err != nil {
		t.Fatal(err)
	}
	k, err := party.Key(v, "signing-key")
	if err != nil {
		t.Fatal(err)
	}
	other, err := party.Key(v, "other-key")
	if err != nil || other.Public().Equal(k.Public()) {
		t.Errorf("two names, one key (%v)", err)
	}
	if v, err = vault.Open(dir, []byte("x")); err != nil {
		t.Fatal(err)
	}
	if again, err := party.Key(v, "signing-key"); err != nil || !again.Public().Equal(k.Public()) {
		t.Errorf("opened again it is another key (%v)", err)
	}
	if err := v.Write("signing-key", make([]byte, 32)); err != nil { // the zero key
		t.Fatal(err)
	}
	if _, err := party.Key(v, "signing-key"); err == nil {
		t.Error("a key that is none was taken")
	}
	// A key that is there and cannot be read is not replaced.
	name := filepath.Join(dir, "other-key.age")
	if err := os.WriteFile(name, []byte("rubbish"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := party.Key(v, "other-key"); err == nil || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a damaged key: %v", err)
	}
	if b, _ := os.ReadFile(name); string(b) != "rubbish" {
		t.Error("a damaged key was written over")
	}
}

// A board says nothing before its log was read: there is no key yet to believe it with.
func TestABoardThatWasNotRead(t *testing.T) {
	s := httptest.NewServer(http.NotFoundHandler())
	defer s.Close()
	b, err := party.Dial(s.URL, client.Options{Attempts: 1, Wait: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	org := simulate.New(t, simulate.Config{})
	r := org.Sign(org.Genesis, &record.Time{Now: simulate.Begin + 1}, org.Board)
	if _, err := b.Submit(t.Context(), r); err == nil {
		t.Error("submitted")
	}
	if _, err := b.Receipt(t.Context(), r.ID()); err == nil {
		t.Error("receipted")
	}
	if err := b.Records(t.Context(), 0, func(uint64, []byte) error { return nil }); err == nil {
		t.Error("read")
	}
	if err := b.Extends(t.Context(), org.Checkpoint()); err == nil {
		t.Error("compared")
	}
	if err := b.Update(t.Context()); err == nil {
		t.Error("updated")
	}
	if b.Checkpoint() != nil {
		t.Error("a checkpoint")
	}
	if _, err := party.Dial("ftp://x", client.Options{}); err == nil {
		t.Error("dialled")
	}
}

func TestRefusalCode(t *testing.T) {
	if got := party.RefusalCode(fmt.Errorf("sending: %w", &client.Refused{Code: "dup"})); got != "dup" {
		t.Errorf("%q", got)
	}
	if got := party.RefusalCode(errors.New("no route to host")); got != "" {
		t.Errorf("%q", got)
	}
}

// The board in memory behaves as the others' tests expect of it.
func TestPartytest(t *testing.T) {
	org := simulate.New(t, simulate.Config{})
	board := partytest.New(org)
	v := board.View()
	if err := v.Update(t.Context()); err != nil {
		t.Fatal(err)
	}
	before := v.Checkpoint()
	id, err := party.Post(t.Context(), v, org.Genesis, &record.Time{Now: simulate.Begin + 5}, org.Board)
	if err != nil {
		t.Fatal(err)
	}
	if err := v.Update(t.Context()); err != nil || v.State().Now() != simulate.Begin+5 {
		t.Errorf("%d, %v", v.State().Now(), err)
	}
	if err := v.Extends(t.Context(), before); err != nil {
		t.Error(err)
	}
	text, err := v.Receipt(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	policy, err := partytest.Policy(org)
	if err != nil {
		t.Fatal(err)
	}
	receipt, err := boardlog.ParseReceipt(text)
	if err == nil {
		_, err = receipt.Verify(policy)
	}
	if err != nil || record.ID(receipt.Record) != id {
		t.Errorf("%v, %v", receipt.Record, err)
	}
	n := 0
	if err := v.Records(t.Context(), 1, func(uint64, []byte) error { n++; return nil }); err != nil || n != int(v.State().Size())-1 {
		t.Errorf("%d records, %v", n, err)
	}
	_, err = party.Post(t.Context(), v, record.ID{1}, &record.Time{Now: 1}, org.Board)
	if party.RefusalCode(err) != "scope" {
		t.Errorf("got %v", err)
	}
	if _, err := v.Receipt(t.Context(), record.ID{1}); !errors.Is(err, client.ErrUnknown) {
		t.Errorf("got %v", err)
	}
	fork := partytest.New(org.Until(1)).View()
	if err := fork.Update(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := fork.Extends(t.Context(), before); !errors.Is(err, boardlog.ErrStale) {
		t.Errorf("got %v", err)
	}
}
