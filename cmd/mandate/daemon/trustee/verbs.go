package trustee

import (
	"bufio"
	"context"
	"flag"
	"io"
	"net/url"
	"strings"

	"mandate/ballot/record"
	"mandate/cmd/mandate/daemon"
)

const usage = `Trustee runs one of those who hold the key of a vote's ballots together. It reads and checks the whole log of the board itself, takes part
in making each vote's key, shows that its part works, and opens a result only once its owner has agreed to that.

Usage:
    mandate trustee VERB [-config FILE] [FLAGS]

    example    print a configuration with every key
    init       make the trustee's key
    entry      show how the trustee introduces itself to the commission
    run        take part until it is interrupted
    status     the votes of the trustee that runs, and what they ask of it
    open       agree to opening the result of a vote

Every verb answers -h. The configuration is trustee.toml in the present folder, unless -config names another.

Example:
    mandate trustee example > trustee.toml
    mandate trustee init
    mandate trustee run
`

var program = &daemon.Program{Name: "trustee", Usage: usage, Verbs: map[string]*daemon.Verb{
	"example": daemon.Example("trustee", Example),
	"init": {
		Usage: `Makes the trustee's key. It changes nothing if there is one already. It writes the trustee's entry, for the commission.

Usage:
    mandate trustee init [-config FILE]

Example:
    mandate trustee init
`, Config: true, Flags: daemon.None(initialise),
	},
	"entry": {
		Usage: `Shows the trustee's entry and writes it to its file, with what the configuration says now.

Usage:
    mandate trustee entry [-config FILE]

Example:
    mandate trustee entry
`, Config: true, Flags: daemon.None(showEntry),
	},
	"run": {
		Usage: `Takes part in making votes' keys, and in opening those results to which its owner has agreed, until it is interrupted. It has to run when
the key of a vote is made, from the call to the opening, and after the ballot box is sealed; in between it may rest. It can be killed at any
moment and started again.

Usage:
    mandate trustee run [-config FILE]

Example:
    mandate trustee run
`, Config: true, Flags: daemon.None(run),
	},
	"status": {
		Usage: `Lists the votes of the trustee that runs: how far each is, by the log that it has checked, and what it asks of the trustee.

Usage:
    mandate trustee status [-config FILE]

Example:
    mandate trustee status
`, Config: true, Flags: daemon.None(func(ctx context.Context, c *daemon.Call) error {
			config, err := read(c)
			if err != nil {
				return err
			}
			return config.Ask(ctx, "status", url.Values{}, nil, c.Out)
		}),
	},
	"open": {
		Usage: `Agrees to opening the result of a vote: shows the sealed ballot box that the trustee has checked, asks, and has the trustee sign it and
give its part of the decryption. That is final. Before, look at the vote: mandate-verify on the board's address says what an
observer finds, and other trustees, over another way, should see the same root. The trustee never opens another ballot box of the same vote.

Usage:
    mandate trustee open [-config FILE] -vote ID [-root HASH] [-yes]

    -vote ID      the vote
    -root HASH    the root of the ballot box that was compared with others; another one is not opened
    -yes          do not ask

Example:
    mandate trustee open -vote 5f0c…
`, Config: true, Flags: openVerb,
	},
}}

// Run is the command mandate trustee.
func Run(ctx context.Context, args []string, in io.Reader, stdout, stderr io.Writer) int {
	return program.Run(ctx, args, in, stdout, stderr)
}

const purpose = "A trustee's entry: hand this file to the commission."

func read(c *daemon.Call) (*Config, error) {
	config := new(Config)
	return config, daemon.ReadConfig("trustee", c.Config, config)
}

// rootIn returns the root in the answer to box. Titles are above it, and can have the word too, but are no line that begins with it.
func rootIn(shown string) string {
	_, root, _ := strings.Cut(shown, "\nroot: ")
	root, _, _ = strings.Cut(root, "\n")
	return root
}

func openVerb(f *flag.FlagSet) func(context.Context, *daemon.Call) error {
	vote, root := f.String("vote", "", ""), f.String("root", "", "")
	yes := f.Bool("yes", false, "")
	return func(ctx context.Context, c *daemon.Call) error {
		if *vote == "" {
			return daemon.Misuse("-vote is needed")
		}
		if _, err := record.ParseID(*vote); err != nil {
			return daemon.Misuse("-vote: %w", err)
		}
		config, err := read(c)
		if err != nil {
			return err
		}
		// The box is shown first. What is opened is the one that was shown, and no other.
		var shown strings.Builder
		if err := config.Ask(ctx, "box", url.Values{"vote": {*vote}}, nil, &shown); err != nil {
			return err
		}
		io.WriteString(c.Out, shown.String())
		box := rootIn(shown.String())
		if *root != "" && *root != box {
			return daemon.Hint(daemon.Misuse("-root: the trustee sees another ballot box, with the root %s", box),
				"two ballot boxes of one vote are evidence that the board lies: open none of them, and compare with the other trustees")
		}
		if !*yes {
			c.Say("Type open to agree to opening this result. It cannot be taken back.")
			line, _ := bufio.NewReader(io.LimitReader(c.In, 100)).ReadString('\n')
			if strings.TrimSpace(line) != "open" {
				c.Say("Nothing was opened.")
				return daemon.Misuse("the answer was not open")
			}
		}
		return config.Ask(ctx, "open", url.Values{"vote": {*vote}, "root": {box}}, nil, c.Out)
	}
}
