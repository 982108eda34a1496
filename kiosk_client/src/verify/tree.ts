import { sha256 } from "@noble/hashes/sha2.js";
import { sm3 } from "./sm3.ts";

export type Alg = "sha256" | "sm3";
export type Hash = (data: Uint8Array) => Uint8Array;

export const hashOf = (alg: Alg): Hash => (alg === "sm3" ? sm3 : sha256);

const DIGITS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

export function hex(data: Uint8Array): string {
  let out = "";
  for (const byte of data) out += DIGITS[byte];
  return out;
}

/** Of lower-case hex that was checked before. */
export function unhex(text: string): Uint8Array {
  return Uint8Array.from({ length: text.length / 2 }, (_, i) => Number.parseInt(text.slice(2 * i, 2 * i + 2), 16));
}

/** `mark` before the bytes: 0 for a leaf of the tree, 2 for the commitment of a draw. */
export function marked(h: Hash, mark: number, data: Uint8Array): Uint8Array {
  const whole = new Uint8Array(data.length + 1);
  whole[0] = mark;
  whole.set(data, 1);
  return h(whole);
}

/** RFC 9162 section 2.1, grown leaf hash by leaf hash; the peaks of the complete subtrees are kept. */
export class Tree {
  size = 0;
  private readonly peaks: Uint8Array[] = [];
  private readonly pair = new Uint8Array(65);

  constructor(private readonly h: Hash) {
    this.pair[0] = 1;
  }

  append(leafHash: Uint8Array): void {
    let node = leafHash;
    for (let size = this.size; size % 2 === 1; size = (size - 1) / 2) {
      node = this.node(this.peaks.pop() as Uint8Array, node);
    }
    this.peaks.push(node);
    this.size++;
  }

  /** Of all leaves so far, hex. */
  root(): string {
    let node = this.peaks[this.peaks.length - 1];
    if (!node) return hex(this.h(new Uint8Array(0)));
    for (let i = this.peaks.length - 2; i >= 0; i--) node = this.node(this.peaks[i] as Uint8Array, node);
    return hex(node);
  }

  private node(left: Uint8Array, right: Uint8Array): Uint8Array {
    this.pair.set(left, 1);
    this.pair.set(right, 33);
    return this.h(this.pair);
  }
}
