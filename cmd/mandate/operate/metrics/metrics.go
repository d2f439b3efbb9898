// Package metrics tells a party's operator how it is, on a listener of its own: figures for Prometheus at /metrics, whether the program lives at
// /healthz, and whether it can do its work at /readyz.
//
// [New] makes the figures of a process, Watch… and Observe… connect parties to them, and [Metrics.Handler] shows them. They are counts, sizes and
// times of the party as a whole; no label names a member, a credential, a record or an address. The listener is for the operator: it is on the
// loopback interface unless the configuration says otherwise, and never the one that members reach.
package metrics

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"mandate/ballot/fold"
	"mandate/bulletin/board"
	"mandate/bulletin/remote"
	"mandate/cmd/mandate/registrar"
)

// Metrics are the figures of a process.
type Metrics struct {
	registry *prometheus.Registry
	log      *slog.Logger

	looked  *prometheus.GaugeVec
	failed  *prometheus.CounterVec
	overdue *prometheus.GaugeVec

	registrars *registrarCollector

	mu     sync.Mutex
	checks map[string]func() error
}

// New returns the figures of a process, at first those of the Go runtime alone.
func New(log *slog.Logger) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(), log: log, checks: make(map[string]func() error), registrars: &registrarCollector{all: make(map[string]*registrar.Registrar)},
		looked:  prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "mandate_party_looked_timestamp_seconds", Help: "When the party has last looked at the board and done what was due."}, []string{"party"}),
		failed:  prometheus.NewCounterVec(prometheus.CounterOpts{Name: "mandate_party_failed_looks_total", Help: "Looks at the board, or duties, that failed and are tried again."}, []string{"party"}),
		overdue: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "mandate_party_duties_overdue", Help: "Duties of votes that are overdue, as this party sees the log, by what is owed."}, []string{"party", "duty"}),
	}
	m.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), m.looked, m.failed, m.overdue, m.registrars)
	return m
}

// Ready has /readyz ask whether a part of the process can do its work.
func (m *Metrics) Ready(part string, check func() error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.checks[part] = check
}

// ObserveBoard returns what a board that is going to be opened tells what it takes and refuses.
func (m *Metrics) ObserveBoard() board.Observer {
	taken := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "mandate_board_records_taken_total", Help: "Records taken, by kind; one that was sent again counts again."}, []string{"kind"})
	refused := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "mandate_board_records_refused_total", Help: "Records refused, by kind (empty: it was not looked at) and by code of the refusal."}, []string{"kind", "code"})
	promise := prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "mandate_board_promise_seconds", Help: "How long senders of ballots waited for the promise, until the ballot was durable.", Buckets: buckets,
	})
	written := prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "mandate_board_write_seconds", Help: "How long transactions took to come to the disk.", Buckets: buckets,
	})
	m.registry.MustRegister(taken, refused, promise, written)
	return board.Observer{
		Taken: func(kind string, took time.Duration) {
			taken.WithLabelValues(kind).Inc()
			if kind == "ballot" {
				promise.Observe(took.Seconds())
			}
		},
		Refused: func(kind, code string) { refused.WithLabelValues(kind, code).Inc() },
		Written: func(took time.Duration) { written.Observe(took.Seconds()) },
	}
}

// buckets are seconds, from what a good disk takes to what nobody waits for.
var buckets = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}

// WatchBoard shows how a board is.
func (m *Metrics) WatchBoard(b *board.Board) {
	m.registry.MustRegister(&boardCollector{b})
	m.Ready("board", func() error {
		if err := b.Err(); err != nil {
			return fmt.Errorf("it has stopped: %w", err)
		}
		if t := b.Trouble(); t != "" {
			return errors.New(t)
		}
		return nil
	})
}

type boardCollector struct{ b *board.Board }

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("mandate_"+name, help, labels, nil)
}

var (
	boardRecords = desc("board_records", "Records on the log.")
	boardCovered = desc("board_records_covered", "Records that the newest checkpoint covers.")
	boardAge     = desc("board_checkpoint_age_seconds", "How long ago the newest checkpoint was published.")
	boardQueue   = desc("board_waiting", "Records that wait to be checked.", "class")
	boardStored  = desc("board_store_bytes", "What the store takes on disk.")
	boardFree    = desc("board_store_free_bytes", "What can be written before the board takes no more.")
	boardOverdue = desc("board_duties_overdue", "Duties of votes that are overdue by the log's time, by what is owed.", "duty")
	boardUp      = desc("board_up", "1 while the board takes records.")
)

func (c *boardCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{boardRecords, boardCovered, boardAge, boardQueue, boardStored, boardFree, boardOverdue, boardUp} {
		ch <- d
	}
}

func (c *boardCollector) Collect(ch chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	s := c.b.Condition()
	gauge(boardRecords, float64(s.Records))
	gauge(boardCovered, float64(s.Covered))
	if !s.Published.IsZero() {
		gauge(boardAge, time.Since(s.Published).Seconds())
	}
	gauge(boardQueue, float64(s.Ballots), "ballots")
	gauge(boardQueue, float64(s.Parties), "parties")
	gauge(boardQueue, float64(s.Others), "others")
	gauge(boardStored, float64(s.Stored))
	gauge(boardFree, float64(s.Free))
	for code, n := range s.Overdue {
		gauge(boardOverdue, float64(n), code)
	}
	up := 1.0
	if c.b.Err() != nil {
		up = 0
	}
	gauge(boardUp, up)
}

// ObserveRegistrar returns what a registrar that is going to be opened tells what it answers.
func (m *Metrics) ObserveRegistrar(name string) func(request, code string) {
	answers := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "mandate_registrar_answers_total", Help: "Answers to members, by request and code.", ConstLabels: prometheus.Labels{"registrar": name},
	}, []string{"request", "code"})
	m.registry.MustRegister(answers)
	return func(request, code string) { answers.WithLabelValues(request, code).Inc() }
}

// WatchRegistrar shows how a registrar is.
func (m *Metrics) WatchRegistrar(name string, r *registrar.Registrar) {
	m.registrars.add(name, r)
	m.Ready(name, func() error {
		c, err := r.Condition()
		if err == nil && c.Stale {
			err = errors.New("it has not read the board for too long")
		}
		return err
	})
}

// registrarCollector shows all registrars of the process.
type registrarCollector struct {
	mu  sync.Mutex
	all map[string]*registrar.Registrar
}

func (c *registrarCollector) add(name string, r *registrar.Registrar) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all[name] = r
}

var (
	registrarAge       = desc("registrar_view_age_seconds", "How long ago the registrar has read the board.", "registrar")
	registrarCards     = desc("registrar_cards", "Cards given, over all rounds.", "registrar")
	registrarPublished = desc("registrar_published", "Issue records on the board, over all rounds.", "registrar")
	registrarEntries   = desc("registrar_entries", "Entries of the rolls of all rounds.", "registrar")
	registrarUnready   = desc("registrar_rounds_unready", "Rounds of which the list or a key is missing.", "registrar")
	registrarFrozen    = desc("registrar_rounds_frozen", "Rounds in which entries are frozen after a restore.", "registrar")
)

func (c *registrarCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{registrarAge, registrarCards, registrarPublished, registrarEntries, registrarUnready, registrarFrozen} {
		ch <- d
	}
}

func (c *registrarCollector) Collect(ch chan<- prometheus.Metric) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for name, r := range c.all {
		if s, err := r.Condition(); err == nil {
			collectRegistrar(ch, name, s)
		}
	}
}

func collectRegistrar(ch chan<- prometheus.Metric, name string, s registrar.Condition) {
	gauge := func(d *prometheus.Desc, v float64) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, name)
	}
	if !s.Looked.IsZero() {
		gauge(registrarAge, time.Since(s.Looked).Seconds())
	}
	gauge(registrarCards, float64(s.Cards))
	gauge(registrarPublished, float64(s.Published))
	gauge(registrarEntries, float64(s.Entries))
	gauge(registrarUnready, float64(s.Unready))
	gauge(registrarFrozen, float64(s.Frozen))
}

// Looked counts a look of a party at the board, and what came of it. s is what it sees, nil if it has seen nothing.
func (m *Metrics) Looked(party string, s *fold.State, err error) {
	if err != nil {
		m.failed.WithLabelValues(party).Inc()
	} else {
		m.looked.WithLabelValues(party).SetToCurrentTime()
	}
	if s == nil {
		return
	}
	overdue := make(map[string]int)
	for _, v := range s.Votes() {
		for _, d := range v.Duties(s.Now()) {
			if d.Overdue {
				overdue[d.Code]++
			}
		}
	}
	m.overdue.DeletePartialMatch(prometheus.Labels{"party": party})
	for code, n := range overdue {
		m.overdue.WithLabelValues(party, code).Set(float64(n))
	}
}

// Handler shows the figures.
func (m *Metrics) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{ErrorLog: slog.NewLogLogger(m.log.Handler(), slog.LevelError), MaxRequestsInFlight: 4}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok\n") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if wrong := m.wrong(); len(wrong) > 0 {
			http.Error(w, strings.Join(wrong, "\n"), http.StatusServiceUnavailable)
			return
		}
		io.WriteString(w, "ok\n")
	})
	return mux
}

// wrong says which parts cannot do their work.
func (m *Metrics) wrong() (wrong []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for part, check := range m.checks {
		if err := check(); err != nil {
			wrong = append(wrong, part+": "+err.Error())
		}
	}
	sort.Strings(wrong)
	return wrong
}

// Listen listens for the operator. An address without a host is one of the loopback interface.
func Listen(address string) (net.Listener, error) {
	if strings.HasPrefix(address, ":") {
		address = "127.0.0.1" + address
	}
	return net.Listen("tcp", address)
}

// Serve shows the figures on a listener until ctx ends.
func (m *Metrics) Serve(ctx context.Context, l net.Listener) error {
	s := &http.Server{Handler: m.Handler(), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: time.Minute, MaxHeaderBytes: 8 << 10, ErrorLog: remote.ErrorLog(m.log, slog.LevelDebug)}
	stop := context.AfterFunc(ctx, func() { s.Close() })
	defer stop()
	if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
