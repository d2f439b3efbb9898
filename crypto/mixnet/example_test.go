package mixnet_test

import (
	"crypto/rand"
	"fmt"
	"log"

	"mandate/crypto/elgamal"
	"mandate/crypto/group"
	"mandate/crypto/mixnet"
	"mandate/crypto/transcript"
)

// Two mixers, one after the other, and what everybody checks.
func Example() {
	secret, err := group.RandomScalar(rand.Reader) // shared by trustees in earnest
	if err != nil {
		log.Fatal(err)
	}
	pk := group.BaseMul(secret)
	var list []elgamal.Ciphertext
	for _, vote := range []uint64{1, 2, 2, 3} {
		r, err := group.RandomScalar(rand.Reader)
		if err != nil {
			log.Fatal(err)
		}
		c, err := elgamal.EncryptInteger(pk, vote, r)
		if err != nil {
			log.Fatal(err)
		}
		list = append(list, c.Encoded())
	}

	generators := transcript.New("example generators")
	generators.AppendString("vote", "committee")
	m, err := mixnet.NewMix(generators, pk, len(list), 1)
	if err != nil {
		log.Fatal(err)
	}
	for mixer := range uint64(2) {
		t := transcript.New("example shuffle")
		t.AppendString("vote", "committee")
		t.AppendUint64("mixer", mixer)

		stage, err := m.Shuffle(t, list, rand.Reader)
		if err != nil {
			log.Fatal(err)
		}
		parts := mixnet.Split(stage.Bytes())

		b, err := mixnet.Join(parts, m.StageSize())
		if err != nil {
			log.Fatal(err)
		}
		received, err := m.DecodeStage(b)
		if err != nil {
			log.Fatal(err)
		}
		if err := m.Verify(t, list, received, rand.Reader); err != nil {
			log.Fatal(err)
		}
		list = received.Outputs
	}

	sum, err := elgamal.Decrypt(secret, elgamal.Sum(list))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(list), "votes, sum as before:", sum.Equal(group.BaseMul(group.ScalarFromUint64(8))))
	// Output: 4 votes, sum as before: true
}
