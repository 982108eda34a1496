import type { SearchHit } from "../../protocol/search.ts";

/** What is looked for; kept in the page's address, so that a reload and a link ask the same. */
export interface Question {
  q: string;
  speaker: string;
  case_no: string;
  from_day: string;
  to_day: string;
}

const FIELDS = ["q", "speaker", "case_no", "from_day", "to_day"] as const;

export function questionOf(search: string): Question {
  const asked = new URLSearchParams(search);
  return Object.fromEntries(FIELDS.map((name) => [name, asked.get(name) ?? ""])) as unknown as Question;
}

/** `q=...&speaker=...`, without what is empty. */
export function addressOf(question: Question): string {
  const filled = FIELDS.map((name) => [name, question[name].trim()]).filter(([, value]) => value);
  return new URLSearchParams(filled).toString();
}

export const narrowed = (question: Question) => FIELDS.slice(1).some((name) => question[name].trim() !== "");

/** Hits of one session after the other, in the order in which they came. */
export function bySession(hits: readonly SearchHit[]): SearchHit[][] {
  const groups: SearchHit[][] = [];
  for (const hit of hits) {
    const last = groups.at(-1);
    if (last?.[0]?.session === hit.session) last.push(hit);
    else groups.push([hit]);
  }
  return groups;
}
