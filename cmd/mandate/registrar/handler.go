package registrar

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"mandate/ballot/credential"
	"mandate/ballot/record"
	"mandate/bulletin/booth"
	"mandate/bulletin/remote"
	"mandate/cmd/mandate/registrar/issuing"
	"mandate/crypto/blind"
)

const (
	readTimeout = 20 * time.Second // for a request's body, at most 16 KiB
	maxWaiting  = 512              // requests that wait for a processor
)

// Handler serves members (SPEC.md §10.1): POST /entries says which roll entry a code is for, POST /cards signs. GET / says who this is, in
// words, GET /healthz whether the registrar is at work, and GET /checkpoint the newest checkpoint that it has seen of the board.
// GET /signin and /code are pages, for members to sign in and to ask for a new code.
// With a BoardAddress, /booth/ has the pages of package booth.
func (r *Registrar) Handler() http.Handler {
	mux := http.NewServeMux()
	for path, serve := range map[string]service{issuing.EntryPath: r.entry, issuing.CardPath: r.card} {
		mux.HandleFunc("POST "+path, public(r.answer(path, serve)))
		mux.HandleFunc("OPTIONS "+path, public(preflight))
	}
	mux.HandleFunc("GET /{$}", r.welcome)
	mux.HandleFunc("GET /healthz", r.health)
	mux.HandleFunc("GET "+signInPath, r.signIn)
	mux.HandleFunc("GET "+callbackPath, r.signedIn)
	mux.HandleFunc("GET "+askPath, r.askPage)
	mux.HandleFunc("POST "+askPath, r.ask)
	mux.HandleFunc("GET "+stylePath, style)
	mux.HandleFunc("GET /checkpoint", r.checkpoint)
	if r.options.BoardAddress != "" {
		mux.Handle("/booth/", booth.New(booth.Options{Board: r.options.BoardAddress, Facts: func() booth.Facts {
			if v := r.seen.Load(); v != nil {
				return v.facts
			}
			return booth.Facts{}
		}}))
	}
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		mux.ServeHTTP(w, req)
	})
}

// public lets a booth of any origin ask for a card. What it needs for that is the code in its request, and no cookie or the like.
func public(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		h := w.Header()
		h.Set("Access-Control-Allow-Origin", "*")
		h.Set("Access-Control-Expose-Headers", "Retry-After")
		h.Set("Cross-Origin-Resource-Policy", "cross-origin")
		next(w, req)
	}
}

// preflight answers a browser's question whether a page of another origin may send a request (the Fetch standard).
func preflight(w http.ResponseWriter, _ *http.Request) {
	h := w.Header()
	h.Set("Access-Control-Allow-Methods", "POST")
	h.Set("Access-Control-Allow-Headers", "Content-Type")
	h.Set("Access-Control-Max-Age", "86400")
	w.WriteHeader(http.StatusNoContent)
}

// A service answers the body of a request that came from an address.
type service func(ctx context.Context, v *view, from netip.Addr, body []byte) ([]byte, error)

// answer reads a request within the limits and writes what comes of it. Errors of serve that are no *issuing.Error are the registrar's own.
func (r *Registrar) answer(path string, serve service) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		out, err := r.read(w, req, serve)
		if err == nil {
			r.observe(path, "ok")
			w.Header().Set("Content-Type", issuing.ContentType)
			w.Write(out)
			return
		}
		var refusal *issuing.Error
		if !errors.As(err, &refusal) {
			if req.Context().Err() == nil {
				r.options.Log.Error("serving a member failed", "error", err)
			}
			refusal = issuing.Refuse(issuing.CodeFault)
		}
		r.observe(path, refusal.Code)
		w.Header().Set("Content-Type", "application/json")
		if refusal.Temporary() {
			w.Header().Set("Retry-After", "60")
		}
		w.WriteHeader(refusal.Status)
		w.Write(refusal.Body())
	}
}

func (r *Registrar) read(w http.ResponseWriter, req *http.Request, serve service) ([]byte, error) {
	v := r.seen.Load()
	switch {
	case r.stopping.Load():
		return nil, issuing.Refuse(issuing.CodeStopping)
	case v == nil || r.options.Clock().Sub(v.at) > r.options.Stale:
		return nil, issuing.Refuse(issuing.CodeBoard)
	}
	if t, _, err := mime.ParseMediaType(req.Header.Get("Content-Type")); err != nil || t != issuing.ContentType {
		return nil, issuing.Refuse(issuing.CodeMediaType)
	}
	if req.ContentLength > int64(v.largest) {
		return nil, issuing.Refuse(issuing.CodeOversize)
	}
	http.NewResponseController(w).SetReadDeadline(time.Now().Add(r.readTimeout)) // where the server can; a slow sender is not waited for
	body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, int64(v.largest)))
	var long *http.MaxBytesError
	switch {
	case errors.As(err, &long):
		return nil, issuing.Refuse(issuing.CodeOversize)
	case err != nil:
		return nil, issuing.Refuse(issuing.CodeMalformed)
	}
	return serve(req.Context(), v, remote.Addr(req, r.options.Proxies), body)
}

// entry answers an issuing.EntryRequest.
func (r *Registrar) entry(_ context.Context, v *view, from netip.Addr, body []byte) ([]byte, error) {
	req, err := issuing.ParseEntryRequest(body)
	if err != nil {
		return nil, issuing.Refuse(issuing.CodeMalformed)
	}
	d, err := v.desk(req.Round)
	if err != nil {
		return nil, err
	}
	entry, _, err := r.identify(d, from, req.Code)
	if err != nil {
		return nil, err
	}
	o := d.roll.Opening(int(entry))
	return issuing.EncodeOpening(&o)
}

// desk returns the desk of a round that is open to members, or the refusal.
func (v *view) desk(round record.ID) (*desk, error) {
	d := v.desks[round]
	switch {
	case d == nil:
		return nil, issuing.Refuse(issuing.CodeRound)
	case d.issuer == nil:
		return nil, issuing.Refuse(issuing.CodeNotReady)
	case v.now < d.opens:
		return nil, issuing.Refuse(issuing.CodeNotOpen)
	}
	return d, nil
}

// identify returns the entry for which a code is good, with its seat, or the refusal.
func (r *Registrar) identify(d *desk, from netip.Addr, code issuing.Code) (uint64, seat, error) {
	if !r.wrong.allowed(from) {
		return 0, seat{}, issuing.Refuse(issuing.CodeRate)
	}
	entry, s, err := r.ledger.holder(d.Round, d.Hash(code))
	var refusal *issuing.Error
	if errors.As(err, &refusal) {
		r.wrong.failed(from)
	}
	if err == nil && entry >= uint64(d.roll.Len()) {
		return 0, seat{}, errors.New("the ledger names an entry that the roll has not")
	}
	return entry, s, err
}

// card answers an issuing.CardRequest. The request that an entry has been answered once is answered always, also when the round has closed:
// a member who has lost everything but the card's secret needs it then.
func (r *Registrar) card(ctx context.Context, v *view, from netip.Addr, body []byte) ([]byte, error) {
	req, err := issuing.ParseCardRequest(body)
	if err != nil {
		return nil, issuing.Refuse(issuing.CodeMalformed)
	}
	d, err := v.desk(req.Round)
	if err != nil {
		return nil, err
	}
	if len(req.Blinded) != d.issuer.RequestSize() {
		return nil, issuing.Refuse(issuing.CodeMalformed)
	}
	if req.Keys != d.keys { // also of a request that was answered before: the member has to know that the board lies
		return nil, issuing.Refuse(issuing.CodeKeys)
	}
	entry, s, err := r.identify(d, from, req.Code)
	if err != nil {
		return nil, err
	}
	request := d.issuer.RequestHash(req.Blinded)
	if err := r.ledger.may(d.Round, entry, s, request); err != nil {
		return nil, err
	}
	if len(s.Issue) == 0 {
		switch {
		case d.published.has(entry):
			return nil, issuing.Refuse(issuing.CodeRestored)
		case d.removed[entry] != "":
			return nil, issuing.RefuseRemoved(d.removed[entry])
		case v.now >= d.closes:
			return nil, issuing.Refuse(issuing.CodeClosed)
		}
	}
	signatures, err := r.sign(ctx, d.issuer, req.Blinded)
	if err != nil {
		return nil, err
	}
	if len(s.Issue) == 0 {
		rec, err := record.Sign(v.genesis, d.Round, &record.Issue{Registrar: d.Registrar, Entry: entry}, r.key, randomness)
		if err != nil {
			return nil, err
		}
		s.Issue = rec.Raw()
	}
	// The signatures exist now and nobody has them. They leave only if the ledger has them for this request and no other.
	decided, issue, err := r.ledger.decide(d.Round, d.Hash(req.Code), request, s.Issue)
	if err != nil {
		return nil, err
	}
	if decided != entry {
		return nil, issuing.Refuse(issuing.CodeCode)
	}
	r.mu.Lock()
	r.issued[d.Round].add(entry)
	r.mu.Unlock()
	a := credential.Answer{Signatures: signatures, Issue: issue}
	return a.Encode()
}

// sign makes the blind signatures, of so many requests at a time as there are processors.
func (r *Registrar) sign(ctx context.Context, issuer *credential.Issuer, blinded []byte) ([]byte, error) {
	if r.waiting.Add(1) > maxWaiting {
		r.waiting.Add(-1)
		return nil, issuing.Refuse(issuing.CodeBusy)
	}
	defer r.waiting.Add(-1)
	select {
	case r.signing <- struct{}{}:
		defer func() { <-r.signing }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	signatures, err := issuer.Sign(blinded)
	switch {
	case errors.Is(err, blind.ErrFault):
		return nil, err
	case err != nil:
		return nil, issuing.Refuse(issuing.CodeRequest)
	}
	return signatures, nil
}

func (r *Registrar) welcome(w http.ResponseWriter, _ *http.Request) {
	var b strings.Builder
	b.WriteString("This is a registrar of Mandate. It gives each member one voter card, without seeing it.\n")
	b.WriteString("With the code from its message to you, collect the card with: mandate card -h\n\n")
	if v := r.seen.Load(); v != nil {
		for _, d := range v.desks {
			fmt.Fprintf(&b, "%s\n  %s\n  round %s\n  from %s to %s\n", d.name, d.title, d.Round, date(d.opens), date(d.closes))
			if r.provider != nil {
				fmt.Fprintf(&b, "  sign in with %s: %s%s?round=%s\n", r.provider.Name(), d.url, signInPath, d.Round)
			}
			fmt.Fprintf(&b, "  ask for a new code: %s%s?round=%s\n", d.url, askPath, d.Round)
		}
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	io.WriteString(w, b.String())
}

func date(seconds uint64) string {
	return time.Unix(int64(seconds), 0).UTC().Format("2 January 2006 15:04 UTC")
}

// checkpoint says how far the registrar has seen the board's log: whoever brings a board back from a copy asks for it.
func (r *Registrar) checkpoint(w http.ResponseWriter, req *http.Request) {
	v := r.seen.Load()
	if v == nil || v.head == nil {
		http.NotFound(w, req)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Write(v.head)
}

// health says whether members can be served.
func (r *Registrar) health(w http.ResponseWriter, _ *http.Request) {
	v := r.seen.Load()
	if r.stopping.Load() || v == nil || r.options.Clock().Sub(v.at) > r.options.Stale {
		http.Error(w, "the board has not been read for too long, or the registrar is stopping", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	io.WriteString(w, "ok\n")
}
