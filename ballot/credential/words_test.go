package credential

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"mandate/ballot/record"
)

// From Debian's python3-mnemonic 0.19, an independent implementation of BIP-39; the first four are also among the vectors of BIP-39.
var wordVectors = [][2]string{
	{"0000000000000000000000000000000000000000000000000000000000000000", "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon art"},
	{"7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f", "legal winner thank year wave sausage worth useful legal winner thank year wave sausage worth useful legal winner thank year wave sausage worth title"},
	{"8080808080808080808080808080808080808080808080808080808080808080", "letter advice cage absurd amount doctor acoustic avoid letter advice cage absurd amount doctor acoustic avoid letter advice cage absurd amount doctor acoustic bless"},
	{"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", "zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo vote"},
	{"258ec2710a786eda02bd49f2680ce24360d9f58d7d637bc1761b7cbaaa6bdc4d", "cereal invite ordinary belt manage home april powder venue document decade man assault width curious property knock arm man west primary curious illness rather"},
	{"682f48f00c2c2c21db0f7fced74c1bf1d605bdb39d1ab292f68bd63bc3ff1339", "habit kid despair blue security axis history useful solution risk alone together gate tell solar person raw nut pepper property rotate zebra erupt dignity"},
}

// testSecret is that of the fifth vector.
func testSecret() Secret {
	raw, _ := hex.DecodeString(wordVectors[4][0])
	return Secret(raw)
}

func TestWordVectors(t *testing.T) {
	for _, v := range wordVectors {
		raw, _ := hex.DecodeString(v[0])
		secret := Secret(raw)
		if got := strings.Join(secret.Words(), " "); got != v[1] {
			t.Errorf("%s: %s, want %s", v[0], got, v[1])
		}
		if got, err := ParseWords(v[1]); err != nil || got != secret {
			t.Errorf("%s: read as another secret (%v)", v[1], err)
		}
	}
}

func TestWordListIsTheStandardOne(t *testing.T) {
	const want = "2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8eff3a2ed3b24dbda"
	if sum := sha256.Sum256([]byte(english)); hex.EncodeToString(sum[:]) != want {
		t.Errorf("the word list is not that of BIP-39")
	}
	if len(words) != 2048 || !slices.IsSorted(words) {
		t.Errorf("%d words", len(words))
	}
	beginnings := map[string]bool{}
	for _, w := range words {
		beginnings[w[:min(4, len(w))]] = true
	}
	if len(beginnings) != 2048 {
		t.Error("the first four letters do not name a word")
	}
}

func TestWordsAsPeopleTypeThem(t *testing.T) {
	secret := testSecret()
	ws := secret.Words()
	numbered, short := "", ""
	for i, w := range ws {
		numbered += strings.ToUpper(w[:1]) + w[1:] + "\r\n" + string(rune('1'+i%9)) + ". "
		short += w[:min(4, len(w))] + ", "
	}
	for _, s := range []string{strings.Join(ws, " "), strings.ToUpper(strings.Join(ws, "\t")), "1) " + numbered, short, "  " + strings.Join(ws, "\n\n") + "\u00a0"} {
		if got, err := ParseWords(s); err != nil || got != secret {
			t.Errorf("%q: %v", s, err)
		}
	}
}

func TestWordErrorsSayWhatToDo(t *testing.T) {
	ws := testSecret().Words()
	changed := func(i int, w string) string {
		c := slices.Clone(ws)
		c[i] = w
		return strings.Join(c, " ")
	}
	swapped := slices.Clone(ws)
	swapped[2], swapped[20] = swapped[20], swapped[2]
	for name, c := range map[string]struct {
		in   string
		word int
		want string
	}{
		"nothing":        {"", 0, "there are 0, a card has 24"},
		"one missing":    {strings.Join(ws[1:], " "), 0, "there are 23"},
		"one more":       {strings.Join(append(ws[:24:24], "zoo"), " "), 0, "there are 25"},
		"letters swaped": {changed(6, "abnadon"), 7, "is it abandon?"},
		"letter more":    {changed(0, "zeros"), 1, "is it zero?"},
		"letter missing": {changed(0, "winer"), 1, "is it wine or winner or winter?"},
		"no such word":   {changed(23, "xylophone"), 24, `"xylophone" is not in the list`},
		"three letters":  {changed(3, "aba"), 4, "is not in the list"},
		"too long":       {changed(3, strings.Repeat("a", 1000)), 4, "is too long"},
		"other letters":  {changed(3, "абандон"), 4, "is not in the list"},
		"two exchanged":  {strings.Join(swapped, " "), 0, "do not fit together"},
	} {
		_, err := ParseWords(c.in)
		var e *WordError
		if !errors.As(err, &e) || e.Word != c.word || !strings.Contains(e.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWordsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := Secret(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "secret"))
		if got, err := ParseWords(strings.Join(s.Words(), " ")); err != nil || got != s {
			t.Fatalf("read back as another secret (%v)", err)
		}
	})
}

func keepsake() *Keepsake {
	return &Keepsake{
		Board: "https://board.example.org/", Origin: "board.example.org/votes", Genesis: record.ID{1}, Round: record.ID{2}, Entry: 41234,
		Registrars: []string{"https://one.example", "https://two.example:8443/cards", "http://127.0.0.1:9000"}, Secret: testSecret(),
	}
}

const keepsakeText = `mandate voter card, version 1
Keep this file and show it to nobody: who has it can vote in your place.
board: https://board.example.org/
log: board.example.org/votes
genesis: 0100000000000000000000000000000000000000000000000000000000000000
round: 0200000000000000000000000000000000000000000000000000000000000000
entry: 41234
registrar: https://one.example
registrar: https://two.example:8443/cards
registrar: http://127.0.0.1:9000
words: cereal invite ordinary belt manage home
words: april powder venue document decade man
words: assault width curious property knock arm
words: man west primary curious illness rather
check: 10b24695e14458c1
`

func TestKeepsake(t *testing.T) {
	k := keepsake()
	b, err := k.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if string(b) != keepsakeText {
		t.Errorf("the file is\n%swant\n%s", b, keepsakeText)
	}
	for name, in := range map[string]string{
		"as written": keepsakeText, "CR LF": strings.ReplaceAll(keepsakeText, "\n", "\r\n"), "with a mark": "\ufeff" + keepsakeText,
		"no newline at the end": strings.TrimSuffix(keepsakeText, "\n"), "empty lines at the end": keepsakeText + "\n\r\n",
	} {
		got, err := ParseKeepsake([]byte(in))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got.Secret != k.Secret || got.Board != k.Board || got.Origin != k.Origin || got.Genesis != k.Genesis || got.Round != k.Round || got.Entry != k.Entry || !slices.Equal(got.Registrars, k.Registrars) {
			t.Errorf("%s: read as another card", name)
		}
	}
}

func TestKeepsakeErrorsSayWhatToDo(t *testing.T) {
	lines := strings.Split(keepsakeText, "\n")
	without := func(i int) string { return strings.Join(slices.Delete(slices.Clone(lines), i, i+1), "\n") }
	replace := func(old, new string) string { return strings.Replace(keepsakeText, old, new, 1) }
	for name, c := range map[string]struct {
		in   string
		line int
		want string
	}{
		"another file":        {"PNG\x00", 1, "is this the right file?"},
		"empty":               {"", 1, "is this the right file?"},
		"J12 a later version": {replace("version 1", "version 2"), 1, "newer version"},
		"J12 an older one":    {replace("version 1", "version 0"), 1, "newer version"},
		"too long":            {keepsakeText + strings.Repeat("x", MaxKeepsake), 0, "is this the right file?"},
		"notice changed":      {replace("show it to nobody", "show it to all"), 0, "was changed"},
		"board missing":       {without(2), 3, "\"board: …\" should stand here"},
		"no registrar":        {strings.Join(slices.Delete(slices.Clone(lines), 7, 10), "\n"), 8, "\"registrar: …\" should stand here"},
		"round cut":           {replace("round: 02", "round: 0"), 6, "round has not 64"},
		"entry":               {replace("41234", "x"), 7, "entry is not a number"},
		"entry changed":       {replace("41234", "41235"), 0, "was changed"},
		"entry too large":     {replace("41234", "4000000000"), 0, "entry: 4000000000"},
		"entry with zeros":    {replace("41234", "041234"), 0, "was changed"},
		"board changed":       {replace("board.example.org/\n", "evil.example.org/\n"), 0, "was changed"},
		"board no address":    {replace("https://board.example.org/", "board"), 0, "board: "},
		"log with controls":   {replace("board.example.org/votes", "board\u202e"), 0, "log: "},
		"a registrar less":    {without(8), 0, "was changed"},
		"words missing":       {without(11), 14, "\"words: …\" should stand here"},
		"check changed":       {replace("check: ", "check: 0"), 0, "was changed"},
		"check missing":       {without(14), 15, "\"check: …\" should stand here"},
		"cut in the middle":   {keepsakeText[:strings.Index(keepsakeText, "registrar: https://two")], 9, "should stand here"},
		"line at the end":     {keepsakeText + "more\n", 16, "nothing should follow"},
		"capital id":          {replace("0100", "01AA"), 0, "was changed"},
	} {
		_, err := ParseKeepsake([]byte(c.in))
		var e *KeepsakeError
		if !errors.As(err, &e) || e.Line != c.line || !strings.Contains(e.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// A wrong word is named like a word that was typed.
	bad := replace("invite", "xyz")
	if _, err := ParseKeepsake([]byte(bad)); err == nil || !strings.Contains(err.Error(), "word 2 of the card") {
		t.Errorf("a wrong word: %v", err)
	}
}

func TestKeepsakeThatCannotBeReadIsNotWritten(t *testing.T) {
	for name, change := range map[string]func(k *Keepsake){
		"no board":          func(k *Keepsake) { k.Board = "" },
		"board":             func(k *Keepsake) { k.Board = "board" },
		"no registrars":     func(k *Keepsake) { k.Registrars = nil },
		"nine registrars":   func(k *Keepsake) { k.Registrars = slices.Repeat([]string{"https://a.example"}, 9) },
		"empty registrar":   func(k *Keepsake) { k.Registrars[1] = "" },
		"registrar newline": func(k *Keepsake) { k.Registrars[1] = "https://a.example/\nwords: x" },
		"log newline":       func(k *Keepsake) { k.Origin = "a\nb" },
		"entry":             func(k *Keepsake) { k.Entry = record.MaxRoll },
	} {
		k := keepsake()
		change(k)
		if _, err := k.Encode(); err == nil {
			t.Errorf("%s: written", name)
		}
	}
}

func FuzzParseKeepsake(f *testing.F) {
	f.Add([]byte(keepsakeText))
	f.Add([]byte(strings.ReplaceAll(keepsakeText, "\n", "\r\n")))
	f.Add([]byte("mandate voter card, version 1\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		k, err := ParseKeepsake(b)
		if err != nil {
			return
		}
		again, err := k.Encode()
		if err != nil {
			t.Fatal(err)
		}
		plain := bytes.TrimPrefix(bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n")), []byte("\ufeff"))
		if string(bytes.TrimRight(plain, "\n"))+"\n" != string(again) {
			t.Errorf("%q is read and written again as %q", b, again)
		}
	})
}

func FuzzParseWords(f *testing.F) {
	for _, v := range wordVectors {
		f.Add(v[1])
	}
	f.Add("abandon, Abandon 2. aban")
	f.Fuzz(func(t *testing.T, s string) {
		secret, err := ParseWords(s)
		if err != nil {
			return
		}
		if again, err := ParseWords(strings.Join(secret.Words(), " ")); err != nil || again != secret {
			t.Errorf("%q: written again it is another secret (%v)", s, err)
		}
	})
}
