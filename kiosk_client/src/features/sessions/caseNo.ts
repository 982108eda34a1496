/**
 * Case numbers as the courts write them: (2018)粤01破1号 — year in brackets, the court's code, the kind of case,
 * a number, 号; a suffix such as 之一 may follow. Full-width brackets and digits are taken as their plain twins.
 */
const CASE_NO =
  /^\((\d{4})\)([\u4e00-\u9fff]{1,2}\d{0,4}|最高法)([\u4e00-\u9fff]{1,8}?)(\d{1,7})号(之[一二三四五六七八九十\d]+)?$/;

export type CaseNoProblem = "empty" | "brackets" | "year" | "number" | "form";

export function tidyCaseNo(text: string): string {
  return text
    .normalize("NFKC")
    .replace(/[〔［[【]/g, "(")
    .replace(/[〕］\]】]/g, ")")
    .replace(/\s+/g, "");
}

/** What is wrong with a case number, or null. `this_year` bounds the year: no case of the future. */
export function caseNoProblem(text: string, this_year: number): CaseNoProblem | null {
  const tidy = tidyCaseNo(text);
  if (tidy === "") return "empty";
  const year = /^\((\d{4})\)/.exec(tidy);
  if (!year) return "brackets";
  if (Number(year[1]) < 1949 || Number(year[1]) > this_year) return "year";
  if (!/\d+号/.test(tidy)) return "number";
  return CASE_NO.test(tidy) ? null : "form";
}
