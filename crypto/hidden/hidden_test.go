package hidden

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

type key struct {
	Fields
	Secret string
	bytes  []byte
}

func TestE12_SecretsPrintRedacted(t *testing.T) {
	k := key{Secret: "hunter2", bytes: []byte("hunter2")}
	for _, v := range []any{k, &k, []key{k}, map[string]*key{"k": &k}, struct{ K key }{k}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			if s := fmt.Sprintf(verb, v); strings.Contains(s, "hunter2") || strings.Contains(s, "68756e74657232") || strings.Contains(s, "104 117") {
				t.Errorf("%s of %T prints %s", verb, v, s)
			}
		}
		b, err := json.Marshal(v)
		if err != nil || strings.Contains(string(b), "hunter2") || !strings.Contains(string(b), Text) {
			t.Errorf("%T marshals to %s, %v", v, b, err)
		}
	}
}

// What asks a secret for its text without package fmt gets no other.
func TestE12_NoMethodTellsASecret(t *testing.T) {
	k := key{Secret: "hunter2"}
	b, err := k.MarshalText()
	if k.String() != Text || k.GoString() != Text || string(b) != Text || err != nil {
		t.Errorf("%q, %q, %q, %v", k.String(), k.GoString(), b, err)
	}
}
