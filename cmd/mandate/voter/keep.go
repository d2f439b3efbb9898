package voter

import (
	"context"
	"errors"
	"fmt"
	"os"

	"mandate/cmd/booth/member"
	"mandate/cmd/mandate/vault"
)

// A fileKeep keeps a card in files beside each other: the card file, which is all there is to keep, and what else there is under its name.
type fileKeep string

// NewKeep keeps a card in the file at path, mode 0600, and in files beside it whose names begin in the same way.
func NewKeep(path string) member.Keep { return fileKeep(path) }

func (k fileKeep) file(name string) string {
	if name == member.CardName {
		return string(k)
	}
	return string(k) + "." + name
}

func (k fileKeep) Put(_ context.Context, name string, content []byte) error {
	return vault.WriteFile(k.file(name), content, 0o600)
}

func (k fileKeep) Get(_ context.Context, name string) ([]byte, error) {
	return readFile(k.file(name), member.MaxKept)
}

func (k fileKeep) Place(name string) string { return k.file(name) }

// openWallet opens a card file. It need not be complete.
func openWallet(ctx context.Context, path string) (*member.Wallet, error) {
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return nil, &member.Problem{Code: member.CodeStorage, Err: fmt.Errorf("reading the card: %w", err),
			Hint: "name the card file with -card; if it is lost, make it again from the 24 words with mandate card -words"}
	}
	return member.OpenWallet(ctx, NewKeep(path))
}

// readFile reads a file of at most limit bytes.
func readFile(path string, limit int64) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > limit {
		return nil, fmt.Errorf("%s has %d bytes, at most %d", path, info.Size(), limit)
	}
	return os.ReadFile(path)
}
