package member

import (
	"context"
	"errors"
	"fmt"

	"mandate/ballot/credential"
	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/roll"
	"mandate/cmd/mandate/registrar/issuing"
	"mandate/crypto/blind"
	"mandate/crypto/sigma"
	"mandate/verifier/light"
)

// A Window is a round as a member sees it.
type Window struct {
	Round         record.ID
	Title         string
	Registrars    []record.Registrar
	Opens, Closes uint64
	Now           uint64 // the board's time
}

// IsOpen reports whether the round has not closed. A card that was issued can be made again after that.
func (w *Window) IsOpen() bool { return w.Now < w.Closes }

// Rounds returns the rounds on the board, in log order.
func (c *Client) Rounds(ctx context.Context, lang string) ([]Window, error) {
	var out []Window
	err := c.look(ctx, 0, light.Focus{}, func(s *fold.State) error {
		for _, r := range s.Rounds() {
			m := r.Manifest
			out = append(out, Window{r.ID, m.Title.In(lang), m.Registrars, m.Opens, m.Closes, s.Now()})
		}
		return nil
	})
	return out, err
}

// office is what is known of a registrar of a round, all of it from the log.
type office struct {
	genesis  record.ID
	round    record.ID
	index    int // from 1
	manifest record.Registrar
	author   sigma.PublicKey
	rollID   record.ID
	entries  []record.ID
	keys     []*blind.PublicKey // of all slots; checked by the fold
	all      record.ID          // the keys of all registrars, by credential.CardKeys
	moduli   []byte             // theirs, in the same order
}

// office reads a registrar, from 1, of a round.
func (c *Client) office(s *fold.State, round record.ID, registrar int) (*office, error) {
	r, err := findRound(s, round)
	if err != nil {
		return nil, err
	}
	n := len(r.Manifest.Registrars)
	if registrar < 1 || registrar > n {
		return nil, fmt.Errorf("registrar %d: the round has %d", registrar, n)
	}
	if !r.Roll.Complete() {
		return nil, problem(CodeBoardDown, "try again later, or from another network", "the board has not handed out the whole list of members")
	}
	_, genesis := s.Genesis()
	o := &office{
		genesis: genesis, round: round, index: registrar, manifest: r.Manifest.Registrars[registrar-1],
		rollID: r.Roll.Announce.RollID, entries: r.Roll.Entries,
	}
	if o.author, err = o.manifest.Key.Public(); err != nil {
		return nil, fmt.Errorf("registrar %d: key: %w", registrar, err)
	}
	if !r.Accepted(registrar) {
		return nil, o.notReady("has not accepted the list of members")
	}
	slots := make([][]*blind.PublicKey, r.Manifest.Slots)
	for slot := range slots {
		slots[slot] = r.Slot(slot).Keys
		for i, key := range slots[slot] {
			if key == nil {
				late := office{index: i + 1, manifest: r.Manifest.Registrars[i]}
				return nil, late.notReady(fmt.Sprintf("has no key for slot %d", slot))
			}
			o.moduli = append(o.moduli, key.Modulus()...)
		}
		o.keys = append(o.keys, slots[slot][registrar-1])
	}
	if o.all, err = credential.CardKeys(round, slots); err != nil {
		return nil, err
	}
	return o, nil
}

func findRound(s *fold.State, id record.ID) (*fold.Round, error) {
	if r := s.Round(id); r != nil {
		return r, nil
	}
	return nil, problem(CodeUnknown, "check the round's id, and the board's address", "round %s is not on this board", id)
}

func (o *office) notReady(why string) error {
	return problem(CodeNotOpen, "keep the code and try again later", "%s %s on the board yet", o.name(), why)
}

func (o *office) name() string { return fmt.Sprintf("registrar %d (%s)", o.index, o.manifest.Name) }

func (c *Client) registrars() *issuing.Client {
	return &issuing.Client{Transport: c.options.Registrars}
}

// Enter asks a registrar, from 1, for which roll entry the code is, and checks that the entry is on the board as the registrar says. The
// member should see number and name before going on. Nothing has been drawn or sent yet.
func (c *Client) Enter(ctx context.Context, round record.ID, registrar int, code issuing.Code) (*roll.Opening, error) {
	var o *office
	err := c.look(ctx, 0, light.Focus{Round: round, Entries: true}, func(s *fold.State) (err error) {
		o, err = c.office(s, round, registrar)
		return err
	})
	if err != nil {
		return nil, err
	}
	return c.enter(ctx, o, code)
}

func (c *Client) enter(ctx context.Context, o *office, code issuing.Code) (*roll.Opening, error) {
	opening, err := c.registrars().Entry(ctx, issuing.Address(&o.manifest), &issuing.EntryRequest{Round: o.round, Code: code})
	if err != nil {
		return nil, o.refused(err)
	}
	if opening.Index >= uint64(len(o.entries)) {
		return nil, alarm("%s names roll entry %d, the roll has %d", o.name(), opening.Index, len(o.entries))
	}
	if err := opening.Check(o.rollID, roll.Hash(o.entries[opening.Index])); err != nil {
		return nil, alarm("%s: %w", o.name(), err)
	}
	return opening, nil
}

// NewWallet draws a card for the member of a roll entry of a round and keeps it. Without a Keep it is kept nowhere: for simulations.
// An entry that is off the roll gets none.
func (c *Client) NewWallet(ctx context.Context, keep Keep, round record.ID, entry *roll.Opening) (*Wallet, error) {
	err := c.look(ctx, 0, light.Focus{Round: round}, func(s *fold.State) error {
		r, err := findRound(s, round)
		if err != nil {
			return err
		}
		if off := r.Roll.Removed(entry.Index); off != nil {
			return problem(CodeRemoved, "if that is wrong, ask the commission to put the entry back", "the commission took this entry off the roll on %s: %s", Date(off.At), off.Body.Reason)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return c.newWallet(ctx, keep, round, entry, credential.NewSecret())
}

// RestoreWallet makes a card again of its secret. Registrars answer its requests as the first time.
func (c *Client) RestoreWallet(ctx context.Context, keep Keep, round record.ID, entry *roll.Opening, secret credential.Secret) (*Wallet, error) {
	return c.newWallet(ctx, keep, round, entry, secret)
}

func (c *Client) newWallet(ctx context.Context, keep Keep, round record.ID, entry *roll.Opening, secret credential.Secret) (*Wallet, error) {
	card := &credential.Keepsake{Board: c.options.Address, Round: round, Entry: entry.Index, Secret: secret}
	err := c.look(ctx, 0, light.Focus{Round: round}, func(s *fold.State) error {
		r, err := findRound(s, round)
		if err != nil {
			return err
		}
		g, genesis := s.Genesis()
		card.Origin, card.Genesis = g.Origin, genesis
		for i := range r.Manifest.Registrars {
			card.Registrars = append(card.Registrars, r.Manifest.Registrars[i].URL)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return newWallet(ctx, keep, card)
}

// Collect gets a registrar's signatures, verifies and keeps them. The registrar must know the code for the card's own roll entry: a code of
// somebody else's would spend their right to a card on this one. It may be called again at any time.
func (c *Client) Collect(ctx context.Context, w *Wallet, registrar int, code issuing.Code) error {
	var o *office
	err := w.look(ctx, c, light.Focus{Entries: true}, func(s *fold.State) (err error) {
		o, err = c.office(s, w.card.Round, registrar)
		return err
	})
	if err != nil {
		return err
	}
	if err := w.compareKeys(ctx, o); err != nil {
		return err
	}
	opening, err := c.enter(ctx, o, code)
	if err != nil {
		return err
	}
	if opening.Index != w.card.Entry {
		return problem(CodeForm, "use the code from the message that this registrar sent to the card's own member; nothing was sent with this one",
			"%s: this code is for %s (number %s, roll entry %d), the card is for roll entry %d", o.name(), opening.Name, opening.Number, opening.Index, w.card.Entry)
	}
	requests, err := credential.NewRequests(w.card.Secret, w.card.Round, uint64(registrar), o.keys)
	if err != nil {
		return err
	}
	a, err := c.registrars().Card(ctx, issuing.Address(&o.manifest), &issuing.CardRequest{Round: w.card.Round, Code: code, Keys: o.all, Blinded: requests.Bytes()})
	var refusal *issuing.Error
	if errors.As(err, &refusal) && refusal.Code == issuing.CodeKeys {
		return w.accuseOfKeys(ctx, []exhibit{{"checkpoint", w.memory.Seen}, {"moduli of all registrars by slot", o.moduli}}, "%s: %w", o.name(), err)
	}
	if err != nil {
		return o.refused(err)
	}
	signatures, issue, err := requests.Open(o.genesis, w.card.Round, w.card.Entry, o.author, a)
	if err != nil {
		return w.accuse(ctx, []exhibit{{"request", requests.Bytes()}, {"blind signatures", a.Signatures}, {"issue record", a.Issue}},
			"%s did not sign what it was asked to with the keys that are on the board: %w", o.name(), err)
	}
	kept := answer{Issue: issue.Raw(), At: seconds(c.options.Clock())}
	for i := range signatures {
		kept.Signatures = append(append(kept.Signatures, signatures[i].Prefix[:]...), signatures[i].Sig[:]...)
	}
	w.memory.Answers[registrar-1], w.memory.Keys = kept, o.all
	return w.save(ctx)
}

// compareKeys makes sure that all answers of a card are asked for under one set of keys, the one that an honest registrar has compared with its
// own: else a board could show each registrar's own false key only when that registrar is asked. Answers under other keys than the board
// shows now are good for nothing; they are given up, and the registrars repeat them.
func (w *Wallet) compareKeys(ctx context.Context, o *office) error {
	if w.memory.Keys == o.all || len(w.Missing()) == len(w.memory.Answers) {
		return nil
	}
	exhibits := []exhibit{{"checkpoint", w.memory.Seen}, {"moduli of all registrars by slot", o.moduli}}
	for i, a := range w.memory.Answers {
		if len(a.Signatures) > 0 {
			exhibits = append(exhibits, exhibit{fmt.Sprintf("issue record of registrar %d", i+1), a.Issue}) // not the signatures, which name the credential
		}
	}
	err := w.accuseOfKeys(ctx, exhibits, "the board shows other keys of the registrars than when the first of them answered: these answers are given up")
	clear(w.memory.Answers)
	return errors.Join(err, w.save(ctx))
}

// Unpublished returns the registrars, from 1, that have signed the card and whose issue record is not on the board yet.
func (c *Client) Unpublished(ctx context.Context, w *Wallet) ([]int, error) {
	var out []int
	err := w.look(ctx, c, light.Focus{Issues: true}, func(s *fold.State) (err error) {
		_, err = w.round(s)
		if err != nil {
			return err
		}
		out = w.unpublished(s)
		return nil
	})
	return out, err
}

// lately is for how many seconds after an answer the card is new, unless its issue is seen on the board: registrars publish issues in batches,
// within a day.
const lately = 2 * 24 * 60 * 60

// isLate reports whether what is done with the card now could be guessed to be its member's, since it was issued only just now. It asks the
// board for nothing: that only those would ask who have a new card would tell it who they are.
func (w *Wallet) isLate(s *fold.State, now uint64) bool {
	for _, i := range w.unpublished(s) {
		if at := w.memory.Answers[i-1].At; now < at+lately {
			return true
		}
	}
	return false
}

// unpublished returns the registrars, from 1, that have answered and whose issue record is not on the board. The card's round must be.
func (w *Wallet) unpublished(s *fold.State) []int {
	var out []int
	r := s.Round(w.card.Round)
	for i := range w.memory.Answers {
		a := &w.memory.Answers[i]
		a.Published = a.Published || r.IsIssued(i+1, w.card.Entry)
		if len(a.Signatures) > 0 && !a.Published {
			out = append(out, i+1)
		}
	}
	return out
}

// An Issue says whether a registrar has said on the board that it issued a card to the member's roll entry.
type Issue struct {
	Registrar int // from 1
	Name      string
	Answered  bool // this device has the registrar's answer
	Published bool
}

// Issues returns what the board says of the card's roll entry, by registrar. foreign says that a registrar which has
// not answered this device has issued a card there: if the member has not collected it on another device, somebody else has.
func (c *Client) Issues(ctx context.Context, w *Wallet) (issues []Issue, foreign bool, err error) {
	err = w.look(ctx, c, light.Focus{Issues: true}, func(s *fold.State) error {
		r, err := w.round(s)
		if err != nil {
			return err
		}
		for i := range w.memory.Answers {
			w.memory.Answers[i].Published = w.memory.Answers[i].Published || r.IsIssued(i+1, w.card.Entry) && w.Has(i+1)
			x := Issue{i + 1, r.Manifest.Registrars[i].Name, w.Has(i + 1), r.IsIssued(i+1, w.card.Entry)}
			foreign = foreign || x.Published && !x.Answered
			issues = append(issues, x)
		}
		return nil
	})
	if err != nil {
		return nil, false, err
	}
	return issues, foreign, w.save(ctx)
}

// PostIssues puts the card's issue records on the board where a registrar has not done so. That says when the member was at work; so it
// is for a registrar that does not publish them at all, which could void a vote (SPEC.md §9.9).
func (c *Client) PostIssues(ctx context.Context, w *Wallet) (posted int, err error) {
	missing, err := c.Unpublished(ctx, w)
	if err != nil {
		return 0, err
	}
	for _, i := range missing {
		r, err := record.Decode(w.memory.Answers[i-1].Issue)
		if err != nil {
			return posted, fmt.Errorf("the issue record of registrar %d: %w", i, err)
		}
		if _, err := c.board.Submit(ctx, r); err != nil {
			return posted, boardProblem(err)
		}
		posted++
	}
	return posted, nil
}
