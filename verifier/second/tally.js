// From counted ballots to outcomes (SPEC §11).
import { pieces } from './bytes.js';
import { combine, element, G, inverse, isIdentity, mod, sum, times, IDENTITY } from './group.js';
import { verifyEquality } from './sigma.js';
import { T } from './transcript.js';

/** The sums (A_j, B_j) over counted ballots for each option of each choice (§11.2); nothing for other contests. */
export function sums(contests, ballots) {
  return contests.map((c, i) => c.kind === 'choice' && c.options.map((_, j) => [0, 1].map((half) => sum(ballots.map((b) => b[i][j][half])))));
}

/** The points of a trustee's shares of a contest, or null if §11.3 does not hold. */
export function checkShares(ctx, b, Y, sums) {
  const S = T('mandate/v1 shares').bytes('ctx', ctx).integer('contest', b.contest);
  return sharesOf(S, b.trustee, Y, sums, b);
}

/** The same for a decryption of a mixed list. */
export function checkDecryption({ ctx, root, contest }, trustee, Y, ciphertexts, body) {
  const S = T('mandate/v1 decryption').bytes('ctx', ctx).bytes('root', root).integer('contest', contest);
  return sharesOf(S, trustee, Y, ciphertexts, body);
}

/** The points of shares of ciphertexts [A, B], or null. S is the beginning of the statement. */
function sharesOf(S, trustee, Y, sums, { shares, proof }) {
  const encodings = pieces(shares, 32);
  if (encodings?.length !== sums.length) return null;
  const Ms = encodings.map(element);
  if (Ms.some((M, j) => M === null || isIdentity(M) && !isIdentity(sums[j][0]))) return null;
  S.integer('trustee', trustee)
    .element('Y', Y.toBytes()).elements('A', sums.map(([A]) => A.toBytes())).elements('B', sums.map(([, B]) => B.toBytes()))
    .elements('M', encodings);
  const weights = sums.map((_, j) => S.copy().integer('index', j).weight('weight'));
  const G_ = combine(sums.map(([A]) => A), weights), M = combine(Ms, weights);
  return verifyEquality(G_, Y, M, S, proof) ? Ms : null;
}

/** What lots are drawn with (§11.6): sealed log and vote. */
export class Lots {
  constructor(ctx, root) {
    this.ctx = ctx;
    this.root = root;
    this.P = this.#begin('mandate/v1 lots').point('point');
  }
  #begin(label) {
    return T(label).bytes('ctx', this.ctx).bytes('root', this.root);
  }
  /** The point of a trustee's share, or null. */
  check(b, Y) {
    return sharesOf(this.#begin('mandate/v1 lots share'), b.trustee, Y, [[this.P, IDENTITY]], { shares: b.share, proof: b.proof })?.[0];
  }
  /** The seed from t shares [{trustee, points: [M]}]. */
  seed(shares) {
    return T('mandate/v1 lots seed').bytes('ctx', this.ctx).element('value', decrypt(shares, 1)[0].toBytes()).id('seed');
  }
}

/** Options in the order of a draw of a contest. */
export function draw(seed, contest, number, options) {
  const ticket = (o) => T('mandate/v1 lot').bytes('seed', seed).integer('contest', contest).integer('draw', number).integer('option', o).id('ticket');
  return options.map((o) => [ticket(o), o]).sort((a, b) => Buffer.compare(a[0], b[0])).map(([, o]) => o);
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

export const missesQuorum = (d, counted, roll) => counted * d.quorumDen < d.quorumNum * roll;

/** Outcome and winners of a choice (§11.5). Ties that go by lot are put in order by lots(options). */
export function decide({ decision: d, options }, counts, counted, roll, lots) {
  if (d.method === 'none') return { outcome: 'none', winners: [] };
  if (missesQuorum(d, counted, roll)) return { outcome: 'no-quorum', winners: [] };
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
  if (fit.length <= seats) return { outcome: 'elected', winners: fit };
  const winners = above(c);
  if (!d.lots) return { outcome: 'tied', winners };
  const drawn = lots(fit.filter((j) => counts[j] === c)).slice(0, seats - winners.length);
  return { outcome: 'elected', winners: [...winners, ...drawn].sort((a, b) => Number(a - b)) };
}
