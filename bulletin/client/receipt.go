package client

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"mandate/ballot/record"
	"mandate/verifier/boardlog"
)

// ErrUnknown is wrapped by the error of a receipt for a record that the board says is not on its log. Who holds a promise for that record
// holds evidence (SPEC.md §8.4).
var ErrUnknown = errors.New("the record is not on the board")

// Receipt fetches a record's receipt, waiting until a checkpoint covers the record. The client must have been told whom to Trust. The
// receipt proves that exactly this record is in the log that the log's key has signed.
func (c *Client) Receipt(ctx context.Context, id record.ID) ([]byte, error) {
	if c.trust == nil {
		return nil, errors.New("fetching a receipt: no key is known to check it with")
	}
	var out []byte
	err := c.persist(ctx, Request{Path: "/receipts/" + id.String(), Limit: boardlog.MaxReceiptSize}, func(a Answer) error {
		switch a.Status {
		case statusOK:
		case statusNotFound:
			return ErrUnknown
		default:
			return a.unexpected()
		}
		receipt, err := boardlog.ParseReceipt(a.Body)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrUntrusted, err)
		}
		if receipt.Record != tlog.Hash(id) {
			return fmt.Errorf("%w: it is the receipt of record %s", ErrUntrusted, record.ID(receipt.Record).Short())
		}
		if _, err := receipt.Verify(c.trust.log); err != nil {
			return fmt.Errorf("%w: %w", ErrUntrusted, err)
		}
		out = a.Body
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("fetching the receipt of %s: %w", id.Short(), err)
	}
	return out, nil
}
