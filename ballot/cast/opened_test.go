package cast

import (
	"bytes"
	"crypto/rand"
	"reflect"
	"strings"
	"testing"

	"mandate/ballot/contest"
	"mandate/ballot/record"
)

func openedBallot(t testing.TB, contests []contest.Contest, selections ...[]int) (*testVote, *Opened) {
	t.Helper()
	v := newVote(t, contests)
	rec, o := v.ballot(t, v.credential(t), selections...)
	return v, &Opened{Vote: v.Vote, Opening: o, Record: rec}
}

func TestOpenedBallotsAsText(t *testing.T) {
	v, o := openedBallot(t, mixedContests(), []int{1}, []int{3, 0, 2}, []int{59, 7}, []int{0})
	whole, err := o.Encode()
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{
		"as it was written": whole, "through an editor": bytes.ReplaceAll(whole, []byte("\n"), []byte("\r\n")),
		"on one line": []byte(openedTitle + "\n" + strings.Join(strings.Split(string(whole), "\n")[1:], "")),
	} {
		got, err := ParseOpened(text)
		if err != nil || got.Vote != v.Vote || got.Record.ID() != o.Record.ID() || got.BallotKey() != o.BallotKey() {
			t.Errorf("%s: %v", name, err)
			continue
		}
		// A ranking is in its order, the most preferred first.
		if err := v.form.Recheck(v.Context, got.Opening, got.Record); err != nil || !reflect.DeepEqual(got.Opening.Selections(), [][]int{{1}, {3, 0, 2}, {59, 7}, {0}}) {
			t.Errorf("%s: %v, %v", name, got.Opening.Selections(), err)
		}
	}
	other, err := (&Opened{Vote: record.ID{9}, Opening: o.Opening, Record: o.Record}).Encode()
	if err != nil {
		t.Fatal(err)
	}
	check, err := NewCheck(testGenesis, v.Context, v.credential(t), o.Record.ID(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	noBallot, err := (&Opened{Vote: v.Vote, Opening: o.Opening, Record: check}).Encode()
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{
		"nothing": nil, "no title": whole[1:], "cut short": whole[:len(whole)/2], "too long": append(bytes.Clone(whole), make([]byte, MaxOpened)...),
		"a letter more": append(bytes.Clone(whole), 'A'), "not base64": append(bytes.Clone(whole), '='), "of another vote": other, "a check record": noBallot,
		"another version": bytes.Replace(whole, []byte("version 1"), []byte("version 2"), 1),
	} {
		if _, err := ParseOpened(text); err == nil || !strings.Contains(err.Error(), "the opened ballot") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzParseOpened(f *testing.F) {
	_, o := openedBallot(f, threeContests(), []int{0}, []int{1, 2}, []int{0})
	b, err := o.Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte(openedTitle + "\n"))
	f.Add([]byte(openedTitle + "\ng1gg"))
	f.Fuzz(func(t *testing.T, b []byte) {
		o, err := ParseOpened(b)
		if err != nil {
			return
		}
		again, err := o.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if p, err := ParseOpened(again); err != nil || p.Vote != o.Vote || p.Opening.Ballot != o.Opening.Ballot || p.Record.ID() != o.Record.ID() {
			t.Errorf("read again: %v", err)
		}
	})
}
