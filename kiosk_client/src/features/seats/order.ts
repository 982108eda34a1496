import type { PersonView, Presence, Role } from "../../protocol/messages.ts";

/** The parts of a courtroom, in the order in which a judge looks at them. */
export const SIDES = [
  "bench",
  "court",
  "plaintiff",
  "defendant",
  "third",
  "witness",
  "expert",
  "interpreter",
  "other",
] as const;
export type Side = (typeof SIDES)[number];

const SIDE_OF_ROLE: Partial<Record<Role, Side>> = {
  presiding_judge: "bench",
  judge: "bench",
  assessor: "bench",
  judge_assistant: "bench",
  clerk: "court",
  bailiff: "court",
  operator: "court",
  supervisor: "court",
  plaintiff: "plaintiff",
  applicant: "plaintiff",
  prosecutor: "plaintiff",
  defendant: "defendant",
  respondent: "defendant",
  debtor: "defendant",
  third_party: "third",
  witness: "witness",
  expert: "expert",
  inquest: "expert",
  specialist: "expert",
  interpreter: "interpreter",
};

const SIDE_OF_PREFIX: ReadonlyArray<readonly [string, Side]> = [
  ["plaintiff", "plaintiff"],
  ["applicant", "plaintiff"],
  ["defendant", "defendant"],
  ["respondent", "defendant"],
  ["third", "third"],
];

const RANK: Partial<Record<Role, number>> = {
  presiding_judge: 0,
  judge: 1,
  assessor: 2,
  judge_assistant: 3,
  clerk: 4,
  plaintiff: 5,
  applicant: 5,
  defendant: 5,
  respondent: 5,
  third_party: 5,
  legal_representative: 6,
  agent: 7,
};

/** Where somebody sits. Agents and representatives sit with the party their seat is named after. */
export function sideOf(role: Role, seat: string): Side {
  const fixed = SIDE_OF_ROLE[role];
  if (fixed) return fixed;
  return SIDE_OF_PREFIX.find(([prefix]) => seat.startsWith(prefix))?.[1] ?? "other";
}

export interface SeatGroup {
  side: Side;
  people: PersonView[];
}

/** People with a seat, grouped by side and ordered by rank, then seat. Observers and displays are not seated. */
export function seatGroups(people: readonly PersonView[]): SeatGroup[] {
  // Who only looks in has no seat: a notice tells of them.
  const seated = people.filter((p) => !["observer", "display", "supervisor"].includes(p.seat.role));
  return SIDES.map((side) => ({
    side,
    people: seated
      .filter((p) => sideOf(p.seat.role, p.seat.seat) === side)
      .sort(
        (a, b) =>
          (RANK[a.seat.role] ?? 9) - (RANK[b.seat.role] ?? 9) ||
          a.seat.seat.localeCompare(b.seat.seat, "en", { numeric: true }),
      ),
  })).filter((group) => group.people.length > 0);
}

/** Raised hands, the one waiting longest first. */
export function raisedHands(people: readonly PersonView[]): PersonView[] {
  return people
    .filter((p) => p.hand_raised_ms !== null)
    .sort((a, b) => (a.hand_raised_ms ?? 0) - (b.hand_raised_ms ?? 0));
}

/** Seven chips for ten presences: what a judge has to tell apart at a glance. */
export type Chip = "absent" | "checking" | "waiting" | "present" | "dropped" | "left" | "removed";

const CHIP: Record<Presence, Chip> = {
  invited: "absent",
  consented: "checking",
  checked: "checking",
  waiting: "waiting",
  present: "present",
  testifying: "present",
  dropped: "dropped",
  left: "left",
  removed: "removed",
  dismissed: "left",
};

export function chipOf(presence: Presence): Chip {
  return CHIP[presence];
}

/** Whoever has or had a connection just now: only of them a network figure means anything. */
export const ON_LINE: ReadonlySet<Presence> = new Set(["waiting", "present", "testifying", "dropped"]);

export const IN_COURTROOM: ReadonlySet<Presence> = new Set(["present", "testifying"]);

/** What may be done to somebody now, in the order of the menu; the server still decides. */
export type SeatAction =
  | "admit"
  | "call"
  | "floor"
  | "floor_end"
  | "mute"
  | "mute_lock"
  | "unmute"
  | "camera_off"
  | "camera_on"
  | "hand_down"
  | "warn"
  | "back"
  | "dismiss"
  | "remove";

const ISOLATED: ReadonlySet<Role> = new Set(["witness", "expert"]);

export function seatActions(person: PersonView, floor: string | null, self: string): SeatAction[] {
  const { presence, seat } = person;
  if (seat.participant === self) return [];
  const isolated = ISOLATED.has(seat.role);
  const actions: SeatAction[] = [];
  if (presence === "waiting") actions.push(isolated ? "call" : "admit");
  if (presence === "removed" || presence === "dismissed") actions.push("back");
  if (IN_COURTROOM.has(presence)) {
    actions.push(floor === seat.participant ? "floor_end" : "floor");
    if (person.audio_muted) actions.push("unmute");
    else actions.push("mute");
    if (!person.audio_locked) actions.push("mute_lock");
    actions.push(person.video_muted ? "camera_on" : "camera_off");
    if (person.hand_raised_ms !== null) actions.push("hand_down");
    actions.push("warn", isolated ? "dismiss" : "back");
  }
  if (presence === "waiting" || presence === "dropped" || IN_COURTROOM.has(presence)) actions.push("remove");
  return actions;
}
