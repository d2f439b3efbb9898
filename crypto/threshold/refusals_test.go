package threshold

import (
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
