//go:build !(voting && js)

package text

import "golang.org/x/text/unicode/norm"

// isNormal reports whether a string is in normal form C.
func isNormal(s string) bool { return norm.NFC.IsNormalString(s) }

// normal returns a string in normal form C.
func normal(s string) string { return norm.NFC.String(s) }
