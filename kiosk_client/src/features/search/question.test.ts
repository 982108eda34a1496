import { expect, it } from "vitest";
import type { SearchHit } from "../../protocol/search.ts";
import { addressOf, bySession, narrowed, questionOf } from "./question.ts";

it("keeps a question in the address and reads it back", () => {
  const question = { q: "异议 证据&3", speaker: "原告", case_no: "", from_day: "2026-01-01", to_day: "" };
  expect(questionOf(`?${addressOf(question)}`)).toEqual(question);
  expect(addressOf(question)).not.toContain("case_no");
  expect(questionOf("").q).toBe("");
  expect(narrowed(question)).toBe(true);
  expect(narrowed({ ...question, speaker: " ", from_day: "" })).toBe(false);
});

it("puts the hits of a session together without moving them", () => {
  const hit = (session: string, line: string) => ({ session, line }) as SearchHit;
  const groups = bySession([hit("b", "1"), hit("b", "2"), hit("a", "3")]);
  expect(groups.map((group) => group.map((each) => each.line))).toEqual([["1", "2"], ["3"]]);
  expect(bySession([])).toEqual([]);
});
