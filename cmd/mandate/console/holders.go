package console

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/text"
	"mandate/cmd/mandate/party"
	"mandate/cmd/mandate/trustee"
	"mandate/cmd/mandate/vault"
	"mandate/crypto/sigma"
)

// What a holder of a key is.
const (
	RoleTrustee   = "trustee"   // has a share of votes' keys
	RoleCommittee = "committee" // signs calls by name
	RoleSpeaker   = "speaker"   // answers results in the committee's name
)

// least is how long a passphrase must be, in bytes.
const least = 10

// Errors of a holder's page.
var (
	errShort    = errors.New("the passphrase is too short")
	errWrong    = errors.New("the passphrase is wrong")
	errTooMany  = errors.New("too many wrong passphrases; wait a minute")
	errLocked   = errors.New("the key is locked")
	errHasKey   = errors.New("there is a key already")
	errNotThere = errors.New("there is no such place")
)

// HoldersOptions say how keys of people are kept.
type HoldersOptions struct {
	Dir   string // a folder for each of them is made in it
	Dial  func() (party.Board, error)
	Log   *slog.Logger
	Vault vault.Options
	Clock func() time.Time
}

// Holders are the people who hold keys: trustees, members of the committee, its speaker. Each has a folder with a vault that their own
// passphrase opens, and a link to a page of their own. Between unlocking and locking, the secrets are in this program's memory.
type Holders struct {
	o HoldersOptions

	mu  sync.Mutex
	all []*Holder
}

// A Holder is one person with a key.
type Holder struct {
	Role  string
	Index int // from 1, within the role
	Name  string
	Token string // of the link; whoever has it sees the page, and can do nothing without the passphrase

	dir string
	o   HoldersOptions

	working sync.Mutex // holds board and trustee at work: one thing at a time, while the board is waited for

	mu       sync.Mutex // holds what follows, never for long: a page that looks must not wait for the board
	public   record.Key
	made     bool
	vault    *vault.Vault // nil: locked
	key      sigma.SecretKey
	board    party.Board
	trustee  *trustee.Trustee
	consent  map[record.ID]bool
	trouble  string
	attempts []time.Time // wrong passphrases of the last minute
}

// A Key is what is known of a holder without the passphrase.
type Key struct {
	Public   record.Key
	Made     bool // there is a key
	Unlocked bool
	Trouble  string // why the last step failed; empty if it did not
}

// holderFile is what stands in a holder's folder in the open.
type holderFile struct {
	Role  string `json:"role"`
	Index int    `json:"index"`
	Name  string `json:"name"`
	Token string `json:"token"`
	Key   string `json:"key,omitempty"`
}

// OpenHolders finds the holders' folders.
func OpenHolders(o HoldersOptions) (*Holders, error) {
	hs := &Holders{o: o}
	files, err := filepath.Glob(filepath.Join(o.Dir, "*", "holder.json"))
	if err != nil {
		return nil, err
	}
	for _, path := range files {
		b, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		var f holderFile
		if err := json.Unmarshal(b, &f); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		h := &Holder{Role: f.Role, Index: f.Index, Name: f.Name, Token: f.Token, dir: filepath.Dir(path), o: o, consent: make(map[record.ID]bool)}
		if f.Key != "" {
			id, err := record.ParseID(f.Key)
			if err != nil {
				return nil, fmt.Errorf("%s: key: %w", path, err)
			}
			h.public, h.made = record.Key(id), true
		}
		hs.all = append(hs.all, h)
	}
	return hs, nil
}

// Add makes a place for somebody; one that is there is left as it is.
func (hs *Holders) Add(role string, index int, name string) error {
	if err := text.CheckName("name", name); err != nil {
		return err
	}
	hs.mu.Lock()
	defer hs.mu.Unlock()
	for _, h := range hs.all {
		if h.Role == role && h.Index == index {
			return nil
		}
	}
	h := &Holder{
		Role: role, Index: index, Name: name, Token: rand.Text(), dir: filepath.Join(hs.o.Dir, fmt.Sprintf("%s-%d", role, index)), o: hs.o,
		consent: make(map[record.ID]bool),
	}
	if err := h.save(); err != nil {
		return err
	}
	hs.all = append(hs.all, h)
	return nil
}

// Next adds somebody behind those who are there.
func (hs *Holders) Next(role, name string) error {
	index := 1
	for _, h := range hs.List(role) {
		index = max(index, h.Index+1)
	}
	return hs.Add(role, index, name)
}

// List returns the holders of a role, in order.
func (hs *Holders) List(role string) []*Holder {
	hs.mu.Lock()
	defer hs.mu.Unlock()
	var out []*Holder
	for _, h := range hs.all {
		if h.Role == role {
			out = append(out, h)
		}
	}
	slices.SortFunc(out, func(a, b *Holder) int { return a.Index - b.Index })
	return out
}

// Find returns whose link a token is of, or nil.
func (hs *Holders) Find(token string) *Holder {
	hs.mu.Lock()
	defer hs.mu.Unlock()
	var found *Holder
	for _, h := range hs.all {
		if subtle.ConstantTimeCompare([]byte(h.Token), []byte(token)) == 1 {
			found = h
		}
	}
	return found
}

// Step has every trustee whose key is unlocked do what is due: key generation, and the opening of those results that the trustee has
// agreed to open.
func (hs *Holders) Step(ctx context.Context) error {
	var errs []error
	for _, h := range hs.List(RoleTrustee) {
		if err := h.step(ctx); err != nil && ctx.Err() == nil {
			errs = append(errs, fmt.Errorf("%s %d: %w", h.Role, h.Index, err))
		}
	}
	return errors.Join(errs...)
}

func (h *Holder) step(ctx context.Context) error {
	h.working.Lock()
	defer h.working.Unlock()
	h.mu.Lock()
	t := h.trustee
	h.mu.Unlock()
	if t == nil {
		return nil
	}
	_, err := t.StepVotes(ctx, func(v *fold.Vote) bool { return v.Phase != fold.Sealed || h.Consented(v.ID) })
	h.mu.Lock()
	defer h.mu.Unlock()
	h.trouble = ""
	if err != nil && ctx.Err() == nil {
		h.trouble = err.Error()
	}
	return err
}

// Key says what is known of the holder's key.
func (h *Holder) Key() Key {
	h.mu.Lock()
	defer h.mu.Unlock()
	return Key{Public: h.public, Made: h.made, Unlocked: h.vault != nil, Trouble: h.trouble}
}

func (h *Holder) save() error {
	if err := os.MkdirAll(h.dir, 0o700); err != nil {
		return err
	}
	f := holderFile{Role: h.Role, Index: h.Index, Name: h.Name, Token: h.Token}
	if h.made {
		f.Key = record.ID(h.public).String()
	}
	b, err := json.MarshalIndent(f, "", "\t")
	if err != nil {
		return err
	}
	return vault.WriteFile(filepath.Join(h.dir, "holder.json"), b, 0o600)
}

// Make makes the holder's key, protected by their passphrase, and leaves it unlocked. The passphrase is overwritten.
func (h *Holder) Make(passphrase []byte) error {
	defer clear(passphrase)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.made {
		return errHasKey
	}
	if len(passphrase) < least {
		return errShort
	}
	path := filepath.Join(h.dir, "vault")
	// What is there without a key that was made known, was being made when the program ended; its passphrase may have been another.
	// Or else the folder was restored from copies of different times: it is put aside, because a share that is deleted is lost to a vote.
	if err := vault.SetAside(path); err != nil {
		return err
	}
	v, err := vault.Create(path, passphrase, h.o.Vault)
	if err != nil {
		return err
	}
	key, err := party.Key(v, "signing-key")
	if err != nil {
		return err
	}
	h.public, h.made = key.Public().Encoding(), true
	if err := h.save(); err != nil {
		return err
	}
	return h.work(v, key)
}

// Unlock opens the holder's vault. The passphrase is overwritten.
func (h *Holder) Unlock(passphrase []byte) error {
	defer clear(passphrase)
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.made {
		return errNotThere
	}
	now := h.o.Clock()
	h.attempts = slices.DeleteFunc(h.attempts, func(t time.Time) bool { return now.Sub(t) > time.Minute })
	if len(h.attempts) >= 5 {
		return errTooMany
	}
	if len(passphrase) == 0 {
		return errWrong
	}
	v, err := vault.Open(filepath.Join(h.dir, "vault"), passphrase)
	if err != nil {
		h.attempts = append(h.attempts, now)
		return errWrong
	}
	if h.vault != nil {
		return nil // it was right, and is unlocked
	}
	if _, err := v.Read("signing-key"); errors.Is(err, fs.ErrNotExist) { // party.Key would make another
		return fmt.Errorf("the key is missing from %s; restore the folder's copy", h.dir)
	}
	key, err := party.Key(v, "signing-key")
	if err != nil {
		return err
	}
	return h.work(v, key)
}

// work has the key at hand.
func (h *Holder) work(v *vault.Vault, key sigma.SecretKey) error {
	view, err := h.o.Dial()
	if err != nil {
		return err
	}
	h.vault, h.key, h.board = v, key, view
	if h.Role == RoleTrustee {
		h.trustee = trustee.New(view, v, key, h.o.Log)
	}
	return nil
}

// Lock forgets the key until it is unlocked again.
func (h *Holder) Lock() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.vault, h.key, h.board, h.trustee, h.trouble = nil, sigma.SecretKey{}, nil, nil, ""
	clear(h.consent)
}

// Consent says that the trustee opens the result of a vote.
func (h *Holder) Consent(vote record.ID) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.trustee == nil {
		return errLocked
	}
	h.consent[vote] = true
	return nil
}

// Consented reports whether the trustee has agreed to open a result since the key was unlocked.
func (h *Holder) Consented(vote record.ID) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.consent[vote]
}

// Post says something in the holder's name.
func (h *Holder) Post(ctx context.Context, vote record.ID, body record.Body) error {
	h.working.Lock()
	defer h.working.Unlock()
	h.mu.Lock()
	board, key := h.board, h.key
	h.mu.Unlock()
	if board == nil {
		return errLocked
	}
	if err := board.Update(ctx); err != nil {
		return err
	}
	_, err := party.Post(ctx, board, vote, body, key)
	return err
}
