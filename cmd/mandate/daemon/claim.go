package daemon

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// ClaimNew makes the party's folder, in which there must be no party yet, and claims it: nothing is ever overwritten.
func (c *Common) ClaimNew() (release func(), err error) {
	if c.made() {
		return nil, Hint(fmt.Errorf("%s has keys already; nothing was changed", c.Dir), "the party is made once; the verb entry shows how it introduces itself, run starts it")
	}
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return nil, err
	}
	return c.claim()
}

// Claim makes this the only process that works in the party's folder, until release is called or the process ends, however it ends. Two of
// them would both believe to be the first to sign.
func (c *Common) Claim() (release func(), err error) {
	if !c.made() {
		return nil, Hint(fmt.Errorf("%s: %w: the party has no keys yet", c.VaultDir(), fs.ErrNotExist), "the verb init makes them; if they were there before, bring the folder back from its copy")
	}
	return c.claim()
}

// made reports whether init has made the party's folder.
func (c *Common) made() bool { return there(filepath.Join(c.VaultDir(), "identity.age")) }

func (c *Common) claim() (release func(), err error) {
	f, err := os.OpenFile(filepath.Join(c.Dir, "running"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := tryLock(f); err != nil {
		who, _ := io.ReadAll(io.LimitReader(f, 20))
		f.Close()
		return nil, Hint(fmt.Errorf("another process (%s) works in %s", strings.TrimSpace(string(who)), c.Dir), "one party is one process; the verb status asks the one that runs")
	}
	if err = f.Truncate(0); err == nil {
		_, err = fmt.Fprintf(f, "%d\n", os.Getpid())
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return func() { f.Close() }, nil // closing releases it
}
