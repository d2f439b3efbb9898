// Package blind makes and checks the registrars' blind signatures: RFC 9474
// RSABSSA-SHA384-PSS-Randomized with 2048-bit moduli and e = 65537, and
// nothing else. There is no variant, size or exponent to choose.
//
// # Use
//
// A registrar makes one [SecretKey] per round and slot with [GenerateKey],
// publishes its modulus with a [Certificate] ([SecretKey.Certify]), and
// answers blinded requests with [SecretKey.BlindSign]. Signing keeps no state:
// the same request gets the same bytes, before and after a restart.
//
// A member's client reads the modulus with [ParsePublicKey] and, before it uses
// the key, runs [PublicKey.CheckCertificate]. [NewRequest] blinds a message, and
// [Request.Finalize] turns the registrar's answer into a [Signature] that
// anybody checks with [PublicKey.Verify] or with any RSA-PSS library, over the
// message Prefix ‖ msg.
//
// A message has many valid signatures, because both its prefix and the salt are
// random. A spent set must therefore be keyed by the message, never by the
// signature.
//
// # Derivation
//
// All randomness of a request comes from a 32-byte seed, so that a card restored
// from its secret repeats the identical request (SPEC.md §6.3):
//
//	PRK    = HKDF-Extract(SHA-512, salt = "mandate/v1 blind request", IKM = seed)
//	D      = 64-byte transcript sum over modulus, message and info
//	prefix = HKDF-Expand(PRK, "prefix" ‖ D, 32)
//	salt   = HKDF-Expand(PRK, "salt" ‖ D, 48)
//	r      = the first of HKDF-Expand(PRK, "blind" ‖ i ‖ D, 256), i = 0..255 in
//	         one byte, that as a big-endian integer lies in [1, N−1]
//
// D covers modulus, message and info, so a seed that is used twice by mistake,
// or under a key that a registrar replaced, still blinds with unrelated values.
//
// # Key certificate (SPEC.md §6.2)
//
// Blinding hides the message perfectly only if r ↦ r^e permutes the units modulo
// N. A registrar shows this with the e-th roots σ_0..σ_7 of eight values that it
// cannot choose: ρ_k is the concatenation of five 64-byte transcript sums over
// modulus, context, k and the block number 0..4, read as a big-endian integer of
// 2,560 bits and reduced modulo N. If 65537 divides φ(N), which is possible
// without a prime factor ≤ 65537 only through a prime p ≡ 1 mod 65537, then at
// most one unit in 65537 is an e-th power, so a false certificate exists with
// probability at most 65537^−8 = 2^−128 for each modulus that a cheat tries
// (Goldberg, Reyzin, Sagga, Baldimtsi, "Efficient Noninteractive Certification
// of RSA Moduli and Beyond", IACR ePrint 2018/057). It says nothing about how hard
// N is to factor: a registrar that hands out a weak key is a dishonest registrar,
// which one honest registrar makes harmless.
//
// # Timing and faults
//
// The private power runs on filippo.io/bigmod, whose operations do not depend on
// secret values, with the Chinese remainder theorem; its result is checked
// against the input before it leaves, so that a computing fault cannot give the
// factors away (Boneh, DeMillo, Lipton, EUROCRYPT '97). Since the operation
// takes the same time for every input, there is no base blinding. The client's
// blinding runs on bigmod too, except for one inversion, whose input is first
// multiplied by an independent uniform value so that its timing says nothing.
// math/big is used in vartime.go only, on public or so masked values.
//
// # Trust
//
// A signature shows that a holder of the secret key answered one request; it
// does not show which. A registrar that sees the timing of a request and of its
// use may still link the two, and that is outside this package. The caller
// chooses messages with 32 random bytes or more in them.
package blind
