package member

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// In a browser the library brings no HTTP, no TLS and no logging along: they would be most of what a phone downloads.
func TestWhatABoothDownloads(t *testing.T) {
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("needs the go command in PATH")
	}
	cmd := exec.Command("go", "list", "-deps", "mandate/cmd/booth/member")
	cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	deps := strings.Fields(string(out))
	for _, d := range deps {
		if slices.Contains([]string{"net/http", "crypto/tls", "log/slog", "html/template", "text/template", "os/exec", "flag", "mandate/cmd/mandate/vault", "filippo.io/age"}, d) {
			t.Errorf("depends on %s", d)
		}
	}
	if !slices.Contains(deps, "mandate/ballot/fold") {
		t.Error("the test does not see what the package depends on")
	}
}
