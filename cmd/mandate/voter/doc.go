// Package voter is a member's client at a terminal: [RunCard], [RunVote], [RunCheck], [RunReceipt], [RunSupport] and [RunStatement] are the
// commands. What they do, package member does; this package has the files in which a card is kept, HTTP, and the words at the terminal. [New]
// and [NewKeep] are for programs that act for members.
package voter
