package registrar

import (
	"strings"
	"time"
)

// A Condition is how a registrar is at a moment: sums over all rounds that it serves.
type Condition struct {
	Looked    time.Time // when it has last read the board; zero if never
	Stale     bool      // that is so long ago that it gives no cards
	Rounds    int       // that it serves
	Unready   int       // rounds of which the list or a key is missing
	Entries   int       // of the rolls
	Cards     int       // that it has given
	Published int       // issue records on the board
	Frozen    int       // rounds in which entries are frozen after a restore
}

// Condition returns how the registrar is now.
func (r *Registrar) Condition() (Condition, error) {
	v := r.seen.Load()
	if v == nil {
		return Condition{Stale: true}, nil
	}
	c := Condition{Looked: v.at, Stale: r.options.Clock().Sub(v.at) > r.options.Stale, Rounds: len(v.desks)}
	for id, d := range v.desks {
		if d.issuer == nil {
			c.Unready++
		}
		if d.roll != nil {
			c.Entries += d.roll.Len()
		}
		c.Published += d.published.count
		at, err := r.Frozen(id)
		if err != nil {
			return c, err
		}
		if !at.IsZero() {
			c.Frozen++
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, set := range r.issued {
		c.Cards += set.count
	}
	return c, nil
}

func (r *Registrar) observe(path, code string) {
	if r.options.Observe != nil {
		r.options.Observe(strings.TrimPrefix(path, "/"), code)
	}
}
