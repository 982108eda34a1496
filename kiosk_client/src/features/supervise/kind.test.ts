import { expect, it } from "vitest";
import type { SupervisedHearing } from "../../protocol/supervision.ts";
import { kindOf, matching } from "./kind.ts";

const one = {
  case_no: "（2026）粤01民初1号",
  hearing_no: "1",
  title: "甲诉乙",
  cause: "买卖合同纠纷",
  judge: "陈法官",
  court: "测试法院",
};

it("names what a look is at", () => {
  expect(kindOf({ picture: true, sound: true })).toBe("both");
  expect(kindOf({ picture: true, sound: false })).toBe("picture");
  expect(kindOf({ picture: false, sound: true })).toBe("sound");
});

it("filters by all that was typed", () => {
  const all = [one as SupervisedHearing];
  expect(matching(all, "")).toHaveLength(1);
  expect(matching(all, "  买卖 陈法官 ")).toHaveLength(1);
  expect(matching(all, "买卖 李法官")).toHaveLength(0);
});
