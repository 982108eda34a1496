import type { FromServer, LinesMessage, LineView, TranscribingMessage } from "../protocol/messages.ts";

/** Somebody's newest words, while they are said and for a while after. */
export interface Spoken {
  readonly participant: string;
  readonly line: string;
  readonly text: string;
  /** The line itself: it changes no more while it is shown. */
  readonly final: boolean;
  readonly late: boolean;
  /** Page's monotonic ms of the newest word of it. */
  readonly heard_ms: number;
}

export interface Placed {
  readonly id: string;
  readonly from_ms: number;
  /** The entry at which this page first saw the line: what began at one moment stands in order of coming. */
  readonly seen: number;
}

/**
 * The transcript as this page knows it. Its memory is the lines themselves: nothing is dropped, for a line of the first
 * hour may be corrected in the tenth. Only the captions are bounded.
 */
export interface MinutesState {
  readonly lines: ReadonlyMap<string, LineView>;
  readonly order: readonly Placed[];
  /** The last speakers, the newest last. */
  readonly captions: readonly Spoken[];
  readonly standing: TranscribingMessage | null;
  /** Every change up to this entry is known here. */
  readonly read_to: number;
  /** The newest entry that this page heard of. */
  readonly newest: number;
  /** From here on news alone keeps the page complete. */
  readonly caught_up: boolean;
}

export const noMinutes: MinutesState = {
  lines: new Map(),
  order: [],
  captions: [],
  standing: null,
  read_to: 0,
  newest: 0,
  caught_up: false,
};

const MAX_SPEAKERS = 2;
/** The id of a line that was split off another one. */
const SPLIT_OFF = /\/\d+$/;
/** Interim words without news for so long belong to a line that never came. */
const LOST_MS = 8_000;
/** What was said stays long enough to be read: some seconds and 120 ms a character, 12 s at most. */
const stays_ms = (text: string) => Math.min(12_000, 3_500 + 120 * text.length);

/** The transcript after one more message, be it news or an answer. Pure; `received_ms` is the page's monotonic clock. */
export function foldMinutes(state: MinutesState, message: FromServer, received_ms: number): MinutesState {
  switch (message.type) {
    case "welcome":
      // What changed while there was no connection is asked for once `transcribing` tells how far it went.
      return { ...state, captions: [], standing: null, caught_up: false };
    case "transcribing": {
      const newest = Math.max(state.newest, message.seq);
      const caught_up = state.caught_up || message.seq <= state.read_to;
      return { ...state, standing: message, newest, caught_up, read_to: caught_up ? newest : state.read_to };
    }
    case "caption": {
      if (state.lines.has(message.line)) return state;
      const { participant, line, text } = message;
      return said(state, { participant, line, text, final: false, late: false, heard_ms: received_ms });
    }
    case "lines":
      return withLines(state, message, received_ms);
    default:
      return state;
  }
}

function withLines(state: MinutesState, message: LinesMessage, received_ms: number): MinutesState {
  const lines = new Map(state.lines);
  const order = [...state.order];
  let next = state;
  let newest = state.newest;
  for (const line of message.lines) {
    const before = lines.get(line.id);
    newest = Math.max(newest, line.seq);
    // An answer may cross news that is newer than it.
    if (before && before.seq > line.seq) continue;
    lines.set(line.id, line);
    if (!before) insert(order, { id: line.id, from_ms: line.from_ms, seen: line.seq });
    if (message.re === null) next = captioned(next, line, before === undefined, received_ms);
  }
  const answered = message.re !== null;
  const caught_up = answered ? !message.more : state.caught_up;
  const last = message.lines.at(-1)?.seq ?? 0;
  const read_to = caught_up ? newest : answered ? Math.max(state.read_to, last) : state.read_to;
  return { ...next, lines, order, newest, caught_up, read_to };
}

/** What a line that has come or changed makes of the captions. */
function captioned(state: MinutesState, line: LineView, fresh: boolean, heard_ms: number): MinutesState {
  const shown = state.captions.find((one) => one.line === line.id);
  const readable = line.kind === "speech" && line.participant && isShown(line) && line.text !== "";
  if (!readable || !line.participant) {
    return shown ? { ...state, captions: state.captions.filter((one) => one !== shown) } : state;
  }
  // A correction of what was said long ago is no news of the courtroom.
  if (!shown && !(fresh && line.revision === 0 && !SPLIT_OFF.test(line.id))) return state;
  const { participant, text, late } = line;
  if (shown?.final) {
    const corrected = { ...shown, participant, text };
    return { ...state, captions: state.captions.map((one) => (one === shown ? corrected : one)) };
  }
  return said(state, { participant, line: line.id, text, final: true, late, heard_ms });
}

function said(state: MinutesState, words: Spoken): MinutesState {
  const others = state.captions.filter((one) => one.participant !== words.participant);
  return { ...state, captions: [...others, words].slice(-MAX_SPEAKERS) };
}

function insert(order: Placed[], placed: Placed): void {
  let at = order.length;
  // Nearly always the newest is the last.
  while (at > 0 && after(order[at - 1] as Placed, placed)) at -= 1;
  order.splice(at, 0, placed);
}

function after(a: Placed, b: Placed): boolean {
  if (a.from_ms !== b.from_ms) return a.from_ms > b.from_ms;
  return a.seen !== b.seen ? a.seen > b.seen : a.id > b.id;
}

export function isShown(line: LineView): boolean {
  return !line.struck && line.joined_to === null;
}

/** The lines of the minutes, by time; on wish also those that were struck out. */
export function shownLines(state: MinutesState, struck = false): LineView[] {
  const found: LineView[] = [];
  for (const { id } of state.order) {
    const line = state.lines.get(id);
    if (line && line.joined_to === null && (struck || !line.struck)) found.push(line);
  }
  return found;
}

/** The captions that are still to be shown at this moment of the page's clock. */
export function captionsAt(state: MinutesState, now_ms: number): Spoken[] {
  return state.captions.filter((one) => now_ms - one.heard_ms < (one.final ? stays_ms(one.text) : LOST_MS));
}

/** After which entry to ask for lines; null while nothing is missing, or it is not known yet whether anything is. */
export function missingAfter(state: MinutesState): number | null {
  return state.standing === null || state.caught_up ? null : state.read_to;
}

/** As if nothing had been read: for a person who may read more now than before. */
export function unread(state: MinutesState): MinutesState {
  return { ...state, read_to: 0, caught_up: false };
}
