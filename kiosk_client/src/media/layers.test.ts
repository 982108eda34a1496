import { describe, expect, test } from "vitest";
import { CAMERA_LAYERS, differs, planned, preferred, SINGLE, sendsLayers } from "./layers.ts";

const three = CAMERA_LAYERS.map((one) => ({ ...one }));
const active = (wish: Parameters<typeof planned>[1]) => planned(three, wish).map((one) => one.active);

describe("which layers are sent", () => {
  test("all until the server has spoken", () => {
    expect(active({ picture: true, wanted: null, whole: false })).toEqual([true, true, true]);
  });

  test("those that the server asks for, in any order", () => {
    expect(active({ picture: true, wanted: ["m", "l"], whole: false })).toEqual([true, true, false]);
    expect(active({ picture: true, wanted: ["h"], whole: false })).toEqual([false, false, true]);
  });

  test("none when nobody watches, none when the person or the network wants no picture", () => {
    expect(active({ picture: true, wanted: [], whole: false })).toEqual([false, false, false]);
    expect(active({ picture: false, wanted: ["l", "m", "h"], whole: false })).toEqual([false, false, false]);
    expect(active({ picture: false, wanted: null, whole: false })).toEqual([false, false, false]);
  });

  test("at the gate the whole picture alone: a face in a quarter of it is too small to be told apart", () => {
    expect(active({ picture: true, wanted: null, whole: true })).toEqual([false, false, true]);
    expect(active({ picture: true, wanted: ["l", "m"], whole: true })).toEqual([false, false, true]);
    expect(active({ picture: false, wanted: null, whole: true })).toEqual([false, false, false]);
    expect([preferred(true), preferred(false)]).toEqual(["maintain-resolution", "maintain-framerate"]);
  });

  test("a rid of somebody else's making is ignored", () => {
    expect(active({ picture: true, wanted: ["l", "x"], whole: false })).toEqual([true, false, false]);
  });

  test("sizes and rates of layers are left as they are", () => {
    for (const one of planned(three, { picture: true, wanted: ["l"], whole: false }))
      expect(Object.keys(one)).toEqual(["active"]);
  });

  test("one encoding left of three is a whole picture, whatever the server says of layers", () => {
    const lowest = { ...CAMERA_LAYERS[0], rid: undefined } as RTCRtpEncodingParameters;
    expect(planned([lowest], { picture: true, wanted: [], whole: false })).toEqual([{ ...SINGLE, active: true }]);
    expect(planned([lowest], { picture: false, wanted: null, whole: false })[0]?.active).toBe(false);
  });

  test("lowest first, each a quarter of the next picture's area", () => {
    expect(CAMERA_LAYERS.map((one) => one.rid)).toEqual(["l", "m", "h"]);
    expect(CAMERA_LAYERS.map((one) => one.scaleResolutionDownBy)).toEqual([4, 2, 1]);
  });
});

test("an unchanged plan is not set again", () => {
  const sent = three.map((one) => ({ ...one, active: true }));
  expect(differs(sent, planned(sent, { picture: true, wanted: null, whole: false }))).toBe(false);
  expect(differs(sent, planned(sent, { picture: true, wanted: ["l"], whole: false }))).toBe(true);
});

test("Firefox sends one size, Chromium and Safari send layers", () => {
  const like =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";
  expect(sendsLayers("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")).toBe(false);
  expect(sendsLayers(like)).toBe(true);
});
