package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/roll"
	"mandate/cmd/mandate/commission"
)

const day = 24 * time.Hour

// hold holds a vote from the roll to the certified result and returns its id.
func (o *organisation) hold(ctx context.Context, template string) (record.ID, error) {
	o.say("%d members, %d registrars, %d trustees of whom %d open the result; board at %s", o.flags.members, registrars, trustees, threshold, o.url)
	if contests[template] == nil {
		return o.holdByRules(ctx, template)
	}
	private, round, err := o.openRound(ctx, o.everybody())
	if err != nil {
		return record.ID{}, err
	}
	vote, err := o.callSimply(ctx, round, template)
	if err != nil {
		return record.ID{}, err
	}
	o.say("The vote is called: %s", vote)
	people, err := o.collect(ctx, private, round)
	if err != nil {
		return record.ID{}, err
	}
	if err := o.open(ctx, vote); err != nil {
		return record.ID{}, err
	}
	if err := o.cast(ctx, vote, people, private.Len()); err != nil {
		return record.ID{}, err
	}
	return vote, o.tally(ctx, vote)
}

// An electorate is who gets cards in a round, and for how much.
type electorate struct {
	title, segment   string
	members          []roll.Member
	slots, petitions uint64
}

// everybody is all members, with cards for a vote and one more.
func (o *organisation) everybody() electorate {
	return electorate{title: "Members in good standing", members: members(o.flags.members), slots: 2}
}

// openRound commits to a roll and has the registrars accept it and make their keys.
func (o *organisation) openRound(ctx context.Context, who electorate) (*roll.Roll, record.ID, error) {
	private, err := roll.New(who.title, who.segment, o.clock.now().Format(time.DateOnly), who.members)
	if err != nil {
		return nil, record.ID{}, err
	}
	file, err := private.Marshal()
	if err != nil {
		return nil, record.ID{}, err
	}
	for _, r := range o.registrars {
		if err := r.AddRoll(file); err != nil {
			return nil, record.ID{}, fmt.Errorf("%s: %w", r.name, err)
		}
	}
	rollID, err := o.commission.PostRoll(ctx, private)
	if err != nil {
		return nil, record.ID{}, err
	}
	now := o.clock.now()
	manifest := &record.Round{
		Title: both("Cards of this quarter", "Tarjetas de este trimestre"), Roll: rollID, Slots: who.slots, PetitionSlots: who.petitions,
		Opens: uint64(now.Unix()), Closes: uint64(now.Add(180 * day).Unix()),
	}
	operators := []string{"Elections commission", "Auditors", "Youth section"}
	for i, r := range o.registrars {
		manifest.Registrars = append(manifest.Registrars, record.Registrar{
			Name: fmt.Sprintf("Registrar %d", i+1), Operator: operators[i], Channel: []string{"e-mail code", "paper code", "SMS code"}[i], URL: r.url, Key: r.Key(),
		})
	}
	round, err := o.commission.PostRound(ctx, manifest)
	if err != nil {
		return nil, record.ID{}, err
	}
	o.say("The registrars check the roll and make a key for each of %d slots", manifest.Slots)
	err = o.until(ctx, o.stepRegistrars, func(s *fold.State) bool {
		r := s.Round(round)
		for slot := range int(r.Manifest.Slots) {
			if !r.Ready(slot) {
				return false
			}
		}
		return true
	})
	if err == nil {
		err = o.stepRegistrars(ctx) // they serve when they have seen each other's keys
	}
	return private, round, err
}

// ceremony is who counts the votes of the demo.
func (o *organisation) ceremony() commission.Ceremony {
	c := commission.Ceremony{Threshold: threshold, Quorum: quorum, Mixes: trustees}
	for i, t := range o.trustees {
		c.Trustees = append(c.Trustees, record.Trustee{Name: fmt.Sprintf("Trustee %d", i+1), Key: t.key})
	}
	return c
}

// callSimply calls a vote without further rules in the round, and has the trustees make its key.
func (o *organisation) callSimply(ctx context.Context, round record.ID, template string) (record.ID, error) {
	title, questions := contests[template]()
	now := o.clock.now()
	manifest := &record.Vote{
		Title: title, Template: template, Threshold: threshold, Quorum: quorum, Contests: questions,
		Opens: uint64(now.Add(7 * day).Unix()), Closes: uint64(now.Add(14 * day).Unix()), Grace: 3600, Step: uint64((2 * day).Seconds()), Revote: true,
	}
	who := o.ceremony()
	if manifest.Trustees = who.Trustees; manifest.Ranked() {
		manifest.Mixes = who.Mixes
	}
	vote, err := o.commission.Call(ctx, round, manifest)
	if err != nil {
		return record.ID{}, err
	}
	o.say("The trustees make a key that none of them has")
	return vote, o.until(ctx, o.stepTrustees, func(s *fold.State) bool { return s.Vote(vote).Ceremony.Ready() })
}

func (o *organisation) open(ctx context.Context, vote record.ID) error {
	if err := o.flush(ctx); err != nil {
		return err
	}
	o.board.View(func(s *fold.State) { o.clock.reach(time.Unix(int64(s.Vote(vote).Manifest.Opens), 0)) })
	o.say("The day has come on which voting opens")
	return o.until(ctx, o.stepCommission, func(s *fold.State) bool { return s.Vote(vote).Phase == fold.Open })
}

func (o *organisation) tally(ctx context.Context, vote record.ID) error {
	o.board.View(func(s *fold.State) { o.clock.reach(time.Unix(int64(s.Vote(vote).Manifest.Closes), 0)) })
	o.say("Voting closes; the board seals the ballot box")
	if err := o.until(ctx, o.stepCommission, func(s *fold.State) bool { return s.Vote(vote).Phase >= fold.Sealed }); err != nil {
		return err
	}
	if o.ranked(vote) {
		o.say("The trustees check the whole log, sign the sealed ballot box, shuffle the rankings in turn, and then decrypt them")
		stop := o.watchMix(vote)
		defer stop()
	} else {
		o.say("The trustees check the whole log, sign the sealed ballot box and open the sums")
	}
	enough := func(s *fold.State) bool {
		v, n := s.Vote(vote), len(o.trustees)
		if v.Counted() == 0 {
			return v.Inputs() == n
		}
		for i := range v.Manifest.Contests {
			if m := v.Mixing(i); m != nil {
				if len(m.Decrypted()) < n {
					return false
				}
			} else if len(v.SharesOf(i)) < n {
				return false
			}
		}
		return v.Inputs() == n && (!v.NeedsLots() || v.LotsGiven() == n)
	}
	if err := o.until(ctx, o.stepTrustees, enough); err != nil {
		return err
	}
	return o.until(ctx, o.stepCommission, func(s *fold.State) bool { return s.Vote(vote).Phase == fold.Certified })
}

// flush has the registrars publish to whom they have issued cards.
func (o *organisation) flush(ctx context.Context) error {
	for _, r := range o.registrars {
		if err := r.Flush(ctx); err != nil {
			return fmt.Errorf("%s: %w", r.name, err)
		}
	}
	return nil
}

func (o *organisation) stepRegistrars(ctx context.Context) error {
	for _, r := range o.registrars {
		if err := r.Step(ctx); err != nil {
			return fmt.Errorf("%s: %w", r.name, err)
		}
	}
	return nil
}

func (o *organisation) stepTrustees(ctx context.Context) error {
	for _, t := range o.trustees {
		if _, err := t.Step(ctx); err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
	}
	return nil
}

func (o *organisation) stepCommission(ctx context.Context) error {
	if _, err := o.commission.Step(ctx); err != nil {
		return fmt.Errorf("commission: %w", err)
	}
	return nil
}

// until has parties take steps until the board has come to something, for a minute at most without anything happening on the log.
func (o *organisation) until(ctx context.Context, step func(context.Context) error, there func(*fold.State) bool) error {
	var size uint64
	last := time.Now()
	for {
		var done bool
		o.board.View(func(s *fold.State) {
			if done = there(s); s.Size() > size {
				size, last = s.Size(), time.Now()
			}
		})
		if done {
			return nil
		}
		if time.Since(last) > time.Minute {
			return errors.New("nothing has happened on the board for a minute; demo.log in the demo's folder says what the parties did")
		}
		if err := step(ctx); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// serve goes on until interrupted, with a second vote open in which the reader can vote.
func (o *organisation) serve(ctx context.Context, template string, stdout io.Writer) error {
	if contests[template] == nil || template == "yes-no" {
		template = "ranked" // so that both kinds of question can be tried
	}
	_, round, err := o.openRound(ctx, o.everybody())
	if err != nil {
		return err
	}
	vote, err := o.callSimply(ctx, round, template)
	if err != nil {
		return err
	}
	if err := o.open(ctx, vote); err != nil {
		return err
	}
	// The clock has jumped ahead, so what registrars have seen of the board is a week old to them, and they would send the reader away.
	if err := o.stepRegistrars(ctx); err != nil {
		return err
	}
	if err := o.invite(round, vote, stdout); err != nil {
		return err
	}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if err := errors.Join(o.stepRegistrars(ctx), o.stepCommission(ctx)); err != nil && ctx.Err() == nil {
			o.log.Error("demo", "error", err)
		}
	}
}
