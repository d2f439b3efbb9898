package fold_test

// courseKinds are the kinds of SPEC.md §15, which stand on the log only for votes with rules.
var courseKinds = []string{
	"support", "call", "forum", "forum-held", "statement", "withheld", "seed-commit", "seed", "packet", "mailing",
	"nomination", "acceptance", "withdrawal", "extend", "cancel", "annul", "response",
}
