package fold_test

import (
	"fmt"
	"slices"
	"testing"

	"mandate/ballot/contest"
	"mandate/ballot/count"
	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/simulate"
	"mandate/crypto/group"
)

// rankedVote is an open vote with one ranked contest; all members have cards, and revoting is allowed.
func rankedVote(t *testing.T, members int, c contest.Contest, change ...func(*simulate.Config)) *simulate.Vote {
	t.Helper()
	config := simulate.Config{Members: members, Registrars: 1, Revote: true, Contests: []contest.Contest{c}}
	for _, f := range change {
		f(&config)
	}
	r := simulate.New(t, config).Round()
	var all []int
	for i := range members {
		all = append(all, i)
	}
	r.Cards(all...)
	v := r.Vote()
	v.Ceremony()
	v.Open()
	return v
}

// TestRankedVotes holds whole votes of many shapes: ranked contests alone and beside choices, every method, any number of mixes.
func TestRankedVotes(t *testing.T) {
	if testing.Short() {
		t.Skip("long under the race detector")
	}
	choice := simulate.YesNo("question")
	all := []contest.Contest{choice}
	for _, m := range contest.RankingMethods() {
		seats := uint64(2)
		if m == contest.MethodIRV {
			seats = 1
		}
		all = append(all, simulate.Rank(m, m, 4, 4, seats))
	}
	stv := simulate.Rank("board", contest.MethodScottishSTV, 5, 5, 3)
	for name, c := range map[string]simulate.Config{
		"every method beside a choice": {Members: 10, Revote: true, Contests: all},
		"alone, m = t":                 {Members: 6, Registrars: 1, Contests: []contest.Contest{stv}},
		"m = n":                        {Members: 6, Registrars: 1, Mixes: 3, Contests: []contest.Contest{stv}},
		"n = 5, t = 2, q = 3, m = 4":   {Members: 6, Registrars: 1, Trustees: 5, Quorum: 3, Mixes: 4, Contests: []contest.Contest{choice, stv}},
		"one of everything":            {Members: 1, Registrars: 1, Trustees: 1, Contests: []contest.Contest{simulate.Rank("one", contest.MethodIRV, 1, 1, 1)}},
		"128 candidates, all ranked":   {Members: 3, Registrars: 1, Contests: []contest.Contest{simulate.Rank("all", contest.MethodMeekSTV, 128, 128, 17)}},
	} {
		t.Run(name, func(t *testing.T) {
			v := simulate.Whole(t, c)
			state, outcomes := simulate.Replay(v.Org.Log())
			if f := simulate.Faults(outcomes); f != "" || state.Vote(v.ID).Phase != fold.Certified {
				t.Fatalf("phase %v, refused:\n%s", state.Vote(v.ID).Phase, f)
			}
			if state.Digest() != v.Org.State.Digest() {
				t.Error("the same log, another state")
			}
			for i, k := range v.Manifest.Contests {
				if k.Kind != contest.KindRanked {
					continue
				}
				counted, err := v.State().Count(i)
				if err != nil {
					t.Fatal(err)
				}
				res := v.State().Result.Contests[i]
				if res.Counts[0] != counted.Ballots.Valid.Uint64() || res.Counts[1] != counted.Ballots.Blank.Uint64() || res.Counts[2] != counted.Ballots.Spoiled.Uint64() {
					t.Errorf("%s: %v, counted %+v", k.ID, res.Counts, counted.Ballots)
				}
				if res.Counts[0]+res.Counts[1]+res.Counts[2] != v.State().Counted() {
					t.Errorf("%s: %v of %d", k.ID, res.Counts, v.State().Counted())
				}
			}
		})
	}
}

// H2, H3: whatever a voter encrypts that is no ranking is spoiled, whole, and is told as a number only. The other voters' ballots are
// counted as if it were not there.
func TestH2_H3_SpoiledBallots(t *testing.T) {
	v := rankedVote(t, 5, simulate.Rank("board", contest.MethodIRV, 3, 2, 1))
	v.Cast(0, []int{2, 0})
	v.Cast(1, []int{2})
	deeper := simulate.Rank("board", contest.MethodIRV, 3, 3, 1)
	encoding, err := deeper.Encoding()
	if err != nil {
		t.Fatal(err)
	}
	overlong, err := encoding.Encode([]int{0, 1, 2})
	if err != nil {
		t.Fatal(err)
	}
	for i, element := range []group.Element{group.BaseMul(group.ScalarFromUint64(12345)), overlong[0], {}} {
		f := v.Forge(v.Credential(2+i), nil)
		f.Elements[0] = []group.Element{element}
		f.Encrypt()
		v.Org.Post(f.Record())
	}
	res := v.Finish().Contests[0]
	if !slices.Equal(res.Counts, []uint64{2, 0, 3}) || !slices.Equal(res.Winners, []uint64{2}) {
		t.Errorf("%+v", res)
	}
	counted, err := v.State().Count(0)
	if err != nil || counted.Ballots.Spoiled.Uint64() != 3 {
		t.Errorf("%+v, %v", counted, err)
	}
	rankings, err := v.State().Rankings(0)
	if err != nil || len(rankings.Ballots) != 2 {
		t.Errorf("%+v, %v", rankings, err)
	}
}

// H1: what is opened is told in sorted order with multiplicities; nothing follows the order of ballots, list or mix.
func TestH1_NothingIsToldInTheOrderOfTheMix(t *testing.T) {
	v := rankedVote(t, 6, simulate.Rank("board", contest.MethodScottishSTV, 3, 3, 1))
	for i, r := range [][]int{{2, 1}, {0}, {2, 1}, {1, 0, 2}, nil, {0}} {
		v.Cast(i, r)
	}
	v.Finish()
	rankings, err := v.State().Rankings(0)
	if err != nil {
		t.Fatal(err)
	}
	want := []count.Ballot{{Count: 1, Ranking: [][]int{}}, {Count: 2, Ranking: count.Strict(0)}, {Count: 1, Ranking: count.Strict(1, 0, 2)}, {Count: 2, Ranking: count.Strict(2, 1)}}
	if fmt.Sprint(rankings.Ballots) != fmt.Sprint(want) {
		t.Errorf("%v, want %v", rankings.Ballots, want)
	}
}

// H4: a tie is broken by the lots that the trustees draw after the seal; any of them who suffice give the same winner, and no other is
// certified.
func TestH4_TiesAreBrokenByTheLots(t *testing.T) {
	v := rankedVote(t, 4, simulate.Rank("chair", contest.MethodIRV, 4, 4, 1))
	for i := range 4 {
		v.Cast(i, []int{i})
	}
	v.Close()
	v.Promises()
	v.Seal()
	v.Inputs(1, 2)
	v.Mix(3, 1)
	mixed := v
	var winner []uint64
	for _, who := range [][]int{{1, 2}, {3, 1}, {2, 3}} {
		v := mixed.On(mixed.Org.Fork())
		v.Shares(who...)
		counted, err := v.State().Count(0)
		if err != nil {
			t.Fatal(err)
		}
		if len(counted.Draws) == 0 || counted.Draws[0].Number != 1 {
			t.Fatalf("draws: %+v", counted.Draws)
		}
		seed, err := v.Org.State.Seed(v.State())
		if err != nil {
			t.Fatal(err)
		}
		first := seed.Draw(0, 1, []uint64{0, 1, 2, 3})
		for k, ticket := range counted.Draws[0].Tickets {
			if uint64(ticket.Candidate) != first[k] || len(ticket.Derivation) != 64 {
				t.Errorf("ticket %d: %+v, the lots give %d", k, ticket, first[k])
			}
		}
		b := v.ResultBody()
		if winner == nil {
			winner = b.Contests[0].Winners
		}
		if !slices.Equal(winner, b.Contests[0].Winners) {
			t.Errorf("trustees %v: %v, others %v", who, b.Contests[0].Winners, winner)
		}
		for other := range uint64(4) {
			c := *b
			c.Contests = []record.ContestResult{{Counts: []uint64{4, 0, 0}, Outcome: contest.OutcomeElected, Winners: []uint64{other}}}
			o := v.Org.Judge(v.Officer(&c).Raw())
			if want := other == winner[0]; (o.Status == fold.Accepted) != want || !want && o.Code != "result-outcome" {
				t.Errorf("winner %d: %v", other, o)
			}
		}
	}
}

// Representation rules of the manifest are those of the count, with the groups of its options.
func TestRepresentationRules(t *testing.T) {
	c := simulate.Rank("committee", contest.MethodScottishSTV, 5, 5, 3)
	c.Ranking.Rules = []contest.RankingRule{{Group: "men", Min: 0, Max: 1}, {Group: "north", Min: 1, Max: 3}}
	for _, j := range []int{0, 1, 2} {
		c.Options[j].Groups = []string{"men"}
	}
	c.Options[4].Groups = []string{"north"}
	v := rankedVote(t, 6, c)
	for i := range 6 {
		v.Cast(i, []int{0, 1, 2, 3})
	}
	res := v.Finish().Contests[0]
	if slices.Sort(res.Winners); !slices.Equal(res.Winners, []uint64{0, 3, 4}) {
		t.Errorf("%+v", res)
	}
	counted, err := v.State().Count(0)
	if err != nil || len(counted.Rules) != 2 {
		t.Errorf("%+v, %v", counted, err)
	}
}

// Votes in which nobody is elected.
func TestRankedVotesWithoutAWinner(t *testing.T) {
	c := simulate.Rank("board", contest.MethodScottishSTV, 3, 3, 2)
	none := rankedVote(t, 3, c)
	if b := none.Finish(); b.Counted != 0 || !slices.Equal(b.Contests[0].Counts, []uint64{0, 0, 0}) || b.Contests[0].Outcome != contest.OutcomeFailed || none.State().Mixing(0) != nil {
		t.Errorf("nobody voted: %+v", b)
	}
	blank := rankedVote(t, 3, c)
	blank.Cast(0, nil)
	if b := blank.Finish(); !slices.Equal(b.Contests[0].Counts, []uint64{0, 1, 0}) || b.Contests[0].Outcome != contest.OutcomeFailed {
		t.Errorf("one blank ballot: %+v", b)
	}
	c.Ranking.QuorumNum, c.Ranking.QuorumDen = 1, 2
	few := rankedVote(t, 3, c)
	few.Cast(0, []int{1, 2})
	if b := few.Finish(); !slices.Equal(b.Contests[0].Counts, []uint64{1, 0, 0}) || b.Contests[0].Outcome != contest.OutcomeNoQuorum || len(b.Contests[0].Winners) > 0 {
		t.Errorf("no quorum: %+v", b)
	}
	if counted, err := few.State().Count(0); err != nil || len(counted.Elected) != 2 {
		t.Errorf("the count is there all the same: %+v, %v", counted, err)
	}
	empty := rankedVote(t, 3, c)
	if b := empty.Finish(); b.Contests[0].Outcome != contest.OutcomeNoQuorum {
		t.Errorf("no quorum, nobody voted: %+v", b)
	}
}

// TestD6_FewerMixesThanOpenersAreRefused: m is between t and n.
func TestD6_FewerMixesThanOpenersAreRefused(t *testing.T) {
	o := simulate.New(t, simulate.Config{Trustees: 4, Threshold: 3, Quorum: 3, Contests: []contest.Contest{simulate.Rank("board", contest.MethodIRV, 3, 3, 1)}})
	r := o.Round()
	for m, ok := range map[uint64]bool{0: false, 1: false, 2: false, 3: true, 4: true, 5: false, 1<<64 - 1: false} {
		v := r.NewVote(func(b *record.Vote) { b.Mixes = m })
		got := o.Judge(o.Officer(r.ID, v.Manifest).Raw())
		if (got.Status == fold.Accepted) != ok || !ok && got.Code != "manifest" {
			t.Errorf("m = %d: %v", m, got)
		}
	}
}

// TestD7_NoMoreVotersThanCanBeMixed: who calls a ranked vote learns it before anybody votes.
func TestD7_NoMoreVotersThanCanBeMixed(t *testing.T) {
	ranked := &record.Vote{Contests: []contest.Contest{simulate.Rank("board", contest.MethodIRV, 3, 3, 1)}}
	choice := &record.Vote{Contests: []contest.Contest{simulate.YesNo("question")}}
	for _, c := range []struct {
		vote *record.Vote
		roll uint64
		ok   bool
	}{{ranked, 1 << 22, true}, {ranked, 1<<22 + 1, false}, {choice, 1 << 27, true}} {
		if err := fold.CheckMixable(c.vote, c.roll); (err == nil) != c.ok {
			t.Errorf("%s, %d entries: %v", c.vote.Contests[0].Kind, c.roll, err)
		}
	}
}

// TestStagesAreCheckedOnce: what Prepare, or the first Judge, has found of a stage is not computed again, and Prepare checks no stage that
// its author has not signed.
func TestStagesAreCheckedOnce(t *testing.T) {
	s := at(t, "ranked mixing")
	s.fork()
	b := s.v.MixBodies(2, 1)[0]
	p := s.o.State.Prepare([][]byte{s.v.By(2, b).Raw()})[0]
	checked := fold.MixCheck(p)
	if checked == nil {
		t.Fatal("Prepare has not checked the stage")
	}
	for range 2 {
		if o := s.o.State.Judge(p); o.Status != fold.Accepted || fold.MixCheck(p) != checked {
			t.Fatalf("%v, or checked again", o)
		}
	}
	forged := s.o.State.Prepare([][]byte{s.v.By(3, b).Raw()})[0]
	if fold.MixCheck(forged) != nil {
		t.Error("anybody can have the board check a stage")
	}
	if o := s.o.State.Apply(p); o.Status != fold.Accepted || fold.MixCheck(p) != checked {
		t.Errorf("%v, or checked again", o)
	}
	late := s.o.State.Prepare([][]byte{s.v.By(2, b).Raw()})[0]
	if fold.MixCheck(late) != nil {
		t.Error("a stage that is made is checked")
	}
}

// TestWhoOwesTheTallyOfARankedVote: the duties of mixing and decrypting, in their order.
func TestWhoOwesTheTallyOfARankedVote(t *testing.T) {
	owed := func(name string) string {
		s := at(t, name)
		return fold.TallyDuties(s.v.State())
	}
	for name, want := range map[string]string{
		"ranked nearly signed": "input Trustee 3, input Trustee 4",
		"ranked signed":        "shares Trustee 1, shares Trustee 2, shares Trustee 3, shares Trustee 4",
		"ranked opened":        "result the commission",
	} {
		if got := owed(name); got != want {
			t.Errorf("%s: %s; want %s", name, got, want)
		}
	}
	v := rankedVote(t, 2, simulate.Rank("board", contest.MethodIRV, 3, 3, 1))
	v.Cast(0, []int{1})
	v.Close()
	v.Promises()
	v.Seal()
	v.Inputs(1, 2)
	steps := func(want string) {
		t.Helper()
		if got := fold.TallyDuties(v.State()); got != want {
			t.Errorf("%s; want %s", got, want)
		}
	}
	steps("mix Trustee 1, mix Trustee 2, mix Trustee 3")
	v.Mix(2)
	steps("mix Trustee 1, lots Trustee 2, mix Trustee 3")
	v.Mix(3)
	steps("decryption Trustee 1, decryption Trustee 2, decryption Trustee 3")
	v.Shares(1)
	steps("decryption Trustee 2, decryption Trustee 3")
	v.Shares(3)
	steps("result the commission")
}

// TestStagesAreCheckedBesideTheFold: Prepare may be called while records of the same mix are applied, as a board and a verifier do.
func TestStagesAreCheckedBesideTheFold(t *testing.T) {
	s := at(t, "ranked mixing")
	s.fork()
	raws := [][]byte{s.v.By(2, s.v.MixBodies(2, 1)[0]).Raw(), s.v.By(3, s.v.MixBodies(3, 2)[0]).Raw()}
	beside := make(chan []*fold.Prepared)
	for range 2 {
		go func() {
			var ps []*fold.Prepared
			for range 5 {
				ps = append(ps, s.o.State.Prepare(raws)...)
			}
			beside <- ps
		}()
	}
	for _, raw := range raws {
		if o := s.o.Append(raw); o.Status != fold.Accepted {
			t.Errorf("%v", o)
		}
	}
	for range 2 {
		for i, p := range <-beside {
			if o := s.o.State.Judge(p); o.Code != "dup" {
				t.Errorf("record %d, prepared early or late: %v", i, o)
			}
		}
	}
}
