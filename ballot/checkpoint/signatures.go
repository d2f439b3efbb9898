package checkpoint

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// A Signature is one signature line of a checkpoint, as it stands there: nothing says that it verifies.
type Signature struct {
	Name string
	Hash uint32
	Sig  []byte // what follows the key hash
	Line string // the whole line, with its newline
}

// By reports whether the line claims to be by v.
func (s Signature) By(v note.Verifier) bool { return s.Name == v.Name() && s.Hash == v.KeyHash() }

// Signatures takes a checkpoint apart into its text and its signature lines. It refuses what C2SP signed-note leaves open and package note
// overlooks: base64 that is not canonical, and two lines by one key, of which package note verifies only the first.
func Signatures(signed []byte) (text string, sigs []Signature, err error) {
	split := bytes.LastIndex(signed, []byte("\n\n"))
	if len(signed) > MaxSize || split < 0 {
		return "", nil, errors.New("checkpoint: no signatures")
	}
	text = string(signed[:split+1])
	for line := range strings.Lines(string(signed[split+2:])) {
		rest, ok := strings.CutPrefix(line, "— ")
		rest, ended := strings.CutSuffix(rest, "\n")
		name, b64, found := strings.Cut(rest, " ")
		sig, err := base64.StdEncoding.Strict().DecodeString(b64)
		if !ok || !ended || !found || err != nil || len(sig) < 5 {
			return "", nil, fmt.Errorf("checkpoint: signature line %d is not well-formed", len(sigs)+1)
		}
		s := Signature{name, binary.BigEndian.Uint32(sig), sig[4:], line}
		for _, other := range sigs {
			if other.Name == s.Name && other.Hash == s.Hash {
				return "", nil, fmt.Errorf("checkpoint: two signatures by %s+%08x", s.Name, s.Hash)
			}
		}
		sigs = append(sigs, s)
	}
	return text, sigs, nil
}
