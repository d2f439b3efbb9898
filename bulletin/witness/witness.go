// Package witness cosigns the checkpoints of transparency logs: the server side of c2sp.org/tlog-witness, with cosignatures as in
// c2sp.org/tlog-cosignature. A log's operator cannot show two histories to people who ask for a quorum of witnesses, because a witness
// signs only what continues what it has signed before.
//
// New makes a witness on a store; [Witness.ServeHTTP] answers POST /add-checkpoint. [ParseLogs] reads the list of logs it works for. It works
// for any log with C2SP checkpoints signed with Ed25519, a board of this program or not.
//
// It trusts its store and its machine's clock, and nothing that is sent. The newest tree head of each log is on disk before its cosignature is
// made, so a witness that is killed at any moment signs no second history when it is started again. A store that is put back to an older state
// (a backup) has forgotten: a witness that is restored must take a new key. Whoever holds the key and is dishonest can cosign anything: this is
// why a policy asks for several witnesses of different bodies.
package witness

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"mandate/ballot/checkpoint"
	"mandate/bulletin/store"
)

// Options say what a witness is.
type Options struct {
	// DB is where it keeps the newest tree head of each log. The witness has it for itself.
	DB *store.DB
	// Name is what it signs as, such as "witness.example.org/north": by custom a URL without scheme under which its operator can be found.
	Name string
	// Key is its Ed25519 key, used for nothing else.
	Key ed25519.PrivateKey
	// Logs returns the logs that it works for. It is called for each request. An error is answered with status 500.
	Logs func() ([]Log, error)
	// Log is told of what happens. Default slog.Default.
	Log *slog.Logger
}

// A Witness cosigns. It is safe for concurrent use.
type Witness struct {
	options Options
	signer  *torchwood.CosignatureSigner
	vkey    string
	heads   *store.KV // by origin: the newest checkpoint that was cosigned, with the log's own signature
	forks   *store.KV // by origin: two checkpoints of one size, as the log has signed them

	mu    sync.Mutex
	locks map[string]*sync.Mutex // by origin: held from looking at the newest tree head to signing the next
}

// New returns a witness.
func New(o Options) (*Witness, error) {
	if len(o.Key) != ed25519.PrivateKeySize {
		return nil, fmt.Errorf("witness: the key has %d bytes, want %d", len(o.Key), ed25519.PrivateKeySize)
	}
	w := &Witness{options: o, vkey: checkpoint.WitnessKey(o.Name, o.Key.Public().(ed25519.PublicKey)), locks: make(map[string]*sync.Mutex)}
	if _, err := checkpoint.ParseWitnessKey(w.vkey); err != nil { // records can name it
		return nil, fmt.Errorf("witness: name %q: %w", o.Name, err)
	}
	var err error
	if w.signer, err = torchwood.NewCosignatureSigner(o.Name, o.Key); err != nil {
		return nil, fmt.Errorf("witness: %w", err)
	}
	if w.heads, err = o.DB.KV("witness/heads"); err != nil {
		return nil, fmt.Errorf("witness: %w", err)
	}
	if w.forks, err = o.DB.KV("witness/forks"); err != nil {
		return nil, fmt.Errorf("witness: %w", err)
	}
	if w.options.Log == nil {
		w.options.Log = slog.Default()
	}
	return w, nil
}

// VerifierKey returns the witness's cosignature/v1 verifier key, as policies and manifests name it.
func (w *Witness) VerifierKey() string { return w.vkey }

// The errors of Add, beside a *ConflictError and an error of the store.
var (
	ErrRequest    = errors.New("the request is malformed")                                                     // HTTP 400
	ErrUnknownLog = errors.New("this witness does not work for a log of that origin")                          // HTTP 404
	ErrSignature  = errors.New("the checkpoint has no signature of the log")                                   // HTTP 403
	ErrFork       = errors.New("another tree of the same size was cosigned before; the log has two histories") // HTTP 409
	ErrProof      = errors.New("the proof does not show that the checkpoint continues the one cosigned last")  // HTTP 422
)

// A ConflictError says that the request does not start from the tree that was cosigned last.
type ConflictError struct{ Size uint64 }

func (e *ConflictError) Error() string {
	return fmt.Sprintf("the checkpoint cosigned last has size %d", e.Size)
}

// Add checks a request against all that was cosigned before, and returns the cosignature, a line of a signed note. The tree head is on disk
// by then. Of requests that contradict each other one at most gets a cosignature.
func (w *Witness) Add(ctx context.Context, r Request) ([]byte, error) {
	logs, err := w.options.Logs()
	if err != nil {
		return nil, fmt.Errorf("reading the list of logs: %w", err)
	}
	origin, _, _ := strings.Cut(string(r.Checkpoint), "\n")
	keys := keysOf(logs, origin)
	if len(keys) == 0 {
		return nil, ErrUnknownLog
	}
	n, err := note.Open(r.Checkpoint, note.VerifierList(keys...))
	var unverified *note.UnverifiedNoteError
	var invalid *note.InvalidSignatureError
	switch {
	case errors.As(err, &unverified), errors.As(err, &invalid):
		return nil, ErrSignature
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrRequest, err)
	}
	head, err := torchwood.ParseCheckpoint(n.Text)
	if err != nil || head.Origin != origin || head.N < 0 {
		return nil, fmt.Errorf("%w: no checkpoint of %q: %w", ErrRequest, origin, err)
	}
	if r.Old > uint64(head.N) {
		return nil, fmt.Errorf("%w: old size %d of a checkpoint of size %d", ErrRequest, r.Old, head.N)
	}
	n.UnverifiedSigs = nil
	signed, err := note.Sign(n) // what the log has signed, without lines of others
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRequest, err)
	}

	// The lock lasts until the cosignature is made, so that its time is not after that of a cosignature of a larger tree.
	lock := w.lock(origin)
	lock.Lock()
	defer lock.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	before, err := w.record(head, signed, r)
	if errors.Is(err, ErrFork) {
		w.keepFork(origin, before, signed)
	}
	if err != nil {
		return nil, err
	}
	return w.cosign(n.Text)
}

// record makes a tree head the newest of its log, if it continues the one before, which it returns.
func (w *Witness) record(head torchwood.Checkpoint, signed []byte, r Request) (before []byte, err error) {
	err = w.heads.Update(func(tx *store.Tx) error {
		known := tlog.Tree{Hash: emptyRoot}
		b, err := tx.Get([]byte(head.Origin))
		before = b
		switch {
		case errors.Is(err, store.ErrNotFound):
		case err != nil:
			return err
		default:
			if known, err = treeOf(b); err != nil {
				return fmt.Errorf("%w: the tree head of %q: %w", store.ErrCorrupt, head.Origin, err)
			}
		}
		if head.N == known.N && head.Hash != known.Hash && known.N > 0 {
			return ErrFork
		}
		if r.Old != uint64(known.N) {
			return &ConflictError{uint64(known.N)}
		}
		switch {
		case known.N == 0: // any tree continues the empty one
			if len(r.Proof) > 0 || head.N == 0 && head.Hash != emptyRoot {
				return ErrProof
			}
		case tlog.CheckTree(r.Proof, head.N, head.Hash, known.N, known.Hash) != nil:
			return ErrProof
		}
		if head.N == known.N {
			return nil // it is cosigned again
		}
		return tx.Put([]byte(head.Origin), signed)
	})
	return before, err
}

var emptyRoot = tlog.Hash(sha256.Sum256(nil))

// treeOf returns the tree of a checkpoint that was checked before.
func treeOf(signed []byte) (tlog.Tree, error) {
	text, _, _ := strings.Cut(string(signed), "\n\n")
	c, err := torchwood.ParseCheckpoint(text + "\n")
	return c.Tree, err
}

func (w *Witness) lock(origin string) *sync.Mutex {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.locks[origin] == nil {
		w.locks[origin] = new(sync.Mutex)
	}
	return w.locks[origin]
}

func (w *Witness) cosign(text string) ([]byte, error) {
	signed, err := note.Sign(&note.Note{Text: text}, w.signer)
	if err != nil {
		return nil, fmt.Errorf("cosigning: %w", err)
	}
	return signed[len(text)+1:], nil
}

// keepFork keeps the first proof of two histories of a log.
func (w *Witness) keepFork(origin string, cosigned, other []byte) {
	var kept bool
	err := w.forks.Update(func(tx *store.Tx) error {
		_, err := tx.Get([]byte(origin))
		if kept = errors.Is(err, store.ErrNotFound); !kept {
			return err
		}
		return tx.Put([]byte(origin), append(append(append([]byte(nil), cosigned...), '\n'), other...))
	})
	if kept && err == nil {
		w.options.Log.Error("a log has signed two trees of one size; both are kept", "origin", origin)
	}
	if err != nil {
		w.options.Log.Error("keeping the second tree", "origin", origin, "error", err)
	}
}

// A Head is what a witness has cosigned last of a log.
type Head struct {
	Origin string
	Tree   tlog.Tree
	Signed []byte // the checkpoint, with the log's signature
	// Fork is a checkpoint that was cosigned and, after an empty line, another of the same size that the log has signed too: together they
	// prove two histories. nil if there is none.
	Fork []byte
}

// Heads returns the newest tree heads of all logs that were ever cosigned, by origin.
func (w *Witness) Heads() (heads []Head, err error) {
	err = w.heads.View(func(tx *store.Tx) error {
		heads = nil
		for kv, err := range tx.All(nil) {
			if err != nil {
				return err
			}
			tree, err := treeOf(kv.Value)
			if err != nil {
				return fmt.Errorf("%w: the tree head of %q: %w", store.ErrCorrupt, kv.Key, err)
			}
			heads = append(heads, Head{Origin: string(kv.Key), Tree: tree, Signed: kv.Value})
		}
		return nil
	})
	for i := range heads {
		fork, err := w.forks.Get([]byte(heads[i].Origin))
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return nil, err
		}
		heads[i].Fork = fork
	}
	return heads, err
}
