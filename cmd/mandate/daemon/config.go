package daemon

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"
)

// Common is what every party's configuration has. Names of files in a configuration are relative to its own folder.
type Common struct {
	// Dir is the party's own folder, made by init: secrets, what it has to remember, the socket for its operator. Default "data".
	Dir string `toml:"dir"`
	// Passphrase is a file with the passphrase of the folder's secrets, readable by its owner only; init draws one if it is not there. Left
	// out, it is read from systemd's credential "passphrase", and if there is none typed at the terminal.
	Passphrase string `toml:"passphrase"`
	// Socket is where the running program listens for its operator's commands. Default control.sock in Dir.
	Socket string `toml:"socket"`
	// Metrics is where the operator's figures are served, for Prometheus at /metrics, with /healthz and /readyz: an address such as
	// "127.0.0.1:9464"; without a host, one of the loopback interface. It is not for the public. Default nowhere.
	Metrics string `toml:"metrics"`
	// Log is how it logs on standard error: "text" or "json". Default "text".
	Log string `toml:"log"`
}

// withDefaults fills in what was left out, for a file in a folder.
func (c *Common) withDefaults(base string) error {
	if c.Dir == "" {
		c.Dir = "data"
	}
	if c.Log != "" && c.Log != "text" && c.Log != "json" {
		return fmt.Errorf("log: %q, want \"text\" or \"json\"", c.Log)
	}
	if c.Socket == "" {
		c.Socket = filepath.Join(c.Dir, "control.sock")
	}
	c.Dir, c.Passphrase, c.Socket = Under(base, c.Dir), Under(base, c.Passphrase), Under(base, c.Socket)
	return nil
}

// VaultDir is the folder of the party's secrets.
func (c *Common) VaultDir() string { return filepath.Join(c.Dir, "vault") }

// EntryFile is the file in which the party introduces itself.
func (c *Common) EntryFile(party string) string { return filepath.Join(c.Dir, party+"-entry.toml") }

// Logger returns the log.
func (c *Common) Logger(w io.Writer) *slog.Logger {
	if c.Log == "json" {
		return slog.New(slog.NewJSONHandler(w, nil))
	}
	return slog.New(slog.NewTextHandler(w, nil))
}

// Under returns a file's path, for a name in a configuration in the folder base; "" for "".
func Under(base, name string) string {
	if name == "" || filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(base, name)
}

// A Duration is written like "2s" or "15m".
type Duration struct{ time.Duration }

// UnmarshalText reads a duration.
func (d *Duration) UnmarshalText(b []byte) error {
	v, err := time.ParseDuration(string(b))
	if err != nil || v <= 0 {
		return fmt.Errorf("%q is no time like \"2s\" or \"15m\"", b)
	}
	d.Duration = v
	return nil
}

const maxConfig = 1 << 20

// A config is a configuration's struct.
type config interface {
	// Complete checks the configuration and fills in what was left out. base is the folder of its file.
	Complete(base string) error
	Shared() *Common
}

// Shared returns what every configuration has.
func (c *Common) Shared() *Common { return c }

// ReadConfig reads a party's configuration, strictly: a key that there is not is an error, which says the line.
func ReadConfig(party, path string, c config) error {
	hint := fmt.Sprintf("mandate %s example prints a configuration with every key", party)
	b, err := readSmall(path, maxConfig)
	if err != nil {
		return Hint(err, "%s > %s", hint[:strings.Index(hint, " prints")], party+".toml")
	}
	if err := decodeStrictly(b, c); err != nil {
		return Hint(fmt.Errorf("%s: %w", path, err), "%s", hint)
	}
	base := filepath.Dir(path)
	err = c.Shared().withDefaults(base)
	if err == nil {
		err = c.Complete(base)
	}
	if err != nil {
		return Hint(fmt.Errorf("%s: %w", path, err), "%s", hint)
	}
	return nil
}

// decodeStrictly reads TOML; errors name the line.
func decodeStrictly(b []byte, to any) error {
	err := toml.NewDecoder(bytes.NewReader(b)).DisallowUnknownFields().Decode(to)
	var strict *toml.StrictMissingError
	if errors.As(err, &strict) && len(strict.Errors) > 0 {
		line, _ := strict.Errors[0].Position()
		return fmt.Errorf("line %d: there is no key %s", line, strings.Join(strict.Errors[0].Key(), "."))
	}
	var wrong *toml.DecodeError
	if errors.As(err, &wrong) {
		line, _ := wrong.Position()
		where := strings.Join(wrong.Key(), ".")
		if where != "" {
			where += ": "
		}
		return fmt.Errorf("line %d: %s%s", line, where, strings.TrimPrefix(wrong.Error(), "toml: "))
	}
	return err
}

// readSmall reads a file of at most so many bytes.
func readSmall(path string, most int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, most+1))
	switch {
	case err != nil:
		return nil, err
	case int64(len(b)) > most:
		return nil, fmt.Errorf("%s has more than %d bytes", path, most)
	}
	return b, nil
}

// there reports whether there is a file.
func there(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}
