import { describe, expect, test } from "vitest";
import type { FromServer, LineView } from "../protocol/messages.ts";
import { captionsAt, foldMinutes, type MinutesState, missingAfter, noMinutes, shownLines } from "./minutes.ts";

let now_ms = 0;
const line = (id: string, from_ms: number, seq: number, more: Partial<LineView> = {}): LineView => ({
  id,
  kind: "speech",
  participant: "p",
  track: "t",
  language: "zh-CN",
  interprets: null,
  original: null,
  from_ms,
  to_ms: from_ms + 500,
  text: id,
  words: [],
  late: false,
  trouble: "",
  revision: 0,
  struck: false,
  joined_to: null,
  seq,
  ...more,
});
const news = (...lines: LineView[]) => ({ type: "lines", re: null, lines, more: false });
const answer = (lines: LineView[], more = false) => ({ type: "lines", re: "r", lines, more });
const standing = (seq: number) => ({ type: "transcribing", available: true, behind_ms: 0, zh: "", en: "", seq });
const caption = (participant: string, line: string, text: string) => ({
  type: "caption",
  participant,
  line,
  from_ms: 0,
  text,
});
const play = (messages: unknown[], from: MinutesState = noMinutes) =>
  messages.reduce<MinutesState>((state, message) => foldMinutes(state, message as FromServer, now_ms), from);
const texts = (state: MinutesState) => shownLines(state).map((one) => one.text);

describe("lines", () => {
  test("stand by when they were said, whatever order they come in, and at one moment by who came first", () => {
    const state = play([news(line("b", 2_000, 5)), news(line("a", 1_000, 6)), news(line("0", 2_000, 7))]);
    expect(texts(state)).toEqual(["a", "b", "0"]);
  });

  test("a change replaces the line where it stands; an older answer does not turn it back", () => {
    const state = play([
      news(line("a", 1, 1), line("b", 2, 2)),
      news(line("a", 1, 9, { text: "A", revision: 1 })),
      answer([line("a", 1, 1)]),
    ]);
    expect(texts(state)).toEqual(["A", "b"]);
  });

  test("what is struck or joined to another is not shown, and comes back when it is taken back in", () => {
    const struck = play([
      news(line("a", 1, 1), line("b", 2, 2), line("c", 3, 3)),
      news(line("a", 1, 4, { struck: true }), line("c", 3, 5, { joined_to: "b" })),
    ]);
    expect(texts(struck)).toEqual(["b"]);
    expect(shownLines(struck, true).map((one) => one.id)).toEqual(["a", "b"]);
    expect(texts(play([news(line("a", 1, 6))], struck))).toEqual(["a", "b"]);
  });
});

describe("what is missing", () => {
  test("a page that came late asks from the beginning, in pieces, though news comes in between", () => {
    const state = play([standing(9), news(line("z", 90, 10))]);
    expect(missingAfter(state)).toBe(0);
    const first = play([answer([line("a", 1, 1), line("b", 2, 2)], true)], state);
    expect(missingAfter(first)).toBe(2);
    const whole = play([answer([line("c", 3, 9), line("z", 90, 10)])], first);
    expect(missingAfter(whole)).toBeNull();
    expect(texts(whole)).toEqual(["a", "b", "c", "z"]);
  });

  test("after a break only what changed meanwhile is asked for", () => {
    const before = play([standing(0), news(line("a", 1, 4))]);
    expect(missingAfter(before)).toBeNull();
    expect(missingAfter(play([{ type: "welcome" }], before))).toBeNull();
    const back = play([{ type: "welcome" }, news(line("c", 9, 12)), standing(12)], before);
    expect(missingAfter(back)).toBe(4);
    const nothing_new = play([{ type: "welcome" }, standing(4)], before);
    expect(missingAfter(nothing_new)).toBeNull();
  });

  test("lines that one may not read leave nothing to ask for again and again", () => {
    expect(missingAfter(play([standing(7), answer([])]))).toBeNull();
  });
});

describe("captions", () => {
  test("grow word by word, end as the line, and go away after it could be read", () => {
    now_ms = 0;
    const state = play([caption("p", "a", "我方"), caption("p", "a", "我方主张")]);
    expect(captionsAt(state, 1_000)).toMatchObject([{ text: "我方主张", final: false }]);
    const final = play([news(line("a", 1, 1, { text: "我方主张。" }))], state);
    expect(captionsAt(final, 3_000)).toMatchObject([{ text: "我方主张。", final: true }]);
    expect(captionsAt(final, 13_000)).toEqual([]);
  });

  test("words without news for long are dropped though no line ever came", () => {
    now_ms = 0;
    expect(captionsAt(play([caption("p", "a", "喂")]), 8_001)).toEqual([]);
  });

  test("only the last two speakers are kept, each once", () => {
    now_ms = 0;
    const state = play([
      caption("p", "a", "1"),
      caption("q", "b", "2"),
      caption("p", "a", "3"),
      caption("r", "c", "4"),
    ]);
    expect(state.captions.map((one) => one.text)).toEqual(["3", "4"]);
  });

  test("a correction, a split, the clerk's own words and an answer are not shown as speech", () => {
    now_ms = 0;
    const state = play([
      standing(0),
      answer([line("old", 1, 1)]),
      news(line("old", 1, 2, { revision: 1, text: "旧" })),
      news(line("old/2", 1, 3)),
      news(line("w4", 1, 4, { kind: "note", participant: null })),
    ]);
    expect(state.captions).toEqual([]);
  });

  test("late news of a line that is there already does not come up again", () => {
    const state = play([news(line("a", 1, 1)), caption("p", "a", "迟到")]);
    expect(state.captions).toMatchObject([{ text: "a", final: true }]);
  });

  test("a caption goes with a line that is struck or holds no text", () => {
    expect(play([news(line("a", 1, 1)), news(line("a", 1, 2, { struck: true, revision: 1 }))]).captions).toEqual([]);
    expect(
      play([caption("p", "a", "x"), news(line("a", 1, 1, { text: "", trouble: "engine-failed" }))]).captions,
    ).toEqual([]);
  });
});
