import { describe, expect, it } from "vitest";
import { type Move, moveValues } from "../../protocol/messages.ts";
import { moveButtons, resumeProposals } from "./moves.ts";
import { GAVEL_HOLD_MS, gavelProgress, IDLE, keyDown, keyUp, tick } from "./shortcuts.ts";

describe("moves to buttons", () => {
  it("offers exactly what the server offers, the main one first and closing last", () => {
    const offered: Move[] = ["close", "recess", "suspend", "deliberate", "close_evidence"];
    const buttons = moveButtons(offered);
    expect(new Set(buttons.map((b) => b.move))).toEqual(new Set(offered));
    expect(buttons.at(-1)).toEqual({ move: "close", ask: "twice", weight: "danger" });
    expect(moveButtons(["recess", "resume"])[0]?.move).toBe("resume");
    expect(moveButtons([])).toEqual([]);
  });

  it("knows every move of the protocol; only the clerk cancels", () => {
    // Nor has a button what follows from the minutes: review, sign_off, seal.
    expect(moveButtons(moveValues)).toHaveLength(moveValues.length - 4);
  });

  it("never opens or closes without being asked", () => {
    for (const { move, ask } of moveButtons(moveValues))
      if (move === "open" || move === "close" || move === "convert_offline") expect(ask).not.toBe("nothing");
  });

  it("proposes quarter hours at least five minutes away", () => {
    const at = Date.UTC(2026, 0, 5, 6, 41);
    const proposals = resumeProposals(at, 3);
    expect(proposals.map((ms) => new Date(ms).toISOString().slice(11, 16))).toEqual(["07:00", "07:15", "07:30"]);
    expect(resumeProposals(Date.UTC(2026, 0, 5, 6, 40))[0]).toBe(Date.UTC(2026, 0, 5, 6, 45));
  });
});

describe("keyboard", () => {
  it("strikes the gavel once, after a full second", () => {
    let [keys, act] = keyDown(IDLE, "g", false, 1000);
    expect(act).toBeNull();
    [keys, act] = tick(keys, 1000 + GAVEL_HOLD_MS - 1);
    expect(act).toBeNull();
    expect(gavelProgress(keys, 1500)).toBeCloseTo(0.5);
    [keys, act] = tick(keys, 1000 + GAVEL_HOLD_MS);
    expect(act).toEqual({ act: "gavel" });
    expect(tick(keys, 9000)[1]).toBeNull();
  });

  it("forgets a gavel let go too early", () => {
    let [keys] = keyDown(IDLE, "G", false, 0);
    [keys] = keyUp(keys, "G");
    expect(tick(keys, 5000)[1]).toBeNull();
  });

  it("talks while Space is down and ignores its repetition", () => {
    const [down, on] = keyDown(IDLE, " ", false, 0);
    expect(on).toEqual({ act: "talk", on: true });
    expect(keyDown(down, " ", true, 30)[1]).toBeNull();
    expect(keyUp(down, " ")[1]).toEqual({ act: "talk", on: false });
    expect(keyUp(IDLE, " ")[1]).toBeNull();
  });

  it("maps M, E, 1 to 5 and ?", () => {
    expect(keyDown(IDLE, "e", false, 0)[1]).toEqual({ act: "exhibits" });
    expect(keyDown(IDLE, "m", false, 0)[1]).toEqual({ act: "mute_all" });
    expect(keyDown(IDLE, "5", false, 0)[1]).toEqual({ act: "layout", index: 4 });
    expect(keyDown(IDLE, "6", false, 0)[1]).toBeNull();
    expect(keyDown(IDLE, "?", false, 0)[1]).toEqual({ act: "help" });
  });
});
