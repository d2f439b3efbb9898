#!/usr/bin/env python3
"""A second implementation of the encoding of rankings (SPEC.md, "Ranked encoding"), from the text alone.

It shares nothing with the Go code and uses only the standard library and the reference of package sigma.

    reference.py > vectors.json   makes the vectors that the Go tests check

A vector has candidates, depth, elements and count (how many rankings there are), and either
    ranking, number, encoding          which belong to each other,
    ranking, refused                   which is no ranking, and why, or
    encoding, spoiled                  which is no encoding of any ranking, and why.
Candidates are counted from 0. Numbers are in decimal, elements in hexadecimal, one after the other.
"""
import json
import os
import random
import sys
from math import perm

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "crypto", "sigma", "testdata"))
from reference import G, decode


class Encoding:
    def __init__(self, c, depth):
        self.c, self.depth = c, depth
        self.count = self.shorter(depth + 1)
        self.elements = -(-(self.count - 1).bit_length() // 240)

    def shorter(self, length):
        return sum(perm(self.c, l) for l in range(length))

    def number(self, ranking):
        if len(ranking) > self.depth:
            raise ValueError("too long")
        left, n = list(range(self.c)), 0
        for a in ranking:
            if not 0 <= a < self.c:
                raise ValueError("unknown candidate")
            if a not in left:
                raise ValueError("twice")
            n = n * len(left) + left.index(a)
            left.remove(a)
        return self.shorter(len(ranking)) + n

    def ranking(self, n):
        if n >= self.count:
            raise ValueError("number")
        length = max(l for l in range(self.depth + 1) if self.shorter(l) <= n)
        n -= self.shorter(length)
        digits = []
        for j in range(length, 0, -1):
            n, d = divmod(n, self.c - j + 1)
            digits.insert(0, d)
        left = list(range(self.c))
        return [left.pop(d) for d in digits]

    def encode_number(self, n):
        b = n.to_bytes(30 * self.elements, "big")
        return b"".join(embed(b[i:i + 30]) for i in range(0, len(b), 30))

    def decode(self, encoding):
        chunks = b""
        for i in range(0, len(encoding), 32):
            s = encoding[i:i + 32]
            decode(s)
            if s[0] < 2 or s[31] != 0:
                raise ValueError("form")
            if embed(s[1:31]) != s:
                raise ValueError("free byte")
            chunks += s[1:31]
        return self.ranking(int.from_bytes(chunks, "big"))


def valid(s):
    try:
        decode(s)
    except ValueError:
        return False
    return True


def embed(chunk, skip=0):
    frees = [f for f in range(2, 256, 2) if valid(bytes([f]) + chunk + b"\0")]
    return bytes([frees[skip]]) + chunk + b"\0"


def make():
    rng, vectors = random.Random(6), []
    for c, depth in ((1, 1), (2, 2), (3, 3), (3, 1), (5, 2), (17, 17), (40, 17), (54, 54), (55, 55), (80, 80), (128, 35), (128, 36), (128, 128)):
        e = Encoding(c, depth)
        head = {"candidates": c, "depth": depth, "elements": e.elements, "count": str(e.count)}
        everybody = list(range(c))
        rankings = [[], [0], [c - 1], everybody[:depth], everybody[::-1][:depth]]
        rankings += [rng.sample(everybody, rng.randint(0, depth)) for _ in range(3)]
        for r in {tuple(r) for r in rankings}:
            n, r = e.number(r), list(r)
            encoding = e.encode_number(n)
            assert e.ranking(n) == r and e.decode(encoding) == r
            vectors.append(head | {"ranking": r, "number": str(n), "encoding": encoding.hex()})
        refused = [(everybody[:depth] + [0], "too long"), ([c], "unknown candidate"), ([-1], "unknown candidate")]
        if depth >= 2:
            refused += [([0, 0], "twice"), ([0, c], "unknown candidate")]
        if depth >= 3:
            refused.append((everybody[1:depth] + [1], "twice"))
        for r, why in refused:
            try:
                e.number(r)
            except ValueError as err:
                if len(r) > depth or str(err) == why:
                    vectors.append(head | {"ranking": r, "refused": why})
                    continue
            raise AssertionError(r)
        good = e.encode_number(e.number(everybody[:1]))
        chunk = good[-31:-1]
        spoiled = [(e.encode_number(e.count), "number"), (e.encode_number(2**(240 * e.elements) - 1), "number"),
                   (good[:-32] + embed(chunk, 1), "free byte"), (embed(good[1:31], 1) + good[32:], "free byte"),
                   (good[:-32] + bytes(32), "form"), (good[:-32] + G.encode(), "form"),
                   (good[:-32] + (12345 * G).encode(), "form")]
        for encoding, why in spoiled:
            try:
                e.decode(encoding)
            except ValueError as err:
                assert str(err) == why
                vectors.append(head | {"encoding": encoding.hex(), "spoiled": why})
                continue
            raise AssertionError(why)
    print("[\n" + ",\n".join(json.dumps(v) for v in vectors) + "\n]")


if __name__ == "__main__":
    make()
