#!/usr/bin/env python3
"""A second implementation of package blind, from SPEC.md and RFCs 5869, 8017 and
9474, with nothing but Python's standard library. It prints vectors.json:

    python3 testdata/reference.py > testdata/vectors.json

It is for vectors only: nothing in it is constant-time.
"""

import base64
import hashlib
import hmac
import json
import os
import re

HERE = os.path.dirname(os.path.abspath(__file__))
E = 65537


def read_key(path):
    """The integers of a PKCS #8 RSA key: n, e, d, p, q, ..."""
    with open(path, encoding="utf-8") as f:
        body = re.search("-----BEGIN[^-]*-----(.*)-----END", f.read(), re.S).group(1)
    der = base64.b64decode(body)

    def element(at):
        tag, size, at = der[at], der[at + 1], at + 2
        if size & 0x80:
            count = size & 0x7F
            size, at = int.from_bytes(der[at:at + count], "big"), at + count
        return tag, at, at + size

    _, at, _ = element(0)                # PrivateKeyInfo
    _, _, at = element(at)               # version
    _, _, at = element(at)               # algorithm
    _, at, _ = element(at)               # privateKey
    _, at, end = element(at)             # RSAPrivateKey
    integers = []
    while at < end:
        _, start, at = element(at)
        integers.append(int.from_bytes(der[start:at], "big"))
    return integers[1:]


# Transcript, SPEC.md §3.2.

def item(kind, label, data):
    return bytes([kind, len(label)]) + label.encode() + len(data).to_bytes(8, "big") + data


def transcript_sum(stream, label):
    return hashlib.sha512(stream + item(0xFF, label, b"")).digest()


# HKDF, RFC 5869, with SHA-512.

def extract(salt, ikm):
    return hmac.new(salt, ikm, hashlib.sha512).digest()


def expand(prk, info, size):
    out, block, counter = b"", b"", 1
    while len(out) < size:
        block = hmac.new(prk, block + info + bytes([counter]), hashlib.sha512).digest()
        out, counter = out + block, counter + 1
    return out[:size]


# EMSA-PSS, RFC 8017 §9.1.1.

def sha384(data):
    return hashlib.sha384(data).digest()


def mgf1(seed, size):
    out = b"".join(sha384(seed + i.to_bytes(4, "big")) for i in range(size // 48 + 1))
    return out[:size]


def pss_encode(message, salt, em_bits):
    em_len = (em_bits + 7) // 8
    h = sha384(bytes(8) + sha384(message) + salt)
    db = bytes(em_len - len(salt) - 48 - 2) + b"\x01" + salt
    masked = bytearray(a ^ b for a, b in zip(db, mgf1(h, len(db))))
    masked[0] &= 0xFF >> (8 * em_len - em_bits)
    return bytes(masked) + h + b"\xbc"


# SPEC.md §§6.2 and 6.3.

def request(n, d, message, seed, info):
    label = "mandate/v1 blind request"
    modulus = n.to_bytes(256, "big")
    prk = extract(label.encode(), seed)
    context = transcript_sum(
        item(0, label, b"") + item(1, "modulus", modulus) + item(1, "message", message)
        + item(1, "info", info), "context")
    prefix = expand(prk, b"prefix" + context, 32)
    salt = expand(prk, b"salt" + context, 48)
    for i in range(256):
        r = int.from_bytes(expand(prk, b"blind" + bytes([i]) + context, 256), "big")
        if 0 < r < n:
            break
    em = int.from_bytes(pss_encode(prefix + message, salt, 2047), "big")
    z = em * pow(r, E, n) % n
    answer = pow(z, d, n)
    sig = answer * pow(r, -1, n) % n
    assert pow(sig, E, n) == em
    return {
        "message": message.hex(), "seed": seed.hex(), "info": info.hex(),
        "context": context.hex(), "prefix": prefix.hex(), "salt": salt.hex(),
        "candidate": i, "r": "%0512x" % r, "blinded": "%0512x" % z,
        "blind_sig": "%0512x" % answer, "sig": "%0512x" % sig,
    }


def certificate(n, d, context):
    stream = (item(0, "mandate/v1 key certificate", b"")
              + item(1, "modulus", n.to_bytes(256, "big")) + item(1, "context", context))
    rho, roots = [], b""
    for k in range(8):
        wide = b"".join(transcript_sum(
            stream + item(3, "root", k.to_bytes(8, "big")) + item(3, "block", b.to_bytes(8, "big")),
            "challenge") for b in range(5))
        rho.append(int.from_bytes(wide, "big") % n)
        roots += pow(rho[k], d, n).to_bytes(256, "big")
    return {"context": context.hex(), "rho": ["%0512x" % x for x in rho], "certificate": roots.hex()}


def main():
    n, e, d = read_key(os.path.join(HERE, "..", "blindtest", "testdata", "key00.pem"))[:3]
    assert e == E
    requests = [
        request(n, d, b"", bytes(range(32)), b""),
        request(n, d, b"mandate credential key", bytes([7]) * 32, b"round 1, slot 2, registrar 3"),
    ]
    # One whose first candidate for r is rejected, and one whose first three are.
    for wanted in (1, 3):
        for i in range(10**6):
            v = request(n, d, bytes(range(200)), hashlib.sha256(b"%d" % i).digest(), b"\x00\xff")
            if v["candidate"] == wanted:
                requests.append(v)
                break
    json.dump({
        "about": "made by reference.py with blindtest/testdata/key00.pem",
        "modulus": "%0512x" % n,
        "requests": requests,
        "certificates": [certificate(n, d, b""), certificate(n, d, b"round 1, slot 2, registrar 3")],
    }, fp := open(1, "w", encoding="utf-8", closefd=False), indent=1)
    fp.write("\n")


if __name__ == "__main__":
    main()
