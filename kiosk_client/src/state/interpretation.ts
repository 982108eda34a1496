import type { HearingView, Publication } from "../protocol/messages.ts";

const NOBODY: ReadonlySet<string> = new Set();

/** Whether anybody interprets here. */
export function isInterpreted(hearing: Pick<HearingView, "people"> | null): boolean {
  return hearing?.people.some((one) => one.seat.role === "interpreter") ?? false;
}

interface Heard {
  readonly hearing: Pick<HearingView, "people"> | null;
  readonly publications: readonly Publication[];
  readonly speakers: readonly string[];
}

/** The sounds that step back for who wants to hear the interpretation: everybody else's, while an interpreter speaks.
 * Between their sentences the original is heard as it is. */
export function steppingBack({ hearing, publications, speakers }: Heard, wanted: boolean): ReadonlySet<string> {
  if (!wanted || !hearing) return NOBODY;
  const interpreters = new Set(
    hearing.people.filter((one) => one.seat.role === "interpreter").map((one) => one.seat.participant),
  );
  if (!speakers.some((one) => interpreters.has(one))) return NOBODY;
  const others = publications.filter((one) => one.kind === "audio" && !interpreters.has(one.participant));
  return new Set(others.map((one) => one.id));
}
