import { expect, it } from "vitest";
import type { ExportJob } from "../../protocol/staff.ts";
import { finished, followed, packageName } from "./packages.ts";

const job = (name: string, more: Partial<ExportJob> = {}): ExportJob => ({
  job: name,
  permille: 1000,
  step_zh: "完成",
  step_en: "done",
  done: true,
  error: null,
  url: "",
  edition: "court",
  case_no: null,
  seal: "",
  begun_utc_ms: 0,
  ...more,
});

it("names a seal's package by the seal and never by its edition", () => {
  expect(packageName(job("1", { seal: "media" }))).toBe("庭审结束封存");
  expect(packageName(job("1", { seal: "final" }))).toBe("最终封存");
  expect(packageName(job("1", { edition: "party", case_no: "（2026）粤01民初1号" }))).toBe(
    "当事人版 · （2026）粤01民初1号",
  );
});

it("follows exports only, and lists every finished package with the newest first", () => {
  const media = job("1", { seal: "media" });
  const failing = job("2", { seal: "final", error: "disk-full" });
  const made = job("3");
  const running = job("4", { done: false });
  expect(followed([media])).toBeNull();
  expect(followed([media, failing])).toBeNull();
  expect(followed([media, made])).toBeNull();
  expect(followed([media, running, made])).toBe(running);
  expect(followed([made, job("5", { error: "x" })])?.job).toBe("5");
  expect(finished([media, failing, made, running]).map((one) => one.job)).toEqual(["3", "1"]);
});
