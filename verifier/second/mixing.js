// Mixing and decrypting the ballots of a ranked contest (SPEC §9.10, §11.3, §11.4).
import { concat } from './bytes.js';
import { decodeRanking, width } from './ranking.js';
import { checkStage, decodeList, stageLength } from './shuffle.js';
import { checkDecryption, decrypt } from './tally.js';

const PART = 59392;

/** What trustees have posted of something that is posted in parts (§17.4). */
class Parts {
  constructor(length) {
    this.length = length;
    this.count = Math.ceil(length / PART);
    this.posted = new Map(); // by trustee
  }
  /** Takes the next part of a trustee's; returns a code, or null. */
  refuse(trustee, part, data) {
    const next = (this.posted.get(trustee) ?? []).length;
    if (part < BigInt(next)) return 'dup';
    if (part > BigInt(next)) return 'order';
    return data.length === Math.min(PART, this.length - PART * next) ? null : 'form';
  }
  isLast(part) {
    return part === BigInt(this.count - 1);
  }
  add(trustee, data) {
    this.posted.set(trustee, [...this.posted.get(trustee) ?? [], data]);
  }
  /** All parts of a trustee's with this last one; they are dropped. */
  finish(trustee, last) {
    const all = concat(...this.posted.get(trustee) ?? [], last);
    this.posted.delete(trustee);
    return all;
  }
}

/** A ranked contest of a sealed vote. */
export class Mixing {
  /** ballots: the byte strings of the contest in the counted ballots, in log order. statement: {vote, ctx, contest, root, pk}. */
  constructor(contest, stages, statement, ballots) {
    Object.assign(this, { contest, stages, statement });
    this.width = width(contest);
    this.list = decodeList(concat(...ballots));
    this.mixers = []; // of the stages made
    this.mixBarred = new Set();
    this.parts = new Parts(stageLength(ballots.length, this.width));
    this.decryptions = []; // {trustee, points}
    this.decryptBarred = new Set();
    this.decryptionParts = new Parts(32 * this.width * ballots.length);
  }

  get mixed() {
    return this.mixers.length === this.stages;
  }

  /** Takes a part of a stage; returns the code with which it is void, or null. */
  mix({ stage, part, data }, trustee) {
    if (stage < 1n || stage > BigInt(this.stages)) return 'form';
    if (stage <= BigInt(this.mixers.length)) return 'dup';
    if (this.mixers.includes(trustee) || this.mixBarred.has(trustee)) return 'mix-author';
    if (stage !== BigInt(this.mixers.length + 1)) return 'order';
    const code = this.parts.refuse(trustee, part, data);
    if (code) return code;
    if (!this.parts.isLast(part)) return this.parts.add(trustee, data), null;
    const list = checkStage({ ...this.statement, stage, mixer: trustee }, this.list, this.width, this.parts.finish(trustee, data));
    if (!list) return this.mixBarred.add(trustee), 'mix';
    this.list = list;
    this.mixers.push(trustee);
    this.parts.posted.clear();
    return null;
  }

  /** Takes a part of a decryption by the trustee with public share Y; returns a code or null. */
  decrypt({ part, shares, proof }, trustee, Y) {
    if (!this.mixed) return 'order';
    if (this.decryptions.some((d) => d.trustee === trustee)) return 'dup';
    if (this.decryptBarred.has(trustee)) return 'share-author';
    const code = this.decryptionParts.refuse(trustee, part, shares);
    if (code) return code;
    const last = this.decryptionParts.isLast(part);
    if (proof.length !== (last ? 96 : 0)) return 'form';
    if (!last) return this.decryptionParts.add(trustee, shares), null;
    const body = { shares: this.decryptionParts.finish(trustee, shares), proof };
    const points = checkDecryption(this.statement, trustee, Y, this.list.ciphertexts, body);
    if (!points) return this.decryptBarred.add(trustee), 'share';
    this.decryptions.push({ trustee, points });
    return null;
  }

  /** What the ballots say, by the decryptions of t trustees: the rankings that express a preference, and how many are blank or spoiled. */
  open(t) {
    const { options, depth } = this.contest, { ciphertexts } = this.list, w = this.width;
    const D = decrypt(this.decryptions.slice(0, t), ciphertexts.length);
    const plain = ciphertexts.map(([, B], j) => B.subtract(D[j]));
    const rankings = [];
    let blank = 0n, spoiled = 0n;
    for (let i = 0; i < plain.length; i += w) {
      const ranking = decodeRanking(plain.slice(i, i + w), options.length, Number(depth));
      if (!ranking) spoiled++;
      else if (!ranking.length) blank++;
      else rankings.push(ranking);
    }
    return { rankings, counts: [BigInt(rankings.length), blank, spoiled] };
  }
}
