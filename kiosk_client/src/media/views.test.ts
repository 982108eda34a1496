import { describe, expect, test } from "vitest";
import { APART_MS, largest, QUIET_MS, ViewBook } from "./views.ts";

const size = (width: number, height: number) => ({ width, height });
const OFF = size(0, 0);
const shown = (sizes: Record<string, { width: number; height: number }>) => new Map(Object.entries(sizes));
const tile = (publication: string, width: number, height: number) => ({ publication, width, height });

function told(sizes: Record<string, { width: number; height: number }>, at_ms = 0): ViewBook {
  const book = new ViewBook();
  book.show(shown(sizes), at_ms);
  book.take(at_ms + QUIET_MS);
  return book;
}

describe("when tiles are told", () => {
  test("one that appears at once, with the whole list", () => {
    const book = told({ a: OFF, b: size(160, 90) });
    book.show(shown({ a: size(640, 360), b: size(160, 90) }), 10_000);
    expect(book.take(10_000)).toEqual([tile("a", 640, 360), tile("b", 160, 90)]);
  });

  test("another size after a quiet moment, however often it changes meanwhile", () => {
    const book = told({ a: size(640, 360) });
    for (let at = 10_000; at < 10_000 + QUIET_MS; at += 50) {
      book.show(shown({ a: size(600 - (at - 10_000), 300) }), at);
      expect(book.take(at)).toBeNull();
    }
    expect(book.take(10_000 + QUIET_MS)).toEqual([tile("a", 400, 300)]);
  });

  test("one that goes off the screen after a quiet moment, as not shown", () => {
    const book = told({ a: size(640, 360) });
    book.show(shown({ a: OFF }), 10_000);
    expect(book.take(10_000)).toBeNull();
    expect(book.take(10_000 + QUIET_MS)).toEqual([tile("a", 0, 0)]);
  });

  test("nothing when it is as it was, also when it went and came back in the moment", () => {
    const book = told({ a: size(640, 360) });
    book.show(shown({ a: OFF }), 10_000);
    book.show(shown({ a: size(640, 360) }), 10_100);
    expect(book.due_ms).toBeNull();
    expect(book.take(20_000)).toBeNull();
  });

  test("a strip pushed along tells tile after tile, but not faster than it may", () => {
    const book = new ViewBook();
    let frames = 0;
    for (let at = 0; at < 1_000; at += 10) {
      book.show(shown(Object.fromEntries(Array.from({ length: at / 10 }, (_, n) => [`p${n}`, size(100, 60)]))), at);
      if (book.take(at)) frames++;
    }
    expect(frames).toBeGreaterThan(10);
    expect(frames).toBeLessThanOrEqual(1_000 / APART_MS + 1);
  });

  test("all again to a server that may have forgotten", () => {
    const book = told({ a: size(640, 360), b: OFF });
    book.forget(10_000);
    expect(book.take(10_000)).toHaveLength(2);
  });

  test("a track that ended and came again is new", () => {
    const book = told({ a: size(640, 360) });
    book.show(shown({}), 10_000);
    book.show(shown({ a: size(640, 360) }), 11_000);
    expect(book.take(11_000)).toEqual([tile("a", 640, 360)]);
  });

  test("no more than the server takes", () => {
    const book = new ViewBook();
    book.show(shown(Object.fromEntries(Array.from({ length: 400 }, (_, n) => [`p${n}`, size(9, 9)]))), 0);
    expect(book.take(0)).toHaveLength(256);
  });
});

describe("size of a track", () => {
  test("the largest of its tiles, in whole device pixels", () => {
    expect(largest([size(160, 90), size(333.4, 200), size(10, 10)], 3)).toEqual(size(1000, 600));
  });

  test("nothing where it is not shown", () => {
    expect(largest([], 2)).toEqual(OFF);
    expect(largest([size(0, 90)], 2)).toEqual(OFF);
  });

  test("never beyond what the protocol carries", () => {
    expect(largest([size(12_000, 9_000)], 4)).toEqual(size(16_384, 16_384));
  });
});
