// ristretto255 (SPEC §3.1): elements are points of @noble/curves, scalars BigInts below L.
import { ristretto255, ristretto255_hasher } from '@noble/curves/ed25519.js';
import { interleavedMSMUnsafe, pippenger } from '@noble/curves/abstract/curve.js';
import { le } from './bytes.js';

export const { Point } = ristretto255;
export const G = Point.BASE;
export const IDENTITY = Point.ZERO;
export const L = Point.Fn.ORDER;

export const mod = (x) => { const r = x % L; return r < 0n ? r + L : r; };
export const elementFromHash = (bytes64) => ristretto255_hasher.deriveToCurve(bytes64);

/** The element that 32 bytes encode, or null. */
export function element(bytes) {
  try {
    return Point.fromBytes(bytes);
  } catch {
    return null;
  }
}

/** The canonical scalar that 32 bytes encode, or null. */
export function scalar(bytes) {
  const x = le(bytes);
  return bytes.length === 32 && x < L ? x : null;
}

export function scalarBytes(x) {
  return Uint8Array.from(Buffer.from(mod(x).toString(16).padStart(64, '0'), 'hex')).reverse();
}

export const isIdentity = (p) => p.equals(IDENTITY);
export const times = (p, x) => p.multiplyUnsafe(mod(x));
export const sum = (points) => points.reduce((a, b) => a.add(b), IDENTITY);

/** Σ scalar·point. Nothing here is secret. */
export function combine(points, scalars) {
  const list = scalars.map(mod);
  return points.length < 200 ? interleavedMSMUnsafe(Point, points, 5)(list) : pippenger(Point, points, list);
}

export function inverse(x) {
  return Point.Fn.inv(mod(x));
}
