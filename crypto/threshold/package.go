package threshold

import (
	"errors"
	"fmt"
	"io"
	"sync"

	"filippo.io/edwards25519/field"

	"mandate/crypto/group"
	"mandate/crypto/sigma"
	"mandate/crypto/transcript"
)

var (
	// ErrDegree is returned for a package that has not exactly t coefficient
	// commitments. One more would silently raise the number of trustees
	// needed to decrypt.
	ErrDegree = errors.New("wrong number of coefficient commitments")

	// ErrPossession is returned for a package whose coefficients, sealing key
	// or proof are not valid.
	ErrPossession = errors.New("possession of the coefficients is not shown")
)

// A Package is what a dealer publishes about its polynomial
// f(x) = a_0 + a_1·x + … + a_{t−1}·x^{t−1}.
type Package struct {
	// Coefficients are the commitments φ_j = g^{a_j}, 32 bytes each, j = 0 … t−1.
	Coefficients []byte
	// Sealing is κ, the X25519 public key to which shares for this trustee
	// are sealed.
	Sealing [32]byte
	// Proof shows that the dealer knows every a_j; 64·t bytes.
	Proof []byte
}

// Commitments are the φ_j of one dealer, lowest degree first, as
// [Parameters.CheckPackage] returns them.
type Commitments []group.Element

// VarTimeAt returns Π_j φ_j^{l^j} = g^{f(l)}. It is for public data.
func (c Commitments) VarTimeAt(l int) group.Element {
	x := group.ScalarFromUint64(uint64(l))
	var e group.Element
	for j := len(c) - 1; j >= 0; j-- { // Horner's rule: l is short, its powers are not
		e = group.VarTimeMul(x, e).Add(c[j])
	}
	return e
}

// PackageHash returns the hash by which dealer i commits to its package
// (SPEC.md §5.2). It covers every byte of it, well-formed or not.
func (p Parameters) PackageHash(i int, pkg Package) [32]byte {
	t := p.begin("mandate/v1 package")
	t.AppendUint64("trustee", uint64(i))
	t.AppendBytes("coefficients", pkg.Coefficients)
	t.AppendBytes("sealing", pkg.Sealing[:])
	t.AppendBytes("proof", pkg.Proof)
	return t.ID("hash")
}

// CheckPackage checks the package of dealer i, whose long-term signing key
// has the encoding key, and returns its commitments. The error is or wraps
// ErrDegree or ErrPossession.
func (p Parameters) CheckPackage(i int, key [32]byte, pkg Package) (Commitments, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	if err := p.checkIndex("dealer", i); err != nil {
		return nil, err
	}
	c, err := p.DecodeCommitments(pkg.Coefficients)
	if err != nil {
		return nil, err
	}
	if err := checkSealing(pkg.Sealing); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPossession, err)
	}
	if err := possession(p.T).Verify(p.possessionTranscript(i, key, pkg.Sealing), c, pkg.Proof); err != nil {
		return nil, fmt.Errorf("%w: proof: %w", ErrPossession, err)
	}
	return c, nil
}

// DecodeCommitments decodes the coefficients of a package without checking
// its proof: it is for a package that has passed CheckPackage before. The
// error is or wraps ErrDegree or ErrPossession.
func (p Parameters) DecodeCommitments(b []byte) (Commitments, error) {
	if len(b) != p.T*group.ElementSize {
		return nil, fmt.Errorf("%w: %d bytes, want %d for threshold %d", ErrDegree, len(b), p.T*group.ElementSize, p.T)
	}
	c := make(Commitments, p.T)
	for j := range c {
		e, err := group.DecodeElement(b[j*group.ElementSize : (j+1)*group.ElementSize])
		if err != nil {
			return nil, fmt.Errorf("%w: coefficient %d: %w", ErrPossession, j, err)
		}
		if e.IsIdentity() {
			return nil, fmt.Errorf("%w: coefficient %d is the identity", ErrPossession, j)
		}
		c[j] = e
	}
	return c, nil
}

// possessionTranscript is what the proof of possession is bound to, beside
// the commitments themselves (SPEC.md §5.2).
func (p Parameters) possessionTranscript(i int, key, sealing [32]byte) *transcript.Transcript {
	t := p.begin("mandate/v1 possession")
	t.AppendUint64("n", uint64(p.N))
	t.AppendUint64("t", uint64(p.T))
	t.AppendUint64("trustee", uint64(i))
	t.AppendBytes("key", key[:])
	t.AppendBytes("sealing", sealing[:])
	return t
}

// prove makes the proof of possession of coefficients.
func (p Parameters) prove(i int, key, sealing [32]byte, c Commitments, coefficients []group.Scalar, rand io.Reader) ([]byte, error) {
	w := sigma.Witness{Leaves: [][]group.Scalar{coefficients}}
	return possession(p.T).Prove(p.possessionTranscript(i, key, sealing), c, w, rand)
}

// possessionOnce holds the relation for each threshold: one leaf with
// witnesses a_0 … a_{t−1} and equations φ_j = a_j·g (SPEC.md §5.2).
var possessionOnce = func() (once [MaxTrustees + 1]func() *sigma.Relation) {
	for t := range once {
		once[t] = sync.OnceValue(func() *sigma.Relation { return newPossession(t) })
	}
	return once
}()

// possession returns the relation for threshold t, 1 to MaxTrustees.
func possession(t int) *sigma.Relation { return possessionOnce[t]() }

func newPossession(t int) *sigma.Relation {
	b := sigma.NewBuilder("possession")
	var eqs []sigma.Equation
	for j := range t {
		phi := b.Element(fmt.Sprintf("phi%d", j))
		eqs = append(eqs, sigma.Equation{Image: phi, Terms: []sigma.Term{{Witness: j, Base: b.Generator()}}})
	}
	r, err := b.Build(b.Linear("coefficients", t, eqs...))
	if err != nil {
		panic("threshold: relation of possession: " + err.Error()) // it is a constant
	}
	return r
}

// checkSealing refuses X25519 public keys of low order: nobody could seal
// anything to them, and honest dealers would seem to be silent. Their points
// are of an order that divides 8, on the curve or its twist: three doublings
// (RFC 7748 §5) make the zero of the group of them, and of no others.
func checkSealing(sealing [32]byte) error {
	x, err := new(field.Element).SetBytes(sealing[:]) // without the highest bit, modulo p, as the RFC reads it
	if err != nil {
		return fmt.Errorf("sealing key: %w", err)
	}
	z := new(field.Element).One()
	for range 3 {
		var aa, bb, e, sum field.Element
		aa.Square(sum.Add(x, z))
		bb.Square(sum.Subtract(x, z))
		e.Subtract(&aa, &bb)
		sum.Add(&aa, sum.Mult32(&e, 121665))
		x, z = new(field.Element).Multiply(&aa, &bb), new(field.Element).Multiply(&e, &sum)
	}
	if z.Equal(new(field.Element)) == 1 {
		return errors.New("sealing key has low order")
	}
	return nil
}
