// Package threshold makes a decryption key of which n trustees each hold a
// share, and decrypts with any t of them (SPEC.md §5.2, §5.3, §11.3, §11.4).
//
// Key generation is Pedersen's, with Feldman commitments: every trustee is a
// dealer of its own random polynomial. What each party does, in order:
//
//  1. [NewDealer] draws the polynomial and a sealing key for this attempt.
//     [Dealer.Hash] is published first, so that nobody can choose a package
//     after seeing another's.
//  2. When all hashes are out, [Dealer.Package] is published. Everyone checks
//     it with [Parameters.CheckPackage]: it proves that the dealer knows every
//     coefficient.
//  3. When all packages are out, [Dealer.Seal] encrypts a share to each
//     trustee's sealing key, the dealer's own included; these are published.
//  4. [Receiver.Receive] opens and checks what all dealers sealed to one
//     trustee and adds it up. If a share does not fit, the trustee publishes
//     its private sealing key, [Receiver.Reveal], and [Parameters.Adjudicate]
//     tells everyone who lied: there is no word against word.
//  5. [Parameters.NewKeys] computes the joint key and every trustee's public key from the
//     packages alone, and [SecretShare.Test] shows that a share works before
//     anything is encrypted to the key.
//
// If anyone fails, everyone begins again with [NewDealer]: an attempt never
// goes on without one of its dealers, because whoever could choose to drop out
// could choose the key (Gennaro, Jarecki, Krawczyk, Rabin: J. Cryptology 20,
// 2007).
//
// To decrypt, [SecretShare.PartialDecrypt] makes one trustee's part for a list
// of ciphertexts with one proof, [VerifyPartial] checks it, and [Combine] joins
// any t of them.
//
// Nothing here is trusted about a message of another trustee but what its
// check establishes. All messages are assumed to be broadcast, seen alike by
// everyone; that is the board's work. Who said what is the signatures' work.
// Fewer than t trustees learn nothing; any t can decrypt everything.
package threshold
