package mail

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"strings"
	"time"

	"mandate/cmd/mandate/vault"
)

// Who says for which members a file is written.
type Who string

const (
	NotReached Who = "unreachable" // those without an e-mail address
	CameBack   Who = "bounced"     // those too to whom mail was refused
	Everybody  Who = "all"
)

// wants reports whether a member is meant. In a file that is written again are those who were in it before.
func (w Who) wants(st State, there bool, x *Recipient) bool {
	if !there {
		return w == Everybody || x.Email == ""
	}
	switch st.Status {
	case Unreachable, OnPaper, BySMS:
		return true
	case Bounced:
		return w != NotReached
	}
	return w == Everybody
}

// ErrNobody is returned when a file would have no line.
var ErrNobody = errors.New("there is nobody to write to")

// WritePaper writes a file for mail-merge, so that letters can be printed: member number, name, language, code and link, for members who are not
// reached by e-mail. The postal addresses have the office that prints, by member number. The members are noted as reached on paper under the job.
// The file has codes: it is readable by its owner only, and to be deleted once the letters are printed.
func WritePaper(path string, s *Store, job string, to []*Recipient, who Who, now time.Time) (n int, err error) {
	lines := [][]string{{"number", "name", "language", "code", "link"}}
	return writeFile(path, s, job, to, who, OnPaper, now, lines, func(x *Recipient) ([]string, error) {
		return []string{x.Number, harmless(x.Name), x.Language, x.Code, x.Link}, nil
	})
}

// WriteSMS writes a file for sending text messages: member number, phone number and message, for members who are not reached by e-mail and have a
// phone number. They are noted as reached by text message under the job. The file has codes.
func WriteSMS(path string, s *Store, t *Templates, job string, l Letter, f *Facts, to []*Recipient, who Who, language string, now time.Time) (n int, err error) {
	if !l.HasCode() {
		return 0, fmt.Errorf("letter: %s: there are text messages for %s and %s only", l, Invitation, Reminder)
	}
	if err := f.check(l); err != nil {
		return 0, err
	}
	var phones []*Recipient
	for _, x := range to {
		if x.Phone != "" {
			phones = append(phones, x)
		}
	}
	lines := [][]string{{"number", "phone", "message"}}
	return writeFile(path, s, job, phones, who, BySMS, now, lines, func(x *Recipient) ([]string, error) {
		m, err := t.sms(l, f, x, language)
		return []string{x.Number, x.Phone, m}, err
	})
}

func writeFile(path string, s *Store, job string, to []*Recipient, who Who, status Status, now time.Time, lines [][]string, line func(*Recipient) ([]string, error)) (n int, err error) {
	if who != NotReached && who != CameBack && who != Everybody {
		return 0, fmt.Errorf("%q is none of unreachable, bounced, all", string(who))
	}
	if err := s.take(job); err != nil {
		return 0, err
	}
	defer s.release(job)
	states, err := s.States(job)
	if err != nil {
		return 0, err
	}
	change := make(map[string]*State)
	for _, x := range to {
		st, there := states[x.Number]
		if st.Code != x.hash {
			there = false
		}
		if !who.wants(st, there, x) || there && (st.Status == OnPaper || st.Status == BySMS) && st.Status != status {
			continue
		}
		l, err := line(x)
		if err != nil {
			return 0, errors.New("a message cannot be written: its template cannot be filled")
		}
		lines = append(lines, l)
		change[x.Number] = &State{Status: status, Code: x.hash, At: uint64(now.Unix())}
	}
	if len(change) == 0 {
		return 0, ErrNobody
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.UseCRLF = true
	w.WriteAll(lines)
	if err := w.Error(); err != nil {
		return 0, err
	}
	if err := vault.WriteFile(path, b.Bytes(), 0o600); err != nil {
		return 0, err
	}
	return len(change), s.put(job, change)
}

// harmless keeps a spreadsheet from taking a name for a formula.
func harmless(name string) string {
	if name != "" && strings.ContainsRune("=+-@", rune(name[0])) {
		return "'" + name
	}
	return name
}
