// Shuffles and their proofs (SPEC §17). Items, components and equations are counted from 0 here, from 1 there.
import { randomBytes } from 'node:crypto';
import { concat, hex, le, pieces } from './bytes.js';
import { combine, element, G, IDENTITY, isIdentity, mod, scalar } from './group.js';
import { T } from './transcript.js';

const weigh = () => le(randomBytes(16));

/** The length of a stage: the list of outputs and the proof (§17.4). */
export const stageLength = (N, w) => 64 * w * N + 32 * (5 * N + 6 + 3 * w);

/** Generators h_0 … h_N of a contest (§17.1) as points. */
export function generators(vote, contest, N) {
  const t = T('mandate/v1 shuffle generators').bytes('vote', vote).integer('contest', contest);
  return Array.from({ length: N + 1 }, (_, i) => t.copy().integer('index', i).point('generator'));
}

/** A list of N items of w ciphertexts: bytes, and points [A, B] item by item, component by component. Null if an element does not decode. */
export function decodeList(bytes) {
  const points = pieces(bytes, 32).map(element);
  return points.includes(null) ? null : { bytes, ciphertexts: pairs(points) };
}

const pairs = (points) => Array.from({ length: points.length / 2 }, (_, i) => points.slice(2 * i, 2 * i + 2));
const allDifferent = (encodings) => new Set(encodings.map(hex)).size === encodings.length;

/**
 * The list that a stage makes of a list of items of width w, or null if the stage is no shuffle of it. All equations are checked as one sum,
 * each under its own random weight of 128 bits. Statement: {vote, ctx, contest, stage, mixer, root, pk}.
 */
export function checkStage({ vote, ctx, contest, stage, mixer, root, pk }, list, w, bytes) {
  const N = list.ciphertexts.length / w;
  if (!(N >= 1) || bytes.length !== stageLength(N, w)) return null;
  const hs = generators(vote, contest, N), hBytes = hs.map((h) => h.toBytes());
  if (isIdentity(pk) || !allDifferent([...hBytes, G.toBytes(), pk.toBytes(), IDENTITY.toBytes()])) return null;
  const outputs = decodeList(bytes.subarray(0, 64 * w * N));
  if (!outputs) return null;
  const As = [list, outputs].flatMap((l) => l.ciphertexts.map(([A]) => A.toBytes()));
  if (!allDifferent([...As, IDENTITY.toBytes()])) return null;

  const proof = pieces(bytes.subarray(64 * w * N), 32);
  const take = (n) => proof.splice(0, n);
  const cBytes = take(N), chainBytes = take(N), tBytes = take(3 + 2 * w), tChainBytes = take(N);
  const [c, chain, t, tChain] = [cBytes, chainBytes, tBytes, tChainBytes].map((l) => l.map(element));
  if ([c, chain, t, tChain].some((l) => l.includes(null))) return null;
  const scalars = proof.map(scalar);
  if (scalars.includes(null)) return null;
  const s = scalars.splice(0, 3), s4 = scalars.splice(0, w), sChain = scalars.splice(0, N), sPrime = scalars;

  const S = T('mandate/v1 shuffle').bytes('ctx', ctx).integer('contest', contest).integer('stage', stage).integer('mixer', mixer)
    .bytes('seal', root).element('key', pk.toBytes()).integer('items', N).integer('width', w).elements('generators', hBytes)
    .bytes('inputs', list.bytes).bytes('outputs', outputs.bytes).bytes('permutation', concat(...cBytes));
  const u = c.map((_, i) => S.copy().integer('index', i + 1).weight('u'));
  const x = S.copy().bytes('chain', concat(...chainBytes)).bytes('commitments', concat(...tBytes))
    .bytes('chain commitments', concat(...tChainBytes)).challenge('challenge');

  // Σ weight · (right side − first move) = 0, gathered by element.
  const points = [], factors = [];
  const term = (point, factor) => { points.push(point); factors.push(factor); };
  const onH = new Array(N + 1).fill(0n), onC = new Array(N).fill(0n), onChain = new Array(N).fill(0n);
  let onG = 0n, onKey = 0n;
  const product = u.reduce((a, b) => mod(a * b), 1n);

  const w1 = weigh(); // t1 = c̄^−x g^s1
  for (let i = 0; i < N; i++) {
    onC[i] -= w1 * x;
    onH[i + 1] += w1 * x;
  }
  onG += w1 * s[0];
  term(t[0], -w1);

  const w2 = weigh(); // t2 = (ĉ_N / h^u)^−x g^s2
  onChain[N - 1] -= w2 * x;
  onH[0] += w2 * x * product;
  onG += w2 * s[1];
  term(t[1], -w2);

  const w3 = weigh(); // t3 = c̃^−x g^s3 Π h_i^s'_i
  for (let i = 0; i < N; i++) {
    onC[i] -= w3 * x * u[i];
    onH[i + 1] += w3 * sPrime[i];
  }
  onG += w3 * s[2];
  term(t[2], -w3);

  for (let k = 0; k < w; k++) {
    for (const half of [1, 0]) { // t41_k is of the B, t42_k of the A
      const weight = weigh();
      for (let i = 0; i < N; i++) {
        term(list.ciphertexts[i * w + k][half], -weight * x * u[i]);
        term(outputs.ciphertexts[i * w + k][half], weight * sPrime[i]);
      }
      if (half === 1) onKey -= weight * s4[k];
      else onG -= weight * s4[k];
      term(t[3 + k + (half === 1 ? 0 : w)], -weight);
    }
  }

  for (let i = 0; i < N; i++) { // t̂_i = ĉ_i^−x g^ŝ_i ĉ_{i−1}^s'_i
    const weight = weigh();
    onChain[i] -= weight * x;
    onG += weight * sChain[i];
    if (i) onChain[i - 1] += weight * sPrime[i];
    else onH[0] += weight * sPrime[0];
    term(tChain[i], -weight);
  }

  hs.forEach((h, i) => term(h, onH[i]));
  c.forEach((p, i) => term(p, onC[i]));
  chain.forEach((p, i) => term(p, onChain[i]));
  term(G, onG);
  term(pk, onKey);
  return isIdentity(combine(points, factors)) ? outputs : null;
}
