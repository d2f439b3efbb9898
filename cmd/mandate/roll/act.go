package roll

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"mandate/ballot/record"
	"mandate/cmd/mandate/vault"
)

var personFlags = []string{"number", "member-name", "email", "language", "phone", "chapter", "branch", "committee"}

func preview(c *call) error {
	m, err := c.mapping.mapping(nil)
	if err != nil {
		return err
	}
	p, err := c.preview(c.files[0], m)
	if err != nil {
		return err
	}
	if err := p.Write(c.out, c.most); err != nil {
		return err
	}
	if !p.OK() {
		return fmt.Errorf("%s: %w", c.files[0], errProblems)
	}
	return nil
}

func diff(c *call) error {
	m, err := c.mapping.mapping(nil)
	if err != nil {
		return err
	}
	before, err := c.read(c.files[0], m)
	if err != nil {
		return err
	}
	after, err := c.read(c.files[1], m)
	if err != nil {
		return err
	}
	return Compare(before.People(), after.People()).Write(c.out, c.most)
}

func take(c *call) error {
	f, err := Open(c.dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	m, err := c.mapping.mapping(f)
	if err != nil {
		return err
	}
	p, err := c.read(c.files[0], m)
	if err != nil {
		return err
	}
	if err := p.Write(c.out, c.most); err != nil {
		return err
	}
	c.say("")
	if *c.toggle["dry-run"] {
		var before []Person
		if f != nil {
			if before, err = f.People(); err != nil {
				return err
			}
		}
		return Compare(before, p.People()).Write(c.out, c.most)
	}
	if f == nil {
		if f, err = Create(c.dir); err != nil {
			return err
		}
	}
	d, err := f.Take(p)
	if err != nil {
		return err
	}
	if err := f.KeepMapping(m); err != nil {
		return err
	}
	if err := d.Write(c.out, c.most); err != nil {
		return err
	}
	return c.stale(f)
}

// stale says which rolls are not of the list as it is now.
func (c *call) stale(f *Folder) error {
	rolls, err := f.Rolls()
	if err != nil {
		return err
	}
	people, err := f.People()
	if err != nil {
		return err
	}
	for _, m := range rolls {
		d, err := f.since(m, people)
		if err != nil {
			return err
		}
		if len(d.Added)+len(d.Removed) == 0 {
			continue
		}
		what := "make it again"
		if m.Committed() {
			what = "it is on the board and stays as it is"
		}
		c.say("Roll %s: %d on the list are not on it, %d on it are not on the list; %s", m.Slug, len(d.Added), len(d.Removed), what)
	}
	return nil
}

// set puts the flags that were given into a person.
func (c *call) set(p *Person) {
	for name, to := range map[string]*string{"number": &p.Number, "member-name": &p.Name, "email": &p.Email, "language": &p.Language, "phone": &p.Phone,
		"chapter": &p.Chapter, "branch": &p.Branch, "committee": &p.Committee} {
		switch s := *c.text[name]; s {
		case "":
		case "-":
			*to = ""
		default:
			*to = s
		}
	}
}

func add(c *call) error {
	f, err := Open(c.dir)
	if err != nil {
		return err
	}
	var p Person
	c.set(&p)
	if err := f.Add(p); err != nil {
		return err
	}
	c.say("Added %s", clean(p.Number))
	return c.stale(f)
}

// find finds a member of the list.
func find(f *Folder, number string) (*Person, error) {
	people, err := f.People()
	if err != nil {
		return nil, err
	}
	for i := range people {
		if people[i].Number == clean(number) {
			return &people[i], nil
		}
	}
	return nil, fmt.Errorf("member %s: %w", number, ErrNotThere)
}

func change(c *call) error {
	f, err := Open(c.dir)
	if err != nil {
		return err
	}
	p, err := find(f, *c.text["number"])
	if err != nil {
		return err
	}
	c.set(p)
	if err := f.Change(*p); err != nil {
		return err
	}
	c.say("Changed %s", p.Number)
	return nil
}

func remove(c *call) error {
	f, err := Open(c.dir)
	if err != nil {
		return err
	}
	number := clean(*c.text["number"])
	if err := f.Remove(number, *c.text["reason"]); err != nil {
		return err
	}
	c.say("Removed %s from the list", number)
	onBoard, err := c.entries(f, number)
	if onBoard {
		c.say("A roll on the board keeps its entries. The commission can stop a card from being collected, by a record with its reason (mandate organise remove -h); a card that was collected is anonymous and cannot be recalled.")
	}
	return err
}

// entries says where a member stands in the rolls, and what a removal can still do.
func (c *call) entries(f *Folder, number string) (onBoard bool, err error) {
	places, err := f.Entries(number)
	if err != nil {
		return false, err
	}
	for _, p := range places {
		if p.Roll.Committed() {
			onBoard = true
			c.say("Roll %s: entry %d; it is on the board as record %s", p.Roll.Slug, p.Entry, p.Roll.Record)
		} else {
			c.say("Roll %s: entry %d; it is not on the board, and can be made again", p.Roll.Slug, p.Entry)
		}
	}
	return onBoard, nil
}

func makeRolls(c *call) error {
	f, err := Open(c.dir)
	if err != nil {
		return err
	}
	s := Spec{Slug: *c.text["name"], Title: clean(*c.text["title"]), AsOf: *c.text["as-of"]}
	given := 0
	for _, kind := range Segments {
		if v := *c.text[kind]; v != "" {
			s.Kind, s.Segment = kind, clean(v)
			given++
		}
	}
	each := *c.text["each"]
	switch {
	case given > 1:
		return misuse("a roll is of one segment")
	case each != "" && (given > 0 || s.Slug != ""):
		return misuse("-each makes a roll of every %s, and names it after it: give neither -name nor a segment", each)
	case each == "" && s.Slug == "":
		return misuse("-name is needed")
	case each == "":
		return c.makeRolls(f, []Spec{s})
	}
	people, err := f.People()
	if err != nil {
		return err
	}
	counts, ok := CountOf(people).Segments[each]
	if !ok {
		return fmt.Errorf("-each: the list has no column %s, or nobody is in any", each)
	}
	// A roll made before of the same segment keeps its name.
	rolls, err := f.Rolls()
	if err != nil {
		return err
	}
	var taken []string
	names := make(map[string]string)
	for _, m := range rolls {
		taken = append(taken, m.Slug)
		if m.Kind == each && !m.Committed() {
			names[m.Part] = m.Slug
		}
	}
	title := s.Title
	var specs []Spec
	for _, n := range counts {
		if n.Name == "" {
			c.say("%d members are in no %s", n.Members, each)
			continue
		}
		s.Kind, s.Segment, s.Title = each, n.Name, title+" "+n.Name
		if s.Slug, ok = names[n.Name]; !ok {
			s.Slug = slugOf(each, n.Name, taken)
			taken = append(taken, s.Slug)
		}
		specs = append(specs, s)
	}
	return c.makeRolls(f, specs)
}

func (c *call) makeRolls(f *Folder, specs []Spec) error {
	rolls, err := f.MakeAll(specs)
	for _, m := range rolls {
		c.say("Roll %s: %d members, as of %s\n  roll-id: %s\n  root:    %s", m.Slug, m.Count, m.AsOf, m.RollID, m.Root)
	}
	return err
}

func show(c *call) error {
	f, err := Open(c.dir)
	if err != nil {
		return err
	}
	if number := clean(*c.text["member"]); number != "" {
		if p, err := find(f, number); err == nil {
			c.say("%s  %s\n  e-mail    %s\n  phone     %s\n  language  %s", p.Number, p.Name, cmp.Or(p.Email, "none"), cmp.Or(p.Phone, "none"), cmp.Or(p.Language, "not known"))
			for _, kind := range Segments {
				if s := p.In(kind); s != "" {
					c.say("  %-9s %s", kind, s)
				}
			}
		} else if !errors.Is(err, ErrNotThere) {
			return err
		} else {
			c.say("%s is not on the list", number)
		}
		_, err := c.entries(f, number)
		return err
	}
	people, err := f.People()
	if err != nil {
		return err
	}
	(&errWriter{w: c.out}).counts(CountOf(people))
	rolls, err := f.Rolls()
	if err != nil {
		return err
	}
	for _, m := range rolls {
		state := "not on the board"
		if m.Committed() {
			state = "on the board as record " + m.Record.String()
		}
		c.say("Roll %s: %s, %d members as of %s, %s", m.Slug, m.Title, m.Count, m.AsOf, state)
	}
	return c.stale(f)
}

func export(c *call) error {
	f, err := Open(c.dir)
	if err != nil {
		return err
	}
	private, contacts, err := f.Export(*c.text["name"], Channel(*c.text["by"]))
	if err != nil {
		return err
	}
	out := *c.text["out"]
	if err := os.MkdirAll(out, 0o700); err != nil {
		return err
	}
	for _, file := range []struct {
		name string
		b    []byte
	}{{privateFile, private}, {"contacts.csv", contacts}} {
		if to := *c.text["to"]; to != "" {
			if file.b, err = Seal(file.b, to); err != nil {
				return err
			}
			file.name += ".age"
		}
		path := filepath.Join(out, file.name)
		if err := vault.WriteFile(path, file.b, 0o600); err != nil {
			return err
		}
		c.say("%s", path)
	}
	return nil
}

func committed(c *call) error {
	f, err := Open(c.dir)
	if err != nil {
		return err
	}
	id, err := record.ParseID(*c.text["record"])
	if err != nil {
		return misuse("-record: %w", err)
	}
	if err := f.Committed(*c.text["name"], id); err != nil {
		return err
	}
	c.say("Roll %s is on the board", *c.text["name"])
	return nil
}
