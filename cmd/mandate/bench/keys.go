package bench

import (
	"crypto/rand"
	"crypto/rsa"
	"fmt"

	"filippo.io/bigmod"

	"mandate/ballot/credential"
	"mandate/ballot/record"
	"mandate/crypto/blind"
)

// primes is how many primes a throw-away key has: the more, the faster it signs, and the easier it is to factor.
const primes = 12

// A throwAway is an RSA key that signs several times faster than a registrar's, since its modulus has twelve primes of 170 bits instead of two of
// 1024. Nobody who verifies sees the difference. It is for making many credentials soon, and good for nothing else: whoever wants to
// can factor it.
type throwAway struct {
	public *blind.PublicKey
	n      *bigmod.Modulus
	parts  []part
}

// part is one prime with its part in the Chinese remainder theorem.
type part struct {
	prime *bigmod.Modulus
	exp   []byte      // e⁻¹ modulo prime − 1, big-endian
	one   *bigmod.Nat // 1 modulo this prime, and 0 modulo the others
}

func newThrowAway() (*throwAway, error) {
	fail := func(err error) (*throwAway, error) { return nil, fmt.Errorf("making a throw-away key: %w", err) }
	//lint:ignore SA1019 a key of many primes is what is wanted here
	k, err := rsa.GenerateMultiPrimeKey(rand.Reader, primes, 8*blind.Size)
	if err != nil {
		return fail(err)
	}
	t := new(throwAway)
	if t.public, err = blind.ParsePublicKey(k.N.Bytes()); err != nil {
		return fail(err)
	}
	if t.n, err = bigmod.NewModulus(k.N.Bytes()); err != nil {
		return fail(err)
	}
	exps := [][]byte{k.Precomputed.Dp.Bytes(), k.Precomputed.Dq.Bytes()}
	//lint:ignore SA1019 the same
	for _, c := range k.Precomputed.CRTValues {
		exps = append(exps, c.Exp.Bytes())
	}
	for i := range k.Primes {
		others := bigmod.NewNat().SetUint(1).ExpandFor(t.n)
		for j := range k.Primes {
			if j == i {
				continue
			}
			p, err := bigmod.NewNat().SetBytes(k.Primes[j].FillBytes(make([]byte, blind.Size)), t.n)
			if err != nil {
				return fail(err)
			}
			others.Mul(p, t.n)
		}
		prime := k.Primes[i].Bytes()
		m, err := bigmod.NewModulus(prime)
		if err != nil {
			return fail(err)
		}
		prime[len(prime)-1]-- // it is odd; x^(p−1) is 1 modulo p (Fermat)
		t.parts = append(t.parts, part{prime: m, exp: exps[i], one: bigmod.NewNat().Exp(others, prime, t.n)})
	}
	return t, nil
}

// root returns the e-th root of 256 bytes modulo N.
func (t *throwAway) root(c []byte) ([]byte, error) {
	in, err := bigmod.NewNat().SetBytes(c, t.n)
	if err != nil {
		return nil, err
	}
	out := bigmod.NewNat().ExpandFor(t.n)
	for _, p := range t.parts {
		root := bigmod.NewNat().Exp(bigmod.NewNat().Mod(in, p.prime), p.exp, p.prime)
		out.Add(root.ExpandFor(t.n).Mul(p.one, t.n), t.n)
	}
	return out.Bytes(t.n), nil
}

// slotKey makes the record of the key.
func (t *throwAway) slotKey(round record.ID, registrar uint64) (*record.SlotKey, error) {
	context := credential.KeyContext(round, 0, registrar)
	c, err := t.public.CertifyWith(context[:], t.root)
	if err != nil {
		return nil, err
	}
	return &record.SlotKey{Registrar: registrar, Modulus: [record.ModulusSize]byte(t.public.Modulus()), Roots: c}, nil
}

// credentialOf makes a credential for slot 0 of a round that all keys have signed.
func credentialOf(round record.ID, keys []*throwAway) (*credential.Credential, error) {
	unsigned := make([][]blind.Signature, len(keys))
	for i := range unsigned {
		unsigned[i] = make([]blind.Signature, 1)
	}
	card, err := credential.NewCard(credential.NewSecret(), round, unsigned)
	if err != nil {
		return nil, err
	}
	c, err := card.Credential(0)
	if err != nil {
		return nil, err
	}
	msg := credential.Message(round, 0, c.Key)
	c.Signatures = c.Signatures[:0]
	for _, k := range keys {
		var seed [32]byte
		rand.Read(seed[:]) // never fails
		request, blinded, err := blind.NewRequest(k.public, msg[:], &seed, nil)
		if err != nil {
			return nil, err
		}
		signed, err := k.root(blinded)
		if err != nil {
			return nil, err
		}
		s, err := request.Finalize(signed) // and verifies
		if err != nil {
			return nil, err
		}
		c.Signatures = append(append(c.Signatures, s.Prefix[:]...), s.Sig[:]...)
	}
	return c, nil
}
