import type { Phase } from "../../protocol/messages.ts";

/** 庭审环节 in the order of a civil hearing. */
export const PHASES: readonly Phase[] = [
  "preparation",
  "opening",
  "identity_check",
  "rights_notice",
  "investigation",
  "evidence",
  "debate",
  "final_statement",
  "mediation",
  "deliberation",
  "judgment",
  "closing",
];

export type PhaseMark = "done" | "now" | "next";

/**
 * How each phase stands on the rail. `visited` are the phases the session has been in: one that was skipped
 * is not ticked, a court record must not claim otherwise.
 */
export function phaseMarks(now: Phase, visited: ReadonlySet<Phase>): Array<{ phase: Phase; mark: PhaseMark }> {
  return PHASES.map((phase) => ({
    phase,
    mark: phase === now ? "now" : visited.has(phase) ? "done" : "next",
  }));
}
