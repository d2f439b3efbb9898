#!/usr/bin/env python3
"""A second implementation of SPEC.md sections 5.2, 5.3, 11.3 and 11.4, from the text alone.

It shares nothing with the Go code, uses only the standard library and the reference of package sigma, is slow, and is not
constant time.

    reference.py make  > reference.json   a whole key generation and decryption, which the Go tests check
    reference.py check < FILE             checks one, such as go.json, which the Go code made
"""
import hashlib
import hmac
import json
import os
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "sigma", "testdata"))
import reference as sigma
from reference import D, G, L, P, SQRT_M1, Point, Transcript, ct_abs, decode, le, neg, scalar, sqrt_ratio

O = Point(0, 1)


# RFC 9496 section 4.3.4.
def map_to_point(b):
    t = int.from_bytes(b, "little") & (2**255 - 1)
    r = SQRT_M1 * t * t % P
    u = (r + 1) * (1 - D * D) % P
    v = (-1 - r * D) * (r + D) % P
    square, s = sqrt_ratio(u, v)
    c = -1
    if not square:
        s, c = -ct_abs(s * t % P) % P, r
    sqrt_ad_minus_one = -sqrt_ratio((-D - 1) % P, 1)[1]  # the negative one is the RFC's
    n = (c * (r - 1) * (D - 1) ** 2 - v) % P
    w0, w1, w2, w3 = 2 * s * v % P, n * sqrt_ad_minus_one % P, (1 - s * s) % P, (1 + s * s) % P
    return Point(w0 * pow(w1, -1, P), w2 * pow(w3, -1, P))


def hash_to_group(b):
    return map_to_point(b[:32]) + map_to_point(b[32:])


def element(t, label, e):
    t.stream += sigma.item(4, label, e.encode())


# RFC 7748 section 5.
def x25519(k, u):
    k = int.from_bytes(k, "little") & ~7 & (2**255 - 1) | 2**254
    x1 = int.from_bytes(u, "little") & (2**255 - 1)
    x2, z2, x3, z3, swap = 1, 0, x1, 1, 0
    for bit in range(254, -1, -1):
        b = k >> bit & 1
        if swap ^ b:
            x2, x3, z2, z3 = x3, x2, z3, z2
        swap = b
        a, c = x2 + z2, x2 - z2
        aa, cc = a * a, c * c
        e = aa - cc
        da, cb = (x3 - z3) * a, (x3 + z3) * c
        x3, z3 = (da + cb) ** 2 % P, x1 * (da - cb) ** 2 % P
        x2, z2 = aa * cc % P, e * (aa + 121665 * e) % P
    if swap:
        x2, z2 = x3, z3
    return (x2 * pow(z2, P - 2, P) % P).to_bytes(32, "little")


BASE = (9).to_bytes(32, "little")


# RFC 8439: ChaCha20-Poly1305 without associated data.
def chacha_block(key, counter, nonce):
    def rotl(x, n):
        return (x << n | x >> 32 - n) & 0xFFFFFFFF

    start = list(struct.unpack("<4I", b"expand 32-byte k") + struct.unpack("<8I", key) + (counter,) + struct.unpack("<3I", nonce))
    s = start[:]
    for i in range(10):
        for a, b, c, d in ((0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
                           (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14)):
            for x, y, z, n in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
                s[x] = s[x] + s[y] & 0xFFFFFFFF
                s[z] = rotl(s[z] ^ s[x], n)
    return struct.pack("<16I", *((x + y) & 0xFFFFFFFF for x, y in zip(s, start)))


def chacha(key, nonce, data):
    stream = b"".join(chacha_block(key, 1 + i, nonce) for i in range((len(data) + 63) // 64))
    return bytes(x ^ y for x, y in zip(data, stream))


def poly1305(key, nonce, ciphertext):
    k = chacha_block(key, 0, nonce)[:32]
    r, s = int.from_bytes(k[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF, int.from_bytes(k[16:], "little")
    padded = ciphertext + bytes(-len(ciphertext) % 16) + struct.pack("<QQ", 0, len(ciphertext))
    acc = 0
    for i in range(0, len(padded), 16):
        acc = (acc + int.from_bytes(padded[i:i + 16] + b"\x01", "little")) * r % (2**130 - 5)
    return (acc + s & 2**128 - 1).to_bytes(16, "little")


# RFC 9180: base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20Poly1305.
KEM_SUITE = b"KEM" + bytes.fromhex("0020")
HPKE_SUITE = b"HPKE" + bytes.fromhex("0020" "0001" "0003")


def extract(suite, salt, label, ikm):
    return hmac.new(salt or bytes(32), b"HPKE-v1" + suite + label + ikm, hashlib.sha256).digest()


def expand(suite, prk, label, info, n):
    info = struct.pack(">H", n) + b"HPKE-v1" + suite + label + info
    return hmac.new(prk, info + b"\x01", hashlib.sha256).digest()[:n]


def hpke_key(dh, enc, pk, info):
    shared = expand(KEM_SUITE, extract(KEM_SUITE, b"", b"eae_prk", dh), b"shared_secret", enc + pk, 32)
    context = b"\x00" + extract(HPKE_SUITE, b"", b"psk_id_hash", b"") + extract(HPKE_SUITE, b"", b"info_hash", info)
    secret = extract(HPKE_SUITE, shared, b"secret", b"")
    return expand(HPKE_SUITE, secret, b"key", context, 32), expand(HPKE_SUITE, secret, b"base_nonce", context, 12)


def seal(pk, info, plaintext, ephemeral):
    enc = x25519(ephemeral, BASE)
    key, nonce = hpke_key(x25519(ephemeral, pk), enc, pk, info)
    ciphertext = chacha(key, nonce, plaintext)
    return enc + ciphertext + poly1305(key, nonce, ciphertext)


def unseal(sk, info, sealed):
    enc, ciphertext, tag = sealed[:32], sealed[32:-16], sealed[-16:]
    dh = x25519(sk, enc)
    key, nonce = hpke_key(dh, enc, x25519(sk, BASE), info)
    if dh == bytes(32) or poly1305(key, nonce, ciphertext) != tag:
        raise ValueError("does not open")
    return chacha(key, nonce, ciphertext)


# SPEC.md section 4.2, for relations of one leaf under a transcript.
def challenge(rel, t, elements, moves):
    u = Transcript("")
    u.stream = t.stream
    u.bytes("relation", sigma.relation_id(rel))
    u.elements("elements", elements)
    u.elements("commitments", moves)
    return u.challenge("challenge")


def prove(rel, t, elements, witnesses, rnd):
    refs = [G] + elements
    k = [rnd("nonce") for _ in witnesses]
    moves = [k[w] * refs[base] for image, [(w, base)] in rel[3][3]]
    c = challenge(rel, t, elements, moves)
    return b"".join(m.encode() for m in moves) + b"".join(le(a + c * w) for a, w in zip(k, witnesses))


def verify(rel, t, elements, proof):
    equations, refs = rel[3][3], [G] + elements
    assert len(proof) == 32 * (len(equations) + rel[3][2]), "size of proof"
    parts = [proof[i:i + 32] for i in range(0, len(proof), 32)]
    moves, z = [decode(b) for b in parts[:len(equations)]], [scalar(b) for b in parts[len(equations):]]
    c = challenge(rel, t, elements, moves)
    for (image, [(w, base)]), move in zip(equations, moves):
        assert z[w] * refs[base] == move + c * refs[image], "equation"


def possession(t):
    return ("possession", ["phi%d" % j for j in range(t)], [],
            ("linear", "coefficients", t, [(1 + j, [(j, 0)]) for j in range(t)]))


# SPEC.md section 5.2.
class Attempt:
    def __init__(self, ctx, attempt, n, t):
        self.ctx, self.attempt, self.n, self.t = ctx, attempt, n, t

    def begin(self, label):
        t = Transcript(label)
        t.bytes("ctx", self.ctx)
        t.integer("attempt", self.attempt)
        return t

    def possession(self, i, key, sealing):
        t = self.begin("mandate/v1 possession")
        t.integer("n", self.n)
        t.integer("t", self.t)
        t.integer("trustee", i)
        t.bytes("key", key)
        t.bytes("sealing", sealing)
        return t

    def package_hash(self, i, coefficients, sealing, proof):
        t = self.begin("mandate/v1 package")
        t.integer("trustee", i)
        t.bytes("coefficients", coefficients)
        t.bytes("sealing", sealing)
        t.bytes("proof", proof)
        return t.sum("hash")[:32]

    def info(self, dealer, receiver):
        t = self.begin("mandate/v1 sealed share")
        t.integer("dealer", dealer)
        t.integer("receiver", receiver)
        return t.sum("info")[:32]

    def test_element(self):
        return hash_to_group(self.begin("mandate/v1 test element").sum("element"))

    def test(self, i, joint):
        t = self.begin("mandate/v1 share test")
        t.integer("trustee", i)
        element(t, "key", joint)
        return t


def at(commitments, l):
    e = O
    for j, c in enumerate(commitments):
        e = e + pow(l, j) * c
    return e


# SPEC.md section 11.3.
def shares_statement(ctx, contest, i, y, cs, ms):
    s = Transcript("mandate/v1 shares")
    s.bytes("ctx", ctx)
    s.integer("contest", contest)
    s.integer("trustee", i)
    element(s, "Y", y)
    s.elements("A", [a for a, _ in cs])
    s.elements("B", [b for _, b in cs])
    s.elements("M", ms)
    base, image = O, O
    for j, ((a, _), m) in enumerate(zip(cs, ms)):
        w = Transcript("")
        w.stream = s.stream
        w.integer("index", j)
        weight = int.from_bytes(w.sum("weight")[:16], "little")
        base, image = base + weight * a, image + weight * m
    return s, base, image


def elements(b):
    return [decode(b[i:i + 32]) for i in range(0, len(b), 32)]


def join(es):
    return b"".join(e.encode() for e in es).hex()


def check(v):
    b = lambda o, k: bytes.fromhex(o[k])
    a = Attempt(b(v, "ctx0"), v["attempt"], v["n"], v["t"])
    trustees, equality = v["trustees"], sigma.RELATIONS["equality"]
    assert len(trustees) == a.n
    commitments = []
    for i, p in enumerate(trustees, 1):
        phi = elements(b(p, "coefficients"))
        assert len(phi) == a.t and all(e != O for e in phi), "degree"
        assert x25519(bytes(32), b(p, "sealing")) != bytes(32), "low order"
        verify(possession(a.t), a.possession(i, b(p, "key"), b(p, "sealing")), phi, b(p, "proof"))
        assert a.package_hash(i, b(p, "coefficients"), b(p, "sealing"), b(p, "proof")) == b(p, "hash"), "package hash"
        commitments.append(phi)
    for l, p in enumerate(trustees, 1):
        private = b(p, "sealing_private")
        assert x25519(private, BASE) == b(p, "sealing"), "sealing key"
        for i, dealer in enumerate(trustees, 1):
            s = scalar(unseal(private, a.info(i, l), bytes.fromhex(dealer["sealed"][l - 1])))
            assert s * G == at(commitments[i - 1], l), "share"
    joint = O
    for c in commitments:
        joint = joint + c[0]
    keys = []
    for l in range(1, a.n + 1):
        y = O
        for c in commitments:
            y = y + at(c, l)
        keys.append(y)
    assert joint.encode() == b(v, "joint") and join(keys) == v["keys"], "keys"
    assert a.test_element().encode() == b(v, "test_element"), "test element"
    for i, p in enumerate(trustees, 1):
        verify(equality, a.test(i, joint), [a.test_element(), keys[i - 1], decode(b(p, "test_share"))], b(p, "test_proof"))
    cs = elements(b(v, "ciphertexts"))
    cs = list(zip(cs[::2], cs[1::2]))
    shares = {}
    for p in v["partials"]:
        i, ms = p["trustee"], elements(b(p, "shares"))
        s, base, image = shares_statement(b(v, "ctx"), v["contest"], i, keys[i - 1], cs, ms)
        verify(equality, s, [base, keys[i - 1], image], b(p, "proof"))
        shares[i] = ms
    assert len(shares) >= a.t
    for subset in (sorted(shares)[:a.t], sorted(shares)[-a.t:]):
        for j, (_, B) in enumerate(cs):
            d = O
            for i in subset:
                lam = 1
                for l in subset:
                    if l != i:
                        lam = lam * l * pow(l - i, -1, L) % L
                d = d + lam * shares[i][j]
            assert B == v["counts"][j] * G + d, "count"


def make():
    seed = [0]

    def rnd(what):
        seed[0] += 1
        return int.from_bytes(hashlib.sha512(b"%s %d" % (what.encode(), seed[0])).digest(), "little") % L

    def rnd_bytes(what):
        return hashlib.sha256(le(rnd(what))).digest()

    a = Attempt(rnd_bytes("ctx0"), 2, 4, 3)
    fs = [[rnd("coefficient") for _ in range(a.t)] for _ in range(a.n)]
    phis = [[c * G for c in f] for f in fs]
    privates = [rnd_bytes("sealing") for _ in fs]
    sealings = [x25519(k, BASE) for k in privates]
    evaluate = lambda f, l: sum(c * l**j for j, c in enumerate(f)) % L
    joint = O
    for phi in phis:
        joint = joint + phi[0]
    xs = [sum(evaluate(f, l) for f in fs) % L for l in range(1, a.n + 1)]
    ys, equality = [x * G for x in xs], sigma.RELATIONS["equality"]
    trustees, test = [], a.test_element()
    for i in range(1, a.n + 1):
        key = (rnd("key") * G).encode()
        proof = prove(possession(a.t), a.possession(i, key, sealings[i - 1]), phis[i - 1], fs[i - 1], rnd)
        coefficients = bytes.fromhex(join(phis[i - 1]))
        share = xs[i - 1] * test
        trustees.append({
            "key": key.hex(), "coefficients": coefficients.hex(), "sealing": sealings[i - 1].hex(), "proof": proof.hex(),
            "hash": a.package_hash(i, coefficients, sealings[i - 1], proof).hex(),
            "sealing_private": privates[i - 1].hex(),
            "sealed": [seal(sealings[l - 1], a.info(i, l), le(evaluate(fs[i - 1], l)), rnd_bytes("ephemeral")).hex()
                       for l in range(1, a.n + 1)],
            "test_share": share.encode().hex(),
            "test_proof": prove(equality, a.test(i, joint), [test, ys[i - 1], share], [xs[i - 1]], rnd).hex(),
        })
    ctx, contest, counts = rnd_bytes("ctx"), 7, [0, 1, 1234]
    cs = []
    for n in counts:
        r = rnd("ciphertext")
        cs.append((r * G, n * G + r * joint))
    partials = []
    for i in (1, 2, 3, 4):
        ms = [xs[i - 1] * A for A, _ in cs]
        s, base, image = shares_statement(ctx, contest, i, ys[i - 1], cs, ms)
        partials.append({"trustee": i, "shares": join(ms), "proof": prove(equality, s, [base, ys[i - 1], image], [xs[i - 1]], rnd).hex()})
    v = {
        "made_by": "reference.py", "ctx0": a.ctx.hex(), "attempt": a.attempt, "n": a.n, "t": a.t, "trustees": trustees,
        "joint": joint.encode().hex(), "keys": join(ys), "test_element": test.encode().hex(),
        "ctx": ctx.hex(), "contest": contest, "ciphertexts": join([e for c in cs for e in c]), "partials": partials, "counts": counts,
    }
    check(v)
    json.dump(v, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make()
    else:
        check(json.load(sys.stdin))
        print("holds")
