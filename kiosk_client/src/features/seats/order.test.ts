import { describe, expect, it } from "vitest";
import type { PersonView, Presence, Role } from "../../protocol/messages.ts";
import { chipOf, raisedHands, seatActions, seatGroups, sideOf } from "./order.ts";

function person(seat: string, role: Role, more: Partial<PersonView> = {}): PersonView {
  return {
    seat: { participant: `p-${seat}`, seat, role, name: seat, required: true },
    label_zh: role,
    label_en: role,
    presence: "present",
    verified: true,
    staff: false,
    isolated: role === "witness",
    hand_raised_ms: null,
    help_asked: false,
    warnings: 0,
    audio_muted: false,
    video_muted: false,
    audio_locked: false,
    video_locked: false,
    howling: false,
    language: "",
    interprets: null,
    ...more,
  };
}

describe("seat map", () => {
  it("orders sides as a courtroom does and ranks people within them", () => {
    const groups = seatGroups([
      person("observer-1", "observer"),
      person("display-1", "display"),
      person("defendant-1", "defendant"),
      person("plaintiff-agent-1", "agent"),
      person("plaintiff-10", "plaintiff"),
      person("plaintiff-2", "plaintiff"),
      person("assessor-1", "assessor"),
      person("presiding-judge-1", "presiding_judge"),
      person("witness-1", "witness"),
    ]);
    expect(groups.map((g) => g.side)).toEqual(["bench", "plaintiff", "defendant", "witness"]);
    expect(groups[0]?.people.map((p) => p.seat.role)).toEqual(["presiding_judge", "assessor"]);
    expect(groups[1]?.people.map((p) => p.seat.seat)).toEqual(["plaintiff-2", "plaintiff-10", "plaintiff-agent-1"]);
  });

  it("seats an agent with the party and nobody twice", () => {
    expect(sideOf("agent", "defendant-agent-2")).toBe("defendant");
    expect(sideOf("agent", "third-party-agent-1")).toBe("third");
    expect(sideOf("creditor", "creditor-1")).toBe("other");
    const all = [person("a-1", "agent"), person("d-1", "defendant"), person("c-1", "clerk")];
    expect(seatGroups(all).flatMap((g) => g.people)).toHaveLength(3);
  });

  it("queues raised hands by who waits longest", () => {
    const people = [
      person("a", "plaintiff", { hand_raised_ms: 900 }),
      person("b", "defendant"),
      person("c", "agent", { hand_raised_ms: 100 }),
    ];
    expect(raisedHands(people).map((p) => p.seat.seat)).toEqual(["c", "a"]);
  });

  it("tells a drop from a departure", () => {
    expect(chipOf("dropped")).not.toBe(chipOf("left"));
    expect(chipOf("testifying")).toBe("present");
  });
});

describe("seat actions", () => {
  const actions = (role: Role, presence: Presence, more: Partial<PersonView> = {}, floor: string | null = null) =>
    seatActions(person("x", role, { presence, ...more }), floor, "p-judge");

  it("admits a waiting party but calls a waiting witness", () => {
    expect(actions("plaintiff", "waiting")).toEqual(["admit", "remove"]);
    expect(actions("witness", "waiting")).toEqual(["call", "remove"]);
    expect(actions("witness", "testifying")).toContain("dismiss");
  });

  it("offers nothing against oneself or somebody who never came", () => {
    expect(seatActions(person("judge", "judge"), null, "p-judge")).toEqual([]);
    expect(actions("plaintiff", "invited")).toEqual([]);
  });

  it("offers the opposite of what is so", () => {
    expect(actions("agent", "present", {}, "p-x")).toContain("floor_end");
    const muted = actions("agent", "present", { audio_muted: true, audio_locked: true, video_muted: true });
    expect(muted).toContain("unmute");
    expect(muted).toContain("camera_on");
    expect(muted).not.toContain("mute_lock");
  });
});
