package fold

import (
	"fmt"
	"slices"

	"mandate/ballot/cast"
	"mandate/ballot/record"
	"mandate/ballot/text"
	"mandate/crypto/sigma"
)

// Times of what has happened to a vote; 0 for what has not. They are those valid at the records.
type Times struct {
	Begun     uint64 // the manifest
	Called    uint64
	Opened    uint64
	Closed    uint64
	Sealed    uint64
	Certified uint64
	Responded uint64
	Ended     uint64 // lapsed, cancelled or annulled
}

// course is how a vote with rules has been called and deliberated on so far (SPEC.md §15).
type course struct {
	rules    *record.Rules
	manifest *record.Vote // as in the record

	supports map[record.Key]bool
	passed   uint64 // supports that a partial state was told of
	batches  Batches
	body     []sigma.PublicKey
	signed   map[uint64]bool // members of the body

	commits   map[uint64]record.ID // by registrar
	committed uint64               // the time at the last of them
	seeds     map[uint64]record.ID

	forums      []*Forum
	statements  []*Statement
	spoken      map[record.Key]bool // credentials that have made a statement
	named       map[uint64]bool     // roll entries that have
	withheld    map[record.ID]bool  // by hash of the text
	withholding []*record.Withheld

	extensions []Extension

	candidates []*Candidate // in log order
	stands     int          // how many have accepted

	packet   *Packet
	mailings map[uint64]*Mailing // by registrar, of the present packet

	closes   uint64 // as the opening has set it
	reason   string // of the cancellation or annulment
	response *record.Response
}

// Proposal returns the manifest as it is in its record, without what the vote's course has filled in.
func (v *Vote) Proposal() *record.Vote {
	if v.course == nil {
		return v.Manifest
	}
	return v.course.manifest
}

// Rules returns the vote's rules, nil if it has none.
func (v *Vote) Rules() *record.Rules { return v.Manifest.Rules }

// Reason returns why the vote was cancelled or annulled.
func (v *Vote) Reason() string {
	if v.course == nil {
		return ""
	}
	return v.course.reason
}

// An Extension is the commission's word that voting goes on longer.
type Extension struct {
	At     uint64 // the time at it
	Closes uint64 // when voting closes since
	Reason string
}

// Extensions returns the extensions of voting, in order.
func (v *Vote) Extensions() []Extension {
	if v.course == nil {
		return nil
	}
	return slices.Clone(v.course.extensions)
}

// Extended returns by how many seconds voting was extended.
func (v *Vote) Extended() uint64 {
	if v.course == nil || v.Phase < Open {
		return 0
	}
	return v.Manifest.Closes - v.course.closes
}

// Response returns the deciding body's answer to the result, nil before it.
func (v *Vote) Response() *record.Response {
	if v.course == nil {
		return nil
	}
	return v.course.response
}

// propose begins the course of a vote with rules, and calls it at once if nobody has to be asked.
func (s *State) propose(v *Vote) {
	rules := v.Manifest.Rules
	if rules == nil {
		v.Times.Called = s.now
		return
	}
	c := &course{
		rules: rules, manifest: v.Manifest, supports: make(map[record.Key]bool), signed: make(map[uint64]bool),
		commits: make(map[uint64]record.ID), seeds: make(map[uint64]record.ID),
		spoken: make(map[record.Key]bool), named: make(map[uint64]bool), withheld: make(map[record.ID]bool),
		mailings: make(map[uint64]*Mailing),
	}
	v.course, v.Phase = c, Proposed
	switch slots := v.Round.slots; {
	case rules.Call.Petition != nil:
		slots[rules.Call.Petition.Slot].Taken = v.ID
	case rules.Call.Body != nil:
		for _, m := range rules.Call.Body.Members {
			key, _ := m.Key.Public() // checkRules has decoded it
			c.body = append(c.body, key)
		}
	}
	if rules.Statements.Anonymous {
		v.Round.slots[rules.Statements.Slot].Taken = v.ID
	}
	if rules.Call.Method == record.CallReason {
		s.call(v)
		return
	}
	s.proposed = append(s.proposed, v)
}

// call makes a proposed vote a called one. From now on its times are known, and its key can be made.
func (s *State) call(v *Vote) {
	v.Phase, v.Times.Called = Called, s.now
	v.Ceremony = s.newCeremony(v)
	v.amend(func(m *record.Vote) {
		m.Opens = min(max(m.Opens, s.now+m.Rules.Voting.After), record.MaxTime)
		m.Closes = min(max(m.Closes, m.Opens+m.Rules.Voting.Period), record.MaxTime)
	})
}

// amend changes the manifest as it stands, which others may hold, and not the one that is in the record.
func (v *Vote) amend(change func(*record.Vote)) {
	m := *v.Manifest
	change(&m)
	v.Manifest = &m
}

// lapse ends the proposed votes whose time to be called is over. Their slots for the vote itself were not used and are free again.
func (s *State) lapse() {
	left := s.proposed[:0]
	for _, v := range s.proposed {
		if v.Phase == Proposed && s.now > v.callCloses() {
			s.end(v, Lapsed, "")
		}
		if v.Phase == Proposed {
			left = append(left, v)
		}
	}
	clear(s.proposed[len(left):])
	s.proposed = left
}

// end ends a vote without a result.
func (s *State) end(v *Vote, phase Phase, reason string) {
	switch {
	case v.Phase < Open:
		v.Round.slots[v.Manifest.Slot].Taken = record.ID{}
	case v.Phase == Sealed:
		s.settle(v)
	}
	v.Phase, v.Times.Ended, v.course.reason = phase, s.now, reason
}

// Ended reports whether the vote has lapsed, or was cancelled or annulled.
func (v *Vote) Ended() bool { return v.Phase < Proposed }

// judgeCourse judges a record of SPEC.md §15. It reports false for any other record.
func (s *State) judgeCourse(p *Prepared, v *Vote) (verdict, bool) {
	r := p.rec
	known, ofCourse := knows(v.Manifest.Rules, r.Body)
	switch {
	case !ofCourse:
		return verdict{}, false
	case !known:
		return void("rules", "%s: the rules of this vote know no such record", r.Kind()), true
	}
	switch b := r.Body.(type) {
	case *record.Support:
		return s.judgeSupport(p, v, b), true
	case *record.Call:
		return s.judgeCall(r, v, b), true
	case *record.Statement:
		return s.judgeStatement(p, v, b), true
	case *record.SeedCommit:
		return s.judgeSeedCommit(r, v, b), true
	case *record.Seed:
		return s.judgeSeed(r, v, b), true
	case *record.Mailing:
		return s.judgeMailing(r, v, b), true
	case *record.Response:
		return s.judgeResponse(r, v, b), true
	}
	if bad := s.officer(r, author(r.Body)); bad != nil {
		return *bad, true
	}
	switch b := r.Body.(type) {
	case *record.Forum:
		return s.judgeForum(v, b), true
	case *record.ForumHeld:
		return s.judgeForumHeld(v, b), true
	case *record.Withheld:
		return s.judgeWithheld(v, b), true
	case *record.Packet:
		return s.judgePacket(r, v, b), true
	case *record.Nomination:
		return s.judgeNomination(r, v, b), true
	case *record.Acceptance:
		return s.judgeAcceptance(r, v, b), true
	case *record.Withdrawal:
		return s.judgeWithdrawal(v, b), true
	case *record.Extend:
		return s.judgeExtend(v, b), true
	case *record.Cancel:
		return s.judgeEnd(v, b.Reason, Cancelled), true
	}
	return s.judgeEnd(v, r.Body.(*record.Annul).Reason, Annulled), true
}

// knows reports whether rules, which may be nil, have a use for a record. It reports false twice for one that is not of SPEC.md §15.
func knows(rules *record.Rules, b record.Body) (known, ofCourse bool) {
	if rules == nil {
		_, ofCourse = knows(&record.Rules{}, b)
		return false, ofCourse
	}
	switch b.(type) {
	case *record.Support:
		return rules.Call.Petition != nil, true
	case *record.Call:
		return rules.Call.Body != nil, true
	case *record.Statement, *record.Withheld, *record.SeedCommit, *record.Seed:
		return rules.Statements.Window > 0, true
	case *record.Packet:
		return rules.Packet, true
	case *record.Mailing:
		return rules.Mailing.Needed, true
	case *record.Nomination, *record.Acceptance, *record.Withdrawal:
		return rules.Nominations != nil, true
	case *record.Response:
		return rules.Response.Within > 0, true
	case *record.Forum, *record.ForumHeld, *record.Extend, *record.Cancel, *record.Annul:
		return true, true
	}
	return false, false
}

// author returns the officer who a record of the commission says has signed it.
func author(b record.Body) uint64 {
	switch b := b.(type) {
	case *record.Forum:
		return b.By
	case *record.ForumHeld:
		return b.By
	case *record.Withheld:
		return b.By
	case *record.Packet:
		return b.By
	case *record.Nomination:
		return b.By
	case *record.Acceptance:
		return b.By
	case *record.Withdrawal:
		return b.By
	case *record.Extend:
		return b.By
	case *record.Cancel:
		return b.By
	case *record.Annul:
		return b.By
	}
	return 0
}

// cardCheck is what checking a record signed by a credential of a slot came to. The slot is ready, so its keys never change.
type cardCheck struct {
	slot  *Slot
	fault *cast.Fault
}

// bearer checks that a record is signed by a credential of a slot of the vote's round. The length of signatures has been checked, and that
// the slot is ready.
func (s *State) bearer(p *Prepared, v *Vote, slot uint64, key record.Key, signatures []byte) *verdict {
	if of := v.Round.slots[slot]; p.card == nil || p.card.slot != of {
		p.card = &cardCheck{of, s.checkBearer(p.rec, v, slot, key, signatures)}
	}
	if f := p.card.fault; f != nil {
		bad := void(f.Code, "%s: %w", p.rec.Kind(), f.Err)
		return &bad
	}
	return nil
}

func (s *State) checkBearer(r *record.Record, v *Vote, slot uint64, key record.Key, signatures []byte) *cast.Fault {
	ctx := cast.Context{Vote: v.ID, Round: v.Round.ID, Slot: slot, Registrars: v.Round.slots[slot].Keys}
	if f := cast.CheckCredential(ctx, key, signatures); f != nil {
		return f
	}
	public, err := key.Public()
	if err == nil {
		err = r.VerifySignature(s.genesisID, public)
	}
	if err != nil {
		return &cast.Fault{Code: "signature", Err: fmt.Errorf("not signed by the card: %w", err)}
	}
	return nil
}

// checkSignaturesLength is the first check of a record signed by a credential.
func checkSignaturesLength(v *Vote, signatures []byte) error {
	if want := record.SignatureBytes * len(v.Round.keys); len(signatures) != want {
		return fmt.Errorf("signatures: %d bytes, want %d", len(signatures), want)
	}
	return nil
}

func (s *State) judgeExtend(v *Vote, b *record.Extend) verdict {
	limit := v.course.rules.Changes.Extend
	err := text.CheckText("reason", b.Reason)
	switch {
	case v.Phase != Open:
		return void("phase", "extend: the vote is %v", v.Phase)
	case err != nil:
		return void("form", "extend: %w", err)
	case b.Closes <= v.Manifest.Closes || b.Closes > record.MaxTime:
		return void("form", "closes: %d, want later than %d", b.Closes, v.Manifest.Closes)
	case s.now >= v.Manifest.Closes:
		return void("expired", "extend: voting was to close at %d", v.Manifest.Closes)
	case b.Closes-v.course.closes > limit:
		return fatal(v.ID, "rule-extend", "rule: voting can be extended by %d seconds, not by %d", limit, b.Closes-v.course.closes)
	}
	return accept(func() {
		v.course.extensions = append(v.course.extensions, Extension{At: s.now, Closes: b.Closes, Reason: b.Reason})
		v.amend(func(m *record.Vote) { m.Closes = b.Closes })
	})
}

// judgeEnd judges a cancellation or an annulment.
func (s *State) judgeEnd(v *Vote, reason string, phase Phase) verdict {
	before, changes := v.Phase == Proposed || v.Phase == Called, v.course.rules.Changes
	err := text.CheckText("reason", reason)
	switch {
	case phase == Cancelled && !before:
		return void("phase", "cancel: the vote is %v", v.Phase)
	case phase == Annulled && (v.Phase < Open || v.Phase > Sealed):
		return void("phase", "annul: the vote is %v", v.Phase)
	case err != nil:
		return void("form", "%w", err)
	case phase == Cancelled && !changes.Cancel:
		return fatal(v.ID, "rule-cancel", "rule: this vote cannot be cancelled")
	case phase == Annulled && !changes.Annul:
		return fatal(v.ID, "rule-annul", "rule: this vote cannot be annulled")
	}
	return accept(func() { s.end(v, phase, reason) })
}

func (s *State) judgeResponse(r *record.Record, v *Vote, b *record.Response) verdict {
	rule := v.course.rules.Response
	key, err := rule.Key.Public()
	if err != nil {
		return void("signature", "response: %w", err)
	}
	if bad := s.signedBy(r, rule.Name, key); bad != nil {
		return *bad
	}
	err = text.CheckText("text", b.Text)
	switch {
	case v.Phase != Certified:
		return void("phase", "response: the vote is %v", v.Phase)
	case err != nil:
		return void("form", "response: %w", err)
	case v.course.response != nil:
		return void("dup", "%s has responded already", rule.Name)
	}
	return accept(func() { v.course.response, v.Times.Responded = b, s.now })
}

// checkMember checks that a roll entry was opened as it is in the vote's roll (SPEC.md §9.3).
func checkMember(roll *Roll, m *record.Member) error {
	if !roll.Complete() && m.Entry < roll.Announce.Count {
		return nil // in a partial state, which has not read the roll
	}
	if m.Entry >= uint64(len(roll.Entries)) {
		return fmt.Errorf("entry: %d, the roll has %d", m.Entry, len(roll.Entries))
	}
	return opening(m).Check(roll.Announce.RollID, [32]byte(roll.Entries[m.Entry]))
}

// checkMembers does the same for several, who must be distinct and none of them the one excepted.
func checkMembers(roll *Roll, ms []record.Member, except uint64) error {
	seen := map[uint64]bool{except: true}
	for i := range ms {
		if seen[ms[i].Entry] {
			return fmt.Errorf("[%d]: entry %d is there twice", i, ms[i].Entry)
		}
		seen[ms[i].Entry] = true
		if err := checkMember(roll, &ms[i]); err != nil {
			return fmt.Errorf("[%d]: %w", i, err)
		}
	}
	return nil
}

// nobody is no entry of any roll.
const nobody = 1<<64 - 1
