package daemon

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// Every has a party do what is due, at once and then again and again, until ctx ends. What fails is logged once for as long as it fails in
// the same way.
func Every(ctx context.Context, log *slog.Logger, every time.Duration, step func(context.Context) error) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	said := ""
	for {
		err := step(ctx)
		switch {
		case err == nil && said != "":
			said = ""
			log.Info("it works again")
		case err != nil && ctx.Err() == nil && err.Error() != said:
			said = err.Error()
			log.Error("a step failed; it is tried again", "error", err, "hint", HintOf(err))
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Together runs parts of a party until ctx ends or one of them fails, which ends the others; it returns the first error when all have ended.
func Together(ctx context.Context, parts ...func(context.Context) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var (
		wg    sync.WaitGroup
		once  sync.Once
		first error
	)
	for _, part := range parts {
		wg.Go(func() {
			if err := part(ctx); err != nil {
				once.Do(func() { first = err })
				cancel()
			}
		})
	}
	wg.Wait()
	return first
}
