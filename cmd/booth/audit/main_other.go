//go:build !js

package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "error: the verifier for browsers runs in a browser only\nhint: build it with go run ./cmd/booth/build; mandate serve and mandate demo hand it out, and mandate-verify is the same on a terminal")
	os.Exit(2)
}
