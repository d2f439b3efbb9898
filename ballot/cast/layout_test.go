package cast

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"
	"pgregory.net/rapid"

	"mandate/ballot/contest"
	"mandate/ballot/credential"
	"mandate/ballot/record"
	"mandate/crypto/blind"
)

// skeleton writes everything of a CBOR item but what is inside byte strings, except that the payload is looked into.
func skeleton(t testing.TB, b []byte) string {
	t.Helper()
	var v any
	if err := cbor.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			fmt.Fprintf(&out, "[%d:", len(v))
			for _, e := range v {
				walk(e)
			}
			out.WriteString("]")
		case []byte:
			fmt.Fprintf(&out, "h%d ", len(v))
		default:
			fmt.Fprintf(&out, "%T %v ", v, v)
		}
	}
	envelope := v.([]any)
	var payload any
	if err := cbor.Unmarshal(envelope[0].([]byte), &payload); err != nil {
		t.Fatal(err)
	}
	walk(v)
	walk(payload)
	return out.String()
}

// Ballots of all members look alike but for their random bytes: they carry the signatures of all registrars, in their order, and
// nothing else about registrars or members.
func TestF4_BallotsOfAllMembersLookAlike(t *testing.T) {
	v := newVote(t, threeContests())
	want := ""
	for i := range 6 {
		rec, _ := v.ballot(t, v.credential(t), [][]int{nil, {0}, {1}, {2}, nil, {0}}[i], [][]int{{0}, {3}, {0, 1}, {2, 3}, {1}, {2}}[i], []int{i % 2})
		got := skeleton(t, rec.Raw())
		if want == "" {
			want = got
			const layout = "[2:h1563 h2976 ][3:string ballot h32 [5:h32 uint64 0 h32 h864 [3:h192 h256 h128 ]]]"
			if got != layout {
				t.Errorf("a ballot is %s\nwant %s", got, layout)
			}
		}
		if got != want {
			t.Errorf("ballot %d is %s\nwant %s", i, got, want)
		}
	}
}

// The length of a ballot depends on its number and on nothing else.
func TestG10_EqualLengthForAllSelections(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var contests []contest.Contest
		for i := range rapid.IntRange(1, 3).Draw(rt, "contests") {
			n := rapid.IntRange(1, 5).Draw(rt, "options")
			most := rapid.IntRange(1, n).Draw(rt, "max")
			contests = append(contests, question(fmt.Sprint("c", i), n, uint64(rapid.IntRange(0, most).Draw(rt, "min")), uint64(most)))
		}
		v := newVote(t, contests)
		c := lengthCredential(t, v)
		number := rapid.SampledFrom([]uint64{0, 1, 23, 24, 255, 256, 65535, 65536, 1<<32 - 1, 1 << 32, 1<<64 - 1}).Draw(rt, "number")
		want := v.form.Length(number)
		for range 3 {
			var selections [][]int
			for _, c := range contests {
				all := rapid.Permutation(indexes(len(c.Options))).Draw(rt, "order")
				selections = append(selections, all[:rapid.IntRange(int(c.Min), int(c.Max)).Draw(rt, "selected")])
			}
			rec, _, err := v.form.Encrypt(v.Context, c, number, record.ID{}, NewDraft(), selections)
			if err != nil {
				rt.Fatal(err)
			}
			if got := len(rec.Raw()); got != want {
				rt.Fatalf("number %d, selected %v: %d bytes, want %d", number, selections, got, want)
			}
		}
	})
}

func indexes(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// One example of every kind of choice of a vote, exhaustively.
func TestG10_EveryChoiceHasTheSameLayout(t *testing.T) {
	v := newVote(t, []contest.Contest{question("a", 3, 0, 3), question("b", 2, 1, 1)})
	c := v.credential(t)
	want := ""
	for mask := range 8 {
		for other := range 2 {
			first := slices.DeleteFunc(indexes(3), func(j int) bool { return mask>>j&1 == 0 })
			rec, _ := v.ballot(t, c, first, []int{other})
			got := skeleton(t, rec.Raw())
			if want == "" {
				want = got
			}
			if got != want || len(rec.Raw()) != v.form.Length(0) {
				t.Errorf("%v %d: %d bytes %s, want %d bytes %s", first, other, len(rec.Raw()), got, v.form.Length(0), want)
			}
		}
	}
}

// lengthCredential has signatures of the right length only, for tests that do not check them.
func lengthCredential(t testing.TB, v *testVote) *credential.Credential {
	t.Helper()
	answers := make([][]blind.Signature, registrars)
	for i := range answers {
		answers[i] = make([]blind.Signature, slots)
	}
	card, err := credential.NewCard(credential.NewSecret(), v.Round, answers)
	if err != nil {
		t.Fatal(err)
	}
	c, err := card.Credential(v.Slot)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
