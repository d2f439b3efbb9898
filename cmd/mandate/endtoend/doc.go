// Package endtoend has tests only: members vote, check and verify in a real Chromium with the pages and the WebAssembly that are handed out,
// against a real board, registrars, trustees and a commission, each with its own folder, key and port.
package endtoend
