package bench

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"math/big"
	"math/bits"

	"mandate/ballot/credential"
	"mandate/ballot/record"
	"mandate/crypto/blind"
)

// primes is how many primes a throw-away key has: as many as a modulus has words.
const primes = 8 * blind.Size / 64

// e is the public exponent of all registrars' keys (SPEC.md §6.1).
const e = 65537

// A throwAway is an RSA key that signs fifty times faster than a registrar's, since its modulus has 32 primes of one word instead of two of
// sixteen. Nobody who verifies sees the difference. It is for making many credentials soon, and good for nothing else: whoever wants to
// can factor it, and how long it takes to sign tells what.
type throwAway struct {
	public *blind.PublicKey
	n      *big.Int
	parts  []part
}

// part is one prime with its part in the Chinese remainder theorem.
type part struct {
	prime uint64
	exp   uint64   // e⁻¹ modulo prime − 1
	one   *big.Int // 1 modulo this prime, and 0 modulo the others
}

func newThrowAway() (*throwAway, error) {
	t := &throwAway{n: big.NewInt(1)}
	for len(t.parts) < primes {
		p, err := newPart()
		if err != nil {
			return nil, fmt.Errorf("making a throw-away key: %w", err)
		}
		if new(big.Int).Mod(t.n, word(p.prime)).Sign() == 0 {
			continue // it has this prime
		}
		t.n.Mul(t.n, word(p.prime))
		t.parts = append(t.parts, p)
	}
	for i := range t.parts {
		p := &t.parts[i]
		others := new(big.Int).Quo(t.n, word(p.prime))
		p.one = new(big.Int).ModInverse(others, word(p.prime))
		p.one.Mul(p.one, others)
	}
	var err error
	if t.public, err = blind.ParsePublicKey(t.n.Bytes()); err != nil {
		return nil, fmt.Errorf("making a throw-away key: %w", err)
	}
	return t, nil
}

func word(w uint64) *big.Int { return new(big.Int).SetUint64(w) }

// newPart draws a prime so close to 2^64 that the product of all has all bits, and of which e is invertible modulo prime − 1.
func newPart() (part, error) {
	for {
		var b [8]byte
		rand.Read(b[:]) // never fails
		p := word(binary.LittleEndian.Uint64(b[:]) | 0xfe<<56 | 1)
		if !p.ProbablyPrime(20) {
			continue
		}
		exp := new(big.Int).ModInverse(big.NewInt(e), new(big.Int).Sub(p, big.NewInt(1)))
		if exp == nil {
			continue
		}
		return part{prime: p.Uint64(), exp: exp.Uint64()}, nil
	}
}

// root returns the e-th root of c modulo the prime.
func (p *part) root(c []uint64) uint64 {
	var x uint64 // c modulo the prime
	for _, w := range c {
		_, x = bits.Div64(x, w, p.prime)
	}
	y := uint64(1)
	for i := bits.Len64(p.exp) - 1; i >= 0; i-- {
		y = p.mul(y, y)
		if p.exp>>i&1 == 1 {
			y = p.mul(y, x)
		}
	}
	return y
}

func (p *part) mul(x, y uint64) uint64 {
	hi, lo := bits.Mul64(x, y)
	_, r := bits.Div64(hi, lo, p.prime)
	return r
}

// root returns the e-th root of 256 bytes modulo N.
func (t *throwAway) root(c []byte) ([]byte, error) {
	if new(big.Int).SetBytes(c).Cmp(t.n) >= 0 {
		return nil, errors.New("not below the modulus")
	}
	words := make([]uint64, len(c)/8) // the highest first
	for i := range words {
		words[i] = binary.BigEndian.Uint64(c[8*i:])
	}
	sum, term := new(big.Int), new(big.Int)
	for i := range t.parts {
		sum.Add(sum, term.Mul(t.parts[i].one, word(t.parts[i].root(words))))
	}
	return sum.Mod(sum, t.n).FillBytes(make([]byte, blind.Size)), nil
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
		s, err := k.public.SignWith(msg[:], k.root)
		if err != nil {
			return nil, err
		}
		c.Signatures = append(append(c.Signatures, s.Prefix[:]...), s.Sig[:]...)
	}
	return c, nil
}
