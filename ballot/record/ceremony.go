package record

// The messages of key generation (SPEC.md §5.2, §9.6).

// SealedSize is the length of a share sealed to one trustee: an X25519 encapsulation (32) and a scalar with its tag (48).
const SealedSize = 80

// KeygenCommit is a trustee's hash of the package it will post.
type KeygenCommit struct {
	_       struct{} `cbor:",toarray"`
	Trustee uint64
	Attempt uint64
	Hash    ID
}

// KeygenPackage has a trustee's coefficient commitments φ_i0 … φ_i,t−1 (32 bytes each), sealing key κ_i and proof of possession.
type KeygenPackage struct {
	_            struct{} `cbor:",toarray"`
	Trustee      uint64
	Attempt      uint64
	Coefficients []byte
	Sealing      [32]byte
	Proof        []byte
}

// KeygenShares has a trustee's shares for trustees 1 … n, each sealed to its receiver.
type KeygenShares struct {
	_       struct{} `cbor:",toarray"`
	Trustee uint64
	Attempt uint64
	Sealed  [][SealedSize]byte
}

// KeygenAccept says that all shares a trustee received fit.
type KeygenAccept struct {
	_       struct{} `cbor:",toarray"`
	Trustee uint64
	Attempt uint64
}

// KeygenComplaint reveals a trustee's private sealing key to show that the share of another does not fit.
type KeygenComplaint struct {
	_       struct{} `cbor:",toarray"`
	Trustee uint64
	Attempt uint64
	Against uint64
	Opened  [32]byte
}

// KeygenTest shows that a trustee's stored share works: its part of the decryption of a test ciphertext.
type KeygenTest struct {
	_       struct{} `cbor:",toarray"`
	Trustee uint64
	Attempt uint64
	Share   [32]byte
	Proof   []byte
}

// Reasons of a restart.
const (
	RestartComplaint = "complaint"
	RestartSilent    = "silent"
)

// KeygenRestart ends an attempt, names who was at fault and starts the next.
type KeygenRestart struct {
	_       struct{} `cbor:",toarray"`
	By      uint64
	Attempt uint64 // the attempt that ends
	Trustee uint64
	Reason  string
}

// TrusteeReplace puts another trustee in the place of one who was at fault twice.
type TrusteeReplace struct {
	_       struct{} `cbor:",toarray"`
	By      uint64
	Trustee uint64
	Name    string
	URL     string
	Key     Key
	Reason  string
}
