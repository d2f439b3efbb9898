// The vectors of the specification: node --test
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import test from 'node:test';
import { ballotRelation, decodePoints, longestBallot, proofHolds } from './ballot.js';
import { isCertified, isModulus, verifyBlind } from './blind.js';
import { hex, pieces } from './bytes.js';
import { checkPossession, keysOf, packageHash, shareFits, testHolds } from './ceremony.js';
import { element, elementFromHash, scalarBytes } from './group.js';
import { meets, parseCheckpoint, parseLogKey, parseReceipt, parseWitnessKey, provenRoot } from './log.js';
import { decodeRecord } from './records.js';
import { verifyEquality, verifySchnorr } from './sigma.js';
import { checkShares, countHolds, decrypt } from './tally.js';
import { T } from './transcript.js';

const root = new URL('../../', import.meta.url);
const read = (path) => readFileSync(new URL(path, root), 'utf8');
const json = (path) => JSON.parse(read(path));
const bytes = (s) => new Uint8Array(Buffer.from(s === '-' ? '' : s, 'hex'));
const lines = (path) => read(path).split('\n').filter((l) => l && !l.startsWith('#')).map((l) => l.split(' '));
const label = (s) => Buffer.from(bytes(s)).toString();

test('transcripts (§3.2)', () => {
  let t, n = 0;
  for (const [what, kind, ...rest] of lines('crypto/transcript/testdata/golden.txt')) {
    if (what === 'protocol') t = T([kind, ...rest].join(' '));
    else if (what === 'append') {
      const [l, data] = [label(rest[0]), bytes(rest[1])];
      const append = {
        bytes: () => t.bytes(l, data), string: () => t.string(l, Buffer.from(data).toString()), uint64: () => t.integer(l, BigInt('0x' + hex(data))),
        element: () => t.element(l, data), elements: () => t.elements(l, [data]), scalar: () => t.scalar(l, data), scalars: () => t.scalars(l, [data]),
      }[kind];
      assert.ok(append, kind);
      append();
    } else {
      n++;
      const out = { sum: () => t.sum(kind), id: () => t.id(kind), challenge: () => scalarBytes(t.challenge(kind)), weight: () => scalarBytes(t.weight(kind)), element: () => t.point(kind).toBytes() }[what]();
      assert.equal(hex(out), rest[0], what);
    }
  }
  assert.ok(n > 10);
});

test('relations and proofs (§4)', () => {
  for (const file of ['crypto/sigma/testdata/vectors.txt', 'crypto/sigma/testdata/go.txt']) {
    let n = 0;
    for (const [what, name, data, elements, proof] of lines(file)) {
      if (what === 'relation' || !['schnorr', 'equality'].includes(name)) continue;
      const t = T('mandate/v1 test vectors').bytes('message', bytes(data));
      const encodings = pieces(bytes(elements), 32), points = encodings.map(element);
      const holds = !points.includes(null) && (name === 'schnorr' ? verifySchnorr(encodings[0], t, bytes(proof)) : verifyEquality(...points, t, bytes(proof)));
      assert.equal(holds, what === 'proof', `${what} ${name} ${data}`);
      n++;
    }
    assert.ok(n > 0, file);
  }
});

test('certificates and signatures (§6)', () => {
  const v = json('crypto/blind/testdata/vectors.json'), N = bytes(v.modulus);
  assert.ok(isModulus(N));
  for (const c of v.certificates) {
    assert.ok(isCertified(N, bytes(c.certificate), bytes(c.context)));
    assert.ok(!isCertified(N, bytes(c.certificate), bytes(c.context + '00')));
  }
  for (const r of v.requests) {
    const sig = bytes(r.prefix + r.sig);
    assert.ok(verifyBlind(N, bytes(r.message), sig));
    assert.ok(!verifyBlind(N, bytes(r.message + '00'), sig));
  }
});

test('key generation and shares (§5, §11)', () => {
  for (const made of ['go', 'reference']) {
    const v = json(`crypto/threshold/testdata/${made}.json`), ctx0 = bytes(v.ctx0), attempt = BigInt(v.attempt);
    const bodies = v.trustees.map((t, i) => ({ trustee: BigInt(i + 1), attempt, coefficients: bytes(t.coefficients), sealing: bytes(t.sealing), proof: bytes(t.proof) }));
    const coefficients = bodies.map((b, i) => {
      assert.equal(hex(packageHash(ctx0, b)), v.trustees[i].hash);
      return checkPossession(ctx0, v.n, v.t, bytes(v.trustees[i].key), b);
    });
    assert.ok(!coefficients.includes(null));
    const keys = keysOf(coefficients);
    assert.equal(hex(keys.pk.toBytes()), v.joint);
    assert.equal(keys.shares.map((Y) => hex(Y.toBytes())).join(''), v.keys);
    v.trustees.forEach((receiver, l) => {
      v.trustees.forEach((dealer, i) => {
        const fits = (s) => shareFits(ctx0, attempt, i + 1, l + 1, bytes(receiver.sealing_private), s, coefficients[i]);
        const sealed = bytes(dealer.sealed[l]);
        assert.ok(fits(sealed));
        sealed[40] ^= 1;
        assert.ok(!fits(sealed));
      });
      assert.ok(testHolds(ctx0, { trustee: BigInt(l + 1), attempt, share: bytes(receiver.test_share), proof: bytes(receiver.test_proof) }, keys));
    });
    const sums = pieces(bytes(v.ciphertexts), 64).map((c) => pieces(c, 32).map(element));
    const shares = v.partials.map((p) => ({
      trustee: p.trustee,
      points: checkShares(bytes(v.ctx), { contest: v.contest, trustee: p.trustee, shares: bytes(p.shares), proof: bytes(p.proof) }, keys.shares[p.trustee - 1], sums),
    }));
    assert.ok(shares.every((s) => s.points));
    const opened = decrypt(shares.slice(0, v.t), sums.length);
    v.counts.forEach((n, j) => {
      assert.ok(countHolds(BigInt(n), 10000n, sums[j], opened[j]));
      assert.ok(!countHolds(BigInt(n + 1), 10000n, sums[j], opened[j]));
    });
  }
});

test('checkpoints and receipts (§7)', () => {
  const folder = 'verifier/boardlog/testdata/vectors/';
  for (const name of readdirSync(new URL(folder, root))) {
    const all = readFileSync(new URL(folder + name, root)), at = all.indexOf('---\n');
    const about = all.subarray(0, at).toString().trim().split('\n').map((l) => l.split(': '));
    const one = (k) => about.find(([x]) => x === k)?.[1];
    const policy = {
      origin: one('origin'), log: parseLogKey(one('log')), need: BigInt(one('need')),
      witnesses: about.filter(([k]) => k === 'witness').map(([, key]) => parseWitnessKey(key)),
    };
    const body = all.subarray(at + 4);
    let ok;
    if (name.startsWith('checkpoint')) {
      const cp = parseCheckpoint(body);
      ok = cp !== null && meets(cp, policy);
    } else {
      const r = parseReceipt(body);
      const to = r && r.index < r.checkpoint.size && meets(r.checkpoint, policy) ? provenRoot(r.id, r.index, r.checkpoint.size, r.proof) : null;
      ok = to !== null && hex(to) === hex(r.checkpoint.root);
    }
    assert.equal(ok, one('expect') === 'accept', `${name}: ${one('about')}`);
  }
});

test('ballots (§10)', () => {
  for (const file of ['ballot', 'mixed']) {
    const v = json(`ballot/cast/testdata/${file}.json`);
    const contests = v.contests.map((c) => ({
      kind: c.depth ? 'ranked' : 'choice', options: Array(c.options).fill(), min: BigInt(c.min), max: BigInt(c.max), depth: BigInt(c.depth ?? 0),
    }));
    const relation = ballotRelation(contests), pk = element(bytes(v.pk));
    assert.equal(hex(relation.id), v.relation);
    const holds = (raw) => {
      const r = decodeRecord(raw), points = decodePoints(r.body);
      return typeof points !== 'string' && proofHolds(relation, bytes(v.ctx), r, pk, points);
    };
    for (const b of v.ballots) {
      assert.ok(holds(bytes(b.record)));
      assert.equal(hex(decodeRecord(bytes(b.record)).id), b.id);
    }
    for (const raw of v['not valid']) assert.ok(!holds(bytes(raw)));
    const longest = v.lengths.find(([number]) => number > 2 ** 63)[1];
    assert.equal(longestBallot(contests, v.keys.length), BigInt(longest));
  }
});

test('ristretto255 is what RFC 9496 says', () => {
  assert.equal(hex(elementFromHash(new Uint8Array(64)).toBytes()), '00'.repeat(32));
});
