package light

import (
	"bytes"
	"strings"
	"testing"

	"mandate/ballot/record"
)

func sample(t testing.TB) []byte {
	t.Helper()
	b := AppendHeader(nil, 9, 4)
	for _, x := range []Indexed{{0, []byte("genesis")}, {3, []byte{1}}, {8, make([]byte, record.MaxSize)}} {
		var err error
		if b, err = AppendRecord(b, x.Index, x.Raw); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

func TestExtract(t *testing.T) {
	b := sample(t)
	e, err := ParseExtract(b)
	if err != nil || e.Size != 9 || e.Supports != 4 || len(e.Records) != 3 || e.Records[1].Index != 3 || len(e.Records[2].Raw) != record.MaxSize {
		t.Fatalf("%+v, %v", e, err)
	}
	if e, err := ParseExtract(b[:headerSize]); err != nil || len(e.Records) != 0 {
		t.Errorf("an empty one: %v", err)
	}
	for _, n := range []int{0, 15, 17, 25, 26, 30, len(b) - 1} {
		if _, err := ParseExtract(b[:n]); err == nil {
			t.Errorf("%d bytes of %d are taken", n, len(b))
		}
	}
	for name, at := range map[string]int{"a record beyond the log": headerSize + 7, "not ascending": headerSize + entryHead + 7 + 7} {
		bad := bytes.Clone(b)
		bad[at] ^= 0x0f
		if name == "not ascending" {
			bad[at] = 0
		}
		if _, err := ParseExtract(bad); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	for _, raw := range [][]byte{nil, make([]byte, record.MaxSize+1)} {
		if _, err := AppendRecord(nil, 1, raw); err == nil {
			t.Errorf("a record of %d bytes was written", len(raw))
		}
	}
}

func TestPaths(t *testing.T) {
	id := record.ID{1}
	for path, want := range map[string]string{
		OutlinePath(id): "outline/01", RollPath(id): "outline/roll/01", IssuesPath(id): "outline/issues/01", From(OutlinePath(id), 12): "outline/01",
		ChainPath(id, record.Key{2}): "chain/01",
	} {
		if !strings.HasPrefix(path, want) {
			t.Errorf("%s", path)
		}
	}
	if From("x", 0) != "x" || From("x", 12) != "x?from=12" {
		t.Error("from")
	}
}

func FuzzParseExtract(f *testing.F) {
	f.Add(sample(f)[:60])
	f.Add(AppendHeader(nil, 1<<63, 0))
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := ParseExtract(b)
		if err != nil {
			return
		}
		out := AppendHeader(nil, e.Size, e.Supports)
		for _, x := range e.Records {
			if out, err = AppendRecord(out, x.Index, x.Raw); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(out, b) {
			t.Errorf("%x is written again as %x", b, out)
		}
	})
}
