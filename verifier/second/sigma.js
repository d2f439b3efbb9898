// Proofs about relations (SPEC §4).
import { randomBytes } from 'node:crypto';
import { le, pieces } from './bytes.js';
import { combine, element, G, isIdentity, mod, scalar, scalarBytes } from './group.js';
import { T } from './transcript.js';

// The nodes of a relation. An equation is [image, [witness, base], …].
export const and = (...children) => ({ node: 'and', children });
export const or = (...children) => ({ node: 'or', children });
export const leaf = (name, witnesses, ...equations) => ({ node: 'linear', name, witnesses, equations });

/** A relation of a label, the names of its elements but g, combinations [[coefficient, reference], …] and a root. */
export class Relation {
  constructor(label, names, combinations, root) {
    Object.assign(this, { label, names, combinations, root });
    this.leaves = [];
    this.ors = [];
    const walk = (n) => {
      if (n.node === 'linear') return this.leaves.push(n);
      if (n.node === 'or') this.ors.push(n);
      n.children.forEach(walk);
    };
    walk(root);
    this.moves = this.leaves.reduce((s, l) => s + l.equations.length, 0);
    this.branches = this.ors.reduce((s, o) => s + o.children.length, 0);
    this.responses = this.leaves.reduce((s, l) => s + l.witnesses, 0);
    this.length = 32 * (this.moves + this.branches + this.responses);
  }

  get id() {
    return this.cachedID ??= this.#describe();
  }

  #describe() {
    const t = T('mandate/v1 relation').string('label', this.label).integer('elements', this.names.length + 1);
    for (const n of this.names) t.string('element', n);
    t.integer('combinations', this.combinations.length);
    for (const c of this.combinations) {
      t.integer('terms', c.length);
      for (const [coefficient, reference] of c) t.scalar('coefficient', scalarBytes(coefficient)).integer('reference', reference);
    }
    const describe = (n) => {
      t.string('node', n.node);
      if (n.node !== 'linear') {
        t.integer('children', n.children.length);
        n.children.forEach(describe);
        return;
      }
      t.string('name', n.name).integer('witnesses', n.witnesses).integer('equations', n.equations.length);
      for (const [image, ...terms] of n.equations) {
        t.integer('image', image).integer('terms', terms.length);
        for (const [witness, base] of terms) t.integer('witness', witness).integer('base', base);
      }
    };
    describe(this.root);
    return t.id('id');
  }

  /**
   * Whether a proof holds for elements (points and their 32-byte encodings, without g) under the caller's transcript. All equations are
   * checked at once, each under its own random weight of 128 bits.
   */
  verify(points, encodings, transcript, proof) {
    if (proof.length !== this.length) return false;
    const parts = pieces(proof, 32);
    const moveBytes = parts.slice(0, this.moves);
    const moves = moveBytes.map(element);
    const scalars = parts.slice(this.moves).map(scalar);
    if (moves.includes(null) || scalars.includes(null)) return false;
    const challenge = transcript.copy().bytes('relation', this.id).elements('elements', encodings)
      .elements('commitments', moveBytes).challenge('challenge');

    // Who has which challenge, in depth-first order.
    const sub = scalars.slice(0, this.branches);
    const responses = scalars.slice(this.branches);
    const challenges = new Map();
    let sums = true;
    const pass = (n, c) => {
      if (n.node === 'linear') return challenges.set(n, c);
      if (n.node === 'and') return n.children.forEach((child) => pass(child, c));
      const own = sub.splice(0, n.children.length);
      sums &&= mod(own.reduce((a, b) => a + b, 0n)) === c;
      n.children.forEach((child, i) => pass(child, own[i]));
    };
    pass(this.root, challenge);
    if (!sums) return false;

    // Σ weight · (Σ response·base − first move − c·image) = 0, gathered by element.
    const elements = [G, ...points];
    const factor = new Array(elements.length + this.combinations.length).fill(0n);
    const moveFactor = [];
    for (const l of this.leaves) {
      const own = responses.splice(0, l.witnesses);
      const c = challenges.get(l);
      for (const [image, ...terms] of l.equations) {
        const weight = le(randomBytes(16));
        moveFactor.push(-weight);
        factor[image] -= weight * c;
        for (const [witness, base] of terms) factor[base] += weight * own[witness];
      }
    }
    for (let i = this.combinations.length - 1; i >= 0; i--) {
      const f = mod(factor[elements.length + i]);
      for (const [coefficient, reference] of this.combinations[i]) factor[reference] += f * coefficient;
    }
    return isIdentity(combine([...elements, ...moves], [...factor.slice(0, elements.length), ...moveFactor]));
  }
}

const schnorr = new Relation('schnorr', ['X'], [], leaf('x', 1, [1, [0, 0]]));
const equality = new Relation('equality of logarithms', ['G', 'Y', 'M'], [], leaf('x', 1, [2, [0, 0]], [3, [0, 1]]));

/** Whether a Schnorr signature under a 32-byte key holds (§4.3). */
export function verifySchnorr(key, transcript, signature) {
  const X = element(key);
  return X !== null && !isIdentity(X) && schnorr.verify([X], [key], transcript, signature);
}

/** Whether log_g Y = log_G M (§4.4). */
export function verifyEquality(base, Y, M, transcript, proof) {
  return !isIdentity(Y) && equality.verify([base, Y, M], [base, Y, M].map((p) => p.toBytes()), transcript, proof);
}

