package roll

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/pelletier/go-toml/v2"

	"mandate/cmd/mandate/vault"
)

// A Folder keeps the member list that was taken, and the rolls made of it. Every file is readable by its owner only, replaced as a whole, and
// on disk when the method that writes it returns. One Folder at a time may change a folder.
//
//	people.csv          the list, in the form that Read reads
//	mapping.toml        how the last list was read
//	changes.csv         when what was added and removed, with the reasons
//	rolls/SLUG/         a roll: roll.private (salts, package ballot/roll), people.csv, roll.toml
type Folder struct {
	dir string
	now func() time.Time
	mu  sync.Mutex
}

const (
	peopleFile  = "people.csv"
	mappingFile = "mapping.toml"
	changesFile = "changes.csv"
	rollsDir    = "rolls"
	privateFile = "roll.private"
	rollFile    = "roll.toml"
)

// Create makes a folder, with an empty list. It is an error if there is a list already.
func Create(dir string) (*Folder, error) {
	if err := os.MkdirAll(filepath.Join(dir, rollsDir), 0o700); err != nil {
		return nil, fmt.Errorf("member list: %w", err)
	}
	f := &Folder{dir: dir, now: time.Now}
	switch _, err := os.Stat(f.path(peopleFile)); {
	case err == nil:
		return nil, fmt.Errorf("member list: %s has one already", dir)
	case !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("member list: %w", err)
	}
	return f, f.write(nil)
}

// Open opens a folder that Create has made.
func Open(dir string) (*Folder, error) {
	f := &Folder{dir: dir, now: time.Now}
	if _, err := os.Stat(f.path(peopleFile)); err != nil {
		return nil, fmt.Errorf("member list: %w", err)
	}
	return f, nil
}

// Dir returns the folder's path.
func (f *Folder) Dir() string { return f.dir }

func (f *Folder) path(name ...string) string {
	return filepath.Join(append([]string{f.dir}, name...)...)
}

// People returns the list, in order of the member numbers.
func (f *Folder) People() ([]Person, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.read()
}

func (f *Folder) read() ([]Person, error) { return readPeople(f.path(peopleFile)) }

func (f *Folder) write(people []Person) error {
	b, err := WritePeople(people)
	if err != nil {
		return err
	}
	return vault.WriteFile(f.path(peopleFile), b, 0o600)
}

var peopleHeader = []string{"number", "name", "email", "language", "phone", "chapter", "branch", "committee"}

// WritePeople writes people as a list that Read reads: CSV (RFC 4180), UTF-8, in order of the member numbers.
func WritePeople(people []Person) ([]byte, error) {
	sorted := slices.Clone(people)
	slices.SortFunc(sorted, byNumber)
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.UseCRLF = true
	w.Write(peopleHeader)
	for i := range sorted {
		p := &sorted[i]
		w.Write([]string{p.Number, p.Name, p.Email, p.Language, p.Phone, p.Chapter, p.Branch, p.Committee})
	}
	w.Flush()
	return b.Bytes(), w.Error()
}

// readPeople reads what WritePeople has written, which a person may have edited since.
func readPeople(path string) ([]Person, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("member list: %w", err)
	}
	if bytes.Count(bytes.TrimSpace(b), []byte("\n")) == 0 { // a header alone: Read wants a member
		return nil, nil
	}
	p, err := Read(bytes.NewReader(b), Mapping{
		Number: "number", Name: "name", Email: "email", Language: "language", Phone: "phone", Chapter: "chapter", Branch: "branch", Committee: "committee",
		Separator: ",", AllowTwins: true})
	if err != nil {
		return nil, err
	}
	if !p.OK() {
		return nil, fmt.Errorf("member list: %s: %s", path, p.Problems[0])
	}
	return p.People(), nil
}

// A note is a line of changes.csv.
func (f *Folder) note(what, number, reason string) error {
	file, err := os.OpenFile(f.path(changesFile), os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("member list: %w", err)
	}
	defer file.Close()
	w := csv.NewWriter(file)
	w.Write([]string{f.now().UTC().Format(time.RFC3339), what, number, reason})
	w.Flush()
	return errors.Join(w.Error(), file.Sync())
}

// Take makes people the list, in place of what it was, and returns what has changed by that. The preview that people come from must be OK.
// Rolls that were made before stay as they are.
func (f *Folder) Take(p *Preview) (*Diff, error) {
	if !p.OK() {
		return nil, errors.New("member list: it has problems: nothing is taken of it")
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	before, err := f.read()
	if err != nil {
		return nil, err
	}
	after := p.People()
	d := Compare(before, after)
	if err := f.write(after); err != nil {
		return nil, err
	}
	return d, f.note("list", "", fmt.Sprintf("%d members: %d added, %d removed, %d changed", len(after), len(d.Added), len(d.Removed), len(d.Changed)))
}

// Mapping returns how the last list was read; ok is false if none was kept.
func (f *Folder) Mapping() (m Mapping, ok bool, err error) {
	b, err := os.ReadFile(f.path(mappingFile))
	if errors.Is(err, fs.ErrNotExist) {
		return m, false, nil
	}
	if err == nil {
		m, err = ParseMapping(b)
	}
	return m, err == nil, err
}

// KeepMapping keeps how lists are read, for the next one.
func (f *Folder) KeepMapping(m Mapping) error {
	b, err := toml.Marshal(m)
	if err != nil {
		return err
	}
	return vault.WriteFile(f.path(mappingFile), b, 0o600)
}

// ParseMapping reads a mapping from TOML, strictly.
func ParseMapping(b []byte) (m Mapping, err error) {
	if err = toml.NewDecoder(bytes.NewReader(b)).DisallowUnknownFields().Decode(&m); err == nil {
		err = m.check()
	}
	if err != nil {
		return Mapping{}, fmt.Errorf("mapping: %w", err)
	}
	return m, nil
}

// ErrThere and ErrNotThere are returned by Add, and by Change and Remove.
var (
	ErrThere    = errors.New("the list has a member with this number already")
	ErrNotThere = errors.New("the list has no member with this number")
)

// Add adds a member to the list.
func (f *Folder) Add(p Person) error {
	return f.edit("added", p.Number, "", func(people []Person, at int) ([]Person, error) {
		if at >= 0 {
			return nil, ErrThere
		}
		p.Clean()
		return append(people, p), p.Check()
	})
}

// Change replaces a member's line. Another address reaches the registrars with the next export.
func (f *Folder) Change(p Person) error {
	return f.edit("changed", p.Number, "", func(people []Person, at int) ([]Person, error) {
		if at < 0 {
			return nil, ErrNotThere
		}
		p.Clean()
		people[at] = p
		return people, p.Check()
	})
}

// Remove takes a member off the list. Of a roll that is on the board already it takes nobody: see Entries.
func (f *Folder) Remove(number, reason string) error {
	if reason = clean(reason); reason == "" {
		return errors.New("reason: is empty")
	}
	return f.edit("removed", number, reason, func(people []Person, at int) ([]Person, error) {
		if at < 0 {
			return nil, ErrNotThere
		}
		return slices.Delete(people, at, at+1), nil
	})
}

func (f *Folder) edit(what, number, reason string, change func([]Person, int) ([]Person, error)) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	number = clean(number)
	people, err := f.read()
	if err != nil {
		return err
	}
	at := slices.IndexFunc(people, func(p Person) bool { return p.Number == number })
	if people, err = change(people, at); err != nil {
		return fmt.Errorf("member %s: %w", number, err)
	}
	if err := f.write(people); err != nil {
		return err
	}
	return f.note(what, number, reason)
}
