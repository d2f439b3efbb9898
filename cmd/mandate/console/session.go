package console

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/argon2"
	"golang.org/x/time/rate"

	"mandate/bulletin/remote"
)

const (
	idle    = 30 * time.Minute // a session that does nothing ends
	longest = 12 * time.Hour   // and every session ends
	linkFor = 24 * time.Hour   // a sign-in link works
)

// A session is somebody who has signed in: an organiser at the console, or a holder of a key at their own page.
type session struct {
	token, csrf string
	holder      *Holder // nil: an organiser
	began, seen time.Time
	flash       string // said on the next page
}

// sessions are kept in memory: whoever restarts the program signs in again.
type sessions struct {
	clock func() time.Time
	mu    sync.Mutex
	all   map[string]*session
	links map[string]time.Time // sign-in links that have not been used, and when they were made
}

func newSessions(clock func() time.Time) *sessions {
	return &sessions{clock: clock, all: make(map[string]*session), links: make(map[string]time.Time)}
}

// begin starts a session with a token of its own, whatever the browser has sent: nobody can prepare one for somebody else.
func (s *sessions) begin(holder *Holder) *session {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock()
	for token, x := range s.all {
		if now.Sub(x.seen) > idle || now.Sub(x.began) > longest {
			delete(s.all, token)
		}
	}
	x := &session{token: rand.Text() + rand.Text(), csrf: rand.Text(), holder: holder, began: now, seen: now}
	s.all[x.token] = x
	return x
}

// of returns the session with a token, or nil. busy says that somebody is at it, and not a page that looks for news by itself.
func (s *sessions) of(token string, busy bool) *session {
	s.mu.Lock()
	defer s.mu.Unlock()
	x, now := s.all[token], s.clock()
	if x == nil {
		return nil
	}
	if now.Sub(x.seen) > idle || now.Sub(x.began) > longest {
		delete(s.all, token)
		return nil
	}
	if busy {
		x.seen = now
	}
	return x
}

// headerLive is in the requests with which a page that is left open keeps itself fresh.
const headerLive = "Mandate-Live"

func (s *sessions) end(x *session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.all, x.token)
}

// say leaves something for the next page of a session.
func (s *sessions) say(x *session, words string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x.flash = words
}

func (s *sessions) take(x *session) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	words := x.flash
	x.flash = ""
	return words
}

// link makes a sign-in link's token.
func (s *sessions) link() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	token := rand.Text()
	s.links[token] = s.clock()
	return token
}

// known reports whether a sign-in link works, and uses it up if it is to.
func (s *sessions) known(token string, use bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, ok := s.links[token]
	if ok && (use || s.clock().Sub(at) > linkFor) {
		delete(s.links, token)
	}
	return ok && s.clock().Sub(at) <= linkFor
}

// cookie is the cookie of a session. Browsers send cookies to all ports of a host, so its path keeps it off the board and the registrars.
func (c *Console) cookie(name, path, value string, age int, tls bool) *http.Cookie {
	return &http.Cookie{Name: name, Value: value, Path: path, MaxAge: age, HttpOnly: true, Secure: tls, SameSite: http.SameSiteStrictMode}
}

const (
	cookieConsole  = "mandate-console"
	cookieCeremony = "mandate-ceremony"
	cookieLanguage = "mandate-language"
)

// sessionOf returns the session that a request belongs to, or nil.
func (c *Console) sessionOf(r *http.Request, name string) *session {
	k, err := r.Cookie(name)
	if err != nil || len(k.Value) > 100 {
		return nil
	}
	return c.sessions.of(k.Value, r.Header.Get(headerLive) == "")
}

// genuine reports whether a form was made for the session that sends it.
func (x *session) genuine(r *http.Request) bool {
	return subtle.ConstantTimeCompare([]byte(r.PostFormValue("csrf")), []byte(x.csrf)) == 1
}

// Parameters of argon2id (RFC 9106, second recommended option).
const (
	argonTime   = 3
	argonMemory = 64 << 10 // KiB
	argonLanes  = 4
)

// hashPassphrase returns what is kept of a passphrase.
func hashPassphrase(passphrase []byte) string {
	salt := make([]byte, 16)
	rand.Read(salt)
	key := argon2.IDKey(passphrase, salt, argonTime, argonMemory, argonLanes, 32)
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("argon2id$%d$%d$%d$%s$%s", argonTime, argonMemory, argonLanes, b64(salt), b64(key))
}

// checkPassphrase reports whether a passphrase is the one of which that is kept.
func checkPassphrase(kept string, passphrase []byte) (bool, error) {
	parts := strings.Split(kept, "$")
	if len(parts) != 6 || parts[0] != "argon2id" {
		return false, errors.New("what is kept of the passphrase cannot be read")
	}
	var n [3]uint64
	for i := range n {
		var err error
		if n[i], err = strconv.ParseUint(parts[i+1], 10, 32); err != nil || n[i] == 0 {
			return false, errors.New("what is kept of the passphrase cannot be read")
		}
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return false, err
	}
	want, err := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil {
		return false, err
	}
	if n[0] > 100 || n[1] > 1<<21 || n[2] > 255 || len(want) != 32 {
		return false, errors.New("what is kept of the passphrase cannot be read")
	}
	got := argon2.IDKey(passphrase, salt, uint32(n[0]), uint32(n[1]), uint8(n[2]), 32)
	return subtle.ConstantTimeCompare(got, want) == 1, nil
}

// tries bounds attempts to sign in: some from each address, and some from all together, since hashing costs memory.
type tries struct {
	mu  sync.Mutex
	all *rate.Limiter
	of  map[netip.Addr]*rate.Limiter
}

func newTries() *tries {
	return &tries{all: rate.NewLimiter(1, 30), of: make(map[netip.Addr]*rate.Limiter)}
}

func (t *tries) allow(r *http.Request, proxies []netip.Prefix) bool {
	from := remote.Addr(r, proxies)
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.of) > 10_000 {
		clear(t.of)
	}
	l := t.of[from]
	if l == nil {
		l = rate.NewLimiter(rate.Every(12*time.Second), 10)
		t.of[from] = l
	}
	return l.Allow() && t.all.Allow()
}
