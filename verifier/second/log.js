// The log: tree, checkpoints, receipts and the audit package (SPEC §7).
import { ed25519 } from '@noble/curves/ed25519.js';
import { createHash } from 'node:crypto';
import { be, concat, decimal, equal, hex, le, pieces, sha256, text, unbase64, utf8 } from './bytes.js';
import { L } from './group.js';

const MAX_SIZE = 1n << 62n;

// ---- The tree (§7.1)

export const leafHash = (record) => sha256([0], record);
const nodeHash = (left, right) => sha256([1], left, right);

/** The RFC 6962 root over hashes. */
export function treeRoot(hashes, from = 0, to = hashes.length) {
  if (from === to) return sha256();
  if (to - from === 1) return hashes[from];
  let k = 1;
  while (2 * k < to - from) k *= 2;
  return nodeHash(treeRoot(hashes, from, from + k), treeRoot(hashes, from + k, to));
}

/** The root to which an inclusion proof leads from a leaf hash, or null if it has too few or too many hashes (RFC 6962 §2.1.1). */
export function provenRoot(leaf, index, size, proof) {
  let node = index, last = size - 1n, root = leaf;
  for (const p of proof) {
    if (last === 0n) return null;
    if (node & 1n || node === last) {
      root = nodeHash(p, root);
      while (!(node & 1n) && node !== 0n) node >>= 1n, last >>= 1n;
    } else {
      root = nodeHash(root, p);
    }
    node >>= 1n, last >>= 1n;
  }
  return last === 0n ? root : null;
}

// ---- Checkpoints (§7.2)

const LOG_KEY = 1, WITNESS_KEY = 4;

/** A verifier key `name+id+base64(type ‖ key)` of a type, or null. */
function parseKey(s, type) {
  const m = /^([!-*,-~]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(s);
  const key = m && unbase64(m[3]);
  if (!key || s.length > 400 || key.length !== 33 || key[0] !== type) return null;
  const id = hex(sha256(utf8(m[1] + '\n'), key).subarray(0, 4));
  return id === m[2] ? { name: m[1], id, type, key: key.subarray(1) } : null;
}
export const parseLogKey = (s) => parseKey(s, LOG_KEY);
export const parseWitnessKey = (s) => parseKey(s, WITNESS_KEY);

/** Ed25519 without cofactor, as §7.2 has it. */
export function verifyEd25519(key, message, signature) {
  if (signature.length !== 64) return false;
  const R = signature.subarray(0, 32), S = le(signature.subarray(32));
  if (S >= L) return false;
  let A;
  try {
    A = ed25519.Point.fromBytes(key, true);
  } catch {
    return false;
  }
  const k = le(createHash('sha512').update(R).update(key).update(message).digest()) % L;
  return equal(ed25519.Point.BASE.multiplyUnsafe(S).subtract(A.multiplyUnsafe(k)).toBytes(), R);
}

function verifyLine(key, note, signature) {
  if (key.type === LOG_KEY) return verifyEd25519(key.key, note, signature);
  if (signature.length !== 72) return false;
  const time = be(signature.subarray(0, 8));
  if (time >= 1n << 63n) return false;
  return verifyEd25519(key.key, concat(utf8(`cosignature/v1\ntime ${time}\n`), note), signature.subarray(8));
}

/** A checkpoint's text and signature lines, or null if its form is broken. */
export function parseCheckpoint(bytes) {
  const s = bytes.length <= 16384 ? text(bytes) : null;
  if (s === null || /[\u0000-\u0009\u000b-\u001f]/.test(s)) return null;
  const m = /^(([^\n]*)\n([^\n]*)\n([^\n]*)\n)\n((?:[^\n]+\n)+)$/.exec(s);
  if (!m) return null;
  const [, note, origin, sizeText, rootText, tail] = m;
  const size = decimal(sizeText), root = unbase64(rootText);
  if (size === null || size >= MAX_SIZE || root?.length !== 32) return null;
  const lines = tail.slice(0, -1).split('\n').map((line) => {
    const parts = /^— ([^+\p{White_Space}]+) ([A-Za-z0-9+/=]+)$/u.exec(line);
    const data = parts && unbase64(parts[2]);
    return data && data.length >= 5 ? { name: parts[1], id: hex(data.subarray(0, 4)), signature: data.subarray(4) } : null;
  });
  if (lines.includes(null) || lines.length > 100) return null;
  if (new Set(lines.map((l) => l.name + ' ' + l.id)).size !== lines.length) return null;
  return { bytes, note: utf8(note), origin, size, root, lines };
}

const isOf = (line, key) => line.name === key.name && line.id === key.id;

/** Whether a parsed checkpoint meets a policy {origin, log, witnesses, need}. With `only`, no other keys may have signed (§7.5). */
export function meets(cp, { origin, log, witnesses = [], need = 0n, only = false }) {
  if (cp.origin !== origin || log.name !== origin) return false;
  let logSigned = false, cosigned = 0n;
  for (const line of cp.lines) {
    const key = [log, ...witnesses].find((k) => isOf(line, k));
    if (!key) {
      if (only) return false;
      continue;
    }
    if (!verifyLine(key, cp.note, line.signature)) return false;
    if (key === log) logSigned = true;
    else cosigned++;
  }
  return logSigned && cosigned >= need;
}

// ---- Receipts (§7.4)

/** A receipt {id, index, proof, checkpoint}, or null if its form is broken. */
export function parseReceipt(bytes) {
  const s = bytes.length <= 32768 ? text(bytes) : null;
  const m = s && /^c2sp\.org\/tlog-proof@v1\nextra ([^\n]*)\nindex ([^\n]*)\n((?:[^\n]+\n){0,62})\n([^]*)$/.exec(s);
  if (!m) return null;
  const id = unbase64(m[1]), index = decimal(m[2]);
  const proof = m[3].split('\n').slice(0, -1).map(unbase64);
  const checkpoint = parseCheckpoint(utf8(m[4]));
  if (id?.length !== 32 || index === null || proof.some((h) => h?.length !== 32) || !checkpoint) return null;
  return { id, index, proof, checkpoint };
}

/** Why a receipt does not hold in a log of leaf hashes, or null if it does. */
export function receiptFault(receipt, policy, hashes) {
  const { id, index, proof, checkpoint } = receipt;
  if (!meets(checkpoint, policy)) return 'its checkpoint is not one of this log';
  if (index >= checkpoint.size) return 'its index is beyond its checkpoint';
  const root = provenRoot(id, index, checkpoint.size, proof);
  if (!root || !equal(root, checkpoint.root)) return 'its proof does not lead to its checkpoint';
  if (checkpoint.size > BigInt(hashes.length)) return 'stale: the log is older than what the receipt knows of it';
  if (!equal(treeRoot(hashes, 0, Number(checkpoint.size)), checkpoint.root)) return 'the log has another history than the receipt';
  return null;
}

// ---- The audit package (§7.3, §7.5)

/** The package ends before its tree does, or lacks a file. */
export class Unread extends Error {}

/** What is read is not as it must be: check 1, 2 or 3 of §12, and the index of the record if one is concerned. */
export class Fault extends Error {
  constructor(check, index, why) {
    super(why);
    Object.assign(this, { check, index });
  }
}

function tileNumber(n) {
  const groups = [];
  do {
    groups.unshift(String(n % 1000n).padStart(3, '0'));
    n /= 1000n;
  } while (n);
  return groups.map((g, i) => (i < groups.length - 1 ? 'x' + g : g)).join('/');
}

/** The tiles of k hashes or entries: {N, W, path}. */
function* tilesOf(name, k) {
  for (let N = 0n; N < k / 256n; N++) yield { N: Number(N), W: 256, path: `tile/${name}/${tileNumber(N)}` };
  const W = k % 256n, N = k / 256n;
  if (W) yield { N: Number(N), W: Number(W), path: `tile/${name}/${tileNumber(N)}.p/${W}` };
}

function tarHeader(path, size) {
  const h = Buffer.alloc(512);
  h.write(path, 0, 'latin1');
  h.write('0000644\0' + '0000000\0' + '0000000\0' + size.toString(8).padStart(11, '0') + '\0' + '00000000000\0' + '        ' + '0', 100);
  h.write('ustar\0' + '00', 257);
  h.write('0000000\0' + '0000000\0', 329);
  const sum = h.reduce((a, b) => a + b, 0);
  h.write(sum.toString(8).padStart(6, '0') + '\0 ', 148);
  return h;
}

class Tar {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }
  #take(n) {
    if (this.at + n > this.bytes.length) throw new Unread('the package ends before its tree does');
    return this.bytes.subarray(this.at, this.at += n);
  }
  /** The next file, which must have that path and a size between two. */
  file(path, least, most) {
    const header = this.#take(512);
    const size = parseInt(header.toString('latin1', 124, 135), 8);
    if (!Number.isSafeInteger(size) || !equal(header, tarHeader(path, size))) {
      if (header.every((b) => b === 0)) throw new Unread(`the package lacks ${path}`);
      throw new Fault(1, -1, `the package does not go on with ${path} as it must`);
    }
    if (size < least || size > most) throw new Fault(1, -1, `${path} has ${size} bytes`);
    const data = this.#take(size);
    if (this.#take((512 - size % 512) % 512).some((b) => b)) throw new Fault(1, -1, `${path} is not followed by zeros`);
    return data;
  }
  end() {
    if (this.#take(1024).some((b) => b) || this.at !== this.bytes.length) throw new Fault(1, -1, 'something follows the last file');
  }
}

/** An audit package of the right form: what is in its files is yet to be checked. */
export function openPackage(bytes) {
  const tar = new Tar(bytes);
  const checkpoint = parseCheckpoint(tar.file('checkpoint', 1, 16384));
  if (!checkpoint) throw new Fault(2, -1, 'the checkpoint is malformed');
  const widths = []; // the number of hashes at each level
  for (let k = checkpoint.size; k; k /= 256n) widths.push(k);
  const levels = widths.map(() => []);
  for (let l = widths.length - 1; l >= 0; l--) {
    for (const t of tilesOf(l, widths[l])) levels[l].push({ ...t, data: tar.file(t.path, 32 * t.W, 32 * t.W) });
  }
  const bundles = [];
  for (const b of tilesOf('entries', checkpoint.size)) bundles.push({ ...b, data: tar.file(b.path, 3 * b.W, 65537 * b.W) });
  tar.end();
  return { checkpoint, levels, bundles };
}

/** The hashes at every level of a package's tree. The partial tiles give the checkpoint's root; full tiles are checked as records are read. */
export function readHashes({ checkpoint, levels }) {
  const hashes = levels.map((tiles) => tiles.flatMap((t) => pieces(t.data, 32)));
  const partial = hashes.map((all, l) => all.slice(all.length - all.length % 256).map((hash) => ({ hash, height: 8 * l }))).reverse();
  if (!equal(peaksRoot(partial.flat()), checkpoint.root)) throw new Fault(3, -1, 'the tiles do not give the root of the checkpoint');
  return hashes;
}

/** The records of a package in order, each given after its hash was found in the tree. */
export function* readRecords({ levels, bundles }, hashes) {
  const checkTile = (l, N) => { // under its parent, which comes first
    const tile = levels[l][N];
    if (tile.W < 256 || tile.checked) return;
    checkTile(l + 1, Math.floor(N / 256));
    if (!equal(treeRoot(pieces(tile.data, 32)), hashes[l + 1][N])) throw new Fault(3, -1, `${tile.path} is not what the tile above says`);
    tile.checked = true;
  };
  for (const { N, W, path, data } of bundles) {
    checkTile(0, N);
    let at = 0;
    for (let i = 256 * N; i < 256 * N + W; i++) {
      const length = at + 2 <= data.length ? data.readUInt16BE(at) : 0;
      const record = data.subarray(at + 2, at + 2 + length);
      if (length === 0 || record.length !== length || !equal(leafHash(record), hashes[0][i])) throw new Fault(3, i, 'a record is not in the tree');
      yield record;
      at += 2 + length;
    }
    if (at !== data.length) throw new Fault(3, 256 * N + W - 1, `${path} goes on after its last record`);
  }
}

/** The root over complete subtrees given from left to right. */
function peaksRoot(peaks) {
  const stack = [];
  for (let { hash, height } of peaks) {
    while (stack.length && stack.at(-1).height === height) hash = nodeHash(stack.pop().hash, hash), height++;
    stack.push({ hash, height });
  }
  let root = stack.pop()?.hash ?? sha256();
  while (stack.length) root = nodeHash(stack.pop().hash, root);
  return root;
}

