import type { Clock } from "../protocol/messages.ts";

/** The court's clock as this page knows it: what the server said, and when (page's monotonic ms). */
export interface CourtClock {
  readonly utc_ms: number;
  readonly session_ms: number;
  readonly running: boolean;
  readonly at_ms: number;
  /** Half of it bounds the error; null: unknown, as in a welcome. */
  readonly rtt_ms: number | null;
}

const GOOD_FOR_MS = 60_000;

/** Takes a new reading unless it is worse than a recent one. A changed `running` is always taken. */
export function sample(
  before: CourtClock | null,
  clock: Pick<Clock, "utc_ms" | "session_ms" | "running">,
  received_ms: number,
  rtt_ms: number | null,
): CourtClock {
  const lag_ms = (rtt_ms ?? 0) / 2;
  const reading = {
    utc_ms: clock.utc_ms + lag_ms,
    session_ms: clock.session_ms + (clock.running ? lag_ms : 0),
    running: clock.running,
    at_ms: received_ms,
    rtt_ms,
  };
  if (!before || before.running !== clock.running || before.rtt_ms === null) return reading;
  const recent = received_ms - before.at_ms < GOOD_FOR_MS;
  return recent && (rtt_ms === null || rtt_ms > before.rtt_ms * 1.5 + 5) ? before : reading;
}

/** UTC ms now; the device's own clock until the server has spoken. */
export function courtMs(clock: CourtClock | null, now_ms: number): number {
  return clock ? clock.utc_ms + (now_ms - clock.at_ms) : Date.now();
}

/** Session ms now; stands still while the session does not run. */
export function sessionMs(clock: CourtClock | null, now_ms: number): number {
  if (!clock) return 0;
  return clock.session_ms + (clock.running ? now_ms - clock.at_ms : 0);
}
