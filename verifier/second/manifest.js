// Bounds of rounds' and votes' manifests (SPEC §8.3, §9.4, §9.5, §11.5).
import { hex } from './bytes.js';
import { longestBallot } from './ballot.js';
import { boundsOf } from './committee.js';
import { METHODS } from './count.js';
import { element, isIdentity } from './group.js';
import { parseWitnessKey } from './log.js';
import { isName, isSlug, isTexts, isURL } from './text.js';

export const MAX_TIME = 253402300799n;

export function isKey(bytes) {
  const p = element(bytes);
  return p !== null && !isIdentity(p);
}

const MAX_MIXED = 1n << 22n;

export const isRanked = (b) => b.contests.some((c) => c.kind === 'ranked');
export const distinct = (list) => new Set(list).size === list.length;
const between = (n, low, high) => n >= low && n <= high;
const count = (list, low, high) => between(list.length, low, high);

export function isRound(b) {
  return isTexts(b.title) && between(b.slots, 1n, 64n) && b.petitionSlots <= b.slots && b.opens < b.closes && b.closes <= MAX_TIME
    && count(b.registrars, 1, 8)
    && b.registrars.every((r) => isName(r.name) && isName(r.operator) && isName(r.channel) && isURL(r.url) && isKey(r.key))
    && distinct(b.registrars.map((r) => hex(r.key)));
}

/** roll: the number of its entries. */
export function isManifest(b, registrars, roll) {
  const parties = [...b.trustees, ...b.relays];
  const titles = [b.title, ...b.contests.flatMap((c) => [c.title, ...c.options.map((o) => o.title)])];
  const n = BigInt(b.trustees.length);
  const witnesses = b.witnesses.keys.map(parseWitnessKey);
  return titles.every(isTexts) && isSlug(b.template)
    && count(b.trustees, 1, 32) && b.relays.length <= 16
    && parties.every((p) => isName(p.name) && isURL(p.url) && isKey(p.key)) && distinct(parties.map((p) => hex(p.key)))
    && b.threshold >= 1n && b.threshold <= b.quorum && b.quorum <= n
    && (isRanked(b) ? between(b.mixes, b.threshold, n) && roll <= MAX_MIXED : b.mixes === 0n)
    && b.opens < b.closes && b.closes <= MAX_TIME && between(b.grace, 1n, 31536000n) && between(b.step, 1n, 31536000n)
    && witnesses.length <= 16 && !witnesses.includes(null) && distinct(witnesses.map((w) => w.name))
    && distinct(witnesses.map((w) => hex(w.key))) && b.witnesses.need <= BigInt(witnesses.length)
    && count(b.contests, 1, 32) && distinct(b.contests.map((c) => c.id)) && b.contests.every(isContest)
    && b.programs.length <= 8 && b.programs.every((p) => isSlug(p.name) && p.hash.some((x) => x !== 0)) && distinct(b.programs.map((p) => p.name))
    && sameLanguages(titles)
    && longestBallot(b.contests, registrars) <= 65535n;
}

function sameLanguages(titles) {
  const languages = (t) => [...t.keys()].join();
  return titles.every((t) => languages(t) === languages(titles[0]));
}

function isContest(c) {
  const n = BigInt(c.options.length);
  return isSlug(c.id) && count(c.options, 1, 128) && c.options.every((o) => isSlug(o.id) && distinct(o.groups)) && distinct(c.options.map((o) => o.id))
    && [...c.title.keys()].every((lang) => distinct(c.options.map((o) => o.title.get(lang))))
    && (c.kind === 'ranked' ? between(c.depth, 1n, n) && isRankingDecision(c, n)
      : c.options.every((o) => o.groups.length === 0) && c.min <= c.max && c.max <= n && c.max >= 1n && isDecision(c.decision, n));
}

/** §11.5: whether a count has few enough cases to search. */
function searchable({ rules, seats }) {
  const kinds = rules.length < 7 ? 1n << BigInt(rules.length) : 128n;
  return rules.reduce((work, r) => work * ((r.max < seats ? r.max : r.min) + 1n), (seats + 1n) * kinds) <= 1n << 17n;
}

function isRankingDecision({ options, decision: d }, n) {
  const groups = d.rules.map((r) => r.group);
  const isRule = (r) => isSlug(r.group) && r.min <= r.max && r.max <= d.seats && (r.min > 0n || r.max < d.seats);
  return Object.hasOwn(METHODS, d.method) && between(d.seats, 1n, d.method === 'irv' ? 1n : n)
    && between(d.quorumDen, 1n, 1n << 32n) && d.quorumNum <= d.quorumDen
    && d.rules.length <= 8 && d.rules.every(isRule) && distinct(groups) && boundsOf({ options, decision: d }).length <= 8 && searchable(d)
    && options.every((o) => o.groups.every((g) => groups.includes(g)));
}

function isDecision(d, options) {
  if (!between(d.den, 1n, 1n << 32n) || !between(d.quorumDen, 1n, 1n << 32n) || d.num > d.den || d.quorumNum > d.quorumDen) return false;
  if (d.lots && d.method !== 'plurality') return false;
  const plain = d.option === 0n && d.num === 0n && d.den === 1n && !d.strict && d.base === 'ballots' && d.over.length === 0;
  switch (d.method) {
    case 'none': return plain && d.seats === 0n && d.quorumNum === 0n && d.quorumDen === 1n;
    case 'plurality': return plain && between(d.seats, 1n, options);
    case 'threshold':
      if (d.option >= options || d.seats !== 0n) return false;
      if (d.base === 'ballots') return d.over.length === 0;
      return d.base === 'options' && d.over.every((j, i) => j < options && (i === 0 || j > d.over[i - 1])) && d.over.includes(d.option);
    default: return false;
  }
}
