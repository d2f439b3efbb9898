package mirror

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"mandate/ballot/record"
	"mandate/verifier/boardlog"
	"mandate/verifier/boardlog/httpsource"
	"mandate/verifier/evidence"
)

// Compare looks at the log that another mirror, or the board at another address, shows. A *boardlog.HistoryError says that it is not of one history
// with the copy: evidence is in the folder. Whether it is newer or older says nothing.
func (m *Mirror) Compare(ctx context.Context, address string) error {
	src, err := httpsource.New(address, m.options.HTTP)
	if err != nil {
		return err
	}
	m.working.Lock()
	defer m.working.Unlock()
	err = m.compare(ctx, src)
	var history *boardlog.HistoryError
	if errors.As(err, &history) {
		m.accuse(address, history)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err != nil {
		m.trouble[address] = err.Error()
	} else {
		delete(m.trouble, address)
	}
	return err
}

func (m *Mirror) compare(ctx context.Context, src boardlog.Source) error {
	if m.tree == nil {
		return errors.New("there is no copy to compare with yet")
	}
	signed, err := src.ReadFile(ctx, boardlog.CheckpointPath)
	if err != nil {
		return err
	}
	other, err := boardlog.Open(signed, m.policy)
	if err != nil {
		return fmt.Errorf("it is no copy of this log: %w", err)
	}
	if other.Size() <= m.head.Size() {
		return m.tree.Extends(ctx, other)
	}
	tree, err := boardlog.OpenTree(ctx, src, other)
	if err != nil {
		return err
	}
	return tree.Extends(ctx, m.head)
}

// accuse keeps evidence of two histories: the first against each who shows another.
func (m *Mirror) accuse(who string, h *boardlog.HistoryError) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.accused[who] {
		return
	}
	claim, err := evidence.ForkOf(h)
	if err != nil {
		m.options.Log.Error("two histories were shown", "by", who, "error", err)
		return
	}
	m.accused[who] = m.keep(record.ID{}, claim)
}

func (m *Mirror) accuseOfHead(who string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.accused[who] {
		m.accused[who] = m.keep(record.ID{}, &evidence.Head{Checkpoint: m.known.Bytes()})
	}
}

// keep writes a file of evidence. The caller holds mu.
func (m *Mirror) keep(vote record.ID, claim evidence.Claim) bool {
	e, err := evidence.Of(m.state, vote, claim)
	var b []byte
	if err == nil {
		b, err = e.Encode()
	}
	name := ""
	if err == nil {
		name = fmt.Sprintf("%s/evidence-%s-%s.txt", evidenceDir, claim.Kind(), record.IDOf(b).Short())
		err = m.files.write(name, b)
	}
	if err != nil {
		m.options.Log.Error("keeping evidence", "error", err)
		return false
	}
	m.options.Log.Error("EVIDENCE that somebody was dishonest; mandate-verify -evidence says what it proves", "file", filepath.Join(m.options.Dir, name))
	return true
}

// Evidence returns the names of the files of evidence in the folder.
func (m *Mirror) Evidence() ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(m.options.Dir, evidenceDir))
	var names []string
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), "evidence-") {
			names = append(names, e.Name())
		}
	}
	return names, err
}

// promised keeps a promise that the board has given through this mirror, and evidence if it refuses what it has promised.
func (m *Mirror) answered(raw, answer []byte, kind string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, genesis := m.state.Genesis()
	if m.state.First() == nil {
		return
	}
	id := record.IDOf(raw)
	switch kind {
	case typePromise:
		var p record.Promise
		if _, known := m.promises[id]; known || record.OpenAnswer(genesis, answer, &p, m.state.Board()) != nil || p.Ballot != id {
			return
		}
		if err := m.files.write(promiseDir+"/"+id.String(), answer); err != nil {
			m.options.Log.Error("keeping a promise", "error", err)
		}
		m.promises[id] = kept{p.Vote, answer}
	case typeRefusal:
		var r record.Refusal
		var p record.Promise
		k, known := m.promises[id]
		if !known || record.OpenAnswer(genesis, answer, &r, m.state.Board()) != nil || record.OpenAnswer(genesis, k.promise, &p, m.state.Board()) != nil {
			return
		}
		relays := -1
		if v := m.state.Vote(p.Vote); v != nil {
			relays = len(v.Relays())
		}
		if evidence.Contradicts(&p, &r, relays) {
			m.keep(p.Vote, &evidence.Answers{Promise: k.promise, Refusal: answer})
		}
	}
}

func (m *Mirror) loadPromises() error {
	entries, err := os.ReadDir(filepath.Join(m.options.Dir, promiseDir))
	if err != nil {
		return err
	}
	for _, e := range entries {
		id, err := record.ParseID(e.Name())
		if err != nil {
			continue // a file that was being written
		}
		b, err := m.files.read(promiseDir + "/" + e.Name())
		if err != nil {
			return err
		}
		m.promises[id] = kept{promise: b}
	}
	return nil
}

// checkPromises looks whether what was promised through this mirror is on the log, when it has to be. Promises that were kept are forgotten.
func (m *Mirror) checkPromises() {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, genesis := m.state.Genesis()
	for id, k := range m.promises {
		if k.vote == (record.ID{}) {
			var p record.Promise
			if record.OpenAnswer(genesis, k.promise, &p, m.state.Board()) != nil {
				continue
			}
			k.vote = p.Vote
		}
		v := m.state.Vote(k.vote)
		if v == nil {
			continue
		}
		at, there := m.index[id]
		switch {
		case there && at < m.head.Size() && (v.Sealed == 0 || at < v.Sealed):
		case v.Sealed > 0 && v.Sealed < m.head.Size():
			if !m.keep(k.vote, &evidence.Promise{Promise: k.promise}) {
				continue
			}
		default:
			continue
		}
		// Settled, one way or the other. A promise that was kept stays of use against a log that does not have the ballot any more: that log
		// is another history, which the copy shows.
		delete(m.promises, id)
		if err := os.Remove(m.files.path(promiseDir + "/" + id.String())); err != nil {
			m.options.Log.Error("forgetting a promise", "error", err)
		}
	}
}
