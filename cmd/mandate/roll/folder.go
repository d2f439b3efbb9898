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

	"mandate/ballot/record"
	entries "mandate/ballot/roll"
	"mandate/ballot/text"
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

// A Spec says which roll is to be made.
type Spec struct {
	Slug    string // its name in the folder
	Title   string // as members see it
	Kind    string // one of Segments, or empty: the whole list
	Segment string // which one
	AsOf    string // YYYY-MM-DD
}

// A Made is a roll of the folder.
type Made struct {
	Slug   string    `toml:"-"`
	Title  string    `toml:"title"`
	Kind   string    `toml:"kind"`
	Part   string    `toml:"segment"`
	AsOf   string    `toml:"as-of"`
	Count  int       `toml:"count"`
	RollID record.ID `toml:"roll-id"`
	Root   record.ID `toml:"root"`
	Record record.ID `toml:"record"` // of the announcement on the board; zero: not committed to
}

// Committed reports whether the roll is on the board.
func (m *Made) Committed() bool { return m.Record != (record.ID{}) }

// Make draws the salts and the order of a roll of the members who are on the list now. A roll that is not on the board yet is replaced, with
// another roll-id: registrars who were given the old one need the new.
func (f *Folder) Make(s Spec) (*Made, error) {
	made, err := f.MakeAll([]Spec{s})
	if err != nil {
		return nil, err
	}
	return made[0], nil
}

// MakeAll makes several rolls of the one list. If one cannot be made the error says which, and those before it are made.
func (f *Folder) MakeAll(specs []Spec) (made []*Made, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	people, err := f.read()
	if err != nil {
		return nil, err
	}
	for _, s := range specs {
		m, err := f.make(s, people)
		if err != nil {
			return made, err
		}
		made = append(made, m)
	}
	return made, nil
}

func (f *Folder) make(s Spec, list []Person) (*Made, error) {
	if err := text.CheckSlug("name of the roll", s.Slug); err != nil {
		return nil, err
	}
	if old, err := f.made(s.Slug); err == nil && old.Committed() {
		return nil, fmt.Errorf("roll %s: is on the board: make one under another name", s.Slug)
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if s.Kind != "" && !slices.Contains(Segments, s.Kind) {
		return nil, fmt.Errorf("roll %s: %q is none of %v", s.Slug, s.Kind, Segments)
	}
	if (s.Kind == "") != (s.Segment == "") {
		return nil, fmt.Errorf("roll %s: a segment is a kind and a name, or neither", s.Slug)
	}
	var people []Person
	for i := range list {
		if list[i].In(s.Kind) == s.Segment {
			people = append(people, list[i])
		}
	}
	if len(people) == 0 {
		return nil, fmt.Errorf("roll %s: the list has no such members", s.Slug)
	}
	var members []entries.Member
	for i := range people {
		members = append(members, people[i].Member())
	}
	r, err := entries.New(s.Title, s.Segment, s.AsOf, members)
	if err != nil {
		return nil, err
	}
	private, err := r.Marshal()
	if err != nil {
		return nil, err
	}
	file, err := WritePeople(people)
	if err != nil {
		return nil, err
	}
	a, _ := r.Announcement(1)
	m := &Made{Slug: s.Slug, Title: s.Title, Kind: s.Kind, Part: s.Segment, AsOf: s.AsOf, Count: r.Len(), RollID: r.ID, Root: a.Root}
	if err := os.MkdirAll(f.path(rollsDir, s.Slug), 0o700); err != nil {
		return nil, fmt.Errorf("roll %s: %w", s.Slug, err)
	}
	// roll.toml is last: what it describes is there.
	for name, b := range map[string][]byte{privateFile: private, peopleFile: file} {
		if err := vault.WriteFile(f.path(rollsDir, s.Slug, name), b, 0o600); err != nil {
			return nil, fmt.Errorf("roll %s: %w", s.Slug, err)
		}
	}
	if err := f.keep(m); err != nil {
		return nil, err
	}
	return m, f.note("roll", "", fmt.Sprintf("%s: %d members, roll-id %s", s.Slug, m.Count, m.RollID))
}

func (f *Folder) keep(m *Made) error {
	b, err := toml.Marshal(m)
	if err != nil {
		return err
	}
	return vault.WriteFile(f.path(rollsDir, m.Slug, rollFile), b, 0o600)
}

func (f *Folder) made(slug string) (*Made, error) {
	if err := text.CheckSlug("name of the roll", slug); err != nil {
		return nil, err
	}
	b, err := os.ReadFile(f.path(rollsDir, slug, rollFile))
	if err != nil {
		return nil, fmt.Errorf("roll %s: %w", slug, err)
	}
	m := &Made{Slug: slug}
	if err := toml.NewDecoder(bytes.NewReader(b)).DisallowUnknownFields().Decode(m); err != nil {
		return nil, fmt.Errorf("roll %s: %w", slug, err)
	}
	return m, nil
}

// Rolls returns the rolls of the folder, in order of their names.
func (f *Folder) Rolls() ([]*Made, error) {
	dirs, err := os.ReadDir(f.path(rollsDir))
	if err != nil {
		return nil, fmt.Errorf("rolls: %w", err)
	}
	var rolls []*Made
	for _, d := range dirs {
		m, err := f.made(d.Name())
		if errors.Is(err, fs.ErrNotExist) {
			continue // was being made when the power went
		}
		if err != nil {
			return nil, err
		}
		rolls = append(rolls, m)
	}
	return rolls, nil
}

// Roll returns a roll with its salts.
func (f *Folder) Roll(slug string) (*Made, *entries.Roll, error) {
	m, err := f.made(slug)
	if err != nil {
		return nil, nil, err
	}
	b, err := os.ReadFile(f.path(rollsDir, slug, privateFile))
	if err != nil {
		return nil, nil, fmt.Errorf("roll %s: %w", slug, err)
	}
	r, err := entries.Parse(b)
	if err != nil {
		return nil, nil, fmt.Errorf("roll %s: %w", slug, err)
	}
	if r.ID != m.RollID {
		return nil, nil, fmt.Errorf("roll %s: %s and %s are of two different rolls: make it again", slug, privateFile, rollFile)
	}
	return m, r, nil
}

// Committed remembers under which record a roll stands on the board. From then on it is not made again.
func (f *Folder) Committed(slug string, announcement record.ID) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	m, err := f.made(slug)
	if err != nil {
		return err
	}
	if m.Committed() && m.Record != announcement {
		return fmt.Errorf("roll %s: is on the board already, as record %s", slug, m.Record)
	}
	m.Record = announcement
	return f.keep(m)
}

// Since returns what has changed on the list since a roll was made of it: members who are not on the roll, members who should not be on it any
// more, and addresses. Names and numbers of a roll on the board do not change.
func (f *Folder) Since(slug string) (*Diff, error) {
	m, err := f.made(slug)
	if err != nil {
		return nil, err
	}
	people, err := f.People()
	if err != nil {
		return nil, err
	}
	return f.since(m, people)
}

func (f *Folder) since(m *Made, people []Person) (*Diff, error) {
	before, err := readPeople(f.path(rollsDir, m.Slug, peopleFile))
	if err != nil {
		return nil, err
	}
	var after []Person
	for i := range people {
		if people[i].In(m.Kind) == m.Part {
			after = append(after, people[i])
		}
	}
	return Compare(before, after), nil
}

// A Place is where a member stands in a roll.
type Place struct {
	Roll  *Made
	Entry int
}

// Entries returns the places of a member in the rolls of the folder. Of a roll that is on the board a member is removed by a record with this
// entry and a reason, which the commission posts; that stops a card from being collected. A card that was collected is anonymous, and is not
// recalled.
func (f *Folder) Entries(number string) ([]Place, error) {
	rolls, err := f.Rolls()
	if err != nil {
		return nil, err
	}
	var places []Place
	for _, m := range rolls {
		_, r, err := f.Roll(m.Slug)
		if err != nil {
			return nil, err
		}
		if i, ok := r.Find(clean(number)); ok {
			places = append(places, Place{m, i})
		}
	}
	return places, nil
}
