package voter

import (
	"fmt"
	"io"
)

const redacted = "REDACTED"

// hidden is embedded in the types that hold secrets. Its methods have value receivers, so that neither a pointer nor a copy prints anything.
type hidden struct{}

func (hidden) String() string               { return redacted }
func (hidden) GoString() string             { return redacted }
func (hidden) Format(s fmt.State, _ rune)   { io.WriteString(s, redacted) }
func (hidden) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }
func (hidden) MarshalText() ([]byte, error) { return []byte(redacted), nil }
