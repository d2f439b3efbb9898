// Audit is the verifier for a browser: the same checks as mandate-verify, run on a board's whole log in a web worker (SPEC.md §12). It is a
// program of its own so that voting does not have to load it. See package mandate/cmd/booth for how it is built.
package main
