import { language } from "../state/preferences.ts";
import { exhibits as en } from "./en/exhibits.ts";
import type { Widened } from "./widened.ts";
import { exhibits as zh } from "./zh-CN/exhibits.ts";

/** Exhibits, on parties' pages and the court's, apart from `text()` so that no other page loads them. */
export type ExhibitsTexts = Widened<typeof zh>;

/** Texts of the language in use; reading it in a component re-renders that component on a switch. */
export function exhibitsText(): ExhibitsTexts {
  return language.value === "en" ? en : zh;
}

export { en as exhibitsEn, zh as exhibitsZh };
