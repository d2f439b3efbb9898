package verifier

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"mandate/ballot/contest"
	"mandate/ballot/fold"
	"mandate/ballot/record"
)

// A Story tells what has happened to each vote of a log, in its order, one dated line for each thing that matters to people. Ballots are
// not told one by one, and supports and statements by their batches. Pages of a board tell the same story as the verifier's report.
type Story struct {
	tales map[record.ID]*tale
	open  []record.ID // votes that can still lapse
}

// A Line is one thing that has happened.
type Line struct {
	At    uint64 `json:"at"`    // the log's time
	Date  string `json:"date"`  // the same in UTC, for people
	Index uint64 `json:"index"` // of the record, of several the last
	Kind  string `json:"kind"`
	Text  string `json:"text"`
}

// tale is the story of one vote.
type tale struct {
	lines []Line
	phase fold.Phase
	ready bool // the key was told to be ready
	batch int  // supports or statements in the last line
	taken bool // that statements are taken was told
	seeds int  // revealed
	input bool // that the sealed box is signed was told
	mixes mixesTold
}

// NewStory returns a story in which nothing has happened.
func NewStory() *Story { return &Story{tales: make(map[record.ID]*tale)} }

// Of returns the story of a vote so far.
func (s *Story) Of(vote record.ID) []Line {
	if t := s.tales[vote]; t != nil {
		return slices.Clone(t.lines)
	}
	return nil
}

// Add goes on with the story by a record that has just been applied to the state, with what came of it. Index is the record's.
func (s *Story) Add(state *fold.State, index uint64, p *fold.Prepared, o fold.Outcome) {
	rec := p.Record()
	if rec == nil {
		return
	}
	if o.Status == fold.Fatal {
		s.broken(state, index, rec, o)
	}
	if o.Status != fold.Accepted {
		return
	}
	vote := rec.Scope
	switch rec.Body.(type) {
	case *record.Ballot, *record.Check, *record.Promises:
		return
	case *record.Time:
		s.lapsed(state, index)
		return
	case *record.RollRemoval:
		s.removed(state, index, rec)
		return
	case *record.Vote:
		vote = rec.ID()
		s.tales[vote] = &tale{}
		s.open = append(s.open, vote)
	}
	t, v := s.tales[vote], state.Vote(vote)
	if t == nil || v == nil {
		return
	}
	at := state.Now()
	tell := func(format string, args ...any) { t.tell(at, index, rec.Kind(), format, args...) }
	t.event(v, rec.Body, at, tell)
	t.turn(v, tell)
}

// tell adds a line.
func (t *tale) tell(at, index uint64, kind, format string, args ...any) {
	text := strings.Join(strings.Fields(fmt.Sprintf(format, args...)), " ") // what people wrote may have lines
	t.lines = append(t.lines, Line{At: at, Date: date(at), Index: index, Kind: kind, Text: text})
	t.batch = 0
}

// again takes back the last line if it is of the same kind and time, so that a batch becomes one line, and counts the batch.
func (t *tale) again(kind string, at uint64) int {
	n := 0
	if last := len(t.lines) - 1; last >= 0 && t.batch > 0 && t.lines[last].Kind == kind && t.lines[last].At == at {
		n, t.lines = t.batch, t.lines[:last]
	}
	return n + 1
}

// broken tells of what was not allowed.
func (s *Story) broken(state *fold.State, index uint64, rec *record.Record, o fold.Outcome) {
	if t := s.tales[o.Scope]; t != nil {
		t.tell(state.Now(), index, rec.Kind(), "NOT ALLOWED (%s): %v", o.Code, o.Err)
	}
}

// lapsed tells of the votes whose time to be called has passed.
func (s *Story) lapsed(state *fold.State, index uint64) {
	s.open = slices.DeleteFunc(s.open, func(id record.ID) bool {
		v := state.Vote(id)
		if v.Phase == fold.Lapsed {
			s.tales[id].turn(v, func(format string, args ...any) { s.tales[id].tell(state.Now(), index, "time", format, args...) })
		}
		return v.Phase != fold.Proposed
	})
}

// removed tells the votes of a roll that have no result yet of what became of it.
func (s *Story) removed(state *fold.State, index uint64, rec *record.Record) {
	b := rec.Body.(*record.RollRemoval)
	for _, v := range state.Votes() {
		t := s.tales[v.ID]
		if t == nil || v.Round.Roll.ID != rec.Scope || v.Ended() || v.Phase == fold.Certified {
			continue
		}
		n := len(b.Entries)
		if b.Removed {
			t.tell(state.Now(), index, rec.Kind(), "%s taken off the roll: %s", plural(n, "entry is", "entries are"), b.Reason)
		} else {
			t.tell(state.Now(), index, rec.Kind(), "%s put back on the roll: %s", plural(n, "entry is", "entries are"), b.Reason)
		}
	}
}

// turn tells of what a record has brought about beside what it says.
func (t *tale) turn(v *fold.Vote, tell func(format string, args ...any)) {
	if v.Phase != t.phase {
		switch v.Phase {
		case fold.Called:
			if v.Rules() != nil {
				tell("The vote is called, %s. Voting opens on %s at the earliest.", calledBy(v), date(v.Manifest.Opens))
			}
		case fold.Lapsed:
			tell("The vote was not called in time and has lapsed.")
		}
		t.phase = v.Phase
	}
	if _, closes, _, ok := v.StatementTimes(); ok && !t.taken {
		t.taken = true
		tell("Statements are taken until %s.", date(closes))
	}
	if ready := v.Ceremony.Ready(); ready != t.ready {
		if t.ready = ready; ready {
			tell("The trustees' key is ready.")
		}
	}
}

// event tells what a record says.
func (t *tale) event(v *fold.Vote, body record.Body, at uint64, tell func(format string, args ...any)) {
	switch b := body.(type) {
	case *record.Vote:
		tell("%s", proposed(v))
	case *record.Support:
		n := t.again("support", at)
		have, need := v.Supports()
		tell("%s the petition: %d of %d.", plural(n, "member supports", "members support"), have, need)
		t.batch = n
	case *record.Call:
		tell("%s signs the call: %d of %d.", v.Rules().Call.Body.Members[b.Member-1].Name, len(v.Signed()), v.Rules().Call.Body.Need)
	case *record.Statement:
		n := t.again("statement", at)
		tell("%s, %d in all.", plural(n, "statement", "statements"), len(v.Statements()))
		t.batch = n
	case *record.CheckFault:
		n := t.again("check-fault", at)
		ballots, cards := v.CheckFaults()
		tell("%s reported to show another choice than was made: %d in all, by %s.", plural(n, "checked ballot is", "checked ballots are"), ballots, plural(cards, "card", "cards"))
		t.batch = n
	case *record.TrusteeReplace:
		tell("%s takes the place of trustee %d: %s", b.Name, b.Trustee, b.Reason)
	case *record.KeygenRestart:
		tell("The making of the key begins again: trustee %d, %s.", b.Trustee, b.Reason)
	case *record.Opening:
		tell("Voting opens, until %s.", date(v.Manifest.Closes))
	case *record.Closing:
		tell("Voting closes. %s voted.", plural(int(v.Counted()), "member has", "members have"))
	case *record.Seal:
		tell("The ballot box is sealed with %s.", plural(int(v.Counted()), "ballot", "ballots"))
	case *record.Input:
		if !t.input && uint64(v.Inputs()) >= v.Manifest.Quorum {
			t.input = true
			tell("%d trustees have signed the sealed ballot box.", v.Inputs())
		}
	case *record.Mix, *record.Decryption, *record.Lots:
		t.mixes.event(v, body, tell)
	case *record.Result:
		tell("The result is certified. %s", outcomes(v))
	default:
		t.debate(v, body, tell)
	}
}

// debate tells what a record between call and opening says, or one that ends or answers a vote.
func (t *tale) debate(v *fold.Vote, body record.Body, tell func(format string, args ...any)) {
	switch b := body.(type) {
	case *record.Forum:
		tell("Forum %d is announced for %s: %s %s", b.Number, date(b.Starts), b.Title.In("en"), b.Place)
	case *record.ForumHeld:
		recording := "There is no recording yet."
		if (b.Recording != record.ID{}) {
			recording = fmt.Sprintf("Recording %s %s", b.Recording, b.URL)
		}
		tell("Forum %d was held. %s", b.Number, recording)
	case *record.Withheld:
		tell("A statement %q is withheld: %s", b.Side, b.Reason)
	case *record.Seed:
		if t.seeds++; t.seeds == len(v.Round.Manifest.Registrars) {
			tell("All registrars have revealed their seeds for the draw of statements.")
		}
	case *record.Nomination:
		tell("%s is nominated, seconded by %d members.", b.Name.In("en"), len(b.Seconders))
	case *record.Acceptance:
		tell("%s stands.", nominee(v, b.Slug))
	case *record.Withdrawal:
		tell("%s withdraws: %s", nominee(v, b.Slug), b.Reason)
	case *record.Packet:
		tell("The packet is made: %d statements, %d recordings, %d candidates. %s %s", len(b.Statements), len(b.Recordings), len(b.Candidates), b.Hash, b.URL)
	case *record.Mailing:
		tell("%s has sent the packet to %d members by e-mail and to %d on paper; %d have no address, %d mails bounced.",
			v.Round.Manifest.Registrars[b.Registrar-1].Name, b.Mailed, b.Paper, b.Unreachable, b.Bounced)
	case *record.Extend:
		tell("Voting is extended until %s: %s", date(b.Closes), b.Reason)
	case *record.Cancel:
		tell("The vote is cancelled: %s", b.Reason)
	case *record.Annul:
		tell("The vote is annulled: %s", b.Reason)
	case *record.Response:
		tell("%s responds: %s", v.Rules().Response.Name, b.Text)
	}
}

func nominee(v *fold.Vote, slug string) string {
	for _, c := range v.Nominated() {
		if c.Nomination.Slug == slug {
			return c.Nomination.Name.In("en")
		}
	}
	return slug
}

// proposed says how a vote begins.
func proposed(v *fold.Vote) string {
	title := v.Manifest.Title.In("en")
	if v.Rules() == nil {
		return fmt.Sprintf("The vote is called: %s. Voting opens on %s.", title, date(v.Manifest.Opens))
	}
	switch call := v.Rules().Call; {
	case call.Petition != nil:
		_, need := v.Supports()
		var sponsors []string
		for _, m := range call.Petition.Sponsors {
			sponsors = append(sponsors, m.Name)
		}
		by := ""
		if len(sponsors) > 0 {
			by = ", by " + strings.Join(sponsors, ", ")
		}
		return fmt.Sprintf("A petition begins%s: %s. It needs %d of %d members until %s.", by, title, need, v.Round.Roll.Announce.Count, date(call.Petition.Closes))
	case call.Body != nil:
		return fmt.Sprintf("A vote is proposed: %s. %d of %d members of %s must sign until %s.", title, call.Body.Need, len(call.Body.Members), call.Body.Name, date(call.Body.Closes))
	}
	return fmt.Sprintf("A vote is proposed: %s.", title)
}

// outcomes says what the result is.
func outcomes(v *fold.Vote) string {
	var parts []string
	for i, c := range v.Manifest.Contests {
		var counts []string
		res := v.Result.Contests[i]
		if c.Kind == contest.KindRanked {
			parts = append(parts, fmt.Sprintf("%s: %s.", c.Title.In("en"), rankedOutcome(&c, res)))
			continue
		}
		for j, o := range c.Options {
			mark := ""
			if slices.Contains(res.Winners, uint64(j)) && res.Outcome == contest.OutcomeElected {
				mark = " (elected)"
			}
			counts = append(counts, fmt.Sprintf("%s %d%s", o.Title.In("en"), res.Counts[j], mark))
		}
		parts = append(parts, fmt.Sprintf("%s: %s; %s.", c.Title.In("en"), strings.Join(counts, ", "), res.Outcome))
	}
	return strings.Join(parts, " ")
}

// plural writes a number of things.
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// date writes a time for people, with its zone.
func date(t uint64) string { return time.Unix(int64(t), 0).UTC().Format("2006-01-02 15:04:05 UTC") }
