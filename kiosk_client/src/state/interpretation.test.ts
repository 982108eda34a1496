import { expect, test } from "vitest";
import type { HearingView, Publication } from "../protocol/messages.ts";
import { isInterpreted, steppingBack } from "./interpretation.ts";

const person = (participant: string, role: string) => ({ seat: { participant, role } });
const hearing = {
  people: [person("judge", "presiding_judge"), person("ngawang", "witness"), person("drolma", "interpreter")],
} as unknown as HearingView;
const sound = (participant: string, kind = "audio") =>
  ({ id: `${participant}-${kind}`, participant, kind }) as Publication;
const publications = [sound("judge"), sound("judge", "video"), sound("ngawang"), sound("drolma")];

test("while the interpreter speaks the others step back, and nobody's picture", () => {
  const heard = { hearing, publications, speakers: ["ngawang", "drolma"] };
  expect([...steppingBack(heard, true)]).toEqual(["judge-audio", "ngawang-audio"]);
  expect(steppingBack(heard, false).size).toBe(0);
});

test("when the interpreter is silent the original is heard as it is", () => {
  expect(steppingBack({ hearing, publications, speakers: ["ngawang"] }, true).size).toBe(0);
  expect(steppingBack({ hearing: null, publications, speakers: ["drolma"] }, true).size).toBe(0);
});

test("the choice is there only where somebody interprets", () => {
  expect(isInterpreted(hearing)).toBe(true);
  expect(isInterpreted({ people: hearing.people.slice(0, 2) })).toBe(false);
  expect(isInterpreted(null)).toBe(false);
});
