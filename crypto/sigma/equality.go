package sigma

import (
	"fmt"
	"io"

	"mandate/crypto/group"
	"mandate/crypto/transcript"
)

// EqualLogsSize is the length in bytes of a proof of equal logarithms.
const EqualLogsSize = 96

// equalLogs is Y = x·g and M = x·G (SPEC.md §4.4; Chaum and Pedersen,
// CRYPTO '92).
var equalLogs = func() *Relation {
	b := NewBuilder("equality of logarithms")
	G, Y, M := b.Element("G"), b.Element("Y"), b.Element("M")
	return mustBuild(b, b.Linear("x", 1,
		Equation{Y, []Term{{0, b.Generator()}}},
		Equation{M, []Term{{0, G}}}))
}()

// ProveEqualLogs proves that M = x·G for the x with Y = x·g: that a
// decryption share M of G was made with the secret of Y. The transcript must
// hold whose share of what it is, and is left as it was.
func ProveEqualLogs(t *transcript.Transcript, G, Y, M group.Element, x group.Scalar, rand io.Reader) ([]byte, error) {
	if Y.IsIdentity() {
		return nil, fmt.Errorf("proving equal logarithms: Y: %w", ErrIdentity)
	}
	return equalLogs.Prove(t, []group.Element{G, Y, M}, Witness{Leaves: [][]group.Scalar{{x}}}, rand)
}

// VerifyEqualLogs returns nil if proof shows that M is to G as Y is to g. It
// refuses a Y that is the identity; G may be the identity, and M then is too.
func VerifyEqualLogs(t *transcript.Transcript, G, Y, M group.Element, proof []byte) error {
	if Y.IsIdentity() {
		return fmt.Errorf("equal logarithms: Y: %w", ErrIdentity)
	}
	return equalLogs.Verify(t, []group.Element{G, Y, M}, proof)
}

// AddEqualLogs adds a proof of equal logarithms to the batch; see
// [Batch.Add].
func (b *Batch) AddEqualLogs(t *transcript.Transcript, G, Y, M group.Element, proof []byte) error {
	if Y.IsIdentity() {
		b.added++
		return fmt.Errorf("equal logarithms: Y: %w", ErrIdentity)
	}
	return b.Add(equalLogs, t, []group.Element{G, Y, M}, proof)
}
