package credential

import (
	"cmp"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"mandate/ballot/record"
	"mandate/ballot/text"
	"mandate/crypto/transcript"
)

// MaxKeepsake is the largest card file, in bytes.
const MaxKeepsake = 16384

const (
	keepsakeTitle  = "mandate voter card, version 1"
	keepsakeNotice = "Keep this file and show it to nobody: who has it can vote in your place."
)

// A Keepsake is what a member keeps of a card, as a text file (SPEC.md §10.1.2): the secret, and where to go with it. From it everything
// else is made again: the same requests, which the registrars answer again, and so the same credentials.
type Keepsake struct {
	Board      string    // the board's URL
	Origin     string    // the log's name
	Genesis    record.ID // id of the log's genesis record
	Round      record.ID
	Entry      uint64   // the member's roll entry
	Registrars []string // URLs of the round's registrars, in order
	Secret     Secret
}

// A KeepsakeError says why a text is no card file, in words for the member who has it.
type KeepsakeError struct {
	Line   int // from 1; 0: the file as a whole
	Reason string
}

func (e *KeepsakeError) Error() string {
	if e.Line == 0 {
		return "voter card file: " + e.Reason
	}
	return fmt.Sprintf("voter card file, line %d: %s", e.Line, e.Reason)
}

// Encode returns the file's text. It is an error if a field is not well-formed.
func (k *Keepsake) Encode() ([]byte, error) {
	if err := k.check(); err != nil {
		return nil, fmt.Errorf("writing a card file: %w", err)
	}
	return []byte(k.text()), nil
}

func (k *Keepsake) check() error {
	if n := len(k.Registrars); n < 1 || n > record.MaxRegistrars {
		return fmt.Errorf("registrars: %d, want 1 to %d", n, record.MaxRegistrars)
	}
	for i, u := range k.Registrars {
		if u == "" {
			return fmt.Errorf("registrar %d: has no address", i+1)
		}
		if err := text.CheckURL(fmt.Sprintf("registrar %d", i+1), u); err != nil {
			return err
		}
	}
	if k.Board == "" {
		return errors.New("board: has no address")
	}
	if k.Entry >= record.MaxRoll {
		return fmt.Errorf("entry: %d, at most %d", k.Entry, record.MaxRoll-1)
	}
	return cmp.Or(text.CheckURL("board", k.Board), text.CheckName("log", k.Origin))
}

func (k *Keepsake) text() string {
	var b strings.Builder
	line := func(name, value string) { fmt.Fprintf(&b, "%s: %s\n", name, value) }
	b.WriteString(keepsakeTitle + "\n" + keepsakeNotice + "\n")
	line("board", k.Board)
	line("log", k.Origin)
	line("genesis", k.Genesis.String())
	line("round", k.Round.String())
	line("entry", strconv.FormatUint(k.Entry, 10))
	for _, u := range k.Registrars {
		line("registrar", u)
	}
	words := k.Secret.Words()
	for i := 0; i < len(words); i += 6 {
		line("words", strings.Join(words[i:i+6], " "))
	}
	t := transcript.New("mandate/v1 card file")
	t.AppendString("text", b.String())
	sum := t.ID("check")
	line("check", hex.EncodeToString(sum[:8]))
	return b.String()
}

// ParseKeepsake reads a card file. Lines may end in LF or CR LF and empty lines may follow; beyond that it accepts only what Encode writes.
// Errors are *KeepsakeError.
func ParseKeepsake(b []byte) (*Keepsake, error) {
	if len(b) > MaxKeepsake {
		return nil, &KeepsakeError{0, fmt.Sprintf("%d bytes are too many for a card; is this the right file?", len(b))}
	}
	file := strings.TrimRight(strings.ReplaceAll(string(b), "\r\n", "\n"), "\n")
	lines := strings.Split(strings.TrimPrefix(file, "\ufeff"), "\n")
	if lines[0] != keepsakeTitle {
		if strings.HasPrefix(lines[0], "mandate voter card, version ") {
			return nil, &KeepsakeError{1, fmt.Sprintf("this program reads %q only; use the program, or its newer version, that wrote the card", keepsakeTitle)}
		}
		return nil, &KeepsakeError{1, fmt.Sprintf("does not say %q; is this the right file?", keepsakeTitle)}
	}
	p := &keepsakeParser{lines: lines, next: 2}
	k := p.parse()
	if p.err != nil {
		return nil, p.err
	}
	if err := k.check(); err != nil {
		return nil, &KeepsakeError{0, err.Error() + "; " + askCopy}
	}
	if k.text() != strings.Join(lines, "\n")+"\n" {
		return nil, &KeepsakeError{0, "it was changed after it was written; " + askCopy + ". The words in it are whole: with them a new card file can be made"}
	}
	return k, nil
}

const askCopy = "use an unchanged copy of the file, or the 24 words"

// A keepsakeParser takes lines one by one and keeps the first error.
type keepsakeParser struct {
	lines []string
	next  int
	err   error
}

func (p *keepsakeParser) fail(reason string) {
	if p.err == nil {
		p.err = &KeepsakeError{p.next, reason}
	}
}

// has reports whether the next line has the name.
func (p *keepsakeParser) has(name string) bool {
	return p.next < len(p.lines) && strings.HasPrefix(p.lines[p.next], name+": ")
}

func (p *keepsakeParser) take(name string) string {
	if p.err != nil {
		return ""
	}
	if !p.has(name) {
		p.next++
		p.fail(fmt.Sprintf("%q should stand here; %s", name+": …", askCopy))
		return ""
	}
	p.next++
	return strings.TrimPrefix(p.lines[p.next-1], name+": ")
}

func (p *keepsakeParser) id(name string) (id record.ID) {
	s := p.take(name)
	if p.err == nil {
		var err error
		if id, err = record.ParseID(s); err != nil {
			p.fail(fmt.Sprintf("%s has not 64 hexadecimal digits; %s", name, askCopy))
		}
	}
	return id
}

func (p *keepsakeParser) parse() *Keepsake {
	k := &Keepsake{Board: p.take("board"), Origin: p.take("log")}
	k.Genesis, k.Round = p.id("genesis"), p.id("round")
	entry := p.take("entry")
	if p.err == nil {
		var err error
		if k.Entry, err = strconv.ParseUint(entry, 10, 32); err != nil {
			p.fail("entry is not a number; " + askCopy)
		}
	}
	for k.Registrars == nil || p.has("registrar") {
		k.Registrars = append(k.Registrars, p.take("registrar"))
		if p.err != nil {
			return nil
		}
	}
	var words []string
	for range 4 {
		words = append(words, p.take("words"))
	}
	if p.err == nil {
		var err error
		if k.Secret, err = ParseWords(strings.Join(words, " ")); err != nil {
			p.next = 0
			p.fail(err.Error())
		}
	}
	p.take("check")
	if p.err == nil && p.next != len(p.lines) {
		p.next++
		p.fail("nothing should follow the line \"check\"; " + askCopy)
	}
	return k
}
