import { describe, expect, it } from "vitest";
import type { CorrectionView, MinutesView } from "../protocol/review.ts";
import { byParagraph, changed, complete, inOrder, statement, textOf, timeLeft } from "./review.ts";

const said = (line: string, text: string) => ({
  kind: "speech" as const,
  speaker: "原告张三",
  text,
  line,
  revision: 0,
  track: "t",
  from_ms: 0,
  to_ms: 1,
});
const asked = (id: string, line: string, accepted: boolean | null): CorrectionView => ({
  id,
  participant: "p",
  line,
  was: "我同义",
  wanted: "我同意",
  reason: "",
  asked_utc_ms: 0,
  accepted,
  answer: "",
  listened: false,
});
const VIEW: MinutesView = {
  seq: 1,
  sha256: "",
  court: "某某人民法院",
  title: "庭审笔录",
  fields: [{ name: "案号", text: "1" }],
  paragraphs: [said("a", "我同义"), said("a", "第二段"), { ...said("", "（闭庭）"), speaker: "" }],
  closing: "以上笔录已核对无误。",
  places: ["原告张三"],
  corrections: [asked("c1", "a", true), asked("c2", "a", null)],
};

describe("the minutes to sign", () => {
  it("are one text, by the rule of the protocol", () => {
    expect(textOf(VIEW)).toBe(
      "某某人民法院\n庭审笔录\n案号：1\n原告张三：我同义\n原告张三：第二段\n（闭庭）\n以上笔录已核对无误。\n原告张三（签名）：\n",
    );
  });

  it("show what was asked about a line once, and what waits first", () => {
    expect(byParagraph(VIEW).map((one) => one.corrections.length)).toEqual([2, 0, 0]);
    expect(inOrder(VIEW.corrections).map((one) => one.id)).toEqual(["c2", "c1"]);
  });
});

describe("what is signed", () => {
  it("has its keys in order and no blanks, whatever order it comes in", () => {
    const text = statement({
      verdict: "v",
      signed_utc_ms: 5,
      session: "s",
      participant: "p",
      minutes_sha256: "m",
      image_sha256: "i",
    });
    expect(text).toBe(
      '{"image_sha256":"i","minutes_sha256":"m","participant":"p","session":"s","signed_utc_ms":5,"verdict":"v"}',
    );
  });
});

describe("a correction", () => {
  it("shows what goes and what comes", () => {
    expect(changed("我同义原告", "我同意原告")).toEqual([
      { form: "same", text: "我同" },
      { form: "gone", text: "义" },
      { form: "new", text: "意" },
      { form: "same", text: "原告" },
    ]);
  });

  it("takes no character twice and splits none", () => {
    expect(changed("aa", "aaa").map((one) => one.text)).toEqual(["aa", "a"]);
    expect(changed("𠮷", "𠮶").map((one) => one.text)).toEqual(["𠮷", "𠮶"]);
    expect(changed("同", "同")).toEqual([{ form: "same", text: "同" }]);
  });
});

describe("the end of the review", () => {
  const stands = (standing: "outstanding" | "signed" | "refused" | "outdated") => ({
    participant: standing,
    standing,
    utc_ms: 0,
    reason: "",
    signed: null,
  });
  it("waits for everybody and for every answer", () => {
    expect(complete([stands("signed"), stands("refused")], 0)).toBe(true);
    expect(complete([stands("signed")], 1)).toBe(false);
    expect(complete([stands("outdated")], 0)).toBe(false);
    expect(complete([stands("outstanding")], 0)).toBe(false);
  });

  it("counts down the days of reading", () => {
    expect(timeLeft(5 * 86_400_000, 0)).toEqual({ days: 5, hours: 0, minutes: 0 });
    expect(timeLeft(60_000, 1)).toEqual({ days: 0, hours: 0, minutes: 1 });
    expect(timeLeft(60_000, 60_000)).toBeNull();
  });
});
