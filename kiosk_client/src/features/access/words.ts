import type { Restriction } from "../../protocol/access.ts";
import { courtText } from "../../text/court.ts";
import { duration } from "../../ui/index.ts";

/** Somebody of the session. */
export interface Who {
  participant: string;
  name: string;
}

/** Whose or what it is, in words. */
export function whatOf(one: Pick<Restriction, "participant">, people: readonly Who[]): string {
  const t = courtText().access;
  if (one.participant === null) return t.everything;
  return t.person(people.find((who) => who.participant === one.participant)?.name ?? one.participant);
}

/** When, in session time. */
export function whenOf(one: { from_ms: number; to_ms: number | null }): string {
  const t = courtText().access;
  if (one.from_ms === 0 && one.to_ms === null) return t.whole;
  return t.span(duration(one.from_ms), one.to_ms === null ? t.end : duration(one.to_ms));
}
