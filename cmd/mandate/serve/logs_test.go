package serve

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mandate/ballot/credential"
	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/cmd/mandate/console"
	"mandate/cmd/mandate/registrar/issuing"
)

// A whole vote, with the mistakes that people and others make, logged at the debug level: what is logged and counted names no member, code,
// card, passphrase, link or address.
func TestE12_LogsAndFiguresNameNobody(t *testing.T) {
	t.Parallel()
	logged := &lines{}
	s := &scene{T: t, dir: t.TempDir(), clock: &clock{}, log: logged, configure: func(c *Config) {
		c.Proxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	}}
	s.start(2)
	t.Cleanup(func() { s.house.Close() })
	s.keys()
	const client = "203.0.113.77"
	post := func(address, kind, body string) {
		t.Helper()
		req, err := http.NewRequest(http.MethodPost, address, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", kind)
		req.Header.Set("X-Forwarded-For", client)
		req.Header.Set("User-Agent", "m3@example.org")
		if resp, err := http.DefaultClient.Do(req); err == nil {
			io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
		}
	}
	round := s.round(s.list(members(4)), 2, 0)
	s.codes(round)
	people := s.collect(round, 3)
	closes := s.clock.now().Add(time.Hour)
	vote := record.ID(s.mock(round, closes))
	s.vote(people, vote, func(i int) [][]int { return [][]int{{i % 2}} })

	code := func(registrar, row int) issuing.Code {
		t.Helper()
		typed, err := issuing.ParseCode(s.rows[registrar][row][4])
		if err != nil {
			t.Fatal(err)
		}
		c, ok := typed.For(issuing.Desk{Round: round, Registrar: uint64(registrar + 1)})
		if !ok {
			t.Fatal("a code of another registrar")
		}
		return c
	}
	// Mistakes at the registrars: a second card, wrong codes until the address is stopped, what is no request.
	desk := s.house.Registrars[0].Entry.URL
	opening, err := people.client.Enter(t.Context(), round, 1, code(0, 0))
	if err != nil {
		t.Fatal(err)
	}
	second, err := people.client.NewWallet(t.Context(), nil, round, opening)
	if err != nil {
		t.Fatal(err)
	}
	if err := people.client.Collect(t.Context(), second, 1, code(0, 0)); err == nil {
		t.Error("a second card")
	}
	wrong := issuing.EntryRequest{Round: round, Code: issuing.NewCode()}
	body, err := wrong.Encode()
	if err != nil {
		t.Fatal(err)
	}
	for range 25 {
		post(desk+"/entries", issuing.ContentType, string(body))
	}
	post(desk+"/cards", issuing.ContentType, s.rows[0][0][4])
	post(desk+"/cards", "text/plain", "Member 1")
	post(desk+"/entries", issuing.ContentType, strings.Repeat("M-001", 100_000))
	// At the board: the newest records with a byte changed, records that are none, paths with names.
	size := uint64(0)
	s.house.Board.View(func(st *fold.State) { size = st.Size() })
	view, err := s.house.dial()
	if err == nil {
		err = view.Update(t.Context())
	}
	if err == nil {
		err = view.Records(t.Context(), size-min(size, 6), func(_ uint64, raw []byte) error {
			raw = bytes.Clone(raw)
			raw[len(raw)-1] ^= 1
			post(s.house.URL+"/records", "application/cbor", string(raw))
			return nil
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range []string{"/records", "/receipts/M-002", "/booth/m1@example.org", "/tile/entries/Member%202"} {
		post(s.house.URL+address, "application/cbor", "Member 1, m1@example.org")
		if resp, err := http.Get(s.house.URL + address + "?who=M-003"); err == nil {
			resp.Body.Close()
		}
	}
	// At the console and the ceremony: wrong links and passphrases.
	post(s.house.places.local("console")+"/sign-in/M-001", "application/x-www-form-urlencoded", "name=Member+1")
	b, at := s.trustee(0)
	b.get(at+"/").send(at+"/unlock", "passphrase", "wrong horse battery m2@example.org")

	s.clock.reach(uint64(closes.Add(time.Hour).Unix()))
	s.phase(vote, fold.Sealed)
	s.open(vote)
	s.phase(vote, fold.Certified)
	s.verified(vote)

	figures := ""
	for _, page := range []string{"/metrics", "/readyz", "/healthz"} {
		resp, err := http.Get(s.house.places.local("operator") + page)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("%s: %d, %v\n%s", page, resp.StatusCode, err, text)
		}
		figures += string(text)
	}
	for _, want := range []string{
		`mandate_board_records_taken_total{kind="ballot"} 3`, `mandate_registrar_answers_total{code="answered",registrar="registrar-1",request="cards"} 1`,
		`mandate_registrar_answers_total{code="rate",registrar="registrar-1",request="entries"}`, `mandate_registrar_cards{registrar="registrar-2"} 3`,
		"mandate_board_promise_seconds_count 3", "mandate_board_write_seconds_count", "mandate_board_checkpoint_age_seconds", "mandate_board_store_bytes", "mandate_board_up 1",
		`mandate_party_looked_timestamp_seconds{party="trustees"}`, `mandate_board_records_refused_total{`,
	} {
		if !strings.Contains(figures, want) {
			t.Errorf("the figures lack %s", want)
		}
	}
	if resp, err := http.Get(s.house.URL + "/metrics"); err != nil || resp.StatusCode != http.StatusNotFound {
		t.Errorf("figures are public: %v, %v", resp, err)
	}
	tokens := []string{s.house.Keys.List(console.RoleTrustee)[0].Token, s.house.Keys.List(console.RoleTrustee)[1].Token}
	if err := s.house.Close(); err != nil { // the last lines
		t.Error(err)
	}

	secret := map[string]string{client: "an address", "wrong horse battery": "a passphrase", tokens[0]: "a trustee's link", tokens[1]: "a trustee's link"}
	for i := range 4 {
		secret[fmt.Sprintf("M-%03d", i+1)], secret[fmt.Sprintf("Member %d", i+1)], secret[fmt.Sprintf("m%d@example.org", i+1)] = "a number", "a name", "an e-mail address"
	}
	for i := range s.rows {
		for m, row := range s.rows[i] {
			_, fragment, _ := strings.Cut(row[5], "#")
			secret[row[4]], secret[fragment] = "a code", "a link"
			c := code(i, m)
			both(secret, c[:], "a code")
		}
	}
	for i := range 2 {
		secret[phrase(i)] = "a passphrase"
	}
	files, err := filepath.Glob(filepath.Join(s.dir, "secrets", "*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		secret[strings.TrimSpace(string(b))] = "a passphrase"
	}
	for _, w := range people.wallets {
		words := w.Words()
		secret[strings.Join(words[:4], " ")] = "a card's words"
		card, err := credential.ParseWords(strings.Join(words, " "))
		if err != nil {
			t.Fatal(err)
		}
		both(secret, card[:], "a card's secret")
		for _, sent := range w.Sent(vote) {
			both(secret, sent.Ballot[:], "a ballot's name")
			secret[sent.Ballot.Short()] = "a ballot's name"
		}
	}
	for name, text := range map[string]string{"log": logged.String(), "figures": figures} {
		for x, what := range secret {
			if x == "" {
				t.Fatalf("%s is empty", what)
			}
			if i := strings.Index(text, x); i >= 0 {
				t.Errorf("the %s has %s: …%q…", name, what, text[max(0, i-150):min(len(text), i+100)])
			}
		}
	}
	if !strings.Contains(logged.String(), "posted") {
		t.Errorf("nothing was logged:\n%s", logged)
	}
}

// both adds bytes in the ways that logs write them.
func both(secret map[string]string, b []byte, what string) {
	for _, text := range []string{hex.EncodeToString(b), strings.ToUpper(hex.EncodeToString(b)), base64.StdEncoding.EncodeToString(b), base64.RawURLEncoding.EncodeToString(b), strings.Trim(fmt.Sprint(b), "[]")} {
		secret[text] = what
	}
}
