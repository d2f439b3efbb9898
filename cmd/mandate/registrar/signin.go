package registrar

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"mandate/ballot/record"
	"mandate/bulletin/language"
	"mandate/bulletin/remote"
	"mandate/cmd/mandate/registrar/signin"
)

// Paths of the pages, below a registrar's address (SPEC.md §10.1.7).
const (
	signInPath   = "/signin"
	callbackPath = "/signin/callback"
	askPath      = "/code"
	stylePath    = "/registrar.css"
)

// How often one network address may come to sign in or ask for a code. Whole buildings share one.
const (
	visitsAtOnce = 60
	visitsAgain  = rate.Limit(0.5) // a second
)

// signIn sends a member's browser to the identity provider.
func (r *Registrar) signIn(w http.ResponseWriter, req *http.Request) {
	l, _ := language.Match(req)
	if r.provider == nil {
		r.tell(w, req, l, http.StatusNotFound, "none", nil)
		return
	}
	v, ok := r.receive(w, req, l)
	if !ok {
		return
	}
	d := r.deskOf(w, req, l, v)
	if d == nil {
		return
	}
	address, begun, err := r.provider.Begin(req.Context(), d.url+callbackPath, d.Round.String()+" "+l.Code)
	if err == nil {
		err = r.jar.Put(w, begun, strings.HasPrefix(d.url, "https:"))
	}
	if err != nil {
		r.refused(w, req, l, d, err)
		return
	}
	http.Redirect(w, req, address, http.StatusSeeOther)
}

// receive counts a visit, and reports whether members can be served. If not it has answered.
func (r *Registrar) receive(w http.ResponseWriter, req *http.Request, l *language.Language) (*view, bool) {
	v := r.seen.Load()
	switch {
	case !r.visits.take(remote.Addr(req, r.options.Proxies)):
		w.Header().Set("Retry-After", "60")
		r.tell(w, req, l, http.StatusTooManyRequests, "busy", nil)
	case r.stopping.Load() || v == nil || r.options.Clock().Sub(v.at) > r.options.Stale:
		w.Header().Set("Retry-After", "60")
		r.tell(w, req, l, http.StatusServiceUnavailable, "away", nil)
	default:
		return v, true
	}
	return nil, false
}

// deskOf returns the desk of the round that a request names, or of the only one there is; nil if it has answered.
func (r *Registrar) deskOf(w http.ResponseWriter, req *http.Request, l *language.Language, v *view) *desk {
	var d *desk
	// Of a form only where there is one: FormValue reads a body of any length, also that of a GET.
	named := req.URL.Query().Get("round")
	if named == "" && req.Method == http.MethodPost {
		named = req.PostFormValue("round")
	}
	if named != "" {
		id, err := record.ParseID(named)
		if err == nil {
			d = v.desks[id]
		}
	} else {
		for _, one := range v.desks {
			if d == nil || one.opens > d.opens {
				d = one
			}
		}
	}
	switch {
	case d == nil:
		r.tell(w, req, l, http.StatusNotFound, "round", nil)
	case d.issuer == nil || v.now < d.opens:
		r.tell(w, req, l, http.StatusServiceUnavailable, "early", d)
	default:
		return d
	}
	return nil
}

// signedIn takes a member back from the identity provider: it finds the entry, draws a code for it, which makes the earlier one void, and hands it
// to the booth in the fragment of a link, as a mail would have. Who has the code is then asked for nothing else, and gets no second card.
func (r *Registrar) signedIn(w http.ResponseWriter, req *http.Request) {
	l, _ := language.Match(req)
	if r.provider == nil {
		r.tell(w, req, l, http.StatusNotFound, "none", nil)
		return
	}
	v, ok := r.receive(w, req, l)
	if !ok {
		return
	}
	// The address that the registrar was reached at says nothing; that of a round of its does.
	begun, err := r.jar.Take(w, req, r.secure(v))
	if err != nil {
		r.refused(w, req, l, nil, err)
		return
	}
	named, code, _ := strings.Cut(begun.Note, " ")
	l, _ = language.Choose(code, req.Header.Get("Accept-Language"))
	id, err := record.ParseID(named)
	d := v.desks[id]
	if err != nil || d == nil || d.issuer == nil {
		r.tell(w, req, l, http.StatusNotFound, "round", nil)
		return
	}
	who, err := r.provider.Finish(req.Context(), begun, req.URL.Query())
	if err != nil {
		r.refused(w, req, l, d, err)
		return
	}
	entries := byNumber(d.roll, who.Number)
	if who.Number == "" {
		entries = r.people.byEmail(d.roll, who.Email)
	}
	switch {
	case len(entries) == 0:
		r.tell(w, req, l, http.StatusForbidden, "nobody", d)
	case len(entries) > 1: // which of them, the provider does not say
		r.tell(w, req, l, http.StatusForbidden, "several", d)
	case d.removed[entries[0]] != "":
		r.tell(w, req, l, http.StatusForbidden, "removed", d, "reason", d.removed[entries[0]])
	default:
		codes, err := r.drawCodes(d, entries)
		if err != nil {
			r.options.Log.Error("drawing a code for a member who has signed in failed", "error", err)
			r.tell(w, req, l, http.StatusInternalServerError, "fault", d)
			return
		}
		// Nobody but the configuration says where this leads.
		http.Redirect(w, req, d.Link(r.page(d)+"?lang="+l.Code, codes[0]), http.StatusSeeOther)
	}
}

// secure reports whether members reach this registrar over TLS.
func (r *Registrar) secure(v *view) bool {
	for _, d := range v.desks {
		if strings.HasPrefix(d.url, "https:") {
			return true
		}
	}
	return false
}

// refused says that a member was not recognised, and what to do. The log is told what sort of failure it was, and never whose.
func (r *Registrar) refused(w http.ResponseWriter, req *http.Request, l *language.Language, d *desk, err error) {
	var e *signin.Error
	if !errors.As(err, &e) {
		r.options.Log.Error("signing in failed", "error", err)
		r.tell(w, req, l, http.StatusInternalServerError, "fault", d)
		return
	}
	status := http.StatusForbidden
	if e.Reason == signin.ReasonProvider {
		status = http.StatusBadGateway
		w.Header().Set("Retry-After", fmt.Sprint(int(time.Minute/time.Second)))
	}
	if req.Context().Err() == nil {
		r.options.Log.Warn("signing in failed", "error", e)
	}
	r.tell(w, req, l, status, e.Reason, d)
}
