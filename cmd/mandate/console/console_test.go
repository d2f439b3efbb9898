package console

import (
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"mandate/ballot/contest"
	"mandate/ballot/rules"
	"mandate/bulletin/language"
)

var keyForm = regexp.MustCompile(`"((?:console|phase|turnout|rule|question|gate|duty|who|date|call|round|organisation|notice|badge|outcome|method|share|packet|forums|candidates|lead|page|result|side|next)(?:-[a-z]+)?\.[a-z0-9-]+)"`)

// Every text that the program asks for is there, and every text of the console is asked for.
func TestTexts(t *testing.T) {
	asked := make(map[string]bool)
	err := filepath.WalkDir(".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, ".html") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		b, err := os.ReadFile(path)
		for _, m := range keyForm.FindAllStringSubmatch(string(b), -1) {
			asked[m[1]] = true
		}
		return err
	})
	if err != nil || len(asked) < 200 {
		t.Fatalf("%d texts (%v)", len(asked), err)
	}
	for _, a := range acts {
		asked["console-act."+a.name] = true
	}
	for _, name := range append(rules.Templates(), "simple") {
		asked["console-template."+name], asked["console-template."+name+"-text"] = true, true
	}
	english := language.All()[0]
	for key := range asked {
		if file := key == "console.json" || key == "console.css"; !file && !strings.HasSuffix(key, "-") && !english.Has(key) {
			t.Errorf("%s is asked for and not there", key)
		}
	}
	// Keys that are put together, by their beginnings.
	made := []string{
		"console-act.", "console-field.", "console-template.", "console-role.", "console-decide.", "console-of.", "console-column.", "console-rehearsal.",
		"console-ceremony.mine-", "console-ceremony.welcome-", "console-vote.",
	}
	for _, key := range english.Keys("console") {
		if !asked[key] && !slices.ContainsFunc(made, func(p string) bool { return strings.HasPrefix(key, p) }) {
			t.Errorf("%s is there and not asked for", key)
		}
	}
	for _, stage := range []string{StageJoining, StageKeys, StageVoting, StageOpening, StageDone, StageFailed} {
		if !english.Has("console-rehearsal." + stage) {
			t.Errorf("a rehearsal's stage %s has no text", stage)
		}
	}
}

func TestPassphraseHash(t *testing.T) {
	kept := hashPassphrase([]byte("correct horse battery"))
	if kept == hashPassphrase([]byte("correct horse battery")) {
		t.Error("no salt")
	}
	for phrase, want := range map[string]bool{"correct horse battery": true, "correct horse batterY": false, "": false} {
		if ok, err := checkPassphrase(kept, []byte(phrase)); err != nil || ok != want {
			t.Errorf("%q: %v %v", phrase, ok, err)
		}
	}
	parts := strings.Split(kept, "$")
	for i, damage := range []string{"bcrypt", "0", "4294967295", "999", "!", "AAAA"} {
		bad := slices.Clone(parts)
		bad[i] = damage
		if ok, err := checkPassphrase(strings.Join(bad, "$"), []byte("correct horse battery")); ok || err == nil {
			t.Errorf("%d: %v %v", i, ok, err)
		}
	}
	for _, bad := range []string{"", "argon2id", kept + "$"} {
		if ok, err := checkPassphrase(bad, []byte("x")); ok || err == nil {
			t.Errorf("%q: %v %v", bad, ok, err)
		}
	}
}

// Buttons that add and remove keep to what is there, whatever they are sent.
func TestDraftButtons(t *testing.T) {
	d := newDraft("x", "")
	for _, do := range []string{"add-option:0", "add-contest", "add-contest", "remove-contest:1", "remove-option:0.3", "add-own", "add-own", "remove-own:0"} {
		d.edit(do)
	}
	if len(d.Contests) != 2 || len(d.Contests[0].Options) != 3 || len(d.Options) != 1 {
		t.Errorf("%d contests, %d options, %d of its own", len(d.Contests), len(d.Contests[0].Options), len(d.Options))
	}
	for _, do := range []string{"", "remove-contest:-1", "remove-contest:9", "remove-option:0.9", "remove-option:-1.0", "remove-option:9.9", "remove-own:7", "remove-own:-1", "add-option:9", "nonsense:0.0", "remove-option:99999999999999999999.1"} {
		d.edit(do)
	}
	for range 300 {
		d.edit("add-option:0")
		d.edit("add-contest")
		d.edit("add-own")
	}
	if len(d.Contests) != contest.MaxContests || len(d.Options) != contest.MaxOptions || len(d.Contests[0].Options) != contest.MaxOptions {
		t.Errorf("%d contests, %d options, %d of its own", len(d.Contests), len(d.Contests[0].Options), len(d.Options))
	}
	for range 300 {
		d.edit("remove-contest:0")
	}
	if len(d.Contests) != 1 {
		t.Errorf("%d contests", len(d.Contests))
	}
}

func FuzzDraft(f *testing.F) {
	f.Add("title-en=a&contest-0=1&contest-0-option-0=1&contest-0-option-0-title-en=b&pace=3&do=add-option:0")
	f.Add("own-0=1&own-1=1&do=remove-own:1&requires=x&requires=" + strings.Repeat("a", 64))
	f.Add("contest-0=1&contest-31=1&do=remove-option:0.0")
	f.Fuzz(func(t *testing.T, body string) {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if r.ParseForm() != nil {
			return
		}
		d := newDraft("x", "")
		d.read(r)
		d.edit(r.PostFormValue("do"))
		if len(d.Contests) > contest.MaxContests || len(d.Options) > contest.MaxOptions || len(d.Requires) > 16 {
			t.Error("beyond the limits")
		}
		if d.pace() < 1 || d.pace() > 86_400 {
			t.Errorf("a day lasts %d seconds", d.pace())
		}
		d.clone()
	})
}

func TestSlug(t *testing.T) {
	for title, want := range map[string]string{
		"Yes": "yes", "  The Hall, at 5!": "the-hall-at-5", "¿Qué?": "qu", "日本": "", "--": "", strings.Repeat("a b", 40): strings.Trim(strings.Repeat("a-b", 40)[:40], "-"),
	} {
		got := slug(title)
		if title == strings.Repeat("a b", 40) {
			if len(got) > 40 || strings.HasSuffix(got, "-") {
				t.Errorf("%q", got)
			}
			continue
		}
		if got != want {
			t.Errorf("%q: %q, want %q", title, got, want)
		}
	}
}

// In a rehearsal's rules no period has vanished, and none is longer than its own.
func TestRehearsedRules(t *testing.T) {
	for _, name := range rules.Templates() {
		real, err := rulesFile(name, 86_400)
		if err != nil {
			t.Fatal(err)
		}
		fast, err := rulesFile(name, 10)
		if err != nil {
			t.Fatal(err)
		}
		if fast.Name != real.Name+"-rehearsal" || fast.Voting.Period.Seconds() != real.Voting.Period.Seconds()/8640 || fast.Voting.Step.Seconds() != 600 {
			t.Errorf("%s: %v %v", fast.Name, fast.Voting.Period, fast.Voting.Step)
		}
		if real.Statements != nil && fast.Statements.Window.Seconds() != real.Statements.Window.Seconds()/8640 {
			t.Errorf("%s: statements for %v", name, fast.Statements.Window)
		}
	}
	if _, err := rulesFile("../console", 1); err == nil {
		t.Error("a file that is no template")
	}
}

// A session is of its time.
// A page that is left open looks for news every two seconds. That is nobody at the machine.
func TestAPageLeftOpenKeepsNoSession(t *testing.T) {
	script, err := staticFiles.ReadFile("static/live.js")
	if err != nil || !strings.Contains(string(script), `"`+headerLive+`": `) {
		t.Errorf("the script does not say that it is one, %v", err)
	}
	now := time.Unix(1e9, 0)
	c := &Console{sessions: newSessions(func() time.Time { return now })}
	x := c.sessions.begin(nil)
	look := func(live bool) bool {
		r := httptest.NewRequest("GET", "/console/", nil)
		r.AddCookie(&http.Cookie{Name: cookieConsole, Value: x.token})
		if live {
			r.Header.Set(headerLive, "yes")
		}
		return c.sessionOf(r, cookieConsole) != nil
	}
	now = now.Add(idle - time.Minute)
	if !look(true) || !look(false) {
		t.Error("the session has ended too early")
	}
	now = now.Add(idle - time.Minute)
	if !look(true) {
		t.Error("the session has ended too early")
	}
	now = now.Add(2 * time.Minute)
	if look(true) || look(false) {
		t.Error("a page that was left open has kept the session")
	}
}

func TestSessionsEnd(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	s := newSessions(func() time.Time { return now })
	x := s.begin(nil)
	for range 30 { // used all the time, it ends after twelve hours
		now = now.Add(25 * time.Minute)
		if got, want := s.of(x.token, true) != nil, now.Sub(x.began) <= longest; got != want {
			t.Fatalf("after %v: %v", now.Sub(x.began), got)
		}
	}
	link := s.link()
	now = now.Add(linkFor + time.Second)
	if s.known(link, true) || s.known("", true) || s.of("", true) != nil {
		t.Error("an old link, or none, works")
	}
	if (&session{csrf: "abc"}).genuine(&http.Request{PostForm: url.Values{"csrf": {"abd"}}}) {
		t.Error("another token is genuine")
	}
}
