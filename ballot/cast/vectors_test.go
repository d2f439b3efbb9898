package cast

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"mandate/ballot/contest"
	"mandate/ballot/credential"
	"mandate/ballot/record"
	"mandate/crypto/group"
)

// testdata/ballot.json, of choices, and testdata/mixed.json, of choices and rankings, are made by "go test -run Vectors -update" and checked
// by testdata/reference.py, a second implementation made from SPEC.md. Whoever makes them anew runs that, and says in the commit what changed.
var update = flag.Bool("update", false, "write testdata/ballot.json and testdata/mixed.json")

// A vectorVote is what there are vectors of: a vote, and what its ballots select.
type vectorVote struct {
	contests   []contest.Contest
	selections [][][]int
}

var vectorVotes = map[string]vectorVote{
	"testdata/ballot.json": {[]contest.Contest{question("merger", 3, 0, 1), question("venue", 2, 1, 1)}, [][][]int{{{2}, {0}}, {{}, {1}}}},
	"testdata/mixed.json": {
		[]contest.Contest{question("merger", 2, 0, 1), ranked("committee", 5, 3), ranked("conference", 60, 60), question("venue", 2, 1, 1)},
		[][][]int{{{1}, {4, 0, 2}, {}, {0}}, {{}, {}, slices.Concat([]int{59}, indexes(59)), {1}}},
	},
}

type hexBytes []byte

func (h hexBytes) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(h)), nil }
func (h *hexBytes) UnmarshalText(b []byte) (err error) {
	*h, err = hex.DecodeString(string(b))
	return err
}

type vectorContest struct {
	Options int `json:"options"`
	Min     int `json:"min"`
	Max     int `json:"max"`
	Depth   int `json:"depth,omitempty"` // of a ranked contest
}

type vectorBallot struct {
	Number     uint64   `json:"number"`
	Previous   hexBytes `json:"previous"`
	Seed       hexBytes `json:"seed"`
	Selections [][]int  `json:"selections"`
	Record     hexBytes `json:"record"`
	ID         hexBytes `json:"id"`
	Opening    hexBytes `json:"opening"`
}

type vectors struct {
	Ctx      hexBytes        `json:"ctx"`
	Vote     hexBytes        `json:"vote"`
	Round    hexBytes        `json:"round"`
	Slot     uint64          `json:"slot"`
	Keys     []string        `json:"keys"` // of the registrars for the slot, among crypto/blind's test keys
	PK       hexBytes        `json:"pk"`
	Contests []vectorContest `json:"contests"`
	Relation hexBytes        `json:"relation"`
	Secret   hexBytes        `json:"card secret"`
	Words    string          `json:"card words"`
	Ballots  []vectorBallot  `json:"ballots"`
	NotValid []hexBytes      `json:"not valid"` // ballots whose proof does not hold
	Lengths  [][2]uint64     `json:"lengths"`   // number, bytes
}

func makeVectors(t *testing.T, of vectorVote) *vectors {
	t.Helper()
	v := newVote(t, of.contests)
	sk := group.ScalarFromUint64(123456789)
	v.Key = group.BaseMul(sk)
	secret := credential.Secret(bytes.Repeat([]byte{0x5a}, 32))
	c, err := v.card(t, secret).Credential(v.Slot)
	if err != nil {
		t.Fatal(err)
	}
	id := v.form.relation.ID()
	out := &vectors{
		Ctx: v.Ctx[:], Vote: v.Vote[:], Round: v.Round[:], Slot: v.Slot, Keys: []string{"key01.pem", "key05.pem", "key09.pem"},
		PK: v.Key.Bytes(), Relation: id[:], Secret: secret[:], Words: strings.Join(secret.Words(), " "),
	}
	for _, c := range v.manifest.Contests {
		out.Contests = append(out.Contests, vectorContest{len(c.Options), int(c.Min), int(c.Max), int(c.Depth)})
	}
	previous := record.ID{}
	for number, selections := range of.selections {
		seed := [32]byte(bytes.Repeat([]byte{byte(0x10 + number)}, 32))
		rec, o, err := v.form.Encrypt(v.Context, c, uint64(number), previous, &Draft{seed: seed, fresh: true}, selections)
		if err != nil {
			t.Fatal(err)
		}
		opening, err := o.Encode()
		if err != nil {
			t.Fatal(err)
		}
		recID := rec.ID()
		out.Ballots = append(out.Ballots, vectorBallot{uint64(number), slices.Clone(previous[:]), seed[:], selections, rec.Raw(), recID[:], opening})
		previous = recID
		for _, at := range []int{0, 40 * 32, len(rec.Seal()) - 32} { // a first move, a sub-challenge, a response
			bad := remake(t, rec, func(b *record.Ballot, s []byte) []byte { copy(s[at:at+32], s[32:64]); return s })
			if number == 0 {
				out.NotValid = append(out.NotValid, bad.Raw())
			}
		}
	}
	for _, n := range []uint64{0, 23, 24, 255, 256, 65535, 65536, 1<<32 - 1, 1 << 32, 1<<64 - 1} {
		out.Lengths = append(out.Lengths, [2]uint64{n, uint64(v.form.Length(n))})
	}
	return out
}

func TestVectors(t *testing.T) {
	for file, of := range vectorVotes {
		t.Run(file, func(t *testing.T) { testVectors(t, file, of) })
	}
}

func testVectors(t *testing.T, file string, of vectorVote) {
	got, err := json.MarshalIndent(makeVectors(t, of), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("ballots are made otherwise than %s says, which a second implementation has checked", file)
	}
	var v vectors
	if err := json.Unmarshal(want, &v); err != nil {
		t.Fatal(err)
	}
	vote := newVote(t, of.contests)
	if vote.Key, err = group.DecodeElement(v.PK); err != nil {
		t.Fatal(err)
	}
	for i, raw := range v.NotValid {
		rec, err := record.Decode(raw)
		if err != nil {
			t.Fatal(err)
		}
		vote.wants(t, "vector "+string(rune('0'+i)), CodeProof, rec)
	}
}

// A form prepared for a key makes the same ballots.
func TestWithTableMakesTheSameBallots(t *testing.T) {
	v := newVote(t, append(threeContests(), ranked("conference", 60, 60)))
	c := v.credential(t)
	prepared, err := v.form.WithTable(v.Key)
	if err != nil {
		t.Fatal(err)
	}
	otherKey := v.Context
	otherKey.Key = group.BaseMul(random(t))
	for _, ctx := range []Context{v.Context, otherKey} {
		o := &Opening{seed: [32]byte{7}, selections: [][]int{{1}, {0, 2}, {1}, {59, 0}}}
		a, err := v.form.encrypt(&ctx, c, 3, record.ID{1}, o)
		if err != nil {
			t.Fatal(err)
		}
		b, err := prepared.encrypt(&ctx, c, 3, record.ID{1}, o)
		if err != nil {
			t.Fatal(err)
		}
		if a.ID() != b.ID() {
			t.Error("the prepared form makes another ballot")
		}
		if _, bad := prepared.Check(ctx, b); bad != nil {
			t.Error(bad)
		}
	}
	if _, err := v.form.WithTable(group.Element{}); err == nil {
		t.Error("prepared for the identity")
	}
	if _, _, err := v.form.Encrypt(Context{Ctx: v.Ctx, Vote: v.Vote, Round: v.Round, Slot: v.Slot, Registrars: v.Registrars}, c, 0, record.ID{}, NewDraft(), [][]int{{1}, {0}, {1}, {}}); err == nil {
		t.Error("B6: a ballot is encrypted under the identity")
	}
}
