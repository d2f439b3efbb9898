package registrar

import (
	"errors"
	"time"

	"mandate/ballot/text"
	"mandate/cmd/mandate/daemon"
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
	c.Journal = daemon.Under(base, c.Journal)
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
`
