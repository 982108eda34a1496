import { expect, test } from "vitest";
import { idleState } from "./idle.ts";

test("thirty seconds without a touch bring a warning, thirty more the wipe", () => {
  expect(idleState(0, 29_999)).toEqual({ at: "used" });
  expect(idleState(0, 30_000)).toEqual({ at: "warning", seconds: 30 });
  expect(idleState(0, 59_100)).toEqual({ at: "warning", seconds: 1 });
  expect(idleState(0, 60_000)).toEqual({ at: "over" });
});

test("a touch begins anew", () => {
  expect(idleState(50_000, 60_000)).toEqual({ at: "used" });
});
