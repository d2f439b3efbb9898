// Small things with bytes.
import { createHash } from 'node:crypto';

export const hex = (b) => Buffer.from(b).toString('hex');
export const ascii = (s) => Uint8Array.from(Buffer.from(s, 'latin1'));
export const utf8 = (s) => new TextEncoder().encode(s);
export const equal = (a, b) => a.length === b.length && Buffer.compare(a, b) === 0;
export const sha256 = (...parts) => createHash('sha256').update(concat(...parts)).digest();
export const zeros = (n) => new Uint8Array(n);

export function concat(...parts) {
  return new Uint8Array(Buffer.concat(parts.map((p) => Uint8Array.from(p))));
}

export function u64be(x) {
  const b = Buffer.alloc(8);
  b.writeBigUInt64BE(BigInt(x));
  return b;
}

export function be(bytes) { // a big-endian integer
  return bytes.length ? BigInt('0x' + hex(bytes)) : 0n;
}

export function le(bytes) {
  return be(Uint8Array.from(bytes).reverse());
}

/** Cuts bytes into pieces of n; null if they do not come out even. */
export function pieces(bytes, n) {
  if (bytes.length % n) return null;
  return Array.from({ length: bytes.length / n }, (_, i) => bytes.subarray(i * n, (i + 1) * n));
}

/** Valid UTF-8 as a string, else null. A byte order mark is a character like others. */
export function text(bytes) {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** Canonical base64 with padding (SPEC §7), else null. */
export function unbase64(s) {
  const b = Buffer.from(s, 'base64');
  return b.toString('base64') === s ? new Uint8Array(b) : null;
}

export const base64 = (b) => Buffer.from(b).toString('base64');

/** A decimal number below 2^64 without leading zeros or sign as a BigInt, else null. */
export function decimal(s) {
  if (!/^(0|[1-9][0-9]{0,19})$/.test(s)) return null;
  const n = BigInt(s);
  return n < 1n << 64n ? n : null;
}
