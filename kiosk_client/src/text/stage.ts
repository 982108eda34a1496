import { language } from "../state/preferences.ts";
import { stage as en } from "./en/stage.ts";
import type { Widened } from "./widened.ts";
import { stage as zh } from "./zh-CN/stage.ts";

/** Texts of a meeting's pictures, loaded with them. */
export type StageTexts = Widened<typeof zh>;

/** Texts of the language in use; reading it in a component re-renders that component on a switch. */
export function stageText(): StageTexts {
  return language.value === "en" ? en : zh;
}

export { en as stageEn, zh as stageZh };
