package daemon

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"mandate/ballot/text"
	"mandate/bulletin/remote"
)

// A Server says where a party is reached.
type Server struct {
	// Listen is the address and port, such as ":443", or "127.0.0.1:8080" behind a proxy on the same machine.
	Listen string `toml:"listen"`
	// Address is how others reach it, such as "https://votes.example.org". It stands in the board's records: choose one that stays.
	Address string `toml:"address"`
	// Certificate and Key are files (PEM) with the certificate, its chain and its key. They are read again when they change, and on SIGHUP.
	// Left out, the party speaks plain HTTP: then a proxy before it speaks TLS, or it is a trial on one machine.
	Certificate string `toml:"certificate"`
	Key         string `toml:"key"`
	// Proxies are the addresses of reverse proxies, whose X-Forwarded-For is believed: ["127.0.0.1/32"].
	Proxies []netip.Prefix `toml:"proxies"`
}

// Complete checks the fields.
func (s *Server) Complete(base string) error {
	if s.Listen == "" {
		return errors.New("listen is needed")
	}
	if _, _, err := net.SplitHostPort(s.Listen); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	if s.Address == "" {
		return errors.New("address is needed: how others reach the party")
	}
	s.Address = strings.TrimRight(s.Address, "/")
	if err := text.CheckURL("address", s.Address); err != nil {
		return err
	}
	if (s.Certificate == "") != (s.Key == "") {
		return errors.New("certificate and key are given together or not at all")
	}
	if s.Certificate != "" && !s.TLS() {
		return fmt.Errorf("address: %s, want https with a certificate", s.Address)
	}
	s.Certificate, s.Key = Under(base, s.Certificate), Under(base, s.Key)
	return nil
}

// TLS reports whether others reach the party with TLS.
func (s *Server) TLS() bool { return strings.HasPrefix(s.Address, "https:") }

// Open begins to listen. The certificate is watched until ctx ends.
func (s *Server) Open(ctx context.Context, log *slog.Logger) (net.Listener, error) {
	var c *certificate
	if s.Certificate != "" {
		c = &certificate{cert: s.Certificate, key: s.Key, log: log}
		if err := c.read(); err != nil {
			return nil, Hint(fmt.Errorf("certificate: %w", err), "certificate and key are PEM files that belong together, and the program's user can read both")
		}
	}
	l, err := net.Listen("tcp", s.Listen)
	if err != nil {
		return nil, Hint(fmt.Errorf("listen: %w", err), "is another program there already, or does the port need a right (systemd: AmbientCapabilities=CAP_NET_BIND_SERVICE)?")
	}
	if c == nil {
		return l, nil
	}
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP) // now: a signal that nobody has asked for ends the process
	go c.watch(ctx, hup)
	return tls.NewListener(l, &tls.Config{GetCertificate: c.get, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}}), nil
}

// Serve serves a handler until ctx ends, and then lets what is being answered finish.
func Serve(ctx context.Context, l net.Listener, h http.Handler, log *slog.Logger) error {
	s := &http.Server{
		Handler: h, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 2 * time.Minute, WriteTimeout: 5 * time.Minute, IdleTimeout: time.Minute,
		MaxHeaderBytes: 16 << 10, ErrorLog: remote.ErrorLog(log, slog.LevelDebug),
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if err := s.Shutdown(drain); err != nil {
		return s.Close()
	}
	return nil
}

// A certificate is read again when its file changes.
type certificate struct {
	cert, key string
	log       *slog.Logger

	mu   sync.Mutex
	have *tls.Certificate
	at   [2]time.Time
}

func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.have, nil
}

// changed returns when the files were changed last.
func (c *certificate) changed() (at [2]time.Time) {
	for i, path := range []string{c.cert, c.key} {
		if info, err := os.Stat(path); err == nil {
			at[i] = info.ModTime()
		}
	}
	return at
}

func (c *certificate) read() error {
	at := c.changed()
	pair, err := tls.LoadX509KeyPair(c.cert, c.key)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.have, c.at = &pair, at
	return nil
}

// watch reads the files again when they have changed, and on SIGHUP. One that cannot be used leaves the one before in its place.
func (c *certificate) watch(ctx context.Context, hup chan os.Signal) {
	defer signal.Stop(hup)
	tick := time.NewTicker(10 * time.Second)
	defer tick.Stop()
	failed := c.at
	for {
		asked := false
		select {
		case <-ctx.Done():
			return
		case <-hup:
			asked = true
		case <-tick.C:
		}
		at := c.changed()
		if !asked && (at == c.at || at == failed) {
			continue
		}
		if err := c.read(); err != nil {
			failed = at
			c.log.Error("the new certificate cannot be used; the old one stays", "error", err)
			continue
		}
		c.log.Info("certificate read")
	}
}
