package console

import (
	"net/http"
	"strings"
)

// leastSign is how long the organisers' passphrase must be, in bytes.
const leastSign = 12

type signInModel struct {
	frame
	Error      string
	Passphrase bool   // one is set
	Token      string // of a link that works
}

func (s *scene) signInPage(status int, problem string) {
	m := signInModel{frame: s.frame(s.Say("console-sign.title")), Error: problem}
	s.c.store.look(func(x *saved) { m.Passphrase = x.Passphrase != "" })
	s.show(status, "sign-in", m)
}

// signInLink shows the button behind a link: following a link changes nothing, so that a program that looks at links does not use it up.
func (s *scene) signInLink() {
	token := s.r.PathValue("token")
	if !s.c.sessions.known(token, false) && !s.c.left(token, false) {
		s.signInPage(http.StatusUnauthorized, s.Say("console-sign.link-used"))
		return
	}
	s.show(http.StatusOK, "sign-in", signInModel{frame: s.frame(s.Say("console-sign.title")), Token: token})
}

func (s *scene) signInByLink() {
	if !s.c.tries.allow(s.r, s.c.o.Proxies) {
		s.signInPage(http.StatusTooManyRequests, s.Say("console-sign.too-many"))
		return
	}
	if token := s.r.PathValue("token"); !s.c.sessions.known(token, true) && !s.c.left(token, true) {
		s.signInPage(http.StatusUnauthorized, s.Say("console-sign.link-used"))
		return
	}
	s.admit()
}

func (s *scene) signIn() {
	if !s.c.tries.allow(s.r, s.c.o.Proxies) {
		s.signInPage(http.StatusTooManyRequests, s.Say("console-sign.too-many"))
		return
	}
	var kept string
	s.c.store.look(func(x *saved) { kept = x.Passphrase })
	phrase := []byte(s.r.PostFormValue("passphrase"))
	defer clear(phrase)
	if kept == "" || len(phrase) > 1024 {
		s.signInPage(http.StatusUnauthorized, s.Say("console-sign.wrong"))
		return
	}
	ok, err := checkPassphrase(kept, phrase)
	if err != nil {
		s.c.o.Log.Error("signing in", "error", err)
	}
	if !ok {
		s.signInPage(http.StatusUnauthorized, s.Say("console-sign.wrong"))
		return
	}
	s.admit()
}

// admit starts a session for an organiser.
func (s *scene) admit() {
	if s.session != nil {
		s.c.sessions.end(s.session)
	}
	s.session = s.c.sessions.begin(nil)
	http.SetCookie(s.w, s.c.cookie(cookieConsole, "/console/", s.session.token, int(longest.Seconds()), strings.HasPrefix(s.c.o.Address, "https:")))
	s.redirect("/", "")
}

func (s *scene) signOut() {
	s.c.sessions.end(s.session)
	http.SetCookie(s.w, s.c.cookie(cookieConsole, "/console/", "", -1, strings.HasPrefix(s.c.o.Address, "https:")))
	s.session = nil
	s.redirect("/sign-in", "")
}

type settingsModel struct {
	frame
	Form form
	Set  bool
}

func (s *scene) settingsForm() form {
	return form{Action: "/settings", Button: s.Say("console.save"), Fields: []*field{
		{Name: "passphrase", Kind: kindSecret, Label: s.Say("console-sign.new"), Hint: s.Count("console-sign.new-hint", leastSign), Required: true},
		{Name: "again", Kind: kindSecret, Label: s.Say("console-sign.again"), Required: true},
	}}
}

func (s *scene) settings() { s.showSettings(http.StatusOK, s.settingsForm()) }

func (s *scene) showSettings(status int, f form) {
	m := settingsModel{frame: s.frame(s.Say("console-sign.settings")), Form: f}
	m.Form.CSRF = m.CSRF
	s.c.store.look(func(x *saved) { m.Set = x.Passphrase != "" })
	s.show(status, "settings", m)
}

func (s *scene) setPassphrase() {
	f := s.settingsForm()
	phrase := []byte(s.r.PostFormValue("passphrase"))
	defer clear(phrase)
	switch {
	case len(phrase) < leastSign || len(phrase) > 1024:
		f.blame(wrong("passphrase", "%s", s.Count("console-sign.short", leastSign)))
	case string(phrase) != s.r.PostFormValue("again"):
		f.blame(wrong("again", "%s", s.Say("console-sign.differs")))
	}
	if f.Failed() {
		s.showSettings(http.StatusUnprocessableEntity, f)
		return
	}
	hash := hashPassphrase(phrase)
	if err := s.c.store.change(func(x *saved) { x.Passphrase = hash }); err != nil {
		s.failed(err)
		return
	}
	s.redirect("/", s.Say("console-sign.changed"))
}

// failed answers that something went wrong that is not the reader's doing.
func (s *scene) failed(err error) {
	s.c.o.Log.Error("console", "error", err)
	s.message(http.StatusInternalServerError, s.Say("console.failed"), err.Error())
}

type confirmModel struct {
	frame
	Lines  []string
	Hidden []option
	To     string
	Button string
	Back   string
	Error  string
	Danger bool
}

// confirm asks before something that cannot be taken back. It reports whether that has been confirmed; if not, it has answered, and what was
// sent is sent again with the confirmation.
func (s *scene) confirm(heading, button, back string, lines ...string) bool {
	if s.r.PostFormValue("confirmed") == "yes" {
		return true
	}
	m := confirmModel{frame: s.frame(heading), Lines: lines, To: s.r.URL.Path, Button: button, Back: back}
	if s.r.PostFormValue("asked") != "" {
		m.Error = s.Say("console.tick")
	}
	for name, values := range s.r.PostForm {
		if name == "csrf" || name == "asked" || name == "confirmed" {
			continue
		}
		for _, v := range values {
			m.Hidden = append(m.Hidden, option{Value: v, Text: name})
		}
	}
	s.show(http.StatusOK, "confirm", m)
	return false
}

type jobModel struct {
	frame
	progress
	Sentence string
}

// job shows how far work under way is.
func (s *scene) job() {
	p, ok := s.c.jobs.get(s.r.PathValue("id"))
	if !ok {
		s.missing()
		return
	}
	m := jobModel{frame: s.frame(p.Title), progress: p}
	if p.Err != nil {
		m.Sentence = p.Err.Error()
	}
	m.Live = !p.Finished
	s.show(http.StatusOK, "job", m)
}
