//go:build voting && js

package text

import "syscall/js"

// The program that members load has no tables of Unicode: the browser has (SPEC.md §10.8). What is ASCII is in normal form without asking.

func isNormal(s string) bool { return isASCII(s) || normal(s) == s }

func normal(s string) string { return normalize.Call("call", s, "NFC").String() }

var normalize = js.Global().Get("String").Get("prototype").Get("normalize")

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
