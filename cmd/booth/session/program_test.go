package session

import (
	"testing"

	"mandate/ballot/record"
)

// A booth says that it is another program than the one that the vote's manifest pins, and only if it knows.
func TestProgram(t *testing.T) {
	one, two := record.ID{1}, record.ID{2}
	for _, c := range []struct {
		name, running string
		pinned        []record.Program
		other         bool
	}{
		{"the same", one.String(), []record.Program{{Name: "audit", Hash: two}, {Name: "booth", Hash: one}}, false},
		{"another", one.String(), []record.Program{{Name: "audit", Hash: one}, {Name: "booth", Hash: two}}, true},
		{"nothing pinned", one.String(), nil, false},
		{"only the verifier pinned", one.String(), []record.Program{{Name: "audit", Hash: two}}, false},
		{"running is not known", "", []record.Program{{Name: "booth", Hash: one}}, false},
	} {
		s := &Session{env: Env{Program: c.running}}
		got := s.program(&record.Vote{Programs: c.pinned})
		if got["other"] != c.other {
			t.Errorf("%s: %v", c.name, got)
		}
		if (got["running"] == nil) != (c.running == "") {
			t.Errorf("%s: running: %v", c.name, got["running"])
		}
	}
}
