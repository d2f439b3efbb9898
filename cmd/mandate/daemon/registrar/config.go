package registrar

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"mandate/ballot/record"
	"mandate/ballot/text"
	"mandate/cmd/mandate/daemon"
	"mandate/cmd/mandate/registrar/signin"
)

// Config is the file of mandate registrar: TOML, read strictly. Its comments, and those of the structs in it, are its manual.
type Config struct {
	daemon.Common
	daemon.Server
	daemon.BoardLink
	// Name is what members read. It stands in rounds, like the next two.
	Name string `toml:"name"`
	// Operator is who runs the registrar. Registrars are to be run by bodies that do not trust each other.
	Operator string `toml:"operator"`
	// Channel is how it reaches members, such as "e-mail code".
	Channel string `toml:"channel"`
	// Publish is how often it publishes to whom it has issued cards: the longer, the less that says about who asked when. Default "15m".
	Publish daemon.Duration `toml:"publish"`
	// Stale is for how long it goes on issuing when it cannot read the board. Default "10m".
	Stale daemon.Duration `toml:"stale"`
	// Journal is a file on another disk to which every decision is added before it is answered. With it a registrar whose disk has died is brought
	// back whole; without, members of whom the copy knows no card are refused until they are released. Default none.
	Journal string `toml:"journal"`
	// Link is the page to which members' links lead. Default the booth on the board.
	Link string `toml:"link"`
	// Booth has the registrar serve the booth's pages too, so that a ballot can be checked on pages that are not the board's. Default true.
	Booth *bool `toml:"booth"`
	// Contact is whom members ask for help, such as an e-mail address or a telephone number.
	Contact string `toml:"contact"`
	// Mail is a configuration of mandate mail. With it members can ask on a page for a new code, which is sent to the address on the roll.
	// Default: the page says whom to ask.
	Mail string `toml:"mail"`
	// SignIn is the identity provider with which members can sign in instead of typing a code. Its way is put behind the channel.
	SignIn signin.Config `toml:"sign-in"`
	// WrongCodes and PerMinute bound the wrong codes from one network address: so many at once, and then so many a minute. Defaults 20
	// and 2.
	WrongCodes int `toml:"wrong-codes"`
	PerMinute  int `toml:"wrong-codes-per-minute"`
}

// Complete checks the configuration and fills in what was left out.
func (c *Config) Complete(base string) error {
	if c.Publish.Duration == 0 {
		c.Publish.Duration = 15 * time.Minute
	}
	if c.Stale.Duration == 0 {
		c.Stale.Duration = 10 * time.Minute
	}
	c.Journal, c.Mail = daemon.Under(base, c.Journal), daemon.Under(base, c.Mail)
	if c.SignIn.Enabled() {
		if err := c.SignIn.Check(); err != nil {
			return fmt.Errorf("sign-in: %w", err)
		}
		c.SignIn.ClientSecretFile, c.SignIn.CA = daemon.Under(base, c.SignIn.ClientSecretFile), daemon.Under(base, c.SignIn.CA)
		if of := (&record.Registrar{Channel: c.Channel}); !slices.Contains(of.Ways(), c.SignIn.Way()) {
			c.Channel = strings.TrimPrefix(c.Channel+"; "+c.SignIn.Way(), "; ")
		}
	}
	if c.Contact != "" {
		if err := text.CheckName("contact", c.Contact); err != nil {
			return err
		}
	}
	if c.Booth == nil {
		yes := true
		c.Booth = &yes
	}
	if c.WrongCodes < 0 || c.PerMinute < 0 {
		return errors.New("wrong-codes, wrong-codes-per-minute: none may be negative")
	}
	for _, err := range []error{
		c.Server.Complete(base), c.BoardLink.Complete(base),
		text.CheckName("name", c.Name), text.CheckName("operator", c.Operator), text.CheckName("channel", c.Channel), text.CheckURL("link", c.Link),
	} {
		if err != nil {
			return err
		}
	}
	return nil
}

// Example is a configuration with every key.
const Example = `# registrar.toml: mandate registrar init, then mandate registrar run

# Who this is, as members read it in every round: the name, who runs it, and how it reaches members.
name     = "Auditors' registrar"
operator = "Auditors"
channel  = "e-mail code"

# Where it listens, and how members reach it. The address stands in rounds: choose one that stays.
listen  = ":443"
address = "https://cards.auditors.example.org"

# Certificate, with its chain, and key: PEM files, read again when they change and on SIGHUP. Without them the registrar speaks plain HTTP,
# for a proxy before it that speaks TLS.
certificate = "certificate.pem"
key         = "key.pem"
# proxies     = ["127.0.0.1/32"]     # reverse proxies, whose X-Forwarded-For is believed

# The board's entry, as its operator has handed it over; an own authority for certificates, if there is one; how often to look.
board = "board-entry.toml"
# ca    = "ca.pem"
# look  = "5s"

# The registrar's own folder (keys, private lists, who has a card), and the passphrase of its secrets: a file that only its owner can read,
# drawn by init if it is not there. Left out, the passphrase is systemd's credential "passphrase", or typed at the terminal.
# dir        = "data"
passphrase = "passphrase"
# socket     = "data/control.sock"   # where the running registrar listens for its operator's commands
# metrics    = "127.0.0.1:9464"      # figures for Prometheus, /healthz and /readyz: for the operator, not for the public
# log        = "text"                # or "json"; on standard error

# How often it publishes to whom it has issued cards, and for how long it goes on when it cannot read the board.
# publish = "15m"
# stale   = "10m"

# A second copy of every decision, on another disk: with it a registrar whose disk has died comes back whole.
# journal = "/mnt/other-disk/registrar.journal"

# The page to which members' links lead (default the booth on the board), and whether this registrar serves the booth's pages too.
# link  = "https://votes.example.org/booth/card"
# booth = true

# Wrong codes from one network address: so many at once, and then so many a minute.
# wrong-codes            = 20
# wrong-codes-per-minute = 2

# Whom members ask for help; and a configuration of mandate mail, with which they can ask on a page for a new code, sent to the address on
# the roll.
# contact = "cards@auditors.example.org"
# mail    = "mail.toml"

# An identity provider with which members can sign in instead of typing a code (OpenID Connect). Tell it ADDRESS/signin/callback as the
# address to come back to. The claim is email, or the one with the member number. Two registrars with one provider are one point of failure.
# [sign-in]
# issuer             = "https://login.example.org"
# client-id          = "auditors"
# client-secret-file = "client-secret"
# claim              = "email"
# name               = "the members' portal"
# scopes             = ["email"]
# max-age            = "15m"
# ca                 = "provider-ca.pem"
`
