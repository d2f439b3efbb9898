package daemon

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/term"

	"mandate/cmd/mandate/vault"
)

// leastPhrase is how long a typed passphrase must be, in bytes.
const leastPhrase = 10

// Drawn is how a vault is encrypted whose passphrase was drawn at random: it needs no slow hash.
var Drawn = vault.Options{WorkFactor: 10}

// phraseFile returns the file with the passphrase, "" if it is to be typed.
func (c *Common) phraseFile() string {
	if c.Passphrase != "" {
		return c.Passphrase
	}
	// systemd names the folder of a service's credentials in the environment (systemd.exec(5), LoadCredential=).
	if dir := os.Getenv("CREDENTIALS_DIRECTORY"); dir != "" {
		if path := filepath.Join(dir, "passphrase"); there(path) {
			return path
		}
	}
	return ""
}

// readPhrase reads a passphrase: the last line of a file. Whoever else could read an own file has had the secrets; systemd's it guards itself.
func readPhrase(path string, own bool) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, Hint(fmt.Errorf("passphrase: %w", err), "without its passphrase the party's folder cannot be opened; bring the file back, or leave the key out to type it")
	}
	if own && info.Mode().Perm()&0o077 != 0 {
		return nil, Hint(fmt.Errorf("passphrase: %s has mode %04o: others than its owner can read or change it", path, info.Mode().Perm()), "chmod 600 %s", path)
	}
	b, err := readSmall(path, 4096)
	if err != nil {
		return nil, fmt.Errorf("passphrase: %w", err)
	}
	lines := bytes.Split(bytes.TrimRight(b, "\r\n"), []byte("\n"))
	last := bytes.TrimRight(lines[len(lines)-1], "\r")
	if len(last) == 0 {
		return nil, fmt.Errorf("passphrase: %s is empty", path)
	}
	return last, nil
}

func typed(in io.Reader, out io.Writer, prompt string) ([]byte, error) {
	f, ok := in.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return nil, Hint(errors.New("there is no terminal to type the passphrase at"),
			"name a file in the configuration (passphrase = \"…\"), or have systemd load the credential \"passphrase\"")
	}
	fmt.Fprint(out, prompt)
	defer fmt.Fprintln(out)
	return term.ReadPassword(int(f.Fd()))
}

// NewPassphrase returns the passphrase for a folder that is to be made, and how its vault is to be encrypted: one that is drawn, if the
// configuration names a file that is not there, else the one that is there or that is typed, twice.
func (c *Common) NewPassphrase(in io.Reader, out io.Writer) ([]byte, vault.Options, error) {
	path := c.phraseFile()
	switch {
	case path == "":
		first, err := typed(in, out, "New passphrase for "+c.VaultDir()+": ")
		if err != nil {
			return nil, vault.Options{}, err
		}
		if len(first) < leastPhrase {
			return nil, vault.Options{}, fmt.Errorf("the passphrase is too short: %d bytes, at least %d", len(first), leastPhrase)
		}
		again, err := typed(in, out, "Once more: ")
		defer clear(again)
		if err == nil && !bytes.Equal(first, again) {
			err = errors.New("the two passphrases differ")
		}
		return first, vault.Options{}, err
	case !there(path):
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return nil, vault.Options{}, err
		}
		phrase := []byte(rand.Text())
		if err := vault.WriteFile(path, append(bytes.Clone(phrase), '\n'), 0o600); err != nil {
			return nil, vault.Options{}, fmt.Errorf("passphrase: %w", err)
		}
		fmt.Fprintf(out, "A passphrase was drawn: %s. Keep a copy of it apart from copies of %s.\n", path, c.Dir)
		return phrase, Drawn, nil
	}
	phrase, err := readPhrase(path, c.Passphrase != "")
	return phrase, vault.Options{}, err
}

// NewVault makes the party's secrets, in a folder that has none.
func (c *Common) NewVault(in io.Reader, out io.Writer) (*vault.Vault, error) {
	phrase, o, err := c.NewPassphrase(in, out)
	if err != nil {
		return nil, err
	}
	defer clear(phrase)
	return vault.Create(c.VaultDir(), phrase, o)
}

// OpenVault opens the party's secrets.
func (c *Common) OpenVault(in io.Reader, out io.Writer) (*vault.Vault, error) {
	phrase, err := c.OldPassphrase(in, out)
	if err != nil {
		return nil, err
	}
	defer clear(phrase)
	v, err := vault.Open(c.VaultDir(), phrase)
	return v, WrongPhrase(err)
}

// OldPassphrase returns the passphrase of the party's secrets: from the file that the configuration names, from systemd's credentials, or
// typed at the terminal. The caller overwrites it.
func (c *Common) OldPassphrase(in io.Reader, out io.Writer) ([]byte, error) {
	if path := c.phraseFile(); path != "" {
		return readPhrase(path, c.Passphrase != "")
	}
	return typed(in, out, "Passphrase of "+c.VaultDir()+": ")
}

// WrongPhrase adds to an error of opening a vault what to do about it.
func WrongPhrase(err error) error {
	return Hint(err, "is the passphrase the one with which the folder was made? The file with it and the folder belong together")
}
