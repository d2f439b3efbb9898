package mail

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"

	"mandate/ballot/record"
	"mandate/ballot/text"
	"mandate/bulletin/store"
)

// A Status is what became of a mail.
type Status uint64

const (
	Queued      Status = 1 + iota // to be sent
	Sending                       // being handed to the server; on disk only, after a crash it is Unknown
	Sent                          // the server has taken it
	Deferred                      // the server said: later
	Bounced                       // refused for good, or came back
	Unknown                       // nobody knows whether the server has taken it
	Unreachable                   // the member has no address
	OnPaper                       // written to a file for letters
	BySMS                         // written to a file for text messages
)

var statusNames = [...]string{"", "queued", "sending", "sent", "deferred", "bounced", "unknown", "unreachable", "paper", "sms"}

func (s Status) String() string {
	if int(s) < len(statusNames) {
		return statusNames[s]
	}
	return fmt.Sprintf("status %d", uint64(s))
}

// A State is what is known of one mail. It has neither address nor code.
type State struct {
	_         struct{} `cbor:",toarray"`
	Status    Status
	Code      [32]byte // hash of the code in it; zero without one
	MessageID string   // the same each time it is tried
	Attempts  uint64   // that the server has answered
	At        uint64   // Unix time of the last change
	Reply     uint64   // the server's last status code that was not a success, such as 451 or 550; 0: none
	Enhanced  string   // and the one of RFC 3463, such as 5.1.1; empty: none
	Stage     string   // what it answered: mail, rcpt, data or message
}

// A Store keeps states of mails on disk, by job and member number. One process at a time can have it open.
type Store struct {
	db   *store.DB
	kv   *store.KV
	mu   sync.Mutex
	used map[string]bool // jobs at work
}

// OpenStore opens a store, and makes it if there is none.
func OpenStore(dir string) (*Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("mail store: %w", err)
	}
	db, err := store.Open(dir, &store.DBOptions{MinFree: 64 << 20, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, fmt.Errorf("mail store: %w", err)
	}
	kv, err := db.KV("mail")
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &Store{db: db, kv: kv, used: make(map[string]bool)}, nil
}

// Close closes the store.
func (s *Store) Close() error { return s.db.Close() }

// A job's name is a slug, so that it ends where the number begins.
func stateKey(job, number string) []byte { return []byte(job + "\x00" + number) }

func encode(st *State) ([]byte, error) { return record.Encode(st) }

// States returns what is known of a job's mails, by member number.
func (s *Store) States(job string) (map[string]State, error) {
	if err := text.CheckSlug("job", job); err != nil {
		return nil, err
	}
	states := make(map[string]State)
	err := s.kv.View(func(tx *store.Tx) error {
		prefix := stateKey(job, "")
		for kv, err := range tx.All(prefix) {
			if err != nil {
				return err
			}
			var st State
			if err := record.DecodeStrict(kv.Value, &st); err != nil {
				return fmt.Errorf("a state of job %s: %w", job, err)
			}
			states[string(bytes.TrimPrefix(kv.Key, prefix))] = st
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("mail store: %w", err)
	}
	return states, nil
}

// Jobs returns the names of jobs, in order.
func (s *Store) Jobs() ([]string, error) {
	var jobs []string
	err := s.kv.View(func(tx *store.Tx) error {
		for kv, err := range tx.All(nil) {
			if err != nil {
				return err
			}
			job, _, _ := bytes.Cut(kv.Key, []byte{0})
			if n := len(jobs); n == 0 || jobs[n-1] != string(job) {
				jobs = append(jobs, string(job))
			}
		}
		return nil
	})
	return jobs, err
}

// put keeps states of a job's mails, on disk when it returns.
func (s *Store) put(job string, states map[string]*State) error {
	const batch = 1000
	var numbers []string
	for n := range states {
		numbers = append(numbers, n)
	}
	for start := 0; start < len(numbers); start += batch {
		err := s.kv.Update(func(tx *store.Tx) error {
			for _, n := range numbers[start:min(start+batch, len(numbers))] {
				b, err := encode(states[n])
				if err != nil {
					return err
				}
				if err := tx.Put(stateKey(job, n), b); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("mail store: %w", err)
		}
	}
	return nil
}

func (s *Store) putOne(job, number string, st *State) error {
	return s.put(job, map[string]*State{number: st})
}

// take claims a job, so that one Send at a time works on it.
func (s *Store) take(job string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.used[job] {
		return fmt.Errorf("job %s is being sent already", job)
	}
	s.used[job] = true
	return nil
}

func (s *Store) release(job string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.used, job)
}

// Figures count a job's mails by what became of them.
type Figures struct {
	Total, Queued, Sent, Deferred, Bounced, Unknown, Unreachable, OnPaper, BySMS int
}

func (f *Figures) add(s Status, n int) {
	switch s {
	case Queued, Sending:
		f.Queued += n
	case Sent:
		f.Sent += n
	case Deferred:
		f.Deferred += n
	case Bounced:
		f.Bounced += n
	case Unknown:
		f.Unknown += n
	case Unreachable:
		f.Unreachable += n
	case OnPaper:
		f.OnPaper += n
	case BySMS:
		f.BySMS += n
	}
}

// Figures counts a job.
func (s *Store) Figures(job string) (Figures, error) {
	states, err := s.States(job)
	f := Figures{Total: len(states)}
	for _, st := range states {
		f.add(st.Status, 1)
	}
	return f, err
}

// Mailing returns what a registrar says of the mailing of a packet (SPEC.md §15.5): mailed, on paper, without an address, and how many of those
// mailed came back. What was tried and may have been taken is mailed; what is still to be tried is in none.
func (f Figures) Mailing() (mailed, paper, unreachable, bounced uint64) {
	return uint64(f.Sent + f.Bounced + f.Unknown + f.BySMS), uint64(f.OnPaper), uint64(f.Unreachable), uint64(f.Bounced)
}

// MarkBounced notes that mails which were sent came back, by member number, and returns how many it has noted.
func (s *Store) MarkBounced(job string, now uint64, numbers ...string) (int, error) {
	states, err := s.States(job)
	if err != nil {
		return 0, err
	}
	change := make(map[string]*State)
	for _, n := range numbers {
		if st, ok := states[n]; ok && (st.Status == Sent || st.Status == Unknown) {
			st.Status, st.At, st.Stage = Bounced, now, "returned"
			change[n] = &st
		}
	}
	return len(change), s.put(job, change)
}
