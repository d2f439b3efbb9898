package record

import (
	"fmt"
	"slices"

	"mandate/ballot/contest"
	"mandate/ballot/text"
)

// Limits of SPEC.md §8.3.
const (
	MaxTrustees  = 32
	MaxRelays    = 16
	MaxWitnesses = 16
	MaxPrograms  = 8
	MaxDuration  = 31_536_000 // of grace and step, seconds
	MaxPromises  = 2000       // ballots listed in one record

	// MaxDecryption is the number of shares in every part of a decryption but the last.
	MaxDecryption = 1856
)

// Vote is a vote's manifest. Its record's id is the vote's id.
type Vote struct {
	_             struct{} `cbor:",toarray"`
	By            uint64
	Title         text.Texts
	Template      string // the kind of vote by the organisation's rules
	Mock          bool   // a rehearsal that decides nothing
	Slot          uint64
	Trustees      []Trustee
	Threshold     uint64 // t: so many trustees open the result
	Quorum        uint64 // q: so many must have signed the sealed input first
	Mixes         uint64 // m: so many trustees shuffle every ranked contest in turn; 0 if there is none
	Contests      []contest.Contest
	Opens, Closes uint64
	Grace         uint64 // seconds after closing that promised ballots are waited for
	Step          uint64 // seconds a trustee has for a step of key generation
	Revote        bool
	Relays        []Relay
	Witnesses     WitnessPolicy
	Rules         *Rules // nil: the vote is called by this record, and can open when its time has come
	Programs      []Program
}

// Ranked reports whether a contest of the vote is ranked, so that its ballots are shuffled.
func (v *Vote) Ranked() bool {
	return slices.ContainsFunc(v.Contests, func(c contest.Contest) bool { return c.Kind == contest.KindRanked })
}

// CheckMixes reports whether the number of mixes is one that the manifest may have: as many as trustees open the result at least, and not
// more than there are; none if there is nothing to shuffle (SPEC.md §9.5).
func (v *Vote) CheckMixes() error {
	least, most := v.Threshold, uint64(len(v.Trustees))
	if !v.Ranked() {
		least, most = 0, 0
	}
	switch {
	case v.Mixes >= least && v.Mixes <= most:
		return nil
	case most == 0:
		return fmt.Errorf("mixes: %d, want 0 for a vote without ranked contests", v.Mixes)
	}
	return fmt.Errorf("mixes: %d, want threshold %d to %d trustees", v.Mixes, least, most)
}

// A Trustee holds a share of the decryption key.
type Trustee struct {
	_    struct{} `cbor:",toarray"`
	Name string
	URL  string
	Key  Key
}

// A Relay takes ballots when the board cannot be reached, and promises like the board.
type Relay struct {
	_    struct{} `cbor:",toarray"`
	Name string
	URL  string
	Key  Key
}

// A Program is one that members' browsers are to run, so that what a server hands out can be compared with what was reviewed (SPEC.md §9.5).
type Program struct {
	_    struct{} `cbor:",toarray"`
	Name string   // "booth" or "audit"
	Hash ID       // SHA-256 of the WebAssembly, not compressed
}

// A WitnessPolicy demands cosignatures of Need of the keys on the sealed checkpoint.
type WitnessPolicy struct {
	_    struct{} `cbor:",toarray"`
	Need uint64
	Keys []string // C2SP cosignature verifier keys
}

// Opening begins the vote and fixes the key (SPEC.md §9.7).
type Opening struct {
	_             struct{} `cbor:",toarray"`
	By            uint64
	Attempt       uint64 // the attempt of key generation that gave the key
	Key           Key    // pk
	TrusteeKeys   []byte // Y_1 ‖ … ‖ Y_n
	Ceremony      ID
	RegistrarKeys ID
	Candidates    ID // the list of candidates (SPEC.md §15.4); zero for a vote without nominations
}

// Ballot is an encrypted ballot; its record's seal is its proof (SPEC.md §10).
type Ballot struct {
	_          struct{} `cbor:",toarray"`
	Key        Key      // the credential
	Number     uint64
	Previous   ID
	Signatures []byte   // 288 bytes for each registrar, in order
	Contests   [][]byte // per contest: A ‖ B for each option, or for each element of a ranking
}

// Check says that a ballot was opened to another device and must never count.
type Check struct {
	_          struct{} `cbor:",toarray"`
	Key        Key
	Signatures []byte
	Ballot     ID
}

// CheckFault says that the second device has shown another choice of a checked ballot than its member made. Nobody can tell whether that is
// so: how many cards say it is a number for observers (SPEC.md §10.4).
type CheckFault struct {
	_          struct{} `cbor:",toarray"`
	Key        Key
	Signatures []byte
	Ballot     ID
}

// Closing ends new promises.
type Closing struct {
	_  struct{} `cbor:",toarray"`
	By uint64
}

// Promises lists ballots that were promised and are still to be recorded.
type Promises struct {
	_       struct{} `cbor:",toarray"`
	Author  uint64   // 0: the board; else a relay
	Part    uint64
	Last    bool
	Ballots []byte // 32 bytes each
}

// Seal fixes the input of the tally.
type Seal struct {
	_ struct{} `cbor:",toarray"`
}

// Input is a trustee's signature on the sealed input.
type Input struct {
	_          struct{} `cbor:",toarray"`
	Trustee    uint64
	Size       uint64
	Root       ID
	Checkpoint string
}

// Shares is a trustee's part of the decryption of one contest's sums (SPEC.md §11.3).
type Shares struct {
	_       struct{} `cbor:",toarray"`
	Trustee uint64
	Contest uint64
	Shares  []byte // 32 bytes for each option
	Proof   []byte
}

// Mix is a part of a trustee's shuffle of a ranked contest (SPEC.md §17.4).
type Mix struct {
	_       struct{} `cbor:",toarray"`
	Trustee uint64
	Contest uint64
	Stage   uint64 // from 1
	Part    uint64 // from 0
	Data    []byte // 59,392 bytes; in the last part the rest
}

// Decryption is a part of a trustee's part of the decryption of a contest's shuffled rankings.
type Decryption struct {
	_       struct{} `cbor:",toarray"`
	Trustee uint64
	Contest uint64
	Part    uint64 // from 0
	Shares  []byte // 32 bytes for each ciphertext, of MaxDecryption; in the last part of the rest
	Proof   []byte // in the last part; else empty
}

// Lots is a trustee's part of the seed that breaks ties (SPEC.md §11.6).
type Lots struct {
	_       struct{} `cbor:",toarray"`
	Trustee uint64
	Share   [32]byte
	Proof   []byte
}

// Result is the certified result.
type Result struct {
	_        struct{} `cbor:",toarray"`
	By       uint64
	Roll     uint64 // roll entries
	Counted  uint64 // ballots counted
	Contests []ContestResult
}

// A ContestResult has a contest's counts and what they decide.
type ContestResult struct {
	_       struct{} `cbor:",toarray"`
	Counts  []uint64 // of a choice per option; of a ranked contest: ballots expressed, blank, spoiled
	Outcome string
	Winners []uint64 // options, ascending; of a ranked contest in the order in which they were elected
}
