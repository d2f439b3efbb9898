// Package mirror is the command mandate mirror: it keeps a checked copy of a board (package bulletin/mirror), serves it, and hands records on.
package mirror

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"mandate/ballot/record"
	"mandate/bulletin/mirror"
)

const usage = `Keeps a full copy of a board, checks everything in it, and serves it.

Usage:
    mandate mirror [-dir DIR] [-listen ADDR] [-genesis ID] [-compare URL,URL] [-every TIME] [-once] BOARD

BOARD is the board's address. The copy has the same files under the same paths, so mandate-verify, the booth's own verification and other mirrors
read it like the board. A mirror compares what the board shows with its own copy and with others', and keeps evidence where they do not go
together; mandate-verify -evidence says what a file proves. Whom the board does not answer can send records through a mirror: it hands the bytes
on unchanged, hands the board's signed answer back, and remembers what the board has promised.

    -dir DIR        the folder of the copy, made if it is not there; ./mirror if not said
    -listen ADDR    serve it here, such as :8090; without it the copy is only kept
    -genesis ID     the id of the board's first record, from elsewhere; without it the first log that is found is the one
    -compare URLS   other mirrors, or other addresses of the board, to compare with, separated by commas
    -every TIME     how often to look; 10s if not said
    -once           bring the copy up to date, compare, and end

A mirror needs no key and no secret. It speaks plain HTTP: put a web server with TLS before it, or have that serve DIR/log as it is.

Exit status: 0; 1 with -once, if something is wrong or there is evidence; 2 the call makes no sense, or the copy cannot be kept.

Example:
    mandate mirror -dir copy -listen :8090 -compare https://mirror.example.net https://votes.example.org
`

// Run is the command. It returns the exit status.
func Run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	f := flag.NewFlagSet("mirror", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	dir := f.String("dir", "mirror", "")
	listen := f.String("listen", "", "")
	genesis := f.String("genesis", "", "")
	compare := f.String("compare", "", "")
	every := f.Duration("every", 10*time.Second, "")
	once := f.Bool("once", false, "")
	fail := func(hint string, err error) int {
		fmt.Fprintf(stderr, "error: %v\n", err)
		if hint != "" {
			fmt.Fprintf(stderr, "hint: %s\n", hint)
		}
		return 2
	}
	const help = "mandate mirror -h says how to call it"
	switch err := f.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(stdout, usage)
		return 0
	case err != nil:
		return fail(help, err)
	case f.NArg() != 1:
		return fail(help, fmt.Errorf("one BOARD is needed, %d were given", f.NArg()))
	case *every < 100*time.Millisecond:
		return fail(help, fmt.Errorf("-every %v: want 100ms or more", *every))
	case *once && *listen != "":
		return fail(help, errors.New("-once ends at once, and serves nothing: leave -listen away"))
	}
	log := slog.New(slog.NewTextHandler(stderr, nil))
	o := mirror.Options{Board: f.Arg(0), Dir: *dir, Log: log}
	if *genesis != "" {
		id, err := record.ParseID(*genesis)
		if err != nil {
			return fail("the id has 64 hexadecimal digits; the board's /log/0 shows it", fmt.Errorf("-genesis: %w", err))
		}
		o.Genesis = id
	}
	var others []string
	for _, url := range strings.Split(*compare, ",") {
		if url != "" {
			others = append(others, url)
		}
	}
	m, err := mirror.Open(ctx, o)
	if err != nil {
		return fail("", err)
	}
	if *once {
		return bringUpToDate(ctx, m, others, stdout, stderr)
	}
	done := make(chan error, 1)
	if *listen != "" {
		l, err := net.Listen("tcp", *listen)
		if err != nil {
			return fail("is another program there already?", err)
		}
		fmt.Fprintf(stdout, "The copy is at http://%s\n", l.Addr())
		s := &http.Server{
			Handler: m.Handler(), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: 2 * time.Minute, IdleTimeout: time.Minute,
			MaxHeaderBytes: 16 << 10, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
		}
		go func() { done <- s.Serve(l) }()
		defer s.Close()
	}
	run, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan struct{})
	go func() { m.Run(run, *every, others); close(ended) }()
	select {
	case err := <-done:
		return fail("", err)
	case <-ctx.Done():
	}
	stop()
	<-ended
	return 0
}

func bringUpToDate(ctx context.Context, m *mirror.Mirror, others []string, stdout, stderr io.Writer) int {
	status := 0
	wrong := func(err error) {
		if err != nil {
			fmt.Fprintf(stderr, "error: %v\n", err)
			status = 1
		}
	}
	wrong(m.Update(ctx))
	for _, url := range others {
		if err := m.Compare(ctx, url); err != nil {
			wrong(fmt.Errorf("%s: %w", url, err))
		}
	}
	fmt.Fprintf(stdout, "%d records\n", m.Size())
	names, err := m.Evidence()
	wrong(err)
	for _, name := range names {
		fmt.Fprintf(stdout, "evidence: %s\n", name)
		status = 1
	}
	return status
}
