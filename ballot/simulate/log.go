package simulate

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"mandate/ballot/checkpoint"
	"mandate/ballot/record"
	"mandate/crypto/merkle"
)

// cosigner is a witness's side of C2SP tlog-cosignature: note.Sign calls it with the text of a checkpoint.
type cosigner struct {
	note.Verifier
	private ed25519.PrivateKey
	now     func() uint64
}

func (c cosigner) Sign(text []byte) ([]byte, error) {
	at := c.now()
	return append(binary.BigEndian.AppendUint64(nil, at), ed25519.Sign(c.private, checkpoint.CosignedMessage(at, text))...), nil
}

// at returns the cosigner with another clock.
func (c cosigner) at(now func() uint64) cosigner {
	c.now = now
	return c
}

func newWitness(tb testing.TB, name string, public ed25519.PublicKey, private ed25519.PrivateKey) Witness {
	tb.Helper()
	key := checkpoint.WitnessKey(name, public)
	v, err := checkpoint.ParseWitnessKey(key)
	if err != nil {
		tb.Fatalf("simulate: %v", err)
	}
	return Witness{Signer: cosigner{v, private, func() uint64 { return Begin }}, Key: key}
}

// Root returns the RFC 6962 tree head over the first records of a log.
func Root(log [][]byte) record.ID {
	var f merkle.Frontier
	for _, raw := range log {
		f.Append(merkle.Hash(record.IDOf(raw)))
	}
	return record.ID(f.Root())
}

// Checkpoint returns the checkpoint of the log as it is, signed by the log and all witnesses.
func (o *Org) Checkpoint() []byte {
	o.tb.Helper()
	return o.CheckpointAt(len(o.log))
}

// CheckpointAt returns the checkpoint of the log's first records, signed by the log and all witnesses.
func (o *Org) CheckpointAt(size int) []byte {
	o.tb.Helper()
	signers := []note.Signer{o.LogSigner}
	for _, w := range o.Witnesses {
		signers = append(signers, w.Signer)
	}
	return o.SignCheckpoint(o.Config.Origin, uint64(size), Root(o.log[:size]), signers...)
}

// SignCheckpoint returns a checkpoint that says anything, signed by anybody.
func (o *Org) SignCheckpoint(origin string, size uint64, root record.ID, signers ...note.Signer) []byte {
	o.tb.Helper()
	text := fmt.Sprintf("%s\n%d\n%s\n", origin, size, base64.StdEncoding.EncodeToString(root[:]))
	b, err := note.Sign(&note.Note{Text: text}, signers...)
	if err != nil {
		o.tb.Fatalf("simulate: checkpoint: %v", err)
	}
	return b
}
