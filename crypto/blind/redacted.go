package blind

import "mandate/crypto/hidden"

// redacted is embedded in the types that hold secrets.
type redacted = hidden.Fields
