package roll

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"github.com/pelletier/go-toml/v2"

	"mandate/ballot/record"
	entries "mandate/ballot/roll"
	"mandate/ballot/text"
	"mandate/cmd/mandate/vault"
)

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
