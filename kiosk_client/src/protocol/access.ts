import { call } from "./api.ts";

/** Who may have a part that is restricted: `court` alone, or the `parties` too. */
export type Access = "court" | "parties";
export const GROUNDS = [
  "state_secret",
  "trade_secret",
  "privacy",
  "minor",
  "witness",
  "deliberation",
  "other",
] as const;
export type Ground = (typeof GROUNDS)[number];

export interface NewRestriction {
  from_ms: number;
  /** null: to the end. */
  to_ms: number | null;
  access: Access;
  ground: Ground;
  /** One person's picture, voice, words and name; null: everything. */
  participant: string | null;
  case_no: string | null;
  reason: string;
}

export interface Restriction extends NewRestriction {
  mark: string;
}

export interface JoinedCase {
  case_no: string;
  cause: string;
}

/** docs/protocol.md, `GET sessions/{id}/restrictions`. `cases` begins with the one that the session was made for. */
export interface Restricted {
  cases: JoinedCase[];
  restrictions: Restriction[];
  closed: { from_ms: number; to_ms: number; access: Access }[];
  may_lift: boolean;
}

const of = (session: string) => `sessions/${encodeURIComponent(session)}`;

export const accessApi = {
  now: (session: string) => call<Restricted>(`${of(session)}/restrictions`),
  restrict: (session: string, body: NewRestriction) =>
    call<Restricted>(`${of(session)}/restrictions`, { method: "POST", body }),
  lift: (session: string, mark: string, reason: string) =>
    call<Restricted>(`${of(session)}/restrictions/${encodeURIComponent(mark)}`, {
      method: "DELETE",
      body: { reason },
    }),
  join: (session: string, body: JoinedCase) => call<Restricted>(`${of(session)}/cases`, { method: "POST", body }),
};
