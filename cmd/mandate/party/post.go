package party

import (
	"context"
	"crypto/rand"
	"fmt"

	"mandate/ballot/record"
	"mandate/crypto/sigma"
)

// Post signs a body in a party's name, submits it and waits until it stands in a checkpoint, so that the next Update shows it and the party
// does not say the same twice. It returns the record's id.
func Post(ctx context.Context, b Board, scope record.ID, body record.Body, key sigma.SecretKey) (record.ID, error) {
	_, genesis := b.State().Genesis()
	r, err := record.Sign(genesis, scope, body, key, rand.Reader)
	if err != nil {
		return record.ID{}, err
	}
	if _, err := b.Submit(ctx, r); err != nil {
		return record.ID{}, fmt.Errorf("posting %s: %w", body.Kind(), err)
	}
	if _, err := b.Receipt(ctx, r.ID()); err != nil {
		return record.ID{}, fmt.Errorf("waiting for %s to be recorded: %w", body.Kind(), err)
	}
	return r.ID(), nil
}
