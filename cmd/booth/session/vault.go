package session

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"mandate/ballot/record"
	"mandate/cmd/booth/member"
)

// A Store keeps pieces on the device, by key.
type Store interface {
	// Get returns a piece; the error wraps fs.ErrNotExist if there is none.
	Get(ctx context.Context, key string) ([]byte, error)
	// Put keeps a piece durably before it returns, if the one that is there now is `before`, nil for none; else the error wraps ErrChanged.
	Put(ctx context.Context, key string, value, before []byte) error
	// Keys returns the keys that begin so, in order.
	Keys(ctx context.Context, prefix string) ([]string, error)
	// Remove removes the pieces whose keys begin so.
	Remove(ctx context.Context, prefix string) error
}

// ErrChanged is wrapped when a piece is not what it was when it was read: another window of the browser has changed it.
var ErrChanged = errors.New("it was changed in another window")

// A vault has the cards on this device, one for each round.
type vault struct {
	store    Store
	lasting  bool            // the store keeps things when the page is gone
	kept     map[string]bool // cards of which the member has said so, where nothing lasts
	evidence string          // what was kept as evidence during the present call
}

func newVault(s Store) *vault {
	if s == nil {
		return &vault{store: make(passing), kept: make(map[string]bool)}
	}
	return &vault{store: s, lasting: true, kept: make(map[string]bool)}
}

// passing is a store that is gone with the page.
type passing map[string][]byte

func (p passing) Get(_ context.Context, key string) ([]byte, error) {
	b, ok := p[key]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return bytes.Clone(b), nil
}

func (p passing) Put(_ context.Context, key string, value, _ []byte) error {
	p[key] = bytes.Clone(value)
	return nil
}

func (p passing) Keys(_ context.Context, prefix string) ([]string, error) {
	var out []string
	for k := range p {
		if strings.HasPrefix(k, prefix) {
			out = append(out, k)
		}
	}
	slices.Sort(out)
	return out, nil
}

func (p passing) Remove(_ context.Context, prefix string) error {
	for k := range p {
		if strings.HasPrefix(k, prefix) {
			delete(p, k)
		}
	}
	return nil
}

const cards = "card/"

func cardPrefix(round record.ID) string { return cards + round.String() + "/" }

// rounds returns the rounds of which there is a card.
func (v *vault) rounds(ctx context.Context) ([]record.ID, error) {
	keys, err := v.store.Keys(ctx, cards)
	if err != nil {
		return nil, storage(err)
	}
	var out []record.ID
	for _, k := range keys {
		name, ok := strings.CutSuffix(strings.TrimPrefix(k, cards), "/"+member.CardName)
		if !ok {
			continue
		}
		if id, err := record.ParseID(name); err == nil {
			out = append(out, id)
		}
	}
	return out, nil
}

func storage(err error) error {
	if errors.Is(err, ErrChanged) {
		return fail(member.CodeStorage, "reload this page; what was done in the other window is not lost", "the card was used in another window meanwhile: %v", err)
	}
	return fail(member.CodeStorage, "allow this site to keep data, or leave the private window; keep the card yourself in any case", "the browser keeps nothing: %v", err)
}

// keep returns where the card of a round is kept.
func (v *vault) keep(round record.ID) *keep {
	return &keep{vault: v, prefix: cardPrefix(round), known: make(map[string][]byte)}
}

// A keep is a member.Keep: the pieces of one card. It remembers what it has read, so that two windows do not overwrite each other's work.
type keep struct {
	vault  *vault
	prefix string
	known  map[string][]byte
}

func (k *keep) Put(ctx context.Context, name string, content []byte) error {
	if strings.HasPrefix(name, member.Evidence) {
		k.vault.evidence = string(content)
	}
	if err := k.vault.store.Put(ctx, k.prefix+name, content, k.known[name]); err != nil {
		return err
	}
	k.known[name] = bytes.Clone(content)
	return nil
}

func (k *keep) Get(ctx context.Context, name string) ([]byte, error) {
	b, err := k.vault.store.Get(ctx, k.prefix+name)
	if err == nil {
		k.known[name] = bytes.Clone(b)
	}
	return b, err
}

func (k *keep) Place(name string) string {
	if strings.HasPrefix(name, member.Evidence) {
		return "this browser, with the card"
	}
	return "this browser"
}

// labelName is the piece that says what pages show of a card without asking anybody.
const labelName = "label"

// A label is what is known of a card beside what it is itself.
type label struct {
	_      struct{}          `cbor:",toarray"`
	Round  map[string]string // the round's title
	Number string            // of the member; "" if not known
	Name   string
	Kept   bool // the member has said so
}

func (k *keep) label(ctx context.Context) label {
	var l label
	b, err := k.Get(ctx, labelName)
	if err != nil {
		return l
	}
	if rest, err := record.DecodeFirst(b, 1<<16, &l); err != nil || len(rest) > 0 {
		return label{} // it is for show only
	}
	return l
}

func (k *keep) setLabel(ctx context.Context, change func(*label)) error {
	l := k.label(ctx)
	change(&l)
	b, err := record.Encode(&l)
	if err != nil {
		return fmt.Errorf("encoding what is known of a card: %w", err)
	}
	if err := k.Put(ctx, labelName, b); err != nil {
		return storage(err)
	}
	return nil
}
