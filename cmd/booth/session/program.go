package session

import "mandate/ballot/record"

// boothProgram is the name under which a manifest pins the program that members vote with (SPEC.md §8.3).
const boothProgram = "booth"

// program says whether the program that runs is the one that the vote's manifest pins: {running, pinned, other}, hashes in hexadecimal or
// null. It finds honest mistakes, and mirrors that lag behind: a server that lies has this program say what it likes.
func (s *Session) program(m *record.Vote) map[string]any {
	out := map[string]any{"running": nil, "pinned": nil, "other": false}
	if s.env.Program != "" {
		out["running"] = s.env.Program
	}
	for _, p := range m.Programs {
		if p.Name == boothProgram {
			out["pinned"] = p.Hash.String()
			out["other"] = s.env.Program != "" && s.env.Program != p.Hash.String()
		}
	}
	return out
}
