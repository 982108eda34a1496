import { expect, test } from "vitest";
import { judge } from "./probe.ts";

test("the round trip is the median; a retransmission shows as late", () => {
  expect(judge([30, 32, 31, 33, 500])).toEqual({ rtt_ms: 32, late_permille: 200 });
});

test("a failed request counts as late", () => {
  expect(judge([30, null, 30, null])).toEqual({ rtt_ms: 30, late_permille: 500 });
});

test("nothing arrived: no figure", () => {
  expect(judge([null, null])).toBeNull();
  expect(judge([])).toBeNull();
});
