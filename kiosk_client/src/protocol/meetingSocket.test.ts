import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { FromCreditor, FromMeeting } from "./meeting.ts";
import { type Ballot, jitter, type MeetingLink, type MeetingRefusal, MeetingSocket } from "./meetingSocket.ts";
import type { Wire } from "./wire.ts";

/** The server's end of one connection, played by hand. */
class Line implements Wire {
  readyState = 0;
  sent: FromCreditor[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: (() => void) | null = null;
  send(data: string): void {
    this.sent.push(JSON.parse(data));
  }
  close(): void {
    this.readyState = 3;
  }
  enter(): void {
    this.readyState = 1;
    this.onopen?.();
    this.say({ type: "entered", beat_interval_ms: 5_000 });
  }
  say(message: Partial<FromMeeting> & { type: string }): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
  cut(): void {
    this.readyState = 3;
    this.onclose?.();
  }
  of<T extends FromCreditor["type"]>(type: T): Extract<FromCreditor, { type: T }>[] {
    return this.sent.filter((m): m is Extract<FromCreditor, { type: T }> => m.type === type);
  }
}

const BALLOT: Ballot = { motion: "m1", round: 1, division: "all", choice: "agree", idem: "i-1", creditor: "c1" };

let lines: Line[];
let links: MeetingLink[];
let tries: number[];
let random: number;

function make(post?: (ballot: Ballot) => Promise<never>): MeetingSocket {
  return new MeetingSocket({
    post,
    url: "wss://court/meetings/x/ws",
    token: "pass",
    onMessage: () => undefined,
    onLink: (link) => links.push(link),
    onTry: (_, times) => tries.push(times),
    wire: () => {
      lines.push(new Line());
      return last();
    },
    random: () => random,
  });
}

function last(): Line {
  const line = lines.at(-1);
  if (!line) throw new Error("no connection");
  return line;
}

beforeEach(() => {
  vi.useFakeTimers();
  [lines, links, tries, random] = [[], [], [], 1];
});
afterEach(() => vi.useRealTimers());

describe("a ballot", () => {
  test("goes out once the page has entered, and its receipt settles it", async () => {
    const socket = make();
    socket.start();
    const cast = socket.cast(BALLOT);
    expect(last().sent).toEqual([]);
    last().enter();
    expect(last().of("enter")).toEqual([{ type: "enter", version: 1, token: "pass" }]);
    const [sent] = last().of("cast");
    expect(sent).toMatchObject(BALLOT);
    last().say({ type: "receipt", re: sent?.re, receipt: { leaf: {} } } as never);
    expect(await cast).toEqual({ leaf: {} });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(lines.flatMap((line) => line.of("cast"))).toHaveLength(1);
  });

  test("is sent again with the same idem over a lost connection, and never after its answer", async () => {
    const socket = make();
    socket.start();
    last().enter();
    const cast = socket.cast(BALLOT);
    last().cut();
    await vi.advanceTimersByTimeAsync(1_000);
    last().enter();
    const sent = lines.flatMap((line) => line.of("cast"));
    expect(sent.map((one) => one.idem)).toEqual(["i-1", "i-1"]);
    expect(tries).toEqual([1, 2]);
    last().say({ type: "receipt", re: sent[1]?.re, receipt: 1 } as never);
    await cast;
    last().cut();
    await vi.advanceTimersByTimeAsync(2_000);
    last().enter();
    expect(last().of("cast")).toEqual([]);
  });

  test("without an answer goes out again on the same connection", async () => {
    const socket = make();
    socket.start();
    last().enter();
    void socket.cast(BALLOT);
    for (let i = 0; i < 3; i++) {
      await vi.advanceTimersByTimeAsync(4_000);
      last().say({ type: "beat_back", sent_ms: 0, utc_ms: 0 });
    }
    expect(last().of("cast")).toHaveLength(2);
  });

  test("waits as long as a busy server asks, then goes out with the same idem", async () => {
    const socket = make();
    socket.start();
    last().enter();
    random = 0;
    const cast = socket.cast(BALLOT);
    const [first] = last().of("cast");
    last().say({ type: "not_cast", re: first?.re, code: "busy", retry_after_ms: 3_000 } as never);
    await vi.advanceTimersByTimeAsync(2_999);
    expect(last().of("cast")).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(
      last()
        .of("cast")
        .map((one) => one.idem),
    ).toEqual(["i-1", "i-1"]);
    last().say({ type: "receipt", re: first?.re, receipt: 2 } as never);
    expect(await cast).toBe(2);
  });

  test("that is refused for good carries the late receipt", async () => {
    const socket = make();
    socket.start();
    last().enter();
    const cast = socket.cast(BALLOT).catch((cause: MeetingRefusal) => cause);
    const [sent] = last().of("cast");
    const late = { late: true };
    last().say({ type: "not_cast", re: sent?.re, code: "late", retry_after_ms: null, late, standing: null } as never);
    expect(await cast).toMatchObject({ code: "late", late });
  });
});

describe("the connection", () => {
  test("that brings nothing after a ballot is given up, and the ballot goes out on the next", async () => {
    const socket = make();
    socket.start();
    last().enter();
    void socket.cast(BALLOT);
    await vi.advanceTimersByTimeAsync(11_000);
    expect(lines).toHaveLength(2);
    last().enter();
    expect(last().of("cast")).toMatchObject([{ idem: "i-1" }]);
  });

  test("is proved when the device wakes up", async () => {
    const socket = make();
    socket.start();
    last().enter();
    await vi.advanceTimersByTimeAsync(100);
    socket.probe();
    await vi.advanceTimersByTimeAsync(3_000);
    expect(links.at(-1)).toMatchObject({ at: "waiting" });
  });

  test("comes back at a random moment within what the farewell asks", async () => {
    const socket = make();
    socket.start();
    last().enter();
    random = 0.5;
    last().say({ type: "farewell", action: "enter", code: "restart", zh: "", en: "", retry_after_ms: 30_000 });
    await vi.advanceTimersByTimeAsync(14_999);
    expect(lines).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(lines).toHaveLength(2);
  });

  test("spreads out over longer bounds with each attempt", () => {
    expect([1, 2, 3, 9].map((attempt) => jitter(attempt, () => 1))).toEqual([1_000, 2_000, 4_000, 30_000]);
    expect(jitter(9, () => 0)).toBe(0);
  });

  test("that the server ends asks for a new sign-in and leaves ballots to whoever signs in", async () => {
    const socket = make();
    socket.start();
    last().enter();
    const cast = socket.cast(BALLOT).catch((cause: MeetingRefusal) => cause.code);
    last().say({ type: "farewell", action: "sign_in", code: "over", zh: "请", en: "", retry_after_ms: 0 });
    expect(await cast).toBe("connection-lost");
    expect(links.at(-1)).toMatchObject({ at: "ended", action: "sign_in" });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(lines).toHaveLength(1);
  });

  test("that says nothing for two and a half beats is given up", async () => {
    const socket = make();
    socket.start();
    last().enter();
    await vi.advanceTimersByTimeAsync(15_000);
    expect(links.at(-1)).toMatchObject({ at: "waiting", attempt: 1 });
    expect(last().of("beat").length).toBeGreaterThan(1);
  });

  test("a question that was under way is not repeated", async () => {
    const socket = make();
    socket.start();
    last().enter();
    const asked = socket.do({ type: "ask_question", text: "?" }).catch((cause: MeetingRefusal) => cause.code);
    const floor = socket.do({ type: "ask_floor" });
    last().cut();
    expect(await asked).toBe("connection-lost");
    await vi.advanceTimersByTimeAsync(1_000);
    last().enter();
    expect(last().of("ask_question")).toEqual([]);
    last().say({ type: "did", re: last().of("ask_floor")[0]?.re } as never);
    expect(await floor).toBeNull();
  });
});

describe("where no connection opens", () => {
  const refusal = { type: "not_cast", re: "", code: "late", zh: "", en: "", late: { late: true }, standing: null };

  /** Two connections that fail before anything was said. */
  async function shut(times: number): Promise<void> {
    random = 0;
    for (let attempt = 1; attempt <= times; attempt++) {
      last().cut();
      await vi.advanceTimersByTimeAsync(0);
    }
  }

  test("a ballot goes by HTTPS, one at a time, until there is an answer", async () => {
    const answers: { give: (told: unknown) => void; fail: () => void }[] = [];
    const posted: string[] = [];
    const socket = make((ballot) => {
      posted.push(ballot.idem);
      return new Promise((give, fail) => answers.push({ give: give as never, fail }));
    });
    socket.start();
    const cast = socket.cast(BALLOT);
    await shut(1);
    expect(posted).toEqual([]);
    await shut(2);
    expect(posted).toEqual(["i-1"]);
    answers[0]?.fail();
    await vi.advanceTimersByTimeAsync(0);
    await shut(1);
    expect(posted).toEqual(["i-1", "i-1"]);
    answers[1]?.give({ receipt: "r" });
    expect(await cast).toBe("r");
  });

  test("a later ballot goes at once, and is refused in words; busy is asked again", async () => {
    const told: unknown[] = [
      { ...refusal, code: "busy", retry_after_ms: 2_000 },
      { ...refusal, retry_after_ms: null },
    ];
    const socket = make(async () => told.shift() as never);
    socket.start();
    await shut(2);
    const cast = socket.cast(BALLOT).catch((cause: MeetingRefusal) => [cause.code, cause.late]);
    await vi.advanceTimersByTimeAsync(0);
    expect(told).toHaveLength(1);
    await shut(1);
    expect(await cast).toEqual(["late", { late: true }]);
  });
});
