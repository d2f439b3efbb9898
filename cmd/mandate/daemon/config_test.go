package daemon_test

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"mandate/cmd/mandate/daemon"
	"mandate/cmd/mandate/daemon/board"
	"mandate/cmd/mandate/daemon/commission"
	"mandate/cmd/mandate/daemon/registrar"
	"mandate/cmd/mandate/daemon/trustee"
)

// keys returns the keys of a configuration's struct; those of a section with a dot.
func keys(t reflect.Type) (out []string) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("toml"), ",")
		switch {
		case f.Anonymous:
			out = append(out, keys(f.Type)...)
		case name == "-" || !f.IsExported():
		case name == "":
			out = append(out, "field "+f.Name+" without a key")
		default:
			out = append(out, name)
		}
	}
	return out
}

func write(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Every example is a configuration that is read, and has every key that there is; what else it has in comments is none.
func TestExamples(t *testing.T) {
	uncommented := regexp.MustCompile(`(?m)^# ([a-z-]+ *= )`)
	key := regexp.MustCompile(`(?m)^(?:# )?\[?([a-z-]+)(?: *= |\]$)`)
	for party, c := range map[string]struct {
		example string
		config  any
		read    func(path string) error
	}{
		"board":      {board.Example, board.Config{}, func(path string) error { return daemon.ReadConfig("board", path, new(board.Config)) }},
		"registrar":  {registrar.Example, registrar.Config{}, func(path string) error { return daemon.ReadConfig("registrar", path, new(registrar.Config)) }},
		"trustee":    {trustee.Example, trustee.Config{}, func(path string) error { return daemon.ReadConfig("trustee", path, new(trustee.Config)) }},
		"commission": {commission.Example, commission.Config{}, func(path string) error { _, err := commission.Read(path); return err }},
	} {
		if err := c.read(write(t, party+".toml", c.example)); err != nil {
			t.Errorf("%s: %v", party, err)
		}
		in := make(map[string]bool)
		for _, m := range key.FindAllStringSubmatch(c.example, -1) {
			in[m[1]] = true
		}
		for _, k := range keys(reflect.TypeOf(c.config)) {
			if !in[k] {
				t.Errorf("%s: the example does not have %s", party, k)
			}
		}
		// With the comment marks away, every key is one that is known: a value that is none, or files that are not there, come later.
		all := uncommented.ReplaceAllString(c.example, "$1")
		if err := c.read(write(t, party+".toml", all)); err != nil && strings.Contains(err.Error(), "there is no key") {
			t.Errorf("%s, without comment marks: %v", party, err)
		}
	}
}

// A configuration that cannot be used is refused with the line or the key, and a hint.
func TestBadConfigs(t *testing.T) {
	const good = "name = \"Ana\"\nboard = \"b.toml\"\n"
	for content, want := range map[string]string{
		good + "lok = \"2s\"\n":                            "line 3: there is no key lok",
		good + "look = 2\n":                                "\"2\" is no time like",
		good + "look = \"-2s\"\n":                          "\"-2s\" is no time like",
		good + "look = \"2s\n":                             "line 3: ",
		good + "log = \"xml\"\n":                           "log: \"xml\"",
		good + "url = \"gopher://x\"\n":                    "url: ",
		"board = \"b.toml\"\n":                             "name: ",
		"name = \"Ana\"\n":                                 "board: the board's entry file is needed",
		good + "[passphrase]\nfile = \"x\"\n":              "line 3: ",
		good + "#" + strings.Repeat("x", 1<<20):            "more than 1048576 bytes",
		good + "name = \"Bo\"\n":                           "line 3: ",
		"name = \"A\u0000\"\nboard = \"b.toml\"\n":         "",
		"name = \"" + strings.Repeat("n", 5000) + "\"\n\n": "",
	} {
		err := daemon.ReadConfig("trustee", write(t, "trustee.toml", content), new(trustee.Config))
		if err == nil || !strings.Contains(err.Error(), want) || daemon.HintOf(err) == "" {
			t.Errorf("%.60q: %v (hint %q), want %q", content, err, daemon.HintOf(err), want)
		}
	}
	err := daemon.ReadConfig("trustee", filepath.Join(t.TempDir(), "none.toml"), new(trustee.Config))
	if err == nil || !os.IsNotExist(err) && !strings.Contains(err.Error(), "none.toml") || daemon.HintOf(err) != "mandate trustee example > trustee.toml" {
		t.Errorf("%v (hint %q)", err, daemon.HintOf(err))
	}
	const served = "name = \"R\"\noperator = \"O\"\nchannel = \"c\"\nboard = \"b.toml\"\n"
	for content, want := range map[string]string{
		"":                     "listen is needed",
		"listen = \"8080\"\n":  "listen: ",
		"listen = \":8080\"\n": "address is needed",
		"listen = \":1\"\naddress = \"ftp://x\"\n":                                            "address: ",
		"listen = \":1\"\naddress = \"https://x.example\"\ncertificate = \"c\"\n":             "certificate and key are given together",
		"listen = \":1\"\naddress = \"http://x.example\"\ncertificate = \"c\"\nkey = \"k\"\n": "want https with a certificate",
		"listen = \":1\"\naddress = \"https://x.example\"\nwrong-codes = -1\n":                "wrong-codes",
		"listen = \":1\"\naddress = \"https://x.example\"\nproxies = [\"here\"]\n":            "line 7",
	} {
		err := daemon.ReadConfig("registrar", write(t, "registrar.toml", served+content), new(registrar.Config))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", content, err, want)
		}
	}
}
