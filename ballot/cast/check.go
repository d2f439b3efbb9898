package cast

import (
	"crypto/rand"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"mandate/ballot/credential"
	"mandate/ballot/record"
	"mandate/crypto/blind"
	"mandate/crypto/elgamal"
	"mandate/crypto/group"
	"mandate/crypto/sigma"
	"mandate/crypto/transcript"
)

// A Context is what an open vote adds to its form. It is not changed once the vote is open.
type Context struct {
	Ctx        [32]byte      // the context of every proof (SPEC.md §9.7)
	Vote       record.ID     // the vote record
	Key        group.Element // pk; not the identity
	Round      record.ID     // the round record
	Slot       uint64
	Registrars []*blind.PublicKey // of the slot, in order
}

// Codes of a ballot or check record that is void by itself (SPEC.md §10.4).
const (
	CodeForm         = "form"
	CodeNonCanonical = "noncanonical"
	CodeTrivial      = "trivial"
	CodeSignatures   = "signatures"
	CodeProof        = "proof"
)

// A Fault is why a ballot is void by itself. Its code is one of SPEC.md §10.4.
type Fault struct {
	Code string
	Err  error
}

func (f *Fault) Error() string { return f.Code + ": " + f.Err.Error() }
func (f *Fault) Unwrap() error { return f.Err }

func fault(code, format string, args ...any) *Fault { return &Fault{code, fmt.Errorf(format, args...)} }

// A Checked is a ballot that holds by itself. Only Check and CheckAll make one.
type Checked struct {
	Record *record.Record
	Ballot *record.Ballot // the record's body
	Votes  *Votes
}

// Votes are a ballot's ciphertexts: of a choice an encryption of 0 or 1 for each option, of a ranked contest an encryption of each element of
// the ranking's encoding, of which nothing is proved but that its author knew the randomness: whether it is a ranking is seen after the mix.
type Votes struct {
	Contests [][]elgamal.Ciphertext
}

// Contest returns the ciphertexts of contest i, from 0: as many as Form.Widths says.
func (v *Votes) Contest(i int) []elgamal.Ciphertext { return v.Contests[i] }

// Randomness returns the encodings of all A components, in order. One that occurs twice, in a ballot or in two, shows that
// something was copied (SPEC.md §10.4 step 8).
func (v *Votes) Randomness() [][32]byte {
	var as [][32]byte
	for _, c := range v.Contests {
		for i := range c {
			as = append(as, c[i].A.Encoding())
		}
	}
	return as
}

// statement is a ballot's proof with what it is about.
type statement struct {
	elements   []group.Element
	transcript *transcript.Transcript
	proof      []byte
}

// Check makes checks 1 and 5 to 7 of SPEC.md §10.4, in this order. Its fault is nil if they all hold.
func (f *Form) Check(ctx Context, rec *record.Record) (*Checked, *Fault) {
	checked, s, bad := f.open(&ctx, rec)
	if bad != nil {
		return nil, bad
	}
	if err := f.relation.Verify(s.transcript, s.elements, s.proof); err != nil {
		return nil, proofFault(err)
	}
	return checked, nil
}

func proofFault(err error) *Fault { return fault(CodeProof, "proof: %w", err) }

// open makes checks 1, 5 and 6, and returns what check 7 is about.
func (f *Form) open(ctx *Context, rec *record.Record) (*Checked, *statement, *Fault) {
	checked, s, bad := f.decode(ctx, rec)
	if bad != nil {
		return nil, nil, bad
	}
	if bad := checkSignatures(ctx, checked.Ballot.Key, checked.Ballot.Signatures); bad != nil {
		return nil, nil, bad
	}
	return checked, s, nil
}

// decode makes checks 1 and 5.
func (f *Form) decode(ctx *Context, rec *record.Record) (*Checked, *statement, *Fault) {
	if err := f.CheckShape(rec); err != nil {
		return nil, nil, &Fault{CodeForm, err}
	}
	if rec.Scope != ctx.Vote {
		return nil, nil, &Fault{CodeForm, errOtherVote}
	}
	if len(ctx.Registrars) != f.registrars {
		return nil, nil, fault(CodeForm, "keys of %d registrars, want %d", len(ctx.Registrars), f.registrars)
	}
	b := rec.Body.(*record.Ballot)
	K, err := group.DecodeElement(b.Key[:])
	if err != nil {
		return nil, nil, fault(CodeNonCanonical, "key: %w", err)
	}
	votes := &Votes{make([][]elgamal.Ciphertext, len(b.Contests))}
	elements := []group.Element{ctx.Key, K}
	for i, c := range b.Contests {
		votes.Contests[i] = make([]elgamal.Ciphertext, f.widths[i])
		for j := range votes.Contests[i] {
			ct, err := elgamal.Decode(c[j*elgamal.Size : (j+1)*elgamal.Size])
			if err != nil {
				return nil, nil, fault(CodeNonCanonical, "%s: %w", f.place(i, j), err)
			}
			votes.Contests[i][j] = ct
			elements = append(elements, ct.A, ct.B)
		}
	}
	if K.IsIdentity() {
		return nil, nil, fault(CodeTrivial, "key: is the identity")
	}
	for i, c := range votes.Contests {
		for j := range c {
			if c[j].IsTrivial() {
				return nil, nil, fault(CodeTrivial, "%s: %w", f.place(i, j), elgamal.ErrTrivial)
			}
		}
	}
	return &Checked{Record: rec, Ballot: b, Votes: votes}, &statement{elements, proofTranscript(ctx, rec.Payload()), rec.Seal()}, nil
}

// proofTranscript is the transcript of SPEC.md §10.3.
func proofTranscript(ctx *Context, payload []byte) *transcript.Transcript {
	t := transcript.New("mandate/v1 ballot")
	t.AppendBytes("ctx", ctx.Ctx[:])
	t.AppendBytes("payload", payload)
	return t
}

// checkSignatures is check 6 of SPEC.md §10.4. The length has been checked.
func checkSignatures(ctx *Context, key record.Key, signatures []byte) *Fault {
	msg := credential.Message(ctx.Round, ctx.Slot, key)
	for i, pk := range ctx.Registrars {
		s := signatures[i*record.SignatureBytes : (i+1)*record.SignatureBytes]
		if err := pk.Verify(msg[:], s[:blind.PrefixSize], s[blind.PrefixSize:]); err != nil {
			return fault(CodeSignatures, "registrar %d: %w", i+1, err)
		}
	}
	return nil
}

// CheckCredential checks that a key is one that all registrars have signed for the vote's slot, as for a check record (SPEC.md
// §10.4): the length of signatures, the key, the signatures, in this order.
func CheckCredential(ctx Context, key record.Key, signatures []byte) *Fault {
	if want := len(ctx.Registrars) * record.SignatureBytes; len(signatures) != want {
		return fault(CodeForm, "signatures: %d bytes, want %d", len(signatures), want)
	}
	K, err := group.DecodeElement(key[:])
	if err != nil {
		return fault(CodeNonCanonical, "key: %w", err)
	}
	if K.IsIdentity() {
		return fault(CodeTrivial, "key: is the identity")
	}
	return checkSignatures(&ctx, key, signatures)
}

// chunkSize is how many ballots are put into one batch: enough for the batch to be at its best, few enough for each processor
// to get several.
const chunkSize = 1024

// CheckAll checks many ballots of one vote on all processors. For each record either the ballot or the fault is nil; verdicts are
// those of Check.
func (f *Form) CheckAll(ctx Context, recs []*record.Record) ([]*Checked, []*Fault) {
	checked, faults := make([]*Checked, len(recs)), make([]*Fault, len(recs))
	size := max(1, min(chunkSize, (len(recs)+runtime.GOMAXPROCS(0)-1)/runtime.GOMAXPROCS(0)))
	Parallel((len(recs)+size-1)/size, func(i int) {
		start, end := i*size, min((i+1)*size, len(recs))
		f.checkChunk(&ctx, recs[start:end], checked[start:end], faults[start:end])
	})
	return checked, faults
}

func (f *Form) checkChunk(ctx *Context, recs []*record.Record, checked []*Checked, faults []*Fault) {
	statements := make([]*statement, len(recs))
	batch := sigma.NewBatch(rand.Reader)
	var added []int // the records in the batch, by their number there
	for i, rec := range recs {
		if checked[i], statements[i], faults[i] = f.open(ctx, rec); faults[i] != nil {
			continue
		}
		added = append(added, i)
		s := statements[i]
		if err := batch.Add(f.relation, s.transcript, s.elements, s.proof); err != nil {
			checked[i], faults[i] = nil, proofFault(err)
		}
	}
	err := batch.Verify()
	if err == nil {
		return
	}
	suspects := added // all of them, should the batch have failed as such
	var failed *sigma.BatchError
	if errors.As(err, &failed) {
		suspects = nil
		for _, k := range failed.Indexes {
			suspects = append(suspects, added[k])
		}
	}
	for _, i := range suspects {
		if faults[i] != nil {
			continue
		}
		s := statements[i]
		if err := f.relation.Verify(s.transcript, s.elements, s.proof); err != nil {
			checked[i], faults[i] = nil, proofFault(err)
		}
	}
}

// Parallel calls do for 0 … n−1 on all processors and returns when all calls have.
func Parallel(n int, do func(i int)) {
	workers := min(n, runtime.GOMAXPROCS(0))
	if workers <= 1 {
		for i := range n {
			do(i)
		}
		return
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				do(i)
			}
		})
	}
	wg.Wait()
}
