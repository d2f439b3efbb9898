// Package hidden keeps secrets out of logs, error messages and debug output.
//
// A struct that holds secrets embeds [Fields]: however it is printed or marshalled, the text is [Text]. Types that are no structs define the
// same methods themselves.
package hidden

import (
	"fmt"
	"io"
)

// Text is what a secret prints as.
const Text = "REDACTED"

// Fields is embedded in the types that hold secrets. Its methods have value receivers, so that neither a pointer nor a copy prints anything.
type Fields struct{}

// String returns Text.
func (Fields) String() string { return Text }

// GoString returns Text.
func (Fields) GoString() string { return Text }

// Format writes Text for every verb.
func (Fields) Format(s fmt.State, _ rune) { io.WriteString(s, Text) }

// MarshalJSON returns Text as a JSON string.
func (Fields) MarshalJSON() ([]byte, error) { return []byte(`"` + Text + `"`), nil }

// MarshalText returns Text.
func (Fields) MarshalText() ([]byte, error) { return []byte(Text), nil }
