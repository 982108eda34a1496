import { beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import type { FromCreditor, FromMeeting, Vote } from "../protocol/meeting.ts";
import type { Consistency, Head, LateReceipt, MeetingApi, Receipt } from "../protocol/meetingApi.ts";
import type { Wire } from "../protocol/wire.ts";
import { canonical, type Obj } from "../verify/canonical.ts";
import { keyOf, Meeting } from "./meeting.ts";
import type { Kept, Shelf } from "./meetingShelf.ts";
import { ownChecks } from "./ownChecks.ts";

const hex = (data: ArrayBuffer) => Buffer.from(data).toString("hex");
const sha = async (text: string) => hex(await crypto.subtle.digest("SHA-256", Buffer.from(text, "hex")));

let court: CryptoKeyPair;
let publicKey: string;

beforeAll(async () => {
  court = (await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"])) as CryptoKeyPair;
  publicKey = hex(await crypto.subtle.exportKey("raw", court.publicKey));
});

async function signed<T extends object>(what: T): Promise<T & { signature: string }> {
  const made = await crypto.subtle.sign(
    "Ed25519",
    court.privateKey,
    new TextEncoder().encode(canonical(what as Obj)),
  );
  return { ...what, signature: hex(made) };
}

/** A log whose leaves are told apart by a word, straight from the definition in RFC 9162, 2.1. */
class Log {
  hashes: string[] = [];
  async grow(to: number, word = "leaf"): Promise<this> {
    while (this.hashes.length < to) this.hashes.push(await sha(`00${Buffer.from(word).toString("hex")}`));
    return this;
  }
  async add(leaf: object): Promise<void> {
    this.hashes.push(await ownChecks.leafHash("sha256", leaf));
  }
  async root(from = 0, to = this.hashes.length): Promise<string> {
    if (to - from === 1) return this.hashes[from] ?? "";
    const middle = from + split(to - from);
    return sha(`01${await this.root(from, middle)}${await this.root(middle, to)}`);
  }
  async inclusion(seq: number, from: number, to: number): Promise<string[]> {
    if (to - from === 1) return [];
    const middle = from + split(to - from);
    if (seq < middle) return [...(await this.inclusion(seq, from, middle)), await this.root(middle, to)];
    return [...(await this.inclusion(seq, middle, to)), await this.root(from, middle)];
  }
  async consistency(first: number, from: number, to: number, whole: boolean): Promise<string[]> {
    if (first === to) return whole ? [] : [await this.root(from, to)];
    const middle = from + split(to - from);
    if (first <= middle)
      return [...(await this.consistency(first, from, middle, whole)), await this.root(middle, to)];
    return [...(await this.consistency(first, middle, to, false)), await this.root(from, middle)];
  }
  async head(utc_ms = this.hashes.length, meeting = "M"): Promise<Head> {
    const [root, key] = [await this.root(), await sha(publicKey)];
    return signed({ alg: "sha256", key, meeting, root, size: this.hashes.length, utc_ms });
  }
}

function split(size: number): number {
  return 2 ** Math.floor(Math.log2(size - 1));
}

class Line implements Wire {
  readyState = 1;
  sent: FromCreditor[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: (() => void) | null = null;
  send(data: string): void {
    this.sent.push(JSON.parse(data));
  }
  close(): void {}
  say(message: Partial<FromMeeting> & { type: string }): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
}

const VOTE: Vote = {
  motion: "m1",
  round: 1,
  division: "all",
  creditor: "c1",
  name: "甲",
  amount_fen: 100,
  cast: null,
  seq: null,
};

let log: Log;
let line: Line;
let kept: Kept;
let shelf: Shelf;
let asked: [number, number][];

function visit(): Meeting {
  const api = {
    consistency: async (first: number, second: number): Promise<Consistency> => {
      asked.push([first, second]);
      return { first, second, hashes: await log.consistency(first, 0, second, true) };
    },
  } as MeetingApi;
  const meeting = new Meeting({
    id: "M",
    person: "c1",
    token: "pass",
    api,
    socket: {
      url: "",
      wire: () => {
        line = new Line();
        return line;
      },
    },
    shelf,
    newIdem: () => `idem-${kept.unanswered.length}`,
    pause: async () => undefined,
  });
  meeting.start();
  enter([VOTE]);
  return meeting;
}

function enter(votes: readonly Vote[], court_key = publicKey): void {
  line.say({ type: "entered", beat_interval_ms: 60_000, utc_ms: 1_000, court_key, mine: { votes } } as never);
}

const casts = () => line.sent.filter((message) => message.type === "cast");
const until = (check: () => void) => vi.waitFor(check, { timeout: 5_000, interval: 5 });

async function receiptFor(change: object = {}): Promise<Receipt> {
  const { name: _, cast: _cast, ...vote } = VOTE;
  const leaf = { kind: "ballot", meeting: "M", ...vote, choice: "agree", idem: "idem-0", seq: 0, ...change };
  await log.add(leaf);
  return { head: await log.head(), leaf } as unknown as Receipt;
}

beforeEach(() => {
  log = new Log();
  kept = { key: "", head: null, receipts: [], lates: [], unanswered: [] };
  asked = [];
  shelf = {
    load: () => kept,
    save: (now) => {
      kept = structuredClone(now);
      return true;
    },
  };
});

describe("a ballot", () => {
  test("is kept until it is answered, goes out again after a reload as the same, and its receipt stays", async () => {
    const before = visit();
    before.cast([VOTE], "agree");
    expect(kept.unanswered.map(({ idem }) => idem)).toEqual(["idem-0"]);
    before.stop();
    const after = visit();
    const [sent] = casts();
    expect(sent).toMatchObject({ idem: "idem-0", choice: "agree", creditor: "c1" });
    const receipt = await receiptFor();
    line.say({ type: "receipt", re: (sent as { re: string }).re, receipt } as never);
    await until(() => expect(kept).toMatchObject({ unanswered: [], receipts: [receipt] }));
    expect(after.standing(VOTE)).toEqual({ choice: "agree", seq: 0 });
    expect(after.watch.trust.value.at).toBe("nothing");
  });

  test("a second tap makes no second ballot", () => {
    const meeting = visit();
    meeting.cast([VOTE], "agree");
    meeting.cast([VOTE], "against");
    expect(casts()).toHaveLength(1);
    expect(meeting.sending.value.get(keyOf(VOTE))).toMatchObject({ at: "sending", choice: "agree", times: 1 });
  });

  test("that came too late leaves the signed word of it", async () => {
    const meeting = visit();
    meeting.cast([VOTE], "agree");
    const [sent] = casts();
    const late = (await signed({ late: true, key: await sha(publicKey), meeting: "M" })) as unknown as LateReceipt;
    line.say({
      type: "not_cast",
      re: (sent as { re: string }).re,
      code: "late",
      zh: "",
      en: "",
      retry_after_ms: null,
      late,
      standing: null,
    });
    await until(() => expect(kept).toMatchObject({ unanswered: [], lates: [late] }));
    expect(meeting.sending.value.get(keyOf(VOTE))).toMatchObject({ at: "refused" });
    expect(meeting.watch.trust.value.at).toBe("nothing");
  });

  test.each([
    ["receipt-unlike", async () => receiptFor({ choice: "against" })],
    [
      "receipt-signature",
      async () => {
        const { head, leaf } = await receiptFor();
        return { head: { ...head, size: 7 }, leaf };
      },
    ],
  ])("whose receipt is not what was sent or not signed is said loudly: %s", async (failure, make) => {
    const meeting = visit();
    meeting.cast([VOTE], "agree");
    line.say({ type: "receipt", re: (casts()[0] as { re: string }).re, receipt: await make() } as never);
    await until(() => expect(meeting.watch.trust.value).toMatchObject({ at: "failed", breach: { failure } }));
  });

  test("another choice under the receipt's place is said loudly", async () => {
    kept.receipts = [await receiptFor()];
    const meeting = visit();
    line.say({ type: "mine", mine: { votes: [{ ...VOTE, cast: "against", seq: 0 }] } } as never);
    expect(meeting.watch.trust.value).toMatchObject({ at: "failed", breach: { failure: "standing-unlike" } });
  });
});

describe("tree heads", () => {
  test("each is compared with the one before, over a reload too", async () => {
    const first = visit();
    line.say({ type: "head", head: await (await log.grow(3)).head() });
    await until(() => expect(first.watch.trust.value).toMatchObject({ at: "checked", compared: false }));
    first.stop();
    const second = visit();
    line.say({ type: "head", head: await (await log.grow(11)).head() });
    const checked = { at: "checked", compared: true, head: { size: 11 } };
    await until(() => expect(second.watch.trust.value).toMatchObject(checked));
    expect(asked).toEqual([[3, 11]]);
  });

  test.each([
    ["signature", async () => ({ ...(await log.head()), root: "00".repeat(32) })],
    [
      "rewritten",
      async () => {
        log = await new Log().grow(9, "other");
        return log.head();
      },
    ],
    ["shorter", async () => (await new Log().grow(2)).head(99)],
    ["other-meeting", async () => log.head(99, "N")],
  ])("one that cannot be true is said loudly: %s", async (failure, make) => {
    const { trust } = visit().watch;
    line.say({ type: "head", head: await (await log.grow(5)).head() });
    await until(() => expect(trust.value).toMatchObject({ at: "checked" }));
    line.say({ type: "head", head: (await make()) as Head });
    await until(() => expect(trust.value).toMatchObject({ at: "failed", breach: { failure } }));
    // What failed once stays failed.
    line.say({ type: "entered", beat_interval_ms: 1, utc_ms: 1, court_key: publicKey, mine: { votes: [] } } as never);
    expect(trust.value.at).toBe("failed");
  });

  test("another key than at the first visit is said loudly", () => {
    kept.key = "11".repeat(32);
    expect(visit().watch.trust.value).toMatchObject({ at: "failed", breach: { failure: "other-key" } });
  });
});

test("inclusion and consistency hold for every size up to 9, and for no other leaf, place or root", async () => {
  await log.grow(9);
  log.hashes = await Promise.all(log.hashes.map((_, i) => sha(`00${i.toString(16).padStart(2, "0")}`)));
  for (let size = 1; size <= 9; size++) {
    const root = await log.root(0, size);
    for (let seq = 0; seq < size; seq++) {
      const proof = { seq, size, hashes: await log.inclusion(seq, 0, size) };
      expect(await ownChecks.includes("sha256", log.hashes[seq] ?? "", proof, root)).toBe(true);
      expect(await ownChecks.includes("sha256", log.hashes[(seq + 1) % 9] ?? "", proof, root)).toBe(false);
      const before = await log.root(0, seq + 1);
      const growth = { first: seq + 1, second: size, hashes: await log.consistency(seq + 1, 0, size, true) };
      expect(await ownChecks.consistent("sha256", before, growth, root)).toBe(true);
      expect(await ownChecks.consistent("sha256", "00".repeat(32), growth, root)).toBe(false);
    }
  }
});
