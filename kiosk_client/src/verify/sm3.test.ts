import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import { bytesOf, canonical, parseObject } from "./canonical.ts";
import { sm3 } from "./sm3.ts";
import { hashOf, hex, Tree } from "./tree.ts";

it("gives the vectors of GB/T 32905-2016", () => {
  expect(hex(sm3(bytesOf("abc")))).toBe("66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0");
  expect(hex(sm3(bytesOf("abcd".repeat(16))))).toBe(
    "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732",
  );
});

it("gives what OpenSSL gives, at every length around the edges of a block", () => {
  for (let length = 0; length < 200; length++) {
    const data = Uint8Array.from({ length }, (_, i) => (i * 7 + length) % 256);
    expect(hex(sm3(data))).toBe(createHash("sm3").update(data).digest("hex"));
  }
});

it("grows the tree of RFC 9162", () => {
  const tree = new Tree(hashOf("sha256"));
  expect(tree.root()).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  const hash = (data: Uint8Array) => new Uint8Array(createHash("sha256").update(data).digest());
  const leaves = [0, 1, 2].map((leaf) => hash(Uint8Array.of(0, leaf)));
  for (const leaf of leaves) tree.append(leaf);
  const node = (a: Uint8Array, b: Uint8Array) => hash(Uint8Array.of(1, ...a, ...b));
  const [a, b, c] = leaves as [Uint8Array, Uint8Array, Uint8Array];
  expect(tree.root()).toBe(hex(node(node(a, b), c)));
});

it("takes canonical JSON and nothing else", () => {
  expect(parseObject(bytesOf('{"a":1,"b":["é\\n"]}'))).toEqual({ a: 1, b: ["é\n"] });
  const others = [
    '{"b":1,"a":1}',
    '{"a": 1}',
    '{"a":1.0}',
    '{"a":-0}',
    '{"a":1e3}',
    '{"a":1,"a":1}',
    "[]",
    '{"a":"\\u00e9"}',
  ];
  for (const text of [...others, '{"a":9007199254740993}', '{"a":"\\ud800"}', '\ufeff{"a":1}', '{"a":1}\r', "{"]) {
    expect(parseObject(bytesOf(text)), text).toBeNull();
  }
  expect(parseObject(Uint8Array.of(0x7b, 0xff, 0x7d))).toBeNull();
  expect(() => canonical(0.5)).toThrow(RangeError);
});
