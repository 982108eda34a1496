import { language } from "../state/preferences.ts";
import { outputs as en } from "./en/outputs.ts";
import type { Widened } from "./widened.ts";
import { outputs as zh } from "./zh-CN/outputs.ts";

/** Documents, papers, notices and draws of a meeting, apart from `text()` so that no other page loads them. */
export type OutputsTexts = Widened<typeof zh>;

/** Texts of the language in use; reading it in a component re-renders that component on a switch. */
export function outputsText(): OutputsTexts {
  return language.value === "en" ? en : zh;
}

export { en as outputsEn, zh as outputsZh };
