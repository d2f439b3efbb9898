package board

import (
	"context"
	"errors"
	"fmt"
	"io"

	"golang.org/x/mod/sumdb/tlog"

	"mandate/ballot/record"
	"mandate/verifier/boardlog"
)

// ErrUnknown is returned for a record that is not on the log.
var ErrUnknown = errors.New("the record is not on the log")

// Receipt returns the receipt of a record (C2SP tlog-proof, SPEC.md §7). It waits until a checkpoint covers the record. The error is
// ErrUnknown if there is no such record.
func (b *Board) Receipt(ctx context.Context, id record.ID) ([]byte, error) {
	index, ok, err := b.find(ctx, id)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, ErrUnknown
	}
	if _, err := b.durable.wait(ctx, index); err != nil {
		return nil, err
	}
	head, err := b.log.Await(ctx, index)
	if err != nil {
		return nil, fmt.Errorf("waiting for the checkpoint of record %d: %w", index, err)
	}
	proof, err := b.log.InclusionProof(ctx, index, head.Size)
	if err != nil {
		return nil, fmt.Errorf("proving record %d: %w", index, err)
	}
	return boardlog.Receipt{Record: tlog.Hash(id), Index: index, Hashes: proof, Checkpoint: head.Signed}.Encode(), nil
}

// Source returns the board's own log as its checkpoint, tiles and entry bundles.
func (b *Board) Source() boardlog.Source { return b.log }

// WriteAudit writes the audit package of the log at its present checkpoint.
func (b *Board) WriteAudit(ctx context.Context, w io.Writer) error {
	signed, err := b.log.ReadFile(ctx, boardlog.CheckpointPath)
	if err != nil {
		return err
	}
	head, err := boardlog.Open(signed, b.policy)
	if err != nil {
		return err
	}
	return boardlog.WritePackage(ctx, w, b.log, head)
}
