import { language } from "../state/preferences.ts";
import { notices as en } from "./en/notices.ts";
import type { Widened } from "./widened.ts";
import { notices as zh } from "./zh-CN/notices.ts";

/** A creditor's result notices, apart from the console's texts: a phone loads no more than it shows. */
export type NoticesTexts = Widened<typeof zh>;

/** Texts of the language in use; reading it in a component re-renders that component on a switch. */
export function noticesText(): NoticesTexts {
  return language.value === "en" ? en : zh;
}

export { en as noticesEn, zh as noticesZh };
