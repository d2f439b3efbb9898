package bench

import (
	"encoding/json"
	"fmt"
	"io"
)

// A Report has the figures of one run. Rates are of all cores together; processor times are of one ballot, all cores added up.
type Report struct {
	Machine    Machine `json:"machine"`
	Cores      int     `json:"cores"` // that were used
	Ballots    int     `json:"ballots"`
	Registrars int     `json:"registrars"`
	Options    int     `json:"options"`
	Ranked     bool    `json:"ranked"` // options are candidates, and trustees mix

	BallotBytes  int   `json:"ballot_bytes"`
	PackageBytes int64 `json:"package_bytes"`

	CardsPerSecond       float64 `json:"cards_per_second"` // with keys like real ones
	MakeBallotsPerSecond float64 `json:"make_ballots_per_second"`

	IntakeBallotsPerSecond float64 `json:"intake_ballots_per_second"`
	IntakeP50              float64 `json:"intake_p50_seconds"` // from sending a ballot to holding its receipt
	IntakeP99              float64 `json:"intake_p99_seconds"`
	IntakeMax              float64 `json:"intake_max_seconds"`
	IntakeClients          int     `json:"intake_clients"`                // members at once, on the same cores
	IntakeCPU              float64 `json:"intake_cpu_seconds_per_ballot"` // theirs included; 0 where the system does not tell

	TallySeconds float64 `json:"tally_seconds"` // close to certified, the trustees' own check of the whole log included
	TallyCPU     float64 `json:"tally_cpu_seconds"`

	*Verification
	*Shuffling

	CheckBallotsPerSecond float64 `json:"check_ballots_per_second"` // without log and fold
	CheckCPU              float64 `json:"check_cpu_seconds_per_ballot"`
	BareSignaturesCPU     float64 `json:"bare_signatures_cpu_seconds_per_ballot"` // RSA verifications alone
	BareProofCPU          float64 `json:"bare_proof_cpu_seconds_per_ballot"`      // elements decoded and multiplied as one sum
	BarePoints            int     `json:"bare_points"`                            // of a ballot, in that sum
	CheckOverBare         float64 `json:"check_over_bare"`
	VerifyOverBare        float64 `json:"verify_over_bare"`

	Belenios *Belenios `json:"belenios,omitempty"` // if it was asked for
}

func writeJSON(w io.Writer, v any) error {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	_, err = w.Write(append(b, '\n'))
	return err
}

func (r *Report) write(w io.Writer, asJSON bool) error {
	if asJSON {
		return writeJSON(w, r)
	}
	p := &printer{w: w}
	p.print("Machine: %s", describe(r.Machine, r.Cores))
	if r.Machine.Load != nil {
		p.print("Before the run %.1f programs wanted to run on it at a time, on average over a minute.", *r.Machine.Load)
	}
	kind := "options"
	if r.Ranked {
		kind = "candidates to rank"
	}
	p.print("Vote: %d ballots of %d %s with the signatures of %d registrars, %d bytes each; audit package %s", r.Ballots, r.Options, kind, r.Registrars, r.BallotBytes, size(uint64(r.PackageBytes)))
	p.print("")
	p.print("On all cores together, in a second")
	p.print("  %8.0f  cards issued: requests, signatures of all registrars, checks", r.CardsPerSecond)
	p.print("  %8.0f  ballots made by members", r.MakeBallotsPerSecond)
	p.print("  %8.0f  ballots taken by the board: checked, on disk, promised, receipted, with %d members at once on the same cores", r.IntakeBallotsPerSecond, r.IntakeClients)
	p.print("  %8.0f  ballots checked by themselves", r.CheckBallotsPerSecond)
	p.print("  %8.0f  ballots verified with the whole board", r.Verification.PerSecond)
	p.print("  %8.0f  ballots shuffled with proof, of %d", r.ProvePerSecond, r.Shuffling.Items)
	p.print("  %8.0f  ballots of which a shuffle is verified", r.Shuffling.VerifyPerSecond)
	p.print("")
	p.print("A member holds the receipt after %.2f s (half of them), %.2f s (99 in 100), %.2f s (all).", r.IntakeP50, r.IntakeP99, r.IntakeMax)
	p.print("From closing to the certified result: %.1f s; %.1f s of processor time, all cores added up.", r.TallySeconds, r.TallyCPU)
	p.print("The whole board was verified in %.2f s with %s of memory at most, %s a ballot.", r.Verification.Seconds, size(r.Verification.Peak), size(uint64(r.PerBallot)))
	p.print("")
	p.print("Processor time of one ballot, all cores added up, in µs")
	p.print("  %8.1f  bare: %d RSA-2048 verifications", r.BareSignaturesCPU*1e6, r.Registrars)
	p.print("  %8.1f  bare: %d elements decoded, and multiplied as part of one sum", r.BareProofCPU*1e6, r.BarePoints)
	p.print("  %8.1f  checked by itself, %.2f times the bare operations", r.CheckCPU*1e6, r.CheckOverBare)
	p.print("  %8.1f  verified with the whole board, %.2f times the bare operations", r.Verification.CPU/float64(r.Ballots)*1e6, r.VerifyOverBare)
	if r.IntakeCPU > 0 {
		p.print("  %8.1f  taken by the board, with its member", r.IntakeCPU*1e6)
	}
	p.print("  %8.1f  shuffled with proof", r.ProveCPU*1e6)
	p.print("  %8.1f  its shuffle verified", r.Shuffling.VerifyCPU*1e6)
	if b := r.Belenios; b != nil {
		p.print("  %8.1f  verified by Belenios %s (%s), %.1f times that of Mandate", b.CPU*1e6, b.Version, b.Group, b.Over)
	}
	return p.err
}

// markdown writes the most telling figures as a table.
func (r *Report) markdown(w io.Writer) error {
	p := &printer{w: w}
	row := func(what, format string, args ...any) { p.print("| %s | %s |", what, fmt.Sprintf(format, args...)) }
	kind := fmt.Sprintf("%d options", r.Options)
	if r.Ranked {
		kind = fmt.Sprintf("%d candidates to rank", r.Options)
	}
	p.print("%s", describe(r.Machine, r.Cores))
	p.print("")
	p.print("| %d ballots, %s, %d registrars | |", r.Ballots, kind, r.Registrars)
	p.print("|---|---|")
	row("verify the whole board", "%.1f s; %.0f ballots/s; %.0f µs of processor time each, %.2f times the bare mathematics",
		r.Verification.Seconds, r.Verification.PerSecond, r.Verification.CPU/float64(r.Ballots)*1e6, r.VerifyOverBare)
	row("memory for that", "%s; %s a ballot", size(r.Verification.Peak), size(uint64(r.PerBallot)))
	row("close to certified", "%.1f s", r.TallySeconds)
	row("intake: checked, on disk, promised, receipted", "%.0f ballots/s beside %d members on the same cores; receipt after %.2f s (99 in 100)", r.IntakeBallotsPerSecond, r.IntakeClients, r.IntakeP99)
	row("a ballot's size", "%d bytes", r.BallotBytes)
	row(fmt.Sprintf("shuffle of %d ballots", r.Shuffling.Items), "%.1f s; %.0f ballots/s", float64(r.Shuffling.Items)/r.ProvePerSecond, r.ProvePerSecond)
	row("verify that shuffle", "%.1f s; %.0f ballots/s", float64(r.Shuffling.Items)/r.Shuffling.VerifyPerSecond, r.Shuffling.VerifyPerSecond)
	if b := r.Belenios; b != nil {
		row(fmt.Sprintf("Belenios %s, %s: verify %d ballots", b.Version, b.Group, b.Ballots), "%.1f s; %.0f µs of processor time each, %.1f times Mandate's", b.Seconds, b.CPU*1e6, b.Over)
	}
	return p.err
}

func (v *Verification) write(w io.Writer, asJSON bool) error {
	if asJSON {
		return writeJSON(w, v)
	}
	p := &printer{w: w}
	p.print("%d records with %d counted ballots: %s", v.Records, v.Counted, v.Verdict)
	p.print("in %.2f s, %.0f ballots in a second; %.2f s of processor time, all cores added up", v.Seconds, v.PerSecond, v.CPU)
	p.print("%s of memory at most", size(v.Peak))
	return p.err
}

type printer struct {
	w   io.Writer
	err error
}

func (p *printer) print(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format+"\n", args...)
	}
}

func describe(m Machine, cores int) string {
	s := fmt.Sprintf("%d cores, %s/%s, %s", cores, m.OS, m.Arch, m.Go)
	if m.CPU != "" {
		s = m.CPU + ", " + s
	}
	if m.Memory > 0 {
		s += ", " + size(m.Memory) + " of memory"
	}
	return s
}

// size is a number of bytes for people.
func size(n uint64) string {
	switch {
	case n >= 10<<30:
		return fmt.Sprintf("%d GB", n>>30)
	case n >= 10<<20:
		return fmt.Sprintf("%d MB", n>>20)
	case n >= 10<<10:
		return fmt.Sprintf("%d kB", n>>10)
	}
	return fmt.Sprintf("%d bytes", n)
}
