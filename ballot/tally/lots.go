package tally

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"io"
	"slices"

	"mandate/ballot/record"
	"mandate/crypto/elgamal"
	"mandate/crypto/group"
	"mandate/crypto/threshold"
	"mandate/crypto/transcript"
)

// A Seed decides a vote's lots. Fewer than t trustees can neither predict nor choose it, and any t of them give the same (SPEC.md §11.6).
type Seed [32]byte

// lotPoint is what the trustees evaluate, as a ciphertext of which only A counts.
func lotPoint(ctx [32]byte, root record.ID) []elgamal.Ciphertext {
	t := transcript.New("mandate/v1 lots")
	t.AppendBytes("ctx", ctx[:])
	t.AppendBytes("root", root[:])
	return []elgamal.Ciphertext{{A: t.Element("point")}}
}

func lotTranscript(ctx [32]byte, root record.ID) *transcript.Transcript {
	t := transcript.New("mandate/v1 lots share")
	t.AppendBytes("ctx", ctx[:])
	t.AppendBytes("root", root[:])
	return t
}

// MakeLots returns a trustee's part of the seed of a vote whose sealed log has that root. The caller has checked that it is the only sealed
// log it works on.
func MakeLots(ctx [32]byte, root record.ID, s *threshold.SecretShare, rand io.Reader) (*record.Lots, error) {
	shares, proof, err := s.PartialDecrypt(lotTranscript(ctx, root), lotPoint(ctx, root), rand)
	if err != nil {
		return nil, fmt.Errorf("share of the lots: %w", err)
	}
	return &record.Lots{Trustee: uint64(s.Index()), Share: shares[0].Encoding(), Proof: proof}, nil
}

// CheckLots returns nil if the share is what the trustee with public key y must give.
func CheckLots(ctx [32]byte, root record.ID, y group.Element, b *record.Lots) error {
	share, err := group.DecodeElement(b.Share[:])
	if err != nil {
		return fmt.Errorf("share: %w", err)
	}
	return threshold.VerifyPartial(lotTranscript(ctx, root), int(b.Trustee), y, lotPoint(ctx, root), []group.Element{share}, b.Proof)
}

// DrawSeed combines checked shares by trustee, of which it uses those of the t lowest indices. With fewer the error is
// threshold.ErrIncomplete.
func DrawSeed(ctx [32]byte, t int, lots map[int]*record.Lots) (Seed, error) {
	shares := make(map[int][]group.Element, len(lots))
	for i, b := range lots {
		e, err := group.DecodeElement(b.Share[:])
		if err != nil {
			return Seed{}, fmt.Errorf("share of trustee %d: %w", i, err)
		}
		shares[i] = []group.Element{e}
	}
	d, err := threshold.Combine(t, 1, shares)
	if err != nil {
		return Seed{}, err
	}
	h := transcript.New("mandate/v1 lots seed")
	h.AppendBytes("ctx", ctx[:])
	h.AppendElement("value", d[0])
	return Seed(h.ID("seed")), nil
}

// String returns the seed in hexadecimal. It is public.
func (s Seed) String() string { return hex.EncodeToString(s[:]) }

// ticket is what an option has in a draw.
func (s Seed) ticket(contest, draw, option uint64) [32]byte {
	t := transcript.New("mandate/v1 lot")
	t.AppendBytes("seed", s[:])
	t.AppendUint64("contest", contest)
	t.AppendUint64("draw", draw)
	t.AppendUint64("option", option)
	return t.ID("ticket")
}

// Draw puts options of a contest in the order in which a draw takes them. Draws of a contest are numbered, of a choice from 0, of a count of
// rankings from 1.
func (s Seed) Draw(contest, draw uint64, options []uint64) []uint64 {
	ticket := make(map[uint64][32]byte, len(options))
	for _, o := range options {
		ticket[o] = s.ticket(contest, draw, o)
	}
	drawn := slices.Clone(options)
	slices.SortFunc(drawn, func(a, b uint64) int {
		x, y := ticket[a], ticket[b]
		return bytes.Compare(x[:], y[:])
	})
	return drawn
}
