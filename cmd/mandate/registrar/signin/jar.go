package signin

import (
	"crypto/cipher"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"sync"
	"time"

	"golang.org/x/crypto/chacha20poly1305"
)

// A Jar keeps what was begun in the browsers that have begun it: sealed under a key that ends with the program, in a cookie that is named
// after the state, so that two tabs do not get in each other's way. What comes back is taken once.
type Jar struct {
	seal  cipher.AEAD
	clock func() time.Time

	mu   sync.Mutex
	used map[string]int64 // states that were taken, and when they end
}

// NewJar makes a Jar. A nil clock is time.Now.
func NewJar(clock func() time.Time) *Jar {
	if clock == nil {
		clock = time.Now
	}
	var key [chacha20poly1305.KeySize]byte
	rand.Read(key[:]) // never fails: crypto/rand ends the program instead
	aead, err := chacha20poly1305.NewX(key[:])
	if err != nil { // a key of this size is one
		panic("signin: " + err.Error())
	}
	return &Jar{seal: aead, clock: clock, used: make(map[string]int64)}
}

// stateForm is that of crypto/rand.Text.
var stateForm = regexp.MustCompile(`^[A-Z2-7]{26}$`)

// name is a cookie's. With the prefix, browsers take it only over TLS, from this host, and for this host alone, so that nobody else can plant
// one (draft-ietf-httpbis-rfc6265bis §4.1.3.2).
func name(state string, tls bool) string {
	if tls {
		return "__Host-mandate-signin-" + state[:8]
	}
	return "mandate-signin-" + state[:8]
}

// Put sets the cookie of a sign-in that was begun.
func (j *Jar) Put(w http.ResponseWriter, p *Pending, tls bool) error {
	b, err := json.Marshal([]string{p.State, p.Nonce, p.Verifier, p.Back, strconv.FormatInt(p.Until, 10), p.Note})
	if err != nil {
		return fmt.Errorf("sign-in: %w", err)
	}
	nonce := make([]byte, j.seal.NonceSize(), j.seal.NonceSize()+len(b)+j.seal.Overhead())
	rand.Read(nonce)
	n := name(p.State, tls)
	sealed := j.seal.Seal(nonce, nonce, b, []byte(n))
	http.SetCookie(w, cookie(n, base64.RawURLEncoding.EncodeToString(sealed), int(lifetime/time.Second), tls))
	return nil
}

// Take returns what was begun in this browser under the state with which it comes back, once, and takes the cookie away. The error is ReasonState
// if there is none, it is not of this program, or it was taken already.
func (j *Jar) Take(w http.ResponseWriter, r *http.Request, tls bool) (*Pending, error) {
	state := r.URL.Query().Get("state")
	if !stateForm.MatchString(state) {
		return nil, fail(ReasonState, nil)
	}
	n := name(state, tls)
	c, err := r.Cookie(n)
	if err != nil {
		return nil, fail(ReasonState, nil)
	}
	http.SetCookie(w, cookie(n, "", -1, tls))
	sealed, err := base64.RawURLEncoding.DecodeString(c.Value)
	if err != nil || len(sealed) < j.seal.NonceSize() {
		return nil, fail(ReasonState, nil)
	}
	b, err := j.seal.Open(nil, sealed[:j.seal.NonceSize()], sealed[j.seal.NonceSize():], []byte(n))
	var f []string
	if err != nil || json.Unmarshal(b, &f) != nil || len(f) != 6 || subtle.ConstantTimeCompare([]byte(f[0]), []byte(state)) != 1 {
		return nil, fail(ReasonState, nil)
	}
	p := &Pending{State: f[0], Nonce: f[1], Verifier: f[2], Back: f[3], Note: f[5]}
	if p.Until, err = strconv.ParseInt(f[4], 10, 64); err != nil {
		return nil, fail(ReasonState, nil)
	}
	now := j.clock().Unix()
	if now > p.Until {
		return nil, fail(ReasonExpired, nil)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	for s, until := range j.used {
		if len(j.used) < maxUsed/2 {
			break
		}
		if now > until {
			delete(j.used, s)
		}
	}
	if _, twice := j.used[state]; twice || len(j.used) >= maxUsed {
		return nil, fail(ReasonState, nil)
	}
	j.used[state] = p.Until
	return p, nil
}

// maxUsed bounds how many states are remembered that were taken in the last minutes.
const maxUsed = 1 << 16

func cookie(name, value string, age int, tls bool) *http.Cookie {
	// Lax: it has to come along when the provider sends the browser back.
	return &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: age, HttpOnly: true, Secure: tls, SameSite: http.SameSiteLaxMode}
}
