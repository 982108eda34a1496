import type { DivisionResult, Matter, MotionView, Options } from "../../protocol/meeting.ts";

/** What a division needed and what it got (docs/ballot-log.md, section 4). */
export interface Reached {
  heads: { agree: number; base: number; over_half: boolean };
  amount: { agree_fen: number; base_fen: number; share: "half" | "twoThirds" };
}

/** Which sentence says what the matter needs. */
export function ruleOf(matter: Matter): "half" | "twoThirds" | "groups" {
  if (matter === "plan") return "groups";
  return matter === "composition" ? "twoThirds" : "half";
}

/** The figures behind both bars of a division. */
export function reached(matter: Matter, options: Options, division: DivisionResult): Reached {
  const { agree, deemed, present, total } = division;
  const counts = options.silent === "deemed_agree";
  const investors = division.division === "equity";
  const base = investors && options.equity_base === "present" ? present : total;
  return {
    heads: { agree: agree.heads + (counts ? deemed.heads : 0), base: present.heads, over_half: !investors },
    amount: {
      agree_fen: agree.amount_fen + (counts ? deemed.amount_fen : 0),
      base_fen: base.amount_fen,
      share: ruleOf(matter) === "half" ? "half" : "twoThirds",
    },
  };
}

/** What is open now first, otherwise as on the agenda. */
export function inOrder(motions: readonly MotionView[]): readonly MotionView[] {
  return [...motions].sort((a, b) => Number(b.state === "open") - Number(a.state === "open"));
}
