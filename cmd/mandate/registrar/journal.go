package registrar

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/dgraph-io/badger/v4"

	"mandate/ballot/record"
)

// A journal is a second copy of the ledger, on another disk: a file to which every change of a seat is added, and is on that disk before anything
// that follows from it leaves the registrar. With it a ledger that was brought back from an older copy knows all that was decided since.
//
// The first line names the ledger that it belongs to. Every other line is one seat as it has become, in base64, and the first bytes of the
// line's SHA-256. A last line that is not whole was never answered for.
type journal struct {
	mu      sync.Mutex
	f       *os.File
	err     error // why nothing more is written
	written uint64
	turn    sync.Mutex // held while syncing
	synced  uint64     // of written; guarded by turn
}

// A journalled is a seat in the journal.
type journalled struct {
	_     struct{} `cbor:",toarray"`
	Round record.ID
	Entry uint64
	Seat  seat
}

const (
	journalHead = "mandate/registrar/journal/1 "
	maxLine     = 8 << 10
)

// ErrJournal says that the journal does not belong to the ledger, or is not whole.
var ErrJournal = errors.New("the journal is not that of this ledger")

func (j journalled) line() ([]byte, error) {
	b, err := record.Encode(&j)
	if err != nil {
		return nil, err
	}
	text := base64.StdEncoding.EncodeToString(b)
	return fmt.Appendf(nil, "%s %s\n", text, sum(text)), nil
}

func sum(text string) string {
	h := sha256.Sum256([]byte(text))
	return base64.StdEncoding.EncodeToString(h[:6])
}

// parseLine reads a line without its end.
func parseLine(line string) (j journalled, err error) {
	text, check, ok := strings.Cut(line, " ")
	if !ok || check != sum(text) {
		return j, errors.New("a line is damaged")
	}
	b, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil {
		return j, err
	}
	if err := record.DecodeStrict(b, &j); err != nil {
		return j, err
	}
	if again, err := j.line(); err != nil || string(again) != line+"\n" {
		return j, errors.New("a line is written otherwise than it would be")
	}
	return j, nil
}

// openJournal opens the journal of a ledger at a path. One that is not there is begun with all that the ledger has. One that is there must be
// this ledger's. What it has beyond a ledger that was brought back from a copy is put into the ledger, and it must have all answers that the copy
// has, or it is an older copy itself. The same is done if it has an answer that the ledger lacks. Of any other ledger it is told what it lacks: lines that were not written when the registrar stopped.
func openJournal(path string, l *ledger, restored bool) (*journal, error) {
	id, err := l.journalID()
	if err != nil {
		return nil, err
	}
	head := journalHead + id.String() + "\n"
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		if err := beginJournal(path, head, l); err != nil {
			return nil, fmt.Errorf("journal: beginning %s: %w", path, err)
		}
		f, err = os.OpenFile(path, os.O_RDWR, 0)
	}
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	last, end, err := readJournal(f, head)
	if err == nil {
		err = f.Truncate(end) // a line that was being written when the machine stopped
	}
	if err == nil {
		_, err = f.Seek(end, io.SeekStart)
	}
	j := &journal{f: f}
	if err == nil && !restored {
		restored, err = l.behind(last)
	}
	if err == nil && restored {
		err = l.takeOver(last)
	} else if err == nil {
		err = j.catchUp(last, l)
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("journal: %s: %w", path, err)
	}
	return j, nil
}

// behind reports whether the journal has an answer that the ledger lacks. An answer comes to the ledger's disk first, so this ledger is an older
// copy that was brought back in another way than by RestoreLedger, such as a snapshot of the machine.
func (l *ledger) behind(last map[string]journalled) (older bool, err error) {
	err = l.db.View(func(t *badger.Txn) error {
		for _, j := range last {
			if len(j.Seat.Issue) == 0 {
				continue
			}
			s, err := getSeat(t, j.Round, j.Entry)
			if err != nil {
				return err
			}
			if older = len(s.Issue) == 0; older {
				return nil
			}
		}
		return nil
	})
	return older, err
}

// takeOver puts what the journal has into a ledger that was brought back from a copy.
func (l *ledger) takeOver(last map[string]journalled) error {
	err := l.all(func(round record.ID, entry uint64, s seat) error {
		if j := last[string(entryKey(round, entry))]; len(s.Issue) > 0 && !bytes.Equal(s.Issue, j.Seat.Issue) {
			return fmt.Errorf("%w: it lacks an answer that the copy has", ErrJournal)
		}
		return nil
	})
	for _, j := range last {
		if err != nil {
			return err
		}
		err = l.adopt(j.Round, j.Entry, j.Seat)
	}
	return err
}

// catchUp adds what the ledger has and the journal has not.
func (j *journal) catchUp(last map[string]journalled, l *ledger) error {
	var missing []journalled
	err := l.all(func(round record.ID, entry uint64, s seat) error {
		if was, ok := last[string(entryKey(round, entry))]; !ok || !was.Seat.equal(s) {
			missing = append(missing, journalled{Round: round, Entry: entry, Seat: s})
		}
		return nil
	})
	if err != nil || len(missing) == 0 {
		return err
	}
	return j.add(missing...)
}

func (s seat) equal(t seat) bool {
	return s.Code == t.Code && s.Request == t.Request && bytes.Equal(s.Issue, t.Issue)
}

// beginJournal writes a journal of all that a ledger has.
func beginJournal(path, head string, l *ledger) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-journal-*") // of mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	out := bufio.NewWriter(f)
	out.WriteString(head)
	err = l.all(func(round record.ID, entry uint64, s seat) error {
		line, err := journalled{Round: round, Entry: entry, Seat: s}.line()
		if err == nil {
			_, err = out.Write(line)
		}
		return err
	})
	if err = errors.Join(err, out.Flush()); err == nil {
		err = f.Sync()
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// readJournal returns the seats as they became last, by their keys in the ledger, and where the last whole line ends.
func readJournal(f io.Reader, head string) (last map[string]journalled, end int64, err error) {
	in := bufio.NewReaderSize(f, maxLine)
	line, err := in.ReadSlice('\n')
	first := string(line)
	if err != nil || first != head {
		return nil, 0, fmt.Errorf("%w: its first line is %.100q, want %q", ErrJournal, first, head)
	}
	end = int64(len(first))
	last = make(map[string]journalled)
	for {
		line, err := in.ReadSlice('\n')
		if err == io.EOF {
			return last, end, nil // of a line that is not whole, nothing was answered
		}
		if err != nil {
			return nil, 0, fmt.Errorf("at byte %d: %w", end, err)
		}
		j, err := parseLine(string(line[:len(line)-1]))
		if err != nil {
			return nil, 0, fmt.Errorf("at byte %d: %w", end, err)
		}
		k := string(entryKey(j.Round, j.Entry))
		// Lines of one seat can have changed places; what was answered once stays.
		if before := last[k].Seat; len(before.Issue) > 0 {
			if len(j.Seat.Issue) > 0 && !bytes.Equal(j.Seat.Issue, before.Issue) {
				return nil, 0, fmt.Errorf("at byte %d: %w: an entry was given two answers", end, ErrJournal)
			}
			j.Seat.Request, j.Seat.Issue = before.Request, before.Issue
		}
		last[k] = j
		end += int64(len(line))
	}
}

// add writes seats as they have become, and returns when they are on disk. A nil journal does nothing. Once it has failed it fails always.
func (j *journal) add(seats ...journalled) error {
	if j == nil {
		return nil
	}
	var lines []byte
	for _, s := range seats {
		line, err := s.line()
		if err != nil {
			return err
		}
		lines = append(lines, line...)
	}
	j.mu.Lock()
	if j.err == nil {
		_, j.err = j.f.Write(lines)
		j.written++
	}
	mine, err := j.written, j.err
	j.mu.Unlock()
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	// One sync serves all that were written before it.
	j.turn.Lock()
	defer j.turn.Unlock()
	if j.synced >= mine {
		return nil
	}
	j.mu.Lock()
	upTo := j.written
	j.mu.Unlock()
	if err := j.f.Sync(); err != nil {
		j.mu.Lock()
		j.err = err
		j.mu.Unlock()
		return fmt.Errorf("journal: %w", err)
	}
	j.synced = upTo
	return nil
}

func (j *journal) close() error {
	if j == nil {
		return nil
	}
	return j.f.Close()
}

// adopt makes a seat what the journal says of it.
func (l *ledger) adopt(round record.ID, entry uint64, want seat) error {
	return l.update(func(t *badger.Txn) error {
		s, err := getSeat(t, round, entry)
		if err != nil {
			return err
		}
		if s.equal(want) {
			return nil
		}
		return replaceSeat(t, round, entry, s, want)
	})
}
