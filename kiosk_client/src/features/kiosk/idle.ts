/** What a booth does about somebody who may have gone: nothing, warn with seconds left, wipe. Pure. */
export type IdleState = { at: "used" } | { at: "warning"; seconds: number } | { at: "over" };

export const IDLE_MS = 30_000;
export const WARNING_MS = 30_000;

export function idleState(last_touch_ms: number, now_ms: number): IdleState {
  const idle_ms = now_ms - last_touch_ms;
  if (idle_ms < IDLE_MS) return { at: "used" };
  const left_ms = IDLE_MS + WARNING_MS - idle_ms;
  return left_ms > 0 ? { at: "warning", seconds: Math.ceil(left_ms / 1000) } : { at: "over" };
}
