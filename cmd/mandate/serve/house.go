package serve

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/time/rate"

	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/bulletin/board"
	"mandate/bulletin/client"
	"mandate/bulletin/remote"
	"mandate/bulletin/web"
	"mandate/cmd/mandate/commission"
	"mandate/cmd/mandate/console"
	"mandate/cmd/mandate/daemon"
	boarddaemon "mandate/cmd/mandate/daemon/board"
	"mandate/cmd/mandate/mail"
	"mandate/cmd/mandate/operate"
	"mandate/cmd/mandate/operate/backup"
	"mandate/cmd/mandate/operate/metrics"
	"mandate/cmd/mandate/party"
	"mandate/cmd/mandate/registrar"
	"mandate/cmd/mandate/vault"
)

// Options of Open that are not for files.
type Options struct {
	Log *slog.Logger
	// Clock is the machine's clock. Default time.Now, which the board compares with a steady one.
	Clock func() time.Time
	// Fast has the board look at its clock often and write checkpoints often: for rehearsals and tests.
	Fast bool
	// Vault is how secrets that people protect with a passphrase of their own are encrypted. Default: age's.
	Vault vault.Options
	// Bare leaves the console out: a rehearsal has none of its own.
	Bare bool
}

// A House is the organisation on one machine. Its parts are the parties of SPEC.md §2, each with its own folder and its own reading of the
// board's log over HTTP; none reaches into another's folder.
type House struct {
	Console    *console.Console // nil in a bare house
	Board      *board.Board
	URL        string // of the board
	Registrars []console.Registrar
	Office     *Office
	Keys       *console.Holders // trustees and the committee
	posts      []*mail.Post

	dir     string
	config  Config
	options Options
	places  *places
	figures *metrics.Metrics
	ctx     context.Context // of all parties but the board
	cancel  context.CancelFunc
	serving sync.WaitGroup

	boardUp    context.Context // ends after the others, which have last things to say to the board
	boardDown  context.CancelFunc
	boardServe sync.WaitGroup
}

// machineVault is how the secrets of parties without a person are encrypted: a random passphrase needs no slow hash.
var machineVault = vault.Options{WorkFactor: 10}

// Open opens the folder, and makes what is not there yet: keys, a log, empty places for trustees. Everything works when it returns.
func Open(parent context.Context, dir string, c Config, o Options) (_ *House, err error) {
	if c, err = c.withDefaults(); err != nil {
		return nil, err
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(parent)
	h := &House{dir: dir, config: c, options: o, ctx: ctx, cancel: cancel, figures: metrics.New(o.Log)}
	h.boardUp, h.boardDown = context.WithCancel(context.WithoutCancel(parent))
	defer func() {
		if err != nil {
			h.Close()
		}
	}()
	if h.places, err = openPlaces(filepath.Join(dir, "addresses.json")); err != nil {
		return nil, err
	}
	for _, make := range []func() error{h.openBoard, h.openOffice, h.openRegistrars, h.openHolders, h.openConsole, h.openControl} {
		if err := make(); err != nil {
			return nil, err
		}
	}
	// Once the console is there to say which votes are run by hand.
	h.every("commission", func(ctx context.Context) error {
		return h.Office.Do(ctx, func(c *commission.Commission) error {
			_, err := c.StepVotes(ctx, func(v *fold.Vote) bool { return h.Console == nil || h.Console.Automatic(v.ID) })
			return err
		})
	})
	return h, nil
}

// Close stops all parties in order: nobody is served any more, duties under way end, stores are closed.
func (h *House) Close() error {
	h.cancel()
	h.serving.Wait()
	h.boardDown()
	h.boardServe.Wait()
	var errs []error
	for _, r := range h.Registrars {
		errs = append(errs, r.Desk.Close())
	}
	for _, p := range h.posts {
		errs = append(errs, p.Close())
	}
	if h.Board != nil {
		errs = append(errs, h.Board.Close())
	}
	return errors.Join(errs...)
}

func (h *House) now() time.Time {
	if h.options.Clock != nil {
		return h.options.Clock()
	}
	return time.Now()
}

func (h *House) look() time.Duration {
	if h.options.Fast {
		return 50 * time.Millisecond
	}
	return h.config.Look.Duration
}

// phrase returns the passphrase of a party that this machine plays. It is drawn once.
func (h *House) phrase(name string) ([]byte, error) {
	dir := h.config.Secrets
	if dir == "" {
		dir = filepath.Join(h.dir, "secrets")
	}
	path := filepath.Join(dir, name)
	b, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if _, err := os.Stat(filepath.Join(h.dir, name, "vault", "identity.age")); err == nil {
			return nil, fmt.Errorf("the passphrase of %s is not at %s; its folder cannot be opened without", name, path)
		}
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, err
		}
		phrase := []byte(rand.Text())
		return phrase, vault.WriteFile(path, append(bytes.Clone(phrase), '\n'), 0o600)
	case err != nil:
		return nil, err
	}
	b = bytes.TrimSpace(b)
	if len(b) == 0 {
		return nil, fmt.Errorf("%s is empty; it had the passphrase of %s", path, name)
	}
	return b, nil
}

// openVault opens a party's vault, or makes it.
func (h *House) openVault(name string) (*vault.Vault, error) {
	phrase, err := h.phrase(name)
	if err != nil {
		return nil, err
	}
	defer clear(phrase)
	dir := filepath.Join(h.dir, name, "vault")
	v, err := vault.Open(dir, phrase)
	if errors.Is(err, fs.ErrNotExist) {
		return vault.Create(dir, phrase, machineVault)
	}
	return v, err
}

// witnesses is what votes state of the board's witnesses.
func (h *House) witnesses() record.WitnessPolicy {
	return record.WitnessPolicy{Need: uint64(h.config.quorum.Need()), Keys: h.config.quorum.Keys()}
}

func (h *House) openBoard() error {
	v, err := h.openVault("board")
	if err != nil {
		return err
	}
	key, err := party.Key(v, "signing-key")
	if err != nil {
		return err
	}
	officer, err := h.openVault("commission")
	if err != nil {
		return err
	}
	officerKey, err := party.Key(officer, "signing-key")
	if err != nil {
		return err
	}
	skey, vkey, err := boarddaemon.LogKey(v, "serve.mandate")
	if err != nil {
		return err
	}
	signer, err := note.NewSigner(skey)
	if err != nil {
		return err
	}
	c := board.Config{
		Path: filepath.Join(h.dir, "board", "log"), Signer: signer, LogKey: vkey, Key: key, Clock: h.options.Clock, Log: h.options.Log, Observe: h.figures.ObserveBoard(),
		Witnesses: h.config.quorum,
		Genesis: &record.Genesis{
			Title: h.config.Title, Commission: []record.Officer{{Name: "Elections commission", Key: officerKey.Public().Encoding()}},
		},
	}
	limits := web.Limits{}
	if h.options.Fast {
		c.Look, c.CheckpointInterval, c.RecordRate, limits.Rate = 50*time.Millisecond, 50*time.Millisecond, rate.Inf, rate.Inf
	}
	if h.Board, err = board.Open(h.ctx, c); err != nil {
		return fmt.Errorf("opening the board: %w (is mandate serve running on this folder already?)", err)
	}
	h.figures.WatchBoard(h.Board)
	l, address, err := h.places.listen("board", h.config.Board)
	if err != nil {
		return err
	}
	h.URL = address
	handler := web.New(h.Board, web.Options{Log: h.options.Log, Limits: limits, Proxies: h.config.Proxies, Address: address, TLS: strings.HasPrefix(address, "https:")})
	h.boardServe.Go(func() {
		if err := web.Serve(h.boardUp, l, handler); err != nil {
			h.options.Log.Error("board", "error", err)
		}
	})
	return nil
}

// dial returns a party's own view of the board.
func (h *House) dial() (party.Board, error) {
	// Not through the proxy: the parties are on this machine.
	return party.Dial(h.places.local("board"), client.Options{})
}

func (h *House) openOffice() error {
	v, err := h.openVault("commission")
	if err != nil {
		return err
	}
	key, err := party.Key(v, "signing-key")
	if err != nil {
		return err
	}
	view, err := h.dial()
	if err != nil {
		return err
	}
	h.Office = &Office{officer: commission.New(view, key, h.options.Log), vault: v}
	return nil
}

func (h *House) openRegistrars() error {
	for i, rc := range h.config.Registrars {
		name := fmt.Sprintf("registrar-%d", i+1)
		view, err := h.dial()
		if err != nil {
			return err
		}
		l, address, err := h.places.listen(name, rc.Place)
		if err != nil {
			return err
		}
		o := registrar.Options{
			Board: view, Log: h.options.Log, Observe: h.figures.ObserveRegistrar(name), Vault: machineVault, Clock: h.options.Clock, Look: h.look(), Publish: h.config.Publish.Duration,
			Proxies: h.config.Proxies, Link: h.URL + "/booth/card", BoardAddress: h.URL, SignIn: rc.SignIn, Contact: rc.Contact,
		}
		post, err := h.openPost(name, &rc)
		if err != nil {
			return err
		}
		if post != nil {
			o.Send = sending(post, h.config.Registrars)
			if o.Contact == "" {
				o.Contact = post.Contact()
			}
		}
		dir := filepath.Join(h.dir, name)
		// Without a ledger it was never open: the program was ended while it was made, and nobody knows its key.
		_, missing := os.Stat(filepath.Join(dir, "ledger"))
		if errors.Is(missing, fs.ErrNotExist) {
			// Or the ledger is missing: then nothing is deleted that could still be needed.
			if err := vault.SetAside(filepath.Join(dir, "vault")); err != nil {
				return err
			}
		}
		phrase, err := h.phrase(name)
		if err != nil {
			return err
		}
		open := registrar.Open
		if errors.Is(missing, fs.ErrNotExist) {
			open = registrar.Create
		}
		r, err := open(dir, phrase, o)
		clear(phrase)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		h.Registrars = append(h.Registrars, console.Registrar{
			Entry: record.Registrar{Name: rc.Name, Operator: rc.Operator, Channel: rc.channel(), URL: address, Key: r.Key()}, Desk: r, Post: post,
		})
		h.figures.WatchRegistrar(name, r)
		h.serve(name, l, r.Handler())
		h.start(name, func() error { return r.Run(h.ctx) })
	}
	return nil
}

func (h *House) openHolders() error {
	var err error
	h.Keys, err = console.OpenHolders(console.HoldersOptions{
		Dir: h.dir, Dial: h.dial, Log: h.options.Log, Vault: h.options.Vault, Clock: h.now,
	})
	if err != nil {
		return err
	}
	for i, t := range h.config.Trustees {
		if err := h.Keys.Add(console.RoleTrustee, i+1, t.Name); err != nil {
			return err
		}
	}
	h.every("trustees", h.Keys.Step)
	return nil
}

func (h *House) openConsole() error {
	if h.options.Bare {
		return nil
	}
	l, address, err := h.places.listen("console", h.config.Console)
	if err != nil {
		return err
	}
	cl, ceremony, err := h.places.listen("ceremony", h.config.Ceremony)
	if err != nil {
		return err
	}
	h.Console, err = console.Open(console.Options{
		Dir: filepath.Join(h.dir, "commission", "console"), Address: address, CeremonyAddress: ceremony, BoardAddress: h.URL,
		Board: h.Board, Office: h.Office, Vault: h.Office.vault, Registrars: h.Registrars, Holders: h.Keys,
		Threshold: uint64(h.config.Threshold), Quorum: uint64(h.config.Quorum), Witnesses: h.witnesses(), Clock: h.now, Log: h.options.Log,
		Rehearse: h.rehearse, Proxies: h.config.Proxies,
	})
	if err != nil {
		return err
	}
	h.serve("console", l, h.Console.Handler())
	h.serve("ceremony", cl, h.Console.CeremonyHandler())
	h.start("console", func() error { return h.Console.Run(h.ctx) })
	return nil
}

// openControl listens for the operator's commands, on a socket in the folder.
func (h *House) openControl() error {
	if h.options.Bare {
		return nil
	}
	control := daemon.NewControl()
	stores, desks := map[string]func(io.Writer) error{"board/log": h.Board.Backup}, make(map[string]*registrar.Registrar)
	for i, r := range h.Registrars {
		name := fmt.Sprintf("registrar-%d", i+1)
		stores[name+"/ledger"], desks[name] = r.Desk.Backup, r.Desk
	}
	operate.Answer(control, backup.Source{Dir: h.dir, Stores: stores})
	operate.AnswerRelease(control, desks)
	l, _, err := h.places.listen("operator", h.config.Operator)
	if err != nil {
		return err
	}
	h.start("operator", func() error { return h.figures.Serve(h.ctx, l) })
	h.start("control", func() error { return control.Serve(h.ctx, filepath.Join(h.dir, "control.sock")) })
	return nil
}

// serve serves a handler until the house is closed.
func (h *House) serve(name string, l net.Listener, handler http.Handler) {
	s := &http.Server{
		Handler: handler, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 2 * time.Minute, WriteTimeout: 5 * time.Minute, IdleTimeout: time.Minute,
		MaxHeaderBytes: 16 << 10, ErrorLog: remote.ErrorLog(h.options.Log, slog.LevelError),
	}
	h.start(name, func() error {
		if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	h.serving.Go(func() {
		<-h.ctx.Done()
		drain, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := s.Shutdown(drain); err != nil {
			s.Close()
		}
	})
}

// start runs a part until the house is closed.
func (h *House) start(name string, run func() error) {
	h.serving.Go(func() {
		if err := run(); err != nil {
			h.options.Log.Error(name, "error", err)
		}
	})
}

// every has a party do what is due, again and again. What fails is logged once for as long as it fails in the same way.
func (h *House) every(name string, step func(context.Context) error) {
	h.serving.Go(func() {
		tick := time.NewTicker(h.look())
		defer tick.Stop()
		said := ""
		for {
			select {
			case <-h.ctx.Done():
				return
			case <-tick.C:
			}
			err := step(h.ctx)
			if h.ctx.Err() == nil {
				h.figures.Looked(name, nil, err)
			}
			switch {
			case err == nil:
				said = ""
			case h.ctx.Err() == nil && err.Error() != said:
				said = err.Error()
				h.options.Log.Error(name, "error", err)
			}
		}
	})
}

// An Office is the commission's officer at work. It does one thing at a time.
type Office struct {
	mu      sync.Mutex
	officer *commission.Commission
	vault   *vault.Vault
}

// Do lets f work with the officer, alone.
func (o *Office) Do(ctx context.Context, f func(*commission.Commission) error) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	return f(o.officer)
}

// places are where the parts listen. A port that was free at the first start is kept: addresses stand on the log and in members' links.
type places struct {
	path string
	mu   sync.Mutex
	kept map[string]string // name to where it listens
}

func openPlaces(path string) (*places, error) {
	p := &places{path: path, kept: make(map[string]string)}
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return p, nil
	}
	if err == nil {
		err = json.Unmarshal(b, &p.kept)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return p, nil
}

// listen listens where the configuration says, or where it did before, and returns the address to tell others.
func (p *places) listen(name string, at Place) (net.Listener, string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	where := at.Listen
	if _, port, err := net.SplitHostPort(where); where == "" || err == nil && port == "0" && p.kept[name] != "" {
		where = p.kept[name]
	}
	if where == "" {
		where = "127.0.0.1:0"
	}
	l, err := net.Listen("tcp", where)
	if err != nil {
		return nil, "", fmt.Errorf("%s: %w", name, err)
	}
	if p.kept[name] != l.Addr().String() {
		p.kept[name] = l.Addr().String()
		b, err := json.MarshalIndent(p.kept, "", "\t")
		if err == nil {
			err = vault.WriteFile(p.path, b, 0o600)
		}
		if err != nil {
			l.Close()
			return nil, "", err
		}
	}
	if at.Address != "" {
		return l, strings.TrimRight(at.Address, "/"), nil
	}
	return l, "http://" + l.Addr().String(), nil
}

// local returns where a part is reached from this machine.
func (p *places) local(name string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	host, port, err := net.SplitHostPort(p.kept[name])
	if err != nil {
		return ""
	}
	if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return (&url.URL{Scheme: "http", Host: net.JoinHostPort(host, port)}).String()
}
