package board

import (
	"errors"
	"io"

	"mandate/bulletin/store"
)

// Backup writes a copy of the board's store, as it is at one moment, while the board works: all that was promised before is in it. It is an error
// for a log that is not in a store of package store.
func (b *Board) Backup(w io.Writer) error {
	l, ok := b.log.(interface{ DB() *store.DB })
	if !ok {
		return errors.New("the board's log is not in a store of its own; copy its database")
	}
	return l.DB().Backup(w)
}
