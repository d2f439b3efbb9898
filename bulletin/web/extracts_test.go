package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"slices"
	"strings"
	"testing"

	"mandate/ballot/credential"
	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/simulate"
	"mandate/bulletin/board"
	"mandate/verifier/boardlog"
	"mandate/verifier/boardlog/httpsource"
	"mandate/verifier/light"
)

// A meter is a light source that counts what it carries, and lies where a test says so.
type meter struct {
	*httpsource.Source
	bytes, requests int
	paths           []string
	lie             func(path string, b []byte) []byte
}

func (m *meter) count(path string, b []byte, err error) ([]byte, error) {
	m.requests++
	m.paths = append(m.paths, path)
	m.bytes += len(b)
	if err == nil && m.lie != nil {
		b = m.lie(path, bytes.Clone(b))
	}
	return b, err
}

func (m *meter) ReadFile(ctx context.Context, path string) ([]byte, error) {
	b, err := m.Source.ReadFile(ctx, path)
	return m.count(path, b, err)
}

func (m *meter) Get(ctx context.Context, path string, limit int64) ([]byte, error) {
	b, err := m.Source.Get(ctx, path, limit)
	return m.count(path, b, err)
}

func (m *meter) reset() { m.bytes, m.requests, m.paths = 0, 0, nil }

func (s *site) meter() *meter {
	s.t.Helper()
	src, err := httpsource.New(s.url)
	if err != nil {
		s.t.Fatal(err)
	}
	return &meter{Source: src}
}

func keyOf(v *simulate.Vote, entry int) record.Key { return v.Credential(entry).Key }

func chains(vote record.ID, key record.Key) func(*fold.State) []light.Chain {
	return func(*fold.State) []light.Chain { return []light.Chain{{Vote: vote, Key: key}} }
}

// A light reader comes to the same as the board about what it asks for, at every stage.
func TestLightReader(t *testing.T) {
	v := openVote(t, simulate.Config{Members: 3000, Revote: true, Relays: 1}, 6)
	s := serve(t, v.Org)
	m := s.meter()
	r := light.NewReader(m, light.Options{})
	ctx := t.Context()
	update := func(f light.Focus) *fold.Vote {
		t.Helper()
		s.follow() // the checkpoint is there
		if err := r.Update(ctx, f); err != nil {
			t.Fatal(err)
		}
		if r.State().Size() != uint64(len(v.Org.Log())) || r.State().Root() != v.Org.State.Root() || r.State().Now() != v.Org.State.Now() {
			t.Fatalf("size %d, want %d; time %d, want %d", r.State().Size(), len(v.Org.Log()), r.State().Now(), v.Org.State.Now())
		}
		return r.State().Vote(v.ID)
	}
	mine := keyOf(v, 0)
	focus := light.Focus{Vote: v.ID, Keys: chains(v.ID, mine)}
	got := update(focus)
	if got.Phase != fold.Open || !got.Key.Equal(v.State().Key) || got.OpeningID != v.State().OpeningID || got.Index != v.State().Index {
		t.Errorf("%v", got.Phase)
	}
	if f, bad := r.State().Fault(v.ID); bad {
		t.Errorf("%v", f)
	}
	if got.Round.Roll.Complete() || len(got.Round.Roll.Entries) > 0 {
		t.Error("the roll was read without need")
	}
	// The roll and the issues when they are asked for.
	update(light.Focus{Round: v.Round.ID, Entries: true, Issues: true})
	if round := r.State().Round(v.Round.ID); !slices.Equal(round.Roll.Entries, v.State().Round.Roll.Entries) || !round.IsIssued(1, 5) || round.IsIssued(2, 6) || round.Issued(2) != 6 {
		t.Error("the roll or the issues are others")
	}
	m.reset()
	update(light.Focus{Round: v.Round.ID, Entries: true, Issues: true})
	if slices.ContainsFunc(m.paths, func(p string) bool { return strings.HasPrefix(p, "outline/roll/") }) {
		t.Errorf("the roll is read again: %v", m.paths)
	}
	// Ballots of one's own and of others, checks, and the chain after them.
	s.post(v.Ballot(1, []int{simulate.No}))
	first := v.Ballot(0, []int{simulate.Yes})
	s.post(first)
	s.post(v.Ballot(2, []int{simulate.No}))
	s.post(v.CheckOf(v.Credential(0), record.ID{7}))
	s.post(v.CheckOf(v.Credential(1), record.ID{8}))
	s.post(v.FaultOf(v.Credential(1), record.ID{8}))
	s.post(v.FaultOf(v.Credential(0), record.ID{7}))
	roll := v.Round.Manifest.Roll
	s.post(v.Org.Officer(roll, &record.RollRemoval{By: 1, Entries: []uint64{7, 2999}, Removed: true, Reason: "membership lapsed"}))
	second := v.Ballot(0, []int{simulate.No})
	s.post(second)
	s.at(v.Org.State.Now() + 100)
	got = update(focus)
	if n, id, ok := got.Last(mine); !ok || n != 1 || id != second.ID() || !got.IsCast(first.ID()) || !got.IsSpoiled(mine, record.ID{7}) {
		t.Errorf("the chain: %d, %v, %v", n, id, ok)
	}
	if got.Counted() != 1 {
		t.Errorf("%d ballots were read", got.Counted())
	}
	// Of reports only one's own; of removals all, with the time that they stand under.
	if ballots, _ := got.CheckFaults(); ballots != 1 || !got.IsFaulted(mine, record.ID{7}) {
		t.Errorf("%d reports", ballots)
	}
	for _, e := range []uint64{7, 2999} {
		off, want := got.Round.Roll.Removed(e), v.State().Round.Roll.Removed(e)
		if off == nil || off.ID != want.ID || off.Index != want.Index || off.At != want.At || off.Body.Reason != "membership lapsed" {
			t.Errorf("entry %d: %+v, want %+v", e, off, want)
		}
	}
	// A second reader comes late and sees the same; one that has read all finds them without asking for the chain.
	late, m2 := light.NewReader(s.meter(), light.Options{}), s.meter()
	if err := late.Update(ctx, focus); err != nil || late.State().Vote(v.ID).Checks() != 1 {
		t.Fatal(err)
	}
	all := light.NewReader(m2, light.Options{})
	if err := all.Update(ctx, light.Focus{Vote: v.ID}); err != nil {
		t.Fatal(err)
	}
	found := make(map[uint64][]byte)
	if err := all.Records(ctx, 0, func(i uint64, raw []byte) error {
		if bytes.Contains(raw, mine[:]) {
			found[i] = raw
		}
		return nil
	}); err != nil || len(found) != 4 { // two ballots, the check and its report
		t.Fatalf("%d, %v", len(found), err)
	}
	m2.reset()
	if err := all.Update(ctx, light.Focus{Vote: v.ID, Found: found}); err != nil {
		t.Fatal(err)
	}
	if n, id, ok := all.State().Vote(v.ID).Last(mine); !ok || n != 1 || id != second.ID() || all.State().Root() != v.Org.State.Root() {
		t.Errorf("found: %d, %v", n, id)
	}
	for _, p := range m2.paths {
		if strings.Contains(p, "chain") {
			t.Errorf("asked for %s", p)
		}
	}
	// To the end.
	s.at(v.Manifest.Closes)
	s.post(v.Officer(&record.Closing{By: 1}))
	s.post(v.Promised(1, 0, true, v.Ballot(3, []int{simulate.Yes}).ID()))
	if got = update(focus); got.Phase != fold.Closed || got.ClosedAt != v.State().ClosedAt || got.Pending() != 1 {
		t.Errorf("%v, %d pending", got.Phase, got.Pending())
	}
}

// What a light reader is told is proved or refused.
func TestLightReaderOfALyingBoard(t *testing.T) {
	v := openVote(t, simulate.Config{Revote: true}, 3)
	s := serve(t, v.Org)
	mine := v.Ballot(0, []int{simulate.Yes})
	s.post(mine)
	s.follow()
	ctx := t.Context()
	focus := light.Focus{Vote: v.ID, Keys: chains(v.ID, keyOf(v, 0))}
	seen := s.meter()
	reader := light.NewReader(seen, light.Options{})
	if err := reader.Update(ctx, focus); err != nil {
		t.Fatal(err)
	}
	before := reader.Checkpoint()
	kindOf := func(raw []byte) string {
		r, err := record.Decode(raw)
		if err != nil {
			t.Fatal(err)
		}
		return r.Kind()
	}
	edit := func(part string, change func(*light.Extract) bool) func(string, []byte) []byte {
		return func(path string, b []byte) []byte {
			if !strings.HasPrefix(path, part) {
				return b
			}
			e, err := light.ParseExtract(b)
			if err != nil {
				t.Error(err)
			}
			if !change(e) {
				t.Errorf("%s: nothing was changed", path)
			}
			out := light.AppendHeader(nil, e.Size, e.Supports)
			for _, x := range e.Records {
				if out, err = light.AppendRecord(out, x.Index, x.Raw); err != nil {
					t.Error(err)
				}
			}
			return out
		}
	}
	drop := func(kind string) func(*light.Extract) bool {
		return func(e *light.Extract) bool {
			n := len(e.Records)
			e.Records = slices.DeleteFunc(e.Records, func(x light.Indexed) bool { return kindOf(x.Raw) == kind })
			return len(e.Records) < n
		}
	}
	for name, c := range map[string]struct {
		lie  func(string, []byte) []byte
		want func(r *light.Reader, err error) bool
	}{
		"F7 a slot key of the board's own": {edit("outline", func(e *light.Extract) bool {
			for i, x := range e.Records {
				if kindOf(x.Raw) == "slot-key" {
					e.Records[i].Raw = v.Round.By(1, v.Round.SlotKey(1, 0)).Raw() // signed by the registrar, and never put on the log
					return true
				}
			}
			return false
		}), func(_ *light.Reader, err error) bool {
			var bad *boardlog.RecordError
			return errors.As(err, &bad) && strings.Contains(err.Error(), "not what its log has")
		}},
		"an opening at another place": {edit("outline", func(e *light.Extract) bool {
			n := len(e.Records) - 1
			e.Records[n-1].Raw = e.Records[n].Raw
			return true
		}), func(_ *light.Reader, err error) bool { return errors.Is(err, boardlog.ErrInvalid) }},
		"without a key": {edit("outline", drop("slot-key")), func(r *light.Reader, err error) bool {
			f, bad := r.State().Fault(v.ID)
			return err == nil && bad && f.Code == "opening-slot"
		}},
		"without a test of the trustees": {edit("outline", drop("keygen-test")), func(r *light.Reader, err error) bool {
			f, bad := r.State().Fault(v.ID)
			return err == nil && bad && f.Code == "opening-ceremony"
		}},
		"without the manifest": {edit("outline", drop("vote")), func(r *light.Reader, err error) bool {
			return err == nil && r.State().Vote(v.ID) == nil
		}},
		"without the opening": {edit("outline", drop("opening")), func(r *light.Reader, err error) bool {
			return err == nil && r.State().Vote(v.ID).Phase == fold.Called
		}},
		"without the genesis record": {edit("outline", drop("genesis")), func(_ *light.Reader, err error) bool { return errors.Is(err, light.ErrIncomplete) }},
		"an outline from before":     {edit("outline", func(e *light.Extract) bool { e.Size--; e.Records = e.Records[:1]; return true }), func(_ *light.Reader, err error) bool { return errors.Is(err, light.ErrIncomplete) }},
		"another genesis record": {edit("outline", func(e *light.Extract) bool {
			e.Records[0].Raw = simulate.New(t, simulate.Config{}).Log()[0]
			return true
		}), func(_ *light.Reader, err error) bool { return errors.Is(err, boardlog.ErrInvalid) }},
		"C8 another's ballot in the chain": {edit("chain", func(e *light.Extract) bool {
			e.Records[len(e.Records)-1].Raw = v.Ballot(0, []int{simulate.No}).Raw()
			return true
		}), func(_ *light.Reader, err error) bool { return errors.Is(err, boardlog.ErrInvalid) }},
		"half an extract": {func(p string, b []byte) []byte { return b[:len(b)-len(b)%2-1] }, func(_ *light.Reader, err error) bool { return err != nil }},
		"no tile": {func(p string, b []byte) []byte {
			if strings.HasPrefix(p, "tile") {
				b[3] ^= 1
			}
			return b
		}, func(_ *light.Reader, err error) bool { return errors.Is(err, boardlog.ErrInvalid) }},
	} {
		m := s.meter()
		m.lie = c.lie
		r := light.NewReader(m, light.Options{})
		if err := r.Update(ctx, focus); !c.want(r, err) {
			t.Errorf("%s: %v", name, err)
		}
		m.lie = nil // and then the truth
		if err := r.Update(ctx, focus); name != "without a key" && !strings.HasPrefix(name, "without") && (err != nil || r.State().Vote(v.ID).Phase != fold.Open) {
			t.Errorf("%s, and then the truth: %v", name, err)
		}
	}
	// G2: a board that shows less than before, to the reader or to the device.
	s.post(v.Ballot(1, []int{simulate.No}))
	s.follow()
	if err := reader.Update(ctx, focus); err != nil {
		t.Fatal(err)
	}
	old := func(path string, b []byte) []byte {
		if path == boardlog.CheckpointPath {
			return before
		}
		return b
	}
	newest := reader.Checkpoint()
	seen.lie = old
	if err := reader.Update(ctx, focus); !errors.Is(err, boardlog.ErrStale) {
		t.Errorf("an older checkpoint: %v", err)
	}
	m := s.meter()
	m.lie = old
	if err := light.NewReader(m, light.Options{Seen: newest}).Update(ctx, focus); !errors.Is(err, boardlog.ErrStale) {
		t.Errorf("an older checkpoint, to a new reader of the same device: %v", err)
	}
	// G1: another history, signed by the same log.
	fork := v.Org.Until(len(v.Org.Log()) - 1)
	fork.Post(v.On(fork).Ballot(2, []int{simulate.Abstain}))
	fork.Time(fork.State.Now() + 5)
	other := serve(t, fork)
	other.follow()
	var kept []byte
	err := light.NewReader(other.meter(), light.Options{Seen: newest, Save: func(_ context.Context, b []byte) error { kept = b; return nil }}).Update(ctx, focus)
	var two *boardlog.HistoryError
	if !errors.As(err, &two) || kept != nil {
		t.Errorf("another history: %v", err)
	}
}

// A petition's supports are not read, but for the one that has called the vote.
func TestLightReaderOfAPetition(t *testing.T) {
	o := simulate.New(t, simulate.Config{Members: 20, Slots: 4, Petitions: 2})
	round := o.Round()
	round.Cards(1, 2, 3, 4)
	v := round.Propose(round.Plan(record.CallPetition))
	v.Support(1, 2, 3)
	if v.State().Phase != fold.Called {
		t.Fatal(v.State().Phase)
	}
	s := serve(t, o)
	r := light.NewReader(s.meter(), light.Options{})
	mine := round.Credential(1, v.Manifest.Rules.Call.Petition.Slot).Key
	if err := r.Update(t.Context(), light.Focus{Vote: v.ID, Keys: chains(v.ID, mine)}); err != nil {
		t.Fatal(err)
	}
	got := r.State().Vote(v.ID)
	if have, need := got.Supports(); have != 3 || need != 2 || got.Phase != fold.Called || got.Times != v.State().Times || !got.HasSupported(mine) {
		t.Errorf("%d of %d, %v, %+v, want %+v", have, need, got.Phase, got.Times, v.State().Times)
	}
	if got.HasSupported(round.Credential(2, v.Manifest.Rules.Call.Petition.Slot).Key) != true || got.HasSupported(round.Credential(3, v.Manifest.Rules.Call.Petition.Slot).Key) {
		t.Error("other supports than one's own and the one that called the vote were read")
	}
	if err := r.Update(t.Context(), light.Focus{}); err != nil || len(r.State().Rounds()) != 1 {
		t.Error(err)
	}
	first := light.NewReader(s.meter(), light.Options{})
	if err := first.Update(t.Context(), light.Focus{}); err != nil || len(first.State().Rounds()) != 1 || len(first.State().Votes()) != 1 {
		t.Errorf("the outline of the log: %v", err)
	}
}

// How much a phone reads, of a board of 100,000 members with a log in which what it needs is far apart.
func TestLightReaderReadsLittle(t *testing.T) {
	if testing.Short() {
		t.Skip("a long log")
	}
	o := simulate.New(t, simulate.Config{Members: 100_000, Registrars: 3, Slots: 4, Petitions: 2, Trustees: 5, Threshold: 3})
	round := o.Round()
	all := make([]int, 100_000)
	for i := range all {
		all[i] = i
	}
	for part := range slices.Chunk(all, 5000) { // some hours' cards, and the times between
		round.Issues(part...)
		for range 60 {
			o.Time(o.State.Now() + 60)
		}
	}
	v := round.Vote()
	v.Ceremony()
	round.MintFor(7)
	v.Open()
	for range 3000 {
		o.Time(o.State.Now() + 1)
	}
	s := serve(t, o)
	m := s.meter()
	ctx := t.Context()
	collecting := light.NewReader(m, light.Options{})
	if err := collecting.Update(ctx, light.Focus{Round: round.ID, Entries: true}); err != nil {
		t.Fatal(err)
	}
	t.Logf("collecting a card: %d bytes in %d requests", m.bytes, m.requests)
	if m.bytes > 4<<20 || len(collecting.State().Round(round.ID).Roll.Entries) != 100_000 {
		t.Errorf("collecting a card takes %d bytes", m.bytes)
	}
	m.reset()
	if err := collecting.Update(ctx, light.Focus{Round: round.ID, Issues: true}); err != nil || !collecting.State().Round(round.ID).IsIssued(3, 99_999) {
		t.Fatal(err)
	}
	t.Logf("seeing who was issued a card: %d bytes in %d requests", m.bytes, m.requests)
	if m.bytes > 2<<20 {
		t.Errorf("the issues take %d bytes", m.bytes)
	}
	m.reset()
	key := keyOf(v, 7)
	focus := light.Focus{Vote: v.ID, Keys: chains(v.ID, key)}
	casting := light.NewReader(m, light.Options{})
	if err := casting.Update(ctx, focus); err != nil || casting.State().Vote(v.ID).Phase != fold.Open {
		t.Fatal(err)
	}
	t.Logf("casting, a fresh device: %d bytes in %d requests", m.bytes, m.requests)
	if m.bytes > 300<<10 {
		t.Errorf("casting takes %d bytes", m.bytes)
	}
	s.post(v.Ballot(7, []int{simulate.Yes}))
	m.reset()
	if err := casting.Update(ctx, focus); err != nil {
		t.Fatal(err)
	}
	t.Logf("and looking again after it: %d bytes in %d requests", m.bytes, m.requests)
	if m.bytes > 100<<10 {
		t.Errorf("looking again takes %d bytes", m.bytes)
	}
}

func TestExtractsOverHTTP(t *testing.T) {
	v := openVote(t, simulate.Config{Revote: true}, 2)
	s := serve(t, v.Org, func(_ *board.Config, o *Options) { o.Limits.Extracts = 2 })
	ballot := v.Ballot(0, []int{simulate.Yes})
	s.post(ballot)
	key, vote, round := keyOf(v, 0).String(), v.ID.String(), v.Round.ID.String()
	roll := v.State().Round.Roll.ID.String()
	zero := record.ID{}.String()
	for path, status := range map[string]int{
		"/outline/" + vote: 200, "/outline/" + round: 200, "/outline/" + zero: 200, "/outline/roll/" + roll: 200, "/outline/issues/" + round: 200,
		"/outline/" + vote + "?from=3": 200, "/outline/" + vote + "?from=03": 404, "/outline/" + vote + "?from=": 404, "/outline/" + vote + "?to=3": 404,
		"/outline/" + vote + "?from=1&from=2": 404, "/outline/" + vote + "?from=-1": 404, "/outline/" + roll: 404, "/outline/roll/" + round: 404,
		"/outline/issues/" + vote: 404, "/outline/" + vote + "/": 404, "/outline/" + strings.ToUpper(vote): 404, "/outline/": 404,
		"/chain/" + vote + "/" + key: 200, "/chain/" + round + "/" + key: 404, "/chain/" + vote + "/" + strings.ToUpper(key): 404, "/chain/" + vote: 404,
		"/chain/" + vote + "/" + zero: 200, "/records/" + ballot.ID().String(): 200, "/records/" + zero: 404, "/words/x": 404,
		"/words/" + strings.Join(credential.IDWords(ballot.ID()), "-"): 200,
	} {
		if resp, b := s.get(path); resp.StatusCode != status {
			t.Errorf("%s: %s %.40q, want %d", path, resp.Status, b, status)
		}
	}
	if resp, b := s.get("/outline/roll/" + roll); resp.Header.Get("Cache-Control") != cacheForever || resp.Header.Get("Content-Type") != light.Type || len(b) < 64 {
		t.Errorf("%v", resp.Header)
	}
	if resp, _ := s.get("/outline/" + vote); resp.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%v", resp.Header)
	}
	if resp, b := s.get("/records/" + ballot.ID().String()); !bytes.Equal(b, ballot.Raw()) || resp.Header.Get(HeaderIndex) != fmt.Sprint(len(v.Org.Log())-1) {
		t.Errorf("%v", resp.Header)
	}
	var named struct{ Records []record.ID }
	if _, b := s.get("/words/" + strings.Join(credential.IDWords(ballot.ID()), "-")); json.Unmarshal(b, &named) != nil || !slices.Equal(named.Records, []record.ID{ballot.ID()}) {
		t.Errorf("%s", b)
	}
	if _, b := s.get("/words/" + strings.Join(credential.IDWords(record.ID{5}), "-")); string(b) != "{\"records\":[]}\n" {
		t.Errorf("%s", b)
	}
	src := s.meter()
	if _, err := src.Get(t.Context(), light.OutlinePath(record.ID{9}), 100); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	if _, err := src.Get(t.Context(), light.OutlinePath(v.ID), 100); err == nil {
		t.Error("more than the limit was taken")
	}
	if resp, b := s.do("HEAD", "/outline/"+vote, nil, nil); resp.StatusCode != 200 || len(b) > 0 {
		t.Error(resp.Status)
	}
}

// Pages of other origins may read what is public and send records, and nothing else.
func TestI7_OtherOrigins(t *testing.T) {
	v := openVote(t, simulate.Config{}, 1)
	s := serve(t, v.Org)
	vote := v.ID.String()
	for path, shared := range map[string]bool{
		"/checkpoint": true, "/tile/0/000.p/5": true, "/votes": true, "/votes/" + vote: true, "/rounds": true, "/outline/" + vote: true, "/records": true,
		"/receipts/" + v.Org.Genesis.String(): true, "/records/" + v.Org.Genesis.String(): true, "/audit/board.tar": true, "/words/x": true,
		"/": false, "/vote/" + vote: false, "/pages/style.css": false, "/healthz": false, "/nothing": false,
	} {
		resp, _ := s.get(path)
		origin, corp, cookies := resp.Header.Get("Access-Control-Allow-Origin"), resp.Header.Get("Cross-Origin-Resource-Policy"), resp.Header.Get("Access-Control-Allow-Credentials")
		if (origin == "*") != shared || (corp == "cross-origin") != shared || cookies != "" || !shared && (origin != "" || corp != "same-origin") {
			t.Errorf("%s: origin %q, resource policy %q", path, origin, corp)
		}
		if shared && resp.Header.Get("Access-Control-Expose-Headers") != "Mandate-Code, Mandate-Index, Retry-After" {
			t.Errorf("%s: %v", path, resp.Header)
		}
		ask := http.Header{"Origin": {"https://check.example"}, "Access-Control-Request-Method": {"POST"}, "Access-Control-Request-Headers": {"content-type"}}
		resp, _ = s.do("OPTIONS", path, ask, nil)
		switch {
		case !shared && resp.StatusCode == 204:
			t.Errorf("%s answers a preflight", path)
		case shared && (resp.StatusCode != 204 || resp.Header.Get("Access-Control-Allow-Headers") != "Content-Type" || resp.Header.Get("Access-Control-Max-Age") == ""):
			t.Errorf("%s: preflight %s %v", path, resp.Status, resp.Header)
		}
	}
	if resp, _ := s.do("OPTIONS", "/records", http.Header{"Access-Control-Request-Method": {"POST"}}, nil); resp.Header.Get("Access-Control-Allow-Methods") != "POST" && resp.Header.Get("Access-Control-Allow-Methods") != "GET" {
		t.Errorf("%v", resp.Header)
	}
	if resp, _ := s.do("OPTIONS", "/records", nil, nil); resp.StatusCode != 405 {
		t.Errorf("OPTIONS that is no preflight: %s", resp.Status)
	}
}
