// Deterministic CBOR (RFC 8949 §4.2.1) as SPEC §8.1 has it: unsigned integers, byte strings, texts, arrays, maps, booleans and null, each in its one
// spelling. Integers come out as BigInt, byte strings as Uint8Array, maps as Map.
import { text } from './bytes.js';

export class Malformed extends Error {}
const bad = (why) => { throw new Malformed(why); };

export const MAX_DEPTH = 12;
const UINT = 0, NEGATIVE = 1, BYTES = 2, TEXT = 3, ARRAY = 4, MAP = 5, TAG = 6, SIMPLE = 7;

export class Reader {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
    this.lax = false; // whether only well-formedness matters: in the body of a record of an unknown kind
  }

  take(n) {
    if (n > this.bytes.length - this.at) bad('it ends too early');
    return this.bytes.subarray(this.at, this.at += Number(n));
  }

  head() {
    const first = this.take(1)[0];
    const major = first >> 5, info = first & 31;
    if (info === 31) bad('an indefinite length');
    if (info > 27) bad('a reserved head');
    if (info < 24) return { major, info, value: BigInt(info) };
    const more = this.take(1 << (info - 24));
    let value = 0n;
    for (const b of more) value = value << 8n | BigInt(b);
    const least = info === 24 ? 24n : 1n << BigInt(8 * (1 << (info - 25)));
    if (major !== SIMPLE && value < least && !this.lax) bad('a number that is not in its shortest form');
    return { major, info, value };
  }

  /** One value, at most so many arrays and maps deep. */
  value(depth = MAX_DEPTH) {
    const { major, info, value } = this.head();
    switch (major) {
      case UINT: return value;
      case NEGATIVE: return this.lax ? -1n - value : bad('a negative number');
      case BYTES: return this.take(value);
      case TEXT: {
        const s = text(this.take(value));
        return s ?? (this.lax ? '' : bad('a text that is not UTF-8'));
      }
      case ARRAY: {
        if (depth === 0) bad('nested too deep');
        const items = [];
        for (let i = 0n; i < value; i++) items.push(this.value(depth - 1));
        return items;
      }
      case MAP: {
        if (depth === 0) bad('nested too deep');
        const map = new Map();
        let last = null;
        for (let i = 0n; i < value; i++) {
          const start = this.at;
          const key = this.value(depth - 1);
          const spelled = this.bytes.subarray(start, this.at);
          if (!this.lax && last && Buffer.compare(last, spelled) >= 0) bad('keys of a map that do not increase');
          last = spelled;
          map.set(key, this.value(depth - 1));
        }
        return map;
      }
      case TAG: return bad('a tag');
      default:
        if (info === 20) return false;
        if (info === 21) return true;
        if (info === 22) return null;
        if (this.lax && (info !== 24 || value >= 32n)) return null;
        return bad('a simple value or float');
    }
  }

  /** The head of an array; returns its length. */
  array() {
    const { major, value } = this.head();
    return major === ARRAY ? value : bad('not an array');
  }

  end() {
    if (this.at !== this.bytes.length) bad('bytes after the end');
  }
}

/** Decodes one value and nothing after it. */
export function decode(bytes) {
  const r = new Reader(bytes);
  const v = r.value();
  r.end();
  return v;
}
