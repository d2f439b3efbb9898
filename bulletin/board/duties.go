package board

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"

	"mandate/ballot/fold"
	"mandate/ballot/record"
)

// now returns the time in seconds since 1970.
func (b *Board) now() uint64 {
	now, _ := b.read()
	return now
}

// duties posts what the board owes: the time, supports, its list of promises, seals.
func (b *Board) duties(t *turn) error {
	if b.timeDue() {
		if _, err := b.keepTime(t); err != nil {
			return err
		}
	}
	if err := b.publishDue(t); err != nil {
		return err
	}
	for _, v := range b.state.Votes() {
		if v.Phase == fold.Closed {
			if err := b.finish(t, v); err != nil {
				return fmt.Errorf("ending vote %s: %w", v.ID.Short(), err)
			}
		}
	}
	return nil
}

// keepTime posts the time if it is later than that on the log, and reports whether it was. The time on the log never goes back: when the
// machine's clock does, the log's time stands still until the clock has caught up.
func (b *Board) keepTime(t *turn) (bool, error) {
	now, jumped := b.read()
	if jumped > 0 != b.clockJumped {
		b.clockJumped = jumped > 0
		if b.clockJumped {
			b.cfg.Log.Error("the machine's clock has leapt ahead and is not believed; no time is written until it agrees with the steady clock again, or the board is started anew", "ahead", jumped)
		} else {
			b.cfg.Log.Info("the machine's clock is right again")
		}
	}
	if b.clockJumped {
		return false, nil
	}
	last := b.state.Now()
	if now < last && !b.clockBack {
		b.cfg.Log.Warn("the machine's clock is behind the log; the log's time stands still until it has caught up", "seconds", last-now)
	}
	b.clockBack = now < last
	if now <= last {
		return false, nil
	}
	if err := b.publishEnding(t, now); err != nil {
		return false, err
	}
	return true, b.post(t, b.genesis, &record.Time{Now: now})
}

// timeDue reports whether a deadline on the log has passed since the time on the log, or that time is too old while a vote is alive.
func (b *Board) timeDue() bool {
	now, last := b.now(), b.state.Now()
	passed := func(moment uint64) bool { return last < moment && moment <= now }
	for _, r := range b.state.Rounds() {
		if passed(r.Manifest.Opens) || passed(r.Manifest.Closes) {
			return true
		}
	}
	old := now > last && now-last >= uint64(b.cfg.Interval.Seconds())
	for _, v := range b.state.Votes() {
		if slices.ContainsFunc(moments(v, now), passed) || old && alive(v, last) {
			return true
		}
	}
	return false
}

// moments are the times at which something changes in a vote, or somebody becomes overdue.
func moments(v *fold.Vote, now uint64) []uint64 {
	var ms []uint64
	switch m := v.Manifest; v.Phase {
	case fold.Proposed:
		if p := m.Rules.Call.Petition; p != nil {
			ms = append(ms, p.Closes, p.Closes+1)
		}
		if body := m.Rules.Call.Body; body != nil {
			ms = append(ms, body.Closes, body.Closes+1)
		}
	case fold.Called:
		ms = append(ms, m.Opens, m.Closes, v.Ceremony.Deadline()+1)
		if _, closes, reviewed, ok := v.StatementTimes(); ok {
			ms = append(ms, closes+1, reviewed+1)
		}
	case fold.Open:
		ms = append(ms, m.Closes)
	case fold.Closed:
		ms = append(ms, v.ClosedAt+m.Grace)
	}
	for _, d := range v.Duties(now) {
		ms = append(ms, d.Deadline+1)
	}
	return ms
}

// alive reports whether somebody may be waiting for a vote's time to pass. A vote that nobody opened or closed is not waited for.
func alive(v *fold.Vote, last uint64) bool {
	switch v.Phase {
	case fold.Called, fold.Open:
		return last < v.Manifest.Closes+v.Manifest.Grace
	case fold.Proposed, fold.Closed:
		return true // until it lapses or is sealed
	}
	return false
}

// finish posts the board's list of promises and, once it can be, the seal of a closed vote. The board promises a ballot only when it is on
// the log, so nothing that it promised is outstanding and its list is empty.
func (b *Board) finish(t *turn, v *fold.Vote) error {
	if !v.BoardListDone() {
		if err := b.post(t, v.ID, &record.Promises{Last: true}); err != nil {
			return err
		}
	}
	if !b.sealDue(v) {
		return nil
	}
	p, err := b.sign(v.ID, &record.Seal{})
	if err != nil {
		return err
	}
	out := b.state.Judge(p)
	if out.Status == fold.Accepted {
		delete(b.sealTried, v.ID)
		_, err := b.apply(t, p, fold.Accepted)
		return err
	}
	b.sealTried[v.ID] = b.state.Size()
	if b.sealRefused[v.ID] != out.Code {
		b.sealRefused[v.ID] = out.Code
		b.cfg.Log.Error("a vote cannot be sealed", "vote", v.ID, "code", out.Code, "error", out.Err)
	}
	return nil
}

// sealDue reports whether a closed vote may be sealed, and anything has changed since that was last tried.
func (b *Board) sealDue(v *fold.Vote) bool {
	complete := v.ListsDone() && v.Pending() == 0
	return (complete || b.state.Now() >= v.ClosedAt+v.Manifest.Grace) && b.sealTried[v.ID] != b.state.Size()
}

// owes reports whether duties would post anything.
func (b *Board) owes() bool {
	b.mu.RLock()
	defer b.mu.RUnlock()
	if b.timeDue() {
		return true
	}
	for vote := range b.supports {
		if b.batchDue(b.state.Vote(vote)) {
			return true
		}
	}
	return slices.ContainsFunc(b.state.Votes(), func(v *fold.Vote) bool {
		return v.Phase == fold.Closed && (!v.BoardListDone() || b.sealDue(v))
	})
}

// post signs a record by the board and makes it the next. That it is not accepted is a fault of the board.
func (b *Board) post(t *turn, scope record.ID, body record.Body) error {
	p, err := b.sign(scope, body)
	if err != nil {
		return err
	}
	if out := b.state.Judge(p); out.Status != fold.Accepted {
		return fmt.Errorf("the board's own %s record: %v", body.Kind(), out)
	}
	_, err = b.apply(t, p, fold.Accepted)
	return err
}

func (b *Board) sign(scope record.ID, body record.Body) (*fold.Prepared, error) {
	r, err := record.Sign(b.genesis, scope, body, b.key, rand.Reader)
	if err != nil {
		return nil, err
	}
	return b.state.Prepare([][]byte{r.Raw()})[0], nil
}

// Look makes the board look at its clock now and do what has become due, as it does by itself every Config.Look. It returns when that is
// in line for the log; Watch tells when it is there.
func (b *Board) Look(ctx context.Context) error {
	done := make(chan struct{})
	select {
	case b.look <- done:
	case <-b.written:
		return b.stopped()
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
