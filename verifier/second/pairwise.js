// Schulze and ranked pairs (SPEC §14.9, §14.10), and filling seats in order (§14.4).

export function pairwise(e) {
  const N = preferred(e);
  const majorities = e.candidates.flatMap((a) => e.candidates.filter((b) => N[a][b] > N[b][a]).map((b) => ({ a, b, for: N[a][b], against: N[b][a] })));
  const beats = e.method === 'schulze' ? schulze(e.candidates, majorities) : rankedPairs(e, majorities);
  fillSeats(e, beats);
  e.endStage([], null);
}

/** N[a][b]: how many ballots rank a above b. */
function preferred(e) {
  const N = e.candidates.map(() => e.candidates.map(() => 0n));
  for (const { ranking, times } of e.ballots) {
    const below = new Set(e.candidates);
    for (const a of ranking) {
      below.delete(a);
      for (const b of below) N[a][b] += times;
    }
  }
  return N;
}

/** Above zero if majority x is stronger than y. null is no path. */
function stronger(x, y) {
  if (x === null || y === null) return (x !== null) - (y !== null);
  if (x.for !== y.for) return x.for > y.for ? 1 : -1;
  return x.against === y.against ? 0 : x.against < y.against ? 1 : -1;
}

function schulze(candidates, majorities) {
  const path = candidates.map(() => candidates.map(() => null));
  for (const m of majorities) path[m.a][m.b] = m;
  for (const i of candidates) {
    for (const a of candidates) {
      for (const b of candidates) {
        if (a === b || a === i || b === i) continue;
        const weakest = stronger(path[a][i], path[i][b]) < 0 ? path[a][i] : path[i][b];
        if (stronger(weakest, path[a][b]) > 0) path[a][b] = weakest;
      }
    }
  }
  return (a, b) => stronger(path[a][b], path[b][a]) > 0;
}

/** Whether edges lead from a to b. */
function leads(edges, a, b) {
  const seen = new Set([a]);
  for (const x of seen) for (const m of edges) if (m.a === x) seen.add(m.b);
  return a !== b && seen.has(b);
}

function rankedPairs(e, majorities) {
  const locked = [];
  const left = [...majorities].sort((x, y) => stronger(y, x));
  while (left.length) {
    const first = left[0];
    const members = left.splice(0, left.filter((m) => stronger(m, first) === 0).length).filter((m) => !leads(locked, m.b, m.a));
    const all = [...locked, ...members];
    const onCycle = members.filter((m) => leads(all, m.b, m.a));
    locked.push(...members.filter((m) => !onCycle.includes(m)));
    if (!onCycle.length) continue;
    const drawn = e.draw('majorities', e.candidates.filter((c) => onCycle.some((m) => m.a === c || m.b === c)));
    const place = (c) => drawn.indexOf(c);
    onCycle.sort((x, y) => place(x.a) - place(y.a) || place(y.b) - place(x.b));
    for (const m of onCycle) if (!leads(locked, m.b, m.a)) locked.push(m);
  }
  return (a, b) => leads(locked, a, b);
}

function fillSeats(e, beats) {
  while (e.vacancies > 0) {
    const { open } = e;
    const T = open.filter((a) => !open.some((b) => beats(b, a)));
    if (T.length <= e.vacancies && e.committee.some([...e.inOffice, ...T], e.continuing.filter((c) => !T.includes(c)))) {
      e.elect(T);
      continue;
    }
    for (const c of e.draw('election', T)) if (e.vacancies > 0 && !e.doomed.has(c)) e.elect([c]);
  }
}
