package verifier

import (
	"encoding/binary"
	"fmt"
	"time"

	"mandate/ballot/checkpoint"
	"mandate/ballot/fold"
	"mandate/ballot/record"
)

// clocks compare the board's time with that of witnesses, as far as trustees have put their cosignatures on the log (SPEC.md §12). A tree that
// was cosigned existed then, and a record that has its checkpoint was written later.
type clocks struct {
	times []boardTime
	heads map[record.ID][]cosigned // by vote
}

// A boardTime is an accepted time record.
type boardTime struct{ index, now uint64 }

// cosigned is the checkpoint of an accepted input.
type cosigned struct {
	index, size      uint64 // of the input, and of the checkpoint in it
	earliest, latest uint64 // cosignature by a witness of the vote
}

// clockSlack is how far clocks may differ, in seconds, before it is said.
const clockSlack = 600

func (c *clocks) watch(s *fold.State, index uint64, r *record.Record) {
	switch b := r.Body.(type) {
	case *record.Time:
		c.times = append(c.times, boardTime{index, b.Now})
	case *record.Input:
		v := s.Vote(r.Scope)
		if v == nil {
			return
		}
		keys, err := fold.Witnesses(v.Manifest.Witnesses) // were checked with the vote
		_, lines, err2 := checkpoint.Signatures([]byte(b.Checkpoint))
		head, err3 := checkpoint.Peek([]byte(b.Checkpoint))
		if err != nil || err2 != nil || err3 != nil {
			return
		}
		x := cosigned{index: index, size: head.Size}
		for _, l := range lines {
			for _, k := range keys {
				if !l.By(k) || len(l.Sig) < 8 { // the fold has verified it
					continue
				}
				at := binary.BigEndian.Uint64(l.Sig)
				if x.latest == 0 || at < x.earliest {
					x.earliest = at
				}
				x.latest = max(x.latest, at)
			}
		}
		if x.latest == 0 {
			return
		}
		if c.heads == nil {
			c.heads = make(map[record.ID][]cosigned)
		}
		c.heads[r.Scope] = append(c.heads[r.Scope], x)
	}
}

// warnings says by how much the board's clock was ahead of, or behind, that of every witness that cosigned an input's checkpoint.
func (c *clocks) warnings(vote record.ID) (out []string) {
	var ahead, behind uint64
	for _, x := range c.heads[vote] {
		var before, after uint64 // the time valid in the tree; the first one written after the input
		for _, t := range c.times {
			if t.index < x.size {
				before = t.now
			}
			if t.index > x.index {
				after = t.now
				break
			}
		}
		if before > x.latest {
			ahead = max(ahead, before-x.latest)
		}
		if after > 0 && after < x.earliest {
			behind = max(behind, x.earliest-after)
		}
	}
	say := func(seconds uint64, which string) {
		if seconds > clockSlack {
			out = append(out, fmt.Sprintf("the board's clock was %v %s those of the witnesses who cosigned the sealed log: what the report says of times and deadlines is as far off", time.Duration(min(seconds, 1<<32))*time.Second, which))
		}
	}
	say(ahead, "ahead of")
	say(behind, "behind")
	return out
}
