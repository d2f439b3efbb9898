package cast

import (
	"bytes"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha512"
	"encoding/binary"
	"errors"
	"fmt"

	"mandate/ballot/credential"
	"mandate/ballot/record"
	"mandate/crypto/elgamal"
	"mandate/crypto/group"
	secrets "mandate/crypto/hidden"
	"mandate/crypto/sigma"
)

// Labels of the derivation of a ballot's randomness (SPEC.md §10.6).
const (
	encryptionLabel = "mandate/v1 ballot encryption"
	proofLabel      = "mandate/v1 ballot proof"
	openingVersion  = "mandate/v1 opening"
)

// hidden is embedded in the types that hold secrets.
type hidden = secrets.Fields

// A Draft is the randomness of one ballot, drawn before the member's choice is known, so that a booth cannot pick randomness
// that tells the choice. It serves once.
type Draft struct {
	hidden
	seed  [32]byte
	fresh bool
}

// NewDraft draws the randomness of one ballot.
func NewDraft() *Draft {
	d := &Draft{fresh: true}
	rand.Read(d.seed[:]) // never fails: crypto/rand ends the program instead
	return d
}

// ErrUsed reports a draft that has made a ballot already: with the same randomness two ballots would tell how they differ.
var ErrUsed = errors.New("the draft has been used")

// An Opening is what a second device needs to see what a ballot says: the seed of its randomness and what is selected or ranked in each
// contest. It is a secret until the member decides to check the ballot instead of casting it; when it is cast, Wipe it.
type Opening struct {
	hidden
	Ballot     record.ID // the ballot it opens
	seed       [32]byte
	selections [][]int
}

// Selections returns for each contest the indexes of the options selected, or ranked, the most preferred first.
func (o *Opening) Selections() [][]int { return o.selections }

// Wipe overwrites the secrets.
func (o *Opening) Wipe() {
	clear(o.seed[:])
	for _, s := range o.selections {
		clear(s)
	}
	o.selections = nil
}

// Encrypt makes a ballot that selects, for each contest in order, the options with the given indexes; in a ranked contest it ranks them, the
// first highest. number and previous are those of SPEC.md §10.2. It uses up the draft, also if it fails. An error names the contest and the
// option that cannot be selected or ranked.
func (f *Form) Encrypt(ctx Context, cred *credential.Credential, number uint64, previous record.ID, d *Draft, selections [][]int) (*record.Record, *Opening, error) {
	if !d.fresh {
		return nil, nil, fmt.Errorf("encrypting a ballot: %w", ErrUsed)
	}
	o := &Opening{seed: d.seed, selections: make([][]int, len(selections))}
	d.fresh = false
	clear(d.seed[:])
	for i, s := range selections {
		o.selections[i] = append([]int{}, s...)
	}
	rec, err := f.encrypt(&ctx, cred, number, previous, o)
	if err != nil {
		o.Wipe()
		return nil, nil, fmt.Errorf("encrypting a ballot: %w", err)
	}
	o.Ballot = rec.ID()
	return rec, o, nil
}

// encrypt makes the ballot that an opening describes; the same arguments make the same ballot.
func (f *Form) encrypt(ctx *Context, cred *credential.Credential, number uint64, previous record.ID, o *Opening) (*record.Record, error) {
	switch {
	case cred.Round != ctx.Round || cred.Slot != ctx.Slot:
		return nil, fmt.Errorf("the credential is for slot %d of round %v, the vote has slot %d of round %v", cred.Slot, cred.Round, ctx.Slot, ctx.Round)
	case len(cred.Signatures) != f.registrars*record.SignatureBytes || len(ctx.Registrars) != f.registrars:
		return nil, fmt.Errorf("the credential has %d bytes of signatures, want %d", len(cred.Signatures), f.registrars*record.SignatureBytes)
	}
	c, err := f.ciphertexts(ctx, cred.Key, number, o)
	if err != nil {
		return nil, err
	}
	body := &record.Ballot{Key: cred.Key, Number: number, Previous: previous, Signatures: cred.Signatures, Contests: c.encoded}
	payload, err := record.Payload(ctx.Vote, body)
	if err != nil {
		return nil, err
	}
	random, err := o.derive(ctx, proofLabel, cred.Key, 32, number)
	if err != nil {
		return nil, err
	}
	defer clear(random)
	x := cred.SecretKey()
	elements := append([]group.Element{ctx.Key, x.Public().Element()}, c.elements...)
	proof, err := f.relation.Prove(proofTranscript(ctx, payload), elements, f.witness(x, c), bytes.NewReader(random))
	if err != nil {
		return nil, err
	}
	return record.Assemble(payload, proof)
}

// A plaintext is what a ballot says in one contest.
type plaintext struct {
	votes    []uint64        // of a choice: 0 or 1 for each option
	elements []group.Element // of a ranked contest: the encoding of the ranking
}

// ciphertexts are a ballot's contests, in the clear and encrypted.
type ciphertexts struct {
	plain      []plaintext
	randomness [][]group.Scalar
	elements   []group.Element // A, B of each
	encoded    [][]byte        // A ‖ B of each, per contest
}

func (f *Form) ciphertexts(ctx *Context, key record.Key, number uint64, o *Opening) (*ciphertexts, error) {
	plain, err := f.plaintexts(o.selections)
	if err != nil {
		return nil, err
	}
	pk := f.key
	if pk == nil || !pk.Element().Equal(ctx.Key) {
		pk = nil
	}
	encrypt := func(p *plaintext, j int, r group.Scalar) (elgamal.Ciphertext, error) {
		switch {
		case p.elements != nil && pk != nil:
			return pk.Encrypt(p.elements[j], r)
		case p.elements != nil:
			return elgamal.Encrypt(ctx.Key, p.elements[j], r)
		case pk != nil:
			return pk.EncryptInteger(p.votes[j], r)
		}
		return elgamal.EncryptInteger(ctx.Key, p.votes[j], r)
	}
	c := &ciphertexts{plain: plain, randomness: make([][]group.Scalar, len(plain)), encoded: make([][]byte, len(plain))}
	for i := range plain {
		for j := range f.widths[i] {
			random, err := o.derive(ctx, encryptionLabel, key, 64, number, uint64(i), uint64(j))
			if err != nil {
				return nil, err
			}
			r := group.ScalarFromUniformBytes([64]byte(random))
			clear(random)
			ct, err := encrypt(&plain[i], j, r)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", f.place(i, j), err)
			}
			ct = ct.Encoded()
			c.randomness[i] = append(c.randomness[i], r)
			c.elements = append(c.elements, ct.A, ct.B)
			c.encoded[i] = ct.Append(c.encoded[i])
		}
	}
	return c, nil
}

// derive is HKDF-SHA512 (RFC 5869) with the seed as input, ctx as salt, and as info the label, the credential key and the numbers.
func (o *Opening) derive(ctx *Context, label string, key record.Key, size int, numbers ...uint64) ([]byte, error) {
	info := append([]byte(label), key[:]...)
	for _, n := range numbers {
		info = binary.BigEndian.AppendUint64(info, n)
	}
	b, err := hkdf.Key(sha512.New, o.seed[:], ctx.Ctx[:], string(info), size)
	if err != nil {
		return nil, fmt.Errorf("deriving %q: %w", label, err)
	}
	return b, nil
}

// witness lists what the proof is of, in the order of the relation.
func (f *Form) witness(x sigma.SecretKey, c *ciphertexts) sigma.Witness {
	w := sigma.Witness{Leaves: [][]group.Scalar{{x.Scalar()}}}
	for i := range f.contests {
		var total uint64
		var R group.Scalar
		if f.encodings[i] != nil {
			for _, r := range c.randomness[i] {
				w.Leaves = append(w.Leaves, []group.Scalar{r})
			}
			continue
		}
		for j, v := range c.plain[i].votes {
			r := c.randomness[i][j]
			w.Leaves = append(w.Leaves, []group.Scalar{r}, []group.Scalar{r})
			w.Branches = append(w.Branches, int(v))
			total, R = total+v, R.Add(r)
		}
		least, most := f.contests[i].Min, f.contests[i].Max
		for range most - least + 1 {
			w.Leaves = append(w.Leaves, []group.Scalar{R})
		}
		if least < most {
			w.Branches = append(w.Branches, int(total-least))
		}
	}
	return w
}
