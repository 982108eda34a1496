import { call, type Ticket } from "./api.ts";
import type { Phase, State } from "./messages.ts";

/** A tile of the supervisors' wall (docs/protocol.md, `GET supervision/hearings`). */
export interface SupervisedHearing {
  id: string;
  court: string;
  case_no: string;
  hearing_no: string;
  title: string;
  cause: string;
  public: boolean;
  state: State;
  state_label: string;
  phase: Phase;
  scheduled_utc_ms: number;
  opened_utc_ms: number | null;
  judge: string;
  present: number;
  expected: number;
  observers: number;
  incidents: number;
  recording: boolean;
  tracks: number;
  sealed_age_ms: number | null;
  disk_free_bytes: number | null;
  trouble: string | null;
  may_look: boolean;
  looks: { name: string; picture: boolean; sound: boolean; since_utc_ms: number }[];
}

/** What a supervisor looks at. */
export type LookKind = "both" | "picture" | "sound";

export const supervisionApi = {
  hearings: () => call<SupervisedHearing[]>("supervision/hearings"),
  /** Writes the look into the hearing's log, then lets in. */
  look: (session: string, kind: LookKind, reason: string) =>
    call<Ticket>(`supervision/hearings/${encodeURIComponent(session)}/look`, {
      method: "POST",
      body: { picture: kind !== "sound", sound: kind !== "picture", reason },
    }),
};
