// Package signin lets a registrar recognise members by an identity provider, with OpenID Connect: the authorization-code flow (OpenID Connect
// Core 1.0 §3.1) with PKCE (RFC 7636), state, nonce and, where the provider says so, its name in the answer (RFC 9207).
//
// [New] makes a [Provider] of a [Config]. [Provider.Begin] returns where to send a member's browser and what has to come back with it, a
// [Pending], which the caller seals into a cookie of that browser ([Jar]). When the browser comes back, [Provider.Finish] asks the provider
// over a connection of its own and returns the [Identity]; who that is on the roll, the registrar decides.
//
// It believes the provider who its users are and nothing else: tokens must be signed by its published keys with a public-key algorithm, be for
// this registrar, fresh, and answer this very request. What happens between the member and the provider is not seen here. Errors say what sort
// of failure it was, and never of whom; nothing is logged.
package signin

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"mandate/crypto/hidden"
)

// Reasons why a member was not recognised.
const (
	ReasonProvider   = "provider"   // the provider cannot be reached, or does not answer as one
	ReasonDeclined   = "declined"   // the provider, or the member at it, has declined
	ReasonState      = "state"      // this browser has not begun it, or it was used already
	ReasonExpired    = "expired"    // begun too long ago
	ReasonIssuer     = "issuer"     // another provider answers
	ReasonToken      = "token"      // what the provider says is not signed, not for us, too old or no answer to this request
	ReasonStale      = "stale"      // the member's last sign-in at the provider is longer ago than the registrar allows
	ReasonClaim      = "claim"      // the provider does not say what the roll is compared with
	ReasonUnverified = "unverified" // the provider has not verified the address
)

// An Error says why a member was not recognised. It has nothing of the member.
type Error struct {
	Reason string
	err    error
}

func (e *Error) Error() string {
	if e.err != nil && e.Reason == ReasonProvider {
		return "sign-in: " + e.Reason + ": " + e.err.Error()
	}
	return "sign-in: " + e.Reason
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.err }

func fail(reason string, err error) error { return &Error{reason, err} }

// An Identity is what a provider says of a member that stands on the roll.
type Identity struct {
	hidden.Fields
	Email  string // verified; empty: it is the number
	Number string
}

const (
	claimEmail  = "email"
	lifetime    = 10 * time.Minute // from Begin to Finish
	leeway      = time.Minute      // between clocks
	maxAnswer   = 1 << 20          // bytes of an answer of the provider
	patience    = 15 * time.Second // for one
	pause       = 5 * time.Second  // after a provider was out of reach
	maxReturned = 4096             // bytes of a parameter with which the browser comes back
)

// algorithms are the signatures that are believed: those with a public key. Neither "none" nor those with a shared secret.
var algorithms = []string{oidc.RS256, oidc.RS384, oidc.RS512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.EdDSA}

// A Provider is an identity provider as a registrar knows it.
type Provider struct {
	config Config
	secret string
	http   *http.Client
	clock  func() time.Time

	mu       sync.Mutex
	found    *oidc.Provider // nil before it was reached
	answered bool           // it names itself in its answers
	failed   time.Time
	cause    error
}

// New makes a Provider. The files that the configuration names are read now; the provider is asked when the first member signs in. A nil clock is
// time.Now.
func New(c Config, clock func() time.Time) (*Provider, error) {
	if err := c.Check(); err != nil {
		return nil, fmt.Errorf("sign-in: %w", err)
	}
	if clock == nil {
		clock = time.Now
	}
	p := &Provider{config: c, clock: clock}
	if c.ClientSecretFile != "" {
		b, err := os.ReadFile(c.ClientSecretFile)
		if err != nil {
			return nil, fmt.Errorf("sign-in: client-secret-file: %w", err)
		}
		lines := strings.Split(strings.TrimRight(string(b), "\r\n"), "\n")
		if p.secret = strings.TrimSpace(lines[len(lines)-1]); p.secret == "" {
			return nil, fmt.Errorf("sign-in: client-secret-file: %s is empty", c.ClientSecretFile)
		}
	}
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	if c.CA != "" {
		b, err := os.ReadFile(c.CA)
		if err != nil {
			return nil, fmt.Errorf("sign-in: ca: %w", err)
		}
		t.TLSClientConfig.RootCAs = x509.NewCertPool()
		if !t.TLSClientConfig.RootCAs.AppendCertsFromPEM(b) {
			return nil, fmt.Errorf("sign-in: ca: %s has no certificate", c.CA)
		}
	}
	p.http = &http.Client{
		Transport: limited{t}, Timeout: patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return p, nil
}

// Name is what members read on the button.
func (p *Provider) Name() string { return p.config.Name }

// limited bounds how much of an answer is read.
type limited struct{ http.RoundTripper }

func (l limited) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := l.RoundTripper.RoundTrip(r)
	if err == nil {
		resp.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(resp.Body, maxAnswer), resp.Body}
	}
	return resp, err
}

// discover returns the provider as it describes itself (OpenID Connect Discovery 1.0). It is asked once; one that was out of reach is left alone
// for a moment.
func (p *Provider) discover(ctx context.Context) (*oidc.Provider, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.found != nil {
		return p.found, nil
	}
	if p.cause != nil && p.clock().Sub(p.failed) < pause {
		return nil, p.cause
	}
	found, err := oidc.NewProvider(oidc.ClientContext(ctx, p.http), p.config.Issuer)
	var more struct {
		Answers bool   `json:"authorization_response_iss_parameter_supported"`
		Keys    string `json:"jwks_uri"`
	}
	if err == nil {
		err = found.Claims(&more)
	}
	if err == nil {
		for _, address := range []string{found.Endpoint().AuthURL, found.Endpoint().TokenURL, more.Keys} {
			u, _, _ := strings.Cut(address, "?")
			if e := checkAddress(u); e != nil && err == nil {
				err = e
			}
		}
	}
	if err != nil {
		// What a stranger answers is not repeated in the log.
		p.failed, p.cause = p.clock(), fail(ReasonProvider, fmt.Errorf("asking %s who it is has failed", hostOnly(p.config.Issuer)))
		return nil, p.cause
	}
	p.found, p.answered, p.cause = found, more.Answers, nil
	return found, nil
}

func (p *Provider) oauth(found *oidc.Provider, back string) *oauth2.Config {
	return &oauth2.Config{ClientID: p.config.ClientID, ClientSecret: p.secret, Endpoint: found.Endpoint(), RedirectURL: back, Scopes: p.config.scopes()}
}

// A Pending is a sign-in that was begun. It belongs into the browser that has begun it, and nowhere else.
type Pending struct {
	hidden.Fields
	State    string
	Nonce    string
	Verifier string // RFC 7636
	Back     string // the address to come back to
	Until    int64  // Unix time
	Note     string // the caller's own
}

// Begin returns the provider's address to which the member's browser goes, and what has to come back with it to the address back. The note is
// kept for the caller.
func (p *Provider) Begin(ctx context.Context, back, note string) (address string, begun *Pending, err error) {
	found, err := p.discover(ctx)
	if err != nil {
		return "", nil, err
	}
	begun = &Pending{State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(), Back: back, Until: p.clock().Add(lifetime).Unix(), Note: note}
	o := []oauth2.AuthCodeOption{oidc.Nonce(begun.Nonce), oauth2.S256ChallengeOption(begun.Verifier)}
	if p.config.MaxAge > 0 {
		o = append(o, oauth2.SetAuthURLParam("max_age", fmt.Sprint(int64(time.Duration(p.config.MaxAge)/time.Second))))
	}
	return p.oauth(found, back).AuthCodeURL(begun.State, o...), begun, nil
}

// Finish takes what the browser has come back with, asks the provider for whom the code is, and returns that. Errors are of type *Error.
func (p *Provider) Finish(ctx context.Context, begun *Pending, returned url.Values) (*Identity, error) {
	one := func(name string) string {
		if v := returned[name]; len(v) == 1 && len(v[0]) <= maxReturned {
			return v[0]
		}
		return ""
	}
	if begun.State == "" || subtle.ConstantTimeCompare([]byte(one("state")), []byte(begun.State)) != 1 {
		return nil, fail(ReasonState, nil)
	}
	if p.clock().Unix() > begun.Until {
		return nil, fail(ReasonExpired, nil)
	}
	found, err := p.discover(ctx)
	if err != nil {
		return nil, err
	}
	// RFC 9207 §2.4, against the mix-up of providers.
	if iss := returned.Get("iss"); iss != "" && iss != p.config.Issuer || iss == "" && p.answered {
		return nil, fail(ReasonIssuer, nil)
	}
	if returned.Has("error") {
		return nil, fail(ReasonDeclined, nil)
	}
	code := one("code")
	if code == "" {
		return nil, fail(ReasonState, nil)
	}
	ctx = oidc.ClientContext(ctx, p.http)
	tokens, err := p.oauth(found, begun.Back).Exchange(ctx, code, oauth2.VerifierOption(begun.Verifier))
	if err != nil {
		var answer *oauth2.RetrieveError
		if errors.As(err, &answer) && answer.Response.StatusCode < 500 { // the code is none, was used, or is not ours
			return nil, fail(ReasonToken, nil)
		}
		return nil, fail(ReasonProvider, fmt.Errorf("%s does not exchange the code", hostOnly(p.config.Issuer)))
	}
	raw, _ := tokens.Extra("id_token").(string)
	token, err := found.VerifierContext(ctx, &oidc.Config{ClientID: p.config.ClientID, SupportedSigningAlgs: algorithms, Now: p.clock}).Verify(ctx, raw)
	if err != nil {
		return nil, fail(ReasonToken, err)
	}
	claims, err := p.checked(begun, token, tokens.AccessToken)
	if err != nil {
		return nil, err
	}
	if _, ok := claims[p.config.claim()]; !ok { // many providers say so at an address of its own only (OpenID Connect Core section 5.3)
		if claims, err = p.userinfo(ctx, found, tokens, token.Subject); err != nil {
			return nil, err
		}
	}
	return p.identity(claims)
}

// checked checks of a token whose signature, issuer, audience and expiry hold what is left (OpenID Connect Core section 3.1.3.7), and returns its claims.
func (p *Provider) checked(begun *Pending, token *oidc.IDToken, access string) (map[string]json.RawMessage, error) {
	bad := func(what string) error { return fail(ReasonToken, errors.New(what)) }
	if begun.Nonce == "" || subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(begun.Nonce)) != 1 {
		return nil, bad("another nonce")
	}
	var claims map[string]json.RawMessage
	if err := token.Claims(&claims); err != nil {
		return nil, fail(ReasonToken, err)
	}
	azp, there := word(claims["azp"])
	if there && azp != p.config.ClientID || !there && len(token.Audience) > 1 || !slices.Contains(token.Audience, p.config.ClientID) {
		return nil, bad("issued to another party")
	}
	now := p.clock()
	if token.IssuedAt.After(now.Add(leeway)) || now.Sub(token.IssuedAt) > lifetime+leeway {
		return nil, bad("issued at another time")
	}
	if token.AccessTokenHash != "" {
		if err := token.VerifyAccessToken(access); err != nil {
			return nil, fail(ReasonToken, err)
		}
	}
	if p.config.MaxAge > 0 {
		var at int64
		if json.Unmarshal(claims["auth_time"], &at) != nil || now.Sub(time.Unix(at, 0)) > time.Duration(p.config.MaxAge)+leeway {
			return nil, fail(ReasonStale, nil)
		}
	}
	return claims, nil
}

// userinfo asks the provider for the claims that are not in the token. They are the same user's, or none.
func (p *Provider) userinfo(ctx context.Context, found *oidc.Provider, tokens *oauth2.Token, subject string) (map[string]json.RawMessage, error) {
	if found.UserInfoEndpoint() == "" {
		return nil, fail(ReasonClaim, nil)
	}
	if err := checkAddress(found.UserInfoEndpoint()); err != nil {
		return nil, fail(ReasonProvider, err)
	}
	info, err := found.UserInfo(ctx, oauth2.StaticTokenSource(tokens))
	if err != nil {
		return nil, fail(ReasonProvider, fmt.Errorf("%s does not say of whom the token is", hostOnly(p.config.Issuer)))
	}
	if info.Subject != subject || subject == "" {
		return nil, fail(ReasonToken, errors.New("another user's claims"))
	}
	var claims map[string]json.RawMessage
	if err := info.Claims(&claims); err != nil {
		return nil, fail(ReasonToken, err)
	}
	return claims, nil
}

// identity takes from the claims what stands on the roll.
func (p *Provider) identity(claims map[string]json.RawMessage) (*Identity, error) {
	name := p.config.claim()
	v, ok := word(claims[name])
	if !ok {
		return nil, fail(ReasonClaim, nil)
	}
	if name != claimEmail {
		return &Identity{Number: v}, nil
	}
	// Some providers write the boolean as a string.
	if s := strings.Trim(string(claims["email_verified"]), `"`); s != "true" {
		return nil, fail(ReasonUnverified, nil)
	}
	return &Identity{Email: v}, nil
}

var wholeNumber = regexp.MustCompile(`^(0|[1-9][0-9]{0,17})$`)

// word reads a claim that is a string, or a whole number as it is written; member numbers are both.
func word(raw json.RawMessage) (string, bool) {
	var s string
	if json.Unmarshal(raw, &s) == nil && s != "" && len(s) <= 300 {
		return s, true
	}
	if wholeNumber.Match(raw) {
		return string(raw), true
	}
	return "", false
}
