import { expect, it } from "vitest";
import { type HearingView, type State, stateValues } from "../../protocol/messages.ts";
import type { SessionSummary } from "../../protocol/staff.ts";
import { obviousSession, screenOf, sessionInPath } from "./screen.ts";

const view = (state: State, resume_utc_ms: number | null = null) =>
  ({ state, resume_utc_ms, scheduled_utc_ms: 5 }) as HearingView;
const session = (id: string, state: State) => ({ id, state }) as SessionSummary;

it("shows the courtroom only while the court sits in public", () => {
  const shown = stateValues.filter((state) => screenOf(view(state)).show === "stage");
  expect(shown).toEqual(["in_session"]);
});

it("says when a recess ends", () => {
  expect(screenOf(view("adjourned", 77))).toEqual({ show: "card", card: "adjourned", at_ms: 77, grave: false });
  expect(screenOf(view("waiting"))).toMatchObject({ at_ms: 5 });
});

it("goes by itself to the only running session", () => {
  expect(obviousSession([session("a", "closed"), session("b", "waiting")])).toBe("b");
  expect(obviousSession([session("a", "in_session"), session("b", "waiting")])).toBeNull();
  expect(obviousSession([])).toBeNull();
});

it("reads the session from the address and nothing else", () => {
  expect(sessionInPath("/display/01HZX")).toBe("01HZX");
  expect(sessionInPath("/display/")).toBeNull();
  expect(sessionInPath("/display/../judge")).toBeNull();
});
