package demo

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/time/rate"

	"mandate/ballot/record"
	"mandate/bulletin/board"
	"mandate/bulletin/client"
	"mandate/bulletin/web"
	"mandate/cmd/mandate/commission"
	"mandate/cmd/mandate/party"
	"mandate/cmd/mandate/registrar"
	"mandate/cmd/mandate/trustee"
	"mandate/cmd/mandate/vault"
	"mandate/crypto/sigma"
)

const (
	registrars = 3
	trustees   = 3
	threshold  = 2
	quorum     = 3 // more than (n + t − 1) / 2: two histories cannot both be opened
)

// clock is the demo's time: the machine's, moved ahead where the demo does not want to wait.
type clock struct {
	mu    sync.Mutex
	ahead time.Duration
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.ahead)
}

// reach moves the clock ahead to t if it is not that late.
func (c *clock) reach(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if d := time.Until(t.Add(-c.ahead)); d > 0 {
		c.ahead += d
	}
}

// organisation is all parties of the demo.
type organisation struct {
	dir    string
	flags  flags
	stderr io.Writer
	log    *slog.Logger
	clock  *clock

	ctx     context.Context // ends with the demo
	cancel  context.CancelFunc
	serving sync.WaitGroup

	board      *board.Board
	url        string
	commission *commission.Commission
	trustees   []member
	registrars []office
}

// member is a trustee of the demo.
type member struct {
	name string
	key  record.Key
	*trustee.Trustee
}

// office is a registrar of the demo.
type office struct {
	name string
	url  string
	*registrar.Registrar
}

// found makes the organisation's parties, each with its own folder, and starts those that serve.
func found(parent context.Context, dir string, f flags, stderr io.Writer) (*organisation, error) {
	logFile, err := os.OpenFile(filepath.Join(dir, "demo.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(parent)
	o := &organisation{
		dir: dir, flags: f, stderr: stderr, clock: new(clock), ctx: ctx, cancel: cancel,
		log: slog.New(slog.NewTextHandler(logFile, &slog.HandlerOptions{Level: slog.LevelInfo})),
	}
	o.serving.Add(1)
	go func() {
		defer o.serving.Done()
		<-ctx.Done()
	}()
	for _, make := range []func() error{o.foundBoard, o.foundTrustees, o.foundRegistrars} {
		if err := make(); err != nil {
			o.close()
			return nil, err
		}
	}
	return o, nil
}

// close stops all parties in order.
func (o *organisation) close() {
	o.cancel()
	o.serving.Wait()
	for _, r := range o.registrars {
		r.Close()
	}
	if o.board != nil {
		o.board.Close()
	}
}

// say tells the reader what happens.
func (o *organisation) say(format string, args ...any) {
	fmt.Fprintf(o.stderr, "• "+format+"\n", args...)
}

// keep makes a party's vault with a random passphrase, which is kept beside it: a demo's owner is all parties.
func (o *organisation) passphrase(name string) (string, []byte, error) {
	dir := filepath.Join(o.dir, name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", nil, err
	}
	phrase := []byte(rand.Text())
	note := append(append([]byte("DEMO ONLY\n"), phrase...), '\n')
	return dir, phrase, os.WriteFile(filepath.Join(dir, "passphrase"), note, 0o600)
}

// demoVault is how a demo's secrets are encrypted: a random passphrase needs no slow hash.
var demoVault = vault.Options{WorkFactor: 10}

func (o *organisation) newVault(name string) (*vault.Vault, error) {
	dir, phrase, err := o.passphrase(name)
	if err != nil {
		return nil, err
	}
	return vault.Create(filepath.Join(dir, "vault"), phrase, demoVault)
}

// newParty makes a party with a vault and a signing key.
func (o *organisation) newParty(name string) (*vault.Vault, sigma.SecretKey, error) {
	v, err := o.newVault(name)
	if err != nil {
		return nil, sigma.SecretKey{}, err
	}
	key, err := party.Key(v, "signing-key")
	return v, key, err
}

func (o *organisation) foundBoard() error {
	v, boardKey, err := o.newParty("board")
	if err != nil {
		return err
	}
	_, officerKey, err := o.newParty("commission")
	if err != nil {
		return err
	}
	origin := "demo.mandate/" + base32.StdEncoding.EncodeToString([]byte(rand.Text()[:5]))
	skey, vkey, err := note.GenerateKey(rand.Reader, origin)
	if err != nil {
		return err
	}
	if err := v.Write("log-key", []byte(skey)); err != nil {
		return err
	}
	signer, err := note.NewSigner(skey)
	if err != nil {
		return err
	}
	o.board, err = board.Open(o.ctx, board.Config{
		Path: filepath.Join(o.dir, "board", "log"), Signer: signer, LogKey: vkey, Key: boardKey, Clock: o.clock.now,
		Look: 50 * time.Millisecond, CheckpointInterval: 50 * time.Millisecond, Log: o.log,
		RecordRate: rate.Inf,
		Genesis: &record.Genesis{
			Title:      both("The Demo Association", "La Asociación de Demostración"),
			Commission: []record.Officer{{Name: "Elections commission", Key: officerKey.Public().Encoding()}},
		},
	})
	if err != nil {
		return fmt.Errorf("opening the board: %w", err)
	}
	l, err := net.Listen("tcp", o.flags.listen)
	if err != nil {
		return fmt.Errorf("-listen: %w", err)
	}
	o.url = "http://" + l.Addr().String()
	// All members of a demo come from one address, so the bound for one sender is the bound for all.
	handler := web.New(o.board, web.Options{Log: o.log, Limits: web.Limits{Rate: rate.Inf}})
	o.serving.Add(1)
	go func() {
		defer o.serving.Done()
		if err := web.Serve(o.ctx, l, handler); err != nil {
			o.log.Error("board", "error", err)
		}
	}()
	view, err := o.dial()
	if err != nil {
		return err
	}
	o.commission = commission.New(view, officerKey, o.log)
	return nil
}

// dial returns a party's own view of the board.
func (o *organisation) dial() (party.Board, error) { return party.Dial(o.url, client.Options{}) }

func (o *organisation) foundTrustees() error {
	for i := range trustees {
		name := fmt.Sprintf("trustee-%d", i+1)
		v, key, err := o.newParty(name)
		if err != nil {
			return err
		}
		view, err := o.dial()
		if err != nil {
			return err
		}
		o.trustees = append(o.trustees, member{name: name, key: key.Public().Encoding(), Trustee: trustee.New(view, v, key, o.log)})
	}
	return nil
}

func (o *organisation) foundRegistrars() error {
	for i := range registrars {
		name := fmt.Sprintf("registrar-%d", i+1)
		dir, phrase, err := o.passphrase(name)
		if err != nil {
			return err
		}
		view, err := o.dial()
		if err != nil {
			return err
		}
		r, err := registrar.Create(dir, phrase, registrar.Options{
			Board: view, BoardAddress: o.url, Link: o.url + "/booth/card", Log: o.log, Vault: demoVault, Clock: o.clock.now,
		})
		if err != nil {
			return err
		}
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			r.Close()
			return err
		}
		o.registrars = append(o.registrars, office{name: name, url: "http://" + l.Addr().String(), Registrar: r})
		s := &http.Server{Handler: r.Handler(), ReadHeaderTimeout: 5 * time.Second, ErrorLog: slog.NewLogLogger(o.log.Handler(), slog.LevelInfo)}
		o.serving.Add(2)
		go func() {
			defer o.serving.Done()
			if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
				o.log.Error(name, "error", err)
			}
		}()
		go func() {
			defer o.serving.Done()
			<-o.ctx.Done()
			drain, cancel := context.WithTimeout(context.Background(), 5*time.Second)
			defer cancel()
			s.Shutdown(drain)
		}()
	}
	return nil
}

// fetch copies a file that the board serves.
func (o *organisation) fetch(ctx context.Context, path string, w io.Writer) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, o.url+path, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the board answers %s", resp.Status)
	}
	_, err = io.Copy(w, resp.Body)
	return err
}
