package verifier_test

import (
	"crypto/ed25519"
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"mandate/ballot/checkpoint"
	"mandate/ballot/simulate"
	"mandate/verifier"
)

// A watch is a witness whose clock is off.
type watch struct {
	note.Verifier
	key ed25519.PrivateKey
	now func() uint64
}

func (w watch) Sign(text []byte) ([]byte, error) {
	at := w.now()
	return append(binary.BigEndian.AppendUint64(nil, at), ed25519.Sign(w.key, checkpoint.CosignedMessage(at, text))...), nil
}

// TestG13_TheBoardsClockIsComparedWithWitnesses has boards whose time is right, hours ahead and hours behind.
func TestG13_TheBoardsClockIsComparedWithWitnesses(t *testing.T) {
	for _, c := range []struct {
		off  int64 // of the witnesses' clocks against the board's
		want string
	}{{0, ""}, {-300, ""}, {-7200, "2h0m0s ahead of"}, {7200, "behind"}} {
		o := simulate.New(t, simulate.Config{Members: 3, Witnesses: 2, Need: 1})
		for i := range o.Witnesses {
			public, private, err := ed25519.GenerateKey(nil)
			if err != nil {
				t.Fatal(err)
			}
			vkey := checkpoint.WitnessKey("clock"+string(rune('a'+i))+".example", public)
			v, err := checkpoint.ParseWitnessKey(vkey)
			if err != nil {
				t.Fatal(err)
			}
			o.Witnesses[i] = simulate.Witness{Key: vkey, Signer: watch{v, private, func() uint64 { return uint64(int64(o.State.Now()) + c.off) }}}
		}
		r := o.Round()
		v := r.Vote()
		v.Ceremony()
		r.Cards(0, 1)
		v.Open()
		v.Cast(0, []int{simulate.Yes})
		v.Cast(1, []int{simulate.No})
		v.Finish()
		o.Time(o.State.Now() + 60)
		report := verify(t, sourceOf(t, o), verifier.Options{Vote: v.ID})
		said := slices.ContainsFunc(report.Votes[0].Warnings, func(s string) bool { return strings.Contains(s, "the board's clock was") })
		right := slices.ContainsFunc(report.Votes[0].Warnings, func(s string) bool {
			return strings.Contains(s, c.want) && strings.Contains(s, "the board's clock was")
		})
		if !report.OK() || said != (c.want != "") || said && !right {
			t.Errorf("clocks off by %d s: verdict %v, %q", c.off, report.Verdict, report.Votes[0].Warnings)
		}
	}
}
