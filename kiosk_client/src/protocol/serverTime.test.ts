import { expect, it } from "vitest";
import { ServerTime } from "./serverTime.ts";

const FAR_MS = 3_600_000;
const at = (utc_ms: number) => new Date(Math.floor(utc_ms / 1000) * 1000).toUTCString();

it("finds the server's time from whole seconds, closer with each answer", () => {
  let device_ms = Date.UTC(2026, 10, 27);
  const time = new ServerTime(() => device_ms);
  expect(time.now()).toBe(device_ms);
  for (let answer = 0; answer < 30; answer++) {
    const sent_ms = device_ms;
    device_ms += 20;
    time.hear(at(device_ms - 10 + FAR_MS), sent_ms, device_ms);
    device_ms += 2_037;
  }
  expect(Math.abs(time.now() - device_ms - FAR_MS)).toBeLessThan(60);
});

it("begins anew when a clock was set, and passes over an answer without a date", () => {
  let device_ms = Date.UTC(2026, 10, 27);
  const time = new ServerTime(() => device_ms);
  time.hear(at(device_ms), device_ms, device_ms);
  time.hear(null, device_ms, device_ms);
  time.hear("yesterday", device_ms, device_ms);
  device_ms -= FAR_MS;
  time.hear(at(device_ms + FAR_MS), device_ms, device_ms);
  expect(Math.abs(time.now() - device_ms - FAR_MS)).toBeLessThanOrEqual(1000);
});
