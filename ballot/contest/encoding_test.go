package contest

import (
	"bytes"
	"encoding/hex"
	"reflect"
	"slices"
	"strings"
	"testing"

	"mandate/ballot/canonical"
	"mandate/ballot/text"
)

func encoded(t testing.TB, c Contest) []byte {
	t.Helper()
	b, err := canonical.Encode(c)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func decoded(b []byte) (c Contest, err error) {
	err = decode(b, &c)
	return c, err
}

// The bytes, written down by hand from SPEC.md §8.3.
func TestEncodingOfBothKinds(t *testing.T) {
	option := "83" + "6161" + "a162656e6141" + "80" // ["a", {"en": "A"}, []]
	choice := Contest{ID: "c", Kind: KindChoice, Title: text.Texts{"en": "C"}, Options: []Option{{ID: "a", Title: text.Texts{"en": "A"}}}, Shuffled: true, Min: 0, Max: 1,
		Decision: Decision{Method: MethodNone, Den: 1, Base: BaseBallots, QuorumDen: 1}}
	ranked := Contest{ID: "c", Kind: KindRanked, Title: text.Texts{"en": "C"}, Options: []Option{{ID: "a", Title: text.Texts{"en": "A"}, Groups: []string{"g"}}}, Depth: 1,
		Ranking: RankingDecision{Method: MethodIRV, Seats: 1, QuorumNum: 1, QuorumDen: 24, Binding: true, Rules: []RankingRule{{Group: "g", Min: 1, Max: 1}}}}
	for _, one := range []struct {
		c    Contest
		want string
	}{
		{choice, "88" + "6163" + "6663686f696365" + "a162656e6143" + "81" + option + "00" + "01" + "f5" +
			"8c" + "646e6f6e65" + "00" + "00" + "01" + "f4" + "6762616c6c6f7473" + "80" + "00" + "01" + "00" + "f4" + "f4"},
		{ranked, "87" + "6163" + "6672616e6b6564" + "a162656e6143" + "81" + strings.TrimSuffix(option, "80") + "816167" + "01" + "f4" +
			"86" + "63697276" + "01" + "01" + "1818" + "f5" + "81" + "83" + "6167" + "01" + "01"},
	} {
		if got := hex.EncodeToString(encoded(t, one.c)); got != one.want {
			t.Errorf("%s: %s\nwant %s", one.c.Kind, got, one.want)
		}
		b, err := hex.DecodeString(one.want)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := decoded(b); err != nil || !bytes.Equal(encoded(t, got), b) {
			t.Errorf("%s is decoded as %+v, %v", one.c.Kind, got, err)
		}
	}
}

func TestJ1_EncodingsThatAreNone(t *testing.T) {
	choice, ranked := encoded(t, yesNo()), encoded(t, committee())
	as := func(b []byte, kind string) []byte { // the same length
		other := map[string]string{KindChoice: KindRanked, KindRanked: KindChoice}[kind]
		return bytes.Replace(b, []byte(other), []byte(kind), 1)
	}
	for name, b := range map[string][]byte{
		"a choice that says it is ranked":  as(choice, KindRanked),
		"ranked that says it is a choice":  as(ranked, KindChoice),
		"J12 a kind that nobody knows":     bytes.Replace(choice, []byte("choice"), []byte("choose"), 1),
		"a kind in capitals":               bytes.Replace(choice, []byte("choice"), []byte("Choice"), 1),
		"nothing":                          nil,
		"null":                             {0xf6},
		"no array":                         {0xa0},
		"an empty array":                   {0x80},
		"no kind":                          {0x81, 0x61, 'c'},
		"a kind that is no text":           {0x82, 0x61, 'c', 0x00},
		"the kind alone":                   {0x82, 0x61, 'c', 0x66, 'r', 'a', 'n', 'k', 'e', 'd'},
		"a byte after the end":             append(slices.Clone(ranked), 0),
		"a field more":                     append(append([]byte{0x88}, ranked[1:]...), 0),
		"a field less":                     append([]byte{0x86}, ranked[1:]...),
		"the depth in two bytes":           bytes.Replace(ranked, []byte{0x04, 0xf5}, []byte{0x18, 0x04, 0xf5}, 1),
		"the depth as a negative number":   bytes.Replace(ranked, []byte{0x04, 0xf5}, []byte{0x24, 0xf5}, 1),
		"shuffled as a number":             bytes.Replace(ranked, []byte{0x04, 0xf5}, []byte{0x04, 0x01}, 1),
		"shuffled as null":                 bytes.Replace(ranked, []byte{0x04, 0xf5}, []byte{0x04, 0xf6}, 1),
		"a language twice":                 bytes.Replace(ranked, []byte{0xa1, 0x62, 'e', 'n', 0x69}, []byte{0xa2, 0x62, 'e', 'n', 0x60, 0x62, 'e', 'n', 0x69}, 1),
		"groups as null":                   bytes.Replace(ranked, []byte{0x68, 'O', 'p', 't', 'i', 'o', 'n', ' ', '1', 0x80}, []byte{0x68, 'O', 'p', 't', 'i', 'o', 'n', ' ', '1', 0xf6}, 1),
		"the array's length in two bytes":  append([]byte{0x98, 0x07}, ranked[1:]...),
		"an array of indefinite length":    append(append([]byte{0x9f}, ranked[1:]...), 0xff),
		"an option without groups":         bytes.Replace(ranked, []byte{0x83, 0x62, 'o', '1'}, []byte{0x82, 0x62, 'o', '1'}, 1),
		"text with a byte that is no text": bytes.Replace(ranked, []byte("Committee"), []byte("Committ\xffe"), 1),
	} {
		if bytes.Equal(b, choice) || bytes.Equal(b, ranked) {
			t.Fatalf("%s: the test changes nothing", name)
		}
		if c, err := decoded(b); err == nil {
			t.Errorf("%s: decoded as %+v", name, c)
		}
	}
	for name, c := range map[string]Contest{
		"no kind":               {},
		"unknown kind":          {Kind: "approval"},
		"a choice with a depth": {Kind: KindChoice, Depth: 1},
		"a choice with rules":   {Kind: KindChoice, Ranking: RankingDecision{Rules: []RankingRule{{}}}},
		"ranked with a max":     {Kind: KindRanked, Max: 1},
		"ranked with a min":     {Kind: KindRanked, Min: 1},
		"ranked with counts":    {Kind: KindRanked, Decision: Decision{Lots: true}},
	} {
		if b, err := canonical.Encode(c); err == nil {
			t.Errorf("%s: encoded as %x", name, b)
		}
	}
}

// Whatever is decoded is encoded as it was, and says nothing that its kind has not.
func FuzzContest(f *testing.F) {
	f.Add(encoded(f, yesNo()))
	f.Add(encoded(f, committee()))
	f.Add(encoded(f, Contest{Kind: KindRanked}))
	f.Add([]byte{0x82, 0x60, 0x66, 'r', 'a', 'n', 'k', 'e', 'd'})
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := decoded(b)
		if err != nil {
			return
		}
		if again := encoded(t, c); !bytes.Equal(again, b) {
			t.Errorf("%x is encoded again as %x", b, again)
		}
		if ranked := c.Kind == KindRanked; ranked && (c.Max != 0 || !reflect.DeepEqual(c.Decision, Decision{})) || !ranked && (c.Depth != 0 || !reflect.DeepEqual(c.Ranking, RankingDecision{})) {
			t.Errorf("%+v has fields of another kind", c)
		}
		c.Check("contest") // does not panic
		c.Width()
	})
}
