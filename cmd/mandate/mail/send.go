package mail

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"mandate/ballot/text"
)

// Options say how mails are sent. Zero fields have the defaults said.
type Options struct {
	Server Server
	From   From
	// Language is that of members whose own is not known, or has no letters. Default English.
	Language string
	// Connections to the server at a time. Default 2.
	Connections int
	// PerSecond is how many mails are handed over in a second at most. Default 10.
	PerSecond float64
	// Attempts is how often a mail is tried in one run if the server says “later”. Default 8.
	Attempts int
	// FirstRetry is how long the first “later” is; each further one is twice as long, up to LongestRetry. Defaults a minute, half an hour.
	FirstRetry, LongestRetry time.Duration
	// Patience is for how long the server may be out of reach before the run stops. Default 15 minutes.
	Patience time.Duration
	// MostRefused is after how many mails refused for good, with none taken in between, the run stops: then the server refuses us. Default 50.
	MostRefused int
	// ResendUnknown sends again what the server may have taken already; ResendBounced what it refused.
	ResendUnknown, ResendBounced bool
	// Progress is told figures now and then.
	Progress func(Figures)
	// Log is told counts and the server's codes. Default slog.Default.
	Log *slog.Logger

	now func() time.Time
}

func (o Options) withDefaults() (Options, error) {
	if err := o.Server.load(); err != nil {
		return o, err
	}
	if err := o.From.check(); err != nil {
		return o, err
	}
	if o.Connections < 0 || o.PerSecond < 0 || o.Attempts < 0 || o.FirstRetry < 0 || o.LongestRetry < 0 || o.Patience < 0 || o.MostRefused < 0 {
		return o, errors.New("limits: none may be negative")
	}
	if o.Connections > 50 {
		return o, fmt.Errorf("limits: connections: %d, at most 50", o.Connections)
	}
	o.Language = cmp.Or(o.Language, "en")
	o.Connections = cmp.Or(o.Connections, 2)
	o.PerSecond = cmp.Or(o.PerSecond, 10)
	o.Attempts = cmp.Or(o.Attempts, 8)
	o.FirstRetry = cmp.Or(o.FirstRetry, time.Minute)
	o.LongestRetry = max(cmp.Or(o.LongestRetry, 30*time.Minute), o.FirstRetry)
	o.Patience = cmp.Or(o.Patience, 15*time.Minute)
	o.MostRefused = cmp.Or(o.MostRefused, 50)
	o.Log = cmp.Or(o.Log, slog.Default())
	if o.now == nil {
		o.now = time.Now
	}
	return o, nil
}

func (f *From) check() error {
	for field, s := range map[string]string{"address": f.Address, "reply-to": f.ReplyTo, "bounces": f.Bounces} {
		if s == "" && field != "address" {
			continue
		}
		if err := checkAddress(s); err != nil {
			return fmt.Errorf("from: %s: %w", field, err)
		}
	}
	if f.Name != "" {
		return text.CheckName("from: name", f.Name)
	}
	return nil
}

// A Sender sends letters.
type Sender struct {
	o         Options
	store     *Store
	templates *Templates
}

// New makes a Sender. The options' files are read now.
func New(s *Store, t *Templates, o Options) (*Sender, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("mail: %w", err)
	}
	return &Sender{o: o, store: s, templates: t}, nil
}

// Errors after which a run stops; calling Send again goes on.
var (
	ErrRefused = errors.New("the mail server refuses the sender, or every mail: nothing more was sent")
	ErrAway    = errors.New("the mail server cannot be reached, or does not let us in: nothing more was sent")
)
