package console

import (
	"net/http"

	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/text"
	"mandate/cmd/mandate/commission"
)

// remove takes a member off a round's roll, which is on the board, or puts them back: a public record with its reason (SPEC.md §9.3).
func (s *scene) remove() {
	id, ok := s.round()
	if !ok {
		return
	}
	member, reason, back := text.Clean(s.r.PostFormValue("member")), text.Clean(s.r.PostFormValue("reason")), s.r.PostFormValue("do") == "back"
	var rollID, announced record.ID
	s.c.o.Board.View(func(st *fold.State) {
		r := st.Round(id)
		rollID, announced = r.Roll.Announce.RollID, r.Manifest.Roll
	})
	list, err := s.c.private(rollID)
	if err != nil {
		s.showRound(http.StatusUnprocessableEntity, id, s.Say("console-round.no-list"))
		return
	}
	entry, found := list.Find(member)
	if !found {
		s.showRound(http.StatusUnprocessableEntity, id, s.Say("console.no-member", "number", member))
		return
	}
	if reason == "" || text.CheckName("reason", reason) != nil {
		s.showRound(http.StatusUnprocessableEntity, id, s.Say("console-round.reason-missing"))
		return
	}
	off := false
	s.c.o.Board.View(func(st *fold.State) { off = st.Round(id).Roll.Removed(uint64(entry)) != nil })
	if off != back {
		s.showRound(http.StatusUnprocessableEntity, id, s.Say("console-round.is-so", "number", member))
		return
	}
	heading, what := s.Say("console-round.remove"), s.Say("console-round.remove-text")
	if back {
		heading, what = s.Say("console-round.put-back"), s.Say("console-round.put-back-text")
	}
	who := list.Member(entry)
	if !s.confirm(heading, heading, "/rounds/"+id.String(), who.Name+", "+who.Number, s.Say("console-round.public-reason", "reason", reason), what) {
		return
	}
	err = s.c.officer(s.r.Context(), func(officer *commission.Commission) error {
		_, err := officer.RemoveFromRoll(s.r.Context(), announced, []uint64{uint64(entry)}, !back, reason)
		return err
	})
	if err != nil {
		s.showRound(http.StatusUnprocessableEntity, id, err.Error())
		return
	}
	s.redirect("/rounds/"+id.String(), s.Say("console-round.removed"))
}
