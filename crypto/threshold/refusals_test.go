package threshold

import (
	"bytes"
	"crypto/rand"
	"errors"
	"strings"
	"testing"

	"mandate/crypto/group"
)

// A trustee sums the shares of all dealers, of polynomials of the one degree, or nothing.
func TestReceiveWantsAllOfOneDegree(t *testing.T) {
	a := generate(t, parameters(3, 2))
	receiver := a.dealers[0].Receiver()
	if _, err := receiver.Receive(a.commitments, a.sealedTo(1)[:2]); err == nil {
		t.Error("two of three shares were enough")
	}
	longer := append([]Commitments(nil), a.commitments...)
	longer[1] = append(append(Commitments(nil), longer[1]...), group.Element{}) // the same polynomial, with a coefficient that is zero
	if _, err := receiver.Receive(longer, a.sealedTo(1)); err == nil {
		t.Error("commitments of a higher degree were taken")
	}
	c := Complaint{Dealer: 2, Receiver: 1, Commitments: longer[1], Sealing: a.packages[0].Sealing, Sealed: a.sealed[1][0], Opened: receiver.Reveal()}
	if liar, err := a.Adjudicate(c); err == nil {
		t.Errorf("a complaint with commitments of a higher degree names %d", liar)
	}
	c.Commitments, c.Opened = a.commitments[1], a.dealers[2].Receiver().Reveal()
	if liar, err := a.Adjudicate(c); err == nil {
		t.Errorf("a complaint with another's key names %d", liar)
	}
}

// A secret of one kind is none of another, also where the bytes after the label would do.
func TestStoredSecretsHaveTheirLabel(t *testing.T) {
	a := generate(t, parameters(2, 2))
	for what, c := range map[string]struct {
		stored []byte
		parse  func([]byte) error
	}{
		"dealer":   {a.dealers[0].EncodeSecret(), func(b []byte) error { _, err := ParseDealer(b); return err }},
		"receiver": {a.dealers[0].Receiver().EncodeSecret(), func(b []byte) error { _, err := ParseReceiver(b); return err }},
		"share":    {a.shares[0].EncodeSecret(), func(b []byte) error { _, err := ParseSecretShare(b); return err }},
	} {
		if err := c.parse(c.stored); err != nil {
			t.Fatal(err)
		}
		other := []byte(strings.Replace(string(c.stored), what, strings.ToUpper(what), 1))
		if err := c.parse(other); err == nil {
			t.Errorf("%s: another label was taken", what)
		}
	}
}

// once is a random source that fails at one reading, and at no other.
type once struct{ at int }

func (o *once) Read(b []byte) (int, error) {
	if o.at--; o.at == 0 {
		return 0, errors.New("no randomness now")
	}
	return rand.Read(b)
}

// A source that fails for a moment is not covered up by what it gives afterwards.
func TestNewDealerGoesOnWithoutNoDraw(t *testing.T) {
	for at := 1; ; at++ {
		src := &once{at}
		d, err := NewDealer(parameters(3, 2), 1, [32]byte{}, src)
		if src.at > 0 { // it was not asked so often
			if at < 5 || err != nil {
				t.Errorf("%d readings, %v", at-1, err)
			}
			return
		}
		if err == nil || d != nil {
			t.Errorf("a dealer although reading %d failed", at)
		}
	}
}

// Parameters and indices that there cannot be are refused where all else would be right.
func TestWrongParametersAlone(t *testing.T) {
	key := [32]byte{9}
	prove := func(p Parameters, i int) Package {
		d, c, err := newDealer(p, i, []group.Scalar{random(), random()}, []byte(strings.Repeat("k", 32)))
		if err != nil {
			t.Fatal(err)
		}
		d.pkg.Proof = must(p.prove(i, key, d.pkg.Sealing, c, d.coefficients, rand.Reader))
		return d.pkg
	}
	good := parameters(3, 2)
	if _, err := good.CheckPackage(3, key, prove(good, 3)); err != nil {
		t.Fatal(err)
	}
	zeroth, many, few := good, good, good
	zeroth.Attempt, many.N, few.N = 0, MaxTrustees+1, 1
	for _, p := range []Parameters{zeroth, many, few} {
		if _, err := p.CheckPackage(1, key, prove(p, 1)); err == nil {
			t.Errorf("a package for %+v", p)
		}
	}
	for _, i := range []int{0, 4} {
		if _, err := good.CheckPackage(i, key, prove(good, i)); err == nil {
			t.Errorf("a package of trustee %d of 3", i)
		}
	}

	a := generate(t, good)
	complaint := func(dealer, receiver int) Complaint {
		return Complaint{Dealer: dealer, Receiver: receiver, Commitments: a.commitments[dealer-1], Sealing: a.packages[receiver-1].Sealing,
			Sealed: a.sealed[dealer-1][receiver-1], Opened: a.dealers[receiver-1].Receiver().Reveal()}
	}
	if liar, err := a.Adjudicate(complaint(3, 1)); err != nil || liar != 1 {
		t.Fatalf("%d, %v", liar, err)
	}
	two := good
	two.N = 2
	for _, c := range []Complaint{complaint(3, 1), complaint(1, 3)} {
		if liar, err := two.Adjudicate(c); err == nil {
			t.Errorf("between %d and %d of two trustees %d is the liar", c.Dealer, c.Receiver, liar)
		}
	}
	for _, p := range []Parameters{zeroth, many, few} {
		if liar, err := p.Adjudicate(complaint(1, 2)); err == nil {
			t.Errorf("%+v: %d is the liar", p, liar)
		}
	}

	s := *a.shares[0]
	s.p = zeroth
	share, proof, err := s.Test(a.keys, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if err := zeroth.VerifyTest(1, a.keys, share, proof); err == nil {
		t.Error("a test of attempt 0")
	}
	if _, err := Combine(-1, 1, nil); err == nil {
		t.Error("combined for a threshold of -1")
	}
}

// A share that opens to no scalar is the dealer's fault also where zero would have been the right one.
func TestE5_NoScalarIsNotZero(t *testing.T) {
	a := generate(t, parameters(2, 2))
	a1 := random()
	c := Commitments{group.BaseMul(a1.Neg()), group.BaseMul(a1)} // f(1) = 0
	info := a.sealingInfo(2, 1)
	complaint := Complaint{Dealer: 2, Receiver: 1, Commitments: c, Sealing: a.packages[0].Sealing, Opened: a.dealers[0].Receiver().Reveal()}
	for liar, plain := range map[int][]byte{1: make([]byte, 32), 2: bytes.Repeat([]byte{0xff}, 32)} {
		complaint.Sealed = sealTo(t, a.packages[0].Sealing, info, plain)
		if got, err := a.Adjudicate(complaint); err != nil || got != liar {
			t.Errorf("%x: the liar is %d, %v; want %d", plain, got, err, liar)
		}
	}
}
