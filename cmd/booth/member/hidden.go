package member

import secrets "mandate/crypto/hidden"

// hidden is embedded in the types that hold secrets.
type hidden = secrets.Fields
