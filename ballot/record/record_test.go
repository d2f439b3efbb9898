package record

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"mandate/ballot/contest"
	"mandate/crypto/sigma"
)

func newKey(t testing.TB) sigma.SecretKey {
	t.Helper()
	k, err := sigma.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// fill draws a value for everything in a body.
func fill(t *rapid.T, v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[contest.Contest]() {
			fillContest(t, v.Addr().Interface().(*contest.Contest))
			return
		}
		for i := range v.NumField() {
			if v.Type().Field(i).Name != "_" {
				fill(t, v.Field(i))
			}
		}
	case reflect.String:
		v.SetString(rapid.String().Draw(t, "string"))
	case reflect.Uint64:
		edges := rapid.SampledFrom([]uint64{0, 23, 24, 255, 256, 65535, 65536, 1<<32 - 1, 1 << 32, 1<<64 - 1})
		v.SetUint(rapid.OneOf(edges, rapid.Uint64()).Draw(t, "integer"))
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, "bool"))
	case reflect.Array:
		reflect.Copy(v, reflect.ValueOf(rapid.SliceOfN(rapid.Byte(), v.Len(), v.Len()).Draw(t, "bytes")))
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			v.SetBytes(rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "bytes"))
			return
		}
		n := rapid.IntRange(0, 3).Draw(t, "length")
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			fill(t, v.Index(i))
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for k, s := range rapid.MapOfN(rapid.StringMatching(`[a-z]{1,40}`), rapid.String(), 0, 20).Draw(t, "map") {
			v.SetMapIndex(reflect.ValueOf(k), reflect.ValueOf(s))
		}
	case reflect.Pointer:
		if rapid.Bool().Draw(t, "there") {
			v.Set(reflect.New(v.Type().Elem()))
			fill(t, v.Elem())
		}
	default:
		t.Fatalf("a body has a %v", v.Type())
	}
}

// fillContest is fill for a contest, which has other fields for each kind.
func fillContest(t *rapid.T, c *contest.Contest) {
	c.Kind = rapid.SampledFrom([]string{contest.KindChoice, contest.KindRanked}).Draw(t, "kind")
	parts := []any{&c.ID, &c.Title, &c.Options, &c.Shuffled}
	if c.Kind == contest.KindChoice {
		parts = append(parts, &c.Min, &c.Max, &c.Decision)
	} else {
		parts = append(parts, &c.Depth, &c.Ranking)
	}
	for _, p := range parts {
		fill(t, reflect.ValueOf(p).Elem())
	}
}

// What is encoded is decoded again, to the same value, id and bytes: for every kind, with whatever in its fields.
func TestEveryKindRoundTrips(t *testing.T) {
	kinds := Kinds()
	slices.Sort(kinds)
	if len(kinds) != 49 {
		t.Errorf("%d kinds: %v", len(kinds), kinds)
	}
	for _, kind := range kinds {
		t.Run(kind, rapid.MakeCheck(func(t *rapid.T) {
			body := newBody(kind)
			if body.Kind() != kind {
				t.Fatalf("%q makes a %q", kind, body.Kind())
			}
			fill(t, reflect.ValueOf(body).Elem())
			scope := ID(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "scope"))
			seal := rapid.SliceOfN(rapid.Byte(), 0, 100).Draw(t, "seal")
			payload, err := Payload(scope, body)
			if err != nil {
				t.Fatal(err)
			}
			rec, err := Assemble(payload, seal)
			if err != nil {
				var f *FormError
				if errors.As(err, &f) && f.Code == CodeOversize && len(payload) > MaxSize-200 {
					return
				}
				t.Fatal(err)
			}
			if rec.Kind() != kind || rec.Scope != scope || !bytes.Equal(rec.Seal(), seal) || !bytes.Equal(rec.Payload(), payload) || rec.ID() != IDOf(rec.Raw()) {
				t.Fatalf("decoded as another record")
			}
			if !equal(reflect.ValueOf(rec.Body), reflect.ValueOf(body)) {
				t.Fatalf("decoded as\n%+v\nwant\n%+v", rec.Body, body)
			}
			again, err := Decode(slices.Clone(rec.Raw()))
			if err != nil || again.ID() != rec.ID() {
				t.Fatalf("decoded again: %v", err)
			}
		}))
	}
}

// equal is reflect.DeepEqual, for which an empty slice is like none.
func equal(a, b reflect.Value) bool {
	switch a.Kind() {
	case reflect.Pointer:
		if a.IsNil() || b.IsNil() {
			return a.IsNil() && b.IsNil()
		}
		return equal(a.Elem(), b.Elem())
	case reflect.Struct:
		for i := range a.NumField() {
			if !equal(a.Field(i), b.Field(i)) {
				return false
			}
		}
		return true
	case reflect.Slice:
		if a.Len() != b.Len() {
			return false
		}
		for i := range a.Len() {
			if !equal(a.Index(i), b.Index(i)) {
				return false
			}
		}
		return true
	case reflect.Map:
		return a.Len() == b.Len() && (a.Len() == 0 || reflect.DeepEqual(a.Interface(), b.Interface()))
	}
	return reflect.DeepEqual(a.Interface(), b.Interface())
}

func TestSignatures(t *testing.T) {
	key, genesis := newKey(t), ID{1}
	rec, err := Sign(genesis, ID{2}, &Closing{By: 1}, key, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if err := rec.VerifySignature(genesis, key.Public()); err != nil {
		t.Error(err)
	}
	if err := rec.VerifySignature(ID{3}, key.Public()); err == nil {
		t.Error("C5: the record of another log verifies")
	}
	if err := rec.VerifySignature(genesis, newKey(t).Public()); err == nil {
		t.Error("another author's record verifies")
	}
	if err := rec.VerifySignature(genesis, sigma.PublicKey{}); err == nil {
		t.Error("verifies under no key")
	}
	for i := range rec.Seal() {
		seal := slices.Clone(rec.Seal())
		seal[i] ^= 1
		other, err := Assemble(rec.Payload(), seal)
		if err != nil {
			t.Fatal(err)
		}
		if err := other.VerifySignature(genesis, key.Public()); err == nil {
			t.Errorf("with byte %d of the seal changed it verifies", i)
		}
	}
	for _, seal := range [][]byte{nil, {0}, make([]byte, 63), make([]byte, 64), make([]byte, 65)} {
		other, err := Assemble(rec.Payload(), seal)
		if err != nil {
			t.Fatal(err)
		}
		if err := other.VerifySignature(genesis, key.Public()); err == nil {
			t.Errorf("a seal of %d zeros verifies", len(seal))
		}
	}
}

// The seal of a record of one kind, scope or body is none of another, also where the bodies are alike.
func TestJ10_SealsDoNotMoveBetweenRecords(t *testing.T) {
	key, genesis := newKey(t), ID{1}
	type scoped struct {
		scope ID
		body  Body
	}
	all := []scoped{
		{ID{2}, &Closing{By: 1}}, {ID{3}, &Closing{By: 1}}, {ID{2}, &Closing{By: 2}}, {ID{2}, &Time{Now: 1}}, {ID{2}, &Seal{}},
		{ID{2}, &Issue{Registrar: 1, Entry: 1}}, {ID{2}, &KeygenAccept{Trustee: 1, Attempt: 1}}, {ID{2}, &Issues{Registrar: 1, Entries: []uint64{1}}},
		{ID{2}, &RollAccept{Registrar: 1}}, {ID{2}, &KeygenCommit{Trustee: 1}},
	}
	for i, from := range all {
		signed, err := Sign(genesis, from.scope, from.body, key, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		for j, to := range all {
			payload, err := Payload(to.scope, to.body)
			if err != nil {
				t.Fatal(err)
			}
			rec, err := Assemble(payload, signed.Seal())
			if err != nil {
				t.Fatal(err)
			}
			if err := rec.VerifySignature(genesis, key.Public()); (err == nil) != (i == j) {
				t.Errorf("seal of %s %d on %s %d: %v", from.body.Kind(), i, to.body.Kind(), j, err)
			}
		}
		// Nor is it the signature of an answer.
		for _, a := range []Answer{&Promise{}, &Refusal{}} {
			b, err := Encode(envelope{Payload: signed.Payload(), Seal: signed.Seal()})
			if err != nil {
				t.Fatal(err)
			}
			if err := OpenAnswer(genesis, b, a, key.Public()); err == nil {
				t.Errorf("a %s record is a %s", from.body.Kind(), a.tag())
			}
		}
	}
}

func TestAnswers(t *testing.T) {
	key, genesis := newKey(t), ID{1}
	promise := &Promise{Vote: ID{2}, Ballot: ID{3}, At: 4}
	refusal := &Refusal{Scope: ID{2}, Record: ID{3}, Code: "proof", Sentence: "The proof does not hold.", At: 5}
	p, err := SignAnswer(genesis, promise, key, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	r, err := SignAnswer(genesis, refusal, key, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	var gotP Promise
	if err := OpenAnswer(genesis, p, &gotP, key.Public()); err != nil || gotP != *promise {
		t.Errorf("%+v, %v", gotP, err)
	}
	var gotR Refusal
	if err := OpenAnswer(genesis, r, &gotR, key.Public()); err != nil || gotR != *refusal {
		t.Errorf("%+v, %v", gotR, err)
	}
	// J10: neither is the other, another log's, another board's, or a record.
	if err := OpenAnswer(genesis, r, &Promise{}, key.Public()); err == nil {
		t.Error("a refusal is a promise")
	}
	if err := OpenAnswer(genesis, p, &Refusal{}, key.Public()); err == nil {
		t.Error("a promise is a refusal")
	}
	if err := OpenAnswer(ID{9}, p, &Promise{}, key.Public()); err == nil {
		t.Error("C5: another log's promise holds")
	}
	if err := OpenAnswer(genesis, p, &Promise{}, newKey(t).Public()); err == nil {
		t.Error("another board's promise holds")
	}
	if _, err := Decode(p); err == nil {
		t.Error("a promise is a record")
	}
	// A promise with another tag, signed by the board: the tag is checked, not trusted.
	var e envelope
	if err := DecodeStrict(p, &e); err != nil {
		t.Fatal(err)
	}
	odd := *promise
	odd.Tag = "refusal"
	payload, err := Encode(&odd)
	if err != nil {
		t.Fatal(err)
	}
	sig, err := sigma.Sign(answered(genesis, promise, payload), key, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	b, err := Encode(envelope{Payload: payload, Seal: sig})
	if err != nil {
		t.Fatal(err)
	}
	if err := OpenAnswer(genesis, b, &Promise{}, key.Public()); err == nil {
		t.Error("a promise that calls itself a refusal holds")
	}
	// Nothing follows an answer or its payload, whether it is signed or not.
	if err := OpenAnswer(genesis, append(slices.Clone(p), 0), &Promise{}, key.Public()); err == nil {
		t.Error("a promise with a byte after it holds")
	}
	payload = append(slices.Clone(e.Payload), 0)
	if sig, err = sigma.Sign(answered(genesis, promise, payload), key, rand.Reader); err != nil {
		t.Fatal(err)
	}
	if b, err = Encode(envelope{Payload: payload, Seal: sig}); err != nil {
		t.Fatal(err)
	}
	if err := OpenAnswer(genesis, b, &Promise{}, key.Public()); err == nil {
		t.Error("a promise with a byte after its payload, signed, holds")
	}
	for i := range p {
		changed := slices.Clone(p)
		changed[i] ^= 1
		if err := OpenAnswer(genesis, changed, &Promise{}, key.Public()); err == nil {
			t.Errorf("with byte %d changed the promise holds", i)
		}
		if err := OpenAnswer(genesis, p[:i], &Promise{}, key.Public()); err == nil {
			t.Errorf("the first %d bytes of a promise hold", i)
		}
	}
}

// Ids are 256 bits wherever they are compared; the short form is for the eye.
func TestC10_IDsAreNotCutShort(t *testing.T) {
	id := IDOf([]byte("record"))
	parsed, err := ParseID(id.String())
	if err != nil || parsed != id {
		t.Fatal(err)
	}
	if len(id) < 16 || !strings.HasPrefix(id.String(), id.Short()) {
		t.Error("an id is short")
	}
	for _, s := range []string{"", id.Short(), id.String()[:63], id.String() + "0", strings.Repeat("g", 64), " " + id.String()[1:], "0x" + id.String()[2:]} {
		if _, err := ParseID(s); err == nil {
			t.Errorf("%q is an id", s)
		}
		var got ID
		if err := got.UnmarshalText([]byte(s)); err == nil || got != (ID{}) {
			t.Errorf("%q is an id in text", s)
		}
	}
	b, err := json.Marshal(map[string]ID{"id": id})
	if err != nil || string(b) != `{"id":"`+id.String()+`"}` {
		t.Errorf("%s, %v", b, err)
	}
	var back map[string]ID
	if err := json.Unmarshal(b, &back); err != nil || back["id"] != id {
		t.Error(err)
	}
}

// The id is the RFC 6962 leaf hash: of no bytes, RFC 9162's test value SHA-256(0x00).
func TestIDIsTheLeafHash(t *testing.T) {
	if got, want := IDOf(nil).String(), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"; got != want {
		t.Errorf("id of no bytes is %s, want %s", got, want)
	}
}

func TestKeys(t *testing.T) {
	k := newKey(t).Public()
	key := Key(k.Encoding())
	got, err := key.Public()
	if err != nil || !got.Equal(k) || key.String() != hex.EncodeToString(key[:]) {
		t.Error(err)
	}
	for _, bad := range []Key{{}, {1}, {31: 0x80}, {0: 0xff, 31: 0xff}} { // B6: the identity is no key
		if _, err := bad.Public(); err == nil {
			t.Errorf("%v is a key", bad)
		}
	}
}

func TestElements(t *testing.T) {
	a, b := newKey(t).Public(), newKey(t).Public()
	es, err := Elements(slices.Concat(a.Bytes(), b.Bytes()))
	if err != nil || len(es) != 2 || !es[0].Equal(a.Element()) || !es[1].Equal(b.Element()) {
		t.Errorf("%v, %v", es, err)
	}
	if es, err := Elements(nil); err != nil || len(es) != 0 {
		t.Errorf("%v, %v", es, err)
	}
	for _, bad := range [][]byte{a.Bytes()[:31], append(a.Bytes(), 0), append(a.Bytes(), bytes.Repeat([]byte{0xff}, 32)...)} {
		if _, err := Elements(bad); err == nil {
			t.Errorf("%x: accepted", bad)
		}
	}
}
