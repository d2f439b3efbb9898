// Package signintest has identity providers for tests: [New] one in the test's own process whose answers the test can change, to play one that
// lies or is played with, and [Start] a real one, the OpenID provider of github.com/zitadel/oidc, in a process of its own.
package signintest

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// A Provider is an identity provider of one user at a time, who is never asked for a password.
type Provider struct {
	*httptest.Server
	ClientID, Secret string

	mu    sync.Mutex
	key   *rsa.PrivateKey
	codes map[string]granted

	// What a test can change, under Do.
	Claims   map[string]any                                  // of the ID token, over what it would say
	Userinfo map[string]any                                  // nil: there is no such address
	Sign     func(key *rsa.PrivateKey, claims []byte) string // of the ID token; nil: as it should be
	Back     func(v url.Values)                              // with what the browser comes back
	Answers  bool                                            // it says that it names itself in answers (RFC 9207)
	Issuer   string                                          // as it describes itself; empty: its address
	Down     bool
}

type granted struct {
	query url.Values
	used  bool
}

// New starts a provider.
func New(t testing.TB) *Provider {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p := &Provider{ClientID: "registrar", Secret: "between us", key: key, codes: make(map[string]granted)}
	mux := http.NewServeMux()
	mux.HandleFunc("/.well-known/openid-configuration", p.configuration)
	mux.HandleFunc("/keys", p.keys)
	mux.HandleFunc("/auth", p.auth)
	mux.HandleFunc("/token", p.token)
	mux.HandleFunc("/userinfo", p.userinfo)
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.Down {
			http.Error(w, "down", http.StatusServiceUnavailable)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(p.Close)
	return p
}

// Do changes the provider.
func (p *Provider) Do(f func(p *Provider)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f(p)
}

// As has the provider sign in a user with claims.
func (p *Provider) As(claims map[string]any) { p.Do(func(p *Provider) { p.Claims = claims }) }

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(v)
}

func (p *Provider) issuer() string {
	if p.Issuer != "" {
		return p.Issuer
	}
	return p.URL
}

func (p *Provider) configuration(w http.ResponseWriter, _ *http.Request) {
	c := map[string]any{
		"issuer": p.issuer(), "authorization_endpoint": p.URL + "/auth", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/keys",
		"response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"},
		// A provider that offers all of these must not be able to talk a registrar into them.
		"id_token_signing_alg_values_supported": []string{"RS256", "HS256", "none"}, "authorization_response_iss_parameter_supported": p.Answers,
	}
	if p.Userinfo != nil {
		c["userinfo_endpoint"] = p.URL + "/userinfo"
	}
	answer(w, c)
}

func (p *Provider) keys(w http.ResponseWriter, _ *http.Request) {
	answer(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: p.key.Public(), KeyID: "1", Algorithm: "RS256", Use: "sig"}}})
}

func (p *Provider) auth(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	code := rand.Text()
	p.codes[code] = granted{query: q}
	v := url.Values{"code": {code}, "state": {q.Get("state")}}
	if p.Answers {
		v.Set("iss", p.issuer())
	}
	if p.Back != nil {
		p.Back(v)
	}
	http.Redirect(w, r, q.Get("redirect_uri")+"?"+v.Encode(), http.StatusFound)
}

func (p *Provider) token(w http.ResponseWriter, r *http.Request) {
	g, ok := p.codes[r.PostFormValue("code")]
	id, secret, _ := r.BasicAuth()
	secret, _ = url.QueryUnescape(secret) // RFC 6749 §2.3.1
	sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	if !ok || g.used || id != p.ClientID || secret != p.Secret || r.PostFormValue("redirect_uri") != g.query.Get("redirect_uri") ||
		base64.RawURLEncoding.EncodeToString(sum[:]) != g.query.Get("code_challenge") || g.query.Get("code_challenge_method") != "S256" {
		w.WriteHeader(http.StatusBadRequest)
		answer(w, map[string]string{"error": "invalid_grant"})
		return
	}
	g.used = true
	p.codes[r.PostFormValue("code")] = g
	now := time.Now().Unix()
	claims := map[string]any{"iss": p.issuer(), "aud": p.ClientID, "sub": "user", "iat": now, "exp": now + 300, "nonce": g.query.Get("nonce"), "auth_time": now}
	for k, v := range p.Claims {
		claims[k] = v
	}
	b, err := json.Marshal(claims)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	sign := p.Sign
	if sign == nil {
		sign = Signed
	}
	answer(w, map[string]any{"access_token": "opened", "token_type": "Bearer", "expires_in": 300, "id_token": sign(p.key, b)})
}

func (p *Provider) userinfo(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "Bearer opened" {
		http.Error(w, "who?", http.StatusUnauthorized)
		return
	}
	answer(w, p.Userinfo)
}

// Signed returns a token as it should be.
func Signed(key *rsa.PrivateKey, claims []byte) string {
	return compact(jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: key, KeyID: "1"}}, claims)
}

// Shared returns a token that is signed with a secret that both sides know.
func (p *Provider) Shared(_ *rsa.PrivateKey, claims []byte) string {
	return compact(jose.SigningKey{Algorithm: jose.HS256, Key: []byte(p.Secret + p.Secret + p.Secret + p.Secret)}, claims)
}

// None returns a token that nobody has signed.
func None(_ *rsa.PrivateKey, claims []byte) string {
	e := base64.RawURLEncoding
	return e.EncodeToString([]byte(`{"alg":"none"}`)) + "." + e.EncodeToString(claims) + "."
}

// Forged returns a token that somebody else has signed.
func Forged(_ *rsa.PrivateKey, claims []byte) string {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return Signed(key, claims)
}

func compact(k jose.SigningKey, claims []byte) string {
	s, err := jose.NewSigner(k, nil)
	if err != nil {
		panic(err) // the keys are this package's
	}
	j, err := s.Sign(claims)
	if err != nil {
		panic(err)
	}
	out, err := j.CompactSerialize()
	if err != nil {
		panic(err)
	}
	return out
}
