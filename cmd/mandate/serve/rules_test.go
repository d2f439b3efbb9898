package serve

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/cmd/mandate/console"
)

const day = 86_400

// reach moves the clock ahead to a time that the board then shows, and signs in again, since that is long.
func (s *scene) reach(unix uint64) {
	s.Helper()
	s.clock.reach(unix)
	s.until("the time", func(st *fold.State) bool { return st.Now() >= unix })
	s.signIn()
}

// do does something about a vote that asks for a confirmation.
func (s *scene) do(vote record.ID, act string, pairs ...string) {
	s.Helper()
	at := "/console/votes/" + vote.String() + "/" + act
	s.b.get(at).want(http.StatusOK).send(at, pairs...).want(http.StatusOK).confirm().want(http.StatusOK, "Done:")
}

// view looks at a vote.
func (s *scene) view(vote record.ID, f func(st *fold.State, v *fold.Vote)) {
	s.house.Board.View(func(st *fold.State) { f(st, st.Vote(vote)) })
}

// A vote that members call by petition, from the template to the committee's answer: every step of the rules through the console's forms and
// the pages of trustees and speaker.
func TestMembersDecideThroughTheConsole(t *testing.T) {
	t.Parallel()
	s := newScene(t, 2)
	s.keys()
	roll := s.list(members(12))
	round := s.round(roll, 4, 2)
	s.codes(round)
	people := s.collect(round, 5)

	s.b.get("/console/drafts/new").send("/console/drafts", "template", "members-decide")
	draft := s.b.at
	var sponsors []string
	for i := range 10 {
		sponsors = append(sponsors, fmt.Sprintf("M-%03d", i+1))
	}
	fields := []string{"title-en", "Shall we found a strike fund?", "title-es", "¿Creamos una caja de resistencia?", "round", round.String(), "sponsors", strings.Join(append(sponsors[:9:9], "M-777"), "\n"), "do", "check"}
	s.b.send(draft, fields...).want(http.StatusUnprocessableEntity, "No member on the roll has the number M-777.", "its speaker has to make a key first", "M-009")
	s.b.get("/console/people").send("/console/people", "name", "Kim Speaker", "role", "speaker").want(http.StatusOK, "Kim Speaker has a link now.")
	speaker, speaks := s.person(s.house.Keys.List(console.RoleSpeaker)[0])
	speaker.get(speaks+"/").send(speaks+"/make", "passphrase", phrase(9), "again", phrase(9)).want(http.StatusOK)
	fields[7] = strings.Join(sponsors, ", ")
	for _, pace := range []string{"2", "10", "60"} { // a rehearsal by the same rules, of minutes
		s.b.get(draft).send(draft, append([]string{"mock", "yes", "pace", pace}, fields...)...).want(http.StatusOK, "This is a mock vote.", "The vote in words")
	}
	s.b.want(http.StatusOK, "Voting opens 28 minutes after the call at the earliest, and lasts 10 minutes.")
	s.b.get(draft).send(draft, fields...).want(http.StatusOK, "It is called when 5% of the members support it: 1 member", "Shall we found a strike fund?", "National Committee must answer the result")
	s.b.send(draft + "/call").confirm()
	vote := s.called()
	s.b.want(http.StatusOK, "Petition", "0 members support it, 1 needed")
	s.b.get("/console/votes/"+vote.String()+"/forum").want(http.StatusConflict, "This cannot be done now.")

	if _, err := people.client.Support(t.Context(), people.wallets[0], vote); err != nil {
		t.Fatal(err)
	}
	s.reach(uint64(s.clock.now().Unix()) + 2*3600)
	s.phase(vote, fold.Called)
	s.until("the key", func(st *fold.State) bool { return st.Vote(vote).Ceremony.Ready() })
	s.until("seeds", func(st *fold.State) bool { _, _, _, ok := st.Vote(vote).StatementTimes(); return ok })

	// Forums are announced and held; a form with something wrong says so at the field and forgets nothing.
	at := "/console/votes/" + vote.String() + "/forum"
	s.b.get(at).send(at, "forum-title-en", "Forum one", "starts", "", "place", "https://forum.example.org").want(http.StatusUnprocessableEntity, `id="starts-wrong"`, "Forum one", "https://forum.example.org")
	first := s.clock.now().Add(8 * day * time.Second).UTC()
	for i := range 2 {
		starts := first.Add(time.Duration(i) * time.Hour).Format("2006-01-02T15:04:05")
		s.do(vote, "forum", "forum-title-en", fmt.Sprintf("Forum %d", i+1), "forum-title-es", fmt.Sprintf("Foro %d", i+1), "starts", starts, "place", "")
	}
	s.do(vote, "statement", "side", "for", "member", "M-002", "text", "It is high time.")
	s.b.get("/console/votes/"+vote.String()+"/statement").send("/console/votes/"+vote.String()+"/statement", "side", "for", "member", "nobody", "text", "Mine").want(http.StatusUnprocessableEntity).confirmUnless()
	if _, err := people.client.Speak(t.Context(), people.wallets[1], vote, "against", "We cannot afford it."); err != nil {
		t.Fatal(err)
	}
	s.do(vote, "withhold", "side", "for", "text", "Words not repeated here.", "reason", "It insults a member.")
	s.reach(uint64(first.Unix()) + 2*3600)
	for i := range 2 {
		at := "/console/votes/" + vote.String() + "/held"
		s.b.get(at).upload(at, "recording", "forum.webm", []byte("moving pictures"), "forum", fmt.Sprint(i+1), "recording-url", "https://video.example.org/1").want(http.StatusUnprocessableEntity, "Tick the box")
		s.b.upload(at, "recording", "forum.webm", []byte(fmt.Sprint("moving pictures", i)), "forum", fmt.Sprint(i+1), "recording-url", fmt.Sprintf("https://video.example.org/%d", i+1), "confirmed", "yes").want(http.StatusOK, "Done:")
	}
	var reviewed uint64
	s.view(vote, func(_ *fold.State, v *fold.Vote) { _, _, reviewed, _ = v.StatementTimes() })
	s.reach(reviewed + 1)
	s.until("selected", func(st *fold.State) bool { _, known := st.Selected(st.Vote(vote)); return known })
	s.b.get("/console/votes/"+vote.String()+"/packet.txt").want(http.StatusOK, "It is high time.", "We cannot afford it.", "https://video.example.org/2")
	s.do(vote, "packet", "packet-url", "https://www.example.org/packet.txt")
	for i := range 2 {
		s.do(vote, "mailed", "registrar", fmt.Sprint(i+1), "mailed", "11", "paper", "1", "unreachable", "0", "bounced", "0")
	}
	s.until("mailed", func(st *fold.State) bool {
		v := st.Vote(vote)
		return v.Mailing(1) != nil && v.Mailing(2) != nil && v.Mailing(1).Whole && v.Mailing(2).Whole
	})
	var opens, closes uint64
	s.view(vote, func(_ *fold.State, v *fold.Vote) { opens = max(v.Manifest.Opens, v.Mailing(1).Reached+4*day) })
	s.reach(opens)
	s.phase(vote, fold.Open)
	s.vote(people, vote, func(i int) [][]int { return [][]int{{min(i/3, 1)}} })
	s.do(vote, "extend", "new-closes", time.Unix(int64(opens)+11*day, 0).UTC().Format("2006-01-02T15:04"), "reason", "The board was away for a day.")
	s.view(vote, func(_ *fold.State, v *fold.Vote) { closes = v.Manifest.Closes })
	s.reach(closes)
	s.clock.reach(closes + 4000) // if anything is waited for that was promised
	s.phase(vote, fold.Sealed)
	s.signIn()
	s.open(vote)
	s.phase(vote, fold.Certified)
	s.b.get("/console/votes/"+vote.String()).want(http.StatusOK, "Passed: Yes", `Yes</span>: 3`, "No: 2")
	speaker.get(speaks+"/").send(speaks+"/unlock", "passphrase", phrase(9)).want(http.StatusOK, "The result waits for the committee's answer.")
	speaker.send(speaks+"/respond", "vote", vote.String(), "text", "").want(http.StatusUnprocessableEntity, "The answer is empty.")
	speaker.send(speaks+"/respond", "vote", vote.String(), "text", "We shall do it.").want(http.StatusOK, "We shall do it.").confirm().want(http.StatusOK, "The answer is published.")
	s.until("response", func(st *fold.State) bool { return st.Vote(vote).Response() != nil })
	s.verified(vote)
}

// confirmUnless is nothing on a page that does not ask, and fails on one that does.
func (b *browser) confirmUnless() {
	b.t.Helper()
	if strings.Contains(b.page, `name="asked"`) {
		b.t.Error("a form with an error was taken")
	}
}

// A rehearsal: the trustees take part from their pages, the made-up members vote, the trustees open the result, and nothing of it stays.
func TestRehearsal(t *testing.T) {
	t.Parallel()
	s := newScene(t, 2)
	s.keys()
	size := uint64(0)
	s.house.Board.View(func(st *fold.State) { size = st.Size() })
	s.b.get("/console/rehearsal").send("/console/rehearsal", "do", "start").want(http.StatusOK, "Each trustee opens their page and takes part.")
	for _, act := range []struct{ do, wait string }{{"join", "Each trustee opens"}, {"open", "Voting is closed. Each trustee opens the result"}} {
		s.wait("/console/rehearsal", act.wait)
		for i := range 2 {
			b, at := s.trustee(i)
			b.get(at+"/").send(at+"/unlock", "passphrase", phrase(i)).want(http.StatusOK, "A rehearsal. Nothing of it counts.")
			b.send(at+"/rehearse", "do", act.do).want(http.StatusOK)
		}
	}
	s.wait("/console/rehearsal", "Tea 2")
	s.b.want(http.StatusOK, "Coffee 1", "verified")
	s.b.send("/console/rehearsal", "do", "end").want(http.StatusOK, "No rehearsal is under way.")
	s.house.Board.View(func(st *fold.State) {
		if st.Size() != size {
			t.Errorf("the log has %d records, it had %d", st.Size(), size)
		}
	})
	for name := range files(t, s.dir) {
		if strings.Contains(name, "rehearsal") {
			t.Errorf("%s is still there", name)
		}
	}
}

// wait loads a page until it says something.
func (s *scene) wait(path, text string) {
	s.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if s.b.get(path); strings.Contains(s.b.page, text) {
			return
		}
	}
	s.Fatalf("%s never says %q:\n%s", path, text, words(s.b.page))
}
