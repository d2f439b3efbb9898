package simulate_test

import (
	"testing"

	"mandate/ballot/fold"
	"mandate/ballot/simulate"
)

func TestWhole(t *testing.T) {
	for name, c := range map[string]simulate.Config{
		"defaults": {},
	} {
		t.Run(name, func(t *testing.T) {
			v := simulate.Whole(t, c)
			state, outcomes := simulate.Replay(v.Org.Log())
			if f := simulate.Faults(outcomes); f != "" {
				t.Fatal(f)
			}
			if got := state.Vote(v.ID); got.Phase != fold.Certified {
				t.Fatal(got.Phase)
			}
		})
	}
}

func BenchmarkWhole(b *testing.B) {
	for b.Loop() {
		simulate.Whole(b, simulate.Config{Members: 10})
	}
}
