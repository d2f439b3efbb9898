package member

import (
	"context"
	"errors"
	"io/fs"
	"slices"

	"mandate/ballot/credential"
	"mandate/ballot/record"
	"mandate/crypto/blind"
)

// A Keep is where one card is kept on this device: a few named pieces. It is used by one goroutine at a time.
type Keep interface {
	// Put keeps a piece, instead of one of the same name. When it returns without an error, the piece is there after a loss of power: what
	// depends on it is sent only then.
	Put(ctx context.Context, name string, content []byte) error
	// Get returns a piece; the error wraps fs.ErrNotExist if there is none.
	Get(ctx context.Context, name string) ([]byte, error)
	// Place says in a few words where a piece is, such as "the file ana.card".
	Place(name string) string
}

// Names of pieces.
const (
	CardName   = "card"      // the card itself: a credential.Keepsake
	MemoryName = "memory"    // what the device remembers beside it
	Evidence   = "evidence-" // begins the names of what shows that another party was dishonest
)

// MaxKept bounds a piece, in bytes.
const MaxKept = maxMemory

// A Wallet is a member's card on this device. It is for one goroutine at a time. It prints as REDACTED.
type Wallet struct {
	hidden
	keep   Keep // nil: kept nowhere
	card   *credential.Keepsake
	memory *memory
}

// newWallet keeps a new card. Without a Keep it is lost with the process: for simulations.
func newWallet(ctx context.Context, keep Keep, card *credential.Keepsake) (*Wallet, error) {
	w := &Wallet{keep: keep, card: card, memory: &memory{
		Version: memoryVersion, Round: card.Round, Answers: make([]answer, len(card.Registrars)),
	}}
	b, err := card.Encode()
	if err != nil {
		return nil, err
	}
	if keep == nil {
		return w, nil
	}
	for _, name := range []string{CardName, MemoryName} {
		if _, err := keep.Get(ctx, name); !errors.Is(err, fs.ErrNotExist) {
			return nil, problem(CodeStorage, "choose another place for the new card, or go on with the one that is there", "%s is there already", keep.Place(name))
		}
	}
	if err := keep.Put(ctx, CardName, b); err != nil {
		return nil, problem(CodeStorage, "choose a place where files can be written", "keeping the card: %w", err)
	}
	return w, nil
}

// OpenWallet opens the card in a Keep. It need not be complete.
func OpenWallet(ctx context.Context, keep Keep) (*Wallet, error) {
	b, err := keep.Get(ctx, CardName)
	if err != nil {
		return nil, problem(CodeStorage, "if the card is lost, make it again from its file or its 24 words", "reading the card: %w", err)
	}
	card, err := credential.ParseKeepsake(b)
	if err != nil {
		return nil, problem(CodeStorage, "if it cannot be repaired, make it again from the 24 words", "%s: %w", keep.Place(CardName), err)
	}
	w := &Wallet{keep: keep, card: card}
	b, err = keep.Get(ctx, MemoryName)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		w.memory = &memory{Version: memoryVersion, Round: card.Round, Answers: make([]answer, len(card.Registrars))}
		return w, nil
	case err != nil:
		return nil, problem(CodeStorage, "the device's memory of the card cannot be read; look at its permissions", "%w", err)
	}
	if w.memory, err = parseMemory(b, card.Round, len(card.Registrars)); err != nil {
		return nil, problem(CodeStorage, "move "+keep.Place(MemoryName)+" away and collect the card again: the registrars repeat their answers. It holds receipts, so do not delete it",
			"%s: %w", keep.Place(MemoryName), err)
	}
	return w, nil
}

// ImportWallet keeps a card again of the text of its file. Nothing is asked of anybody; Collect gets the registrars' answers again.
func ImportWallet(ctx context.Context, keep Keep, file []byte) (*Wallet, error) {
	card, err := credential.ParseKeepsake(file)
	if err != nil {
		return nil, problem(CodeForm, "take another copy of the file, or the 24 words", "%w", err)
	}
	return newWallet(ctx, keep, card)
}

// save keeps the memory.
func (w *Wallet) save(ctx context.Context) error {
	if w.keep == nil {
		return nil
	}
	b, err := w.memory.encode()
	if err != nil {
		return err
	}
	if err := w.keep.Put(ctx, MemoryName, b); err != nil {
		return problem(CodeStorage, "make room on the device, and do the same again; nothing is lost", "keeping the card's memory: %w", err)
	}
	return nil
}

// File returns the text of the card file, which is all there is to keep. Whoever has it can vote in the member's place.
func (w *Wallet) File() ([]byte, error) { return w.card.Encode() }

// Words returns the card's 24 words for paper. Whoever has them can vote in the member's place.
func (w *Wallet) Words() []string { return w.card.Secret.Words() }

// Round returns the id of the card's round.
func (w *Wallet) Round() record.ID { return w.card.Round }

// Entry returns the member's roll entry.
func (w *Wallet) Entry() uint64 { return w.card.Entry }

// Board returns the board's address.
func (w *Wallet) Board() string { return w.card.Board }

// Genesis returns the id of the genesis record of the card's board.
func (w *Wallet) Genesis() record.ID { return w.card.Genesis }

// Registrars returns the addresses of the round's registrars, in order.
func (w *Wallet) Registrars() []string { return slices.Clone(w.card.Registrars) }

// Seen returns the newest checkpoint of the board that was checked with this card, as signed; nil before the first.
func (w *Wallet) Seen() []byte { return slices.Clone(w.memory.Seen) }

// Missing returns the registrars, from 1, whose answers are missing.
func (w *Wallet) Missing() []int {
	var out []int
	for i, a := range w.memory.Answers {
		if len(a.Signatures) == 0 {
			out = append(out, i+1)
		}
	}
	return out
}

// Has reports whether a registrar, from 1, has answered.
func (w *Wallet) Has(registrar int) bool { return !slices.Contains(w.Missing(), registrar) }

// credential returns the card's credential for a slot.
func (w *Wallet) credential(slot uint64) (*credential.Credential, error) {
	if missing := w.Missing(); len(missing) > 0 {
		return nil, problem(CodeIncomplete, "collect the card with the codes of the registrars that have not answered",
			"%w: %d of %d registrars have answered", ErrIncomplete, len(w.memory.Answers)-len(missing), len(w.memory.Answers))
	}
	answers := make([][]blind.Signature, len(w.memory.Answers))
	for i, a := range w.memory.Answers {
		for s := range slices.Chunk(a.Signatures, record.SignatureBytes) {
			answers[i] = append(answers[i], blind.Signature{Prefix: [blind.PrefixSize]byte(s), Sig: [blind.Size]byte(s[blind.PrefixSize:])})
		}
	}
	card, err := credential.NewCard(w.card.Secret, w.card.Round, answers)
	if err != nil {
		return nil, err
	}
	return card.Credential(slot)
}

// badSignatures is the problem of a card whose kept signatures do not hold.
func (w *Wallet) badSignatures(bad error) error {
	hint := "collect the card again: the registrars repeat their answers"
	if w.keep != nil {
		hint = "move " + w.keep.Place(MemoryName) + " away and " + hint
	}
	return problem(CodeSignatures, hint, "the card's signatures: %w", bad)
}

// Sent says what became of a ballot that this device has sent.
type Sent struct {
	Ballot   record.ID
	Number   uint64
	Receipt  []byte // nil: it has none yet
	Promised bool
	Refused  string // the code with which the board refused it
}

// Sent returns the ballots of a vote that this device has sent, in order.
func (w *Wallet) Sent(vote record.ID) []Sent {
	var out []Sent
	own := w.memory.in(vote, false)
	for i := range own.Ballots {
		s := &own.Ballots[i]
		rec, b, err := s.record()
		if err != nil { // was read before it was kept
			continue
		}
		one := Sent{Ballot: rec.ID(), Number: b.Number, Promised: len(s.Promise) > 0, Refused: s.Refused}
		if len(s.Receipt) > 0 { // one that is missing is read back from the store as empty, and not as nil
			one.Receipt = slices.Clone(s.Receipt)
		}
		out = append(out, one)
	}
	return out
}
