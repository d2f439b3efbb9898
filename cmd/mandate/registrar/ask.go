package registrar

import (
	"context"
	"encoding/csv"
	"net/http"
	"strings"
	"sync"
	"time"

	"bytes"

	"golang.org/x/time/rate"

	"mandate/ballot/record"
	"mandate/ballot/text"
	"mandate/bulletin/language"
	"mandate/crypto/hidden"
)

// A Dispatch is a code on its way to the member who has asked for it.
type Dispatch struct {
	hidden.Fields
	Round     record.ID
	Registrar uint64 // from 1
	Title     text.Texts
	Closes    time.Time
	Language  string // in which the member has asked
	List      []byte // as Codes writes it
}

// place is an entry of a round.
type place struct {
	round record.ID
	entry uint64
}

// How often a code can be asked for an entry: each time it is a mail to the member, and makes void what was sent before.
const (
	codesAtOnce = 3
	codesAgain  = rate.Limit(1.0 / 3600) // a second
)

const (
	maxErrands = 1024 // codes on their way, with those that a mail server asks to be sent later
	maxTyped   = 320  // bytes of what a member types
)

// errands are what is done after a member was answered: so the answer takes the same time, whoever has asked.
type errands struct {
	ctx    context.Context
	cancel context.CancelFunc
	places chan struct{}
	wg     sync.WaitGroup
}

func newErrands() *errands {
	e := &errands{places: make(chan struct{}, maxErrands)}
	e.ctx, e.cancel = context.WithCancel(context.Background())
	return e
}

// run runs f and returns at once, or reports that there is too much to do.
func (e *errands) run(f func(context.Context)) bool {
	select {
	case e.places <- struct{}{}:
	default:
		return false
	}
	e.wg.Go(func() {
		defer func() { <-e.places }()
		f(e.ctx)
	})
	return true
}

func (e *errands) end() {
	e.cancel()
	e.wg.Wait()
}

// askPage is the page on which a member asks for a new code.
func (r *Registrar) askPage(w http.ResponseWriter, req *http.Request) {
	l, _ := language.Match(req)
	v, ok := r.receive(w, req, l)
	if !ok {
		return
	}
	d := r.deskOf(w, req, l, v)
	if d == nil {
		return
	}
	if r.options.Send == nil {
		r.tell(w, req, l, http.StatusOK, "by-hand", d)
		return
	}
	r.show(w, req, l, http.StatusOK, &page{Name: "ask", Desk: d})
}

// ask takes the member number or address of somebody who asks for a code. The answer is the same for everybody, and so is the time it takes: who is on
// the roll is nobody's business. A code that is sent makes the earlier one void; which request was answered stays as it is, so that nobody gets a
// second card by asking.
func (r *Registrar) ask(w http.ResponseWriter, req *http.Request) {
	l, _ := language.Match(req)
	req.Body = http.MaxBytesReader(w, req.Body, 4096)
	v, ok := r.receive(w, req, l)
	if !ok {
		return
	}
	d := r.deskOf(w, req, l, v)
	if d == nil {
		return
	}
	if r.options.Send == nil {
		r.tell(w, req, l, http.StatusOK, "by-hand", d)
		return
	}
	typed := strings.TrimSpace(req.PostFormValue("who"))
	if typed == "" || len(typed) > maxTyped {
		r.show(w, req, l, http.StatusUnprocessableEntity, &page{Name: "ask", Desk: d, Wrong: l.Say("registrar-page.who-empty")})
		return
	}
	if !r.errands.run(func(ctx context.Context) { r.dispatch(ctx, d, l.Code, typed) }) {
		w.Header().Set("Retry-After", "60")
		r.tell(w, req, l, http.StatusServiceUnavailable, "busy", nil)
		return
	}
	r.tell(w, req, l, http.StatusOK, "asked", d)
}

// dispatch sends new codes to the entries that somebody has named, if there are any.
func (r *Registrar) dispatch(ctx context.Context, d *desk, lang, typed string) {
	var entries []uint64
	if strings.Contains(typed, "@") {
		entries = r.people.byEmail(d.roll, typed)
	} else {
		entries = byNumber(d.roll, typed)
	}
	for _, e := range entries {
		m := d.roll.Member(int(e))
		if m.Email == "" || d.removed[e] != "" || !r.asked.take(place{d.Round, e}) {
			continue
		}
		codes, err := r.drawCodes(d, []uint64{e})
		if err != nil {
			r.options.Log.Error("drawing a code that was asked for failed", "error", err)
			return
		}
		var list bytes.Buffer
		c := csv.NewWriter(&list)
		c.UseCRLF = true
		c.Write(codesHeader)
		c.Write(r.line(d, e, codes[0]))
		c.Flush() // a buffer takes everything
		err = r.options.Send(ctx, &Dispatch{
			Round: d.Round, Registrar: d.Registrar, Title: d.titles, Closes: time.Unix(int64(d.closes), 0), Language: lang, List: list.Bytes(),
		})
		if err != nil && ctx.Err() == nil {
			r.options.Log.Warn("sending a code that was asked for failed", "error", err)
		}
	}
}
