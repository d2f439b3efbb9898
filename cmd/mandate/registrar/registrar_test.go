package registrar

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"mandate/ballot/credential"
	"mandate/ballot/record"
	"mandate/ballot/roll"
	"mandate/ballot/simulate"
	"mandate/bulletin/store"
	"mandate/cmd/mandate/registrar/issuing"
	"mandate/crypto/blind"
	"mandate/crypto/blind/blindtest"
)

// The registrar's own keys, made by itself; everywhere else the tests use ready ones.
func TestARoundIsServed(t *testing.T) {
	s := newBareScene(t, 5, 3)
	s.addRoll()
	s.step()
	round := s.view.State().Round(s.round.ID)
	if !round.Accepted(1) {
		t.Error("the roll is not accepted")
	}
	for slot := range 3 {
		if round.Slot(slot).Keys[0] == nil {
			t.Errorf("slot %d has no key", slot)
		}
	}
	// Nothing is signed while keys of another registrar are missing: members could not say which keys they have seen.
	if got, err := s.r.Standing(s.round.ID); err != nil || got != (Standing{Entries: 5}) {
		t.Errorf("%+v, %v", got, err)
	}
	s.newCodes()
	_, err := s.ask(s.codes[3], s.requests(credential.NewSecret()))
	wantRefusal(t, err, issuing.CodeNotReady)
	s.otherKeys(2)
	s.step()
	if got, err := s.r.Standing(s.round.ID); err != nil || got != (Standing{Ready: true, Entries: 5}) {
		t.Errorf("%+v, %v", got, err)
	}
	opening, err := s.client.Entry(t.Context(), s.server.URL, &issuing.EntryRequest{Round: s.round.ID, Code: s.codes[3]})
	if err != nil {
		t.Fatal(err)
	}
	if err := opening.Check(s.round.Roll.ID, roll.Hash(round.Roll.Entries[3])); err != nil || opening.Index != 3 {
		t.Errorf("the opening of entry %d: %v", opening.Index, err)
	}
	s.collect(3)
	if size := s.view.State().Size(); true {
		s.step() // a second pass has nothing to say
		if s.view.State().Size() != size {
			t.Error("a second pass posted something")
		}
	}
	if err := s.r.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, err := s.r.Standing(s.round.ID); err != nil || got != (Standing{true, 5, 1, 1}) {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestCreateAndOpen(t *testing.T) {
	s := newScene(t, 2, 1)
	dir := filepath.Join(s.dir, "registrar")
	if _, err := Create(dir, passphrase, s.options); err == nil {
		t.Error("a registrar was made over another")
	}
	if _, err := Open(dir, passphrase, s.options); err == nil {
		t.Error("one folder was opened twice at the same time")
	}
	key := s.r.Key()
	s.restart()
	if s.r.Key() != key {
		t.Error("the key has changed")
	}
	if _, err := Open(dir, []byte("wrong"), s.options); err == nil || !strings.Contains(err.Error(), "passphrase") {
		t.Errorf("a wrong passphrase: %v", err)
	}
	if err := os.Remove(filepath.Join(dir, vaultDir, signingKey+".age")); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, passphrase, s.options); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a lost signing key was replaced by another (%v)", err)
	}
	for _, bad := range []Options{{Look: -1}, {Link: "not an address"}, {WrongCodes: -1}} {
		if _, err := Create(t.TempDir(), passphrase, bad); err == nil {
			t.Errorf("%+v was accepted", bad)
		}
	}
}

func TestF2_SameRequestSameAnswer(t *testing.T) {
	s := newScene(t, 3, 2)
	secret, first := s.collect(1)
	for name, before := range map[string]func(){
		"again": func() {}, "after a restart": s.restart, "with a new code": func() { s.newCodes(1) },
		"after publishing": func() { s.r.Flush(t.Context()) },
	} {
		before()
		req := s.requests(secret)
		again, err := s.ask(s.codes[1], req)
		if err != nil || !reflect.DeepEqual(first, again) {
			t.Errorf("%s: another answer (%v)", name, err)
		}
	}
}

func TestF17_NoSecondCardForAnEntry(t *testing.T) {
	s := newScene(t, 3, 1)
	s.collect(1)
	other := s.requests(credential.NewSecret())
	for name, before := range map[string]func(){
		"another request": func() {}, "after a restart": s.restart, "after publishing": func() { s.r.Flush(t.Context()) },
	} {
		before()
		_, err := s.ask(s.codes[1], other)
		t.Log(name)
		wantRefusal(t, err, issuing.CodeAnswered)
	}
	old := s.codes[1]
	s.newCodes(1) // as a help desk does
	_, err := s.ask(s.codes[1], other)
	wantRefusal(t, err, issuing.CodeAnswered)
	_, err = s.ask(old, other)
	wantRefusal(t, err, issuing.CodeCode)
	// What was refused left no trace: the request is as good as ever for an entry without a card.
	if _, err := s.ask(s.codes[2], other); err != nil {
		t.Error(err)
	}
}

// An entry that the commission has taken off the roll gets no code and no card. A card that was answered before is answered again, and an entry
// that is put back is as it was.
func TestARemovedEntryGetsNoCard(t *testing.T) {
	s := newBareScene(t, 5, 1)
	s.testKeys()
	s.addRoll()
	s.otherKeys(2)
	remove := func(removed bool, entries ...uint64) {
		t.Helper()
		s.board.Do(func(org *simulate.Org) { org.Remove(s.round.Manifest.Roll, removed, entries...) })
		s.step()
	}
	remove(true, 4)
	if rows := s.newCodes(); len(rows) != 4 {
		t.Errorf("%d lines, want codes for 4 entries", len(rows))
	}
	if err := s.r.Codes(io.Discard, s.round.ID, 1, 4); !errors.Is(err, ErrRemoved) || !strings.Contains(err.Error(), "membership lapsed") {
		t.Errorf("a code for an entry that is off the roll: %v", err)
	}
	secret, first := s.collect(1)
	remove(true, 1, 2)
	if again, err := s.ask(s.codes[1], s.requests(secret)); err != nil || !reflect.DeepEqual(first, again) {
		t.Errorf("a card that was answered: %v", err)
	}
	request := s.requests(credential.NewSecret())
	_, err := s.ask(s.codes[2], request)
	wantRefusal(t, err, issuing.CodeRemoved)
	if !strings.Contains(err.Error(), "off the roll: membership lapsed.") {
		t.Errorf("the member is told %v", err)
	}
	s.restart()
	_, err = s.ask(s.codes[2], request)
	wantRefusal(t, err, issuing.CodeRemoved)
	if _, err := s.client.Entry(t.Context(), s.server.URL, &issuing.EntryRequest{Round: s.round.ID, Code: s.codes[2]}); err != nil {
		t.Errorf("the entry is not found: %v", err)
	}
	remove(false, 2, 4)
	if _, err := s.ask(s.codes[2], request); err != nil { // what was refused left no trace
		t.Errorf("after it was put back: %v", err)
	}
	s.newCodes(4)
	s.collect(4)
}

func TestF17_ConcurrentRequestsForOneEntry(t *testing.T) {
	s := newScene(t, 2, 1)
	const n = 8
	var requests [n]*credential.Requests
	for i := range requests {
		requests[i] = s.requests(credential.NewSecret())
	}
	var mu sync.Mutex
	answered := make(map[int]bool)
	for range cap(s.r.signing) { // nobody signs before all are past the first look into the ledger
		s.r.signing <- struct{}{}
	}
	var wg sync.WaitGroup
	for i := range 3 * n { // every request three times
		wg.Go(func() {
			a, err := s.ask(s.codes[0], requests[i%n])
			if err != nil {
				wantRefusal(t, err, issuing.CodeAnswered)
				return
			}
			s.open(0, requests[i%n], a)
			mu.Lock()
			defer mu.Unlock()
			answered[i%n] = true
		})
	}
	for s.r.waiting.Load() < 3*n {
		time.Sleep(time.Millisecond)
	}
	for range cap(s.r.signing) {
		<-s.r.signing
	}
	wg.Wait()
	if len(answered) != 1 {
		t.Errorf("%d different requests were answered for one entry", len(answered))
	}
}

// Two devices that drew the same secret would have the same credential: the second member is told, instead of losing the first's vote.
func TestC4_OneRequestForTwoEntriesIsRefused(t *testing.T) {
	s := newScene(t, 3, 1)
	secret, _ := s.collect(0)
	req := s.requests(secret)
	_, err := s.ask(s.codes[1], req)
	wantRefusal(t, err, issuing.CodeClash)
	s.restart()
	_, err = s.ask(s.codes[1], req)
	wantRefusal(t, err, issuing.CodeClash)
	s.collect(1)
}

// A folder brought back from an older copy does not know what it has signed since; the board does.
func TestF17_OlderCopyOfTheFolderSignsNothingTwice(t *testing.T) {
	s := newScene(t, 4, 1)
	s.collect(0)
	s.server.Close()
	s.r.Close()
	folder, copied := filepath.Join(s.dir, "registrar"), filepath.Join(s.dir, "copy")
	if err := os.CopyFS(copied, os.DirFS(folder)); err != nil {
		t.Fatal(err)
	}
	s.reopen(folder)
	secret, _ := s.collect(1)
	if err := s.r.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.server.Close()
	s.r.Close()

	s.reopen(copied)
	_, err := s.ask(s.codes[1], s.requests(credential.NewSecret()))
	wantRefusal(t, err, issuing.CodeRestored)
	_, err = s.ask(s.codes[1], s.requests(secret))
	wantRefusal(t, err, issuing.CodeRestored) // it cannot know that this is the one
	s.collect(2)
	_, err = s.ask(s.codes[0], s.requests(credential.NewSecret()))
	wantRefusal(t, err, issuing.CodeAnswered)
}

func TestTheBoardsTimeOpensAndClosesTheRound(t *testing.T) {
	s := newScene(t, 3, 1, func(m *record.Round) { m.Opens, m.Closes = simulate.Begin+100, simulate.Begin+200 })
	reach := func(at uint64) {
		s.board.Do(func(org *simulate.Org) { org.Reach(simulate.Begin + at) })
		s.step()
	}
	_, err := s.ask(s.codes[0], s.requests(credential.NewSecret()))
	wantRefusal(t, err, issuing.CodeNotOpen)
	_, err = s.client.Entry(t.Context(), s.server.URL, &issuing.EntryRequest{Round: s.round.ID, Code: s.codes[0]})
	wantRefusal(t, err, issuing.CodeNotOpen)
	s.clock.advance(time.Hour) // the machine's clock does not matter
	_, err = s.ask(s.codes[0], s.requests(credential.NewSecret()))
	wantRefusal(t, err, issuing.CodeNotOpen)
	reach(100)
	secret, first := s.collect(0)
	reach(199)
	s.collect(1)
	reach(200)
	_, err = s.ask(s.codes[2], s.requests(credential.NewSecret()))
	wantRefusal(t, err, issuing.CodeClosed)
	// A card that was issued can be made again for as long as anybody may want to vote with it.
	if again, err := s.ask(s.codes[0], s.requests(secret)); err != nil || !reflect.DeepEqual(first, again) {
		t.Error(err)
	}
}

// A private list that is not the roll on the board is not accepted, and nobody is served. The error that is logged names no member.
func TestAnotherListIsNotAccepted(t *testing.T) {
	s := newBareScene(t, 4, 1)
	s.testKeys()
	if err := s.r.Step(t.Context()); !errors.Is(err, errNoRoll) {
		t.Errorf("without a list: %v", err)
	}
	_, err := s.ask(issuing.NewCode(), s.requestsOf(t))
	wantRefusal(t, err, issuing.CodeNotReady)

	private, err := s.round.Roll.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	forged := []byte(strings.Replace(string(private), "Quarterstaff 2", "Quarterstaff X", 1))
	if err := s.r.AddRoll(forged); err != nil {
		t.Fatal(err)
	}
	var wrong *RollError
	if err := s.r.Step(t.Context()); !errors.As(err, &wrong) || strings.Contains(err.Error(), "Quarter") {
		t.Errorf("a list in which a name was changed: %v", err)
	} else if !strings.Contains(wrong.Unwrap().Error(), "Quarterstaff X") {
		t.Errorf("the registrar is not told where: %v", wrong.Unwrap())
	}
	if round := s.view.State().Round(s.round.ID); round.Accepted(1) || round.Slot(0).Keys[0] != nil {
		t.Error("something was posted")
	}
	_, err = s.ask(issuing.NewCode(), s.requestsOf(t))
	wantRefusal(t, err, issuing.CodeNotReady)

	if err := s.r.AddRoll(private); err != nil { // the right one replaces it
		t.Fatal(err)
	}
	s.otherKeys(2)
	s.step()
	if !s.view.State().Round(s.round.ID).Accepted(1) {
		t.Error("the right list is not accepted")
	}
	if err := s.r.AddRoll(private[:len(private)-1]); err == nil {
		t.Error("a list cut short was kept")
	}
}

// requestsOf is a request of the right size before there are keys.
func (s *scene) requestsOf(t *testing.T) *credential.Requests {
	t.Helper()
	c := newKeys(t, s.slots)
	req, err := credential.NewRequests(credential.NewSecret(), s.round.ID, 1, c)
	if err != nil {
		t.Fatal(err)
	}
	return req
}

func TestALostSlotKeyStopsTheRound(t *testing.T) {
	s := newScene(t, 2, 2)
	s.server.Close()
	s.r.Close()
	name := filepath.Join(s.dir, "registrar", vaultDir, slotKeyName(s.round.ID, 1)+".age")
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	var err error
	if s.r, err = Open(filepath.Join(s.dir, "registrar"), passphrase, s.options); err != nil {
		t.Fatal(err)
	}
	s.serve()
	if err := s.r.Step(t.Context()); !errors.Is(err, errLostKey) {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(name); err == nil {
		t.Error("another key was made")
	}
	_, err = s.ask(s.codes[0], s.requests(credential.NewSecret()))
	wantRefusal(t, err, issuing.CodeNotReady)
}

func TestF14_IssueRecordsAreSortedBatches(t *testing.T) {
	s := newScene(t, 200, 1)
	for _, e := range []int{170, 3, 99, 64, 0} {
		s.collect(e)
		s.clock.advance(time.Minute)
		s.step()
	}
	if got := s.issued(); got != nil {
		t.Fatalf("published at once: %v", got)
	}
	s.clock.advance(time.Hour)
	s.step()
	if got := s.issued(); !reflect.DeepEqual(got, [][]uint64{{0, 3, 64, 99, 170}}) {
		t.Fatalf("after the interval: %v", got)
	}
	s.clock.advance(2 * time.Hour)
	s.step()
	if got := s.issued(); len(got) != 1 {
		t.Fatalf("published again: %v", got)
	}
	s.collect(7)
	s.collect(5)
	s.restart() // forgets when it has published
	s.clock.advance(time.Hour)
	s.step()
	if got := s.issued(); !reflect.DeepEqual(got[1:], [][]uint64{{5, 7}}) {
		t.Fatalf("after a restart: %v", got)
	}
}

// A member who posts an issue record before the registrar does takes it off the registrar's list, and nothing else.
func TestF19_MemberPostsTheIssueRecord(t *testing.T) {
	s := newScene(t, 5, 1)
	s.collect(4)
	secret := credential.NewSecret()
	req := s.requests(secret)
	a, err := s.ask(s.codes[2], req)
	if err != nil {
		t.Fatal(err)
	}
	issue := s.open(2, req, a)
	s.board.Do(func(org *simulate.Org) { org.Post(issue) })
	if err := s.r.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := s.issued(); !reflect.DeepEqual(got, [][]uint64{{2}, {4}}) {
		t.Errorf("%v", got)
	}
	if again, err := s.ask(s.codes[2], req); err != nil || !reflect.DeepEqual(a, again) {
		t.Errorf("the same request again: %v", err)
	}
}

func TestPublishedBeforeAVoteCloses(t *testing.T) {
	s := newScene(t, 3, 1)
	var vote *simulate.Vote
	s.board.Do(func(org *simulate.Org) {
		org.Post(s.round.By(2, &record.RollAccept{Registrar: 2, Root: org.State.Round(s.round.ID).Roll.Announce.Root}))
		vote = s.round.Vote()
		vote.Ceremony()
		vote.Open()
	})
	s.clock.advance(1000 * time.Second)
	s.collect(1)
	s.step()
	if got := s.issued(); got != nil {
		t.Fatalf("published at once: %v", got)
	}
	s.board.Do(func(org *simulate.Org) { org.Reach(vote.Manifest.Closes - 10) })
	s.step()
	if got := s.issued(); !reflect.DeepEqual(got, [][]uint64{{1}}) {
		t.Fatalf("ten seconds before closing: %v", got)
	}
	s.collect(0)
	s.board.Do(func(org *simulate.Org) { vote.Close() })
	s.step()
	if got := s.issued(); !reflect.DeepEqual(got, [][]uint64{{1}, {0}}) {
		t.Fatalf("after closing: %v", got)
	}
}

func TestRunPublishesWhenItStops(t *testing.T) {
	s := newScene(t, 3, 1)
	s.collect(1)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.r.Run(ctx) }()
	stop()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if got := s.issued(); !reflect.DeepEqual(got, [][]uint64{{1}}) {
		t.Errorf("%v", got)
	}
	_, err := s.ask(s.codes[0], s.requests(credential.NewSecret()))
	wantRefusal(t, err, issuing.CodeStopping)
}

// F17: on a disk that is nearly full no card is given, since it could not be remembered; with room again the same code is good, for
// the same request.
func TestF17_NoCardWithoutRoomToRememberIt(t *testing.T) {
	s := newScene(t, 3, 1)
	free := s.r.ledger.free
	s.r.ledger.free = func() (uint64, error) { return reserve - 1, nil }
	want := s.requests(credential.NewSecret())
	_, err := s.ask(s.codes[1], want)
	wantRefusal(t, err, issuing.CodeFault)
	if err := s.r.ledger.setCodes(s.round.ID, []uint64{2}, [][32]byte{{1}}); !errors.Is(err, store.ErrDiskFull) {
		t.Errorf("a new code: %v", err)
	}
	if !strings.Contains(s.log.String(), "the disk is nearly full") {
		t.Errorf("the log does not say why:\n%s", s.log.String())
	}
	s.r.ledger.free = free
	if _, err := s.ask(s.codes[1], want); err != nil {
		t.Errorf("with room again: %v", err)
	}
	_, err = s.ask(s.codes[1], s.requests(credential.NewSecret()))
	wantRefusal(t, err, issuing.CodeAnswered)
}

func TestWithoutTheBoard(t *testing.T) {
	s := newScene(t, 3, 1)
	s.view.Down = errors.New("no route to host")
	if err := s.r.Step(t.Context()); err == nil {
		t.Error("no error")
	}
	s.collect(0) // for a while it goes on
	s.clock.advance(25 * time.Hour)
	_, err := s.ask(s.codes[1], s.requests(credential.NewSecret()))
	wantRefusal(t, err, issuing.CodeBoard)
	s.view.Down = nil
	s.step()
	s.collect(1)
}

// A request that was made with other keys of any registrar in view, one's own or another's, is refused before anything is kept: the board has
// shown this member something else. With the right keys the same request is answered, as often as it is sent, and never with others.
func TestF7_ARequestUnderOtherKeysIsRefused(t *testing.T) {
	s := newScene(t, 2, 2)
	var slots [][]*blind.PublicKey
	s.board.Do(func(org *simulate.Org) {
		for i := range s.slots {
			slots = append(slots, slices.Clone(org.State.Round(s.round.ID).Slot(i).Keys))
		}
	})
	req := s.requests(credential.NewSecret())
	ask := func(code issuing.Code, keys record.ID) (*credential.Answer, error) {
		return s.client.Card(t.Context(), s.server.URL, &issuing.CardRequest{Round: s.round.ID, Code: code, Keys: keys, Blinded: req.Bytes()})
	}
	refused := func() {
		t.Helper()
		for slot := range slots {
			for registrar := range slots[slot] {
				right := slots[slot][registrar]
				slots[slot][registrar] = blindtest.Key(t, blindtest.Keys-4).Public()
				keys, err := credential.CardKeys(s.round.ID, slots)
				slots[slot][registrar] = right
				if err != nil {
					t.Fatal(err)
				}
				_, err = ask(s.codes[0], keys)
				wantRefusal(t, err, issuing.CodeKeys)
			}
		}
		other, err := credential.CardKeys(record.ID{1}, slots)
		if err != nil {
			t.Fatal(err)
		}
		for _, keys := range []record.ID{{}, other} {
			_, err := ask(s.codes[0], keys)
			wantRefusal(t, err, issuing.CodeKeys)
			_, err = ask(issuing.NewCode(), keys) // said to everybody, so that the alarm does not hang upon a code
			wantRefusal(t, err, issuing.CodeKeys)
		}
	}
	refused()
	keys, err := credential.CardKeys(s.round.ID, slots)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := s.r.Standing(s.round.ID); err != nil || got.Issued != 0 {
		t.Errorf("%+v, %v", got, err)
	}
	// Nothing was kept: another request may still be the entry's.
	req = s.requests(credential.NewSecret())
	first, err := ask(s.codes[0], keys)
	if err != nil {
		t.Fatal(err)
	}
	refused()
	if again, err := ask(s.codes[0], keys); err != nil || !reflect.DeepEqual(first, again) {
		t.Errorf("the same request again: %v", err)
	}
}

// A registrar can serve several rounds; what belongs to one is good for nothing in another.
func TestTwoRounds(t *testing.T) {
	s := newScene(t, 3, 1)
	first := s.round
	s.board.Do(func(org *simulate.Org) {
		s.round = org.RoundOf(first.Roll, first.Manifest.Roll, func(m *record.Round) {
			m.Registrars[1].Key, m.Registrars[1].URL = s.r.Key(), s.server.URL
		})
	})
	s.otherKeys(1)
	s.step()
	var b strings.Builder
	if err := s.r.Codes(&b, s.round.ID, 0); err != nil {
		t.Fatal(err)
	}
	line := strings.Split(strings.Split(b.String(), "\r\n")[1], ",")
	typed, err := issuing.ParseCode(line[4])
	if err != nil {
		t.Fatal(err)
	}
	code, ok := typed.For(issuing.Desk{Round: s.round.ID, Registrar: 2})
	if !ok {
		t.Fatal("the code is not for the second round")
	}
	blinded := make([]byte, 256)
	blinded[255] = 2
	keys := map[record.ID]record.ID{first.ID: s.cardKeys(first.ID), s.round.ID: s.cardKeys(s.round.ID)}
	ask := func(round record.ID, code issuing.Code) error {
		_, err := s.client.Card(t.Context(), s.server.URL, &issuing.CardRequest{Round: round, Code: code, Keys: keys[round], Blinded: blinded})
		return err
	}
	wantRefusal(t, ask(first.ID, code), issuing.CodeCode)
	wantRefusal(t, ask(s.round.ID, s.codes[0]), issuing.CodeCode)
	wantRefusal(t, ask(record.ID{1}, code), issuing.CodeRound)
	if err := ask(s.round.ID, code); err != nil {
		t.Error(err)
	}
}

func TestCodesFile(t *testing.T) {
	s := newScene(t, 3, 1)
	if rows := s.newCodes(); len(rows) != 0 {
		t.Errorf("entries with a code got another: %d", len(rows))
	}
	old := s.codes[2]
	rows := s.newCodes(2, 2)
	if len(rows) != 1 {
		t.Fatalf("%d rows", len(rows))
	}
	m := s.round.Roll.Member(2)
	row := rows[0]
	link := s.server.URL + "#round=" + s.round.ID.String() + "&code=" + row[4]
	if !slices.Equal(row, []string{"2", m.Number, m.Name, m.Email, row[4], link}) {
		t.Errorf("%q", row)
	}
	_, err := s.ask(old, s.requests(credential.NewSecret()))
	wantRefusal(t, err, issuing.CodeCode)
	s.collect(2)
	if e, err := s.r.Find(s.round.ID, m.Number); err != nil || e != 2 {
		t.Errorf("%d, %v", e, err)
	}
	for name, err := range map[string]error{
		"an entry too many": s.r.Codes(nil, s.round.ID, 3), "a negative entry": s.r.Codes(nil, s.round.ID, -1),
		"no such round": s.r.Codes(nil, record.ID{7}),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := s.r.Find(s.round.ID, "nobody"); err == nil {
		t.Error("found nobody")
	}
}

func TestManyCodesInManyTransactions(t *testing.T) {
	s := newScene(t, 1203, 1)
	if len(s.codes) != 1203 {
		t.Fatalf("%d codes", len(s.codes))
	}
	s.restart()
	for _, e := range []int{0, 499, 500, 1202} {
		s.collect(e)
	}
}

// In the folder there is no name, number, address or code that could be read without the passphrase, and in the log nothing that says
// who has asked.
func TestE12_NothingOfMembersInLogsOrAtRest(t *testing.T) {
	s := newScene(t, 20, 1)
	secret, answer := s.collect(13)
	_, err := s.ask(s.codes[13], s.requests(credential.NewSecret()))
	wantRefusal(t, err, issuing.CodeAnswered)
	_, err = s.ask(issuing.NewCode(), s.requests(secret))
	wantRefusal(t, err, issuing.CodeCode)
	s.client.Entry(t.Context(), s.server.URL, &issuing.EntryRequest{Round: s.round.ID, Code: s.codes[13]})
	s.r.Flush(t.Context())
	s.r.ledger.close() // every request fails now
	_, err = s.ask(s.codes[12], s.requests(secret))
	wantRefusal(t, err, issuing.CodeFault)
	if !strings.Contains(s.log.String(), "serving a member failed") {
		t.Error("the failure is not in the log")
	}

	secrets := map[string][]byte{"card secret": secret[:], "signing key": s.r.key.Bytes(), "blind signatures": answer.Signatures}
	for e, c := range s.codes {
		m := s.round.Roll.Member(e)
		for name, v := range map[string]string{
			"code": string(c[:]), "typed code": (issuing.Desk{Round: s.round.ID, Registrar: 1}).Text(c), "number": m.Number, "name": m.Name, "address": m.Email,
		} {
			secrets[fmt.Sprintf("%s %d", name, e)] = []byte(v)
		}
	}
	at := map[string]string{"the log": s.log.String()}
	err = filepath.WalkDir(s.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if info, err := d.Info(); err == nil && info.Mode().Perm()&0o077 != 0 && strings.Contains(path, vaultDir) {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		b, err := os.ReadFile(path)
		at[path] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for where, content := range at {
		for name, v := range secrets {
			if strings.Contains(content, string(v)) || where == "the log" && strings.Contains(content, fmt.Sprintf("%x", v)) {
				t.Errorf("%s shows the %s", where, name)
			}
		}
	}
	if strings.Contains(s.log.String(), "127.0.0.1:") || strings.Contains(s.log.String(), "entry") {
		t.Errorf("the log says who asked, or for which entry:\n%s", s.log.String())
	}
	if p := fmt.Sprintf("%v %+v", s.r.key, s.r.vault); strings.Contains(p, string(s.r.key.Bytes())) {
		t.Error("prints its key")
	}
}
