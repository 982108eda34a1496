import type { Move } from "../../protocol/messages.ts";

/** What a button asks before it acts. */
export type Ask = "nothing" | "open" | "recess" | "reason" | "twice" | "confirm";
export type Weight = "primary" | "plain" | "danger" | "quiet";

export interface MoveButton {
  move: Move;
  ask: Ask;
  weight: Weight;
}

/** What follows from the minutes is nobody's button. */
const BUTTONS: Partial<Record<Move, Omit<MoveButton, "move">>> = {
  gather: { ask: "nothing", weight: "primary" },
  open: { ask: "open", weight: "primary" },
  resume: { ask: "nothing", weight: "primary" },
  reopen: { ask: "nothing", weight: "primary" },
  recess: { ask: "recess", weight: "plain" },
  close_evidence: { ask: "confirm", weight: "plain" },
  mediate_off_record: { ask: "confirm", weight: "plain" },
  deliberate: { ask: "confirm", weight: "plain" },
  suspend: { ask: "reason", weight: "quiet" },
  convert_offline: { ask: "reason", weight: "quiet" },
  cancel: { ask: "reason", weight: "quiet" },
  close: { ask: "twice", weight: "danger" },
};

const ORDER = Object.keys(BUTTONS) as Move[];

/** Buttons for exactly the moves the server offers, the main one first and 闭庭 last. Cancelling is the clerk's. */
export function moveButtons(moves: readonly Move[]): MoveButton[] {
  return ORDER.flatMap((move) => {
    const button = BUTTONS[move];
    return button && moves.includes(move) && move !== "cancel" ? [{ move, ...button }] : [];
  });
}

/** 休庭 proposals for the time of resumption: next quarter hours, in UTC ms, never less than five minutes away. */
export function resumeProposals(now_utc_ms: number, count = 4): number[] {
  const quarter_ms = 15 * 60_000;
  const first_ms = Math.ceil((now_utc_ms + 5 * 60_000) / quarter_ms) * quarter_ms;
  return Array.from({ length: count }, (_, i) => first_ms + i * quarter_ms);
}
