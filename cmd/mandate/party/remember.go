package party

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"

	"mandate/cmd/mandate/vault"
	"mandate/verifier/boardlog"
)

// Remember keeps the newest checkpoint in a party's vault and checks that it continues the one kept before, so that a party that was started
// again cannot be shown an earlier moment with another future: a board that was brought back from an old copy and goes on from there, or one
// that would have a trustee give up the share that voters rely on. Then the error wraps boardlog.ErrStale, or is a *boardlog.HistoryError,
// whose second checkpoint is kept as evidence.
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
			if errors.As(err, new(*boardlog.HistoryError)) { // the evidence; known stays what it is
				err = errors.Join(err, v.Write(name+".second", shown))
			}
			return fmt.Errorf("the board's log and the one that this party has worked on: %w", err)
		}
	}
	return v.Write(name, shown)
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
