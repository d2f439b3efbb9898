package voter

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"mandate/ballot/credential"
	"mandate/ballot/record"
	"mandate/cmd/mandate/vault"
	"mandate/crypto/blind"
)

// A Wallet is a member's card on this device. It is for one goroutine at a time. It prints as REDACTED.
type Wallet struct {
	hidden
	path   string
	card   *credential.Keepsake
	memory *memory
}

// memoryFile is what a card file's companion is called.
func memoryFile(card string) string { return card + ".memory" }

// newWallet keeps a new card. With an empty path it is kept nowhere, and lost with the process: for simulations.
func newWallet(path string, card *credential.Keepsake) (*Wallet, error) {
	w := &Wallet{path: path, card: card, memory: &memory{
		Version: memoryVersion, Round: card.Round, Answers: make([]answer, len(card.Registrars)),
	}}
	b, err := card.Encode()
	if err != nil {
		return nil, err
	}
	if path == "" {
		return w, nil
	}
	for _, name := range []string{path, memoryFile(path)} {
		if _, err := os.Lstat(name); !errors.Is(err, fs.ErrNotExist) {
			return nil, problem("choose another name for the new card, or go on with the one that is there", "%s is there already", name)
		}
	}
	if err := vault.WriteFile(path, b, 0o600); err != nil {
		return nil, problem("choose a place where files can be written", "keeping the card: %w", err)
	}
	return w, nil
}

// OpenWallet opens a card file. It need not be complete.
func OpenWallet(path string) (*Wallet, error) {
	b, err := readFile(path, credential.MaxKeepsake)
	if err != nil {
		return nil, problem("name the card file with -card; if it is lost, make it again from the 24 words with mandate card -words", "reading the card: %w", err)
	}
	card, err := credential.ParseKeepsake(b)
	if err != nil {
		return nil, problem("if the file cannot be repaired, make it again from the 24 words with mandate card -words", "%s: %w", path, err)
	}
	w := &Wallet{path: path, card: card}
	b, err = readFile(memoryFile(path), maxMemory)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		w.memory = &memory{Version: memoryVersion, Round: card.Round, Answers: make([]answer, len(card.Registrars))}
		return w, nil
	case err != nil:
		return nil, problem("the device's memory of the card cannot be read; look at the file's permissions", "%w", err)
	}
	if w.memory, err = parseMemory(b, card.Round, len(card.Registrars)); err != nil {
		return nil, problem("move the file "+memoryFile(path)+" away and run mandate card again: the registrars repeat their answers. It holds receipts, so do not delete it",
			"%s: %w", memoryFile(path), err)
	}
	return w, nil
}

// readFile reads a file of at most limit bytes.
func readFile(path string, limit int64) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > limit {
		return nil, fmt.Errorf("%s has %d bytes, at most %d", path, info.Size(), limit)
	}
	return os.ReadFile(path)
}

// save keeps the memory.
func (w *Wallet) save() error {
	if w.path == "" {
		return nil
	}
	b, err := w.memory.encode()
	if err != nil {
		return err
	}
	if err := vault.WriteFile(memoryFile(w.path), b, 0o600); err != nil {
		return problem("make room on the disk, or look at the folder's permissions, and run the command again; nothing is lost", "keeping the card's memory: %w", err)
	}
	return nil
}

// Round returns the id of the card's round.
func (w *Wallet) Round() record.ID { return w.card.Round }

// Entry returns the member's roll entry.
func (w *Wallet) Entry() uint64 { return w.card.Entry }

// Board returns the board's address.
func (w *Wallet) Board() string { return w.card.Board }

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

// has reports whether a registrar, from 1, has answered.
func (w *Wallet) has(registrar int) bool { return !slices.Contains(w.Missing(), registrar) }

// credential returns the card's credential for a slot.
func (w *Wallet) credential(slot uint64) (*credential.Credential, error) {
	if missing := w.Missing(); len(missing) > 0 {
		return nil, problem("run mandate card with this card file and the codes of the registrars that have not answered",
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
