package fold

import (
	"fmt"
	"slices"
)

// A Duty is something that somebody owes a vote (SPEC.md §15.7).
type Duty struct {
	Code     string // what is owed, in one word that stays: for translation and for scripts
	Who      string
	What     string
	Deadline uint64 // 0: there is none
	Overdue  bool   // the deadline has passed
}

// Duties returns what is owed at a time and by whom, none for a vote without rules. What was done is owed no longer.
func (v *Vote) Duties(now uint64) []Duty {
	if v.course == nil {
		return nil
	}
	d := duties{v: v, now: now}
	switch v.Phase {
	case Called:
		d.debate()
		d.key()
		d.owe("opening", commission, "open the vote", v.Times.Called, v.course.rules.Deadlines.Opening)
	case Open:
		if now >= v.Manifest.Closes {
			d.owe("closing", commission, "close the vote", v.Manifest.Closes, v.course.rules.Deadlines.Closing)
		}
	case Closed:
		d.owe("seal", "the board", "seal the ballot box", v.Times.Closed, v.Manifest.Grace+v.course.rules.Deadlines.Closing)
	case Sealed:
		d.tally()
	case Certified:
		if r := v.course.rules.Response; r.Within > 0 && v.course.response == nil {
			d.owe("response", r.Name, "respond to the result", v.Times.Certified, r.Within)
		}
	}
	return d.list
}

const commission = "the commission"

type duties struct {
	v    *Vote
	now  uint64
	list []Duty
}

// owe adds a duty that is owed since a time and must be done within so many seconds, 0 being no deadline.
func (d *duties) owe(code, who, what string, since, within uint64) {
	o := Duty{Code: code, Who: who, What: what}
	if within > 0 {
		o.Deadline = since + within
		o.Overdue = d.now > o.Deadline
	}
	d.list = append(d.list, o)
}

func (d *duties) registrars(do func(i int, name string)) {
	for i, g := range d.v.Round.Manifest.Registrars {
		do(i+1, g.Name)
	}
}

func (d *duties) debate() {
	v, c := d.v, d.v.course
	due := c.rules.Deadlines
	if c.rules.Statements.Window > 0 {
		_, _, reviewed, open := v.StatementTimes()
		d.registrars(func(i int, name string) {
			switch {
			case !v.HasCommitted(i):
				d.owe("seed-commit", name, "commit to a seed, so that statements can be taken", v.Times.Called, due.Seeds)
			case open && d.now > reviewed && len(v.drawn()) > 0 && !v.HasRevealed(i):
				d.owe("seed", name, "reveal the seed for the draw of statements", reviewed, due.Seeds)
			}
		})
	}
	held, recorded := c.held()
	if need := c.rules.Forums.Need; held < need {
		d.owe("forum-held", commission, fmt.Sprintf("hold %d forums, %d were held", need, held), v.Times.Called, due.Forums)
	} else if c.rules.Forums.Recordings && recorded < need {
		d.owe("recording", commission, fmt.Sprintf("publish the recordings of %d forums, %d are there", need, recorded), v.Times.Called, due.Forums)
	}
	if c.rules.Packet && c.packet == nil {
		d.owe("packet", commission, "make the packet of statements and recordings", v.Times.Called, due.Packet)
	}
	if c.rules.Mailing.Needed && c.packet != nil {
		d.registrars(func(i int, name string) {
			if m := c.mailings[uint64(i)]; m == nil || !m.Whole {
				d.owe("mailing", name, "send the packet to every member", c.packet.At, due.Mailing)
			}
		})
	}
}

// key lists the trustees whom key generation waits for, or the commission if it must act.
func (d *duties) key() {
	c := d.v.Ceremony
	if trustee, failed := c.Fault(); failed {
		d.owe("keygen", commission, fmt.Sprintf("restart key generation, in which %s was at fault", d.v.TrusteeName(trustee)), 0, 0)
	}
	for _, i := range c.Missing() {
		d.owe("keygen", d.v.TrusteeName(i), fmt.Sprintf("take step %d of 5 of key generation", int(c.Step())), c.Deadline()-d.v.Manifest.Step, d.v.Manifest.Step)
	}
}

func (d *duties) tally() {
	v, within := d.v, d.v.course.rules.Deadlines.Tally
	n := len(v.Manifest.Trustees)
	if uint64(v.Inputs()) < v.Manifest.Quorum {
		for i := 1; i <= n; i++ {
			if !v.HasInput(i) {
				d.owe("input", d.v.TrusteeName(i), "sign the sealed ballot box", v.Times.Sealed, within)
			}
		}
		return
	}
	if v.Tallied() == nil {
		d.owe("result", commission, "certify the result", v.Times.Sealed, within)
		return
	}
	for i := 1; i <= n; i++ {
		who := v.TrusteeName(i)
		owed := func(code string) bool {
			return slices.ContainsFunc(v.steps(), func(s step) bool { return s.code == code && s.short && s.missing(i) })
		}
		switch {
		case owed("shares"):
			d.owe("shares", who, "give its part of the count", v.Times.Sealed, within)
		case owed("mix"):
			d.owe("mix", who, "shuffle the ballots", v.Times.Sealed, within)
		case owed("decryption"):
			d.owe("decryption", who, "give its part of the decryption of the shuffled ballots", v.Times.Sealed, within)
		case v.NeedsLots() && uint64(v.LotsGiven()) < v.Manifest.Threshold && v.Lots(i) == nil:
			d.owe("lots", who, "give its part of the lots", v.Times.Sealed, within)
		}
	}
}

// step is what a contest waits for while it is tallied.
type step struct {
	code    string
	short   bool             // too few trustees have done it
	missing func(i int) bool // whether trustee i could do it, and has not
}

// steps returns what each contest waits for. There are ballots, and the inputs suffice.
func (v *Vote) steps() []step {
	var out []step
	for k := range v.Manifest.Contests {
		switch m := v.Mixing(k); {
		case m == nil:
			short := uint64(len(v.SharesOf(k))) < v.Manifest.Threshold
			out = append(out, step{"shares", short, func(i int) bool { return v.Shares(i, k) == nil }})
		case !m.Mixed():
			out = append(out, step{"mix", true, m.MayMix})
		default:
			out = append(out, step{"decryption", !m.Opened(), m.MayDecrypt})
		}
	}
	return out
}
