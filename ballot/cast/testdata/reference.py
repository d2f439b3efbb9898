#!/usr/bin/env python3
"""A second implementation of SPEC.md sections 10.1 to 10.7 and 16: cards, ballots and their openings.

It checks ballot.json and mixed.json (a vote with choices and rankings), which the Go tests make: python3 testdata/reference.py. It shares
nothing with the Go code and needs only the standard library; group and transcript, the registrars' signatures, and the encoding of rankings
are those of the second implementations beside crypto/sigma, crypto/blind and ballot/ranking. It is slow, and not constant time.
"""
import hashlib
import hmac
import importlib.util
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


def load(name, path):
    spec = importlib.util.spec_from_file_location(name, os.path.join(HERE, "..", "..", "..", path))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


sigma = load("sigma_reference", "crypto/sigma/testdata/reference.py")
blind = load("blind_reference", "crypto/blind/testdata/reference.py")
ranking = load("ranking_reference", "ballot/ranking/testdata/reference.py")
G, L, Point, Transcript, decode, scalar = sigma.G, sigma.L, sigma.Point, sigma.Transcript, sigma.decode, sigma.scalar


def u64(n):
    return n.to_bytes(8, "big")


def hkdf(secret, salt, info, size):
    return blind.expand(blind.extract(salt, secret), info, size)


def wide(b):
    return int.from_bytes(b, "little") % L


# RFC 8949, as far as ballots need it.

def head(major, n):
    for bits, size in ((8, 1), (16, 2), (32, 4), (64, 8)):
        if n < 24:
            return bytes([major << 5 | n])
        if n < 1 << bits:
            return bytes([major << 5 | 24 + (size.bit_length() - 1)]) + n.to_bytes(size, "big")


def encode(v):
    if isinstance(v, int):
        return head(0, v)
    if isinstance(v, bytes):
        return head(2, len(v)) + v
    if isinstance(v, str):
        return head(3, len(v.encode())) + v.encode()
    return head(4, len(v)) + b"".join(map(encode, v))


def parse(b, at=0):
    major, n, at = b[at] >> 5, b[at] & 31, at + 1
    if n > 23:
        size = 1 << n - 24
        n, at = int.from_bytes(b[at:at + size], "big"), at + size
    if major == 0:
        return n, at
    if major in (2, 3):
        data = b[at:at + n]
        return (data if major == 2 else data.decode()), at + n
    items = []
    for _ in range(n):
        item, at = parse(b, at)
        items.append(item)
    return items, at


def strict(b):
    v, end = parse(b)
    assert end == len(b) and encode(v) == b, "not deterministic"
    return v


# SPEC.md section 10.3: the relation.

def is_ranked(c):
    return "depth" in c


def width(c):
    return ranking.Encoding(c["options"], c["depth"]).elements if is_ranked(c) else c["options"]


def relation(contests):
    names, combinations, nodes = ["pk", "K"], [], []
    place = {}
    for i, c in enumerate(contests):
        for j in range(width(c)):
            for half in "AB":
                names.append("%s %d %d" % (half, i, j))
                place[half, i, j] = len(names)
    first = len(names) + 1  # the place of the first combination

    def combination(terms):
        combinations.append(terms)
        return first + len(combinations) - 1

    def leaf(v, a, image):
        return sigma.one_witness(str(v), (a, 0), (image, 1))

    nodes.append(sigma.one_witness("credential", (2, 0)))
    for i, c in enumerate(contests):
        if is_ranked(c):
            nodes += [sigma.one_witness("ranked", (place["A", i, j], 0)) for j in range(width(c))]
            continue
        options = range(c["options"])
        for j in options:
            less = combination([(1, place["B", i, j]), (-1, 0)])
            nodes.append(("or", [leaf(0, place["A", i, j], place["B", i, j]), leaf(1, place["A", i, j], less)]))
        total = combination([(1, place["A", i, j]) for j in options])
        branches = [leaf(v, total, combination([(1, place["B", i, j]) for j in options] + [(-v, 0)])) for v in range(c["min"], c["max"] + 1)]
        nodes.append(branches[0] if len(branches) == 1 else ("or", branches))
    return "mandate/v1 ballot", names, combinations, ("and", nodes)


def ors(node):
    if node[0] == "linear":
        return []
    return ([node] if node[0] == "or" else []) + [x for child in node[1] for x in ors(child)]


def sizes(rel):
    leaves = sigma.leaves(rel[3])
    return sum(len(l[3]) for l in leaves), sum(len(o[1]) for o in ors(rel[3])), sum(l[2] for l in leaves)


def statement(vote, rel, payload, elements):
    t = Transcript("mandate/v1 ballot")
    t.bytes("ctx", vote["ctx"])
    t.bytes("payload", payload)
    t.bytes("relation", sigma.relation_id(rel))
    t.elements("elements", elements)
    return t


def verify(vote, rel, payload, elements, proof):
    """Section 4.2."""
    moves_n, subs_n, responses_n = sizes(rel)
    assert len(proof) == 32 * (moves_n + subs_n + responses_n)
    parts = [proof[i:i + 32] for i in range(0, len(proof), 32)]
    moves = [decode(b) for b in parts[:moves_n]]
    subs = [scalar(b) for b in parts[moves_n:moves_n + subs_n]]
    responses = [scalar(b) for b in parts[moves_n + subs_n:]]
    t = statement(vote, rel, payload, elements)
    t.elements("commitments", moves)
    refs = sigma.references(rel, elements)
    subs, moves, responses = iter(subs), iter(moves), iter(responses)

    def walk(node, c):
        if node[0] == "and":
            return all([walk(child, c) for child in node[1]])
        if node[0] == "or":  # no OR of a ballot has another below it
            mine = [next(subs) for _ in node[1]]
            return all([walk(child, s) for child, s in zip(node[1], mine)]) and sum(mine) % L == c
        z = [next(responses) for _ in range(node[2])]
        ok = True
        for image, terms in node[3]:
            left = Point(0, 1)
            for witness, base in terms:
                left = left + z[witness] * refs[base]
            ok = left == next(moves) + c * refs[image] and ok
        return ok

    return walk(rel[3], t.challenge("challenge"))


def prove(vote, rel, payload, elements, witness, branches, random):
    """Sections 4.2 and 10.7, of a relation as above."""
    t = statement(vote, rel, payload, elements)
    for w in witness:  # each leaf has one
        t.stream += sigma.item(7, "witness", sigma.le(w))
    for b in branches:
        t.integer("branch", b)
    t.bytes("rand", random)
    u = Transcript("mandate/v1 nonces")
    u.bytes("seed", t.sum("nonces"))

    def draw(n):
        out = []
        for i in range(n):
            u.integer("next", i)
            out.append(u.challenge("nonce"))
        return out

    _, subs_n, responses_n = sizes(rel)
    nonces = draw(responses_n)
    subs = draw(subs_n)
    refs = sigma.references(rel, elements)
    simulated, at, which = [], 0, 0  # for each leaf: its place among the sub-challenges if it is not true, else None
    for node in rel[3][1]:
        if node[0] == "linear":
            simulated.append(None)
            continue
        for j in range(len(node[1])):
            simulated.append(None if j == branches[which] else at + j)
        at, which = at + len(node[1]), which + 1
    moves = []
    for l, k, s in zip(sigma.leaves(rel[3]), nonces, simulated):
        for image, terms in l[3]:
            moves.append(k * refs[terms[0][1]] - (0 if s is None else subs[s]) * refs[image])
    c_t = statement(vote, rel, payload, elements)
    c_t.elements("commitments", moves)
    c = c_t.challenge("challenge")
    at = 0
    for node, b in zip(ors(rel[3]), branches):
        n = len(node[1])
        subs[at + b] = (c - sum(subs[at:at + n]) + subs[at + b]) % L
        at += n
    responses, leaf, at, which = [], 0, 0, 0
    for node in rel[3][1]:
        for j in range(1 if node[0] == "linear" else len(node[1])):
            true = node[0] == "linear" or j == branches[which]
            challenge = c if node[0] == "linear" else subs[at + j]
            responses.append((nonces[leaf] + (challenge * witness[leaf] if true else 0)) % L)
            leaf += 1
        if node[0] == "or":
            at, which = at + len(node[1]), which + 1
    return b"".join(m.encode() for m in moves) + b"".join(map(sigma.le, subs + responses))


def check(vote, rel, registrars, x, ballot):
    raw = ballot["record"]
    assert hashlib.sha256(b"\0" + raw).digest() == ballot["id"]
    payload, proof = strict(raw)
    kind, scope, (K, number, previous, signatures, contests) = strict(payload)
    assert (kind, scope, number, previous) == ("ballot", vote["vote"], ballot["number"], ballot["previous"])
    # 10.1: the credential and what the registrars signed.
    assert (x * G).encode() == K
    t = Transcript("mandate/v1 credential")
    t.bytes("round", vote["round"])
    t.integer("slot", vote["slot"])
    t.bytes("key", K)
    message = t.sum("credential")
    assert len(signatures) == 288 * len(registrars)
    for i, (n, d) in enumerate(registrars):
        seed = hkdf(vote["card secret"], vote["round"], b"mandate/v1 blind" + u64(vote["slot"]) + u64(i + 1), 32)
        t = Transcript("mandate/v1 slot key")
        t.bytes("round", vote["round"])
        t.integer("slot", vote["slot"])
        t.integer("registrar", i + 1)
        made = blind.request(n, d, message, seed, t.sum("context")[:32])
        assert made["prefix"] + made["sig"] == signatures[288 * i:288 * (i + 1)].hex()
    # 10.3: the proof.
    elements = [decode(vote["pk"]), decode(K)]
    for c, encoded in zip(vote["contests"], contests):
        assert len(encoded) == 64 * width(c)
        elements += [decode(encoded[i:i + 32]) for i in range(0, len(encoded), 32)]
    assert verify(vote, rel, payload, elements, proof)
    # 10.6: the opening.
    assert ballot["opening"] == encode(["mandate/v1 opening", ballot["id"], ballot["seed"], ballot["selections"]])
    witness, branches, refs = [x], [], elements[2:]
    for i, c in enumerate(vote["contests"]):
        total = 0
        if is_ranked(c):
            e = ranking.Encoding(c["options"], c["depth"])
            plain = e.encode_number(e.number(ballot["selections"][i]))
        for j in range(width(c)):
            r = wide(hkdf(ballot["seed"], vote["ctx"], b"mandate/v1 ballot encryption" + K + u64(number) + u64(i) + u64(j), 64))
            A, B, refs = refs[0], refs[1], refs[2:]
            if is_ranked(c):
                assert r * G == A and decode(plain[32 * j:32 * j + 32]) + r * elements[0] == B
                witness.append(r)
                continue
            v = int(j in ballot["selections"][i])
            assert r * G == A and v * G + r * elements[0] == B
            witness += [r, r]
            branches.append(v)
            total += r
        if is_ranked(c):
            continue
        branches_of_sum = c["max"] - c["min"] + 1
        witness += [total % L] * branches_of_sum
        if branches_of_sum > 1:
            branches.append(len(ballot["selections"][i]) - c["min"])
    random = hkdf(ballot["seed"], vote["ctx"], b"mandate/v1 ballot proof" + K + u64(number), 32)
    assert prove(vote, rel, payload, elements, witness, branches, random) == proof
    return payload, proof, contests


def unhex(v):
    if isinstance(v, dict):
        return {k: v[k] if k in ("keys", "card words") else unhex(v[k]) for k in v}
    if isinstance(v, list):
        return [unhex(e) for e in v]
    return bytes.fromhex(v) if isinstance(v, str) else v


def main():
    for name in ("ballot.json", "mixed.json"):
        check_file(name)


def check_file(name):
    with open(os.path.join(HERE, name), encoding="utf-8") as f:
        vote = unhex(json.load(f))
    registrars = []
    for key in vote["keys"]:
        n, _, d = blind.read_key(os.path.join(HERE, "../../../crypto/blind/blindtest/testdata", key))[:3]
        registrars.append((n, d))
    rel = relation(vote["contests"])
    assert sigma.relation_id(rel) == vote["relation"]
    x = wide(hkdf(vote["card secret"], vote["round"], b"mandate/v1 credential" + u64(vote["slot"]), 64))
    for ballot in vote["ballots"]:
        payload, proof, contests = check(vote, rel, registrars, x, ballot)
    for raw in vote["not valid"]:
        payload_bad, proof_bad = strict(raw)
        body = strict(payload_bad)[2]
        elements = [decode(vote["pk"]), decode(body[0])] + [decode(c[i:i + 32]) for c in body[4] for i in range(0, len(c), 32)]
        try:
            assert not verify(vote, rel, payload_bad, elements, proof_bad)
        except ValueError:
            pass
    kind, scope, body = strict(payload)
    for number, length in vote["lengths"]:
        body[1] = number
        assert len(encode([encode([kind, scope, body]), proof])) == length
    print(name + ":", len(vote["ballots"]), "ballots hold,", len(vote["not valid"]), "do not, as they should")


if __name__ == "__main__":
    main()
