package threshold

// SealedSize is the length of a share sealed to one trustee: an X25519
// encapsulated key (32), a scalar (32) and an authentication tag (16).
const SealedSize = 80

// A Complaint is the public evidence on one sealed share.
type Complaint struct {
	Dealer      int              // who sealed the share
	Receiver    int              // who complains about it
	Commitments Commitments      // of the dealer
	Sealing     [32]byte         // the receiver's public sealing key
	Sealed      [SealedSize]byte // the share
	Opened      [32]byte         // the private sealing key that the receiver reveals
}
