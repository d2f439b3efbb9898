package organise

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"mandate/ballot/contest"
	"mandate/ballot/fold"
	"mandate/ballot/record"
	entries "mandate/ballot/roll"
	"mandate/ballot/simulate"
	"mandate/cmd/mandate/daemon"
	"mandate/cmd/mandate/roll"
)

// entry writes an entry's file.
func (o *office) entry(name string, e *daemon.Entry) string {
	o.t.Helper()
	b, err := e.Marshal("test")
	o.must(err)
	return o.write(name, string(b))
}

func (o *office) trustee(name string) (file string, key daemon.Key) {
	o.t.Helper()
	key = daemon.Key(simulate.NewKey(o.t).Public().Encoding())
	return o.entry(name+".toml", &daemon.Entry{Trustees: []daemon.TrusteeEntry{{Name: name, Key: key}}}), key
}

func (o *office) id(out, what string) record.ID {
	o.t.Helper()
	m := regexp.MustCompile(what + `: ([0-9a-f]{64})`).FindStringSubmatch(out)
	if m == nil {
		o.t.Fatalf("no %s in %q", what, out)
	}
	id, err := record.ParseID(m[1])
	o.must(err)
	return id
}

// A roll and a round are announced from the command line; what makes no sense is not.
func TestAnnounceRollAndRound(t *testing.T) {
	o := newOffice(t)
	folder, err := roll.Create(o.file("members"))
	o.must(err)
	for i := range 3 {
		o.must(folder.Add(roll.Person{Number: fmt.Sprint("M-", i), Name: fmt.Sprint("Member ", i)}))
	}
	_, err = folder.Make(roll.Spec{Slug: "everybody", Title: "Everybody", AsOf: "2027-01-01"})
	o.must(err)
	o.fails(2, "roll", "", "-members and -name are needed")
	o.fails(2, "roll", "-members | "+o.file("members"), "-members and -name")
	o.fails(1, "roll", "-members | "+o.file("members")+" | -name | nobody", "nobody")
	of := o.id(o.does("roll", "-members | "+o.file("members")+" | -name | everybody"), "roll")
	if r := o.org.State.Roll(of); r == nil || r.Announce.Count != 3 || r.Announce.Title != "Everybody" {
		t.Fatalf("%+v", r)
	}
	if made, _, err := folder.Roll("everybody"); err != nil || made.Record != of {
		t.Errorf("%v, %v", made, err)
	}
	alone, err := entries.New("Alone", "", "2027-01-01", []entries.Member{{Number: "1", Name: "Ana"}})
	o.must(err)
	private, err := alone.Marshal()
	o.must(err)
	file := o.write("alone", string(private))
	first := o.id(o.does("roll", "-roll | "+file), "roll")
	if again := o.id(o.does("roll", "-roll | "+file), "roll"); again != first {
		t.Error("the roll was announced twice")
	}

	registrar := func(name string) string {
		return o.entry(name+".toml", &daemon.Entry{Registrars: []daemon.RegistrarEntry{{
			Name: name, Operator: name, Channel: "code", URL: "https://" + name + ".example", Key: daemon.Key(simulate.NewKey(t).Public().Encoding()),
		}}})
	}
	one, two := registrar("one"), registrar("two")
	args := "-roll | " + of.String() + " | -title | en=Cards | -opens | +0s | -closes | +24h | -registrar | "
	id := o.id(o.does("round", args+one+" | -registrar | "+two+" | -slots | 4"), "round")
	r := o.org.State.Round(id).Manifest
	if len(r.Registrars) != 2 || r.Registrars[1].Name != "two" || r.Slots != 4 || r.PetitionSlots != 2 || r.Roll != of || r.Closes-r.Opens != 86_400 {
		t.Errorf("%+v", r)
	}
	trustee, _ := o.trustee("ana")
	o.fails(2, "round", args+trustee, "no [[registrar]]")
	o.fails(1, "round", args+o.file("none.toml"), "-registrar")
	o.fails(1, "round", args+o.file("parties.toml"), "there is no key")
	o.fails(2, "round", args+one+" | -slots | many", "-slots")
	o.fails(2, "round", strings.Replace(args, "+24h", "-24h", 1)+one, "time zone")
	o.fails(2, "round", strings.Replace(args, "+0s", "+25h", 1)+one, "is not after")
	o.fails(1, "round", strings.Replace(args, of.String(), strings.Repeat("ab", 32), 1)+one, "roll")
}

// A vote without rules: the questions that can be put, and those that cannot.
func TestCallAPlainVote(t *testing.T) {
	o := newOffice(t)
	ana, key := o.trustee("Ana")
	ben, _ := o.trustee("Ben")
	chi, _ := o.trustee("Chi")
	begin := "-round | " + o.round.ID.String() + " | -title | en=A strike fund? | -opens | +48h | -closes | +96h | -trustee | " + ana + " | -trustee | " + ben + " | -trustee | " + chi
	two := " | -option | yes en=Yes | -option | no en=No"
	o.fails(1, "vote", begin+two+" | -max | 3", "max")
	o.fails(1, "vote", begin+two+" | -threshold | 4", "threshold")
	v := o.org.State.Vote(o.id(o.does("vote", begin+two+" | -pass | yes | -share | 2/3 | -turnout | 1/4 | -binding"), "vote"))
	m, q := v.Manifest, v.Manifest.Contests[0]
	if len(m.Trustees) != 3 || m.Trustees[0].Key != record.Key(key) || m.Threshold != 2 || m.Quorum != 3 || m.Mixes != 0 || !m.Revote || m.Mock || m.Closes-m.Opens != 48*3600 || m.Grace != 3600 || m.Step != 48*3600 {
		t.Errorf("%+v", m)
	}
	want := contest.Decision{Method: contest.MethodThreshold, Num: 2, Den: 3, Strict: true, Base: contest.BaseBallots, QuorumNum: 1, QuorumDen: 4, Binding: true}
	if fmt.Sprint(q.Decision) != fmt.Sprint(want) || q.Min != 0 || q.Max != 1 || len(q.Options) != 2 || q.Title.In("en") != "A strike fund?" {
		t.Errorf("%+v", q)
	}
	out := o.does("vote", begin+two+" | -rank | scottish-stv | -seats | 1 | -question | en=Who? | -final | -mock | -threshold | 3")
	v = o.org.State.Vote(o.id(out, "vote"))
	m, q = v.Manifest, v.Manifest.Contests[0]
	if q.Kind != contest.KindRanked || q.Depth != 2 || q.Ranking.Method != contest.MethodScottishSTV || q.Title.In("en") != "Who?" || m.Mixes != 3 || m.Revote || !m.Mock {
		t.Errorf("%+v", q)
	}
	for args, says := range map[string]string{
		begin: "-option is needed", begin + two + " | -pass | maybe": "no option", begin + two + " | -rank | borda": "no method",
		begin + two + " | -rank | irv | -max | 2": "-rank has neither", begin + two + " | -pass | yes | -share | half": "-share", begin + two + " | -step | soon": "-step",
		begin + two + " | -threshold | most": "-threshold", begin + " | -option | yes": "-option",
	} {
		o.fails(2, "vote", args, says)
	}
	o.fails(2, "vote", strings.Split(begin, " | -trustee")[0]+two, "trustees are needed")
}

// A body's call is signed with keys that its members have made themselves, and by nobody else.
func TestSignABodysCall(t *testing.T) {
	o := newOffice(t)
	phrase := func(i int) string { return o.file(fmt.Sprintf("passphrase-%d", i)) } // drawn
	parties := "threshold = 1\nquorum = 1\n"
	trustee, _ := o.trustee("Ana")
	for i := range 17 {
		if i >= 6 {
			parties += fmt.Sprintf("[[body]]\nname = \"Member %d\"\nkey = %q\n", i+1, record.ID(simulate.NewKey(t).Public().Encoding()).String())
			continue
		}
		out := o.does("key", fmt.Sprintf("-dir | %s | -passphrase | %s | -name | Member %d", o.file(fmt.Sprint("member-", i+1)), phrase(i+1), i+1))
		parties += out
		if i == 0 {
			parties = "responder = " + regexp.MustCompile(`key = (".*")`).FindStringSubmatch(out)[1] + "\n" + parties
		}
	}
	o.fails(1, "key", "-dir | "+o.file("member-1")+" | -passphrase | "+phrase(1)+" | -name | Member 1", "nothing was changed")
	o.write("parties.toml", parties)
	o.call("-template | federal-endorsement | -reason | A reason. | -trustee | " + trustee)
	sign := func(i int) string {
		return fmt.Sprintf("-dir | %s | -passphrase | %s", o.file(fmt.Sprint("member-", i)), phrase(i))
	}
	o.fails(1, "sign", "", "does not name this key") // the officer's
	for i := range 6 {
		o.does("sign", sign(i+1))
	}
	if v := o.state(); v.Phase != fold.Called || len(v.Signed()) != 6 {
		t.Errorf("%v, %d signatures", v.Phase, len(v.Signed()))
	}
	o.fails(1, "sign", sign(1), "")
	words := o.write("response.txt", "We will do it.")
	o.fails(1, "respond", sign(2)+" | -text | "+words, "does not name this key")
	o.fails(1, "respond", sign(1)+" | -text | "+words, "") // there is no result yet

	// No trustee was at fault, so none can be replaced; and what is no entry of one is said.
	dan, _ := o.trustee("Dan")
	o.fails(1, "replace", "-number | 1 | -trustee | "+dan+" | -reason | Broken.", "")
	o.fails(2, "replace", "-number | x | -trustee | "+dan+" | -reason | Broken.", "-number")
	o.fails(1, "replace", "-number | 1 | -trustee | "+o.file("none")+" | -reason | Broken.", "-trustee")
}
