#!/usr/bin/env node
// node counting.js < elections.json: counts elections by SPEC §14, for comparison with another implementation. The input is an array of
// {method, seats, candidates: number, groups: {name: [candidates]}, rules: [{group, min, max}], ballots: [rankings]}; candidates are numbers
// from 0. In place of lots, a draw puts candidate c at (37·c + 61·number) mod 131.
import { readFileSync } from 'node:fs';
import { count } from './count.js';

const place = (number, c) => (37 * c + 61 * number) % 131;

const counted = JSON.parse(readFileSync(0)).map((x) => {
  const contest = {
    options: Array.from({ length: x.candidates }, (_, j) => ({ groups: Object.keys(x.groups).filter((g) => x.groups[g].includes(j)) })),
    decision: { method: x.method, seats: BigInt(x.seats), rules: x.rules.map((r) => ({ group: r.group, min: BigInt(r.min), max: BigInt(r.max) })) },
  };
  return summary(count(contest, x.ballots, (number, list) => [...list].sort((a, b) => place(number, a) - place(number, b))));
});
console.log(JSON.stringify(counted));

function summary(e) {
  return {
    fillable: e.committee.fillable, elected: e.elected, draws: e.draws,
    stages: e.stages.map((s) => ({ votes: s.votes.map(String), quota: s.quota === null ? '' : String(s.quota) })),
  };
}
