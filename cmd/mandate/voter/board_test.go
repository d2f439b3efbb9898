package voter

import "testing"

func TestAddressesThatCanBeRead(t *testing.T) {
	for address, want := range map[string]bool{
		"https://r.example": false, "http://r.example": true, "http://127.0.0.1:80/x": false, "http://localhost:1": false, "http://[::1]:1": false,
		"http://localhost.example": true, "http://192.168.1.1": true, "": false,
	} {
		if isPlain(address) != want {
			t.Errorf("%q: %v", address, !want)
		}
	}
}
