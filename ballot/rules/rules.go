// Package rules reads an organisation's rules files: who may call a kind of vote, what must happen before it opens, how it is decided, and
// what is owed by when (SPEC.md §15). A rules file is TOML; [Example] is one with every field explained, [Templates] are four that are ready
// to use.
//
// [Parse] reads a file strictly: an unknown field, a missing one or a value that makes no sense is an [Error] with the line and the reason.
// Nothing has a default, because a rule that nobody has written is no rule. [Rules.Compile] turns rules and what is particular to one vote
// ([Parameters]) into the parts of its manifest that they determine. Whoever has the file can later tell with [Rules.Compare] whether a
// manifest on a board keeps to it.
//
// The package knows no log: whether the rules of a manifest were kept is package fold's.
package rules

import "mandate/ballot/text"

// Rules is a rules file. The comments below are its manual. Periods are written like "14 days" or "1 day 12 hours" (weeks, days, hours,
// minutes, seconds), shares like "5 %", "12.5 %" or "1/3". Tables that are said to be optional are left out as a whole; within a table that
// is there, every field must be.
type Rules struct {
	// Name identifies the kind of vote: lower-case letters, digits and hyphens. It stands in the manifest.
	Name string `toml:"name"`
	// Title is the name for people.
	Title string `toml:"title"`
	// Roll says who are the members: "organisation", the whole of it, or "segment", one chapter, branch or committee with a roll of its own.
	Roll string `toml:"roll"`

	Call        Call         `toml:"call"`
	Forums      *Forums      `toml:"forums"`
	Statements  *Statements  `toml:"statements"`
	Nominations *Nominations `toml:"nominations"`
	Packet      *Packet      `toml:"packet"`
	Requires    *Requires    `toml:"requires"`
	Voting      Voting       `toml:"voting"`
	Contest     Contest      `toml:"contest"`
	Response    *Response    `toml:"response"`
	Deadlines   Deadlines    `toml:"deadlines"`
}

// Call says how a vote comes about.
type Call struct {
	// By is who can call it: "petition", enough members, anonymously; "body", enough members of a body, by name; "reason", the commission,
	// because the calendar or a resolution says so.
	By string `toml:"by"`
	// Share, for a petition or a body: this share must support or sign, of the roll or of the body's members, rounded up.
	Share Share `toml:"share"`
	// Runs, for a petition or a body: so long supports and signatures are taken.
	Runs Period `toml:"runs"`
	// Batch, for a petition: supports appear on the board together, that far apart, so that their times say little. At most a day.
	Batch Period `toml:"batch"`
	// Sponsors, for a petition: so many members must start it with their names, at most 64.
	Sponsors uint64 `toml:"sponsors"`
	// Body, for a body: its name, such as "National Committee".
	Body string `toml:"body"`
}

// Forums says which forums of all members must be held before the vote. Optional: without it none need be.
type Forums struct {
	// Need is how many, at most 64.
	Need uint64 `toml:"need"`
	// Notice is the time between the announcement of a forum and its start.
	Notice Period `toml:"notice"`
	// Recordings says whether each must have a published recording.
	Recordings bool `toml:"recordings"`
}

// Statements says which statements of members are taken. Optional: without it none are.
type Statements struct {
	// Window is how long they are taken, from the call on.
	Window Period `toml:"window"`
	// Review is the time after that in which the commission can still withhold one, with a public reason.
	Review Period `toml:"review"`
	// Length is the most bytes of a statement, at most 20000. A letter of English is a byte.
	Length uint64 `toml:"length"`
	// PerSide is how many are taken of each side, at most 100. If there are more, a draw that nobody can steer chooses.
	PerSide uint64 `toml:"per-side"`
	// Sides names the sides, at most 8.
	Sides []string `toml:"sides"`
	// Anonymous says whether members may also speak without their names, with their cards.
	Anonymous bool `toml:"anonymous"`
}

// Nominations says that the candidates are members who were nominated. Optional: without it the contest has the options given.
type Nominations struct {
	// Window is how long nominations are taken, from the call on.
	Window Period `toml:"window"`
	// Seconds is how many other members must second one, at most 64.
	Seconds uint64 `toml:"seconds"`
	// Accept is the time after the window in which the nominated can accept.
	Accept Period `toml:"accept"`
}

// Packet says that statements, recordings and candidates must be put into one file before the vote. Optional.
type Packet struct {
	// Sent says whether every registrar must sign that it was sent to every member who has an address.
	Sent bool `toml:"sent"`
	// Lead is the time that members have to read it before voting opens; "0 days" if it need not be sent.
	Lead Period `toml:"lead"`
}

// Requires asks for results of other votes on the same board before this one opens. Optional.
type Requires struct {
	// Votes is how many other votes must be named at least, at most 16.
	Votes uint64 `toml:"votes"`
}

// Voting says when voting opens, for how long, and what can be changed.
type Voting struct {
	// After is the time from the call to the opening, at least.
	After Period `toml:"after"`
	// Period is how long voting is open, at least.
	Period Period `toml:"period"`
	// Extend is by how much the commission may extend it in all, with a reason; "0 days" is not at all.
	Extend Period `toml:"extend"`
	// Cancel says whether the commission may cancel the vote before it opens, with a reason.
	Cancel bool `toml:"cancel"`
	// Annul says whether the commission may annul it between opening and result, with a reason.
	Annul bool `toml:"annul"`
	// Revote says whether a member may replace a ballot until voting closes.
	Revote bool `toml:"revote"`
	// Grace is how long after the closing ballots are waited for that were promised before it.
	Grace Period `toml:"grace"`
	// Step is how long a trustee has for each of the five steps in which the key is made.
	Step Period `toml:"step"`
}

// Contest is the question and the rule by which it is decided.
type Contest struct {
	// ID is the contest's name in results: lower-case letters, digits and hyphens.
	ID string `toml:"id"`
	// Options are the answers; left out if they come from nominations.
	Options []Option `toml:"options"`
	// OwnOptions says whether whoever calls the vote may give several options of their own instead. Then members choose one or none, and
	// the one with most votes wins; with "ranking" they rank those options.
	OwnOptions bool `toml:"own-options"`
	// Decide is "share", one option needs a share; "most", those with most votes win; "ranking", members rank the options, and a method of
	// counting rankings fills the seats; "nothing", the counts are published.
	Decide string `toml:"decide"`
	// Min and Max are how many options a ballot selects; Max 0 is as many as there are, Min 0 allows a blank ballot. Not for "ranking".
	Min uint64 `toml:"min"`
	Max uint64 `toml:"max"`
	// Pass, for "share": the id of the option that needs the share.
	Pass string `toml:"pass"`
	// Share, for "share": how much it needs.
	Share Share `toml:"share"`
	// MoreThan, for "share": whether it needs more than the share, or just as much.
	MoreThan bool `toml:"more-than"`
	// Of, for "share": the ids of the options of whose votes it is a share; [] is of all ballots.
	Of []string `toml:"of"`
	// Method, for "ranking": "scottish-stv", "meek-stv", "irv" (for one seat), "schulze" or "ranked-pairs" (SPEC.md §14).
	Method string `toml:"method"`
	// Depth, for "ranking": how many options a member can rank; 0 is as many as there are. A blank ballot is always allowed.
	Depth uint64 `toml:"depth"`
	// Rules, for "ranking": how many of the elected are at least and at most of a group, the most important rule first; [] is none.
	Rules []GroupRule `toml:"rules"`
	// Shuffled, for "most" and "ranking": whether each member sees the options in an order of their own, since those on top get more votes.
	Shuffled bool `toml:"shuffled"`
	// Seats, for "most" and "ranking": how many win.
	Seats uint64 `toml:"seats"`
	// Lots, for "most": whether a tie for the last seat is broken by lot, or left to the deciding body. Rankings always need lots for ties.
	Lots bool `toml:"lots"`
	// Quorum is the share of the roll that must vote for anything to be decided; "0 %" is none. Not for "nothing".
	Quorum Share `toml:"quorum"`
	// Binding says whether the result binds, or advises.
	Binding bool `toml:"binding"`
}

// Option is an answer.
type Option struct {
	// ID is its name in results: lower-case letters, digits and hyphens.
	ID string `toml:"id"`
	// Title is what members read, by language: { en = "Yes", es = "Sí" }. A vote is held in languages that all options have.
	Title text.Texts `toml:"title"`
	// Groups are those of representation rules that it belongs to; left out if it belongs to none.
	Groups []string `toml:"groups"`
}

// GroupRule is a representation rule: a floor, a cap, or both.
type GroupRule struct {
	// Group is its name: lower-case letters, digits and hyphens. A nomination says to which groups a candidate belongs.
	Group string `toml:"group"`
	// Min is how many of the elected are of the group at least; 0 is no floor. If fewer stand, all of them who do.
	Min uint64 `toml:"min"`
	// Max is how many of the elected are of the group at most, even if seats stay empty; as many as there are seats is no cap.
	Max uint64 `toml:"max"`
}

// Response says who must answer the result in public. Optional: without it nobody must.
type Response struct {
	// By is the body's name.
	By string `toml:"by"`
	// Within is the time it has.
	Within Period `toml:"within"`
}

// Deadlines says how long duties may take. When one has passed, the vote's page and every verifier say who owes what; "0 days" is none.
type Deadlines struct {
	// Forums: all forums held, with recordings; from the call.
	Forums Period `toml:"forums"`
	// Seeds: the registrars' seeds for the draw committed to, from the call, and revealed, from the end of the review.
	Seeds Period `toml:"seeds"`
	// Packet: the packet made; from the call.
	Packet Period `toml:"packet"`
	// Mailing: the packet sent; from the packet.
	Mailing Period `toml:"mailing"`
	// Opening: voting opened; from the call.
	Opening Period `toml:"opening"`
	// Closing: voting closed; from the time at which it was to close.
	Closing Period `toml:"closing"`
	// Tally: the votes counted; from the seal of the ballot box.
	Tally Period `toml:"tally"`
}
