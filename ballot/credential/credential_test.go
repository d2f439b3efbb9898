package credential

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"mandate/ballot/record"
	"mandate/crypto/blind"
	"mandate/crypto/blind/blindtest"
	"mandate/crypto/sigma"
	"mandate/crypto/transcript"
)

const (
	registrars = 3
	slots      = 4
)

// A round of three registrars with four slots.
type testRound struct {
	genesis, id record.ID
	keys        []sigma.SecretKey
	issuers     []*Issuer
	public      [][]*blind.PublicKey // per registrar, per slot
}

func newRound(t testing.TB) *testRound {
	t.Helper()
	r := &testRound{genesis: record.ID{1}, id: record.ID{2}}
	for i := range registrars {
		key, err := sigma.GenerateKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		r.keys = append(r.keys, key)
		var secret []*blind.SecretKey
		var public []*blind.PublicKey
		for slot := range slots {
			k := blindtest.Key(t, slots*i+slot)
			secret, public = append(secret, k), append(public, k.Public())
		}
		issuer, err := NewIssuer(r.id, uint64(i+1), secret)
		if err != nil {
			t.Fatal(err)
		}
		r.issuers, r.public = append(r.issuers, issuer), append(r.public, public)
	}
	return r
}

// answer is what an honest registrar (from 1) answers to a request for an entry.
func (r *testRound) answer(t testing.TB, registrar uint64, entry uint64, request []byte) *Answer {
	t.Helper()
	signed, err := r.issuers[registrar-1].Sign(request)
	if err != nil {
		t.Fatal(err)
	}
	issue, err := record.Sign(r.genesis, r.id, &record.Issue{Registrar: registrar, Entry: entry}, r.keys[registrar-1], rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return &Answer{Signatures: signed, Issue: issue.Raw()}
}

func (r *testRound) requests(t testing.TB, secret Secret, registrar uint64) *Requests {
	t.Helper()
	req, err := NewRequests(secret, r.id, registrar, r.public[registrar-1])
	if err != nil {
		t.Fatal(err)
	}
	return req
}

func (r *testRound) card(t testing.TB, secret Secret, entry uint64) *Card {
	t.Helper()
	var answers [][]blind.Signature
	for i := range r.issuers {
		req := r.requests(t, secret, uint64(i+1))
		signatures, _, err := req.Open(r.genesis, r.id, entry, r.keys[i].Public(), r.answer(t, uint64(i+1), entry, req.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		answers = append(answers, signatures)
	}
	c, err := NewCard(secret, r.id, answers)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// verifies reports whether every registrar's signature on a credential holds for a slot.
func (r *testRound) verifies(c *Credential, slot uint64) error {
	msg := Message(r.id, slot, c.Key)
	for i := range r.public {
		s := c.Signatures[i*record.SignatureBytes : (i+1)*record.SignatureBytes]
		if err := r.public[i][slot].Verify(msg[:], s[:blind.PrefixSize], s[blind.PrefixSize:]); err != nil {
			return fmt.Errorf("registrar %d: %w", i+1, err)
		}
	}
	return nil
}

func TestCardIsSignedByAllRegistrarsForAllSlots(t *testing.T) {
	r := newRound(t)
	card := r.card(t, NewSecret(), 5)
	if card.Slots() != slots || card.Registrars() != registrars || card.Round() != r.id {
		t.Fatalf("card of %d slots, %d registrars", card.Slots(), card.Registrars())
	}
	seen := map[record.Key]bool{}
	for slot := range uint64(slots) {
		c, err := card.Credential(slot)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.verifies(c, slot); err != nil {
			t.Errorf("slot %d: %v", slot, err)
		}
		if c.Key != record.Key(c.SecretKey().Public().Encoding()) {
			t.Error("the credential's key is not that of its secret")
		}
		seen[c.Key] = true
	}
	if len(seen) != slots {
		t.Error("two slots have the same credential")
	}
	if _, err := card.Credential(slots); err == nil {
		t.Error("a slot beyond the last has a credential")
	}
}

func TestC6_CredentialOfAnotherSlotOrRoundIsRefused(t *testing.T) {
	r := newRound(t)
	card := r.card(t, NewSecret(), 5)
	c, err := card.Credential(1)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.verifies(c, 1); err != nil {
		t.Fatal(err)
	}
	for slot := range uint64(slots) {
		if slot != 1 && r.verifies(c, slot) == nil {
			t.Errorf("the credential of slot 1 is good in slot %d", slot)
		}
	}
	other := *r
	other.id[0]++
	if other.verifies(c, 1) == nil {
		t.Error("the credential is good in another round with the same keys")
	}
}

func TestC6_SlotKeyOfAnotherSlotRoundOrRegistrarIsRefused(t *testing.T) {
	round := record.ID{7}
	key := blindtest.Key(t, 0)
	body, err := NewSlotKey(round, 2, 3, key)
	if err != nil {
		t.Fatal(err)
	}
	pk, err := CheckSlotKey(round, body)
	if err != nil || !pk.Equal(key.Public()) {
		t.Fatalf("an honest key: %v", err)
	}
	if _, err := CheckSlotKey(record.ID{8}, body); !errors.Is(err, blind.ErrCertificate) {
		t.Errorf("another round: %v", err)
	}
	for name, change := range map[string]func(b *record.SlotKey){
		"slot":      func(b *record.SlotKey) { b.Slot = 4 },
		"registrar": func(b *record.SlotKey) { b.Registrar = 1 },
		"roots":     func(b *record.SlotKey) { b.Roots[2047] ^= 1 },
		"modulus":   func(b *record.SlotKey) { b.Modulus[255] ^= 2 },
		"even":      func(b *record.SlotKey) { b.Modulus[255] ^= 1 },
		"zero":      func(b *record.SlotKey) { *b = record.SlotKey{Registrar: 2, Slot: 3} },
	} {
		changed := *body
		change(&changed)
		if _, err := CheckSlotKey(round, &changed); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	modulus, _, _ := blindtest.NotAPermutation(t)
	bad := *body
	copy(bad.Modulus[:], modulus)
	if _, err := CheckSlotKey(round, &bad); !errors.Is(err, blind.ErrCertificate) {
		t.Errorf("a modulus for which blinding does not hide: %v", err)
	}
}

// A restored card repeats every request, so that a registrar answers what it has answered before; another secret makes another request.
func TestF17_RestoredCardRepeatsItsRequestsAndNoOtherDoes(t *testing.T) {
	r := newRound(t)
	secret := NewSecret()
	first := r.card(t, secret, 5)
	restored, err := ParseWords(strings.Join(secret.Words(), " "))
	if err != nil {
		t.Fatal(err)
	}
	for i := range uint64(registrars) {
		issuer := r.issuers[i]
		a, b := r.requests(t, secret, i+1).Bytes(), r.requests(t, restored, i+1).Bytes()
		if !bytes.Equal(a, b) || issuer.RequestHash(a) != issuer.RequestHash(b) {
			t.Errorf("registrar %d gets another request from the restored card", i+1)
		}
		if len(a) != issuer.RequestSize() {
			t.Errorf("the request has %d bytes, want %d", len(a), issuer.RequestSize())
		}
		other := r.requests(t, NewSecret(), i+1).Bytes()
		if issuer.RequestHash(a) == issuer.RequestHash(other) {
			t.Errorf("registrar %d cannot tell a second card from the first", i+1)
		}
		// One bit of one slot is enough to be another request.
		for _, at := range []int{0, blind.Size, len(a) - 1} {
			changed := slices.Clone(a)
			changed[at] ^= 1
			if issuer.RequestHash(a) == issuer.RequestHash(changed) {
				t.Errorf("byte %d of a request is not in its hash", at)
			}
		}
	}
	second := r.card(t, restored, 5)
	if !slices.EqualFunc(first.signatures, second.signatures, bytes.Equal) {
		t.Error("the restored card is another card")
	}
}

func TestRequestHashIsBoundToRoundAndRegistrar(t *testing.T) {
	r := newRound(t)
	request := r.requests(t, NewSecret(), 1).Bytes()
	if r.issuers[0].RequestHash(request) == r.issuers[1].RequestHash(request) {
		t.Error("two registrars have the same hash of a request")
	}
	other, err := NewIssuer(record.ID{9}, 1, []*blind.SecretKey{blindtest.Key(t, 0)})
	if err != nil {
		t.Fatal(err)
	}
	if r.issuers[0].RequestHash(request) == other.RequestHash(request) {
		t.Error("two rounds have the same hash of a request")
	}
}

// Nothing of a credential derives from who the member is: two cards of one member share nothing.
func TestF16_FreshSecretsGiveUnrelatedCredentials(t *testing.T) {
	r := newRound(t)
	a, b := NewSecret(), NewSecret()
	if a == b {
		t.Fatal("the same secret was drawn twice")
	}
	for slot := range uint64(slots) {
		ka, err := a.key(r.id, slot)
		if err != nil {
			t.Fatal(err)
		}
		kb, err := b.key(r.id, slot)
		if err != nil {
			t.Fatal(err)
		}
		if ka.Public().Equal(kb.Public()) {
			t.Errorf("slot %d: two cards have the same key", slot)
		}
	}
	if bytes.Equal(r.requests(t, a, 1).Bytes(), r.requests(t, b, 1).Bytes()) {
		t.Error("two cards send the same request")
	}
	// A card of another round has other credentials, although the secret is the same.
	k1, _ := a.key(record.ID{1}, 0)
	k2, _ := a.key(record.ID{2}, 0)
	if k1.Public().Equal(k2.Public()) {
		t.Error("two rounds have the same credential")
	}
}

// Two devices whose random source is broken in the same way have the same card. Their members' requests to a registrar are then equal,
// and the registrar, who sees one hash for two entries, refuses the second.
func TestC4_EqualSecretsAreSeenByTheRegistrar(t *testing.T) {
	r := newRound(t)
	secret := Secret{1, 2, 3}
	hash := func(s Secret) [32]byte { return r.issuers[0].RequestHash(r.requests(t, s, 1).Bytes()) }
	if hash(secret) != hash(Secret{1, 2, 3}) {
		t.Error("the second of two members with one secret goes unnoticed")
	}
	if _, err := NewRequests(Secret{}, r.id, 1, r.public[0]); err == nil {
		t.Error("a secret of zeros makes requests")
	}
}

func TestF19_AnswerWithoutItsIssueRecordIsRefused(t *testing.T) {
	r := newRound(t)
	req := r.requests(t, NewSecret(), 2)
	good := r.answer(t, 2, 5, req.Bytes())
	open := func(a *Answer) error {
		_, _, err := req.Open(r.genesis, r.id, 5, r.keys[1].Public(), a)
		return err
	}
	if err := open(good); err != nil {
		t.Fatal(err)
	}
	sign := func(genesis, scope record.ID, body record.Body, key sigma.SecretKey) []byte {
		rec, err := record.Sign(genesis, scope, body, key, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		return rec.Raw()
	}
	key := r.keys[1]
	for name, issue := range map[string][]byte{
		"none":              nil,
		"another entry":     sign(r.genesis, r.id, &record.Issue{Registrar: 2, Entry: 6}, key),
		"another registrar": sign(r.genesis, r.id, &record.Issue{Registrar: 1, Entry: 5}, key),
		"another's key":     sign(r.genesis, r.id, &record.Issue{Registrar: 2, Entry: 5}, r.keys[0]),
		"another round":     sign(r.genesis, record.ID{9}, &record.Issue{Registrar: 2, Entry: 5}, key),
		"another log":       sign(record.ID{9}, r.id, &record.Issue{Registrar: 2, Entry: 5}, key),
		"a batch":           sign(r.genesis, r.id, &record.Issues{Registrar: 2, Entries: []uint64{5}}, key),
		"cut short":         good.Issue[:len(good.Issue)-1],
	} {
		if err := open(&Answer{Signatures: good.Signatures, Issue: issue}); err == nil {
			t.Errorf("issue record: %s: accepted", name)
		}
	}
	other := r.answer(t, 2, 5, r.requests(t, NewSecret(), 2).Bytes())
	swapped := slices.Concat(good.Signatures[blind.Size:2*blind.Size], good.Signatures[:blind.Size], good.Signatures[2*blind.Size:])
	flipped := slices.Clone(good.Signatures)
	flipped[len(flipped)-1] ^= 1
	for name, signatures := range map[string][]byte{
		"none": nil, "one slot too few": good.Signatures[blind.Size:], "one byte more": append(slices.Clone(good.Signatures), 0),
		"of another card": other.Signatures, "two slots exchanged": swapped, "a bit": flipped, "ones": bytes.Repeat([]byte{0xff}, len(good.Signatures)),
	} {
		if err := open(&Answer{Signatures: signatures, Issue: good.Issue}); err == nil {
			t.Errorf("signatures: %s: accepted", name)
		}
	}
}

func TestAnswerRoundTrip(t *testing.T) {
	a := &Answer{Signatures: []byte{1, 2}, Issue: []byte{3}}
	b, err := a.Encode()
	if err != nil {
		t.Fatal(err)
	}
	again, err := ParseAnswer(b)
	if err != nil || !bytes.Equal(again.Signatures, a.Signatures) || !bytes.Equal(again.Issue, a.Issue) {
		t.Errorf("%+v, %v", again, err)
	}
	for i := range b {
		if _, err := ParseAnswer(b[:i]); err == nil {
			t.Errorf("the first %d bytes are accepted", i)
		}
	}
}

func TestIssuerRefusesMalformedRequests(t *testing.T) {
	r := newRound(t)
	good := r.requests(t, NewSecret(), 1).Bytes()
	for _, n := range []int{0, 1, blind.Size, len(good) - 1, len(good) + 1, len(good) + blind.Size} {
		if _, err := r.issuers[0].Sign(append(good, make([]byte, blind.Size)...)[:n]); !errors.Is(err, ErrRequestSize) {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
	large := slices.Clone(good)
	for i := range blind.Size {
		large[blind.Size+i] = 0xff
	}
	if _, err := r.issuers[0].Sign(large); err == nil || !strings.Contains(err.Error(), "slot 1") {
		t.Errorf("a blinded message not below the modulus: %v", err)
	}
	a, err := r.issuers[0].Sign(good)
	if err != nil {
		t.Fatal(err)
	}
	b, err := r.issuers[0].Sign(good)
	if err != nil || !bytes.Equal(a, b) {
		t.Errorf("the same request has another answer (%v)", err)
	}
	if _, err := NewIssuer(r.id, 1, nil); err == nil {
		t.Error("an issuer without keys")
	}
	if _, err := NewIssuer(r.id, 1, make([]*blind.SecretKey, record.MaxSlots+1)); err == nil {
		t.Error("an issuer with too many keys")
	}
	if _, err := NewIssuer(r.id, 1, []*blind.SecretKey{blindtest.Key(t, 0), blindtest.Key(t, 1), blindtest.Key(t, 0)}); err == nil {
		t.Error("an issuer with one key in two slots")
	}
}

func TestCardIsNotMadeOfUnequalAnswers(t *testing.T) {
	three, two := make([]blind.Signature, 3), make([]blind.Signature, 2)
	for name, answers := range map[string][][]blind.Signature{
		"none": nil, "no slots": {nil}, "unequal": {three, two, three}, "too many registrars": make([][]blind.Signature, 9),
		"too many slots": {make([]blind.Signature, record.MaxSlots+1)},
	} {
		if _, err := NewCard(NewSecret(), record.ID{}, answers); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestCardRoundTrip(t *testing.T) {
	r := newRound(t)
	card := r.card(t, NewSecret(), 5)
	b, err := card.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	again, err := ParseCard(b)
	if err != nil {
		t.Fatal(err)
	}
	for slot := range uint64(slots) {
		c, err := again.Credential(slot)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.verifies(c, slot); err != nil {
			t.Errorf("slot %d: %v", slot, err)
		}
	}
	for i := range b {
		if _, err := ParseCard(b[:i]); err == nil {
			t.Fatalf("the first %d of %d bytes are accepted", i, len(b))
		}
	}
	if _, err := ParseCard(append(b, 0)); err == nil {
		t.Error("a byte at the end is accepted")
	}
	for name, change := range map[string]func(s *storedCard){
		"J12 version":     func(s *storedCard) { s.Version = "mandate/v2 card" },
		"no registrars":   func(s *storedCard) { s.Registrars = 0 },
		"nine registrars": func(s *storedCard) { s.Registrars = 9 },
		"no slots":        func(s *storedCard) { s.Slots = 0 },
		"many slots":      func(s *storedCard) { s.Slots = 65 },
		"huge":            func(s *storedCard) { s.Slots, s.Registrars = 1<<63, 2 },
		"other split":     func(s *storedCard) { s.Slots, s.Registrars = 5, 3 },
	} {
		s := storedCard{Version: cardVersion, Registrars: 3, Slots: 4, Signatures: make([]byte, 12*record.SignatureBytes)}
		change(&s)
		b, err := record.Encode(&s)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ParseCard(b); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	// The largest card there can be.
	signatures := make([][]blind.Signature, record.MaxRegistrars)
	for i := range signatures {
		signatures[i] = make([]blind.Signature, record.MaxSlots)
	}
	large, err := NewCard(NewSecret(), record.ID{1}, signatures)
	if err != nil {
		t.Fatal(err)
	}
	if b, err = large.Marshal(); err != nil {
		t.Fatal(err)
	}
	if _, err := ParseCard(b); err != nil {
		t.Error(err)
	}
}

func TestE12_SecretsPrintRedacted(t *testing.T) {
	r := newRound(t)
	secret := NewSecret()
	card := r.card(t, secret, 1)
	c, err := card.Credential(0)
	if err != nil {
		t.Fatal(err)
	}
	x := c.SecretKey().Bytes()
	for _, v := range []any{secret, &secret, card, *card, c, *c, r.requests(t, secret, 1), struct{ S Secret }{secret}} {
		for _, format := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d", "%q"} {
			out := fmt.Sprintf(format, v)
			if !strings.Contains(out, "REDACTED") {
				t.Errorf("%T with %s prints %q", v, format, out)
			}
			for _, b := range [][]byte{secret[:8], x[:8]} {
				if strings.Contains(out, fmt.Sprintf("%x", b)) || strings.Contains(out, strings.Trim(fmt.Sprint(b), "[]")) {
					t.Errorf("%T with %s prints the secret", v, format)
				}
			}
		}
		if out, err := json.Marshal(v); err != nil || !strings.Contains(string(out), "REDACTED") {
			t.Errorf("%T in JSON is %s, %v", v, out, err)
		}
	}
}

func FuzzParseCard(f *testing.F) {
	r := newRound(f)
	b, err := r.card(f, Secret{1}, 1).Marshal()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add(b[:100])
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := ParseCard(b)
		if err != nil {
			return
		}
		if again, err := c.Marshal(); err != nil || !bytes.Equal(b, again) {
			t.Errorf("read and written again as other bytes (%v)", err)
		}
	})
}

func FuzzAnswer(f *testing.F) {
	r := newRound(f)
	req := r.requests(f, Secret{1}, 1)
	good, err := r.answer(f, 1, 5, req.Bytes()).Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte{0x82, 0x40, 0x40})
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := ParseAnswer(b)
		if err != nil {
			return
		}
		_, _, err = req.Open(r.genesis, r.id, 5, r.keys[0].Public(), a)
		if err == nil && !bytes.Equal(b, good) {
			// Only another signature of the registrar on the same issue record could be here.
			t.Errorf("an answer that the registrar did not give is accepted: %x", b)
		}
	})
}

func BenchmarkCard12Slots(b *testing.B) {
	// Three registrars with twelve slots each; the twelve test keys serve all three.
	const n = 12
	var secret []*blind.SecretKey
	var public []*blind.PublicKey
	for i := range n {
		k := blindtest.Key(b, i)
		secret, public = append(secret, k), append(public, k.Public())
	}
	round := record.ID{3}
	issuer, err := NewIssuer(round, 1, secret)
	if err != nil {
		b.Fatal(err)
	}
	req, err := NewRequests(Secret{1}, round, 1, public)
	if err != nil {
		b.Fatal(err)
	}
	signed, err := issuer.Sign(req.Bytes())
	if err != nil {
		b.Fatal(err)
	}
	b.Run("member asks one registrar", func(b *testing.B) {
		for b.Loop() {
			if _, err := NewRequests(NewSecret(), round, 1, public); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("registrar signs", func(b *testing.B) {
		for b.Loop() {
			if _, err := issuer.Sign(req.Bytes()); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("member opens one answer", func(b *testing.B) {
		for b.Loop() {
			for slot, request := range req.requests {
				if _, err := request.Finalize(signed[slot*blind.Size : (slot+1)*blind.Size]); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
	b.Run("check one slot key", func(b *testing.B) {
		body, err := NewSlotKey(round, 1, 0, secret[0])
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			if _, err := CheckSlotKey(round, body); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// All keys of a round have one name, and every other set, order or round another.
func TestF7_CardKeysNameEveryKey(t *testing.T) {
	r := newRound(t)
	bySlot := func() [][]*blind.PublicKey {
		out := make([][]*blind.PublicKey, slots)
		for slot := range out {
			for i := range registrars {
				out[slot] = append(out[slot], r.public[i][slot])
			}
		}
		return out
	}
	name := func(round record.ID, keys [][]*blind.PublicKey) record.ID {
		t.Helper()
		id, err := CardKeys(round, keys)
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	seen := map[record.ID]string{name(r.id, bySlot()): "the keys"}
	differs := func(what string, id record.ID) {
		t.Helper()
		if before, ok := seen[id]; ok {
			t.Errorf("%s: has the name of %s", what, before)
		}
		seen[id] = what
	}
	differs("another round", name(record.ID{3}, bySlot()))
	for slot := range slots {
		for i := range registrars {
			keys := bySlot()
			keys[slot][i] = r.public[(i+1)%registrars][slot]
			differs(fmt.Sprintf("another key of registrar %d for slot %d", i+1, slot), name(r.id, keys))
			keys[slot][i] = nil
			if _, err := CardKeys(r.id, keys); err == nil {
				t.Errorf("registrar %d, slot %d: a key that is missing has a name", i+1, slot)
			}
		}
	}
	keys := bySlot()
	keys[0], keys[1] = keys[1], keys[0]
	differs("two slots exchanged", name(r.id, keys))
	keys = bySlot()
	keys[2][0], keys[2][1] = keys[2][1], keys[2][0]
	differs("two registrars exchanged", name(r.id, keys))
	differs("a slot fewer", name(r.id, bySlot()[1:]))
	ragged := bySlot()
	ragged[3] = ragged[3][1:]
	for what, keys := range map[string][][]*blind.PublicKey{"no slot": nil, "no registrar": {{}}, "ragged": ragged, "65 slots": make([][]*blind.PublicKey, 65)} {
		if _, err := CardKeys(r.id, keys); err == nil {
			t.Errorf("%s: no error", what)
		}
	}
	// As SPEC.md §10.1.4 has it, step by step.
	tr := transcript.New("mandate/v1 card keys")
	tr.AppendBytes("round", r.id[:])
	for slot := range slots {
		tr.AppendUint64("slot", uint64(slot))
		for i := range registrars {
			tr.AppendBytes("modulus", r.public[i][slot].Modulus())
		}
	}
	if got := record.ID(tr.ID("card keys")); seen[got] != "the keys" {
		t.Errorf("the name is not that of SPEC.md §10.1.4")
	}
}
