package board

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/time/rate"

	"mandate/ballot/checkpoint"
	"mandate/ballot/record"
	"mandate/bulletin/witness"
	"mandate/crypto/sigma"
)

// Config says what a board is and how it works.
type Config struct {
	// Path is the folder of the log. It is created if it is not there.
	Path string
	// Signer is the log's Ed25519 signing key. Its name is the log's origin, the first line of its checkpoints.
	Signer note.Signer
	// LogKey is the verifier key of Signer, in C2SP signed-note form.
	LogKey string
	// Key signs the board's own records, promises and refusals.
	Key sigma.SecretKey
	// Genesis has title and commission of a new log; the board puts its own keys. For a log that has records it is not looked at,
	// and may be nil.
	Genesis *record.Genesis

	// Clock is the time. Default: the machine's clock, as long as it agrees with its steady clock; when it leaps ahead by minutes, the board
	// writes no time until it agrees again or the board is started anew. A clock that is given is believed always.
	Clock func() time.Time
	// Interval is the longest time between two time records while a vote is called, open or closed. Default one minute. A time record
	// also stands before every record that depends on the time, and once a deadline on the log has passed.
	Interval time.Duration
	// Look is how often the board looks whether a deadline has passed or a vote can be sealed. Default one second.
	Look time.Duration
	// CheckpointInterval is the time between checkpoints while records come in; a receipt waits for one. Default 100 ms, with witnesses 1 s.
	CheckpointInterval time.Duration
	// Witnesses cosign each checkpoint before it is shown. Records are taken and promised without them. Default none.
	Witnesses *witness.Quorum
	// WitnessTransport carries requests to witnesses. Default http.DefaultTransport.
	WitnessTransport http.RoundTripper
	// MinFree is the free space on disk in bytes below which nothing more is taken. Default: that of package store.
	MinFree uint64

	// Batch is how many records are checked and recorded together at most. Together they cost less; the first waits for the last.
	// Default 256.
	Batch int
	// Ballots and Records are how many ballots may wait to be checked, and how many records of parties and how many others. What comes
	// beyond that is refused as busy. Defaults 4096 and 256.
	Ballots, Records int
	// RecordRate and RecordBurst bound records other than ballots: so many per second, and at once, of each party that signs them, and of
	// all other senders together. Defaults 200 and 2000.
	RecordRate  rate.Limit
	RecordBurst int

	// Observe is told what is taken and refused, for counting. Default nobody.
	Observe Observer
	// Log is told what happens. Default slog.Default.
	Log *slog.Logger
}

var errNoSigner = errors.New("signer: the board needs the log's signing key")

// check fills in defaults, and returns the verifier of the log's signatures.
func (c Config) check() (Config, note.Verifier, error) {
	switch {
	case c.Key.Public().Element().IsIdentity():
		return c, nil, errors.New("key: the board needs its signing key")
	case c.Signer == nil:
		return c, nil, errNoSigner
	case c.Interval < 0 || c.Look < 0 || c.CheckpointInterval < 0:
		return c, nil, fmt.Errorf("interval %v, look %v, checkpoint interval %v: none may be negative", c.Interval, c.Look, c.CheckpointInterval)
	case c.Batch < 0 || c.Ballots < 0 || c.Records < 0 || c.RecordRate < 0 || c.RecordBurst < 0:
		return c, nil, errors.New("batch, ballots, records and their rate: none may be negative")
	}
	if c.Witnesses != nil { // they are other people's machines
		set(&c.CheckpointInterval, time.Second)
	}
	set(&c.Interval, time.Minute)
	set(&c.Look, time.Second)
	set(&c.Batch, 256)
	set(&c.Ballots, 4096)
	set(&c.Records, 256)
	set(&c.RecordRate, 200)
	set(&c.RecordBurst, 2000)
	if c.Log == nil {
		c.Log = slog.Default()
	}
	v, err := checkpoint.ParseLogKey(c.LogKey)
	if err != nil {
		return c, nil, fmt.Errorf("log key: %w", err)
	}
	probe, err := note.Sign(&note.Note{Text: "probe\n"}, c.Signer)
	if err != nil {
		return c, nil, fmt.Errorf("signer: %w", err)
	}
	if _, err := note.Open(probe, note.VerifierList(v)); err != nil {
		return c, nil, fmt.Errorf("log key: is not the verifier key of signer %s: %w", c.Signer.Name(), err)
	}
	return c, v, nil
}

func set[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
