// The fold over the records of a log (SPEC §9).
import { equal, hex, pieces, zeros } from './bytes.js';
import { ballotRelation, decodePoints, proofHolds, randomness, signaturesHold } from './ballot.js';
import { isCertified, isModulus } from './blind.js';
import { checkPossession, keysOf, packageHash, sealingKeyOf, shareFits, testHolds } from './ceremony.js';
import { isIdentity } from './group.js';
import { parseLogKey, parseWitnessKey, treeRoot } from './log.js';
import { distinct, isKey, isManifest, isRound, MAX_TIME } from './manifest.js';
import { Mixing } from './mixing.js';
import { Fatal, or, Unsupported, Void } from './outcome.js';
import { width } from './ranking.js';
import { decodeRecord, isKindOfRules, recordID, UnknownKind } from './records.js';
import { verifySchnorr } from './sigma.js';
import { Lots, sums } from './tally.js';
import { TALLY } from './tallying.js';
import { isDate, isName, isOrigin, isText, isTexts, isURL } from './text.js';
import { T } from './transcript.js';

const strictlyIncreasing = (list) => list.every((x, i) => i === 0 || x > list[i - 1]);

const MAX_RECORD = 65535, PART = 2000, MAX_CHECKS = 32;
const ZERO = zeros(32);

const IN_PHASE = {
  'keygen-commit': 'called', 'keygen-package': 'called', 'keygen-shares': 'called', 'keygen-accept': 'called', 'keygen-complaint': 'called',
  'keygen-test': 'called', 'keygen-restart': 'called', 'trustee-replace': 'called', opening: 'called', closing: 'open', promises: 'closed',
  seal: 'closed', input: 'sealed', shares: 'sealed', mix: 'sealed', decryption: 'sealed', lots: 'sealed', result: 'sealed',
};
const SCOPE = {
  time: 'genesis', roll: 'genesis', 'roll-part': 'rolls', 'roll-removal': 'rolls', round: 'genesis', 'roll-accept': 'rounds', 'slot-key': 'rounds', issues: 'rounds',
  issue: 'rounds', vote: 'rounds',
};
const STEPS = ['keygen-commit', 'keygen-package', 'keygen-shares', 'keygen-accept', 'keygen-test'];

export class Fold {
  constructor() {
    this.genesis = null; // {id, body, log}
    this.time = 0n;
    this.rolls = new Map();
    this.rounds = new Map();
    this.votes = new Map();
    this.moduli = new Set();
    this.hashes = [];
    this.outcomes = []; // {index, id, kind, of: the record's scope, status, code, scope: of a fatal outcome}
  }

  /** Makes bytes the next record. */
  apply(raw) {
    const o = { index: this.hashes.length, id: recordID(raw), kind: '', status: 'accepted', code: '', scope: null };
    try {
      this.#judge(raw, o);
    } catch (e) {
      if (!(e instanceof Void || e instanceof Fatal)) throw e;
      o.status = e instanceof Fatal ? 'fatal' : 'void';
      o.code = e.code;
      o.scope = e.scope ?? null;
    }
    this.hashes.push(o.id);
    this.outcomes.push(o);
    return o;
  }

  #judge(raw, o) {
    if (raw.length < 1 || raw.length > MAX_RECORD) throw new Fatal('oversize');
    let r;
    try {
      r = decodeRecord(raw);
    } catch (e) {
      throw new Fatal(e instanceof UnknownKind ? 'unknown-kind' : 'malformed');
    }
    o.kind = r.kind;
    o.of = hex(r.scope);
    r.index = o.index;
    if (r.kind === 'genesis' || r.index === 0) return this.#genesis(r);
    const scope = this.#scope(r);
    or(!isKindOfRules(r.kind), 'rules'); // no vote that has rules is in the fold
    if (r.kind === 'ballot') {
      scope.pending.delete(hex(r.id));
      return this.#ballot(scope, r);
    }
    if (r.kind === 'check') return this.#check(scope, r);
    if (r.kind === 'check-fault') return this.#checkFault(scope, r);
    const author = this.#author(r, scope);
    or(author, 'author');
    or(verifySchnorr(author, this.#signed(r), r.seal), 'signature');
    if (r.kind === 'opening') or(equal(r.body.candidates, ZERO), 'form');
    if (IN_PHASE[r.kind]) or(scope.phase === IN_PHASE[r.kind], 'phase');
    const rule = r.kind === 'keygen-restart' || !r.kind.startsWith('keygen-') ? RULES[r.kind] : this.#keygen;
    rule.call(this, r, r.body, scope);
  }

  #signed(r) {
    return T('mandate/v1 record').bytes('genesis', this.genesis?.id ?? ZERO).bytes('payload', r.payload);
  }

  #scope(r) {
    const kind = SCOPE[r.kind] ?? 'votes';
    const scope = kind === 'genesis' ? this.genesis && equal(r.scope, this.genesis.id) && this.genesis : this[kind].get(hex(r.scope));
    or(scope, 'scope');
    return scope;
  }

  #author(r, scope) {
    const b = r.body;
    const of = (list, i) => list[Number(i) - 1]?.key;
    if ('by' in b) return of(this.genesis.body.commission, b.by);
    if ('registrar' in b) return of(scope.body.registrars, b.registrar);
    if ('trustee' in b) return of(scope.trustees, b.trustee);
    if (r.kind === 'promises' && b.author !== 0n) return of(scope.body.relays, b.author);
    return this.genesis.body.board;
  }

  #genesis(r) {
    const b = r.body;
    const log = r.index === 0 && r.kind === 'genesis' ? parseLogKey(b.logKey) : null;
    const ok = log && equal(r.scope, ZERO) && b.version === 'mandate/v1' && isOrigin(b.origin) && log.name === b.origin && isTexts(b.title)
      && b.commission.length >= 1 && b.commission.length <= 16 && b.commission.every((c) => isName(c.name))
      && [b.board, ...b.commission.map((c) => c.key)].every(isKey) && distinct([b.board, ...b.commission.map((c) => c.key)].map(hex))
      && verifySchnorr(b.board, this.#signed(r), r.seal);
    if (!ok) throw new Fatal('genesis');
    this.genesis = { id: r.id, body: b, log };
  }

  // ---- Key generation (§9.6)

  #keygen(r, b, v) {
    const i = Number(b.trustee);
    const kind = r.kind === 'keygen-complaint' ? 'keygen-accept' : r.kind;
    const c = v.ceremony;
    const step = STEPS.indexOf(kind);
    or(b.attempt === BigInt(c.attempt), 'attempt');
    or(!c.posted[step].has(i), 'dup');
    or(!c.failed && step === c.step, 'order');
    or(v.trustees[i - 1].faults < 2, 'fault');
    RULES[r.kind].call(this, r, b, v, c, i);
    c.posted[step].set(i, b);
    v.said.push(r.id);
    if (c.posted[step].size === v.trustees.length && !c.failed) {
      c.step++;
      c.since = this.time;
      if (step === 1) c.keys = keysOf([...c.posted[1].values()].sort((x, y) => Number(x.trustee - y.trustee)).map((p) => p.points));
    }
  }

  newAttempt(attempt) {
    return { attempt, step: 0, since: this.time, posted: STEPS.map(() => new Map()), failed: 0, keys: null };
  }

  context(v, opening) {
    return T('mandate/v1 vote').string('group', 'ristretto255-SHA512').bytes('genesis', this.genesis.id).bytes('vote', v.id)
      .bytes('opening', opening).id('ctx');
  }

  // ---- Ballots (§10.4)

  #ballot(v, r) {
    const b = r.body, { contests, revote, slot } = v.body;
    const name = hex(b.key), id = hex(r.id);
    or(b.signatures.length === 288 * v.round.body.registrars.length && b.contests.length === contests.length
      && b.contests.every((c, i) => c.length === 64 * width(contests[i])) && r.seal.length === v.relation.length, 'form');
    or(v.phase !== 'called', 'not-open');
    or(v.phase === 'open' || v.phase === 'closed', 'sealed');
    or(v.phase === 'open' || v.listed.has(id), 'closed');
    or(!v.checks.get(name)?.has(id), 'spoiled');
    const last = v.credentials.get(name);
    if (last) {
      or(last.id !== id, 'dup');
      or(revote, 'spent');
    }
    or(b.number === (last ? last.number + 1n : 0n) && hex(b.previous) === (last?.id ?? hex(ZERO)), 'stale');
    const points = decodePoints(b);
    or(typeof points !== 'string', points);
    or(signaturesHold(b.signatures, v.round.id, slot, b.key, v.round.slots[slot].moduli), 'signatures');
    or(proofHolds(v.relation, v.ctx, r, v.pk, points), 'proof');
    const As = randomness(b);
    or(distinct(As) && !As.some((A) => v.randomness.has(A)), 'dup-randomness');
    As.forEach((A) => v.randomness.add(A));
    v.accepted.add(id);
    v.credentials.delete(name); // the order is that of last ballots
    v.credentials.set(name, { id, number: b.number, encodings: b.contests, ciphertexts: points.ciphertexts });
    if (v.phase === 'closed') v.late++;
  }

  #check(v, r) {
    const b = r.body, name = hex(b.key), id = hex(b.ballot);
    or(b.signatures.length === 288 * v.round.body.registrars.length, 'form');
    or(v.phase === 'open', 'phase');
    or(!v.accepted.has(id), 'cast');
    const checked = v.checks.get(name) ?? new Set();
    or(!checked.has(id), 'dup');
    or(checked.size < MAX_CHECKS, 'limit');
    const K = decodePoints({ key: b.key, contests: [] });
    or(typeof K !== 'string', K);
    or(signaturesHold(b.signatures, v.round.id, v.body.slot, b.key, v.round.slots[v.body.slot].moduli), 'signatures');
    or(verifySchnorr(b.key, this.#signed(r), r.seal), 'signature');
    v.checks.set(name, checked.add(id));
    v.checked++;
  }

  #checkFault(v, r) {
    const b = r.body, name = hex(b.key), id = hex(b.ballot);
    or(b.signatures.length === 288 * v.round.body.registrars.length, 'form');
    or(v.phase === 'open' || v.phase === 'closed', 'phase');
    or(v.checks.get(name)?.has(id), 'unchecked');
    const faults = v.faults.get(name) ?? new Set();
    or(!faults.has(id), 'dup');
    or(signaturesHold(b.signatures, v.round.id, v.body.slot, b.key, v.round.slots[v.body.slot].moduli), 'signatures');
    or(verifySchnorr(b.key, this.#signed(r), r.seal), 'signature');
    v.faults.set(name, faults.add(id));
    v.faulted++;
  }
}

const RULES = {
  time(r, b) {
    or(b.now <= MAX_TIME, 'form');
    if (b.now < this.time) throw new Fatal('time-back');
    this.time = b.now;
  },

  // ---- Rolls and rounds (§9.3, §9.4)

  roll(r, b) {
    or(![...this.rolls.values()].some((x) => equal(x.body.rollID, b.rollID)), 'dup');
    or(isName(b.title) && (b.segment === '' || isName(b.segment)) && isDate(b.asOf) && b.count >= 1n && b.count <= 1n << 27n, 'form');
    this.rolls.set(hex(r.id), { id: r.id, body: b, parts: 0, entries: [], complete: false, removed: new Set() });
  },

  'roll-part'(r, b, roll) {
    or(b.part <= BigInt(roll.parts), 'order');
    or(b.part === BigInt(roll.parts), 'dup');
    const left = Number(roll.body.count) - roll.entries.length;
    or(left > 0, 'order');
    const entries = pieces(b.entries, 32);
    or(entries?.length === Math.min(left, PART), 'form');
    const all = [...roll.entries, ...entries];
    const last = all.length === Number(roll.body.count);
    or(!last || equal(treeRoot(all.map((e) => recordID(e))), roll.body.root), 'roll-root');
    Object.assign(roll, { entries: all, parts: roll.parts + 1, complete: last });
  },

  'roll-removal'(r, b, roll) {
    or(roll.complete, 'roll');
    or(b.entries.length >= 1 && b.entries.length <= 8000 && b.entries.every((e) => e < roll.body.count) && strictlyIncreasing(b.entries) && isName(b.reason), 'form');
    or(b.entries.every((e) => roll.removed.has(e) !== b.removed), 'dup');
    for (const e of b.entries) b.removed ? roll.removed.add(e) : roll.removed.delete(e);
  },

  round(r, b) {
    const roll = this.rolls.get(hex(b.roll));
    or(roll?.complete, 'roll');
    or(isRound(b), 'form');
    this.rounds.set(hex(r.id), {
      id: r.id, body: b, roll, accepts: new Set(), issued: b.registrars.map(() => new Set()),
      slots: Array.from({ length: Number(b.slots) }, () => ({ moduli: b.registrars.map(() => null), taken: false })),
    });
  },

  'roll-accept'(r, b, round) {
    or(!round.accepts.has(Number(b.registrar)), 'dup');
    or(equal(b.root, round.roll.body.root), 'roll-root');
    round.accepts.add(Number(b.registrar));
  },

  'slot-key'(r, b, round) {
    or(b.slot < round.body.slots, 'form');
    const { moduli } = round.slots[b.slot], i = Number(b.registrar) - 1;
    or(!moduli[i], 'dup');
    or(!this.moduli.has(hex(b.modulus)), 'key-reuse');
    const context = T('mandate/v1 slot key').bytes('round', round.id).integer('slot', b.slot).integer('registrar', b.registrar).id('context');
    or(isModulus(b.modulus) && isCertified(b.modulus, b.roots, context), 'key');
    moduli[i] = b.modulus;
    this.moduli.add(hex(b.modulus));
  },

  issues(r, b, round) {
    or(round.accepts.has(Number(b.registrar)), 'phase');
    or(b.entries.length >= 1 && b.entries.length <= 8000 && b.entries.every((e) => e < round.roll.body.count) && strictlyIncreasing(b.entries), 'form');
    const issued = round.issued[Number(b.registrar) - 1], before = issued.size;
    b.entries.forEach((e) => issued.add(e));
    or(issued.size > before, 'dup');
    for (const v of this.votes.values()) if (v.round === round && v.phase === 'open') v.issuedWhileOpen = true;
  },

  issue(r, b, round) {
    RULES.issues.call(this, r, { registrar: b.registrar, entries: [b.entry] }, round);
  },

  // ---- Votes (§9.5)

  vote(r, b, round) {
    if (b.rules !== null) throw new Unsupported('votes with rules (§15) are not supported');
    or(isManifest(b, round.body.registrars.length, round.roll.body.count), 'manifest');
    or(b.slot < round.body.slots - round.body.petitionSlots, 'slot-unknown');
    const slot = round.slots[b.slot];
    or(!slot.taken, 'slot-taken');
    slot.taken = true;
    const v = {
      id: r.id, body: b, round, phase: 'called', trustees: b.trustees.map((t) => ({ key: t.key, name: t.name, faults: 0 })), said: [],
      keys: new Set([...b.trustees].map((t) => hex(t.key))), relation: ballotRelation(b.contests), witnesses: b.witnesses.keys.map(parseWitnessKey),
      credentials: new Map(), accepted: new Set(), checks: new Map(), randomness: new Set(), late: 0, checked: 0,
      faults: new Map(), faulted: 0,
      lists: new Map(), listed: new Set(), pending: new Set(), inputs: new Set(), shares: b.contests.map(() => []), lotShares: [],
    };
    v.ctx0 = this.context(v, ZERO);
    v.ceremony = this.newAttempt(1);
    this.votes.set(hex(r.id), v);
  },

  // ---- Key generation (§9.6)

  'keygen-commit'() {},

  'keygen-package'(r, b, v, c, i) {
    or(equal(packageHash(v.ctx0, b), c.posted[0].get(i).hash), 'keygen-hash');
    or(b.coefficients.length === 32 * Number(v.body.threshold), 'degree');
    b.points = checkPossession(v.ctx0, v.trustees.length, Number(v.body.threshold), v.trustees[i - 1].key, b);
    or(b.points, 'pop');
  },

  'keygen-shares'(r, b, v) {
    or(b.sealed.length === v.trustees.length, 'form');
  },

  'keygen-accept'() {},

  'keygen-complaint'(r, b, v, c, i) {
    const dealer = Number(b.against);
    const [, packages, shares] = c.posted;
    or(dealer >= 1 && dealer <= v.trustees.length && dealer !== i && equal(sealingKeyOf(b.opened), packages.get(i).sealing), 'complaint');
    const fits = shareFits(v.ctx0, c.attempt, dealer, i, b.opened, shares.get(dealer).sealed[i - 1], packages.get(dealer).points);
    c.failed = fits ? i : dealer;
  },

  'keygen-test'(r, b, v, c) {
    or(testHolds(v.ctx0, b, c.keys), 'test');
  },

  'keygen-restart'(r, b, v) {
    const c = v.ceremony, i = Number(b.trustee), trustee = v.trustees[i - 1];
    or(b.attempt === BigInt(c.attempt), 'attempt');
    or(b.reason === 'complaint' || b.reason === 'silent', 'form');
    if (b.reason === 'complaint') or(c.failed && c.failed === i, 'fault');
    else or(trustee && !c.failed && c.step < STEPS.length && !c.posted[c.step].has(i) && this.time > c.since + v.body.step, 'fault');
    trustee.faults++;
    v.ceremony = this.newAttempt(c.attempt + 1);
    v.said.push(r.id);
  },

  'trustee-replace'(r, b, v) {
    const trustee = v.trustees[Number(b.trustee) - 1];
    or(trustee, 'fault');
    or(isName(b.name) && isURL(b.url) && isKey(b.key) && isText(b.reason), 'form');
    or(trustee.faults >= 2 && v.trustees.filter((x) => x !== trustee && x.replaced).length < Number(v.body.threshold) - 1, 'fault');
    or(!v.keys.has(hex(b.key)), 'dup');
    v.keys.add(hex(b.key));
    Object.assign(trustee, { key: b.key, name: b.name, faults: 0, replaced: true });
    v.ceremony.since = this.time;
    v.said.push(r.id);
  },

  // ---- Opening, closing, seal (§9.7, §9.9)

  opening(r, b, v) {
    const must = (ok, code) => { if (!ok) throw new Fatal(code, v.id); };
    const c = v.ceremony, { slot } = v.body, { moduli } = v.round.slots[slot];
    must(this.time >= v.body.opens && this.time < v.body.closes, 'opening-time');
    must(b.attempt === BigInt(c.attempt) && c.step === STEPS.length, 'opening-ceremony');
    must(v.round.accepts.size === moduli.length && !moduli.includes(null), 'opening-slot');
    const { pk, shares } = c.keys;
    must(!isIdentity(pk) && equal(b.key, pk.toBytes()) && equal(b.trusteeKeys, Buffer.concat(shares.map((Y) => Y.toBytes()))), 'opening-key');
    const ceremony = T('mandate/v1 ceremony');
    v.said.forEach((id) => ceremony.bytes('record', id));
    must(equal(b.ceremony, ceremony.id('ceremony')), 'opening-ceremony');
    const keys = T('mandate/v1 registrar keys').bytes('round', v.round.id).integer('slot', slot);
    moduli.forEach((N) => keys.bytes('modulus', N));
    must(equal(b.registrarKeys, keys.id('keys')), 'opening-slot');
    Object.assign(v, { phase: 'open', pk, shareKeys: shares, ctx: this.context(v, r.id), opened: this.time });
  },

  closing(r, b, v) {
    if (this.time < v.body.closes) throw new Fatal('closing-time', v.id);
    Object.assign(v, { phase: 'closed', closed: this.time });
  },

  promises(r, b, v) {
    const list = v.lists.get(b.author) ?? { parts: 0n, last: false };
    or(!list.last, 'dup');
    or(b.part <= list.parts, 'order');
    or(b.part === list.parts, 'dup');
    const ids = pieces(b.ballots, 32);
    or(ids && ids.length <= PART && (b.author !== 0n || ids.length === 0), 'form');
    const listed = (list.listed ?? 0n) + BigInt(ids.length);
    or(listed <= 4n * v.round.roll.body.count, 'limit');
    v.lists.set(b.author, { parts: list.parts + 1n, last: b.last, listed });
    for (const id of ids.map(hex)) {
      if (!v.listed.has(id) && !v.accepted.has(id)) v.pending.add(id);
      v.listed.add(id);
    }
  },

  seal(r, b, v) {
    const listed = [0n, ...v.body.relays.map((_, i) => BigInt(i + 1))].every((a) => v.lists.get(a)?.last);
    if (!(listed && v.pending.size === 0) && this.time < v.closed + v.body.grace) throw new Fatal('seal-promises', v.id);
    const counted = v.credentials.size;
    if (v.round.issued.every((set) => counted > set.size)) throw new Fatal('stuffing', v.id);
    const ballots = [...v.credentials.values()], root = treeRoot([...this.hashes, r.id]);
    Object.assign(v, {
      phase: 'sealed', sealedAt: r.index, sealedRoot: root, sums: sums(v.body.contests, ballots.map((x) => x.ciphertexts)),
      mixings: v.body.contests.map((c, contest) => c.kind === 'ranked'
        && new Mixing(c, Number(v.body.mixes), { vote: v.id, ctx: v.ctx, contest, root, pk: v.pk }, ballots.map((x) => x.encodings[contest]))),
    });
    v.lots = new Lots(v.ctx, v.sealedRoot);
  },

  ...TALLY,
};
