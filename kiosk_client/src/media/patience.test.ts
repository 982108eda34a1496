import { expect, test } from "vitest";
import type { Figures } from "./network.ts";
import { Patience, wait } from "./patience.ts";

const fine: Figures = {
  rtt_ms: 100,
  loss_up_permille: 0,
  loss_down_permille: 0,
  kbps_up: 800,
  kbps_down: 800,
  freezes: 0,
};
const lossy = { ...fine, loss_down_permille: 150 };

test("waits for a repeat where little is lost, for a second one where much is, and never over 0.6 s", () => {
  expect(wait(fine)).toBe(0);
  expect(wait({ ...fine, loss_down_permille: 50 })).toBe(200);
  expect(wait(lossy)).toBe(300);
  expect(wait({ ...lossy, rtt_ms: 900 })).toBe(600);
});

test("grows at once", () => {
  const patience = new Patience();
  expect(patience.step(fine, 0)).toBe(false);
  expect(patience.step(lossy, 2_000)).toBe(true);
  expect(patience.wait_ms).toBe(300);
  expect(patience.step(lossy, 4_000)).toBe(false);
});

test("shortens after twenty good seconds, to the most that was needed in them", () => {
  const patience = new Patience();
  patience.step(lossy, 0);
  for (let at = 2_000; at < 22_000; at += 2_000)
    expect(patience.step({ ...fine, loss_down_permille: at === 8_000 ? 30 : 0 }, at)).toBe(false);
  expect(patience.step(fine, 22_000)).toBe(true);
  expect(patience.wait_ms).toBe(200);
});

test("a bad reading in the good while starts it again", () => {
  const patience = new Patience();
  patience.step(lossy, 0);
  for (let at = 2_000; at < 20_000; at += 2_000) patience.step(fine, at);
  expect(patience.step(lossy, 20_000)).toBe(false);
  for (let at = 22_000; at < 42_000; at += 2_000) expect(patience.step(fine, at)).toBe(false);
  expect(patience.step(fine, 42_000)).toBe(true);
  expect(patience.wait_ms).toBe(0);
});
