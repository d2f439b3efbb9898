package record

import "mandate/ballot/text"

// Limits of SPEC.md §15.1.
const (
	MaxSponsors   = 64
	MaxBody       = 64
	MaxForums     = 64
	MaxSides      = 8
	MaxPerSide    = 100
	MaxStatement  = 20_000 // bytes of a statement
	MaxRequires   = 16
	MaxSeconders  = 64
	MaxCandidates = 128 // as many as a contest can have options
	MaxInterval   = 86_400
)

// Methods of calling a vote.
const (
	CallPetition = "petition" // by enough members, anonymously
	CallBody     = "body"     // by enough members of a body, by name
	CallReason   = "reason"   // by the commission, because the calendar or a resolution says so
)

// Rules are what must happen before a vote can open, and what is owed after it (SPEC.md §15). They are part of the manifest. Periods are
// in seconds.
type Rules struct {
	_           struct{} `cbor:",toarray"`
	Name        string   // slug of the rules file that they were made from
	Call        CallRule
	Forums      ForumRule
	Statements  StatementRule
	Packet      bool // a packet of statements and recordings must be made
	Mailing     MailingRule
	Voting      VotingRule
	Changes     ChangeRule
	Response    ResponseRule
	Deadlines   Deadlines
	Requires    []ID // votes of this log that must be certified before this one opens
	Nominations *NominationRule
}

// A CallRule says how the vote comes about. Exactly what its method names is there.
type CallRule struct {
	_        struct{} `cbor:",toarray"`
	Method   string   // CallPetition, CallBody or CallReason
	Petition *PetitionRule
	Body     *BodyRule
	Reason   string // for CallReason; else empty
}

// A PetitionRule calls the vote when Num/Den of the roll, rounded up, support it.
type PetitionRule struct {
	_              struct{} `cbor:",toarray"`
	Slot           uint64   // one of the round's petition slots
	Num, Den       uint64
	Closes         uint64 // the last moment of a support
	Interval       uint64 // supports appear in batches, that far apart at least
	SponsorsNeeded uint64
	Sponsors       []Member
}

// A Member is a roll entry opened to everybody, with its member's consent.
type Member struct {
	_      struct{} `cbor:",toarray"`
	Entry  uint64
	Salt   [32]byte
	Number string
	Name   string
}

// A BodyRule calls the vote when Need members of a body have signed a call.
type BodyRule struct {
	_       struct{} `cbor:",toarray"`
	Name    string
	Members []Officer
	Need    uint64
	Closes  uint64 // the last moment of a signature
}

// A ForumRule asks for forums to which all members are invited.
type ForumRule struct {
	_          struct{} `cbor:",toarray"`
	Need       uint64
	Notice     uint64 // between the announcement and the start
	Recordings bool   // each must have a recording
}

// A StatementRule says which statements for and against are taken.
type StatementRule struct {
	_         struct{} `cbor:",toarray"`
	Window    uint64   // how long; 0: none are
	Review    uint64   // after the window, to withhold what must not be published
	Length    uint64   // bytes
	PerSide   uint64   // of more than that, a draw chooses
	Sides     []string
	Anonymous bool   // also from members who do not give their name,
	Slot      uint64 // by the credential of this petition slot; 0 if not
}

// A MailingRule says whether the packet must have been sent to everybody, and how long before voting opens.
type MailingRule struct {
	_      struct{} `cbor:",toarray"`
	Needed bool
	Lead   uint64
}

// A VotingRule says when voting opens, counted from the call, and for how long at least.
type VotingRule struct {
	_      struct{} `cbor:",toarray"`
	After  uint64
	Period uint64
}

// A ChangeRule says how the commission may change a vote, each time with a reason.
type ChangeRule struct {
	_      struct{} `cbor:",toarray"`
	Extend uint64   // by so much in all voting may be extended
	Cancel bool     // before it opens
	Annul  bool     // from the opening until the result
}

// A ResponseRule says who must answer the result, and in what time. Within 0: nobody must.
type ResponseRule struct {
	_      struct{} `cbor:",toarray"`
	Within uint64
	Name   string
	Key    Key
}

// Deadlines of duties; 0 is none. Forums, seeds, packet and opening count from the call, seeds also from the moment at which they are to
// be revealed, mailing from the packet, closing from the moment at which voting was to close, tally from the seal.
type Deadlines struct {
	_       struct{} `cbor:",toarray"`
	Forums  uint64
	Seeds   uint64
	Packet  uint64
	Mailing uint64
	Opening uint64
	Closing uint64
	Tally   uint64
}

// A NominationRule says that the options of a contest are the members who were nominated and have accepted.
type NominationRule struct {
	_       struct{} `cbor:",toarray"`
	Contest uint64
	Window  uint64 // for nominations, from the call
	Seconds uint64 // how many members must second one
	Accept  uint64 // for acceptances, from the end of the window
}

// Support is a member's anonymous support of a petition, signed by the credential of its slot.
type Support struct {
	_          struct{} `cbor:",toarray"`
	Key        Key
	Signatures []byte // as on a ballot
}

// Call is the signature of a body's member (from 1) under the call of a vote.
type Call struct {
	_      struct{} `cbor:",toarray"`
	Member uint64
}

// Forum announces a forum of all members.
type Forum struct {
	_      struct{} `cbor:",toarray"`
	By     uint64
	Number uint64 // from 1
	Title  text.Texts
	Starts uint64
	Place  string // an address, or empty
}

// ForumHeld says that a forum has taken place.
type ForumHeld struct {
	_         struct{} `cbor:",toarray"`
	By        uint64
	Number    uint64
	Recording ID // SHA-256 of the file; zero if there is none (yet)
	URL       string
}

// Statement is a statement of a member for one side of the question, with the member's name or by an anonymous credential.
type Statement struct {
	_          struct{} `cbor:",toarray"`
	By         uint64   // 0: anonymous
	Side       string
	Text       string
	Member     *Member // of a named one
	Key        Key     // of an anonymous one
	Signatures []byte
}

// Withheld says that a statement is not published, and why.
type Withheld struct {
	_      struct{} `cbor:",toarray"`
	By     uint64
	Side   string
	Hash   ID // SHA-256 of its text
	Reason string
}

// SeedCommit commits a registrar to its part of the draw's randomness.
type SeedCommit struct {
	_         struct{} `cbor:",toarray"`
	Registrar uint64
	Hash      ID
}

// Seed reveals it.
type Seed struct {
	_         struct{} `cbor:",toarray"`
	Registrar uint64
	Seed      ID
}

// Packet names the one file that every member is sent before the vote.
type Packet struct {
	_          struct{} `cbor:",toarray"`
	By         uint64
	Hash       ID // SHA-256 of the file
	Size       uint64
	URL        string
	Statements []ID // record ids of the selected ones
	Recordings []ID
	Candidates []ID // record ids of the acceptances of those who stand
}

// Mailing is a registrar's word that the packet was sent to the entries of the roll.
type Mailing struct {
	_           struct{} `cbor:",toarray"`
	Registrar   uint64
	Packet      ID     // record id
	Mailed      uint64 // entries that it was sent to by e-mail,
	Paper       uint64 // on paper,
	Unreachable uint64 // and that there is no address for
	Bounced     uint64 // of those sent
}

// Nomination puts a member forward for a contest.
type Nomination struct {
	_         struct{} `cbor:",toarray"`
	By        uint64
	Slug      string
	Name      text.Texts
	Member    Member
	Seconders []Member
	Groups    []string // of representation rules of the contest, which the candidate belongs to
}

// Acceptance says that a nominated member stands.
type Acceptance struct {
	_         struct{} `cbor:",toarray"`
	By        uint64
	Slug      string
	Statement ID // SHA-256 of the candidate's statement, or zero
	Photo     ID // SHA-256, or zero
}

// Withdrawal says that a candidate stands no longer.
type Withdrawal struct {
	_      struct{} `cbor:",toarray"`
	By     uint64
	Slug   string
	Reason string
}

// Extend lets voting go on longer.
type Extend struct {
	_      struct{} `cbor:",toarray"`
	By     uint64
	Closes uint64
	Reason string
}

// Cancel ends a vote before it has opened.
type Cancel struct {
	_      struct{} `cbor:",toarray"`
	By     uint64
	Reason string
}

// Annul ends a vote without a result after it has opened.
type Annul struct {
	_      struct{} `cbor:",toarray"`
	By     uint64
	Reason string
}

// Response is the deciding body's answer to the result.
type Response struct {
	_    struct{} `cbor:",toarray"`
	Text string
}

func init() {
	kind[Support]()
	kind[Call]()
	kind[Forum]()
	kind[ForumHeld]()
	kind[Statement]()
	kind[Withheld]()
	kind[SeedCommit]()
	kind[Seed]()
	kind[Packet]()
	kind[Mailing]()
	kind[Nomination]()
	kind[Acceptance]()
	kind[Withdrawal]()
	kind[Extend]()
	kind[Cancel]()
	kind[Annul]()
	kind[Response]()
}

func (*Support) Kind() string    { return "support" }
func (*Call) Kind() string       { return "call" }
func (*Forum) Kind() string      { return "forum" }
func (*ForumHeld) Kind() string  { return "forum-held" }
func (*Statement) Kind() string  { return "statement" }
func (*Withheld) Kind() string   { return "withheld" }
func (*SeedCommit) Kind() string { return "seed-commit" }
func (*Seed) Kind() string       { return "seed" }
func (*Packet) Kind() string     { return "packet" }
func (*Mailing) Kind() string    { return "mailing" }
func (*Nomination) Kind() string { return "nomination" }
func (*Acceptance) Kind() string { return "acceptance" }
func (*Withdrawal) Kind() string { return "withdrawal" }
func (*Extend) Kind() string     { return "extend" }
func (*Cancel) Kind() string     { return "cancel" }
func (*Annul) Kind() string      { return "annul" }
func (*Response) Kind() string   { return "response" }
