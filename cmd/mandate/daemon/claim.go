package daemon

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// Claim makes this the only process that works in the party's folder, until release is called or the process ends, however it ends. Two of
// them would both believe to be the first to sign.
func (c *Common) Claim() (release func(), err error) {
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(c.Dir, "running"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := tryLock(f); err != nil {
		who, _ := io.ReadAll(io.LimitReader(f, 20))
		f.Close()
		return nil, Hint(fmt.Errorf("another process (%s) works in %s", strings.TrimSpace(string(who)), c.Dir), "one party is one process; the verb status asks the one that runs")
	}
	if err := f.Truncate(0); err == nil {
		_, err = fmt.Fprintf(f, "%d\n", os.Getpid())
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return func() { f.Close() }, nil // closing releases it
}
