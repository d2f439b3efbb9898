// Mandate runs the votes of a member organisation: secret ballots that members can check for themselves.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"

	"mandate/cmd/mandate/bench"
	"mandate/cmd/mandate/commission/organise"
	"mandate/cmd/mandate/countcmd"
	"mandate/cmd/mandate/daemon/board"
	"mandate/cmd/mandate/daemon/commission"
	"mandate/cmd/mandate/daemon/registrar"
	"mandate/cmd/mandate/daemon/trustee"
	"mandate/cmd/mandate/demo"
	"mandate/cmd/mandate/mail"
	"mandate/cmd/mandate/migrate"
	"mandate/cmd/mandate/mirror"
	"mandate/cmd/mandate/operate"
	"mandate/cmd/mandate/operate/doctor"
	"mandate/cmd/mandate/program"
	"mandate/cmd/mandate/roll"
	console "mandate/cmd/mandate/serve"
	"mandate/cmd/mandate/voter"
	"mandate/cmd/mandate/witness"
)

const usage = `Mandate: secret ballots that members can check for themselves.

Usage:
    mandate COMMAND [FLAGS]

Try it:
    demo      hold a whole vote on this machine, every party on its own, and verify it

Members:
    card      collect a voter card from the registrars of a round
    support   support the petition for a vote with a voter card
    statement make a statement on a vote's question without your name
    vote      cast a ballot with a voter card
    check     open a prepared ballot on a second device before one is cast
    receipt   check that a ballot is recorded

Organisers:
    serve     run an organisation on this machine, with a console in the browser
    roll      member lists and the rolls made of them
    mail      send members their codes, packets and results, each mail once
    organise  run votes by an organisation's rules: call, forums, statements, packet, how a vote stands
    rules     print and check rules files

Parties on machines of their own:
    board       the public log and its pages
    registrar   gives members their voter cards, with all other registrars
    trustee     holds the key of votes together with others, and opens results
    commission  keeps the calendar of votes
    witness     cosigns boards' logs, so that none of them can show two histories

Operators:
    backup    copy a party's folder, while it runs, into one encrypted file
    restore   bring a party's folder back from a copy, and help it to go on
    doctor    what is wrong with a party, and what to do
    unit      print a systemd unit or a container file for a party
    migrate   move a board's log to a database and a bucket, for several machines, or back

Everybody:
    count     count an open ballot file by one of the counting rules
    mirror    keep a checked copy of a board, serve it, and hand records on to the board
    program   compare what a server hands out to members' browsers with what was reviewed
    bench     measure what a vote costs on this machine
    help      show this text; every command answers -h

To verify a vote, use the separate program mandate-verify.

Example:
    mandate demo -once -members 100 -dir my-vote
    mandate-verify my-vote/board.tar
`

// A command runs with its arguments and returns the exit status.
type command func(ctx context.Context, args []string, in io.Reader, out, err io.Writer) int

var commands = map[string]command{
	"backup": func(ctx context.Context, args []string, _ io.Reader, out, err io.Writer) int {
		return operate.RunBackup(ctx, args, out, err)
	},
	"doctor": func(ctx context.Context, args []string, _ io.Reader, out, err io.Writer) int {
		return doctor.Run(ctx, args, out, err)
	},
	"unit": func(_ context.Context, args []string, _ io.Reader, out, err io.Writer) int {
		return operate.RunUnit(args, out, err)
	},
	"restore": func(ctx context.Context, args []string, _ io.Reader, out, err io.Writer) int {
		return operate.RunRestore(ctx, args, out, err)
	},
	"demo": func(ctx context.Context, args []string, _ io.Reader, out, err io.Writer) int {
		return demo.Run(ctx, args, out, err)
	},
	"bench": func(ctx context.Context, args []string, _ io.Reader, out, err io.Writer) int {
		return bench.Run(ctx, args, out, err)
	},
	"count": func(_ context.Context, args []string, _ io.Reader, out, err io.Writer) int {
		return countcmd.Run(args, out, err)
	},
	"roll":    roll.Run,
	"mail":    mail.Run,
	"migrate": migrate.Run,
	"serve": func(ctx context.Context, args []string, _ io.Reader, out, err io.Writer) int {
		return console.Run(ctx, args, out, err)
	},
	"mirror": func(ctx context.Context, args []string, _ io.Reader, out, err io.Writer) int {
		return mirror.Run(ctx, args, out, err)
	},
	"program": func(ctx context.Context, args []string, _ io.Reader, out, err io.Writer) int {
		return program.Run(ctx, args, out, err)
	},
	"board":      board.Run,
	"registrar":  registrar.Run,
	"trustee":    trustee.Run,
	"commission": commission.Run,
	"witness":    witness.Run,
	"organise":   organise.Run,
	"rules": func(ctx context.Context, args []string, _ io.Reader, out, err io.Writer) int {
		return organise.RunRules(ctx, args, out, err)
	},
	"card":      voter.RunCard,
	"support":   voter.RunSupport,
	"statement": voter.RunStatement,
	"vote":      voter.RunVote,
	"check":     voter.RunCheck,
	"receipt":   voter.RunReceipt,
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

func run(ctx context.Context, args []string, in io.Reader, out, err io.Writer) int {
	if len(args) == 0 {
		fmt.Fprint(err, usage)
		return 2
	}
	switch args[0] {
	case "help", "-h", "-help", "--help":
		fmt.Fprint(out, usage)
		return 0
	}
	c, ok := commands[args[0]]
	if !ok {
		fmt.Fprintf(err, "error: there is no command %q\nhint: mandate help lists them\n", args[0])
		return 2
	}
	return c(ctx, args[1:], in, out, err)
}
