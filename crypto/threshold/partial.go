package threshold

import (
	"errors"
	"fmt"
	"io"

	"mandate/crypto/elgamal"
	"mandate/crypto/group"
	"mandate/crypto/sigma"
	"mandate/crypto/transcript"
)

// PartialDecrypt returns M_j = A_j^{x_i} for every ciphertext (A_j, B_j), and
// one proof for all of them (SPEC.md §11.3), of sigma.EqualLogsSize bytes. Long
// lists are worked on by all processors. The transcript says which decryption this is, beside the trustee and the
// ciphertexts; it is left as it was.
//
// It decrypts whatever it is given: only the caller can know that these
// ciphertexts may be decrypted.
func (s *SecretShare) PartialDecrypt(t *transcript.Transcript, cs []elgamal.Ciphertext, rand io.Reader) (shares []group.Element, proof []byte, err error) {
	if len(cs) == 0 {
		return nil, nil, errors.New("threshold: no ciphertexts to decrypt")
	}
	y := group.BaseMul(s.x).Encoded()
	shares = make([]group.Element, len(cs))
	forBlocks(len(cs), func(lo, hi int) {
		for j := lo; j < hi; j++ {
			shares[j] = cs[j].A.Mul(s.x).Encoded()
		}
	})
	st := newStatement(t, s.index, y, cs, shares)
	proof, err = sigma.ProveEqualLogs(st.transcript, st.base, y, st.image, s.x, rand)
	if err != nil {
		return nil, nil, fmt.Errorf("threshold: decrypting: %w", err)
	}
	return shares, proof, nil
}

// VerifyPartial returns nil if the shares are what trustee i, whose public key
// is y, must give for the ciphertexts. y comes from NewKeys: a share that is
// valid under any other key says nothing.
func VerifyPartial(t *transcript.Transcript, i int, y group.Element, cs []elgamal.Ciphertext, shares []group.Element, proof []byte) error {
	if err := checkPartial(cs, shares); err != nil {
		return err
	}
	st := newStatement(t, i, y, cs, shares)
	if err := sigma.VerifyEqualLogs(st.transcript, st.base, y, st.image, proof); err != nil {
		return fmt.Errorf("threshold: shares of trustee %d: %w", i, err)
	}
	return nil
}

// AddPartial is VerifyPartial with the equations left to a batch; see
// sigma.Batch.Add, also on numbering.
func AddPartial(b *sigma.Batch, t *transcript.Transcript, i int, y group.Element, cs []elgamal.Ciphertext, shares []group.Element, proof []byte) error {
	if err := checkPartial(cs, shares); err != nil {
		_ = b.AddEqualLogs(t, y, y, y, nil) // refused for want of a proof: it only takes the number
		return err
	}
	st := newStatement(t, i, y, cs, shares)
	if err := b.AddEqualLogs(st.transcript, st.base, y, st.image, proof); err != nil {
		return fmt.Errorf("threshold: shares of trustee %d: %w", i, err)
	}
	return nil
}

// checkPartial refuses a share that is the identity: it would leave the
// ciphertext as it is. Only for a ciphertext without randomness is it right.
func checkPartial(cs []elgamal.Ciphertext, shares []group.Element) error {
	if len(cs) == 0 || len(shares) != len(cs) {
		return fmt.Errorf("threshold: %d shares for %d ciphertexts", len(shares), len(cs))
	}
	for j := range shares {
		if shares[j].IsIdentity() && !cs[j].A.IsIdentity() {
			return fmt.Errorf("threshold: share %d %w", j, ErrIdentity)
		}
	}
	return nil
}

// statement is what one proof of equal logarithms stands for.
type statement struct {
	transcript  *transcript.Transcript // S
	base, image group.Element          // G = Π A_j^{w_j}, M = Π M_j^{w_j}
}

// newStatement makes S of SPEC.md §11.3. The weights depend on all of it, so
// that no share can be chosen after them.
func newStatement(t *transcript.Transcript, i int, y group.Element, cs []elgamal.Ciphertext, shares []group.Element) statement {
	as, bs := make([]group.Element, len(cs)), make([]group.Element, len(cs))
	for j := range cs {
		as[j], bs[j] = cs[j].A, cs[j].B
	}
	s := t.Clone()
	s.AppendUint64("trustee", uint64(i))
	s.AppendElement("Y", y)
	s.AppendElements("A", as)
	s.AppendElements("B", bs)
	s.AppendElements("M", shares)
	w := make([]group.Scalar, len(cs))
	forBlocks(len(w), func(lo, hi int) {
		for j := lo; j < hi; j++ {
			wt := s.Clone()
			wt.AppendUint64("index", uint64(j))
			w[j] = wt.Weight("weight")
		}
	})
	return statement{s, group.VarTimeMultiMul(w, as), group.VarTimeMultiMul(w, shares)}
}
