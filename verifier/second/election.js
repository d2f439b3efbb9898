// An election in the course of its count: what the methods of SPEC §14 share.
import { boundsOf, Committee } from './committee.js';

/** What all methods share: who is where, the stages so far, ties and draws. Votes are BigInts of the method's units. */
export class Election {
  constructor(contest, ballots, lots) {
    this.method = contest.decision.method;
    this.seats = Number(contest.decision.seats);
    this.candidates = contest.options.map((_, j) => j);
    this.ballots = ballots; // [{ranking, times: BigInt}], each ranking once
    this.valid = ballots.reduce((n, b) => n + b.times, 0n);
    this.lots = lots; // (number of the draw, candidates) => candidates, first drawn first
    this.state = this.candidates.map(() => 'continuing');
    this.committee = new Committee(boundsOf(contest), this.seats, this.candidates);
    this.elected = []; // in the order of election
    this.stages = []; // {votes, quota} at the end of each
    this.draws = [];
    this.doomed = this.guarded = new Set();
  }

  get stage() { return this.stages.length + 1; } // the present one
  get continuing() { return this.candidates.filter((c) => this.state[c] === 'continuing'); }
  get open() { return this.continuing.filter((c) => !this.doomed.has(c)); } // who can still be elected
  get unguarded() { return this.continuing.filter((c) => !this.guarded.has(c)); }
  get inOffice() { return this.candidates.filter((c) => this.state[c] === 'elected'); }
  get vacancies() { return this.committee.fillable - this.elected.length; }

  /** Finds guards and dooms anew. */
  judge() {
    if (this.vacancies > 0) Object.assign(this, this.committee.judge(this.inOffice, this.continuing));
  }

  /** Elects candidates together: by votes, where there are such, then by number (§14.12). */
  elect(list, votes = null) {
    for (const c of [...list].sort((a, b) => (votes ? compare(votes[b], votes[a]) : 0) || a - b)) {
      this.state[c] = 'elected';
      this.elected.push(c);
    }
    this.judge();
  }

  exclude(candidate) {
    this.state[candidate] = 'excluded';
  }

  endStage(votes, quota) {
    this.stages.push({ votes: [...votes], quota });
  }

  /** The candidates in the order of the next draw. */
  draw(purpose, candidates) {
    const number = this.draws.length + 1;
    const order = this.lots(number, candidates);
    this.draws.push({ number, stage: this.stage, purpose, order });
    return order;
  }

  /** One of tied candidates (§14.3), by the stages before the present one as long as they are unequal, then by lot. */
  pick(purpose, tied) {
    for (let s = this.stages.length - 1; s >= 0 && tied.length > 1; s--) {
      const { votes } = this.stages[s];
      tied = (purpose === 'exclusion' ? fewest : most)(tied, votes);
    }
    return this.pickByLot(purpose, tied);
  }

  pickByLot(purpose, tied) {
    return tied.length === 1 ? tied[0] : this.draw(purpose, tied)[0];
  }

  /** §14.7 steps 3 and 4: elects who has the quota, then fills the last vacancies. Returns whether anybody was elected. */
  fill(votes, quota) {
    const before = this.elected.length;
    for (;;) {
      const reached = this.open.filter((c) => votes[c] >= quota);
      if (this.vacancies === 0 || !reached.length) break;
      const R = most(reached, votes);
      const fits = R.length <= this.vacancies && this.committee.some([...this.inOffice, ...R], this.continuing.filter((c) => !R.includes(c)));
      this.elect(fits ? R : [this.pick('election', R)], votes);
    }
    this.fillLast(votes);
    return this.elected.length > before;
  }

  fillLast(votes) {
    if (this.vacancies > 0 && this.open.length <= this.vacancies) this.elect(this.open, votes);
  }
}

const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
const extreme = (sign) => (list, votes) => {
  const end = list.reduce((x, c) => (compare(votes[c], x) * sign > 0 ? votes[c] : x), votes[list[0]]);
  return list.filter((c) => votes[c] === end);
};
export const most = extreme(1);
export const fewest = extreme(-1);
