import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ApiError } from "./api.ts";
import type { FromPage, FromServer, HearingView } from "./messages.ts";
import { HearingSocket, type LinkState, type Resume, retryDelay, type SocketOptions } from "./socket.ts";
import type { Wire } from "./wire.ts";

/** The server's end of one connection, played by hand. */
class Line implements Wire {
  readyState = 0;
  sent: FromPage[] = [];
  closed = false;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: (() => void) | null = null;
  send(data: string): void {
    this.sent.push(JSON.parse(data));
  }
  close(): void {
    this.closed = true;
    this.readyState = 3;
  }
  open(): void {
    this.readyState = 1;
    this.onopen?.();
  }
  say(message: Partial<FromServer> & { type: string }): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
  cut(): void {
    this.readyState = 3;
    this.onclose?.();
  }
  of<T extends FromPage["type"]>(type: T): Extract<FromPage, { type: T }>[] {
    return this.sent.filter((m): m is Extract<FromPage, { type: T }> => m.type === type);
  }
}

const hearing = { people: [] } as unknown as HearingView;

function welcome(seq: number, resumed = false) {
  return { type: "welcome", seq, resumed, credential: "cred", ping_interval_ms: 5_000, hearing } as never;
}

function update(seq: number) {
  return { type: "update", seq, event: null, hearing } as never;
}

let lines: Line[];
let links: LinkState[];
let seen: FromServer[];
let kept: (Resume | null)[];
let tickets: number;

function make(over: Partial<SocketOptions> = {}): HearingSocket {
  return new HearingSocket({
    url: "wss://court/ws",
    ticket: async () => `ticket-${++tickets}`,
    language: () => "zh-CN",
    onMessage: (message) => seen.push(message),
    onLink: (link) => links.push(link),
    onResume: (resume) => kept.push(resume),
    wire: () => {
      const line = new Line();
      lines.push(line);
      return line;
    },
    now: () => Date.now(),
    random: () => 0.5,
    ...over,
  });
}

const line = (index = lines.length - 1): Line => {
  const found = lines[index];
  if (!found) throw new Error(`no connection ${index}`);
  return found;
};
const settle = () => vi.advanceTimersByTimeAsync(0);

async function opened(over: Partial<SocketOptions> = {}, seq = 7): Promise<HearingSocket> {
  const socket = make(over);
  socket.start();
  await settle();
  line().open();
  line().say(welcome(seq));
  return socket;
}

beforeEach(() => {
  vi.useFakeTimers();
  [lines, links, seen, kept, tickets] = [[], [], [], [], 0];
});
afterEach(() => vi.useRealTimers());

describe("opening", () => {
  test("says hello with a fresh ticket and nothing before it", async () => {
    await opened();
    expect(line().sent[0]).toEqual({ type: "hello", version: 1, language: "zh-CN", ticket: "ticket-1" });
    expect(links.at(-1)).toEqual({ at: "open" });
  });

  test("a ticket refused for good ends with the server's reason", async () => {
    make({
      ticket: () => Promise.reject(new ApiError("invitation-revoked", 403, "邀请已撤销", "Invitation revoked")),
    }).start();
    await settle();
    expect(links.at(-1)).toEqual({
      at: "ended",
      code: "invitation-revoked",
      zh: "邀请已撤销",
      en: "Invitation revoked",
    });
    expect(lines).toHaveLength(0);
  });

  test("an unreachable server is tried again", async () => {
    make({ ticket: () => Promise.reject(new ApiError("offline", 0, "x", "x")) }).start();
    await settle();
    expect(links.at(-1)?.at).toBe("waiting");
    await vi.advanceTimersByTimeAsync(300);
    expect(links.at(-1)).toMatchObject({ at: "waiting", attempt: 2 });
  });

  test("a page that was reloaded resumes without a ticket", async () => {
    make({ resume: { credential: "old", last_seq: 41 } }).start();
    await settle();
    line().open();
    expect(line().sent[0]).toMatchObject({ type: "hello", credential: "old", last_seq: 41 });
    expect(tickets).toBe(0);
  });

  test("a stale credential is given up for a ticket", async () => {
    make({ resume: { credential: "old", last_seq: 41 } }).start();
    await settle();
    line().open();
    line().say({ type: "error", re: null, code: "bad-credential", zh: "", en: "" } as never);
    await vi.advanceTimersByTimeAsync(1_000);
    line().open();
    expect(line().sent[0]).toMatchObject({ ticket: "ticket-1" });
    expect(kept).toContain(null);
  });
});

describe("resume", () => {
  test("comes back with credential and last seq; missed updates arrive once, in order", async () => {
    await opened();
    line().say(update(8));
    line().cut();
    await vi.advanceTimersByTimeAsync(1_000);
    line().open();
    expect(line().sent[0]).toMatchObject({ type: "hello", credential: "cred", last_seq: 8 });
    line().say(welcome(10, true));
    for (const seq of [8, 9, 10, 10, 11]) line().say(update(seq));
    expect(seen.filter((m) => m.type === "update").map((m) => m.seq)).toEqual([8, 9, 10, 11]);
    expect(kept.at(-1)).toEqual({ credential: "cred", last_seq: 11 });
  });

  test("a hole in the sequence is not shown but resumed over", async () => {
    await opened();
    line().say(update(9));
    expect(seen.some((m) => m.type === "update")).toBe(false);
    await vi.advanceTimersByTimeAsync(1_000);
    line().open();
    expect(line().sent[0]).toMatchObject({ last_seq: 7 });
  });

  test("a command under way is sent again under its own re and answered once", async () => {
    const socket = await opened();
    const done = socket.do({ do: "hand", raised: true });
    const first = line().of("do")[0];
    line().cut();
    await vi.advanceTimersByTimeAsync(1_000);
    line().open();
    expect(line().of("do")).toHaveLength(0);
    line().say(welcome(7, true));
    expect(line().of("do")).toEqual([first]);
    line().say({ type: "done", re: first?.re, seq: 8 } as never);
    await expect(done).resolves.toMatchObject({ seq: 8 });
  });

  test("an offer under way is refused, because its description died with the connection", async () => {
    const socket = await opened();
    const answer = socket.offer("send", "v=0", {});
    const refused = expect(answer).rejects.toMatchObject({ code: "connection-lost" });
    line().cut();
    await refused;
  });

  test("an attempt that hangs on the old network is given up when the network is back", async () => {
    const socket = await opened();
    line().cut();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(lines).toHaveLength(2);
    socket.probe();
    await settle();
    expect(lines[1]?.closed).toBe(true);
    expect(lines).toHaveLength(3);
    line().open();
    expect(line().sent[0]).toMatchObject({ type: "hello", credential: "cred" });
  });

  test("leave: reconnect takes a new ticket, end never comes back", async () => {
    await opened();
    line().say({ type: "leave", action: "reconnect", code: "moved", zh: "", en: "" } as never);
    await vi.advanceTimersByTimeAsync(1_000);
    line().open();
    expect(line().sent[0]).toMatchObject({ ticket: "ticket-2" });
    line().say(welcome(7));
    line().say({ type: "leave", action: "end", code: "removed", zh: "您已被请出", en: "Removed" } as never);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(lines).toHaveLength(2);
    expect(links.at(-1)).toMatchObject({ at: "ended", code: "removed" });
  });
});

describe("heartbeat and requests", () => {
  test("pings at the interval asked for, and a silent line is taken for lost", async () => {
    await opened();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(line().of("ping")).toHaveLength(3);
    await vi.advanceTimersByTimeAsync(6_000);
    expect(lines[0]?.closed).toBe(true);
    expect(lines.length).toBeGreaterThan(1);
  });

  test("what is asked in answer to the welcome is sent once", async () => {
    let socket: HearingSocket | null = null;
    const onMessage = (message: FromServer) => {
      if (message.type === "welcome") socket?.do({ do: "help" }).catch(() => undefined);
    };
    socket = make({ onMessage });
    const before = socket.do({ do: "hand", raised: true });
    socket.start();
    await settle();
    line().open();
    line().say(welcome(7));
    expect(
      line()
        .of("do")
        .map((sent) => sent.command.do)
        .sort(),
    ).toEqual(["hand", "help"]);
    const gone = expect(before).rejects.toMatchObject({ code: "connection-lost" });
    socket.stop();
    await gone;
  });

  test("a refusal reaches the one who asked, in both languages", async () => {
    const socket = await opened();
    const done = socket.do({ do: "mute", participant: "me", muted: false });
    line().say({
      type: "error",
      re: line().of("do")[0]?.re,
      code: "mute-locked",
      zh: "已锁定",
      en: "Locked",
    } as never);
    await expect(done).rejects.toMatchObject({ code: "mute-locked", zh: "已锁定", english: "Locked" });
  });

  test("requests wait for the connection only up to a bound", async () => {
    const socket = make();
    const asked = Array.from({ length: 65 }, () => socket.do({ do: "help" }));
    await expect(asked[64]).rejects.toMatchObject({ code: "too-many-waiting" });
    const rest = Promise.allSettled(asked);
    socket.stop();
    expect((await rest).every((result) => result.status === "rejected")).toBe(true);
  });

  test("the delay doubles to a bound and is spread by half", () => {
    expect([1, 2, 3, 20].map((attempt) => retryDelay(attempt, () => 1))).toEqual([250, 500, 1_000, 8_000]);
    expect(retryDelay(3, () => 0)).toBe(500);
  });
});
