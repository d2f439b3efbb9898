package session

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"mandate/ballot/checkpoint"
	"mandate/ballot/contest"
	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/cmd/booth/member"
	"mandate/verifier/boardlog"
	"mandate/verifier/evidence"
	"mandate/verifier/light"
)

func (s *Session) openedCheck(ctx context.Context, p *params) (any, error) {
	vote, ballot, text := p.id("vote", false), p.id("ballot", false), p.text("text", true)
	if p.err != nil {
		return nil, p.err
	}
	found, err := s.client.Verify(ctx, []byte(text), ballot)
	if err != nil {
		return nil, err
	}
	if vote != (record.ID{}) && vote != found.Vote {
		return nil, fail(member.CodeAlarm, "do not cast with that device", "the first device had shown a ballot of vote %s, and opens one of vote %s", vote.Short(), found.Vote.Short())
	}
	return map[string]any{
		"vote": found.Vote.String(), "ballot": found.Ballot.String(), "title": texts(found.Manifest.Title), "mock": found.Manifest.Mock,
		"phase": found.Phase.String(), "spoiled": found.Spoiled,
		"contests": list(found.Manifest.Contests, func(i int, c contest.Contest) any {
			chosen := slices.Clone(found.Selections[i])
			if c.Kind != contest.KindRanked {
				slices.Sort(chosen) // in the order in which they were asked
			}
			return map[string]any{
				"title": texts(c.Title), "ranked": c.Kind == contest.KindRanked,
				"chosen": list(chosen, func(_ int, j int) any { return texts(c.Options[j].Title) }),
			}
		}),
	}, nil
}

// ballotFault says on the board, on the device that has opened a ballot, that the second device has shown something else than was chosen.
func (s *Session) ballotFault(ctx context.Context, p *params) (any, error) {
	vote, ballot := p.id("vote", true), p.id("ballot", true)
	if p.err != nil {
		return nil, p.err
	}
	v, err := s.see(ctx, vote)
	if err != nil {
		return nil, err
	}
	w, _, err := s.open(ctx, v.round)
	if err != nil {
		return nil, err
	}
	index, err := s.client.Report(ctx, w, vote, ballot)
	if err != nil {
		return nil, err
	}
	return map[string]any{"index": number(index)}, nil
}

// A claim is what a receipt says: that a record has a place in the log.
type claim struct {
	record record.ID
	index  uint64
	size   uint64 // of the log whose checkpoint it proves that under
}

func (s *Session) receiptCheck(ctx context.Context, p *params) (any, error) {
	text, words, vote := p.text("text", false), p.texts("words"), p.id("vote", false)
	if p.err != nil {
		return nil, p.err
	}
	var c *claim
	var err error
	if text != "" {
		c, err = s.readReceipt(ctx, text)
	} else {
		c, err = s.findByWords(ctx, words, vote)
	}
	if err != nil {
		return nil, err
	}
	rec, err := s.recordAt(ctx, c)
	if err != nil {
		return nil, err
	}
	out := map[string]any{
		"ballot": c.record.String(), "kind": rec.Kind(), "index": number(c.index), "size": number(c.size), "vote": rec.Scope.String(),
		"counts": nil, "title": map[string]any{}, "mock": false,
	}
	focus := light.Focus{Vote: rec.Scope}
	ballot, isBallot := rec.Body.(*record.Ballot)
	if isBallot {
		focus.Keys = func(*fold.State) []light.Chain { return []light.Chain{{Vote: rec.Scope, Key: ballot.Key}} }
	}
	err = s.client.View(ctx, focus, func(st *fold.State) error {
		v := st.Vote(rec.Scope)
		if v == nil {
			return fail(member.CodeOldBoard, "try again later, or ask others what the board shows them", "the vote of this receipt is not on the board")
		}
		out["title"], out["mock"] = texts(v.Manifest.Title), v.Manifest.Mock
		if isBallot {
			_, last, ok := v.Last(ballot.Key)
			out["counts"] = ok && last == c.record
		}
		newest, err := checkpoint.Peek(s.board.Checkpoint())
		if err != nil {
			return err
		}
		out["newest"] = map[string]any{"size": number(newest.Size), "root": record.ID(newest.Root).String()}
		return nil
	})
	return out, err
}

// readReceipt verifies a receipt, and that the log as it is now continues the one that it was given under.
func (s *Session) readReceipt(ctx context.Context, text string) (*claim, error) {
	text = strings.ReplaceAll(strings.TrimRight(strings.TrimLeft(text, "\ufeff \r\n"), " \r\n"), "\r\n", "\n") + "\n"
	r, err := boardlog.ParseReceipt([]byte(text))
	if err != nil {
		return nil, fail(member.CodeForm, "take the receipt whole, as it was saved", "%v", err)
	}
	c := &claim{record: record.ID(r.Record), index: r.Index}
	err = s.client.View(ctx, light.Focus{}, func(st *fold.State) error {
		policy, err := s.board.policy()
		if err != nil {
			return err
		}
		if origin, _, _ := strings.Cut(string(r.Checkpoint), "\n"); origin != policy.Origin {
			return fail(member.CodeOtherBoard, "open this page at the board that gave the receipt", "the receipt is of the log %.80q, this board's is %.80q", origin, policy.Origin)
		}
		cp, err := r.Verify(policy)
		if err != nil {
			return fail(member.CodeForm, "take the receipt whole, as it was saved", "%v", err)
		}
		c.size = cp.Size()
		var fork *boardlog.HistoryError
		switch err := s.board.Extends(ctx, r.Checkpoint); {
		case errors.As(err, &fork):
			f := &Failure{Code: member.CodeAlarm, Sentence: fmt.Sprintf("the board shows another history than the one in this receipt: %v", err),
				Hint: "keep the receipt and show it to the commission and to an observer: with what the board shows now it proves the fraud"}
			if e, err := evidence.OfHistory(st, fork); err == nil {
				b, err := e.Encode()
				if err == nil {
					f.Evidence = string(b)
				}
			}
			return f
		case errors.Is(err, boardlog.ErrStale):
			return fail(member.CodeOldBoard, "try again later, or ask others what the board shows them", "the board shows less than it did when it gave this receipt: %v", err)
		default:
			return err
		}
	})
	return c, err
}

// findByWords reads the whole log for the ballot with a receipt's words.
func (s *Session) findByWords(ctx context.Context, words []string, vote record.ID) (*claim, error) {
	if len(words) != 4 {
		return nil, fail(member.CodeForm, "copy the words from the receipt", "a receipt has 4 words, these are %d", len(words))
	}
	for i := range words {
		words[i] = strings.ToLower(strings.TrimSpace(words[i]))
	}
	var found *claim
	err := s.client.View(ctx, light.Focus{}, func(st *fold.State) error {
		return s.board.Records(ctx, 0, func(index uint64, raw []byte) error {
			id := record.IDOf(raw)
			for i, w := range shortWords(id) {
				if w != words[i] {
					return nil
				}
			}
			if rec, err := record.Decode(raw); err == nil && rec.Kind() == "ballot" && (vote == (record.ID{}) || rec.Scope == vote) {
				found = &claim{id, index, st.Size()}
			}
			return nil
		})
	})
	if err == nil && found == nil {
		err = fail(member.CodeForm, "compare the words, or use the receipt's file or QR code", "no ballot on the board has these words")
	}
	return found, err
}

// errFound ends a reading of the log.
var errFound = errors.New("found")

// recordAt reads one record of the log, which must be the one claimed.
func (s *Session) recordAt(ctx context.Context, c *claim) (*record.Record, error) {
	var raw []byte
	err := s.board.Reader.Records(ctx, c.index, func(_ uint64, b []byte) error {
		raw = slices.Clone(b)
		return errFound
	})
	if !errors.Is(err, errFound) {
		return nil, errors.Join(errors.New("reading the record of the receipt"), err)
	}
	if record.IDOf(raw) != c.record {
		return nil, fail(member.CodeAlarm, "keep the receipt and show it to the commission and to an observer", "the board has another record at index %d than the receipt proves", c.index)
	}
	return record.Decode(raw)
}

func (s *Session) supportLook(ctx context.Context, p *params) (any, error) {
	vote := p.id("vote", true)
	if p.err != nil {
		return nil, p.err
	}
	v, err := s.see(ctx, vote)
	if err != nil {
		return nil, err
	}
	out := map[string]any{"title": texts(v.manifest.Title), "phase": v.phase.String(), "mock": v.manifest.Mock, "supported": false, "closes": 0.0, "late": false}
	if r := v.manifest.Rules; r != nil && r.Call.Petition != nil {
		out["closes"] = number(r.Call.Petition.Closes)
	}
	out["have"], out["need"] = number(v.have), number(v.need)
	w, _, err := s.ofVote(ctx, v.round)
	if err != nil || w == nil || len(w.Missing()) > 0 {
		return out, err
	}
	look, err := s.client.Look(ctx, w, vote)
	if err != nil {
		return nil, err
	}
	out["supported"], out["late"] = look.Supported, look.Late
	return out, nil
}

func (s *Session) supportDo(ctx context.Context, p *params) (any, error) {
	vote := p.id("vote", true)
	if p.err != nil {
		return nil, p.err
	}
	v, err := s.see(ctx, vote)
	if err != nil {
		return nil, err
	}
	w, _, err := s.open(ctx, v.round)
	if err != nil {
		return nil, err
	}
	a, err := s.client.Support(ctx, w, vote)
	if err != nil {
		return nil, err
	}
	if a.Receipt == nil {
		return map[string]any{"due": number(a.Due), "receipt": nil}, nil
	}
	out := s.proof(a.Record, a.Index, a.Receipt)
	out["due"] = number(a.Due)
	return out, nil
}

func (s *Session) history(ctx context.Context, p *params) (any, error) {
	w, _, err := s.opened(ctx, p)
	if err != nil {
		return nil, err
	}
	all, err := s.client.History(ctx, w)
	if err != nil {
		return nil, err
	}
	return list(all, func(_ int, h member.History) any {
		foreign := []any{}
		for _, e := range h.Entries {
			if e.Accepted && !e.Mine {
				foreign = append(foreign, e.ID.String())
			}
		}
		return map[string]any{
			"vote": h.Vote.String(), "title": texts(h.Manifest.Title), "phase": h.Phase.String(), "foreign": foreign,
			"lost": list(h.Lost, func(_ int, id record.ID) any { return id.String() }),
			"entries": list(h.Entries, func(_ int, e member.Entry) any {
				id := e.ID
				if e.Kind == "check" {
					id = e.Opened
				}
				return map[string]any{"index": number(e.Index), "ballot": id.String(), "kind": e.Kind, "mine": e.Mine, "counts": e.Counts, "accepted": e.Accepted, "reported": e.Reported}
			}),
		}
	}), nil
}
