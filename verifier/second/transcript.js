// The transcript through which all hashing goes (SPEC §3.2).
import { createHash } from 'node:crypto';
import { concat, le, u64be, utf8 } from './bytes.js';
import { elementFromHash, L } from './group.js';

const item = (type, label, data) => {
  const l = utf8(label);
  return concat([type, l.length], l, u64be(data.length), data);
};

export class Transcript {
  constructor(hash) {
    this.hash = hash;
  }
  #append(type, label, data) {
    this.hash.update(item(type, label, data));
    return this;
  }
  bytes(label, data) { return this.#append(1, label, data); }
  string(label, s) { return this.#append(2, label, utf8(s)); }
  integer(label, n) { return this.#append(3, label, u64be(n)); }
  element(label, bytes) { return this.#append(4, label, bytes); }
  elements(label, list) { return this.#append(5, label, concat(...list)); }
  scalar(label, bytes) { return this.#append(6, label, bytes); }
  scalars(label, list) { return this.#append(7, label, concat(...list)); }

  copy() {
    return new Transcript(this.hash.copy());
  }
  sum(label) { return this.hash.copy().update(item(0xff, label, [])).digest(); }
  id(label) { return this.sum(label).subarray(0, 32); }
  challenge(label) { return le(this.sum(label)) % L; }
  weight(label) { return le(this.sum(label).subarray(0, 16)); }
  point(label) { return elementFromHash(this.sum(label)); }
}

export const T = (protocol) => new Transcript(createHash('sha512').update(item(0, protocol, [])));
