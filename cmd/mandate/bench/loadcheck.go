package bench

import (
	"context"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"mandate/ballot/checkpoint"
	"mandate/ballot/record"
	"mandate/bulletin/client"
	"mandate/bulletin/client/overhttp"
	"mandate/crypto/sigma"
	"mandate/verifier/boardlog"
)

// check holds everything that the board has handed out against its log, as it shows it now.
func (l *Load) check(ctx context.Context, o *organisation, g *generator) error {
	if err := o.view.Update(ctx); err != nil {
		return err
	}
	genesis, id := o.view.State().Genesis()
	board, err := genesis.Board.Public()
	if err != nil {
		return err
	}
	key, err := checkpoint.ParseLogKey(genesis.LogKey)
	if err != nil {
		return err
	}
	policy := boardlog.Policy{Origin: genesis.Origin, Log: key}
	c, err := overhttp.Dial(o.url, nil, client.Options{})
	if err != nil {
		return err
	}
	signed, err := c.Source().ReadFile(ctx, boardlog.CheckpointPath)
	if err != nil {
		return err
	}
	head, err := boardlog.Open(signed, policy)
	if err != nil {
		return err
	}
	tree, err := boardlog.OpenTree(ctx, c.Source(), head)
	if err != nil {
		return err
	}
	on := make(map[record.ID]int)
	if err := tree.Read(ctx, 0, func(_ uint64, raw []byte) error {
		on[record.IDOf(raw)]++
		return nil
	}); err != nil {
		return err
	}
	shown := make(map[tlog.Hash]error) // many receipts have the same checkpoint: whether the log continues it
	for _, x := range g.given {
		l.Promised++
		if on[x.ballot.ID()] != 1 {
			l.Lost++
		}
		if !isPromise(x, id, o.vote, board) {
			l.False++
		}
		if x.receipt != nil && receiptHolds(ctx, x, policy, tree, shown) != nil {
			l.Broken++
		}
	}
	for raw := range g.refusals {
		var r record.Refusal
		if record.OpenAnswer(id, []byte(raw), &r, board) != nil || r.Sentence == "" {
			l.False++
		}
	}
	return nil
}

func isPromise(x given, genesis, vote record.ID, board sigma.PublicKey) bool {
	var p record.Promise
	return record.OpenAnswer(genesis, x.promise, &p, board) == nil && p.Vote == vote && p.Ballot == x.ballot.ID()
}

func receiptHolds(ctx context.Context, x given, policy boardlog.Policy, tree *boardlog.Tree, shown map[tlog.Hash]error) error {
	r, err := boardlog.ParseReceipt(x.receipt)
	if err != nil {
		return err
	}
	if r.Record != tlog.Hash(x.ballot.ID()) {
		return fmt.Errorf("it is the receipt of record %s", record.ID(r.Record).Short())
	}
	known, err := r.Verify(policy)
	if err != nil {
		return err
	}
	if _, ok := shown[known.Root()]; !ok {
		shown[known.Root()] = tree.Extends(ctx, known)
	}
	return shown[known.Root()]
}
