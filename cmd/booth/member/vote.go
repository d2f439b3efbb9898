package member

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"mandate/ballot/cast"
	"mandate/ballot/contest"
	"mandate/ballot/credential"
	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/bulletin/client"
	"mandate/verifier/boardlog"
	"mandate/verifier/light"
)

// A Booth is a ballot about to be made: its randomness is drawn, the choice is not known yet. It prints as REDACTED.
type Booth struct {
	hidden
	// Manifest is the vote's, as it stands on the board.
	Manifest *record.Vote
	// Number is how many ballots of this card the new one replaces; 0 for the first.
	Number uint64
	// Foreign are ballots cast with this card that this device has not made, as far as the board's state shows without reading the log again;
	// History says more. Somebody else may have the card.
	Foreign []record.ID
	// Late says that the card is of the last two days and that it was not seen on the board yet that a registrar has issued it (Issues looks):
	// cast minutes after it was issued, a ballot can be guessed to be this member's.
	Late bool

	client *Client
	wallet *Wallet
	vote   record.ID
	form   *cast.Form
	ctx    cast.Context
	who    authority
	cred   *credential.Credential
	prev   record.ID
	draft  *cast.Draft
}

// Begin starts a ballot after a fresh look at the board. Its randomness is drawn here, before any choice. It is an error that wraps ErrPending
// if a ballot was sent before and its receipt is missing; Resume deals with it.
func (c *Client) Begin(ctx context.Context, w *Wallet, vote record.ID) (*Booth, error) {
	b := &Booth{client: c, wallet: w, vote: vote}
	err := w.look(ctx, c, light.Focus{Vote: vote, Keys: w.chain(vote, ballotSlot)}, func(s *fold.State) error { return b.read(ctx, s) })
	if err != nil {
		return nil, err
	}
	if bad := cast.CheckCredential(b.ctx, b.cred.Key, b.cred.Signatures); bad != nil {
		return nil, w.badSignatures(bad)
	}
	b.draft = cast.NewDraft()
	return b, w.save(ctx)
}

// read takes what the ballot needs from the board's state.
func (b *Booth) read(ctx context.Context, s *fold.State) error {
	w := b.wallet
	v, err := w.find(s, b.vote)
	if err != nil {
		return err
	}
	b.Manifest = v.Manifest
	if fault, ok := s.Fault(v.ID); ok {
		return alarm("the board shows something that makes this vote fail verification: %v", fault)
	}
	switch v.Phase {
	case fold.Open:
	case fold.Proposed:
		return problem(CodeNotOpen, "the petition can be supported; come back when the vote is called and open", "the vote is proposed, and not called yet")
	case fold.Lapsed, fold.Cancelled, fold.Annulled:
		return problem(CodeClosed, "no ballot of it counts", "the vote is %v: it has ended without a result", v.Phase)
	case fold.Called:
		return problem(CodeNotOpen, "keep the card and come back then", "voting has not opened; it is to open on %s", Date(v.Manifest.Opens))
	default:
		return problem(CodeClosed, "look at what became of the ballots of this card", "voting has closed")
	}
	if err := b.client.isFresh(s); err != nil {
		return err
	}
	if b.cred, err = w.credential(v.Manifest.Slot); err != nil {
		return err
	}
	if b.who, err = authorityOf(s, b.vote); err != nil {
		return err
	}
	b.form, b.ctx = v.Form, s.CastContext(v)
	b.Late = w.isLate(s, seconds(b.client.options.Clock()))
	return b.chain(ctx, v)
}

// chain finds what the ballot follows: the card's last accepted ballot on the log.
func (b *Booth) chain(ctx context.Context, v *fold.Vote) error {
	own := b.wallet.memory.in(b.vote, false)
	if hidden := own.compare(v.IsCast); hidden != nil {
		return b.wallet.hides(ctx, b.client, hidden)
	}
	if last := own.last(); last != nil && len(last.Receipt) == 0 && !v.IsCast(record.IDOf(last.Ballot)) {
		return problem(CodePending, "the same ballot can be sent again without harm", "%w: ballot %s", ErrPending, record.IDOf(last.Ballot))
	}
	number, id, voted := v.Last(b.cred.Key)
	if !voted {
		return nil
	}
	if own.find(id) == nil {
		b.Foreign = append(b.Foreign, id)
	}
	b.Number, b.prev = number+1, id
	if !v.Manifest.Revote {
		return problem(CodeSpent, "look at the ballots of this card; if this device did not cast it, tell the commission", "%w", ErrSpent)
	}
	return nil
}

const dateForm = "2 January 2006 15:04 UTC"

// hides accuses the board of not showing a ballot that it has shown as accepted before.
func (w *Wallet) hides(ctx context.Context, c *Client, ballot *sent) error {
	exhibits := []exhibit{{"ballot", ballot.Ballot}, {"receipt", ballot.Receipt}, {"shown now", c.board.Checkpoint()}}
	if rec, err := record.Decode(ballot.Ballot); err == nil {
		if who, err := authorityOf(c.board.State(), rec.Scope); err == nil {
			exhibits = append(exhibits, who.broken(ballot.Promise, nil)...)
		}
	}
	return w.accuse(ctx, exhibits,
		"the board has shown ballot %s as accepted and does not any more", record.IDOf(ballot.Ballot))
}

// Date writes a time, in seconds since 1970, for people.
func Date(seconds uint64) string { return time.Unix(int64(seconds), 0).UTC().Format(dateForm) }

// Contests returns the questions of the vote.
func (b *Booth) Contests() []contest.Contest { return b.Manifest.Contests }

// A Prepared is an encrypted ballot that has gone nowhere yet. It prints as REDACTED.
type Prepared struct {
	hidden
	booth   *Booth
	rec     *record.Record
	opening *cast.Opening  // nil once it was decided what becomes of the ballot
	check   *record.Record // that says that the ballot must never count, once it was made
}

// Encrypt makes the ballot that selects, in each contest in order, the options with these indexes. A booth makes one ballot. The selections
// are overwritten.
func (b *Booth) Encrypt(selections [][]int) (*Prepared, error) {
	defer func() {
		for _, s := range selections {
			clear(s)
		}
	}()
	rec, opening, err := b.form.Encrypt(b.ctx, b.cred, b.Number, b.prev, b.draft, selections)
	if err != nil {
		return nil, err
	}
	if _, bad := b.form.Check(b.ctx, rec); bad != nil {
		opening.Wipe()
		return nil, fmt.Errorf("this device has made a ballot that does not hold: %w", bad)
	}
	return &Prepared{booth: b, rec: rec, opening: opening}, nil
}

// Ballot returns the ballot's id, computed from its bytes. The member notes it, or has the second device read it, before deciding whether the
// ballot is cast or opened.
func (p *Prepared) Ballot() record.ID { return p.rec.ID() }

// Wipe overwrites the choice and the randomness of a ballot that is neither cast nor opened.
func (p *Prepared) Wipe() {
	if p.opening != nil {
		p.opening.Wipe()
		p.opening = nil
	}
}

var errDecided = errors.New("it is decided already what becomes of this ballot")

// A Receipt proves offline that a ballot is recorded.
type Receipt struct {
	Vote, Ballot record.ID
	Number       uint64
	Index        uint64 // of the ballot in the log
	Text         []byte // C2SP tlog-proof, for mandate-verify -receipt
}

// Cast casts the ballot: it overwrites choice and randomness, keeps the ballot's bytes, sends them, and returns when the board's promise and
// the receipt with its inclusion proof have been verified for exactly these bytes. After an error that wraps ErrPending the ballot may be
// recorded or not; Resume tells.
func (p *Prepared) Cast(ctx context.Context) (*Receipt, error) {
	if p.opening == nil {
		return nil, errDecided
	}
	p.Wipe()
	w := p.booth.wallet
	in := w.memory.in(p.booth.vote, true)
	in.Ballots = append(in.Ballots, sent{Ballot: p.rec.Raw()})
	if err := w.save(ctx); err != nil {
		in.Ballots = in.Ballots[:len(in.Ballots)-1]
		return nil, err
	}
	return p.booth.client.deliver(ctx, w, p.rec, p.booth.who)
}

// Resume sends the card's newest ballot of a vote again, if its receipt is missing, and returns the receipt. It returns nil if nothing is
// pending. If the board refuses the ballot and has never promised it, nothing was cast, and the next Begin goes on without it.
func (c *Client) Resume(ctx context.Context, w *Wallet, vote record.ID) (*Receipt, error) {
	last := w.memory.in(vote, false).last()
	if last == nil || len(last.Receipt) > 0 {
		return nil, nil
	}
	rec, _, err := last.record()
	if err != nil {
		return nil, err
	}
	var who authority
	err = w.look(ctx, c, light.Focus{Vote: vote}, func(s *fold.State) (err error) {
		who, err = authorityOf(s, vote)
		return err
	})
	if err != nil {
		return nil, err
	}
	return c.deliver(ctx, w, rec, who)
}

// deliver sends a ballot that is in the card's memory and sees it recorded.
func (c *Client) deliver(ctx context.Context, w *Wallet, rec *record.Record, who authority) (*Receipt, error) {
	in := w.memory.in(rec.Scope, true)
	mine := in.find(rec.ID())
	promise, err := c.board.Submit(ctx, rec)
	switch {
	case isRefused(err) != nil && len(mine.Promise) > 0:
		r := isRefused(err)
		return nil, w.accuse(ctx, append(who.broken(mine.Promise, r.Raw), exhibit{"ballot", rec.Raw()}, exhibit{"promise", mine.Promise}, exhibit{"refusal", r.Raw}), "the board has promised to record ballot %s and now refuses it: %w", rec.ID(), err)
	case isRefused(err) != nil:
		mine.Refused = isRefused(err).Code // never promised: nothing was cast
		return nil, errors.Join(boardProblem(err), w.save(ctx))
	case errors.Is(err, client.ErrUntrusted):
		return nil, w.accuse(ctx, []exhibit{{"ballot", rec.Raw()}}, "ballot %s: %w", rec.ID(), err)
	case err != nil:
		return nil, problem(CodePending, "send it again: it is the very same ballot, which is recorded once however often it is sent",
			"%w: ballot %s was sent and there was no answer: %w", ErrPending, rec.ID(), err)
	}
	if err := who.checkPromise(promise, rec); err != nil {
		return nil, w.accuse(ctx, []exhibit{{"ballot", rec.Raw()}, {"promise", promise}}, "ballot %s: %w", rec.ID(), err)
	}
	mine.Promise = promise
	if err := w.save(ctx); err != nil {
		return nil, err
	}
	text, err := c.board.Receipt(ctx, rec.ID())
	switch {
	case errors.Is(err, client.ErrUnknown):
		return nil, w.accuse(ctx, append(who.broken(promise, nil), exhibit{"ballot", rec.Raw()}), "the board has promised to record ballot %s, and now knows nothing of it", rec.ID())
	case errors.Is(err, client.ErrUntrusted):
		return nil, w.accuse(ctx, []exhibit{{"ballot", rec.Raw()}, {"promise", promise}}, "ballot %s: %w", rec.ID(), err)
	case errors.Is(err, client.ErrUnwitnessed):
		return nil, unwitnessed("ballot", rec, err)
	case err != nil:
		return nil, problem(CodePending, "the board's promise is kept; ask again for the receipt", "%w: ballot %s: %w", ErrPending, rec.ID(), err)
	}
	r, cp, err := who.checkReceipt(text, rec)
	if errors.Is(err, client.ErrUnwitnessed) {
		return nil, unwitnessed("ballot", rec, err)
	}
	if err != nil {
		return nil, w.accuse(ctx, []exhibit{{"ballot", rec.Raw()}, {"promise", promise}, {"receipt", text}}, "ballot %s: %w", rec.ID(), err)
	}
	mine.Receipt = text
	w.memory.see(cp)
	return r, w.save(ctx)
}

// unwitnessed is the problem of a record whose receipt has fewer cosignatures than the vote demands, or has to wait for them: nothing is wrong,
// and nothing is proved yet to somebody who does not believe the board.
func unwitnessed(kind string, rec *record.Record, err error) error {
	return problem(CodeUnwitnessed, "the board's promise is kept; ask again for the receipt in a few minutes", "%w: %s %s: %w", ErrPending, kind, rec.ID(), err)
}

// checkPromise reports whether the board has promised exactly this ballot.
func (a *authority) checkPromise(promise []byte, rec *record.Record) error {
	var p record.Promise
	if err := record.OpenAnswer(a.genesis, promise, &p, a.board); err != nil {
		return fmt.Errorf("the board's answer is not its promise: %w", err)
	}
	if p.Ballot != rec.ID() || p.Vote != rec.Scope {
		return fmt.Errorf("the board promises to record another one, %s of vote %s", p.Ballot, p.Vote.Short())
	}
	return nil
}

// checkReceipt reports whether the receipt proves that exactly this ballot is in the log, and returns the checkpoint that it is proved under.
func (a *authority) checkReceipt(text []byte, rec *record.Record) (*Receipt, []byte, error) {
	index, cp, err := a.checkInclusion(text, rec)
	if err != nil {
		return nil, nil, err
	}
	b := rec.Body.(*record.Ballot)
	return &Receipt{Vote: rec.Scope, Ballot: rec.ID(), Number: b.Number, Index: index, Text: text}, cp, nil
}

// checkInclusion reports whether a receipt proves that exactly this record is in the log, where, and under which checkpoint. The error wraps
// client.ErrUnwitnessed if nothing is missing but cosignatures that the vote demands.
func (a *authority) checkInclusion(text []byte, rec *record.Record) (index uint64, checkpoint []byte, err error) {
	r, err := boardlog.ParseReceipt(text)
	if err != nil {
		return 0, nil, err
	}
	if r.Record != tlog.Hash(rec.ID()) {
		return 0, nil, fmt.Errorf("the receipt is for another record, %s", record.ID(r.Record))
	}
	if _, err := r.Verify(a.log); err != nil {
		return 0, nil, err
	}
	if _, err := r.Verify(a.witnessed); err != nil {
		return 0, nil, fmt.Errorf("%w: %w", client.ErrUnwitnessed, err)
	}
	return r.Index, r.Checkpoint, nil
}

// Counts reports whether a ballot that was cast with the card is the one that counts, as the board stands now.
func (c *Client) Counts(ctx context.Context, w *Wallet, r *Receipt) (bool, error) {
	var counts bool
	err := w.look(ctx, c, light.Focus{Vote: r.Vote, Keys: w.chain(r.Vote, ballotSlot)}, func(s *fold.State) error {
		v := s.Vote(r.Vote)
		if v == nil {
			return problem(CodeOldBoard, "try again later", "%w: the vote is not on it", ErrOldBoard)
		}
		cred, err := w.credential(v.Manifest.Slot)
		if err != nil {
			return err
		}
		if hidden := w.memory.in(r.Vote, false).compare(v.IsCast); hidden != nil {
			return w.hides(ctx, c, hidden)
		}
		_, id, ok := v.Last(cred.Key)
		counts = ok && id == r.Ballot
		return nil
	})
	if err != nil {
		return false, err
	}
	return counts, w.save(ctx)
}

// An Opened is a ballot that is to be looked at and can never be cast. It prints as REDACTED.
type Opened struct {
	hidden
	Ballot record.ID
	text   []byte
}

// Text returns what the second device reads: see Client.Verify. It says how the ballot would have voted.
func (o *Opened) Text() []byte { return o.text }

// Open gives the ballot up: it posts the record that says that it must never count, and returns its opening for a second device. The
// record is proved to be on the board's log before the opening leaves this function, so that nobody can cast what has been opened. After an error
// it may be called again.
func (p *Prepared) Open(ctx context.Context) (*Opened, error) {
	if p.opening == nil {
		return nil, errDecided
	}
	b, w := p.booth, p.booth.wallet
	if p.check == nil { // the same one when it is tried again
		check, err := cast.NewCheck(b.who.genesis, b.ctx, b.cred, p.rec.ID(), rand.Reader)
		if err != nil {
			return nil, err
		}
		p.check = check
	}
	if _, err := b.client.board.Submit(ctx, p.check); err != nil {
		return nil, boardProblem(err)
	}
	if in := w.memory.in(b.vote, true); !slices.Contains(in.Checked, p.rec.ID()) {
		in.Checked = append(in.Checked, p.rec.ID())
	}
	if err := w.save(ctx); err != nil {
		return nil, err
	}
	if err := p.spoiled(ctx); err != nil {
		return nil, err
	}
	text, err := (&cast.Opened{Vote: b.vote, Opening: p.opening, Record: p.rec}).Encode()
	p.Wipe()
	if err != nil {
		return nil, err
	}
	return &Opened{Ballot: p.rec.ID(), text: text}, nil
}

// spoiled sees that the record which says that the ballot must never count is on the log. The board's word is not enough: who has the opening
// could cast the ballot.
func (p *Prepared) spoiled(ctx context.Context) error {
	b, w := p.booth, p.booth.wallet
	text, err := b.client.board.Receipt(ctx, p.check.ID())
	switch {
	case errors.Is(err, client.ErrUnknown), errors.Is(err, client.ErrUntrusted):
		return w.accuse(ctx, []exhibit{{"check", p.check.Raw()}, {"receipt", text}}, "the board does not show that ballot %s must never count: %w", p.rec.ID(), err)
	case err != nil:
		return problem(CodeBoardDown, "try again: the ballot stays closed until the board has shown that it can never count",
			"the proof that ballot %s can never count could not be fetched: %w", p.rec.ID(), err)
	}
	_, checkpoint, err := b.who.checkInclusion(text, p.check)
	if errors.Is(err, client.ErrUnwitnessed) { // another history may have the ballot cast
		return problem(CodeBoardDown, "try again in a few minutes: the ballot stays closed until witnesses have cosigned that it can never count",
			"the proof that ballot %s can never count is not witnessed yet: %w", p.rec.ID(), err)
	}
	if err != nil {
		return w.accuse(ctx, []exhibit{{"check", p.check.Raw()}, {"receipt", text}}, "ballot %s must never count, and the board does not prove that it has recorded this: %w", p.rec.ID(), err)
	}
	w.memory.see(checkpoint)
	return nil
}
