package blind

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"encoding/binary"
	"encoding/pem"
	"errors"
	"go/parser"
	"go/token"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/bigmod"
)

// testKey is blindtest.Key for tests inside the package, which cannot import it.
func testKey(tb testing.TB, name string) *SecretKey {
	tb.Helper()
	b, err := os.ReadFile(filepath.Join("blindtest", "testdata", name))
	if err != nil {
		tb.Fatal(err)
	}
	block, _ := pem.Decode(b)
	if block == nil {
		tb.Fatalf("%s: no PEM", name)
	}
	sk, err := ParseSecretKey(block.Bytes)
	if err != nil {
		tb.Fatal(err)
	}
	return sk
}

func natInt(x *bigmod.Nat, n *bigmod.Modulus) *big.Int {
	return new(big.Int).SetBytes(x.Bytes(n))
}

// A wrong result of the private power lets anybody compute a factor as
// gcd(s^e − c, N), if only one of the two halves is wrong.
func TestFaultySignatureIsWithheld(t *testing.T) {
	good := testKey(t, "key00.pem")
	_, blinded, err := NewRequest(good.pub, []byte("m"), &[32]byte{1}, nil)
	if err != nil {
		t.Fatal(err)
	}
	faults := map[string]func(*SecretKey){
		"dP":   func(sk *SecretKey) { sk.dP = bytes.Clone(sk.dP); sk.dP[100] ^= 4 },
		"dQ":   func(sk *SecretKey) { sk.dQ = bytes.Clone(sk.dQ); sk.dQ[0] ^= 1 },
		"qInv": func(sk *SecretKey) { sk.qInv = bigmod.NewNat().SetUint(2).ExpandFor(sk.p) },
		"q":    func(sk *SecretKey) { sk.qModN = bigmod.NewNat().SetUint(3).ExpandFor(sk.pub.n) },
	}
	for name, inject := range faults {
		sk := *good
		inject(&sk)
		if out, err := sk.BlindSign(blinded); !errors.Is(err, ErrFault) || out != nil {
			t.Errorf("%s: BlindSign = %x, %v", name, out, err)
		}
		if c, err := sk.Certify(nil); !errors.Is(err, ErrFault) || c != (Certificate{}) {
			t.Errorf("%s: Certify: %v", name, err)
		}
	}
	if _, err := good.BlindSign(blinded); err != nil {
		t.Errorf("the faults reached the key itself: %v", err)
	}
}

// The Chinese remainder theorem gives c^d mod N, edge values included.
func TestRootAgreesWithMathBig(t *testing.T) {
	sk := testKey(t, "key01.pem")
	n, p, q := sk.pub.varTime.n, natInt(sk.p.Nat(), sk.p), natInt(sk.q.Nat(), sk.q)
	phi := new(big.Int).Mul(new(big.Int).Sub(p, bigOne), new(big.Int).Sub(q, bigOne))
	d := new(big.Int).ModInverse(big.NewInt(exponent), phi)
	values := []*big.Int{new(big.Int), bigOne, big.NewInt(2), p, q, new(big.Int).Sub(n, bigOne),
		new(big.Int).Sub(n, p), new(big.Int).Sub(p, bigOne), new(big.Int).Lsh(bigOne, 2047)}
	for range 20 {
		x, err := rand.Int(rand.Reader, n)
		if err != nil {
			t.Fatal(err)
		}
		values = append(values, x)
	}
	for _, c := range values {
		s, err := sk.root(nat(t, c, sk.pub.n))
		if err != nil {
			t.Errorf("root of %x: %v", c, err)
			continue
		}
		if want := new(big.Int).Exp(c, d, n); natInt(s, sk.pub.n).Cmp(want) != 0 {
			t.Errorf("root of %x is wrong", c)
		}
	}
}

// With N = 3/4 · 2^2048, reducing candidates instead of rejecting them would hit the
// lowest third of the range twice as often.
func TestBlindingValueIsUniform(t *testing.T) {
	modulus := make([]byte, Size)
	modulus[0], modulus[Size-1] = 0xc0, 1
	pk, err := newPublicKey(modulus)
	if err != nil {
		t.Fatal(err)
	}
	const buckets, draws = 12, 6000
	var count [buckets]float64
	for i := range draws {
		var seed [32]byte
		binary.BigEndian.PutUint64(seed[:], uint64(i)+1)
		d, err := newDerivation(pk, []byte("m"), &seed, nil)
		if err != nil {
			t.Fatal(err)
		}
		r, err := d.sample(pk, "blind")
		if err != nil {
			t.Fatal(err)
		}
		x := natInt(r, pk.n)
		if x.Sign() <= 0 || x.Cmp(pk.varTime.n) >= 0 {
			t.Fatalf("r = %x is not in [1, N−1]", x)
		}
		x.Mul(x, big.NewInt(buckets))
		count[x.Div(x, pk.varTime.n).Int64()]++
	}
	chi2 := 0.0
	for _, c := range count {
		const want = draws / float64(buckets)
		chi2 += (c - want) * (c - want) / want
	}
	if chi2 > 45 { // 11 degrees of freedom: one run in 200,000; the seeds are fixed
		t.Errorf("χ² = %.1f over %v", chi2, count)
	}
}

func TestBlindingValueIsCoprimeAndInverted(t *testing.T) {
	pk := testKey(t, "key02.pem").pub
	for i := range 200 {
		d, err := newDerivation(pk, []byte{byte(i)}, &[32]byte{1}, nil)
		if err != nil {
			t.Fatal(err)
		}
		r, err := d.sample(pk, "blind")
		if err != nil {
			t.Fatal(err)
		}
		mask, err := d.sample(pk, "mask")
		if err != nil {
			t.Fatal(err)
		}
		x := natInt(r, pk.n)
		if !pk.varTime.coprime(r.Bytes(pk.n)) {
			t.Fatal("r is not a unit")
		}
		inverse, err := pk.invert(r, mask)
		if err != nil {
			t.Fatal(err)
		}
		if natInt(inverse, pk.n).Cmp(new(big.Int).ModInverse(x, pk.varTime.n)) != 0 {
			t.Fatal("inverse is wrong")
		}
		if natInt(r, pk.n).Cmp(x) != 0 {
			t.Fatal("invert changed r")
		}
		// What is inverted in variable time is r·mask, so another mask must do as well.
		other, err := pk.invert(r, bigmod.NewNat().SetUint(12345).ExpandFor(pk.n))
		if err != nil || other.Equal(inverse) != 1 {
			t.Fatalf("another mask gives another inverse (%v)", err)
		}
	}
}

// Every request is explained by every signature: for each pair exactly one r exists, so
// what a registrar sees says nothing about which signature came of it.
func TestF8_EveryRequestExplainsEverySignature(t *testing.T) {
	sk := testKey(t, "key03.pem")
	pk := sk.pub
	type run struct {
		blinded, prefix []byte
		salt            [sLen]byte
	}
	var runs []run
	msg := []byte("one message")
	for i := range 3 {
		seed := [32]byte{byte(i + 1)}
		d, err := newDerivation(pk, msg, &seed, nil)
		if err != nil {
			t.Fatal(err)
		}
		var u run
		u.prefix = make([]byte, PrefixSize)
		if err := errors.Join(d.expand(u.prefix, "prefix"), d.expand(u.salt[:], "salt")); err != nil {
			t.Fatal(err)
		}
		req, blinded, err := NewRequest(pk, msg, &seed, nil)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(req.prefix[:], u.prefix) {
			t.Fatal("prefix is not the derived one")
		}
		u.blinded = blinded
		runs = append(runs, u)
	}
	for i, a := range runs {
		for j, b := range runs {
			mHash := messageHash(b.prefix, msg)
			m := new(big.Int).SetBytes(encodePSS(&mHash, &b.salt, Size))
			re := new(big.Int).ModInverse(m, pk.varTime.n)
			re.Mul(re, new(big.Int).SetBytes(a.blinded)).Mod(re, pk.varTime.n)
			r, err := sk.root(nat(t, re, pk.n))
			if err != nil {
				t.Fatal(err)
			}
			z, err := pk.blind(msg, b.prefix, &b.salt, r)
			if err != nil || !bytes.Equal(z, a.blinded) {
				t.Errorf("no r blinds signature %d into request %d (%v)", j, i, err)
			}
		}
	}
}

// A modulus with a known factor tells a registrar gcd(m, N); the client must not send.
func TestF8_MessageMustBeCoprimeToModulus(t *testing.T) {
	// N = 65539·x may have no factor ≤ 65537, and then ParsePublicKey cannot refuse it.
	x := new(big.Int).Lsh(bigOne, 2048)
	x.Div(x, big.NewInt(65539)).SetBit(x, 0, 1)
	var pk *PublicKey
	for pk == nil {
		x.Sub(x, big.NewInt(2))
		pk, _ = ParsePublicKey(new(big.Int).Mul(x, big.NewInt(65539)).Bytes())
	}
	unit := bigmod.NewNat().SetUint(2).ExpandFor(pk.n)
	refused := false
	var salt [sLen]byte
	for i := uint64(0); i < 1_000_000 && !refused; i++ {
		var prefix [PrefixSize]byte
		binary.BigEndian.PutUint64(prefix[:], i)
		mHash := messageHash(prefix[:], nil)
		m := new(big.Int).SetBytes(encodePSS(&mHash, &salt, Size))
		if new(big.Int).Mod(m, big.NewInt(65539)).Sign() != 0 {
			continue
		}
		z, err := pk.blind(nil, prefix[:], &salt, unit)
		if !errors.Is(err, ErrSharedFactor) || z != nil {
			t.Fatalf("blind = %x, %v for a message that shares a factor", z, err)
		}
		refused = true
		// The same with a message that is a unit and a blinding value that is not.
		multiple := bigmod.NewNat().SetUint(65539).ExpandFor(pk.n)
		if z, err := pk.blind([]byte("unit"), prefix[:], &salt, multiple); !errors.Is(err, ErrSharedFactor) || z != nil {
			t.Fatalf("blind = %x, %v for r that shares a factor", z, err)
		}
		if _, err := pk.invert(multiple, unit); !errors.Is(err, ErrSharedFactor) {
			t.Fatalf("invert: %v", err)
		}
		if _, err := pk.blind([]byte("unit"), prefix[:], &salt, unit); err != nil {
			t.Fatalf("blind with units: %v", err)
		}
	}
	if !refused {
		t.Fatal("found no message that shares the factor")
	}
}

// With 65537 | p−1, raising to the power (p−1)/65537 modulo p makes r^e vanish from the
// request: the registrar reads off which message it signs. The key passes everything
// but the certificate.
func TestF8_MalformedKeyBreaksBlindnessWithoutCertificate(t *testing.T) {
	b, err := os.ReadFile("blindtest/testdata/not-a-permutation.txt")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(b), "p = ")
	ps, rest, _ := strings.Cut(rest, "\nq = ")
	p, q := hexInt(t, ps), hexInt(t, strings.TrimSpace(rest))
	n := new(big.Int).Mul(p, q)
	pk, err := ParsePublicKey(n.Bytes())
	if err != nil {
		t.Fatalf("ParsePublicKey: %v", err)
	}
	class := func(x []byte) string {
		k := new(big.Int).Sub(p, bigOne)
		k.Div(k, big.NewInt(exponent))
		return k.Exp(new(big.Int).SetBytes(x), k, p).String()
	}
	var salts [2][sLen]byte
	salts[1][0] = 1
	var classes [2]string
	prefix := make([]byte, PrefixSize)
	mHash := messageHash(prefix, []byte("m"))
	for i := range salts {
		classes[i] = class(encodePSS(&mHash, &salts[i], Size))
	}
	if classes[0] == classes[1] {
		t.Fatal("the two messages happen to lie in one class; choose others")
	}
	for i := range 4 {
		r, err := rand.Int(rand.Reader, n)
		if err != nil {
			t.Fatal(err)
		}
		z, err := pk.blind([]byte("m"), prefix, &salts[i%2], nat(t, r, pk.n))
		if err != nil {
			t.Fatal(err)
		}
		if class(z) != classes[i%2] {
			t.Error("the attack does not work, so the certificate is not tested against it")
		}
	}

	// The best certificate that the owner of the factors can make.
	rho, err := pk.challenges(nil)
	if err != nil {
		t.Fatal(err)
	}
	var c Certificate
	missing := 0
	pe := new(big.Int).Sub(p, bigOne)
	pe.Div(pe, big.NewInt(exponent)) // the order of the e-th powers modulo p
	if new(big.Int).Mod(pe, big.NewInt(exponent)).Sign() == 0 {
		t.Fatal("65537² divides p − 1")
	}
	dp := new(big.Int).ModInverse(big.NewInt(exponent), pe)
	dq := new(big.Int).ModInverse(big.NewInt(exponent), new(big.Int).Sub(q, bigOne))
	for k, x := range rho {
		y := natInt(x, pk.n)
		sp, sq := new(big.Int).Exp(y, dp, p), new(big.Int).Exp(y, dq, q)
		h := new(big.Int).Sub(sp, sq)
		h.Mul(h, new(big.Int).ModInverse(q, p)).Mod(h, p).Mul(h, q).Add(h, sq)
		h.FillBytes(c[k*Size : (k+1)*Size])
		if pk.power(nat(t, h, pk.n)).Equal(x) != 1 {
			missing++
		}
	}
	if missing < CertificateRoots-1 {
		t.Errorf("only %d roots are missing", missing)
	}
	if err := pk.CheckCertificate(nil, c); !errors.Is(err, ErrCertificate) {
		t.Errorf("CheckCertificate = %v", err)
	}
}

// The challenges of a key certificate must be units: among other residues, e-th powers
// are more frequent than one in 65537.
func TestF8_ChallengesMustBeUnits(t *testing.T) {
	modulus := make([]byte, Size) // a multiple of 3, which ParsePublicKey refuses
	for i := range modulus {
		modulus[i] = 0xff
	}
	pk, err := newPublicKey(modulus)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pk.challenges(nil); !errors.Is(err, ErrCertificate) {
		t.Errorf("challenges = %v", err)
	}
	if err := pk.CheckCertificate(nil, Certificate{}); !errors.Is(err, ErrCertificate) {
		t.Errorf("CheckCertificate = %v", err)
	}

	// Also where all eight have roots, and these are right: of a modulus without squares every residue has one.
	parsed, err := parsePKCS8(testKey(t, "key00.pem").der)
	if err != nil {
		t.Fatal(err)
	}
	p := parsed.(*rsa.PrivateKey).Primes[0]
	three, one, e := big.NewInt(3), big.NewInt(1), big.NewInt(exponent)
	var n, d *big.Int
	for d == nil { // e divides q-1 one time in 65537
		q, err := rand.Prime(rand.Reader, 1022)
		if err != nil {
			t.Fatal(err)
		}
		n = new(big.Int).Mul(p, q)
		n.Mul(n, three)
		phi := new(big.Int).Mul(new(big.Int).Sub(p, one), new(big.Int).Sub(q, one))
		d = new(big.Int).ModInverse(e, phi.Mul(phi, big.NewInt(2)))
	}
	if pk, err = newPublicKey(n.FillBytes(make([]byte, Size))); err != nil {
		t.Fatal(err)
	}
	var c Certificate
	context := []byte("context")
	for { // the first context whose challenges have a factor in common with it: nearly all of them
		if _, err := pk.challenges(context); err != nil {
			break
		}
		context = append(context, 'x')
	}
	rho, _ := pk.challenges(context)
	root := func(x []byte) ([]byte, error) {
		return new(big.Int).Exp(new(big.Int).SetBytes(x), d, n).FillBytes(make([]byte, Size)), nil
	}
	for k := range rho {
		sigma, _ := root(rho[k].Bytes(pk.n))
		copy(c[k*Size:], sigma)
	}
	if err := pk.CheckCertificate(context, c); !errors.Is(err, ErrCertificate) {
		t.Errorf("CheckCertificate with all roots = %v", err)
	}
	if _, err := pk.CertifyWith(context, root); !errors.Is(err, ErrCertificate) {
		t.Errorf("CertifyWith with all roots = %v", err)
	}
}

// math/big takes a time that depends on its operands (circl signs with it). Here only
// vartime.go may use it, whose callers hand it public or masked values.
func TestJ8_MathBigIsConfined(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		seen++
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range f.Imports {
			switch path := strings.Trim(spec.Path.Value, `"`); {
			case path == "math/big" && name != "vartime.go",
				path == "math/rand", path == "math/rand/v2", strings.Contains(path, "circl"):
				t.Errorf("%s imports %s", name, path)
			}
		}
	}
	if seen < 5 {
		t.Errorf("looked at %d files only", seen)
	}
}

// The private power without the Chinese remainder theorem, for comparison.
func BenchmarkRootWithoutCRT(b *testing.B) {
	sk := testKey(b, "key00.pem")
	p, q := natInt(sk.p.Nat(), sk.p), natInt(sk.q.Nat(), sk.q)
	phi := new(big.Int).Mul(new(big.Int).Sub(p, bigOne), new(big.Int).Sub(q, bigOne))
	d := new(big.Int).ModInverse(big.NewInt(exponent), phi).FillBytes(make([]byte, Size))
	x := bigmod.NewNat().SetUint(12345).ExpandFor(sk.pub.n)
	for b.Loop() {
		bigmod.NewNat().Exp(x, d, sk.pub.n)
	}
}
