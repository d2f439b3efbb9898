package demo

import (
	"maps"
	"slices"

	"mandate/ballot/contest"
	"mandate/ballot/rules"
	"mandate/ballot/text"
)

// contests are what a demo can vote on without rules of an organisation, by template.
var contests = map[string]func() (text.Texts, []contest.Contest){
	"yes-no":  yesNo,
	"several": several,
	"ranked":  rankedDelegates,
}

func templates() []string { return append(slices.Sorted(maps.Keys(contests)), rules.Templates()...) }

func both(en, es string) text.Texts { return text.Texts{"en": en, "es": es} }

func option(id, en, es string, groups ...string) contest.Option {
	return contest.Option{ID: id, Title: both(en, es), Groups: groups}
}

// yesNo is one question with abstention: more yes than no passes it, if a tenth of the roll votes.
func yesNo() (text.Texts, []contest.Contest) {
	return both("Shall the dues be raised?", "¿Se aumentan las cuotas?"), []contest.Contest{{
		ID: "dues", Kind: contest.KindChoice,
		Title:   both("Shall the monthly dues be raised by two dollars?", "¿Se aumentan las cuotas mensuales en dos dólares?"),
		Options: []contest.Option{option("yes", "Yes", "Sí"), option("no", "No", "No"), option("abstain", "Abstain", "Abstención")},
		Min:     0, Max: 1,
		Decision: contest.Decision{
			Method: contest.MethodThreshold, Option: 0, Num: 1, Den: 2, Strict: true, Base: contest.BaseOptions, Over: []uint64{0, 1},
			QuorumNum: 1, QuorumDen: 10, Binding: true,
		},
	}}
}

// several is the question of yesNo with a two-thirds rule, an approval contest and an election of three.
func several() (text.Texts, []contest.Contest) {
	_, cs := yesNo()
	cs[0].Decision.Num, cs[0].Decision.Den, cs[0].Decision.Strict = 2, 3, false
	cs[0].Decision.Base, cs[0].Decision.Over = contest.BaseBallots, nil
	place := contest.Contest{
		ID: "place", Kind: contest.KindChoice,
		Title: both("Which cities suit you for the convention?", "¿Qué ciudades le convienen para la convención?"),
		Options: []contest.Option{
			option("chicago", "Chicago", "Chicago"), option("atlanta", "Atlanta", "Atlanta"), option("denver", "Denver", "Denver"), option("online", "Online", "En línea"),
		},
		Min: 0, Max: 4,
		Decision: contest.Decision{Method: contest.MethodPlurality, Seats: 1, Den: 1, QuorumDen: 1, Base: contest.BaseBallots},
	}
	auditors := contest.Contest{
		ID: "auditors", Kind: contest.KindChoice,
		Title: both("Elect three auditors.", "Elija a tres auditores."),
		Options: []contest.Option{
			option("ana", "Ana Ruiz", "Ana Ruiz"), option("ben", "Ben Okafor", "Ben Okafor"), option("chi", "Chi Nguyen", "Chi Nguyen"),
			option("dee", "Dee Walker", "Dee Walker"), option("eli", "Eli Stone", "Eli Stone"),
		},
		Min: 0, Max: 3,
		Decision: contest.Decision{Method: contest.MethodPlurality, Seats: 3, Den: 1, QuorumDen: 1, Base: contest.BaseBallots, Binding: true, Lots: true},
	}
	return both("Dues, convention and auditors", "Cuotas, convención y auditores"), append(cs, place, auditors)
}

// rankedDelegates is the question of yesNo and an election of three delegates by the single transferable vote, on one ballot; one of the
// delegates at least is from the youth section.
func rankedDelegates() (text.Texts, []contest.Contest) {
	_, cs := yesNo()
	delegates := contest.Contest{
		ID: "delegates", Kind: contest.KindRanked, Shuffled: true,
		Title: both("Rank the delegates to the convention.", "Ordene a las personas delegadas a la convención."),
		Options: []contest.Option{
			option("ana", "Ana Ruiz", "Ana Ruiz"), option("ben", "Ben Okafor", "Ben Okafor"), option("chi", "Chi Nguyen", "Chi Nguyen", "youth"),
			option("dee", "Dee Walker", "Dee Walker"), option("eli", "Eli Stone", "Eli Stone"), option("fay", "Fay Haddad", "Fay Haddad", "youth"),
			option("gus", "Gus Moreno", "Gus Moreno"),
		},
		Depth: 7,
		Ranking: contest.RankingDecision{
			Method: contest.MethodScottishSTV, Seats: 3, QuorumDen: 1, Binding: true,
			Rules: []contest.RankingRule{{Group: "youth", Min: 1, Max: 3}},
		},
	}
	return both("Dues and delegates", "Cuotas y personas delegadas"), append(cs, delegates)
}
