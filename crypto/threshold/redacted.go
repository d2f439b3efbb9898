package threshold

import (
	"fmt"
	"io"
)

// redacted is embedded in the types that hold secrets. Its methods have value
// receivers, so that neither a pointer nor a copy prints anything.
type redacted struct{}

const redactedText = "REDACTED"

func (redacted) String() string               { return redactedText }
func (redacted) GoString() string             { return redactedText }
func (redacted) Format(s fmt.State, _ rune)   { io.WriteString(s, redactedText) }
func (redacted) MarshalJSON() ([]byte, error) { return []byte(`"` + redactedText + `"`), nil }
func (redacted) MarshalText() ([]byte, error) { return []byte(redactedText), nil }
