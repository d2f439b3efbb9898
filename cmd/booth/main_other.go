//go:build !js

package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "error: the booth runs in a browser only\nhint: build it with go run ./cmd/booth/build; mandate serve and mandate demo hand it out")
	os.Exit(2)
}
