import { language } from "../state/preferences.ts";
import { en } from "./en.ts";
import type { Widened } from "./widened.ts";
import { zhCN } from "./zh-CN.ts";

export type Texts = Widened<typeof zhCN>;

const TEXTS: Record<"zh-CN" | "en", Texts> = { "zh-CN": zhCN, en };

/** Texts of the language in use. Reading it in a component re-renders that component on a switch. */
export function text(): Texts {
  return TEXTS[language.value];
}

/** Picks from what the server sends in both languages. */
export function either(zh: string, english: string): string {
  return language.value === "en" ? english || zh : zh;
}

export { en, zhCN };
