package bench

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/bits"
	"os"

	"mandate/ballot/record"
	"mandate/crypto/elgamal"
	"mandate/crypto/group"
	"mandate/crypto/mixnet"
	"mandate/crypto/sigma"
	"mandate/verifier/boardlog"
)

// Costs are what one ballot costs, in seconds of processor time of one core.
type Costs struct {
	Source      string  `json:"source"` // who has measured them
	BallotBytes uint64  `json:"ballot_bytes"`
	Registrars  uint64  `json:"registrars"`
	Card        float64 `json:"card_seconds"`    // a card of one slot: requests, signatures of all registrars, checks
	Intake      float64 `json:"intake_seconds"`  // taken by a board, with its member
	Verify      float64 `json:"verify_seconds"`  // verified, in a whole run or a range
	Pass        float64 `json:"pass_seconds"`    // read on the way to a range
	Merge       float64 `json:"merge_seconds"`   // in mandate-verify -merge
	Fold        float64 `json:"fold_seconds"`    // of that, on one core and in order
	Memory      uint64  `json:"memory_bytes"`    // kept by a whole run and by -merge
	Prove       float64 `json:"prove_seconds"`   // shuffled with proof
	Shuffle     float64 `json:"shuffle_seconds"` // its shuffle verified
}

// measuredCosts were measured on two cores of a machine that had much else to do, which makes processor time longer by half: the times of Verify, Pass
// and Merge with the audit package of 100,000 ballots, the others with mandate bench -members 6000.
var measuredCosts = Costs{
	Source: "measured on two cores of an AMD EPYC under load", BallotBytes: 1949, Registrars: registrars,
	Card: 5.2e-3, Intake: 0.9e-3, Verify: 300e-6, Pass: 12e-6, Merge: 54e-6, Fold: 3.5e-6, Memory: 350, Prove: 172e-6, Shuffle: 75e-6,
}

// planned are the flags of a projection.
type planned struct {
	members, machines, cores uint64
	from                     string
}

func (f *planned) flags(s *flag.FlagSet) {
	s.Uint64Var(&f.members, "project", 0, "")
	s.Uint64Var(&f.machines, "machines", 10, "")
	s.Uint64Var(&f.cores, "cores", 16, "")
	s.StringVar(&f.from, "from", "", "")
}

// asked reports whether a projection is asked for, and whether the flags given beside go with it or without it.
func (f *planned) asked(s *flag.FlagSet) (asked bool, err error) {
	given := make(map[string]bool)
	s.Visit(func(g *flag.Flag) { given[g.Name] = true })
	for name := range given {
		switch name {
		case "machines", "cores", "from":
			if !given["project"] {
				err = fmt.Errorf("-%s is for -project", name)
			}
		case "project", "json":
		default:
			if given["project"] {
				err = fmt.Errorf("-%s and -project: only one of them can be given", name)
			}
		}
	}
	return given["project"], err
}

func (f *planned) project() (*Projection, error) {
	c := measuredCosts
	if f.from != "" {
		var err error
		if c, err = costsOf(f.from); err != nil {
			return nil, fmt.Errorf("-from: %w", err)
		}
	}
	return project(f.members, f.machines, f.cores, c)
}

// costsOf takes from a report of mandate bench -json what it has; passing and merging are not in it.
func costsOf(path string) (Costs, error) {
	c := measuredCosts
	b, err := os.ReadFile(path)
	if err != nil {
		return c, err
	}
	r := Report{Verification: new(Verification), Shuffling: new(Shuffling)}
	if err := json.Unmarshal(b, &r); err != nil {
		return c, fmt.Errorf("%s: %w", path, err)
	}
	if r.Ballots < 1 || r.BallotBytes < 1 || r.Registrars < 1 || r.Cores < 1 || r.CardsPerSecond <= 0 || r.Verification.CPU <= 0 {
		return c, fmt.Errorf("%s: no report of mandate bench -json", path)
	}
	c.Source, c.BallotBytes, c.Registrars = path, uint64(r.BallotBytes), uint64(r.Registrars)
	c.Card, c.Intake, c.Verify = float64(r.Cores)/r.CardsPerSecond, r.IntakeCPU, r.Verification.CPU/float64(r.Ballots)
	c.Prove, c.Shuffle = r.ProveCPU, r.Shuffling.VerifyCPU
	return c, nil
}

// A Projection is what a vote of many members costs if all of them vote once: bytes and numbers as SPEC.md has them, times from the costs.
type Projection struct {
	Members  uint64 `json:"members"`
	Machines uint64 `json:"machines"`
	Cores    uint64 `json:"cores"` // of each
	Costs    Costs  `json:"costs"`

	LogSize
	Signatures uint64 `json:"signatures"` // of registrars, that a verification checks; there are as many proofs as ballots

	CardHours     float64 `json:"card_hours"`     // on one machine
	LastHour      float64 `json:"last_hour"`      // ballots in a second, if a tenth of all come in the last hour
	IntakeCores   float64 `json:"intake_cores"`   // for that
	IntakeHours   float64 `json:"intake_hours"`   // of one board with all cores of a machine
	SingleHours   float64 `json:"single_hours"`   // verification, one machine
	RangeHours    float64 `json:"range_hours"`    // the last range
	MergeHours    float64 `json:"merge_hours"`    // after that
	MergeMemory   uint64  `json:"merge_memory"`   // bytes
	RangeRead     uint64  `json:"range_read"`     // bytes that all machines read together for their ranges
	ReadHours     float64 `json:"read_hours"`     // to read the log once, at 1 Gbit/s
	MemberTraffic uint64  `json:"member_traffic"` // bytes: members send their ballots; what they read is not in it

	RankedVotes uint64  `json:"ranked_votes"` // of a ranked contest of one ciphertext: votes of as many ballots as one mix takes
	StageBytes  uint64  `json:"stage_bytes"`  // that all mixes of one stage put on the logs
	StageHours  float64 `json:"stage_hours"`  // the stages of one mixer, votes spread over the machines
	StageCheck  float64 `json:"stage_check"`  // hours: to verify one stage of all votes on one machine
}

// LogSize is how large a log is that has a roll, its issue records and a vote: all but some dozens of records that do not grow with the members.
type LogSize struct {
	Ballots    uint64 `json:"ballots"`
	RollParts  uint64 `json:"roll_parts"`
	Issues     uint64 `json:"issues"`
	Records    uint64 `json:"records"`
	RollBytes  uint64 `json:"roll_bytes"`
	IssueBytes uint64 `json:"issue_bytes"`
	EntryBytes uint64 `json:"entry_bytes"` // of all records, with the two bytes of length that a bundle has for each
	TreeSize
}

// TreeSize is how many files a tree of a size has.
type TreeSize struct {
	HashTiles uint64 `json:"hash_tiles"`
	HashBytes uint64 `json:"hash_bytes"`
	Bundles   uint64 `json:"bundles"`
}

// treeSize counts the tiles of SPEC.md §7.3.
func treeSize(records uint64) TreeSize {
	var t TreeSize
	for n := records; n > 0; n /= boardlog.TileWidth {
		t.HashTiles += (n + boardlog.TileWidth - 1) / boardlog.TileWidth
		t.HashBytes += n * 32
	}
	t.Bundles = (records + boardlog.TileWidth - 1) / boardlog.TileWidth
	return t
}

// head is the length of a CBOR head, in all records here.
func head(n uint64) uint64 {
	switch {
	case n < 24:
		return 1
	case n < 1<<8:
		return 2
	case n < 1<<16:
		return 3
	case n < 1<<32:
		return 5
	}
	return 9
}

// heads is the sum of head over the numbers below n.
func heads(n uint64) uint64 {
	sum := n
	for _, step := range []struct{ from, more uint64 }{{24, 1}, {1 << 8, 1}, {1 << 16, 2}, {1 << 32, 4}} {
		if n > step.from {
			sum += (n - step.from) * step.more
		}
	}
	return sum
}

// signed is the length of a signed record with a kind and a body of so many bytes, its array's head among them (SPEC.md §8.1).
func signed(kind string, body uint64) uint64 {
	payload := 1 + head(uint64(len(kind))) + uint64(len(kind)) + 2 + 32 + body
	return 1 + head(payload) + payload + head(sigma.SignatureSize) + sigma.SignatureSize
}

func logSize(members, registrars, ballot uint64) LogSize {
	s := LogSize{Ballots: members}
	for from := uint64(0); from < members; from += record.PartEntries {
		entries := 32 * min(record.PartEntries, members-from)
		s.RollBytes += signed("roll-part", 1+1+head(s.RollParts)+head(entries)+entries)
		s.RollParts++
	}
	for from := uint64(0); from < members; from += record.MaxIssues {
		to := min(from+record.MaxIssues, members)
		s.IssueBytes += registrars * signed("issues", 1+1+head(to-from)+heads(to)-heads(from))
		s.Issues += registrars
	}
	s.Records = s.Ballots + s.RollParts + s.Issues
	s.EntryBytes = members*ballot + s.RollBytes + s.IssueBytes + 2*s.Records
	s.TreeSize = treeSize(s.Records)
	return s
}

// project computes what a vote costs on some machines.
func project(members, machines, cores uint64, c Costs) (*Projection, error) {
	if members < 1 || members > record.MaxRoll {
		return nil, fmt.Errorf("-project: %d, want 1 to %d", members, record.MaxRoll)
	}
	if machines < 1 || machines > 4096 || cores < 1 || cores > 4096 {
		return nil, errors.New("-machines and -cores: want 1 to 4096")
	}
	p := &Projection{Members: members, Machines: machines, Cores: cores, Costs: c, LogSize: logSize(members, c.Registrars, c.BallotBytes)}
	if hi, _ := bits.Mul64(p.EntryBytes, machines); hi != 0 {
		return nil, errors.New("-from: the ballots are too large")
	}
	m := float64(members)
	hours := func(perBallot float64) float64 { return m * perBallot / float64(cores) / 3600 }
	p.Signatures = members * c.Registrars
	p.CardHours = hours(c.Card)
	p.LastHour = m / 10 / 3600
	p.IntakeCores, p.IntakeHours = p.LastHour*c.Intake, hours(c.Intake)
	p.SingleHours = hours(c.Verify)
	// The last range reads all that comes before it. Merging is never faster than what of it goes in order.
	k := float64(machines)
	p.RangeHours = hours(c.Pass*(k-1)/k + c.Verify/k)
	p.MergeHours = max(hours(c.Merge), m*c.Fold/3600)
	p.MergeMemory = members * c.Memory
	p.RangeRead = (p.EntryBytes + p.HashBytes) / 2 * (machines + 1) // the i-th reads i of so many ranges
	p.ReadHours = float64(p.EntryBytes+p.HashBytes) * 8 / 1e9 / 3600
	p.MemberTraffic = members * c.BallotBytes

	p.RankedVotes = (members + mixnet.MaxItems - 1) / mixnet.MaxItems
	rounds := float64((p.RankedVotes + machines - 1) / machines) // votes that a machine mixes one after the other
	p.StageBytes = members * (elgamal.Size + 5*group.ElementSize)
	p.StageHours = rounds * m / float64(p.RankedVotes) * c.Prove / float64(cores) / 3600
	p.StageCheck = hours(c.Shuffle)
	return p, nil
}

func (p *Projection) write(w io.Writer, asJSON bool) error {
	if asJSON {
		return writeJSON(w, p)
	}
	o := &printer{w: w}
	o.print("%d members, all of whom vote once; %d registrars; %d machines of %d cores. Costs: %s", p.Members, p.Costs.Registrars, p.Machines, p.Cores, p.Costs.Source)
	row := func(what, format string, args ...any) { o.print("  %-24s %s", what, fmt.Sprintf(format, args...)) }
	o.print("Log, exact but for some dozens of records")
	row("records", "%d: %d ballots, %d of the roll, %d lists of issued cards", p.Records, p.Ballots, p.RollParts, p.Issues)
	row("bytes of records", "%s: ballots of %d bytes, roll %s, issued %s", large(p.EntryBytes), p.Costs.BallotBytes, large(p.RollBytes), large(p.IssueBytes))
	row("files", "%d bundles, %d hash tiles with %s", p.Bundles, p.HashTiles, large(p.HashBytes))
	row("to verify", "%d proofs, %d signatures of registrars", p.Ballots, p.Signatures)
	o.print("Times, from processor time, if the cores have nothing else to do")
	row("cards", "%.1f h of one machine, all registrars and members together, before the vote", p.CardHours)
	row("intake", "%.1f h of one board of %d cores; a tenth of all in the last hour are %.0f ballots/s, %.1f cores", p.IntakeHours, p.Cores, p.LastHour, p.IntakeCores)
	row("members send", "%s", large(p.MemberTraffic))
	row("reading the log", "%.2f h at 1 Gbit/s, by each that reads it from the network", p.ReadHours)
	row("verification, one run", "%.2f h", p.SingleHours)
	row("in ranges", "%.2f h on %d machines, which read %s together; then merging: %.2f h with %s of memory", p.RangeHours, p.Machines, large(p.RangeRead), p.MergeHours, large(p.MergeMemory))
	row("ranked instead", "%d votes of at most %d ballots each (one mix takes no more)", p.RankedVotes, mixnet.MaxItems)
	row("each stage of a mix", "%.2f h with the votes spread over the machines, %s; verified on one machine in %.2f h", p.StageHours, large(p.StageBytes), p.StageCheck)
	return o.err
}

// large is size for numbers that may be very large.
func large(n uint64) string {
	switch {
	case n >= 10e12:
		return fmt.Sprintf("%.0f TB", float64(n)/1e12)
	case n >= 10e9:
		return fmt.Sprintf("%.0f GB", float64(n)/1e9)
	case n >= 10e6:
		return fmt.Sprintf("%.0f MB", float64(n)/1e6)
	}
	return fmt.Sprintf("%.0f kB", float64(n)/1e3)
}
