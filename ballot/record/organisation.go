package record

import (
	"slices"
	"strings"

	"mandate/ballot/text"
)

// Version is the protocol version that a genesis record names.
const Version = "mandate/v1"

// Limits of SPEC.md §8.3.
const (
	MaxCommission  = 16
	MaxRegistrars  = 8
	MaxSlots       = 64
	MaxRoll        = 1 << 27
	PartEntries    = 2000
	MaxIssues      = 8000
	MaxRemovals    = 8000 // entries in one record
	ModulusSize    = 256
	SlotRootsSize  = 2048
	MaxTime        = 253402300799
	SignatureBytes = 288 // of one registrar on a ballot: message prefix (32) and RSA signature (256)
)

// Genesis is the first record of a log: who the organisation, its board and its commission are.
type Genesis struct {
	_          struct{} `cbor:",toarray"`
	Version    string
	Origin     string // the log's name, first line of its checkpoints
	LogKey     string // its Ed25519 key, as a C2SP signed-note verifier key named Origin
	Board      Key    // the board's key for records, promises and refusals
	Title      text.Texts
	Commission []Officer
}

// An Officer is a member of the commission, whose key signs manifests, openings, closings and results.
type Officer struct {
	_    struct{} `cbor:",toarray"`
	Name string
	Key  Key
}

// Time is the board's clock, the only clock of the fold.
type Time struct {
	_   struct{} `cbor:",toarray"`
	Now uint64   // seconds since 1970
}

// Roll announces the commitment to a list of members as of a date.
type Roll struct {
	_       struct{} `cbor:",toarray"`
	By      uint64
	RollID  ID // 32 random bytes, hashed into every entry
	Title   string
	Segment string // chapter, branch or committee; empty for the whole organisation
	AsOf    string // YYYY-MM-DD
	Count   uint64
	Root    ID // RFC 6962 tree head over the entries' hashes
}

// RollPart publishes up to 2000 entry hashes of a roll, 32 bytes each, in order.
type RollPart struct {
	_       struct{} `cbor:",toarray"`
	By      uint64
	Part    uint64
	Entries []byte
}

// RollRemoval takes entries off a complete roll for those who collect cards, or puts them back. It changes nothing about cards that were
// collected before (SPEC.md §9.3).
type RollRemoval struct {
	_       struct{} `cbor:",toarray"`
	By      uint64
	Entries []uint64 // strictly ascending
	Removed bool     // false: put back
	Reason  string   // a name: at most 200 bytes on one line, public for good
}

// Round is an issuing round: members of a roll collect a card with a credential for each slot.
type Round struct {
	_             struct{} `cbor:",toarray"`
	By            uint64
	Title         text.Texts
	Roll          ID
	Registrars    []Registrar
	Slots         uint64
	PetitionSlots uint64 // the last so many slots are for petitions
	Opens, Closes uint64 // when cards can be collected
}

// A Registrar signs credentials. All registrars of a round must sign each.
type Registrar struct {
	_        struct{} `cbor:",toarray"`
	Name     string
	Operator string // who runs it
	Channel  string // how it knows a member: "e-mail code", "e-mail code; openid https://login.example.org"
	URL      string
	Key      Key
}

// Ways returns the ways by which a registrar knows members: the parts of its channel between semicolons (SPEC.md §8.3).
func (r *Registrar) Ways() []string {
	ways := strings.Split(r.Channel, ";")
	for i := range ways {
		ways[i] = strings.TrimSpace(ways[i])
	}
	return slices.DeleteFunc(ways, func(w string) bool { return w == "" })
}

// SharedWay returns the first way by which both registrars know members, or nothing. Whoever controls it can be a member to both.
func (r *Registrar) SharedWay(other *Registrar) string {
	theirs := other.Ways()
	for _, w := range r.Ways() {
		if slices.Contains(theirs, w) {
			return w
		}
	}
	return ""
}

// RollAccept says that a registrar has checked all openings of the roll and found the numbers distinct.
type RollAccept struct {
	_         struct{} `cbor:",toarray"`
	Registrar uint64
	Root      ID
}

// SlotKey publishes a registrar's RSA key for one slot with its certificate (SPEC.md §6).
type SlotKey struct {
	_         struct{} `cbor:",toarray"`
	Registrar uint64
	Slot      uint64
	Modulus   [ModulusSize]byte
	Roots     [SlotRootsSize]byte
}

// Issues lists roll entries to which a registrar has issued a card, strictly ascending.
type Issues struct {
	_         struct{} `cbor:",toarray"`
	Registrar uint64
	Entries   []uint64
}

// Issue says that a registrar has issued a card to one roll entry; it is part of the registrar's answer, and anyone may post it.
type Issue struct {
	_         struct{} `cbor:",toarray"`
	Registrar uint64
	Entry     uint64
}
