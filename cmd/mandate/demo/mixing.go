package demo

import (
	"fmt"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"

	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/tally"
)

// manyParts is from how many records on the mix of a vote has a bar of its own.
const manyParts = 40

// watchMix tells how far the shuffling of a vote's rankings has come, until the returned function is called.
func (o *organisation) watchMix(vote record.ID) (stop func()) {
	w := &mixWatch{o: o, vote: vote, told: make(map[int]mixTold)}
	done := make(chan struct{})
	var wait sync.WaitGroup
	wait.Go(func() {
		for {
			select {
			case <-done:
				w.look()
				return
			case <-time.After(100 * time.Millisecond):
				w.look()
			}
		}
	})
	return func() {
		close(done)
		wait.Wait()
	}
}

type mixWatch struct {
	o    *organisation
	vote record.ID
	told map[int]mixTold // by contest
	bar  *progressbar.ProgressBar
}

// mixTold is what was told of a contest's mix.
type mixTold struct{ stages, decrypted int }

func (w *mixWatch) look() {
	var lines []string
	var done, total int
	w.o.board.View(func(s *fold.State) {
		v := s.Vote(w.vote)
		for i := range v.Manifest.Contests {
			m := v.Mixing(i)
			if m == nil {
				continue
			}
			told, by, given := w.told[i], m.Mixers(), m.Decrypted()
			for ; told.stages < len(by); told.stages++ {
				lines = append(lines, fmt.Sprintf("%s has shuffled %d ballots: stage %d of %d", v.TrusteeName(by[told.stages]), m.Items(), told.stages+1, m.Stages()))
			}
			for ; told.decrypted < len(given); told.decrypted++ {
				lines = append(lines, fmt.Sprintf("%s has given its part of the decryption", v.TrusteeName(given[told.decrypted])))
			}
			w.told[i] = told
			if v.Phase == fold.Sealed {
				d, t := mixParts(m, len(v.Manifest.Trustees))
				done, total = done+d, total+t
			}
		}
	})
	for _, l := range lines {
		if w.bar != nil {
			w.bar.Clear()
		}
		w.o.say("%s", l)
	}
	if total < manyParts {
		return
	}
	if w.bar == nil {
		w.bar = w.o.bar("parts of the shuffles and of the decryption", total)
	}
	w.bar.Set(done)
}

// mixParts returns how many records a contest's mix has on the board, and how many there will be when all trustees have decrypted.
func mixParts(m *tally.Mixing, trustees int) (done, total int) {
	stage, decryption := m.PartCounts()
	done = len(m.Mixers())*stage + len(m.Decrypted())*decryption
	most := 0
	for i := 1; i <= trustees; i++ {
		posted, _ := m.Parts(i)
		if m.Mixed() {
			done += posted
		}
		most = max(most, posted)
	}
	if !m.Mixed() {
		done += most
	}
	return done, m.Stages()*stage + trustees*decryption
}
