package board

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/simulate"
)

// signed returns a record with a signature that does not hold.
func signed(t *testing.T, v *simulate.Vote, body record.Body) []byte {
	t.Helper()
	return v.Org.Sign(v.ID, body, simulate.NewKey(t)).Raw()
}

func TestBadBallotsDoNotHurtTheirNeighbours(t *testing.T) {
	const n = 40
	v := openVote(t, simulate.Config{Members: n}, n)
	r := start(t, v.Org)
	r.log.slow = make(chan struct{}) // so that all of them meet in a few batches
	var wg sync.WaitGroup
	for i := range n {
		ballot := v.Ballot(i, []int{i % 3})
		raw := ballot.Raw()
		bad := i%4 == 1
		if bad {
			raw = slices.Clone(raw)
			raw[len(raw)-1-32*(i%8)] ^= 1
		}
		wg.Go(func() {
			_, err := r.Submit(context.Background(), raw)
			var refused *Refused
			switch {
			case bad && (!errors.As(err, &refused) || refused.Code != "proof"):
				t.Errorf("bad ballot %d: %v", i, err)
			case !bad && err != nil:
				t.Errorf("good ballot %d: %v", i, err)
			}
		})
	}
	time.Sleep(50 * time.Millisecond)
	close(r.log.slow)
	wg.Wait()
	r.follow()
	if got := v.State().Counted(); got != n*3/4 {
		t.Errorf("%d ballots count, want %d", got, n*3/4)
	}
}

// With the log stuck, the board checks ahead as far as its channels reach, and then pushes back.
func TestFullQueuePushesBack(t *testing.T) {
	const n = 30
	v := openVote(t, simulate.Config{Members: n + 1}, n+1)
	r := start(t, v.Org, func(c *Config) { c.Ballots, c.Batch = 4, 1 })
	r.log.slow = make(chan struct{})
	results := make(chan error, n)
	for i := range n {
		go func() {
			_, err := r.Submit(context.Background(), v.Ballot(i, []int{simulate.Yes}).Raw())
			results <- err
		}()
	}
	var refused *Refused
	err := <-results // the first answer there can be
	if !errors.As(err, &refused) || refused.Code != CodeBusy || !refused.Temporary() {
		t.Fatalf("with the log stuck: %v", err)
	}
	close(r.log.slow)
	taken := 0
	for range n - 1 {
		if err := <-results; err == nil {
			taken++
		} else if !errors.As(err, &refused) || refused.Code != CodeBusy {
			t.Error(err)
		}
	}
	r.follow()
	if taken == 0 || uint64(taken) != v.State().Counted() {
		t.Errorf("%d ballots were promised, %d count", taken, v.State().Counted())
	}
	r.take(v.Ballot(n, []int{simulate.Yes}))
}

// Records of those who run the vote get through when the ballots' part of the queue is full.
func TestBallotsLeaveRoomForOtherRecords(t *testing.T) {
	v := openVote(t, simulate.Config{}, 1)
	r := start(t, v.Org)
	r.ballots.n.Store(r.ballots.most)
	r.refused(CodeBusy, v.Ballot(0, []int{simulate.Yes}).Raw())
	r.refused("signature", signed(t, v, &record.Closing{By: 1}))
	r.ballots.n.Store(0)
}

func TestCloseFinishesWhatWasTaken(t *testing.T) {
	const n = 20
	v := openVote(t, simulate.Config{Members: n}, n)
	r := start(t, v.Org)
	r.log.slow = make(chan struct{})
	var wg sync.WaitGroup
	for i := range n {
		ballot := v.Ballot(i, []int{simulate.No})
		wg.Go(func() {
			a, err := r.Submit(context.Background(), ballot.Raw())
			var refused *Refused
			if errors.As(err, &refused) && refused.Code == CodeStopping {
				return
			}
			if err != nil {
				t.Error(err)
				return
			}
			r.promised(ballot, a)
		})
	}
	time.Sleep(20 * time.Millisecond)
	closed := make(chan error)
	go func() { closed <- r.Close() }()
	close(r.log.slow)
	if err := <-closed; err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	late := v.Officer(&record.Closing{By: 1})
	r.refused(CodeStopping, late.Raw())
	if err := r.Look(context.Background()); err == nil {
		t.Error("a closed board looks at its clock")
	}
}

func TestFullDiskStopsTheBoardAndLosesNothing(t *testing.T) {
	v := openVote(t, simulate.Config{}, 3)
	r := start(t, v.Org)
	before := v.Ballot(0, []int{simulate.Yes})
	r.promised(before, r.take(before))
	r.log.mu.Lock()
	r.log.broken = &os.PathError{Op: "write", Path: "log", Err: syscall.ENOSPC}
	r.log.mu.Unlock()
	lost := v.Ballot(1, []int{simulate.Yes})
	r.refused(CodeStopping, lost.Raw())
	select {
	case <-r.Failed():
	case <-time.After(time.Minute):
		t.Fatal("the board goes on")
	}
	if err := r.Err(); !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "writing to the log") {
		t.Errorf("the board stopped with %v", err)
	}
	r.refused(CodeStopping, lost.Raw()) // it is in the state, and not on the log
	r.refused(CodeStopping, v.Ballot(2, []int{simulate.Yes}).Raw())
	if _, err := r.Receipt(context.Background(), lost.ID()); err == nil {
		t.Error("there is a receipt for a ballot that is not on the log")
	}
	r.promised(before, r.take(before)) // what is durable is still answered for
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	r.log.broken = nil
	again := startOn(t, v.Org, r.log)
	again.promised(before, again.take(before))
	again.promised(lost, again.take(lost))
}

// G4: what a record is refused for may be on its way to the disk and be lost with it. Then the record was not to be refused, and a signed refusal
// would be evidence against a board that has only failed.
func TestG4_ARefusalRestsOnWhatIsDurable(t *testing.T) {
	v := openVote(t, simulate.Config{}, 1)
	r := start(t, v.Org)
	r.log.slow = make(chan struct{})
	first, second := v.Ballot(0, []int{simulate.Yes}), v.Ballot(0, []int{simulate.No})
	answers := make(chan error, 3)
	send := func(rec *record.Record) {
		_, err := r.Submit(context.Background(), rec.Raw())
		answers <- err
	}
	go send(first)
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		r.mu.RLock()
		cast := r.state.Vote(v.ID).IsCast(first.ID())
		r.mu.RUnlock()
		if cast {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the ballot was not judged")
		}
	}
	go send(second)                                 // at a glance it is spent
	go send(v.CheckOf(v.Credential(0), first.ID())) // judged in turn: the ballot was cast
	select {
	case err := <-answers:
		t.Fatalf("answered before the first ballot was durable: %v", err)
	case <-time.After(200 * time.Millisecond):
	}
	r.log.mu.Lock()
	r.log.broken = &os.PathError{Op: "write", Path: "log", Err: syscall.EIO}
	r.log.mu.Unlock()
	close(r.log.slow)
	for range 3 {
		var refused *Refused
		if err := <-answers; !errors.As(err, &refused) || refused.Code != CodeStopping {
			t.Errorf("%v, want that the board is stopping", err)
		}
	}
}

func TestClockThatJumpsBack(t *testing.T) {
	v := openVote(t, simulate.Config{}, 2)
	r := start(t, v.Org)
	noon := v.Manifest.Opens + 500
	r.at(noon)
	r.follow()
	if v.Org.State.Now() != noon {
		t.Fatalf("the log's time is %d, want %d", v.Org.State.Now(), noon)
	}
	size := r.log.Size()
	r.at(v.Manifest.Opens - 3600)
	r.post(v.Ballot(0, []int{simulate.Yes})) // voting goes on
	r.refused("closing-time", v.Officer(&record.Closing{By: 1}).Raw())
	if r.log.Size() != size+1 {
		t.Errorf("the board wrote %d records with its clock turned back", r.log.Size()-size-1)
	}
	r.at(v.Manifest.Closes)
	r.post(v.Officer(&record.Closing{By: 1}))
	if v.Org.State.Now() != v.Manifest.Closes {
		t.Errorf("the log's time is %d", v.Org.State.Now())
	}
	for _, clock := range []int64{-1 << 40, 1 << 40} { // before 1970, after 9999
		r.at(uint64(clock))
	}
	r.follow()
	if v.Org.State.Now() > record.MaxTime {
		t.Errorf("the log's time is %d", v.Org.State.Now())
	}
}

func TestTimeIsWrittenAtDeadlinesAndIntervals(t *testing.T) {
	o := simulate.New(t, simulate.Config{})
	round := o.Round()
	v := round.Vote(func(m *record.Vote) { m.Step = 50 })
	r := start(t, o, func(c *Config) { c.Interval = 20 * time.Second })
	begin := o.State.Now()
	for _, x := range []struct{ clock, want uint64 }{
		{begin + 10, begin},
		{begin + 20, begin + 20},      // an interval
		{begin + 30, begin + 20},      //
		{begin + 51, begin + 51},      // the trustees' time is over
		{begin + 1000, begin + 1000},  // opens
		{begin + 2000, begin + 2000},  // closes
		{begin + 2300, begin + 2300},  // the time of grace, had it been opened
		{begin + 90000, begin + 2300}, // nobody waits any more
	} {
		r.at(x.clock)
		r.follow()
		if got := o.State.Now(); got != x.want {
			t.Errorf("at begin + %d the log says begin + %d, want begin + %d", x.clock-begin, got-begin, x.want-begin)
		}
	}
	r.post(v.By(1, v.Next(1)))
	if got := o.State.Now(); got != begin+90000 {
		t.Errorf("a message of key generation stands after the time begin + %d", got-begin)
	}
}

// A vote with rules that nobody calls lapses when its time is over, by the board's time alone; whoever owes something is overdue when the
// deadline has passed.
func TestTimeIsWrittenForVotesWithRules(t *testing.T) {
	o := simulate.New(t, simulate.Config{Members: 20, Slots: 4, Petitions: 2})
	round := o.Round()
	round.Cards(0, 1)
	petition := round.Propose(round.Plan(record.CallPetition))
	called := round.Propose(round.Plan(record.CallReason, func(r *record.Rules) { r.Deadlines.Seeds = 333 }))
	r := start(t, o, func(c *Config) { c.Interval = 24 * time.Hour })
	r.post(petition.SupportOf(round.Credential(0, petition.Plan.Rules.Call.Petition.Slot)))
	begin := o.State.Now()
	for _, x := range []uint64{333 + 1, 2000 + 1, 5000 + 1} { // seeds, forums, petition
		r.at(begin + x - 1)
		r.follow()
		before := o.State.Now()
		r.at(begin + x)
		r.follow()
		if got := o.State.Now(); got != begin+x || before == got {
			t.Errorf("at begin + %d the log says begin + %d, and begin + %d just before", x, got-begin, before-begin)
		}
	}
	for _, d := range called.State().Duties(o.State.Now()) {
		if d.Code == "seed-commit" && !d.Overdue {
			t.Errorf("not overdue: %+v", d)
		}
	}
	if got := petition.State().Phase; got != fold.Lapsed {
		t.Fatalf("the petition is %v", got)
	}
	late := petition.SupportOf(round.Credential(1, petition.Plan.Rules.Call.Petition.Slot))
	r.refused("expired", late.Raw())
}

// A trustee who is silent can be named as soon as the step's deadline has passed, without waiting for the next time record.
func TestRestartGetsFreshTime(t *testing.T) {
	o := simulate.New(t, simulate.Config{})
	v := o.Round().Vote(func(m *record.Vote) { m.Step = 50 })
	r := start(t, o)
	restart := v.Officer(&record.KeygenRestart{By: 1, Attempt: 1, Trustee: 2, Reason: record.RestartSilent})
	r.refused("fault", restart.Raw())
	r.time.Store(int64(v.State().Ceremony.Deadline() + 1))
	r.post(restart)
	if got := v.State().Ceremony.Attempt(); got != 2 {
		t.Errorf("attempt %d", got)
	}
}

func TestSealWaitsForTheRelays(t *testing.T) {
	v := openVote(t, simulate.Config{Relays: 2}, 4)
	r := start(t, v.Org)
	first, second := v.Ballot(0, []int{simulate.Yes}), v.Ballot(0, []int{simulate.No})
	other, late := v.Ballot(1, []int{simulate.Yes}), v.Ballot(2, []int{simulate.Yes})
	r.at(v.Manifest.Closes)
	r.post(v.Officer(&record.Closing{By: 1}))
	if !v.State().BoardListDone() || v.State().Phase != fold.Closed {
		t.Fatalf("after the closing: list %v, phase %v", v.State().BoardListDone(), v.State().Phase)
	}
	// Relay 1 promised two ballots of one card: both are recorded, the second without effect.
	r.post(v.Promised(1, 0, true, first.ID(), second.ID(), other.ID()))
	r.post(v.Promised(2, 0, true))
	r.refused("closed", late.Raw())
	r.post(first)
	a := r.take(second)
	r.promised(second, a)
	r.follow()
	if got := v.State(); got.Phase != fold.Closed || got.Pending() != 1 || got.Counted() != 1 {
		t.Fatalf("phase %v, %d pending, %d counted", got.Phase, got.Pending(), got.Counted())
	}
	r.post(other)
	if got := v.State(); got.Phase != fold.Sealed || got.Counted() != 2 {
		t.Fatalf("phase %v, %d counted", got.Phase, got.Counted())
	}
	r.promised(second, r.take(second))
	startOn(t, v.Org, r.log) // a void ballot that was promised does not keep the board from starting
}

// Were it sealed with more cards voting than any registrar has owned up to, the vote could not be verified.
func TestSealWaitsForIssueRecords(t *testing.T) {
	v := openVote(t, simulate.Config{}, 0)
	r := start(t, v.Org)
	cred, err := v.Round.Mint().Credential(v.Manifest.Slot)
	if err != nil {
		t.Fatal(err)
	}
	r.post(v.BallotOf(cred, []int{simulate.Yes}))
	r.at(v.Manifest.Closes)
	r.post(v.Officer(&record.Closing{By: 1}))
	r.at(v.Manifest.Closes + 1)
	if got := r.phase(v.ID); got != fold.Closed {
		t.Fatalf("with no issue records the vote is %v", got)
	}
	r.post(v.Org.Sign(v.Round.ID, &record.Issue{Registrar: 1, Entry: 0}, v.Round.Registrars[0].Key))
	if got := v.State(); got.Phase != fold.Sealed || len(got.Shortfall()) != 1 {
		t.Fatalf("with one registrar's issue record the vote is %v, registrars %v fall short", got.Phase, got.Shortfall())
	}
}

func TestSealAfterGrace(t *testing.T) {
	v := openVote(t, simulate.Config{Relays: 1}, 1)
	r := start(t, v.Org)
	r.at(v.Manifest.Closes)
	r.post(v.Officer(&record.Closing{By: 1}))
	r.at(v.State().ClosedAt + v.Manifest.Grace - 1)
	if got := r.phase(v.ID); got != fold.Closed {
		t.Fatalf("before the time of grace is over the vote is %v", got)
	}
	r.at(v.State().ClosedAt + v.Manifest.Grace)
	if got := r.phase(v.ID); got != fold.Sealed {
		t.Fatalf("after the time of grace the vote is %v", got)
	}
}

// Where the code of a verdict stands in the sources of packages fold, cast, tally and record.
var codes = regexp.MustCompile(`(?:\bvoid\(|\bgap\(|\bfatal\([^,()]+(?:\([^()]*\))?, |\bCode[A-Z]\w* *= )"([a-z][a-z-]*)"`)

// Every code that the fold can give has a sentence.
func TestEveryCodeHasASentence(t *testing.T) {
	found := make(map[string]bool)
	for _, folder := range []string{"fold", "cast", "tally", "record"} {
		files, err := filepath.Glob("../../ballot/" + folder + "/*.go")
		if err != nil || len(files) == 0 {
			t.Fatalf("the sources of %s: %v", folder, err)
		}
		for _, file := range files {
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			for _, m := range codes.FindAllSubmatch(source, -1) {
				found[string(m[1])] = true
			}
		}
	}
	for _, own := range []string{"passed", "kind"} { // a light reader's, and what no record comes to: a board refuses nothing with them
		delete(found, own)
	}
	for code := range found {
		if aboutAny[code] == "" && aboutMember[code] == "" {
			t.Errorf("no sentence for code %q", code)
		}
	}
	for _, code := range []string{"spent", "proof", "closing-time", "keygen-hash", "oversize", "input-root", "dup-randomness"} {
		if !found[code] {
			t.Errorf("code %q was not found in the sources", code)
		}
	}
	if len(found) < 50 {
		t.Errorf("only %d codes were found in the sources", len(found))
	}
	for _, table := range []map[string]string{aboutAny, aboutMember} {
		for code, s := range table {
			if !strings.HasSuffix(s, ".") || strings.Contains(s, "\n") || len(s) > 200 || strings.ToUpper(s[:1]) != s[:1] {
				t.Errorf("%s: %q is no sentence", code, s)
			}
		}
	}
}

func TestSentences(t *testing.T) {
	if s := sentence("ballot", "proof", "equation 3 of leaf credential"); strings.Contains(s, "equation") {
		t.Errorf("a member is told %q", s)
	}
	if s := sentence("vote", "manifest", "threshold: 5 of 3 trustees, want 1 to 3"); !strings.Contains(s, "threshold: 5 of 3") {
		t.Errorf("a commission is told %q", s)
	}
	if s := sentence("vote", "manifest", "a\nb\x00\xff"+strings.Repeat("ü", 1000)); strings.ContainsAny(s, "\n\x00") || len(s) > 800 {
		t.Errorf("a long detail of no text: %q", s)
	}
	if s := sentence("ballot", "unheard-of", ""); !strings.Contains(s, "unheard-of") {
		t.Errorf("an unknown code: %q", s)
	}
}
