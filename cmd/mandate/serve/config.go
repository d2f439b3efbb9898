package serve

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"

	"mandate/ballot/text"
	"mandate/bulletin/witness"
	"mandate/cmd/mandate/mail"
	"mandate/cmd/mandate/registrar/signin"
)

// Config is the file of mandate serve: TOML, read strictly, so that a field that is misspelt is an error. Its comments are its manual. Every
// field may be left out. What is named in it when the folder is first used (titles, registrars, trustees) stays: the keys belong to it.
type Config struct {
	// Title is the organisation's name by language, as it stands for ever in the log's first record: { en = "…", es = "…" }.
	Title text.Texts `toml:"title"`
	// Secrets is the folder with the passphrases of the parties that this machine plays (not of the trustees, who type theirs). Default
	// "secrets" within the folder. On a folder that is encrypted, or mounted only while the program runs, a copy of all the rest is of no
	// use to whoever finds it.
	Secrets string `toml:"secrets"`
	// Proxies are the addresses of reverse proxies before this program, whose X-Forwarded-For is believed: ["127.0.0.1/32"].
	Proxies []netip.Prefix `toml:"proxies"`
	// Look is how often each party looks at the board. Default "2s".
	Look Duration `toml:"look"`
	// Publish is how often registrars publish to whom they have issued cards. Default "15m".
	Publish Duration `toml:"publish"`

	// Board is where everybody reads and members vote.
	Board Place `toml:"board"`
	// Console is for the organisers alone. It should not be reachable from outside: default a port on 127.0.0.1.
	Console Place `toml:"console"`
	// Ceremony is where trustees and members of the committee follow their links.
	Ceremony Place `toml:"ceremony"`

	// Mail is how registrars send codes to members: the file of mandate mail as a section, of which registrar and registrars are not looked at,
	// and the organisation, board and sender are filled in. One mail server for all is one way to all members: give each its own if you
	// can. Default: codes can only be downloaded.
	Mail *mail.Config `toml:"mail"`
	// Operator has figures for Prometheus at /metrics, and /healthz and /readyz. It should not be reachable from outside: default a port on
	// 127.0.0.1.
	Operator Place `toml:"operator"`

	// Registrars give members their cards, all of them together. Default three.
	Registrars []RegistrarConfig `toml:"registrar"`
	// Trustees hold the key together. Default three, named "Trustee 1" and so on.
	Trustees []TrusteeConfig `toml:"trustee"`
	// Threshold is how many trustees open a result. Default more than half of them.
	Threshold int `toml:"threshold"`
	// Quorum is how many trustees must have signed the sealed ballot box before any opens it, at least the threshold. Default all of
	// three, else as many as make sure that two different ballot boxes cannot both be opened.
	Quorum int `toml:"quorum"`
	// Witnesses is a file, beside the configuration, with the policy by which witnesses cosign what the board shows, in the form that Sigsum
	// and Tessera share (see package bulletin/witness). Votes name these witnesses. Default none.
	Witnesses string `toml:"witnesses"`

	quorum *witness.Quorum
}

// A Place is where a part of the program is reached.
type Place struct {
	// Listen is the address and port, such as "127.0.0.1:8080". Default a free port on 127.0.0.1, chosen at the first start and kept.
	Listen string `toml:"listen"`
	// Address is how others reach it, such as "https://votes.example.org". Default "http://" and where it listens. With https, a proxy
	// before the program speaks TLS.
	Address string `toml:"address"`
}

// A RegistrarConfig is one registrar.
type RegistrarConfig struct {
	Place
	// Name is what members read.
	Name string `toml:"name"`
	// Operator is who runs it.
	Operator string `toml:"operator"`
	// Channel is how it knows members, such as "e-mail code"; several ways with "; " between them. With SignIn the identity provider is added;
	// it may be the only one.
	Channel string `toml:"channel"`
	// SignIn is an identity provider with which members can sign in instead of typing a code of this registrar.
	SignIn signin.Config `toml:"sign-in"`
	// Mail is how this registrar sends its codes. Default: what mail says for all of them.
	Mail *mail.Config `toml:"mail"`
	// Contact is whom members ask for help with it. Default that of mail.
	Contact string `toml:"contact"`
}

// channel is what rounds say of how the registrar knows members.
func (r *RegistrarConfig) channel() string {
	switch {
	case !r.SignIn.Enabled():
		return r.Channel
	case r.Channel == "":
		return r.SignIn.Way()
	}
	return r.Channel + "; " + r.SignIn.Way()
}

// A TrusteeConfig is one trustee.
type TrusteeConfig struct {
	// Name is what members read.
	Name string `toml:"name"`
}

// A Duration is written like "2s" or "15m".
type Duration struct{ time.Duration }

// UnmarshalText reads a duration.
func (d *Duration) UnmarshalText(b []byte) (err error) {
	d.Duration, err = time.ParseDuration(string(b))
	return err
}

const maxConfig = 1 << 20

// ReadConfig reads a configuration file strictly.
func ReadConfig(path string) (Config, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return Config{}, err
	}
	if len(b) > maxConfig {
		return Config{}, fmt.Errorf("%s has %d bytes, at most %d", path, len(b), maxConfig)
	}
	c, err := ParseConfig(b)
	if err == nil && c.Witnesses != "" {
		file := c.Witnesses
		if !filepath.IsAbs(file) {
			file = filepath.Join(filepath.Dir(path), file)
		}
		c.quorum, err = witness.ReadPolicy(file)
	}
	if err != nil {
		return Config{}, fmt.Errorf("%s: %w", path, err)
	}
	c.relative(filepath.Dir(path))
	return c, nil
}

// relative takes the names of files as relative to a folder, that of the configuration.
func (c *Config) relative(dir string) {
	in := func(files ...*string) {
		for _, f := range files {
			if *f != "" && !filepath.IsAbs(*f) {
				*f = filepath.Join(dir, *f)
			}
		}
	}
	letters := func(m *mail.Config) {
		if m != nil {
			in(&m.Templates, &m.Server.CA, &m.Server.PasswordFile)
		}
	}
	letters(c.Mail)
	for i := range c.Registrars {
		r := &c.Registrars[i]
		in(&r.SignIn.ClientSecretFile, &r.SignIn.CA)
		letters(r.Mail)
	}
}

// ParseConfig reads a configuration strictly.
func ParseConfig(b []byte) (Config, error) {
	var c Config
	err := toml.NewDecoder(bytes.NewReader(b)).DisallowUnknownFields().Decode(&c)
	var strict *toml.StrictMissingError
	if errors.As(err, &strict) && len(strict.Errors) > 0 {
		line, _ := strict.Errors[0].Position()
		return c, fmt.Errorf("line %d: there is no field %s", line, strings.Join(strict.Errors[0].Key(), "."))
	}
	if err != nil {
		return c, err
	}
	return c.withDefaults()
}

func (c Config) withDefaults() (Config, error) {
	if c.Title == nil {
		c.Title = text.Texts{"en": "An organisation trying Mandate", "es": "Una organización que prueba Mandate"}
	}
	if err := c.Title.Check("title"); err != nil {
		return c, err
	}
	if c.Look.Duration == 0 {
		c.Look.Duration = 2 * time.Second
	}
	if c.Publish.Duration == 0 {
		c.Publish.Duration = 15 * time.Minute
	}
	if c.Look.Duration < 0 || c.Publish.Duration < 0 {
		return c, fmt.Errorf("look, publish: %v and %v, want more than nothing", c.Look, c.Publish)
	}
	if c.Registrars == nil {
		for i, operator := range []string{"Elections commission", "Auditors", "Youth section"} {
			c.Registrars = append(c.Registrars, RegistrarConfig{Name: fmt.Sprintf("Registrar %d", i+1), Operator: operator, Channel: "code"})
		}
	}
	if n := len(c.Registrars); n < 1 || n > 8 {
		return c, fmt.Errorf("registrar: %d of them, want 1 to 8", n)
	}
	if c.Trustees == nil {
		for i := range 3 {
			c.Trustees = append(c.Trustees, TrusteeConfig{Name: fmt.Sprintf("Trustee %d", i+1)})
		}
	}
	n := len(c.Trustees)
	if n < 1 || n > 32 {
		return c, fmt.Errorf("trustee: %d of them, want 1 to 32", n)
	}
	if c.Threshold == 0 {
		c.Threshold = n/2 + 1
	}
	if c.Quorum == 0 { // more than (n + t − 1) / 2
		c.Quorum = min(n, max(c.Threshold, (n+c.Threshold-1)/2+1))
	}
	if c.Threshold < 1 || c.Threshold > n {
		return c, fmt.Errorf("threshold: %d of %d trustees", c.Threshold, n)
	}
	if c.Quorum < c.Threshold || c.Quorum > n {
		return c, fmt.Errorf("quorum: %d, want %d, the threshold, to %d, the trustees", c.Quorum, c.Threshold, n)
	}
	return c, c.check()
}

func (c *Config) check() error {
	seen := make(map[string]string)
	place := func(field string, p Place) error {
		if err := text.CheckURL(field+".address", p.Address); err != nil {
			return err
		}
		if p.Listen == "" {
			return nil
		}
		_, port, err := net.SplitHostPort(p.Listen)
		if err != nil {
			return fmt.Errorf("%s.listen: %w", field, err)
		}
		if other, ok := seen[p.Listen]; ok && port != "0" {
			return fmt.Errorf("%s.listen: %s is where %s listens", field, p.Listen, other)
		}
		seen[p.Listen] = field
		return nil
	}
	errs := []error{place("board", c.Board), place("console", c.Console), place("ceremony", c.Ceremony), place("operator", c.Operator)}
	for i, r := range c.Registrars {
		field := fmt.Sprintf("registrar %d", i+1)
		errs = append(errs, place(field, r.Place), text.CheckName(field+".name", r.Name), text.CheckName(field+".operator", r.Operator), text.CheckName(field+".channel", r.channel()))
		if r.SignIn.Enabled() {
			if err := r.SignIn.Check(); err != nil {
				errs = append(errs, fmt.Errorf("%s.sign-in.%w", field, err))
			}
		} else if !reflect.ValueOf(r.SignIn).IsZero() {
			errs = append(errs, fmt.Errorf("%s.sign-in.issuer: is empty", field))
		}
		if r.Contact != "" {
			errs = append(errs, text.CheckName(field+".contact", r.Contact))
		}
	}
	for i, t := range c.Trustees {
		errs = append(errs, text.CheckName(fmt.Sprintf("trustee %d.name", i+1), t.Name))
	}
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// Example is a configuration with every field.
const Example = `# mandate serve -dir my-organisation -config this-file
title   = { en = "The Example Association", es = "La Asociación Ejemplo" }
secrets = "/media/key/secrets"          # default: secrets within the folder
proxies = ["127.0.0.1/32"]              # who may say X-Forwarded-For
look    = "2s"
publish = "15m"
# witnesses = "witness-policy.txt"      # who cosigns the board: see mandate board example

[board]                                 # everybody reads, members vote
listen  = "127.0.0.1:8080"
address = "https://votes.example.org"   # what a proxy that speaks TLS passes on

[console]                               # organisers alone: reach it through a tunnel, not from outside
listen  = "127.0.0.1:8081"

[ceremony]                              # trustees and the committee follow their links here
listen  = "127.0.0.1:8082"
address = "https://ceremony.example.org"

[mail]                                  # how registrars send codes: as the file of mandate mail
contact = "votes@example.org, 555 0100"
from    = { address = "votes@example.org", name = "The Example Association" }
server  = { host = "mail.example.org", username = "votes", password-file = "mail-password" }

[operator]                              # figures for Prometheus: not for the public
listen  = "127.0.0.1:9464"

[[registrar]]
name     = "Commission's registrar"
operator = "Elections commission"
channel  = "e-mail code"
listen   = "127.0.0.1:8091"
address  = "https://cards-1.example.org"

[[registrar]]
name     = "Auditors' registrar"
operator = "Auditors"
channel  = "paper code"
listen   = "127.0.0.1:8092"
address  = "https://cards-2.example.org"
contact  = "auditors@example.org"       # whom members ask for help with it

[registrar.sign-in]                     # members can sign in with the members' portal instead of typing its code
issuer    = "https://login.example.org" # which gets to know https://cards-2.example.org/signin/callback
client-id = "cards-2"
client-secret-file = "login-secret"
claim     = "member_number"             # or "email", if the portal verifies addresses
scopes    = ["profile"]
name      = "the members' portal"

[[trustee]]
name = "Ana Ruiz"

[[trustee]]
name = "Ben Okafor"

[[trustee]]
name = "Chi Nguyen"
`
