package roll

import (
	"bytes"
	"fmt"
	"strings"

	"filippo.io/age"
)

// A Channel is how a registrar reaches members. A registrar is given the addresses of its own channel and no others.
type Channel string

const (
	ByEmail  Channel = "email"
	ByPhone  Channel = "phone"
	ByLetter Channel = "letter" // no addresses: the office that prints has them by member number
	ByAll    Channel = "all"
)

// Export returns what a registrar needs of a roll: the private file (for registrar.Registrar.AddRoll) and a list of how its members are reached
// (for mandate mail), with the addresses as they are in the folder's list now, and no segments. Members who were taken off the list since are
// still in both, since they are on the roll.
func (f *Folder) Export(slug string, by Channel) (private, contacts []byte, err error) {
	_, r, err := f.Roll(slug)
	if err != nil {
		return nil, nil, err
	}
	then, err := readPeople(f.path(rollsDir, slug, peopleFile))
	if err != nil {
		return nil, nil, err
	}
	now, err := f.People()
	if err != nil {
		return nil, nil, err
	}
	current := make(map[string]*Person, len(now))
	for i := range now {
		current[now[i].Number] = &now[i]
	}
	for i := range then {
		p := &then[i]
		at, ok := r.Find(p.Number)
		if !ok {
			return nil, nil, fmt.Errorf("roll %s: %s has member %s, %s has not: make it again", slug, peopleFile, p.Number, privateFile)
		}
		if c := current[p.Number]; c != nil {
			p.Email, p.Phone, p.Language = c.Email, c.Phone, c.Language
		}
		p.Chapter, p.Branch, p.Committee = "", "", ""
		switch by {
		case ByAll:
		case ByEmail:
			p.Phone = ""
		case ByPhone:
			p.Email = ""
		case ByLetter:
			p.Email, p.Phone = "", ""
		default:
			return nil, nil, fmt.Errorf("channel %q: is none of email, phone, letter, all", by)
		}
		if err := r.SetEmail(at, p.Email); err != nil {
			return nil, nil, fmt.Errorf("roll %s: %w", slug, err)
		}
	}
	if private, err = r.Marshal(); err != nil {
		return nil, nil, err
	}
	contacts, err = WritePeople(then)
	return private, contacts, err
}

// Seal encrypts a file to somebody's age key (age1…), for the way to a registrar.
func Seal(file []byte, to string) ([]byte, error) {
	recipients, err := age.ParseRecipients(strings.NewReader(to))
	if err != nil {
		return nil, fmt.Errorf("the recipient's age key: %w", err)
	}
	var b bytes.Buffer
	w, err := age.Encrypt(&b, recipients...)
	if err == nil {
		if _, err = w.Write(file); err == nil {
			err = w.Close()
		}
	}
	if err != nil {
		return nil, fmt.Errorf("encrypting: %w", err)
	}
	return b.Bytes(), nil
}
