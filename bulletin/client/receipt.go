package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"mandate/ballot/record"
	"mandate/verifier/boardlog"
)

// ErrUnknown is wrapped by the error of a receipt for a record that the board says is not on its log. Who holds a promise for that record
// holds evidence (SPEC.md §8.4).
var ErrUnknown = errors.New("the record is not on the board")

// ErrUnwitnessed is wrapped by the error of a receipt that the board does not have yet because witnesses have not cosigned: the record is
// recorded, and the receipt is to be asked for again later.
var ErrUnwitnessed = errors.New("recorded, not yet witnessed")

// waiting is how a board's answer says so (SPEC.md §8.5).
const waiting = "waiting for witnesses"

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
			err := a.unexpected()
			if a.Status == statusUnavailable && bytes.Contains(a.Body, []byte(waiting)) {
				line, _, _ := strings.Cut(strings.ToValidUTF8(string(a.Body), "?"), "\n")
				return &laterError{fmt.Errorf("%w: %.200q", ErrUnwitnessed, line), a.retryAfter()}
			}
			return err
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
