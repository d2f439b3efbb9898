package specification_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/cryptotest"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"mandate/ballot/cast"
	"mandate/ballot/checkpoint"
	"mandate/ballot/credential"
	"mandate/ballot/record"
	"mandate/ballot/simulate"
	"mandate/crypto/group"
	"mandate/verifier"
	"mandate/verifier/boardlog"
)

var update = flag.Bool("update", false, "write the example and the vectors anew")

const exampleFile = "../testdata/example.txt"

// An example is the small vote of SPEC.md §0.
type example struct {
	text     string
	openings [][]byte // of the ballots, in the order in which they were made
}

// makeExample holds the vote with the randomness of this process fixed, and writes it down.
func makeExample(t *testing.T) *example {
	cryptotest.SetGlobalRandom(t, 2026)
	e := new(example)
	o := simulate.New(t, simulate.Config{Members: 3, Trustees: 2, Revote: true, Origin: "board.example/log"})
	r := o.Round()
	var cards [3]*credential.Card
	var cardSecrets [3]credential.Secret
	for m := range cards {
		cardSecrets[m] = credential.NewSecret()
		cards[m] = r.MintOf(cardSecrets[m])
	}
	r.Issues(0, 1, 2)
	v := r.Vote(func(m *record.Vote) { m.Programs = nil })
	v.Ceremony()
	v.Open()

	var secrets strings.Builder
	make1 := func(member int, choice ...int) *record.Record {
		cred, err := cards[member].Credential(v.Manifest.Slot)
		if err != nil {
			t.Fatal(err)
		}
		n, previous, again := v.State().Last(cred.Key)
		if again {
			n++
		}
		made, opening, err := v.State().Form.Encrypt(v.Context(), cred, n, previous, cast.NewDraft(), [][]int{choice})
		if err != nil {
			t.Fatal(err)
		}
		b, err := opening.Encode()
		if err != nil {
			t.Fatal(err)
		}
		e.openings = append(e.openings, b)
		fmt.Fprintf(&secrets, "# of the ballot of member %d with number %d, id %s…\nopening %x\n", member, n, made.ID().Short(), b)
		return made
	}
	o.Post(make1(0, simulate.No))
	shown := make1(1, simulate.Yes)
	checker, err := cards[1].Credential(v.Manifest.Slot)
	if err != nil {
		t.Fatal(err)
	}
	o.Post(v.CheckOf(checker, shown.ID()))
	o.Post(make1(1, simulate.Yes))
	o.Post(make1(0, simulate.Yes))
	o.Post(make1(2))
	result := v.Finish()

	var out strings.Builder
	out.WriteString(`# One small vote, byte for byte (SPEC.md §0): three members, two registrars, two trustees, a question.
# Made by: go test ./verifier/specification -run Example -update
#
# Lines: a name and its values. Lines that begin with two spaces belong to the line before. A number sign begins a comment, at the beginning
# of a line only. Bytes are in hexadecimal.
#
# secret, card, opening, share: what the parties keep to themselves, so that every step can be done again. A secret key is a scalar (§3.1);
#   a card is its 32 bytes (§10.1); an opening is ballot-opening (§10.6), with the seed and the choice; a share is x_i (§5.2).
#   The registrars' RSA keys are crypto/blind/blindtest/testdata/key00.pem and key01.pem.
# record INDEX KIND ID LENGTH: a record, its bytes below, and in a comment its payload with the names of SPEC.md's grammar.
# checkpoint SIZE ROOT: the signed checkpoint, its lines below.
# result: what the vote comes to.

`)
	fmt.Fprintf(&out, "secret board %x\n", o.Board.Bytes())
	for i, k := range o.Commission {
		fmt.Fprintf(&out, "secret officer-%d %x\n", i+1, k.Bytes())
	}
	for i, g := range r.Registrars {
		fmt.Fprintf(&out, "secret registrar-%d %x\n", i+1, g.Key.Bytes())
	}
	for i, k := range v.Trustees {
		fmt.Fprintf(&out, "secret trustee-%d %x\n", i+1, k.Key.Bytes())
	}
	fmt.Fprintf(&out, "# the log's Ed25519 key, as a signed note's\nlog-key %s\n", o.LogSecret)
	for m := range cardSecrets {
		fmt.Fprintf(&out, "card %d %x\n", m, cardSecrets[m][:])
	}
	out.WriteString(secrets.String())
	for i := range v.Trustees {
		x := v.Share(i + 1).EncodeSecret() // the scalar stands last in it
		x = x[len(x)-group.ScalarSize:]
		fmt.Fprintf(&out, "share %d %x\n", i+1, x)
	}
	g := specGrammar(t)
	for i, raw := range o.Log() {
		rec, err := record.Decode(raw)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&out, "\nrecord %d %s %s %d\n", i, rec.Kind(), rec.ID(), len(raw))
		fmt.Fprintf(&out, "# %s\n", g.showPayload(t, ruleOf(rec.Kind()), rec.Payload()))
		for rest := raw; len(rest) > 0; {
			n := min(64, len(rest))
			fmt.Fprintf(&out, "  %x\n", rest[:n])
			rest = rest[n:]
		}
	}
	fmt.Fprintf(&out, "\ncheckpoint %d %s\n", len(o.Log()), simulate.Root(o.Log()))
	for line := range strings.Lines(string(o.Checkpoint())) {
		fmt.Fprintf(&out, "  %s", line)
	}
	fmt.Fprintf(&out, "\nresult %s\n  counted %d\n", v.ID, result.Counted)
	for i, c := range result.Contests {
		fmt.Fprintf(&out, "  contest %d counts %s outcome %s winners %s\n", i, numbers(c.Counts), c.Outcome, numbers(c.Winners))
	}
	e.text = out.String()
	return e
}

func numbers(list []uint64) string {
	var out []string
	for _, n := range list {
		out = append(out, strconv.FormatUint(n, 10))
	}
	return strings.Join(out, "/")
}

// showPayload writes a payload with the names of the grammar.
func (g *grammar) showPayload(t *testing.T, name string, payload []byte) string {
	t.Helper()
	v := decode(t, payload)
	if err := (named{g, name}).check(v); err != nil {
		t.Fatal(err)
	}
	return named{g, name}.show(v)
}

// The file is what the vote gives.
func TestExampleIsMadeAnew(t *testing.T) {
	e := makeExample(t)
	compare(t, exampleFile, e.text)
	if *update {
		updateTable(t)
	}
}

var exampleRow = regexp.MustCompile("(?m)^\\| ([0-9]+) \\| `([a-z-]+)` \\| `([0-9a-f]{8})` \\| ([0-9,]+) \\|")

// updateTable writes ids, lengths, root and the vote's id into SPEC.md §0. What its rows say of the records is a matter for a person.
func updateTable(t *testing.T) {
	t.Helper()
	b, text := readExample(t), specText(t)
	section := sectionOf(t, "0")
	i := 0
	changed := exampleRow.ReplaceAllStringFunc(section, func(row string) string {
		if i >= len(b.records) {
			return row
		}
		n := strconv.Itoa(len(b.records[i]))
		if len(n) > 3 {
			n = n[:len(n)-3] + "," + n[len(n)-3:]
		}
		row = fmt.Sprintf("| %d | `%s` | `%s` | %s |", i, b.kinds[i], b.ids[i][:8], n)
		i++
		return row
	})
	changed = regexp.MustCompile("(has the root|vote's id is) `[0-9a-f]{64}`").ReplaceAllStringFunc(changed, func(s string) string {
		if strings.HasPrefix(s, "has") {
			return "has the root `" + b.root + "`"
		}
		return "vote's id is `" + b.vote + "`"
	})
	if changed != section {
		if err := os.WriteFile("../../SPEC.md", []byte(strings.Replace(text, section, changed, 1)), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// compare holds a text against a file, or writes the file.
func compare(t *testing.T, file, text string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(b) == text {
		return
	}
	was, is := strings.Split(string(b), "\n"), strings.Split(text, "\n")
	for i := range min(len(was), len(is)) {
		if was[i] != is[i] {
			t.Fatalf("%s is no longer what this program makes; line %d is\n%.200s\nand would be\n%.200s", file, i+1, was[i], is[i])
		}
	}
	t.Fatalf("%s has %d lines, this program makes %d", file, len(was), len(is))
}

// A board is what the file says, read without any of the code that made it.
type board struct {
	records    [][]byte
	kinds      []string
	ids        []string
	checkpoint []byte
	root       string
	vote       string
	results    []string
	shares     map[int][]byte
}

func readExample(t *testing.T) *board {
	t.Helper()
	text, err := os.ReadFile(exampleFile)
	if err != nil {
		t.Fatal(err)
	}
	b := &board{shares: make(map[int][]byte)}
	var under string
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "#") || line == "" {
			continue
		}
		if rest, ok := strings.CutPrefix(line, "  "); ok {
			switch under {
			case "record":
				last := len(b.records) - 1
				b.records[last] = append(b.records[last], unhex(t, rest)...)
			case "checkpoint":
				b.checkpoint = append(b.checkpoint, rest+"\n"...)
			case "result":
				b.results = append(b.results, rest)
			default:
				t.Fatalf("nothing can stand below %q", under)
			}
			continue
		}
		f := strings.Fields(line)
		switch under = f[0]; under {
		case "record":
			if f[1] != strconv.Itoa(len(b.records)) {
				t.Errorf("record %s stands at place %d", f[1], len(b.records))
			}
			b.records, b.kinds, b.ids = append(b.records, nil), append(b.kinds, f[2]), append(b.ids, f[3])
		case "checkpoint":
			b.root = f[2]
		case "result":
			b.vote = f[1]
		case "share":
			i, err := strconv.Atoi(f[1])
			if err != nil {
				t.Fatal(err)
			}
			b.shares[i] = unhex(t, f[2])
		case "secret", "card", "opening", "log-key":
		default:
			t.Fatalf("a line of no known kind: %s", under)
		}
	}
	return b
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// treeHead is RFC 6962 §2.1.
func treeHead(leaves [][32]byte) [32]byte {
	switch n := len(leaves); n {
	case 0:
		return sha256.Sum256(nil)
	case 1:
		return leaves[0]
	default:
		k := 1
		for 2*k < n {
			k *= 2
		}
		left, right := treeHead(leaves[:k]), treeHead(leaves[k:])
		return sha256.Sum256(append(append([]byte{1}, left[:]...), right[:]...))
	}
}

// audit packs the board's records, as SPEC.md §7.5 says.
func (b *board) audit(t *testing.T) []byte {
	t.Helper()
	genesis, err := record.Decode(b.records[0])
	if err != nil {
		t.Fatal(err)
	}
	body := genesis.Body.(*record.Genesis)
	key, err := checkpoint.ParseLogKey(body.LogKey)
	if err != nil {
		t.Fatal(err)
	}
	cp, err := boardlog.Open(b.checkpoint, boardlog.Policy{Origin: body.Origin, Log: key, Witnesses: []note.Verifier{}})
	if err != nil {
		t.Fatal(err)
	}
	files := logFiles{b, nil}
	for i, raw := range b.records {
		hs, err := tlog.StoredHashes(int64(i), raw, &files)
		if err != nil {
			t.Fatal(err)
		}
		files.hashes = append(files.hashes, hs...)
	}
	var out bytes.Buffer
	if err := boardlog.WritePackage(t.Context(), &out, &files, cp); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

type logFiles struct {
	*board
	hashes []tlog.Hash
}

func (l *logFiles) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, x := range indexes {
		out[i] = l.hashes[x]
	}
	return out, nil
}

func (l *logFiles) ReadFile(_ context.Context, path string) ([]byte, error) {
	if path == boardlog.CheckpointPath {
		return l.checkpoint, nil
	}
	tile, err := boardlog.ParseTilePath(path)
	if err != nil {
		return nil, err
	}
	if tile.L >= 0 {
		return tlog.ReadTileData(tile, l)
	}
	if tile.N > 0 || tile.W != len(l.records) {
		return nil, fs.ErrNotExist
	}
	var out []byte
	for _, raw := range l.records {
		if out, err = boardlog.AppendEntry(out, raw); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// The file says a vote that verifies, with the ids, root and result that it says.
func TestExampleVerifies(t *testing.T) {
	b := readExample(t)
	var leaves [][32]byte
	for i, raw := range b.records {
		id := sha256.Sum256(append([]byte{0}, raw...))
		if hex.EncodeToString(id[:]) != b.ids[i] {
			t.Errorf("record %d has another id", i)
		}
		leaves = append(leaves, id)
	}
	head := treeHead(leaves)
	if hex.EncodeToString(head[:]) != b.root {
		t.Error("another root")
	}
	lines := strings.Split(string(b.checkpoint), "\n")
	if lines[1] != strconv.Itoa(len(b.records)) || lines[2] != base64.StdEncoding.EncodeToString(head[:]) {
		t.Errorf("the checkpoint is of another log: %q", lines)
	}

	vote, err := record.ParseID(b.vote)
	if err != nil {
		t.Fatal(err)
	}
	pkg := b.audit(t)
	source, err := boardlog.OpenPackage(bytes.NewReader(pkg), int64(len(pkg)))
	if err != nil {
		t.Fatal(err)
	}
	report, err := verifier.Verify(t.Context(), source, verifier.Options{Vote: vote})
	if err != nil {
		t.Fatal(err)
	}
	if report.Verdict != verifier.Verified || len(report.Void) > 0 || len(report.Votes) != 1 {
		t.Fatalf("%v: %+v", report.Verdict, report)
	}
	v := report.Votes[0]
	got := []string{fmt.Sprintf("counted %d", v.Figures.Counted)}
	for i, c := range v.Contests {
		var counts, winners []uint64
		for j, o := range c.Options {
			counts = append(counts, o.Count)
			if o.Winner {
				winners = append(winners, uint64(j))
			}
		}
		got = append(got, fmt.Sprintf("contest %d counts %s outcome %s winners %s", i, numbers(counts), c.Outcome, numbers(winners)))
	}
	if strings.Join(got, "\n") != strings.Join(b.results, "\n") {
		t.Errorf("verified: %q, the file: %q", got, b.results)
	}
	opening, err := record.Decode(b.records[slices.Index(b.kinds, "opening")])
	if err != nil {
		t.Fatal(err)
	}
	for i, x := range b.shares {
		share, err := group.DecodeScalar(x)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(group.BaseMul(share).Bytes(), opening.Body.(*record.Opening).TrusteeKeys[32*(i-1):32*i]) {
			t.Errorf("share %d is not that of the trustee's key in the opening", i)
		}
	}

	// Not by luck: a byte in each record makes another log, which the checkpoint does not fit.
	for i := range b.records {
		changed := *b
		changed.records = append([][]byte(nil), b.records...)
		changed.records[i] = bytes.Clone(b.records[i])
		changed.records[i][len(changed.records[i])/2] ^= 1
		if hex.EncodeToString(idOf(changed.records[i])) == b.ids[i] {
			t.Errorf("record %d changed keeps its id", i)
		}
	}
}

func idOf(raw []byte) []byte {
	id := sha256.Sum256(append([]byte{0}, raw...))
	return id[:]
}

func needsNode(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("needs node in PATH")
	}
	if _, err := os.Stat("../second/node_modules"); err != nil {
		t.Skip("needs second/node_modules: run npm ci in verifier/second")
	}
}

// The second verifier's own tests: the vectors of the whole specification.
func TestA12_TheSecondVerifierAgreesOnTheVectors(t *testing.T) {
	if testing.Short() {
		t.Skip("runs another program's tests")
	}
	needsNode(t)
	cmd := exec.Command("node", "--test")
	cmd.Dir = "../second"
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v:\n%s", err, out)
	}
}

// The second verifier comes to the same.
func TestExampleVerifiesASecondTime(t *testing.T) {
	needsNode(t)
	b := readExample(t)
	file := filepath.Join(t.TempDir(), "board.tar")
	if err := os.WriteFile(file, b.audit(t), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("node", "../second/verify.js", "-json", "-", "-vote", b.vote, file).Output()
	if err != nil {
		var exit *exec.ExitError
		errors.As(err, &exit)
		t.Fatalf("%v: %s", err, out)
	}
	if !strings.Contains(string(out), b.root) {
		t.Errorf("its report does not have the root: %.300s", out)
	}
}

// The table in SPEC.md §0 has every record, in order, with its kind and the beginning of its id.
func TestExampleStandsInTheSpecification(t *testing.T) {
	b := readExample(t)
	section := sectionOf(t, "0")
	rows := exampleRow.FindAllStringSubmatch(section, -1)
	if len(rows) != len(b.records) {
		t.Errorf("%d rows for %d records", len(rows), len(b.records))
	}
	for i, row := range rows {
		if i >= len(b.records) {
			break
		}
		length, _ := strconv.Atoi(strings.ReplaceAll(row[4], ",", ""))
		if row[1] != strconv.Itoa(i) || row[2] != b.kinds[i] || row[3] != b.ids[i][:8] || length != len(b.records[i]) {
			t.Errorf("row %d is %v, the record is %s %s, %d bytes", i, row[1:], b.kinds[i], b.ids[i][:8], len(b.records[i]))
		}
	}
	for _, s := range append([]string{b.root, b.vote}, b.results[1:]...) {
		if !strings.Contains(section, s) {
			t.Errorf("SPEC.md §0 does not have %q", s)
		}
	}
}
