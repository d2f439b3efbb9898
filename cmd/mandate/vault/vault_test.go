package vault

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestSecretsSurviveReopening(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "trustee")
	v, err := Create(dir, []byte("correct horse"), Options{WorkFactor: 5})
	if err != nil {
		t.Fatal(err)
	}
	secret := bytes.Repeat([]byte("share"), 100)
	if err := v.Write("share", secret); err != nil {
		t.Fatal(err)
	}
	v, err = Open(dir, []byte("correct horse"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := v.Read("share")
	if err != nil || !bytes.Equal(got, secret) {
		t.Fatalf("read %d bytes, %v", len(got), err)
	}
	if _, err := v.Read("other"); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("a secret that is not there: %v", err)
	}
	if _, err := Open(dir, []byte("wrong")); err == nil || !strings.Contains(err.Error(), "passphrase") {
		t.Fatalf("a wrong passphrase: %v", err)
	}
	if _, err := Create(dir, []byte("again"), Options{WorkFactor: 5}); err == nil {
		t.Fatal("an identity was overwritten")
	}
}

// A vault that is in the way of a new one stays on the disk, and opens as before.
func TestSetAside(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "vault")
	if err := SetAside(dir); err != nil {
		t.Fatal(err)
	}
	v, err := Create(dir, []byte("first"), Options{WorkFactor: 5})
	if err == nil {
		err = v.Write("share", []byte("secret"))
	}
	if err == nil {
		err = SetAside(dir)
	}
	if err == nil {
		_, err = Create(dir, []byte("second"), Options{WorkFactor: 5})
	}
	if err != nil {
		t.Fatal(err)
	}
	aside, err := filepath.Glob(dir + ".unused-*")
	if err != nil || len(aside) != 1 {
		t.Fatalf("%q, %v", aside, err)
	}
	if v, err = Open(aside[0], []byte("first")); err != nil {
		t.Fatal(err)
	}
	if b, err := v.Read("share"); err != nil || string(b) != "secret" {
		t.Errorf("%q, %v", b, err)
	}
}

func TestE12_NothingIsReadableAtRestOrInPrint(t *testing.T) {
	dir := t.TempDir()
	v, err := Create(dir, []byte("pass"), Options{WorkFactor: 5})
	if err != nil {
		t.Fatal(err)
	}
	secret := []byte("the secret share of a trustee")
	if err := v.Write("share", secret); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 2 {
		t.Fatalf("%v, %v", entries, err)
	}
	for _, e := range entries {
		b, _ := os.ReadFile(filepath.Join(dir, e.Name()))
		if bytes.Contains(b, secret) || bytes.Contains(b, []byte("AGE-SECRET-KEY")) {
			t.Errorf("%s holds a secret in the clear", e.Name())
		}
		if info, _ := e.Info(); info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", e.Name(), info.Mode())
		}
	}
	if s := fmt.Sprintf("%v %+v %#v %s", v, v, v, v); strings.Contains(s, "AGE-SECRET-KEY") {
		t.Errorf("prints %s", s)
	}
}

func TestNamesStayInTheFolder(t *testing.T) {
	v, err := Create(t.TempDir(), []byte("pass"), Options{WorkFactor: 5})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"", "../x", "a/b", "/etc/passwd", ".hidden", "identity", "UPPER", strings.Repeat("a", 200)} {
		if err := v.Write(name, []byte("x")); err == nil {
			t.Errorf("%q was written", name)
		}
	}
}

func TestADamagedSecretIsAnError(t *testing.T) {
	dir := t.TempDir()
	v, err := Create(dir, []byte("pass"), Options{WorkFactor: 5})
	if err != nil {
		t.Fatal(err)
	}
	if err := v.Write("share", []byte("secret")); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "share.age")
	b, _ := os.ReadFile(path)
	b[len(b)-1] ^= 1
	os.WriteFile(path, b, 0o600)
	if _, err := v.Read("share"); err == nil {
		t.Fatal("a damaged file was read")
	}
}

// Two processes on one folder each find no secret and make one of their own. Under the lock there is one.
func TestLockKeepsTwoFromBeingFirst(t *testing.T) {
	dir := t.TempDir()
	if _, err := Create(dir, []byte("pass"), Options{WorkFactor: 2}); err != nil {
		t.Fatal(err)
	}
	var made atomic.Int64
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			v, err := Open(dir, []byte("pass")) // as another process does
			if err != nil {
				t.Error(err)
				return
			}
			unlock, err := v.Lock()
			if err != nil {
				t.Error(err)
				return
			}
			defer unlock()
			if _, err := v.Read("once"); errors.Is(err, fs.ErrNotExist) {
				made.Add(1)
				time.Sleep(time.Millisecond)
				if err := v.Write("once", []byte{byte(i)}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if made.Load() != 1 {
		t.Errorf("%d were the first", made.Load())
	}
}
