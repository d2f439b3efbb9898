package bench

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"mandate/verifier"
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
	Peak      uint64  `json:"verify_peak_bytes"`       // of the whole process
	PerBallot float64 `json:"verify_bytes_per_ballot"` // of the peak

	// Course is how far it was, when: up to 100 points.
	Course []Mark `json:"verify_course"`
}

// A Mark is a point of a verification's course.
type Mark struct {
	Ballots uint64  `json:"ballots"`
	Seconds float64 `json:"seconds"`
	CPU     float64 `json:"cpu_seconds"` // all cores added up; 0 where the system does not tell
}

// verify runs mandate-verify's code in this process, which is to have done nothing before: its peak is the process's.
func verify(ctx context.Context, path string) (*Verification, error) {
	v := new(Verification)
	var report *verifier.Report
	var err error
	v.Peak = peakMemory(func() {
		began, before := time.Now(), processorTime()
		report, err = command.Verify(ctx, path, verifier.Options{Progress: func(p verifier.Progress) {
			v.Course = append(v.Course, Mark{p.Ballots, time.Since(began).Seconds(), (processorTime() - before).Seconds()})
		}})
		took := time.Since(began)
		v.Seconds, v.CPU = took.Seconds(), processorSeconds(processorTime()-before, took)
	})
	if err != nil {
		return nil, err
	}
	if report.Verdict != verifier.Verified && report.Verdict != verifier.Unfinished {
		return nil, fmt.Errorf("verifying %s: %v: %s", path, report.Verdict, cmp.Or(report.Problem, "a check failed"))
	}
	v.Verdict, v.Records = report.Verdict.String(), report.Size
	for i := range report.Votes {
		v.Counted += report.Votes[i].Figures.Counted
	}
	v.PerSecond, v.PerBallot = float64(v.Counted)/v.Seconds, float64(v.Peak)/float64(max(v.Counted, 1))
	v.Course = thin(v.Course, 100)
	return v, nil
}

// thin leaves at most so many points, the last among them.
func thin(course []Mark, most int) []Mark {
	if len(course) <= most {
		return course
	}
	out := make([]Mark, most)
	for i := range out {
		out[i] = course[(i+1)*len(course)/most-1]
	}
	return out
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
