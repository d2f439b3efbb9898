// Package operate is what an operator needs beside a party: [RunBackup], [RunRestore], [RunDoctor] and [RunUnit] are the commands backup, restore,
// doctor and unit; [Answer] lets a party that runs be copied.
package operate

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"mandate/ballot/record"
	"mandate/cmd/mandate/daemon"
	"mandate/cmd/mandate/operate/backup"
	"mandate/cmd/mandate/registrar"
	"mandate/cmd/mandate/vault"
)

// Answer has a party that runs answer the verb backup on its socket, with the stores that it has open (see backup.Source).
func Answer(c *daemon.Control, s backup.Source) {
	c.Answer("backup", func(_ *http.Request, w io.Writer) error { return backup.Write(w, s) })
}

// AnswerRelease has registrars that run answer the verb release; of several, each has a name.
func AnswerRelease(c *daemon.Control, registrars map[string]*registrar.Registrar) {
	c.Answer("release", func(req *http.Request, w io.Writer) error {
		q := req.URL.Query()
		r := registrars[q.Get("registrar")]
		if r == nil {
			return fmt.Errorf("there is no registrar %q here", q.Get("registrar"))
		}
		round, err := record.ParseID(q.Get("round"))
		if err != nil {
			return fmt.Errorf("round: %w", err)
		}
		var entries []int
		for _, e := range q["entry"] {
			n, err := strconv.Atoi(e)
			if err != nil {
				return fmt.Errorf("entry: %w", err)
			}
			entries = append(entries, n)
		}
		if (len(entries) == 0) != (q.Get("all") == "yes") {
			return errors.New("either entries are released, or all")
		}
		n, err := r.Release(round, q.Get("keep-codes") == "yes", entries...)
		if err == nil {
			fmt.Fprintf(w, "%d entries are released\n", n)
		}
		return err
	})
}

const backupUsage = `Backup copies a party's whole folder into one encrypted file, while the party runs or when it does not. It needs no passphrase of the party:
its secrets stay encrypted in the copy. Passphrase files outside the folder are not in the copy: keep them elsewhere.

Usage:
    mandate backup -dir DIR -out FILE (-to RECIPIENT | -passphrase-file FILE)

    -dir DIR                the party's folder (dir in its configuration), or that of mandate serve
    -socket FILE            the party's socket, if it is not control.sock in DIR
    -out FILE               the copy; it must not be there
    -to RECIPIENT           for whom it is encrypted: "age1…", as age-keygen prints; can be repeated
    -passphrase-file FILE   a passphrase instead

Example:
    mandate backup -dir /var/lib/mandate-board -out /backup/board-2026-11-23.age -to age1…
`

const restoreUsage = `Restore brings a party's folder back from a copy, and helps a party that was restored to go on.

Usage:
    mandate restore -dir DIR -from FILE (-identity FILE | -passphrase-file FILE)
    mandate restore resume -dir DIR [-against WHERE]… [-without URL]… [-nothing-newer]
    mandate restore release -dir DIR -round ID (-entry N… | -all) [-keep-codes] [-registrar NAME]

Restore reads the copy to its end before it writes anything, and writes only into a folder that is empty or not there.

    -from FILE              what mandate backup wrote
    -identity FILE          the age identity that it was encrypted for
    -passphrase-file FILE   or the passphrase

Resume is for a board. It stays closed after a restore, because a log that goes on from an older moment than somebody has seen is two logs. Resume
asks the registrars that the log names what they have seen, compares that and what it is given, and brings in missing records from there.

    -against WHERE          a mirror's address, or a file: an audit package (board.tar), a receipt, a checkpoint; can be repeated
    -without URL            a registrar that is not asked, because its operator has said what it has seen
    -nothing-newer          your word that nobody has seen more than was compared; then the board can be started

If records are lost for good that somebody has seen, the log has ended: its votes are held again on a new one.

Release is for a registrar that runs. After a restore without its journal it refuses every member of whom the copy knows no card, since it may have
given one after the copy was made. Who is released can get a second set of this registrar's signatures. A second card still needs one from every
registrar, and the others give none; so never release while another registrar of the round has lost data too.

    -round ID               the round
    -entry N, -all          the roll entries that are released, or all
    -keep-codes             their codes of before stay good, also such as were replaced after the copy was made; else they need new ones
    -registrar NAME         within mandate serve: registrar-1, …

Example:
    mandate restore -dir /var/lib/mandate-board -from /backup/board.age -identity key.txt
    mandate restore resume -dir /var/lib/mandate-board -against https://mirror.example -nothing-newer
`

// fail prints an error and returns the exit status.
func fail(stderr io.Writer, code int, err error, hint string) int {
	fmt.Fprintf(stderr, "error: %v\n", err)
	if hint == "" {
		hint = daemon.HintOf(err)
	}
	if hint != "" {
		fmt.Fprintln(stderr, "hint: "+hint)
	}
	return code
}

// parse reads flags. done is true if the command has ended with the exit status.
func parse(f *flag.FlagSet, args []string, usage string, stdout, stderr io.Writer) (status int, done bool) {
	f.SetOutput(io.Discard)
	err := f.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(stdout, usage)
		return 0, true
	}
	if err == nil && f.NArg() > 0 {
		err = fmt.Errorf("%q is not understood", f.Arg(0))
	}
	if err != nil {
		return fail(stderr, 2, err, "mandate "+f.Name()+" -h says how to call it"), true
	}
	return 0, false
}

func socketOf(dir, socket string) *daemon.Common {
	if socket == "" {
		socket = filepath.Join(dir, "control.sock")
	}
	return &daemon.Common{Dir: dir, Socket: socket}
}

// RunBackup is the command mandate backup. It returns the exit status: 0 if the copy is whole and on disk, 1 if not, 2 for a call that makes no
// sense.
func RunBackup(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	f := flag.NewFlagSet("backup", flag.ContinueOnError)
	dir, socket, out, phrase := f.String("dir", "", ""), f.String("socket", "", ""), f.String("out", "", ""), f.String("passphrase-file", "", "")
	var to daemon.Many
	f.Var(&to, "to", "")
	if status, done := parse(f, args, backupUsage, stdout, stderr); done {
		return status
	}
	if *dir == "" || *out == "" {
		return fail(stderr, 2, errors.New("-dir and -out are needed"), "mandate backup -h says how to call it")
	}
	recipients, err := backup.Recipients(to, *phrase)
	if err != nil {
		return fail(stderr, 2, err, "mandate backup -h says how to call it")
	}
	if _, err := os.Stat(*out); !errors.Is(err, fs.ErrNotExist) {
		return fail(stderr, 1, fmt.Errorf("%s is there already", *out), "a copy is never written over")
	}
	part := *out + ".part"
	file, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fail(stderr, 1, err, "")
	}
	defer os.Remove(part)
	defer file.Close()
	began := time.Now()
	buffer := bufio.NewWriterSize(file, 1<<20)
	sealed, err := backup.Seal(buffer, recipients)
	if err != nil {
		return fail(stderr, 1, err, "")
	}
	// What is written is read again on its way: a party that ends in the middle must not leave something that looks like a copy.
	in, checked := io.Pipe()
	var m *backup.Manifest
	verdict := make(chan error, 1)
	go func() {
		var err error
		m, err = backup.Check(in)
		in.CloseWithError(err)
		verdict <- err
	}()
	w := io.MultiWriter(sealed, checked)
	err = socketOf(*dir, *socket).Ask(ctx, "backup", url.Values{}, nil, w)
	if daemon.NotRunning(err) {
		err = backup.Write(w, backup.Source{Dir: *dir})
	}
	checked.CloseWithError(err)
	if err = errors.Join(err, <-verdict); err == nil {
		err = sealed.Close()
	}
	if err == nil {
		err = buffer.Flush()
	}
	if err == nil {
		err = file.Sync()
	}
	if err == nil {
		err = os.Rename(part, *out)
	}
	if err != nil {
		return fail(stderr, 1, err, "if the party runs, the command needs the right to open its socket (its own user)")
	}
	if err := vault.WriteFile(filepath.Join(*dir, backup.LastName), []byte(began.UTC().Format(time.RFC3339)+"\n"), 0o644); err != nil {
		return fail(stderr, 1, fmt.Errorf("the copy is whole, but when it was made could not be noted: %w", err), "")
	}
	var size int64
	for _, i := range m.Items {
		size += i.Size
	}
	fmt.Fprintf(stdout, "%s: %d files and stores, %d bytes, as of %s\n", *out, len(m.Items), size, m.Made.Format(time.RFC3339))
	return 0
}

// RunRestore is the command mandate restore. It returns the exit status: 0 if it is done, 1 if it is not, 2 for a call that makes no sense.
func RunRestore(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if len(args) > 0 {
		switch args[0] {
		case "resume":
			return resume(ctx, args[1:], stdout, stderr)
		case "release":
			return release(ctx, args[1:], stdout, stderr)
		}
	}
	f := flag.NewFlagSet("restore", flag.ContinueOnError)
	dir, from, identity, phrase := f.String("dir", "", ""), f.String("from", "", ""), f.String("identity", "", ""), f.String("passphrase-file", "", "")
	if status, done := parse(f, args, restoreUsage, stdout, stderr); done {
		return status
	}
	if *dir == "" || *from == "" {
		return fail(stderr, 2, errors.New("-dir and -from are needed"), "mandate restore -h says how to call it")
	}
	ids, err := backup.Identities(*identity, *phrase)
	if err != nil {
		return fail(stderr, 2, err, "mandate restore -h says how to call it")
	}
	if err := backup.Empty(*dir); err != nil {
		return fail(stderr, 1, err, "give the old folder another name; nothing in it is written over")
	}
	open := func() (io.Reader, func(), error) {
		file, err := os.Open(*from)
		if err != nil {
			return nil, nil, err
		}
		r, err := backup.Unseal(bufio.NewReaderSize(file, 1<<20), ids)
		if err != nil {
			file.Close()
			return nil, nil, fmt.Errorf("opening %s: %w", *from, err)
		}
		return r, func() { file.Close() }, nil
	}
	r, done, err := open()
	if err != nil {
		return fail(stderr, 1, err, "")
	}
	m, err := backup.Check(r)
	done()
	if err != nil {
		return fail(stderr, 1, fmt.Errorf("%s: %w", *from, err), "nothing was written; use another copy")
	}
	if r, done, err = open(); err != nil {
		return fail(stderr, 1, err, "")
	}
	defer done()
	if err := backup.Restore(r, *dir, m.Made); err != nil {
		return fail(stderr, 1, err, "")
	}
	fmt.Fprintf(stdout, "%s is as it was at %s.\n", *dir, m.Made.Format(time.RFC3339))
	for _, i := range m.Items {
		switch i.Kind {
		case "log":
			fmt.Fprintln(stdout, "The board's log stays closed until it was compared with what others have seen: mandate restore resume")
		case "ledger":
			fmt.Fprintf(stdout, "The registrar of %s gives no card to members of whom the copy knows none, unless its journal tells who has got one: mandate restore -h\n", i.Path)
		}
	}
	return 0
}

func resume(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	f := flag.NewFlagSet("restore resume", flag.ContinueOnError)
	dir, word := f.String("dir", "", ""), f.Bool("nothing-newer", false, "")
	var against, without daemon.Many
	f.Var(&against, "against", "")
	f.Var(&without, "without", "")
	if status, done := parse(f, args, restoreUsage, stdout, stderr); done {
		return status
	}
	if *dir == "" {
		return fail(stderr, 2, errors.New("-dir is needed"), "mandate restore -h says how to call it")
	}
	r := backup.Resumption{Dir: *dir, Against: against, Without: without, NothingNewer: *word, Say: func(format string, args ...any) {
		fmt.Fprintf(stdout, format+"\n", args...)
	}}
	if err := r.Run(ctx); err != nil {
		return fail(stderr, 1, err, "")
	}
	return 0
}

func release(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	f := flag.NewFlagSet("restore release", flag.ContinueOnError)
	dir, socket, round, name := f.String("dir", "", ""), f.String("socket", "", ""), f.String("round", "", ""), f.String("registrar", "", "")
	all, keep := f.Bool("all", false, ""), f.Bool("keep-codes", false, "")
	var entries daemon.Many
	f.Var(&entries, "entry", "")
	if status, done := parse(f, args, restoreUsage, stdout, stderr); done {
		return status
	}
	if *dir == "" || *round == "" || *all == (len(entries) > 0) {
		return fail(stderr, 2, errors.New("-dir, -round, and either -entry or -all are needed"), "mandate restore -h says how to call it")
	}
	q := url.Values{"registrar": {*name}, "round": {*round}, "entry": entries}
	if *all {
		q.Set("all", "yes")
	}
	if *keep {
		q.Set("keep-codes", "yes")
	}
	if err := socketOf(*dir, *socket).Ask(ctx, "release", q, nil, stdout); err != nil {
		return fail(stderr, 1, err, "")
	}
	return 0
}
