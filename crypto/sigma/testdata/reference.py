#!/usr/bin/env python3
"""A second implementation of SPEC.md sections 3 and 4, from the text alone.

It shares nothing with the Go code, uses only the standard library, is slow,
and is not constant time. It knows three relations: schnorr, equality of
logarithms, and bit (an OR with a combination).

    reference.py make  > vectors.txt     makes the vectors that the Go tests check
    reference.py check < FILE            verifies proofs, such as those in go.txt

Lines of a vector file, fields in hexadecimal:
    relation NAME ID
    proof NAME MESSAGE ELEMENTS PROOF    must verify
    bad NAME MESSAGE ELEMENTS PROOF      must not verify
where the caller's transcript is T("mandate/v1 test vectors"; bytes message = MESSAGE).
"""
import hashlib
import sys

# RFC 9496 section 4: the curve and the encoding.
P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
SQRT_M1 = pow(2, (P - 1) // 4, P)


def neg(x):  # IS_NEGATIVE
    return x % P & 1


def ct_abs(x):
    return P - x if neg(x) else x


def sqrt_ratio(u, v):
    r = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    check = v * r * r % P
    correct, flipped, flipped_i = check == u % P, check == -u % P, check == -u * SQRT_M1 % P
    if flipped or flipped_i:
        r = r * SQRT_M1 % P
    return correct or flipped, ct_abs(r)


_, INVSQRT_A_MINUS_D = sqrt_ratio(1, (-1 - D) % P)


class Point:
    """Affine (x, y) as X, Y, Z; T is XY/Z."""

    def __init__(self, x, y):
        self.x, self.y = x % P, y % P

    def __add__(self, o):
        k = D * self.x * o.x * self.y * o.y % P
        return Point((self.x * o.y + self.y * o.x) * pow(1 + k, -1, P),
                     (self.y * o.y + self.x * o.x) * pow(1 - k, -1, P))

    def __neg__(self):
        return Point(-self.x, self.y)

    def __sub__(self, o):
        return self + -o

    def __rmul__(self, n):
        n %= L
        r, q = Point(0, 1), self
        while n:
            if n & 1:
                r = r + q
            q = q + q
            n >>= 1
        return r

    def encode(self):
        x0, y0, t0 = self.x, self.y, self.x * self.y % P
        u1, u2 = (1 + y0) * (1 - y0) % P, x0 * y0 % P
        _, invsqrt = sqrt_ratio(1, u1 * u2 * u2 % P)
        den1, den2 = invsqrt * u1 % P, invsqrt * u2 % P
        z_inv = den1 * den2 * t0 % P
        if neg(t0 * z_inv):
            x, y, den_inv = y0 * SQRT_M1 % P, x0 * SQRT_M1 % P, den1 * INVSQRT_A_MINUS_D % P
        else:
            x, y, den_inv = x0, y0, den2
        if neg(x * z_inv):
            y = -y % P
        return ct_abs(den_inv * (1 - y) % P).to_bytes(32, "little")

    def __eq__(self, o):
        return self.encode() == o.encode()


def decode(b):
    s = int.from_bytes(b, "little")
    if len(b) != 32 or s >= P or neg(s):
        raise ValueError("element")
    ss = s * s % P
    u1, u2 = (1 - ss) % P, (1 + ss) % P
    v = (-D * u1 * u1 - u2 * u2) % P
    ok, invsqrt = sqrt_ratio(1, v * u2 * u2 % P)
    den_x = invsqrt * u2 % P
    den_y = invsqrt * den_x * v % P
    x, y = ct_abs(2 * s * den_x % P), u1 * den_y % P
    if not ok or neg(x * y) or y == 0:
        raise ValueError("element")
    return Point(x, y)


G = decode(bytes.fromhex("e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76"))


def scalar(b):
    s = int.from_bytes(b, "little")
    if len(b) != 32 or s >= L:
        raise ValueError("scalar")
    return s


def le(s):
    return (s % L).to_bytes(32, "little")


# SPEC.md section 3.2: the transcript.
def item(kind, label, data):
    return bytes([kind, len(label)]) + label.encode() + len(data).to_bytes(8, "big") + data


class Transcript:
    def __init__(self, label):
        self.stream = item(0, label, b"")

    def bytes(self, label, b):
        self.stream += item(1, label, b)

    def string(self, label, s):
        self.stream += item(2, label, s.encode())

    def integer(self, label, n):
        self.stream += item(3, label, n.to_bytes(8, "big"))

    def elements(self, label, es):
        self.stream += item(5, label, b"".join(e.encode() for e in es))

    def scalar(self, label, s):
        self.stream += item(6, label, le(s))

    def sum(self, label):
        return hashlib.sha512(self.stream + item(0xFF, label, b"")).digest()

    def challenge(self, label):
        return int.from_bytes(self.sum(label), "little") % L


# SPEC.md section 4.1: relations, as (label, names, combinations, tree) with
# tree = ("linear", name, witnesses, [(image, [(witness, base)])]) or
# ("and" | "or", [tree]).
def one_witness(name, *pairs):
    return ("linear", name, 1, [(image, [(0, base)]) for image, base in pairs])


RELATIONS = {
    "schnorr": ("schnorr", ["X"], [], one_witness("x", (1, 0))),
    "equality": ("equality of logarithms", ["G", "Y", "M"], [], one_witness("x", (2, 0), (3, 1))),
    "bit": ("bit", ["pk", "A", "B"], [[(1, 3), (-1, 0)]],
            ("or", [one_witness("0", (2, 0), (3, 1)), one_witness("1", (2, 0), (4, 1))])),
}


def relation_id(rel):
    label, names, combinations, tree = rel
    t = Transcript("mandate/v1 relation")
    t.string("label", label)
    t.integer("elements", len(names) + 1)
    for n in names:
        t.string("element", n)
    t.integer("combinations", len(combinations))
    for terms in combinations:
        t.integer("terms", len(terms))
        for coefficient, reference in terms:
            t.scalar("coefficient", coefficient)
            t.integer("reference", reference)

    def walk(node):
        t.string("node", node[0])
        if node[0] != "linear":
            t.integer("children", len(node[1]))
            for child in node[1]:
                walk(child)
            return
        _, name, witnesses, equations = node
        t.string("name", name)
        t.integer("witnesses", witnesses)
        t.integer("equations", len(equations))
        for image, terms in equations:
            t.integer("image", image)
            t.integer("terms", len(terms))
            for witness, base in terms:
                t.integer("witness", witness)
                t.integer("base", base)

    walk(tree)
    return t.sum("id")[:32]


def leaves(node):
    return [node] if node[0] == "linear" else [x for child in node[1] for x in leaves(child)]


def references(rel, elements):
    refs = [G] + elements
    for terms in rel[2]:
        total = Point(0, 1)
        for coefficient, reference in terms:
            total = total + coefficient * refs[reference]
        refs.append(total)
    return refs


def challenge(rel, message, elements, moves):
    t = Transcript("mandate/v1 test vectors")
    t.bytes("message", message)
    t.bytes("relation", relation_id(rel))
    t.elements("elements", elements)
    t.elements("commitments", moves)
    return t.challenge("challenge")


# SPEC.md section 4.2.
def verify(rel, message, elements, proof):
    refs, lvs = references(rel, elements), leaves(rel[3])
    ors = [len(rel[3][1])] if rel[3][0] == "or" else []
    counts = [sum(len(l[3]) for l in lvs), sum(ors), sum(l[2] for l in lvs)]
    if len(proof) != 32 * sum(counts):
        return False
    parts = [proof[i:i + 32] for i in range(0, len(proof), 32)]
    try:
        moves = [decode(b) for b in parts[:counts[0]]]
        subs = [scalar(b) for b in parts[counts[0]:counts[0] + counts[1]]]
        responses = [scalar(b) for b in parts[counts[0] + counts[1]:]]
    except ValueError:
        return False
    c = challenge(rel, message, elements, moves)
    if ors and sum(subs) % L != c:
        return False
    for i, (_, _, witnesses, equations) in enumerate(lvs):
        ci = subs[i] if ors else c
        z, responses = responses[:witnesses], responses[witnesses:]
        for image, terms in equations:
            left = Point(0, 1)
            for witness, base in terms:
                left = left + z[witness] * refs[base]
            if left != moves.pop(0) + ci * refs[image]:
                return False
    return True


def prove(rel, message, elements, w, true, seed):
    """One witness w, for the leaf number true; the others are simulated."""
    refs, lvs = references(rel, elements), leaves(rel[3])

    def rnd(what):
        return int.from_bytes(hashlib.sha512(("%s %s" % (seed, what)).encode()).digest(), "little") % L

    k = [rnd("nonce %d" % i) for i in range(len(lvs))]
    cs = [0 if i == true else rnd("challenge %d" % i) for i in range(len(lvs))]
    moves = [k[i] * refs[terms[0][1]] - cs[i] * refs[image] for i, l in enumerate(lvs) for image, terms in l[3]]
    c = challenge(rel, message, elements, moves)
    cs[true] = (c - sum(cs)) % L
    k[true] += cs[true] * w
    return b"".join(m.encode() for m in moves) + b"".join(map(le, cs if len(lvs) > 1 else [])) + b"".join(map(le, k))


def line(kind, name, message, elements, proof):
    print(kind, name, message.hex(), b"".join(e.encode() for e in elements).hex(), proof.hex())


def make():
    print("# Made by reference.py, which says what the lines mean.")
    for name, rel in RELATIONS.items():
        print("relation", name, relation_id(rel).hex())
    x, h, r = 0x1234567, 0x89abcdef, 2**200 + 3
    X, H = x * G, h * G
    cases = [("schnorr", [X], x, 0), ("equality", [H, X, x * H], x, 0),
             ("bit", [X, r * G, r * X], r, 0), ("bit", [X, r * G, r * X + G], r, 1)]
    for name, elements, w, true in cases:
        rel = RELATIONS[name]
        for message in (b"m1", b"m2"):
            proof = prove(rel, message, elements, w, true, "%s %d %s" % (name, true, message))
            assert verify(rel, message, elements, proof)
            line("proof", name, message, elements, proof)
        line("bad", name, b"m1", elements, proof)  # signed m2, verified on m1
        line("bad", name, b"m2", [e + G for e in elements], proof)
        last = scalar(proof[-32:])
        line("bad", name, b"m2", elements, proof[:-32] + le(last + 1))
        line("bad", name, b"m2", elements, proof[:-32] + (last + L).to_bytes(32, "little"))
        line("bad", name, b"m2", elements, proof[:-32])
    two = [X, r * G, r * X + G + G]  # an encryption of 2
    line("bad", "bit", b"m1", two, prove(RELATIONS["bit"], b"m1", two, r, 1, "two"))


def check():
    n = 0
    for words in map(str.split, sys.stdin):
        if not words or words[0] == "#":
            continue
        fields = [bytes.fromhex(f) for f in words[2:]]
        if words[0] == "relation":
            ok = relation_id(RELATIONS[words[1]]) == fields[0]
        else:
            elements = [decode(fields[1][i:i + 32]) for i in range(0, len(fields[1]), 32)]
            ok = verify(RELATIONS[words[1]], fields[0], elements, fields[2]) == (words[0] == "proof")
        if not ok:
            sys.exit("not so: " + " ".join(words)[:60])
        n += 1
    if n == 0:
        sys.exit("nothing to check")
    print(n, "lines hold")


if __name__ == "__main__":
    {"make": make, "check": check}[sys.argv[1]]()
