package cast

import (
	"errors"
	"fmt"
	"slices"

	"mandate/ballot/contest"
	"mandate/ballot/ranking"
	"mandate/ballot/record"
	"mandate/crypto/elgamal"
	"mandate/crypto/group"
	"mandate/crypto/sigma"
)

// A Form is what all ballots of a vote have in common. It is immutable and safe for concurrent use.
type Form struct {
	contests   []contest.Contest
	encodings  []*ranking.Encoding // of each contest's rankings; nil for a choice
	widths     []int               // of each contest: how many ciphertexts a ballot has
	registrars int
	relation   *sigma.Relation
	payload    int          // bytes of the payload of a ballot with number 0
	key        *elgamal.Key // prepared, or nil
}

// NewForm returns the form of a vote's ballots in a round of n registrars. It is an error if contests or registrars are out of the bounds
// of SPEC.md §8.3, or if a ballot could be longer than a record may be; nothing else of the manifest is looked at.
func NewForm(vote *record.Vote, registrars int) (*Form, error) {
	if registrars < 1 || registrars > record.MaxRegistrars {
		return nil, fmt.Errorf("registrars: %d, want 1 to %d", registrars, record.MaxRegistrars)
	}
	if n := len(vote.Contests); n < 1 || n > contest.MaxContests {
		return nil, fmt.Errorf("contests: %d, want 1 to %d", n, contest.MaxContests)
	}
	f := &Form{contests: vote.Contests, registrars: registrars}
	for i := range vote.Contests {
		if err := f.addContest(i); err != nil {
			return nil, fmt.Errorf("contests[%d]: %w", i, err)
		}
	}
	var err error
	if f.relation, err = buildRelation(f.contests, f.widths); err != nil {
		return nil, err
	}
	blank := record.Ballot{Signatures: make([]byte, registrars*record.SignatureBytes)}
	for _, width := range f.widths {
		blank.Contests = append(blank.Contests, make([]byte, width*elgamal.Size))
	}
	payload, err := record.Payload(record.ID{}, &blank)
	if err != nil {
		return nil, err
	}
	f.payload = len(payload)
	if n := f.Length(1<<64 - 1); n > record.MaxSize {
		return nil, fmt.Errorf("contests: a ballot would have %d bytes, at most %d; ask less in one vote", n, record.MaxSize)
	}
	return f, nil
}

func (f *Form) addContest(i int) error {
	c := &f.contests[i]
	var encoding *ranking.Encoding
	width := len(c.Options)
	switch n := uint64(width); {
	case n < 1 || n > contest.MaxOptions:
		return fmt.Errorf("options: %d, want 1 to %d", n, contest.MaxOptions)
	case c.Kind == contest.KindRanked:
		var err error
		if encoding, err = c.Encoding(); err != nil {
			return err
		}
		width = encoding.Elements()
	case c.Min > c.Max || c.Max < 1 || c.Max > n:
		return fmt.Errorf("min %d and max %d of %d options, want 0 ≤ min ≤ max, 1 ≤ max ≤ options", c.Min, c.Max, n)
	}
	f.encodings, f.widths = append(f.encodings, encoding), append(f.widths, width)
	return nil
}

// WithTable returns the same form, prepared for encrypting under pk, which saves about a sixth of the time of making a ballot. Preparing
// takes about as much, so that it serves who makes many. It makes no difference to ballots.
func (f *Form) WithTable(pk group.Element) (*Form, error) {
	key, err := elgamal.NewKey(pk)
	if err != nil {
		return nil, err
	}
	with := *f
	with.key, with.relation = key, f.relation.WithTable(1, pk) // pk is the relation's first element
	return &with, nil
}

// Relation returns the statement that a ballot's proof proves.
func (f *Form) Relation() *sigma.Relation { return f.relation }

// Options returns, for each contest, the number of options whose ciphertexts are summed: 0 for a ranked contest, where none are.
func (f *Form) Options() []int {
	n := slices.Clone(f.widths)
	for i := range n {
		if f.Encoding(i) != nil {
			n[i] = 0
		}
	}
	return n
}

// Widths returns, for each contest, the number of ciphertexts that a ballot has for it: of a choice one for each option, of a ranked contest
// one for each element of a ranking's encoding.
func (f *Form) Widths() []int { return slices.Clone(f.widths) }

// Encoding returns the encoding of the rankings of contest i, from 0; nil if that is a choice.
func (f *Form) Encoding(i int) *ranking.Encoding { return f.encodings[i] }

// place names a ciphertext in errors.
func (f *Form) place(i, j int) string {
	if f.encodings[i] != nil {
		return fmt.Sprintf("contests[%d], element %d", i, j)
	}
	return fmt.Sprintf("contests[%d], option %d", i, j)
}

// Length returns the length in bytes of every ballot with that number (SPEC.md §10.5).
func (f *Form) Length(number uint64) int {
	payload := f.payload + headLength(number) - headLength(0)
	proof := f.relation.ProofSize()
	return 1 + headLength(uint64(payload)) + payload + headLength(uint64(proof)) + proof
}

// headLength is the length of the head of a CBOR item with that argument (RFC 8949 §3).
func headLength(argument uint64) int {
	switch {
	case argument < 24:
		return 1
	case argument < 1<<8:
		return 2
	case argument < 1<<16:
		return 3
	case argument < 1<<32:
		return 5
	}
	return 9
}

// buildRelation declares the statement of SPEC.md §10.3, in the order given there.
func buildRelation(contests []contest.Contest, widths []int) (*sigma.Relation, error) {
	b := sigma.NewBuilder("mandate/v1 ballot")
	g, pk, K := b.Generator(), b.Element("pk"), b.Element("K")
	as, bs := make([][]sigma.Ref, len(contests)), make([][]sigma.Ref, len(contests))
	for i := range contests {
		for j := range widths[i] {
			as[i] = append(as[i], b.Element(fmt.Sprintf("A %d %d", i, j)))
			bs[i] = append(bs[i], b.Element(fmt.Sprintf("B %d %d", i, j)))
		}
	}
	// encrypts says that (A, B) is an encryption of v under pk, where image = B − v·g.
	encrypts := func(v uint64, A, image sigma.Ref) sigma.Node {
		return b.Linear(fmt.Sprint(v), 1,
			sigma.Equation{Image: A, Terms: []sigma.Term{{Witness: 0, Base: g}}},
			sigma.Equation{Image: image, Terms: []sigma.Term{{Witness: 0, Base: pk}}})
	}
	one := group.ScalarFromUint64(1)
	nodes := []sigma.Node{b.Linear("credential", 1, sigma.Equation{Image: K, Terms: []sigma.Term{{Witness: 0, Base: g}}})}
	for i, c := range contests {
		if c.Kind == contest.KindRanked {
			for _, A := range as[i] {
				nodes = append(nodes, b.Linear("ranked", 1, sigma.Equation{Image: A, Terms: []sigma.Term{{Witness: 0, Base: g}}}))
			}
			continue
		}
		for j := range c.Options {
			less := b.Combination(sigma.PublicTerm{Coef: one, Ref: bs[i][j]}, sigma.PublicTerm{Coef: one.Neg(), Ref: g})
			nodes = append(nodes, b.Or(encrypts(0, as[i][j], bs[i][j]), encrypts(1, as[i][j], less)))
		}
		sumA := b.Combination(sum(one, as[i])...)
		var branches []sigma.Node
		for v := c.Min; v <= c.Max; v++ {
			terms := append(sum(one, bs[i]), sigma.PublicTerm{Coef: group.ScalarFromUint64(v).Neg(), Ref: g})
			branches = append(branches, encrypts(v, sumA, b.Combination(terms...)))
		}
		if len(branches) == 1 {
			nodes = append(nodes, branches[0])
		} else {
			nodes = append(nodes, b.Or(branches...))
		}
	}
	r, err := b.Build(b.And(nodes...))
	if err != nil {
		return nil, fmt.Errorf("the statement of a ballot: %w", err)
	}
	return r, nil
}

func sum(one group.Scalar, refs []sigma.Ref) []sigma.PublicTerm {
	terms := make([]sigma.PublicTerm, 0, len(refs)+1)
	for _, r := range refs {
		terms = append(terms, sigma.PublicTerm{Coef: one, Ref: r})
	}
	return terms
}

// CheckShape makes the first check of SPEC.md §10.4: the record is a ballot whose parts have the lengths that the manifest fixes.
func (f *Form) CheckShape(rec *record.Record) error {
	b, ok := rec.Body.(*record.Ballot)
	if !ok {
		return fmt.Errorf("a %q record is no ballot", rec.Kind())
	}
	if want := f.registrars * record.SignatureBytes; len(b.Signatures) != want {
		return fmt.Errorf("signatures: %d bytes, want %d", len(b.Signatures), want)
	}
	if len(b.Contests) != len(f.contests) {
		return fmt.Errorf("contests: %d, want %d", len(b.Contests), len(f.contests))
	}
	for i, c := range b.Contests {
		if want := f.widths[i] * elgamal.Size; len(c) != want {
			return fmt.Errorf("contests[%d] (%s): %d bytes, want %d", i, f.contests[i].ID, len(c), want)
		}
	}
	if len(rec.Seal()) != f.relation.ProofSize() {
		return fmt.Errorf("seal: %d bytes, want %d", len(rec.Seal()), f.relation.ProofSize())
	}
	return nil
}

// plaintexts returns what a ballot encrypts in each contest. For a ranking its duration is the same whatever is ranked, unless it is refused.
func (f *Form) plaintexts(selected [][]int) ([]plaintext, error) {
	if len(selected) != len(f.contests) {
		return nil, fmt.Errorf("selections for %d contests, the vote has %d", len(selected), len(f.contests))
	}
	ps := make([]plaintext, len(selected))
	for i := range selected {
		c := &f.contests[i]
		var err error
		if e := f.encodings[i]; e == nil {
			ps[i].votes, err = c.Selection(selected[i])
		} else if ps[i].elements, err = e.Encode(selected[i]); err != nil {
			if bad := c.CheckSelection(selected[i]); bad != nil { // it knows the candidates by name
				return nil, bad
			}
			err = fmt.Errorf("contest %s: %w", c.ID, err)
		}
		if err != nil {
			return nil, err
		}
	}
	return ps, nil
}

var errOtherVote = errors.New("the ballot is for another vote")
