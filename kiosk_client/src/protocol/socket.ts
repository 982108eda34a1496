import { ApiError } from "./api.ts";
import {
  type AnsweredMessage,
  type AnyCommand,
  type DoneMessage,
  type FromPage,
  type FromServer,
  type KitMessage,
  type LinesMessage,
  PROTOCOL_VERSION,
  type RevisionsMessage,
  type WelcomeMessage,
} from "./messages.ts";
import type { Answer, Request, Without } from "./requests.ts";
import type { Wire } from "./wire.ts";

export type LinkState =
  | { at: "idle" }
  | { at: "connecting"; attempt: number }
  | { at: "open" }
  | { at: "waiting"; attempt: number; retry_at_ms: number }
  | { at: "ended"; code: string; zh: string; en: string };

/** What a reload needs to come back as the same connection. */
export interface Resume {
  credential: string;
  last_seq: number;
}

/** A request refused by the server, or lost with the connection (`connection-lost`). */
export class Refused extends Error {
  constructor(
    readonly code: string,
    readonly zh: string,
    readonly english: string,
    readonly incident: string | null = null,
  ) {
    super(zh);
    this.name = "Refused";
  }
}

export interface SocketOptions {
  url: string;
  /** Fetches a fresh single-use ticket. */
  ticket: () => Promise<string>;
  language: () => "zh-CN" | "en";
  onMessage: (message: FromServer, received_ms: number) => void;
  onLink: (link: LinkState) => void;
  resume?: Resume | null;
  /** Told whenever what a resume needs has changed; null: forget it. */
  onResume?: (resume: Resume | null) => void;
  wire?: (url: string) => Wire;
  now?: () => number;
  random?: () => number;
}

interface Waiting {
  message: Request;
  resolve: (answer: Answer) => void;
  reject: (reason: Refused) => void;
}

const OPEN = 1;
const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 8_000;
const WELCOME_WITHIN_MS = 6_000;
/** Requests that may wait for the connection at once; beyond it a request is refused, none is dropped silently. */
const MAX_WAITING = 64;
const FATAL = new Set(["not-invited", "revoked", "invitation-revoked", "session-over", "removed", "not-public"]);

/** Delay before attempt `attempt` (from 1): doubled each time, halved at random so that a court full of pages spreads out. */
export function retryDelay(attempt: number, random: () => number): number {
  const full = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** (attempt - 1));
  return Math.round(full * (0.5 + random() / 2));
}

/**
 * The page's one connection to its hearing. Reconnects by itself and resumes where it was: updates arrive in order,
 * none lost and none twice; a command that was under way is sent again under its old `re`, which the server answers
 * as the first. Offers are not repeated: their session descriptions died with the connection.
 */
export class HearingSocket {
  private wire: Wire | null = null;
  private resume: Resume | null;
  private attempt = 0;
  private welcomed = false;
  private stopped = false;
  private heard_ms = 0;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private beat: ReturnType<typeof setInterval> | null = null;
  private counter = 0;
  private readonly waiting = new Map<string, Waiting>();
  private readonly prefix: string;
  private readonly now: () => number;
  private readonly random: () => number;

  constructor(private readonly options: SocketOptions) {
    this.resume = options.resume ?? null;
    this.now = options.now ?? (() => performance.now());
    this.random = options.random ?? Math.random;
    this.prefix = Math.floor(this.random() * 36 ** 6).toString(36);
  }

  /** Opens the connection; calling it again while it runs does nothing. */
  start(): void {
    if (this.wire || this.timer || this.stopped) return;
    void this.connect();
  }

  /** Closes for good; everything still waiting is refused. */
  stop(): void {
    this.stopped = true;
    this.clearTimers();
    this.dropWire();
    this.refuseWaiting();
  }

  /** Tries at once instead of waiting out the delay, e.g. when the device is online again or the person asks. */
  retryNow(): void {
    if (this.stopped || !this.timer || this.wire) return;
    clearTimeout(this.timer);
    this.timer = null;
    void this.connect();
  }

  /** The network under the page has changed: prove the connection at once instead of waiting for two pings. */
  probe(): void {
    const wire = this.wire;
    if (!wire) return this.retryNow();
    if (!this.welcomed) {
      // An attempt that was begun on the old network would only run into its time limit.
      this.dropWire();
      void this.connect();
      return;
    }
    const asked_ms = this.now();
    this.ping();
    setTimeout(() => {
      if (this.wire === wire && this.heard_ms < asked_ms) this.lost();
    }, 2_000);
  }

  do(command: AnyCommand): Promise<DoneMessage> {
    return this.ask({ type: "do", command }) as Promise<DoneMessage>;
  }

  offer(direction: "send" | "receive", sdp: string, tracks: Record<string, string>): Promise<AnsweredMessage> {
    return this.ask({ type: "offer", direction, sdp, tracks }) as Promise<AnsweredMessage>;
  }

  closeMedia(direction: "send" | "receive"): Promise<Answer> {
    return this.ask({ type: "close_media", direction });
  }

  kit(result: Omit<KitMessage, "type" | "re">): Promise<Answer> {
    return this.ask({ type: "kit", ...result });
  }

  /** Begins or gives up the live check of the face. */
  challenge(what: "start" | "stop"): Promise<Answer> {
    return this.ask({ type: `challenge_${what}` });
  }

  /** The lines of the transcript that changed after the entry `after_seq`; ask on while it says `more`. */
  lines(after_seq: number): Promise<LinesMessage> {
    return this.ask({ type: "ask_lines", after_seq }) as Promise<LinesMessage>;
  }

  /** What became of one line of the transcript. */
  revisions(line: string): Promise<RevisionsMessage> {
    return this.ask({ type: "ask_revisions", line }) as Promise<RevisionsMessage>;
  }

  /** What requests beside this connection show; empty before the first welcome. */
  get credential(): string {
    return this.resume?.credential ?? "";
  }

  /** Sends what needs no answer, if the connection stands. */
  tell(message: Extract<FromPage, { type: "network_report" | "views" }>): void {
    if (this.welcomed) this.transmit(message);
  }

  private ask(body: Without<Request, "re">): Promise<Answer> {
    const re = `${this.prefix}-${++this.counter}`;
    const message = { ...body, re } as Request;
    return new Promise((resolve, reject) => {
      if (this.stopped) return reject(lostRefusal());
      if (this.waiting.size >= MAX_WAITING) {
        return reject(new Refused("too-many-waiting", "等待中的操作过多，请稍候", "Too many requests are waiting"));
      }
      if (message.type === "offer" && !this.welcomed) return reject(lostRefusal());
      this.waiting.set(re, { message, resolve, reject });
      if (this.welcomed) this.transmit(message);
    });
  }

  private transmit(message: FromPage): void {
    if (this.wire?.readyState === OPEN) this.wire.send(JSON.stringify(message));
  }

  private async connect(): Promise<void> {
    this.timer = null;
    this.options.onLink({ at: "connecting", attempt: this.attempt });
    let ticket: string | null = null;
    if (!this.resume) {
      try {
        ticket = await this.options.ticket();
      } catch (cause) {
        if (this.stopped) return;
        if (cause instanceof ApiError && cause.status >= 400 && cause.status < 500 && cause.status !== 429) {
          return this.end(cause.code, cause.zh, cause.english);
        }
        return this.retryLater();
      }
      if (this.stopped) return;
    }
    const wire = (this.options.wire ?? ((url: string) => new WebSocket(url) as Wire))(this.options.url);
    this.wire = wire;
    this.welcomed = false;
    this.heard_ms = this.now();
    wire.onopen = () => {
      const resume = this.resume;
      this.transmit({
        type: "hello",
        version: PROTOCOL_VERSION,
        language: this.options.language(),
        ...(ticket === null && resume ? resume : { ticket }),
      });
    };
    wire.onmessage = (event) => {
      if (this.wire === wire && typeof event.data === "string") this.receive(event.data);
    };
    wire.onclose = () => {
      if (this.wire === wire) this.lost();
    };
    this.beat = setInterval(() => {
      if (this.now() - this.heard_ms > WELCOME_WITHIN_MS) this.lost();
    }, 1_000);
  }

  private receive(text: string): void {
    const received_ms = this.now();
    this.heard_ms = received_ms;
    const message = JSON.parse(text) as FromServer;
    switch (message.type) {
      case "welcome":
        this.greet(message);
        break;
      case "update":
        if (this.resume && message.seq <= this.resume.last_seq) return;
        if (this.resume && message.seq > this.resume.last_seq + 1) return this.lost();
        this.remember(message.seq);
        break;
      case "done":
      case "answer":
      case "revisions":
        this.settle(message.re)?.resolve(message);
        break;
      case "lines":
        if (message.re) this.settle(message.re)?.resolve(message);
        break;
      case "error":
        if (message.re) {
          this.settle(message.re)?.reject(new Refused(message.code, message.zh, message.en, message.incident));
        } else if (!this.welcomed) {
          return this.refused(message.code, message.zh, message.en);
        }
        break;
      case "leave":
        this.options.onMessage(message, received_ms);
        return this.leave(message.action, message.code, message.zh, message.en);
    }
    // What is asked in answer to the welcome goes out by itself; only what waited for it is sent here.
    const waited = message.type === "welcome" ? [...this.waiting.values()] : [];
    this.options.onMessage(message, received_ms);
    if (message.type === "welcome") this.options.onLink({ at: "open" });
    for (const { message: again } of waited) this.transmit(again);
  }

  private greet(welcome: WelcomeMessage): void {
    this.attempt = 0;
    this.welcomed = true;
    // After a resume the missed updates still come; before them stands what this page saw last.
    const seen = welcome.resumed && this.resume ? this.resume.last_seq : welcome.seq;
    this.resume = { credential: welcome.credential, last_seq: seen };
    this.options.onResume?.(this.resume);
    if (this.beat) clearInterval(this.beat);
    this.beat = setInterval(() => {
      if (this.now() - this.heard_ms > 2.5 * welcome.ping_interval_ms) return this.lost();
      this.ping();
    }, welcome.ping_interval_ms);
    this.ping();
  }

  private ping(): void {
    this.transmit({ type: "ping", sent_ms: Math.round(this.now()) });
  }

  private remember(seq: number): void {
    if (!this.resume) return;
    this.resume = { ...this.resume, last_seq: seq };
    this.options.onResume?.(this.resume);
  }

  private settle(re: string): Waiting | undefined {
    const waiting = this.waiting.get(re);
    this.waiting.delete(re);
    return waiting;
  }

  /** The first frame was refused: a stale credential is given up for a ticket, anything else ends or is retried. */
  private refused(code: string, zh: string, en: string): void {
    if (FATAL.has(code)) return this.end(code, zh, en);
    this.forget();
    this.lost();
  }

  private leave(action: "resume" | "reconnect" | "end", code: string, zh: string, en: string): void {
    if (action === "end") return this.end(code, zh, en);
    if (action === "reconnect") this.forget();
    this.lost();
  }

  private forget(): void {
    this.resume = null;
    this.options.onResume?.(null);
  }

  private lost(): void {
    this.dropWire();
    for (const [re, waiting] of this.waiting) {
      if (waiting.message.type !== "offer") continue;
      this.waiting.delete(re);
      waiting.reject(lostRefusal());
    }
    if (!this.stopped) this.retryLater();
  }

  private retryLater(): void {
    this.clearTimers();
    this.attempt += 1;
    const delay_ms = retryDelay(this.attempt, this.random);
    this.timer = setTimeout(() => void this.connect(), delay_ms);
    this.options.onLink({ at: "waiting", attempt: this.attempt, retry_at_ms: this.now() + delay_ms });
  }

  private end(code: string, zh: string, en: string): void {
    this.stop();
    this.forget();
    this.options.onLink({ at: "ended", code, zh, en });
  }

  private dropWire(): void {
    const wire = this.wire;
    this.wire = null;
    this.welcomed = false;
    if (this.beat) clearInterval(this.beat);
    this.beat = null;
    if (!wire) return;
    wire.onopen = wire.onmessage = wire.onclose = null;
    wire.close(1000);
  }

  private clearTimers(): void {
    if (this.timer) clearTimeout(this.timer);
    if (this.beat) clearInterval(this.beat);
    this.timer = this.beat = null;
  }

  private refuseWaiting(): void {
    for (const waiting of this.waiting.values()) waiting.reject(lostRefusal());
    this.waiting.clear();
  }
}

function lostRefusal(): Refused {
  return new Refused("connection-lost", "连接已中断，请稍后重试", "The connection was lost; please try again");
}

/** Address of the WebSocket beside this page. */
export function socketUrl(): string {
  return `${location.protocol === "http:" ? "ws:" : "wss:"}//${location.host}/ws`;
}
