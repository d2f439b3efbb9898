package record

import (
	"bytes"
	"testing"

	"mandate/ballot/contest"
	"mandate/crypto/mixnet"
	"mandate/crypto/sigma"
)

func TestMixes(t *testing.T) {
	choice, ranked := contest.Contest{Kind: contest.KindChoice}, contest.Contest{Kind: contest.KindRanked}
	for _, one := range []struct {
		contests []contest.Contest
		t, m     uint64
		want     bool
	}{
		{[]contest.Contest{choice}, 2, 0, true}, {[]contest.Contest{choice, choice}, 2, 2, false}, {nil, 1, 0, true}, {nil, 1, 1, false},
		{[]contest.Contest{ranked}, 2, 0, false}, {[]contest.Contest{ranked}, 2, 1, false}, {[]contest.Contest{ranked}, 2, 2, true},
		{[]contest.Contest{choice, ranked}, 2, 3, true}, {[]contest.Contest{choice, ranked}, 2, 4, false}, {[]contest.Contest{ranked}, 1, 1<<64 - 1, false},
	} {
		v := &Vote{Contests: one.contests, Trustees: make([]Trustee, 3), Threshold: one.t, Mixes: one.m}
		if err := v.CheckMixes(); (err == nil) != one.want {
			t.Errorf("%d contests, t = %d, m = %d of 3: %v", len(one.contests), one.t, one.m, err)
		}
	}
}

// J12: a manifest with a contest of a kind that nobody knows has no structure that anybody knows.
func TestJ12_UnknownKindOfContest(t *testing.T) {
	payload, err := Payload(ID{}, &Vote{Contests: []contest.Contest{{ID: "c", Kind: contest.KindChoice}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Assemble(payload, nil); err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"ranked", "Choice", "approve"} { // the first has another structure
		other := bytes.Replace(payload, append([]byte{0x66}, "choice"...), append([]byte{0x60 | byte(len(kind))}, kind...), 1)
		if bytes.Equal(other, payload) {
			t.Fatal("the test changes nothing")
		}
		if _, err := Assemble(other, nil); code(err) != CodeMalformed {
			t.Errorf("%s: %v", kind, err)
		}
	}
	if _, err := Payload(ID{}, &Vote{Contests: []contest.Contest{{Kind: "approval"}}}); err == nil {
		t.Error("a contest of a kind nobody knows is encoded")
	}
}

// Parts of a mix and of a decryption fit into a record, whatever their numbers.
func TestPartsFit(t *testing.T) {
	const large = 1<<64 - 1
	for _, body := range []Body{
		&Mix{Trustee: large, Contest: large, Stage: large, Part: large, Data: make([]byte, mixnet.PartSize)},
		&Decryption{Trustee: large, Contest: large, Part: large, Shares: make([]byte, 32*MaxDecryption), Proof: make([]byte, sigma.EqualLogsSize)},
	} {
		if rec, err := Sign(ID{1}, ID{2}, body, newKey(t), zeros{}); err != nil {
			t.Errorf("%s: %v", body.Kind(), err)
		} else if len(rec.Raw()) > MaxSize {
			t.Errorf("%s: %d bytes", body.Kind(), len(rec.Raw()))
		}
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }
