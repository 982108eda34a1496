import { expect, it } from "vitest";
import type { SealView } from "../../protocol/seal.ts";
import { stageOf, stepOf } from "./progress.ts";

const nothing: SealView = {
  state: "in_session",
  may_seal: false,
  stamping: "",
  seals: [],
  unmet: [],
  incidents: [],
  job: null,
};
const seal = (step: "media" | "final") => ({
  step,
  package: "",
  manifest_sha512: "",
  utc_ms: 0,
  stamped: false,
  url: "",
});

it("says how far the sealing is", () => {
  expect([stageOf(nothing), stepOf(nothing)]).toEqual(["open", 0]);
  expect(stageOf({ ...nothing, state: "closed" })).toBe("media");
  const media = [seal("media")];
  expect(stageOf({ ...nothing, state: "closed", seals: media })).toBe("signing");
  expect(stageOf({ ...nothing, state: "signed", seals: media })).toBe("blocked");
  expect(stageOf({ ...nothing, state: "signed", seals: media, may_seal: true })).toBe("ready");
  const sealed: SealView = { ...nothing, state: "sealed", seals: media };
  expect([stageOf(sealed), stepOf(sealed)]).toEqual(["sealed", 3]);
  expect(stepOf({ ...sealed, seals: [...media, seal("final")] })).toBe(4);
});
