package board

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"

	"mandate/ballot/simulate"
	"mandate/bulletin/board"
	"mandate/bulletin/store/cloud/cloudtest"
)

func TestStoreInTheConfiguration(t *testing.T) {
	for _, test := range []struct {
		store Store
		want  string // of the error; "" if it is good
	}{
		{Store{}, ""},
		{Store{Kind: "badger"}, ""},
		{Store{Kind: "mysql-s3", File: "store.toml"}, ""},
		{Store{Kind: "mysql-s3"}, "names database and bucket"},
		{Store{File: "store.toml"}, "badger has none"},
		{Store{Kind: "tape"}, `kind "tape"`},
	} {
		err := test.store.complete("/etc/mandate")
		switch {
		case test.want == "" && err != nil, test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
			t.Errorf("%+v: %v, want %q", test.store, err, test.want)
		case err == nil && test.store.Kind == "mysql-s3" && test.store.File != "/etc/mandate/store.toml":
			t.Errorf("the file is %s", test.store.File)
		}
	}
}

// Two front ends of a board that the configuration puts into a database and a bucket.
func TestFrontEndsFromTheConfiguration(t *testing.T) {
	b, err := toml.Marshal(cloudtest.New(t))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "store.toml")
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
	o := simulate.New(t, simulate.Config{Members: 1})
	c := &Config{Store: Store{Kind: "mysql-s3", File: file}}
	bc := board.Config{Signer: o.LogSigner, LogKey: o.LogKey, Key: o.Board, Genesis: o.GenesisBody(), Log: slog.New(slog.DiscardHandler)}
	first, err := openStore(context.Background(), c, bc)
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	bc.Genesis = nil
	second, err := openStore(context.Background(), c, bc)
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	if first.Genesis() != second.Genesis() {
		t.Error("the front ends are of two logs")
	}
	if err := os.Chmod(file, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := openStore(context.Background(), c, bc); err == nil || !strings.Contains(err.Error(), "chmod") {
		t.Errorf("secrets that everybody can read: %v", err)
	}
}
