// Package checkpoint opens a log's signed tree heads: C2SP tlog-checkpoint in signed notes, with C2SP tlog-cosignature lines of witnesses
// (SPEC.md §7). It takes bytes from anywhere and trusts only the keys it is given.
package checkpoint

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// MaxSize is the largest checkpoint in bytes.
const MaxSize = 16 << 10

// A Checkpoint is an opened tree head.
type Checkpoint struct {
	Origin string
	Size   uint64
	Root   tlog.Hash
}

// A Policy says whose checkpoints to believe: the log's own signature always, and cosignatures by Need of the witnesses.
type Policy struct {
	Origin    string
	Log       note.Verifier
	Witnesses []note.Verifier // names and keys distinct
	Need      int
}

// ParseLogKey parses a log's Ed25519 verifier key in C2SP signed-note form.
func ParseLogKey(vkey string) (note.Verifier, error) {
	alg, _, err := splitKey(vkey)
	if err != nil {
		return nil, err
	}
	if alg != algEd25519 {
		return nil, fmt.Errorf("verifier key %q: signature type %d, want Ed25519", vkey, alg)
	}
	return note.NewVerifier(vkey)
}

const (
	algEd25519     = 1
	algCosignature = 4
)

// ParseWitnessKey parses a witness's cosignature/v1 verifier key (C2SP tlog-cosignature).
func ParseWitnessKey(vkey string) (note.Verifier, error) {
	alg, key, err := splitKey(vkey)
	if err != nil {
		return nil, err
	}
	if alg != algCosignature {
		return nil, fmt.Errorf("verifier key %q: signature type %d, want cosignature/v1", vkey, alg)
	}
	name, _, _ := strings.Cut(vkey, "+")
	return &witness{name: name, key: key, hash: keyHash(name, alg, key)}, nil
}

func keyHash(name string, alg byte, key []byte) uint32 {
	h := sha256.Sum256(append(append([]byte(name+"\n"), alg), key...))
	return binary.BigEndian.Uint32(h[:])
}

// splitKey takes a verifier key apart: name+hash+base64(type ‖ 32 bytes).
func splitKey(vkey string) (alg byte, key []byte, err error) {
	bad := fmt.Errorf("verifier key %q: want name+hash+key", vkey)
	parts := strings.SplitN(vkey, "+", 3)
	if len(vkey) > 400 || len(parts) != 3 || !validName(parts[0]) {
		return 0, nil, bad
	}
	b, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(b) != 1+ed25519.PublicKeySize || base64.StdEncoding.EncodeToString(b) != parts[2] {
		return 0, nil, bad
	}
	if fmt.Sprintf("%08x", keyHash(parts[0], b[0], b[1:])) != parts[1] {
		return 0, nil, fmt.Errorf("verifier key %q: its hash is not that of its key", vkey)
	}
	return b[0], b[1:], nil
}

func validName(s string) bool {
	if s == "" {
		return false
	}
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= 0x7f || s[i] == '+' {
			return false
		}
	}
	return true
}

// WitnessKey returns the cosignature/v1 verifier key of a witness.
func WitnessKey(name string, key ed25519.PublicKey) string {
	return fmt.Sprintf("%s+%08x+%s", name, keyHash(name, algCosignature, key),
		base64.StdEncoding.EncodeToString(append([]byte{algCosignature}, key...)))
}

// witness verifies cosignature/v1 lines: 8 bytes of time, big-endian, and an Ed25519 signature over time and note.
type witness struct {
	name string
	key  ed25519.PublicKey
	hash uint32
}

func (w *witness) Name() string    { return w.name }
func (w *witness) KeyHash() uint32 { return w.hash }

func (w *witness) Verify(msg, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	t := binary.BigEndian.Uint64(sig)
	if t > math.MaxInt64 {
		return false // C2SP tlog-cosignature: the time must not exceed 2⁶³ − 1
	}
	return ed25519.Verify(w.key, CosignedMessage(t, msg), sig[8:])
}

// CosignedMessage is what a witness signs at time t (seconds) for a checkpoint's text.
func CosignedMessage(t uint64, text []byte) []byte {
	return append(fmt.Appendf(nil, "cosignature/v1\ntime %d\n", t), text...)
}

// Open checks a checkpoint's signatures and form. Signatures by keys that the policy does not name are ignored, as signed notes have it; a
// signature that claims a named key and does not verify is an error, and so are two signatures by one key.
func Open(signed []byte, p Policy) (Checkpoint, error) {
	var c Checkpoint
	if len(signed) > MaxSize {
		return c, fmt.Errorf("checkpoint: %d bytes, at most %d", len(signed), MaxSize)
	}
	if _, _, err := Signatures(signed); err != nil {
		return c, err
	}
	n, err := note.Open(signed, note.VerifierList(append([]note.Verifier{p.Log}, p.Witnesses...)...))
	if err != nil {
		return c, fmt.Errorf("checkpoint: %w", err)
	}
	var byLog bool
	seen := make(map[string]bool)
	for _, s := range n.Sigs {
		if s.Name == p.Log.Name() && s.Hash == p.Log.KeyHash() {
			byLog = true
		}
		for _, w := range p.Witnesses {
			if s.Name == w.Name() && s.Hash == w.KeyHash() {
				seen[w.Name()] = true
			}
		}
	}
	if !byLog {
		return c, errors.New("checkpoint: not signed by the log")
	}
	if len(seen) < p.Need {
		return c, fmt.Errorf("checkpoint: cosigned by %d witnesses, want %d", len(seen), p.Need)
	}
	return parse(n.Text, p.Origin)
}

// Peek reads a checkpoint without checking any signature, to find out where its log's key stands. Nothing may be believed of it.
func Peek(signed []byte) (Checkpoint, error) {
	if len(signed) > MaxSize {
		return Checkpoint{}, fmt.Errorf("checkpoint: %d bytes, at most %d", len(signed), MaxSize)
	}
	text, _, ok := strings.Cut(string(signed), "\n\n")
	if !ok {
		return Checkpoint{}, errors.New("checkpoint: is no signed note")
	}
	origin, _, _ := strings.Cut(text, "\n")
	return parse(text+"\n", origin)
}

// parse reads the three lines of a checkpoint; extension lines are refused.
func parse(text, origin string) (Checkpoint, error) {
	var c Checkpoint
	lines := strings.Split(text, "\n")
	if len(lines) != 4 || lines[3] != "" {
		return c, fmt.Errorf("checkpoint: %d lines, want origin, size and root", len(lines)-1)
	}
	if lines[0] != origin {
		return c, fmt.Errorf("checkpoint: of the log %q, want %q", lines[0], origin)
	}
	size, err := strconv.ParseUint(lines[1], 10, 62)
	if err != nil || strconv.FormatUint(size, 10) != lines[1] {
		return c, fmt.Errorf("checkpoint: size %q is no number", lines[1])
	}
	root, err := base64.StdEncoding.Strict().DecodeString(lines[2])
	if err != nil || len(root) != tlog.HashSize {
		return c, fmt.Errorf("checkpoint: root %q is no hash", lines[2])
	}
	return Checkpoint{Origin: origin, Size: size, Root: tlog.Hash(root)}, nil
}
