package fold_test

import (
	"testing"

	"mandate/ballot/credential"
	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/simulate"
	"mandate/crypto/sigma"
)

// pool has so many members conspire with all of n registrars but the first, who signs once for each of them. The conspirators have five
// keys, of which the honest registrar has signed the first. Each of the ballots that they try, with every signature of the dishonest
// registrars right, is put to the fold; at most one credential a member may ever vote.
func pool(t *testing.T, n, members int, attempts func(honest [][]byte, try func(key int, honestPart []byte))) {
	o := simulate.New(t, simulate.Config{Members: members, Registrars: n})
	r := o.Round()
	v := r.Vote()
	v.Ceremony()
	v.Open()
	s := &scene{t: t, o: o, r: r, v: v}
	var keys []sigma.SecretKey
	var honest, rest [][]byte
	for i := range 5 {
		k := simulate.NewKey(t)
		msg := credential.Message(r.ID, 0, k.Public().Encoding())
		keys = append(keys, k)
		if i < members {
			honest = append(honest, signBlindly(s, r.Registrars[0].Slots[0], msg[:]))
		}
		var others []byte
		for _, g := range r.Registrars[1:] {
			others = append(others, signBlindly(s, g.Slots[0], msg[:])...)
		}
		rest = append(rest, others)
	}
	var entries []uint64
	for i := range members {
		entries = append(entries, uint64(i))
	}
	for i := range r.Registrars {
		o.Post(r.By(i+1, &record.Issues{Registrar: uint64(i + 1), Entries: entries}))
	}
	voted := make(map[int]bool)
	try := func(key int, honestPart []byte) {
		t.Helper()
		if voted[key] {
			return
		}
		f := v.Forge(&credential.Credential{Key: keys[key].Public().Encoding()}, []int{simulate.Yes})
		f.Key, f.Body.Signatures = keys[key], append(append([]byte{}, honestPart...), rest[key]...)
		got := o.Append(f.Record().Raw())
		switch {
		case got.Status == fold.Accepted:
			voted[key] = true
		case got.Code != "signatures" && got.Code != "form":
			t.Errorf("key %d: %v", key, got)
		}
	}
	if attempts == nil {
		attempts = func(honest [][]byte, try func(int, []byte)) {
			for key := range keys {
				try(key, honest[min(key, len(honest)-1)])
			}
		}
	}
	attempts(honest, try)
	if len(voted) != members || v.State().Counted() != uint64(members) {
		t.Errorf("%d members have %d credentials that hold, %d counted", members, len(voted), v.State().Counted())
	}
	v.Close()
	v.Promises()
	v.Seal()
	v.Tally()
}
