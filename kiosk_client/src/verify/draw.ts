import { bytesOf } from "./canonical.ts";
import { type Hash, hex } from "./tree.ts";

/** Section 7: the places drawn, in order. `count` is at most `poolSize`. */
export function drawn(h: Hash, secret: Uint8Array, fixed: string, poolSize: number, count: number): number[] {
  const text = bytesOf(fixed);
  const data = new Uint8Array(secret.length + text.length + 8);
  data.set(secret);
  data.set(text, secret.length);
  const view = new DataView(data.buffer);
  const pool = BigInt(poolSize);
  const chosen = new Set<number>();
  for (let i = 0n; chosen.size < count; i++) {
    view.setBigUint64(data.length - 8, i);
    const x = BigInt(`0x${hex(h(data))}`);
    if (x < 2n ** 256n - (2n ** 256n % pool)) chosen.add(Number(x % pool));
  }
  return [...chosen];
}
