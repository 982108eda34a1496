import { language } from "../state/preferences.ts";
import { meeting as en } from "./en/meeting.ts";
import type { Widened } from "./widened.ts";
import { meeting as zh } from "./zh-CN/meeting.ts";

/** Texts of the creditor's page, apart from `text()` so that no other page loads them. */
export type MeetingTexts = Widened<typeof zh>;

/** Texts of the language in use; reading it in a component re-renders that component on a switch. */
export function meetingText(): MeetingTexts {
  return language.value === "en" ? en : zh;
}

export { en as meetingEn, zh as meetingZh };
