import type { Act, ActName, Console, PendingAct, Turnout } from "../../protocol/console.ts";
import type { MotionView } from "../../protocol/meeting.ts";

/** What may be asked for next of a motion's round, the expected first. The server decides; this is what is offered. */
export function stepsOf(motion: MotionView, view: Console["meeting"]): ActName[] {
  if (view.state === "closed" || view.state === "draft") return [];
  if (motion.state === "draft") return ["open"];
  if (motion.state === "open") return ["close", "extend"];
  if (motion.state === "closed") return ["count"];
  return motion.state === "tallied" ? ["announce"] : [];
}

/** Whether the law offers a second vote and none was opened yet (企业破产法 65, 87). */
export function secondRoundDue(motion: MotionView, view: Console["meeting"]): boolean {
  return (
    motion.state === "announced" &&
    motion.round === 1 &&
    motion.result?.next === "second_round" &&
    view.state !== "closed" &&
    !view.motions.some((other) => other.motion === motion.motion && other.round === 2)
  );
}

/** What waits for a second person about this round; `end` has no motion. */
export function waitingFor(pending: readonly PendingAct[], motion: string | null, round: number): PendingAct[] {
  return pending.filter((each) => each.motion === motion && (motion === null || each.round === round));
}

/** The same act, as the second person sends it. */
export function sameAct({ act, motion, round, closes_utc_ms }: PendingAct): Act {
  return { act, motion, round, closes_utc_ms };
}

export function turnoutOf(turnout: readonly Turnout[], motion: MotionView): Turnout[] {
  return turnout.filter((each) => each.motion === motion.motion && each.round === motion.round);
}

/** Whether the meeting may be ended: nothing open, nothing between its closing and its announcement. */
export function mayEnd(view: Console["meeting"]): boolean {
  return view.state === "in_session" && view.motions.every((m) => m.state === "announced" || m.state === "draft");
}

/** What the person at the desk should do next, for the line at the top. */
export type NextStep = "roll" | "agenda" | "doors" | "open" | "running" | "count" | "announce" | "end" | "over";

export function nextStep(console: Console): NextStep {
  const { meeting, roll } = console;
  if (meeting.state === "closed") return "over";
  if (!roll) return "roll";
  if (meeting.motions.length === 0) return "agenda";
  if (meeting.state === "draft") return "doors";
  const states = meeting.motions.map((motion) => motion.state);
  if (states.includes("open")) return "running";
  if (states.includes("closed")) return "count";
  if (states.includes("tallied")) return "announce";
  if (states.includes("draft") || meeting.motions.some((motion) => secondRoundDue(motion, meeting))) return "open";
  return "end";
}

/** What the hall looks at: the round that is open or being counted, else the newest result; null: the agenda. */
export function onWall(motions: readonly MotionView[]): MotionView | null {
  const at = (...states: string[]) => motions.filter((motion) => states.includes(motion.state)).at(-1);
  return at("open") ?? at("closed", "tallied") ?? at("announced") ?? null;
}
