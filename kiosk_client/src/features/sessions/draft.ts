import type { IdentityLevel, Role } from "../../protocol/messages.ts";
import { type CaseNoProblem, caseNoProblem } from "./caseNo.ts";
import { courtDay, courtInstant } from "./courtTime.ts";

/** A seat while the clerk still edits it. */
export interface SeatDraft {
  role: Role;
  /** For agents and representatives: the party they speak for. */
  side: "plaintiff" | "defendant" | "third_party" | "";
  name: string;
  required: boolean;
  account: string;
}

export interface SessionDraft {
  case_no: string;
  hearing_no: string;
  cause: string;
  /** As the clerk types it: one term a line, or parted by 、 or ；. */
  glossary: string;
  title: string;
  public: boolean;
  day: string;
  time: string;
  /** Empty: as the court usually does. */
  identity: IdentityLevel | "";
  seats: SeatDraft[];
}

export type Problem =
  | `case_no.${CaseNoProblem}`
  | "cause"
  | "glossary"
  | "time.malformed"
  | "time.past"
  | "seats.judge"
  | "seats.party"
  | "seats.two_presiding";
export type SeatProblem = "name" | "account" | "account_twice" | "side";

export const STAFF_ROLES: ReadonlySet<Role> = new Set([
  "presiding_judge",
  "judge",
  "assessor",
  "judge_assistant",
  "clerk",
  "bailiff",
]);
const SIDED: ReadonlySet<Role> = new Set(["agent", "legal_representative"]);
const NAMELESS: ReadonlySet<Role> = new Set(["display"]);
const PARTIES: ReadonlySet<Role> = new Set(["plaintiff", "defendant", "applicant", "respondent", "debtor"]);

export function needsAccount(role: Role): boolean {
  return STAFF_ROLES.has(role);
}

export function needsSide(role: Role): boolean {
  return SIDED.has(role);
}

const MAX_TERMS = 300;
const MAX_TERM_CHARS = 60;

/** The terms of a glossary, tidied. */
export function terms(glossary: string): string[] {
  return glossary
    .split(/[\n、；;]/)
    .map((term) => term.trim())
    .filter((term) => term !== "");
}

/** Everything wrong with the draft, in the order of the form; empty when it may be sent. */
export function problems(draft: SessionDraft, zone: string, now_utc_ms: number): Problem[] {
  const found: Problem[] = [];
  const year = Number(courtDay(zone, now_utc_ms).slice(0, 4));
  const case_no = caseNoProblem(draft.case_no, year);
  if (case_no) found.push(`case_no.${case_no}`);
  if (draft.cause.trim() === "") found.push("cause");
  const named = terms(draft.glossary);
  if (named.length > MAX_TERMS || named.some((term) => [...term].length > MAX_TERM_CHARS)) found.push("glossary");
  const at_ms = courtInstant(zone, draft.day, draft.time);
  if (at_ms === null) found.push("time.malformed");
  else if (at_ms < now_utc_ms - 12 * 3_600_000) found.push("time.past");
  const roles = draft.seats.map((s) => s.role);
  if (!roles.some((r) => r === "presiding_judge" || r === "judge")) found.push("seats.judge");
  if (roles.filter((r) => r === "presiding_judge").length > 1) found.push("seats.two_presiding");
  if (!roles.some((r) => PARTIES.has(r))) found.push("seats.party");
  return found;
}

export function seatProblems(seat: SeatDraft, all: readonly SeatDraft[]): SeatProblem[] {
  const found: SeatProblem[] = [];
  if (seat.name.trim() === "" && !NAMELESS.has(seat.role)) found.push("name");
  if (needsAccount(seat.role)) {
    if (seat.account.trim() === "") found.push("account");
    else if (all.filter((s) => s.account.trim() === seat.account.trim()).length > 1) found.push("account_twice");
  }
  if (needsSide(seat.role) && seat.side === "") found.push("side");
  return found;
}

/** Seat names in the session, unique and telling: `plaintiff-1`, `plaintiff-agent-1`. */
export function seatNames(seats: readonly Pick<SeatDraft, "role" | "side">[]): string[] {
  const used = new Map<string, number>();
  return seats.map(({ role, side }) => {
    const base = needsSide(role) && side ? `${side}-${role}` : role;
    const n = (used.get(base) ?? 0) + 1;
    used.set(base, n);
    return `${base.replaceAll("_", "-")}-${n}`;
  });
}
