// Counting rankings (SPEC §14). Only what a vote can hold: nobody is withdrawn, no rank is shared, no ballot is spoiled or blank.
import { Election } from './election.js';
import { meek } from './meek.js';
import { pairwise } from './pairwise.js';
import { missesQuorum } from './tally.js';
import { instantRunoff, scottish } from './transfer.js';

export const METHODS = { irv: instantRunoff, 'scottish-stv': scottish, 'meek-stv': meek, schulze: pairwise, 'ranked-pairs': pairwise };

/** Counts rankings by a contest's method, seats and rules. lots is as Election's; returns the count. */
export function count(contest, rankings, lots) {
  const groups = new Map();
  for (const ranking of rankings) {
    const b = groups.get(ranking.join()) ?? { ranking, times: 0n };
    b.times++;
    groups.set(ranking.join(), b);
  }
  const e = new Election(contest, [...groups.values()], lots);
  e.judge();
  if (e.valid > 0n) METHODS[e.method](e);
  return e;
}

/** Outcome, winners and, if there was one, the count of a ranked contest (§11.5). lots is as Election's. */
export function decideRanking(contest, rankings, counted, roll, lots) {
  if (missesQuorum(contest.decision, counted, roll)) return { outcome: 'no-quorum', winners: [] };
  const e = count(contest, rankings, lots);
  return { outcome: e.elected.length ? 'elected' : 'failed', winners: e.elected, count: e };
}
