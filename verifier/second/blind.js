// The registrars' RSA keys, their certificates and signatures (SPEC §6), as far as a verifier needs them.
import { constants, createPublicKey, verify } from 'node:crypto';
import { be, concat, hex, pieces } from './bytes.js';
import { T } from './transcript.js';

const E = 65537n;
const SIZE = 256;

function power(base, N) { // base^65537 mod N
  let x = base;
  for (let i = 0; i < 16; i++) x = x * x % N;
  return x * base % N;
}

function gcd(a, b) {
  while (b) [a, b] = [b, a % b];
  return a;
}

let product; // of all primes up to 65537
function smallPrimes() {
  if (product) return product;
  const composite = new Uint8Array(65538);
  let level = [];
  for (let p = 2; p <= 65537; p++) {
    if (composite[p]) continue;
    level.push(BigInt(p));
    for (let q = p * p; q <= 65537; q += p) composite[q] = 1;
  }
  while (level.length > 1) level = level.flatMap((x, i) => (i % 2 ? [] : [x * (level[i + 1] ?? 1n)]));
  return product = level[0];
}

/** Whether 256 bytes are a modulus of §6.1. */
export function isModulus(modulus) {
  if (modulus.length !== SIZE || modulus[0] < 0x80) return false;
  const N = be(modulus);
  return N !== 1n << 2047n && gcd(N, smallPrimes() % N) === 1n;
}

/** Whether a certificate shows that x ↦ x^e permutes the units modulo N (§6.2). */
export function isCertified(modulus, roots, context) {
  const N = be(modulus);
  const sigmas = pieces(roots, SIZE);
  if (sigmas?.length !== 8) return false;
  let units = 1n;
  const holds = sigmas.every((bytes, k) => {
    const blocks = [0, 1, 2, 3, 4].map((b) => T('mandate/v1 key certificate').bytes('modulus', modulus)
      .bytes('context', context).integer('root', k).integer('block', b).sum('challenge'));
    const rho = be(concat(...blocks)) % N;
    units = units * rho % N;
    const sigma = be(bytes);
    return sigma < N && power(sigma, N) === rho;
  });
  return holds && gcd(N, units) === 1n;
}

const keys = new Map();
function publicKey(modulus) {
  const name = hex(modulus);
  if (!keys.has(name)) {
    keys.set(name, createPublicKey({
      key: { kty: 'RSA', n: Buffer.from(modulus).toString('base64url'), e: 'AQAB' }, format: 'jwk',
    }));
  }
  return keys.get(name);
}

/** Whether prefix ‖ sig is a signature of a message (§6.5). */
export function verifyBlind(modulus, message, signature) {
  const prefix = signature.subarray(0, 32), sig = signature.subarray(32);
  if (sig.length !== SIZE || be(sig) >= be(modulus)) return false;
  return verify('sha384', concat(prefix, message),
    { key: publicKey(modulus), padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 48 }, sig);
}
