import { expect, describe as group, it } from "vitest";
import type { AnyEvent, HearingView, RecordingHealthMessage, Seat } from "../../protocol/messages.ts";
import { Refused } from "../../protocol/socket.ts";
import type { LogEntry } from "../../protocol/staff.ts";
import { soundOf } from "../bench/useSounds.ts";
import { healthOf, levelShare } from "../exports/RecordingTable.tsx";
import { failureText } from "./Ask.tsx";
import { describe, foldMutes, seatsOf } from "./describe.ts";
import { mergeLog, visitedPhases } from "./useLog.ts";

const seat = { participant: "p1", seat: "plaintiff-1", role: "plaintiff", name: "张三", required: true } as const;
const wall = { ...seat, participant: "w1", role: "display", name: "显示屏" } as const;
const people = new Map<string, Seat>([
  ["p1", seat],
  ["w1", wall],
]);
const entry = (seq: number, event: AnyEvent): LogEntry => ({ seq, at_ms: seq, utc_ms: seq, actor: "judge", event });
const mute = (participant: string): AnyEvent => ({
  type: "participant.mute",
  participant,
  kind: "audio",
  muted: true,
  locked: false,
});

group("the log in words", () => {
  it("tells a drop from a departure and names the person", () => {
    const change = { type: "participant.presence", participant: "p1", before: "present", evidence: "" } as const;
    const dropped = describe({ ...change, after: "dropped", reason: "" }, people);
    const left = describe({ ...change, after: "left", reason: "" }, people);
    expect(dropped).toEqual({ words: "张三 掉线（非主动离开）", weight: "mind" });
    expect(left?.words).toContain("张三");
    expect(left?.weight).toBe("plain");
  });

  it("leaves out what is only for machines", () => {
    expect(describe({ type: "speaker.changed", participants: ["p1"] }, people)).toBeNull();
  });

  it("knows people who are not on the list now, and does not report screens", () => {
    const seats = seatsOf([entry(1, { type: "participant.added", seat: wall })], []);
    expect(seats.get("w1")?.name).toBe("显示屏");
    const came = { type: "participant.presence", participant: "w1", before: "waiting", after: "present" } as const;
    expect(describe({ ...came, reason: "", evidence: "" }, seats)).toBeNull();
  });

  it("folds muting everybody into one line, but not two single mutes", () => {
    const all = [entry(1, mute("a")), entry(2, mute("b")), entry(3, mute("c"))];
    expect(foldMutes(all).map(({ count }) => count)).toEqual([3]);
    expect(foldMutes(all.slice(0, 2)).map(({ entry: line }) => line.seq)).toEqual([1, 2]);
  });

  it("joins the past and the updates without doubling a line", () => {
    const phase = (seq: number) => entry(seq, { type: "session.phase", phase: "debate" });
    expect(mergeLog([phase(1), phase(2)], [phase(2), phase(3)]).map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect(visitedPhases([phase(1)], "opening")).toEqual(new Set(["opening", "debate"]));
  });
});

group("sounds", () => {
  const update = (event: AnyEvent) => ({ type: "update", event }) as never;
  it("strikes on opening, pings on a hand, is silent on a lowered one", () => {
    const opened = { type: "session.state", move: "open", before: "waiting", after: "in_session" } as const;
    expect(soundOf(update({ ...opened, reason: "", resume_utc_ms: null, pause: null }))).toBe("gavel");
    expect(soundOf(update({ type: "participant.hand", participant: "p1", raised: true }))).toBe("ping");
    expect(soundOf(update({ type: "participant.hand", participant: "p1", raised: false }))).toBeNull();
  });
});

group("recording health", () => {
  const view = (more: Partial<HearingView>) =>
    ({ state: "in_session", recording: true, opened_utc_ms: 1, ...more }) as HearingView;
  const health = (recording: boolean) => ({ recording }) as RecordingHealthMessage;

  it("claims a recording only when the recorder confirms it", () => {
    expect(healthOf(view({}), health(true))).toBe("on");
    expect(healthOf(view({}), null)).toBe("unknown");
    expect(healthOf(view({}), health(false))).toBe("unknown");
  });

  it("names a lawful pause even while old figures say otherwise", () => {
    expect(healthOf(view({ state: "adjourned", recording: false }), health(true))).toBe("pause");
    expect(healthOf(view({ state: "closed", recording: false }), health(true))).toBe("over");
    expect(healthOf(view({ state: "waiting", recording: false, opened_utc_ms: null }), null)).toBe("off");
  });

  it("draws silence as nothing", () => {
    expect(levelShare(null)).toBe(0);
    expect(levelShare(-127)).toBe(0);
    expect(levelShare(0)).toBe(1);
  });
});

it("shows a refusal in the court's words, with the incident where there is one", () => {
  expect(failureText(new Refused("x", "当前为休庭", "in recess"))).toBe("当前为休庭");
  expect(failureText(new Refused("x", "故障", "fault", "I-7"))).toContain("I-7");
  expect(failureText(new TypeError("boom"))).not.toContain("boom");
});
