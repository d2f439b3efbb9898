package organise

import (
	"bytes"
	"encoding/hex"
	"fmt"

	"github.com/pelletier/go-toml/v2"

	"mandate/ballot/record"
	"mandate/cmd/mandate/commission"
)

// parties is the file that names those whom a vote needs: who counts it, who may call it, who must respond to it.
type parties struct {
	Threshold uint64  `toml:"threshold"`
	Quorum    uint64  `toml:"quorum"`
	Trustees  []named `toml:"trustee"`
	Relays    []named `toml:"relay"`
	Body      []named `toml:"body"`
	Responder string  `toml:"responder"`
	Witnesses struct {
		Need uint64   `toml:"need"`
		Keys []string `toml:"keys"`
	} `toml:"witnesses"`
}

type named struct {
	Name string `toml:"name"`
	URL  string `toml:"url"`
	Key  string `toml:"key"`
}

// readParties reads the file strictly.
func readParties(path string) (*parties, error) {
	b, err := readFile("-parties", path, 1<<20)
	if err != nil {
		return nil, err
	}
	var p parties
	if err := toml.NewDecoder(bytes.NewReader(b)).DisallowUnknownFields().Decode(&p); err != nil {
		return nil, fmt.Errorf("-parties: %s: %w", path, err)
	}
	return &p, nil
}

func key(field, s string) (record.Key, error) {
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != len(record.Key{}) {
		return record.Key{}, fmt.Errorf("-parties: %s: a key is 64 hexadecimal digits", field)
	}
	k := record.Key(b)
	if _, err := k.Public(); err != nil {
		return k, fmt.Errorf("-parties: %s: %w", field, err)
	}
	return k, nil
}

// ceremony returns who counts.
func (p *parties) ceremony() (c commission.Ceremony, err error) {
	c = commission.Ceremony{Threshold: p.Threshold, Quorum: p.Quorum, Witnesses: record.WitnessPolicy{Need: p.Witnesses.Need, Keys: p.Witnesses.Keys}}
	for i, t := range p.Trustees {
		k, err := key(fmt.Sprintf("trustee %d", i+1), t.Key)
		if err != nil {
			return c, err
		}
		c.Trustees = append(c.Trustees, record.Trustee{Name: t.Name, URL: t.URL, Key: k})
	}
	for i, r := range p.Relays {
		k, err := key(fmt.Sprintf("relay %d", i+1), r.Key)
		if err != nil {
			return c, err
		}
		c.Relays = append(c.Relays, record.Relay{Name: r.Name, URL: r.URL, Key: k})
	}
	return c, nil
}

// body returns who may call the vote.
func (p *parties) body() ([]record.Officer, error) {
	var out []record.Officer
	for i, m := range p.Body {
		k, err := key(fmt.Sprintf("body %d", i+1), m.Key)
		if err != nil {
			return nil, err
		}
		out = append(out, record.Officer{Name: m.Name, Key: k})
	}
	return out, nil
}

func (p *parties) responder() (record.Key, error) {
	if p.Responder == "" {
		return record.Key{}, nil
	}
	return key("responder", p.Responder)
}
