// Package vault keeps a party's secrets at rest: files in one folder, encrypted with age (https://age-encryption.org/v1).
//
// The folder's identity is an X25519 key in identity.age, itself encrypted with a passphrase (scrypt); every other secret is encrypted to
// it, so writing one costs no passphrase and no scrypt. Files are replaced atomically and are on disk when Write returns. Whoever has
// folder and passphrase has the secrets; whoever has the folder alone has sizes and times, and can delete or bring back older files: a
// party that must not do a thing twice has to look at the board, not only here.
package vault

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"

	"filippo.io/age"
)

const (
	identityFile = "identity.age"
	lockFile     = "lock"
	maxSecret    = 2 << 30 // a stage of the largest mix is below 1 GiB
)

var nameForm = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{0,99}$`)

// A Vault is an open folder of secrets.
type Vault struct {
	dir string
	id  *age.X25519Identity
}

// Options of Create.
type Options struct {
	// WorkFactor is the logarithm of scrypt's cost; 0 means age's default, about a second.
	WorkFactor int
}

// Create makes the folder and its identity. A folder that has one already is an error.
func Create(dir string, passphrase []byte, o Options) (*Vault, error) {
	if len(passphrase) == 0 {
		return nil, errors.New("vault: the passphrase is empty")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("vault: %w", err)
	}
	if _, err := os.Stat(filepath.Join(dir, identityFile)); err == nil {
		return nil, fmt.Errorf("vault: %s has an identity already", dir)
	}
	id, err := age.GenerateX25519Identity()
	if err != nil {
		return nil, fmt.Errorf("vault: making an identity: %w", err)
	}
	r, err := age.NewScryptRecipient(string(passphrase))
	if err != nil {
		return nil, fmt.Errorf("vault: %w", err)
	}
	if o.WorkFactor != 0 {
		r.SetWorkFactor(o.WorkFactor)
	}
	v := &Vault{dir: dir, id: id}
	return v, v.write(identityFile, []byte(id.String()), r)
}

// Open opens the folder with its passphrase.
func Open(dir string, passphrase []byte) (*Vault, error) {
	id, err := age.NewScryptIdentity(string(passphrase))
	if err != nil {
		return nil, fmt.Errorf("vault: %w", err)
	}
	b, err := read(filepath.Join(dir, identityFile), id)
	if err != nil {
		return nil, fmt.Errorf("vault: opening %s (is the passphrase right?): %w", dir, err)
	}
	x, err := age.ParseX25519Identity(string(b))
	if err != nil {
		return nil, fmt.Errorf("vault: identity of %s: %w", dir, err)
	}
	return &Vault{dir: dir, id: x}, nil
}

// Dir returns the folder.
func (v *Vault) Dir() string { return v.dir }

// String returns the folder without any secret.
func (v *Vault) String() string { return "vault " + v.dir }

// GoString is String.
func (v *Vault) GoString() string { return v.String() }

// Write replaces the secret with that name: lower-case letters, digits, dots and hyphens. It is on disk when Write returns.
func (v *Vault) Write(name string, secret []byte) error {
	path, err := v.path(name)
	if err != nil {
		return err
	}
	return v.write(path, secret, v.id.Recipient())
}

// Read returns the secret with that name; if there is none the error is fs.ErrNotExist.
func (v *Vault) Read(name string) ([]byte, error) {
	path, err := v.path(name)
	if err != nil {
		return nil, err
	}
	b, err := read(filepath.Join(v.dir, path), v.id)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("vault: reading %s in %s: %w", name, v.dir, err)
	}
	return b, err
}

// Lock waits until nobody else, in this process or another, holds the folder's lock, and returns what releases it. It is for what must
// not happen twice: between Read and Write of a secret that two processes started on one folder could each believe to be the first.
func (v *Vault) Lock() (unlock func(), err error) {
	f, err := os.OpenFile(filepath.Join(v.dir, lockFile), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("vault: %w", err)
	}
	if err := lock(f); err != nil {
		f.Close()
		return nil, fmt.Errorf("vault: locking %s: %w", v.dir, err)
	}
	return func() { f.Close() }, nil // closing releases it
}

func (v *Vault) path(name string) (string, error) {
	if !nameForm.MatchString(name) || name+".age" == identityFile {
		return "", fmt.Errorf("vault: %q is no name of a secret", name)
	}
	return name + ".age", nil
}

func (v *Vault) write(file string, secret []byte, r age.Recipient) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("vault: writing %s in %s: %w", file, v.dir, err)
		}
	}()
	var sealed bytes.Buffer
	w, err := age.Encrypt(&sealed, r)
	if err != nil {
		return err
	}
	if _, err := w.Write(secret); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return WriteFile(filepath.Join(v.dir, file), sealed.Bytes(), 0o600)
}

func read(path string, id age.Identity) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r, err := age.Decrypt(io.LimitReader(f, maxSecret), id)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// WriteFile replaces a file atomically: it has either its old or its new content, and the new one is on disk when WriteFile returns.
func WriteFile(path string, content []byte, mode fs.FileMode) error {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	if err := f.Chmod(mode); err != nil {
		return err
	}
	if _, err := f.Write(content); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// SetAside gives a vault's folder another name, if it is there, so that a new one can be made in its place. Nothing is deleted.
func SetAside(dir string) error {
	err := os.Rename(dir, dir+".unused-"+rand.Text())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
