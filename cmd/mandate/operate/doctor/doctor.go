// Package doctor is the command mandate doctor: it looks at a party, whether it runs or not, and says what is wrong and what to do. [Run] is the
// command. It changes nothing but a file of its own, which it deletes, by which it tries the disk.
package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"mandate/cmd/mandate/daemon"
	boardparty "mandate/cmd/mandate/daemon/board"
	commissionparty "mandate/cmd/mandate/daemon/commission"
	registrarparty "mandate/cmd/mandate/daemon/registrar"
	trusteeparty "mandate/cmd/mandate/daemon/trustee"
)

const usage = `Doctor looks at a party, whether it runs or not, and says what is wrong and what to do: configuration, folder, passphrase, disk, backups, clock,
certificate, ports, the board and what the party owes it.

Usage:
    mandate doctor -config FILE [-party NAME] [-json]
    mandate doctor -dir DIR [-json]

    -config FILE    the party's configuration
    -party NAME     board, registrar, trustee or commission, if FILE is not called so
    -dir DIR        a folder of mandate serve, or one of a party without looking at its configuration
    -json           print one JSON object: {"well": BOOL, "findings": [{"check", "state", "says", "do"}, …]}; state is "ok", "note" or "wrong"

It ends with 0 if nothing is wrong, and with 1 if something is.

Example:
    mandate doctor -config /etc/mandate/registrar.toml
`

// A Finding is what one check has found.
type Finding struct {
	Check string `json:"check"`
	State string `json:"state"` // "ok", "note", "wrong"
	Says  string `json:"says"`
	Do    string `json:"do,omitempty"` // about what is wrong
}

// findings collects.
type findings struct {
	all []Finding
	now time.Time
}

func (f *findings) ok(check, says string, args ...any) {
	f.all = append(f.all, Finding{check, "ok", fmt.Sprintf(says, args...), ""})
}

func (f *findings) note(check, says string, args ...any) {
	f.all = append(f.all, Finding{check, "note", fmt.Sprintf(says, args...), ""})
}

func (f *findings) wrong(check, do, says string, args ...any) {
	f.all = append(f.all, Finding{check, "wrong", fmt.Sprintf(says, args...), do})
}

// err notes an error as wrong, with its own hint if it has one, and reports whether it did.
func (f *findings) err(check string, err error, do string) bool {
	if err == nil {
		return false
	}
	if hint := daemon.HintOf(err); hint != "" {
		do = hint
	}
	f.wrong(check, do, "%v", err)
	return true
}

// Run is the command. It returns the exit status.
func Run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	fail := func(err error) int {
		fmt.Fprintf(stderr, "error: %v\nhint: mandate doctor -h says how to call it\n", err)
		return 2
	}
	fs := flag.NewFlagSet("doctor", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	config, name, dir, asJSON := fs.String("config", "", ""), fs.String("party", "", ""), fs.String("dir", "", ""), fs.Bool("json", false, "")
	switch err := fs.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(stdout, usage)
		return 0
	case err != nil:
		return fail(err)
	case fs.NArg() > 0:
		return fail(fmt.Errorf("%q is not understood", fs.Arg(0)))
	case (*config == "") == (*dir == ""):
		return fail(errors.New("either -config or -dir is needed"))
	}
	f := &findings{now: time.Now()}
	if *dir != "" {
		house(ctx, f, *dir)
	} else {
		if *name == "" {
			*name = strings.TrimSuffix(filepath.Base(*config), ".toml")
		}
		if !slices.Contains([]string{"board", "registrar", "trustee", "commission"}, *name) {
			return fail(fmt.Errorf("%s: which party's configuration is it? say so with -party", *config))
		}
		single(ctx, f, *name, *config)
	}
	return report(f, *asJSON, stdout)
}

func report(f *findings, asJSON bool, stdout io.Writer) int {
	wrong := slices.ContainsFunc(f.all, func(x Finding) bool { return x.State == "wrong" })
	if asJSON {
		json.NewEncoder(stdout).Encode(struct {
			Well     bool      `json:"well"`
			Findings []Finding `json:"findings"`
		}{!wrong, f.all})
	} else {
		for _, x := range f.all {
			fmt.Fprintf(stdout, "%-5s  %-12s  %s\n", x.State, x.Check, strings.ReplaceAll(x.Says, "\n", "; "))
			if x.Do != "" {
				fmt.Fprintf(stdout, "%-5s  %-12s  → %s\n", "", "", x.Do)
			}
		}
	}
	if wrong {
		return 1
	}
	return 0
}

// A party is what a configuration says, of whichever party.
type party struct {
	name   string
	common *daemon.Common
	server *daemon.Server    // nil for one that serves nobody
	link   *daemon.BoardLink // nil for the board
}

func read(name, path string) (party, error) {
	p := party{name: name}
	switch name {
	case "board":
		c := new(boardparty.Config)
		p.common, p.server = &c.Common, &c.Server
		return p, daemon.ReadConfig(name, path, c)
	case "registrar":
		c := new(registrarparty.Config)
		p.common, p.server, p.link = &c.Common, &c.Server, &c.BoardLink
		return p, daemon.ReadConfig(name, path, c)
	case "trustee":
		c := new(trusteeparty.Config)
		p.common, p.link = &c.Common, &c.BoardLink
		return p, daemon.ReadConfig(name, path, c)
	default:
		c := new(commissionparty.Config)
		p.common, p.link = &c.Common, &c.BoardLink
		return p, daemon.ReadConfig(name, path, c)
	}
}

// single looks at a party on a machine of its own.
func single(ctx context.Context, f *findings, name, path string) {
	p, err := read(name, path)
	if f.err("config", err, "correct the file") {
		return
	}
	f.ok("config", "%s is a %s's", path, name)
	if !folder(f, p.common.Dir) {
		return
	}
	running := runs(ctx, f, p.common)
	v := secrets(f, p.common)
	if !running {
		stores(f, p.common.Dir)
	}
	disk(f, p.common.Dir)
	backups(f, p.common.Dir)
	if p.server != nil {
		ports(f, p.server.Listen, running)
		certificate(f, p.server)
	}
	if p.link != nil {
		theBoard(ctx, f, p, v)
	}
}

// house looks at a folder of mandate serve, or at a party's without its configuration.
func house(ctx context.Context, f *findings, dir string) {
	if !folder(f, dir) {
		return
	}
	running := runs(ctx, f, &daemon.Common{Dir: dir, Socket: filepath.Join(dir, "control.sock")})
	if !running {
		stores(f, dir)
	}
	disk(f, dir)
	backups(f, dir)
	b, err := os.ReadFile(filepath.Join(dir, "addresses.json"))
	if errors.Is(err, os.ErrNotExist) {
		return
	}
	var places map[string]string
	if err == nil {
		err = json.Unmarshal(b, &places)
	}
	if f.err("ports", err, "bring the file back from a copy: members' links have these addresses") {
		return
	}
	for _, name := range slices.Sorted(func(yield func(string) bool) {
		for name := range places {
			if !yield(name) {
				return
			}
		}
	}) {
		ports(f, places[name], running)
	}
}
