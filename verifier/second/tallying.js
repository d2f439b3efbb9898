// What a vote's records after the seal do (SPEC §9.10).
import { equal } from './bytes.js';
import { decideRanking } from './count.js';
import { meets, parseCheckpoint, treeRoot } from './log.js';
import { Fatal, or } from './outcome.js';
import { checkShares, countHolds, decide, decrypt, draw } from './tally.js';

const NOTHING_OPENED = { rankings: [], counts: [0n, 0n, 0n] };

/** Rules by kind, called with the fold for this. */
export const TALLY = {
  input(r, b, v) {
    or(!v.inputs.has(b.trustee), 'dup');
    or(b.size === BigInt(v.sealedAt + 1) && equal(b.root, v.sealedRoot), 'input-root');
    const cp = parseCheckpoint(Buffer.from(b.checkpoint));
    const policy = { origin: this.genesis.body.origin, log: this.genesis.log, witnesses: v.witnesses, need: v.body.witnesses.need };
    or(cp && meets(cp, policy) && cp.size >= b.size && cp.size <= BigInt(r.index)
      && equal(cp.root, treeRoot(this.hashes, 0, Number(cp.size))), 'input-checkpoint');
    v.inputs.add(b.trustee);
  },

  shares(r, b, v) {
    or(BigInt(v.inputs.size) >= v.body.quorum, 'input-quorum');
    or(v.credentials.size > 0, 'empty');
    const of = v.shares[b.contest], trustee = Number(b.trustee);
    or(of && v.body.contests[b.contest].kind === 'choice', 'form');
    or(!of.some((s) => s.trustee === trustee), 'dup');
    const points = checkShares(v.ctx, b, v.shareKeys[trustee - 1], v.sums[b.contest]);
    or(points, 'share');
    of.push({ trustee, points });
  },

  mix(r, b, v) {
    or(BigInt(v.inputs.size) >= v.body.quorum, 'input-quorum');
    or(v.credentials.size > 0, 'empty');
    const mixing = v.mixings[b.contest];
    or(mixing, 'form');
    const code = mixing.mix(b, Number(b.trustee));
    or(!code, code);
  },

  decryption(r, b, v) {
    or(BigInt(v.inputs.size) >= v.body.quorum, 'input-quorum');
    or(v.credentials.size > 0, 'empty');
    const mixing = v.mixings[b.contest];
    or(mixing, 'form');
    const code = mixing.decrypt(b, Number(b.trustee), v.shareKeys[Number(b.trustee) - 1]);
    or(!code, code);
  },

  lots(r, b, v) {
    or(BigInt(v.inputs.size) >= v.body.quorum, 'input-quorum');
    or(v.body.contests.some((c) => c.kind === 'ranked' || c.decision.lots), 'form');
    const trustee = Number(b.trustee);
    or(!v.lotShares.some((s) => s.trustee === trustee), 'dup');
    const point = v.lots.check(b, v.shareKeys[trustee - 1]);
    or(point, 'share');
    v.lotShares.push({ trustee, points: [point] });
  },

  result(r, b, v) {
    const must = (ok, code) => { if (!ok) throw new Fatal(code, v.id); };
    const { contests, quorum, threshold } = v.body;
    const counted = BigInt(v.credentials.size), roll = v.round.roll.body.count, t = Number(threshold);
    must(BigInt(v.inputs.size) >= quorum, 'result-input');
    if (counted) {
      contests.forEach((_, i) => {
        const mixing = v.mixings[i];
        must(!mixing || mixing.mixed, 'result-mixes');
        must((mixing ? mixing.decryptions : v.shares[i]).length >= t, 'result-shares');
      });
    }
    must(b.roll === roll && b.counted === counted && b.contests.length === contests.length, 'result-count');
    const opened = contests.map((c, i) => {
      if (c.kind === 'ranked') return counted ? v.mixings[i].open(t) : NOTHING_OPENED;
      return counted ? decrypt(v.shares[i].slice(0, t), c.options.length) : [];
    });
    b.contests.forEach(({ counts }, i) => {
      if (contests[i].kind === 'ranked') return must(counts.join() === opened[i].counts.join(), 'result-count');
      const holds = (n, j) => countHolds(n, counted, v.sums[i][j], opened[i][j]);
      must(counts.length === contests[i].options.length && counts.every(holds), 'result-count');
    });
    const seed = () => {
      must(v.lotShares.length >= t, 'result-lots');
      return v.lotSeed ??= v.lots.seed(v.lotShares.slice(0, t));
    };
    v.counts = [];
    b.contests.forEach((c, i) => {
      let right;
      if (contests[i].kind === 'ranked') {
        const byLot = counted && seed();
        right = decideRanking(contests[i], opened[i].rankings, counted, roll, (number, options) => draw(byLot, i, number, options));
        v.counts[i] = { ...opened[i], count: right.count };
      } else right = decide(contests[i], c.counts, counted, roll, (options) => draw(seed(), i, 0, options));
      must(c.outcome === right.outcome && c.winners.join() === right.winners.join(), 'result-outcome');
    });
    Object.assign(v, { phase: 'certified', result: b });
  },
};
