import type { Consistency, Inclusion } from "../protocol/meetingApi.ts";

/** What this device computes by itself to hold the court to its word (docs/ballot-log.md, sections 1 and 8). */
export interface Checks {
  /** SHA-256 of a raw public key in hex. */
  fingerprint(key: string): Promise<string>;
  /** The hash of a leaf, from its canonical JSON. Throws CannotCheck. */
  leafHash(alg: string, leaf: object): Promise<string>;
  /** Whether the holder of the raw public key signed this object. Throws CannotCheck. */
  signedBy(key: string, signed: { readonly signature: string }): Promise<boolean>;
  /** Whether the tree with this root has the leaf (RFC 9162, 2.1.3.2). Throws CannotCheck. */
  includes(alg: string, leafHash: string, proof: Inclusion, root: string): Promise<boolean>;
  /** Whether the second tree begins with the first (RFC 9162, 2.1.4.2). Throws CannotCheck. */
  consistent(alg: string, firstRoot: string, proof: Consistency, secondRoot: string): Promise<boolean>;
}

/** This page cannot compute it; says nothing about whether it is right. */
export class CannotCheck extends Error {}
