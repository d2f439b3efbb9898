package page

import "mandate/ballot/fold"

// packet is the file that every member is to be sent, and how that went.
type packet struct {
	Made       bool
	At         uint64
	Hash       string
	Size       uint64
	URL        string
	Statements uint64
	Recordings uint64
	Candidates uint64
	Mailing    bool // asked for
	Lead       string
	Mailings   []mailing
}

// mailing is a registrar's word on the sending.
type mailing struct {
	Name        string
	Said        bool
	At          uint64
	Mailed      uint64
	Paper       uint64
	Unreachable uint64
	Bounced     uint64
	Open        uint64 // entries that nothing was tried for yet
	Tried       string // part of the roll
	Bar         bar
}

func (a *author) packet(v *fold.Vote) *packet {
	rules := v.Rules()
	if rules == nil || !rules.Packet || v.Ended() && v.Packet() == nil {
		return nil
	}
	out := &packet{Mailing: rules.Mailing.Needed}
	if rules.Mailing.Lead > 0 {
		out.Lead = a.Say("packet.lead", "period", a.Period(rules.Mailing.Lead))
	}
	p := v.Packet()
	if p == nil {
		return out
	}
	b := p.Body
	out.Made, out.At, out.Hash, out.Size, out.URL = true, p.At, b.Hash.String(), b.Size, b.URL
	out.Statements, out.Recordings, out.Candidates = uint64(len(b.Statements)), uint64(len(b.Recordings)), uint64(len(b.Candidates))
	if !out.Mailing {
		return out
	}
	roll := v.Round.Roll.Announce.Count
	for i, g := range v.Round.Manifest.Registrars {
		x := mailing{Name: g.Name, Open: roll}
		if m := v.Mailing(i + 1); m != nil {
			b := m.Body
			tried := b.Mailed + b.Paper + b.Unreachable
			x = mailing{Name: g.Name, Said: true, At: m.At, Mailed: b.Mailed, Paper: b.Paper, Unreachable: b.Unreachable, Bounced: b.Bounced, Open: roll - min(tried, roll)}
			x.Tried, x.Bar = a.Percent(tried, roll), newBar(tried, roll)
		}
		out.Mailings = append(out.Mailings, x)
	}
	return out
}
