import { expect, test } from "vitest";
import type { WatchChip } from "../../protocol/messages.ts";
import { fold, nothingYet } from "../../state/hearing.ts";
import { doubts } from "./WatchChips.tsx";

const chip = (state: WatchChip["state"], checked = false): WatchChip => ({
  participant: state,
  state,
  since_utc_ms: 0,
  checked,
});

test("the court is shown doubts only, also those somebody has looked at", () => {
  const chips = [chip("present"), chip("unknown"), chip("absent"), chip("multiple", true), chip("mismatch")];
  expect(doubts(chips).map((one) => one.state)).toEqual(["absent", "multiple", "mismatch"]);
});

test("chips are those told last", () => {
  const told = fold(nothingYet, { type: "watch", chips: [chip("absent")] }, 0);
  expect(told.watch).toHaveLength(1);
  expect(fold(told, { type: "watch", chips: [] }, 0).watch).toHaveLength(0);
});
