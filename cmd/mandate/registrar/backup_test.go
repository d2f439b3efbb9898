package registrar

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mandate/ballot/credential"
	"mandate/ballot/record"
	"mandate/cmd/mandate/registrar/issuing"
)

var copyTime = time.Unix(1_800_000_000, 0).UTC()

// A stored is a copy of a registrar's folder, made while it is at work.
func (s *scene) stored() (ledger []byte, vault string) {
	s.t.Helper()
	var b bytes.Buffer
	if err := s.r.Backup(&b); err != nil {
		s.t.Fatal(err)
	}
	vault = filepath.Join(s.t.TempDir(), "vault")
	if err := os.CopyFS(vault, os.DirFS(filepath.Join(s.dir, "registrar", "vault"))); err != nil {
		s.t.Fatal(err)
	}
	return b.Bytes(), vault
}

// lose deletes the registrar's folder and brings it back from a copy.
func (s *scene) lose(ledger []byte, vault string) {
	s.t.Helper()
	s.server.Close()
	s.r.Close()
	dir := filepath.Join(s.dir, "registrar")
	if err := os.RemoveAll(dir); err != nil {
		s.t.Fatal(err)
	}
	if err := os.CopyFS(filepath.Join(dir, "vault"), os.DirFS(vault)); err != nil {
		s.t.Fatal(err)
	}
	if err := RestoreLedger(filepath.Join(dir, "ledger"), copyTime, bytes.NewReader(ledger)); err != nil {
		s.t.Fatal(err)
	}
	s.reopen(dir)
}

// A registrar restored from an old copy does not know whom it has answered since, on the board or not: it answers nobody whom it does not
// know, until people decide otherwise.
func TestF17_RestoredRegistrarGivesNoSecondCard(t *testing.T) {
	s := newScene(t, 6, 1)
	first, _ := s.collect(0)
	ledger, vault := s.stored()
	s.collect(1) // not published, and not in the copy: known to this registrar's lost disk alone
	s.lose(ledger, vault)

	second := func(entry int) error {
		_, err := s.ask(s.codes[entry], s.requests(credential.NewSecret()))
		return err
	}
	wantRefusal(t, second(0), issuing.CodeAnswered)
	if _, err := s.ask(s.codes[0], s.requests(first)); err != nil {
		t.Errorf("a card that the copy knows is not given again: %v", err)
	}
	wantRefusal(t, second(1), issuing.CodeRestored)
	wantRefusal(t, second(2), issuing.CodeRestored)
	if at, err := s.r.Frozen(s.round.ID); err != nil || !at.Equal(copyTime) {
		t.Errorf("frozen: %v, %v", at, err)
	}
	s.restart() // it is not forgotten
	wantRefusal(t, second(1), issuing.CodeRestored)

	// A new code makes no difference; a release does, for one entry and with a new code.
	s.newCodes(2)
	wantRefusal(t, second(2), issuing.CodeRestored)
	if n, err := s.r.Release(s.round.ID, false, 0, 2); err != nil || n != 1 {
		t.Fatalf("%d released, %v", n, err)
	}
	wantRefusal(t, second(2), issuing.CodeCode)
	s.newCodes(2)
	s.collect(2)
	wantRefusal(t, second(2), issuing.CodeAnswered)
	wantRefusal(t, second(3), issuing.CodeRestored)

	if n, err := s.r.Release(s.round.ID, true); err != nil || n != 4 {
		t.Fatalf("%d released, %v", n, err)
	}
	s.collect(3)
	if _, err := s.r.Release(s.round.ID, true); !errors.Is(err, ErrNotFrozen) {
		t.Errorf("got %v", err)
	}
	if text := s.log.String(); !strings.Contains(text, "brought back from a copy") {
		t.Errorf("the log says %s", text)
	}
}

// With its journal on another disk a restored registrar knows everything: nobody is refused, and nobody gets a second card.
func TestF17_JournalTellsWhatTheCopyDoesNotKnow(t *testing.T) {
	s := newScene(t, 6, 1)
	s.options.Journal = filepath.Join(s.t.TempDir(), "journal")
	s.collect(0) // before there was a journal
	s.restart()
	ledger, vault := s.stored()
	secret, answer := s.collect(1)
	old := s.codes[2]
	s.newCodes(2)
	// The machine stops while a line is written.
	f, err := os.OpenFile(s.options.Journal, os.O_APPEND|os.O_WRONLY, 0)
	if err == nil {
		_, err = f.WriteString("goQYIF")
		f.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	s.lose(ledger, vault)

	if at, err := s.r.Frozen(s.round.ID); err != nil || !at.IsZero() {
		t.Errorf("frozen: %v, %v", at, err)
	}
	_, err = s.ask(s.codes[1], s.requests(credential.NewSecret()))
	wantRefusal(t, err, issuing.CodeAnswered)
	again, err := s.ask(s.codes[1], s.requests(secret))
	if err != nil || !bytes.Equal(again.Issue, answer.Issue) {
		t.Errorf("the same request was not answered the same: %v", err)
	}
	_, err = s.ask(old, s.requests(credential.NewSecret()))
	wantRefusal(t, err, issuing.CodeCode)
	s.collect(2)
	s.collect(3)
	s.restart() // the journal goes on after the torn line
	_, err = s.ask(s.codes[3], s.requests(credential.NewSecret()))
	wantRefusal(t, err, issuing.CodeAnswered)
}

// A journal that is not the ledger's, or an older copy of it, or damaged, is not believed.
func TestF17_AJournalMustBeTheLedgers(t *testing.T) {
	s := newScene(t, 4, 1)
	s.options.Journal = filepath.Join(s.t.TempDir(), "journal")
	s.restart()
	early, err := os.ReadFile(s.options.Journal)
	if err != nil {
		t.Fatal(err)
	}
	s.collect(0)
	ledger, vault := s.stored()
	dir := filepath.Join(s.dir, "registrar")
	whole, err := os.ReadFile(s.options.Journal)
	if err != nil {
		t.Fatal(err)
	}
	s.lose(ledger, vault)
	damaged := bytes.Clone(whole)
	damaged[len(damaged)-20] ^= 1
	for name, text := range map[string][]byte{"older": early, "damaged": damaged, "foreign": append([]byte(journalHead+record.ID{1}.String()+"\n"), early[len(journalHead)+65:]...)} {
		s.server.Close()
		s.r.Close()
		os.RemoveAll(filepath.Join(dir, "ledger"))
		if err := RestoreLedger(filepath.Join(dir, "ledger"), copyTime, bytes.NewReader(ledger)); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(s.options.Journal, text, 0o600); err != nil {
			t.Fatal(err)
		}
		if r, err := Open(dir, passphrase, s.options); err == nil {
			r.Close()
			t.Errorf("%s: opened", name)
		} else if name != "damaged" && !errors.Is(err, ErrJournal) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Without it, in its place, everybody unknown is refused.
	if err := os.Remove(s.options.Journal); err != nil {
		t.Fatal(err)
	}
	s.reopen(dir)
	_, err = s.ask(s.codes[1], s.requests(credential.NewSecret()))
	wantRefusal(t, err, issuing.CodeRestored)
}

func TestARestoreThatWasBrokenOffOpensNothing(t *testing.T) {
	s := newScene(t, 3, 1)
	s.collect(0)
	ledger, vault := s.stored()
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "vault"), os.DirFS(vault)); err != nil {
		t.Fatal(err)
	}
	if err := RestoreLedger(filepath.Join(dir, "ledger"), copyTime, bytes.NewReader(ledger[:len(ledger)/2])); err == nil {
		t.Fatal("half a copy was taken for a whole one")
	}
	if _, err := Open(dir, passphrase, s.options); !errors.Is(err, ErrBrokenOff) {
		t.Errorf("got %v", err)
	}
}

func FuzzJournalLine(f *testing.F) {
	line, err := journalled{Round: record.ID{1}, Entry: 7, Seat: seat{Code: [32]byte{2}, Issue: []byte{3}}}.line()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(line[:len(line)-1]))
	f.Add("x " + sum("x"))
	f.Fuzz(func(t *testing.T, line string) {
		j, err := parseLine(line)
		if err != nil {
			return
		}
		if again, err := j.line(); err != nil || string(again) != line+"\n" {
			t.Errorf("%q is written as %q, %v", line, again, err)
		}
	})
}

// A ledger that went back without saying so, such as with a snapshot of its machine, is known by the journal: nobody gets a second card.
func TestF17_JournalKnowsALedgerThatWentBackUnsaid(t *testing.T) {
	s := newScene(t, 4, 1)
	s.options.Journal = filepath.Join(s.t.TempDir(), "journal")
	s.restart()
	dir := filepath.Join(s.dir, "registrar")
	s.server.Close()
	s.r.Close()
	snapshot := t.TempDir()
	if err := os.CopyFS(snapshot, os.DirFS(filepath.Join(dir, "ledger"))); err != nil {
		t.Fatal(err)
	}
	s.reopen(dir)
	secret, answer := s.collect(1)
	s.server.Close()
	s.r.Close()
	if err := os.RemoveAll(filepath.Join(dir, "ledger")); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(filepath.Join(dir, "ledger"), os.DirFS(snapshot)); err != nil {
		t.Fatal(err)
	}
	s.reopen(dir)
	_, err := s.ask(s.codes[1], s.requests(credential.NewSecret()))
	wantRefusal(t, err, issuing.CodeAnswered)
	again, err := s.ask(s.codes[1], s.requests(secret))
	if err != nil || !bytes.Equal(again.Issue, answer.Issue) {
		t.Errorf("the same request was not answered the same: %v", err)
	}
	s.collect(2)
}
