package doctor

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"mandate/bulletin/store"
	"mandate/cmd/mandate/daemon"
	"mandate/cmd/mandate/operate/backup"
	"mandate/cmd/mandate/vault"
)

// What is enough.
const (
	enoughSpace  = 2 << 30 // bytes
	slowSync     = 100 * time.Millisecond
	backupAge    = 24 * time.Hour
	certificates = 14 * 24 * time.Hour
	clockError   = 10 * time.Second
)

// folder checks that the party's folder is there and nobody else's.
func folder(f *findings, dir string) bool {
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		f.wrong("folder", "make it with the verb init, or bring it back with mandate restore", "%s is not there", dir)
		return false
	case err != nil || !info.IsDir():
		f.wrong("folder", "run the doctor as the party's own user", "%s cannot be read, or is no folder: %v", dir, err)
		return false
	case info.Mode().Perm()&0o077 != 0:
		f.wrong("folder", "chmod 700 "+dir, "%s has mode %04o: others than its owner can look into it", dir, info.Mode().Perm())
	default:
		f.ok("folder", "%s", dir)
	}
	open := 0
	var first string
	filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || filepath.Ext(p) != ".age" {
			return nil
		}
		if info, err := d.Info(); err == nil && info.Mode().Perm()&0o077 != 0 {
			if open++; first == "" {
				first = p
			}
		}
		return nil
	})
	if open > 0 {
		f.wrong("secrets", "chmod -R go= "+dir, "%d files with secrets can be read by others, %s among them", open, first)
	}
	return true
}

// runs says whether the party runs.
func runs(ctx context.Context, f *findings, c *daemon.Common) bool {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	var out bytes.Buffer
	err := c.Ask(ctx, "metrics", url.Values{}, nil, &out)
	switch {
	case daemon.NotRunning(err):
		f.note("running", "it does not run")
		return false
	case err != nil:
		f.wrong("running", "look at what it logs", "it runs and does not answer: %v", err)
	default:
		f.ok("running", "it runs")
	}
	return true
}

// secrets opens the vault.
func secrets(f *findings, c *daemon.Common) *vault.Vault {
	if c.Passphrase == "" && os.Getenv("CREDENTIALS_DIRECTORY") == "" {
		f.note("passphrase", "it is typed at the start, so the secrets were not tried")
		return nil
	}
	v, err := c.OpenVault(strings.NewReader(""), io.Discard)
	if f.err("passphrase", err, "the file must have the passphrase that the folder was made with") {
		return nil
	}
	if _, err := v.Read("signing-key"); f.err("secrets", err, "bring the folder's newest copy back; a party without its key is another party") {
		return nil
	}
	f.ok("secrets", "the passphrase opens them")
	return v
}

// stores looks at the stores of a party that does not run.
func stores(f *findings, dir string) {
	found, err := backup.Stores(dir)
	if f.err("store", err, "run the doctor as the party's own user") {
		return
	}
	for _, p := range found {
		full := filepath.Join(dir, filepath.FromSlash(p))
		if filepath.Base(full) != "log" {
			continue
		}
		db, err := store.Open(full, nil)
		if f.err("store", err, "if another process has it open, end that; if it is damaged, restore the newest copy") {
			continue
		}
		r, err := db.Restored()
		switch {
		case f.err("store", err, "restore the newest copy"):
		case r != nil && !r.Whole:
			f.wrong("store", "delete the folder and restore once more", "%s was being restored, and that was broken off", full)
		case r != nil:
			f.wrong("store", "mandate restore resume -h", "%s was restored from a copy of %s, and stays closed until it was compared", full, r.Copied.Format(time.RFC3339))
		default:
			f.ok("store", "%s opens", full)
		}
		db.Close()
	}
}

// disk tries how much room there is and how fast it is.
func disk(f *findings, dir string) {
	switch free, err := store.FreeSpace(dir); {
	case f.err("disk", err, "look at the disk"):
	case free < enoughSpace:
		f.wrong("disk", "make room: the party stops taking anything when there is less than half a GiB", "%d MiB are free", free>>20)
	default:
		f.ok("disk", "%d MiB are free", free>>20)
	}
	file, err := os.CreateTemp(dir, ".new-doctor-*")
	if f.err("disk", err, "the disk can be full, mounted for reading only, or another user's") {
		return
	}
	defer os.Remove(file.Name())
	defer file.Close()
	var took []time.Duration
	for range 9 {
		began := time.Now()
		if _, err = file.Write(make([]byte, 4096)); err == nil {
			err = file.Sync()
		}
		if f.err("disk", err, "look at the disk: what cannot be written is not promised") {
			return
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	if typical := took[len(took)/2]; typical > slowSync {
		f.wrong("disk", "use a disk that does not share its queue with others: every promise waits for it", "a write takes %v to be on it", typical.Round(time.Millisecond))
	} else {
		f.ok("disk", "a write takes %v to be on it", typical.Round(100*time.Microsecond))
	}
}

// backups says how old the last copy is.
func backups(f *findings, dir string) {
	const do = "mandate backup -dir … -out … (every night, and before each vote opens), to another machine"
	switch at, err := backup.Last(dir); {
	case f.err("backup", err, do):
	case at.IsZero():
		f.wrong("backup", do, "none was made yet")
	case f.now.Sub(at) > backupAge:
		f.wrong("backup", do, "the last is of %s", at.Format(time.RFC3339))
	default:
		f.ok("backup", "the last is of %s", at.Format(time.RFC3339))
	}
}

// ports tries the address where the party listens.
func ports(f *findings, listen string, running bool) {
	if running {
		host, port, err := net.SplitHostPort(listen)
		if err == nil {
			if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
				host = "127.0.0.1"
			}
			var c net.Conn
			if c, err = net.DialTimeout("tcp", net.JoinHostPort(host, port), 10*time.Second); err == nil {
				c.Close()
			}
		}
		if !f.err("ports", err, "it runs and does not listen: start it again, and look at what it logs") {
			f.ok("ports", "it listens on %s", listen)
		}
		return
	}
	l, err := net.Listen("tcp", listen)
	if f.err("ports", err, "another program is there, or the port needs a right (systemd: AmbientCapabilities=CAP_NET_BIND_SERVICE)") {
		return
	}
	l.Close()
	f.ok("ports", "%s is free", listen)
}

// certificate looks at the certificate that the party shows.
func certificate(f *findings, s *daemon.Server) {
	if s.Certificate == "" {
		if !s.TLS() {
			f.note("certificate", "there is none, and the address says plain HTTP: for trials only")
		}
		return
	}
	b, err := os.ReadFile(s.Certificate)
	if f.err("certificate", err, "name the certificate's file") {
		return
	}
	block, _ := pem.Decode(b)
	if block == nil {
		f.wrong("certificate", "it is to be a PEM file with the certificate and its chain", "%s has none", s.Certificate)
		return
	}
	c, err := x509.ParseCertificate(block.Bytes)
	if f.err("certificate", err, "get another one") {
		return
	}
	u, err := url.Parse(s.Address)
	if f.err("certificate", err, "correct the address") {
		return
	}
	left := c.NotAfter.Sub(f.now)
	switch err := c.VerifyHostname(u.Hostname()); {
	case err != nil:
		f.wrong("certificate", "get one for the address's name", "%v", err)
	case left < 0:
		f.wrong("certificate", "get a new one now: no browser accepts this one", "it has expired on %s", c.NotAfter.Format(time.DateOnly))
	case left < certificates:
		f.wrong("certificate", "get a new one; it is read again when the file changes", "it expires on %s", c.NotAfter.Format(time.DateOnly))
	default:
		f.ok("certificate", "for %s, until %s", u.Hostname(), c.NotAfter.Format(time.DateOnly))
	}
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
