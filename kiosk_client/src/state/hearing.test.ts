import { describe, expect, test } from "vitest";
import type { FromServer, HearingView } from "../protocol/messages.ts";
import { courtMs, sample, sessionMs } from "./clock.ts";
import { fold, type HearingState, nothingYet } from "./hearing.ts";

const view = (title: string) => ({ title, speakers: [], people: [] }) as unknown as HearingView;
const clock = (utc_ms: number, session_ms = 0, running = false) => ({ utc_ms, session_ms, running, anchor: null });

function play(messages: unknown[], from: HearingState = nothingYet): HearingState {
  return messages.reduce<HearingState>((state, message, i) => fold(state, message as FromServer, 1_000 + i), from);
}

const welcome = {
  type: "welcome",
  participant: "p1",
  rights: ["publish"],
  seq: 5,
  clock: clock(9_000),
  hearing: view("five"),
  publications: [],
  ice_servers: [{ urls: ["stun:x"], username: "", credential: "" }],
  court_key: "k",
  server_version: "1",
};
const update = (seq: number) => ({ type: "update", seq, event: null, hearing: view(`${seq}`) });

describe("the gate", () => {
  const gate = (stage: string, failures = 0) => ({ type: "gate", gate: { stage, failures } });
  const step = { type: "challenge", nonce: "n", step: 1, steps: 3, action: "left" };

  test("a step stands while its challenge runs and falls with it", () => {
    const running = play([gate("challenge"), step]);
    expect(running.challenge).toMatchObject({ action: "left" });
    expect(play([gate("challenge")], running).challenge).not.toBeNull();
    expect(play([gate("challenge", 1)], running).challenge).toBeNull();
    expect(play([gate("review")], running).challenge).toBeNull();
  });

  test("an empty hint takes the last one back", () => {
    const hint = (code: string) => ({ type: "gate_hint", code, zh: code, en: code });
    expect(play([hint("too-dark")]).gate_hint).toMatchObject({ code: "too-dark" });
    expect(play([hint("too-dark"), hint("")]).gate_hint).toBeNull();
  });
});

describe("fold", () => {
  test("a welcome says who one is and what the hearing is", () => {
    const state = play([welcome]);
    expect(state).toMatchObject({ me: "p1", rights: ["publish"], as_of: 5, court_key: "k" });
    expect(state.ice_servers).toEqual([{ urls: ["stun:x"] }]);
  });

  test("updates move the hearing on", () => {
    expect(play([welcome, update(6), update(7)]).hearing?.title).toBe("7");
  });

  test("an update caught up on after a resume is noted but does not turn the hearing back", () => {
    const state = play([welcome, update(4)]);
    expect(state.hearing?.title).toBe("five");
    expect(state.updates.map((u) => u.seq)).toEqual([4]);
  });

  test("lamps of several messages are kept side by side", () => {
    const lamp = (participant: string, grade: string) => ({ type: "network", lamps: [{ participant, grade }] });
    const state = play([lamp("a", "good"), lamp("b", "poor"), lamp("a", "lost")]);
    expect(Object.values(state.lamps).map((l) => l.grade)).toEqual(["lost", "poor"]);
  });

  test("heads and updates are bounded, the oldest go", () => {
    const head = (seq: number) => ({ type: "head", head: { seq } });
    const state = play(Array.from({ length: 4_010 }, (_, i) => head(i)));
    expect(state.heads).toHaveLength(4_000);
    expect(state.heads[0]).toMatchObject({ seq: 10 });
    expect(play([welcome, ...Array.from({ length: 500 }, (_, i) => update(6 + i))]).updates).toHaveLength(400);
  });

  test("an unknown message of a newer server changes nothing", () => {
    expect(play([{ type: "from-the-future" }])).toBe(nothingYet);
  });
});

describe("clock", () => {
  test("runs on between readings; half the round trip is added", () => {
    const reading = sample(null, clock(10_000, 500, true), 2_000, 40);
    expect(courtMs(reading, 3_000)).toBe(11_020);
    expect(sessionMs(reading, 3_000)).toBe(1_520);
  });

  test("the session stands still before 开庭", () => {
    expect(sessionMs(sample(null, clock(10_000, 0, false), 2_000, 0), 9_000)).toBe(0);
  });

  test("a reading with a much longer round trip does not replace a recent one, but an old one", () => {
    const good = sample(null, clock(10_000), 0, 10);
    expect(sample(good, clock(99_000), 1_000, 400)).toBe(good);
    expect(sample(good, clock(99_000), 70_000, 400)).not.toBe(good);
    expect(sample(good, clock(99_000, 0, true), 1_000, 400)).not.toBe(good);
  });
});
