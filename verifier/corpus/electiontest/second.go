package electiontest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
)

// Second runs the second verifier, whose program is verify.js, with node, and says in what its report differs from that of the first: all but
// sentences is compared. It needs a folder for the files.
func (f *Files) Second(ctx context.Context, program, dir string) ([]string, error) {
	r, err := f.Verify(ctx)
	if err != nil {
		return nil, err
	}
	first, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	args := []string{program, "-json", "-"}
	if f.Label.Vote != "" {
		args = append(args, "-vote", f.Label.Vote)
	}
	file := filepath.Join(dir, "board.tar")
	if err := os.WriteFile(file, f.Package, 0o600); err != nil {
		return nil, err
	}
	if f.Receipt != nil {
		receipt := filepath.Join(dir, "receipt.txt")
		if err := os.WriteFile(receipt, f.Receipt, 0o600); err != nil {
			return nil, err
		}
		args = append(args, "-receipt", receipt)
	}
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, "node", append(args, file)...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil && !errors.As(err, new(*exec.ExitError)) {
		return nil, err
	}
	if stderr.Len() > 0 {
		return nil, fmt.Errorf("the second verifier: %.300s", stderr.Bytes())
	}
	var wrong []string
	if got, want := cmd.ProcessState.ExitCode(), r.Verdict.ExitCode(); got != want {
		wrong = append(wrong, fmt.Sprintf("exit status %d, the first verifier's is %d", got, want))
	}
	a, err := essence(first)
	if err != nil {
		return nil, err
	}
	b, err := essence(stdout.Bytes())
	if err != nil {
		return nil, fmt.Errorf("the second verifier's report: %w", err)
	}
	if !reflect.DeepEqual(a, b) {
		wrong = append(wrong, fmt.Sprintf("the first verifier has %+v\nand the second %+v", a, b))
	}
	return wrong, nil
}

// An essential is what two verifiers must agree on.
type essential struct {
	Verdict string
	Size    uint64
	Root    string
	Log     []essentialCheck
	Votes   []struct {
		ID, Phase, Verdict string
		Checks             []essentialCheck
		Figures            struct {
			Roll, Counted, Checked, Checkers, Void, Inputs uint64
			Issued                                         []uint64
			Faults                                         uint64 `json:"check_faults"`
			FaultCards                                     uint64 `json:"check_fault_cards"`
		}
		Contests []struct {
			ID, Outcome string
			Options     []struct {
				ID     string
				Count  uint64
				Winner bool
			}
		}
	}
	VoidTotal map[string]uint64 `json:"void_total"`
}

type essentialCheck struct {
	Number   int
	Status   string
	Failures []struct {
		Index int64
		Code  string
	}
}

func essence(report []byte) (*essential, error) {
	e := new(essential)
	if err := json.Unmarshal(report, e); err != nil {
		return nil, err
	}
	tidy := func(cs []essentialCheck) {
		for i := range cs {
			if len(cs[i].Failures) == 0 {
				cs[i].Failures = nil
			}
		}
	}
	tidy(e.Log)
	for i := range e.Votes {
		tidy(e.Votes[i].Checks)
		if len(e.Votes[i].Figures.Issued) == 0 {
			e.Votes[i].Figures.Issued = nil
		}
		if len(e.Votes[i].Contests) == 0 {
			e.Votes[i].Contests = nil
		}
	}
	if len(e.Votes) == 0 {
		e.Votes = nil
	}
	if len(e.VoidTotal) == 0 {
		e.VoidTotal = nil
	}
	return e, nil
}
