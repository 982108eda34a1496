import { ed25519 } from "@noble/curves/ed25519.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesOf, canonical, type Obj } from "../verify/canonical.ts";
import { type Hash, hashOf, hex, marked, unhex } from "../verify/tree.ts";
import { CannotCheck, type Checks } from "./checks.ts";

const KEY = /^[0-9a-f]{64}$/;
const SIGNATURE = /^[0-9a-f]{128}$/;

function hashBy(alg: string): Hash {
  if (alg !== "sha256" && alg !== "sm3") throw new CannotCheck(alg);
  return hashOf(alg);
}

/** Of two hashes in hex; of anything else a hash that fits nothing. */
async function node(alg: string, left: string, right: string): Promise<string> {
  if (!KEY.test(left) || !KEY.test(right)) return "";
  return hex(marked(hashBy(alg), 1, unhex(left + right)));
}

/** In plain script, so that it is the same on every phone: many have no Ed25519 of their own, and none has SM3. */
export const ownChecks: Checks = {
  fingerprint: async (key) => hex(sha256(unhex(key))),
  leafHash: async (alg, leaf) => hex(marked(hashBy(alg), 0, bytesOf(canonical(leaf as Obj)))),
  async signedBy(key, { signature, ...unsigned }) {
    if (!KEY.test(key) || !SIGNATURE.test(signature)) return false;
    return ed25519.verify(unhex(signature), bytesOf(canonical(unsigned as Obj)), unhex(key), { zip215: false });
  },
  async includes(alg, leafHash, { seq, size, hashes }, root) {
    if (!(0 <= seq && seq < size)) return false;
    // Divided and not shifted: a shift would cut a place beyond 2^31.
    hashBy(alg);
    let [at, last, hash] = [seq, size - 1, leafHash];
    for (const other of hashes) {
      if (last === 0) return false;
      if (at % 2 === 1 || at === last) {
        hash = await node(alg, other, hash);
        while (at % 2 === 0 && at > 0) [at, last] = [at / 2, Math.floor(last / 2)];
      } else {
        hash = await node(alg, hash, other);
      }
      [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
    }
    return last === 0 && hash === root;
  },
  async consistent(alg, firstRoot, { first, second, hashes: given }, secondRoot) {
    if (!(0 < first && first <= second)) return false;
    if (first === second) return given.length === 0 && firstRoot === secondRoot;
    const whole = Number.isInteger(Math.log2(first));
    const [start, ...hashes] = whole ? [firstRoot, ...given] : given;
    if (start === undefined) return false;
    let [at, last, before, after] = [first - 1, second - 1, start, start];
    while (at % 2 === 1) [at, last] = [(at - 1) / 2, Math.floor(last / 2)];
    for (const other of hashes) {
      if (last === 0) return false;
      if (at % 2 === 1 || at === last) {
        before = await node(alg, other, before);
        after = await node(alg, other, after);
        while (at % 2 === 0 && at > 0) [at, last] = [at / 2, Math.floor(last / 2)];
      } else {
        after = await node(alg, after, other);
      }
      [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
    }
    return last === 0 && before === firstRoot && after === secondRoot;
  },
};
