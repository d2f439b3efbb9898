package checkpoint

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const origin = "board.example/log"

func newLog(t *testing.T, name string) (note.Signer, note.Verifier) {
	t.Helper()
	skey, vkey, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		t.Fatal(err)
	}
	s, err := note.NewSigner(skey)
	if err != nil {
		t.Fatal(err)
	}
	v, err := ParseLogKey(vkey)
	if err != nil {
		t.Fatal(err)
	}
	return s, v
}

func sign(t *testing.T, text string, signers ...note.Signer) []byte {
	t.Helper()
	b, err := note.Sign(&note.Note{Text: text}, signers...)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func body(origin string, size uint64, root tlog.Hash) string {
	return fmt.Sprintf("%s\n%d\n%s\n", origin, size, base64.StdEncoding.EncodeToString(root[:]))
}

// cosigner is a witness that signs cosignature/v1.
type cosigner struct {
	note.Verifier
	key ed25519.PrivateKey
}

func (c cosigner) Sign(msg []byte) ([]byte, error) {
	t := uint64(1700000000)
	return append(binary.BigEndian.AppendUint64(nil, t), ed25519.Sign(c.key, CosignedMessage(t, msg))...), nil
}

func newWitness(t *testing.T, name string) cosigner {
	t.Helper()
	pub, priv, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	v, err := ParseWitnessKey(WitnessKey(name, pub))
	if err != nil {
		t.Fatal(err)
	}
	return cosigner{v, priv}
}

func TestG7_OpenRefusesWhatIsNotTheLogs(t *testing.T) {
	log, v := newLog(t, origin)
	other, _ := newLog(t, origin)
	foreign, foreignV := newLog(t, "elsewhere.example")
	root := tlog.RecordHash([]byte("x"))
	good := body(origin, 7, root)
	p := Policy{Origin: origin, Log: v}
	if c, err := Open(sign(t, good, log), p); err != nil || c.Size != 7 || c.Root != root {
		t.Fatalf("a good checkpoint: %+v, %v", c, err)
	}
	if c, err := Open(sign(t, good, log, foreign), p); err != nil || c.Size != 7 {
		t.Fatalf("a signature by an unknown key is ignored: %v", err)
	}
	flipped := sign(t, good, log)
	line := strings.LastIndexByte(strings.TrimSuffix(string(flipped), "\n"), ' ')
	flipped[line+20] ^= 1
	for name, c := range map[string]struct {
		signed []byte
		policy Policy
	}{
		"wrong origin":               {sign(t, body("elsewhere.example", 7, root), log), p},
		"another key, same name":     {sign(t, good, other), p},
		"foreign key only":           {sign(t, good, foreign), p},
		"bad signature":              {flipped, p},
		"good foreign, bad own":      {append(sign(t, good, foreign), flipped[strings.Index(string(flipped), "\n\n")+2:]...), Policy{Origin: origin, Log: v, Witnesses: []note.Verifier{foreignV}}},
		"good, then bad, by one key": {append(sign(t, good, log), flipped[strings.Index(string(flipped), "\n\n")+2:]...), p},
		"slack bits in base64":       {slack(t, sign(t, good, log)), p},
		"CRLF":                       {[]byte(strings.ReplaceAll(string(sign(t, good, log)), "\n", "\r\n")), p},
		"extra line":                 {sign(t, good+"extension\n", log), p},
		"leading zero":               {sign(t, strings.Replace(good, "\n7\n", "\n07\n", 1), log), p},
		"negative":                   {sign(t, strings.Replace(good, "\n7\n", "\n-7\n", 1), log), p},
		"short root":                 {sign(t, origin+"\n7\nAAAA\n", log), p},
		"no signature":               {[]byte(good + "\n"), p},
		"empty":                      {nil, p},
		"huge":                       {make([]byte, MaxSize+1), p},
	} {
		if _, err := Open(c.signed, c.policy); err == nil {
			t.Errorf("%s: was opened", name)
		}
	}
}

// slack sets a bit of a signature line's base64 that decodes to nothing.
func slack(t *testing.T, signed []byte) []byte {
	t.Helper()
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	at := len(signed) - len("=\n") - 1
	i := strings.IndexByte(alphabet, signed[at])
	if i < 0 || i%4 != 0 {
		t.Fatalf("no slack bits in %q", signed[at:])
	}
	signed[at] = alphabet[i+1]
	return signed
}

func TestG1_CosignatureTimeIsBounded(t *testing.T) {
	pub, priv, _ := ed25519.GenerateKey(rand.Reader)
	v, err := ParseWitnessKey(WitnessKey("w", pub))
	if err != nil {
		t.Fatal(err)
	}
	text := []byte(body(origin, 1, tlog.Hash{}))
	for at, want := range map[uint64]bool{0: true, 1<<63 - 1: true, 1 << 63: false} {
		sig := append(binary.BigEndian.AppendUint64(nil, at), ed25519.Sign(priv, CosignedMessage(at, text))...)
		if v.Verify(text, sig) != want {
			t.Errorf("a cosignature of time %d: %v", at, !want)
		}
	}
}

func TestG1_WitnessQuorum(t *testing.T) {
	log, v := newLog(t, origin)
	w1, w2, w3 := newWitness(t, "w1"), newWitness(t, "w2"), newWitness(t, "w3")
	text := body(origin, 9, tlog.Hash{})
	p := Policy{Origin: origin, Log: v, Witnesses: []note.Verifier{w1.Verifier, w2.Verifier}, Need: 2}
	if _, err := Open(sign(t, text, log, w1, w2), p); err != nil {
		t.Fatal(err)
	}
	for name, signed := range map[string][]byte{
		"one witness":           sign(t, text, log, w1),
		"one twice":             sign(t, text, log, w1, w1),
		"one and a stranger":    sign(t, text, log, w1, w3),
		"witnesses without log": sign(t, text, w1, w2),
	} {
		if _, err := Open(signed, p); err == nil {
			t.Errorf("%s: was opened", name)
		}
	}
}

func TestKeysAreParsedStrictly(t *testing.T) {
	pub, _, _ := ed25519.GenerateKey(rand.Reader)
	good := WitnessKey("w", pub)
	_, vkey, _ := note.GenerateKey(rand.Reader, "log")
	for _, k := range []string{"", "w", good[1:], good + "A", strings.Replace(good, "+", "+0", 1), vkey, strings.Repeat("a", 500)} {
		if _, err := ParseWitnessKey(k); err == nil {
			t.Errorf("%q was taken for a witness key", k)
		}
	}
	hash := strings.Split(vkey, "+")[1]
	for _, k := range []string{strings.Replace(vkey, hash, hash+"0", 1), strings.Replace(vkey, "+"+hash+"+", "+00000000+", 1),
		vkey + "\n", vkey[:len(vkey)-4] + "\n" + vkey[len(vkey)-4:], vkey + "=", "x" + vkey} {
		if _, err := ParseLogKey(k); err == nil {
			t.Errorf("%q was taken for a log key", k)
		}
	}
	for { // a hash with a letter in it, so that it has a second spelling
		_, vkey, _ := note.GenerateKey(rand.Reader, "log")
		hash := strings.Split(vkey, "+")[1]
		if upper := strings.ToUpper(hash); upper != hash {
			if _, err := ParseLogKey(strings.Replace(vkey, hash, upper, 1)); err == nil {
				t.Error("a hash in capital letters")
			}
			break
		}
	}
	if _, err := ParseLogKey(good); err == nil {
		t.Error("a witness key was taken for a log key")
	}
}

// Peek reads what Open would, whoever signed, and takes nothing that is no checkpoint.
func TestPeek(t *testing.T) {
	s, v := newLog(t, origin)
	root := tlog.RecordHash([]byte("root"))
	good := sign(t, body(origin, 7, root), s)
	opened, err := Open(good, Policy{Origin: origin, Log: v})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := Peek(good); err != nil || got != opened {
		t.Errorf("%+v, %v; want %+v", got, err, opened)
	}
	_, sigs, err := Signatures(good)
	if err != nil || len(sigs) != 1 || !sigs[0].By(v) {
		t.Errorf("%+v, %v", sigs, err)
	}
	if _, other := newLog(t, origin); sigs[0].By(other) {
		t.Error("the line is another log's")
	}
	for what, b := range map[string][]byte{
		"nothing": nil, "no signatures": []byte(body(origin, 7, root)), "another line": sign(t, body(origin, 7, root)+"more\n", s),
		"too long": append(bytes.Clone(good), make([]byte, MaxSize)...), "no origin": []byte("\n\n"),
	} {
		if c, err := Peek(b); err == nil {
			t.Errorf("%s: %+v", what, c)
		}
	}
}

func FuzzOpen(f *testing.F) {
	skey, vkey, _ := note.GenerateKey(rand.Reader, origin)
	s, _ := note.NewSigner(skey)
	v, _ := ParseLogKey(vkey)
	b, _ := note.Sign(&note.Note{Text: body(origin, 3, tlog.Hash{})}, s)
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		Open(b, Policy{Origin: origin, Log: v})
		ParseWitnessKey(string(b))
	})
}
