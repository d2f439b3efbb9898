package page

import (
	"sync"
	"time"
)

// shelfSize is how many pages are kept at once. An address that a reader makes up can be part of a key, so there must be a limit.
const shelfSize = 512

// A shelf keeps pages that were just made, so that a page which many ask for at once is not made for each of them.
type shelf struct {
	fresh time.Duration
	now   func() time.Time

	mu     sync.Mutex
	leaves map[string]leaf
}

// A leaf is a page that is made.
type leaf struct {
	body  []byte
	tag   string // ETag
	found bool
	at    time.Time
}

func newShelf(fresh time.Duration) *shelf {
	return &shelf{fresh: fresh, now: time.Now, leaves: make(map[string]leaf)}
}

func (s *shelf) get(key string) (leaf, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l, ok := s.leaves[key]
	return l, ok && s.now().Sub(l.at) < s.fresh
}

func (s *shelf) put(key string, l leaf) {
	if s.fresh < 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	l.at = s.now()
	if _, ok := s.leaves[key]; !ok && len(s.leaves) >= shelfSize {
		for k, old := range s.leaves {
			if l.at.Sub(old.at) >= s.fresh {
				delete(s.leaves, k)
			}
		}
		if len(s.leaves) >= shelfSize {
			return
		}
	}
	s.leaves[key] = l
}
