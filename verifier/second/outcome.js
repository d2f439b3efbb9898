// How the fold says that a record is not accepted (SPEC §9).
export class Void extends Error {
  constructor(code) { super(code); this.code = code; }
}
export class Fatal extends Error {
  constructor(code, scope) { super(code); this.code = code; this.scope = scope; }
}

/** The log holds something that is specified and that this verifier does not do. */
export class Unsupported extends Error {}

/** A condition of a record, and the code with which it is void otherwise. */
export const or = (ok, code) => { if (!ok) throw new Void(code); };
