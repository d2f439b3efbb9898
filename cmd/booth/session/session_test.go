package session

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"

	"mandate/cmd/booth/member"
)

// offline is a session on a machine without a network.
func offline(t testing.TB, s Store) *Session {
	t.Helper()
	out, err := New(Env{Fetch: func(context.Context, Request) (Reply, error) { return Reply{}, errors.New("no network") }, Store: s}, "https://board.example", "en")
	if err != nil {
		t.Fatal(err)
	}
	out.board.client = nil
	return out
}

func TestAddressesThatAreNone(t *testing.T) {
	for _, address := range []string{"", "/", "board.example", "javascript:alert(1)", "https://board.example/?x=1", "https://user@board.example", strings.Repeat("https://a", 99)} {
		if _, err := New(Env{}, address, "en"); err == nil {
			t.Errorf("%q is taken", address)
		}
	}
}

// A store that does nothing is said to be one, and a session without a store has one that passes.
type broken struct{ Store }

func (broken) Keys(context.Context, string) ([]string, error) { return nil, errors.New("quota") }

func TestStoreThatFails(t *testing.T) {
	_, err := offline(t, broken{}).Call(t.Context(), "cards.list", nil, nil)
	var f *Failure
	if !errors.As(err, &f) || f.Code != member.CodeStorage {
		t.Error(err)
	}
	if got, err := offline(t, nil).Call(t.Context(), "cards.list", nil, nil); err != nil || len(got.([]any)) != 0 {
		t.Error(got, err)
	}
}

func TestKeepRemembersWhatItHasRead(t *testing.T) {
	v := newVault(make(passing))
	k := v.keep([32]byte{1})
	if _, err := k.Get(t.Context(), "memory"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	if err := k.Put(t.Context(), "memory", []byte("a")); err != nil || string(k.known["memory"]) != "a" {
		t.Error(err)
	}
	if err := k.Put(t.Context(), member.Evidence+"x", []byte("what they did")); err != nil || v.evidence != "what they did" {
		t.Error(err, v.evidence)
	}
	if err := k.setLabel(t.Context(), func(l *label) { l.Name, l.Kept = "Ana", true }); err != nil {
		t.Fatal(err)
	}
	if l := v.keep([32]byte{1}).label(t.Context()); l.Name != "Ana" || !l.Kept {
		t.Errorf("%+v", l)
	}
}

func TestHost(t *testing.T) {
	for in, want := range map[string]string{"https://A.example/x/y": "https://a.example", "http://a:80": "http://a:80"} {
		if got := host(in); got != want {
			t.Errorf("%s: %s", in, got)
		}
	}
}

// Whatever a page hands over, a call comes back with a Failure that says something, and without a panic.
func FuzzCall(f *testing.F) {
	f.Add("vote.load", `{"vote":"00"}`)
	f.Add("ballot.prepare", `{"vote":"`+strings.Repeat("1", 64)+`","selections":[[0,1],[]]}`)
	f.Add("card.restore", `{"file":"mandate voter card, version 1\n","codes":["x"]}`)
	f.Add("card.restore", `{"words":["abandon"],"codes":["7KQ2-M9XA-03FT-H6ZB-WE8R-5YNC-1DPV"]}`)
	f.Add("opened.check", `{"text":"mandate opened ballot, version 1\nAAAA"}`)
	f.Add("receipt.check", `{"text":"c2sp.org/tlog-proof@v1\n"}`)
	f.Add("ballot.fault", `{"vote":"`+strings.Repeat("1", 64)+`","ballot":"`+strings.Repeat("2", 64)+`"}`)
	f.Add("ballot.cast", `{"handle":{}}`)
	names := slices.Sorted(maps.Keys(methods))
	f.Fuzz(func(t *testing.T, method, params string) {
		var values map[string]any
		if json.Unmarshal([]byte(params), &values) != nil {
			return
		}
		if !slices.Contains(names, method) && len(method) > 0 {
			method = names[int(method[0])%len(names)]
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel() // nobody waits for a network that is not there
		s := offline(t, nil)
		_, err := s.Call(ctx, method, values, nil)
		var failure *Failure
		if err != nil && (!errors.As(err, &failure) || failure.Code == "" || failure.Sentence == "") {
			t.Errorf("%s: %v", method, err)
		}
	})
}
