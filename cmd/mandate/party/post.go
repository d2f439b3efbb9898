package party

import (
	"context"
	"crypto/rand"
	"errors"
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

// PostAll is Post for records that have to stand on the log in this order, of which there may be many: it waits for the last one only. It
// returns how many were recorded before an error.
func PostAll(ctx context.Context, b Board, scope record.ID, bodies []record.Body, key sigma.SecretKey) (n int, err error) {
	_, genesis := b.State().Genesis()
	var last record.ID
	for ; n < len(bodies); n++ {
		var r *record.Record
		if r, err = record.Sign(genesis, scope, bodies[n], key, rand.Reader); err != nil {
			break
		}
		if _, err = b.Submit(ctx, r); err != nil {
			err = fmt.Errorf("posting %s, %d of %d: %w", bodies[n].Kind(), n+1, len(bodies), err)
			break
		}
		last = r.ID()
	}
	if n == 0 {
		return 0, err
	}
	if _, waiting := b.Receipt(ctx, last); waiting != nil {
		err = errors.Join(err, fmt.Errorf("waiting for %s to be recorded: %w", bodies[n-1].Kind(), waiting))
	}
	return n, err
}
