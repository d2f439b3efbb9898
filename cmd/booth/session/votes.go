package session

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"mandate/ballot/contest"
	"mandate/ballot/credential"
	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/cmd/booth/member"
	"mandate/cmd/booth/qr"
	"mandate/cmd/mandate/registrar/issuing"
	"mandate/verifier/boardlog"
	"mandate/verifier/light"
)

// A prepared ballot is one that has gone nowhere yet.
type prepared struct {
	*member.Prepared
	wallet      *member.Wallet
	round, vote record.ID
	host        string // where a second device checks it
}

// seen is a vote as the board shows it to anybody.
type seen struct {
	manifest *record.Vote
	round    record.ID
	phase    fold.Phase
	now      uint64

	have, need uint64 // supports of its petition
}

func (s *Session) see(ctx context.Context, vote record.ID) (*seen, error) {
	var out *seen
	err := s.client.View(ctx, light.Focus{Vote: vote}, func(st *fold.State) error {
		v := st.Vote(vote)
		if v == nil {
			return fail(member.CodeForm, "check the vote's id, and the board's address", "vote %s is not on this board", vote)
		}
		out = &seen{manifest: v.Manifest, round: v.Round.ID, phase: v.Phase, now: st.Now()}
		out.have, out.need = v.Supports()
		return nil
	})
	return out, err
}

// ofVote opens the card with which a member can vote; nil if there is none in this browser.
func (s *Session) ofVote(ctx context.Context, round record.ID) (*member.Wallet, *keep, error) {
	w, k, err := s.open(ctx, round)
	var f *Failure
	if errors.As(err, &f) && f.Code == member.CodeIncomplete {
		return nil, nil, nil
	}
	return w, k, err
}

func (s *Session) voteLoad(ctx context.Context, p *params) (any, error) {
	vote := p.id("vote", true)
	if p.err != nil {
		return nil, p.err
	}
	v, err := s.see(ctx, vote)
	if err != nil {
		return nil, err
	}
	out := map[string]any{
		"id": vote.String(), "title": texts(v.manifest.Title), "phase": v.phase.String(), "opens": number(v.manifest.Opens), "closes": number(v.manifest.Closes),
		"time": number(v.now), "revote": v.manifest.Revote, "mock": v.manifest.Mock, "statements": v.manifest.Rules != nil, "round": v.round.String(),
		"contests": list(v.manifest.Contests, func(i int, c contest.Contest) any { return s.contest(vote, i, &c) }),
		"late":     false, "number": 0.0, "mine": []any{}, "foreign": []any{}, "pending": nil, "card": nil,
		"program": s.program(v.manifest),
	}
	w, k, err := s.ofVote(ctx, v.round)
	if err != nil || w == nil {
		return out, err
	}
	st, err := s.client.Standing(ctx, w, vote)
	if err != nil {
		return nil, err
	}
	if st.Fault != "" {
		return nil, fail(member.CodeAlarm, "do not vote; show this to the commission and to an observer", "the board shows something that makes this vote fail verification: %s", st.Fault)
	}
	out["card"], out["late"], out["number"] = s.card(ctx, w, k), st.Late, number(st.Number)
	if st.Pending != (record.ID{}) {
		out["pending"] = st.Pending.String()
	}
	out["mine"] = s.mine(ctx, st)
	if st.Voted && !st.Mine {
		out["foreign"] = []any{st.Last.String()}
	}
	return out, nil
}

// mine are the card's ballots as far as they are known without reading the whole log.
func (s *Session) mine(ctx context.Context, st *member.Standing) []any {
	mine := []any{}
	for _, b := range st.Sent {
		if b.Receipt == nil {
			continue
		}
		r, err := boardlog.ParseReceipt(b.Receipt)
		if err != nil { // was checked before it was kept
			continue
		}
		mine = append(mine, map[string]any{"ballot": b.Ballot.String(), "index": number(r.Index), "counts": st.Voted && b.Ballot == st.Last, "here": true})
	}
	if !st.Voted || st.Mine {
		return mine
	}
	other := map[string]any{"ballot": st.Last.String(), "index": nil, "counts": true, "here": false}
	if text, err := s.board.Receipt(ctx, st.Last); err == nil {
		if r, err := boardlog.ParseReceipt(text); err == nil {
			other["index"] = number(r.Index)
		}
	}
	return append(mine, other)
}

// contest is a contest as pages show it.
func (s *Session) contest(vote record.ID, i int, c *contest.Contest) any {
	order := make([]int, len(c.Options))
	for j := range order {
		order[j] = j
	}
	if c.Shuffled {
		order = s.order(vote, i, len(c.Options))
	}
	return map[string]any{
		"id": c.ID, "kind": c.Kind, "title": texts(c.Title), "min": number(c.Min), "max": number(c.Max), "depth": number(c.Depth), "shuffled": c.Shuffled,
		"order":   list(order, func(_ int, j int) any { return number(j) }),
		"options": list(c.Options, func(_ int, o contest.Option) any { return map[string]any{"id": o.ID, "title": texts(o.Title)} }),
	}
}

// order draws the order in which options are shown, once for each time that the page is opened.
func (s *Session) order(vote record.ID, contest, n int) []int {
	at := fmt.Sprint(vote, contest)
	if known := s.orders[at]; len(known) == n {
		return known
	}
	order := make([]int, n)
	for i := range order {
		j := int(below(uint64(i + 1)))
		order[i], order[j] = order[j], i
	}
	s.orders[at] = order
	return order
}

// below draws a number below n, for an order on a screen.
func below(n uint64) uint64 {
	var b [8]byte
	rand.Read(b[:]) // never fails: crypto/rand ends the program instead
	return binary.LittleEndian.Uint64(b[:]) % n
}

func (s *Session) ballotPrepare(ctx context.Context, p *params) (any, error) {
	vote, selections := p.id("vote", true), p.selections("selections")
	defer func() {
		for _, one := range selections {
			clear(one)
		}
	}()
	if p.err != nil {
		return nil, p.err
	}
	v, err := s.see(ctx, vote)
	if err != nil {
		return nil, err
	}
	w, _, err := s.open(ctx, v.round)
	if err != nil {
		return nil, err
	}
	b, err := s.client.Begin(ctx, w, vote)
	if err != nil {
		return nil, err
	}
	contests := b.Contests()
	if len(selections) != len(contests) {
		return nil, fail(member.CodeForm, "reload the page", "%d contests are answered, the vote has %d", len(selections), len(contests))
	}
	for i := range contests {
		if err := contests[i].CheckSelection(selections[i]); err != nil {
			return nil, fail(member.CodeForm, "go back and choose again", "%v", err)
		}
	}
	made, err := b.Encrypt(s.chosen(selections, contests))
	if err != nil {
		return nil, err
	}
	x := &prepared{Prepared: made, wallet: w, round: v.round, vote: vote, host: s.checkHost(ctx, v.round)}
	s.handles++
	handle := fmt.Sprintf("ballot-%d", s.handles)
	s.prepared[handle] = x
	link := x.link(s.client.Address(), "&vote="+vote.String())
	svg, err := qr.SVG(link, qr.Medium)
	if err != nil {
		return nil, err
	}
	return map[string]any{"handle": handle, "ballot": made.Ballot().String(), "words": shortWords(made.Ballot()), "qr": svg, "link": link}, nil
}

// shortWords are four words for an id, to be looked at and not to be relied on: its first 44 bits.
func shortWords(id record.ID) []any {
	return list(credential.Secret(id).Words()[:4], func(_ int, w string) any { return w })
}

// checkHost draws the address at which a second device checks a ballot: a registrar's, since the booth's own would be asked to check itself.
func (s *Session) checkHost(ctx context.Context, round record.ID) string {
	var hosts []string
	err := s.client.View(ctx, light.Focus{Round: round}, func(st *fold.State) error {
		r := st.Round(round)
		if r == nil {
			return nil
		}
		for i := range r.Manifest.Registrars {
			if address := issuing.Address(&r.Manifest.Registrars[i]); host(address) != host(s.client.Address()) {
				hosts = append(hosts, address)
			}
		}
		return nil
	})
	if err != nil || len(hosts) == 0 {
		return s.client.Address()
	}
	return hosts[below(uint64(len(hosts)))]
}

// host is an address without its path.
func host(address string) string {
	scheme, rest, _ := strings.Cut(address, "://")
	name, _, _ := strings.Cut(rest, "/")
	return strings.ToLower(scheme + "://" + name)
}

func (x *prepared) link(board, more string) string {
	return x.host + "/booth/check#board=" + board + more + "&ballot=" + x.Ballot().String()
}

func (s *Session) take(p *params) (string, *prepared, error) {
	handle := p.text("handle", true)
	if p.err != nil {
		return "", nil, p.err
	}
	x := s.prepared[handle]
	if x == nil {
		return "", nil, fail(member.CodeForm, "choose again; nothing was cast", "this ballot is not there any more")
	}
	return handle, x, nil
}

func (s *Session) drop(handle string) {
	if x := s.prepared[handle]; x != nil {
		x.Wipe()
		delete(s.prepared, handle)
	}
}

func (s *Session) ballotDrop(_ context.Context, p *params) (any, error) {
	s.drop(p.text("handle", true))
	return map[string]any{}, nil
}

func (s *Session) ballotCast(ctx context.Context, p *params) (any, error) {
	handle, x, err := s.take(p)
	if err != nil {
		return nil, err
	}
	delete(s.prepared, handle)
	r, err := x.Cast(ctx)
	if err != nil {
		return nil, err
	}
	return s.receipt(ctx, x.wallet, r)
}

// receipt is a receipt as pages show it, after the booth's own look at the log as it is now.
func (s *Session) receipt(ctx context.Context, w *member.Wallet, r *member.Receipt) (map[string]any, error) {
	out := s.proof(r.Ballot, r.Index, r.Text)
	out["counts"] = nil
	counts, err := s.client.Counts(ctx, w, r)
	switch member.CodeOf(err) {
	case member.CodeAlarm, member.CodeOldBoard, member.CodeOtherBoard:
		if err != nil {
			return nil, err
		}
	}
	if err == nil { // else the log could not be read just now; the ballot is recorded all the same
		out["counts"] = counts
		s.board.tell("verified", 0, 0)
	}
	return out, nil
}

// proof is a receipt's text with what pages show of it. The QR code is a link to the page that checks receipts; a long one has none.
func (s *Session) proof(id record.ID, index uint64, text []byte) map[string]any {
	svg, _ := qr.SVG(s.client.Address()+"/booth/receipt#receipt="+base64.RawURLEncoding.EncodeToString(text), qr.Low)
	return map[string]any{"ballot": id.String(), "index": number(index), "receipt": string(text), "words": shortWords(id), "qr": svg}
}

func (s *Session) ballotResume(ctx context.Context, p *params) (any, error) {
	vote := p.id("vote", true)
	if p.err != nil {
		return nil, p.err
	}
	v, err := s.see(ctx, vote)
	if err != nil {
		return nil, err
	}
	w, _, err := s.ofVote(ctx, v.round)
	if err != nil {
		return nil, err
	}
	if w == nil {
		return map[string]any{"state": "none"}, nil
	}
	r, err := s.client.Resume(ctx, w, vote)
	switch {
	case err != nil:
		if sent := w.Sent(vote); len(sent) > 0 && sent[len(sent)-1].Refused != "" {
			return map[string]any{"state": "refused", "refused": sent[len(sent)-1].Refused, "sentence": err.Error()}, nil
		}
		return nil, err
	case r == nil:
		return map[string]any{"state": "none"}, nil
	}
	out, err := s.receipt(ctx, w, r)
	if err != nil {
		return nil, err
	}
	out["state"] = "recorded"
	return out, nil
}

// partBytes is how long the link in one of several QR codes is at most, so that a phone reads it from a screen.
const partBytes = 700

func (s *Session) ballotOpen(ctx context.Context, p *params) (any, error) {
	handle, x, err := s.take(p)
	if err != nil {
		return nil, err
	}
	o, err := x.Open(ctx)
	if err != nil {
		return nil, err
	}
	delete(s.prepared, handle)
	_, content, _ := strings.Cut(string(o.Text()), "\n")
	content = strings.ReplaceAll(content, "\n", "")
	short := x.link(s.client.Address(), "")
	room := partBytes - len(short) - len("&part=99/99&data=")
	room = max(room, partBytes/4)
	n := (len(content) + room - 1) / room
	parts := make([]any, n)
	for i := range parts {
		piece := content[i*room : min((i+1)*room, len(content))]
		svg, err := qr.SVG(fmt.Sprintf("%s&part=%d/%d&data=%s", short, i+1, n, piece), qr.Low)
		if err != nil {
			return nil, err
		}
		parts[i] = svg
	}
	return map[string]any{
		"ballot": o.Ballot.String(), "text": string(o.Text()), "link": x.link(s.client.Address(), "&vote="+x.vote.String()) + "&opened=" + content, "parts": parts,
	}, nil
}
