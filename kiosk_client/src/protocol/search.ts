import { call, fetched } from "./api.ts";

/** One line that says what was looked for (docs/protocol.md, `GET search`). */
export interface SearchHit {
  session: string;
  court: string;
  case_no: string;
  hearing_no: string;
  title: string;
  scheduled_utc_ms: number;
  line: string;
  /** Empty where nobody's sound belongs to the line. */
  track: string;
  speaker: string;
  from_ms: number;
  to_ms: number;
  at_ms: number;
  pieces: { text: string; found: boolean }[];
}

export interface SearchHits {
  hits: SearchHit[];
  /** Where the rest begins; empty when this is all. */
  next: string;
}

const AROUND_MS = 300;
const MOST_MS = 120_000;

/** Which of all hits it is. */
export const keyOf = (hit: SearchHit) => `${hit.session}/${hit.line}`;

export const searchApi = {
  find: (address: string, after: string, signal: AbortSignal) =>
    call<SearchHits>(`search?${address}${after ? `&after=${after}` : ""}`, { signal }),
  /** The sound of a hit, from what was looked for to the end of the line. */
  sound: async (hit: SearchHit, signal: AbortSignal) => {
    const from_ms = Math.max(0, hit.at_ms - AROUND_MS);
    const span = new URLSearchParams({
      track: hit.track,
      from_ms: `${from_ms}`,
      to_ms: `${Math.min(hit.to_ms + AROUND_MS, from_ms + MOST_MS)}`,
    });
    return (await fetched(`sessions/${encodeURIComponent(hit.session)}/sound?${span}`, { signal })).blob();
  },
  /** The address of the player at the hit's moment. Throws ApiError `no-package` where none was made yet. */
  player: (hit: SearchHit) =>
    call<{ url: string }>(`sessions/${encodeURIComponent(hit.session)}/player?at_ms=${hit.at_ms}`),
};
