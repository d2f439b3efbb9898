package threshold

import (
	"crypto/ecdh"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"testing"

	"mandate/crypto/group"
)

// The last dealer announces φ_0 = g^x / Π K_j, so that it knows the joint
// secret. It cannot prove that it knows the logarithm of what it announces.
func TestE1_RogueKey(t *testing.T) {
	p := parameters(3, 2)
	a := generate(t, p)
	x := random()
	rogue := group.BaseMul(x).Sub(a.commitments[0][0]).Sub(a.commitments[1][0]).Encoded()
	c := Commitments{rogue, a.commitments[2][1]}
	var coefficients []byte
	for _, phi := range c {
		coefficients = phi.Append(coefficients)
	}
	forged := Package{Coefficients: coefficients, Sealing: a.packages[2].Sealing}
	if k := must(p.NewKeys([]Commitments{a.commitments[0], a.commitments[1], c})); !k.Joint.Equal(group.BaseMul(x)) {
		t.Fatal("the attack itself is wrong")
	}
	knowing := must(p.prove(3, a.signing[2], forged.Sealing, c, []group.Scalar{x, a.dealers[2].coefficients[1]}, rand.Reader))
	for name, proof := range map[string][]byte{
		"none":                       nil,
		"of the honest package":      a.packages[2].Proof,
		"copied from another dealer": a.packages[0].Proof,
		"with the known secret":      knowing,
	} {
		forged.Proof = proof
		if _, err := p.CheckPackage(3, a.signing[2], forged); !errors.Is(err, ErrPossession) {
			t.Errorf("proof %s: %v, want ErrPossession", name, err)
		}
	}
}

// A proof of possession serves one dealer with one signing key and sealing
// key in one attempt of one vote of one size.
func TestE1_A10_PossessionIsBound(t *testing.T) {
	p := parameters(3, 2)
	a := generate(t, p)
	other := p
	other.Context[0] ^= 1
	again := p
	again.Attempt = 2
	bigger := p
	bigger.N = 4
	swapped := a.packages[0]
	swapped.Sealing = a.packages[1].Sealing
	reordered := a.packages[0]
	reordered.Coefficients = slices.Concat(reordered.Coefficients[32:], reordered.Coefficients[:32])
	for name, check := range map[string]func() (Commitments, error){
		"copied by another dealer": func() (Commitments, error) { return p.CheckPackage(2, a.signing[0], a.packages[0]) },
		"copied, own signing key":  func() (Commitments, error) { return p.CheckPackage(2, a.signing[1], a.packages[0]) },
		"another signing key":      func() (Commitments, error) { return p.CheckPackage(1, a.signing[1], a.packages[0]) },
		"another vote":             func() (Commitments, error) { return other.CheckPackage(1, a.signing[0], a.packages[0]) },
		"another attempt":          func() (Commitments, error) { return again.CheckPackage(1, a.signing[0], a.packages[0]) },
		"another number":           func() (Commitments, error) { return bigger.CheckPackage(1, a.signing[0], a.packages[0]) },
		"another sealing key":      func() (Commitments, error) { return p.CheckPackage(1, a.signing[0], swapped) },
		"coefficients swapped":     func() (Commitments, error) { return p.CheckPackage(1, a.signing[0], reordered) },
	} {
		if _, err := check(); !errors.Is(err, ErrPossession) {
			t.Errorf("%s: %v, want ErrPossession", name, err)
		}
	}
}

// Whoever has published the hash of a package can reveal no other.
func TestE2_HashCoversThePackage(t *testing.T) {
	p := parameters(3, 2)
	d := must(NewDealer(p, 1, [32]byte{7}, rand.Reader))
	hash := d.Hash()
	change := func(name string, f func(p *Parameters, i *int, pkg *Package)) {
		q, i, pkg := p, 1, d.Package()
		f(&q, &i, &pkg)
		if q.PackageHash(i, pkg) == hash {
			t.Errorf("the hash does not cover %s", name)
		}
	}
	for k := range d.pkg.Coefficients {
		change("the coefficients", func(_ *Parameters, _ *int, pkg *Package) { pkg.Coefficients[k] ^= 1 })
	}
	for k := range d.pkg.Proof {
		change("the proof", func(_ *Parameters, _ *int, pkg *Package) { pkg.Proof[k] ^= 1 })
	}
	for k := range d.pkg.Sealing {
		change("the sealing key", func(_ *Parameters, _ *int, pkg *Package) { pkg.Sealing[k] ^= 1 })
	}
	change("the dealer", func(_ *Parameters, i *int, _ *Package) { *i = 2 })
	change("the attempt", func(p *Parameters, _ *int, _ *Package) { p.Attempt++ })
	change("the vote", func(p *Parameters, _ *int, _ *Package) { p.Context[31] ^= 1 })
	change("where the coefficients end", func(_ *Parameters, _ *int, pkg *Package) {
		pkg.Proof = append(pkg.Coefficients[32:], pkg.Proof...)
		pkg.Coefficients = pkg.Coefficients[:32]
	})
	if d.Hash() != hash {
		t.Error("Package returns the dealer's own bytes")
	}
}

// A polynomial of a higher degree makes the key unusable by t trustees, one of
// a lower degree usable by fewer.
func TestE3_Degree(t *testing.T) {
	p := parameters(4, 3)
	for _, k := range []int{2, 4, 1, 31} {
		q := p
		q.T, q.N = k, 32
		pkg := must(NewDealer(q, 1, [32]byte{}, rand.Reader)).Package()
		if _, err := p.CheckPackage(1, [32]byte{}, pkg); !errors.Is(err, ErrDegree) {
			t.Errorf("%d coefficients for threshold 3: %v, want ErrDegree", k, err)
		}
	}
	pkg := must(NewDealer(p, 1, [32]byte{}, rand.Reader)).Package()
	for _, n := range []int{0, 1, 95, 64} {
		cut := pkg
		cut.Coefficients = cut.Coefficients[:n]
		if _, err := p.CheckPackage(1, [32]byte{}, cut); !errors.Is(err, ErrDegree) {
			t.Errorf("%d bytes of coefficients: %v, want ErrDegree", n, err)
		}
	}
	// A coefficient of zero lowers the degree, with a proof that holds.
	for j := range 3 {
		coefficients := []group.Scalar{random(), random(), random()}
		coefficients[j] = group.Scalar{}
		d, c, err := newDealer(p, 1, coefficients, make([]byte, 32))
		if err != nil {
			t.Fatal(err)
		}
		d.pkg.Proof = must(p.prove(1, [32]byte{}, d.pkg.Sealing, c, coefficients, rand.Reader))
		if err := possession(3).Verify(p.possessionTranscript(1, [32]byte{}, d.pkg.Sealing), c, d.pkg.Proof); err != nil {
			t.Fatalf("the attack itself is wrong: %v", err)
		}
		if _, err := p.CheckPackage(1, [32]byte{}, d.pkg); !errors.Is(err, ErrPossession) {
			t.Errorf("coefficient %d is 0: %v, want ErrPossession", j, err)
		}
	}
}

func TestPackageEncodings(t *testing.T) {
	p := parameters(3, 2)
	key := [32]byte{9}
	d := must(NewDealer(p, 1, key, rand.Reader))
	for name, change := range map[string]func(*Package){
		"a coefficient is no element": func(pkg *Package) { pkg.Coefficients[31] |= 0x80 },
		"a response is not canonical": func(pkg *Package) { pkg.Proof[127] = 0xff },
		"a first move is no element":  func(pkg *Package) { pkg.Proof[31] |= 0x80 },
		"the proof is too long":       func(pkg *Package) { pkg.Proof = append(pkg.Proof, 0) },
		"the proof is too short":      func(pkg *Package) { pkg.Proof = pkg.Proof[1:] },
		"the proof is empty":          func(pkg *Package) { pkg.Proof = nil },
	} {
		pkg := d.Package()
		change(&pkg)
		if _, err := p.CheckPackage(1, key, pkg); !errors.Is(err, ErrPossession) {
			t.Errorf("%s: %v, want ErrPossession", name, err)
		}
	}
}

// A sealing key of low order would make every honest dealer fail to seal, and
// seem to be at fault by silence.
func TestSealingKeyOfLowOrder(t *testing.T) {
	le := func(b ...byte) (k [32]byte) { copy(k[:], b); return k }
	p255 := func(low byte) [32]byte { // 2^255 − 19 + (low − 0xed)
		k := [32]byte{}
		for i := range k {
			k[i] = 0xff
		}
		k[0], k[31] = low, 0x7f
		return k
	}
	order8 := [32]byte{0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4, 0x6a,
		0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00}
	order8b := [32]byte{0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1, 0x55, 0x9c, 0x83, 0xef, 0x5b,
		0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c, 0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f, 0x11, 0x57}
	key := [32]byte{9}
	p := parameters(2, 2)
	for name, low := range map[string][32]byte{
		"0": le(0), "1": le(1), "p-1": p255(0xec), "p": p255(0xed), "p+1": p255(0xee), "order 8": order8, "the other order 8": order8b,
	} {
		for _, high := range []byte{0, 0x80} {
			low := low
			low[31] |= high
			d := must(NewDealer(p, 1, key, rand.Reader))
			pkg := d.Package()
			pkg.Sealing = low
			pkg.Proof = must(p.prove(1, key, low, must(p.DecodeCommitments(pkg.Coefficients)), d.coefficients, rand.Reader))
			if _, err := p.CheckPackage(1, key, pkg); !errors.Is(err, ErrPossession) {
				t.Errorf("sealing key %s: %v, want ErrPossession", name, err)
			}
			if _, err := d.Seal([][32]byte{d.pkg.Sealing, low}); err == nil {
				t.Errorf("a share was sealed to %s", name)
			}
		}
	}
	d := must(NewDealer(p, 1, key, rand.Reader))
	if _, err := d.Seal([][32]byte{d.pkg.Sealing}); err == nil {
		t.Error("shares were sealed to one of two trustees")
	}
}

// Packages whose keys cancel are refused: anyone could decrypt.
func TestB6_IdentityKeys(t *testing.T) {
	p := parameters(2, 2)
	a0, a1 := random(), random()
	phi := func(s group.Scalar) group.Element { return group.BaseMul(s) }
	joint := []Commitments{{phi(a0), phi(a1)}, {phi(a0.Neg()), phi(a1)}}
	if _, err := p.NewKeys(joint); !errors.Is(err, ErrIdentity) {
		t.Errorf("joint key identity: %v, want ErrIdentity", err)
	}
	// f_1(2) + f_2(2) = 0.
	b1 := random()
	two := group.ScalarFromUint64(2)
	b0 := a0.Add(a1.Mul(two)).Add(b1.Mul(two)).Neg()
	second := []Commitments{{phi(a0), phi(a1)}, {phi(b0), phi(b1)}}
	if _, err := p.NewKeys(second); !errors.Is(err, ErrIdentity) {
		t.Errorf("key of trustee 2 identity: %v, want ErrIdentity", err)
	}
	second[1][0] = second[1][0].Add(group.Generator())
	if _, err := p.NewKeys(second); err != nil {
		t.Errorf("other keys: %v", err)
	}
	if _, err := p.NewKeys(second[:1]); err == nil {
		t.Error("keys of one package of two")
	}
	if _, err := p.NewKeys([]Commitments{second[0], second[1][:1]}); !errors.Is(err, ErrDegree) {
		t.Error("keys of a package of lower degree")
	}
}

// checkSealing refuses exactly the keys with which crypto/ecdh agrees on nothing.
func TestSealingKeysOfLowOrder(t *testing.T) {
	refused := func(b [32]byte) bool {
		pub, err := ecdh.X25519().NewPublicKey(b[:])
		if err != nil {
			t.Fatal(err)
		}
		private, err := ecdh.X25519().NewPrivateKey(make([]byte, 32))
		if err != nil {
			t.Fatal(err)
		}
		_, err = private.ECDH(pub)
		return err != nil
	}
	low := []string{ // RFC 7748 §6.1; Bernstein, cr.yp.to/ecdh.html#validate
		"0000000000000000000000000000000000000000000000000000000000000000",
		"0100000000000000000000000000000000000000000000000000000000000000",
		"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
		"5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	}
	var keys [][32]byte
	for _, s := range low {
		b, err := hex.DecodeString(s)
		if err != nil {
			t.Fatal(err)
		}
		for _, high := range []byte{0, 0x80} {
			key := [32]byte(b)
			key[31] |= high
			if checkSealing(key) == nil {
				t.Errorf("%x is accepted", key)
			}
			keys = append(keys, key)
			for _, bit := range []int{0, 3, 17} { // and its neighbours
				near := key
				near[bit] ^= 1
				keys = append(keys, near)
			}
		}
	}
	for i := range 200 {
		keys = append(keys, sha256.Sum256([]byte{byte(i)}))
		keys = append(keys, [32]byte{byte(i)})
	}
	for _, key := range keys {
		if err := checkSealing(key); (err != nil) != refused(key) {
			t.Errorf("%x: %v, with crypto/ecdh refused: %v", key, err, refused(key))
		}
	}
}
