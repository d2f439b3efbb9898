// Records and their shapes (SPEC §8.1, §8.3): what decoding settles. Bounds on values are the fold's matter.
import { decode, Malformed, MAX_DEPTH, Reader } from './cbor.js';
import { sha256 } from './bytes.js';

export class UnknownKind extends Error {}

const need = (ok) => { if (!ok) throw new Malformed('not of its kind\'s shape'); };

// A shape takes a decoded CBOR value and gives what the rest of the program works with, or throws.
const uint = (v) => (need(typeof v === 'bigint'), v);
const bool = (v) => (need(typeof v === 'boolean'), v);
const string = (v) => (need(typeof v === 'string'), v);
const bytes = (v) => (need(v instanceof Uint8Array), v);
const sized = (n) => (v) => (need(v instanceof Uint8Array && v.length === n), v);
const list = (shape) => (v) => (need(Array.isArray(v)), v.map(shape));
const fields = (shapes) => (v) => {
  const names = Object.entries(shapes);
  need(Array.isArray(v) && v.length === names.length);
  return Object.fromEntries(names.map(([name, shape], i) => [name, shape(v[i])]));
};
const texts = (v) => {
  need(v instanceof Map);
  for (const [lang, s] of v) string(lang), string(s);
  return v;
};
const id = sized(32);
const key = sized(32);

const party = fields({ name: string, url: string, key });
const decision = fields({
  method: string, option: uint, num: uint, den: uint, strict: bool, base: string, over: list(uint), quorumNum: uint, quorumDen: uint,
  seats: uint, binding: bool, lots: bool,
});
const options = list(fields({ id: string, title: texts, groups: list(string) }));
const CONTESTS = {
  choice: fields({ id: string, kind: string, title: texts, options, min: uint, max: uint, shuffled: bool, decision }),
  ranked: fields({
    id: string, kind: string, title: texts, options, depth: uint, shuffled: bool, decision: fields({
      method: string, seats: uint, quorumNum: uint, quorumDen: uint, binding: bool, rules: list(fields({ group: string, min: uint, max: uint })),
    }),
  }),
};
const contest = (v) => {
  need(Array.isArray(v) && typeof v[1] === 'string' && Object.hasOwn(CONTESTS, v[1]));
  return CONTESTS[v[1]](v);
};

// Calling and deliberating (§15): shapes only. A vote that has such rules is beyond this verifier.
const nullable = (shape) => (v) => (v === null ? null : shape(v));
const member = fields({ entry: uint, salt: id, number: string, name: string });
const rules = fields({
  name: string,
  call: fields({
    method: string,
    petition: nullable(fields({ slot: uint, num: uint, den: uint, closes: uint, interval: uint, sponsorsNeeded: uint, sponsors: list(member) })),
    body: nullable(fields({ name: string, members: list(fields({ name: string, key })), need: uint, closes: uint })),
    reason: string,
  }),
  forums: fields({ need: uint, notice: uint, recordings: bool }),
  statements: fields({ window: uint, review: uint, length: uint, perSide: uint, sides: list(string), anonymous: bool, slot: uint }),
  packet: bool, mailing: fields({ needed: bool, lead: uint }), voting: fields({ after: uint, period: uint }),
  changes: fields({ extend: uint, cancel: bool, annul: bool }), response: fields({ within: uint, name: string, key }),
  deadlines: fields({ forums: uint, seeds: uint, packet: uint, mailing: uint, opening: uint, closing: uint, tally: uint }),
  requires: list(id), nominations: nullable(fields({ contest: uint, window: uint, seconds: uint, accept: uint })),
});
const KINDS_OF_RULES = {
  support: { key, signatures: bytes },
  call: { member: uint },
  forum: { by: uint, number: uint, title: texts, starts: uint, place: string },
  'forum-held': { by: uint, number: uint, recording: id, url: string },
  statement: { by: uint, side: string, text: string, member: nullable(member), key, signatures: bytes },
  withheld: { by: uint, side: string, hash: id, reason: string },
  'seed-commit': { registrar: uint, hash: id },
  seed: { registrar: uint, seed: id },
  packet: { by: uint, hash: id, size: uint, url: string, statements: list(id), recordings: list(id), candidates: list(id) },
  mailing: { registrar: uint, packet: id, mailed: uint, paper: uint, unreachable: uint, bounced: uint },
  nomination: { by: uint, slug: string, name: texts, member, seconders: list(member), groups: list(string) },
  acceptance: { by: uint, slug: string, statement: id, photo: id },
  withdrawal: { by: uint, slug: string, reason: string },
  extend: { by: uint, closes: uint, reason: string },
  cancel: { by: uint, reason: string },
  annul: { by: uint, reason: string },
  response: { text: string },
};
export const isKindOfRules = (kind) => Object.hasOwn(KINDS_OF_RULES, kind);

const KINDS = {
  ...KINDS_OF_RULES,
  genesis: {
    version: string, origin: string, logKey: string, board: key, title: texts, commission: list(fields({ name: string, key })),
  },
  time: { now: uint },
  roll: { by: uint, rollID: id, title: string, segment: string, asOf: string, count: uint, root: id },
  'roll-part': { by: uint, part: uint, entries: bytes },
  'roll-removal': { by: uint, entries: list(uint), removed: bool, reason: string },
  round: {
    by: uint, title: texts, roll: id, registrars: list(fields({ name: string, operator: string, channel: string, url: string, key })),
    slots: uint, petitionSlots: uint, opens: uint, closes: uint,
  },
  'roll-accept': { registrar: uint, root: id },
  'slot-key': { registrar: uint, slot: uint, modulus: sized(256), roots: sized(2048) },
  issues: { registrar: uint, entries: list(uint) },
  issue: { registrar: uint, entry: uint },
  vote: {
    by: uint, title: texts, template: string, mock: bool, slot: uint, trustees: list(party), threshold: uint, quorum: uint, mixes: uint,
    contests: list(contest), opens: uint, closes: uint, grace: uint, step: uint, revote: bool, relays: list(party),
    witnesses: fields({ need: uint, keys: list(string) }), rules: nullable(rules), programs: list(fields({ name: string, hash: id })),
  },
  'keygen-commit': { trustee: uint, attempt: uint, hash: id },
  'keygen-package': { trustee: uint, attempt: uint, coefficients: bytes, sealing: sized(32), proof: bytes },
  'keygen-shares': { trustee: uint, attempt: uint, sealed: list(sized(80)) },
  'keygen-accept': { trustee: uint, attempt: uint },
  'keygen-complaint': { trustee: uint, attempt: uint, against: uint, opened: sized(32) },
  'keygen-test': { trustee: uint, attempt: uint, share: sized(32), proof: bytes },
  'keygen-restart': { by: uint, attempt: uint, trustee: uint, reason: string },
  'trustee-replace': { by: uint, trustee: uint, name: string, url: string, key, reason: string },
  opening: { by: uint, attempt: uint, key, trusteeKeys: bytes, ceremony: id, registrarKeys: id, candidates: id },
  ballot: { key, number: uint, previous: id, signatures: bytes, contests: list(bytes) },
  check: { key, signatures: bytes, ballot: id },
  'check-fault': { key, signatures: bytes, ballot: id },
  closing: { by: uint },
  promises: { author: uint, part: uint, last: bool, ballots: bytes },
  seal: {},
  input: { trustee: uint, size: uint, root: id, checkpoint: string },
  shares: { trustee: uint, contest: uint, shares: bytes, proof: bytes },
  mix: { trustee: uint, contest: uint, stage: uint, part: uint, data: bytes },
  decryption: { trustee: uint, contest: uint, part: uint, shares: bytes, proof: bytes },
  lots: { trustee: uint, share: sized(32), proof: bytes },
  result: { by: uint, roll: uint, counted: uint, contests: list(fields({ counts: list(uint), outcome: string, winners: list(uint) })) },
};
for (const kind of Object.keys(KINDS)) KINDS[kind] = fields(KINDS[kind]);

export const recordID = (raw) => sha256([0], raw);

/** Decodes a record; throws Malformed or UnknownKind. */
export function decodeRecord(raw) {
  const record = decode(raw);
  need(Array.isArray(record) && record.length === 2);
  const [payload, seal] = record.map(bytes);
  const r = new Reader(payload);
  need(r.array() === 3n);
  const kind = string(r.value()), scope = id(r.value());
  r.lax = !Object.hasOwn(KINDS, kind);
  const body = r.value(MAX_DEPTH - 1);
  r.end();
  need(Array.isArray(body));
  if (r.lax) throw new UnknownKind(kind);
  return { kind, scope, body: KINDS[kind](body), payload, seal, id: recordID(raw) };
}
