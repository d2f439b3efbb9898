package serve

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"mandate/ballot/fold"
)

// A simple vote from the list of members to the published result, through the console's forms alone, with the program ended and started again
// in the middle of everything.
func TestAVoteThroughTheConsole(t *testing.T) {
	t.Parallel()
	s := newScene(t, 2)
	s.b.get("/console/").want(http.StatusOK, "Give each trustee their link", "One machine plays several parties here.")
	s.keys()
	s.b.get("/console/people").want(http.StatusOK, "2 of 2 trustees have made their key.")
	roll := s.list(members(6))
	s.restart(2)
	round := s.round(roll, 2, 0)
	s.codes(round)
	people := s.collect(round, 5)

	s.b.get("/console/drafts/new").want(http.StatusOK, "A simple vote")
	s.b.send("/console/drafts", "template", "simple").want(http.StatusOK, "Question 1")
	draft := s.b.at
	now := s.clock.now().UTC()
	fields := []string{
		"title-en", "Shall we meet monthly? <script>alert(1)</script>", "title-es", "¿Nos reunimos cada mes?", "round", round.String(), "mock", "yes", "revote", "yes",
		"opens", now.Add(-time.Minute).Format("2006-01-02T15:04:05"), "closes", now.Add(time.Hour).Format("2006-01-02T15:04:05"),
		"contest-0", "1", "contest-0-title-en", "Shall we?", "contest-0-title-es", "¿Sí?", "contest-0-kind", "choice", "contest-0-min", "0", "contest-0-max", "1",
		"contest-0-decide", "share", "contest-0-pass", "1", "contest-0-share", "50 %", "contest-0-more", "yes", "contest-0-of", "options", "contest-0-quorum", "10 %", "contest-0-binding", "yes",
	}
	for j, o := range [][2]string{{"Yes", "Sí"}, {"No", "No"}, {"Abstain", "Abstención"}} {
		at := fmt.Sprintf("contest-0-option-%d", j)
		fields = append(fields, at, "1", at+"-title-en", o[0], at+"-title-es", o[1])
		if j == 2 {
			fields = append(fields, at+"-outside", "yes")
		}
	}
	// Something is wrong: the field says what, and nothing typed is lost.
	s.b.send(draft, append(fields, "do", "check", "closes", "")...)
	broken := append(append([]string{}, fields...), "do", "check")
	for i := range broken {
		if broken[i] == "contest-0-max" {
			broken[i+1] = "9"
		}
	}
	s.b.send(draft, broken...).want(http.StatusUnprocessableEntity, "Enter a number from 1 to 3.", `value="9"`, `id="contest-0-max-wrong"`, "Shall we meet monthly?", "Abstención")
	s.restart(2) // what was typed is there
	s.b.get(draft).want(http.StatusOK, `value="9"`, "¿Nos reunimos cada mes?")
	s.b.send(draft, append(fields, "do", "check")...).want(http.StatusOK, "The vote in words", "“Yes” passes with more than half of the votes for these options together: “Yes”, “No”.", "At least 10% of the roll must vote: 1 of 6 members.")
	if strings.Contains(s.b.page, "<script>alert") {
		t.Error("a title is not escaped")
	}
	s.b.send(draft+"/call").want(http.StatusOK, "cannot be changed").confirm()
	vote := s.called()
	s.b.want(http.StatusOK, "This is a mock vote.", "The trustees make the key of the vote")

	s.unlock() // they were locked by the restart
	s.phase(vote, fold.Open)
	s.restart(2)
	people = s.again(people)
	s.vote(people, vote, func(i int) [][]int { return [][]int{{min(i/3, 1)}} }) // three yes, two no
	s.b.get("/console/votes/"+vote.String()).want(http.StatusOK, "5 ballots of a roll of 6")
	s.clock.reach(uint64(now.Add(2 * time.Hour).Unix()))
	s.phase(vote, fold.Sealed)
	s.restart(2)
	s.b.get("/console/votes/"+vote.String()).want(http.StatusOK, "0 of 2 have signed the sealed ballot box")
	s.unlockQuietly()
	time.Sleep(300 * time.Millisecond)
	s.house.Board.View(func(st *fold.State) {
		if n := st.Vote(vote).Inputs(); n != 0 {
			t.Errorf("%d trustees have opened the result without being asked", n)
		}
	})
	s.open(vote)
	s.phase(vote, fold.Certified)
	s.b.get("/console/votes/"+vote.String()).want(http.StatusOK, "Result")
	s.verified(vote)
	s.house.Board.View(func(st *fold.State) {
		if r := st.Vote(vote).Result.Contests[0]; fmt.Sprint(r.Counts) != "[3 2 0]" || r.Outcome != "passed" {
			t.Errorf("%v %s", r.Counts, r.Outcome)
		}
	})
}
