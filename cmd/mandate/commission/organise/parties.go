package organise

import (
	"bytes"
	"encoding/hex"
	"flag"
	"fmt"
	"strconv"

	"github.com/pelletier/go-toml/v2"

	"mandate/ballot/record"
	"mandate/cmd/mandate/commission"
	"mandate/cmd/mandate/daemon"
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

// partiesFlags are the flags that say who counts.
func (c *call) partiesFlags(f *flag.FlagSet) {
	c.texts(f, "parties", "threshold", "quorum")
	c.lists(f, "trustee")
}

// who reads who counts, from the file of parties and the entries of trustees; witnesses are the board's unless the file has others.
func (c *call) who() (*parties, error) {
	p := new(parties)
	var err error
	if path := c.get("parties"); path != "" {
		if p, err = readParties(path); err != nil {
			return nil, err
		}
	}
	for name, to := range map[string]*uint64{"threshold": &p.Threshold, "quorum": &p.Quorum} {
		if s := c.get(name); s != "" {
			if *to, err = strconv.ParseUint(s, 10, 64); err != nil {
				return nil, misuse("-%s %q: want a number", name, s)
			}
		}
	}
	entries, err := daemon.ReadEntries(c.all("trustee"))
	if err != nil {
		return nil, fmt.Errorf("-trustee: %w", err)
	}
	for _, t := range entries.Trustees {
		p.Trustees = append(p.Trustees, named{t.Name, t.URL, record.ID(t.Key).String()})
	}
	n := uint64(len(p.Trustees))
	if n == 0 {
		return nil, misuse("trustees are needed: -trustee with their entries, or -parties")
	}
	if p.Threshold == 0 {
		p.Threshold = n/2 + 1
	}
	if p.Quorum == 0 { // so that two different ballot boxes cannot both be opened, if not all trustees sign
		p.Quorum = min(n, max(p.Threshold, (n+p.Threshold-1)/2+1))
	}
	if w := &p.Witnesses; c.entry != nil && w.Need == 0 && len(w.Keys) == 0 {
		w.Need, w.Keys = c.entry.Need, c.entry.Witnesses
	}
	return p, nil
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
