package page

import (
	"html/template"

	"mandate/ballot/fold"
)

// forums are the forums of all members.
type forums struct {
	Need   uint64
	Notice string
	List   []forum
}

type forum struct {
	Number    uint64
	Title     words
	Starts    uint64
	Announced template.HTML
	Place     string // an address
	Held      bool
	Due       bool   // it was to begin and is not on record as held
	Recording string // hash of the file
	URL       string // of the recording, or of a report
}

func (a *author) forums(v *fold.Vote) *forums {
	rules, all := v.Rules(), v.Forums()
	if rules == nil || (rules.Forums.Need == 0 || v.Ended()) && len(all) == 0 {
		return nil
	}
	out := &forums{Need: rules.Forums.Need}
	if rules.Forums.Notice > 0 {
		out.Notice = a.Say("forums.notice", "period", a.Period(rules.Forums.Notice))
	}
	for _, f := range all {
		b := f.Announced
		x := forum{
			Number: b.Number, Title: a.words(b.Title), Starts: b.Starts, Announced: a.When("forums.announced", f.At), Place: b.Place,
			Held: f.Held != nil, Due: f.Held == nil && a.now >= b.Starts,
		}
		if f.Held != nil {
			x.URL = f.Held.URL
			if f.HasRecording() {
				x.Recording = f.Held.Recording.String()
			}
		}
		out.List = append(out.List, x)
	}
	return out
}
