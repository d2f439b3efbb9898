// What is told of the verified result of a ranked contest.
import { hex } from './bytes.js';
import { possibleRankings } from './ranking.js';

const DECIMALS = { irv: 0, 'scottish-stv': 5, 'meek-stv': 9 };

export function rankedContest(v, i) {
  const c = v.body.contests[i], result = v.result.contests[i], mixing = v.mixings[i], { rankings, count } = v.counts[i];
  const [expressed, blank, spoiled] = result.counts.map(Number), winners = result.winners.map(Number);
  const name = (trustee) => v.trustees[trustee - 1].name;
  const different = new Set(rankings.map(String)).size + (blank > 0);
  return {
    id: c.id, outcome: result.outcome, options: c.options.map((o, j) => ({ id: o.id, count: 0, winner: winners.includes(j) })),
    ranked: {
      method: c.decision.method, seats: Number(c.decision.seats), expressed, blank, spoiled, winners, depth: Number(c.depth),
      possible: String(possibleRankings(c)), different, mixers: mixing.mixers.map(name), decrypted: mixing.decryptions.map((d) => name(d.trustee)),
      seed: v.lotSeed ? hex(v.lotSeed) : '', ...(count && expressed ? { count: countOf(count) } : {}),
    },
  };
}

/** The numbers of a count, with the names of §14.12. */
function countOf(e) {
  const units = (n) => {
    const places = DECIMALS[e.method], s = String(n).padStart(places + 1, '0');
    return places ? `${s.slice(0, -places)}.${s.slice(-places)}` : s;
  };
  const numbered = (list) => list.map((c) => ({ number: c + 1 }));
  return {
    method: e.method, seats: e.seats, fillable_seats: e.committee.fillable, elected: numbered(e.elected),
    stages: e.stages.map(({ votes, quota }, i) => ({
      number: i + 1, ...(quota === null ? {} : { quota: units(quota) }), candidates: e.candidates.map((c) => ({ number: c + 1, ...(votes.length ? { votes: units(votes[c]) } : {}) })),
    })),
    draws: e.draws.map((d) => ({ ...d, order: numbered(d.order) })),
  };
}
