// Mandate-verify checks a whole vote from the public record alone.
package main

import (
	"context"
	"os"
	"os/signal"

	"mandate/verifier/command"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(command.Run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}
