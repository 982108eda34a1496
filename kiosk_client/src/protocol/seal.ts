import { call } from "./api.ts";
import type { State } from "./messages.ts";
import type { ExportJob } from "./staff.ts";

/** How the seals of a session stand (docs/protocol.md, `GET sessions/{id}/seal`). */
export interface SealRow {
  step: "media" | "final";
  package: string;
  manifest_sha512: string;
  utc_ms: number;
  stamped: boolean;
  /** Empty where its package is not on this server. */
  url: string;
}

export interface Unmet {
  code: string;
  zh: string;
  en: string;
  todo_zh: string;
  todo_en: string;
  /** The final seal waits for it; otherwise the package tells of it. */
  blocks: boolean;
  about: string;
}

export interface IncidentRow {
  incident: number;
  cause: string;
  cause_zh: string;
  cause_en: string;
  from_ms: number;
  to_ms: number | null;
  detail: string;
  statement: string;
  statement_sha256: string;
  written_by: string;
  signed_by: string;
  signed_utc_ms: number;
}

export interface SealView {
  state: State;
  may_seal: boolean;
  /** Address of the time-stamping authority, empty where none is set. */
  stamping: string;
  seals: SealRow[];
  unmet: Unmet[];
  incidents: IncidentRow[];
  job: ExportJob | null;
}

export const sealApi = {
  view: (session: string) => call<SealView>(`sessions/${encodeURIComponent(session)}/seal`),
};
