package member

import (
	"bytes"
	"context"
	"slices"

	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/verifier/boardlog"
	"mandate/verifier/light"
)

// An Entry is a record on the board that names a credential of the card.
type Entry struct {
	Index    uint64
	ID       record.ID
	Kind     string    // "ballot" or "check"
	Number   uint64    // of a ballot
	Opened   record.ID // of a check record: the ballot that was opened
	Mine     bool      // this device has made it
	Reported bool      // of a check record: that the second device has shown another choice was reported
	Accepted bool      // a ballot that was taken, replaced later or not; other ballots have no effect
	Counts   bool      // the ballot that counts
}

// A History is everything that was done with a card in one vote.
type History struct {
	Vote     record.ID
	Manifest *record.Vote
	Phase    fold.Phase
	Entries  []Entry
	// Foreign says that a ballot was taken that this device has not made: another device of the member's, or somebody else has the card.
	Foreign bool
	// Lost are ballots of this device that the board has promised or receipted and that are not on the log.
	Lost []record.ID
	// Witnessed says that the log that was read has the cosignatures that the vote demands, if it demands any.
	Witnessed bool
}

// History reads the board's whole log and returns what was done with the card in each vote, in log order: nothing the board says is needed
// for that but the log that everybody sees.
func (c *Client) History(ctx context.Context, w *Wallet) ([]History, error) {
	var out []History
	keys := make(map[record.ID]record.Key)
	err := w.look(ctx, c, light.Focus{}, func(s *fold.State) error {
		for _, v := range s.Votes() {
			if v.Round.ID != w.card.Round {
				continue
			}
			cred, err := w.credential(v.Manifest.Slot)
			if err != nil {
				return err
			}
			out = append(out, History{Vote: v.ID})
			keys[v.ID] = cred.Key
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	found := make(map[uint64][]byte)
	err = w.look(ctx, c, light.Focus{}, func(*fold.State) error { return c.scan(ctx, out, keys, found) })
	if err != nil {
		return nil, err
	}
	for i := range out {
		err := w.look(ctx, c, light.Focus{Vote: out[i].Vote, Found: found}, func(s *fold.State) error {
			v := s.Vote(out[i].Vote)
			if v == nil {
				return problem(CodeOldBoard, "try again later", "%w: a vote is no longer on it", ErrOldBoard)
			}
			out[i].Manifest, out[i].Phase = v.Manifest, v.Phase
			w.explain(&out[i], v, keys[v.ID])
			who, err := authorityOf(s, v.ID)
			if err == nil {
				_, missing := boardlog.Open(c.board.Checkpoint(), who.witnessed)
				out[i].Witnessed = missing == nil
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return out, w.save(ctx)
}

// scan reads the whole log and collects the records that name a credential.
func (c *Client) scan(ctx context.Context, out []History, keys map[record.ID]record.Key, found map[uint64][]byte) error {
	err := c.board.Records(ctx, 0, func(index uint64, raw []byte) error {
		for i := range out {
			key := keys[out[i].Vote]
			if !bytes.Contains(raw, key[:]) {
				continue
			}
			rec, err := record.Decode(raw)
			if err != nil || rec.Scope != out[i].Vote {
				continue
			}
			found[index] = raw
			switch b := rec.Body.(type) {
			case *record.Ballot:
				if b.Key == key {
					out[i].Entries = append(out[i].Entries, Entry{Index: index, ID: rec.ID(), Kind: "ballot", Number: b.Number})
				}
			case *record.Check:
				if b.Key == key {
					out[i].Entries = append(out[i].Entries, Entry{Index: index, ID: rec.ID(), Kind: "check", Opened: b.Ballot})
				}
			}
		}
		return nil
	})
	if err != nil {
		return problem(CodeBoardDown, "try again in a minute", "reading the board's log: %w", err)
	}
	return nil
}

// explain compares what is on the log with what this device remembers.
func (w *Wallet) explain(h *History, v *fold.Vote, key record.Key) {
	own := w.memory.in(h.Vote, false)
	_, last, voted := v.Last(key)
	there := make(map[record.ID]bool)
	for i := range h.Entries {
		e := &h.Entries[i]
		if e.Kind == "check" {
			e.Mine, e.Reported = slices.Contains(own.Checked, e.Opened), v.IsFaulted(key, e.Opened)
			continue
		}
		there[e.ID] = true
		e.Mine = own.find(e.ID) != nil
		e.Accepted = v.IsCast(e.ID)
		e.Counts = voted && e.ID == last
		h.Foreign = h.Foreign || e.Accepted && !e.Mine
	}
	for _, b := range own.Ballots {
		if id := record.IDOf(b.Ballot); !there[id] && (len(b.Promise) > 0 || len(b.Receipt) > 0) {
			h.Lost = append(h.Lost, id)
		}
	}
}
