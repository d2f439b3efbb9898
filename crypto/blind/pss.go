package blind

import (
	"crypto/sha512"
	"encoding/binary"
)

// EMSA-PSS of RFC 8017 §9.1 with SHA-384, MGF1 with SHA-384, and a salt of 48
// bytes, for moduli whose size is a multiple of 8 bits: emBits = 8·emLen − 1.
// The letters are the RFC's.

const (
	hLen = sha512.Size384
	sLen = 48
)

// messageHash is step 2 for the input message prefix ‖ msg of RFC 9474 §4.1.
func messageHash(prefix, msg []byte) (mHash [hLen]byte) {
	h := sha512.New384()
	h.Write(prefix)
	h.Write(msg)
	h.Sum(mHash[:0])
	return mHash
}

// seedHash is H = Hash(00 00 00 00 00 00 00 00 ‖ mHash ‖ salt).
func seedHash(mHash *[hLen]byte, salt []byte) [hLen]byte {
	var m [8 + hLen + sLen]byte
	copy(m[8:], mHash[:])
	copy(m[8+hLen:], salt)
	return sha512.Sum384(m[:])
}

// xorMGF1 replaces db by db ⊕ MGF1(seed, len(db)), RFC 8017 appendix B.2.1.
func xorMGF1(db []byte, seed []byte) {
	var block [hLen + 4]byte
	copy(block[:], seed)
	for counter := uint32(0); len(db) > 0; counter++ {
		binary.BigEndian.PutUint32(block[hLen:], counter)
		mask := sha512.Sum384(block[:])
		n := min(len(db), hLen)
		for i := range n {
			db[i] ^= mask[i]
		}
		db = db[n:]
	}
}

// encodePSS is EMSA-PSS-ENCODE of RFC 8017 §9.1.1 into emLen bytes.
func encodePSS(mHash *[hLen]byte, salt *[sLen]byte, emLen int) []byte {
	em := make([]byte, emLen)
	db, h := em[:emLen-hLen-1], em[emLen-hLen-1:emLen-1]
	sum := seedHash(mHash, salt[:]) // steps 5, 6
	copy(h, sum[:])
	db[len(db)-sLen-1] = 0x01 // steps 7, 8
	copy(db[len(db)-sLen:], salt[:])
	xorMGF1(db, h) // steps 9, 10
	db[0] &= 0x7f  // step 11
	em[emLen-1] = 0xbc
	return em
}

// verifyPSS is EMSA-PSS-VERIFY of RFC 8017 §9.1.2. It works on public values
// and overwrites em.
func verifyPSS(mHash *[hLen]byte, em []byte) bool {
	emLen := len(em)
	if em[emLen-1] != 0xbc { // step 4
		return false
	}
	db, h := em[:emLen-hLen-1], em[emLen-hLen-1:emLen-1]
	if db[0]&0x80 != 0 { // step 6
		return false
	}
	xorMGF1(db, h) // steps 7, 8
	db[0] &= 0x7f  // step 9
	ps, salt := db[:len(db)-sLen-1], db[len(db)-sLen:]
	for _, b := range ps { // step 10
		if b != 0 {
			return false
		}
	}
	if db[len(ps)] != 0x01 {
		return false
	}
	return seedHash(mHash, salt) == [hLen]byte(h) // steps 12 to 14
}
