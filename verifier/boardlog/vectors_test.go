package boardlog

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"mandate/ballot/checkpoint"
)

var update = flag.Bool("update", false, "write testdata/vectors again; a change needs a reason")

// TestVectors reads testdata/vectors as another implementation would: each file has a header, a line with three hyphens, and then a
// checkpoint or a receipt, byte for byte.
func TestVectors(t *testing.T) {
	if *update {
		if err := os.RemoveAll("testdata/vectors"); err != nil {
			t.Fatal(err)
		}
		writeVectors(t, "testdata/vectors")
	}
	again := t.TempDir()
	writeVectors(t, again)
	if diff := differ(t, again, "testdata/vectors"); diff != "" {
		t.Errorf("testdata/vectors is no longer what this program makes: %s", diff)
	}
	names, err := filepath.Glob("testdata/vectors/*")
	if err != nil || len(names) < 30 {
		t.Fatalf("%d vectors: %v", len(names), err)
	}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		head, body, ok := bytes.Cut(b, []byte("\n---\n"))
		if !ok {
			t.Fatalf("%s has no header", name)
		}
		var p Policy
		fields := make(map[string]string)
		for line := range strings.Lines(string(head)) {
			key, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
			switch fields[key] = value; key {
			case "log":
				p.Log, err = checkpoint.ParseLogKey(value)
			case "origin":
				p.Origin = value
			case "need":
				p.Need, err = strconv.Atoi(value)
			case "witness":
				var w note.Verifier
				w, err = checkpoint.ParseWitnessKey(value)
				p.Witnesses = append(p.Witnesses, w)
			}
			if err != nil {
				t.Fatalf("%s: %s: %v", name, key, err)
			}
		}
		if strings.HasPrefix(filepath.Base(name), "checkpoint-") {
			_, err = Open(body, p)
		} else {
			var r Receipt
			if r, err = ParseReceipt(body); err == nil {
				_, err = r.Verify(p)
			}
		}
		if want := fields["expect"]; want != "accept" && want != "refuse" || (err == nil) != (want == "accept") {
			t.Errorf("%s: expect: %s; %v", name, want, err)
		}
	}
}

// writeVectors makes the vectors from fixed keys.
func writeVectors(t *testing.T, dir string) {
	log := newTestLog(t, testOrigin, 1)
	for i := range 6 {
		log.append(fmt.Appendf(nil, "record %d", i))
	}
	impostor := newTestLog(t, testOrigin, 2).append(log.records...)
	w1, w2, w3 := newWitness(t, "witness.example/1", 1700000000), newWitness(t, "witness.example/2", 1700000001), newWitness(t, "witness.example/3", 1700000002)
	late := newWitness(t, "witness.example/1", 1<<63)
	_, vkey, err := note.GenerateKey(seeded{newSeed(1)}, testOrigin)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	write := func(name, what, expect string, need int, body []byte) {
		head := fmt.Sprintf("about: %s\nexpect: %s\norigin: %s\nlog: %s\n", what, expect, testOrigin, vkey)
		if need > 0 {
			for _, w := range []cosigner{w1, w2} {
				head += "witness: " + checkpoint.WitnessKey(w.Name(), w.public()) + "\n"
			}
		}
		head += fmt.Sprintf("need: %d\n---\n", need)
		if err := os.WriteFile(filepath.Join(dir, name+".txt"), append([]byte(head), body...), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	sign := func(text string, signers ...note.Signer) []byte {
		b, err := note.Sign(&note.Note{Text: text}, signers...)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	text := fmt.Sprintf("%s\n6\n%s\n", testOrigin, log.root(6))
	good := sign(text, log.signer)
	replace := func(b []byte, old, new string) []byte {
		if n := bytes.Count(b, []byte(old)); n != 1 {
			t.Fatalf("%q is there %d times", old, n)
		}
		return bytes.Replace(b, []byte(old), []byte(new), 1)
	}
	lineOf := func(b []byte) string { return string(b[bytes.Index(b, []byte("\n\n"))+2:]) }
	spoilt := func(b []byte) []byte { // in its last line, well within the signature
		b = bytes.Clone(b)
		c := &b[len(b)-40]
		if *c == 'A' {
			*c = 'B'
		} else {
			*c = 'A'
		}
		return b
	}
	slack := func(b []byte) []byte {
		b = bytes.Clone(b)
		b[len(b)-3]++ // its last two bits mean nothing; they are zero
		return b
	}

	write("checkpoint-good", "signed by the log", "accept", 0, good)
	write("checkpoint-empty-log", "size 0 and the root of the empty tree", "accept", 0, log.checkpoint(0))
	write("checkpoint-stranger", "a further signature by a key that is not named", "accept", 0, sign(text, log.signer, w3))
	write("checkpoint-cosigned", "two of two witnesses", "accept", 2, sign(text, log.signer, w1, w2))
	write("checkpoint-cosigned-first", "the log's signature is not the first", "accept", 2, sign(text, w2, log.signer, w1))
	write("checkpoint-wrong-origin", "the first line names another log", "refuse", 0, sign(strings.Replace(text, "board", "bored", 1), log.signer))
	write("checkpoint-wrong-key", "the same name, another key", "refuse", 0, impostor.checkpoint(6))
	write("checkpoint-spoilt", "the signature does not verify", "refuse", 0, spoilt(good))
	write("checkpoint-spoilt-witness", "a good signature by the log, one by a named witness that does not verify", "refuse", 1, spoilt(sign(text, log.signer, w1)))
	write("checkpoint-too-few", "one of two witnesses, two are needed", "refuse", 2, sign(text, log.signer, w1))
	write("checkpoint-witness-twice", "two cosignatures by one witness", "refuse", 2, append(sign(text, log.signer, w1), lineOf(sign(text, cosignerAt(w1, 5)))...))
	write("checkpoint-log-twice", "the log's good signature, and one by the same key that does not verify", "refuse", 0, append(bytes.Clone(good), lineOf(spoilt(good))...))
	write("checkpoint-witness-only", "not signed by the log", "refuse", 1, sign(text, w1))
	write("checkpoint-late-witness", "a cosignature of time 2^63", "refuse", 1, sign(text, log.signer, late))
	write("checkpoint-slack", "base64 of a signature with a bit set that means nothing", "refuse", 0, slack(good))
	write("checkpoint-crlf", "lines end in CR LF", "refuse", 0, bytes.ReplaceAll(good, []byte("\n"), []byte("\r\n")))
	write("checkpoint-extension", "a fourth line of text", "refuse", 0, sign(text+"extension\n", log.signer))
	write("checkpoint-leading-zero", "size 06", "refuse", 0, sign(strings.Replace(text, "\n6\n", "\n06\n", 1), log.signer))
	write("checkpoint-huge", "size 2^62", "refuse", 0, sign(strings.Replace(text, "\n6\n", "\n4611686018427387904\n", 1), log.signer))
	write("checkpoint-short-root", "a root of 31 bytes", "refuse", 0, sign(testOrigin+"\n6\n"+strings.Repeat("A", 40)+"AA==\n", log.signer))
	write("checkpoint-unsigned", "no signature", "refuse", 0, []byte(text+"\n"))
	write("checkpoint-trailing", "bytes after the last line", "refuse", 0, append(bytes.Clone(good), ' '))
	write("checkpoint-no-newline", "the last newline is missing", "refuse", 0, good[:len(good)-1])

	receipt := log.receipt(3, 6, w1, w2)
	encoded := receipt.Encode()
	of := func(change func(*Receipt)) []byte {
		r := receipt
		r.Hashes = slices.Clone(r.Hashes)
		change(&r)
		return r.Encode()
	}
	write("receipt-good", "of record 3 in a log of 6", "accept", 2, encoded)
	write("receipt-single", "of the only record in a log of 1: no hashes", "accept", 0, log.receipt(0, 1).Encode())
	write("receipt-last", "of record 5 in a log of 6: one hash", "accept", 0, log.receipt(5, 6).Encode())
	write("receipt-other-record", "the id of another record", "refuse", 2, of(func(r *Receipt) { r.Record = log.receipt(2, 6).Record }))
	write("receipt-other-index", "another index", "refuse", 2, of(func(r *Receipt) { r.Index = 2 }))
	write("receipt-index-at-size", "the index is the size", "refuse", 2, of(func(r *Receipt) { r.Index = 6 }))
	write("receipt-hash-missing", "one hash of the inclusion proof is missing", "refuse", 2, of(func(r *Receipt) { r.Hashes = r.Hashes[:2] }))
	write("receipt-hash-too-many", "one hash too many", "refuse", 2, of(func(r *Receipt) { r.Hashes = append(r.Hashes, r.Hashes[0]) }))
	write("receipt-hashes-swapped", "two hashes in the wrong order", "refuse", 2, of(func(r *Receipt) { r.Hashes[0], r.Hashes[1] = r.Hashes[1], r.Hashes[0] }))
	write("receipt-other-checkpoint", "a checkpoint of another size", "refuse", 2, of(func(r *Receipt) { r.Checkpoint = log.checkpoint(5, w1, w2) }))
	write("receipt-no-extra", "a tlog-proof without the record's id", "refuse", 2, replace(encoded, "extra "+receipt.Record.String()+"\n", ""))
	write("receipt-short-extra", "an id of 31 bytes", "refuse", 2, replace(encoded, receipt.Record.String(), strings.Repeat("A", 40)+"AA=="))
	write("receipt-index-sign", "index +3", "refuse", 2, replace(encoded, "index 3", "index +3"))
	write("receipt-index-zero", "index 03", "refuse", 2, replace(encoded, "index 3", "index 03"))
	write("receipt-version", "another version", "refuse", 2, replace(encoded, "tlog-proof@v1", "tlog-proof@v2"))
	write("receipt-space", "a space at the end of a line", "refuse", 2, replace(encoded, "index 3\n", "index 3 \n"))
	write("receipt-crlf", "lines end in CR LF", "refuse", 2, bytes.ReplaceAll(encoded, []byte("\n"), []byte("\r\n")))
	write("receipt-two-blank-lines", "two empty lines before the checkpoint", "refuse", 2, replace(encoded, "\n\n"+testOrigin, "\n\n\n"+testOrigin))
}

// differ names a file that two folders do not both have with the same bytes.
func differ(t *testing.T, a, b string) string {
	t.Helper()
	contents := func(dir string) map[string]string {
		all := make(map[string]string)
		names, err := filepath.Glob(filepath.Join(dir, "*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range names {
			text, err := os.ReadFile(n)
			if err != nil {
				t.Fatal(err)
			}
			all[filepath.Base(n)] = string(text)
		}
		return all
	}
	x, y := contents(a), contents(b)
	for _, name := range append(slices.Collect(maps.Keys(x)), slices.Collect(maps.Keys(y))...) {
		if text, ok := x[name]; !ok || text != y[name] {
			return name
		}
	}
	return ""
}
