package record

// A Body is one of the kinds of SPEC.md §8.3. Every body is a pointer to one of this package's structs.
type Body interface {
	// Kind returns the kind as it stands in the payload.
	Kind() string
}

// bodies makes an empty body for each kind.
var bodies = map[string]func() Body{}

func kind[T any, P interface {
	*T
	Body
}]() {
	bodies[P(new(T)).Kind()] = func() Body { return P(new(T)) }
}

func init() {
	kind[Genesis]()
	kind[Time]()
	kind[Roll]()
	kind[RollPart]()
	kind[RollRemoval]()
	kind[Round]()
	kind[RollAccept]()
	kind[SlotKey]()
	kind[Issues]()
	kind[Issue]()
	kind[Vote]()
	kind[KeygenCommit]()
	kind[KeygenPackage]()
	kind[KeygenShares]()
	kind[KeygenAccept]()
	kind[KeygenComplaint]()
	kind[KeygenTest]()
	kind[KeygenRestart]()
	kind[TrusteeReplace]()
	kind[Opening]()
	kind[Ballot]()
	kind[Check]()
	kind[CheckFault]()
	kind[Closing]()
	kind[Promises]()
	kind[Seal]()
	kind[Input]()
	kind[Shares]()
	kind[Mix]()
	kind[Decryption]()
	kind[Lots]()
	kind[Result]()
}

func newBody(kind string) Body {
	make, ok := bodies[kind]
	if !ok {
		return nil
	}
	return make()
}

// Kinds returns every kind, in no particular order.
func Kinds() []string {
	var ks []string
	for k := range bodies {
		ks = append(ks, k)
	}
	return ks
}

func (*Genesis) Kind() string         { return "genesis" }
func (*Time) Kind() string            { return "time" }
func (*Roll) Kind() string            { return "roll" }
func (*RollPart) Kind() string        { return "roll-part" }
func (*RollRemoval) Kind() string     { return "roll-removal" }
func (*Round) Kind() string           { return "round" }
func (*RollAccept) Kind() string      { return "roll-accept" }
func (*SlotKey) Kind() string         { return "slot-key" }
func (*Issues) Kind() string          { return "issues" }
func (*Issue) Kind() string           { return "issue" }
func (*Vote) Kind() string            { return "vote" }
func (*KeygenCommit) Kind() string    { return "keygen-commit" }
func (*KeygenPackage) Kind() string   { return "keygen-package" }
func (*KeygenShares) Kind() string    { return "keygen-shares" }
func (*KeygenAccept) Kind() string    { return "keygen-accept" }
func (*KeygenComplaint) Kind() string { return "keygen-complaint" }
func (*KeygenTest) Kind() string      { return "keygen-test" }
func (*KeygenRestart) Kind() string   { return "keygen-restart" }
func (*TrusteeReplace) Kind() string  { return "trustee-replace" }
func (*Opening) Kind() string         { return "opening" }
func (*Ballot) Kind() string          { return "ballot" }
func (*Check) Kind() string           { return "check" }
func (*CheckFault) Kind() string      { return "check-fault" }
func (*Closing) Kind() string         { return "closing" }
func (*Promises) Kind() string        { return "promises" }
func (*Seal) Kind() string            { return "seal" }
func (*Input) Kind() string           { return "input" }
func (*Shares) Kind() string          { return "shares" }
func (*Mix) Kind() string             { return "mix" }
func (*Decryption) Kind() string      { return "decryption" }
func (*Lots) Kind() string            { return "lots" }
func (*Result) Kind() string          { return "result" }
