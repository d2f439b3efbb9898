package demo

import (
	"fmt"
	"slices"
	"strings"

	"mandate/ballot/contest"
	"mandate/ballot/roll"
)

// First names of a demo's members: every second one of those who nominate themselves as men is from the first list.
var (
	men = strings.Fields(`Adam Ahmed Aldo Ben Bruno Carlos Cyrus Daniel Diego Emre Farid Felix George Hassan Hugo Ivan
		Jamal Jonas Kofi Leo Marco Milan Noah Omar Pablo Pavel Ravi Samuel Tariq Viktor`)
	others = strings.Fields(`Ada Aisha Alma Bea Carmen Chi Clara Dalia Elena Emi Fatou Grace Hana Ines Iris Jana
		June Kira Lena Lucia Maya Mina Nadia Olga Priya Rosa Sara Tess Uma Zoe`)
	surnames = strings.Fields(`Abadi Acosta Baker Banerjee Brandt Castillo Chen Dale Diallo Engel Farouk Fischer Garcia Greene Haddad
		Hoang Ibrahim Jensen Kaya Keller Lindqvist Lopez Marsh Mensah Moreau Nakamura Novak Okafor Ortiz Petrov Quinn Reyes Rossi Sato
		Silva Tran Vargas Walker Yilmaz Zhou Zimmer`)
)

// members makes up so many members.
func members(n int) []roll.Member {
	out := make([]roll.Member, n)
	for i := range out {
		first := men
		if i%2 == 0 {
			first = others
		}
		out[i] = roll.Member{
			Number: fmt.Sprintf("M-%06d", i+1), Email: fmt.Sprintf("member%d@demo.invalid", i+1),
			Name: first[i/2%len(first)] + " " + surnames[(i+i/len(surnames))%len(surnames)],
		}
	}
	return out
}

// nominees returns who is nominated, as entries of the roll: half of them men, as far as there are.
func nominees(private *roll.Roll, n int) []int {
	var lists [2][]int
	for i := range private.Len() {
		if isMan(private.Opening(i).Name) {
			lists[0] = append(lists[0], i)
		} else {
			lists[1] = append(lists[1], i)
		}
	}
	var out []int
	for k := 0; len(out) < n; k++ {
		list := &lists[k%2]
		if len(*list) > 0 {
			out = append(out, (*list)[0])
			*list = (*list)[1:]
		}
	}
	return out
}

func isMan(name string) bool {
	first, _, _ := strings.Cut(name, " ")
	return slices.Contains(men, first)
}

// groupsOf returns the groups that a nominee says to be of: the k-th, with that name.
func groupsOf(k int, name string) []string {
	var groups []string
	if k%4 == 2 || k%8 == 5 { // three in eight of a demo's candidates
		groups = append(groups, "minorities")
	}
	if isMan(name) {
		groups = append(groups, "men")
	}
	return groups
}

// choose makes up a choice in each contest.
func choose(contests []contest.Contest) [][]int {
	var out [][]int
	for i := range contests {
		if contests[i].Kind == contest.KindRanked {
			out = append(out, rank(&contests[i]))
		} else {
			out = append(out, pick(&contests[i]))
		}
	}
	return out
}

// pick makes up a choice. Earlier options are a little more popular than later ones, so that a demo has an outcome.
func pick(c *contest.Contest) []int {
	least, most := int(c.Min), int(c.Max)
	if least == 0 && draw(20) > 0 {
		least = 1
	}
	n := least
	if most > least && least > 0 {
		n += draw(most - least + 1)
	}
	picked := make([]bool, len(c.Options))
	var selection []int
	for len(selection) < n {
		if i := min(draw(len(c.Options)), draw(len(c.Options))); !picked[i] {
			picked[i] = true
			selection = append(selection, i)
		}
	}
	return selection
}

// Voters of a demo hold with one of three lists, which have so many in a hundred, and know candidates of their own list best. To every list some
// candidates are better known than others: without rules on seats men would get most of them, and minorities few.
var (
	slates = []int{45, 35, 20}
	known  = map[string]int{"men": 3, "minorities": -2}
)

// rank makes up a ranking: the voter's own list first, mostly, as far as the voter cares; some rank everybody, and one in twenty nobody.
func rank(c *contest.Contest) []int {
	if draw(20) == 0 {
		return nil
	}
	own, at := 0, draw(100)
	for at >= slates[own] {
		at -= slates[own]
		own++
	}
	liking := make([]int, len(c.Options))
	ranking := make([]int, len(c.Options))
	for i, o := range c.Options {
		ranking[i] = i
		liking[i] = draw(9) + draw(9) + i*7%5 // what nobody else knows, and what everybody does
		if i%len(slates) == own {
			liking[i] += 9
		}
		for _, g := range o.Groups {
			liking[i] += known[g]
		}
	}
	slices.SortStableFunc(ranking, func(a, b int) int { return liking[b] - liking[a] })
	n := int(c.Depth)
	if draw(10) > 0 {
		n = min(n, 1+draw(8)+draw(8))
	}
	return ranking[:n]
}
