package fold

import (
	"fmt"
	"slices"

	"mandate/ballot/record"
	"mandate/ballot/text"
)

// A Packet is the one file that every member is to be sent.
type Packet struct {
	ID   record.ID
	Body *record.Packet
	At   uint64
}

// A Mailing is a registrar's newest word on the mailing of the present packet.
type Mailing struct {
	Body    *record.Mailing
	At      uint64
	Whole   bool   // every entry of the roll was sent it, or has no address
	Reached uint64 // the time at which that was so first
}

// Packet returns the present packet, nil if there is none.
func (v *Vote) Packet() *Packet {
	if v.course == nil {
		return nil
	}
	return v.course.packet
}

// Mailing returns what registrar i (from 1) has said of the mailing of the present packet, nil if nothing.
func (v *Vote) Mailing(i int) *Mailing {
	if v.course == nil {
		return nil
	}
	return v.course.mailings[uint64(i)]
}

// PacketBody returns what the packet has to name now, its author and file left open. It is an error if it is too early for a packet.
func (s *State) PacketBody(v *Vote) (*record.Packet, error) {
	c := v.course
	statements, known := s.Selected(v)
	if !known {
		return nil, fmt.Errorf("it is not known yet which statements are selected")
	}
	held, recorded := c.held()
	if held < c.rules.Forums.Need || c.rules.Forums.Recordings && recorded < c.rules.Forums.Need {
		return nil, fmt.Errorf("%d forums of %d were held, %d have a recording", held, c.rules.Forums.Need, recorded)
	}
	if _, accepted, ok := v.NominationTimes(); ok && s.now <= accepted {
		return nil, fmt.Errorf("nominations can be accepted until %d", accepted)
	}
	b := &record.Packet{Recordings: c.recordings()}
	for _, st := range statements {
		b.Statements = append(b.Statements, st.ID)
	}
	for _, x := range v.Candidates() {
		b.Candidates = append(b.Candidates, x.AcceptanceID)
	}
	return b, nil
}

func (s *State) judgePacket(r *record.Record, v *Vote, b *record.Packet) verdict {
	if v.Phase != Called {
		return void("phase", "packet: the vote is %v", v.Phase)
	}
	if err := text.CheckURL("url", b.URL); err != nil {
		return void("form", "packet: %w", err)
	}
	if b.Hash == (record.ID{}) || b.Size == 0 {
		return void("form", "packet: hash or size is zero")
	}
	want, err := s.PacketBody(v)
	switch {
	case s.partial: // what it has to name was passed over
	case err != nil:
		return void("early", "packet: %w", err)
	case !slices.Equal(b.Statements, want.Statements):
		return void("packet", "rule: the packet's statements are not the %d selected ones", len(want.Statements))
	case !slices.Equal(b.Recordings, want.Recordings):
		return void("packet", "rule: the packet's recordings are not those of the %d forums", len(want.Recordings))
	case !slices.Equal(b.Candidates, want.Candidates):
		return void("packet", "rule: the packet's candidates are not the %d who stand", len(want.Candidates))
	}
	return accept(func() {
		v.course.packet = &Packet{ID: r.ID(), Body: b, At: s.now}
		clear(v.course.mailings)
	})
}

func (s *State) judgeMailing(r *record.Record, v *Vote, b *record.Mailing) verdict {
	if bad := s.by(r, "registrar", b.Registrar, v.Round.keys); bad != nil {
		return *bad
	}
	c, roll := v.course, v.Round.Roll.Announce.Count
	if v.Phase < Called {
		return void("phase", "mailing: the vote is %v", v.Phase)
	}
	if c.packet == nil || b.Packet != c.packet.ID {
		return void("packet", "mailing: is not of the present packet")
	}
	if max(b.Mailed, b.Paper, b.Unreachable) > roll || b.Mailed+b.Paper+b.Unreachable > roll || b.Bounced > b.Mailed+b.Paper {
		return void("form", "mailing: %d by e-mail, %d on paper, %d without an address, %d bounced, on a roll of %d",
			b.Mailed, b.Paper, b.Unreachable, b.Bounced, roll)
	}
	before := c.mailings[b.Registrar]
	if before != nil {
		old := before.Body
		if *b == *old || b.Mailed < old.Mailed || b.Paper < old.Paper || b.Bounced < old.Bounced {
			return void("dup", "registrar %d has said of this packet at least as much already", b.Registrar)
		}
	}
	return accept(func() {
		m := &Mailing{Body: b, At: s.now, Whole: b.Mailed+b.Paper+b.Unreachable == roll, Reached: s.now}
		if before != nil && before.Whole {
			m.Reached = before.Reached
		}
		c.mailings[b.Registrar] = m
	})
}
