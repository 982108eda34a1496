import { expect, test } from "vitest";
import { idProblem, tidy } from "./idNumber.ts";

test("a valid number passes, however it is typed", () => {
  expect(idProblem("11010519491231002X")).toBeNull();
  expect(idProblem("110105 19491231 002x")).toBeNull();
  expect(tidy("110105-19491231-002x")).toBe("11010519491231002X");
});

test("one wrong digit is seen", () => {
  const good = "11010519491231002X";
  for (let place = 0; place < 17; place++) {
    const wrong = `${good.slice(0, place)}${(Number(good[place]) + 1) % 10}${good.slice(place + 1)}`;
    expect(idProblem(wrong)).toBe("checksum");
  }
});

test("what is no number yet is called short, not wrong", () => {
  for (const typed of ["", "1101", "X1010519491231002X", "1101051949123100200"])
    expect(idProblem(typed)).toBe("short");
});
