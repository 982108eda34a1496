import { deflateRawSync } from "node:zlib";
import { expect, test } from "vitest";
import { chosen } from "./packaged.ts";

const LOG = new TextEncoder().encode("{}\n".repeat(1000));
const NAMES = ["M1/data/ballot-log.jsonl", "M1/tagmanifest-sha512.txt"];

interface Made {
  packed?: boolean;
  bytes?: number;
  flags?: number;
}

function zip(names: readonly string[], { packed = true, bytes = LOG.length, flags = 0x800 }: Made = {}): Blob {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  const entries: Uint8Array<ArrayBuffer>[] = [];
  let at = 0;
  for (const each of names) {
    const name = new TextEncoder().encode(each);
    const body = packed ? new Uint8Array(deflateRawSync(LOG)) : LOG;
    const local = new DataView(new ArrayBuffer(30));
    const entry = new DataView(new ArrayBuffer(46));
    local.setUint32(0, 0x04034b50, true);
    entry.setUint32(0, 0x02014b50, true);
    entry.setUint16(8, flags, true);
    entry.setUint16(10, packed ? 8 : 0, true);
    entry.setUint32(20, body.length, true);
    entry.setUint32(24, bytes, true);
    local.setUint16(26, name.length, true);
    entry.setUint16(28, name.length, true);
    entry.setUint32(42, at, true);
    parts.push(new Uint8Array(local.buffer), name, body);
    entries.push(new Uint8Array(entry.buffer), name);
    at += 30 + name.length + body.length;
  }
  const end = new DataView(new ArrayBuffer(22));
  end.setUint32(0, 0x06054b50, true);
  end.setUint16(10, names.length, true);
  end.setUint32(
    12,
    entries.reduce((sum, each) => sum + each.length, 0),
    true,
  );
  end.setUint32(16, at, true);
  return new Blob([...parts, ...entries, new Uint8Array(end.buffer)]);
}

test.each([true, false])("the log of a meeting's package is found and read whole (packed: %s)", async (packed) => {
  const found = await chosen(zip(NAMES, { packed }));
  expect(found.what).toBe("meeting");
  expect("data" in found && new Uint8Array(found.data)).toEqual(LOG);
});

test("a log that is no zip is taken as it is", async () => {
  const found = await chosen(new Blob([LOG]));
  expect(found.what).toBe("log");
});

test.each([
  ["hearing", ["M1/data/events/events.jsonl", "M1/tagmanifest-sha512.txt"]],
  ["strange", ["M1/notes.txt"]],
  ["strange", ["M1/data/ballot-log.jsonl"]],
  ["strange", [...NAMES, "M2/data/ballot-log.jsonl"]],
  ["strange", ["M1/copy/data/ballot-log.jsonl", "M1/tagmanifest-sha512.txt"]],
  ["damaged", [...NAMES, "M1/data/ballot-log.jsonl"]],
])("%s: %s", async (what, names) => {
  expect((await chosen(zip(names))).what).toBe(what);
});

test.each([
  ["more than its directory says", { bytes: LOG.length - 1 }],
  ["less than its directory says", { bytes: LOG.length + 1 }],
  ["more than memory holds", { bytes: 0xfffffffe }],
  ["encrypted", { flags: 1 }],
])("a member with %s is damage", async (_, made) => {
  expect((await chosen(zip(NAMES, made))).what).toBe("damaged");
});

test("a zip that was cut off anywhere is never taken for a whole one", async () => {
  const whole = zip(NAMES);
  for (let to = 22; to < whole.size; to += 7) {
    expect((await chosen(whole.slice(0, to))).what).toBe("damaged");
  }
});
