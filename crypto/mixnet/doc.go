// Package mixnet shuffles ElGamal ciphertexts and proves it: the outputs
// encrypt what the inputs encrypt, in an order that only the mixer knows. The
// proof is that of Terelius and Wikström ("Proofs of restricted shuffles",
// AFRICACRYPT 2010), made as in the specification of CHVote (Haenni, Koenig,
// Locher, Dubuis, IACR ePrint 2017/325); SPEC.md, "Shuffles", is normative and
// its letters are used here.
//
// A [Mix] is what all stages of one mix have in common: the key, the number
// of items and how many ciphertexts each has (its width), and the generators,
// which are hashed from the caller's context and never read from anybody:
//
//	m, err := mixnet.NewMix(generators, pk, len(inputs)/width, width)
//	stage, err := m.Shuffle(t, inputs, rand.Reader)          // a mixer
//	parts := mixnet.Split(stage.Bytes())                     // to the log
//	b, err := mixnet.Join(parts, m.StageSize())              // everybody
//	stage, err := m.DecodeStage(b)
//	err = m.Verify(t, inputs, stage, rand.Reader)
//
// The transcript t says which shuffle this is (vote, contest, stage, mixer,
// sealed input); the proof covers it, the key, the generators, the inputs, the
// outputs and every commitment. Verify takes one multi-scalar multiplication;
// [Mix.VerifyEach] checks equation by equation and names the one that fails.
//
// What a proof shows is that outputs are a shuffle of inputs. That the inputs
// are the right ones, that the mixer may mix at this stage, and that enough
// different mixers have mixed, is for the caller to check. So is that every
// input came with a proof of knowledge of its randomness: without that, mixing
// does not hide who sent what (Pfitzmann, EUROCRYPT '94).
//
// No ciphertexts are no mix: [NewMix] refuses them with [ErrEmpty]. A single
// one is mixed and proved like any other number, and hidden from nobody.
//
// Secrets are handled in constant time but for this: the permutation is
// applied by reading and writing at secret places of memory. Somebody who runs
// programs on the mixer's processor while it mixes might see which.
package mixnet
