// Package registrar is the party that knows the members: it checks the roll, and gives each member on it one card, by signing blindly what
// it cannot see. With all registrars of a round together it bounds the credentials by the roll; with no number of others can it link a
// ballot to a member.
//
// [Create] makes a registrar's folder, [Open] opens it again, [Registrar.AddRoll] gives it the private list, [Registrar.Codes] the one-time
// codes to send to members. [Registrar.Run] does its duties on the board: it accepts the rolls that it has checked, makes and posts its
// keys, and publishes to whom it has issued. [Registrar.Handler] serves members (SPEC.md §10.1).
//
// In the folder are a vault with the signing key, the slot keys and the private lists, and a ledger that says which code is good for which
// entry and which request was answered. A decision is in the ledger, on disk, before the signatures leave, so that neither a crash nor a
// race gives one member two cards. A ledger brought back from an older copy ([RestoreLedger]) does not know what was decided since; therefore an
// entry that the board calls issued and the ledger does not know is refused, and so is every entry that has no card in the copy, unless the
// journal tells what was decided or somebody releases them ([Registrar.Release]). A folder that was copied in another way does not know that it
// is a copy.
//
// It believes nothing of the board but the log that it folds itself, and nothing of members but their codes. It logs neither who asks nor for
// which entry.
package registrar

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"mandate/ballot/record"
	"mandate/ballot/roll"
	"mandate/ballot/text"
	"mandate/cmd/mandate/party"
	"mandate/cmd/mandate/registrar/signin"
	"mandate/cmd/mandate/vault"
	"mandate/crypto/blind"
	"mandate/crypto/sigma"
)

// Options say how a registrar works. Zero fields have the defaults said.
type Options struct {
	// Board is the registrar's view of the board, which nobody else uses. A registrar without one can be given rolls, and serves nobody.
	Board party.Board
	// BoardAddress is where members' browsers reach the board. With it the registrar serves the booth's pages too, so that a ballot that
	// was encrypted on the board's pages can be checked on pages that are not the board's. Default: it does not.
	BoardAddress string
	// Look is how often Run looks at the board. Default 5 seconds.
	Look time.Duration
	// Publish is how often issue records are published, all of that time in one sorted list: the longer, the less a list says about who
	// asked when. Before a vote of the round closes they are published at once. Default 15 minutes.
	Publish time.Duration
	// Stale is for how long the registrar goes on issuing when it cannot read the board. Default 10 minutes.
	Stale time.Duration
	// Link is the page that the links to members lead to; the code stands after it in the fragment. Default the registrar's own address.
	Link string
	// WrongCodes and PerMinute bound the wrong codes from one network address: so many at once, and then so many a minute. Defaults 20
	// and 2.
	WrongCodes, PerMinute int
	// SignIn is the identity provider with which members can sign in instead of typing a code; it needs a Link, where they go then. What the
	// round says of this registrar's channel has to have its Way. Default: there is none.
	SignIn signin.Config
	// Send sends a code that a member has asked for on the page /code. It returns when the mail was sent, or cannot be, and its errors have
	// nothing of the member. Default: the page says whom to ask.
	Send func(ctx context.Context, d *Dispatch) error
	// Contact is whom members ask for help, such as an e-mail address or a telephone number.
	Contact string
	// Proxies are the addresses of reverse proxies, whose X-Forwarded-For is believed.
	Proxies []netip.Prefix
	// Journal is a file on another disk to which every decision is added, and is there before it is answered: a second copy of the ledger, always
	// current. Default none. When the ledger is brought back from an older copy, it makes it whole; without, entries that have no card in the
	// copy are refused until somebody releases them.
	Journal string
	// Clock is the machine's clock. Default time.Now. Whether cards can be collected is decided by the board's.
	Clock func() time.Time
	// Observe is told the code of each answer to a request for an entry or a card, "ok" for one that is no refusal, for counting. Default nobody.
	Observe func(request, code string)
	// Log is told what happens. Default slog.Default.
	Log *slog.Logger
	// Vault is how the folder's secrets are encrypted.
	Vault vault.Options
}

func (o Options) withDefaults() (Options, error) {
	if o.Look < 0 || o.Publish < 0 || o.Stale < 0 || o.WrongCodes < 0 || o.PerMinute < 0 {
		return o, errors.New("registrar: look, publish, stale, wrong codes, per minute: none may be negative")
	}
	for field, address := range map[string]string{"link": o.Link, "board address": o.BoardAddress} {
		if err := text.CheckURL(field, address); err != nil {
			return o, fmt.Errorf("registrar: %w", err)
		}
	}
	if o.SignIn.Enabled() {
		if err := o.SignIn.Check(); err != nil {
			return o, fmt.Errorf("registrar: sign-in: %w", err)
		}
		if o.Link == "" {
			return o, errors.New("registrar: sign-in: link: is empty; it is where members go who have signed in")
		}
	}
	if o.Contact != "" {
		if err := text.CheckName("contact", o.Contact); err != nil {
			return o, fmt.Errorf("registrar: %w", err)
		}
	}
	set(&o.Look, 5*time.Second)
	set(&o.Publish, 15*time.Minute)
	set(&o.Stale, 10*time.Minute)
	set(&o.WrongCodes, 20)
	set(&o.PerMinute, 2)
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return o, nil
}

func set[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// A Registrar is an open registrar's folder at work. Only one process can have it open.
type Registrar struct {
	options Options
	vault   *vault.Vault
	key     sigma.SecretKey
	ledger  *ledger

	duty  sync.Mutex // holds board, rolls, keys, said, due: one pass of duties at a time
	rolls map[record.ID]*roll.Roll
	keys  map[record.ID][]*blind.SecretKey // by round, complete ones
	said  map[record.ID]record.ID          // by vote: the packet of whose mailing the board has all that is known
	due   time.Time                        // when issue records are to be published next

	mu     sync.Mutex
	issued map[record.ID]*entrySet // by round: the entries of which the ledger knows a card

	seen     atomic.Pointer[view] // nil before the first look at the board
	stopping atomic.Bool
	signing  chan struct{} // one token for each signing at a time
	waiting  atomic.Int64
	wrong    *limiter[netip.Addr]
	visits   *limiter[netip.Addr] // of the pages on which members sign in or ask for a code
	asked    *limiter[place]      // codes that were asked for, by entry

	provider *signin.Provider // nil: there is none
	jar      *signin.Jar
	errands  *errands // codes on their way
	people   directories

	readTimeout time.Duration // for a request's body
}

const (
	vaultDir   = "vault"
	ledgerDir  = "ledger"
	signingKey = "signing-key"
	rollPrefix = "roll-"
)

// Create makes a registrar's folder with a new signing key and opens it. It is an error if there is a registrar already.
func Create(dir string, passphrase []byte, o Options) (*Registrar, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	v, err := vault.Create(filepath.Join(dir, vaultDir), passphrase, o.Vault)
	if err != nil {
		return nil, err
	}
	if _, err := party.Key(v, signingKey); err != nil {
		return nil, err
	}
	return open(dir, v, o)
}

// Open opens a registrar's folder.
func Open(dir string, passphrase []byte, o Options) (*Registrar, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	v, err := vault.Open(filepath.Join(dir, vaultDir), passphrase)
	if err != nil {
		return nil, err
	}
	if _, err := v.Read(signingKey); err != nil { // party.Key would make another
		return nil, fmt.Errorf("registrar: the signing key in %s: %w", dir, err)
	}
	return open(dir, v, o)
}

func open(dir string, v *vault.Vault, o Options) (*Registrar, error) {
	key, err := party.Key(v, signingKey)
	if err != nil {
		return nil, err
	}
	r := &Registrar{
		options: o, vault: v, key: key,
		rolls: make(map[record.ID]*roll.Roll), keys: make(map[record.ID][]*blind.SecretKey),
		issued: make(map[record.ID]*entrySet), said: make(map[record.ID]record.ID),
		signing: make(chan struct{}, signers()), readTimeout: readTimeout,
		wrong:  newLimiter[netip.Addr](o.WrongCodes, rate.Limit(o.PerMinute)/60, o.Clock),
		visits: newLimiter[netip.Addr](visitsAtOnce, visitsAgain, o.Clock), asked: newLimiter[place](codesAtOnce, codesAgain, o.Clock),
		jar: signin.NewJar(o.Clock), errands: newErrands(),
	}
	if o.SignIn.Enabled() {
		if r.provider, err = signin.New(o.SignIn, o.Clock); err != nil {
			return nil, fmt.Errorf("registrar: %w", err)
		}
	}
	r.due = o.Clock().Add(o.Publish)
	if err := r.loadRolls(); err != nil {
		return nil, err
	}
	if r.ledger, err = openLedger(filepath.Join(dir, ledgerDir)); err != nil {
		return nil, err
	}
	if err := r.reconcile(); err != nil {
		return nil, errors.Join(fmt.Errorf("registrar: %w", err), r.ledger.close())
	}
	return r, nil
}

// Close closes the folder. Run has to have returned and the handler to be out of use.
func (r *Registrar) Close() error {
	r.stopping.Store(true)
	r.errands.end()
	if err := r.ledger.close(); err != nil {
		return fmt.Errorf("closing the ledger: %w", err)
	}
	return nil
}

// Key returns the key for the round record that names this registrar.
func (r *Registrar) Key() record.Key { return r.key.Public().Encoding() }

// AddRoll keeps the private list that the commission sends (roll.Roll.Marshal), for rounds whose roll it is. Whether the board commits to
// this list is checked before the roll is accepted on the board.
func (r *Registrar) AddRoll(private []byte) error {
	list, err := roll.Parse(private)
	if err != nil {
		return err
	}
	r.duty.Lock()
	defer r.duty.Unlock()
	if err := r.vault.Write(rollPrefix+list.ID.String(), private); err != nil {
		return err
	}
	r.rolls[list.ID] = list
	return nil
}

func (r *Registrar) loadRolls() error {
	files, err := os.ReadDir(r.vault.Dir())
	if err != nil {
		return fmt.Errorf("registrar: %w", err)
	}
	for _, f := range files {
		name, ok := strings.CutSuffix(f.Name(), ".age")
		if !ok || !strings.HasPrefix(name, rollPrefix) {
			continue
		}
		b, err := r.vault.Read(name)
		if err != nil {
			return err
		}
		list, err := roll.Parse(b)
		if err != nil {
			return fmt.Errorf("registrar: %s: %w", f.Name(), err)
		}
		r.rolls[list.ID] = list
	}
	return nil
}

// slotKey returns the secret key of a slot, or fs.ErrNotExist.
func (r *Registrar) slotKey(round record.ID, slot int) (*blind.SecretKey, error) {
	b, err := r.vault.Read(slotKeyName(round, slot))
	if err != nil {
		return nil, err
	}
	defer clear(b)
	k, err := blind.ParseSecretKey(b)
	if err != nil {
		return nil, fmt.Errorf("registrar: slot %d: %w", slot, err)
	}
	return k, nil
}

// makeSlotKey makes the secret key of a slot and keeps it.
func (r *Registrar) makeSlotKey(ctx context.Context, round record.ID, slot int) (*blind.SecretKey, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if _, err := r.vault.Read(slotKeyName(round, slot)); !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("registrar: slot %d has a key already (%w)", slot, err)
	}
	k, err := blind.GenerateKey(randomness)
	if err != nil {
		return nil, err
	}
	b := k.Marshal()
	defer clear(b)
	return k, r.vault.Write(slotKeyName(round, slot), b)
}

func slotKeyName(round record.ID, slot int) string { return fmt.Sprintf("slot-%s-%02d", round, slot) }
