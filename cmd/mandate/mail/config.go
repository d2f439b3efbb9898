package mail

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/pelletier/go-toml/v2"
)

// A Config is the file of mandate mail: TOML, in which an unknown key is an error. Names of files in it are relative to its folder.
type Config struct {
	Organisation string   `toml:"organisation"` // whose votes they are
	Sender       string   `toml:"sender"`       // who sends, as members see it
	Contact      string   `toml:"contact"`      // how members ask for help
	Board        string   `toml:"board"`        // the board's address
	Registrar    uint64   `toml:"registrar"`    // which registrar of the round this is, from 1; 0: the commission, which sends no codes
	Registrars   []string `toml:"registrars"`   // the names of all registrars of the round, in order
	Language     string   `toml:"language"`     // of members whose own is not known; default en
	Templates    string   `toml:"templates"`    // a folder with templates of one's own

	From   From   `toml:"from"`
	Server Server `toml:"server"`
	Limits Limits `toml:"limits"`
}

// Limits are those of Options, with the same defaults.
type Limits struct {
	Connections  int      `toml:"connections"`
	PerSecond    float64  `toml:"per-second"`
	Attempts     int      `toml:"attempts"`
	FirstRetry   Duration `toml:"first-retry"`
	LongestRetry Duration `toml:"longest-retry"`
	Patience     Duration `toml:"patience"`
	MostRefused  int      `toml:"most-refused"`
}

// ReadConfig reads a configuration, strictly.
func ReadConfig(path string) (*Config, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("-config: %w", err)
	}
	c := new(Config)
	if err := toml.NewDecoder(bytes.NewReader(b)).DisallowUnknownFields().Decode(c); err != nil {
		return nil, fmt.Errorf("-config: %s: %w", path, err)
	}
	for _, file := range []*string{&c.Templates, &c.Server.CA, &c.Server.PasswordFile} {
		if *file != "" && !filepath.IsAbs(*file) {
			*file = filepath.Join(filepath.Dir(path), *file)
		}
	}
	if c.Registrar > uint64(len(c.Registrars)) {
		return nil, fmt.Errorf("-config: %s: registrar %d of %d: registrars has the names of all", path, c.Registrar, len(c.Registrars))
	}
	return c, nil
}

// Options returns the options that the configuration has.
func (c *Config) Options() Options {
	l := c.Limits
	return Options{
		Server: c.Server, From: c.From, Language: c.Language, Connections: l.Connections, PerSecond: l.PerSecond, Attempts: l.Attempts,
		FirstRetry: time.Duration(l.FirstRetry), LongestRetry: time.Duration(l.LongestRetry), Patience: time.Duration(l.Patience), MostRefused: l.MostRefused,
	}
}

// Facts returns what the configuration says to everybody.
func (c *Config) Facts() Facts {
	return Facts{Organisation: c.Organisation, Sender: c.Sender, Contact: c.Contact, Board: c.Board, Registrars: c.Registrars}
}
