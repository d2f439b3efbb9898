package page

import (
	"strconv"

	"mandate/ballot/fold"
)

// entryPage is the page on which a member sees whether cards were issued for their entry of the roll.
type entryPage struct {
	frame
	Round  link
	Asked  string
	Number uint64
	Last   uint64 // the highest number that there is
	State  string // none, unknown, free, partly or issued
	Entry  string // the hash
	Off    string // the reason for which the entry is off the roll; empty if it is not
	Since  uint64
	Issued []issued
	Open   bool
	Lang   string
	Issues string // the address of the issue records on the log
}

// issued is what a registrar has on record for an entry.
type issued struct {
	Name    string
	Channel string
	URL     string
	Issued  bool
}

func (a *author) entry(r *fold.Round, asked string, n uint64, known bool) *entryPage {
	p := &entryPage{
		Round: a.toRound(r), Asked: asked, Number: n, State: "none", Lang: a.kept(),
		Open: r.Manifest.Opens <= a.now && a.now < r.Manifest.Closes,
	}
	count := r.Roll.Announce.Count
	if count > 0 {
		p.Last = count - 1
	}
	switch {
	case !known && asked != "", known && n >= count:
		p.State = "unknown"
	case known:
		a.query = "number=" + strconv.FormatUint(n, 10)
		p.State = "free"
		if n < uint64(len(r.Roll.Entries)) {
			p.Entry = r.Roll.Entries[n].String()
		}
		if off := r.Roll.Removed(n); off != nil {
			p.Off, p.Since = off.Body.Reason, off.At
		}
		all := true
		for i, g := range r.Manifest.Registrars {
			x := issued{Name: g.Name, Channel: g.Channel, URL: g.URL, Issued: r.IsIssued(i+1, n)}
			if x.Issued {
				p.State = "partly"
			}
			all = all && x.Issued
			p.Issued = append(p.Issued, x)
		}
		if all {
			p.State = "issued"
		}
	}
	if a.pages.records != nil {
		p.Issues = a.link("/log?of=" + r.ID.String() + "&kind=issues")
	}
	p.frame = a.frame(a.Say("entry.title"), a.Say("entry.description"))
	p.frame.Private = known
	return p
}
