package daemon

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/pelletier/go-toml/v2"

	"mandate/ballot/checkpoint"
	"mandate/ballot/record"
	"mandate/ballot/text"
	"mandate/cmd/mandate/vault"
)

// maxEntry is the largest entry file, in bytes.
const maxEntry = 64 << 10

// An Entry is the small file in which parties introduce themselves to others: what stands in the board's records about them, and nothing
// secret. It is handed over by hand, because it is what the receiver goes by: whoever changes it on the way takes the party's place. Entries
// can be put together in one file.
type Entry struct {
	Board      *BoardEntry      `toml:"board,omitempty"`
	Officers   []OfficerEntry   `toml:"officer,omitempty"`
	Registrars []RegistrarEntry `toml:"registrar,omitempty"`
	Trustees   []TrusteeEntry   `toml:"trustee,omitempty"`
}

// A BoardEntry says which board it is: its address, and what no other board can have.
type BoardEntry struct {
	URL     string    `toml:"url"`
	Genesis record.ID `toml:"genesis"` // the id of the log's first record
	LogKey  string    `toml:"log-key"` // C2SP signed-note verifier key
	// Need of the witnesses with these cosignature verifier keys cosign what the board shows; votes demand that unless they name others.
	Need      uint64   `toml:"witnesses-needed,omitempty"`
	Witnesses []string `toml:"witnesses,omitempty"`
}

// An OfficerEntry is an officer of the commission.
type OfficerEntry struct {
	Name string `toml:"name"`
	Key  Key    `toml:"key"`
}

// A RegistrarEntry is a registrar.
type RegistrarEntry struct {
	Name     string `toml:"name"`
	Operator string `toml:"operator"`
	Channel  string `toml:"channel"`
	URL      string `toml:"url"`
	Key      Key    `toml:"key"`
}

// A TrusteeEntry is a trustee.
type TrusteeEntry struct {
	Name string `toml:"name"`
	URL  string `toml:"url,omitempty"`
	Key  Key    `toml:"key"`
}

// A Key is a party's public key, in a file 64 hexadecimal digits.
type Key record.Key

// UnmarshalText reads a key.
func (k *Key) UnmarshalText(b []byte) error {
	raw, err := hex.DecodeString(string(b))
	if err != nil || len(raw) != len(k) {
		return errors.New("a key is 64 hexadecimal digits")
	}
	_, err = record.Key(raw).Public()
	copy(k[:], raw)
	return err
}

// MarshalText writes a key.
func (k Key) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(k[:])), nil }

// Officer returns the officer as records have it.
func (e *OfficerEntry) Officer() record.Officer {
	return record.Officer{Name: e.Name, Key: record.Key(e.Key)}
}

// Registrar returns the registrar as records have it.
func (e *RegistrarEntry) Registrar() record.Registrar {
	return record.Registrar{Name: e.Name, Operator: e.Operator, Channel: e.Channel, URL: e.URL, Key: record.Key(e.Key)}
}

// Trustee returns the trustee as records have it.
func (e *TrusteeEntry) Trustee() record.Trustee {
	return record.Trustee{Name: e.Name, URL: e.URL, Key: record.Key(e.Key)}
}

// Marshal writes an entry, with a line on what it is for.
func (e *Entry) Marshal(purpose string) ([]byte, error) {
	b, err := toml.Marshal(e)
	if err != nil {
		return nil, err
	}
	return append([]byte("# "+purpose+"\n"), b...), nil
}

// ParseEntry reads entries strictly.
func ParseEntry(b []byte) (*Entry, error) {
	if len(b) > maxEntry {
		return nil, fmt.Errorf("the entry has %d bytes, at most %d", len(b), maxEntry)
	}
	var e Entry
	if err := decodeStrictly(b, &e); err != nil {
		return nil, err
	}
	return &e, e.check()
}

func (e *Entry) check() error {
	if b := e.Board; b != nil {
		if err := text.CheckURL("board.url", b.URL); err != nil {
			return err
		}
		if b.URL == "" || b.Genesis == (record.ID{}) {
			return errors.New("board: url and genesis are needed")
		}
		if _, err := checkpoint.ParseLogKey(b.LogKey); err != nil {
			return fmt.Errorf("board.log-key: %w", err)
		}
		for i, k := range b.Witnesses {
			if _, err := checkpoint.ParseWitnessKey(k); err != nil {
				return fmt.Errorf("board.witnesses %d: %w", i+1, err)
			}
		}
		if n := uint64(len(b.Witnesses)); b.Need > n || n > 0 && b.Need == 0 || n > record.MaxWitnesses {
			return fmt.Errorf("board.witnesses-needed: %d of %d, of which there are at most %d", b.Need, n, record.MaxWitnesses)
		}
	}
	key := func(k Key) error {
		if k == (Key{}) {
			return errors.New("key is needed")
		}
		return nil
	}
	for i, o := range e.Officers {
		if err := errors.Join(text.CheckName("name", o.Name), key(o.Key)); err != nil {
			return fmt.Errorf("officer %d: %w", i+1, err)
		}
	}
	for i, r := range e.Registrars {
		err := errors.Join(text.CheckName("name", r.Name), text.CheckName("operator", r.Operator), text.CheckName("channel", r.Channel), text.CheckURL("url", r.URL), key(r.Key))
		if err == nil && r.URL == "" {
			err = errors.New("url is needed")
		}
		if err != nil {
			return fmt.Errorf("registrar %d: %w", i+1, err)
		}
	}
	for i, t := range e.Trustees {
		if err := errors.Join(text.CheckName("name", t.Name), text.CheckURL("url", t.URL), key(t.Key)); err != nil {
			return fmt.Errorf("trustee %d: %w", i+1, err)
		}
	}
	return nil
}

// ReadEntry reads a file of entries.
func ReadEntry(path string) (*Entry, error) {
	b, err := readSmall(path, maxEntry)
	if err != nil {
		return nil, err
	}
	e, err := ParseEntry(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return e, nil
}

// ReadEntries reads files of entries and puts them together, in order.
func ReadEntries(paths []string) (*Entry, error) {
	all := new(Entry)
	for _, path := range paths {
		e, err := ReadEntry(path)
		if err != nil {
			return nil, err
		}
		if e.Board != nil {
			all.Board = e.Board
		}
		all.Officers = append(all.Officers, e.Officers...)
		all.Registrars = append(all.Registrars, e.Registrars...)
		all.Trustees = append(all.Trustees, e.Trustees...)
	}
	return all, nil
}

// Introduce writes the party's entry to its file, if it says anything new, and shows it.
func (c *Call) Introduce(path, purpose string, e *Entry) error {
	if err := e.check(); err != nil {
		return err
	}
	b, err := e.Marshal(purpose)
	if err != nil {
		return err
	}
	if old, err := readSmall(path, maxEntry); err != nil || !bytes.Equal(old, b) {
		if err := vault.WriteFile(path, b, 0o644); err != nil {
			return err
		}
	}
	c.Say("entry: %s", path)
	_, err = c.Out.Write(b)
	return err
}
