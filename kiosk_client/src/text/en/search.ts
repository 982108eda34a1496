import type { Widened } from "../widened.ts";
import type { search as zh } from "../zh-CN/search.ts";

export const search: Widened<typeof zh> = {
  title: "Search hearings",
  label: "Search the minutes",
  hint: "Words or characters; several, parted by blanks, must stand in one line",
  submit: "Search",
  narrow: "Narrow down",
  speaker: "Speaker",
  speakerHint: "Name or role",
  caseNo: "Case number",
  caseNoHint: "A part is enough",
  from: "Held from",
  to: "to",
  clear: "Clear these",
  begin: "Search every hearing that you may read",
  beginHint:
    "The newest session first, its lines as they were said. Each can be heard; where a package was made, sound and picture play from there.",
  none: "Nothing found",
  noneHint: "Try another word, or widen speaker, case and dates. What is said is found about two seconds later.",
  found: (n, more) => (more ? `The first ${n}` : `${n} found`),
  more: "Show more",
  play: (at, who) => `Play what ${who} said at ${at}`,
  playWord: "Play",
  stop: "Stop",
  open: "Play sound and picture from here",
  hearing: (no) => (/^\d+$/.test(no) ? `Hearing ${no}` : no),
  written: "Written by the clerk: there is no sound of it",
  playFailed: "The sound cannot be played",
  home: "Back to my desk",
};
