package member

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"mandate/ballot/credential"
	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/bulletin/client/reply"
	"mandate/verifier/light"
)

// Words returns the eight words by which a person finds a ballot, or another record, again (SPEC.md §10.1.6).
func Words(id record.ID) []string { return credential.IDWords(id) }

// A Found is what eight words name.
type Found struct {
	*Proven
	Receipt []byte // text
}

// maxNamed bounds how many records the same words are looked at for.
const maxNamed = 4

// CheckWords finds what eight words name on the board, as a rule one record, and checks each as CheckReceipt does a receipt. The words only
// name: what is found is proved to be on the log, and a member who has the receipt or the ballot's id compares that.
func (c *Client) CheckWords(ctx context.Context, src light.Source, words string) ([]Found, error) {
	prefix, err := credential.ParseIDWords(words)
	if err != nil {
		return nil, problem(CodeTypo, "compare them with the receipt, one by one", "%w", err)
	}
	ids, err := named(ctx, src, prefix)
	if err != nil {
		return nil, problem(CodeBoardDown, "try again in a minute", "looking for the record that the words name: %w", err)
	}
	if len(ids) == 0 {
		return nil, problem(CodeUnknown, "if the receipt is for this board, the board may hide it: check the receipt itself, which proves that it is there, or was",
			"no record on this board has these words")
	}
	if err := c.look(ctx, 0, light.Focus{}, func(*fold.State) error { return nil }); err != nil { // whose receipts to believe
		return nil, err
	}
	var out []Found
	for _, id := range ids {
		raw, err := src.Get(ctx, "records/"+id.String(), record.MaxSize)
		if err == nil && record.IDOf(raw) != id {
			return nil, alarm("the board hands out another record for %s", id)
		}
		if err != nil {
			return nil, problem(CodeBoardDown, "try again in a minute", "reading record %s: %w", id.Short(), err)
		}
		receipt, err := c.board.Receipt(ctx, id)
		if err != nil {
			return nil, boardProblem(err)
		}
		p, err := c.CheckReceipt(ctx, receipt, raw)
		if err != nil {
			return nil, err
		}
		out = append(out, Found{p, receipt})
	}
	return out, nil
}

// named asks a board which records have ids that begin so.
func named(ctx context.Context, src light.Source, prefix [credential.IDPrefix]byte) ([]record.ID, error) {
	var id record.ID
	copy(id[:], prefix[:])
	b, err := src.Get(ctx, "words/"+strings.Join(credential.IDWords(id), "-"), 4096)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	object, err := reply.Parse(b)
	if err != nil {
		return nil, err
	}
	records, ok := object.Strings("records")
	switch {
	case !ok:
		return nil, errors.New("the board's answer has no records")
	case len(records) > maxNamed:
		return nil, fmt.Errorf("%d records have the same words, which is not by chance", len(records))
	}
	var ids []record.ID
	for _, s := range records {
		id, err := record.ParseID(s)
		if err != nil {
			return nil, err
		}
		if !bytes.Equal(id[:credential.IDPrefix], prefix[:]) {
			return nil, fmt.Errorf("record %s has other words", id.Short())
		}
		ids = append(ids, id)
	}
	return ids, nil
}
