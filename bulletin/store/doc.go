// Package store keeps a board's log on disk, in Badger: a Tessera driver, and a [Log] on top of it that a board uses.
//
// One process opens a folder with [Open], or log and folder at once with [OpenLog]:
//
//	log, err := store.OpenLog(ctx, store.Options{Path: dir, Origin: origin, Signer: signer})
//	index, err := log.Append(ctx, record)   // returns when the record is on disk, at its place
//	receipt, err := log.Receipt(ctx, index) // waits for a checkpoint that covers it
//
// # What is promised
//
// Entries get their indexes in the order in which they are handed over. An entry is reported as appended only after the transaction with
// it, the hashes it completes and the new size has been written and synced; a checkpoint is signed only for such entries, and shown only
// after it has been synced itself. So what was acknowledged is there after a crash, and the checkpoint never goes back.
//
// A write that fails leaves open what is on disk. The store then refuses everything further with a [*StopError] until it is opened again;
// what it finds then is what counts. Before a disk is full it refuses new entries with [ErrDiskFull], which passes when there is room:
// Badger writes to memory-mapped files, where a full disk would end the process.
//
// # What is on disk
//
// Entries, each under its index; the tree's hashes in the order of tlog.StoredHashIndex, 32 to a value; size and root; the newest
// checkpoint; and under other prefixes whatever a board keeps ([DB.KV]). Tiles and entry bundles are derived when they are read. The folder
// is not trusted to be right: opening checks it against its own root and checkpoint, and a verifier finds any change. Somebody who alters
// it can stop the board, or make it show another history than before, for which there is then evidence; they cannot make it lie unnoticed.
// A folder restored from an old copy is such a change: the log would fork. Keep one folder, and copies only to read from.
package store
