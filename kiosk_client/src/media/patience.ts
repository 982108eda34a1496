import type { Figures } from "./network.ts";

/** Share lost on the way down, in per mille, from which a picture waits for one repeat, or for a repeat of the repeat. */
const ONE_REPEAT = 20;
const TWO_REPEATS = 80;
const SLACK_MS = 50;
const MOST_MS = 600;
const HOLD_MS = 20_000;

/** How long pictures should wait for what the network has lost, milliseconds; 0: as the browser thinks best. */
export function wait(f: Pick<Figures, "rtt_ms" | "loss_down_permille">): number {
  if (f.loss_down_permille < ONE_REPEAT) return 0;
  const trips = f.loss_down_permille < TWO_REPEATS ? 1.5 : 2.5;
  return Math.min(MOST_MS, Math.round(trips * f.rtt_ms) + SLACK_MS);
}

/**
 * A page that only receives does not know its round trip, so that a browser shows each picture as soon as it is whole
 * and drops those whose repeats come after it. This grows the wait at once and shortens it only after twenty seconds
 * of needing less, because each change stretches or squeezes what is seen and heard. Time is passed in.
 */
export class Patience {
  wait_ms = 0;
  private needed_ms = 0;
  private since_ms: number | null = null;

  /** Takes one reading; true when `wait_ms` has changed. */
  step(f: Figures, at_ms: number): boolean {
    const needed_ms = wait(f);
    if (needed_ms >= this.wait_ms) {
      const grew = needed_ms > this.wait_ms;
      this.wait_ms = needed_ms;
      this.since_ms = null;
      return grew;
    }
    this.needed_ms = this.since_ms === null ? needed_ms : Math.max(this.needed_ms, needed_ms);
    this.since_ms ??= at_ms;
    if (at_ms - this.since_ms < HOLD_MS) return false;
    this.wait_ms = this.needed_ms;
    this.since_ms = null;
    return true;
  }
}
