import type { HearingView } from "../../protocol/messages.ts";

/** Whole seconds in which a mistaken 闭庭 can still be undone; 0 when it cannot (any more). */
export function undoSeconds(
  hearing: Pick<HearingView, "state" | "moves" | "reopen_until_ms">,
  session_now_ms: number,
): number {
  if (hearing.state !== "closed" || !hearing.moves.includes("reopen")) return 0;
  if (hearing.reopen_until_ms === null) return 0;
  return Math.max(0, Math.ceil((hearing.reopen_until_ms - session_now_ms) / 1000));
}

/** `1:05`, or `2:00:03` from an hour on; never negative. */
export function clockText(ms: number): string {
  const whole_s = Math.max(0, Math.floor(ms / 1000));
  const h = Math.floor(whole_s / 3600);
  const m = Math.floor((whole_s % 3600) / 60);
  const s = `${whole_s % 60}`.padStart(2, "0");
  return h > 0 ? `${h}:${`${m}`.padStart(2, "0")}:${s}` : `${m}:${s}`;
}
