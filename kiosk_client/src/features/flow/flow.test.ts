import { describe, expect, it } from "vitest";
import { phaseValues } from "../../protocol/messages.ts";
import { PHASES, phaseMarks } from "./phases.ts";
import { clockText, undoSeconds } from "./undo.ts";

describe("undoing a mistaken closing", () => {
  const closed = { state: "closed", moves: ["reopen"], reopen_until_ms: 100_000 } as const;

  it("counts down whole seconds and ends at nought", () => {
    expect(undoSeconds(closed, 40_000)).toBe(60);
    expect(undoSeconds(closed, 99_001)).toBe(1);
    expect(undoSeconds(closed, 100_000)).toBe(0);
    expect(undoSeconds(closed, 500_000)).toBe(0);
  });

  it("is not offered when the server does not offer it", () => {
    expect(undoSeconds({ ...closed, moves: [] }, 40_000)).toBe(0);
    expect(undoSeconds({ ...closed, state: "in_session" }, 40_000)).toBe(0);
    expect(undoSeconds({ ...closed, reopen_until_ms: null }, 40_000)).toBe(0);
  });

  it("writes durations", () => {
    expect(clockText(65_400)).toBe("1:05");
    expect(clockText(7_203_000)).toBe("2:00:03");
    expect(clockText(-5)).toBe("0:00");
  });
});

describe("flow rail", () => {
  it("knows every phase of the protocol, in its order", () => {
    expect(PHASES).toEqual(phaseValues);
  });

  it("does not tick a phase that was skipped", () => {
    const marks = phaseMarks("debate", new Set(["preparation", "opening", "debate"]));
    const mark = (phase: string) => marks.find((m) => m.phase === phase)?.mark;
    expect(mark("opening")).toBe("done");
    expect(mark("rights_notice")).toBe("next");
    expect(mark("debate")).toBe("now");
  });
});
