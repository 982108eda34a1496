import { expect, test } from "vitest";
import { agendaEn, agendaZh } from "./agenda.ts";
import { consoleEn, consoleZh } from "./console.ts";
import { courtEn, courtZh } from "./court.ts";
import { exhibitsEn, exhibitsZh } from "./exhibits.ts";
import { en, zhCN } from "./index.ts";
import { meetingEn, meetingZh } from "./meeting.ts";
import { noticesEn, noticesZh } from "./notices.ts";
import { outputsEn, outputsZh } from "./outputs.ts";
import { stageEn, stageZh } from "./stage.ts";

function paths(value: unknown, prefix = ""): string[] {
  if (typeof value !== "object" || value === null) return [`${prefix}:${typeof value}`];
  return Object.entries(value).flatMap(([key, inner]) => paths(inner, `${prefix}.${key}`));
}

function leaves(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(leaves);
}

test("English has exactly the keys that Chinese has", () => {
  expect(paths(en).sort()).toEqual(paths(zhCN).sort());
  expect(paths(courtEn).sort()).toEqual(paths(courtZh).sort());
  expect(paths(agendaEn).sort()).toEqual(paths(agendaZh).sort());
  expect(paths(consoleEn).sort()).toEqual(paths(consoleZh).sort());
  expect(paths(meetingEn).sort()).toEqual(paths(meetingZh).sort());
  expect(paths(stageEn).sort()).toEqual(paths(stageZh).sort());
  expect(paths(noticesEn).sort()).toEqual(paths(noticesZh).sort());
  expect(paths(outputsEn).sort()).toEqual(paths(outputsZh).sort());
  expect(paths(exhibitsEn).sort()).toEqual(paths(exhibitsZh).sort());
});

test("no text is empty", () => {
  expect(
    [zhCN, en, courtZh, courtEn, exhibitsZh, exhibitsEn].flatMap(leaves).filter((leaf) => leaf.trim() === ""),
  ).toEqual([]);
});
