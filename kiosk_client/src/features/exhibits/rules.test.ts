import { expect, test } from "vitest";
import type { ExhibitState } from "../../protocol/messages.ts";
import { exhibitStateValues } from "../../protocol/messages.ts";
import { mayChange, mayGiveOpinion, mayShow, maySubmit, mayWithdrawOwn, stepsOf } from "./rules.ts";
import { keyed, scrollFor, stepped, toggled } from "./zoom.ts";

const of = (state: ExhibitState, participant = "P1") => ({ state, participant });

test("what was withdrawn stays so, and anything else may be withdrawn by the court", () => {
  for (const state of exhibitStateValues)
    expect(stepsOf(of(state)).some((step) => step === "withdrawn")).toBe(state !== "withdrawn");
  expect(stepsOf(of("submitted"))[0]).toBe("reviewed");
});

test("one takes back one's own until it was shown", () => {
  expect(exhibitStateValues.filter((state) => mayWithdrawOwn(of(state), "P1"))).toEqual(["submitted", "reviewed"]);
  expect(mayWithdrawOwn(of("submitted"), "P2")).toBe(false);
});

test("an opinion is on the other side's, once it was reviewed", () => {
  expect(mayGiveOpinion(of("reviewed"), "P2")).toBe(true);
  expect(mayGiveOpinion(of("reviewed"), "P1")).toBe(false);
  expect(mayGiveOpinion(of("submitted"), "P2")).toBe(false);
  expect(mayGiveOpinion(of("withdrawn"), "P2")).toBe(false);
});

test("exhibits are shown while the court sits and change no more after it", () => {
  expect(mayShow(of("reviewed"), "in_session")).toBe(true);
  expect(mayShow(of("submitted"), "in_session")).toBe(false);
  expect(mayShow(of("reviewed"), "waiting")).toBe(false);
  expect(mayShow(of("reviewed"), "closed")).toBe(false);
  expect(mayChange("waiting")).toBe(true);
  expect(mayChange("transcript_review")).toBe(false);
});

test("witnesses and the public submit nothing", () => {
  expect(maySubmit("plaintiff", ["publish"])).toBe(true);
  expect(maySubmit("witness", ["publish"])).toBe(false);
  expect(maySubmit("observer", ["subscribe"])).toBe(false);
});

test("a picture grows by keys and presses and stays within its ends", () => {
  expect(toggled(1)).toBe(2);
  expect(toggled(3)).toBe(1);
  expect(keyed(1, "+")).toBe(1.5);
  expect(keyed(1.5, "-")).toBe(1);
  expect(keyed(4, "0")).toBe(1);
  expect(keyed(1, "x")).toBeNull();
  expect(stepped(6, 1)).toBe(6);
  expect(stepped(1, -1)).toBe(1);
});

test("what was pressed stands in the middle, as far as the picture goes", () => {
  expect(scrollFor(0.5, 2, 100)).toBe(50);
  expect(scrollFor(0, 2, 100)).toBe(0);
  expect(scrollFor(1, 2, 100)).toBe(100);
});
