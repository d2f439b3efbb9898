package fold

import (
	"fmt"

	"mandate/ballot/record"
	"mandate/ballot/text"
)

// checkPrograms checks the programs that a manifest pins (SPEC.md §9.5). Nothing here depends on what they are: they are for comparing.
func checkPrograms(programs []record.Program) error {
	if n := len(programs); n > record.MaxPrograms {
		return fmt.Errorf("programs: %d, at most %d", n, record.MaxPrograms)
	}
	seen := make(map[string]int)
	for i, p := range programs {
		at := fmt.Sprintf("programs[%d]", i)
		if err := text.CheckSlug(at+".name", p.Name); err != nil {
			return err
		}
		if first, ok := seen[p.Name]; ok {
			return fmt.Errorf("%s.name: %q is the name of programs[%d], too", at, p.Name, first)
		}
		seen[p.Name] = i
		if p.Hash == (record.ID{}) {
			return fmt.Errorf("%s.hash: all zero, which is the hash of no program", at)
		}
	}
	return nil
}
