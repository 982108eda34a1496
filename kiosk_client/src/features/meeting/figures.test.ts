import { expect, test } from "vitest";
import type { DivisionResult, Options } from "../../protocol/meeting.ts";
import { heads, percent, yuan } from "./money.ts";
import { reached } from "./threshold.ts";

test("amounts are exact to the fen, up to the largest that a roll can hold", () => {
  expect(yuan(0)).toBe("0.00 元");
  expect(yuan(5)).toBe("0.05 元");
  expect(yuan(123_456_789)).toBe("1,234,567.89 元");
  expect(yuan(2 ** 53 - 1)).toBe("90,071,992,547,409.91 元");
  expect(heads(118_738)).toBe("118,738");
});

test("a share never looks as if it met what it misses", () => {
  expect(percent(2 ** 52 - 1, 2 ** 53 - 1)).toBe("49.99%");
  expect(percent(1, 2)).toBe("50.00%");
  expect(percent(0, 0)).toBe("0.00%");
});

const OPTIONS = { silent: "signed_in", equity_base: "present" } as Options;
const COUNT = { heads: 0, amount_fen: 0 };
const DIVISION = {
  agree: { heads: 2, amount_fen: 30 },
  deemed: { heads: 5, amount_fen: 50 },
  present: { heads: 4, amount_fen: 60 },
  total: { heads: 9, amount_fen: 100 },
  against: COUNT,
  division: "all",
} as DivisionResult;

test("bars stand against the base that the rules name", () => {
  expect(reached("ordinary", OPTIONS, DIVISION)).toEqual({
    heads: { agree: 2, base: 4, over_half: true },
    amount: { agree_fen: 30, base_fen: 100, share: "half" },
  });
  const deemed = reached("composition", { ...OPTIONS, silent: "deemed_agree" }, DIVISION);
  expect(deemed).toMatchObject({ heads: { agree: 7 }, amount: { agree_fen: 80, share: "twoThirds" } });
  const investors = { ...DIVISION, division: "equity" };
  expect(reached("plan", OPTIONS, investors)).toMatchObject({
    heads: { over_half: false },
    amount: { base_fen: 60 },
  });
  expect(reached("plan", { ...OPTIONS, equity_base: "total" }, investors).amount.base_fen).toBe(100);
});
