package witness

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/note"
)

// A Log is one that a witness works for.
type Log struct {
	Origin string // first line of its checkpoints
	Key    note.Verifier
	VKey   string // Key as it was given
}

// Bounds of a list of logs.
const (
	maxLogs   = 10_000
	maxOrigin = 255
)

// ParseLog parses a log's verifier key (c2sp.org/signed-note, Ed25519), after which there may be a space and the log's origin, if that is not
// the key's name.
func ParseLog(s string) (Log, error) {
	vkey, origin, _ := strings.Cut(strings.TrimSpace(s), " ")
	key, err := note.NewVerifier(vkey)
	if err != nil {
		return Log{}, fmt.Errorf("%.120q is no verifier key of a log: %w", vkey, err)
	}
	if origin = strings.TrimSpace(origin); origin == "" {
		origin = key.Name()
	}
	if len(origin) > maxOrigin || !utf8.ValidString(origin) || strings.ContainsFunc(origin, unicode.IsControl) {
		return Log{}, fmt.Errorf("origin %.80q: want at most %d bytes of printable text", origin, maxOrigin)
	}
	return Log{origin, key, vkey}, nil
}

// ParseLogs reads a list of logs: a line as ParseLog takes for each. Empty lines and what follows # are left out. An origin may have several
// keys; a checkpoint needs the signature of one.
func ParseLogs(text string) ([]Log, error) {
	var logs []Log
	for i, line := range strings.Split(text, "\n") {
		line, _, _ = strings.Cut(line, "#")
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		if len(logs) == maxLogs {
			return nil, errors.New("more than 10,000 logs")
		}
		l, err := ParseLog(line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
		logs = append(logs, l)
	}
	return logs, nil
}

// keysOf returns the keys of a log, no two with one name and id.
func keysOf(logs []Log, origin string) []note.Verifier {
	var keys []note.Verifier
	seen := make(map[string]bool)
	for _, l := range logs {
		if id := fmt.Sprintf("%s+%08x", l.Key.Name(), l.Key.KeyHash()); l.Origin == origin && !seen[id] {
			seen[id] = true
			keys = append(keys, l.Key)
		}
	}
	return keys
}
