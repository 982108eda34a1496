import { language } from "../state/preferences.ts";
import { console as en } from "./en/console.ts";
import type { Widened } from "./widened.ts";
import { console as zh } from "./zh-CN/console.ts";

/** Texts of the meetings' console and display, apart from `text()` so that no other page loads them. */
export type ConsoleTexts = Widened<typeof zh>;

/** Texts of the language in use; reading it in a component re-renders that component on a switch. */
export function consoleText(): ConsoleTexts {
  return language.value === "en" ? en : zh;
}

export { en as consoleEn, zh as consoleZh };
