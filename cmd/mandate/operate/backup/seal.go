package backup

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"filippo.io/age"
)

const maxKeyFile = 64 << 10

// Recipients returns for whom a copy is encrypted: age recipients ("age1…"), or whoever knows the passphrase in a file.
func Recipients(to []string, passphraseFile string) ([]age.Recipient, error) {
	if (len(to) == 0) == (passphraseFile == "") {
		return nil, errors.New("say for whom the copy is encrypted: either recipients or a passphrase file")
	}
	if passphraseFile != "" {
		phrase, err := phrase(passphraseFile)
		if err != nil {
			return nil, err
		}
		r, err := age.NewScryptRecipient(phrase)
		if err != nil {
			return nil, err
		}
		return []age.Recipient{r}, nil
	}
	var out []age.Recipient
	for _, s := range to {
		r, err := age.ParseRecipients(bytes.NewReader([]byte(s)))
		if err != nil {
			return nil, fmt.Errorf("recipient %.80q: %w", s, err)
		}
		out = append(out, r...)
	}
	return out, nil
}

// Identities returns what opens a copy: the age identities in a file, or the passphrase in a file.
func Identities(identityFile, passphraseFile string) ([]age.Identity, error) {
	if (identityFile == "") == (passphraseFile == "") {
		return nil, errors.New("say what opens the copy: either an identity file or a passphrase file")
	}
	if passphraseFile != "" {
		phrase, err := phrase(passphraseFile)
		if err != nil {
			return nil, err
		}
		id, err := age.NewScryptIdentity(phrase)
		if err != nil {
			return nil, err
		}
		return []age.Identity{id}, nil
	}
	f, err := os.Open(identityFile)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	ids, err := age.ParseIdentities(io.LimitReader(f, maxKeyFile))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", identityFile, err)
	}
	return ids, nil
}

func phrase(file string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxKeyFile))
	if err != nil {
		return "", err
	}
	if b = bytes.TrimSpace(b); len(b) == 0 {
		return "", fmt.Errorf("%s is empty; it should have a passphrase", file)
	}
	return string(b), nil
}

// Seal returns a writer that encrypts to w. Nothing is whole before it is closed.
func Seal(w io.Writer, to []age.Recipient) (io.WriteCloser, error) { return age.Encrypt(w, to...) }

// Unseal returns what Seal encrypted. Its last read fails if anything was cut off.
func Unseal(r io.Reader, ids []age.Identity) (io.Reader, error) { return age.Decrypt(r, ids...) }
