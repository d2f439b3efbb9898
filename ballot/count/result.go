package count

import "math/big"

// A State is where a candidate stands at the end of a stage.
type State string

// The states of a candidate.
const (
	Continuing State = "continuing"
	Elected    State = "elected"
	Excluded   State = "excluded"
	NotElected State = "not-elected" // was continuing when the last seat was filled
	Withdrawn  State = "withdrawn"
)

// An Action says what happened to ballots at the start of a stage.
type Action string

// The actions that open a stage.
const (
	FirstCount      Action = "first-count"     // ballots are counted for the first time
	SurplusTransfer Action = "surplus"         // the surplus of From moves on
	ExclusionAction Action = "exclusion"       // the votes of From, excluded, move on
	Redistribution  Action = "redistribution"  // all votes are distributed anew (Meek)
	PairwiseAction  Action = "pairwise-counts" // candidates are compared in pairs
)

// An EventKind says what an [Event] is.
type EventKind string

// The kinds of events.
const (
	WasElected  EventKind = "elected"
	WasExcluded EventKind = "excluded"
	WasGuarded  EventKind = "guarded" // must be elected, or the rules cannot be met
	WasDoomed   EventKind = "doomed"  // cannot be elected without breaking a rule
	TieBroken   EventKind = "tie"
	RuleLowered EventKind = "rule-lowered" // too few candidates stand to meet it
)

// A Reason is why an event happened.
type Reason string

// The reasons of events.
const (
	ByQuota         Reason = "quota"
	ByMajority      Reason = "majority"
	ByLastVacancies Reason = "last-vacancies"
	ByOrder         Reason = "order" // next in the method's order of candidates
	ByFewestVotes   Reason = "fewest-votes"
	ByDoom          Reason = "doomed"
	ByRule          Reason = "representation-rule"
	ByEarlierStage  Reason = "earlier-stage"
	ByLot           Reason = "lot"
)

// An Event is something that happened to a candidate at a stage.
type Event struct {
	Kind      EventKind
	Candidate int   // -1 where there is none
	Others    []int // the candidates it was picked from, if Kind is TieBroken
	Reason    Reason
	Rule      int    // 1 + index into Result.Rules, or 0
	Draw      int    // number of the draw, or 0
	Stage     int    // the earlier stage that decided, or 0
	Why       string // a sentence in English
}

// A Transfer is an amount of votes that moved from one candidate to another, or
// became non-transferable if To is -1.
type Transfer struct {
	From, To int
	Votes    Votes
}

// A Stage is one step of a count and the state at its end. Slices are indexed by
// candidate and empty where the method has no such thing.
type Stage struct {
	Number int // from 1
	Action Action
	From   []int  // whose votes moved
	Why    string // a sentence in English

	Quota   Votes   // votes that elect, at this stage
	Votes   []Votes // held at the end of the stage
	Changes []Votes // against the stage before
	States  []State

	// NonTransferable is all votes that no candidate holds any more. Rounding
	// is the part of it that was cut off in calculating transfer values
	// (Scottish STV); the rest belongs to ballots without a further preference.
	NonTransferable, NonTransferableChange, Rounding Votes

	Transfers []Transfer // what moved from whom to whom; none for Meek STV

	Surplus     Votes   // Meek STV: total surplus at the end
	KeepFactors []Votes // Meek STV
	Iterations  int     // Meek STV

	Guarded, Doomed []int // candidates who are so at the end of the stage
	Events          []Event
}

// Ballots are the numbers of ballots. Total is the sum of the others.
type Ballots struct {
	Total, Valid, Blank, Spoiled *big.Int
}

// A Result is a finished count.
type Result struct {
	Method     Method
	Title      string
	Seats      int
	Target     int // seats that can be filled, fewer than Seats if candidates or rules do not suffice
	Places     int // decimals that the method calculates with
	Candidates []Candidate
	Rules      []Rule // as applied: a floor may have been lowered at stage 1
	Ballots    Ballots

	// Elected lists the elected by stage, within a stage by votes, and among
	// equal votes by number.
	Elected []int
	// Ranking is the order of candidates that the method produced, best first,
	// equals together, before seats and representation rules. Only methods that
	// produce one have it: not the transferable vote.
	Ranking [][]int

	Stages   []Stage
	Draws    []Draw
	Pairwise *PairwiseResult // Schulze and ranked pairs
	Notes    []string        // remarks for the reader, in English
}

// State returns where a candidate stands at the end of the count.
func (r *Result) State(candidate int) State {
	return r.Stages[len(r.Stages)-1].States[candidate]
}
