package threshold

import (
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"testing"

	"mandate/crypto/elgamal"
	"mandate/crypto/group"
	"mandate/crypto/transcript"
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func random() group.Scalar { return must(group.RandomScalar(rand.Reader)) }

// attempt is a whole key generation, everyone honest.
type attempt struct {
	Parameters
	signing     [][32]byte
	dealers     []*Dealer
	packages    []Package
	commitments []Commitments
	sealed      [][][SealedSize]byte // [dealer][receiver]
	shares      []*SecretShare
	keys        Keys
}

func parameters(n, t int) Parameters {
	return Parameters{Context: [32]byte{1, 2, 3}, Attempt: 1, N: n, T: t}
}

func generate(tb testing.TB, p Parameters) *attempt {
	tb.Helper()
	a := &attempt{Parameters: p}
	var sealing [][32]byte
	for i := 1; i <= p.N; i++ {
		key := group.BaseMul(random()).Encoding()
		d, err := NewDealer(p, i, key, rand.Reader)
		if err != nil {
			tb.Fatal(err)
		}
		pkg := d.Package()
		if d.Hash() != p.PackageHash(i, pkg) {
			tb.Fatal("Dealer.Hash is not the hash of Dealer.Package")
		}
		c, err := p.CheckPackage(i, key, pkg)
		if err != nil {
			tb.Fatal(err)
		}
		a.signing, a.dealers = append(a.signing, key), append(a.dealers, d)
		a.packages, a.commitments = append(a.packages, pkg), append(a.commitments, c)
		sealing = append(sealing, pkg.Sealing)
	}
	for _, d := range a.dealers {
		a.sealed = append(a.sealed, must(d.Seal(sealing)))
	}
	a.keys = must(p.NewKeys(a.commitments))
	for l := 1; l <= p.N; l++ {
		s, err := a.dealers[l-1].Receiver().Receive(a.commitments, a.sealedTo(l))
		if err != nil {
			tb.Fatal(err)
		}
		if !s.Fits(a.keys.Trustees[l-1]) {
			tb.Fatalf("share %d does not fit its key", l)
		}
		a.shares = append(a.shares, s)
	}
	return a
}

func (a *attempt) sealedTo(l int) [][SealedSize]byte {
	var sealed [][SealedSize]byte
	for _, s := range a.sealed {
		sealed = append(sealed, s[l-1])
	}
	return sealed
}

func (a *attempt) encrypt(counts ...uint64) []elgamal.Ciphertext {
	var cs []elgamal.Ciphertext
	for _, v := range counts {
		cs = append(cs, must(elgamal.EncryptInteger(a.keys.Joint, v, random())).Encoded())
	}
	return cs
}

func decryption(contest uint64) *transcript.Transcript {
	t := transcript.New("mandate/v1 shares")
	t.AppendBytes("ctx", []byte("context"))
	t.AppendUint64("contest", contest)
	return t
}

// subsets returns all subsets of 1 … n of size k.
func subsets(n, k int) [][]int {
	if k == 0 {
		return [][]int{nil}
	}
	var all [][]int
	for last := k; last <= n; last++ {
		for _, s := range subsets(last-1, k-1) {
			all = append(all, append(slices.Clone(s), last))
		}
	}
	return all
}

// Every subset of t trustees opens the same counts, and one fewer opens
// nothing at all.
func TestE10_E11_AnySubsetOpensTheSame(t *testing.T) {
	for _, size := range [][2]int{{1, 1}, {2, 1}, {3, 2}, {4, 2}, {4, 3}, {5, 3}} {
		n, threshold := size[0], size[1]
		t.Run(fmt.Sprintf("n=%d,t=%d", n, threshold), func(t *testing.T) {
			a := generate(t, parameters(n, threshold))
			counts := []uint64{0, 1, 999}
			cs := a.encrypt(counts...)
			all := make(map[int][]group.Element)
			for i, s := range a.shares {
				shares, proof, err := s.PartialDecrypt(decryption(0), cs, rand.Reader)
				if err != nil {
					t.Fatal(err)
				}
				if err := VerifyPartial(decryption(0), i+1, a.keys.Trustees[i], cs, shares, proof); err != nil {
					t.Fatal(err)
				}
				all[i+1] = shares
			}
			var first []group.Element
			tried := 0
			for size := threshold; size <= n; size++ {
				for _, subset := range subsets(n, size) {
					tried++
					given := make(map[int][]group.Element)
					for _, i := range subset {
						given[i] = all[i]
					}
					ds, err := Combine(threshold, len(cs), given)
					if err != nil {
						t.Fatalf("%v: %v", subset, err)
					}
					if first == nil {
						first = ds
					}
					for j, c := range cs {
						if !ds[j].Equal(first[j]) {
							t.Errorf("%v: ciphertext %d: another D", subset, j)
						}
						if err := VarTimeCheckCount(c, ds[j], counts[j], 1000); err != nil {
							t.Errorf("%v: ciphertext %d: %v", subset, j, err)
						}
						if got, err := VarTimeFindCount(c, ds[j], 1000); err != nil || got != counts[j] {
							t.Errorf("%v: ciphertext %d: count %d, %v, want %d", subset, j, got, err, counts[j])
						}
					}
				}
			}
			if tried == 0 {
				t.Fatal("no subset tried")
			}
			for _, subset := range subsets(n, threshold-1) {
				given := make(map[int][]group.Element)
				for _, i := range subset {
					given[i] = all[i]
				}
				if ds, err := Combine(threshold, len(cs), given); !errors.Is(err, ErrIncomplete) || ds != nil {
					t.Errorf("%v: %d of %d shares: %v, want ErrIncomplete", subset, threshold-1, threshold, err)
				}
				if len(given) == 0 {
					continue
				}
				// Whoever lowers the threshold finds no count.
				ds := must(Combine(threshold-1, len(cs), given))
				for j, c := range cs {
					if got, err := VarTimeFindCount(c, ds[j], 1000); !errors.Is(err, elgamal.ErrNoLog) {
						t.Errorf("%v: too few shares open count %d, %v", subset, got, err)
					}
				}
			}
		})
	}
}

// Coefficients for all n trustees, or with a wrong index, open nothing.
func TestE11_WrongLagrangeSet(t *testing.T) {
	a := generate(t, parameters(4, 2))
	cs := a.encrypt(5)
	m := func(i int) []group.Element {
		shares, _, err := a.shares[i-1].PartialDecrypt(decryption(0), cs, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		return shares
	}
	combineWith := func(lambdas []group.Scalar) group.Element {
		return group.VarTimeMultiMul(lambdas[:2], []group.Element{m(1)[0], m(3)[0]})
	}
	right := combineWith(must(Lagrange([]int{1, 3})))
	if err := VarTimeCheckCount(cs[0], right, 5, 10); err != nil {
		t.Fatal(err)
	}
	ofAll := must(Lagrange([]int{1, 2, 3, 4}))
	for name, lambdas := range map[string][]group.Scalar{
		"for all four": {ofAll[0], ofAll[2]},
		"for 1 and 2":  must(Lagrange([]int{1, 2})),
		"swapped":      must(Lagrange([]int{3, 1})),
	} {
		if err := VarTimeCheckCount(cs[0], combineWith(lambdas), 5, 10); !errors.Is(err, ErrCount) {
			t.Errorf("coefficients %s: %v, want ErrCount", name, err)
		}
	}
	if _, err := Combine(2, 1, map[int][]group.Element{1: m(1), 33: m(3)}); err == nil {
		t.Error("a share of a trustee that no vote can have was combined")
	}
	if _, err := Combine(2, 1, map[int][]group.Element{1: m(1), 3: nil}); err == nil {
		t.Error("a trustee without shares was combined")
	}
	if _, err := Combine(0, 1, nil); err == nil {
		t.Error("threshold 0 was combined")
	}
}

// Coefficients at 0 interpolate every polynomial of a lower degree, in any
// order of the indices.
func TestLagrangeInterpolates(t *testing.T) {
	for k := 1; k <= MaxTrustees; k += 5 {
		f := &Dealer{}
		for range k {
			f.coefficients = append(f.coefficients, random())
		}
		trustees := make([]int, k)
		for i := range trustees {
			trustees[i] = MaxTrustees - i
		}
		lambdas := must(Lagrange(trustees))
		var sum group.Scalar
		for i, l := range trustees {
			sum = sum.Add(lambdas[i].Mul(f.at(l)))
		}
		if !sum.Equal(f.coefficients[0]) {
			t.Errorf("%d trustees do not interpolate", k)
		}
	}
}

// Index 0 would be the secret itself, and equal indices divide by zero.
func TestE4_Indices(t *testing.T) {
	for _, bad := range [][]int{nil, {0}, {1, 0}, {-1}, {1, 1}, {2, 1, 2}, {33}, {1 << 40}} {
		if _, err := Lagrange(bad); err == nil {
			t.Errorf("Lagrange accepts %v", bad)
		}
	}
	p := parameters(3, 2)
	a := generate(t, p)
	for _, i := range []int{-1, 0, 4, 1 << 40} {
		if _, err := NewDealer(p, i, [32]byte{}, rand.Reader); err == nil {
			t.Errorf("a dealer has index %d", i)
		}
		if _, err := p.CheckPackage(i, a.signing[0], a.packages[0]); err == nil {
			t.Errorf("package of dealer %d accepted", i)
		}
		if err := p.VerifyTest(i, a.keys, a.keys.Joint, nil); err == nil {
			t.Errorf("test of trustee %d accepted", i)
		}
		c := Complaint{Dealer: i, Receiver: 1, Commitments: a.commitments[0]}
		if _, err := p.Adjudicate(c); err == nil {
			t.Errorf("complaint against %d judged", i)
		}
		c.Dealer, c.Receiver = 1, i
		if _, err := p.Adjudicate(c); err == nil {
			t.Errorf("complaint of %d judged", i)
		}
	}
	for _, bad := range []Parameters{
		{Attempt: 1}, {Attempt: 1, N: 33, T: 1}, {Attempt: 1, N: 3, T: 4}, {Attempt: 1, N: 3, T: 0}, {N: 3, T: 2}, {Attempt: 1, N: -1, T: -1},
	} {
		if err := bad.Check(); err == nil {
			t.Errorf("parameters %+v accepted", bad)
		}
		if _, err := NewDealer(bad, 1, [32]byte{}, rand.Reader); err == nil {
			t.Errorf("dealer with parameters %+v", bad)
		}
		if _, err := bad.CheckPackage(1, [32]byte{}, Package{}); err == nil {
			t.Errorf("package checked with parameters %+v", bad)
		}
		if _, err := bad.NewKeys(nil); err == nil {
			t.Errorf("keys with parameters %+v", bad)
		}
	}
}

// A dealer that cannot draw randomness makes nothing.
func TestNewDealerNeedsRandomness(t *testing.T) {
	for _, n := range []int{0, 64, 128, 160} { // two coefficients, the sealing key, the proof
		if d, err := NewDealer(parameters(3, 2), 1, [32]byte{}, &limited{n}); err == nil || d != nil {
			t.Errorf("a dealer of %d random bytes", n)
		}
	}
}

// limited is a random source that ends.
type limited struct{ left int }

func (l *limited) Read(b []byte) (int, error) {
	if len(b) > l.left {
		return 0, errors.New("no more randomness")
	}
	l.left -= len(b)
	return rand.Read(b)
}
