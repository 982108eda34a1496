import { CannotCheck, type Checks, canonical } from "./checks.ts";

const text = new TextEncoder();

function bytes(hex: string): Uint8Array<ArrayBuffer> {
  if (hex.length % 2 || /[^0-9a-f]/.test(hex)) throw new RangeError("not lower-case hex");
  return Uint8Array.from({ length: hex.length / 2 }, (_, i) => Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16));
}

function hexOf(data: ArrayBuffer): string {
  return Array.from(new Uint8Array(data), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function digest(alg: string, ...parts: Uint8Array[]): Promise<string> {
  if (alg !== "sha256" || !globalThis.crypto?.subtle) throw new CannotCheck(alg);
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return hexOf(await crypto.subtle.digest("SHA-256", whole));
}

const node = (alg: string, left: string, right: string) => digest(alg, Uint8Array.of(1), bytes(left), bytes(right));

/** With what the browser itself computes: SHA-256, and Ed25519 where it has it. */
export const webChecks: Checks = {
  fingerprint: (key) => digest("sha256", bytes(key)),
  leafHash: (alg, leaf) => digest(alg, Uint8Array.of(0), text.encode(canonical(leaf))),
  async signedBy(key, { signature, ...unsigned }) {
    let imported: CryptoKey;
    try {
      imported = await crypto.subtle.importKey("raw", bytes(key), { name: "Ed25519" }, false, ["verify"]);
    } catch (cause) {
      // A key of the wrong form is a wrong key; anything else is a browser without Ed25519.
      if (cause instanceof RangeError || key.length !== 64) return false;
      throw new CannotCheck("Ed25519");
    }
    if (!/^[0-9a-f]{128}$/.test(signature)) return false;
    return crypto.subtle.verify("Ed25519", imported, bytes(signature), text.encode(canonical(unsigned)));
  },
  async includes(alg, leafHash, { seq, size, hashes }, root) {
    if (!(0 <= seq && seq < size)) return false;
    // Divided and not shifted: a shift would cut a place beyond 2^31.
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
