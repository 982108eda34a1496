import { call } from "./api.ts";
import type { State } from "./messages.ts";
import type { SealView } from "./seal.ts";
import type { SearchHits } from "./search.ts";

/** A session that is over, for supervisors (docs/protocol.md, `GET supervision/records`). */
export interface RecordRow {
  id: string;
  court: string;
  case_no: string;
  hearing_no: string;
  title: string;
  cause: string;
  public: boolean;
  state: State;
  scheduled_utc_ms: number;
  opened_utc_ms: number | null;
  judge: string;
  /** Something of it is withheld from supervisors. */
  partly: boolean;
  playable: boolean;
}

/** What of a record a look opens. */
export type RecordPart = "player" | "minutes" | "report" | "seal";

export interface RecordMinutes {
  court: string;
  case_no: string;
  title: string;
  draft: boolean;
  partly: boolean;
  fields: { name: string; text: string }[];
  paragraphs: { kind: "speech" | "note" | "exhibit"; speaker: string; text: string; from_ms: number }[];
}

export interface OwnLook {
  session: string;
  case_no: string;
  what: RecordPart | "lines";
  reason: string;
  words: string;
  lines: number;
  utc_ms: number;
}

const RECORDS = "supervision/records";
const PREFIX = "/api/v1/";

const filled = (question: Record<string, string>) =>
  new URLSearchParams(Object.entries(question).filter(([, value]) => value.trim()));

export const recordsApi = {
  /** Looks at none of them. */
  list: (question: Record<string, string>, signal: AbortSignal) =>
    call<{ rows: RecordRow[]; next: string }>(`${RECORDS}?${filled(question)}`, { signal }),
  /** A look into each session of which a line is shown. */
  search: (question: Record<string, string>, reason: string, signal: AbortSignal) =>
    call<SearchHits>(`${RECORDS}/search?${filled(question)}`, { method: "POST", body: { reason }, signal }),
  /** Writes the look into the session's log, then tells where its part is. */
  look: (session: string, what: RecordPart, reason: string, at_ms = 0) =>
    call<{ url: string }>(`${RECORDS}/${encodeURIComponent(session)}/look`, {
      method: "POST",
      body: { what, reason, at_ms },
    }),
  minutes: (url: string) => call<RecordMinutes>(url.replace(PREFIX, "")),
  seal: (url: string) => call<SealView>(url.replace(PREFIX, "")),
  own: (signal: AbortSignal) => call<{ looks: OwnLook[] }>("supervision/looks", { signal }),
};
