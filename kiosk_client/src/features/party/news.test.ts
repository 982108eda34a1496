import { expect, test } from "vitest";
import type { UpdateMessage } from "../../protocol/messages.ts";
import { newsOf } from "./news.ts";

const update = (event: unknown, actor = "judge") => ({ seq: 1, actor, event }) as unknown as UpdateMessage;

test("a mute by the court is told with what to do; one's own is not", () => {
  const mute = { type: "participant.mute", participant: "me", kind: "audio", muted: true, locked: false };
  expect(newsOf(update(mute), "me")?.words).toContain("请举手");
  expect(newsOf(update(mute, "me"), "me")).toBeNull();
  expect(newsOf(update(mute), "somebody-else")).toBeNull();
});

test("a warning names its count and reason", () => {
  const warned = { type: "participant.warned", participant: "me", count: 2, reason: "打断他人发言" };
  expect(newsOf(update(warned), "me")).toMatchObject({ tone: "bad", words: "法庭警告（第 2 次）：打断他人发言" });
});

test("a floor with a limit names the minutes", () => {
  const floor = { type: "floor.granted", participant: "me", limit_ms: 180_000 };
  expect(newsOf(update(floor), "me")?.words).toContain("3 分钟");
});

test("an event that this page may not see is no news", () => {
  expect(newsOf(update(null), "me")).toBeNull();
});
