package simulate

import (
	"crypto/rand"
	"testing"

	"mandate/ballot/cast"
	"mandate/ballot/contest"
	"mandate/ballot/credential"
	"mandate/ballot/record"
	"mandate/crypto/elgamal"
	"mandate/crypto/group"
	"mandate/crypto/sigma"
	"mandate/crypto/transcript"
)

// Context is what ballots are made and checked with. The vote must be open.
func (v *Vote) Context() cast.Context { return v.Org.State.CastContext(v.State()) }

// Credential returns a member's credential for the vote.
func (v *Vote) Credential(entry int) *credential.Credential {
	v.Org.tb.Helper()
	return v.Round.Credential(entry, v.Manifest.Slot)
}

// Ballot makes a member's next ballot, selecting in each contest the options with these indexes, and posts nothing. What it follows is
// the member's last ballot on the log, if any.
func (v *Vote) Ballot(entry int, selections ...[]int) *record.Record {
	v.Org.tb.Helper()
	return v.BallotOf(v.Credential(entry), selections...)
}

// BallotOf is Ballot for a credential of anybody's.
func (v *Vote) BallotOf(cred *credential.Credential, selections ...[]int) *record.Record {
	v.Org.tb.Helper()
	number, previous := v.next(cred.Key)
	r, _, err := v.State().Form.Encrypt(v.Context(), cred, number, previous, cast.NewDraft(), selections)
	if err != nil {
		v.Org.tb.Fatalf("simulate: %v", err)
	}
	return r
}

// next returns what a credential's next ballot has as number and previous.
func (v *Vote) next(key record.Key) (number uint64, previous record.ID) {
	n, id, ok := v.State().Last(key)
	if !ok {
		return 0, record.ID{}
	}
	return n + 1, id
}

// Cast makes a member's next ballot and posts it: the first, or one that replaces it.
func (v *Vote) Cast(entry int, selections ...[]int) record.ID {
	v.Org.tb.Helper()
	return v.Org.Post(v.Ballot(entry, selections...))
}

// CheckOf makes the record by which a credential says that a ballot was opened to another device.
func (v *Vote) CheckOf(cred *credential.Credential, ballot record.ID) *record.Record {
	v.Org.tb.Helper()
	r, err := cast.NewCheck(v.Org.Genesis, v.Context(), cred, ballot, rand.Reader)
	if err != nil {
		v.Org.tb.Fatalf("simulate: %v", err)
	}
	return r
}

// Check posts that a member's ballot was opened to another device.
func (v *Vote) Check(entry int, ballot record.ID) {
	v.Org.tb.Helper()
	v.Org.Post(v.CheckOf(v.Credential(entry), ballot))
}

// FaultOf makes the record by which a credential says that the second device has shown another choice of a ballot that it has checked.
func (v *Vote) FaultOf(cred *credential.Credential, ballot record.ID) *record.Record {
	v.Org.tb.Helper()
	r, err := cast.NewCheckFault(v.Org.Genesis, v.Context(), cred, ballot, rand.Reader)
	if err != nil {
		v.Org.tb.Fatalf("simulate: %v", err)
	}
	return r
}

// Fault posts that a ballot that a member has checked was shown with another choice.
func (v *Vote) Fault(entry int, ballot record.ID) {
	v.Org.tb.Helper()
	v.Org.Post(v.FaultOf(v.Credential(entry), ballot))
}

// A Forgery is a ballot of which everything can be changed before it is proved. Values, Elements and Randomness are what is encrypted: after a
// change of these, Encrypt makes Body.Contests of them again.
type Forgery struct {
	Scope      record.ID
	Context    cast.Context
	Key        sigma.SecretKey   // of which Body.Key is the public half
	Values     [][]uint64        // of choices
	Elements   [][]group.Element // of ranked contests: any, whether or not they encode a ranking
	Randomness [][]group.Scalar
	Body       record.Ballot

	v *Vote
}

// Forge begins a ballot as an honest booth would.
func (v *Vote) Forge(cred *credential.Credential, selections ...[]int) *Forgery {
	v.Org.tb.Helper()
	number, previous := v.next(cred.Key)
	f := &Forgery{
		Scope: v.ID, Context: v.Context(), Key: cred.SecretKey(), v: v,
		Body: record.Ballot{Key: cred.Key, Number: number, Previous: previous, Signatures: cred.Signatures},
	}
	contests := v.State().Manifest.Contests
	for i := range contests {
		randomness := make([]group.Scalar, contests[i].Width())
		for j := range randomness {
			r, err := group.RandomScalar(rand.Reader)
			if err != nil {
				v.Org.tb.Fatalf("simulate: %v", err)
			}
			randomness[j] = r
		}
		var values []uint64
		var elements []group.Element
		if encoding, err := contests[i].Encoding(); err == nil {
			if elements, err = encoding.Encode(selections[i]); err != nil {
				v.Org.tb.Fatalf("simulate: %v", err)
			}
		} else {
			values = make([]uint64, len(randomness))
			for _, j := range selections[i] {
				values[j] = 1
			}
		}
		f.Values, f.Elements, f.Randomness = append(f.Values, values), append(f.Elements, elements), append(f.Randomness, randomness)
	}
	f.Encrypt()
	return f
}

// Encrypt makes Body.Contests of Values, Elements and Randomness. It encrypts whatever it is given.
func (f *Forgery) Encrypt() {
	f.v.Org.tb.Helper()
	f.Body.Contests = nil
	for i := range f.Randomness {
		var b []byte
		for j, r := range f.Randomness[i] {
			A, B := group.BaseMul(r), f.Context.Key.Mul(r)
			if f.Elements[i] != nil {
				B = B.Add(f.Elements[i][j])
			} else {
				B = B.Add(group.BaseMul(group.ScalarFromUint64(f.Values[i][j])))
			}
			b = B.Append(A.Append(b))
		}
		f.Body.Contests = append(f.Body.Contests, b)
	}
}

// Record proves the ballot as well as it can: for values out of range the proof has the right form and does not hold.
func (f *Forgery) Record() *record.Record {
	f.v.Org.tb.Helper()
	payload, err := record.Payload(f.Scope, &f.Body)
	if err != nil {
		f.v.Org.tb.Fatalf("simulate: %v", err)
	}
	return f.Sealed(f.prove(payload))
}

// Sealed makes the record of the ballot with any bytes for proof.
func (f *Forgery) Sealed(proof []byte) *record.Record {
	f.v.Org.tb.Helper()
	payload, err := record.Payload(f.Scope, &f.Body)
	if err != nil {
		f.v.Org.tb.Fatalf("simulate: %v", err)
	}
	r, err := record.Assemble(payload, proof)
	if err != nil {
		f.v.Org.tb.Fatalf("simulate: %v", err)
	}
	return r
}

// prove makes the proof of SPEC.md §10.3. Where Body.Contests does not decode, it stands for nothing and the proof is of zeros.
func (f *Forgery) prove(payload []byte) []byte {
	f.v.Org.tb.Helper()
	relation := f.v.State().Form.Relation()
	elements := []group.Element{f.Context.Key, f.Key.Public().Element()}
	w := sigma.Witness{Leaves: [][]group.Scalar{{f.Key.Scalar()}}}
	contests := f.v.State().Manifest.Contests
	for i := range contests {
		c := &contests[i]
		var total uint64
		var R group.Scalar
		for j, r := range f.Randomness[i] {
			at := j * elgamal.Size
			ct, err := elgamal.Decode(f.Body.Contests[i][at : at+elgamal.Size])
			if err != nil {
				return make([]byte, relation.ProofSize())
			}
			elements = append(elements, ct.A, ct.B)
			if c.Kind == contest.KindRanked {
				w.Leaves = append(w.Leaves, []group.Scalar{r})
				continue
			}
			value := f.Values[i][j]
			w.Leaves = append(w.Leaves, []group.Scalar{r}, []group.Scalar{r})
			w.Branches = append(w.Branches, int(min(value, 1)))
			total, R = total+value, R.Add(r)
		}
		if c.Kind == contest.KindRanked {
			continue
		}
		for range c.Max - c.Min + 1 {
			w.Leaves = append(w.Leaves, []group.Scalar{R})
		}
		if c.Min < c.Max {
			w.Branches = append(w.Branches, int(min(max(total, c.Min), c.Max)-c.Min))
		}
	}
	t := transcript.New("mandate/v1 ballot")
	t.AppendBytes("ctx", f.Context.Ctx[:])
	t.AppendBytes("payload", payload)
	proof, err := relation.Prove(t, elements, w, rand.Reader)
	if err != nil {
		f.v.Org.tb.Fatalf("simulate: %v", err)
	}
	return proof
}

// Whole holds a whole vote: an organisation, a round, a vote in which 80 % of the members collect cards and 70 % vote, one in six of these
// twice if the vote allows it, and the result.
func Whole(tb testing.TB, c Config) *Vote {
	tb.Helper()
	o := New(tb, c)
	r := o.Round()
	var entries []int
	for i := range max(1, o.Config.Members*4/5) {
		entries = append(entries, i)
	}
	r.Cards(entries...)
	v := r.Vote()
	v.Ceremony()
	v.Open()
	for i := range max(1, o.Config.Members*7/10) {
		v.Cast(i, v.Choice(i)...)
		if v.Manifest.Revote && i%6 == 5 {
			v.Cast(i, v.Choice(i+1)...)
		}
	}
	v.Finish()
	return v
}

// Choice returns selections that are allowed in every contest, different ones for different n.
func (v *Vote) Choice(n int) [][]int {
	contests := v.State().Manifest.Contests
	selections := make([][]int, len(contests))
	for i := range selections {
		c := &contests[i]
		if c.Kind == contest.KindRanked { // ranks without gaps, of any length up to the depth
			for k := range n % (int(c.Depth) + 1) {
				selections[i] = append(selections[i], (n*n+i+k)%len(c.Options))
			}
			continue
		}
		size := int(c.Min) + n%int(c.Max-c.Min+1)
		if size == 0 && n%4 != 0 { // mostly not blank
			size = 1
		}
		for k := range size {
			selections[i] = append(selections[i], (n+i+k)%len(c.Options))
		}
	}
	return selections
}
