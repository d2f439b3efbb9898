package electiontest

import (
	"bytes"
	"slices"
	"sync"

	"mandate/ballot/contest"
	"mandate/ballot/record"
	"mandate/ballot/simulate"
	"mandate/ballot/tally"
	"mandate/verifier"
)

// A scene is an organisation at one moment, in which an election of the corpus begins or goes on.
type scene struct {
	maker
	o *simulate.Org
	r *simulate.Round
	v *simulate.Vote

	first *simulate.Vote // another vote, which has to come first

	void    []string  // records that must be void, beside those that the election's label has from the start
	ask     bool      // for the vote, by its id
	other   record.ID // asked for instead
	log     [][]byte  // shown instead of the organisation's
	pkg     []byte    // shown instead of the log's
	receipt []byte
	opened  []byte
}

// fork returns the scene for somebody else.
func (s *scene) fork() *scene {
	c := *s
	c.o = s.o.Fork()
	c.rebind()
	return &c
}

// rebind has round and vote stand on the organisation that the scene now has.
func (s *scene) rebind() {
	if s.r != nil {
		s.r = s.r.On(s.o)
	}
	if s.v != nil {
		s.v = s.v.On(s.o)
		s.r = s.v.Round
	}
	if s.first != nil {
		s.first = s.first.On(s.o)
	}
}

// on begins anew with a vote of anybody's.
func (s *scene) on(v *simulate.Vote) { s.o, s.r, s.v = v.Org, v.Round, v }

// put puts a record on the log, whatever becomes of it.
func (s *scene) put(r *record.Record) { s.o.Append(r.Raw()) }

// raw puts bytes on the log.
func (s *scene) raw(b []byte) { s.o.Append(b) }

// A story is a list of scenes, each of which follows from the one before. It is told once, as far as somebody asks, and every scene kept.
type story struct {
	steps []step

	mu   sync.Mutex
	told []*scene
}

type step struct {
	name string
	do   func(s *scene)
}

// at sets s to a scene of the story.
func (st *story) at(s *scene, name string) {
	i := slices.IndexFunc(st.steps, func(p step) bool { return p.name == name })
	if i < 0 {
		s.Fatalf("the story has no scene %q", name)
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	for n := len(st.told); n <= i; n++ {
		next := new(scene)
		if n > 0 {
			next = st.told[n-1].fork()
		}
		st.steps[n].do(next)
		st.told = append(st.told, next)
	}
	c := st.told[i].fork()
	s.o, s.r, s.v, s.first = c.o, c.r, c.v, c.first
}

// finish goes on as the story does from the scene on, to the result.
func (st *story) finish(s *scene, name string) {
	i := slices.IndexFunc(st.steps, func(p step) bool { return p.name == name })
	for _, p := range st.steps[i+1:] {
		p.do(s)
	}
}

// yes is a choice in both contests of the plain story.
var yes = [][]int{{simulate.Yes}, {0}}

// plainResult is the result of the plain story.
const plainResult = "question passed 2/1/0 yes; board tied 2/0/2"

// plain is one vote from the first record to the last. Two contests, three trustees of whom two open the result, two registrars, a relay and a
// witness; four of six members have cards, three vote, one of them twice. Member 3 has a card and does not vote.
var plain = story{steps: []step{
	{"begun", func(s *scene) {
		s.o = simulate.New(s, simulate.Config{
			Members: 6, Registrars: 2, Slots: 3, Petitions: 1, Trustees: 3, Threshold: 2, Quorum: 2, Revote: true, Relays: 1, Witnesses: 1,
			Contests: []contest.Contest{simulate.YesNo("question"), simulate.Choose("board", 3, 1, 2, 1)},
		})
	}},
	{"round", func(s *scene) {
		private, id := s.o.PostRoll()
		s.r = s.o.RoundOf(private, id)
	}},
	{"accepted", func(s *scene) { s.r.Accept() }},
	{"issued", func(s *scene) { s.r.Keys(); s.r.Cards(0, 1, 2, 3) }},
	{"called", func(s *scene) { s.v = s.r.Vote() }},
	{"package", func(s *scene) { s.v.CeremonyUntil(tally.StepPackage) }},
	{"shares", func(s *scene) { s.v.CeremonyUntil(tally.StepShares) }},
	{"accept", func(s *scene) { s.v.CeremonyUntil(tally.StepAccept) }},
	{"test", func(s *scene) { s.v.CeremonyUntil(tally.StepTest) }},
	{"ready", func(s *scene) { s.v.Ceremony() }},
	{"open", func(s *scene) { s.v.Open() }},
	{"cast", func(s *scene) {
		s.v.Cast(0, []int{simulate.Yes}, []int{0})
		s.v.Check(1, s.v.Ballot(1, []int{simulate.Yes}, []int{1}).ID())
		s.v.Cast(1, []int{simulate.No}, []int{0, 2})
		s.v.Cast(2, nil, []int{1})
		s.v.Cast(2, []int{simulate.Yes}, []int{2})
	}},
	{"closed", func(s *scene) { s.v.Close() }},
	{"listed", func(s *scene) { s.v.Promises() }},
	{"sealed", func(s *scene) { s.v.Seal() }},
	{"signed", func(s *scene) { s.v.Inputs(1, 2) }},
	{"tallied", func(s *scene) { s.v.Shares(1, 2) }},
	{"certified", func(s *scene) { s.v.Result() }},
}}

// rankedResult is the result of the ranked story.
const rankedResult = "question passed 2/0/0 yes; chair elected 3/1/0 c2"

// ranked is a vote with a choice and a ranked contest; of four trustees three sign and mix, and two open.
var ranked = story{steps: []step{
	{"open", func(s *scene) {
		s.o = simulate.New(s, simulate.Config{
			Members: 6, Registrars: 1, Trustees: 4, Threshold: 2, Quorum: 3, Mixes: 3, Revote: true,
			Contests: []contest.Contest{simulate.YesNo("question"), simulate.Rank("chair", contest.MethodIRV, 3, 2, 1)},
		})
		s.r = s.o.Round()
		s.r.Cards(0, 1, 2, 3, 4)
		s.v = s.r.Vote()
		s.v.Ceremony()
		s.v.Open()
	}},
	{"cast", func(s *scene) {
		s.v.Cast(0, []int{simulate.Yes}, []int{1})
		s.v.Cast(1, []int{simulate.No}, []int{1, 2})
		s.v.Cast(2, nil, []int{2})
		s.v.Cast(3, nil, nil)
		s.v.Cast(1, []int{simulate.Yes}, []int{2, 0})
	}},
	{"sealed", func(s *scene) { s.v.Close(); s.v.Promises(); s.v.Seal() }},
	{"nearly signed", func(s *scene) { s.v.Inputs(1, 2) }},
	{"signed", func(s *scene) { s.v.Inputs(3) }},
	{"mixing", func(s *scene) { s.v.Mix(1); s.v.Mix(4) }},
	{"mixed", func(s *scene) { s.v.Mix(2) }},
	{"half opened", func(s *scene) { s.v.Shares(3) }},
	{"tallied", func(s *scene) { s.v.Shares(1) }},
	{"certified", func(s *scene) { s.v.Result() }},
}}

// void is an election of a story in which somebody puts a record on the log that has no effect. The story goes on to its result.
func (st *story) void(name, what, at, code, result string, rows []string, do func(s *scene) *record.Record) Election {
	return st.bad(name, what, at, rows, Want{Verdict: verifier.Verified, Void: []string{code}, Result: result}, true, func(s *scene) { s.put(do(s)) })
}

// stopped is void, and the log ends there.
func (st *story) stopped(name, what, at, code string, rows []string, do func(s *scene) *record.Record) Election {
	return st.bad(name, what, at, rows, Want{Verdict: verifier.Unfinished, Void: []string{code}}, false, func(s *scene) { s.put(do(s)) })
}

// fatal is an election of a story in which somebody puts a record on the log with which the vote does not verify. Nothing follows it.
func (st *story) fatal(name, what, at string, check int, code string, rows []string, do func(s *scene) *record.Record) Election {
	return st.bad(name, what, at, rows, Want{Verdict: verifier.Refuted, Check: check, Code: code}, false, func(s *scene) { s.put(do(s)) })
}

func (st *story) bad(name, what, at string, rows []string, want Want, finish bool, do func(s *scene)) Election {
	return Election{name, what, rows, want, func(s *scene) {
		st.at(s, at)
		do(s)
		if finish {
			st.finish(s, at)
		}
	}}
}

// find returns the first record of a kind on the log.
func (s *scene) find(kind string) *record.Record {
	for _, raw := range s.o.Log() {
		if r, err := record.Decode(raw); err == nil && r.Kind() == kind {
			return r
		}
	}
	s.Fatalf("no %s record on the log", kind)
	return nil
}

// officer signs a body in the vote for the commission.
func (s *scene) officer(b record.Body) *record.Record { return s.v.Officer(b) }

// at returns another scene of the plain story, of the same organisation.
func at(st *story, name string) *scene {
	s := new(scene)
	st.at(s, name)
	return s
}

// reseal makes a record of another's payload and any bytes for a seal.
func reseal(r *record.Record, seal []byte) *record.Record {
	return must(record.Assemble(r.Payload(), seal))
}

// addOrder adds the group's order to the scalar at an offset, which gives another encoding of the same scalar. It is below 2^256.
func addOrder(b []byte, at int) []byte {
	order := []byte{0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 31: 0x10}
	out := bytes.Clone(b)
	carry := 0
	for i := range 32 {
		carry += int(out[at+i]) + int(order[i])
		out[at+i] = byte(carry)
		carry >>= 8
	}
	return out
}
