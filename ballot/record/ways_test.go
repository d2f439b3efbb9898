package record

import (
	"slices"
	"testing"
)

func TestF6_AWayThatTwoRegistrarsShare(t *testing.T) {
	for _, c := range []struct{ a, b, want string }{
		{"e-mail code", "paper code", ""},
		{"e-mail code", "e-mail code", "e-mail code"},
		{"e-mail code; openid https://login.example.org", "paper code ;openid https://login.example.org", "openid https://login.example.org"},
		{"openid https://login.example.org", "openid https://login.example.org/members", ""},
		{"openid https://login.example.org", "letter; openid https://id.example.net", ""},
		{";", ";", ""},
	} {
		a, b := &Registrar{Channel: c.a}, &Registrar{Channel: c.b}
		if got := a.SharedWay(b); got != c.want {
			t.Errorf("%q and %q share %q, want %q", c.a, c.b, got, c.want)
		}
		if got := b.SharedWay(a); got != c.want {
			t.Errorf("%q and %q share %q, want %q", c.b, c.a, got, c.want)
		}
	}
	r := &Registrar{Channel: " e-mail code ;; openid https://login.example.org"}
	if got, want := r.Ways(), []string{"e-mail code", "openid https://login.example.org"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
