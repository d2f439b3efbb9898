package doctor

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"strings"
	"time"

	"mandate/ballot/fold"
	"mandate/ballot/record"
	parties "mandate/cmd/mandate/party"
	"mandate/cmd/mandate/vault"
	"mandate/verifier/boardlog"
)

// theBoard looks at the board as the party sees it, and at what the party owes it. v is nil if the secrets could not be opened.
func theBoard(ctx context.Context, f *findings, p party, v *vault.Vault) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	view, entry, err := p.link.Dial()
	if f.err("board", err, "get the board's entry from its operator") {
		return
	}
	h, err := p.link.Client()
	if err == nil {
		clock(ctx, f, h, entry.URL)
	}
	err = view.Update(ctx)
	if f.err("board", err, "is the board up, and does its address still hold? its operator's doctor says more") {
		return
	}
	s := view.State()
	f.ok("board", "%s: %d records, read and checked", entry.URL, s.Size())
	boardTime(f, s)
	if v == nil {
		return
	}
	_, genesis := s.Genesis()
	known, err := parties.Remembered(v, genesis)
	if !f.err("history", err, "bring the folder's newest copy back") && known != nil {
		switch err := view.Extends(ctx, known); {
		case errors.As(err, new(*boardlog.HistoryError)):
			f.wrong("history", "stop, and show both checkpoints to the other parties: this is proof that the board has two histories", "%v", err)
		case errors.Is(err, boardlog.ErrStale):
			f.wrong("history", "the board was brought back from an old copy: its operator runs mandate restore resume before anything is added to it", "%v", err)
		case !f.err("history", err, "try again"):
			f.ok("history", "the board goes on from what this party has seen before")
		}
	}
	key, err := parties.Key(v, "signing-key")
	if f.err("key", err, "bring the folder's newest copy back") {
		return
	}
	own := key.Public().Encoding()
	switch p.name {
	case "commission":
		officer(f, s, own)
	case "registrar":
		registrar(f, s, v, own)
	case "trustee":
		trustee(f, s, own)
	}
	deadlines(f, s)
}

// clock compares the machine's clock with the board's machine.
func clock(ctx context.Context, f *findings, h *http.Client, address string) {
	if h == nil {
		h = &http.Client{Timeout: 30 * time.Second}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimRight(address, "/")+"/healthz", nil)
	if err != nil {
		return
	}
	asked := time.Now()
	resp, err := h.Do(req)
	if err != nil {
		return // theBoard says so
	}
	resp.Body.Close()
	theirs, err := http.ParseTime(resp.Header.Get("Date"))
	if err != nil {
		return
	}
	// Their second lies between the question and the answer.
	switch now := time.Now(); {
	case theirs.Before(asked.Add(-clockError)), theirs.After(now.Add(clockError)):
		f.wrong("clock", "have both machines set their clocks by NTP (timedatectl set-ntp true)", "this machine's clock and that of the board differ by %v", theirs.Sub(now).Round(time.Second))
	default:
		f.ok("clock", "agrees with the board's machine")
	}
	if resp.StatusCode != http.StatusOK {
		f.wrong("board", "tell its operator", "it does not take records: %s", resp.Status)
	}
}

// boardTime compares the time on the log with the clock, while a vote makes the board keep it.
func boardTime(f *findings, s *fold.State) {
	alive := false
	for _, v := range s.Votes() {
		alive = alive || v.Phase == fold.Open
	}
	at := time.Unix(int64(s.Now()), 0)
	switch age := f.now.Sub(at); {
	case s.Now() == 0:
		f.note("time", "no time is on the log yet")
	case age < -clockError:
		f.wrong("time", "set this machine's clock, or tell the board's operator: the log's time never goes back", "the log's time is ahead by %v", (-age).Round(time.Second))
	case alive && age > 5*time.Minute:
		f.wrong("time", "tell the board's operator: while a vote is open the board writes the time every minute", "the log's time is %v old", age.Round(time.Second))
	default:
		f.ok("time", "the log's time is %s", at.UTC().Format(time.RFC3339))
	}
}

func officer(f *findings, s *fold.State, own record.Key) {
	g, _ := s.Genesis()
	for _, o := range g.Commission {
		if o.Key == own {
			f.ok("key", "the board names this officer")
			return
		}
	}
	f.wrong("key", "is this the configuration of another board? officers are named when a log begins", "the board does not name this officer")
}

func registrar(f *findings, s *fold.State, v *vault.Vault, own record.Key) {
	named := 0
	for _, r := range s.Rounds() {
		i := 0
		for j := range r.Manifest.Registrars {
			if r.Manifest.Registrars[j].Key == own {
				i = j + 1
			}
		}
		if i == 0 {
			continue
		}
		named++
		if s.Now() >= r.Manifest.Closes {
			continue
		}
		short := r.ID.Short()
		if _, err := v.Read("roll-" + r.Roll.Announce.RollID.String()); errors.Is(err, fs.ErrNotExist) {
			f.wrong("roll", "mandate registrar add-roll, with the private list of the commission", "round %s: its private list is not here", short)
			continue
		}
		missing := 0
		for slot := range int(r.Manifest.Slots) {
			if r.Slot(slot).Keys[i-1] == nil {
				missing++
			}
		}
		switch {
		case !r.Accepted(i):
			f.wrong("roll", "start the registrar; if it runs, its log says why the list is not the one on the board", "round %s: its roll is not accepted on the board", short)
		case missing > 0:
			f.wrong("keys", "start the registrar: it makes and posts them", "round %s: %s of this registrar missing on the board", short, plural(missing, "key"))
		default:
			f.ok("round", "%s: roll accepted, keys on the board, %s published", short, plural(int(r.Issued(i)), "card"))
		}
	}
	if named == 0 {
		f.note("key", "no round names this registrar yet: the commission needs its entry (mandate registrar entry)")
	} else {
		f.ok("key", "%s of the board name this registrar", plural(named, "round"))
	}
}

func trustee(f *findings, s *fold.State, own record.Key) {
	named := 0
	for _, v := range s.Votes() {
		for _, k := range v.Trustees() {
			if record.Key(k.Bytes()) == own {
				named++
			}
		}
	}
	if named == 0 {
		f.note("key", "no vote names this trustee yet: the commission needs its entry (mandate trustee entry)")
	} else {
		f.ok("key", "%s of the board name this trustee", plural(named, "vote"))
	}
}

// deadlines tells what is overdue, and what will be within a day.
func deadlines(f *findings, s *fold.State) {
	for _, v := range s.Votes() {
		for _, d := range v.Duties(s.Now()) {
			at := time.Unix(int64(d.Deadline), 0).UTC()
			switch {
			case d.Overdue:
				f.wrong("deadline", "whoever owes it does it now; it shows on the vote's page", "vote %s: %s: %s; it was due on %s", v.ID.Short(), d.Who, d.What, at.Format(time.RFC3339))
			case d.Deadline > 0 && at.Sub(f.now) < 24*time.Hour:
				f.note("deadline", "vote %s: %s: %s, until %s", v.ID.Short(), d.Who, d.What, at.Format(time.RFC3339))
			}
		}
	}
}
