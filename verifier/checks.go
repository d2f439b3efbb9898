package verifier

import (
	"fmt"

	"mandate/ballot/contest"
	"mandate/ballot/fold"
	"mandate/ballot/record"
)

// The checks of SPEC.md §12 by number.
const (
	checkPackage = iota + 1
	checkCheckpoint
	checkTree
	checkRecords
	checkGenesis
	checkClock
	checkVote
	checkRoll
	checkRegistrarKeys
	checkManifest
	checkCeremony
	checkOpening
	checkBallots
	checkEligibility
	checkClosing
	checkSeal
	checkInput
	checkShares
	checkCounts
	checkDecision
	checkReceipt
	checkCall
	checkForums
	checkStatements
	checkPacket
	checkMailing
	checkNominations
	checkRequires
	checkChanges
	checkMixes
)

var names = map[int]string{
	checkPackage: "package", checkCheckpoint: "checkpoint", checkTree: "tree", checkRecords: "records", checkGenesis: "genesis", checkClock: "clock",
	checkVote: "vote", checkRoll: "roll", checkRegistrarKeys: "registrar keys", checkManifest: "manifest", checkCeremony: "ceremony",
	checkOpening: "opening", checkBallots: "ballots", checkEligibility: "eligibility", checkClosing: "closing", checkSeal: "seal",
	checkInput: "input", checkShares: "shares", checkCounts: "counts", checkDecision: "decision", checkReceipt: "receipt",
	checkCall: "call", checkForums: "forums", checkStatements: "statements", checkPacket: "packet", checkMailing: "mailing",
	checkNominations: "nominations", checkRequires: "requires", checkChanges: "changes", checkMixes: "mixes",
}

// failing says which check a fatal outcome fails (SPEC.md §12).
var failing = map[string]int{
	"oversize": checkRecords, "malformed": checkRecords, "unknown-kind": checkRecords,
	"genesis": checkGenesis, "time-back": checkClock,
	"opening-slot": checkRoll, "opening-ceremony": checkCeremony, "opening-time": checkOpening, "opening-key": checkOpening,
	"stuffing": checkEligibility, "closing-time": checkClosing, "seal-promises": checkSeal,
	"result-input": checkInput, "result-shares": checkShares, "result-count": checkCounts, "result-outcome": checkDecision, "result-lots": checkDecision,
	"result-mixes": checkMixes,
	"rule-called":  checkCall, "rule-stuffing": checkCall, "rule-forums": checkForums, "rule-recordings": checkForums,
	"rule-statements": checkStatements, "rule-packet": checkPacket, "rule-mailing": checkMailing, "rule-nominations": checkNominations,
	"rule-requires": checkRequires, "rule-extend": checkChanges, "rule-cancel": checkChanges, "rule-annul": checkChanges,
}

// failedBy returns the check that a fatal code fails, or other for a code that no check names: whatever is fatal fails something.
func failedBy(code string, other int) int {
	if n, ok := failing[code]; ok {
		return n
	}
	return other
}

func newChecks(from, to int) []Check {
	var cs []Check
	for n := from; n <= to; n++ {
		cs = append(cs, Check{Number: n, Name: names[n]})
	}
	return cs
}

// judgeVote turns the state of a vote and the fatal outcomes that concern it into its checks and verdict.
func (a *audit) judgeVote(v *fold.Vote, pinned bool) VoteReport {
	m, round := v.Manifest, v.Round
	roll := round.Roll.Announce.Count
	r := VoteReport{
		ID: v.ID, Pinned: pinned, Title: m.Title, Phase: v.Phase.String(), Mock: m.Mock, Ended: v.Ended(), Checks: newChecks(checkVote, checkMixes),
		Figures: Figures{Roll: roll, Counted: v.Counted(), Checked: uint64(v.Checks()), Checkers: uint64(v.Checkers()), Void: a.voidBallots[v.ID], Inputs: v.Inputs()},
	}
	ballots, cards := v.CheckFaults()
	r.Figures.Faults, r.Figures.FaultCards = uint64(ballots), uint64(cards)
	r.Removals = a.removals(v)
	for _, p := range m.Programs {
		r.Programs = append(r.Programs, Program{Name: p.Name, Hash: p.Hash})
	}
	for i := range round.Manifest.Registrars {
		r.Figures.Issued = append(r.Figures.Issued, round.Issued(i+1))
	}
	for _, f := range a.fatal[v.ID] {
		find(r.Checks, failedBy(f.Code, checkVote)).fail(f)
	}
	hold := func(number int, format string, args ...any) { find(r.Checks, number).hold(format, args...) }

	if pinned {
		hold(checkVote, "the id is the one asked for")
	} else {
		hold(checkVote, "no id was given: compare %s with the one that you were told elsewhere", v.ID)
	}
	hold(checkManifest, "%d contests, slot %d, %d trustees of whom %d open and %d sign the input", len(m.Contests), m.Slot, len(m.Trustees), m.Threshold, m.Quorum)
	if v.Phase >= fold.Open {
		hold(checkRoll, "%d entries, accepted by %d registrars", roll, len(round.Manifest.Registrars))
		hold(checkRegistrarKeys, "%d keys with certificates, used nowhere else", len(round.Manifest.Registrars))
		hold(checkCeremony, "attempt %d, %d trustees", v.Opening.Attempt, len(m.Trustees))
		hold(checkOpening, "opened with the keys of ceremony and registrars")
		hold(checkBallots, "%d counted, %d void, %d checked before casting%s", v.Counted(), r.Figures.Void, v.Checks(), reported(&r.Figures))
	}
	if v.Phase >= fold.Closed {
		hold(checkClosing, "closed when it was due")
	}
	if v.Phase >= fold.Sealed {
		hold(checkEligibility, "%d counted ≤ %v issued ≤ %d on the roll", v.Counted(), r.Figures.Issued, roll)
		hold(checkSeal, "sealed at record %d with no promised ballot missing or the time for them over", v.Sealed)
	}
	if v.Phase >= fold.Certified {
		hold(checkInput, "%d trustees signed the log at the seal, %d must have", v.Inputs(), m.Quorum)
		hold(checkShares, "shares of at least %d trustees for each of %d contests", m.Threshold, len(m.Contests))
		hold(checkCounts, "every count is what the shares open")
		hold(checkDecision, "%s", decided(m))
	}
	judgeMixes(find(r.Checks, checkMixes), v)
	a.judgeReceipt(find(r.Checks, checkReceipt), v, pinned)
	a.judgeRules(&r, v)
	r.Story, r.Duties = a.story.Of(v.ID), duties(v, a.state.Now())
	r.Warnings = a.warnings(v, pinned)
	r.Verdict = verdictOf(r.Checks, checkVote, checkMixes, v.Phase == fold.Certified)
	if v.Phase == fold.Certified {
		r.Contests = a.contests(v)
	}
	return r
}

func (a *audit) contests(v *fold.Vote) []Contest {
	var out []Contest
	for i, c := range v.Manifest.Contests {
		res := v.Result.Contests[i]
		k := Contest{ID: c.ID, Kind: c.Kind, Title: c.Title, Outcome: res.Outcome, Binding: c.Decision.Binding || c.Ranking.Binding}
		for _, o := range c.Options {
			k.Options = append(k.Options, Option{ID: o.ID, Title: o.Title})
		}
		if c.Kind == contest.KindRanked {
			k.Ranked = ranked(a.state, v, i)
		} else {
			for j := range k.Options {
				k.Options[j].Count = res.Counts[j]
			}
		}
		for _, w := range res.Winners {
			k.Options[w].Winner = true
		}
		out = append(out, k)
	}
	return out
}

// warnings lists what a reader should know and what changes no verdict (SPEC.md §12).
func (a *audit) warnings(v *fold.Vote, pinned bool) []string {
	var out []string
	warn := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	m, registrars := v.Manifest, v.Round.Manifest.Registrars
	if !pinned {
		warn("the vote's id was not given; whoever runs a board can make up a whole one, under another id")
	}
	if m.Mock {
		warn("this is a mock vote: it decides nothing")
	}
	if len(registrars) == 1 {
		warn("there is one registrar, who can make up voters: this verification proves nothing about who voted")
	}
	for i, g := range registrars {
		for _, h := range registrars[:i] {
			if g.Operator == h.Operator {
				warn("registrars %s and %s are both run by %s", h.Name, g.Name, g.Operator)
			} else if way := g.SharedWay(&h); way != "" {
				warn("registrars %s and %s know members by the same channel, %s", h.Name, g.Name, way)
			}
		}
	}
	if n := uint64(len(m.Trustees)); 2*m.Quorum <= n+m.Threshold-1 && m.Witnesses.Need == 0 {
		warn("%d of %d trustees sign the input and no witness is asked for: a dishonest board could have two histories opened", m.Quorum, n)
	}
	for _, i := range v.Shortfall() {
		warn("registrar %s has published fewer issue records than there are voters", registrars[i-1].Name)
	}
	if ballots, cards := v.CheckFaults(); ballots > 0 {
		warn("%s of %d checked are reported to show another choice than was made, by %s of %d that checked; nobody can prove or disprove it, and many by many cards mean that booths lie",
			plural(ballots, "ballot", "ballots"), v.Checks(), plural(cards, "card", "cards"), v.Checkers())
	}
	out = append(out, a.course(v.ID).warnings(v)...)
	out = append(out, a.clocks.warnings(v.ID)...)
	out = append(out, a.warningsByRules(v)...)
	if v.Phase >= fold.Sealed {
		switch n := v.Counted(); {
		case n == 1:
			warn("one ballot was counted: the result is how one person voted")
		case n > 1 && n < 10:
			warn("%d ballots were counted: so few say much about each", n)
		}
	}
	if v.Phase == fold.Certified {
		for i, c := range v.Result.Contests {
			if m.Contests[i].Kind == contest.KindRanked {
				out = append(out, rankedWarnings(v, i)...)
				continue
			}
			for _, count := range c.Counts {
				if count == v.Counted() && count > 1 {
					warn("contest %s: all ballots agree, so everybody knows how every voter voted", m.Contests[i].ID)
					break
				}
			}
		}
	}
	return out
}

// note keeps what a record's outcome means for the report.
func (a *audit) note(index uint64, p *fold.Prepared, o fold.Outcome) {
	if o.Status == fold.Accepted {
		return
	}
	f := Finding{Index: int64(index), ID: p.ID(), Code: o.Code, Sentence: o.Err.Error()}
	var scope record.ID
	if rec := p.Record(); rec != nil {
		f.Kind, scope = rec.Kind(), rec.Scope
	}
	if o.Status == fold.Void {
		key := f.Kind + "/" + f.Code
		if a.report.VoidTotal[key]++; a.report.VoidTotal[key] <= MaxFindings {
			a.report.Void = append(a.report.Void, f)
		}
		if f.Kind == "ballot" {
			a.voidBallots[scope]++
		}
		return
	}
	if o.Scope == (record.ID{}) {
		find(a.report.Log, failedBy(o.Code, checkRecords)).fail(f)
		return
	}
	a.fatal[o.Scope] = append(a.fatal[o.Scope], f)
}
