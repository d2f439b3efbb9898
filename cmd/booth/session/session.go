// Package session is what the booth's program does for the pages: the methods that a page calls, each with parameters that are checked and a
// result of plain values. It knows no browser: [Env] has what reaches the network and keeps things, so everything here runs and is tested
// on any machine. Package bridge connects it to a browser's worker.
//
// A [Session] sees one board, by a light reader. It believes that board no more than package member does, whose methods it calls.
package session

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"mandate/ballot/text"
	"mandate/cmd/booth/member"
)

// Env is what a session has of the machine it runs on.
type Env struct {
	// Fetch sends one request. It sends no cookies or other identification, and follows no redirects. An error says that there was no answer.
	Fetch func(ctx context.Context, r Request) (Reply, error)
	// Store keeps pieces on the device; nil if nothing can be kept.
	Store Store
	// Clock is the device's clock. Default time.Now.
	Clock func() time.Time
	// Program is the SHA-256 of the program that runs, in hexadecimal, as whoever started it has computed it; "" if that is not known.
	Program string
}

// A Request is one over HTTP: a POST if it has a body, else a GET.
type Request struct {
	URL     string
	Body    []byte
	Limit   int64         // of the answer's bytes
	Timeout time.Duration // for all of it
	Cached  bool          // the answer may come from the browser's cache
}

// A Reply is what was answered. A body longer than the limit is cut after one byte more.
type Reply struct {
	Status     int
	Type       string // the content type, without parameters, in lower case
	Index      string // the header Mandate-Index
	RetryAfter string // the header Retry-After
	Body       []byte
}

// A Failure is an error as pages get it.
type Failure struct {
	Code     string // stable: one of package member's
	Sentence string // in English
	Hint     string
	Evidence string // what shows that another party was dishonest; also kept in the store
}

func (f *Failure) Error() string { return f.Code + ": " + f.Sentence }

// Progress tells how far a call has come: what is being done, how much of it is done and how much there is; 0 and 0 if that is not known.
type Progress func(what string, done, total uint64)

// A Session is a page's dealings with one board. Calls are made one at a time; it may be used from several goroutines.
type Session struct {
	env    Env
	board  *board
	client *member.Client

	mu       sync.Mutex
	lang     string
	vault    *vault
	prepared map[string]*prepared
	handles  int
	orders   map[string][]int // in which options are shown, by vote and contest
}

// New returns a session for the board at an address.
func New(env Env, address, lang string) (*Session, error) {
	address = strings.TrimRight(address, "/")
	if err := text.CheckURL("board", address); err != nil || address == "" || strings.ContainsAny(address, "?#") {
		return nil, &Failure{Code: member.CodeForm, Sentence: "the board's address is not well-formed", Hint: "use the link that you were given, whole"}
	}
	if env.Clock == nil {
		env.Clock = time.Now
	}
	s := &Session{env: env, lang: lang, vault: newVault(env.Store), prepared: make(map[string]*prepared), orders: make(map[string][]int)}
	s.board = newBoard(env.Fetch, address)
	s.client = member.New(s.board, member.Options{Address: address, Registrars: registrars{env.Fetch}, Clock: env.Clock})
	return s, nil
}

// A method is what a page can call.
type method func(s *Session, ctx context.Context, p *params) (any, error)

var methods = map[string]method{
	"board.look":     (*Session).boardLook,
	"cards.list":     (*Session).cardsList,
	"code.read":      (*Session).codeRead,
	"card.enter":     (*Session).cardEnter,
	"card.create":    (*Session).cardCreate,
	"card.kept":      (*Session).cardKept,
	"card.collect":   (*Session).cardCollect,
	"card.restore":   (*Session).cardRestore,
	"card.export":    (*Session).cardExport,
	"card.forget":    (*Session).cardForget,
	"card.status":    (*Session).cardStatus,
	"vote.load":      (*Session).voteLoad,
	"ballot.prepare": (*Session).ballotPrepare,
	"ballot.cast":    (*Session).ballotCast,
	"ballot.open":    (*Session).ballotOpen,
	"ballot.fault":   (*Session).ballotFault,
	"ballot.drop":    (*Session).ballotDrop,
	"ballot.resume":  (*Session).ballotResume,
	"opened.check":   (*Session).openedCheck,
	"receipt.check":  (*Session).receiptCheck,
	"support.look":   (*Session).supportLook,
	"support.do":     (*Session).supportDo,
	"history":        (*Session).history,
}

// Call does what a page asks for. Values are those of JSON, and []byte; numbers are float64. The error is a *Failure.
func (s *Session) Call(ctx context.Context, name string, values map[string]any, progress Progress) (any, error) {
	m, ok := methods[name]
	if !ok {
		return nil, &Failure{Code: member.CodeForm, Sentence: "the program has no method " + fmt.Sprintf("%.40q", name), Hint: "reload the page"}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.vault.evidence = ""
	s.board.progress = progress
	defer func() { s.board.progress = nil }()
	p := &params{values: values}
	out, err := m(s, ctx, p)
	if p.err != nil { // said first: the rest follows from it
		err = p.err
	}
	if err != nil {
		return nil, s.failure(err)
	}
	return out, nil
}

// failure says an error as pages get it.
func (s *Session) failure(err error) *Failure {
	var f *Failure
	if errors.As(err, &f) {
		return f
	}
	f = &Failure{Code: member.CodeOf(err), Sentence: err.Error(), Evidence: s.vault.evidence}
	var p *member.Problem
	if errors.As(err, &p) {
		f.Hint = p.Hint
		if f.Evidence == "" {
			f.Evidence = string(p.Evidence)
		}
	}
	if f.Code == member.CodeInternal && errors.Is(err, context.DeadlineExceeded) {
		f.Code = codeNetwork
	}
	return f
}

// codeNetwork is a connection that ended on the way.
const codeNetwork = "network"

func fail(code, hint, format string, args ...any) error {
	return &Failure{Code: code, Sentence: fmt.Sprintf(format, args...), Hint: hint}
}

// texts is a text in several languages as a value.
func texts(t text.Texts) map[string]any {
	out := make(map[string]any, len(t))
	for lang, s := range t {
		out[lang] = s
	}
	return out
}

// list makes values of things.
func list[T any](in []T, value func(int, T) any) []any {
	out := make([]any, len(in))
	for i, x := range in {
		out[i] = value(i, x)
	}
	return out
}

func number[T ~int | ~uint64](n T) any { return float64(n) }
