// From counted ballots to outcomes (SPEC §11).
import { pieces } from './bytes.js';
import { combine, element, G, inverse, isIdentity, mod, sum, times, IDENTITY } from './group.js';
import { verifyEquality } from './sigma.js';
import { T } from './transcript.js';

/** The sums (A_j, B_j) over counted ballots for each contest and option (§11.2). */
export function sums(contests, ballots) {
  return contests.map((c, i) => c.options.map((_, j) => [0, 1].map((half) => sum(ballots.map((b) => b[i][j][half])))));
}

/** The points of a trustee's shares of a contest, or null if §11.3 does not hold. */
export function checkShares(ctx, b, Y, sums) {
  const encodings = pieces(b.shares, 32);
  if (encodings?.length !== sums.length) return null;
  const Ms = encodings.map(element);
  if (Ms.some((M, j) => M === null || isIdentity(M) && !isIdentity(sums[j][0]))) return null;
  const S = T('mandate/v1 shares').bytes('ctx', ctx).integer('contest', b.contest).integer('trustee', b.trustee)
    .element('Y', Y.toBytes()).elements('A', sums.map(([A]) => A.toBytes())).elements('B', sums.map(([, B]) => B.toBytes()))
    .elements('M', encodings);
  const weights = sums.map((_, j) => S.copy().integer('index', j).weight('weight'));
  const G_ = combine(sums.map(([A]) => A), weights), M = combine(Ms, weights);
  return verifyEquality(G_, Y, M, S, b.proof) ? Ms : null;
}

/** D_j from t shares [{trustee, points}] (§11.4). */
export function decrypt(shares, options) {
  const indices = shares.map((s) => BigInt(s.trustee));
  const lambdas = indices.map((i) => indices.filter((l) => l !== i).reduce((x, l) => mod(x * l * inverse(l - i)), 1n));
  return Array.from({ length: options }, (_, j) => combine(shares.map((s) => s.points[j]), lambdas));
}

export function countHolds(count, counted, [, B], D) {
  return count <= counted && times(G, count).add(D ?? IDENTITY).equals(B);
}

/** Outcome and winners of a contest (§11.5). */
export function decide({ decision: d, options }, counts, counted, roll) {
  if (d.method === 'none') return { outcome: 'none', winners: [] };
  if (counted * d.quorumDen < d.quorumNum * roll) return { outcome: 'no-quorum', winners: [] };
  if (d.method === 'threshold') {
    const base = d.base === 'ballots' ? counted : d.over.reduce((s, j) => s + counts[j], 0n);
    const votes = counts[d.option] * d.den, bar = d.num * base;
    if (d.strict ? votes > bar : votes >= bar && base > 0n) return { outcome: 'passed', winners: [d.option] };
    return { outcome: d.strict && votes === bar && base > 0n ? 'tied' : 'failed', winners: [] };
  }
  const seats = Number(d.seats);
  const above = (c) => options.flatMap((_, j) => (counts[j] > c ? [BigInt(j)] : []));
  const positive = above(0n);
  if (!positive.length) return { outcome: 'failed', winners: [] };
  if (positive.length <= seats) return { outcome: 'elected', winners: positive };
  const c = [...counts].sort((a, b) => (a < b ? 1 : a > b ? -1 : 0))[seats - 1];
  const fit = above(c - 1n);
  return fit.length <= seats ? { outcome: 'elected', winners: fit } : { outcome: 'tied', winners: above(c) };
}
