// Package cloud keeps a board's log in a MySQL or MariaDB database and an S3 bucket, for boards that have outgrown one machine: Tessera's AWS
// driver as it is, with a fence around it that makes any number of front ends act as one board.
//
//	log, err := cloud.Open(ctx, cloud.Options{Config: config, Origin: origin, Signer: signer})
//	board, err := board.OpenOn(ctx, board.Config{…}, log)
//
// A front end keeps nothing. The database has what is sequenced and not yet in the bucket, the turn, and promised supports; the bucket has
// tiles, entry bundles and the checkpoint. One database holds one log.
//
// # Turns
//
// Tessera gives an entry the next free index, whoever sends it. A board must know that nothing came in between: a ballot that was the next of
// its credential may no longer be, a closing may have ended promises, and a time record that goes back would be fatal to the whole log. So
// front ends write in turns:
//
//  1. Take: one conditional update of the row MandateTurn names this front end as holder, if nobody is or the holder's lease has run out.
//  2. Refresh, and Entries: the front end reads whatever others have written since, and judges what waits against that.
//  3. AppendBatch announces, in MandateTurn, that so many entries are to come at such an index, and then hands them to Tessera.
//  4. Release.
//
// What makes this safe is not the lease, since a process can stop for longer than any lease and go on. It is a trigger on Tessera's table
// SeqCoord, which every sequencing transaction updates: in that same transaction it uses the announcement up, and fails if there is none of
// exactly this holder, index and number. (The holder is a random name for each opening of the log, which all its connections carry.) Hence:
//
//   - Only the holder writes, at the index that it judged for. Taking the turn updates the row that a late write must update too, so one of
//     them comes first: either the write is committed and the next holder reads it, or it fails.
//   - A batch is written whole and in order or not at all. Tessera's queue may cut one in two, and then promises no order of the pieces; no
//     piece has the announced number, so all fail, and the batch is sent again.
//   - After an error whose outcome is unknown, withdrawing the announcement tells: it is there and now never used, or it was used.
//
// So the log has one order, every record on it was judged after all before it, by whichever front end, and no record is void or fatal because
// two front ends knew different things. A promise is given after its ballot's transaction is committed. A closing has its place in that order
// like any record: a ballot promised by any front end was committed in an earlier turn, thus before it; whoever holds a later turn has read
// the closing and takes no ballot that is not listed. So no promise is outstanding when the list of the board's promises is made, it is
// empty, and no further fence is needed. Times, lists, seals and batches of supports are written by whoever has the turn when they are due,
// and the state shows the next holder that it is done: these duties need no holder of their own. Supports that are promised and not on the
// log are kept in the database under the same fence, and read by each holder before it judges.
//
// # Trust
//
// Database and bucket are trusted like the folder of package store: for being there and for keeping what was committed, not for being right.
// What they say is checked when the log is opened, and by every verifier. Somebody who alters them can stop the board, or make it show
// another history than before, for which there is then evidence. A database that forgets commits, after a failover to a replica that had not
// got them, is such an alteration: Open refuses one that does not sync its log on commit; that replication is synchronous is for whoever runs it.
package cloud
