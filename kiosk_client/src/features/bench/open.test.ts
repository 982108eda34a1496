import { describe, expect, it } from "vitest";
import type { PersonView } from "../../protocol/messages.ts";
import { missingPeople } from "./open.ts";

const person = (participant: string, fields: Partial<PersonView> = {}, required = true): PersonView =>
  ({
    seat: { participant, seat: participant, role: "plaintiff", name: participant, required },
    presence: "waiting",
    isolated: false,
    verified: true,
    ...fields,
  }) as PersonView;

describe("who is missing", () => {
  it("names required people who are not connected, witnesses aside", () => {
    const people = [
      person("judge"),
      person("plaintiff", { presence: "dropped" }),
      person("witness", { presence: "invited", isolated: true }),
      person("agent", { presence: "invited" }, false),
    ];
    expect(missingPeople(people, "judge")?.map((one) => one.seat.name)).toEqual(["plaintiff"]);
    expect(missingPeople([person("judge")], "judge")).toEqual([]);
  });

  it("promises nothing to a judge at the gate, who sees the court's people only", () => {
    expect(missingPeople([person("judge", { verified: false }), person("clerk")], "judge")).toBeNull();
    expect(missingPeople([], "judge")).toBeNull();
  });
});
