// Package serve is the command mandate serve: a whole organisation on one machine, for small votes and for trying things out. It opens the
// parties that otherwise run on machines of their own (board, registrars, commission with its console, places for trustees), each with its
// own folder, and keeps them going.
//
// [Open] opens the folder and returns a running [House]; [Run] is the command; [Config] is the manual of its file. All state is in the folder,
// so the program can be killed at any moment and goes on from there.
//
// What one machine cannot show is that its parties do not trust each other: whoever runs it is all of them but the trustees, whose passphrases
// it could watch. It could mint credentials, and it could open ballots once enough trustees have unlocked their keys there. What it cannot do
// unnoticed is what the log shows to everybody: change a ballot that was recorded, or a result.
package serve

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"mandate/cmd/mandate/console"
)

const usage = `Serve runs an organisation on this machine: board, registrars, commission with a console for its organisers, and a page for
each trustee. Everything is kept in a folder, and goes on from there when the program is started again.

Usage:
    mandate serve -dir DIR [-config FILE] [-listen ADDR]
    mandate serve -dir DIR -sign-in
    mandate serve -example

    -dir DIR       the folder; it is made if it is not there
    -config FILE   what is served where, and who the registrars and trustees are (default DIR/serve.toml, if it is there)
    -listen ADDR   where the board listens, instead of what the file says
    -sign-in       make another link for signing in to the console of the server that runs on DIR, and end
    -example       print a configuration with every field, and end

One machine that plays several parties does not make them independent: whoever runs it could mint voter cards and watch trustees type their
passphrases. Everybody can still verify the count. For parties that need not trust each other, give each a machine of its own.

Example:
    mandate serve -dir our-organisation
`

// Run is the command. It returns the exit status: 0 after an orderly end, 1 after a failure, 2 for a call that makes no sense.
func Run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	fail := func(code int, err error, hint string) int {
		fmt.Fprintf(stderr, "error: %v\n", err)
		if hint != "" {
			fmt.Fprintln(stderr, "hint: "+hint)
		}
		return code
	}
	const how = "mandate serve -h says how to call it"
	f := flag.NewFlagSet("serve", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	dir := f.String("dir", "", "")
	file := f.String("config", "", "")
	listen := f.String("listen", "", "")
	signIn := f.Bool("sign-in", false, "")
	example := f.Bool("example", false, "")
	switch err := f.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(stdout, usage)
		return 0
	case err != nil:
		return fail(2, err, how)
	case f.NArg() > 0:
		return fail(2, fmt.Errorf("%q is not understood", f.Arg(0)), how)
	case *example:
		fmt.Fprint(stdout, Example)
		return 0
	case *dir == "":
		return fail(2, errors.New("-dir is needed"), how)
	}
	if *signIn {
		address, err := console.NewLink(filepath.Join(*dir, "commission", "console"))
		if err != nil {
			return fail(1, err, "start mandate serve on this folder first")
		}
		fmt.Fprintln(stdout, address)
		return 0
	}
	c, err := configOf(*dir, *file)
	if err != nil {
		return fail(2, err, "mandate serve -example prints a configuration")
	}
	if *listen != "" {
		c.Board.Listen = *listen
	}
	if err := os.MkdirAll(*dir, 0o700); err != nil {
		return fail(1, err, "")
	}
	logFile, err := os.OpenFile(filepath.Join(*dir, "serve.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fail(1, err, "")
	}
	defer logFile.Close()
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM)
	defer stop()
	h, err := Open(ctx, *dir, c, Options{Log: slog.New(slog.NewTextHandler(logFile, nil))})
	if err != nil {
		return fail(1, err, "")
	}
	fmt.Fprintf(stdout, started, h.URL, h.Console.SignIn(), *dir)
	select {
	case <-ctx.Done():
	case <-h.Board.Failed():
		err = h.Board.Err()
	}
	fmt.Fprintln(stderr, "• Stopping")
	if err = errors.Join(err, h.Close()); err != nil {
		return fail(1, err, "serve.log in the folder says more")
	}
	return 0
}

const started = `The board is at
    %s
Sign in to the console, once, within a day, with
    %s
Everything is in %s. Interrupt to end; start again to go on.
One machine plays several parties here. That is enough to try things out, and to count so that everybody can verify it; it does not keep
the parties from each other. See mandate serve -h.
`

func configOf(dir, file string) (Config, error) {
	if file != "" {
		return ReadConfig(file)
	}
	own := filepath.Join(dir, "serve.toml")
	if _, err := os.Stat(own); err == nil {
		return ReadConfig(own)
	}
	return Config{}.withDefaults()
}
