package roll

import ()

const dirUsage = "    -dir FOLDER         the commission's folder with list and rolls\n"

const personUsage = `    -number N -member-name NAME -email ADDRESS -language LANG -phone PHONE -chapter NAME -branch NAME -committee NAME
`

var verbs = map[string]*verb{
	"preview": {
		usage: `Shows what a member list says before anything is done with it: which column means what, how many members there are by language and segment,
and everything that is wrong, with its line and column. Problems make the list unfit; warnings are for a person to look at.

Usage:
    mandate roll preview [FLAGS] FILE

` + mappingUsage + `
FILE can be - for standard input. Exit status 1 if the list has problems.

Example:
    mandate roll preview -column number="Constituent ID" -where "Member Status=Good Standing" members.csv
`, reads: 1, run: preview,
	},
	"diff": {
		usage: `Shows what differs between two member lists, by member number.

Usage:
    mandate roll diff [FLAGS] OLD NEW

` + mappingUsage + `
Example:
    mandate roll diff members-february.csv members-march.csv
`, reads: 2, run: diff,
	},
	"take": {
		usage: `Takes a member list into the folder, in place of the one before, and shows what has changed by it. The folder is made if there is none. A list
with problems is not taken. How the list was read is kept for the next one.

Usage:
    mandate roll take -dir FOLDER [-dry-run] [FLAGS] FILE

` + dirUsage + `    -dry-run            show what would change, and change nothing
` + mappingUsage + `
Example:
    mandate roll take -dir members -column number="Constituent ID" members.csv
`, dir: true, reads: 1, bools: []string{"dry-run"}, run: take,
	},
	"add": {
		usage: `Adds a member to the folder's list. Rolls that were made before do not have the member: make them again.

Usage:
    mandate roll add -dir FOLDER -number N -member-name NAME [FLAGS]

` + dirUsage + personUsage + `
Example:
    mandate roll add -dir members -number M-000017 -member-name "Ana Lum" -email ana@example.org -language es -chapter North
`, dir: true, text: personFlags, needs: []string{"number", "member-name"}, run: add,
	},
	"change": {
		usage: `Changes a member's line in the folder's list: what is given is set, "-" takes it away, the rest stays. A changed address reaches registrars
with the next export. Names in rolls that are on the board do not change.

Usage:
    mandate roll change -dir FOLDER -number N [FLAGS]

` + dirUsage + personUsage + `
Example:
    mandate roll change -dir members -number M-000017 -email ana.lum@example.org
`, dir: true, text: personFlags, needs: []string{"number"}, run: change,
	},
	"remove": {
		usage: `Takes a member off the folder's list. A roll that was made and is not on the board has to be made again. A roll on the board keeps the member:
the command names the entry, for mandate organise remove, which takes it off on the board. That stops a card from being collected; one that was
collected is anonymous and cannot be recalled.

Usage:
    mandate roll remove -dir FOLDER -number N -reason TEXT

` + dirUsage + `    -number N           the member
    -reason TEXT        why; it is kept in the folder

Example:
    mandate roll remove -dir members -number M-000017 -reason "resigned on 3 March"
`, dir: true, text: []string{"number", "reason"}, needs: []string{"number", "reason"}, run: remove,
	},
	"make": {
		usage: `Makes a roll of the folder's list as it is now: draws the salts and the order, and writes the private roll. A roll can be made again until it is
on the board; each time it is another one, and registrars need the new one.

Usage:
    mandate roll make -dir FOLDER -name NAME -title TEXT -as-of DATE [-chapter NAME | -branch NAME | -committee NAME]
    mandate roll make -dir FOLDER -title TEXT -as-of DATE -each chapter|branch|committee

` + dirUsage + `    -name NAME          the roll's name in the folder: lower-case letters, digits, hyphens
    -title TEXT         its title, as members see it; with -each the segment's name is put after it
    -as-of DATE         the day of which it is, YYYY-MM-DD
    -chapter NAME       only members of this chapter; -branch and -committee likewise
    -each KIND          a roll of each chapter, branch or committee of the list

Example:
    mandate roll make -dir members -name national -title "All members" -as-of 2027-03-01
    mandate roll make -dir members -title "Members of" -as-of 2027-03-01 -each chapter
`, dir: true, text: []string{"name", "title", "as-of", "chapter", "branch", "committee", "each"}, needs: []string{"title", "as-of"}, run: makeRolls,
	},
	"show": {
		usage: `Shows the folder: figures of the list, and its rolls with what has changed on the list since they were made. With -member it finds a member.

Usage:
    mandate roll show -dir FOLDER [-member NUMBER]

` + dirUsage + `    -member NUMBER      one member: the line of the list, and the entry in each roll

Example:
    mandate roll show -dir members
`, dir: true, text: []string{"member"}, run: show,
	},
	"export": {
		usage: `Writes what a registrar needs of a roll into a folder: roll.private, which it checks and keeps, and contacts.csv for mandate mail. A registrar is
given the addresses of its own channel only.

Usage:
    mandate roll export -dir FOLDER -name NAME -by email|phone|letter|all -out FOLDER [-to KEY]

` + dirUsage + `    -name NAME          the roll
    -by CHANNEL         how this registrar reaches members
    -out FOLDER         where to write; made if there is none
    -to KEY             encrypt both to the registrar's age key (age1…); the files then end in .age

Example:
    mandate roll export -dir members -name national -by email -out for-registrar-1 -to age1qx…
`, dir: true, text: []string{"name", "by", "out", "to"}, needs: []string{"name", "by", "out"}, run: export,
	},
	"committed": {
		usage: `Notes that a roll is on the board. From then on it cannot be made again.

Usage:
    mandate roll committed -dir FOLDER -name NAME -record ID

` + dirUsage + `    -name NAME          the roll
    -record ID          the record that announces it

Example:
    mandate roll committed -dir members -name national -record 77ab…
`, dir: true, text: []string{"name", "record"}, needs: []string{"name", "record"}, run: committed,
	},
}
