package specification_test

import "testing"

func TestGrammar(t *testing.T) { specGrammar(t) }
