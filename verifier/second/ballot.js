// Ballots: their relation, length and signatures (SPEC §10).
import { concat, hex, pieces } from './bytes.js';
import { verifyBlind } from './blind.js';
import { element, isIdentity } from './group.js';
import { width } from './ranking.js';
import { and, leaf, or, Relation } from './sigma.js';
import { T } from './transcript.js';

/** The relation of a manifest's ballots (§10.3). */
export function ballotRelation(contests) {
  const names = ['pk', 'K'];
  const [g, pk, K] = [0, 1, 2];
  const at = contests.map((c, i) => Array.from({ length: width(c) }, (_, j) => {
    names.push(`A ${i} ${j}`, `B ${i} ${j}`);
    return { A: names.length - 1, B: names.length };
  }));
  const combinations = [];
  const combine = (...terms) => names.length + combinations.push(terms);
  const branch = (v, a, b) => leaf(String(v), 1, [a, [0, g]], [b, [0, pk]]);
  const children = [leaf('credential', 1, [K, [0, g]])];
  contests.forEach((c, i) => {
    if (c.kind === 'ranked') {
      for (const { A } of at[i]) children.push(leaf('ranked', 1, [A, [0, g]]));
      return;
    }
    for (const [j, less] of at[i].map(({ B }) => combine([1n, B], [-1n, g])).entries()) {
      const { A, B } = at[i][j];
      children.push(or(branch(0, A, B), branch(1, A, less)));
    }
    const SA = combine(...at[i].map(({ A }) => [1n, A]));
    const branches = [];
    for (let v = c.min; v <= c.max; v++) branches.push(branch(v, SA, combine(...at[i].map(({ B }) => [1n, B]), [-v, g])));
    children.push(branches.length === 1 ? branches[0] : or(...branches));
  });
  return new Relation('mandate/v1 ballot', names, combinations, and(...children));
}

const headLength = (n) => (n < 24n ? 1n : n < 1n << 8n ? 2n : n < 1n << 16n ? 3n : n < 1n << 32n ? 5n : 9n);
const stringLength = (n) => headLength(BigInt(n)) + BigInt(n);

/** The length of a ballot with the largest number (§10.5). */
export function longestBallot(contests, registrars) {
  const payload = 1n + 7n + 34n + 1n + 34n + 9n + 34n + stringLength(288 * registrars) + headLength(BigInt(contests.length))
    + contests.reduce((s, c) => s + stringLength(64 * width(c)), 0n);
  const branches = (c) => c.max - c.min + 1n;
  const proof = contests.reduce((s, c) => {
    if (c.kind === 'ranked') return s + 2n * BigInt(width(c));
    const options = BigInt(c.options.length), sums = branches(c);
    return s + options * (4n + 2n + 2n) + sums * 3n + (sums > 1n ? sums : 0n);
  }, 2n) * 32n;
  return 1n + headLength(payload) + payload + headLength(proof) + proof;
}

/** Whether the registrars' signatures, of the right length, make K a credential of the slot (§10.1). */
export function signaturesHold(signatures, round, slot, key, moduli) {
  const message = T('mandate/v1 credential').bytes('round', round).integer('slot', slot).bytes('key', key).sum('credential');
  return pieces(signatures, 288).every((s, i) => verifyBlind(moduli[i], message, s));
}

/** The points of a ballot: {K, ciphertexts: contests of [A, B]}, or the code with which it is void. */
export function decodePoints(body) {
  const K = element(body.key);
  const ciphertexts = body.contests.map((c) => pieces(c, 64).map((ab) => [element(ab.subarray(0, 32)), element(ab.subarray(32))]));
  if (K === null || ciphertexts.flat(2).includes(null)) return 'noncanonical';
  if (isIdentity(K) || ciphertexts.flat().some(([A]) => isIdentity(A))) return 'trivial';
  return { K, ciphertexts };
}

export function proofHolds(relation, ctx, record, pk, { K, ciphertexts }) {
  const encodings = [pk.toBytes(), record.body.key, ...pieces(concat(...record.body.contests), 32)];
  const transcript = T('mandate/v1 ballot').bytes('ctx', ctx).bytes('payload', record.payload);
  return relation.verify([pk, K, ...ciphertexts.flat(2)], encodings, transcript, record.seal);
}

/** The A halves of a ballot, as names. */
export const randomness = (body) => pieces(concat(...body.contests), 64).map((ab) => hex(ab.subarray(0, 32)));
