package threshold

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"mandate/crypto/group"
)

// What a trustee stores is enough to go on, and nothing else decodes.
func TestSecretsSurviveStorage(t *testing.T) {
	p := parameters(3, 2)
	p.Attempt = 1 << 40
	a := generate(t, p)
	stored := a.dealers[0].EncodeSecret()
	d, err := ParseDealer(stored)
	if err != nil {
		t.Fatal(err)
	}
	if d.Hash() != a.dealers[0].Hash() || d.Parameters() != p || d.Index() != 1 || !bytes.Equal(d.EncodeSecret(), stored) {
		t.Error("a stored dealer is another one")
	}
	var sealing [][32]byte
	for _, pkg := range a.packages {
		sealing = append(sealing, pkg.Sealing)
	}
	a.sealed[0] = must(d.Seal(sealing))

	stored = a.dealers[1].Receiver().EncodeSecret()
	r, err := ParseReceiver(stored)
	if err != nil {
		t.Fatal(err)
	}
	if r.Parameters() != p || r.Index() != 2 || !bytes.Equal(r.EncodeSecret(), stored) {
		t.Error("a stored receiver is another one")
	}
	x, err := r.Receive(a.commitments, a.sealedTo(2))
	if err != nil {
		t.Fatal(err)
	}
	stored = x.EncodeSecret()
	s, err := ParseSecretShare(stored)
	if err != nil {
		t.Fatal(err)
	}
	if s.Parameters() != p || s.Index() != 2 || !s.Fits(a.keys.Trustees[1]) || !bytes.Equal(s.EncodeSecret(), stored) {
		t.Error("a stored share is another one")
	}
}

func TestStoredSecretsAreStrict(t *testing.T) {
	a := generate(t, parameters(3, 2))
	parse := map[string]func([]byte) error{
		"dealer":   func(b []byte) error { _, err := ParseDealer(b); return err },
		"receiver": func(b []byte) error { _, err := ParseReceiver(b); return err },
		"share":    func(b []byte) error { _, err := ParseSecretShare(b); return err },
	}
	good := map[string][]byte{
		"dealer": a.dealers[0].EncodeSecret(), "receiver": a.dealers[0].Receiver().EncodeSecret(), "share": a.shares[0].EncodeSecret(),
	}
	for what, b := range good {
		if err := parse[what](b); err != nil {
			t.Fatal(err)
		}
		for other := range parse {
			if other != what && parse[other](b) == nil {
				t.Errorf("a stored %s is a %s", what, other)
			}
		}
		for n := range b {
			if parse[what](b[:n]) == nil {
				t.Errorf("%d bytes of a stored %s decode", n, what)
			}
		}
		if parse[what](append(bytes.Clone(b), 0)) == nil {
			t.Errorf("a stored %s with a byte after it decodes", what)
		}
		header := bytes.IndexByte(b, '\n') + 1
		for at, v := range map[int]byte{header + 40: 0, header + 41: 4, header + 42: 4} {
			c := bytes.Clone(b)
			c[at] = v
			if parse[what](c) == nil {
				t.Errorf("a stored %s with byte %d = %d decodes", what, at-header, v)
			}
		}
		if what != "receiver" { // an X25519 key can be any bytes
			c := bytes.Clone(b)
			k := header + headerSize + 31
			if what == "dealer" {
				k += 32
			}
			c[k] = 0xff
			if parse[what](c) == nil {
				t.Errorf("a stored %s with a scalar that is not canonical decodes", what)
			}
		}
	}
	zero := good["dealer"]
	at := bytes.IndexByte(zero, '\n') + 1 + headerSize + 32
	clear(zero[at : at+32])
	if _, err := ParseDealer(zero); err == nil {
		t.Error("a stored coefficient of 0 decodes")
	}
}

// No way of printing shows any part of a secret.
func TestE12_SecretsPrintRedacted(t *testing.T) {
	a := generate(t, parameters(3, 2))
	d, r, s := a.dealers[0], a.dealers[0].Receiver(), a.shares[0]
	secrets := [][]byte{d.sealing.Bytes(), s.x.Bytes()}
	for _, c := range d.coefficients {
		secrets = append(secrets, c.Bytes())
	}
	var out strings.Builder
	logger := slog.New(slog.NewJSONHandler(&out, nil))
	text := slog.New(slog.NewTextHandler(&out, nil))
	values := []any{d, *d, r, *r, s, *s, []any{d, r, s}, map[string]any{"d": *d, "r": *r, "s": *s}, struct{ S SecretShare }{*s}}
	for _, v := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%b"} {
			fmt.Fprintf(&out, verb+"\n", v)
		}
		if v, ok := v.(interface {
			fmt.Stringer
			fmt.GoStringer
		}); ok {
			out.WriteString(v.String() + v.GoString())
		}
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		out.Write(b)
		logger.Info("m", "v", v)
		text.Info("m", "v", v)
	}
	_, err := ParseDealer(append(d.EncodeSecret(), 1))
	fmt.Fprintln(&out, err)
	damaged := d.EncodeSecret()
	damaged[len(damaged)-64*2-1] = 0xff
	_, err = ParseDealer(damaged)
	fmt.Fprintln(&out, err)

	printed := out.String()
	if !strings.Contains(printed, "REDACTED") {
		t.Fatal("nothing was printed")
	}
	for _, secret := range secrets {
		for _, form := range []string{
			string(secret), hex.EncodeToString(secret), strings.ToUpper(hex.EncodeToString(secret)),
			base64.StdEncoding.EncodeToString(secret)[:40], base64.RawURLEncoding.EncodeToString(secret)[:40],
			strings.Trim(fmt.Sprint(secret), "[]"), strings.Trim(fmt.Sprintf("%#v", secret), "[]byte{}"),
		} {
			if strings.Contains(printed, form) {
				t.Errorf("a secret is printed as %.20s…", form)
			}
		}
	}
}

func FuzzParseDealer(f *testing.F) {
	f.Add(must(NewDealer(parameters(3, 2), 1, [32]byte{}, rand.Reader)).EncodeSecret())
	f.Add(must(NewDealer(parameters(1, 1), 1, [32]byte{}, rand.Reader)).EncodeSecret())
	f.Add([]byte(dealerLabel))
	f.Fuzz(func(t *testing.T, b []byte) {
		if d, err := ParseDealer(b); err == nil && !bytes.Equal(d.EncodeSecret(), b) {
			t.Error("encodes to other bytes")
		}
	})
}

func FuzzParseReceiver(f *testing.F) {
	f.Add(must(NewDealer(parameters(3, 2), 1, [32]byte{}, rand.Reader)).Receiver().EncodeSecret())
	f.Add([]byte(receiverLabel))
	f.Fuzz(func(t *testing.T, b []byte) {
		if r, err := ParseReceiver(b); err == nil && !bytes.Equal(r.EncodeSecret(), b) {
			t.Error("encodes to other bytes")
		}
	})
}

func FuzzParseSecretShare(f *testing.F) {
	f.Add((&SecretShare{p: parameters(3, 2), index: 1, x: random()}).EncodeSecret())
	f.Add([]byte(shareLabel))
	f.Fuzz(func(t *testing.T, b []byte) {
		if s, err := ParseSecretShare(b); err == nil && !bytes.Equal(s.EncodeSecret(), b) {
			t.Error("encodes to other bytes")
		}
	})
}

// Whatever a package holds, checking it is an error or the commitments.
func FuzzCheckPackage(f *testing.F) {
	p := parameters(3, 2)
	pkg := must(NewDealer(p, 1, [32]byte{}, rand.Reader)).Package()
	f.Add(pkg.Coefficients, pkg.Sealing[:], pkg.Proof)
	f.Add([]byte{}, []byte{}, []byte{})
	f.Fuzz(func(t *testing.T, coefficients, sealing, proof []byte) {
		pkg := Package{Coefficients: coefficients, Proof: proof}
		copy(pkg.Sealing[:], sealing)
		c, err := p.CheckPackage(1, [32]byte{}, pkg)
		if (err == nil) != (c != nil) {
			t.Fatal("error and commitments, or neither")
		}
		var again []byte
		for _, phi := range c {
			again = phi.Append(again)
		}
		if err == nil && !bytes.Equal(again, coefficients) {
			t.Error("encodes to other bytes")
		}
	})
}

// Whatever a dealer seals, opening it is an error or a share that fits.
func FuzzReceive(f *testing.F) {
	a := generate(f, parameters(2, 2))
	f.Add(a.sealed[1][0][:], a.packages[1].Coefficients)
	f.Add([]byte{}, a.packages[0].Coefficients)
	f.Fuzz(func(t *testing.T, sealed, coefficients []byte) {
		c, err := a.DecodeCommitments(coefficients)
		if err != nil {
			return
		}
		all := a.sealedTo(1)
		all[1] = [SealedSize]byte{}
		copy(all[1][:], sealed)
		commitments := []Commitments{a.commitments[0], c}
		s, err := a.dealers[0].Receiver().Receive(commitments, all)
		if err != nil {
			return
		}
		if !group.BaseMul(s.x).Equal(commitments[0].VarTimeAt(1).Add(c.VarTimeAt(1))) {
			t.Error("a share was received that does not fit")
		}
	})
}
