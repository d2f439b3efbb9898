package bench

import (
	"bufio"
	"bytes"
	"os"
	"runtime"
	"runtime/metrics"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A Machine is what the figures were measured on.
type Machine struct {
	CPU    string `json:"cpu,omitempty"` // the model, where the system tells
	Cores  int    `json:"cores"`         // that Go sees
	OS     string `json:"os"`
	Arch   string `json:"arch"`
	Go     string `json:"go"`
	Memory uint64 `json:"memory_bytes,omitempty"`

	// Load is how many programs wanted to run at a time, on average over the minute before: the more above 0, the more the figures are too bad.
	Load *float64 `json:"load,omitempty"`
}

func thisMachine() Machine {
	m := Machine{CPU: field("/proc/cpuinfo", "model name"), Cores: runtime.NumCPU(), OS: runtime.GOOS, Arch: runtime.GOARCH, Go: runtime.Version()}
	m.Memory = kilobytes(field("/proc/meminfo", "MemTotal"))
	if b, err := os.ReadFile("/proc/loadavg"); err == nil {
		first, _, _ := strings.Cut(string(b), " ")
		if load, err := strconv.ParseFloat(first, 64); err == nil {
			m.Load = &load
		}
	}
	return m
}

// field returns the value of the first line "name: value" of a file, or nothing.
func field(file, name string) string {
	b, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	for lines := bufio.NewScanner(bytes.NewReader(b)); lines.Scan(); {
		if key, value, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// kilobytes reads a number of bytes as Linux writes it: "1234 kB".
func kilobytes(s string) uint64 {
	n, err := strconv.ParseUint(strings.TrimSuffix(s, " kB"), 10, 64)
	if err != nil {
		return 0
	}
	return n << 10
}

// processorTime is what this process has used so far on all cores: of other programs that compete for them it knows nothing. It is 0 where the
// system does not tell.
func processorTime() time.Duration { return processorTimeOf("self") }

// processorTimeOf is that of any process, named as in /proc.
func processorTimeOf(process string) time.Duration {
	b, err := os.ReadFile("/proc/" + process + "/stat")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(b), ") ") // the name before it may have spaces
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0
	}
	const tick = 10 * time.Millisecond // of all Linux systems that Go runs on
	var sum time.Duration
	for _, s := range fields[11:13] { // user, system
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return 0
		}
		sum += time.Duration(n) * tick
	}
	return sum
}

// processorSeconds is processor time in seconds; where the system does not tell it, what all cores have at most done in a time.
func processorSeconds(used, took time.Duration) float64 {
	if used == 0 {
		used = took * time.Duration(runtime.GOMAXPROCS(0))
	}
	return used.Seconds()
}

// peakMemory does something and returns how many bytes of memory this process has had at most so far. Linux counts that (VmHWM; the value
// of getrusage would include what the parent process had at its start). Elsewhere Go's own memory is looked at from time to time.
func peakMemory(do func()) uint64 {
	if field("/proc/self/status", "VmHWM") != "" {
		do()
		return kilobytes(field("/proc/self/status", "VmHWM"))
	}
	var peak uint64
	look := func() {
		s := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
		metrics.Read(s)
		peak = max(peak, s[0].Value.Uint64()-s[1].Value.Uint64())
	}
	done := make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() {
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			look()
			select {
			case <-done:
				return
			case <-tick.C:
			}
		}
	})
	do()
	close(done)
	watching.Wait()
	return peak
}
