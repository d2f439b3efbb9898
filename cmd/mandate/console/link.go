package console

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"mandate/cmd/mandate/vault"
	"mandate/crypto/transcript"
)

// A link that somebody makes on the machine itself, beside the running console, is left in the console's folder as a file named by the hash
// of its token. Whoever can write there has the machine.
const linkPrefix = "sign-in-"

func linkFile(token string) string {
	t := transcript.New("mandate console sign-in")
	t.AppendString("token", token)
	return fmt.Sprintf("%s%x", linkPrefix, t.ID("file"))
}

// NewLink makes a sign-in link for the console of a folder, and returns its address.
func NewLink(dir string) (string, error) {
	address, err := os.ReadFile(filepath.Join(dir, "address"))
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("there is no console in %s", dir)
	}
	if err != nil {
		return "", err
	}
	token := rand.Text()
	if err := vault.WriteFile(filepath.Join(dir, linkFile(token)), nil, 0o600); err != nil {
		return "", err
	}
	return strings.TrimSpace(string(address)) + "/console/sign-in/" + token, nil
}

// left reports whether a link was left in the folder, and uses it up if it is to.
func (c *Console) left(token string, use bool) bool {
	if len(token) > 64 {
		return false
	}
	path := filepath.Join(c.o.Dir, linkFile(token)) // a hash: nothing of the token is in the path
	info, err := os.Stat(path)
	if err != nil {
		return false
	}
	fresh := c.o.Clock().Sub(info.ModTime()) <= linkFor
	if use || !fresh {
		err = os.Remove(path) // only one of two who come at once can remove it
	}
	return fresh && err == nil
}
