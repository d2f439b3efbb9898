// Meek STV (SPEC §14.8).
import { fewest } from './election.js';

const ONE = 10n ** 9n, OMEGA = 1000n;
const up = (a, b) => (a + b - 1n) / b;

export function meek(e) {
  const keep = e.candidates.map(() => ONE);
  for (;;) {
    const { votes, quota, surplus, elected } = round(e, keep);
    if (e.vacancies === 0) return e.endStage(votes, quota);
    e.endStage(votes, quota);

    const doomed = e.continuing.filter((c) => e.doomed.has(c));
    const out = [...doomed];
    if (!doomed.length && !elected) {
      const list = e.unguarded, least = votes[fewest(list, votes)[0]];
      out.push(e.pickByLot('exclusion', list.filter((c) => votes[c] <= least + surplus)));
    }
    for (const c of out) {
      e.exclude(c);
      keep[c] = 0n;
    }
    if (out.length) e.judge();
    if (e.open.length <= e.vacancies) {
      const last = votes.map((v, c) => (out.includes(c) ? 0n : v));
      e.fillLast(last);
      return e.endStage(last, quota);
    }
  }
}

/** A round up to its last distribution; keep is changed. */
function round(e, keep) {
  for (let before = null; ;) {
    const votes = distribute(e, keep);
    const quota = votes.reduce((a, b) => a + b) / BigInt(e.seats + 1) + 1n;
    const elected = e.fill(votes, quota);
    const over = e.inOffice.reduce((s, c) => s + votes[c] - quota, 0n);
    const surplus = over > 0n ? over : 0n;
    if (elected || surplus < OMEGA || before !== null && surplus >= before) return { votes, quota, surplus, elected };
    for (const c of e.inOffice) {
      const k = votes[c] === 0n ? ONE : up(up(keep[c] * quota, ONE) * ONE, votes[c]);
      keep[c] = k < ONE ? k : ONE;
    }
    before = surplus;
  }
}

function distribute(e, keep) {
  const votes = e.candidates.map(() => 0n);
  for (const { ranking, times } of e.ballots) {
    let w = ONE;
    for (const c of ranking) {
      if (w <= 0n) break;
      const x = up(w * keep[c], ONE);
      votes[c] += x * times;
      w -= x;
    }
  }
  return votes;
}
