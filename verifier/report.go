package verifier

import (
	"fmt"
	"slices"

	"mandate/ballot/record"
	"mandate/ballot/text"
)

// A Status says how a check of SPEC.md §12 ended. The zero value is "not reached", so a check that never ran cannot pass.
type Status int

const (
	NotReached Status = iota // the vote is not that far, or verification ended before it
	Held
	Failed
	NotAsked // the check needs something that was not given, such as a receipt
)

func (s Status) String() string {
	switch s {
	case Held:
		return "held"
	case Failed:
		return "failed"
	case NotAsked:
		return "not asked"
	}
	return "not reached"
}

// MarshalText returns the status as in SPEC.md §12.
func (s Status) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// A Check is one line of a report.
type Check struct {
	Number int       `json:"number"`
	Name   string    `json:"name"`
	Status Status    `json:"status"`
	Detail string    `json:"detail"`             // what was checked, in figures; or the first failure
	Faults []Finding `json:"failures,omitempty"` // what failed it
}

// A Finding is a record that is void or fatal, or a fault of the source. Index is -1 if it concerns no record.
type Finding struct {
	Index    int64     `json:"index"`
	ID       record.ID `json:"id"`
	Kind     string    `json:"kind,omitempty"`
	Code     string    `json:"code"`
	Sentence string    `json:"sentence"`
}

func (f Finding) String() string {
	if f.Index < 0 {
		return fmt.Sprintf("%s: %s", f.Code, f.Sentence)
	}
	return fmt.Sprintf("record %d (%s %s): %s: %s", f.Index, f.Kind, f.ID.Short(), f.Code, f.Sentence)
}

// A Verdict is what a verification comes to. The zero value is not a success.
type Verdict int

const (
	Unreadable Verdict = iota // the source could not be read whole
	Refuted                   // a check failed
	Unfinished                // nothing is wrong, and the vote is not certified
	Verified                  // every check ran to its end and held
)

func (v Verdict) String() string {
	switch v {
	case Verified:
		return "verified"
	case Refuted:
		return "failed"
	case Unfinished:
		return "unfinished"
	}
	return "unreadable"
}

// MarshalText returns the verdict's name.
func (v Verdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// ExitCode is the exit code of mandate-verify: 0 verified, 1 failed, 2 unreadable, 3 unfinished.
func (v Verdict) ExitCode() int {
	switch v {
	case Verified:
		return 0
	case Refuted:
		return 1
	case Unfinished:
		return 3
	}
	return 2
}

// A Report is the outcome of a verification. Only Verify makes one that says Verified.
type Report struct {
	Origin    string            `json:"origin"`
	Size      uint64            `json:"size"`
	Root      record.ID         `json:"root"`
	Log       []Check           `json:"log"`              // checks 1 to 6
	Votes     []VoteReport      `json:"votes"`            // those asked for
	Void      []Finding         `json:"void"`             // void records, at most MaxFindings of each kind and code
	VoidTotal map[string]uint64 `json:"void_total"`       // by "kind/code"
	Opened    *Opened           `json:"opened,omitempty"` // the opened ballot, if one was given
	Tally     Tally             `json:"tally"`            // how many of the checks above ran
	Merged    *Merged           `json:"merged,omitempty"` // parts that were made elsewhere, if there were any
	Verdict   Verdict           `json:"verdict"`
	Problem   string            `json:"problem,omitempty"` // why the source could not be read, or no vote was found

	sealed bool // made by Verify
}

// OK reports whether every check ran to its end and held.
func (r *Report) OK() bool { return r != nil && r.sealed && r.Verdict == Verified }

// A VoteReport has the checks of one vote.
type VoteReport struct {
	ID       record.ID  `json:"id"`
	Pinned   bool       `json:"pinned"` // the id was given by the caller
	Title    text.Texts `json:"title"`
	Phase    string     `json:"phase"`
	Mock     bool       `json:"mock"`
	Ended    bool       `json:"ended"`  // lapsed, cancelled or annulled: there is no result
	Checks   []Check    `json:"checks"` // 7 to 30
	Warnings []string   `json:"warnings"`
	Story    []Line     `json:"story"`
	Duties   []Duty     `json:"duties"` // what is owed at the last time of the log
	Figures  Figures    `json:"figures"`
	Removals *Removals  `json:"removals,omitempty"` // from the vote's roll; nil if there are none
	Programs []Program  `json:"programs"`           // pinned by the manifest; they have no part in the verdict
	Contests []Contest  `json:"contests,omitempty"` // once certified and verified
	Verdict  Verdict    `json:"verdict"`
}

// A Program is one that members' browsers are to run. What servers hand out is not on the log: the command mandate program compares it.
type Program struct {
	Name string    `json:"name"`
	Hash record.ID `json:"sha256"` // of the WebAssembly, not compressed
}

// Removals are what became of a vote's roll after it was committed (SPEC.md §12). They have no part in the verdict.
type Removals struct {
	Off      uint64   `json:"off"`      // entries that are off the roll at the end of the log
	Removed  uint64   `json:"removed"`  // entries taken off, each time counted
	Restored uint64   `json:"restored"` // entries put back, each time counted
	First    uint64   `json:"first"`    // the log's time of the first removal
	Last     uint64   `json:"last"`     // and of the last, or of the last putting back
	Issued   uint64   `json:"issued"`   // of those taken off, entries to which every registrar of the round had issued a card
	Open     uint64   `json:"open"`     // of those taken off, while the vote was open
	Late     []uint64 `json:"late"`     // by registrar: entries listed as issued for the first time while they were off
}

// Figures are the numbers of a vote.
type Figures struct {
	Roll    uint64   `json:"roll"`
	Issued  []uint64 `json:"issued"` // by registrar
	Counted uint64   `json:"counted"`
	Checked uint64   `json:"checked"` // ballots opened before casting
	// Of those, and of the cards they were checked with: how many were reported to show another choice (SPEC.md §10.4).
	Checkers   uint64 `json:"checkers"`
	Faults     uint64 `json:"check_faults"`
	FaultCards uint64 `json:"check_fault_cards"`
	Void       uint64 `json:"void"` // void ballots
	Inputs     int    `json:"inputs"`
}

// A Contest is a verified result.
type Contest struct {
	ID      string     `json:"id"`
	Kind    string     `json:"kind"`
	Title   text.Texts `json:"title"`
	Options []Option   `json:"options"`
	Outcome string     `json:"outcome"`
	Binding bool       `json:"binding"`
	Ranked  *Ranked    `json:"ranked,omitempty"` // nil for a choice
}

// An Option is one option, and of a choice its verified count.
type Option struct {
	ID     string     `json:"id"`
	Title  text.Texts `json:"title"`
	Count  uint64     `json:"count"` // 0 in a ranked contest
	Winner bool       `json:"winner"`
}

// check returns the check with that number, of the log or of the vote.
func find(checks []Check, number int) *Check {
	i := slices.IndexFunc(checks, func(c Check) bool { return c.Number == number })
	return &checks[i]
}

func (c *Check) hold(format string, args ...any) {
	if c.Status != Failed {
		c.Status, c.Detail = Held, fmt.Sprintf(format, args...)
	}
}

func (c *Check) fail(f Finding) {
	if c.Status != Failed {
		c.Status, c.Detail = Failed, f.String()
	}
	if len(c.Faults) < MaxFindings {
		c.Faults = append(c.Faults, f)
	}
}
