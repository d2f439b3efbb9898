package console

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"mandate/cmd/mandate/vault"
)

// A store is what the console remembers beside the log: drafts, lists that were uploaded, how organisers sign in. What is on the log is
// read from there. It is one file, replaced as a whole; the member lists themselves are in the commission's vault.
type store struct {
	path string
	mu   sync.Mutex
	s    saved
}

// saved is the file.
type saved struct {
	Passphrase string        `json:"passphrase,omitempty"` // as hashPassphrase keeps it
	Lists      []*memberList `json:"lists"`
	Drafts     []*draft      `json:"drafts"`
	Manual     []string      `json:"manual"`  // votes that open, close and are certified by hand
	Packets    []*packetFile `json:"packets"` // by vote: files of candidates' statements
}

// A packetFile is a candidate's statement that goes into a vote's packet.
type packetFile struct {
	Vote, Slug string
	Text       string
}

// A memberList is a list of members on its way to the board.
type memberList struct {
	ID      string `json:"id"` // of the vault's files: upload-ID and roll-ID
	File    string `json:"file"`
	Title   string `json:"title"`
	AsOf    string `json:"as-of"`
	Segment string `json:"segment,omitempty"` // of the roll, "" for the whole organisation
	Kind    string `json:"kind,omitempty"`    // of the segment: chapter, branch, committee
	Members int    `json:"members"`
	Begun   bool   `json:"begun"`  // salts are drawn, posting has begun
	Record  string `json:"record"` // the announcement, once all is on the board
	RollID  string `json:"roll-id"`
}

func openStore(dir string) (*store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	st := &store{path: filepath.Join(dir, "console.json")}
	b, err := os.ReadFile(st.path)
	if errors.Is(err, fs.ErrNotExist) {
		return st, nil
	}
	if err == nil {
		err = json.Unmarshal(b, &st.s)
	}
	if err != nil {
		return nil, fmt.Errorf("console: %s: %w", st.path, err)
	}
	return st, nil
}

// look lets f read what is kept; it must not keep or change anything of it.
func (st *store) look(f func(*saved)) {
	st.mu.Lock()
	defer st.mu.Unlock()
	f(&st.s)
}

// change lets f change what is kept, and puts it on disk.
func (st *store) change(f func(*saved)) error {
	st.mu.Lock()
	defer st.mu.Unlock()
	f(&st.s)
	b, err := json.MarshalIndent(&st.s, "", "\t")
	if err != nil {
		return err
	}
	return vault.WriteFile(st.path, b, 0o600)
}

// list returns a copy of a member list's entry.
func (st *store) list(id string) (l memberList, ok bool) {
	st.look(func(s *saved) {
		if i := slices.IndexFunc(s.Lists, func(x *memberList) bool { return x.ID == id }); i >= 0 {
			l, ok = *s.Lists[i], true
		}
	})
	return l, ok
}

// changeList changes a member list's entry.
func (st *store) changeList(id string, f func(*memberList)) error {
	return st.change(func(s *saved) {
		for _, l := range s.Lists {
			if l.ID == id {
				f(l)
			}
		}
	})
}

// draft returns a copy of a draft.
func (st *store) draft(id string) (d draft, ok bool) {
	st.look(func(s *saved) {
		if i := slices.IndexFunc(s.Drafts, func(x *draft) bool { return x.ID == id }); i >= 0 {
			d, ok = s.Drafts[i].clone(), true
		}
	})
	return d, ok
}

// keepDraft replaces a draft, or adds it.
func (st *store) keepDraft(d draft) error {
	return st.change(func(s *saved) {
		if i := slices.IndexFunc(s.Drafts, func(x *draft) bool { return x.ID == d.ID }); i >= 0 {
			s.Drafts[i] = &d
			return
		}
		s.Drafts = append(s.Drafts, &d)
	})
}
