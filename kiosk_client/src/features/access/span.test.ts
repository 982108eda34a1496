import { expect, it } from "vitest";
import { spanOf, spanTime } from "./span.ts";

it("reads a time of the session as clerks write it", () => {
  expect(spanTime("01:02:03")).toBe(3_723_000);
  expect(spanTime("2:03")).toBe(123_000);
  expect(spanTime(" ００：１２：３０ ")).toBe(750_000);
  expect(spanTime("90")).toBe(90_000);
  for (const wrong of ["", "1:60", "1:2:3:4", "-1", "10.5", "上午"]) expect(spanTime(wrong)).toBeNull();
});

it("names what is wrong with a span", () => {
  expect(spanOf("0:10", "0:20")).toEqual({ from_ms: 10_000, to_ms: 20_000 });
  expect(spanOf("0:10", " ")).toEqual({ from_ms: 10_000, to_ms: null });
  expect(spanOf("x", "0:20")).toBe("from");
  expect(spanOf("0:10", "x")).toBe("to");
  expect(spanOf("0:20", "0:20")).toBe("order");
});
