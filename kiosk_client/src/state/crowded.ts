import { Refused } from "../protocol/socket.ts";

/** Why the server takes no more media: it sheds load, or all its connections are in use. */
export type Crowded = "media-busy" | "media-full";

const FIRST_MS = 6_000;
const LAST_MS = 30_000;

/** The reason if the server had no room; null for every other outcome. */
export function isCrowded(cause: unknown): Crowded | null {
  if (!(cause instanceof Refused)) return null;
  return cause.code === "media-busy" || cause.code === "media-full" ? cause.code : null;
}

/** Time to wait after refusal `count` (from 1): growing, and at random, or a full court would come back at one moment. */
export function crowdedDelay(count: number, random: () => number): number {
  const full = Math.min(LAST_MS, FIRST_MS * 2 ** (count - 1));
  return Math.round(full * (0.5 + random() / 2));
}
