// The trustees' key (SPEC §5): packages, opened shares, tests.
import { x25519 } from '@noble/curves/ed25519.js';
import { expand, extract } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { createDecipheriv } from 'node:crypto';
import { ascii, concat, pieces, zeros } from './bytes.js';
import { combine, element, G, isIdentity, scalar, sum, times } from './group.js';
import { leaf, Relation, verifyEquality } from './sigma.js';
import { T } from './transcript.js';

const begin = (label, ctx0, attempt) => T(label).bytes('ctx', ctx0).integer('attempt', attempt);

/** X25519, or null where the result is all zero. */
function x25519Shared(secret, point) {
  try {
    return x25519.scalarMult(secret, point);
  } catch {
    return null;
  }
}

export const sealingKeyOf = (secret) => x25519.scalarMultBase(secret);

export function packageHash(ctx0, b) {
  return begin('mandate/v1 package', ctx0, b.attempt).integer('trustee', b.trustee).bytes('coefficients', b.coefficients)
    .bytes('sealing', b.sealing).bytes('proof', b.proof).id('hash');
}

const possessions = new Map();
function possession(t) {
  if (!possessions.has(t)) {
    const js = Array.from({ length: t }, (_, j) => j);
    possessions.set(t, new Relation('possession', js.map((j) => `phi${j}`), [], leaf('coefficients', t, ...js.map((j) => [j + 1, [j, 0]]))));
  }
  return possessions.get(t);
}

/** The points of a package of trustee b.trustee whose signing key is key, or null if the proof of possession fails. */
export function checkPossession(ctx0, n, t, key, b) {
  const encodings = pieces(b.coefficients, 32);
  const points = encodings.map(element);
  if (points.some((p) => p === null || isIdentity(p))) return null;
  if (!x25519Shared(zeros(32), b.sealing)) return null;
  const transcript = begin('mandate/v1 possession', ctx0, b.attempt).integer('n', n).integer('t', t).integer('trustee', b.trustee)
    .bytes('key', key).bytes('sealing', b.sealing);
  return possession(t).verify(points, encodings, transcript, b.proof) ? points : null;
}

const powers = (x, n) => Array.from({ length: n }, (_, j) => BigInt(x) ** BigInt(j));

/** pk and Y_1 … Y_n from the coefficients of all trustees. */
export function keysOf(coefficients) {
  const t = coefficients[0].length;
  const sums = Array.from({ length: t }, (_, j) => sum(coefficients.map((c) => c[j])));
  return { pk: sums[0], shares: coefficients.map((_, i) => combine(sums, powers(i + 1, t))) };
}

// HPKE, base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20Poly1305 (RFC 9180 §4, §5.1)
const kemSuite = concat(ascii('KEM'), [0x00, 0x20]);
const hpkeSuite = concat(ascii('HPKE'), [0x00, 0x20, 0x00, 0x01, 0x00, 0x03]);
const labeledExtract = (suite, salt, label, ikm) => extract(sha256, concat(ascii('HPKE-v1'), suite, ascii(label), ikm), salt);
const labeledExpand = (suite, prk, label, info, n) => expand(sha256, prk, concat([0, n], ascii('HPKE-v1'), suite, ascii(label), info), n);

function openHPKE(secret, sealed, info) {
  const enc = sealed.subarray(0, 32), body = sealed.subarray(32, -16), tag = sealed.subarray(-16);
  const dh = x25519Shared(secret, enc);
  if (!dh) return null;
  const shared = labeledExpand(kemSuite, labeledExtract(kemSuite, undefined, 'eae_prk', dh), 'shared_secret',
    concat(enc, sealingKeyOf(secret)), 32);
  const context = concat([0], labeledExtract(hpkeSuite, undefined, 'psk_id_hash', []), labeledExtract(hpkeSuite, undefined, 'info_hash', info));
  const prk = labeledExtract(hpkeSuite, shared, 'secret', []);
  const key = labeledExpand(hpkeSuite, prk, 'key', context, 32), nonce = labeledExpand(hpkeSuite, prk, 'base_nonce', context, 12);
  try {
    const d = createDecipheriv('chacha20-poly1305', key, nonce, { authTagLength: 16 });
    d.setAuthTag(tag);
    return concat(d.update(body), d.final());
  } catch {
    return null;
  }
}

/** Whether what a dealer sealed to a receiver opens and fits the dealer's coefficients. */
export function shareFits(ctx0, attempt, dealer, receiver, secret, sealed, coefficients) {
  const info = begin('mandate/v1 sealed share', ctx0, attempt).integer('dealer', dealer).integer('receiver', receiver).id('info');
  const opened = openHPKE(secret, sealed, info);
  const s = opened && scalar(opened);
  return s !== null && times(G, s).equals(combine(coefficients, powers(receiver, coefficients.length)));
}

/** Whether the test of a share holds (§5.3). */
export function testHolds(ctx0, b, { pk, shares }) {
  if ([pk, ...shares].some(isIdentity)) return false;
  const share = element(b.share);
  if (!share || isIdentity(share)) return false;
  const P = begin('mandate/v1 test element', ctx0, b.attempt).point('element');
  const transcript = begin('mandate/v1 share test', ctx0, b.attempt).integer('trustee', b.trustee).element('key', pk.toBytes());
  return verifyEquality(P, shares[Number(b.trustee) - 1], share, transcript, b.proof);
}

