import { language } from "../state/preferences.ts";
import { agenda as en } from "./en/agenda.ts";
import type { Widened } from "./widened.ts";
import { agenda as zh } from "./zh-CN/agenda.ts";

/** What the console adds to motions and mandates, apart from `text()` so that no other page loads them. */
export type AgendaTexts = Widened<typeof zh>;

/** Texts of the language in use; reading it in a component re-renders that component on a switch. */
export function agendaText(): AgendaTexts {
  return language.value === "en" ? en : zh;
}

export { en as agendaEn, zh as agendaZh };
