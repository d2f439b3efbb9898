package mail

import ()

const factsUsage = `    -config FILE        who sends, and through which server: TOML
    -letter NAME        invitation, reminder, packet, closing or result
    -title LANG=TEXT    the title of round or vote, once for each language
    -closes DATE        when cards can no longer be collected, or voting closes, with the time zone
    -vote ID            the vote; of packet, closing and result
    -packet FILE        the packet; of the letter packet, with
    -packet-url URL         where members find it
    -words LANG=FILE    what else is to be said, such as the result, once for each language
`

const listsUsage = `    -round ID           the round whose cards the codes are for; of invitation and reminder
    -codes FILE         the codes, as the registrar wrote them (CSV); -contacts then has languages and newer addresses
    -contacts FILE      how members are reached: contacts.csv from mandate roll export
`

const configUsage = `The configuration:

    organisation = "The Example Society"
    sender = "Registrar 2, the Riverside Library"   # as members see it
    contact = "help@example.org"
    board = "https://board.example.org"
    registrar = 2                                   # which of these; 0 or absent for the commission
    registrars = ["The Credit Union", "The Riverside Library"]
    language = "en"                                 # of members whose own is not known
    templates = "letters"                           # optional: own texts
    [from]
    address = "votes@library.example.org"
    name = "Votes"
    reply-to = "help@example.org"
    bounces = "bounces@library.example.org"
    [server]
    host = "smtp.example.org"
    port = 587
    tls = "starttls"                                # or "tls"; "none" on this machine only
    username = "votes"
    password-file = "smtp-password"
    [limits]                                        # optional; these are the defaults
    connections = 2
    per-second = 10
    attempts = 8
    first-retry = "1m"
    longest-retry = "30m"
    patience = "15m"
    most-refused = 50
`

var factFlags = []string{"config", "letter", "closes", "vote", "packet", "packet-url"}

var verbs = map[string]*verb{
	"templates": {
		usage: `Writes the letters' texts into a folder, where they can be edited: LETTER.LANG.txt, LETTER.LANG.html and LETTER.LANG.sms, in English and Spanish.
Another language is one more file. Files that are there are left alone. The configuration names the folder. A text that leaves out code or
link, or loads pictures, is refused when it is used.

Usage:
    mandate mail templates -out FOLDER

Example:
    mandate mail templates -out letters
`, text: []string{"out"}, needs: []string{"out"}, run: writeTemplates,
	},
	"preview": {
		usage: `Shows a letter as a member gets it, with a code that is good for nothing.

Usage:
    mandate mail preview -config FILE -letter NAME -title LANG=TEXT … [-lang LANG] [-html | -sms]

` + factsUsage + `    -lang LANG          the member's language; default en
    -html               the HTML part; without it the plain one
    -sms                the text message

Example:
    mandate mail preview -config mail.toml -letter invitation -title "en=Cards of 2027" -title "es=Tarjetas de 2027" -lang es
`, text: append([]string{"lang"}, factFlags...), lists: []string{"title", "words"}, bools: []string{"html", "sms"}, needs: []string{"config", "letter", "title"}, run: preview,
	},
	"send": {
		usage: `Sends a letter to a list of members, as far as it was not sent under the job's name before. It can be interrupted, and the same command goes on.
A member whose code was drawn anew gets the new one. Reminders go to those to whom the board says this registrar has given no card.

Usage:
    mandate mail send -config FILE -store FOLDER -job NAME -letter NAME -title LANG=TEXT … (-codes FILE -round ID | -contacts FILE) [FLAGS]

` + factsUsage + listsUsage + `    -store FOLDER       where it is kept what was sent
    -job NAME           the job: lower-case letters, digits, hyphens
    -to-all             remind members with a card too, and do not ask the board
    -resend-unknown     send again what the server may have taken already
    -resend-bounced     send again what was refused
    -dry-run            read and check everything, and send nothing

` + configUsage + `
Example:
    mandate mail send -config mail.toml -store mails -job invitation-2027 -letter invitation -round 77ab… \
        -title "en=Cards of 2027" -title "es=Tarjetas de 2027" -closes 2027-03-01T18:00:00Z -codes codes.csv -contacts contacts.csv
`, text: append([]string{"store", "job", "round", "codes", "contacts"}, factFlags...), lists: []string{"title", "words"},
		bools: []string{"to-all", "resend-unknown", "resend-bounced", "dry-run"}, needs: []string{"config", "store", "job", "letter", "title"}, run: sendLetters,
	},
	"status": {
		usage: `Says what became of a job's mails, in figures, or of each with -list: member number, status, and the server's code. Without a job it lists jobs.

Usage:
    mandate mail status -store FOLDER [-job NAME [-list FILE]]

    -list FILE          write a CSV file

Example:
    mandate mail status -store mails -job invitation-2027 -list invitation.csv
`, text: []string{"store", "job", "list"}, needs: []string{"store"}, run: status,
	},
	"bounced": {
		usage: `Notes that mails which the server had taken came back, by member number.

Usage:
    mandate mail bounced -store FOLDER -job NAME NUMBER …

Example:
    mandate mail bounced -store mails -job invitation-2027 M-000017 M-000231
`, text: []string{"store", "job"}, needs: []string{"store", "job"}, args: true, run: bounced,
	},
	"paper": {
		usage: `Writes a file for letters on paper (mail-merge): number, name, language, code and link of members who are not reached by e-mail, and notes them as
reached that way. Delete the file when the letters are printed.

Usage:
    mandate mail paper -config FILE -store FOLDER -job NAME (-codes FILE -round ID | -contacts FILE) -out FILE [-who WHO]

    -config FILE        as for mandate mail send
` + listsUsage + whoUsage + `
Example:
    mandate mail paper -config mail.toml -store mails -job invitation-2027 -codes codes.csv -round 77ab… -out letters.csv -who bounced
`, text: []string{"config", "store", "job", "codes", "contacts", "round", "out", "who"}, needs: []string{"config", "store", "job", "out"}, run: paper,
	},
	"sms": {
		usage: `Writes a file for text messages: number, phone and message of members who are not reached by e-mail and have a phone, and notes them as reached
that way. Delete the file when the messages are sent.

Usage:
    mandate mail sms -config FILE -store FOLDER -job NAME -letter NAME -title LANG=TEXT … -codes FILE -contacts FILE -round ID -out FILE [-who WHO]

` + factsUsage + listsUsage + whoUsage + `
Example:
    mandate mail sms -config mail.toml -store mails -job invitation-2027 -letter invitation -title "en=Cards of 2027" \
        -codes codes.csv -contacts contacts.csv -round 77ab… -out messages.csv
`, text: append([]string{"store", "job", "codes", "contacts", "round", "out", "who"}, factFlags...), lists: []string{"title", "words"},
		needs: []string{"config", "store", "job", "letter", "title", "codes", "contacts", "out"}, run: sms,
	},
}

const whoUsage = `    -store FOLDER       where it is kept what was sent
    -job NAME           the job
    -out FILE           the file; only its owner can read it
    -who WHO            unreachable: those without an address (the default); bounced: those too whose mail was refused; all
`
