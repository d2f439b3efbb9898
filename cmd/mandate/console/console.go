// Package console is the organisers' web console and the page of each holder of a key: trustees, members of the committee, its speaker.
//
// Open returns a Console; Handler serves organisers, CeremonyHandler serves holders of keys, each to be bound to a place of its own. SignIn
// makes the address with which somebody who has the terminal signs in. The pages are plain forms that work without scripts; one small script
// keeps what is shown of work under way fresh.
//
// The console decides nothing: it posts what package commission posts, and everything it shows of a vote is the board's state. What it keeps
// itself are drafts, uploaded lists and how organisers sign in. Its cookie's path keeps it off the board, where members vote. It trusts
// nothing in a request: names and texts are escaped by the templates, files are found by ids of its own making and never by a path, and
// whatever changes something is a POST with a token of the session.
package console

import (
	"context"
	"errors"
	"log/slog"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/roll"
	"mandate/bulletin/language"
	"mandate/bulletin/page"
	"mandate/cmd/mandate/commission"
	"mandate/cmd/mandate/mail"
	"mandate/cmd/mandate/registrar"
	"mandate/cmd/mandate/vault"
)

// An Office lets the console work with the commission's officer.
type Office interface {
	// Do lets f work with the officer, alone.
	Do(ctx context.Context, f func(*commission.Commission) error) error
}

// A Registrar is one that the console can hand rolls to and get codes from.
type Registrar struct {
	Entry record.Registrar // as it stands in rounds
	Desk  *registrar.Registrar
	Post  *mail.Post // sends its codes to members; nil: they can only be downloaded
}

// A Rehearsal is a throw-away vote with which trustees try their part.
type Rehearsal interface {
	Join(trustee int) error    // trustee, from 1, makes a throw-away key
	Consent(trustee int) error // trustee opens the result
	State() RehearsalState
	Close()
}

// Stages of a rehearsal.
const (
	StageJoining = "joining" // trustees are to join
	StageKeys    = "keys"    // the key is made
	StageVoting  = "voting"  // made-up members vote
	StageOpening = "opening" // trustees are to open the result
	StageDone    = "done"    // there is a result, and it was verified
	StageFailed  = "failed"
)

// A RehearsalState is how far a rehearsal is.
type RehearsalState struct {
	Stage          string
	Joined, Opened []bool // by trustee
	Result         string // at the end
	Trouble        string
}

// Options of Open.
type Options struct {
	Dir             string // the console's own folder
	Address         string // of the console, such as "http://127.0.0.1:8081"
	CeremonyAddress string
	BoardAddress    string
	Board           page.Board
	Office          Office
	Vault           *vault.Vault // of the commission: member lists
	Registrars      []Registrar
	Holders         *Holders
	Threshold       uint64 // of trustees, for new votes
	Quorum          uint64
	Witnesses       record.WitnessPolicy // for new votes: those who cosign the board
	Proxies         []netip.Prefix
	Clock           func() time.Time
	Log             *slog.Logger
	// Rehearse starts a rehearsal; nil: there are none.
	Rehearse func(ctx context.Context) (Rehearsal, error)
}

// A Console is the console at work.
type Console struct {
	o        Options
	store    *store
	sessions *sessions
	tries    *tries
	jobs     jobs
	pages    *page.Pages // for their style sheet
	ctx      context.Context
	cancel   context.CancelFunc

	mu        sync.Mutex
	rehearsal Rehearsal
	rolls     map[record.ID]*roll.Roll // private lists that were read, by roll-id
	downloads map[string]waiting
}

// Open opens the console's folder.
func Open(o Options) (*Console, error) {
	st, err := openStore(o.Dir)
	if err != nil {
		return nil, err
	}
	if err := vault.WriteFile(filepath.Join(o.Dir, "address"), []byte(o.Address+"\n"), 0o600); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	c := &Console{
		o: o, store: st, sessions: newSessions(o.Clock), tries: newTries(), pages: page.New(o.Board, page.Options{Log: o.Log}),
		ctx: ctx, cancel: cancel, rolls: make(map[record.ID]*roll.Roll), downloads: make(map[string]waiting),
	}
	return c, c.claim()
}

// Run keeps the console's work going until ctx ends, and returns when it has stopped.
func (c *Console) Run(ctx context.Context) error {
	<-ctx.Done()
	c.cancel()
	c.jobs.wg.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.rehearsal != nil {
		c.rehearsal.Close()
		c.rehearsal = nil
	}
	return nil
}

// SignIn returns an address that signs in whoever opens it, once.
func (c *Console) SignIn() string { return c.o.Address + "/console/sign-in/" + c.sessions.link() }

// officer lets f work with the officer, who has seen all that the board shows now.
func (c *Console) officer(ctx context.Context, f func(*commission.Commission) error) error {
	var size uint64
	c.o.Board.View(func(s *fold.State) { size = s.Size() })
	return c.o.Office.Do(ctx, func(officer *commission.Commission) error {
		if err := officer.CatchUp(ctx, size); err != nil {
			return err
		}
		return f(officer)
	})
}

// Automatic reports whether a vote opens, closes and is certified by itself when its time has come.
func (c *Console) Automatic(vote record.ID) bool {
	manual := false
	c.store.look(func(s *saved) {
		manual = slices.Contains(s.Manual, vote.String())
		for _, d := range s.Drafts { // called, and not marked yet
			manual = manual || d.Manual && d.Calling
		}
	})
	return !manual
}

// claim settles what was under way when the program ended: a draft whose vote reached the board belongs to it.
func (c *Console) claim() error {
	return c.store.change(func(s *saved) {
		taken := make(map[string]bool)
		for _, d := range s.Drafts {
			taken[d.Vote] = true
		}
		c.o.Board.View(func(st *fold.State) {
			for _, d := range s.Drafts {
				if !d.Calling || d.Vote != "" {
					continue
				}
				d.Calling = false
				for _, v := range st.Votes() {
					if !taken[v.ID.String()] && v.Round.ID.String() == d.Round && v.Proposal().Title.In("en") == d.Title.In("en") {
						d.Vote, taken[v.ID.String()] = v.ID.String(), true
						if d.Manual {
							s.Manual = append(s.Manual, d.Vote)
						}
						break
					}
				}
			}
		})
	})
}

// policy is the Content-Security-Policy of all pages: their style sheets, one script and their forms, from here alone.
const policy = "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

const maxForm = 1 << 20

// guard is what every answer of both handlers has, and what every request has to pass: it is for this host, and was not sent by another site.
func (c *Console) guard(next http.Handler, address string, most int64) http.Handler {
	tls := strings.HasPrefix(address, "https:")
	cross := http.NewCrossOriginProtection()
	if tls {
		cross.AddTrustedOrigin(address)
	}
	checked := cross.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
		h.Set("Cache-Control", "no-store")
		if tls {
			h.Set("Strict-Transport-Security", "max-age=63072000")
		}
		// A name that was made to point here (DNS rebinding) is not this host.
		if !c.here(r.Host, address) {
			http.Error(w, "This is not the address of this page.", http.StatusMisdirectedRequest)
			return
		}
		if strings.Contains(r.URL.EscapedPath(), "%") || strings.Contains(r.URL.Path, "..") || strings.Contains(r.URL.Path, "//") {
			http.NotFound(w, r)
			return
		}
		limit := int64(maxForm)
		if t, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); t == "multipart/form-data" {
			limit = most
		}
		r.Body = http.MaxBytesReader(w, r.Body, limit)
		checked.ServeHTTP(w, r)
	})
}

// here reports whether a Host header names a place.
func (c *Console) here(host, address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	if strings.EqualFold(host, u.Host) {
		return true
	}
	// A tunnel ends at this machine under another port.
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = host
	}
	return name == "localhost" || name == "127.0.0.1" || name == "[::1]" || name == "::1"
}

// scene begins the answer to a request.
func (c *Console) scene(w http.ResponseWriter, r *http.Request, base, cookie string) *scene {
	s := &scene{c: c, w: w, r: r, base: base}
	code := r.URL.Query().Get("lang")
	if k, err := r.Cookie(cookieLanguage); err == nil && code == "" {
		code = k.Value
	}
	var chosen bool
	s.Language, chosen = language.Choose(code, r.Header.Get("Accept-Language"))
	if chosen && r.URL.Query().Get("lang") != "" {
		http.SetCookie(w, c.cookie(cookieLanguage, base, s.Language.Code, 365*86_400, strings.HasPrefix(c.o.Address, "https:")))
	}
	s.session = c.sessionOf(r, cookie)
	return s
}

// Handler serves organisers.
func (c *Console) Handler() http.Handler {
	mux := http.NewServeMux()
	open := func(pattern string, f func(*scene)) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			s := c.scene(w, r, "/console", cookieConsole)
			if s.session != nil && s.session.holder != nil {
				s.session = nil
			}
			f(s)
		})
	}
	organisers := func(pattern string, f func(*scene)) {
		open(pattern, func(s *scene) {
			if s.session == nil {
				s.signInPage(http.StatusUnauthorized, "")
				return
			}
			if s.r.Method == http.MethodPost && !s.take() {
				return
			}
			f(s)
		})
	}
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/console/", http.StatusSeeOther) })
	mux.HandleFunc("GET /console/static/{name}", c.static)
	open("GET /console/sign-in", func(s *scene) { s.signInPage(http.StatusOK, "") })
	open("POST /console/sign-in", (*scene).signIn)
	open("GET /console/sign-in/{token}", (*scene).signInLink)
	open("POST /console/sign-in/{token}", (*scene).signInByLink)
	organisers("POST /console/sign-out", (*scene).signOut)
	organisers("GET /console/{$}", (*scene).overview)
	organisers("GET /console/settings", (*scene).settings)
	organisers("POST /console/settings", (*scene).setPassphrase)
	organisers("GET /console/jobs/{id}", (*scene).job)

	organisers("GET /console/lists/new", (*scene).newList)
	organisers("POST /console/lists", (*scene).upload)
	organisers("GET /console/lists/{id}", (*scene).listPage)
	organisers("POST /console/lists/{id}/commit", (*scene).commitList)
	organisers("POST /console/lists/{id}/delete", (*scene).deleteList)

	organisers("GET /console/rounds/new", (*scene).newRound)
	organisers("POST /console/rounds", (*scene).openRound)
	organisers("GET /console/rounds/{id}", (*scene).roundPage)
	organisers("POST /console/rounds/{id}/codes", (*scene).codes)
	organisers("POST /console/rounds/{id}/mails", (*scene).resume)
	organisers("POST /console/rounds/{id}/remove", (*scene).remove)

	organisers("GET /console/downloads/{id}", (*scene).downloadPage)
	organisers("POST /console/downloads/{id}", (*scene).download)

	organisers("GET /console/drafts/new", (*scene).newDraft)
	organisers("POST /console/drafts", (*scene).startDraft)
	organisers("GET /console/drafts/{id}", (*scene).draftPage)
	organisers("POST /console/drafts/{id}", (*scene).saveDraft)
	organisers("POST /console/drafts/{id}/delete", (*scene).deleteDraft)
	organisers("POST /console/drafts/{id}/call", (*scene).callDraft)

	organisers("GET /console/votes/{id}", (*scene).votePage)
	organisers("GET /console/votes/{id}/packet.txt", (*scene).packetFile)
	organisers("GET /console/votes/{id}/{act}", (*scene).actPage)
	organisers("POST /console/votes/{id}/{act}", (*scene).act)

	organisers("GET /console/people", (*scene).people)
	organisers("POST /console/people", (*scene).addPerson)
	organisers("GET /console/rehearsal", (*scene).rehearsalPage)
	organisers("POST /console/rehearsal", (*scene).changeRehearsal)
	open("/console/", (*scene).missing)
	return c.guard(mux, c.o.Address, maxUpload)
}

// take checks a form that was sent: that it can be read, and was made for this session. If not it answers.
func (s *scene) take() bool {
	var err error
	if t, _, _ := mime.ParseMediaType(s.r.Header.Get("Content-Type")); t == "multipart/form-data" {
		err = s.r.ParseMultipartForm(maxUpload) // in memory: a list of members is not left in a temporary file
	} else {
		err = s.r.ParseForm()
	}
	if err != nil {
		status := http.StatusBadRequest
		if errors.As(err, new(*http.MaxBytesError)) {
			status = http.StatusRequestEntityTooLarge
		}
		s.message(status, s.Say("console.unreadable"), s.Say("console.unreadable-text"))
		return false
	}
	if !s.session.genuine(s.r) {
		s.message(http.StatusForbidden, s.Say("console.not-genuine"), s.Say("console.not-genuine-text"))
		return false
	}
	return true
}

// static serves style sheets and the script.
func (c *Console) static(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	if name == "style.css" || name == "icon.svg" {
		c.pages.File(w, r, name)
		return
	}
	kind, ok := map[string]string{"console.css": "text/css; charset=utf-8", "live.js": "text/javascript; charset=utf-8"}[name]
	if !ok {
		http.NotFound(w, r)
		return
	}
	b, err := staticFiles.ReadFile("static/" + name)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Cache-Control", "no-cache")
	w.Write(b)
}
