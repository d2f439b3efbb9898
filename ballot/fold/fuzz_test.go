package fold_test

import (
	"bytes"
	"testing"

	"github.com/fxamacker/cbor/v2"

	"mandate/ballot/contest"
	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/simulate"
)

// moments are the states of the story before each of its records.
func moments(f *testing.F) (log [][]byte, states []*fold.State) {
	f.Helper()
	o := simulate.New(f, simulate.Config{
		Members: 3, Revote: true, Relays: 1, Witnesses: 1,
		Contests: []contest.Contest{simulate.YesNo("question"), simulate.Rank("board", contest.MethodIRV, 3, 3, 1)},
	})
	r := o.Round()
	o.Remove(r.Manifest.Roll, true, 0, 2)
	o.Remove(r.Manifest.Roll, false, 0)
	r.Cards(0, 1)
	v := r.Vote()
	v.Ceremony()
	v.Open()
	v.Cast(0, v.Choice(0)...)
	v.Check(1, record.ID{1})
	v.Fault(1, record.ID{1})
	v.Cast(1, v.Choice(1)...)
	v.Finish()
	log = o.Log()
	for n := range log {
		states = append(states, v.Org.Until(n).State)
	}
	return log, states
}

// FuzzApply puts bytes on the log in place of one of its records: the record with a change, or anything else. Nothing may panic, and nothing
// but the record itself may be accepted: every byte of a record is covered by its signature or proof, and has one form only.
func FuzzApply(f *testing.F) {
	log, states := moments(f)
	for n, raw := range log {
		f.Add(uint8(n), uint16(len(raw)/2), byte(1), []byte(nil))
		f.Add(uint8(n), uint16(len(raw)-1), byte(0x80), []byte(nil))
		f.Add(uint8(n), uint16(7*n%len(raw)), byte(0xff), []byte{byte(n), 0})
		f.Add(uint8(n), uint16(0), byte(0), log[(n+1)%len(log)])
	}
	f.Fuzz(func(t *testing.T, place uint8, at uint16, flip byte, other []byte) {
		n := int(place) % len(log)
		raw := bytes.Clone(log[n])
		switch {
		case flip == 0:
			raw = other // not a change of the record
		case len(other) > 0:
			cut := int(at) % len(raw)
			raw = append(append(raw[:cut:cut], other...), log[n][cut+1:]...)
		default:
			raw[int(at)%len(raw)] ^= flip
		}
		got := states[n].Judge(states[n].Prepare([][]byte{raw})[0])
		if got.Status == fold.Accepted && !known(log, raw) {
			t.Fatalf("accepted in place of record %d: %x", n, raw)
		}
		if got.Status != fold.Accepted && (got.Code == "" || got.Err == nil) || got.Status == 0 {
			t.Fatalf("outcome %+v", got)
		}
	})
}

// known reports whether bytes are a record of the log, which may be accepted at more places than its own.
func known(log [][]byte, raw []byte) bool {
	for _, r := range log {
		if bytes.Equal(r, raw) {
			return true
		}
	}
	return false
}

// FuzzApplyPayload has the board and an officer sign any payload: dishonest parties with keys cannot make anything panic either.
func FuzzApplyPayload(f *testing.F) {
	v := simulate.Whole(f, simulate.Config{Members: 3, Revote: true, Relays: 1, Witnesses: 1})
	log := v.Org.Log()
	orgs := []*simulate.Org{v.Org, v.Org.Until(3), v.Org.Until(len(log) * 3 / 10), v.Org.Until(len(log) * 6 / 10), v.Org.Until(len(log) * 9 / 10)}
	for n, raw := range log {
		r, err := record.Decode(raw)
		if err != nil {
			f.Fatal(err)
		}
		b, err := record.Encode(r.Body)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(uint8(n), r.Kind(), r.Scope[:], b)
	}
	keys := append([]simulate.Trustee{{Key: v.Org.Board}, {Key: v.Org.Commission[0]}, {Key: v.Relays[0]}}, v.Trustees...)
	for _, g := range v.Round.Registrars {
		keys = append(keys, simulate.Trustee{Key: g.Key})
	}
	f.Fuzz(func(t *testing.T, pick uint8, kind string, scope, encoded []byte) {
		if len(scope) != 32 {
			return
		}
		body := bodyOf(kind, encoded)
		if body == nil {
			return
		}
		o := orgs[int(pick)%len(orgs)].For(t)
		raw := o.Sign(record.ID(scope), body, keys[int(pick)/len(orgs)%len(keys)].Key).Raw()
		judged := o.Judge(raw)
		if judged.Status == fold.Void {
			return
		}
		s := o.Fork()
		if got := s.Append(raw); got.Status != judged.Status || got.Code != judged.Code {
			t.Fatalf("judged %v, applied %v", judged, got)
		}
		s.Append(raw)
	})
}

// bodyOf decodes a body of a kind, or returns nil.
func bodyOf(kind string, encoded []byte) record.Body {
	payload, err := record.Encode([]any{kind, make([]byte, 32), cbor.RawMessage(encoded)})
	if err != nil {
		return nil
	}
	envelope, err := record.Encode([]any{payload, []byte{}})
	if err != nil {
		return nil
	}
	r, err := record.Decode(envelope)
	if err != nil {
		return nil
	}
	return r.Body
}
