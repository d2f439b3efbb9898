#!/usr/bin/env node
// node verify.js [-vote ID] [-receipt FILE] [-json FILE] board.tar: the checks of SPEC §12.
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { equal, hex } from './bytes.js';
import { Fold } from './fold.js';
import { Fault, meets, openPackage, parseLogKey, parseReceipt, readHashes, readRecords, receiptFault, Unread } from './log.js';
import { isRanked } from './manifest.js';
import { Unsupported } from './outcome.js';
import { decodeRecord } from './records.js';
import { rankedContest } from './report.js';

const LOG_CHECKS = ['package', 'checkpoint', 'tree', 'records', 'genesis', 'clock'];
const VOTE_CHECKS = ['vote', 'roll', 'registrar keys', 'manifest', 'ceremony', 'opening', 'ballots', 'eligibility', 'closing', 'seal', 'input',
  'shares', 'counts', 'decision', 'receipt', 'call', 'forums', 'statements', 'packet', 'mailing', 'nominations', 'requires', 'changes', 'mixes'];
const CHECK_OF = {
  checkpoint: 2, tree: 3, oversize: 4, malformed: 4, 'unknown-kind': 4, genesis: 5, 'time-back': 6, 'vote-missing': 7, 'opening-slot': 8,
  'opening-ceremony': 11, 'opening-time': 12, 'opening-key': 12, stuffing: 14, 'closing-time': 15, 'seal-promises': 16, 'result-input': 17,
  'result-mixes': 30, 'result-shares': 18, 'result-count': 19, 'result-lots': 20, 'result-outcome': 20, receipt: 21,
};
const PHASES = ['called', 'open', 'closed', 'sealed', 'certified'];
export const EXIT = { verified: 0, failed: 1, unreadable: 2, unfinished: 3 };

class Check {
  constructor(number, name) {
    Object.assign(this, { number, name, status: 'not reached', failures: [] });
  }
  hold(ok = true) {
    if (ok && this.status !== 'failed') this.status = 'held';
  }
  fail(index, code, kind = '', why = '') {
    this.status = 'failed';
    this.failures.push({ index, code, kind, why });
  }
}

/** Judges a package. Never throws for what is in it. */
export function verify(bytes, { vote = null, receipt = null } = {}) {
  const report = {
    origin: '', size: 0, root: '0'.repeat(64), log: LOG_CHECKS.map((name, i) => new Check(i + 1, name)), votes: [], void: [], void_total: {}, verdict: '',
    problem: '',
  };
  const check = (n) => report.log[n - 1];
  const end = (verdict, problem = '') => Object.assign(report, { verdict, problem });

  const fold = new Fold();
  let hashes, policy;
  try {
    const log = openPackage(bytes);
    const { checkpoint } = log;
    if (checkpoint.size === 0n) throw new Fault(3, -1, 'the log is empty');
    const levels = readHashes(log);
    hashes = levels[0];
    for (const record of readRecords(log, levels)) {
      if (!policy) {
        policy = policyOf(record);
        if (!meets(checkpoint, policy)) throw new Fault(2, -1, 'it is not signed by the log');
        Object.assign(report, { origin: checkpoint.origin, size: Number(checkpoint.size), root: hex(checkpoint.root) });
      }
      fold.apply(record);
    }
    const witnesses = [...fold.votes.values()].flatMap((v) => v.witnesses);
    if (!meets(checkpoint, { ...policy, witnesses, only: true })) throw new Fault(2, -1, 'it has signatures by others');
  } catch (e) {
    if (e instanceof Unread || e instanceof Unsupported) return end('unreadable', e.message);
    if (!(e instanceof Fault)) throw e;
    check(e.check).fail(e.index, check(e.check).name, '', e.message);
    return end('failed');
  }
  [1, 2, 3].forEach((n) => check(n).hold());

  const logWide = fold.outcomes.filter((o) => o.status === 'fatal' && !o.scope);
  for (const o of logWide) check(CHECK_OF[o.code]).fail(o.index, o.code, o.kind);
  [4, 5, 6].forEach((n) => check(n).hold());
  for (const o of fold.outcomes.filter((x) => x.status === 'void')) {
    report.void.push({ index: o.index, id: hex(o.id), kind: o.kind, code: o.code });
    const name = `${o.kind}/${o.code}`;
    report.void_total[name] = (report.void_total[name] ?? 0) + 1;
  }

  const parsed = receipt && parseReceipt(receipt);
  const asked = vote ? [[vote, fold.votes.get(vote)]] : [...fold.votes];
  for (const [id, v] of asked) {
    const r = { id, pinned: vote !== null, phase: v?.phase ?? '', checks: VOTE_CHECKS.map((name, i) => new Check(i + 7, name)), warnings: [] };
    report.votes.push(r);
    judgeVote(r, v, fold);
    if (v) r.checks.slice(15).forEach((c) => { if (c.number !== 30 || !asksForMixes(v)) c.status = 'not asked'; });
    if (v) judgeReceipt(r.checks[14], id, vote !== null, { bytes: receipt, parsed, policy, hashes, fold });
    r.verdict = verdictOf([...report.log, ...r.checks], v);
    if (r.verdict === 'verified') r.contests = contestsOf(v);
  }
  if (report.log.some((c) => c.status !== 'held') || report.votes.some((r) => r.verdict === 'failed')) return end('failed');
  if (!report.votes.length) return end('unfinished', 'there is no vote on the log');
  return end(report.votes.every((r) => r.verdict === 'verified') ? 'verified' : 'unfinished');
}

/** Whose checkpoints to believe, as record 0 says it. */
function policyOf(record) {
  let r = null;
  try {
    r = decodeRecord(record);
  } catch {}
  const log = r?.kind === 'genesis' ? parseLogKey(r.body.logKey) : null;
  if (!log) throw new Fault(3, 0, 'the first record names no key of the log');
  return { origin: r.body.origin, log };
}

function verdictOf(checks, v) {
  if (checks.some((c) => c.status === 'failed')) return 'failed';
  return v.phase === 'certified' ? 'verified' : 'unfinished';
}

function judgeVote(r, v, fold) {
  const check = (n) => r.checks[n - 7];
  if (!v) {
    check(7).fail(-1, 'vote-missing');
    r.figures = { roll: 0, issued: [], counted: 0, checked: 0, checkers: 0, check_faults: 0, check_fault_cards: 0, void: 0, inputs: 0 };
    return;
  }
  for (const o of fold.outcomes) {
    if (o.status === 'fatal' && o.scope && equal(o.scope, v.id)) check(CHECK_OF[o.code]).fail(o.index, o.code, o.kind);
  }
  const { round, body: b } = v, phase = PHASES.indexOf(v.phase);
  const counted = v.credentials.size;
  // What a check waits for: nothing, the opening, the closing, the seal, the result.
  const from = { 7: 0, 10: 0, 8: 1, 9: 1, 11: 1, 12: 1, 13: 1, 15: 2, 14: 3, 16: 3, 17: 4, 18: 4, 19: 4, 20: 4, 30: 4 };
  for (const [n, least] of Object.entries(from)) check(n).hold(phase >= least);
  const voids = fold.outcomes.filter((o) => o.kind === 'ballot' && o.status === 'void' && o.of === r.id);
  r.figures = { roll: Number(round.roll.body.count), issued: round.issued.map((s) => s.size), counted, checked: v.checked,
    checkers: v.checks.size, check_faults: v.faulted, check_fault_cards: v.faults.size, void: voids.length, inputs: v.inputs.size };
}

/** Whether check 30 applies. */
function asksForMixes(v) {
  return isRanked(v.body) && !(v.phase === 'certified' && v.credentials.size === 0);
}

function contestsOf(v) {
  const { body, result } = v;
  return body.contests.map((c, i) => c.kind === 'ranked' ? rankedContest(v, i) : ({
    id: c.id, outcome: result.contests[i].outcome,
    options: c.options.map((o, j) => ({
      id: o.id, count: Number(result.contests[i].counts[j]), winner: result.contests[i].winners.includes(BigInt(j)),
    })),
  }));
}

function judgeReceipt(check, id, asked, { bytes, parsed, policy, hashes, fold }) {
  const ask = (ok) => { if (!ok) check.status = 'not asked'; return ok; };
  if (!ask(bytes !== null)) return;
  const index = Number(parsed?.index);
  const fault = !parsed ? 'it is malformed' : receiptFault(parsed, policy, hashes);
  if (fault) return check.fail(-1, 'receipt', '', fault);
  if (!equal(hashes[index], parsed.id)) return check.fail(-1, 'receipt', '', 'another record stands there');
  const { kind, of } = fold.outcomes[index];
  const isBallot = kind === 'ballot' && fold.votes.has(of);
  if (!isBallot || of !== id) {
    if (ask(!isBallot || asked)) check.fail(index, 'receipt', kind, 'it is not for a ballot of this vote');
    return;
  }
  check.hold();
}

// ---- The command

function main(args) {
  const flags = {};
  while (args[0]?.startsWith('-') && args.length > 1) {
    const name = args.shift().replace(/^--?/, '');
    if (!['vote', 'receipt', 'json'].includes(name)) return usage();
    flags[name] = args.shift();
  }
  if (args.length !== 1 || flags.vote !== undefined && !/^[0-9a-f]{64}$/.test(flags.vote)) return usage();
  let report;
  try {
    report = verify(readFileSync(args[0]), { vote: flags.vote, receipt: flags.receipt ? readFileSync(flags.receipt) : null });
  } catch (e) {
    if (!e.syscall) throw e;
    console.error(e.message);
    return EXIT.unreadable;
  }
  if (flags.json === '-') console.log(JSON.stringify(report, null, 2));
  else {
    if (flags.json) writeFileSync(flags.json, JSON.stringify(report, null, 2) + '\n');
    print(report);
  }
  return EXIT[report.verdict];
}

function usage() {
  console.error('usage: node verify.js [-vote ID] [-receipt FILE] [-json FILE] board.tar');
  return EXIT.unreadable;
}

function print(report) {
  const line = (c) => {
    const why = c.failures.map((f) => `${f.index >= 0 ? `record ${f.index} ` : ''}${f.kind} ${f.code} ${f.why}`.trim()).join('; ');
    console.log(`${String(c.number).padStart(4)} ${c.name.padEnd(15)}${c.status}${why && ': ' + why}`);
  };
  console.log(`Log ${report.origin}, ${report.size} records, root ${report.root}`);
  report.log.forEach(line);
  for (const v of report.votes) {
    console.log(`Vote ${v.id} (${v.phase})`);
    v.checks.forEach(line);
    v.warnings.forEach((w) => console.log(`  note: ${w}`));
    for (const { id, outcome, options, ranked } of v.contests ?? []) {
      console.log(`  ${id}: ${outcome}${ranked ? `; ${ranked.expressed} expressed, ${ranked.blank} blank, ${ranked.spoiled} spoiled` : ''}`);
      for (const o of options) console.log(`    ${o.winner ? '*' : ' '} ${o.id} ${ranked ? '' : o.count}`.trimEnd());
    }
  }
  for (const [what, n] of Object.entries(report.void_total)) console.log(`void: ${what} ${n}`);
  console.log(report.verdict.toUpperCase() + (report.problem && ': ' + report.problem));
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) process.exitCode = main(process.argv.slice(2));
