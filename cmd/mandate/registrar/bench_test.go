package registrar

import (
	"bytes"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"mandate/ballot/credential"
	"mandate/cmd/mandate/registrar/issuing"
)

// BenchmarkCard is what one card of one slot costs the registrar: the decision on disk, one RSA signature, the issue record. Requests come
// from several members at a time, as they do.
func BenchmarkCard(b *testing.B) {
	const members = 4000
	s := newScene(b, members, 1)
	bodies := make([][]byte, members)
	for e := range bodies {
		req := s.requests(credential.NewSecret())
		body, err := (&issuing.CardRequest{Round: s.round.ID, Code: s.codes[e], Keys: s.cardKeys(s.round.ID), Blinded: req.Bytes()}).Encode()
		if err != nil {
			b.Fatal(err)
		}
		bodies[e] = body
	}
	handler := s.r.Handler()
	ask := func(b *testing.B, e int) {
		req := httptest.NewRequest("POST", issuing.CardPath, bytes.NewReader(bodies[e]))
		req.Header.Set("Content-Type", issuing.ContentType)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, req)
		if w.Code != 200 {
			b.Fatalf("entry %d: %d %s", e, w.Code, w.Body)
		}
	}
	var next atomic.Int64
	b.Run("first", func(b *testing.B) {
		b.SetParallelism(8)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				e := int(next.Add(1) - 1)
				if e >= members {
					b.Skipf("more than %d cards", members)
				}
				ask(b, e)
			}
		})
	})
	b.Run("again", func(b *testing.B) {
		ask(b, 0)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				ask(b, 0)
			}
		})
	})
}
