package backup

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mandate/bulletin/store"
)

// folder is a party's folder with files and a store.
func folder(t *testing.T) (dir string, value []byte) {
	t.Helper()
	dir, value = t.TempDir(), make([]byte, 500<<10)
	rand.Read(value)
	for name, b := range map[string][]byte{"vault/signing-key.age": []byte("sealed"), "vault/big.age": value, "serve.toml": nil, "lock": []byte("x"), "vault/.new-7": []byte("half")} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	db, err := store.Open(filepath.Join(dir, "board", "log"), &store.DBOptions{MinFree: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	kv, err := db.KV("x")
	for i := range 20 { // more than a piece
		if err == nil {
			err = kv.Put([]byte{byte(i)}, value)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir, value
}

func TestAFolderComesBack(t *testing.T) {
	dir, value := folder(t)
	var b bytes.Buffer
	if err := Write(&b, Source{Dir: dir}); err != nil {
		t.Fatal(err)
	}
	m, err := Check(bytes.NewReader(b.Bytes()))
	if err != nil || len(m.Items) != 4 || m.Items[0].Kind != "log" || m.Items[0].Size < 10_000_000 {
		t.Fatalf("%+v, %v", m, err)
	}
	to := filepath.Join(t.TempDir(), "new")
	if err := Restore(bytes.NewReader(b.Bytes()), to, m.Made); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"lock", "vault/.new-7"} {
		if _, err := os.Stat(filepath.Join(to, name)); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got, err := os.ReadFile(filepath.Join(to, "vault/big.age")); err != nil || !bytes.Equal(got, value) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	if info, err := os.Stat(filepath.Join(to, "vault/signing-key.age")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	db, err := store.Open(filepath.Join(to, "board", "log"), &store.DBOptions{MinFree: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	kv, err := db.KV("x")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := kv.Get([]byte{19}); err != nil || !bytes.Equal(got, value) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	if r, err := db.Restored(); err != nil || r == nil || !r.Whole || !r.Copied.Equal(m.Made) {
		t.Errorf("%+v, %v", r, err)
	}
	if err := Restore(bytes.NewReader(b.Bytes()), to, m.Made); !errors.Is(err, ErrNotEmpty) {
		t.Errorf("restored over a folder: %v", err)
	}
}

// Whatever is cut off or changed is noticed, and what was made by then is gone.
func TestACopyThatIsNotWhole(t *testing.T) {
	dir, _ := folder(t)
	var b bytes.Buffer
	if err := Write(&b, Source{Dir: dir}); err != nil {
		t.Fatal(err)
	}
	whole := b.Bytes()
	digest, sealed := bytes.LastIndex(whole, []byte("sha256"))+12, bytes.Index(whole, []byte("sealed"))
	for _, n := range []int{0, 100, 512, len(whole) / 3, sealed, digest} {
		if _, err := Check(bytes.NewReader(whole[:n])); err == nil {
			t.Errorf("%d of %d bytes are taken for a copy", n, len(whole))
		}
	}
	for _, at := range []int{600, len(whole) / 2, sealed, digest} {
		changed := bytes.Clone(whole)
		changed[at] ^= 1
		if _, err := Check(bytes.NewReader(changed)); err == nil {
			t.Errorf("byte %d can be changed", at)
		}
	}
	to := t.TempDir()
	if err := Restore(bytes.NewReader(whole[:digest]), to, m0(t, whole).Made); !errors.Is(err, ErrNotWhole) {
		t.Errorf("restored: %v", err)
	}
	if err := Empty(to); err != nil {
		t.Errorf("something was left: %v", err)
	}
	for name, ok := range map[string]bool{
		"file/a": true, "file/vault/a.age": true, "store/log/000000001": true, "store/board/log/1": true,
		"file/../a": false, "file//a": false, "file/": false, "/etc/passwd": false, "store/x/1": false, "other/a": false, `file/a\b`: false, "file/a/..": false,
	} {
		if _, _, err := itemOf(name); (err == nil) != ok {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func m0(t *testing.T, b []byte) *Manifest {
	t.Helper()
	m, err := Check(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestSealed(t *testing.T) {
	dir := t.TempDir()
	phrase := filepath.Join(dir, "phrase")
	if err := os.WriteFile(phrase, []byte("secret words\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	to, err := Recipients(nil, phrase)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w, err := Seal(&b, to)
	if err == nil {
		_, err = w.Write(bytes.Repeat([]byte("the member list"), 10_000))
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil || bytes.Contains(b.Bytes(), []byte("member")) {
		t.Fatalf("readable, or %v", err)
	}
	ids, err := Identities("", phrase)
	if err != nil {
		t.Fatal(err)
	}
	r, err := Unseal(bytes.NewReader(b.Bytes()[:b.Len()-1000]), ids)
	if err == nil {
		_, err = io.ReadAll(r)
	}
	if err == nil {
		t.Error("what was cut off opens")
	}
	for _, c := range []struct {
		to     []string
		phrase string
	}{{nil, ""}, {[]string{"age1x"}, ""}, {[]string{"age1x"}, phrase}, {nil, filepath.Join(dir, "none")}} {
		if _, err := Recipients(c.to, c.phrase); err == nil {
			t.Errorf("%v is taken", c)
		}
	}
}

func FuzzCheck(f *testing.F) {
	dir := f.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a"), []byte("x"), 0o600); err != nil {
		f.Fatal(err)
	}
	var b bytes.Buffer
	if err := Write(&b, Source{Dir: dir}); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add([]byte(strings.Repeat("\x00", 1024)))
	f.Fuzz(func(t *testing.T, b []byte) { Check(bytes.NewReader(b)) })
}
