package fold_test

import (
	"bytes"
	"slices"
	"strings"

	"mandate/ballot/fold"
	"mandate/ballot/record"
	"mandate/ballot/simulate"
	"mandate/crypto/blind"

	"golang.org/x/mod/sumdb/note"
)

// SPEC.md §9.9.
var closingRefusals = []refusal{
	{"a closing before the opening", "ready", fold.Void, "phase", func(s *scene) []byte { return s.v.Officer(&record.Closing{By: 1}).Raw() }},
	{"a second closing", "closed", fold.Void, "phase", func(s *scene) []byte { return find(s, "closing").Raw() }},
	{"G13 before its time", "cast", fold.Fatal, "closing-time", func(s *scene) []byte {
		s.fork()
		s.o.Reach(s.v.Manifest.Closes - 1)
		return s.v.Officer(&record.Closing{By: 1}).Raw()
	}},
	{"promises before closing", "cast", fold.Void, "phase", func(s *scene) []byte { return s.v.Promised(0, 0, true).Raw() }},
	{"promises after the seal", "sealed", fold.Void, "phase", func(s *scene) []byte { return s.v.Promised(0, 1, true).Raw() }},
	{"promises: a second part first", "closed", fold.Void, "order", func(s *scene) []byte { return s.v.Promised(0, 1, true).Raw() }},
	{"a part left out", "closed", fold.Void, "order", func(s *scene) []byte {
		s.fork()
		s.o.Post(s.v.Promised(1, 0, false))
		return s.v.Promised(1, 2, true).Raw()
	}},
	{"a part again", "closed", fold.Void, "dup", func(s *scene) []byte {
		s.fork()
		s.o.Post(s.v.Promised(1, 0, false, record.ID{1}))
		return s.v.Promised(1, 0, false, record.ID{2}).Raw()
	}},
	{"a part after the last", "listed", fold.Void, "dup", func(s *scene) []byte { return s.v.Promised(0, 1, true, record.ID{1}).Raw() }},
	{"half an id", "closed", fold.Void, "form", func(s *scene) []byte {
		return s.o.Sign(s.v.ID, &record.Promises{Author: 1, Last: true, Ballots: make([]byte, 48)}, s.v.Relays[0]).Raw()
	}},
	{"2001 ids", "closed", fold.Void, "form", func(s *scene) []byte {
		return s.o.Sign(s.v.ID, &record.Promises{Author: 1, Last: true, Ballots: make([]byte, 32*(record.MaxPromises+1))}, s.v.Relays[0]).Raw()
	}},
	{"G13: a list of the board's own", "closed", fold.Void, "form", func(s *scene) []byte { return s.v.Promised(0, 0, true, record.ID{1}).Raw() }},
	{"more than four ids for each roll entry", "closed", fold.Void, "limit", func(s *scene) []byte {
		return s.v.Promised(1, 0, true, make([]record.ID, 4*s.v.Org.Config.Members+1)...).Raw()
	}},
	{"a seal before closing", "cast", fold.Void, "phase", func(s *scene) []byte { return sealRecord(s) }},
	{"a second seal", "sealed", fold.Void, "phase", func(s *scene) []byte { return sealRecord(s) }},
	{"G3 without the board's list", "closed", fold.Fatal, "seal-promises", func(s *scene) []byte {
		s.fork()
		s.o.Post(s.v.Promised(1, 0, true))
		return sealRecord(s)
	}},
	{"G3 without a relay's list", "closed", fold.Fatal, "seal-promises", func(s *scene) []byte {
		s.fork()
		s.o.Post(s.v.Promised(0, 0, true))
		return sealRecord(s)
	}},
	{"G3 without a list's last part", "closed", fold.Fatal, "seal-promises", func(s *scene) []byte {
		s.fork()
		s.o.Post(s.v.Promised(0, 0, true))
		s.o.Post(s.v.Promised(1, 0, false))
		return sealRecord(s)
	}},
	{"G3 without a promised ballot", "closed", fold.Fatal, "seal-promises", func(s *scene) []byte {
		s.fork()
		s.v.Promises(s.v.Ballot(3, yes...).ID())
		s.o.Reach(s.v.State().ClosedAt + s.v.Manifest.Grace - 1)
		return sealRecord(s)
	}},
	{"F5 more credentials than any registrar has issued to", "open", fold.Fatal, "stuffing", func(s *scene) []byte {
		s.fork()
		for i := range 5 { // four members have cards; all registrars conspire
			cred, err := s.r.Mint().Credential(s.v.Manifest.Slot)
			if err != nil {
				s.t.Fatal(err)
			}
			s.o.Post(s.v.BallotOf(cred, []int{i % 2}, []int{0}))
		}
		s.v.Close()
		s.v.Promises()
		return sealRecord(s)
	}},
}

func sealRecord(s *scene) []byte { return s.o.Sign(s.v.ID, &record.Seal{}, s.o.Board).Raw() }

// SPEC.md §9.10.
var tallyRefusals = []refusal{
	{"an input before the seal", "listed", fold.Void, "phase", func(s *scene) []byte {
		return s.v.By(1, &record.Input{Trustee: 1, Size: uint64(len(s.o.Log())), Root: simulate.Root(s.o.Log())}).Raw()
	}},
	{"an input after the result", "certified", fold.Void, "phase", func(s *scene) []byte { return s.v.By(3, s.v.InputBody(3)).Raw() }},
	{"E14 a second input", "signed", fold.Void, "dup", func(s *scene) []byte {
		b := s.v.InputBody(1)
		b.Root[0] ^= 1
		return s.v.By(1, b).Raw()
	}},
	input("E14 another root", "input-root", func(s *scene, b *record.Input) { b.Root[0] ^= 1 }),
	input("D5 a size without the last ballot", "input-root", func(s *scene, b *record.Input) { b.Size-- }),
	input("a size with the seal's successor", "input-root", func(s *scene, b *record.Input) { b.Size++ }),
	{"E14 the root of another history", "sealed", fold.Void, "input-root", func(s *scene) []byte {
		other := at(s.t, "cast")
		other.fork()
		other.v.Cast(3, yes...)
		other.v.Close()
		other.v.Promises()
		other.v.Seal()
		return other.v.By(1, other.v.InputBody(1)).Raw()
	}},
	input("G7 no checkpoint", "input-checkpoint", func(s *scene, b *record.Input) { b.Checkpoint = "" }),
	input("G2 a checkpoint before the seal", "input-checkpoint", func(s *scene, b *record.Input) {
		b.Checkpoint = string(s.o.CheckpointAt(int(b.Size) - 1))
	}),
	input("a checkpoint of what is not there yet", "input-checkpoint", func(s *scene, b *record.Input) {
		b.Checkpoint = string(s.o.SignCheckpoint(s.o.Config.Origin, b.Size+1, b.Root, s.o.LogSigner, s.o.Witnesses[0].Signer))
	}),
	input("E14 a checkpoint with another root", "input-checkpoint", func(s *scene, b *record.Input) {
		b.Checkpoint = string(s.o.SignCheckpoint(s.o.Config.Origin, b.Size, record.ID{1}, s.o.LogSigner, s.o.Witnesses[0].Signer))
	}),
	input("G7 a checkpoint of another origin", "input-checkpoint", func(s *scene, b *record.Input) {
		b.Checkpoint = string(s.o.SignCheckpoint("other.example/log", b.Size, b.Root, s.o.LogSigner, s.o.Witnesses[0].Signer))
	}),
	input("G7 a checkpoint by another log of that name", "input-checkpoint", func(s *scene, b *record.Input) {
		other := simulate.New(s.t, simulate.Config{Origin: s.o.Config.Origin})
		b.Checkpoint = string(s.o.SignCheckpoint(s.o.Config.Origin, b.Size, b.Root, other.LogSigner, s.o.Witnesses[0].Signer))
	}),
	input("G1 a checkpoint without the witness", "input-checkpoint", func(s *scene, b *record.Input) {
		b.Checkpoint = string(s.o.SignCheckpoint(s.o.Config.Origin, b.Size, b.Root, s.o.LogSigner))
	}),
	input("G1 a checkpoint with another witness of that name", "input-checkpoint", func(s *scene, b *record.Input) {
		w := simulate.NewWitness(s.t, "witness1.example")
		b.Checkpoint = string(s.o.SignCheckpoint(s.o.Config.Origin, b.Size, b.Root, s.o.LogSigner, w.Signer))
	}),
	input("a checkpoint with the witness and not the log", "input-checkpoint", func(s *scene, b *record.Input) {
		b.Checkpoint = string(s.o.SignCheckpoint(s.o.Config.Origin, b.Size, b.Root, []note.Signer{s.o.Witnesses[0].Signer}...))
	}),
	input("G7 a checkpoint with other line ends", "input-checkpoint", func(s *scene, b *record.Input) {
		b.Checkpoint = strings.ReplaceAll(b.Checkpoint, "\n", "\r\n")
	}),
	{"shares before the seal", "closed", fold.Void, "phase", func(s *scene) []byte { return s.v.By(1, s.v.SharesBody(1, 0)).Raw() }},
	{"shares after the result", "certified", fold.Void, "phase", func(s *scene) []byte { return s.v.By(3, s.v.SharesBody(3, 0)).Raw() }},
	{"E14 shares before q trustees have signed the input", "sealed", fold.Void, "input-quorum", func(s *scene) []byte {
		s.fork()
		s.v.Inputs(1)
		return s.v.By(1, s.v.SharesBody(1, 0)).Raw()
	}},
	{"shares of no ballots", "open", fold.Void, "empty", func(s *scene) []byte {
		s.fork()
		s.v.Close()
		s.v.Promises()
		s.v.Seal()
		s.v.Inputs(1, 2)
		return s.v.By(1, s.v.SharesBody(1, 0)).Raw()
	}},
	shares("E8 a contest that is not there", "form", func(s *scene, b *record.Shares) { b.Contest = 2 }),
	{"the same shares again", "opened", fold.Void, "dup", func(s *scene) []byte { return s.v.By(1, s.v.SharesBody(1, 0)).Raw() }},
	shares("E8 the shares of another contest", "share", func(s *scene, b *record.Shares) { b.Contest = 1 }),
	shares("E7 another trustee's shares", "share", func(s *scene, b *record.Shares) { *b = *s.v.SharesBody(2, 0); b.Trustee = 1 }),
	shares("B6 the identity for a share", "share", func(s *scene, b *record.Shares) { clear(b.Shares[:32]) }),
	shares("a share that is no element", "share", func(s *scene, b *record.Shares) { b.Shares[31] |= 0x80 }),
	shares("a share less", "share", func(s *scene, b *record.Shares) { b.Shares = b.Shares[32:] }),
	shares("D7 a share more", "share", func(s *scene, b *record.Shares) { b.Shares = slices.Concat(b.Shares, b.Shares[:32]) }),
	shares("E8 no proof", "share", func(s *scene, b *record.Shares) { b.Proof = nil }),
	shares("A10 two shares in each other's place", "share", func(s *scene, b *record.Shares) {
		b.Shares = slices.Concat(b.Shares[32:64], b.Shares[:32], b.Shares[64:])
	}),
	shares("A7 two shares that are wrong by opposite factors", "share", func(s *scene, b *record.Shares) {
		es, err := record.Elements(b.Shares)
		if err != nil {
			s.t.Fatal(err)
		}
		e := s.o.Board.Public().Element()
		b.Shares = es[2].Append(es[1].Sub(e).Append(es[0].Add(e).Append(nil)))
	}),
	shares("A3 the proof of other shares", "share", func(s *scene, b *record.Shares) { b.Proof = s.v.SharesBody(1, 1).Proof }),
	shares("B5 a response plus the group's order", "share", func(s *scene, b *record.Shares) {
		b.Proof = addOrder(b.Proof, len(b.Proof)-32)
	}),
	{"C5 the shares of another vote", "signed", fold.Void, "share", func(s *scene) []byte {
		other := at(s.t, "signed")
		v := simulate.Whole(s.t, simulate.Config{Members: 3, Contests: other.v.Manifest.Contests})
		b := find(&scene{t: s.t, o: v.Org}, "shares").Body
		return s.v.By(1, b).Raw()
	}},
	{"B9 shares of sums without one ballot", "signed", fold.Void, "share", func(s *scene) []byte {
		// One trustee helps a board that shows it a log from which a ballot is missing.
		less := at(s.t, "open")
		less.fork()
		less.v.Cast(0, yes...)
		body := less.v.SharesBody(1, 0)
		return s.v.By(1, body).Raw()
	}},
	{"a result before the seal", "listed", fold.Void, "phase", func(s *scene) []byte { return s.v.Officer(&record.Result{By: 1}).Raw() }},
	{"a second result", "certified", fold.Void, "phase", func(s *scene) []byte { return find(s, "result").Raw() }},
	{"E14 before q trustees have signed the input", "sealed", fold.Fatal, "result-input", func(s *scene) []byte {
		s.fork()
		s.v.Inputs(1)
		b := body[*record.Result](s, "certified", "result")
		return s.v.Officer(&b).Raw()
	}},
	{"E11 with the shares of t-1 trustees", "signed", fold.Fatal, "result-shares", func(s *scene) []byte {
		s.fork()
		s.v.Shares(3)
		b := body[*record.Result](s, "certified", "result")
		return s.v.Officer(&b).Raw()
	}},
	{"E11 with t trustees' shares of one contest only", "signed", fold.Fatal, "result-shares", func(s *scene) []byte {
		s.fork()
		for i := 1; i <= 3; i++ {
			s.o.Post(s.v.By(i, s.v.SharesBody(i, 0)))
		}
		s.o.Post(s.v.By(1, s.v.SharesBody(1, 1)))
		b := body[*record.Result](s, "certified", "result")
		return s.v.Officer(&b).Raw()
	}},
	result("another roll", "result-count", func(b *record.Result) { b.Roll++ }),
	result("B9 a ballot more", "result-count", func(b *record.Result) { b.Counted++ }),
	result("a contest less", "result-count", func(b *record.Result) { b.Contests = b.Contests[:1] }),
	result("a contest more", "result-count", func(b *record.Result) { b.Contests = append(b.Contests, b.Contests[0]) }),
	result("B8 one vote moved", "result-count", func(b *record.Result) { b.Contests[0].Counts = []uint64{1, 2, 0} }),
	result("B9 one vote less", "result-count", func(b *record.Result) { b.Contests[0].Counts = []uint64{2, 0, 0} }),
	result("B8 one vote more", "result-count", func(b *record.Result) { b.Contests[0].Counts = []uint64{3, 1, 0} }),
	result("B8 more votes than ballots", "result-count", func(b *record.Result) { b.Contests[0].Counts = []uint64{4, 1, 0} }),
	result("B8 2^64-1 votes", "result-count", func(b *record.Result) { b.Contests[0].Counts = []uint64{2, 1, 1<<64 - 1} }),
	result("a count less", "result-count", func(b *record.Result) { b.Contests[0].Counts = []uint64{2, 1} }),
	result("no counts", "result-count", func(b *record.Result) { b.Contests[0].Counts = nil }),
	result("wrong counts and a wrong outcome before them", "result-count", func(b *record.Result) {
		b.Contests[0].Outcome = "failed"
		b.Contests[1].Counts = []uint64{0, 0, 0}
	}),
	result("another outcome", "result-outcome", func(b *record.Result) { b.Contests[0].Outcome = "failed" }),
	result("an outcome nobody knows", "result-outcome", func(b *record.Result) { b.Contests[0].Outcome = "won" }),
	result("another winner", "result-outcome", func(b *record.Result) { b.Contests[0].Winners = []uint64{simulate.No} }),
	result("no winner", "result-outcome", func(b *record.Result) { b.Contests[0].Winners = nil }),
	result("a tie that somebody has broken", "result-outcome", func(b *record.Result) {
		b.Contests[1].Outcome, b.Contests[1].Winners = "elected", []uint64{0}
	}),
	{"counts of no ballots", "open", fold.Fatal, "result-count", func(s *scene) []byte {
		s.fork()
		s.v.Close()
		s.v.Promises()
		s.v.Seal()
		s.v.Inputs(1, 2)
		b := s.v.ResultBody()
		b.Contests[0].Counts[0] = 1
		return s.v.Officer(b).Raw()
	}},
}

func input(name, code string, change func(*scene, *record.Input)) refusal {
	return refusal{name, "sealed", fold.Void, code, func(s *scene) []byte {
		b := s.v.InputBody(1)
		change(s, b)
		return s.v.By(1, b).Raw()
	}}
}

func shares(name, code string, change func(*scene, *record.Shares)) refusal {
	return refusal{name, "signed", fold.Void, code, func(s *scene) []byte {
		b := s.v.SharesBody(1, 0)
		change(s, b)
		return s.v.By(1, b).Raw()
	}}
}

func result(name, code string, change func(*record.Result)) refusal {
	return refusal{name, "opened", fold.Fatal, code, func(s *scene) []byte {
		b := s.v.ResultBody()
		change(b)
		return s.v.Officer(b).Raw()
	}}
}

// signBlindly returns a registrar's signature of a message as it stands on a ballot.
func signBlindly(s *scene, key *blind.SecretKey, msg []byte) []byte {
	s.t.Helper()
	var seed [32]byte
	randomness.Read(seed[:])
	req, blinded, err := blind.NewRequest(key.Public(), msg, &seed, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	signed, err := key.BlindSign(blinded)
	if err != nil {
		s.t.Fatal(err)
	}
	sig, err := req.Finalize(signed)
	if err != nil {
		s.t.Fatal(err)
	}
	return append(bytes.Clone(sig.Prefix[:]), sig.Sig[:]...)
}
