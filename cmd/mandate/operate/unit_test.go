package operate

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// systemd accepts every unit, and finds it well confined.
func TestUnits(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, party := range []string{"board", "registrar", "trustee", "commission", "serve"} {
		var out, errs bytes.Buffer
		if code := RunUnit([]string{"-party", party, "-program", self}, &out, &errs); code != 0 {
			t.Fatalf("%s: %d\n%s", party, code, &errs)
		}
		for _, line := range []string{"DynamicUser=yes", "ProtectSystem=strict", "NoNewPrivileges=yes", "StateDirectory=mandate-" + party, "LimitCORE=0", "MemorySwapMax=0"} {
			if !strings.Contains(out.String(), "\n"+line+"\n") {
				t.Errorf("%s: there is no %s", party, line)
			}
		}
		file := filepath.Join(t.TempDir(), "mandate-"+party+".service")
		if err := os.WriteFile(file, out.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		analyze, err := exec.LookPath("systemd-analyze")
		if err != nil {
			t.Log("systemd-analyze is not here; it comes with the Debian package systemd")
			continue
		}
		said, err := exec.Command(analyze, "verify", "--recursive-errors=no", "--man=no", file).CombinedOutput()
		if err != nil || len(bytes.TrimSpace(said)) > 0 {
			t.Errorf("%s: %v\n%s", party, err, said)
		}
	}
	var out bytes.Buffer
	if code := RunUnit([]string{"-party", "trustee", "-container"}, &out, &out); code != 0 || !strings.Contains(out.String(), `CMD ["trustee", "run", "-config", "/etc/mandate/trustee.toml"]`) {
		t.Errorf("%d\n%s", code, &out)
	}
	out.Reset()
	if code := RunUnit([]string{"-party", "board", "-backup-to", "age1x"}, &out, &out); code != 0 || !strings.Contains(out.String(), "OnCalendar") || !strings.Contains(out.String(), "-to age1x") {
		t.Errorf("%d\n%s", code, &out)
	}
	for _, args := range [][]string{nil, {"-party", "witness"}, {"-party", "board", "x"}, {"-party", "board", "-container", "-backup-to", "a"}} {
		if code := RunUnit(args, &out, &out); code != 2 {
			t.Errorf("%q: %d", args, code)
		}
	}
}
