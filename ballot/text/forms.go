package text

import "strings"

// The forms below are regular expressions in SPEC.md §8.1 and §8.3, here without package regexp: with its tables it would be a twentieth of
// what a member's browser loads. The tests compare them with the expressions.

func isLower(c byte) bool { return c >= 'a' && c <= 'z' }
func isUpper(c byte) bool { return c >= 'A' && c <= 'Z' }
func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// all reports whether s has min to max bytes, each of a kind.
func all(s string, min, max int, kind func(byte) bool) bool {
	for i := range len(s) {
		if !kind(s[i]) {
			return false
		}
	}
	return len(s) >= min && len(s) <= max
}

// isSlug is ^[a-z0-9][a-z0-9-]{0,39}$.
func isSlug(s string) bool {
	return all(s, 1, MaxSlug, func(c byte) bool { return isLower(c) || isDigit(c) || c == '-' }) && s[0] != '-'
}

// isLanguage is ^[a-z]{2,3}(-[A-Z]{2})?$.
func isLanguage(s string) bool {
	language, region, found := strings.Cut(s, "-")
	return all(language, 2, 3, isLower) && (!found || all(region, 2, 2, isUpper))
}

// isURL is ^https?://HOST(:[0-9]{1,5})?(/[!-~]*)?$ where HOST is [A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])? or \[[0-9A-Fa-f:.]+\].
func isURL(s string) bool {
	rest, ok := strings.CutPrefix(s, "http://")
	if !ok {
		if rest, ok = strings.CutPrefix(s, "https://"); !ok {
			return false
		}
	}
	authority, path, _ := strings.Cut(rest, "/")
	if !all(path, 0, len(s), func(c byte) bool { return c >= '!' && c <= '~' }) {
		return false
	}
	if inside, ok := strings.CutPrefix(authority, "["); ok {
		address, port, ok := strings.Cut(inside, "]")
		hex := func(c byte) bool {
			return isDigit(c) || c >= 'A' && c <= 'F' || c >= 'a' && c <= 'f' || c == ':' || c == '.'
		}
		return ok && all(address, 1, len(s), hex) && isPort(port)
	}
	host, port, found := strings.Cut(authority, ":")
	if found && !isPort(":"+port) {
		return false
	}
	name := func(c byte) bool { return isLower(c) || isUpper(c) || isDigit(c) }
	return all(host, 1, len(s), func(c byte) bool { return name(c) || c == '.' || c == '-' }) && name(host[0]) && name(host[len(host)-1])
}

// isPort is (:[0-9]{1,5})?.
func isPort(s string) bool {
	digits, found := strings.CutPrefix(s, ":")
	return s == "" || found && all(digits, 1, 5, isDigit)
}
