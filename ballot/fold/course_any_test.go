package fold_test

import (
	"bytes"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/crypto/sigma"
)

// draw puts small and extreme values into everything in a body.
func draw(t *rapid.T, v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).Name != "_" {
				draw(t, v.Field(i))
			}
		}
	case reflect.String:
		v.SetString(rapid.SampledFrom([]string{"", "for", "against", "abel", "petition", "body", "reason", "x", "https://a.example", "\x00"}).Draw(t, "string"))
	case reflect.Uint64:
		v.SetUint(rapid.SampledFrom([]uint64{0, 1, 2, 3, 19, 20, 64, 65, 1_800_000_500, record.MaxTime, 1 << 63, 1<<64 - 1}).Draw(t, "integer"))
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, "bool"))
	case reflect.Array:
		if rapid.Bool().Draw(t, "zero") {
			reflect.Copy(v, reflect.ValueOf(rapid.SliceOfN(rapid.Byte(), v.Len(), v.Len()).Draw(t, "bytes")))
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			v.SetBytes(make([]byte, rapid.SampledFrom([]int{0, 288, 576}).Draw(t, "size")))
			return
		}
		n := rapid.IntRange(0, 2).Draw(t, "length")
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			draw(t, v.Index(i))
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		if rapid.Bool().Draw(t, "text") {
			v.SetMapIndex(reflect.ValueOf("en"), reflect.ValueOf("x"))
		}
	case reflect.Pointer:
		if rapid.Bool().Draw(t, "there") {
			v.Set(reflect.New(v.Type().Elem()))
			draw(t, v.Elem())
		}
	}
}

var bodies = []func() record.Body{
	func() record.Body { return new(record.Support) }, func() record.Body { return new(record.Call) },
	func() record.Body { return new(record.Forum) }, func() record.Body { return new(record.ForumHeld) },
	func() record.Body { return new(record.Statement) }, func() record.Body { return new(record.Withheld) },
	func() record.Body { return new(record.SeedCommit) }, func() record.Body { return new(record.Seed) },
	func() record.Body { return new(record.Packet) }, func() record.Body { return new(record.Mailing) },
	func() record.Body { return new(record.Nomination) }, func() record.Body { return new(record.Acceptance) },
	func() record.Body { return new(record.Withdrawal) }, func() record.Body { return new(record.Extend) },
	func() record.Body { return new(record.Cancel) }, func() record.Body { return new(record.Annul) },
	func() record.Body { return new(record.Response) }, func() record.Body { return new(record.Opening) },
}

// TestJ4_AnyRecordOfTheCourseIsJudged judges records with anything in them, signed by whom they name, at all moments of the courses: each has
// an outcome, and one that is accepted leaves a state of which everything can be asked.
func TestJ4_AnyRecordOfTheCourseIsJudged(t *testing.T) {
	courseAt(t, "called")
	var names []string
	for name := range courses {
		names = append(names, name)
	}
	slices.Sort(names)
	accepted := make(map[string]bool)
	rapid.Check(t, func(rt *rapid.T) {
		s := courseAt(t, rapid.SampledFrom(names).Draw(rt, "scene"))
		if s.v == nil {
			return
		}
		body := rapid.SampledFrom(bodies).Draw(rt, "kind")()
		value := reflect.ValueOf(body).Elem()
		draw(rt, value)
		for _, field := range []string{"By", "Registrar"} {
			if f := value.FieldByName(field); f.IsValid() {
				f.SetUint(1)
			}
		}
		keys := []sigma.SecretKey{s.o.Commission[0], s.r.Registrars[0].Key, s.v.Plan.Responder}
		if len(s.v.Plan.Body) > 0 {
			keys = append(keys, s.v.Plan.Body[0])
		}
		for _, k := range keys {
			raw := s.o.Sign(s.v.ID, body, k).Raw()
			got := s.o.Judge(raw)
			if got.Status == 0 || (got.Status == fold.Accepted) != (got.Err == nil) {
				rt.Fatalf("%s: %v", body.Kind(), got)
			}
			if got.Status == fold.Accepted {
				accepted[body.Kind()] = true
				s.fork()
				s.o.Append(raw)
				v := s.v.State()
				s.o.State.Gaps(v)
				v.Duties(1 << 63)
				s.o.State.Selected(v)
				v.Candidates()
			}
		}
	})
	t.Logf("accepted were %v", accepted)
}

// TestJ4_AnyRulesAreJudged judges manifests with anything for rules.
func TestJ4_AnyRulesAreJudged(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := courseAt(t, "issued")
		m := s.r.NewVote().Manifest
		good := s.r.Plan(rapid.SampledFrom([]string{record.CallPetition, record.CallBody, record.CallReason}).Draw(rt, "method")).Rules
		value := reflect.ValueOf(good).Elem()
		for range rapid.IntRange(1, 2).Draw(rt, "fields") {
			draw(rt, value.Field(1+rapid.IntRange(0, value.NumField()-2).Draw(rt, "field")))
		}
		if rapid.Bool().Draw(rt, "empty") {
			m.Contests[0].Options = nil
		}
		m.Rules = good
		if got := s.o.Judge(s.o.Officer(s.r.ID, m).Raw()); got.Status != fold.Accepted && got.Status != fold.Void {
			rt.Fatalf("%v", got)
		}
	})
}

// TestA5_EveryByteOfACourseIsCovered changes bytes of every record of §15 at its own place on the log: none is accepted, but for the record itself.
func TestA5_EveryByteOfACourseIsCovered(t *testing.T) {
	for _, name := range []string{"responded", "six signatures", "election open"} {
		state := fold.New()
		s := courseAt(t, name)
		for n, raw := range s.o.Log() {
			r, err := record.Decode(raw)
			if err != nil {
				t.Fatal(err)
			}
			if slices.Contains(courseKinds, r.Kind()) || r.Kind() == "vote" {
				for at := n % 11; at < len(raw); at += 11 {
					changed := bytes.Clone(raw)
					changed[at] ^= byte(1 + n%255)
					if got := state.Judge(state.Prepare([][]byte{changed})[0]); got.Status == fold.Accepted {
						t.Fatalf("%s: record %d, a %s, is accepted with another byte at %d", name, n, r.Kind(), at)
					}
				}
			}
			if got := state.ApplyRaw(raw); got.Status != fold.Accepted {
				t.Fatalf("record %d: %v", n, got)
			}
		}
	}
}
