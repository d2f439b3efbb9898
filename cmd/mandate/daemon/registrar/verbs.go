package registrar

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"maps"
	"net/url"
	"os"
	"slices"

	"mandate/cmd/mandate/daemon"
	"mandate/cmd/mandate/registrar"
	"mandate/cmd/mandate/vault"
)

const usage = `Registrar runs one of the registrars of an organisation's rounds: it knows the members, and gives each one voter card, together with all
other registrars and without seeing it. Registrars are run by bodies that do not trust each other, each on a machine of its own.

Usage:
    mandate registrar VERB [-config FILE] [FLAGS]

    example    print a configuration with every key
    init       make the registrar's keys
    entry      show how the registrar introduces itself to the commission
    run        serve members until it is interrupted
    status     the rounds of the registrar that runs, and what is missing

    add-roll   give it the private roll
    codes      draw codes for members, to be sent to them
    mailed     say what became of mailing a packet

Every verb answers -h. The configuration is registrar.toml in the present folder, unless -config names another.

Example:
    mandate registrar example > registrar.toml
    mandate registrar init
    mandate registrar run
`

var program = &daemon.Program{Name: "registrar", Usage: usage, Verbs: map[string]*daemon.Verb{
	"example": daemon.Example("registrar", Example),
	"init": {
		Usage: `Makes the registrar's keys. It changes nothing if there is a registrar already. It writes the registrar's entry, for the commission.

Usage:
    mandate registrar init [-config FILE]

Example:
    mandate registrar init
`, Config: true, Flags: daemon.None(initialise),
	},
	"entry": {
		Usage: `Shows the registrar's entry and writes it to its file, with what the configuration says now. Rounds that were announced keep what
they say.

Usage:
    mandate registrar entry [-config FILE]

Example:
    mandate registrar entry
`, Config: true, Flags: daemon.None(showEntry),
	},
	"run": {
		Usage: `Serves members until it is interrupted, and does the registrar's duties on the board: it accepts rolls that it has checked, posts its
keys, publishes to whom it has issued cards. It can be killed at any moment and started again. Make copies of its folder with the program
ended or by the backup of the machine's disk; one that is not current gives nobody a second card who is on the board, but knows nobody else.

Usage:
    mandate registrar run [-config FILE]

Example:
    mandate registrar run -config /etc/mandate/registrar.toml
`, Config: true, Flags: daemon.None(run),
	},
	"status": {
		Usage: `Lists the rounds that name the registrar that runs, with the cards it has issued, or what is missing.

Usage:
    mandate registrar status [-config FILE]

Example:
    mandate registrar status
`, Config: true, Flags: daemon.None(func(ctx context.Context, c *daemon.Call) error {
			config, err := read(c)
			if err != nil {
				return err
			}
			return config.Ask(ctx, "status", url.Values{}, nil, c.Out)
		}),
	},
	"add-roll": {
		Usage: `Gives the registrar the private roll, whether it runs or not. Look at the list before: a registrar that accepts members who do not
exist is no help against them. Delete the file afterwards; it has everybody's name.

Usage:
    mandate registrar add-roll [-config FILE] FILE

    FILE    roll.private, as mandate roll export writes it for a registrar

Example:
    mandate registrar add-roll roll.private
`, Config: true, Args: 1, Flags: daemon.None(addRollVerb),
	},
	"codes": {
		Usage: `Draws codes and writes them as a list (CSV: entry, number, name, email, code, link) for mandate mail or a mail-merge. Without -member
and -waiting, for everybody who has no code yet. A new code makes a member's earlier one void, and never yields a second card. The registrar
has to run. Nothing shows the codes again: delete the list once it is sent.

Usage:
    mandate registrar codes [-config FILE] [-round ID] [-member NUMBER]… [-waiting] -out FILE

    -round ID         the round; it can be left out if there is one only
    -member NUMBER    a member, by number; once for each
    -waiting          everybody who has no card yet, for a reminder
    -out FILE         where the list is written, mode 0600; "-" for standard output

Example:
    mandate registrar codes -out codes.csv
    mandate registrar codes -member M-000017 -out -
`, Config: true, Flags: codesVerb,
	},
	"mailed": {
		Usage: `Tells the registrar what became of mailing a vote's packet, for the board: mandate mail status prints the figures. They can be given
again as they grow.

Usage:
    mandate registrar mailed [-config FILE] -vote ID -packet ID [-mailed N] [-paper N] [-unreachable N] [-bounced N]

    -vote ID         the vote
    -packet ID       the record of the packet, as mandate organise packet says it
    -mailed N        how many were reached by e-mail, or another way to a device
    -paper N         how many on paper
    -unreachable N   of how many no address is known
    -bounced N       how many of those mailed came back

Example:
    mandate registrar mailed -vote 5f0c… -packet 77ab… -mailed 812 -paper 40 -unreachable 3 -bounced 12
`, Config: true, Flags: mailedVerb,
	},
}}

func addRollVerb(ctx context.Context, c *daemon.Call) error {
	config, err := read(c)
	if err != nil {
		return err
	}
	private, err := os.ReadFile(c.Args[0])
	if err != nil {
		return err
	}
	err = config.Ask(ctx, "add-roll", nil, bytes.NewReader(private), c.Out)
	if !daemon.NotRunning(err) {
		return err
	}
	release, err := config.Claim()
	if err != nil {
		return err
	}
	defer release()
	r, err := config.open(c, registrar.Options{})
	if err != nil {
		return err
	}
	defer r.Close()
	return addRoll(r, private, c.Out)
}

func codesVerb(f *flag.FlagSet) func(context.Context, *daemon.Call) error {
	given := flagsOf(f, "round", "out")
	waiting := f.Bool("waiting", false, "")
	var members daemon.Many
	f.Var(&members, "member", "")
	return func(ctx context.Context, c *daemon.Call) error {
		out := *given["out"]
		switch {
		case out == "":
			return daemon.Misuse("-out is needed")
		case *waiting && len(members) > 0:
			return daemon.Misuse("-waiting and -member are not given together")
		}
		config, err := read(c)
		if err != nil {
			return err
		}
		query := url.Values{"round": {*given["round"]}, "member": members}
		if *waiting {
			query.Set("waiting", "yes")
		}
		if out == "-" {
			return config.Ask(ctx, "codes", query, nil, c.Out)
		}
		// The codes are good once they are drawn, and shown once: it is better to know before whether the list can be written.
		f, err := os.OpenFile(out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return daemon.Hint(fmt.Errorf("-out: %w", err), "a list that is there is not overwritten: send it or delete it")
		}
		f.Close()
		var list bytes.Buffer
		if err := config.Ask(ctx, "codes", query, nil, &list); err != nil {
			os.Remove(out)
			return err
		}
		if err := vault.WriteFile(out, list.Bytes(), 0o600); err != nil {
			return fmt.Errorf("-out: %w", err)
		}
		c.Say("codes: %d, in %s", bytes.Count(list.Bytes(), []byte("\n"))-1, out)
		return nil
	}
}

func mailedVerb(f *flag.FlagSet) func(context.Context, *daemon.Call) error {
	ids := flagsOf(f, "vote", "packet")
	numbers := make(map[string]*uint64)
	for _, n := range []string{"mailed", "paper", "unreachable", "bounced"} {
		numbers[n] = f.Uint64(n, 0, "")
	}
	return func(ctx context.Context, c *daemon.Call) error {
		query := url.Values{}
		for _, name := range slices.Sorted(maps.Keys(ids)) {
			if *ids[name] == "" {
				return daemon.Misuse("-%s is needed", name)
			}
			query.Set(name, *ids[name])
		}
		for name, n := range numbers {
			query.Set(name, fmt.Sprint(*n))
		}
		config, err := read(c)
		if err != nil {
			return err
		}
		return config.Ask(ctx, "mailed", query, nil, c.Out)
	}
}
