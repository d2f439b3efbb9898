package party

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"mandate/ballot/record"
	"mandate/cmd/mandate/vault"
	"mandate/verifier/boardlog"
	"mandate/verifier/evidence"
)

// Remember keeps the newest checkpoint in a party's vault and checks that it continues the one kept before, so that a party that was started
// again cannot be shown an earlier moment with another future: a board that was brought back from an old copy and goes on from there, or one
// that would have a trustee give up the share that voters rely on. Then the error wraps boardlog.ErrStale, or is a *boardlog.HistoryError,
// of which evidence is kept beside the vault.
func Remember(ctx context.Context, b Board, v *vault.Vault) error {
	_, genesis := b.State().Genesis()
	name, shown := headName+genesis.String(), b.Checkpoint()
	if shown == nil { // nothing was read
		return nil
	}
	known, err := v.Read(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return err
	case bytes.Equal(known, shown):
		return nil
	default:
		if err := b.Extends(ctx, known); err != nil {
			if errors.As(err, new(*boardlog.HistoryError)) { // known stays what it is
				err = errors.Join(Accuse(err, b, v), v.Write(name+".second", shown))
			} else if errors.Is(err, boardlog.ErrStale) {
				err = keep(err, b, v, &evidence.Head{Checkpoint: known})
			}
			return fmt.Errorf("the board's log and the one that this party has worked on: %w", err)
		}
	}
	return v.Write(name, shown)
}

// Accuse keeps evidence beside a party's vault, in the open, if an error says that the board has shown two histories. It returns the error, which
// then says where.
func Accuse(err error, b Board, v *vault.Vault) error {
	var h *boardlog.HistoryError
	if !errors.As(err, &h) {
		return err
	}
	if claim, failed := evidence.ForkOf(h); failed == nil {
		return keep(err, b, v, claim)
	}
	return keep(err, b, v, &evidence.Head{Checkpoint: h.Known.Bytes()})
}

func keep(err error, b Board, v *vault.Vault, claim evidence.Claim) error {
	e, failed := evidence.Of(b.State(), record.ID{}, claim)
	if failed != nil {
		return errors.Join(err, failed)
	}
	text, failed := e.Encode()
	if failed != nil {
		return errors.Join(err, failed)
	}
	path := filepath.Join(v.Dir(), fmt.Sprintf("evidence-%s-%s.txt", claim.Kind(), record.IDOf(text).Short()))
	if failed := vault.WriteFile(path, text, 0o644); failed != nil {
		return errors.Join(err, failed)
	}
	return fmt.Errorf("%w (the evidence is in %s; mandate-verify -evidence says what it proves)", err, path)
}

const headName = "head-"

// Remembered returns the newest checkpoint that Remember has kept of the log with a genesis record, as signed; nil if there is none.
func Remembered(v *vault.Vault, genesis fmt.Stringer) ([]byte, error) {
	b, err := v.Read(headName + genesis.String())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return b, err
}
