package verifier_test

import (
	"bytes"
	"crypto/rand"
	"fmt"
	mathrand "math/rand/v2"
	"slices"
	"testing"

	"mandate/ballot/contest"
	"mandate/ballot/record"
	"mandate/ballot/simulate"
	"mandate/crypto/sigma"
	"mandate/crypto/transcript"
	"mandate/verifier"
)

// mutantsOfLogs is how many changed logs a test judges. Many more were when it was written: they take a second each.
const mutantsOfLogs = 8

// A mutator changes records of a log and has them signed again by those who signed them.
type mutator struct {
	*mathrand.Rand
	genesis record.ID
	keys    []sigma.SecretKey
}

func (m *mutator) transcript(payload []byte) *transcript.Transcript {
	t := transcript.New("mandate/v1 record")
	t.AppendBytes("genesis", m.genesis[:])
	t.AppendBytes("payload", payload)
	return t
}

// record returns a record with a byte or two of its payload changed, mostly near the beginning of its body, where the numbers are.
func (m *mutator) record(t *testing.T, raw []byte) []byte {
	var outer [][]byte
	if err := record.DecodeStrict(raw, &outer); err != nil {
		t.Fatal(err)
	}
	payload, seal := bytes.Clone(outer[0]), outer[1]
	body := 2 + int(payload[1]&31) + 34 // after the heads, the kind and the scope
	for range 1 + m.IntN(2) {
		at := body + m.IntN(min(40, len(payload)-body))
		if m.IntN(4) == 0 {
			at = m.IntN(len(payload))
		}
		payload[at] += []byte{1, 255, 1 << m.IntN(8)}[m.IntN(3)]
	}
	for _, key := range m.keys {
		if sigma.VerifySchnorr(m.transcript(outer[0]), key.Public(), seal) == nil {
			signature, err := sigma.Sign(m.transcript(payload), key, rand.Reader)
			if err != nil {
				t.Fatal(err)
			}
			seal = signature
			break
		}
	}
	raw, err := record.Encode([][]byte{payload, seal})
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// log returns a log with some records changed, added, doubled, left out or exchanged, most of them among the last.
func (m *mutator) log(t *testing.T, log [][]byte, last int) [][]byte {
	log = slices.Clone(log)
	for range 1 + m.IntN(6) {
		at := len(log) - 1 - m.IntN(last)
		if m.IntN(8) == 0 {
			at = 1 + m.IntN(len(log)-2)
		}
		switch m.IntN(8) {
		case 0:
			log[at] = m.record(t, log[at])
		case 1:
			log = slices.Delete(log, at, at+1)
		case 2:
			log = slices.Insert(log, at, log[m.IntN(len(log))])
		case 3:
			log[at], log[at-1] = log[at-1], log[at]
		default:
			log = slices.Insert(log, at+m.IntN(2), m.record(t, log[at]))
		}
	}
	return log
}

// Two verifiers that share no code find the same in logs that nobody thought of.
func TestTheSecondVerifierAgreesOnMutants(t *testing.T) {
	agree := agreement(t)
	v := simulate.New(t, simulate.Config{Members: 4, Registrars: 1, Revote: true, Relays: 1, Contests: []contest.Contest{
		grouped("board", contest.MethodScottishSTV, 4, 2, contest.RankingRule{Group: "north", Min: 1, Max: 1}, contest.RankingRule{Group: "south", Min: 1, Max: 2}),
		simulate.YesNo("question")}}).Round().Vote()
	v.Round.Cards(0, 1, 2)
	v.Ceremony()
	v.Open()
	v.Cast(0, []int{0, 2, 1}, []int{simulate.Yes})
	v.Cast(1, []int{3, 0}, []int{simulate.No})
	v.Cast(0, []int{2}, []int{simulate.No})
	v.Finish()

	m := &mutator{mathrand.New(mathrand.NewPCG(17, 5)), v.Org.Genesis, []sigma.SecretKey{v.Org.Board, v.Round.Registrars[0].Key, v.Relays[0]}}
	m.keys = append(m.keys, v.Org.Commission...)
	for _, trustee := range v.Trustees {
		m.keys = append(m.keys, trustee.Key)
	}
	for i := range mutantsOfLogs {
		pkg := packageOf(t, v.Org.Rebuild(m.log(t, v.Org.Log(), 11)))
		o := verifier.Options{Vote: v.ID}
		agree(fmt.Sprint(i), openAndVerify(t, pkg, o).Verdict, pkg, o)
	}
}
