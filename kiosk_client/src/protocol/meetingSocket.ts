import {
  type AskFloorMessage,
  type AskQuestionMessage,
  type CastMessage,
  type FarewellMessage,
  type FromCreditor,
  type FromMeeting,
  type HaveReadMessage,
  type LeaveQueueMessage,
  MEETING_PROTOCOL_VERSION,
  type NotCastMessage,
} from "./meeting.ts";
import type { Wire } from "./wire.ts";

export type MeetingLink =
  | { at: "idle" }
  | { at: "connecting"; attempt: number }
  | { at: "open" }
  | { at: "waiting"; attempt: number; retry_at_ms: number }
  | { at: "ended"; action: FarewellMessage["action"]; code: string; zh: string; en: string };

/** A ballot as the page keeps it until there is an answer; the same `idem` is the same ballot. */
export type Ballot = Omit<CastMessage, "type" | "re"> & { readonly division: string; readonly creditor: string };

/** A request that was refused for good, or `connection-lost`. Of a ballot also what came with the refusal. */
export class MeetingRefusal extends Error {
  constructor(
    readonly code: string,
    readonly zh: string,
    readonly english: string,
    readonly incident: string | null = null,
    readonly late: unknown = null,
    readonly standing: unknown = null,
  ) {
    super(zh);
    this.name = "MeetingRefusal";
  }
}

export interface MeetingSocketOptions {
  url: string;
  token: string;
  onMessage: (message: FromMeeting, received_ms: number) => void;
  onLink: (link: MeetingLink) => void;
  /** Told each time a ballot goes out; from 1. */
  onTry?: (ballot: Ballot, times: number) => void;
  /** Sends a ballot by HTTPS where no connection opens. Rejects when there was no answer either. */
  post?: (ballot: Ballot) => Promise<{ receipt: unknown } | NotCastMessage>;
  wire?: (url: string) => Wire;
  now?: () => number;
  random?: () => number;
}

type Plain = AskFloorMessage | LeaveQueueMessage | AskQuestionMessage | HaveReadMessage;
type Body = Plain extends infer T ? (T extends Plain ? Omit<T, "re"> : never) : never;

interface Asked {
  message: Plain | CastMessage;
  /** Of a ballot. */
  ballot: Ballot | null;
  times: number;
  timer: ReturnType<typeof setTimeout> | null;
  resolve: (receipt: unknown) => void;
  reject: (reason: MeetingRefusal) => void;
}

const OPEN = 1;
const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 30_000;
const ENTER_WITHIN_MS = 8_000;
const PROVE_WITHIN_MS = 3_000;
/** A ballot without an answer for so long goes out again, on the same connection. */
const ANSWER_WITHIN_MS = 10_000;
/** Connections that have to fail one after the other before a ballot goes by HTTPS. */
const POST_AFTER = 2;

/** Wait before attempt `attempt` (from 1): anywhere up to a bound that doubles, since thousands are cut off at once. */
export function jitter(attempt: number, random: () => number): number {
  return Math.round(Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** (attempt - 1)) * random());
}

/**
 * A creditor's one connection to the meeting. Reconnects by itself; a ballot is sent until there is a receipt or a
 * refusal that is final, over as many connections as it takes, always with the same `idem`. What is idempotent is
 * repeated after a reconnect too; a question is not, and is refused as `connection-lost`.
 */
export class MeetingSocket {
  private wire: Wire | null = null;
  private attempt = 0;
  private entered = false;
  private stopped = false;
  private heard_ms = 0;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private beat: ReturnType<typeof setInterval> | null = null;
  private counter = 0;
  private readonly asked = new Map<string, Asked>();
  /** Ballots on their way by HTTPS, by `re`. */
  private readonly posting = new Set<string>();
  private readonly now: () => number;
  private readonly random: () => number;

  constructor(private readonly options: MeetingSocketOptions) {
    this.now = options.now ?? (() => performance.now());
    this.random = options.random ?? Math.random;
  }

  /** Opens the connection; calling it again while it runs does nothing. */
  start(): void {
    if (!this.wire && !this.timer && !this.stopped) this.connect();
  }

  /** Closes for good; what has no answer yet is refused as `connection-lost`. */
  stop(): void {
    this.stopped = true;
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    this.dropWire();
    for (const re of [...this.asked.keys()]) this.settle(re)?.reject(lost());
  }

  /** Tries at once instead of waiting, e.g. when the device is online again or the person asks. */
  retryNow(): void {
    if (this.stopped || this.wire || !this.timer) return;
    clearTimeout(this.timer);
    this.connect();
  }

  /** The device has woken up or its network has changed: prove the connection now, not when beats stay out. */
  probe(): void {
    const { wire } = this;
    if (!wire) return this.retryNow();
    const asked_ms = this.now();
    this.sendBeat();
    setTimeout(() => {
      if (this.wire === wire && this.heard_ms < asked_ms) this.lost();
    }, PROVE_WITHIN_MS);
  }

  /** Sends a ballot until it is answered. Resolves with the receipt; rejects with what refused it for good. */
  cast(ballot: Ballot): Promise<unknown> {
    const re = this.nextRe();
    return this.ask({ ...ballot, type: "cast", re }, ballot);
  }

  /** Asks for anything else. */
  do(body: Body): Promise<unknown> {
    return this.ask({ ...body, re: this.nextRe() } as Plain, null);
  }

  private nextRe(): string {
    this.counter += 1;
    return `p${this.counter}`;
  }

  private ask(message: Plain | CastMessage, ballot: Ballot | null): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.stopped) return reject(lost());
      const asked: Asked = { message, ballot, times: 0, timer: null, resolve, reject };
      this.asked.set(message.re, asked);
      if (this.entered) this.send(asked);
      else if (this.attempt >= POST_AFTER) void this.post(message.re);
    });
  }

  private send(asked: Asked): void {
    if (asked.timer) clearTimeout(asked.timer);
    asked.timer = null;
    asked.times += 1;
    this.transmit(asked.message);
    const { ballot } = asked;
    if (!ballot) return;
    this.options.onTry?.(ballot, asked.times);
    const sent_ms = this.now();
    asked.timer = setTimeout(() => {
      // A connection that brought nothing since is dead, whatever the browser thinks of it.
      if (this.heard_ms <= sent_ms) this.lost();
      else if (this.entered) this.send(asked);
    }, ANSWER_WITHIN_MS);
  }

  private transmit(message: FromCreditor): void {
    if (this.wire?.readyState === OPEN) this.wire.send(JSON.stringify(message));
  }

  private connect(): void {
    this.timer = null;
    this.options.onLink({ at: "connecting", attempt: this.attempt });
    const wire = (this.options.wire ?? ((url: string) => new WebSocket(url) as Wire))(this.options.url);
    this.wire = wire;
    this.heard_ms = this.now();
    wire.onopen = () =>
      this.transmit({ type: "enter", version: MEETING_PROTOCOL_VERSION, token: this.options.token });
    wire.onmessage = (event) => {
      if (this.wire === wire && typeof event.data === "string") this.receive(event.data);
    };
    wire.onclose = () => {
      if (this.wire === wire) this.lost();
    };
    this.beat = setInterval(() => {
      if (this.now() - this.heard_ms > ENTER_WITHIN_MS) this.lost();
    }, 1_000);
  }

  private receive(text: string): void {
    const received_ms = this.now();
    this.heard_ms = received_ms;
    const message = JSON.parse(text) as FromMeeting;
    switch (message.type) {
      case "entered":
        this.greet(message.beat_interval_ms);
        break;
      case "receipt":
        this.settle(message.re)?.resolve(message.receipt);
        break;
      case "did":
        this.settle(message.re)?.resolve(null);
        break;
      case "not_cast":
        this.notCast(message);
        break;
      case "refusal": {
        const refused = new MeetingRefusal(message.code, message.zh, message.en, message.incident);
        if (message.re !== null) this.settle(message.re)?.reject(refused);
        break;
      }
      case "farewell":
        this.options.onMessage(message, received_ms);
        return this.farewell(message);
    }
    // What is asked in answer to the entry goes out by itself; only what waited for it is sent here.
    const waited = message.type === "entered" ? [...this.asked.values()] : [];
    this.options.onMessage(message, received_ms);
    if (message.type === "entered") this.options.onLink({ at: "open" });
    for (const asked of waited) this.send(asked);
  }

  private greet(beat_interval_ms: number): void {
    this.attempt = 0;
    this.entered = true;
    if (this.beat) clearInterval(this.beat);
    this.beat = setInterval(() => {
      if (this.now() - this.heard_ms > 2.5 * beat_interval_ms) return this.lost();
      this.sendBeat();
    }, beat_interval_ms);
    this.sendBeat();
  }

  private sendBeat(): void {
    this.transmit({ type: "beat", sent_ms: Math.round(this.now()) });
  }

  private notCast(message: NotCastMessage): void {
    const asked = this.asked.get(message.re);
    if (!asked) return;
    if (message.retry_after_ms === null) {
      const { code, zh, en, late, standing } = message;
      this.settle(message.re)?.reject(new MeetingRefusal(code, zh, en, null, late, standing));
      return;
    }
    if (asked.timer) clearTimeout(asked.timer);
    // A little later than asked, each at another moment: the same crowd would otherwise be back at once.
    const wait_ms = message.retry_after_ms * (1 + this.random() / 4);
    asked.timer = setTimeout(() => this.entered && this.send(asked), wait_ms);
  }

  /** A proxy on the way may let no WebSocket through: the same ballot by HTTPS, with the same `idem`. */
  private async post(re: string): Promise<void> {
    const asked = this.asked.get(re);
    if (!asked?.ballot || !this.options.post || this.posting.has(re)) return;
    this.posting.add(re);
    asked.times += 1;
    this.options.onTry?.(asked.ballot, asked.times);
    try {
      const told = await this.options.post(asked.ballot);
      if ("receipt" in told) this.settle(re)?.resolve(told.receipt);
      else if (told.retry_after_ms === null) this.notCast({ ...told, re });
      // Else after the next attempt to connect, which waits longer each time.
    } catch {
      // Nor did HTTPS get through, or the pass has ended: the socket says so when it opens.
    } finally {
      this.posting.delete(re);
    }
  }

  private settle(re: string): Asked | undefined {
    const asked = this.asked.get(re);
    this.asked.delete(re);
    if (asked?.timer) clearTimeout(asked.timer);
    return asked;
  }

  private farewell({ action, code, zh, en, retry_after_ms }: FarewellMessage): void {
    if (action === "enter") return this.lost(Math.round(retry_after_ms * this.random()));
    this.stop();
    this.options.onLink({ at: "ended", action, code, zh, en });
  }

  private lost(wait_ms: number | null = null): void {
    this.dropWire();
    for (const [re, { message }] of [...this.asked]) {
      if (message.type === "ask_question") this.settle(re)?.reject(lost());
    }
    this.attempt += 1;
    const delay_ms = wait_ms ?? jitter(this.attempt, this.random);
    this.timer = setTimeout(() => this.connect(), delay_ms);
    this.options.onLink({ at: "waiting", attempt: this.attempt, retry_at_ms: this.now() + delay_ms });
    if (this.attempt >= POST_AFTER) for (const re of this.asked.keys()) void this.post(re);
  }

  private dropWire(): void {
    const { wire } = this;
    this.wire = null;
    this.entered = false;
    if (this.beat) clearInterval(this.beat);
    this.beat = null;
    for (const asked of this.asked.values()) {
      if (asked.timer) clearTimeout(asked.timer);
      asked.timer = null;
    }
    if (!wire) return;
    wire.onopen = wire.onmessage = wire.onclose = null;
    wire.close(1000);
  }
}

function lost(): MeetingRefusal {
  return new MeetingRefusal("connection-lost", "连接已中断，请稍后重试", "The connection was lost; please try again");
}

/** Address of the meeting's WebSocket. */
export function meetingUrl(id: string): string {
  const scheme = location.protocol === "http:" ? "ws:" : "wss:";
  return `${scheme}//${location.host}/meetings/${encodeURIComponent(id)}/ws`;
}
