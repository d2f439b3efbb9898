package member

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"mandate/ballot/cast"
	"mandate/ballot/credential"
	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/text"
	"mandate/bulletin/client"
	"mandate/verifier/light"
)

// A Petition is the call of a vote as a member sees it before supporting it or speaking on it.
type Petition struct {
	Vote     record.ID
	Manifest *record.Vote
	Phase    fold.Phase
	// Have and Need are how many supports are on the log, and how many call the vote; 0 and 0 if it has no petition.
	Have, Need uint64
	// Cards is how many members have a card, by the registrar that has published the fewest; 0 if the issue records were not read.
	Cards uint64
	// Closes is until when supports are taken; Until, until when statements are, 0 while that is not known.
	Closes, Until uint64
	// Supported says that this card has supported the petition, as the log or this device knows.
	Supported bool
	// Late says that the card is so new that a registrar has not published its issue yet: what is done with it minutes after it was issued
	// can be guessed to be this member's.
	Late bool
}

// An Act is something said with a card outside the ballot box: a support or a statement. Nothing in it says who said it.
type Act struct {
	Vote, Record record.ID
	// Receipt proves that it is on the log; nil while the board has promised to put it there and it is not there yet. Asking again gives it.
	Receipt []byte
	Index   uint64 // in the log, if it is there
	// Due is the latest moment at which a promised support is to be on the log.
	Due uint64
}

// Look returns a vote as it stands, for its card.
func (c *Client) Look(ctx context.Context, w *Wallet, vote record.ID) (*Petition, error) {
	var p *Petition
	err := w.look(ctx, c, light.Focus{Vote: vote, Keys: w.chain(vote, petitionSlot)}, func(s *fold.State) error {
		v, err := w.find(s, vote)
		if err != nil {
			return err
		}
		p = &Petition{Vote: v.ID, Manifest: v.Manifest, Phase: v.Phase, Late: w.isLate(s, seconds(c.options.Clock()))}
		p.Have, p.Need = v.Supports()
		for i := range v.Round.Manifest.Registrars {
			if n := v.Round.Issued(i + 1); i == 0 || n < p.Cards {
				p.Cards = n
			}
		}
		if _, closes, _, ok := v.StatementTimes(); ok {
			p.Until = closes
		}
		if rules := v.Rules(); rules != nil && rules.Call.Petition != nil {
			p.Closes = rules.Call.Petition.Closes
			cred, err := w.credential(rules.Call.Petition.Slot)
			if err != nil {
				return err
			}
			p.Supported = v.HasSupported(cred.Key) || w.memory.in(vote, false).act("support") != nil
		}
		return nil
	})
	return p, err
}

// chain says which credential's records are needed: that of the slot that a vote uses for one thing. Until the card is complete there are none.
func (w *Wallet) chain(vote record.ID, slot func(*fold.Vote) (uint64, bool)) func(*fold.State) []light.Chain {
	return func(s *fold.State) []light.Chain {
		v := s.Vote(vote)
		if v == nil || v.Round.ID != w.card.Round || len(w.Missing()) > 0 {
			return nil
		}
		at, ok := slot(v)
		if !ok {
			return nil
		}
		cred, err := w.credential(at)
		if err != nil {
			return nil
		}
		return []light.Chain{{Vote: vote, Key: cred.Key}}
	}
}

func ballotSlot(v *fold.Vote) (uint64, bool) { return v.Manifest.Slot, true }

func petitionSlot(v *fold.Vote) (uint64, bool) {
	if r := v.Rules(); r != nil && r.Call.Petition != nil {
		return r.Call.Petition.Slot, true
	}
	return 0, false
}

func statementSlot(v *fold.Vote) (uint64, bool) {
	if r := v.Rules(); r != nil && r.Statements.Anonymous {
		return r.Statements.Slot, true
	}
	return 0, false
}

// find returns a vote of the card's round.
func (w *Wallet) find(s *fold.State, vote record.ID) (*fold.Vote, error) {
	v := s.Vote(vote)
	switch {
	case v == nil:
		if _, err := w.round(s); err != nil {
			return nil, err
		}
		return nil, problem(CodeUnknown, "check the vote's id, and the board's address", "vote %s is not on this board", vote)
	case v.Round.ID != w.card.Round:
		return nil, problem(CodeForm, "use the card of the vote's own round", "the vote takes cards of round %s, this card is of round %s", v.Round.ID.Short(), w.card.Round.Short())
	}
	return v, nil
}

// Support supports a petition with the card. The board promises at once to publish the support, and does so with others in a batch; until
// then the Act has no receipt, and calling Support again fetches it. A card supports once, however often this is called, on however many
// devices: the same record is sent again.
func (c *Client) Support(ctx context.Context, w *Wallet, vote record.ID) (*Act, error) {
	return c.act(ctx, w, vote, "support", func(v *fold.Vote) (uint64, error) {
		rules := v.Rules()
		switch {
		case rules == nil || rules.Call.Petition == nil:
			return 0, problem(CodeForm, "look at the vote's page for how it is called", "no petition calls this vote")
		case v.Phase != fold.Proposed && v.Phase != fold.Called:
			return 0, problem(CodeClosed, "supports are taken before voting opens", "the petition takes no support any more: the vote is %v", v.Phase)
		case seconds(c.options.Clock()) > rules.Call.Petition.Closes:
			return 0, problem(CodeClosed, "a support that was promised before is published all the same", "the petition has closed on %s", Date(rules.Call.Petition.Closes))
		}
		return rules.Call.Petition.Slot, nil
	}, func(cred *credential.Credential) record.Body {
		return &record.Support{Key: cred.Key, Signatures: cred.Signatures}
	})
}

// Speak makes a statement for a side of the question, without the member's name. It appears on the board at once.
func (c *Client) Speak(ctx context.Context, w *Wallet, vote record.ID, side, words string) (*Act, error) {
	words = text.Clean(words)
	if before := w.memory.in(vote, false).act("statement"); before != nil {
		rec, err := record.Decode(before.Ballot)
		if err != nil {
			return nil, err
		}
		if b := rec.Body.(*record.Statement); b.Text != words || b.Side != side {
			return nil, problem(CodeSpent, "each card makes one statement", "this card has made another statement already")
		}
	}
	return c.act(ctx, w, vote, "statement", func(v *fold.Vote) (uint64, error) {
		rules := v.Rules()
		if rules == nil || !rules.Statements.Anonymous {
			return 0, problem(CodeForm, "the commission posts statements that carry their author's name", "this vote takes no anonymous statements")
		}
		rule := &rules.Statements
		if err := text.CheckLong("the statement", words, int(rule.Length)); err != nil {
			return 0, problem(CodeForm, fmt.Sprintf("a statement has at most %d bytes; letters with accents have two", rule.Length), "%w", err)
		}
		known := false
		for _, s := range rule.Sides {
			known = known || s == side
		}
		if !known {
			return 0, problem(CodeForm, "choose one of "+strings.Join(rule.Sides, ", "), "there is no side %q", side)
		}
		opens, closes, _, ok := v.StatementTimes()
		if !ok || v.Phase != fold.Called {
			return 0, problem(CodeNotOpen, "look at the vote's page for when they are", "no statements are taken now")
		}
		if now := seconds(c.options.Clock()); now > closes {
			return 0, problem(CodeClosed, "it can be made in the forums", "statements were taken from %s to %s", Date(opens), Date(closes))
		}
		return rule.Slot, nil
	}, func(cred *credential.Credential) record.Body {
		return &record.Statement{Side: side, Text: words, Key: cred.Key, Signatures: cred.Signatures}
	})
}

// act does one thing with the card's credential of a slot, once. slot says of which slot, or why not.
func (c *Client) act(ctx context.Context, w *Wallet, vote record.ID, kind string, slot func(*fold.Vote) (uint64, error), body func(*credential.Credential) record.Body) (*Act, error) {
	var (
		who  authority
		made *record.Record
		due  uint64
	)
	focus := light.Focus{Vote: vote, Keys: w.chain(vote, petitionSlot)}
	if kind == "statement" {
		focus.Keys = w.chain(vote, statementSlot)
	}
	err := w.look(ctx, c, focus, func(s *fold.State) (err error) {
		v, err := w.find(s, vote)
		if err != nil {
			return err
		}
		if who, err = authorityOf(s, vote); err != nil {
			return err
		}
		if before := w.memory.in(vote, false).act(kind); before != nil {
			due = dueOf(v)
			made, err = record.Decode(before.Ballot)
			return err
		}
		if err := c.isFresh(s); err != nil {
			return err
		}
		at, err := slot(v)
		if err != nil {
			return err
		}
		cred, err := w.credential(at)
		if err != nil {
			return err
		}
		if kind == "support" && v.HasSupported(cred.Key) {
			return problem(CodeSpent, "it was done on another device of yours, or somebody else has your card; in that case tell the commission",
				"%w, and not by this device", ErrSupported)
		}
		context := cast.Context{Vote: v.ID, Round: v.Round.ID, Slot: at, Registrars: v.Round.Slot(int(at)).Keys}
		if bad := cast.CheckCredential(context, cred.Key, cred.Signatures); bad != nil {
			return w.badSignatures(bad)
		}
		due = dueOf(v)
		made, err = record.Sign(who.genesis, vote, body(cred), cred.SecretKey(), rand.Reader)
		return err
	})
	if err != nil {
		return nil, err
	}
	in := w.memory.in(vote, true)
	if in.act(kind) == nil {
		in.Acts = append(in.Acts, sent{Ballot: made.Raw()})
		if err := w.save(ctx); err != nil {
			in.Acts = in.Acts[:len(in.Acts)-1]
			return nil, err
		}
	}
	return c.say(ctx, w, made, who, due)
}

// dueOf returns when a support that is promised now has to be on the log.
func dueOf(v *fold.Vote) uint64 {
	rules := v.Rules()
	if rules == nil || rules.Call.Petition == nil {
		return 0
	}
	p := rules.Call.Petition
	return min(max(v.Batches().At, v.Times.Begun)+2*p.Interval, p.Closes) + 60
}

func seconds(t time.Time) uint64 { return uint64(max(t.Unix(), 0)) }

// isFresh reports whether the board's time is near the device's.
func (c *Client) isFresh(s *fold.State) error {
	if now := c.options.Clock(); now.Sub(time.Unix(int64(s.Now()), 0)) > c.options.Lag {
		return problem(CodeOldBoard, "if this device's clock is right, the board, or what stands between, shows you an old state; try again later or from another network",
			"%w: its time is %s, on this device it is %s", ErrOldBoard, Date(s.Now()), now.UTC().Format(dateForm))
	}
	return nil
}

// say sends a record that is in the card's memory, and sees it promised, or recorded.
func (c *Client) say(ctx context.Context, w *Wallet, rec *record.Record, who authority, due uint64) (*Act, error) {
	kind := rec.Kind()
	mine := w.memory.in(rec.Scope, true).act(kind)
	a := &Act{Vote: rec.Scope, Record: rec.ID(), Due: due}
	promise, err := c.board.Submit(ctx, rec)
	switch r := isRefused(err); {
	case r != nil && len(mine.Promise) > 0:
		return nil, w.accuse(ctx, append(who.broken(mine.Promise, r.Raw), exhibit{kind, rec.Raw()}, exhibit{"promise", mine.Promise}, exhibit{"refusal", r.Raw}), "the board has promised to record %s %s and now refuses it: %w", kind, rec.ID(), err)
	case r != nil:
		mine.Refused = r.Code
		if r.Code == "dup" {
			err = problem(CodeSpent, "it was done on another device of yours, or somebody else has your card; in that case tell the commission", "the board refuses: this card has done so before, and not by this device")
		} else {
			err = boardProblem(err)
		}
		return nil, errors.Join(err, w.save(ctx))
	case errors.Is(err, client.ErrUntrusted):
		return nil, w.accuse(ctx, []exhibit{{kind, rec.Raw()}}, "%s %s: %w", kind, rec.ID(), err)
	case err != nil:
		return nil, problem(CodePending, "do it again: the very same record is sent, which counts once however often it is sent", "there was no answer: %w", err)
	}
	if kind == "support" {
		if err := who.checkPromise(promise, rec); err != nil {
			return nil, w.accuse(ctx, []exhibit{{kind, rec.Raw()}, {"promise", promise}}, "support %s: %w", rec.ID(), err)
		}
		mine.Promise = promise
		if err := w.save(ctx); err != nil {
			return nil, err
		}
	}
	return a, c.prove(ctx, w, rec, who, a)
}

// prove fetches the receipt of what was said. A support has none before its batch is on the log.
func (c *Client) prove(ctx context.Context, w *Wallet, rec *record.Record, who authority, a *Act) error {
	mine := w.memory.in(rec.Scope, true).act(rec.Kind())
	receipt, err := c.board.Receipt(ctx, rec.ID())
	switch {
	case errors.Is(err, client.ErrUnknown) && rec.Kind() == "support":
		return c.late(ctx, w, rec, a.Due)
	case errors.Is(err, client.ErrUntrusted):
		return w.accuse(ctx, []exhibit{{rec.Kind(), rec.Raw()}, {"promise", mine.Promise}}, "%s %s: %w", rec.Kind(), rec.ID(), err)
	case errors.Is(err, client.ErrUnwitnessed):
		return unwitnessed(rec.Kind(), rec, err)
	case err != nil:
		return problem(CodePending, "do it again to get the receipt", "the board has taken it, and its receipt could not be fetched: %w", err)
	}
	index, checkpoint, err := who.checkInclusion(receipt, rec)
	if errors.Is(err, client.ErrUnwitnessed) {
		return unwitnessed(rec.Kind(), rec, err)
	}
	if err != nil {
		return w.accuse(ctx, []exhibit{{rec.Kind(), rec.Raw()}, {"promise", mine.Promise}, {"receipt", receipt}}, "%s %s: %w", rec.Kind(), rec.ID(), err)
	}
	mine.Receipt, a.Receipt, a.Index = receipt, receipt, index
	w.memory.see(checkpoint)
	return w.save(ctx)
}

// late is the answer when a promised support is not on the log: that is in order until the petition ends.
func (c *Client) late(ctx context.Context, w *Wallet, rec *record.Record, due uint64) error {
	mine := w.memory.in(rec.Scope, true).act(rec.Kind())
	return w.look(ctx, c, light.Focus{Vote: rec.Scope}, func(s *fold.State) error {
		v := s.Vote(rec.Scope)
		if v == nil || s.Now() <= v.Rules().Call.Petition.Closes && v.Phase <= fold.Called && !v.Ended() {
			return nil
		}
		if _, err := c.board.Receipt(ctx, rec.ID()); err == nil { // it was published just now
			return problem(CodePending, "do it again to get the receipt", "the support is published, and its receipt was not fetched yet")
		}
		who, err := authorityOf(s, rec.Scope)
		if err != nil {
			return err
		}
		return w.accuse(ctx, append(who.broken(mine.Promise, nil), exhibit{"support", rec.Raw()}, exhibit{"promise", mine.Promise}), "the board has promised to record support %s, the petition has ended, and it is not on the log", rec.ID())
	})
}
