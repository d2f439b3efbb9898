// Package boardlog reads a board's log and believes none of it before it has been checked (SPEC.md §7).
//
// A log is a C2SP tlog-tiles tree: a signed checkpoint, tiles of hashes, and bundles of entries. They come from a [Source]: a board's URL
// (package httpsource), or an audit package, which is a tar file or the folder unpacked from it ([OpenPackage], [OpenPackageFile],
// [OpenDir]). What to call:
//
//	genesis, err := boardlog.Genesis(ctx, src)              // record 0, of an unsigned tree: it names the log's key
//	raw, err := src.ReadFile(ctx, boardlog.CheckpointPath)
//	cp, err := boardlog.Open(raw, policy)                   // origin, the log's signature, the witnesses' quorum
//	err = boardlog.Read(ctx, src, cp, 0, func(index uint64, record []byte) error { … })
//
// Read hands on a record only after its leaf hash was found in a level-0 tile that hangs, by tiles, on the root in the checkpoint. It
// holds a few tiles and bundles at a time, however large the log is.
//
// A receipt is a C2SP tlog-proof that carries the hash of its record, so that it is checked offline ([ParseReceipt], [Receipt.Verify])
// and then against a log ([Tree.Extends]).
//
// Every error that says that what was read is wrong, rather than that it could not be read, is [ErrInvalid]. One that can be blamed on a
// record is a [*RecordError] with its index.
//
// The package trusts SHA-256, Ed25519 and the keys in the [Policy] it is given. It trusts neither the source nor the board.
package boardlog
