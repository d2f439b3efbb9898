package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"mandate/ballot/contest"
	"mandate/ballot/record"
	"mandate/ballot/simulate"
	"mandate/ballot/tally"
	"mandate/crypto/sigma"
	"mandate/verifier"
	"mandate/verifier/corpus/electiontest"
)

// A leaf is one number, text, byte string or truth value in a payload.
type leaf struct {
	path string // of places in lists; keys of maps by name
	at   int    // of a byte to change, so that another value of the same length stands there
	old  byte
	new  byte
}

// leaves lists what can be changed in an item of deterministic CBOR. Of long lists the first three items are taken.
func leaves(b []byte) []leaf {
	var out []leaf
	var item func(at int, path string, take bool) int
	item = func(at int, path string, take bool) int {
		major, info, n, head := b[at]>>5, b[at]&31, uint64(0), 1
		switch {
		case info < 24:
			n = uint64(info)
		case info < 28:
			head = 1 + 1<<(info-24)
			for _, c := range b[at+1 : at+head] {
				n = n<<8 | uint64(c)
			}
		}
		change := func(at int, to byte) {
			if take {
				out = append(out, leaf{path, at, b[at], to})
			}
		}
		end := at + head
		switch major {
		case 0:
			change(end-1, b[end-1]^1)
		case 2:
			if n > 0 {
				change(end+int(n)-1, b[end+int(n)-1]^1)
			}
			end += int(n)
		case 3:
			if n > 0 {
				c := b[end+int(n)-1]
				if to := byte('b'); c != to {
					change(end+int(n)-1, to)
				} else {
					change(end+int(n)-1, 'c')
				}
			}
			end += int(n)
		case 4:
			for i := range n {
				end = item(end, fmt.Sprintf("%s.%d", path, i), take && i < 3 || path == "" || strings.Count(path, ".") < 2 && take)
			}
		case 5:
			for range n {
				name := string(b[end+1 : end+1+int(b[end]&31)])
				end = item(end, path, false)
				end = item(end, path+"."+name, take)
			}
		case 7:
			if info == 20 || info == 21 {
				change(at, b[at]^1)
			}
		}
		return end
	}
	item(0, "", true)
	return out
}

// everything is a vote with every kind of record that a vote without rules has, on the least number of parties.
func everything(t *testing.T) *simulate.Vote {
	v := simulate.New(t, simulate.Config{
		Members: 4, Registrars: 1, Slots: 1, Trustees: 2, Threshold: 1, Quorum: 1, Mixes: 1, Revote: true, Relays: 1, Witnesses: 1,
		Contests: []contest.Contest{simulate.YesNo("question"), simulate.Rank("chair", contest.MethodIRV, 3, 2, 1)},
	}).Round().Vote()
	o, r := v.Org, v.Round
	r.Cards(0, 1)
	r.MintFor(2)
	o.Post(r.By(1, &record.Issue{Registrar: 1, Entry: 2}))
	o.Reach(v.State().Ceremony.Deadline() + 1)
	o.Post(v.Officer(&record.KeygenRestart{By: 1, Attempt: 1, Trustee: 2, Reason: record.RestartSilent}))
	v.Ceremony()
	v.Open()
	v.Cast(0, []int{simulate.Yes}, []int{0, 1})
	v.Check(1, v.Ballot(1, nil, nil).ID())
	v.Cast(1, []int{simulate.Yes}, []int{0})
	late := v.Ballot(2, []int{simulate.Yes}, []int{1})
	v.Close()
	v.Promises(late.ID())
	o.Post(late)
	v.Seal()
	v.Tally()
	return v
}

// course is a vote by rules, with every kind that such votes add but those that end one.
func course(t *testing.T) *simulate.Vote {
	committee := simulate.Choose("committee", 0, 0, 100, 1)
	r := simulate.New(t, simulate.Config{Members: 6, Registrars: 1, Slots: 3, Petitions: 2, Trustees: 1, Contests: []contest.Contest{committee}}).Round()
	r.Cards(0, 1, 2)
	v := r.Propose(r.Plan(record.CallPetition, func(r *record.Rules) {
		r.Call.Petition.Num, r.Call.Petition.Den = 1, 6
		r.Nominations = &record.NominationRule{Window: 600, Seconds: 1, Accept: 300}
		r.Forums.Need = 1
		r.Statements.PerSide = 1
	}))
	v.Support(0)
	v.Nominate(0, "ada", 3)
	v.Nominate(1, "bob", 4)
	v.Org.Post(v.Officer(v.NominationBody(2, "cem", 5)))
	v.Org.Post(v.Officer(&record.Withdrawal{By: 1, Slug: "cem", Reason: "No time."}))
	v.Commit()
	v.Org.Post(v.NamedStatement(0, "for", "It is right."))
	v.Org.Post(v.NamedStatement(1, "for", "It is just."))
	v.Org.Post(v.AnonymousStatement(2, "against", "It is wrong."))
	v.Announce()
	v.Hold()
	v.Reveal()
	v.Nominated()
	v.Packet()
	v.Mail()
	v.Org.Reach(v.Org.State.Now() + 300)
	v.Ceremony()
	v.Open()
	v.Org.Post(v.Officer(&record.Extend{By: 1, Closes: v.State().Manifest.Closes + 100, Reason: "A storm."}))
	v.Cast(0, []int{0})
	v.Finish()
	v.Respond()
	return v
}

// faulty is a vote with what goes wrong: a false complaint, a trustee who is replaced, a member who is removed, a check that showed another choice.
func faulty(t *testing.T) *simulate.Vote {
	v := simulate.New(t, simulate.Config{Members: 5, Registrars: 1, Slots: 1, Trustees: 2, Threshold: 2, Quorum: 2}).Round().Vote()
	o := v.Org
	v.Round.Cards(0, 1, 2)
	roll := v.State().Round.Roll.ID
	o.Remove(roll, true, 3, 4)
	o.Remove(roll, false, 4)
	v.CeremonyUntil(tally.StepAccept)
	o.Post(v.By(1, &record.KeygenComplaint{Trustee: 1, Attempt: 1, Against: 2, Opened: v.SealingKey(1)}))
	o.Post(v.Officer(&record.KeygenRestart{By: 1, Attempt: 1, Trustee: 1, Reason: record.RestartComplaint}))
	o.Reach(v.State().Ceremony.Deadline() + 1)
	o.Post(v.Officer(&record.KeygenRestart{By: 1, Attempt: 2, Trustee: 1, Reason: record.RestartSilent}))
	v.Trustees[0].Key = simulate.NewKey(t)
	o.Post(v.Officer(&record.TrusteeReplace{
		By: 1, Trustee: 1, Name: "Another", URL: "https://another.example", Key: v.Trustees[0].Key.Public().Encoding(), Reason: "It was silent.",
	}))
	side, err := tally.NewTrustee(v.State().Ceremony, 1)
	if err != nil {
		t.Fatal(err)
	}
	v.Trustees[0].Side = side
	v.Ceremony()
	v.Open()
	shown := v.Ballot(0, []int{simulate.Yes})
	v.Check(0, shown.ID())
	v.Fault(0, shown.ID())
	v.Cast(0, []int{simulate.No})
	v.Finish()
	return v
}

// called is a vote that members of a body called, with a statement that was withheld.
func called(t *testing.T) *simulate.Vote {
	r := simulate.New(t, simulate.Config{Members: 4, Registrars: 1, Slots: 2, Trustees: 1}).Round()
	r.Cards(0, 1, 2)
	v := r.Propose(r.Plan(record.CallBody))
	v.CallUp()
	v.Commit()
	v.Org.Post(v.Officer(&record.Withheld{By: 1, Side: "for", Hash: simulate.File("It is her fault."), Reason: "It names a person."}))
	v.Org.Append(v.NamedStatement(0, "for", "It is her fault.").Raw()) // void, since it is the one that was withheld
	return v
}

func cancelled(t *testing.T) *simulate.Vote {
	v := called(t)
	v.Org.Post(v.Officer(&record.Cancel{By: 1, Reason: "Settled otherwise."}))
	return v
}

func annulled(t *testing.T) *simulate.Vote {
	r := simulate.New(t, simulate.Config{Members: 4, Registrars: 1, Slots: 1, Trustees: 1}).Round()
	r.Cards(0, 1, 2)
	v := r.Propose(r.Plan(record.CallReason, func(r *record.Rules) {
		r.Forums, r.Statements, r.Packet, r.Mailing = record.ForumRule{}, record.StatementRule{}, false, record.MailingRule{}
	}))
	v.Ceremony()
	v.Open()
	v.Org.Post(v.Officer(&record.Annul{By: 1, Reason: "The question was wrong."}))
	return v
}

// keys are everybody's.
func keys(v *simulate.Vote) []sigma.SecretKey {
	all := append([]sigma.SecretKey{v.Org.Board}, v.Org.Commission...)
	for _, g := range v.Round.Registrars {
		all = append(all, g.Key)
	}
	for _, t := range v.Trustees {
		all = append(all, t.Key)
	}
	all = append(all, v.Relays...)
	if v.Plan != nil {
		all = append(append(all, v.Plan.Body...), v.Plan.Responder)
	}
	for e := range 3 {
		for slot := range v.Round.Manifest.Slots {
			all = append(all, v.Round.Credential(e, slot).SecretKey())
		}
	}
	return all
}

// content is what a report says of a vote: verdicts, checks, figures, results, and which records are void or fatal.
func content(r *verifier.Report) string {
	type check struct {
		Number int
		Status verifier.Status
	}
	var cs []check
	for _, c := range electiontest.Checks(r) {
		cs = append(cs, check{c.Number, c.Status})
	}
	all := []any{r.Verdict, cs, r.VoidTotal}
	for _, v := range r.Votes {
		all = append(all, v.ID, v.Title, v.Phase, v.Mock, v.Figures, v.Contests, v.Story, v.Warnings, v.Duties, v.Removals, v.Programs, v.Ended, v.Verdict)
	}
	b, err := json.Marshal(all)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// J5: whoever changes any one field of any record, and keeps its seal, changes what the verifier says. So does its own author, who signs what
// was changed: what stands before the seal is in what the trustees sign, and what follows it is bound by proofs, or told.
func TestJ5_EveryFieldOfARecordMatters(t *testing.T) {
	if testing.Short() {
		t.Skip("verifies some thousand logs")
	}
	unseen := make(map[string]bool)
	for _, kind := range record.Kinds() {
		unseen[kind] = true
	}
	done := make(map[string]bool) // kinds and fields
	for _, c := range []struct {
		name, verdict string
		vote          *simulate.Vote
		least         int // changes
	}{
		{"a vote", "verified", everything(t), 350},
		{"a vote by rules", "verified", course(t), 150},
		{"a vote with faults", "verified", faulty(t), 40},
		{"a cancelled vote", "unfinished", cancelled(t), 10},
		{"an annulled vote", "unfinished", annulled(t), 2},
	} {
		name, v := c.name, c.vote
		log, all := v.Org.Log(), keys(v)
		judge := func(log [][]byte) string {
			r, err := electiontest.Of(v.Org, log, v.ID).Verify(context.Background())
			if err != nil {
				t.Error(err)
				return ""
			}
			return content(r)
		}
		honest := judge(log)
		if !strings.HasPrefix(honest, `["`+c.verdict+`"`) {
			t.Fatalf("%s: %.300s", name, honest)
		}
		if judge(log) != honest {
			t.Fatalf("%s: the verifier says two things of one log", name)
		}
		type change struct {
			kind, path string
			place      int
			raw        []byte
			resigned   bool
		}
		var changes []change
		for i, raw := range log {
			r, err := record.Decode(raw)
			if err != nil {
				t.Fatal(err)
			}
			delete(unseen, r.Kind())
			payload := r.Payload()
			begin := bytes.Index(raw, payload)
			for _, l := range leaves(payload) {
				if done[r.Kind()+l.path] {
					continue
				}
				done[r.Kind()+l.path] = true
				changed := bytes.Clone(raw)
				changed[begin+l.at] = l.new
				changes = append(changes, change{r.Kind(), l.path, i, changed, false})
				c, err := record.Decode(changed)
				if err != nil {
					continue // refutes the log
				}
				genesis := v.Org.Genesis
				if r.Kind() == "genesis" {
					genesis = record.ID{}
				}
				for _, k := range all {
					if r.VerifySignature(genesis, k.Public()) == nil {
						o := *v.Org
						o.Genesis = genesis
						changes = append(changes, change{r.Kind(), l.path, i, o.Sign(c.Scope, c.Body, k).Raw(), true})
						break
					}
				}
			}
		}
		var wg sync.WaitGroup
		next := make(chan change)
		for range runtime.GOMAXPROCS(0) {
			wg.Go(func() {
				for c := range next {
					edited := slices.Clone(log)
					edited[c.place] = c.raw
					if judge(edited) != honest {
						continue
					}
					how := "under its old seal"
					if c.resigned {
						how = "and signed by its author"
					}
					t.Errorf("%s: %s%s changed %s: the verifier says the same", name, c.kind, c.path, how)
				}
			})
		}
		for _, c := range changes {
			next <- c
		}
		close(next)
		wg.Wait()
		if len(changes) < c.least {
			t.Errorf("%s: only %d changes in %d records", name, len(changes), len(log))
		}
	}
	for kind := range unseen {
		t.Errorf("no %s stands in any of these votes", kind)
	}
}
