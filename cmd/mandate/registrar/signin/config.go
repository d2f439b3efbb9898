package signin

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"mandate/ballot/text"
)

// A Config says which identity provider a registrar believes, and how its members are found on the roll. It is a section of a TOML file.
type Config struct {
	// Issuer is the provider's address, exactly as it calls itself: "https://login.example.org/members".
	Issuer string `toml:"issuer"`
	// ClientID is what the provider calls this registrar, for which ADDRESS/signin/callback is the address to come back to.
	ClientID string `toml:"client-id"`
	// ClientSecretFile is a file whose last line is the secret that the provider has given with it. Empty: it has given none; PKCE is used
	// always.
	ClientSecretFile string `toml:"client-secret-file"`
	// Claim is what the provider says of a member that stands on the roll: "email", which is compared with the roll's addresses and believed
	// only if the provider has verified it, or the name of a claim with the member number. Default "email".
	Claim string `toml:"claim"`
	// Scopes are asked for beside "openid". Default: "email" if that is the claim, else none.
	Scopes []string `toml:"scopes"`
	// Name is what members read on the button, such as "the members' portal".
	Name string `toml:"name"`
	// MaxAge is how long ago a member may have given the provider a password or the like. Default: the provider decides.
	MaxAge Duration `toml:"max-age"`
	// CA is a file with the certificates (PEM) that the provider's is checked against. Default those of the system.
	CA string `toml:"ca"`
}

// A Duration is written like "15m".
type Duration time.Duration

// UnmarshalText reads a duration.
func (d *Duration) UnmarshalText(b []byte) error {
	v, err := time.ParseDuration(string(b))
	if err == nil && v < 0 {
		err = fmt.Errorf("%q is negative", b)
	}
	*d = Duration(v)
	return err
}

// Enabled reports whether there is a provider.
func (c *Config) Enabled() bool { return c.Issuer != "" }

var claimForm = regexp.MustCompile(`^[A-Za-z0-9_.:/-]{1,100}$`)

// Check reports whether the configuration makes sense; errors name the field. The files that it names are not read.
func (c *Config) Check() error {
	if err := checkAddress(c.Issuer); err != nil {
		return fmt.Errorf("issuer: %w", err)
	}
	if c.ClientID == "" {
		return errors.New("client-id: is empty")
	}
	if c.Claim != "" && !claimForm.MatchString(c.Claim) {
		return fmt.Errorf("claim: %q is no name like email or member_number", c.Claim)
	}
	for _, s := range c.Scopes {
		if s == "" || strings.ContainsAny(s, " \"\\") {
			return fmt.Errorf("scopes: %q is none", s)
		}
	}
	if c.MaxAge < 0 || c.MaxAge > 0 && c.MaxAge < Duration(time.Minute) {
		return errors.New("max-age: less than a minute")
	}
	return text.CheckName("name", c.Name)
}

func (c *Config) claim() string {
	if c.Claim == "" {
		return claimEmail
	}
	return c.Claim
}

func (c *Config) scopes() []string {
	all := []string{"openid"}
	if c.Scopes == nil && c.claim() == claimEmail {
		all = append(all, claimEmail)
	}
	for _, s := range c.Scopes {
		if !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	return all
}

// Way is how sign-in stands among the ways of a round's channel (SPEC.md §8.3): "openid" and the issuer in normal form, so that two
// registrars with one provider have one way.
func (c *Config) Way() string { return "openid " + normal(c.Issuer) }

// normal brings an issuer to its normal form: scheme and host in lower case, no port that is the scheme's own, no slash at the end.
func normal(issuer string) string {
	u, err := url.Parse(issuer)
	if err != nil {
		return issuer
	}
	host := strings.ToLower(u.Hostname())
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if p := u.Port(); p != "" && !(u.Scheme == "https" && p == "443") && !(u.Scheme == "http" && p == "80") {
		host += ":" + p
	}
	return strings.ToLower(u.Scheme) + "://" + host + strings.TrimRight(u.EscapedPath(), "/")
}

// checkAddress reports whether codes and tokens can be entrusted to an address: over TLS, or on this machine.
func checkAddress(s string) error {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Opaque != "" {
		return fmt.Errorf("%q is not an address like https://login.example.org", s)
	}
	if err := text.CheckURL("address", s); err != nil {
		return err
	}
	if u.Scheme == "https" || u.Scheme == "http" && loopback(u.Hostname()) {
		return nil
	}
	return fmt.Errorf("%q: only https, but for a provider on this machine", s)
}

func loopback(host string) bool {
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && a.IsLoopback()
}

// hostOnly is for messages: who is asked, and nothing that follows.
func hostOnly(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "?"
	}
	if h, _, err := net.SplitHostPort(u.Host); err == nil {
		return h
	}
	return u.Host
}
