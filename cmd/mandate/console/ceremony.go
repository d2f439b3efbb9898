package console

import (
	"errors"
	"html/template"
	"net/http"
	"slices"
	"strings"

	"mandate/ballot/contest"
	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/text"
	"mandate/crypto/sigma"
)

// CeremonyHandler serves the holders of keys, each at the address of their own link: /ceremony/TOKEN/. Whoever has the link sees the page;
// everything else needs the holder's passphrase, and the session that it begins.
func (c *Console) CeremonyHandler() http.Handler {
	mux := http.NewServeMux()
	handle := func(pattern string, signed bool, f func(*scene, *Holder)) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			h := c.o.Holders.Find(r.PathValue("token"))
			base := "/ceremony"
			if h != nil {
				base += "/" + h.Token
			}
			s := c.scene(w, r, base, cookieCeremony)
			if s.session != nil && (h == nil || s.session.holder != h) {
				s.session = nil // a session at one page is none at another
			}
			if h == nil {
				s.message(http.StatusNotFound, s.Say("console-ceremony.no-link"), s.Say("console-ceremony.no-link-text"))
				return
			}
			if signed {
				if s.session == nil || !h.Key().Unlocked {
					s.ceremony(http.StatusUnauthorized, h, s.Say("console-ceremony.locked"))
					return
				}
				if !s.take() {
					return
				}
			}
			f(s, h)
		})
	}
	mux.HandleFunc("GET /ceremony/static/{name}", c.static)
	handle("GET /ceremony/{token}/{$}", false, func(s *scene, h *Holder) { s.ceremony(http.StatusOK, h, "") })
	handle("POST /ceremony/{token}/unlock", false, (*scene).unlock)
	handle("POST /ceremony/{token}/make", false, (*scene).makeKey)
	handle("POST /ceremony/{token}/lock", true, func(s *scene, h *Holder) {
		h.Lock()
		s.c.sessions.end(s.session)
		s.session = nil
		s.redirect("/", "")
	})
	handle("POST /ceremony/{token}/open", true, (*scene).openResult)
	handle("POST /ceremony/{token}/sign", true, (*scene).signCall)
	handle("POST /ceremony/{token}/respond", true, (*scene).respond)
	handle("POST /ceremony/{token}/rehearse", true, (*scene).rehearse)
	handle("/ceremony/{token}/", false, func(s *scene, _ *Holder) { s.missing() })
	return c.guard(mux, c.o.CeremonyAddress, maxForm)
}

type ceremonyVote struct {
	ID, Title, Phase, PhaseName string
	Mock                        bool
	Step, Steps                 int    // of the making of the key
	Ready, Of                   uint64 // trustees
	Mine                        string // what this holder has to do: "" nothing, unlock, wait, open, sign, respond, done
	Opens                       template.HTML
	Inputs, Quorum              uint64
	Board                       string
}

type ceremonyModel struct {
	frame
	Role      string
	Name      string
	Key       Key
	Me        bool // this browser has typed the passphrase
	Error     string
	Votes     []ceremonyVote
	Least     uint64
	Rehearsal *RehearsalState
	Joined    bool
	Opened    bool
	Others    []trusteeModel
	Text      string // what was typed as a response
}

func (s *scene) ceremony(status int, h *Holder, problem string) {
	k := h.Key()
	m := ceremonyModel{Role: h.Role, Name: h.Name, Key: k, Me: s.session != nil && k.Unlocked, Error: problem, Least: least, Text: s.r.PostFormValue("text")}
	if k.Made {
		s.c.o.Board.View(func(st *fold.State) {
			for _, v := range slices.Backward(st.Votes()) {
				if x, mine := s.asked(st, v, h, k); mine {
					m.Votes = append(m.Votes, x)
				}
			}
		})
	}
	if h.Role == RoleTrustee {
		for i, other := range s.c.o.Holders.List(RoleTrustee) {
			m.Others = append(m.Others, trusteeModel{Name: other.Name, Key: other.Key()})
			if other == h {
				if r := s.c.practice(); r != nil {
					state := r.State()
					m.Rehearsal, m.Joined, m.Opened = &state, state.Joined[i], state.Opened[i]
				}
			}
		}
	}
	m.frame = s.frame(s.Say("console-ceremony.title", "name", h.Name))
	m.Live, m.OneMachine = true, true
	s.show(status, "ceremony", m)
}

// asked says what a vote asks of a holder.
func (s *scene) asked(st *fold.State, v *fold.Vote, h *Holder, k Key) (ceremonyVote, bool) {
	phase := phaseOf(v)
	x := ceremonyVote{ID: v.ID.String(), Title: s.in(v.Manifest.Title), Phase: phase, PhaseName: s.Say("phase." + phase), Mock: v.Manifest.Mock, Board: s.c.o.BoardAddress + "/vote/" + v.ID.String()}
	switch h.Role {
	case RoleCommittee:
		if v.Rules() == nil || v.Rules().Call.Body == nil {
			return x, false
		}
		i := slices.IndexFunc(v.Rules().Call.Body.Members, func(o record.Officer) bool { return o.Key == k.Public })
		if i < 0 {
			return x, false
		}
		x.Ready, x.Of = uint64(len(v.Signed())), v.Rules().Call.Body.Need
		switch {
		case slices.Contains(v.Signed(), uint64(i+1)):
			x.Mine = "signed"
		case v.Phase == fold.Proposed:
			x.Mine = "sign"
			x.Opens = s.When("call.until-body", v.Rules().Call.Body.Closes)
		}
		return x, true
	case RoleSpeaker:
		if v.Rules() == nil || v.Rules().Response.Key != k.Public {
			return x, false
		}
		switch {
		case v.Response() != nil:
			x.Mine = "responded"
		case v.Phase == fold.Certified:
			x.Mine = "respond"
		}
		return x, true
	}
	i := slices.IndexFunc(v.Trustees(), func(key sigma.PublicKey) bool { return record.Key(key.Bytes()) == k.Public })
	if i < 0 {
		return x, false
	}
	x.Of, x.Quorum = uint64(len(v.Manifest.Trustees)), v.Manifest.Quorum
	switch {
	case v.Phase == fold.Called && v.Ceremony != nil:
		missing := v.Ceremony.Missing()
		x.Steps, x.Step = 5, min(int(v.Ceremony.Step()), 5)
		x.Ready = x.Of - uint64(len(missing))
		x.Mine = "wait"
		if v.Ceremony.Ready() {
			x.Mine, x.Ready = "ready", x.Of
			x.Opens = s.When("lead.called", v.Manifest.Opens)
		}
	case v.Phase == fold.Sealed:
		x.Inputs = uint64(v.Inputs())
		x.Mine = "open"
		if h.Consented(v.ID) {
			x.Mine = "opening"
		} else if done(v, i+1) {
			x.Mine = "given"
		}
	case v.Phase == fold.Certified:
		x.Mine = "certified"
	}
	return x, true
}

// done reports whether a trustee has given all that a sealed vote needs of them.
func done(v *fold.Vote, trustee int) bool {
	if !v.HasInput(trustee) {
		return false
	}
	if v.Counted() == 0 {
		return true
	}
	for c := range v.Manifest.Contests {
		if v.Manifest.Contests[c].Kind == contest.KindRanked {
			if m := v.Mixing(c); m == nil || !slices.Contains(m.Decrypted(), trustee) {
				return false
			}
			continue
		}
		if v.Shares(trustee, c) == nil {
			return false
		}
	}
	return !v.NeedsLots() || v.Lots(trustee) != nil
}

// admitHolder begins the session of a holder who has typed the passphrase.
func (s *scene) admitHolder(h *Holder) {
	if s.session != nil {
		s.c.sessions.end(s.session)
	}
	s.session = s.c.sessions.begin(h)
	http.SetCookie(s.w, s.c.cookie(cookieCeremony, "/ceremony/"+h.Token, s.session.token, int(longest.Seconds()), strings.HasPrefix(s.c.o.CeremonyAddress, "https:")))
	s.redirect("/", "")
}

func (s *scene) unlock(h *Holder) {
	if !s.c.tries.allow(s.r, s.c.o.Proxies) {
		s.ceremony(http.StatusTooManyRequests, h, s.Say("console-sign.too-many"))
		return
	}
	s.entered(h, h.Unlock([]byte(s.r.PostFormValue("passphrase"))))
}

func (s *scene) makeKey(h *Holder) {
	if s.r.PostFormValue("passphrase") != s.r.PostFormValue("again") {
		s.ceremony(http.StatusUnprocessableEntity, h, s.Say("console-sign.differs"))
		return
	}
	if len(s.r.PostFormValue("passphrase")) > 1024 {
		s.ceremony(http.StatusUnprocessableEntity, h, s.Say("console-sign.wrong"))
		return
	}
	s.entered(h, h.Make([]byte(s.r.PostFormValue("passphrase"))))
}

func (s *scene) entered(h *Holder, err error) {
	switch {
	case err == nil:
		s.admitHolder(h)
	case errors.Is(err, errShort):
		s.ceremony(http.StatusUnprocessableEntity, h, s.Count("console-sign.short", least))
	case errors.Is(err, errTooMany):
		s.ceremony(http.StatusTooManyRequests, h, s.Say("console-sign.too-many"))
	case errors.Is(err, errWrong):
		s.ceremony(http.StatusUnauthorized, h, s.Say("console-sign.wrong"))
	case errors.Is(err, errHasKey):
		s.ceremony(http.StatusConflict, h, s.Say("console-ceremony.has-key"))
	default:
		s.failed(err)
	}
}

// ceremonyVote returns the vote that a form of the holder's page names, and its title.
func (s *scene) ceremonyVote() (id record.ID, title string, ok bool) {
	id, err := record.ParseID(s.r.PostFormValue("vote"))
	if err == nil {
		s.c.o.Board.View(func(st *fold.State) {
			if v := st.Vote(id); v != nil {
				title, ok = s.in(v.Manifest.Title), true
			}
		})
	}
	if !ok {
		s.missing()
	}
	return id, title, ok
}

func (s *scene) openResult(h *Holder) {
	id, title, ok := s.ceremonyVote()
	if !ok || !s.confirm(s.Say("console-ceremony.open"), s.Say("console-ceremony.open"), "/", title, s.Say("console-ceremony.open-final")) {
		return
	}
	if err := h.Consent(id); err != nil {
		s.ceremony(http.StatusConflict, h, s.Say("console-ceremony.locked"))
		return
	}
	s.redirect("/", s.Say("console-ceremony.opening"))
}

func (s *scene) signCall(h *Holder) {
	if h.Role != RoleCommittee {
		s.missing()
		return
	}
	id, title, ok := s.ceremonyVote()
	if !ok {
		return
	}
	member := uint64(0)
	s.c.o.Board.View(func(st *fold.State) {
		if v := st.Vote(id); v.Rules() != nil && v.Rules().Call.Body != nil {
			member = uint64(1 + slices.IndexFunc(v.Rules().Call.Body.Members, func(o record.Officer) bool { return o.Key == h.Key().Public }))
		}
	})
	if member == 0 {
		s.missing()
		return
	}
	if !s.confirm(s.Say("console-ceremony.sign"), s.Say("console-ceremony.sign"), "/", title, s.Say("console-ceremony.sign-final", "name", h.Name)) {
		return
	}
	if err := h.Post(s.r.Context(), id, &record.Call{Member: member}); err != nil {
		s.ceremony(http.StatusConflict, h, err.Error())
		return
	}
	s.redirect("/", s.Say("console-ceremony.signed"))
}

func (s *scene) respond(h *Holder) {
	if h.Role != RoleSpeaker {
		s.missing()
		return
	}
	id, title, ok := s.ceremonyVote()
	if !ok {
		return
	}
	words := text.Clean(strings.ReplaceAll(s.r.PostFormValue("text"), "\r\n", "\n"))
	if words == "" {
		s.ceremony(http.StatusUnprocessableEntity, h, s.Say("console-ceremony.respond-empty"))
		return
	}
	if !s.confirm(s.Say("console-ceremony.respond"), s.Say("console-ceremony.respond"), "/", title, words, s.Say("console-act.final")) {
		return
	}
	if err := h.Post(s.r.Context(), id, &record.Response{Text: words}); err != nil {
		s.ceremony(http.StatusUnprocessableEntity, h, err.Error())
		return
	}
	s.redirect("/", s.Say("console-ceremony.responded"))
}

// rehearse takes part in a rehearsal, or opens its result.
func (s *scene) rehearse(h *Holder) {
	r := s.c.practice()
	if r == nil || h.Role != RoleTrustee {
		s.redirect("/", "")
		return
	}
	index := 1 + slices.Index(s.c.o.Holders.List(RoleTrustee), h)
	var err error
	if s.r.PostFormValue("do") == "open" {
		err = r.Consent(index)
	} else {
		err = r.Join(index)
	}
	if err != nil {
		s.ceremony(http.StatusConflict, h, err.Error())
		return
	}
	s.redirect("/", "")
}
