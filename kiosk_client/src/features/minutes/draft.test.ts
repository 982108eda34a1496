import { describe, expect, test } from "vitest";
import type { LineView, Word } from "../../protocol/messages.ts";
import { cutPlace, draftOf, inConflict, nextExhibit, oneLine, pieces, rebased, saidAt } from "./draft.ts";
import { editorAct } from "./keys.ts";

const line = (more: Partial<LineView> = {}): LineView => ({
  id: "a",
  kind: "speech",
  participant: "p",
  track: "t",
  language: "zh-CN",
  interprets: null,
  original: null,
  from_ms: 0,
  to_ms: 1,
  text: "我同义",
  words: [],
  late: false,
  trouble: "",
  revision: 0,
  struck: false,
  joined_to: null,
  seq: 1,
  ...more,
});
const word = (text: string, confidence_permille: number | null): Word => ({
  text,
  from_ms: 0,
  to_ms: 1,
  confidence_permille,
});

describe("a draft", () => {
  test("is in conflict once somebody else changed the line, until the clerk has chosen", () => {
    const draft = { ...draftOf(line()), text: "我同意" };
    expect(inConflict(draft, line())).toBe(false);
    const theirs = line({ revision: 1, text: "我不同意" });
    expect(inConflict(draft, theirs)).toBe(true);
    expect(rebased(draft, theirs)).toMatchObject({ text: "我同意", revision: 1, before: "我不同意" });
    expect(inConflict(rebased(draft, theirs), theirs)).toBe(false);
  });

  test("that says the same as the other's change is no conflict; a line struck or joined is one", () => {
    const draft = { ...draftOf(line()), text: "我同意" };
    expect(inConflict(draft, line({ revision: 1, text: "我同意" }))).toBe(false);
    expect(inConflict(draft, line({ struck: true, revision: 1 }))).toBe(true);
    expect(inConflict(draft, line({ joined_to: "b" }))).toBe(true);
  });

  test("is one line, and its cursor is counted as the server counts", () => {
    expect(oneLine("第一\n  第二\t第三")).toBe("第一 第二 第三");
    expect(cutPlace("𠮷野家", 2)).toBe(1);
    expect(cutPlace("  同意", 3)).toBe(1);
  });
});

test("unsure words are marked, and none when words and text differ", () => {
  const words = [word("我", 900), word("同", 300), word("义", 200), word("。", null)];
  expect(pieces("我同义。", words).map((one) => [one.text, one.unsure])).toEqual([
    ["我", false],
    ["同", true],
    ["义", true],
    ["。", false],
  ]);
  expect(pieces("我同意。", words)).toEqual([{ text: "我同意。", unsure: false, from_ms: null }]);
});

test("what the glossary wrote in place of what was heard is marked, however sure the engine was", () => {
  const words = [word("原告", 900), { ...word("张", 900), heard: "章" }, word("建国", 900)];
  expect(pieces("原告张建国", words).map((one) => one.unsure)).toEqual([false, true, false]);
});

test("a cursor tells when the word it stands in was said", () => {
  const words = [
    { ...word("𠮷野", 900), from_ms: 100 },
    { ...word("同意", 900), from_ms: 700 },
  ];
  const said = line({ text: "𠮷野同意", words, from_ms: 90 });
  expect([0, 1, 2, 3, 4, 5].map((cursor) => saidAt(said, cursor))).toEqual([100, 100, 100, 700, 700, 90]);
  expect(saidAt(line({ text: "改过的", words, from_ms: 90 }), 1)).toBe(90);
});

test("exhibits are numbered on", () => {
  expect(nextExhibit([])).toBe(1);
  expect(nextExhibit([line({ text: "出示【证据3】合同与【证据11】发票" })])).toBe(12);
});

describe("keys", () => {
  test("a letter is a letter; acts need their key", () => {
    expect(editorAct({ key: "s", code: "KeyS" }, true)).toBeNull();
    expect(editorAct({ key: "s", code: "KeyS", alt: true }, true)).toBe("split");
    expect(editorAct({ key: "Delete" }, true)).toBeNull();
    expect(editorAct({ key: "Delete" }, false)).toBe("strike");
    expect(editorAct({ key: "?" }, true)).toBeNull();
    expect(editorAct({ key: "F5" }, false)).toBeNull();
  });

  test("an input method's Enter and Escape stay its own", () => {
    expect(editorAct({ key: "Enter", composing: true }, true)).toBeNull();
    expect(editorAct({ key: "Escape", composing: true }, true)).toBeNull();
    expect(editorAct({ key: "Enter", ctrl: true }, true)).toBe("save");
  });
});
