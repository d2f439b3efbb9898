package trustee

import (
	"mandate/ballot/text"
	"mandate/cmd/mandate/daemon"
)

// Config is the file of mandate trustee: TOML, read strictly. Its comments, and those of the structs in it, are its manual.
type Config struct {
	daemon.Common
	daemon.BoardLink
	// Name is what members read.
	Name string `toml:"name"`
	// URL is a page about the trustee, if there is one.
	URL string `toml:"url"`
}

// Complete checks the configuration and fills in what was left out.
func (c *Config) Complete(base string) error {
	for _, err := range []error{c.BoardLink.Complete(base), text.CheckName("name", c.Name), text.CheckURL("url", c.URL)} {
		if err != nil {
			return err
		}
	}
	return nil
}

// Example is a configuration with every key.
const Example = `# trustee.toml: mandate trustee init, then mandate trustee run

# Who this is, as members read it in every vote, and a page about you, if there is one.
name = "Ana Ruiz"
# url  = "https://www.example.org/trustees"

# The board's entry, as its operator has handed it over; an own authority for certificates, if there is one; how often to look.
board = "board-entry.toml"
# ca    = "ca.pem"
# look  = "5s"

# The trustee's own folder: the share of every vote's key is in it, so keep a copy. Its passphrase is typed at the terminal, or read from
# systemd's credential "passphrase", or from a file that only its owner can read, drawn by init if it is not there.
# dir        = "data"
# passphrase = "passphrase"
# socket     = "data/control.sock"   # where the running trustee listens for its owner's commands
# metrics    = "127.0.0.1:9464"      # figures for Prometheus, /healthz and /readyz: for the operator, not for the public
# log        = "text"                # or "json"; on standard error
`
