import { expect, test } from "vitest";
import { Refused } from "../protocol/socket.ts";
import { crowdedDelay, isCrowded } from "./crowded.ts";

test("who finds no room waits longer each time, never at the same moment as the others", () => {
  const shortest = [1, 2, 3, 4, 9].map((count) => crowdedDelay(count, () => 0));
  const longest = [1, 2, 3, 4, 9].map((count) => crowdedDelay(count, () => 1));
  expect(shortest).toEqual([3_000, 6_000, 12_000, 15_000, 15_000]);
  expect(longest).toEqual([6_000, 12_000, 24_000, 30_000, 30_000]);
});

test("only a full or busy server counts as crowded", () => {
  expect(isCrowded(new Refused("media-busy", "", ""))).toBe("media-busy");
  expect(isCrowded(new Refused("media-full", "", ""))).toBe("media-full");
  expect(isCrowded(new Refused("media-forbidden", "", ""))).toBeNull();
  expect(isCrowded(new Error("media-busy"))).toBeNull();
});
