package threshold

import (
	"bytes"
	"crypto/ecdh"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"slices"
	"testing"
	"testing/cryptotest"

	"mandate/crypto/elgamal"
	"mandate/crypto/group"
	"mandate/crypto/transcript"
)

// testdata/reference.json is made by testdata/reference.py, a second
// implementation from SPEC.md alone. testdata/go.json was made here and holds
// there; it changes only with the specification, and then by
//
//	go test ./crypto/threshold -run TestA12 -update
var update = flag.Bool("update", false, "rewrite testdata/go.json")

type hexBytes []byte

func (h hexBytes) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(h)), nil }
func (h *hexBytes) UnmarshalText(b []byte) (err error) {
	*h, err = hex.DecodeString(string(b))
	return err
}

// A vector is a whole key generation and decryption.
type vector struct {
	MadeBy      string          `json:"made_by"`
	Context0    hexBytes        `json:"ctx0"`
	Attempt     uint64          `json:"attempt"`
	N           int             `json:"n"`
	T           int             `json:"t"`
	Trustees    []vectorTrustee `json:"trustees"`
	Joint       hexBytes        `json:"joint"`
	Keys        hexBytes        `json:"keys"`
	TestElement hexBytes        `json:"test_element"`
	Context     hexBytes        `json:"ctx"`
	Contest     uint64          `json:"contest"`
	Ciphertexts hexBytes        `json:"ciphertexts"`
	Partials    []vectorPartial `json:"partials"`
	Counts      []uint64        `json:"counts"`
}

type vectorTrustee struct {
	Key            hexBytes   `json:"key"`
	Coefficients   hexBytes   `json:"coefficients"`
	Sealing        hexBytes   `json:"sealing"`
	Proof          hexBytes   `json:"proof"`
	Hash           hexBytes   `json:"hash"`
	SealingPrivate hexBytes   `json:"sealing_private"`
	Sealed         []hexBytes `json:"sealed"`
	TestShare      hexBytes   `json:"test_share"`
	TestProof      hexBytes   `json:"test_proof"`
}

type vectorPartial struct {
	Trustee int      `json:"trustee"`
	Shares  hexBytes `json:"shares"`
	Proof   hexBytes `json:"proof"`
}

func (v *vector) decryption() *transcript.Transcript {
	t := transcript.New("mandate/v1 shares")
	t.AppendBytes("ctx", v.Context)
	t.AppendUint64("contest", v.Contest)
	return t
}

func decodeElements(b []byte) (es []group.Element) {
	for c := range slices.Chunk(b, group.ElementSize) {
		es = append(es, must(group.DecodeElement(c)))
	}
	return es
}

func encodeElements(es []group.Element) (b []byte) {
	for _, e := range es {
		b = e.Append(b)
	}
	return b
}

func (v *vector) check(t *testing.T) {
	p := Parameters{Context: [32]byte(v.Context0), Attempt: v.Attempt, N: v.N, T: v.T}
	var commitments []Commitments
	for i, vt := range v.Trustees {
		pkg := Package{Coefficients: vt.Coefficients, Sealing: [32]byte(vt.Sealing), Proof: vt.Proof}
		if p.PackageHash(i+1, pkg) != [32]byte(vt.Hash) {
			t.Errorf("package hash of %d", i+1)
		}
		c, err := p.CheckPackage(i+1, [32]byte(vt.Key), pkg)
		if err != nil {
			t.Fatalf("package of %d: %v", i+1, err)
		}
		commitments = append(commitments, c)
	}
	keys, err := p.NewKeys(commitments)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(keys.Joint.Bytes(), v.Joint) || !bytes.Equal(encodeElements(keys.Trustees), v.Keys) {
		t.Error("keys")
	}
	if !bytes.Equal(p.testElement().Bytes(), v.TestElement) {
		t.Error("test element")
	}
	for l, vt := range v.Trustees {
		r := &Receiver{p: p, index: l + 1, sealing: must(ecdh.X25519().NewPrivateKey(vt.SealingPrivate))}
		var sealed [][SealedSize]byte
		for _, dealer := range v.Trustees {
			sealed = append(sealed, [SealedSize]byte(dealer.Sealed[l]))
		}
		s, err := r.Receive(commitments, sealed)
		if err != nil {
			t.Fatalf("shares for %d: %v", l+1, err)
		}
		if !s.Fits(keys.Trustees[l]) || !bytes.Equal(p.testElement().Mul(s.x).Bytes(), vt.TestShare) {
			t.Errorf("share of %d", l+1)
		}
		if err := p.VerifyTest(l+1, keys, must(group.DecodeElement(vt.TestShare)), vt.TestProof); err != nil {
			t.Errorf("test of %d: %v", l+1, err)
		}
	}
	var cs []elgamal.Ciphertext
	for c := range slices.Chunk(v.Ciphertexts, elgamal.Size) {
		cs = append(cs, must(elgamal.Decode(c)))
	}
	shares := make(map[int][]group.Element)
	for _, vp := range v.Partials {
		shares[vp.Trustee] = decodeElements(vp.Shares)
		if err := VerifyPartial(v.decryption(), vp.Trustee, keys.Trustees[vp.Trustee-1], cs, shares[vp.Trustee], vp.Proof); err != nil {
			t.Error(err)
		}
	}
	for j, d := range must(Combine(v.T, len(cs), shares)) {
		if err := VarTimeCheckCount(cs[j], d, v.Counts[j], 10000); err != nil {
			t.Errorf("option %d: %v", j, err)
		}
	}
}

// What a second implementation made from the specification alone holds here.
func TestA12_ReferenceVectors(t *testing.T) {
	var v vector
	if err := json.Unmarshal(must(os.ReadFile("testdata/reference.json")), &v); err != nil {
		t.Fatal(err)
	}
	if v.N != 4 || v.T != 3 || len(v.Partials) != 4 || len(v.Counts) != 3 {
		t.Fatal("another vector than expected")
	}
	v.check(t)
}

// What was made here once still holds, and what is made here holds in the
// second implementation.
func TestA12_GoldenVectors(t *testing.T) {
	const file = "testdata/go.json"
	if *update {
		if err := os.WriteFile(file, newVector(t), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	b := must(os.ReadFile(file))
	if !bytes.Equal(newVector(t), b) {
		t.Errorf("from the same randomness something else is made than %s has", file)
	}
	var v vector
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	v.check(t)
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3 to run the second implementation")
	}
	cmd := exec.Command(python, "-B", "testdata/reference.py", "check")
	cmd.Stdin = bytes.NewReader(b)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("reference.py: %v\n%s", err, out)
	}
}

// newVector is the same each time.
func newVector(t *testing.T) []byte {
	cryptotest.SetGlobalRandom(t, 1)
	p := Parameters{Attempt: 3, N: 3, T: 2}
	rand.Read(p.Context[:])
	a := generate(t, p)
	v := vector{
		MadeBy: "go", Context0: p.Context[:], Attempt: p.Attempt, N: p.N, T: p.T,
		Joint: a.keys.Joint.Bytes(), Keys: encodeElements(a.keys.Trustees), TestElement: p.testElement().Bytes(),
		Context: make([]byte, 32), Contest: 2, Counts: []uint64{0, 5, 4321},
	}
	rand.Read(v.Context)
	for i, d := range a.dealers {
		share, proof, err := a.shares[i].Test(a.keys, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		hash, private := d.Hash(), d.Receiver().Reveal()
		vt := vectorTrustee{
			Key: a.signing[i][:], Coefficients: d.pkg.Coefficients, Sealing: d.pkg.Sealing[:], Proof: d.pkg.Proof, Hash: hash[:],
			SealingPrivate: private[:], TestShare: share.Bytes(), TestProof: proof,
		}
		for _, s := range a.sealed[i] {
			vt.Sealed = append(vt.Sealed, slices.Clone(s[:]))
		}
		v.Trustees = append(v.Trustees, vt)
	}
	cs := a.encrypt(v.Counts...)
	for _, c := range cs {
		v.Ciphertexts = c.Append(v.Ciphertexts)
	}
	for _, i := range []int{1, 3} {
		shares, proof, err := a.shares[i-1].PartialDecrypt(v.decryption(), cs, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		v.Partials = append(v.Partials, vectorPartial{i, encodeElements(shares), proof})
	}
	b, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return append(b, '\n')
}
