import { expect, it } from "vitest";
import type { Console, PendingAct } from "../../protocol/console.ts";
import type { MotionView } from "../../protocol/meeting.ts";
import { mayEnd, nextStep, onWall, sameAct, secondRoundDue, stepsOf, waitingFor } from "./steps.ts";
import { Watch } from "./watch.ts";

const motion = (more: Partial<MotionView>) => ({ motion: "M1", round: 1, state: "draft", ...more }) as MotionView;
const at = (state: string, motions: MotionView[], roll = true) =>
  ({ meeting: { state, motions }, roll: roll ? {} : null, pending: [] }) as unknown as Console;
const failed = { next: "second_round" } as MotionView["result"];

it("offers what the state of a motion allows, and nothing in a meeting that is not there", () => {
  const { meeting } = at("in_session", []);
  expect(stepsOf(motion({}), meeting)).toEqual(["open"]);
  expect(stepsOf(motion({ state: "open" }), meeting)).toEqual(["close", "extend"]);
  expect(stepsOf(motion({ state: "closed" }), meeting)).toEqual(["count"]);
  expect(stepsOf(motion({ state: "tallied" }), meeting)).toEqual(["announce"]);
  expect(stepsOf(motion({ state: "announced" }), meeting)).toEqual([]);
  expect(stepsOf(motion({}), at("draft", []).meeting)).toEqual([]);
  expect(stepsOf(motion({}), at("closed", []).meeting)).toEqual([]);
});

it("offers a second round once, and only where the law does", () => {
  const first = motion({ state: "announced", result: failed });
  expect(secondRoundDue(first, at("in_session", [first]).meeting)).toBe(true);
  expect(secondRoundDue(first, at("in_session", [first, motion({ round: 2 })]).meeting)).toBe(false);
  expect(secondRoundDue(motion({ state: "tallied", result: failed }), at("in_session", []).meeting)).toBe(false);
});

it("says what comes next from the empty meeting to its end", () => {
  const announced = motion({ state: "announced" });
  const steps = [
    at("draft", [], false),
    at("draft", []),
    at("draft", [motion({})]),
    at("doors", [motion({})]),
    at("in_session", [motion({ state: "open" })]),
    at("in_session", [motion({ state: "closed" })]),
    at("in_session", [motion({ state: "tallied" })]),
    at("in_session", [announced]),
    at("closed", [announced]),
  ].map(nextStep);
  expect(steps).toEqual(["roll", "agenda", "doors", "open", "running", "count", "announce", "end", "over"]);
});

it("ends no meeting between a closing and its announcement", () => {
  expect(mayEnd(at("in_session", [motion({ state: "announced" }), motion({})]).meeting)).toBe(true);
  for (const state of ["open", "closed", "tallied"])
    expect(mayEnd(at("in_session", [motion({ state })]).meeting)).toBe(false);
});

it("shows the hall what is open before what was announced, and the agenda before the first vote", () => {
  const [draft, announced, open] = [motion({}), motion({ state: "announced" }), motion({ state: "open", round: 2 })];
  expect(onWall([draft])).toBeNull();
  expect(onWall([announced, draft])).toBe(announced);
  expect(onWall([open, announced, draft])).toBe(open);
});

it("confirms the very act that was asked for, in its own round", () => {
  const asked: PendingAct = {
    act: "extend",
    motion: "M1",
    round: 2,
    closes_utc_ms: 7,
    by: "a",
    by_name: "甲",
    until_utc_ms: 9,
  };
  expect(waitingFor([asked], "M1", 2)).toEqual([asked]);
  expect(waitingFor([asked], "M1", 1)).toEqual([]);
  expect(sameAct(asked)).toEqual({ act: "extend", motion: "M1", round: 2, closes_utc_ms: 7 });
});

it("drops an answer that is older than the one in sight, and keeps the last through a failure", async () => {
  const answers: ((console: Console) => void)[] = [];
  const watch = new Watch(() => new Promise((give) => answers.push(give)));
  const slow = watch.refresh();
  const [older, newer] = [at("doors", []), at("in_session", [])];
  watch.take(newer);
  answers[0]?.(older);
  await slow;
  expect(watch.shown.value.console).toBe(newer);
  const broken = new Watch(() => Promise.reject(new Error("away")));
  broken.take(newer);
  await broken.refresh();
  expect(broken.shown.value).toMatchObject({ console: newer, problem: new Error("away") });
});
