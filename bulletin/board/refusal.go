package board

import (
	"crypto/rand"
	"fmt"
	"strings"
	"sync"
	"unicode/utf8"

	"mandate/ballot/record"
)

// A Refused is the error of a record that is not taken. It is the signed refusal of SPEC.md §8.4, which whoever was refused can show.
type Refused struct {
	Code     string // stable; of SPEC.md §9, §10.4 or one of this package's
	Sentence string // for people: what is the matter and what to do next
	Signed   []byte // the refusal as signed by the board
}

func (r *Refused) Error() string { return r.Code + ": " + r.Sentence }

// Temporary reports whether the refusal is about the board's condition and not about the record: the same record may be taken later.
func (r *Refused) Temporary() bool { return temporary(r.Code) }

func temporary(code string) bool {
	return code == CodeBusy || code == CodeRate || code == CodeStopping
}

// refuse signs a refusal of one record.
func (b *Board) refuse(kind string, scope, id record.ID, code, detail string) error {
	r := &Refused{Code: code, Sentence: sentence(kind, code, detail)}
	signed, err := record.SignAnswer(b.genesis, &record.Refusal{
		Scope: scope, Record: id, Code: code, Sentence: r.Sentence, At: b.now(),
	}, b.key, rand.Reader)
	if err != nil {
		return fmt.Errorf("refusing a record (%s): %w", code, err)
	}
	r.Signed = signed
	return r
}

// Refuse returns the refusal of whatever is sent with a code that is about the board's condition (busy, rate, stopping) or about a
// request that was not read (oversize, media-type). It names no record, so it is signed at most once a second and costs nothing
// when the board has least time. The error is a *Refused.
func (b *Board) Refuse(code string) error {
	b.cfg.Observe.refused("", code)
	now := b.now()
	b.general.Lock()
	defer b.general.Unlock()
	if c, ok := b.general.refusals[code]; ok && c.at == now {
		return c.err
	}
	err := b.refuse("", record.ID{}, record.ID{}, code, "")
	b.general.refusals[code] = generalRefusal{now, err}
	return err
}

// generalRefusals has the last refusal of each code that names no record.
type generalRefusals struct {
	sync.Mutex
	refusals map[string]generalRefusal
}

type generalRefusal struct {
	at  uint64
	err error
}

// maxDetail bounds what an error adds to a sentence, bytes.
const maxDetail = 500

// clip makes an error's text fit for a sentence: one line of valid UTF-8 of bounded length.
func clip(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
	if len(s) <= maxDetail {
		return s
	}
	s = s[:maxDetail]
	for !utf8.ValidString(s) {
		s = s[:len(s)-1]
	}
	return s + " …"
}
