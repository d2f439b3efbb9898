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

	// Store says where the log is. Default: in the board's own folder.
	Store Store `toml:"store"`

	quorum *witness.Quorum
}

// Store says where a board's log is. mandate migrate moves it from one to the other.
type Store struct {
	// Kind is "badger", the default: the folder log in the board's own one, for one machine; or "mysql-s3": a database and a bucket, for any
	// number of machines, each of which runs mandate board with the same keys.
	Kind string `toml:"kind"`
	// File names database and bucket, with their secrets (package bulletin/store/cloud). For mysql-s3 only.
	File string `toml:"file"`
}

func (s *Store) complete(base string) error {
	switch {
	case s.Kind == "":
		s.Kind = "badger"
	case s.Kind != "badger" && s.Kind != "mysql-s3":
		return fmt.Errorf("store: kind %q, want \"badger\" or \"mysql-s3\"", s.Kind)
	}
	if (s.Kind == "mysql-s3") != (s.File != "") {
		return fmt.Errorf("store: kind %q and file %q; mysql-s3 has a file that names database and bucket, badger has none", s.Kind, s.File)
	}
	s.File = daemon.Under(base, s.File)
	return nil
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
	if err := c.Store.complete(base); err != nil {
		return err
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

# Where the log is: in the board's folder, or in a database and a bucket that several machines share (README, "Several machines"). Both are
# named by the file, which has the keys mysql, bucket, region, endpoint, access-key and secret-key, and is not open to others.
[store]
kind = "badger"          # or "mysql-s3"
# file = "store.toml"
`
