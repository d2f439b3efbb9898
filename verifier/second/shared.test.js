// The shared vectors of SPEC §20, in verifier/testdata/vectors: node --test
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { hex } from './bytes.js';
import { Malformed } from './cbor.js';
import { count, METHODS } from './count.js';
import { element, elementFromHash, G, IDENTITY, inverse, L, scalar, scalarBytes, times } from './group.js';
import { decodeRanking, elementsOf } from './ranking.js';
import { decodeRecord, recordID, UnknownKind } from './records.js';
import { and, leaf, or, Relation } from './sigma.js';
import { decide, draw, Lots } from './tally.js';
import { T } from './transcript.js';

const json = (name) => JSON.parse(readFileSync(new URL(`../testdata/vectors/${name}.json`, import.meta.url), 'utf8'));
const bytes = (s) => new Uint8Array(Buffer.from(s, 'hex'));
const drawn = (i) => T('mandate/v1 test drawn').integer('i', i);
const code = (p) => hex(p.toBytes());

test('group', () => {
  const v = json('group');
  for (const [i, { uniform, element: e }] of v.elements.entries()) {
    assert.equal(hex(drawn(i).sum('uniform')), uniform);
    assert.equal(code(elementFromHash(bytes(uniform))), e);
  }
  for (const s of v.scalars) assert.equal(BigInt('0x' + hex(bytes(s.uniform).reverse())) % L, scalar(bytes(s.scalar)));
  let sum = IDENTITY;
  const all = T('mandate/v1 test accumulated');
  for (let i = 0; i < 2000; i++) {
    const s = drawn(i).challenge('scalar');
    sum = sum.add(times(drawn(i).point('element'), s));
    all.element('sum', sum.toBytes()).scalar('inverse', scalarBytes(inverse(s)));
  }
  assert.equal(code(sum), v.sum);
  assert.equal(hex(all.id('all')), v.all);
});

test('transcripts', () => {
  const v = json('transcript');
  let running = new Uint8Array(64);
  for (let i = 0; i < 1000; i++) {
    const e = drawn(i).point('element').toBytes(), s = scalarBytes(drawn(i).challenge('scalar'));
    const t = T('mandate/v1 test transcript').integer('i', i).bytes('bytes', running.subarray(0, i % 65)).string('string', 'ä'.repeat(i % 40))
      .element('element', e).elements('elements', [e, G.toBytes()].slice(0, i % 3)).scalar('scalar', s).scalars('scalars', [s, s].slice(0, i % 3));
    running = t.sum('out');
    const c = v.cases[i];
    if (!c) continue;
    assert.deepEqual([c.sum, c.id, c.challenge, c.weight, c.element],
      [hex(running), hex(t.id('id')), hex(scalarBytes(t.challenge('challenge'))), hex(scalarBytes(t.weight('weight'))), code(t.point('element'))]);
  }
  assert.equal(hex(running), v.last);
});

test('encryption', () => {
  const v = json('encryption'), x = scalar(bytes(v.secret)), pk = times(G, x);
  assert.equal(code(pk), v.key);
  const encrypt = (m, r) => [times(G, r), m.add(times(pk, r))];
  const flat = (c) => c.map(code).join('');
  let sum = [IDENTITY, IDENTITY];
  for (const c of v.integers) {
    const made = encrypt(times(G, BigInt(c.value)), scalar(bytes(c.r)));
    assert.equal(flat(made), c.ciphertext);
    sum = sum.map((p, i) => p.add(made[i]));
  }
  assert.equal(flat(sum), v.sum);
  for (const c of v.messages) {
    const first = encrypt(element(bytes(c.message)), scalar(bytes(c.r)));
    assert.equal(flat(first), c.ciphertext);
    assert.equal(flat(encrypt(IDENTITY, scalar(bytes(c["r'"]))).map((p, i) => p.add(first[i]))), c['encrypted again']);
  }
});

test('proofs', () => {
  const one = (image, base) => [image, [0, base]];
  const relations = [
    new Relation('schnorr', ['X'], [], leaf('x', 1, one(1, 0))),
    new Relation('equality of logarithms', ['G', 'Y', 'M'], [], leaf('x', 1, one(2, 0), one(3, 1))),
    new Relation('possession', ['phi0', 'phi1', 'phi2'], [], leaf('coefficients', 3, [1, [0, 0]], [2, [1, 0]], [3, [2, 0]])),
    new Relation('test', ['P', 'Q', 'S'], [[[2n, 1], [L - 3n, 2]]],
      and(leaf('both', 2, [3, [0, 0], [1, 1]]), or(and(leaf('c', 1, one(4, 0)), leaf('p', 1, one(1, 0))), leaf('s', 1, one(3, 2))))),
  ];
  const { cases } = json('proofs');
  assert.equal(cases.length, relations.length);
  for (const [i, c] of cases.entries()) {
    const r = relations[i], encodings = c.elements.map(bytes), points = encodings.map(element), proof = bytes(c.proof);
    assert.equal(hex(r.id), c.id, c.relation);
    const holds = (n, p) => r.verify(points, encodings, T('mandate/v1 test proof').integer('i', n), p);
    assert.ok(holds(i, proof), c.relation);
    assert.ok(!holds(i + 1, proof));
    for (let at = 0; at < proof.length; at += 31) {
      const other = proof.slice();
      other[at] ^= 1;
      assert.ok(!holds(i, other));
    }
  }
});

test('lots', () => {
  const v = json('lots'), lots = new Lots(bytes(v.ctx), bytes(v.root));
  const shares = v.trustees.map((t, i) => {
    assert.equal(code(times(G, scalar(bytes(t.x)))), t.Y);
    assert.equal(code(times(lots.P, scalar(bytes(t.x)))), t.share);
    const M = lots.check({ trustee: BigInt(i + 1), share: bytes(t.share), proof: bytes(t.proof) }, element(bytes(t.Y)));
    assert.ok(M);
    return { trustee: i + 1, points: [M] };
  });
  for (const pair of [[0, 1], [0, 2], [1, 2]]) assert.equal(hex(lots.seed(pair.map((i) => shares[i]))), v.seed);
  for (const d of v.draws) assert.deepEqual(draw(bytes(v.seed), d.contest, d.draw, d.options), d.order);
});

test('decisions', () => {
  for (const { decision: [method, option, num, den, strict, base, over, quorumNum, quorumDen, seats], counts, counted, roll, outcome, winners } of json('decisions').cases) {
    const decision = { method, option: BigInt(option), num: BigInt(num), den: BigInt(den), strict, base, over, quorumNum: BigInt(quorumNum), quorumDen: BigInt(quorumDen), seats: BigInt(seats), lots: false };
    const is = decide({ decision, options: counts }, counts.map(BigInt), BigInt(counted), BigInt(roll));
    assert.deepEqual([is.outcome, is.winners.map(Number)], [outcome, winners]);
  }
});

// The elections of counting.json.
function election(i) {
  const bytesOf = (name, k) => drawn(i).integer(name, k).sum('election');
  const head = bytesOf('head', 0), candidates = 3 + head[0] % 4, ballots = [];
  for (let k = 0; k < 12; k++) {
    const s = bytesOf('ballot', k);
    const order = Array.from({ length: candidates }, (_, c) => c).sort((a, b) => s[a] - s[b] || a - b).slice(0, 1 + s[33] % candidates);
    for (let n = 0; n < 1 + s[32] % 9; n++) ballots.push(order);
  }
  return { candidates, seats: 1 + head[1] % (candidates - 1), ballots };
}

test('counting', () => {
  const places = { irv: 0, 'scottish-stv': 5, 'meek-stv': 9 };
  for (const m of json('counting').methods) {
    if (!METHODS[m.method] || !(m.method in places)) continue; // plurality and approval are counted from sums; pairwise counts have no votes
    const all = createHash('sha256');
    for (let i = 0; i < 200; i++) {
      const { candidates, seats, ballots } = election(i), n = m.method === 'irv' ? 1 : seats;
      const decision = { method: m.method, seats: BigInt(n), rules: [] };
      const e = count({ options: Array.from({ length: candidates }, () => ({ groups: [] })), decision }, ballots, (_, list) => [...list].sort((a, b) => a - b));
      const votes = (v) => {
        const digits = String(BigInt(v) * 10n ** BigInt(9 - places[m.method])).padStart(10, '0');
        return `${digits.slice(0, -9)}.${digits.slice(-9)}`;
      };
      const text = [[m.method, n, ...e.elected.map((c) => c + 1)].join(' '), ...e.stages.map((s, k) => [k + 1, ...s.votes.map(votes)].join(' '))].join('\n') + '\n';
      if (m.first[i]) assert.equal(text, m.first[i]);
      all.update(text);
    }
    assert.equal(all.digest('hex'), m.all, m.method);
  }
});

test('rankings', () => {
  for (const { candidates, depth, rankings, step, all } of json('rankings').spaces) {
    const k = elementsOf(candidates, depth), hash = createHash('sha256');
    for (let n = 0; n < rankings; n += step) {
      const number = bytes(n.toString(16).padStart(60 * k, '0'));
      const points = Array.from({ length: k }, (_, j) => {
        const s = new Uint8Array(32);
        s.set(number.subarray(30 * j, 30 * j + 30), 1);
        do s[0] += 2; while (element(s) === null);
        hash.update(s);
        return element(s);
      });
      assert.notEqual(decodeRanking(points, candidates, depth), null);
    }
    assert.equal(hash.digest('hex'), all);
  }
  const other = json('proofs').cases[0].elements[0]; // an element that is no ranking
  assert.equal(decodeRanking([element(bytes(other))], 4, 4), null);
});

test('records', () => {
  const v = json('records');
  for (const { kind, id, record } of v.records) {
    const r = decodeRecord(bytes(record));
    assert.deepEqual([r.kind, hex(recordID(bytes(record)))], [kind, id]);
  }
  for (const { why, code, record } of v.refused) {
    if (code === 'oversize') continue; // decided before decoding
    assert.throws(() => decodeRecord(bytes(record)), code === 'unknown-kind' ? UnknownKind : Malformed, why);
  }
});
