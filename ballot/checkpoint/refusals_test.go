package checkpoint

import (
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
)

// Keys with a right hash, and one thing wrong.
func TestKeysWithARightHash(t *testing.T) {
	key := func(name string, alg byte, raw []byte) string {
		return fmt.Sprintf("%s+%08x+%s", name, keyHash(name, alg, raw), base64.StdEncoding.EncodeToString(append([]byte{alg}, raw...)))
	}
	raw := make([]byte, ed25519.PublicKeySize)
	for what, k := range map[string]string{
		"no name": key("", algCosignature, raw), "a name with a space": key("a b", algCosignature, raw), "a name with a letter beyond ASCII": key("ü", algCosignature, raw),
		"a name of 400 letters": key(strings.Repeat("a", 400), algCosignature, raw), "31 bytes": key("w", algCosignature, raw[1:]), "no bytes": key("w", algCosignature, nil),
		"33 bytes": key("w", algCosignature, append(raw, 0)), "no type": "w+00000000+", "the key of a log": key("w", algEd25519, raw),
	} {
		if _, err := ParseWitnessKey(k); err == nil {
			t.Errorf("%s: taken for a witness key", what)
		}
	}
	for what, k := range map[string]string{"31 bytes": key("w", algEd25519, raw[1:]), "a name with a space": key("a b", algEd25519, raw)} {
		if _, err := ParseLogKey(k); err == nil {
			t.Errorf("%s: taken for a log key", what)
		}
	}
	if _, err := ParseWitnessKey(key("w", algCosignature, raw)); err != nil {
		t.Error(err)
	}
}

// A head that nobody signed, and signature lines, have one form.
func TestFormOfHeadsAndLines(t *testing.T) {
	text := body(origin, 7, tlog.RecordHash([]byte("root")))
	if _, err := Peek([]byte(text + "\n")); err != nil {
		t.Fatal(err)
	}
	for what, head := range map[string]string{
		"no signatures at all":    strings.TrimSuffix(text, "\n"),
		"more after the root":     strings.TrimSuffix(text, "\n") + "A\n\n",
		"a size of 2^62":          strings.Replace(text, "7", "4611686018427387904", 1) + "\n",
		"a root that is no hash":  origin + "\n7\nAAAA\n\n",
		"a line beyond the three": text + "x\n\n",
	} {
		if c, err := Peek([]byte(head)); err == nil {
			t.Errorf("%s: %+v", what, c)
		}
	}
	line := "— w AAAAAAA=\n" // five bytes
	if _, sigs, err := Signatures([]byte(text + "\n" + line)); err != nil || len(sigs) != 1 {
		t.Fatal(err)
	}
	for what, lines := range map[string]string{
		"no dash": strings.TrimPrefix(line, "— "), "no end": strings.TrimSuffix(line, "\n"), "four bytes": "— w AAAAAA==\n", "no bytes": "— w \n",
		"no name": "— AAAAAAA=\n", "neither name nor bytes": "— \n", "no base64": "— w AAAAAAA=A\n", "too many": strings.Repeat("x", MaxSize) + "\n\n" + line,
	} {
		if _, sigs, err := Signatures([]byte(text + "\n" + lines)); err == nil {
			t.Errorf("%s: %+v", what, sigs)
		}
	}
}
