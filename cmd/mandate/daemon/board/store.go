package board

import (
	"context"
	"errors"

	"mandate/bulletin/board"
	"mandate/bulletin/store/cloud"
)

// openStore opens the log where the configuration says that it is. The board closes it.
func openStore(ctx context.Context, c *Config, bc board.Config) (*board.Board, error) {
	if c.Store.Kind != "mysql-s3" {
		return board.Open(ctx, bc)
	}
	where, err := cloud.ReadConfig(c.Store.File)
	if err != nil {
		return nil, err
	}
	log, err := cloud.Open(ctx, cloud.Options{
		Config: where, Origin: bc.Signer.Name(), Signer: bc.Signer, CheckpointInterval: bc.CheckpointInterval, Logger: bc.Log,
		Witnesses: bc.Witnesses.Group(), HTTPClient: bc.Witnesses.Client(bc.WitnessTransport),
	})
	if err != nil {
		return nil, err
	}
	b, err := board.OpenOn(ctx, bc, log)
	if err != nil {
		return nil, errors.Join(err, log.Close())
	}
	return b, nil
}
