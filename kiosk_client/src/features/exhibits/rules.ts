import type { ExhibitRow, ExhibitState, PersonView, Right, Role, State } from "../../protocol/messages.ts";

/** What a page offers; the server decides (`hearing/exhibit_rules.py`), and its refusal is shown. */
type Exhibit = Pick<ExhibitRow, "participant" | "state">;

const OVER: ReadonlySet<State> = new Set([
  "closed",
  "transcript_review",
  "signed",
  "sealed",
  "cancelled",
  "converted_offline",
]);
const SUBMITS_NOTHING: ReadonlySet<Role> = new Set(["interpreter", "witness", "bailiff"]);
const NEVER_PUBLISH: ReadonlySet<Role> = new Set(["observer", "supervisor", "operator", "display"]);

/** Steps that the court may take from each state, the likeliest first; `presented` follows from showing. */
const FOLLOWS = {
  submitted: ["reviewed", "original_demanded", "withdrawn"],
  reviewed: ["cross_examined", "original_demanded", "withdrawn"],
  presented: ["cross_examined", "original_demanded", "withdrawn"],
  cross_examined: ["original_demanded", "withdrawn"],
  original_demanded: ["reviewed", "cross_examined", "withdrawn"],
  withdrawn: [],
} as const satisfies Record<ExhibitState, readonly ExhibitState[]>;

export type Step = (typeof FOLLOWS)[ExhibitState][number];

export function stepsOf(exhibit: Exhibit): readonly Step[] {
  return FOLLOWS[exhibit.state];
}

/** After 闭庭 nothing of the register changes. */
export function mayChange(state: State): boolean {
  return !OVER.has(state);
}

/** Parties and who speaks for them, experts, and the court's own people. */
export function maySubmit(role: Role, rights: readonly Right[]): boolean {
  return rights.includes("publish") && !SUBMITS_NOTHING.has(role);
}

/** Who may have an opinion on this exhibit, or have submitted one: nobody of the court. */
export function isParty(person: PersonView): boolean {
  return !person.staff && !SUBMITS_NOTHING.has(person.seat.role) && !NEVER_PUBLISH.has(person.seat.role);
}

/** Whoever submitted it takes it back until it was shown. */
export function mayWithdrawOwn(exhibit: Exhibit, me: string): boolean {
  return exhibit.participant === me && (exhibit.state === "submitted" || exhibit.state === "reviewed");
}

/** The other side's, once the court has let it pass. */
export function mayGiveOpinion(exhibit: Exhibit, giver: string): boolean {
  return exhibit.participant !== giver && exhibit.state !== "submitted" && exhibit.state !== "withdrawn";
}

/** While the court sits, and what the court has let pass. */
export function mayShow(exhibit: Exhibit, state: State): boolean {
  const sits = mayChange(state) && state !== "scheduled" && state !== "waiting";
  return sits && exhibit.state !== "submitted" && exhibit.state !== "withdrawn";
}
