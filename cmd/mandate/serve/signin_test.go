package serve

import (
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mandate/bulletin/booth/boothtest"
	"mandate/cmd/mandate/registrar/signin"
	"mandate/cmd/mandate/registrar/signin/signintest"
)

// freePort returns an address of this machine at which nobody listens.
func freePort(t testing.TB) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// A member collects a card on a phone without typing a code: with two registrars, each of which believes an identity provider of its own, real ones
// in processes of their own.
func TestOneTapOnAPhone(t *testing.T) {
	t.Parallel()
	chrome := boothtest.Start(t)
	users := []signintest.User{{Name: "wanda", Password: "sesame", Email: "M2@example.org", Verified: true}, {Name: "stranger", Password: "sesame", Email: "x@example.net", Verified: true}}
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("between us\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var places, issuers []string
	for range 2 {
		at := freePort(t)
		places = append(places, at)
		issuers = append(issuers, signintest.Start(t, users, []signintest.Client{{ID: "cards", Secret: "between us", Back: "http://" + at + "/signin/callback"}}))
	}
	s := &scene{T: t, dir: t.TempDir(), clock: &clock{}, configure: func(c *Config) {
		for i := range c.Registrars {
			r := &c.Registrars[i]
			r.Listen, r.Channel, r.Contact = places[i], "", "help@example.org"
			r.SignIn = signin.Config{Issuer: issuers[i], ClientID: "cards", ClientSecretFile: secret, Name: []string{"the members' portal", "the union's login"}[i]}
		}
	}}
	s.start(2)
	t.Cleanup(func() { s.house.Close() })
	round := s.round(s.list(members(4)), 1, 0)

	phone := click{chrome.Open(t, boothtest.Phone), t}
	look := func(name string) {
		t.Helper()
		for _, found := range append(phone.Axe(), phone.Wide()...) {
			t.Errorf("%s: %s", name, found)
		}
		phone.Picture("signin-" + name)
	}
	tap := func(link, then string) {
		t.Helper()
		b, err := json.Marshal(link)
		if err != nil {
			t.Fatal(err)
		}
		phone.Leave(`[...document.querySelectorAll("a")].find((a) => a.textContent.startsWith(` + string(b) + `)).click()`)
		phone.Wait(then)
	}
	at := func(user, then string) {
		t.Helper()
		phone.Eval(`document.getElementById("username").value = "`+user+`", document.getElementById("password").value = "sesame", 0`, nil)
		phone.Leave(`document.querySelector("button").click()`)
		phone.Wait(then)
	}
	phone.Go(s.house.URL + "/booth/card?lang=en")
	phone.Wait("Sign in to begin")
	look("begin")
	tap("One: sign in with", "Username")
	at("stranger", "Your account is not on the roll")
	look("nobody")
	tap("Sign in again", "Username")
	at("wanda", "Is this you?")
	phone.Wait("Member 2")
	look("you")
	phone.Press("Yes, this is me")
	phone.Wait("Keep your card before you go on")
	phone.Press("Write down 24 words")
	phone.Press("I have kept it")
	phone.Wait("1 of 2 registrars has answered")
	look("one-of-two")
	tap("Two: sign in with", "Username")
	at("wanda", "Your card is complete") // and the page goes on where it was
	look("complete")
	var address string
	phone.Eval(`location.href`, &address)
	if strings.Contains(address, "code=") {
		t.Errorf("the code is left in the address: %s", address)
	}
	for i, r := range s.house.Registrars {
		standing, err := r.Desk.Standing(round)
		if err != nil || standing.Issued != 1 {
			t.Errorf("registrar %d has issued %d cards (%v)", i+1, standing.Issued, err)
		}
	}

	// Without a mail server, whoever asks for a code is told whom to ask.
	phone.Go("http://" + places[0] + "/code?lang=en&round=" + round.String())
	phone.Wait("How to get a new code")
	phone.Wait("help@example.org")
	look("by-hand")
	for _, trouble := range phone.Trouble() {
		if !strings.Contains(trouble, "favicon") && !strings.Contains(trouble, "403") {
			t.Errorf("browser: %s", trouble)
		}
	}
}
