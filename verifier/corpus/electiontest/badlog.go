package electiontest

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"mandate/ballot/canonical"
	"mandate/ballot/record"
	"mandate/ballot/simulate"
	"mandate/crypto/blind/blindtest"
	"mandate/verifier"
)

func refuted(check int, code string, void ...string) Want {
	return Want{Verdict: verifier.Refuted, Check: check, Code: code, Void: void}
}

// badPackages are logs in which nothing is wrong, in packages in which something is.
func badPackages() []Election {
	var es []Election
	bad := func(name, what string, want Want, rows []string, damage func(s *scene, pkg []byte) []byte) {
		es = append(es, Election{"package-" + name, what, rows, want, func(s *scene) {
			plain.at(s, "certified")
			s.pkg = damage(s, pack(s.o, s.o.Log()))
		}})
	}
	flip := func(find func(s *scene, pkg []byte) int) func(*scene, []byte) []byte {
		return func(s *scene, pkg []byte) []byte {
			at := find(s, pkg)
			if at < 0 {
				s.Fatal("the byte to change is not in the package")
			}
			pkg[at] ^= 1
			return pkg
		}
	}
	recordOf := func(s *scene, kind string) []byte { return s.find(kind).Raw() }
	for _, kind := range []string{"ballot", "opening", "shares", "result", "slot-key"} {
		bad("byte-of-"+kind, "A byte of a "+kind+" record is changed.", refuted(3, "tree"), []string{"G6", "J5"},
			flip(func(s *scene, pkg []byte) int { return bytes.Index(pkg, recordOf(s, kind)) + 40 }))
	}
	bad("manifest-of-other-candidates", "The names of two options are exchanged in the manifest, and nothing else.", refuted(3, "tree"), []string{"G14", "A2"},
		func(s *scene, pkg []byte) []byte {
			old := recordOf(s, "vote")
			changed := bytes.Replace(old, []byte("Option 1"), []byte("Option 9"), 1)
			changed = bytes.Replace(changed, []byte("Option 2"), []byte("Option 1"), 1)
			return bytes.Replace(pkg, old, bytes.Replace(changed, []byte("Option 9"), []byte("Option 2"), 1), 1)
		})
	bad("byte-of-a-tile", "A byte of a hash tile is changed.", refuted(3, "tree"), []string{"G5"},
		flip(func(s *scene, pkg []byte) int { h := simulate.Root(s.o.Log()[3:4]); return bytes.Index(pkg, h[:]) + 7 }))
	bad("length-in-a-bundle", "A record's length in a bundle is changed.", refuted(3, "tree"), []string{"G6", "J4"},
		flip(func(s *scene, pkg []byte) int { return bytes.Index(pkg, s.o.Log()[9]) - 1 }))
	bad("signature", "A byte of the log's signature is changed.", refuted(2, "checkpoint"), []string{"G7"},
		flip(func(s *scene, pkg []byte) int {
			i := bytes.Index(pkg, []byte("\u2014 "+s.o.Config.Origin+" "))
			return i + len("\u2014 "+s.o.Config.Origin+" ") + 20
		}))
	bad("root-in-the-checkpoint", "A digit of the root in the checkpoint is changed.", refuted(3, "tree"), []string{"G1"},
		func(s *scene, pkg []byte) []byte {
			at := bytes.Index(pkg, []byte("\n\n\u2014")) - 9
			if pkg[at]++; !bytes.ContainsAny(pkg[at:at+1], "BCDEFGHIJKLMNOPQRSTUVWXYZbcdefghijklmnopqrstuvwxyz123456789") {
				pkg[at] = 'A' // another digit it is
			}
			return pkg
		})
	bad("header", "A byte of a header of the tar file is changed.", refuted(1, "package"), []string{"J1"}, flip(func(*scene, []byte) int { return 300 }))
	bad("padding", "A byte between two files is not zero.", refuted(1, "package"), []string{"J1"}, flip(func(s *scene, pkg []byte) int { return 1023 }))
	bad("end", "A byte of the end of the tar file is not zero.", refuted(1, "package"), []string{"J1"}, flip(func(s *scene, pkg []byte) int { return len(pkg) - 1 }))
	bad("byte-more", "A byte follows the end of the tar file.", refuted(1, "package"), []string{"J1", "G6"}, func(s *scene, pkg []byte) []byte { return append(pkg, 0) })
	bad("file-in-another-order", "A bundle stands before a tile.", refuted(1, "package"), []string{"J1"}, func(s *scene, pkg []byte) []byte {
		tile := bytes.Index(pkg, []byte("tile/0/"))
		bundle := bytes.Index(pkg, []byte("tile/entries/"))
		return slices.Concat(pkg[:tile], pkg[bundle:len(pkg)-1024], pkg[tile:bundle], pkg[len(pkg)-1024:])
	})
	bad("path-out-of-the-folder", "A tile's path leads out of the folder.", refuted(1, "package"), []string{"J13"}, func(s *scene, pkg []byte) []byte {
		return bytes.Replace(pkg, []byte("tile/0/"), []byte("../../x"), 1)
	})
	cut := Want{Verdict: verifier.Unreadable}
	bad("half", "The package ends in the middle.", cut, []string{"J5"}, func(s *scene, pkg []byte) []byte { return pkg[:len(pkg)/2] })
	bad("without-its-end", "The package lacks its last 1,024 bytes.", cut, []string{"J5"}, func(s *scene, pkg []byte) []byte { return pkg[:len(pkg)-1024] })
	bad("nothing", "The package is empty.", cut, []string{"J5"}, func(*scene, []byte) []byte { return []byte{} })

	// Checkpoints.
	signed := func(name, what string, want Want, rows []string, change func(s *scene, cp []byte) []byte) {
		bad(name, what, want, rows, func(s *scene, pkg []byte) []byte { return recheck(s, pkg, change(s, sign(s.o, s.o.Log()))) })
	}
	signed("other-origin", "The checkpoint is of another origin, and signed by the log's key.", refuted(2, "checkpoint"), []string{"G7"}, func(s *scene, cp []byte) []byte {
		return s.o.SignCheckpoint("other.example/log", uint64(len(s.o.Log())), simulate.Root(s.o.Log()), s.o.LogSigner)
	})
	signed("other-log-key", "Another key of the log's name has signed the checkpoint.", refuted(2, "checkpoint"), []string{"G7", "G1"}, func(s *scene, cp []byte) []byte {
		other := simulate.New(s, simulate.Config{Origin: s.o.Config.Origin})
		return s.o.SignCheckpoint(s.o.Config.Origin, uint64(len(s.o.Log())), simulate.Root(s.o.Log()), other.LogSigner)
	})
	signed("unknown-witness", "A witness that no vote names has cosigned the checkpoint.", refuted(2, "checkpoint"), []string{"G1", "G7"}, func(s *scene, cp []byte) []byte {
		return s.o.SignCheckpoint(s.o.Config.Origin, uint64(len(s.o.Log())), simulate.Root(s.o.Log()), s.o.LogSigner, simulate.NewWitness(s, "stranger.example").Signer)
	})
	signed("bad-cosignature", "The witness's cosignature does not verify.", refuted(2, "checkpoint"), []string{"G7"}, func(s *scene, cp []byte) []byte {
		cp[len(cp)-10] ^= 1
		return cp
	})
	signed("extension-line", "The checkpoint has a line more.", refuted(2, "checkpoint"), []string{"G7", "J1"}, func(s *scene, cp []byte) []byte {
		text := strings.SplitN(string(cp), "\n\n", 2)[0] + "\nextension\n"
		return must(note.Sign(&note.Note{Text: text}, s.o.LogSigner))
	})
	signed("line-ends", "The checkpoint has other line ends.", refuted(2, "checkpoint"), []string{"G7"}, func(s *scene, cp []byte) []byte {
		return bytes.ReplaceAll(cp, []byte("\n"), []byte("\r\n"))
	})
	signed("unsigned", "Nobody has signed the checkpoint.", refuted(2, "checkpoint"), []string{"G7"}, func(s *scene, cp []byte) []byte {
		return cp[:bytes.Index(cp, []byte("\n\n"))+2]
	})
	es = append(es, Election{"package-other-tree", "The log's key has signed a checkpoint of the right size with the root of another history.", []string{"G1"}, refuted(3, "tree"), func(s *scene) {
		plain.at(s, "certified")
		log := s.o.Log()
		other := slices.Clone(log)
		other[5] = other[4]
		s.pkg = recheck(s, pack(s.o, log), sign(s.o, other))
	}})
	return es
}

// recheck puts another checkpoint into a package.
func recheck(s *scene, pkg, checkpoint []byte) []byte {
	size := func(h []byte) int {
		var n int
		for _, c := range h[124:135] {
			n = 8*n + int(c-'0')
		}
		return n
	}
	old := (size(pkg) + 511) / 512 * 512
	header := bytes.Clone(pkg[:512])
	n := len(checkpoint)
	for i := range 11 {
		header[134-i] = '0' + byte(n&7)
		n >>= 3
	}
	copy(header[148:156], "        ")
	var sum int
	for _, b := range header {
		sum += int(b)
	}
	for i := range 6 {
		header[153-i] = '0' + byte(sum&7)
		sum >>= 3
	}
	header[154], header[155] = 0, ' '
	body := slices.Concat(checkpoint, make([]byte, (512-len(checkpoint)%512)%512))
	return slices.Concat(header, body, pkg[512+old:])
}

// encoded makes the bytes of a record of any payload, decodable or not.
func encoded(payload, seal any) []byte {
	p, ok := payload.([]byte)
	if !ok {
		p = must(canonical.Encode(payload))
	}
	return must(canonical.Encode([]any{p, seal}))
}

// badLogs have records that no log may have (SPEC.md §9.1, §9.2), or have none that they must.
func badLogs() []Election {
	var es []Election
	// bytes on a log refute the vote that goes on after them, by a check of the log.
	put := func(name, what string, check int, code string, rows []string, raw func(s *scene) []byte) {
		es = append(es, plain.bad("log-"+name, what, "cast", rows, refuted(check, code), true, func(s *scene) { s.raw(raw(s)) }))
	}
	time := func(s *scene) *record.Record {
		return s.o.Sign(s.o.Genesis, &record.Time{Now: s.o.State.Now()}, s.o.Board)
	}
	put("no-record", "Bytes that are no record stand on the log.", 4, "malformed", []string{"J4"}, func(*scene) []byte { return []byte("hello") })
	put("byte-more", "A record has a byte after its end.", 4, "malformed", []string{"J2"}, func(s *scene) []byte { return append(bytes.Clone(time(s).Raw()), 0) })
	put("field-more", "A record has a field too many.", 4, "malformed", []string{"J2"}, func(s *scene) []byte {
		return encoded([]any{"time", s.o.Genesis[:], []any{uint64(simulate.Begin), uint64(1)}}, make([]byte, 64))
	})
	put("other-type", "A record has a text where there is to be a number.", 4, "malformed", []string{"J2"}, func(s *scene) []byte {
		return encoded([]any{"time", s.o.Genesis[:], []any{"now"}}, make([]byte, 64))
	})
	put("short-id", "A record has a scope of 31 bytes.", 4, "malformed", []string{"J2"}, func(s *scene) []byte {
		return encoded([]any{"time", s.o.Genesis[:31], []any{uint64(simulate.Begin)}}, make([]byte, 64))
	})
	put("long-integer", "A record has a number in more bytes than it needs.", 4, "malformed", []string{"J2"}, func(s *scene) []byte {
		p := must(canonical.Encode([]any{"time", s.o.Genesis[:], []any{uint64(5)}}))
		return encoded(append(p[:len(p)-1], 0x18, 5), make([]byte, 64))
	})
	put("indefinite-length", "A record has a list of indefinite length.", 4, "malformed", []string{"J2"}, func(s *scene) []byte {
		p := must(canonical.Encode([]any{"time", s.o.Genesis[:], []any{uint64(5)}}))
		return encoded(append(p[:len(p)-2], 0x9f, 5, 0xff), make([]byte, 64))
	})
	put("bad-utf8", "A text is not UTF-8.", 4, "malformed", []string{"J1", "J2"}, func(s *scene) []byte {
		raw := s.officer(&record.Cancel{By: 1, Reason: "reason"}).Raw()
		return bytes.Replace(raw, []byte("reason"), []byte("reas\xff\xfe"), 1)
	})
	put("deep", "A record is nested as deep as it is long.", 4, "malformed", []string{"J3"}, func(s *scene) []byte {
		return encoded(append(bytes.Repeat([]byte{0x81}, 5000), 0), make([]byte, 64))
	})
	put("unknown-kind", "A record is of a kind that nobody knows.", 4, "unknown-kind", []string{"J12"}, func(s *scene) []byte {
		return encoded([]any{"time2", s.o.Genesis[:], []any{uint64(simulate.Begin)}}, make([]byte, 64))
	})
	put("second-genesis", "The genesis record stands on the log a second time.", 5, "genesis", nil, func(s *scene) []byte { return s.o.Log()[0] })
	put("clock-back", "The board's time goes back by a second.", 6, "time-back", []string{"G13"}, func(s *scene) []byte {
		return s.o.Sign(s.o.Genesis, &record.Time{Now: s.o.State.Now() - 1}, s.o.Board).Raw()
	})

	es = append(es, Election{"log-empty-record", "An entry of no bytes stands in a bundle: such a package has no form.", []string{"J3"}, refuted(3, "tree"), func(s *scene) {
		plain.at(s, "certified")
		log := s.o.Log()
		s.pkg = packRaw(s, slices.Concat(log[:20], [][]byte{{}}, log[20:]))
	}})
	es = append(es, Election{"log-record-of-64-KiB", "A record has 65,535 bytes, as many as fit in a bundle: it is read, and no record.", []string{"J3"}, refuted(4, "malformed"), func(s *scene) {
		plain.at(s, "cast")
		s.raw(make([]byte, record.MaxSize))
		plain.finish(s, "cast")
	}})

	// Genesis records.
	genesis := func(name, what string, check int, code string, rows []string, change func(s *scene, g *record.Genesis)) {
		es = append(es, Election{"genesis-" + name, what, rows, refuted(check, code), func(s *scene) {
			o := simulate.New(s, simulate.Config{})
			b := o.GenesisBody()
			s.o = o
			change(s, b)
			zero := *o
			zero.Genesis = record.ID{}
			raw := zero.Sign(record.ID{}, b, o.Board).Raw()
			s.o = o.Until(0)
			s.raw(raw)
			s.ask = false
		}})
	}
	genesis("older-version", "The genesis record is of an older version.", 5, "genesis", []string{"J12"}, func(s *scene, g *record.Genesis) { g.Version = "mandate/v0" })
	genesis("no-commission", "The genesis record names no commission.", 5, "genesis", nil, func(s *scene, g *record.Genesis) { g.Commission = nil })
	genesis("identity", "The board's key is the identity.", 5, "genesis", []string{"B6"}, func(s *scene, g *record.Genesis) { g.Board = record.Key{} })
	genesis("officer-twice", "Two officers have one key.", 5, "genesis", nil, func(s *scene, g *record.Genesis) { g.Commission[1].Key = g.Commission[0].Key })
	genesis("board-is-officer", "An officer has the board's key.", 5, "genesis", []string{"J10"}, func(s *scene, g *record.Genesis) { g.Commission[1].Key = g.Board })
	genesis("other-key-name", "The log's key has another name than the log.", 2, "checkpoint", []string{"G7"}, func(s *scene, g *record.Genesis) { g.Origin += "x" })
	genesis("no-key", "The log's key is none.", 3, "tree", []string{"G7"}, func(s *scene, g *record.Genesis) { g.LogKey = g.LogKey[:20] })
	es = append(es, Election{"genesis-signed-by-another", "Somebody else than the board has signed the genesis record; what follows it has no effect.", []string{"A10"}, refuted(5, "genesis", "time/scope"), func(s *scene) {
		o := simulate.New(s, simulate.Config{})
		zero := *o
		zero.Genesis = record.ID{}
		raw, next := zero.Sign(record.ID{}, o.GenesisBody(), o.Commission[0]).Raw(), o.Log()[1]
		s.o = o.Until(0)
		s.raw(raw)
		s.raw(next)
		s.ask = false
	}})
	es = append(es, Election{"genesis-missing", "The log begins with another record.", nil, refuted(3, "tree"), func(s *scene) {
		o := simulate.New(s, simulate.Config{})
		s.o, s.ask = o, false
		s.log = o.Log()[1:]
	}})
	es = append(es, Election{"log-without-records", "The log is empty.", []string{"J5"}, refuted(3, "tree"), func(s *scene) {
		o := simulate.New(s, simulate.Config{})
		s.o, s.ask, s.log = o, false, [][]byte{}
	}})

	// The wrong log altogether.
	es = append(es,
		Election{"vote-missing", "The log has no vote of the id that is asked for.", []string{"C5"}, Want{Verdict: verifier.Refuted, Check: 7, Code: "vote-missing"}, func(s *scene) {
			plain.at(s, "certified")
			s.other = record.ID{1}
		}},
		Election{"vote-made-up", "Somebody makes up all parties, and a whole log in which nothing is wrong but the vote's id.", []string{"C5", "F5", "I10"}, Want{Verdict: verifier.Refuted, Check: 7, Code: "vote-missing"}, func(s *scene) {
			opened(s, simulate.Config{})
			s.v.Cast(0, aye()...)
			s.v.Finish()
			real := simulate.New(s, simulate.Config{}).Round().Vote()
			s.other = real.ID
		}})

	// Records without effect on any vote.
	void := func(name, what, code string, rows []string, do func(s *scene) *record.Record) {
		es = append(es, plain.void("void-"+name, what, "cast", code, plainResult, rows, do))
	}
	void("time-of-another-log", "A time record names another log.", "time/scope", []string{"C5"}, func(s *scene) *record.Record {
		return s.o.Sign(record.ID{1}, &record.Time{Now: simulate.Begin}, s.o.Board)
	})
	void("made-for-another-log", "A time record was signed for another log.", "time/signature", []string{"C5", "A10"}, func(s *scene) *record.Record {
		other := *s.o
		other.Genesis = record.ID{1}
		return other.Sign(s.o.Genesis, &record.Time{Now: s.o.State.Now()}, s.o.Board)
	})
	void("signature-plus-order", "A signature's scalar has the group's order added.", "time/signature", []string{"B5", "J11"}, func(s *scene) *record.Record {
		r := time(s)
		return reseal(r, addOrder(r.Seal(), 32))
	})
	void("signature-of-zeros", "A signature is 64 zero bytes.", "time/signature", []string{"J11"}, func(s *scene) *record.Record { return reseal(time(s), make([]byte, 64)) })
	void("signature-a-byte-longer", "A signature has a byte more.", "time/signature", []string{"J11"}, func(s *scene) *record.Record {
		r := time(s)
		return reseal(r, append(bytes.Clone(r.Seal()), 0))
	})
	void("another-signer", "A registrar signs a closing in the name of the commission.", "closing/signature", []string{"A10", "J10"}, func(s *scene) *record.Record {
		return s.o.Sign(s.v.ID, &record.Closing{By: 1}, s.r.Registrars[0].Key)
	})
	void("time-after-9999", "A time is past the year 9999.", "time/form", nil, func(s *scene) *record.Record {
		return s.o.Sign(s.o.Genesis, &record.Time{Now: record.MaxTime + 1}, s.o.Board)
	})
	void("officer-3-of-2", "A closing is by officer 3 of two.", "closing/author", nil, func(s *scene) *record.Record { return s.officer(&record.Closing{By: 3}) })
	void("ballot-of-a-round", "A ballot names the round and not the vote.", "ballot/scope", []string{"G8"}, func(s *scene) *record.Record {
		return s.o.Sign(s.r.ID, s.v.Ballot(3, yes...).Body, s.o.Board)
	})
	return es
}

// packRaw makes a package of any entries, also of none.
func packRaw(s *scene, log [][]byte) []byte {
	pkg := pack(s.o, s.o.Log())
	good := s.o.Log()
	var old, changed []byte
	for _, r := range good {
		old = append(binary.BigEndian.AppendUint16(old, uint16(len(r))), r...)
	}
	for _, r := range log {
		changed = append(binary.BigEndian.AppendUint16(changed, uint16(len(r))), r...)
	}
	// The bundle has its length in the header; the entry of no bytes takes the place of the last record's last bytes.
	at := bytes.Index(pkg, old)
	if at < 0 {
		s.Fatal("the log is of more than one bundle")
	}
	copy(pkg[at:at+len(old)], changed)
	return pkg
}

// badOrganisations have records of SPEC.md §9.3 and §9.4 that have no effect.
func badOrganisations() []Election {
	var es []Election
	void := func(name, what, at, code string, rows []string, do func(s *scene) *record.Record) {
		if at == "cast" {
			es = append(es, plain.void("round-"+name, what, at, code, plainResult, rows, do))
			return
		}
		es = append(es, plain.stopped("round-"+name, what, at, code, rows, do))
	}
	void("roll-again", "A second roll has the roll-id of the first.", "cast", "roll/dup", nil, func(s *scene) *record.Record {
		b := s.find("roll").Body.(*record.Roll)
		return s.o.Officer(s.o.Genesis, &record.Roll{By: 1, RollID: b.RollID, Title: "Other", AsOf: b.AsOf, Count: 1})
	})
	void("roll-of-nobody", "A roll has no entries.", "cast", "roll/form", nil, func(s *scene) *record.Record {
		return s.o.Officer(s.o.Genesis, &record.Roll{By: 1, RollID: record.ID{1}, Title: "Nobody", AsOf: "2027-01-01"})
	})
	void("part-after-the-last", "A part of the roll follows its last one.", "cast", "roll-part/order", nil, func(s *scene) *record.Record {
		return s.o.Officer(s.find("roll").ID(), &record.RollPart{By: 1, Part: 1, Entries: make([]byte, 32)})
	})
	void("part-again", "A part of the roll is there twice.", "cast", "roll-part/dup", nil, func(s *scene) *record.Record { return s.find("roll-part") })
	es = append(es, plain.bad("round-other-entries", "The entries of a second roll do not give its root.", "cast", []string{"F5"},
		verified(plainResult, "roll-part/roll-root"), true, func(s *scene) {
			id := s.o.Post(s.o.Officer(s.o.Genesis, &record.Roll{By: 1, RollID: record.ID{1}, Title: "Other", AsOf: "2027-01-01", Count: 1, Root: record.ID{1}}))
			s.put(s.o.Officer(id, &record.RollPart{By: 1, Entries: make([]byte, 32)}))
		}))
	es = append(es, plain.bad("round-of-half-a-roll", "A round is called on a roll whose entries are missing.", "cast", nil,
		verified(plainResult, "round/roll"), true, func(s *scene) {
			id := s.o.Post(s.o.Officer(s.o.Genesis, &record.Roll{By: 1, RollID: record.ID{1}, Title: "Other", AsOf: "2027-01-01", Count: 1, Root: record.ID{1}}))
			b, _ := s.o.RoundBody(id)
			s.put(s.o.Officer(s.o.Genesis, b))
		}))
	void("registrar-twice", "A round has one registrar's key twice.", "cast", "round/form", []string{"F12", "F6"}, func(s *scene) *record.Record {
		b, _ := s.o.RoundBody(s.find("roll").ID())
		b.Registrars[1].Key = b.Registrars[0].Key
		return s.o.Officer(s.o.Genesis, b)
	})
	void("removed-twice", "An entry is taken off the roll that is off it.", "cast", "roll-removal/dup", nil, func(s *scene) *record.Record {
		s.o.Post(removal(s, true, 4))
		return removal(s, true, 4)
	})
	void("removed-off-the-roll", "An entry is taken off the roll that was not on it.", "cast", "roll-removal/form", nil, func(s *scene) *record.Record { return removal(s, true, 6) })
	void("removed-by-a-registrar", "A registrar takes an entry off the roll.", "cast", "roll-removal/signature", []string{"A10"}, func(s *scene) *record.Record {
		return s.o.Sign(s.find("roll").ID(), &record.RollRemoval{By: 1, Entries: []uint64{4}, Removed: true, Reason: "disliked"}, s.r.Registrars[0].Key)
	})
	void("accepted-twice", "A registrar accepts the roll twice.", "cast", "roll-accept/dup", nil, func(s *scene) *record.Record { return s.find("roll-accept") })
	void("accepts-another-roll", "A registrar accepts another roll.", "round", "roll-accept/roll-root", nil, func(s *scene) *record.Record {
		return s.r.By(1, &record.RollAccept{Registrar: 1, Root: record.ID{1}})
	})
	void("issues-before-accepting", "A registrar issues cards before it has accepted the roll.", "round", "issues/phase", nil, func(s *scene) *record.Record {
		return s.r.By(1, &record.Issues{Registrar: 1, Entries: []uint64{0}})
	})
	void("key-of-another-slot", "A registrar uses the key of one slot for another.", "accepted", "slot-key/key-reuse", []string{"C6"}, func(s *scene) *record.Record {
		s.o.Post(s.r.By(1, s.r.SlotKey(1, 0)))
		s.r.Registrars[0].Slots[1] = s.r.Registrars[0].Slots[0]
		return s.r.By(1, s.r.SlotKey(1, 1))
	})
	es = append(es, plain.bad("round-key-of-an-earlier-round", "A registrar uses a key of an earlier round: cards of that could vote again.", "cast", []string{"C6", "F10"},
		verified(plainResult, "slot-key/key-reuse"), true, func(s *scene) {
			private, id := s.o.PostRoll()
			next := s.o.RoundOf(private, id)
			next.Registrars[0].Slots[0] = s.r.Registrars[0].Slots[0]
			s.put(next.By(1, next.SlotKey(1, 0)))
		}))
	void("second-key", "A registrar posts a second key of one slot, for some members.", "cast", "slot-key/dup", []string{"F7"}, func(s *scene) *record.Record {
		b := s.r.SlotKey(1, 0)
		b.Modulus[0] ^= 1
		return s.r.By(1, b)
	})
	void("slot-beyond-the-last", "A registrar posts a key of a slot that the round does not have.", "cast", "slot-key/form", nil, func(s *scene) *record.Record {
		b := s.r.SlotKey(1, 0)
		b.Slot = 3
		return s.r.By(1, b)
	})
	for _, c := range []struct {
		name, what string
		rows       []string
		change     func(b *record.SlotKey)
	}{
		{"wrong-root", "A root of a key's certificate is wrong.", []string{"F8"}, func(b *record.SlotKey) { b.Roots[1000] ^= 1 }},
		{"certificate-of-another-slot", "A key has the certificate of another slot.", []string{"F8", "A10"}, func(b *record.SlotKey) { b.Slot = 1 }},
		{"no-permutation", "A key's exponent divides p − 1: it is no permutation, and hides messages badly.", []string{"F8"}, func(b *record.SlotKey) {
			modulus, _, _ := blindtest.NotAPermutation(maker{})
			b.Modulus = [record.ModulusSize]byte(modulus)
		}},
		{"even-modulus", "A key's modulus is even.", []string{"B3", "F8"}, func(b *record.SlotKey) { b.Modulus[record.ModulusSize-1] &= 0xfe }},
		{"short-modulus", "A key's modulus has 2047 bits.", []string{"B3", "F8"}, func(b *record.SlotKey) { b.Modulus[0] &= 0x7f }},
	} {
		void("key-"+c.name, c.what, "accepted", "slot-key/key", c.rows, func(s *scene) *record.Record {
			b := s.r.SlotKey(1, 0)
			c.change(b)
			return s.r.By(1, b)
		})
	}
	void("entry-off-the-roll", "A registrar issues to an entry that is not on the roll.", "cast", "issues/form", []string{"F5"}, func(s *scene) *record.Record {
		return s.r.By(1, &record.Issues{Registrar: 1, Entries: []uint64{5, 6}})
	})
	void("entry-twice", "A registrar lists an entry twice.", "cast", "issues/form", []string{"F5", "F17"}, func(s *scene) *record.Record {
		return s.r.By(1, &record.Issues{Registrar: 1, Entries: []uint64{4, 4}})
	})
	void("issues-again", "A registrar publishes issues that are all there.", "cast", "issue/dup", []string{"F17", "F19"}, func(s *scene) *record.Record {
		return s.r.By(1, &record.Issue{Registrar: 1, Entry: 3})
	})
	return es
}
