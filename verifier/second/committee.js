// Representation rules: which committees are possible (SPEC §14.11). Candidates are numbers from 0.
import { Unsupported } from './outcome.js';

const MAX_STATES = 1 << 20;

/** Rules of a manifest (§11.5) as bounds [{group: Set of candidates, floor or cap}], a floor before a cap. */
export function boundsOf({ options, decision }) {
  return decision.rules.flatMap(({ group, min, max }) => {
    const members = new Set(options.flatMap((o, j) => (o.groups.includes(group) ? [j] : [])));
    const bounds = [];
    if (min > 0n) bounds.push({ members, n: Number(min), floor: true });
    if (max < decision.seats) bounds.push({ members, n: Number(max), floor: false });
    return bounds;
  });
}

/** Whether m of the candidates, all of `must` and others of `may` only, can keep all bounds. The two lists are disjoint. */
function possible(bounds, m, must, may) {
  const relevant = bounds.filter((b) => !b.floor || b.n > 0);
  if (!relevant.length) return must.length <= m && m <= must.length + may.length;
  const kindOf = (c) => relevant.map((b) => (b.members.has(c) ? 1 : 0)).join('');
  const start = relevant.map((b) => must.filter((c) => b.members.has(c)).length);
  if (must.length > m || start.some((n, i) => !relevant[i].floor && n > relevant[i].n)) return false;
  const kinds = new Map();
  for (const c of may) kinds.set(kindOf(c), (kinds.get(kindOf(c)) ?? 0) + 1);

  // How many there are, and of each bound; of a floor no more than it needs matter.
  const settle = (counts) => counts.map((n, i) => (relevant[i].floor ? Math.min(n, relevant[i].n) : n));
  let states = new Map([[`${must.length}`, [must.length, settle(start)]]]);
  for (const [kind, most] of kinds) {
    const next = new Map();
    for (const [size, counts] of states.values()) {
      for (let k = 0; k <= most && size + k <= m; k++) {
        const after = settle(counts.map((n, i) => n + (kind[i] === '1' ? k : 0)));
        if (after.some((n, i) => !relevant[i].floor && n > relevant[i].n)) break;
        next.set(`${size + k},${after}`, [size + k, after]);
        if (next.size > MAX_STATES) throw new Unsupported('representation rules are too entangled to be decided');
      }
    }
    states = next;
  }
  return [...states.values()].some(([size, counts]) => size === m && counts.every((n, i) => !relevant[i].floor || n >= relevant[i].n));
}

/** The bounds as applied and the fillable seats. */
function fill(bounds, seats, candidates) {
  const applied = bounds.map((b) => ({ ...b, n: b.floor ? Math.min(b.n, b.members.size) : b.n }));
  for (;;) {
    for (let m = Math.min(seats, candidates.length); m >= 0; m--) {
      if (possible(applied, m, [], candidates)) return { bounds: applied, fillable: m };
    }
    applied.findLast((b) => b.floor && b.n > 0).n--;
  }
}

/** The committees of an election that are still possible. */
export class Committee {
  constructor(bounds, seats, candidates) {
    Object.assign(this, fill(bounds, seats, candidates));
  }

  /** Whether some complete committee has all the elected, and otherwise only those named. */
  some(elected, others) {
    return possible(this.bounds, this.fillable, elected, others);
  }

  /** Who of the continuing is doomed and who guarded, as two sets. */
  judge(elected, continuing) {
    const but = (c) => continuing.filter((x) => x !== c);
    const doomed = new Set(continuing.filter((c) => !this.some([...elected, c], but(c))));
    const few = continuing.length - doomed.size <= this.fillable - elected.length;
    const guarded = new Set(few ? [] : continuing.filter((c) => !this.some(elected, but(c))));
    return { doomed, guarded };
  }
}
