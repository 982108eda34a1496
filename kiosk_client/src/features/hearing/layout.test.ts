import { describe, expect, test } from "vitest";
import type { HearingView, Presence, Role } from "../../protocol/messages.ts";
import { focusOf, gridColumns, onStage, pictureOf, place } from "./layout.ts";

type Cast = [id: string, role: Role, presence?: Presence][];

function hearing(cast: Cast, over: Partial<HearingView> = {}): HearingView {
  const people = cast.map(([participant, role, presence = "present"]) => ({
    seat: { participant, seat: `${role}-1`, role, name: participant, required: true },
    presence,
  }));
  return { people, layout: "auto", focus: null, floor: null, ...over } as unknown as HearingView;
}

const CAST: Cast = [
  ["clerk", "clerk"],
  ["p", "plaintiff"],
  ["d", "defendant"],
  ["judge", "presiding_judge"],
];
const MANY: Cast = [...CAST, ["a", "agent"], ["b", "agent"], ["w", "witness", "testifying"], ["e", "expert"]];

describe("who is on the stage", () => {
  test("the bench first, no observers, screens or people outside", () => {
    const cast: Cast = [...CAST, ["o", "observer"], ["s", "display"], ["late", "agent", "waiting"]];
    expect(onStage(hearing(cast)).map((one) => one.seat.participant)).toEqual(["judge", "p", "d", "clerk"]);
  });

  test("somebody whose connection dropped keeps the place", () => {
    expect(onStage(hearing([["p", "plaintiff", "dropped"]]))).toHaveLength(1);
  });
});

describe("who is large", () => {
  test("the court's choice, then the floor, then the loudest, then the bench", () => {
    const speakers = ["d", "p"];
    expect(focusOf(hearing(CAST, { focus: "clerk", floor: "p" }), speakers)).toBe("clerk");
    expect(focusOf(hearing(CAST, { floor: "p" }), speakers)).toBe("p");
    expect(focusOf(hearing(CAST), speakers)).toBe("d");
    expect(focusOf(hearing(CAST), [])).toBe("judge");
  });

  test("never oneself on one's own phone, never somebody who left", () => {
    expect(focusOf(hearing(CAST, { floor: "p" }), ["p", "d"], "p")).toBe("d");
    expect(focusOf(hearing([["p", "plaintiff", "left"]], { focus: "p" }), [])).toBeNull();
  });
});

describe("boxes", () => {
  const sizes = [0.5, 0.56, 1, 1.78, 2.4];
  const layouts = ["auto", "focus", "one_plus_five", "grid", "facing"];

  test.each(layouts)("%s: inside the stage, none over another, for any size and company", (layout) => {
    for (const aspect of sizes) {
      for (let count = 1; count <= MANY.length; count++) {
        const placed = place(hearing(MANY.slice(0, count), { layout }), [], aspect);
        for (const { box } of placed) {
          expect(Math.min(box.x, box.y)).toBeGreaterThanOrEqual(0);
          expect(box.x + box.width).toBeLessThanOrEqual(1 + 1e-9);
          expect(box.y + box.height).toBeLessThanOrEqual(1 + 1e-9);
        }
        for (const [i, a] of placed.entries()) {
          for (const b of placed.slice(i + 1)) {
            const apart =
              a.box.x + a.box.width <= b.box.x + 1e-9 ||
              b.box.x + b.box.width <= a.box.x + 1e-9 ||
              a.box.y + a.box.height <= b.box.y + 1e-9 ||
              b.box.y + b.box.height <= a.box.y + 1e-9;
            expect(apart).toBe(true);
          }
        }
      }
    }
  });

  test("auto shows everybody evenly up to four, then one large", () => {
    expect(place(hearing(CAST), [], 1.78).some((one) => one.main)).toBe(false);
    const many = place(hearing(MANY), ["w"], 1.78);
    expect(many.find((one) => one.main)?.participant).toBe("w");
    expect(many).toHaveLength(6);
  });

  test("the large picture uses the stage well, be it wide, nearly square or tall", () => {
    for (const aspect of [0.5, 1.25, 1.4, 1.6, 1.78, 2.2]) {
      const main = place(hearing(MANY), ["w"], aspect).find((one) => one.main)?.box;
      if (!main) throw new Error("no large picture");
      const width = Math.min(main.width * aspect, main.height * (16 / 9));
      expect(width / Math.min(aspect, 16 / 9)).toBeGreaterThan(0.7);
    }
  });

  test("facing puts plaintiff left and defendant right, under the bench", () => {
    const at = Object.fromEntries(
      place(hearing(CAST, { layout: "facing" }), [], 1.78).map((one) => [one.participant, one.box]),
    );
    expect(at.p?.x).toBe(0);
    expect(at.d?.x).toBe(0.5);
    expect(at.judge?.y).toBe(0);
    expect(at.p?.y).toBeGreaterThan(0);
  });

  test("an empty courtroom has an empty stage", () => {
    expect(place(hearing([]), [], 1)).toEqual([]);
  });

  test("a wide stage takes more columns than a tall one", () => {
    expect(gridColumns(4, 1.78)).toBe(2);
    expect(gridColumns(2, 1.78)).toBe(2);
    expect(gridColumns(3, 0.5)).toBe(1);
  });
});

test("a shared screen is shown before a camera", () => {
  const publication = (id: string, source: string) => ({
    id,
    source,
    participant: "p",
    kind: "video",
    codec: "H264",
  });
  const tracks = [publication("c", "camera"), publication("s", "screen")] as Parameters<typeof pictureOf>[0];
  expect(pictureOf(tracks, "p")?.id).toBe("s");
  expect(pictureOf(tracks, "q")).toBeNull();
});
