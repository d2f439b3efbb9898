package organise

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"path/filepath"
	"slices"

	"mandate/ballot/record"
	"mandate/ballot/text"
	"mandate/cmd/mandate/daemon"
	"mandate/cmd/mandate/party"
)

// ownUsage are the flags of verbs with a key of one's own.
const ownUsage = `    -board URL          the board
    -dir FOLDER         your own folder, which mandate organise key has made
    -passphrase FILE    read its passphrase from FILE instead of asking for it
`

var keyVerb = &verb{
	usage: `Makes a key of your own, for a member of a body that calls votes by name, or for who responds in the body's name. It shows your lines for
the file of parties, which are for the commission.

Usage:
    mandate organise key -dir FOLDER -name NAME [-passphrase FILE]

    -dir FOLDER         your own folder, which is made
    -name NAME          your name, as it stands on the board
    -passphrase FILE    a file with a passphrase, drawn if it is not there, instead of typing one

Example:
    mandate organise key -dir ana -name "Ana Ruiz"
`, local: true, needs: []string{"name"},
	flags: func(c *call, f *flag.FlagSet) { c.texts(f, "name") },
	run: func(_ context.Context, c *call) error {
		if err := text.CheckName("-name", c.get("name")); err != nil {
			return misuse("%w", err)
		}
		own := &daemon.Common{Dir: c.dir, Passphrase: c.secret}
		release, err := own.ClaimNew()
		if err != nil {
			return err
		}
		defer release()
		v, err := own.NewVault(c.in, c.err)
		if err != nil {
			return err
		}
		key, err := party.Key(v, signingKey)
		if err != nil {
			return err
		}
		c.say("[[body]]\nname = %q\nkey = %q", c.get("name"), record.ID(key.Public().Encoding()))
		return nil
	},
}

var signVerb = &verb{
	usage: `Signs a body's call, by name: the vote is called once enough members of the body have. It stands on the board for good.

Usage:
    mandate organise sign -board URL -dir FOLDER -vote ID

` + ownUsage + `    -vote ID            the vote that is proposed

Example:
    mandate organise sign -board https://board.example.org -dir ana -vote 5f0c…
`, own: true, needs: []string{"vote"},
	flags: func(c *call, f *flag.FlagSet) { c.texts(f, "vote") },
	run: func(ctx context.Context, c *call) error {
		v := c.view.State().Vote(c.vote)
		if v == nil || v.Rules() == nil || v.Rules().Call.Body == nil {
			return fmt.Errorf("vote %s is none that a body calls", c.vote.Short())
		}
		own := c.signer.Public().Encoding()
		i := slices.IndexFunc(v.Rules().Call.Body.Members, func(o record.Officer) bool { return o.Key == own })
		if i < 0 {
			return errors.New("the vote does not name this key as one of the body's members")
		}
		id, err := party.Post(ctx, c.view, c.vote, &record.Call{Member: uint64(i + 1)}, c.signer)
		if err == nil {
			c.say("record: %s", id)
		}
		return err
	},
}

var respondVerb = &verb{
	usage: `Responds to the result of a vote in the body's name: what follows from it. It stands on the board for good.

Usage:
    mandate organise respond -board URL -dir FOLDER -vote ID -text FILE

` + ownUsage + `    -vote ID            the vote that is certified
    -text FILE          the response

Example:
    mandate organise respond -board https://board.example.org -dir speaker -vote 5f0c… -text response.txt
`, own: true, needs: []string{"vote", "text"},
	flags: func(c *call, f *flag.FlagSet) { c.texts(f, "vote", "text") },
	run: func(ctx context.Context, c *call) error {
		words, err := readFile("-text", c.get("text"), record.MaxSize)
		if err != nil {
			return err
		}
		if v := c.view.State().Vote(c.vote); v == nil || v.Rules() == nil || v.Rules().Response.Key != c.signer.Public().Encoding() {
			return errors.New("the vote does not name this key as the one that responds")
		}
		id, err := party.Post(ctx, c.view, c.vote, &record.Response{Text: text.Clean(string(words))}, c.signer)
		if err == nil {
			c.say("record: %s", id)
		}
		return err
	},
}

var replaceVerb = &verb{
	usage: `Puts another trustee in the place of one who was at fault too often while the key is made. The making begins anew.

Usage:
    mandate organise replace -board URL -dir FOLDER -vote ID -number N -trustee FILE -reason TEXT

` + commonUsage + `    -vote ID            the vote
    -number N           whose place, from 1
    -trustee FILE       the new trustee's entry
    -reason TEXT        why; it stands on the board for good

Example:
    mandate organise replace -config commission.toml -vote 5f0c… -number 2 -trustee dan-entry.toml -reason "Ben's machine is broken."
`, needs: []string{"vote", "number", "trustee", "reason"},
	flags: func(c *call, f *flag.FlagSet) { c.texts(f, "vote", "number", "trustee", "reason") },
	run: func(ctx context.Context, c *call) error {
		number, err := c.number("number", 0)
		if err != nil {
			return err
		}
		e, err := daemon.ReadEntry(filepath.Clean(c.get("trustee")))
		if err != nil {
			return fmt.Errorf("-trustee: %w", err)
		}
		if len(e.Trustees) != 1 {
			return misuse("-trustee: the file has %d [[trustee]], want one", len(e.Trustees))
		}
		return c.officer.Replace(ctx, c.vote, int(min(number, 1<<20)), e.Trustees[0].Trustee(), c.get("reason"))
	},
}
