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

const dirUsage = "    -dir FOLDER         the commission's folder with list and rolls\n"

const personUsage = `    -number N -member-name NAME -email ADDRESS -language LANG -phone PHONE -chapter NAME -branch NAME -committee NAME
`

var verbs = map[string]*verb{
	"preview": {
		usage: `Shows what a member list says before anything is done with it: which column means what, how many members there are by language and segment,
and everything that is wrong, with its line and column. Problems make the list unfit; warnings are for a person to look at.

Usage:
    mandate roll preview [FLAGS] FILE

` + mappingUsage + `
FILE can be - for standard input. Exit status 1 if the list has problems.

Example:
    mandate roll preview -column number="Constituent ID" -where "Member Status=Good Standing" members.csv
`, reads: 1, run: preview,
	},
	"diff": {
		usage: `Shows what differs between two member lists, by member number.

Usage:
    mandate roll diff [FLAGS] OLD NEW

` + mappingUsage + `
Example:
    mandate roll diff members-february.csv members-march.csv
`, reads: 2, run: diff,
	},
	"take": {
		usage: `Takes a member list into the folder, in place of the one before, and shows what has changed by it. The folder is made if there is none. A list
with problems is not taken. How the list was read is kept for the next one.

Usage:
    mandate roll take -dir FOLDER [-dry-run] [FLAGS] FILE

` + dirUsage + `    -dry-run            show what would change, and change nothing
` + mappingUsage + `
Example:
    mandate roll take -dir members -column number="Constituent ID" members.csv
`, dir: true, reads: 1, bools: []string{"dry-run"}, run: take,
	},
	"add": {
		usage: `Adds a member to the folder's list. Rolls that were made before do not have the member: make them again.

Usage:
    mandate roll add -dir FOLDER -number N -member-name NAME [FLAGS]

` + dirUsage + personUsage + `
Example:
    mandate roll add -dir members -number M-000017 -member-name "Ana Lum" -email ana@example.org -language es -chapter North
`, dir: true, text: personFlags, needs: []string{"number", "member-name"}, run: add,
	},
	"change": {
		usage: `Changes a member's line in the folder's list: what is given is set, "-" takes it away, the rest stays. A changed address reaches registrars
with the next export. Names in rolls that are on the board do not change.

Usage:
    mandate roll change -dir FOLDER -number N [FLAGS]

` + dirUsage + personUsage + `
Example:
    mandate roll change -dir members -number M-000017 -email ana.lum@example.org
`, dir: true, text: personFlags, needs: []string{"number"}, run: change,
	},
	"remove": {
		usage: `Takes a member off the folder's list. A roll that was made and is not on the board has to be made again. A roll on the board keeps the member:
the command names the entry, by which registrars are told. That can stop a card from being collected; one that was collected is anonymous and
cannot be recalled.

Usage:
    mandate roll remove -dir FOLDER -number N -reason TEXT

` + dirUsage + `    -number N           the member
    -reason TEXT        why; it is kept in the folder

Example:
    mandate roll remove -dir members -number M-000017 -reason "resigned on 3 March"
`, dir: true, text: []string{"number", "reason"}, needs: []string{"number", "reason"}, run: remove,
	},
	"make": {
		usage: `Makes a roll of the folder's list as it is now: draws the salts and the order, and writes the private roll. A roll can be made again until it is
on the board; each time it is another one, and registrars need the new one.

Usage:
    mandate roll make -dir FOLDER -name NAME -title TEXT -as-of DATE [-chapter NAME | -branch NAME | -committee NAME]
    mandate roll make -dir FOLDER -title TEXT -as-of DATE -each chapter|branch|committee

` + dirUsage + `    -name NAME          the roll's name in the folder: lower-case letters, digits, hyphens
    -title TEXT         its title, as members see it; with -each the segment's name is put after it
    -as-of DATE         the day of which it is, YYYY-MM-DD
    -chapter NAME       only members of this chapter; -branch and -committee likewise
    -each KIND          a roll of each chapter, branch or committee of the list

Example:
    mandate roll make -dir members -name national -title "All members" -as-of 2027-03-01
    mandate roll make -dir members -title "Members of" -as-of 2027-03-01 -each chapter
`, dir: true, text: []string{"name", "title", "as-of", "chapter", "branch", "committee", "each"}, needs: []string{"title", "as-of"}, run: makeRolls,
	},
	"show": {
		usage: `Shows the folder: figures of the list, and its rolls with what has changed on the list since they were made. With -member it finds a member.

Usage:
    mandate roll show -dir FOLDER [-member NUMBER]

` + dirUsage + `    -member NUMBER      one member: the line of the list, and the entry in each roll

Example:
    mandate roll show -dir members
`, dir: true, text: []string{"member"}, run: show,
	},
	"export": {
		usage: `Writes what a registrar needs of a roll into a folder: roll.private, which it checks and keeps, and contacts.csv for mandate mail. A registrar is
given the addresses of its own channel only.

Usage:
    mandate roll export -dir FOLDER -name NAME -by email|phone|letter|all -out FOLDER [-to KEY]

` + dirUsage + `    -name NAME          the roll
    -by CHANNEL         how this registrar reaches members
    -out FOLDER         where to write; made if there is none
    -to KEY             encrypt both to the registrar's age key (age1…); the files then end in .age

Example:
    mandate roll export -dir members -name national -by email -out for-registrar-1 -to age1qx…
`, dir: true, text: []string{"name", "by", "out", "to"}, needs: []string{"name", "by", "out"}, run: export,
	},
	"committed": {
		usage: `Notes that a roll is on the board. From then on it cannot be made again.

Usage:
    mandate roll committed -dir FOLDER -name NAME -record ID

` + dirUsage + `    -name NAME          the roll
    -record ID          the record that announces it

Example:
    mandate roll committed -dir members -name national -record 77ab…
`, dir: true, text: []string{"name", "record"}, needs: []string{"name", "record"}, run: committed,
	},
}

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
		c.say("A roll on the board keeps its entries. The commission can stop a card from being collected; a card that was collected is anonymous and cannot be recalled.")
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
