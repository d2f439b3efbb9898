package console

import (
	"context"
	"crypto/rand"
	"sync"
	"time"
)

// A job is work that takes longer than an answer may.
type job struct {
	id, title, back string // back: where to go when it is done

	mu          sync.Mutex
	done, total int
	finished    bool
	err         error
	began       time.Time
}

// A progress is a job as it stands.
type progress struct {
	ID, Title, Back string
	Done, Total     int
	Finished        bool
	Err             error
}

func (j *job) at(done, total int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.done, j.total = done, total
}

func (j *job) progress() progress {
	j.mu.Lock()
	defer j.mu.Unlock()
	return progress{j.id, j.title, j.back, j.done, j.total, j.finished, j.err}
}

// jobs are the jobs of this start of the program. What was interrupted is begun again by hand, and goes on where it was.
type jobs struct {
	mu  sync.Mutex
	all map[string]*job
	wg  sync.WaitGroup
}

// run begins a job. Of a kind that must not run twice at once, key says which: the one that runs is returned.
func (js *jobs) run(ctx context.Context, key, title, back string, work func(context.Context, func(done, total int)) error) *job {
	js.mu.Lock()
	defer js.mu.Unlock()
	if js.all == nil {
		js.all = make(map[string]*job)
	}
	for id, j := range js.all {
		p := j.progress()
		if p.Finished && time.Since(j.began) > time.Hour {
			delete(js.all, id)
		}
	}
	if j := js.all[key]; j != nil && !j.progress().Finished {
		return j
	}
	j := &job{id: rand.Text(), title: title, back: back, began: time.Now()}
	js.all[key], js.all[j.id] = j, j
	js.wg.Go(func() {
		err := work(ctx, j.at)
		j.mu.Lock()
		defer j.mu.Unlock()
		j.finished, j.err = true, err
	})
	return j
}

func (js *jobs) get(id string) (progress, bool) {
	js.mu.Lock()
	j := js.all[id]
	js.mu.Unlock()
	if j == nil {
		return progress{}, false
	}
	return j.progress(), true
}
