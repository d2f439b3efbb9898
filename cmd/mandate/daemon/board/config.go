package board

import (
	"fmt"

	"mandate/ballot/text"
	"mandate/bulletin/witness"
	"mandate/cmd/mandate/daemon"
)

// Config is the file of mandate board: TOML, read strictly. Its comments, and those of the structs in it, are its manual.
type Config struct {
	daemon.Common
	daemon.Server
	// Title is the organisation's name by language, as it stands for ever in the log's first record, which init writes.
	Title text.Texts `toml:"title"`
	// Records is how many records a second each party may post, ballots apart. Default 200.
	Records float64 `toml:"records-per-second"`
	// Ballots is how many records a second one network address may send, of which a meeting hall has one. Default 50.
	Ballots float64 `toml:"ballots-per-second"`
	// Witnesses is a file with the policy by which witnesses cosign what the board shows, in the form that Sigsum and Tessera share (see
	// package bulletin/witness). Votes are called with these witnesses unless they name others. Default none.
	Witnesses string `toml:"witnesses"`

	quorum *witness.Quorum
}

// Complete checks the configuration.
func (c *Config) Complete(base string) error {
	if err := c.Server.Complete(base); err != nil {
		return err
	}
	if err := c.Title.Check("title"); err != nil {
		return err
	}
	if c.Records < 0 || c.Ballots < 0 {
		return fmt.Errorf("records-per-second, ballots-per-second: %v and %v, want more than nothing", c.Records, c.Ballots)
	}
	if c.Witnesses != "" {
		var err error
		if c.quorum, err = witness.ReadPolicy(daemon.Under(base, c.Witnesses)); err != nil {
			return fmt.Errorf("witnesses: %w", err)
		}
	}
	return nil
}

// Example is a configuration with every key.
const Example = `# board.toml: mandate board init, then mandate board run

# The organisation's name by language, as it stands for ever in the log's first record.
title = { en = "The Example Association", es = "La Asociación Ejemplo" }

# Where the board listens, and how everybody reaches it. The address stands in members' links and receipts: choose one that stays.
listen  = ":443"
address = "https://votes.example.org"

# Certificate, with its chain, and key: PEM files, read again when they change and on SIGHUP. Without them the board speaks plain HTTP, for
# a proxy before it that speaks TLS.
certificate = "certificate.pem"
key         = "key.pem"
# proxies     = ["127.0.0.1/32"]     # reverse proxies, whose X-Forwarded-For is believed

# The board's own folder (its keys and the log), and the passphrase of the keys: a file that only its owner can read, drawn by init if it
# is not there. Left out, the passphrase is systemd's credential "passphrase", or typed at the terminal.
# dir        = "data"
passphrase = "passphrase"
# socket     = "data/control.sock"   # where the running board listens for mandate board status
# metrics    = "127.0.0.1:9464"      # figures for Prometheus, /healthz and /readyz: for the operator, not for the public
# log        = "text"                # or "json"; on standard error

# Limits: records of parties a second; records a second from one network address, of which a meeting hall has one.
# records-per-second = 200
# ballots-per-second = 50

# Who cosigns what the board shows, so that it cannot show two histories: a file such as
#     witness north witness.north.example+1a2b3c4d+BA... https://witness.north.example
#     witness south witness.south.example+5e6f7a8b+BB... https://witness.south.example
#     group both 2 north south
#     quorum both
# Each witness must first be told the board's key: mandate witness add-log with log-key of board-entry.toml. While they are away the board
# goes on taking ballots, and receipts wait.
# witnesses = "witness-policy.txt"
`
