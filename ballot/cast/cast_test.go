package cast

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"testing"

	"mandate/ballot/contest"
	"mandate/ballot/credential"
	"mandate/ballot/record"
	"mandate/ballot/text"
	"mandate/crypto/blind"
	"mandate/crypto/blind/blindtest"
	"mandate/crypto/elgamal"
	"mandate/crypto/group"
	"mandate/crypto/sigma"
	"mandate/crypto/transcript"
)

const (
	registrars = 3
	slots      = 4
)

func question(id string, options int, least, most uint64) contest.Contest {
	c := contest.Contest{ID: id, Kind: contest.KindChoice, Title: text.Texts{"en": id}, Min: least, Max: most}
	for j := range options {
		c.Options = append(c.Options, contest.Option{ID: fmt.Sprint("o", j), Title: text.Texts{"en": fmt.Sprint("Option ", j)}})
	}
	return c
}

func ranked(id string, options int, depth uint64) contest.Contest {
	c := question(id, options, 0, 0)
	c.Kind, c.Depth = contest.KindRanked, depth
	return c
}

// mixedContests has a question, a ranking of four in five, a ranking of sixty that takes two elements, and exactly one of two.
func mixedContests() []contest.Contest {
	return []contest.Contest{question("merger", 2, 0, 1), ranked("committee", 5, 4), ranked("conference", 60, 60), question("venue", 2, 1, 1)}
}

// threeContests has a yes/no/abstain question, a choice of one or two of four, and exactly one of two.
func threeContests() []contest.Contest {
	return []contest.Contest{question("merger", 3, 0, 1), question("board", 4, 1, 2), question("venue", 2, 1, 1)}
}

// A vote that is open, with the round it belongs to.
type testVote struct {
	Context
	manifest *record.Vote
	form     *Form
	secret   group.Scalar // of the election key
	issuers  []*credential.Issuer
	keys     []sigma.SecretKey
	public   [][]*blind.PublicKey // per registrar, per slot
}

var testGenesis = record.ID{1}

func newVote(t testing.TB, contests []contest.Contest) *testVote {
	t.Helper()
	secret, err := group.RandomScalar(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	v := &testVote{secret: secret, manifest: &record.Vote{Contests: contests, Slot: 1}}
	v.Context = Context{Ctx: [32]byte{2}, Vote: record.ID{3}, Key: group.BaseMul(secret), Round: record.ID{4}, Slot: 1}
	for i := range registrars {
		var sk []*blind.SecretKey
		var pk []*blind.PublicKey
		for slot := range slots {
			k := blindtest.Key(t, slots*i+slot)
			sk, pk = append(sk, k), append(pk, k.Public())
		}
		issuer, err := credential.NewIssuer(v.Round, uint64(i+1), sk)
		if err != nil {
			t.Fatal(err)
		}
		key, err := sigma.GenerateKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		v.issuers, v.public, v.keys = append(v.issuers, issuer), append(v.public, pk), append(v.keys, key)
		v.Registrars = append(v.Registrars, pk[v.Slot])
	}
	if v.form, err = NewForm(v.manifest, registrars); err != nil {
		t.Fatal(err)
	}
	return v
}

func (v *testVote) card(t testing.TB, secret credential.Secret) *credential.Card {
	t.Helper()
	var answers [][]blind.Signature
	for i, issuer := range v.issuers {
		req, err := credential.NewRequests(secret, v.Round, uint64(i+1), v.public[i])
		if err != nil {
			t.Fatal(err)
		}
		signed, err := issuer.Sign(req.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		issue, err := record.Sign(testGenesis, v.Round, &record.Issue{Registrar: uint64(i + 1)}, v.keys[i], rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		answer, _, err := req.Open(testGenesis, v.Round, 0, v.keys[i].Public(), &credential.Answer{Signatures: signed, Issue: issue.Raw()})
		if err != nil {
			t.Fatal(err)
		}
		answers = append(answers, answer)
	}
	card, err := credential.NewCard(secret, v.Round, answers)
	if err != nil {
		t.Fatal(err)
	}
	return card
}

func (v *testVote) credential(t testing.TB) *credential.Credential {
	t.Helper()
	c, err := v.card(t, credential.NewSecret()).Credential(v.Slot)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (v *testVote) ballot(t testing.TB, c *credential.Credential, selections ...[]int) (*record.Record, *Opening) {
	t.Helper()
	rec, o, err := v.form.Encrypt(v.Context, c, 0, record.ID{}, NewDraft(), selections)
	if err != nil {
		t.Fatal(err)
	}
	return rec, o
}

// wants checks that a ballot is void with a code, alone and in a batch with others.
func (v *testVote) wants(t *testing.T, name, code string, rec *record.Record) {
	t.Helper()
	checked, bad := v.form.Check(v.Context, rec)
	switch {
	case checked != nil || bad == nil:
		t.Errorf("%s: the ballot is accepted, want %s", name, code)
		return
	case bad.Code != code:
		t.Errorf("%s: void for %v, want %s", name, bad, code)
	}
	all, faults := v.form.CheckAll(v.Context, []*record.Record{rec})
	if all[0] != nil || faults[0] == nil || faults[0].Code != bad.Code || faults[0].Error() != bad.Error() {
		t.Errorf("%s: alone %v, in a batch %v", name, bad, faults[0])
	}
}

// remake changes a ballot and puts the old seal on it, or another one.
func remake(t testing.TB, rec *record.Record, change func(b *record.Ballot, seal []byte) []byte) *record.Record {
	t.Helper()
	old := rec.Body.(*record.Ballot)
	b := *old
	b.Signatures = slices.Clone(old.Signatures)
	b.Contests = make([][]byte, len(old.Contests))
	for i := range old.Contests {
		b.Contests[i] = slices.Clone(old.Contests[i])
	}
	seal := change(&b, slices.Clone(rec.Seal()))
	payload, err := record.Payload(rec.Scope, &b)
	if err != nil {
		t.Fatal(err)
	}
	out, err := record.Assemble(payload, seal)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// forge makes a ballot of arbitrary integers, and arbitrary multiples of the generator in ranked contests, with a proof by the honest prover that claims the given branches.
func (v *testVote) forge(t testing.TB, c *credential.Credential, votes [][]group.Scalar, randomness [][]group.Scalar, branches []int) *record.Record {
	t.Helper()
	body := &record.Ballot{Key: c.Key, Signatures: c.Signatures}
	x := c.SecretKey()
	elements := []group.Element{v.Key, x.Public().Element()}
	w := sigma.Witness{Leaves: [][]group.Scalar{{x.Scalar()}}, Branches: branches}
	for i := range votes {
		var encoded []byte
		var R group.Scalar
		for j, m := range votes[i] {
			r := randomness[i][j]
			ct := elgamal.Ciphertext{A: group.BaseMul(r), B: group.BaseMul(m).Add(v.Key.Mul(r))}
			encoded = ct.Append(encoded)
			elements = append(elements, ct.A, ct.B)
			R = R.Add(r)
			if v.form.Encoding(i) != nil {
				w.Leaves = append(w.Leaves, []group.Scalar{r})
				continue
			}
			w.Leaves = append(w.Leaves, []group.Scalar{r}, []group.Scalar{r})
		}
		body.Contests = append(body.Contests, encoded)
		if v.form.Encoding(i) != nil {
			continue
		}
		for range v.manifest.Contests[i].Max - v.manifest.Contests[i].Min + 1 {
			w.Leaves = append(w.Leaves, []group.Scalar{R})
		}
	}
	payload, err := record.Payload(v.Vote, body)
	if err != nil {
		t.Fatal(err)
	}
	proof, err := v.form.relation.Prove(proofTranscript(&v.Context, payload), elements, w, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rec, err := record.Assemble(payload, proof)
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

func scalars(t testing.TB, vs ...int64) (votes, randomness []group.Scalar) {
	for _, v := range vs {
		r, err := group.RandomScalar(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		votes, randomness = append(votes, group.ScalarFromInt64(v)), append(randomness, r)
	}
	return votes, randomness
}

func TestBallotsHoldAndSayWhatWasSelected(t *testing.T) {
	v := newVote(t, threeContests())
	c := v.credential(t)
	for _, first := range [][]int{nil, {0}, {1}, {2}} {
		for _, second := range [][]int{{0}, {3}, {2, 1}} {
			for _, third := range [][]int{{0}, {1}} {
				rec, o := v.ballot(t, c, first, second, third)
				checked, bad := v.form.Check(v.Context, rec)
				if bad != nil {
					t.Fatalf("%v %v %v: %v", first, second, third, bad)
				}
				if checked.Record != rec || checked.Ballot.Key != c.Key || o.Ballot != rec.ID() {
					t.Error("the checked ballot is another one")
				}
				for i, selected := range [][]int{first, second, third} {
					for j, ct := range checked.Votes.Contests[i] {
						want := uint64(0)
						if slices.Contains(selected, j) {
							want = 1
						}
						m, err := elgamal.Decrypt(v.secret, ct)
						if err != nil {
							t.Fatal(err)
						}
						if !m.Equal(group.BaseMul(group.ScalarFromUint64(want))) {
							t.Errorf("selected %v %v %v: contest %d, option %d does not encrypt %d", first, second, third, i, j, want)
						}
					}
				}
				if as := checked.Votes.Randomness(); len(as) != 9 || as[3] != checked.Votes.Contests[1][0].A.Encoding() {
					t.Errorf("%d A components", len(as))
				}
			}
		}
	}
}

func TestSelectionsThatTheManifestForbidsAreNotEncrypted(t *testing.T) {
	v := newVote(t, threeContests())
	c := v.credential(t)
	for name, s := range map[string][][]int{
		"two of max one":      {{0, 1}, {0}, {0}},
		"none of min one":     {{0}, nil, {0}},
		"three of max two":    {{0}, {0, 1, 2}, {0}},
		"option not there":    {{3}, {0}, {0}},
		"negative":            {{-1}, {0}, {0}},
		"twice the same":      {nil, {1, 1}, {0}},
		"a contest too few":   {nil, {1}},
		"a contest too many":  {nil, {1}, {0}, {0}},
		"none of exactly one": {nil, {1}, nil},
	} {
		if rec, o, err := v.form.Encrypt(v.Context, c, 0, record.ID{}, NewDraft(), s); err == nil || rec != nil || o != nil {
			t.Errorf("%s: encrypted", name)
		}
	}
}

func TestFormLimits(t *testing.T) {
	for name, c := range map[string]struct {
		contests   []contest.Contest
		registrars int
	}{
		"no registrar":      {threeContests(), 0},
		"nine registrars":   {threeContests(), 9},
		"no contest":        {nil, 3},
		"many contests":     {slices.Repeat(threeContests(), 11), 3},
		"no option":         {[]contest.Contest{question("a", 0, 0, 0)}, 3},
		"many options":      {[]contest.Contest{question("a", 129, 0, 1)}, 3},
		"min above max":     {[]contest.Contest{question("a", 3, 2, 1)}, 3},
		"max zero":          {[]contest.Contest{question("a", 3, 0, 0)}, 3},
		"max above options": {[]contest.Contest{question("a", 3, 0, 4)}, 3},
		"huge min":          {[]contest.Contest{question("a", 3, 1<<63, 1<<64-1)}, 3},
		"ranked, no option": {[]contest.Contest{ranked("a", 0, 0)}, 3},
		"ranked, 129":       {[]contest.Contest{ranked("a", 129, 1)}, 3},
		"depth zero":        {[]contest.Contest{ranked("a", 3, 0)}, 3},
		"depth of four":     {[]contest.Contest{ranked("a", 3, 4)}, 3},
		"huge depth":        {[]contest.Contest{ranked("a", 3, 1<<64-1)}, 3},
		"a long ballot":     {slices.Repeat([]contest.Contest{question("a", 10, 0, 1)}, 20), 3},
	} {
		if _, err := NewForm(&record.Vote{Contests: c.contests}, c.registrars); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	for name, contests := range map[string][]contest.Contest{
		"approval of 80":  {question("a", 80, 0, 80)},
		"fifty to choose": {question("a", 128, 0, 5)},
		"ranked of 128":   slices.Repeat([]contest.Contest{ranked("a", 128, 128)}, 32),
		"thirty-two":      slices.Repeat([]contest.Contest{question("a", 3, 0, 1)}, 32),
	} {
		f, err := NewForm(&record.Vote{Contests: contests}, 8)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if n := f.Length(1<<64 - 1); n > record.MaxSize {
			t.Errorf("%s: %d bytes", name, n)
		}
	}
}

func TestC6_CredentialOfAnotherSlotIsRefused(t *testing.T) {
	v := newVote(t, threeContests())
	card := v.card(t, credential.NewSecret())
	for slot := range uint64(slots) {
		c, err := card.Credential(slot)
		if err != nil {
			t.Fatal(err)
		}
		_, _, err = v.form.Encrypt(v.Context, c, 0, record.ID{}, NewDraft(), [][]int{{0}, {0}, {0}})
		if (err == nil) != (slot == v.Slot) {
			t.Errorf("slot %d in a vote of slot %d: %v", slot, v.Slot, err)
		}
		// A member who makes the ballot with another program is refused by everybody.
		other := *c
		other.Slot = v.Slot
		rec, _ := v.ballot(t, &other, []int{0}, []int{0}, []int{0})
		if slot != v.Slot {
			v.wants(t, fmt.Sprint("slot ", slot), CodeSignatures, rec)
		}
	}
	c, err := card.Credential(v.Slot)
	if err != nil {
		t.Fatal(err)
	}
	later := *v
	later.Round = record.ID{5} // the same keys in another round
	stale := *c
	stale.Round = later.Round
	rec, _ := later.ballot(t, &stale, []int{0}, []int{0}, []int{0})
	later.wants(t, "another round", CodeSignatures, rec)
}

func TestJ12_LengthsAreTheManifestsNotTheBallots(t *testing.T) {
	v := newVote(t, threeContests())
	rec, _ := v.ballot(t, v.credential(t), nil, []int{1}, []int{1})
	for name, change := range map[string]func(b *record.Ballot, seal []byte) []byte{
		"a signature too few": func(b *record.Ballot, s []byte) []byte { b.Signatures = b.Signatures[record.SignatureBytes:]; return s },
		"a signature too many": func(b *record.Ballot, s []byte) []byte {
			b.Signatures = append(b.Signatures, b.Signatures[:288]...)
			return s
		},
		"no signatures":      func(b *record.Ballot, s []byte) []byte { b.Signatures = nil; return s },
		"a contest too few":  func(b *record.Ballot, s []byte) []byte { b.Contests = b.Contests[:2]; return s },
		"a contest too many": func(b *record.Ballot, s []byte) []byte { b.Contests = append(b.Contests, b.Contests[0]); return s },
		"contests exchanged": func(b *record.Ballot, s []byte) []byte {
			b.Contests[0], b.Contests[1] = b.Contests[1], b.Contests[0]
			return s
		},
		"an option too few":  func(b *record.Ballot, s []byte) []byte { b.Contests[1] = b.Contests[1][64:]; return s },
		"half an option":     func(b *record.Ballot, s []byte) []byte { b.Contests[1] = b.Contests[1][:4*64-32]; return s },
		"a byte more":        func(b *record.Ballot, s []byte) []byte { b.Contests[2] = append(b.Contests[2], 0); return s },
		"an empty contest":   func(b *record.Ballot, s []byte) []byte { b.Contests[2] = nil; return s },
		"no proof":           func(b *record.Ballot, s []byte) []byte { return nil },
		"a Schnorr seal":     func(b *record.Ballot, s []byte) []byte { return s[:64] },
		"a shorter proof":    func(b *record.Ballot, s []byte) []byte { return s[:len(s)-32] },
		"a longer proof":     func(b *record.Ballot, s []byte) []byte { return append(s, make([]byte, 32)...) },
		"a proof and a byte": func(b *record.Ballot, s []byte) []byte { return append(s, 0) },
	} {
		changed := remake(t, rec, change)
		v.wants(t, name, CodeForm, changed)
		if err := v.form.CheckShape(changed); err == nil {
			t.Errorf("%s: has the right shape", name)
		}
	}
	if err := v.form.CheckShape(rec); err != nil {
		t.Error(err)
	}
	check, err := NewCheck(testGenesis, v.Context, v.credential(t), rec.ID(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	v.wants(t, "a check record", CodeForm, check)
	other := *v
	other.Vote = record.ID{99}
	other.wants(t, "another vote's ballot", CodeForm, rec)
}

func TestCheckRecords(t *testing.T) {
	v := newVote(t, threeContests())
	c := v.credential(t)
	rec, err := NewCheck(testGenesis, v.Context, c, record.ID{42}, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	b := rec.Body.(*record.Check)
	if b.Ballot != (record.ID{42}) || rec.Scope != v.Vote {
		t.Errorf("check of %v in %v", b.Ballot, rec.Scope)
	}
	if bad := CheckCredential(v.Context, b.Key, b.Signatures); bad != nil {
		t.Error(bad)
	}
	key, err := b.Key.Public()
	if err != nil {
		t.Fatal(err)
	}
	if err := rec.VerifySignature(testGenesis, key); err != nil {
		t.Error(err)
	}
	other := v.credential(t)
	identity, bad := record.Key{}, record.Key{0xff}
	swapped := slices.Concat(b.Signatures[288:576], b.Signatures[:288], b.Signatures[576:])
	for name, one := range map[string]struct {
		key        record.Key
		signatures []byte
		code       string
	}{
		"form":          {b.Key, b.Signatures[1:], CodeForm},
		"identity":      {identity, b.Signatures, CodeTrivial},
		"no element":    {bad, b.Signatures, CodeNonCanonical},
		"other's key":   {other.Key, b.Signatures, CodeSignatures},
		"exchanged":     {b.Key, swapped, CodeSignatures},
		"form is first": {bad, nil, CodeForm},
	} {
		if f := CheckCredential(v.Context, one.key, one.signatures); f == nil || f.Code != one.code {
			t.Errorf("%s: %v, want %s", name, f, one.code)
		}
	}
}

// Two devices with a broken random source draw the same. Different members' ballots still share no randomness, and one member's
// are one ballot, not two.
func TestA14_EqualRandomnessOnTwoDevices(t *testing.T) {
	v := newVote(t, threeContests())
	broken := func() *Draft { return &Draft{seed: [32]byte{7}, fresh: true} }
	selections := [][]int{{0}, {0}, {0}}
	alice, bob := v.credential(t), v.credential(t)
	encrypt := func(c *credential.Credential, number uint64, s [][]int) *Checked {
		rec, _, err := v.form.Encrypt(v.Context, c, number, record.ID{}, broken(), s)
		if err != nil {
			t.Fatal(err)
		}
		checked, bad := v.form.Check(v.Context, rec)
		if bad != nil {
			t.Fatal(bad)
		}
		return checked
	}
	first := encrypt(alice, 0, selections)
	if again := encrypt(alice, 0, selections); again.Record.ID() != first.Record.ID() {
		t.Error("the same draw makes two ballots of one")
	}
	for name, other := range map[string]*Checked{"another member": encrypt(bob, 0, selections), "the next ballot": encrypt(alice, 1, selections)} {
		for _, a := range other.Votes.Randomness() {
			if slices.Contains(first.Votes.Randomness(), a) {
				t.Errorf("%s: shares randomness", name)
			}
		}
	}
}

func TestA14_NoncesDifferWhereRandomnessRepeats(t *testing.T) {
	v := newVote(t, threeContests())
	c := v.credential(t)
	const count = 1 + 2*(2*9+2+2+1) // first moves of a proof
	moves := func(ctx Context, number uint64, first int) map[[32]byte]bool {
		o := &Opening{seed: [32]byte{7}, selections: [][]int{{first}, {0}, {0}}}
		rec, err := v.form.encrypt(&ctx, c, number, record.ID{}, o)
		if err != nil {
			t.Fatal(err)
		}
		seen := map[[32]byte]bool{}
		for i := range count {
			seen[[32]byte(rec.Seal()[32*i:])] = true
		}
		return seen
	}
	one := moves(v.Context, 0, 0)
	if len(one) != count {
		t.Errorf("%d different first moves of %d", len(one), count)
	}
	other := v.Context
	other.Ctx[0]++
	for name, again := range map[string]map[[32]byte]bool{
		"another choice": moves(v.Context, 0, 1), "another number": moves(v.Context, 1, 0), "another vote": moves(other, 0, 0),
	} {
		for m := range again {
			if one[m] {
				t.Errorf("%s: a first move repeats, which would give away what its witness is", name)
			}
		}
	}
}

func TestDraftServesOnce(t *testing.T) {
	v := newVote(t, threeContests())
	c := v.credential(t)
	d := NewDraft()
	if _, _, err := v.form.Encrypt(v.Context, c, 0, record.ID{}, d, [][]int{{0}, {0}, {0}}); err != nil {
		t.Fatal(err)
	}
	if d.seed != [32]byte{} {
		t.Error("the draft still holds its seed")
	}
	for _, used := range []*Draft{d, {}} {
		if _, _, err := v.form.Encrypt(v.Context, c, 0, record.ID{}, used, [][]int{{1}, {0}, {0}}); !errors.Is(err, ErrUsed) {
			t.Errorf("a second ballot of one draft: %v", err)
		}
	}
	failed := NewDraft()
	if _, _, err := v.form.Encrypt(v.Context, c, 0, record.ID{}, failed, nil); err == nil {
		t.Fatal("no selections, and a ballot")
	}
	if _, _, err := v.form.Encrypt(v.Context, c, 0, record.ID{}, failed, [][]int{{0}, {0}, {0}}); !errors.Is(err, ErrUsed) {
		t.Errorf("a draft after a failure: %v", err)
	}
}

// The verdicts of CheckAll are those of Check, one by one, whatever the number of processors.
func TestCheckAllAgreesWithCheck(t *testing.T) {
	v := newVote(t, threeContests())
	var recs []*record.Record
	c := v.credential(t)
	for i := range 24 {
		rec, _ := v.ballot(t, c, []int{i % 3}, []int{i % 4}, []int{i % 2})
		switch i {
		case 3: // a bit of the proof's responses
			rec = remake(t, rec, func(b *record.Ballot, s []byte) []byte { s[len(s)-32] ^= 1; return s })
		case 4, 5, 22: // a first move replaced by another
			rec = remake(t, rec, func(b *record.Ballot, s []byte) []byte { copy(s[64:96], s[96:128]); return s })
		case 7:
			rec = remake(t, rec, func(b *record.Ballot, s []byte) []byte { b.Signatures[300] ^= 1; return s })
		case 8:
			rec = remake(t, rec, func(b *record.Ballot, s []byte) []byte { b.Contests[1][31] = 0xff; return s })
		case 11:
			rec = remake(t, rec, func(b *record.Ballot, s []byte) []byte { clear(b.Contests[0][:32]); return s })
		case 12:
			rec = remake(t, rec, func(b *record.Ballot, s []byte) []byte { return s[32:] })
		case 13: // another response: only the equations show it
			rec = remake(t, rec, func(b *record.Ballot, s []byte) []byte { copy(s[len(s)-64:len(s)-32], s[len(s)-32:]); return s })
		}
		recs = append(recs, rec)
	}
	want := map[int]string{3: CodeProof, 4: CodeProof, 5: CodeProof, 22: CodeProof, 7: CodeSignatures, 8: CodeNonCanonical, 11: CodeTrivial, 12: CodeForm, 13: CodeProof}
	for _, n := range []int{0, 1, 2, 9, 24} {
		checked, faults := v.form.CheckAll(v.Context, recs[:n])
		if len(checked) != n || len(faults) != n {
			t.Fatalf("%d verdicts of %d ballots", len(checked), n)
		}
		for i := range n {
			one, bad := v.form.Check(v.Context, recs[i])
			if (one == nil) != (checked[i] == nil) || (bad == nil) != (faults[i] == nil) || (checked[i] == nil) == (faults[i] == nil) {
				t.Fatalf("ballot %d: alone %v, with others %v", i, bad, faults[i])
			}
			if bad != nil && (bad.Code != faults[i].Code || bad.Error() != faults[i].Error()) {
				t.Errorf("ballot %d: alone %v, with others %v", i, bad, faults[i])
			}
			if code, ok := want[i]; ok != (bad != nil) || ok && bad.Code != code {
				t.Errorf("ballot %d: %v, want %s", i, bad, code)
			}
			if one != nil && !slices.Equal(one.Votes.Randomness(), checked[i].Votes.Randomness()) {
				t.Errorf("ballot %d: other ciphertexts with others than alone", i)
			}
		}
	}
}

func TestParallelCallsEachOnce(t *testing.T) {
	for _, n := range []int{0, 1, 2, 3, 1000} {
		counts := make([]int, n)
		Parallel(n, func(i int) { counts[i]++ })
		for i, c := range counts {
			if c != 1 {
				t.Errorf("%d of %d: called %d times", i, n, c)
			}
		}
	}
}

// addOrder adds ℓ to a scalar in place: the same value, not canonical.
func addOrder(s []byte) {
	order := [4]uint64{0x5812631a5cf5d3ed, 0x14def9dea2f79cd6, 0, 0x1000000000000000}
	carry := uint64(0)
	for i := range 4 {
		x := binary.LittleEndian.Uint64(s[8*i:])
		sum := x + order[i]
		c := uint64(0)
		if sum < x {
			c = 1
		}
		sum += carry
		if sum < carry {
			c = 1
		}
		binary.LittleEndian.PutUint64(s[8*i:], sum)
		carry = c
	}
}

// weakChallenge is one that covers the first moves only.
func weakChallenge(moves []group.Element) group.Scalar {
	t := transcript.New("weak")
	t.AppendElements("commitments", moves)
	return t.Challenge("challenge")
}
