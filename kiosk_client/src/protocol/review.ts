import { call, fetched } from "./api.ts";

/** Bodies of the review (docs/protocol.md, "Review and signature"; `signaling/minutes/review_messages.py`). */
export interface ReadParagraph {
  readonly kind: "speech" | "note" | "exhibit";
  readonly speaker: string;
  readonly text: string;
  /** Empty for what the log says: no correction can be asked for. */
  readonly line: string;
  readonly revision: number;
  /** Empty where there is no sound. */
  readonly track: string;
  readonly from_ms: number;
  readonly to_ms: number;
}

/** A stretch of somebody's recorded sound. */
type Heard = Pick<ReadParagraph, "track" | "from_ms" | "to_ms">;

export interface CorrectionView {
  readonly id: string;
  readonly participant: string;
  readonly line: string;
  readonly was: string;
  readonly wanted: string;
  readonly reason: string;
  readonly asked_utc_ms: number;
  /** null while the clerk has not decided. */
  readonly accepted: boolean | null;
  readonly answer: string;
  readonly listened: boolean;
}

export interface MinutesView {
  readonly seq: number;
  readonly sha256: string;
  readonly court: string;
  readonly title: string;
  readonly fields: readonly { readonly name: string; readonly text: string }[];
  readonly paragraphs: readonly ReadParagraph[];
  readonly closing: string;
  readonly places: readonly string[];
  readonly corrections: readonly CorrectionView[];
}

const at = (session: string, rest: string) => `sessions/${encodeURIComponent(session)}/${rest}`;

const blob = async (path: string, bearer: string) => (await fetched(path, { bearer })).blob();

/** With the credential of the hearing's connection. All throw ApiError. */
export const reviewApi = {
  minutes: (session: string, bearer: string) => call<MinutesView>(at(session, "minutes"), { bearer }),
  handIn: (session: string, bearer: string, picture: Blob) =>
    call<{ sha256: string }>(at(session, "signatures"), { method: "POST", blob: picture, bearer }),
  picture: (session: string, bearer: string, sha256: string) => blob(at(session, `signatures/${sha256}`), bearer),
  sound: async (session: string, bearer: string, { track, from_ms, to_ms }: Heard, signal?: AbortSignal) => {
    const span = new URLSearchParams({ track, from_ms: String(from_ms), to_ms: String(to_ms) });
    return (await fetched(at(session, `sound?${span}`), { bearer, ...(signal ? { signal } : {}) })).blob();
  },
};
