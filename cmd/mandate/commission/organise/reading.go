package organise

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/term"

	"mandate/ballot/record"
	"mandate/ballot/roll"
	"mandate/ballot/text"
	"mandate/cmd/mandate/commission"
	"mandate/cmd/mandate/party"
	"mandate/cmd/mandate/vault"
	"mandate/crypto/sigma"
)

const (
	signingKey = "signing-key"
	maxFile    = 64 << 20 // of files that are read whole
	maxRoll    = 256 << 20
)

// key opens the officer's vault, in the folder or in its subfolder vault, and returns the signing key.
func (c *call) key() (sigma.SecretKey, error) {
	var phrase []byte
	var err error
	if c.secret != "" {
		phrase, err = passphraseIn(c.secret)
	} else {
		phrase, err = c.askPassphrase()
	}
	if err != nil {
		return sigma.SecretKey{}, err
	}
	defer clear(phrase)
	dir := filepath.Join(c.dir, "vault")
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		dir = c.dir
	}
	v, err := vault.Open(dir, phrase)
	if err != nil {
		return sigma.SecretKey{}, err
	}
	if _, err := v.Read(signingKey); err != nil { // party.Key would make another
		return sigma.SecretKey{}, fmt.Errorf("the officer's key: %w", err)
	}
	return party.Key(v, signingKey)
}

// passphraseIn reads a passphrase from a file: its last line that is not empty.
func passphraseIn(path string) ([]byte, error) {
	b, err := readFile("-passphrase", path, 4096)
	if err != nil {
		return nil, err
	}
	lines := bytes.Split(bytes.TrimRight(b, "\r\n"), []byte("\n"))
	last := bytes.TrimRight(lines[len(lines)-1], "\r")
	if len(last) == 0 {
		return nil, fmt.Errorf("-passphrase: %s is empty", path)
	}
	return last, nil
}

// ask asks for the passphrase on the terminal, without showing it.
func ask(in io.Reader, out io.Writer) ([]byte, error) {
	f, ok := in.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return nil, misuse("there is no terminal to ask for the passphrase on: give -passphrase")
	}
	fmt.Fprint(out, "Passphrase of the officer's vault: ")
	defer fmt.Fprintln(out)
	return term.ReadPassword(int(f.Fd()))
}

// readFile reads a file that a flag names, of at most limit bytes.
func readFile(flag, path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", flag, err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", flag, err)
	case int64(len(b)) > limit:
		return nil, fmt.Errorf("%s: %s has more than %d bytes", flag, path, limit)
	}
	return b, nil
}

// hashOf returns the SHA-256 of a file of any size, zero if no file is named.
func hashOf(flag, path string) (record.ID, error) {
	if path == "" {
		return record.ID{}, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return record.ID{}, fmt.Errorf("%s: %w", flag, err)
	}
	defer f.Close()
	h := sha256.New()
	if n, err := io.Copy(h, f); err != nil || n == 0 {
		return record.ID{}, errors.Join(fmt.Errorf("%s: %s has %d bytes", flag, path, n), err)
	}
	return record.ID(h.Sum(nil)), nil
}

// readTexts reads a text in several languages from flags such as en=Yes.
func readTexts(flag string, given []string) (text.Texts, error) {
	t := make(text.Texts)
	for _, g := range given {
		lang, words, ok := strings.Cut(g, "=")
		if !ok {
			return nil, misuse("-%s %q: want a language and the text, such as en=A forum", flag, g)
		}
		if _, twice := t[lang]; twice {
			return nil, misuse("-%s: language %s is there twice", flag, lang)
		}
		t[lang] = text.Clean(words)
	}
	if err := t.Check(flag); err != nil {
		return nil, misuse("-%w", err)
	}
	return t, nil
}

// readTime reads a date with its time zone.
func readTime(flag, s string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return t, misuse("-%s %q: want a date with its time zone, such as 2027-03-01T19:00:00-05:00", flag, s)
	}
	return t, nil
}

// people reads the private roll and returns how its members are found by their numbers.
func people(path string) (func(flag, number string) (record.Member, error), error) {
	if path == "" {
		return nil, misuse("-roll is needed: the private roll, in which members are found")
	}
	b, err := readFile("-roll", path, maxRoll)
	if err != nil {
		return nil, err
	}
	r, err := roll.Parse(b)
	if err != nil {
		return nil, fmt.Errorf("-roll: %w", err)
	}
	return func(flag, number string) (record.Member, error) {
		i, ok := r.Find(number)
		if !ok {
			return record.Member{}, fmt.Errorf("-%s: no member has the number %q", flag, number)
		}
		return commission.Member(r, i), nil
	}, nil
}

// several finds several members.
func several(find func(flag, number string) (record.Member, error), flag string, numbers []string) ([]record.Member, error) {
	var out []record.Member
	for _, n := range numbers {
		m, err := find(flag, n)
		if err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	return out, nil
}
