import { expect, test } from "vitest";
import { ask, cardIn } from "./cardReader.ts";

const signal = new AbortController().signal;
const answering = (body: BodyInit | null, status: number): typeof fetch =>
  (async () => new Response(body, { status })) as typeof fetch;

test("a card is its kind and its number, tidied", () => {
  expect(cardIn({ kind: "resident_id", number: "110101 19900101 002x", name: "张三" })).toEqual({
    kind: "resident_id",
    number: "11010119900101002X",
  });
});

test.each([
  null,
  [],
  "card",
  {},
  { kind: "resident_id" },
  { kind: "visa", number: "1" },
  { kind: "other", number: 7 },
])("%j is no card", (body) => {
  expect(cardIn(body)).toBeNull();
});

test.each(["", "1".repeat(41), "<b>1</b>", "１２３"])("%j is no number", (number) => {
  expect(cardIn({ kind: "other", number })).toBeNull();
});

test("what the reader says", async () => {
  const card = JSON.stringify({ kind: "passport", number: "e12345678" });
  expect(await ask("u", signal, answering(card, 200))).toEqual({ kind: "passport", number: "E12345678" });
  expect(await ask("u", signal, answering(null, 204))).toBe("none");
  expect(await ask("u", signal, answering("", 422))).toBe("unreadable");
  expect(await ask("u", signal, answering("{}", 200))).toBe("unreadable");
  expect(await ask("u", signal, answering("oops", 500))).toBe("away");
  expect(await ask("u", signal, answering("not json", 200))).toBe("away");
  const whole = JSON.stringify({ kind: "passport", number: "e12345678", photo: "x".repeat(5_000) });
  expect(await ask("u", signal, answering(whole, 200))).toBe("away");
  expect(await ask("u", signal, (() => Promise.reject(new TypeError())) as typeof fetch)).toBe("away");
});
