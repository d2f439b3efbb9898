// What an opened ballot of a ranked contest says (SPEC §16).
import { be, concat } from './bytes.js';
import { element } from './group.js';

const CHUNK = 30, BITS = 240;

/** P_0 … P_D: how many rankings of each length there are of C candidates. */
function rankings(candidates, depth) {
  const P = [1n];
  for (let l = 1; l <= depth; l++) P.push(P[l - 1] * BigInt(candidates - l + 1));
  return P;
}

const total = (P) => P.reduce((a, b) => a + b);

/** The number k of elements of a ranking. */
export function elementsOf(candidates, depth) {
  const most = total(rankings(candidates, depth)) - 1n;
  return Math.ceil(most.toString(2).length / BITS);
}

/** The number R of rankings that a contest allows. */
export const possibleRankings = (c) => total(rankings(c.options.length, Number(c.depth)));

/** How many ciphertexts a contest has on a ballot (§10.2). */
export const width = (c) => (c.kind === 'ranked' ? elementsOf(c.options.length, Number(c.depth)) : c.options.length);

/** The chunk that an element carries, or null. */
function chunkOf(point) {
  const s = Uint8Array.from(point.toBytes());
  const f = s[0];
  if (f < 2 || s[31] !== 0) return null;
  for (s[0] = 2; s[0] < f; s[0] += 2) if (element(s)) return null;
  return s.subarray(1, 1 + CHUNK);
}

/** The ranking, a list of options, that elements say; null if they are spoiled. */
export function decodeRanking(points, candidates, depth) {
  const chunks = points.map(chunkOf);
  if (chunks.includes(null)) return null;
  let n = be(concat(...chunks));
  const P = rankings(candidates, depth);
  if (n >= total(P)) return null;
  let length = 0;
  while (n >= P[length]) n -= P[length++];
  const digits = [];
  for (let j = length; j >= 1; j--) {
    const radix = BigInt(candidates - j + 1);
    digits.unshift(Number(n % radix));
    n /= radix;
  }
  const left = Array.from({ length: candidates }, (_, i) => i);
  return digits.map((d) => left.splice(d, 1)[0]);
}
