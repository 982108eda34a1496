import { expect, test } from "vitest";
import type { LineView } from "../../protocol/messages.ts";
import { paired } from "./pairs.ts";

const line = (id: string, original: string | null = null) => ({ id, original }) as LineView;
const shape = (lines: LineView[]) => paired(lines).map((pair) => [pair.line.id, ...pair.given.map((one) => one.id)]);

test("an interpretation stands beside its original, also when others spoke in between", () => {
  const lines = [line("a"), line("b"), line("a2", "a"), line("c"), line("a3", "a"), line("c2", "c")];
  expect(shape(lines)).toEqual([["a", "a2", "a3"], ["b"], ["c", "c2"]]);
});

test("nothing is lost where an original is struck, or is an interpretation itself", () => {
  expect(shape([line("b", "gone"), line("c", "b")])).toEqual([["b"], ["c"]]);
});
