import { language } from "../state/preferences.ts";
import { access as accessEn } from "./en/access.ts";
import { archive as archiveEn } from "./en/archive.ts";
import { bench as benchEn } from "./en/bench.ts";
import { clerk as clerkEn } from "./en/clerk.ts";
import { court as courtEn } from "./en/court.ts";
import { desk as deskEn } from "./en/desk.ts";
import { editor as editorEn } from "./en/editor.ts";
import { log as logEn } from "./en/log.ts";
import { records as recordsEn } from "./en/records.ts";
import { seal as sealEn } from "./en/seal.ts";
import { search as searchEn } from "./en/search.ts";
import { staff as staffEn } from "./en/staff.ts";
import { supervise as superviseEn } from "./en/supervise.ts";
import type { Widened } from "./widened.ts";
import { access } from "./zh-CN/access.ts";
import { archive } from "./zh-CN/archive.ts";
import { bench } from "./zh-CN/bench.ts";
import { clerk } from "./zh-CN/clerk.ts";
import { court } from "./zh-CN/court.ts";
import { desk } from "./zh-CN/desk.ts";
import { editor } from "./zh-CN/editor.ts";
import { log } from "./zh-CN/log.ts";
import { records } from "./zh-CN/records.ts";
import { seal } from "./zh-CN/seal.ts";
import { search } from "./zh-CN/search.ts";
import { staff } from "./zh-CN/staff.ts";
import { supervise } from "./zh-CN/supervise.ts";

/** Texts of the court's own pages, apart from `text()` so that a party's phone does not load them. */
const ZH = {
  court,
  bench,
  staff,
  clerk,
  log,
  desk,
  search,
  editor,
  supervise,
  records,
  archive,
  seal,
  access,
} as const;
export type CourtTexts = Widened<typeof ZH>;
const EN: CourtTexts = {
  court: courtEn,
  bench: benchEn,
  staff: staffEn,
  clerk: clerkEn,
  log: logEn,
  desk: deskEn,
  search: searchEn,
  editor: editorEn,
  supervise: superviseEn,
  records: recordsEn,
  archive: archiveEn,
  seal: sealEn,
  access: accessEn,
};

/** Texts of the language in use; reading it in a component re-renders that component on a switch. */
export function courtText(): CourtTexts {
  return language.value === "en" ? EN : ZH;
}

export { EN as courtEn, ZH as courtZh };
