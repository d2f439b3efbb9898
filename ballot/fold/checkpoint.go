package fold

import (
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"mandate/ballot/checkpoint"
	"mandate/ballot/record"
)

// noteKey verifies the log's own signature on checkpoints.
type noteKey = note.Verifier

// Witnesses parses the keys of a witness policy (SPEC.md §9.5).
func Witnesses(p record.WitnessPolicy) ([]note.Verifier, error) {
	if len(p.Keys) > record.MaxWitnesses {
		return nil, fmt.Errorf("witnesses: %d keys, at most %d", len(p.Keys), record.MaxWitnesses)
	}
	if p.Need > uint64(len(p.Keys)) {
		return nil, fmt.Errorf("witnesses: %d of %d keys are needed", p.Need, len(p.Keys))
	}
	var keys []note.Verifier
	taken := make(map[string]bool) // names and keys
	for i, k := range p.Keys {
		w, err := checkpoint.ParseWitnessKey(k)
		if err != nil {
			return nil, fmt.Errorf("witnesses.keys[%d]: %w", i, err)
		}
		key := strings.SplitN(k, "+", 3)[2] // of name+id+key: one witness must not count as two
		if taken["name "+w.Name()] || taken["key "+key] {
			return nil, fmt.Errorf("witnesses.keys[%d]: %q or its key is there twice", i, w.Name())
		}
		taken["name "+w.Name()], taken["key "+key] = true, true
		keys = append(keys, w)
	}
	return keys, nil
}

// checkCheckpoint reports whether a checkpoint embedded in an input is this log's own past, at size least or later (SPEC.md §9.10).
func (s *State) checkCheckpoint(signed string, least uint64, policy record.WitnessPolicy) error {
	keys, err := Witnesses(policy)
	if err != nil {
		return err
	}
	c, err := checkpoint.Open([]byte(signed), checkpoint.Policy{Origin: s.genesis.Origin, Log: s.logKey, Witnesses: keys, Need: int(policy.Need)})
	if err != nil {
		return err
	}
	if c.Size < least || c.Size > s.tree.Size() {
		return fmt.Errorf("checkpoint: size %d, want %d to %d", c.Size, least, s.tree.Size())
	}
	if c.Root != s.roots[c.Size] {
		return fmt.Errorf("checkpoint: its root at size %d is not this log's: the board has shown two histories", c.Size)
	}
	return nil
}
