import type { HearingView, PersonView, Publication, Role } from "../../protocol/messages.ts";

export type LayoutName = "auto" | "focus" | "one_plus_five" | "grid" | "facing";

/** A rectangle in fractions of the stage. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Placed {
  readonly participant: string;
  readonly box: Box;
  readonly main: boolean;
}

const BENCH: ReadonlySet<Role> = new Set(["presiding_judge", "judge", "assessor", "judge_assistant", "clerk"]);
const UNSEEN: ReadonlySet<Role> = new Set(["observer", "display", "supervisor", "operator"]);
const PRESENT = new Set(["present", "testifying"]);
const RANK: readonly Role[] = ["presiding_judge", "judge", "meeting_chair", "assessor", "judge_assistant"];
const PICTURE = 16 / 9;

/** People with a place on the stage: in the courtroom or dropped out of it a moment ago, the bench first. */
export function onStage(hearing: HearingView): PersonView[] {
  const rank = (one: PersonView) => {
    const place = RANK.indexOf(one.seat.role);
    return place < 0 ? (one.seat.role === "clerk" ? RANK.length + 1 : RANK.length) : place;
  };
  return hearing.people
    .filter((one) => !UNSEEN.has(one.seat.role))
    .filter((one) => PRESENT.has(one.presence) || one.presence === "dropped")
    .map((one, index) => ({ one, index }))
    .sort((a, b) => rank(a.one) - rank(b.one) || a.index - b.index)
    .map(({ one }) => one);
}

/** Who is large: the one the court chose, else who has the floor, else the loudest, else the bench. */
export function focusOf(hearing: HearingView, speakers: readonly string[], except?: string): string | null {
  const people = onStage(hearing).map((one) => one.seat.participant);
  const here = (id: string | null | undefined): id is string => !!id && id !== except && people.includes(id);
  if (here(hearing.focus)) return hearing.focus;
  if (here(hearing.floor)) return hearing.floor;
  return speakers.find(here) ?? people.find((id) => id !== except) ?? null;
}

/** Columns of an even grid that gives `count` pictures the most room on a stage `aspect` wide. */
export function gridColumns(count: number, aspect: number): number {
  let best = 1;
  let bestArea = 0;
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns);
    const width = Math.min(aspect / columns, PICTURE / rows);
    if (width * width > bestArea + 1e-9) [best, bestArea] = [columns, width * width];
  }
  return best;
}

function grid(people: readonly string[], aspect: number, area: Box): Placed[] {
  const columns = gridColumns(people.length, (aspect * area.width) / area.height);
  const rows = Math.ceil(people.length / columns);
  return people.map((participant, index) => {
    const row = Math.floor(index / columns);
    const inRow = row === rows - 1 ? people.length - row * columns : columns;
    const indent = ((columns - inRow) * area.width) / columns / 2;
    return {
      participant,
      main: false,
      box: {
        x: area.x + indent + ((index % columns) * area.width) / columns,
        y: area.y + (row * area.height) / rows,
        width: area.width / columns,
        height: area.height / rows,
      },
    };
  });
}

const WIDE = 1.7;
const WHOLE: Box = { x: 0, y: 0, width: 1, height: 1 };

function onePlus(people: readonly string[], focus: string, aspect: number, most: number): Placed[] {
  const others = people.filter((id) => id !== focus).slice(0, most);
  if (others.length === 0) return [{ participant: focus, box: WHOLE, main: true }];
  // Beside the large picture only where a strip below would make it smaller.
  const wide = aspect >= WIDE;
  const share = wide ? 0.25 : 0.24;
  const main: Box = wide ? { ...WHOLE, width: 1 - share } : { ...WHOLE, height: 1 - share };
  const slots = Math.max(others.length, wide ? 3 : aspect >= 1 ? 4 : 2);
  return [
    { participant: focus, box: main, main: true },
    ...others.map((participant, index) => ({
      participant,
      main: false,
      box: wide
        ? { x: 1 - share, y: index / slots, width: share, height: 1 / slots }
        : { x: index / slots, y: 1 - share, width: 1 / slots, height: share },
    })),
  ];
}

/** Both sides face each other under the bench, as 并列质证 asks. */
function facing(hearing: HearingView, aspect: number): Placed[] {
  const people = onStage(hearing);
  const bench = people.filter((one) => BENCH.has(one.seat.role)).map((one) => one.seat.participant);
  const parties = people.filter((one) => !BENCH.has(one.seat.role));
  const against: ReadonlySet<Role> = new Set(["defendant", "respondent", "debtor"]);
  const isAgainst = (one: PersonView) => against.has(one.seat.role) || /^(defendant|respondent)/.test(one.seat.seat);
  const left = parties.filter((one) => !isAgainst(one)).map((one) => one.seat.participant);
  const right = parties.filter(isAgainst).map((one) => one.seat.participant);
  const top = bench.length ? (parties.length ? 0.4 : 1) : 0;
  const half = right.length === 0 || left.length === 0 ? 1 : 0.5;
  return [
    ...(bench.length ? grid(bench, aspect, { ...WHOLE, height: top }) : []),
    ...(left.length ? grid(left, aspect, { x: 0, y: top, width: half, height: 1 - top }) : []),
    ...(right.length ? grid(right, aspect, { x: 1 - half, y: top, width: half, height: 1 - top }) : []),
  ];
}

/**
 * Where everybody's picture goes. Pure: the same hearing gives the same stage on every page.
 * `auto` is an even grid up to four, then one large and the rest beside it. `aspect` is width by height of the stage.
 */
export function place(hearing: HearingView, speakers: readonly string[], aspect: number, except?: string): Placed[] {
  const people = onStage(hearing)
    .map((one) => one.seat.participant)
    .filter((id) => id !== except);
  const focus = focusOf(hearing, speakers, except);
  if (!focus) return [];
  const chosen = hearing.layout as LayoutName;
  const layout = chosen === "auto" ? (people.length <= 4 ? "grid" : "one_plus_five") : chosen;
  if (layout === "focus") return [{ participant: focus, box: WHOLE, main: true }];
  if (layout === "facing") return facing(hearing, aspect).filter((placed) => placed.participant !== except);
  if (layout === "grid") return grid(people, aspect, WHOLE);
  return onePlus(people, focus, aspect, 5);
}

/** The publication that shows a person: a shared screen before a camera. */
export function pictureOf(publications: readonly Publication[], participant: string): Publication | null {
  const theirs = publications.filter((one) => one.participant === participant && one.kind === "video");
  return theirs.find((one) => one.source === "screen") ?? theirs[0] ?? null;
}
