package bench

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"mandate/verifier/command"
)

// A Verification is how the verification of an audit package went.
type Verification struct {
	Verdict   string  `json:"verdict"`
	Records   uint64  `json:"records"`
	Counted   uint64  `json:"counted"`
	Seconds   float64 `json:"verify_seconds"`
	CPU       float64 `json:"verify_cpu_seconds"` // all cores added up
	PerSecond float64 `json:"verify_ballots_per_second"`
	Peak      uint64  `json:"verify_peak_bytes"` // of the whole process
}

// verify runs mandate-verify's code in this process, which is to have done nothing before: its peak is the process's.
func verify(ctx context.Context, path string) (*Verification, error) {
	var out bytes.Buffer
	var code int
	v := new(Verification)
	v.Peak = peakMemory(func() {
		began, before := time.Now(), processorTime()
		code = command.Run(ctx, []string{"-quiet", "-json", "-", path}, &out, io.Discard)
		took := time.Since(began)
		v.Seconds, v.CPU = took.Seconds(), processorSeconds(processorTime()-before, took)
	})
	var report struct {
		Size    uint64
		Verdict string
		Problem string
		Votes   []struct{ Figures struct{ Counted uint64 } }
	}
	if err := json.Unmarshal(out.Bytes(), &report); err != nil {
		return nil, fmt.Errorf("verifying %s: exit status %d, and no report: %w", path, code, err)
	}
	if code != 0 && code != 3 {
		return nil, fmt.Errorf("verifying %s: %s: %s", path, report.Verdict, cmp.Or(report.Problem, "a check failed"))
	}
	v.Verdict, v.Records = report.Verdict, report.Size
	for _, vote := range report.Votes {
		v.Counted += vote.Figures.Counted
	}
	v.PerSecond = float64(v.Counted) / v.Seconds
	return v, nil
}

// verifyApart is verify in a process of its own.
func verifyApart(ctx context.Context, path string) (*Verification, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	var errs bytes.Buffer
	c := exec.CommandContext(ctx, self, "bench", "-json", "-verify", path)
	c.Stderr = &errs
	out, err := c.Output()
	if err != nil {
		return nil, errors.Join(err, errors.New(strings.TrimSpace(errs.String())))
	}
	v := new(Verification)
	return v, json.Unmarshal(out, v)
}
