#!/usr/bin/env python3
"""A second implementation of shuffles and their proofs (SPEC.md, "Shuffles"), from the text alone.

It shares nothing with the Go code, uses only the standard library and the references of packages sigma and threshold, is slow, and
is not constant time.

    reference.py make  > reference.json   two shuffles with their proofs, which the Go tests check
    reference.py check < FILE             checks shuffles, such as those of go.json, which the Go code made
"""
import hashlib
import importlib.util
import json
import os
import sys


def load(package):
    """Imports the reference of another package, all of which are called reference.py."""
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", package, "testdata", "reference.py")
    spec = importlib.util.spec_from_file_location(package, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# The reference of threshold imports that of sigma by its plain name.
sigma = sys.modules["reference"] = load("sigma")
hash_to_group = load("threshold").hash_to_group
G, L, O, Transcript, decode, le, scalar = sigma.G, sigma.L, sigma.Point(0, 1), sigma.Transcript, sigma.decode, sigma.le, sigma.scalar


def clone(t):
    c = Transcript("")
    c.stream = t.stream
    return c


def total(elements):
    e = O
    for f in elements:
        e = e + f
    return e


def product(scalars):
    p = 1
    for s in scalars:
        p = p * s % L
    return p


def dot(scalars, elements):
    assert len(scalars) == len(elements)
    return total(s * e for s, e in zip(scalars, elements))


def join(elements):
    return b"".join(e.encode() for e in elements)


def pieces(b):
    assert len(b) % 32 == 0, "size"
    return [b[i:i + 32] for i in range(0, len(b), 32)]


class Shuffle:
    """A place, a key, and N items of w ciphertexts (A, B) before and after."""

    def __init__(self, v):
        b = lambda k: bytes.fromhex(v[k])
        self.w, self.contest, self.stage, self.mixer = v["width"], v["contest"], v["stage"], v["mixer"]
        self.vote, self.ctx, self.seal = b("vote"), b("ctx"), b("seal")
        self.pk = decode(b("key"))
        self.inputs = b("inputs")
        self.n = len(self.inputs) // (64 * self.w)
        assert self.n >= 1 and len(self.inputs) == 64 * self.w * self.n, "size of inputs"
        self.h, *self.hs = self.generators()

    def generators(self):
        hs = []
        for k in range(self.n + 1):
            t = Transcript("mandate/v1 shuffle generators")
            t.bytes("vote", self.vote)
            t.integer("contest", self.contest)
            t.integer("index", k)
            hs.append(hash_to_group(t.sum("generator")))
        assert len({e.encode() for e in hs + [O, G, self.pk]}) == self.n + 4, "generators coincide"
        return hs

    def statement(self, outputs, c):
        s = Transcript("mandate/v1 shuffle")
        s.bytes("ctx", self.ctx)
        s.integer("contest", self.contest)
        s.integer("stage", self.stage)
        s.integer("mixer", self.mixer)
        s.bytes("seal", self.seal)
        s.stream += sigma.item(4, "key", self.pk.encode())
        s.integer("items", self.n)
        s.integer("width", self.w)
        s.elements("generators", [self.h] + self.hs)
        s.bytes("inputs", self.inputs)
        s.bytes("outputs", outputs)
        s.bytes("permutation", c)
        return s

    def exponents(self, s):
        us = []
        for i in range(1, self.n + 1):
            t = clone(s)
            t.integer("index", i)
            us.append(int.from_bytes(t.sum("u")[:16], "little"))
        return us

    def challenge(self, s, chain, t, t_hat):
        s = clone(s)
        s.bytes("chain", chain)
        s.bytes("commitments", t)
        s.bytes("chain commitments", t_hat)
        return s.challenge("challenge")

    def lists(self, b):
        """The A and the B of each component, over all items."""
        es = [decode(p) for p in pieces(b)]
        assert len(es) == 2 * self.n * self.w
        step = 2 * self.w
        return [es[2 * k::step] for k in range(self.w)], [es[2 * k + 1::step] for k in range(self.w)]

    def verify(self, outputs, proof):
        n, w, pk, h, hs = self.n, self.w, self.pk, self.h, self.hs
        assert len(outputs) == 64 * n * w and len(proof) == 32 * (5 * n + 6 + 3 * w), "size"
        firsts = [p for b in (self.inputs, outputs) for p in pieces(b)[::2]]
        assert bytes(32) not in firsts and len(set(firsts)) == len(firsts), "trivial or duplicate"
        (A, B), (A2, B2) = self.lists(self.inputs), self.lists(outputs)
        raw, rest = [], pieces(proof)
        for count in (n, n, 3 + 2 * w, n, 3 + w, n, n):
            raw.append(b"".join(rest[:count]))
            rest = rest[count:]
        s_ = self.statement(outputs, raw[0])
        us, x = self.exponents(s_), self.challenge(s_, raw[1], raw[2], raw[3])
        c, chain, t, t_hat = ([decode(p) for p in pieces(b)] for b in raw[:4])
        s, s_hat, s_mix = ([scalar(p) for p in pieces(b)] for b in raw[4:])
        c_bar, u, c_tilde = total(c) - total(hs), product(us), dot(us, c)
        assert t[0] == -x * c_bar + s[0] * G, "t1"
        assert t[1] == -x * (chain[-1] - u * h) + s[1] * G, "t2"
        assert t[2] == -x * c_tilde + s[2] * G + dot(s_mix, hs), "t3"
        for k in range(w):
            assert t[3 + k] == -x * dot(us, B[k]) + -s[3 + k] * pk + dot(s_mix, B2[k]), "t41"
            assert t[3 + w + k] == -x * dot(us, A[k]) + -s[3 + k] * G + dot(s_mix, A2[k]), "t42"
        for i in range(n):
            before = chain[i - 1] if i > 0 else h
            assert t_hat[i] == -x * chain[i] + s_hat[i] * G + s_mix[i] * before, "t_hat"

    def prove(self, psi, rnd):
        """Returns outputs and proof: output i, from 0, is input psi[i] encrypted anew."""
        n, w, pk, h, hs = self.n, self.w, self.pk, self.h, self.hs
        A, B = self.lists(self.inputs)
        r2 = [[rnd() for _ in range(w)] for _ in range(n)]  # r' of input j and component k
        A2 = [[A[k][j] + r2[j][k] * G for j in psi] for k in range(w)]
        B2 = [[B[k][j] + r2[j][k] * pk for j in psi] for k in range(w)]
        outputs = b"".join(A2[k][i].encode() + B2[k][i].encode() for i in range(n) for k in range(w))
        r, c = [rnd() for _ in range(n)], [None] * n
        for i, j in enumerate(psi):
            c[j] = r[j] * G + hs[i]
        s_ = self.statement(outputs, join(c))
        us = self.exponents(s_)
        u2 = [us[j] for j in psi]
        r_hat, chain = [rnd() for _ in range(n)], [h]
        for i in range(n):
            chain.append(r_hat[i] * G + u2[i] * chain[i])
        v = [1]
        for u in reversed(u2[1:]):
            v.insert(0, u * v[0] % L)
        r_bar = sum(r)
        r_hats = sum(a * b for a, b in zip(r_hat, v))
        r_tilde = sum(a * b for a, b in zip(r, us))
        r4 = [sum(r2[j][k] * us[j] for j in range(n)) for k in range(w)]
        o = [rnd() for _ in range(3)]
        o4, o_hat, o2 = [rnd() for _ in range(w)], [rnd() for _ in range(n)], [rnd() for _ in range(n)]
        t = [o[0] * G, o[1] * G, o[2] * G + dot(o2, hs)]
        t += [-o4[k] * pk + dot(o2, B2[k]) for k in range(w)]
        t += [-o4[k] * G + dot(o2, A2[k]) for k in range(w)]
        t_hat = [o_hat[i] * G + o2[i] * chain[i] for i in range(n)]
        x = self.challenge(s_, join(chain[1:]), join(t), join(t_hat))
        s = [o[0] + x * r_bar, o[1] + x * r_hats, o[2] + x * r_tilde] + [o4[k] + x * r4[k] for k in range(w)]
        s_hat, s_mix = [a + x * b for a, b in zip(o_hat, r_hat)], [a + x * b for a, b in zip(o2, u2)]
        return outputs, join(c + chain[1:] + t + t_hat) + b"".join(map(le, s + s_hat + s_mix))


def check(v):
    s = Shuffle(v)
    assert [e.encode().hex() for e in [s.h] + s.hs] == v["generators"], "generators"
    outputs, proof = bytes.fromhex(v["outputs"]), bytes.fromhex(v["proof"])
    s.verify(outputs, proof)
    # Neither any other proof nor any other place will do.
    for bad in (proof[:-32] + bytes([proof[-32] ^ 1]) + proof[-31:], proof[:32 * s.n] + proof[:32] + proof[32 * s.n + 32:]):
        try:
            s.verify(outputs, bad)
        except AssertionError:
            continue
        raise AssertionError("a wrong proof holds")
    s.mixer += 1
    try:
        s.verify(outputs, proof)
    except AssertionError:
        return
    raise AssertionError("a proof of another mixer holds")


def make():
    vectors = []
    for width, psi in ((1, [2, 0, 4, 1, 3]), (2, [1, 2, 0])):
        count = [0]

        def rnd(what=b"random"):
            count[0] += 1
            return int.from_bytes(hashlib.sha512(b"%s %d %d" % (what, width, count[0])).digest(), "little") % L

        pk = rnd() * G
        inputs = b""
        for vote in range(len(psi) * width):
            r = rnd()
            inputs += (r * G).encode() + (vote * G + r * pk).encode()
        v = {"made_by": "reference.py", "vote": le(rnd()).hex(), "ctx": le(rnd()).hex(), "seal": le(rnd()).hex(), "contest": 3,
             "stage": 1, "mixer": 2, "width": width, "key": pk.encode().hex(), "inputs": inputs.hex()}
        s = Shuffle(v)
        outputs, proof = s.prove(psi, rnd)
        v.update(generators=[e.encode().hex() for e in [s.h] + s.hs], outputs=outputs.hex(), proof=proof.hex())
        check(v)
        vectors.append(v)
    print(json.dumps(vectors, indent=1))


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make()
    else:
        vs = json.load(sys.stdin)
        for v in vs:
            check(v)
        assert vs, "nothing to check"
        print(len(vs), "shuffles hold")
