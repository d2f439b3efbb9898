// Package witness is the command mandate witness: a chapter, or anybody else, cosigns the logs of boards, so that none of them can show two
// histories. Run is the command; package bulletin/witness says what a witness promises.
//
// The folder has the key (in a vault), the newest tree head of each log (in a store), and the list of logs, a text file. The folder is never
// to be copied and run a second time, and never to be put back from an older copy: a witness whose folder is lost begins anew with another key.
package witness

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"

	"mandate/ballot/checkpoint"
	"mandate/bulletin/store"
	"mandate/bulletin/witness"
	"mandate/cmd/mandate/daemon"
	"mandate/cmd/mandate/vault"
)

const usage = `Witness cosigns the checkpoints of boards and other transparency logs (c2sp.org/tlog-witness). It signs only what continues what it has
signed before, so a log that is cosigned cannot show two histories.

Usage:
    mandate witness [run] -dir DIR [-name NAME] [-listen ADDR] [FLAGS]
    mandate witness add-log -dir DIR VKEY [ORIGIN]
    mandate witness key -dir DIR

    run        make the key if this is the first start, and cosign until it is interrupted
    add-log    work for one more log; a witness that runs notices by itself
    key        print the witness's verifier key, which policies and votes name

Every verb answers -h.

Example:
    mandate witness -dir north -name witness.north.example -listen 127.0.0.1:7380
    mandate witness add-log -dir north votes.example.org/log+1a2b3c4d+AZ...
`

const runUsage = `Cosigns until it is interrupted. At the first start it draws its key, prints its verifier key, and goes on.

Usage:
    mandate witness [run] -dir DIR [-name NAME] [-listen ADDR] [-passphrase FILE] [-certificate FILE -key FILE]

    -dir DIR            the folder of the witness. Never put it back from an older copy, and never run a copy: begin anew with another name
    -name NAME          what it signs as, at the first start: by custom an address without https://, under which you can be found
    -listen ADDR        where boards reach it (default 127.0.0.1:7380); https by a proxy before it, or with
    -certificate FILE   its certificate and chain (PEM), and
    -key FILE           the certificate's key (PEM)
    -passphrase FILE    the passphrase of its key (default DIR/passphrase; drawn at the first start)

Example:
    mandate witness -dir north -name witness.north.example -listen 127.0.0.1:7380
`

const addUsage = `Adds a log to those that the witness works for. Whose key it is, find out from its operator yourself.

Usage:
    mandate witness add-log -dir DIR VKEY [ORIGIN]

    VKEY      the log's verifier key, as in a board's entry (log-key) or its first record
    ORIGIN    the first line of the log's checkpoints, if it is not the name in the key

Example:
    mandate witness add-log -dir north votes.example.org/log+1a2b3c4d+AZ...
`

const keyUsage = `Prints the witness's verifier key, as witness policies and votes name it.

Usage:
    mandate witness key -dir DIR

Example:
    mandate witness key -dir north
`

// Run is the command mandate witness.
func Run(ctx context.Context, args []string, in io.Reader, stdout, stderr io.Writer) int {
	if len(args) > 0 && strings.HasPrefix(args[0], "-") && !isHelp(args[0]) {
		args = append([]string{"run"}, args...)
	}
	if len(args) > 2 && args[0] == "add-log" { // the origin may have spaces, or be left out
		if i := vkeyIn(args); i > 0 {
			args = append(args[:i:i], strings.Join(args[i:], " "))
		}
	}
	return program.Run(ctx, args, in, stdout, stderr)
}

func isHelp(s string) bool { return s == "-h" || s == "-help" || s == "--help" }

// vkeyIn returns the place of the first argument that is a verifier key, 0 if there is none.
func vkeyIn(args []string) int {
	for i, a := range args {
		if _, err := note.NewVerifier(a); err == nil && i > 0 {
			return i
		}
	}
	return 0
}

var program = &daemon.Program{Name: "witness", Usage: usage, Verbs: map[string]*daemon.Verb{
	"run": {Usage: runUsage, Flags: func(f *flag.FlagSet) func(context.Context, *daemon.Call) error {
		var p place
		p.flags(f)
		name := f.String("name", "", "")
		phrase := f.String("passphrase", "", "")
		server := daemon.Server{}
		f.StringVar(&server.Listen, "listen", "127.0.0.1:7380", "")
		f.StringVar(&server.Certificate, "certificate", "", "")
		f.StringVar(&server.Key, "key", "", "")
		return func(ctx context.Context, c *daemon.Call) error {
			if err := p.check(); err != nil {
				return err
			}
			if (server.Certificate == "") != (server.Key == "") {
				return daemon.Misuse("-certificate and -key are given together or not at all")
			}
			return run(ctx, c, p, *name, *phrase, &server)
		}
	}},
	"add-log": {Usage: addUsage, Args: 1, Flags: func(f *flag.FlagSet) func(context.Context, *daemon.Call) error {
		var p place
		p.flags(f)
		return func(_ context.Context, c *daemon.Call) error {
			if err := p.check(); err != nil {
				return err
			}
			return p.addLog(c)
		}
	}},
	"key": {Usage: keyUsage, Flags: func(f *flag.FlagSet) func(context.Context, *daemon.Call) error {
		var p place
		p.flags(f)
		return func(_ context.Context, c *daemon.Call) error {
			if err := p.check(); err != nil {
				return err
			}
			b, err := os.ReadFile(p.under("vkey"))
			if err != nil {
				return daemon.Hint(err, "the witness has a key after its first start")
			}
			c.Say("%s", strings.TrimSpace(string(b)))
			return nil
		}
	}},
}}

// A place is a witness's folder.
type place struct{ dir string }

func (p *place) flags(f *flag.FlagSet) { f.StringVar(&p.dir, "dir", "", "") }

func (p *place) check() error {
	if p.dir == "" {
		return daemon.Misuse("-dir is needed: the folder of the witness")
	}
	return nil
}

func (p *place) under(name string) string { return filepath.Join(p.dir, name) }

func (p *place) addLog(c *daemon.Call) error {
	l, err := witness.ParseLog(c.Args[0])
	if err != nil {
		return daemon.Hint(err, "a board's entry has it as log-key")
	}
	text, err := os.ReadFile(p.under("logs"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	known, err := witness.ParseLogs(string(text))
	if err != nil {
		return fmt.Errorf("%s: %w", p.under("logs"), err)
	}
	for _, k := range known {
		if k.VKey == l.VKey && k.Origin == l.Origin {
			c.Say("it works for %s already", l.Origin)
			return nil
		}
	}
	if err := os.MkdirAll(p.dir, 0o700); err != nil {
		return err
	}
	if len(text) > 0 && !strings.HasSuffix(string(text), "\n") {
		text = append(text, '\n')
	}
	line := l.VKey
	if l.Origin != l.Key.Name() {
		line += " " + l.Origin
	}
	if err := vault.WriteFile(p.under("logs"), append(text, line+"\n"...), 0o644); err != nil {
		return err
	}
	c.Say("works for %s", l.Origin)
	return nil
}

// A list is the file with the logs, read again when it has changed.
type list struct {
	path string
	mu   sync.Mutex
	at   time.Time
	size int64
	logs []witness.Log
}

func (l *list) get() ([]witness.Log, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	info, err := os.Stat(l.path)
	if errors.Is(err, fs.ErrNotExist) {
		l.logs, l.at, l.size = nil, time.Time{}, 0
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if info.ModTime().Equal(l.at) && info.Size() == l.size {
		return l.logs, nil
	}
	text, err := os.ReadFile(l.path)
	if err != nil {
		return nil, err
	}
	logs, err := witness.ParseLogs(string(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", l.path, err)
	}
	l.logs, l.at, l.size = logs, info.ModTime(), info.Size()
	return logs, nil
}

const secretName = "witness-key"

// key returns the witness's name and key, which are drawn at the first start.
func (p *place) key(c *daemon.Call, common *daemon.Common, db *store.DB, name string) (string, ed25519.PrivateKey, error) {
	identity, err := db.KV("witness/identity") // the key whose tree heads the store has
	if err != nil {
		return "", nil, err
	}
	var v *vault.Vault
	_, err = os.Stat(filepath.Join(common.VaultDir(), "identity.age"))
	switch {
	case err == nil:
		v, err = common.OpenVault(c.In, c.Err)
	case name == "":
		return "", nil, daemon.Misuse("-name is needed at the first start: what the witness signs as")
	default:
		v, err = common.NewVault(c.In, c.Err)
	}
	if err != nil {
		return "", nil, err
	}
	secret, err := v.Read(secretName)
	if errors.Is(err, fs.ErrNotExist) {
		public, private, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			return "", nil, err
		}
		vkey := checkpoint.WitnessKey(name, public)
		if _, err := checkpoint.ParseWitnessKey(vkey); err != nil {
			return "", nil, daemon.Misuse("-name: %w", err)
		}
		if err := identity.Put([]byte("vkey"), []byte(vkey)); err != nil {
			return "", nil, err
		}
		if err := v.Write(secretName, fmt.Appendf(nil, "%s\n%x", name, private.Seed())); err != nil {
			return "", nil, err
		}
		return name, private, vault.WriteFile(p.under("vkey"), []byte(vkey+"\n"), 0o644)
	}
	if err != nil {
		return "", nil, err
	}
	defer clear(secret)
	had, digits, _ := strings.Cut(string(secret), "\n")
	seed, err := hex.DecodeString(digits)
	if err != nil || len(seed) != ed25519.SeedSize {
		return "", nil, errors.New("the key in the witness's vault is damaged")
	}
	defer clear(seed)
	if name != "" && name != had {
		return "", nil, daemon.Hint(fmt.Errorf("-name: the witness is %s", had), "leave -name out, or take another folder for another witness")
	}
	private := ed25519.NewKeyFromSeed(seed)
	vkey := checkpoint.WitnessKey(had, private.Public().(ed25519.PublicKey))
	if known, err := identity.Get([]byte("vkey")); err != nil || string(known) != vkey {
		return "", nil, daemon.Hint(fmt.Errorf("what this key has signed is not in %s: with it the witness might sign a second history", p.under("heads")),
			"begin anew in another folder, with another name, and tell the boards")
	}
	return had, private, vault.WriteFile(p.under("vkey"), []byte(vkey+"\n"), 0o644)
}

func run(ctx context.Context, c *daemon.Call, p place, name, phrase string, server *daemon.Server) error {
	if phrase == "" {
		phrase = p.under("passphrase")
	}
	if err := os.MkdirAll(p.dir, 0o700); err != nil {
		return err
	}
	common := &daemon.Common{Dir: p.dir, Passphrase: phrase}
	log := common.Logger(c.Err)
	db, err := store.Open(p.under("heads"), &store.DBOptions{Logger: log}) // one process at a time can have it open
	if err != nil {
		return daemon.Hint(err, "is the witness running already?")
	}
	defer db.Close()
	signs, key, err := p.key(c, common, db, name)
	if err != nil {
		return err
	}
	logs := &list{path: p.under("logs")}
	if _, err := logs.get(); err != nil {
		return err
	}
	w, err := witness.New(witness.Options{DB: db, Name: signs, Key: key, Logs: logs.get, Log: log})
	if err != nil {
		return err
	}
	l, err := server.Open(ctx, log)
	if err != nil {
		return err
	}
	defer l.Close()
	c.Say("vkey: %s", w.VerifierKey())
	c.Say("The witness listens on %v", l.Addr())
	return daemon.Serve(ctx, l, w.Handler(), log)
}
