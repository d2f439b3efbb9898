// Package party is what all parties of an organisation have in common: how they see the board, and where their signing key is.
//
// A party believes only what it has folded itself from the board's log ([Board.Update], [Board.State]); what the board says besides is
// checked too: promises, refusals and receipts against the keys in the log's genesis record. [Dial] makes a Board of a board's address,
// [Join] of a log and the way to submit to it. [Post] says something in a party's name. [Key] keeps the key for that in the party's vault.
package party

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"

	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/cmd/mandate/vault"
	"mandate/crypto/sigma"
)

// A Board is a board as one party sees it. Update and State are for one goroutine at a time; Submit and Receipt may be called beside them.
type Board interface {
	// Update reads what is new on the log, checks that it continues what was read before, and folds it.
	Update(ctx context.Context) error
	// State returns the fold of what has been read and checked. It is valid until the next Update.
	State() *fold.State
	// Checkpoint returns the newest checkpoint that was checked, as signed; nil before the first.
	Checkpoint() []byte
	// Extends checks that the newest checkpoint that was checked continues an earlier one of the same log, given as signed. The error is a
	// *boardlog.HistoryError if the two prove that the board has shown two histories, and wraps boardlog.ErrStale if the newest is older.
	Extends(ctx context.Context, earlier []byte) error
	// Submit sends a record. It returns the board's signed promise for a ballot or a support, and nil for another record that was recorded. A refusal
	// is an error that wraps a *client.Refused; see RefusalCode. Sending the same record again is answered as the first time.
	Submit(ctx context.Context, r *record.Record) (promise []byte, err error)
	// Receipt returns the receipt of a record. It waits for the record to be in a checkpoint.
	Receipt(ctx context.Context, id record.ID) ([]byte, error)
	// Records reads the log again from an index to the newest checkpoint that was checked. A record handed to fn is in that log.
	Records(ctx context.Context, from uint64, fn func(index uint64, raw []byte) error) error
}

// Key returns the signing key that is in a vault under a name, and makes it if there is none. It is on disk when Key returns.
func Key(v *vault.Vault, name string) (sigma.SecretKey, error) {
	b, err := v.Read(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return sigma.SecretKey{}, err
	default:
		key, err := sigma.DecodeSecretKey(b)
		clear(b)
		if err != nil {
			return sigma.SecretKey{}, fmt.Errorf("the key %q in %v: %w", name, v, err)
		}
		return key, nil
	}
	key, err := sigma.GenerateKey(rand.Reader)
	if err != nil {
		return sigma.SecretKey{}, err
	}
	b = key.Bytes()
	defer clear(b)
	if err := v.Write(name, b); err != nil {
		return sigma.SecretKey{}, err
	}
	return key, nil
}
