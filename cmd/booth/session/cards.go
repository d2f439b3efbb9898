package session

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"

	"mandate/ballot/credential"
	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/roll"
	"mandate/ballot/text"
	"mandate/cmd/booth/member"
	"mandate/cmd/booth/qr"
	"mandate/verifier/light"
)

func (s *Session) boardLook(ctx context.Context, p *params) (any, error) {
	only := p.id("vote", false)
	if p.err != nil {
		return nil, p.err
	}
	if only == (record.ID{}) {
		if err := s.lookAtOpen(ctx); err != nil {
			return nil, err
		}
	}
	var out map[string]any
	err := s.client.View(ctx, light.Focus{Vote: only}, func(st *fold.State) error {
		g, id := st.Genesis()
		if only != (record.ID{}) && st.Vote(only) == nil {
			return fail(member.CodeForm, "check the vote's id, and the board's address", "vote %s is not on this board", only)
		}
		out = map[string]any{
			"genesis": id.String(), "title": texts(g.Title), "size": number(st.Size()), "time": number(st.Now()), "origin": g.Origin,
			"rounds": list(st.Rounds(), func(_ int, r *fold.Round) any {
				m := r.Manifest
				return map[string]any{
					"id": r.ID.String(), "title": texts(m.Title), "opens": number(m.Opens), "closes": number(m.Closes),
					"registrars": list(m.Registrars, func(i int, x record.Registrar) any {
						return map[string]any{"index": number(i + 1), "name": x.Name, "operator": x.Operator, "channel": x.Channel, "url": x.URL}
					}),
				}
			}),
		}
		votes := []any{}
		for _, v := range st.Votes() {
			if only == (record.ID{}) || v.ID == only {
				votes = append(votes, map[string]any{
					"id": v.ID.String(), "title": texts(v.Manifest.Title), "phase": v.Phase.String(), "round": v.Round.ID.String(),
					"opens": number(v.Manifest.Opens), "closes": number(v.Manifest.Closes), "mock": v.Manifest.Mock,
				})
			}
		}
		out["votes"] = votes
		return nil
	})
	return out, err
}

// lookAtOpen reads more of each vote that can be open now. Of the others their first records say enough; whether voting has opened they do not say.
func (s *Session) lookAtOpen(ctx context.Context) error {
	var open []record.ID
	err := s.client.View(ctx, light.Focus{}, func(st *fold.State) error {
		for _, v := range st.Votes() {
			if now := st.Now(); v.Manifest.Opens <= now && now < latest(v.Manifest) {
				open = append(open, v.ID)
			}
		}
		return nil
	})
	for _, vote := range open {
		if err == nil {
			err = s.client.View(ctx, light.Focus{Vote: vote}, func(*fold.State) error { return nil })
		}
	}
	return err
}

// latest is a time at which a vote is closed, whenever it was called and however it was extended.
func latest(v *record.Vote) uint64 {
	if v.Rules == nil {
		return v.Closes
	}
	var called uint64
	if p := v.Rules.Call.Petition; p != nil {
		called = p.Closes
	}
	if b := v.Rules.Call.Body; b != nil {
		called = b.Closes
	}
	return max(v.Closes, called+v.Rules.Voting.After+v.Rules.Voting.Period) + v.Rules.Changes.Extend
}

// desk reads a code, or a link with one, and says where it is good.
func (s *Session) desk(ctx context.Context, p *params) (*member.Desk, error) {
	round, line := p.id("round", false), p.text("code", true)
	if p.err != nil {
		return nil, p.err
	}
	rounds, err := s.client.Rounds(ctx, s.lang)
	if err != nil {
		return nil, err
	}
	return member.FindDesk(rounds, round, line)
}

func (s *Session) codeRead(ctx context.Context, p *params) (any, error) {
	d, err := s.desk(ctx, p)
	if err != nil {
		return nil, err
	}
	return map[string]any{"round": d.Window.Round.String(), "registrar": number(d.Registrar), "registrarName": d.Window.Registrars[d.Registrar-1].Name}, nil
}

func (s *Session) cardEnter(ctx context.Context, p *params) (any, error) {
	d, o, err := s.enter(ctx, p)
	if err != nil {
		return nil, err
	}
	return map[string]any{"registrar": number(d.Registrar), "entry": map[string]any{"index": number(o.Index), "number": o.Number, "name": o.Name}}, nil
}

func (s *Session) enter(ctx context.Context, p *params) (*member.Desk, *roll.Opening, error) {
	d, err := s.desk(ctx, p)
	if err != nil {
		return nil, nil, err
	}
	o, err := s.client.Enter(ctx, d.Window.Round, d.Registrar, d.Code)
	return d, o, err
}

func (s *Session) cardCreate(ctx context.Context, p *params) (any, error) {
	d, o, err := s.enter(ctx, p)
	if err != nil {
		return nil, err
	}
	k := s.vault.keep(d.Window.Round)
	w, err := s.client.NewWallet(ctx, k, d.Window.Round, o)
	if err != nil {
		return nil, err
	}
	if err := s.setLabel(ctx, k, d.Window.Round, o); err != nil {
		return nil, err
	}
	return s.exported(w)
}

// setLabel notes what pages show of a card.
func (s *Session) setLabel(ctx context.Context, k *keep, round record.ID, o *roll.Opening) error {
	var title text.Texts
	err := s.client.View(ctx, light.Focus{}, func(st *fold.State) error {
		if r := st.Round(round); r != nil {
			title = r.Manifest.Title
		}
		return nil
	})
	if err != nil {
		return err
	}
	return k.setLabel(ctx, func(l *label) {
		l.Round = title
		if o != nil {
			l.Number, l.Name = o.Number, o.Name
		}
	})
}

// exported is a card as the member keeps it. The QR code is a link to the page that takes a card; its fragment goes to no server.
func (s *Session) exported(w *member.Wallet) (any, error) {
	file, err := w.File()
	if err != nil {
		return nil, err
	}
	svg, err := qr.SVG(s.client.Address()+"/booth/card#card="+base64.RawURLEncoding.EncodeToString(file), qr.Low)
	if err != nil {
		return nil, err
	}
	return map[string]any{
		"file": string(file), "words": list(w.Words(), func(_ int, x string) any { return x }), "qr": svg, "stored": s.vault.lasting,
	}, nil
}

// open opens the card of a round.
func (s *Session) open(ctx context.Context, round record.ID) (*member.Wallet, *keep, error) {
	rounds, err := s.vault.rounds(ctx)
	if err != nil {
		return nil, nil, err
	}
	for _, r := range rounds {
		if r == round {
			k := s.vault.keep(round)
			w, err := member.OpenWallet(ctx, k)
			return w, k, err
		}
	}
	return nil, nil, fail(member.CodeIncomplete, "collect the card, or restore it from its file or its 24 words", "there is no card of round %s in this browser", round.Short())
}

func (s *Session) opened(ctx context.Context, p *params) (*member.Wallet, *keep, error) {
	round := p.id("round", true)
	if p.err != nil {
		return nil, nil, p.err
	}
	return s.open(ctx, round)
}

func (s *Session) cardExport(ctx context.Context, p *params) (any, error) {
	w, _, err := s.opened(ctx, p)
	if err != nil {
		return nil, err
	}
	return s.exported(w)
}

func (s *Session) cardKept(ctx context.Context, p *params) (any, error) {
	_, k, err := s.opened(ctx, p)
	if err != nil {
		return nil, err
	}
	s.vault.kept[k.prefix] = true
	return map[string]any{}, k.setLabel(ctx, func(l *label) { l.Kept = true })
}

func (s *Session) cardForget(ctx context.Context, p *params) (any, error) {
	round := p.id("round", true)
	if p.err != nil {
		return nil, p.err
	}
	for handle, x := range s.prepared {
		if x.round == round {
			s.drop(handle)
		}
	}
	if err := s.vault.store.Remove(ctx, cardPrefix(round)); err != nil {
		return nil, storage(err)
	}
	return map[string]any{}, nil
}

func (s *Session) cardsList(ctx context.Context, _ *params) (any, error) {
	rounds, err := s.vault.rounds(ctx)
	if err != nil {
		return nil, err
	}
	out := []any{}
	for _, round := range rounds {
		w, k, err := s.open(ctx, round)
		if err != nil {
			return nil, err
		}
		out = append(out, s.card(ctx, w, k))
	}
	return out, nil
}

// card is a card as pages show it.
func (s *Session) card(ctx context.Context, w *member.Wallet, k *keep) map[string]any {
	l := k.label(ctx)
	answered := list(w.Registrars(), func(i int, _ string) any { return w.Has(i + 1) })
	return map[string]any{
		"round": w.Round().String(), "roundTitle": texts(l.Round), "entry": map[string]any{"index": number(w.Entry()), "number": l.Number, "name": l.Name},
		"answered": answered, "complete": len(w.Missing()) == 0, "kept": l.Kept, "stored": s.vault.lasting, "board": w.Board(),
	}
}

func (s *Session) cardCollect(ctx context.Context, p *params) (any, error) {
	d, err := s.desk(ctx, p)
	if err != nil {
		return nil, err
	}
	w, k, err := s.open(ctx, d.Window.Round)
	if err != nil {
		return nil, err
	}
	if err := s.collect(ctx, w, k, d); err != nil {
		return nil, err
	}
	out := s.card(ctx, w, k)
	out["registrar"] = number(d.Registrar)
	return out, nil
}

func (s *Session) collect(ctx context.Context, w *member.Wallet, k *keep, d *member.Desk) error {
	if !s.vault.lasting && !s.vault.kept[k.prefix] {
		return fail(member.CodeStorage, "keep the card first, as a file, on paper or as a QR code", "this browser keeps nothing, and the member has not kept the card")
	}
	s.board.tell("asking", 0, 0)
	if err := s.client.Collect(ctx, w, d.Registrar, d.Code); err != nil {
		return err
	}
	s.board.tell("answered", uint64(len(w.Registrars())-len(w.Missing())), uint64(len(w.Registrars())))
	return nil
}

func (s *Session) cardRestore(ctx context.Context, p *params) (any, error) {
	file, typed, codes := p.text("file", false), p.texts("words"), p.texts("codes")
	if p.err != nil {
		return nil, p.err
	}
	restore := s.restoreFile
	if file == "" {
		restore = s.restoreWords
	}
	w, k, err := restore(ctx, p, file, typed, codes)
	if err != nil {
		return nil, err
	}
	s.vault.kept[k.prefix] = true // that is where it came from
	if err := k.setLabel(ctx, func(l *label) { l.Kept = true }); err != nil {
		return nil, err
	}
	for _, code := range codes {
		d, err := s.desk(ctx, &params{values: map[string]any{"round": w.Round().String(), "code": code}})
		if err != nil {
			return nil, err
		}
		if w.Has(d.Registrar) {
			continue
		}
		if err := s.collect(ctx, w, k, d); err != nil {
			return nil, err
		}
	}
	return s.card(ctx, w, k), nil
}

// codeNotCard is a text that is no card file.
const codeNotCard = "not-a-card"

func (s *Session) restoreFile(ctx context.Context, _ *params, file string, _, _ []string) (*member.Wallet, *keep, error) {
	card, err := credential.ParseKeepsake([]byte(file))
	if err != nil {
		return nil, nil, fail(codeNotCard, "take another copy of the file, or the 24 words", "%v", err)
	}
	if err := s.same(ctx, card.Genesis); err != nil {
		return nil, nil, err
	}
	w, k, err := s.present(ctx, card.Round, card.Secret)
	if w != nil || err != nil {
		return w, k, err
	}
	if w, err = member.ImportWallet(ctx, k, []byte(file)); err != nil {
		return nil, nil, err
	}
	return w, k, s.setLabel(ctx, k, card.Round, nil)
}

// same refuses a card that is of another board.
func (s *Session) same(ctx context.Context, genesis record.ID) error {
	return s.client.View(ctx, light.Focus{}, func(st *fold.State) error {
		if _, id := st.Genesis(); id != genesis {
			return fail(member.CodeOtherBoard, "use the page of the board that is in the card file", "%v: its genesis record is %s, the card's is %s", member.ErrOtherBoard, id.Short(), genesis.Short())
		}
		return nil
	})
}

// present returns the card of a round that is in this browser already, if it is the same one; nil and where to keep it if there is none.
func (s *Session) present(ctx context.Context, round record.ID, secret credential.Secret) (*member.Wallet, *keep, error) {
	w, k, err := s.open(ctx, round)
	var f *Failure
	if errors.As(err, &f) && f.Code == member.CodeIncomplete {
		return nil, s.vault.keep(round), nil
	}
	if err != nil {
		return nil, nil, err
	}
	if strings.Join(w.Words(), " ") != strings.Join(secret.Words(), " ") {
		return nil, nil, fail(member.CodeStorage, "keep that card and remove it from this browser, or use another browser for this one", "there is another card of this round in this browser")
	}
	return w, k, nil
}

func (s *Session) restoreWords(ctx context.Context, p *params, _ string, typed, codes []string) (*member.Wallet, *keep, error) {
	secret, err := credential.ParseWords(strings.Join(typed, " "))
	if err != nil {
		return nil, nil, fail(codeNotCard, "compare them with the card one by one", "%v", err)
	}
	if len(codes) == 0 {
		return nil, nil, fail(member.CodeCode, "type the code from a message of one of the registrars", "words do not say whose card it is; a code does")
	}
	round := map[string]any{"code": codes[0]}
	if p.values["round"] != nil {
		round["round"] = p.values["round"]
	}
	d, o, err := s.enter(ctx, &params{values: round})
	if err != nil {
		return nil, nil, err
	}
	w, k, err := s.present(ctx, d.Window.Round, secret)
	if w != nil || err != nil {
		return w, k, err
	}
	if w, err = s.client.RestoreWallet(ctx, k, d.Window.Round, o, secret); err != nil {
		return nil, nil, err
	}
	return w, k, s.setLabel(ctx, k, d.Window.Round, o)
}

func (s *Session) cardStatus(ctx context.Context, p *params) (any, error) {
	w, k, err := s.opened(ctx, p)
	if err != nil {
		return nil, err
	}
	issues, foreign, err := s.client.Issues(ctx, w)
	if err != nil {
		return nil, err
	}
	l := k.label(ctx)
	return map[string]any{
		"entry": map[string]any{"index": number(w.Entry()), "number": l.Number, "name": l.Name}, "foreign": foreign,
		"issued": list(issues, func(_ int, i member.Issue) any {
			return map[string]any{"registrar": number(i.Registrar), "name": i.Name, "answered": i.Answered, "published": i.Published, "at": nil}
		}),
	}, nil
}
