package board

import (
	"sync"
	"time"

	"mandate/ballot/record"
)

// maxJump is how far the machine's calendar may run ahead of its steady clock between two looks before it is not believed any more.
const maxJump = 5 * time.Minute

// A calendar is the machine's clock, with the question whether to believe it. What is written on the log of time can never be taken back:
// a clock that is set to the year 2099 for a second would end every vote. So a calendar that leaps ahead, while the machine's steady
// clock does not, is not believed until both agree again. What it was when the board started is believed.
type calendar struct {
	wall   func() time.Time
	steady func() time.Duration // since any moment, at an even pace whatever happens to wall; nil if there is nothing to compare with

	mu     sync.Mutex
	known  time.Time     // the newest time that was believed
	at     time.Duration // by steady
	jumped time.Duration // how far wall is ahead; 0 if it is believed
}

// newCalendar returns the machine's calendar, or the one that a program was given, which is always believed.
func newCalendar(given func() time.Time) *calendar {
	if given != nil {
		return &calendar{wall: given}
	}
	began := time.Now()
	c := &calendar{wall: time.Now, steady: func() time.Duration { return time.Since(began) }}
	c.known = c.wall()
	return c
}

// read returns the time in seconds since 1970, and how far the machine's calendar has leapt ahead of it: 0 unless it is not believed.
func (c *calendar) read() (now uint64, jumped time.Duration) {
	wall := c.wall()
	if c.steady == nil {
		return seconds(wall), 0
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	at := c.steady()
	want := c.known.Round(0).Add(at - c.at)
	switch ahead := wall.Round(0).Sub(want); {
	case ahead > maxJump:
		c.jumped = ahead
		return seconds(want), c.jumped
	case ahead >= -maxJump: // a calendar that leaps back is no danger: the log's time stands still
		c.known, c.at = wall, at
	}
	c.jumped = 0
	return seconds(wall), 0
}

func seconds(t time.Time) uint64 { return uint64(min(max(t.Unix(), 0), record.MaxTime)) }
