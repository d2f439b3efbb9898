package member

import (
	"context"

	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/verifier/light"
)

// A Standing is a vote as it stands for a card, whether it can vote now or not.
type Standing struct {
	Vote     record.ID
	Manifest *record.Vote
	Phase    fold.Phase
	Now      uint64 // the board's time
	// Number is how many ballots of this card the next one replaces.
	Number uint64
	// Last is the card's ballot that counts as the log stands, Voted whether there is one, Mine whether this device has made it. Until the
	// card is complete nothing is known of them.
	Last        record.ID
	Voted, Mine bool
	// Sent are the ballots that this device has sent. Pending is the newest if its receipt is missing, else zero; Resume deals with it.
	Sent    []Sent
	Pending record.ID
	// Late says that the card is so new that what is done with it can be guessed to be its member's: see Booth.
	Late bool
	// Fault is what makes the vote fail verification, if something does that this device can see.
	Fault string
}

// Standing looks at a vote with its card.
func (c *Client) Standing(ctx context.Context, w *Wallet, vote record.ID) (*Standing, error) {
	var out *Standing
	err := w.look(ctx, c, light.Focus{Vote: vote, Keys: w.chain(vote, ballotSlot)}, func(s *fold.State) error {
		v, err := w.find(s, vote)
		if err != nil {
			return err
		}
		out = &Standing{Vote: v.ID, Manifest: v.Manifest, Phase: v.Phase, Now: s.Now(), Sent: w.Sent(vote), Late: w.isLate(s, seconds(c.options.Clock()))}
		if fault, ok := s.Fault(v.ID); ok {
			out.Fault = fault.String()
		}
		if n := len(out.Sent); n > 0 && out.Sent[n-1].Receipt == nil && out.Sent[n-1].Refused == "" {
			out.Pending = out.Sent[n-1].Ballot
		}
		if len(w.Missing()) > 0 {
			return nil
		}
		cred, err := w.credential(v.Manifest.Slot)
		if err != nil {
			return err
		}
		if hidden := w.memory.in(vote, false).compare(v.IsCast); hidden != nil {
			return w.hides(ctx, c, hidden)
		}
		number, id, voted := v.Last(cred.Key)
		if voted {
			out.Number, out.Last, out.Voted, out.Mine = number+1, id, true, w.memory.in(vote, false).find(id) != nil
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, w.save(ctx)
}
