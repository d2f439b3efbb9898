// Instant run-off and Scottish STV (SPEC §14.6, §14.7): ballots that lie with one candidate each.
import { fewest, most } from './election.js';

const VOTE = 100000n; // units of a vote of Scottish STV

/** Where the ballots lie, and at what value. */
class Piles {
  constructor(election, unit) {
    this.election = election;
    this.votes = election.candidates.map(() => 0n);
    this.piles = election.candidates.map(() => []);
    for (const { ranking, times } of election.ballots) this.#give({ ranking, times, at: 0, value: unit }, ranking[0]);
  }

  #give(parcel, candidate) {
    this.piles[candidate].push(parcel);
    this.votes[candidate] += parcel.times * parcel.value;
  }

  /** Moves a candidate's ballots on, each at the value that reweigh makes of its own. */
  move(candidate, reweigh = (value) => value) {
    const open = new Set(this.election.open), moved = this.piles[candidate];
    this.piles[candidate] = [];
    for (const p of moved) {
      let at = p.at + 1;
      while (at < p.ranking.length && !open.has(p.ranking[at])) at++;
      if (at < p.ranking.length) this.#give({ ...p, at, value: reweigh(p.value) }, p.ranking[at]);
    }
  }

  /** Excludes candidates together and moves their ballots. */
  exclude(list) {
    list.forEach((c) => this.election.exclude(c));
    for (const c of list) {
      this.votes[c] = 0n;
      this.move(c);
    }
  }
}

export function instantRunoff(e) {
  const piles = new Piles(e, 1n), { votes } = piles;
  for (;;) {
    const majority = votes.reduce((a, b) => a + b) / 2n + 1n;
    const { open } = e, first = most(open, votes)[0];
    if (e.vacancies === 0) return e.endStage(votes, majority);
    if (open.length === 1 || votes[first] >= majority) {
      e.elect([first]);
      return e.endStage(votes, majority);
    }
    e.endStage(votes, majority);
    const doomed = e.continuing.filter((c) => e.doomed.has(c));
    if (doomed.length) piles.exclude(doomed);
    else excludeOne(e, piles);
  }
}

function excludeOne(e, piles) {
  const c = e.pick('exclusion', fewest(e.unguarded, piles.votes));
  e.exclude(c);
  e.judge();
  piles.exclude([c]);
}

export function scottish(e) {
  const piles = new Piles(e, VOTE), { votes } = piles;
  const quota = (e.valid / BigInt(e.seats + 1) + 1n) * VOTE;
  for (;;) {
    e.fill(votes, quota);
    const done = e.vacancies === 0;
    e.endStage(votes, quota);
    if (done) return;
    const doomed = e.continuing.filter((c) => e.doomed.has(c)), over = e.inOffice.filter((c) => votes[c] > quota);
    if (doomed.length) piles.exclude(doomed);
    else if (over.length) {
      const c = e.pick('surplus', most(over, votes)), v = votes[c];
      votes[c] = quota;
      piles.move(c, (value) => value * (v - quota) / v);
    } else excludeOne(e, piles);
  }
}
