// Booth is the program with which a member votes in a browser: it runs in a web worker of the pages of package bulletin/booth, built for
// GOOS=js and GOARCH=wasm.
//
// What it does is in package session, which calls package member; package bridge connects it to the worker. Build it, and the program that
// verifies whole votes in a browser (cmd/booth/audit), with
//
//	go run ./cmd/booth/build
//
// which writes bulletin/booth/dist. The same source with the same release of Go gives the same bytes, so that anyone can compare what a
// server hands out with what was reviewed: go run ./cmd/booth/build -check.
package main
