import { describe, expect, it } from "vitest";
import { bytesText, fingerprintGroups, mayStart, preflight } from "./preflight.ts";

const input = {
  state: "closed",
  incidents: 0,
  tracks: 4,
  disk_free_bytes: 90e9,
  recorded_bytes: 1e9,
  undo_s: 0,
} as const;

describe("export pre-flight", () => {
  it("starts after closing and not before", () => {
    expect(mayStart(preflight(input))).toBe(true);
    expect(mayStart(preflight({ ...input, state: "in_session" }))).toBe(false);
  });

  it("stops a disk that is too small but only reports incidents", () => {
    expect(mayStart(preflight({ ...input, disk_free_bytes: 1e9 }))).toBe(false);
    const facts = preflight({ ...input, incidents: 2 });
    expect(facts.find((f) => f.id === "incidents")).toEqual({
      id: "incidents",
      ok: false,
      blocking: false,
      figure: "2",
    });
    expect(mayStart(facts)).toBe(true);
  });

  it("claims nothing about what it does not know", () => {
    const facts = preflight({ ...input, tracks: null, disk_free_bytes: null });
    expect(facts.map((f) => f.id)).toEqual(["closed", "undo", "incidents"]);
  });

  it("ticks nothing off before the closing, and counts no tracks that are finished", () => {
    const before = preflight({ ...input, state: "in_session", disk_free_bytes: null });
    expect(before.map((f) => [f.id, f.ok])).toEqual([
      ["closed", false],
      ["tracks", true],
    ]);
    expect(preflight({ ...input, tracks: 2 }).some((f) => f.id === "tracks")).toBe(false);
  });
});

it("writes sizes and fingerprints for people", () => {
  expect(bytesText(0)).toBe("0 B");
  expect(bytesText(1_400_000_000)).toBe("1.4 GB");
  expect(bytesText(999_600)).toBe("1.0 MB");
  expect(fingerprintGroups("a1b2c3d4e")).toEqual(["a1b2", "c3d4", "e"]);
});
