import {
  type FromLive,
  LIVE_PROTOCOL_VERSION,
  type LiveEnteredMessage,
  type OfferMessage,
  type ToLive,
  type ViewsMessage,
} from "./live.ts";
import { jitter } from "./meetingSocket.ts";
import type { AnsweredMessage } from "./messages.ts";
import { Refused } from "./socket.ts";
import type { Wire } from "./wire.ts";

export type LiveLink = "connecting" | "open" | "waiting" | "refused";

interface Options {
  url: string;
  /** The creditor's pass; null for a staff account, known by its cookie. */
  token: string | null;
  /** Made when the page was loaded: whoever comes back with it goes on with the media that it had. */
  page: string;
  onMessage: (message: ToLive) => void;
  onLink: (link: LiveLink) => void;
  wire?: (url: string) => Wire;
  random?: () => number;
}

interface Asked {
  resolve: (answer: ToLive) => void;
  reject: (reason: Refused) => void;
}

const OPEN = 1;
/** An answer that does not come in this time will not come on this connection. */
const ANSWER_WITHIN_MS = 8_000;

/** The socket of a page that watches a meeting or speaks in it. Comes back by itself; offers are not repeated. */
export class LiveSocket {
  private wire: Wire | null = null;
  private entered = false;
  private stopped = false;
  private attempt = 0;
  private counter = 0;
  private retry: ReturnType<typeof setTimeout> | null = null;
  private beat: ReturnType<typeof setInterval> | null = null;
  private proof: ReturnType<typeof setTimeout> | null = null;
  private readonly asked = new Map<string, Asked>();
  private readonly random: () => number;

  constructor(private readonly options: Options) {
    this.random = options.random ?? Math.random;
  }

  start(): void {
    if (!this.wire && !this.retry && !this.stopped) this.connect();
  }

  stop(): void {
    this.stopped = true;
    if (this.retry) clearTimeout(this.retry);
    this.drop();
  }

  /** The device has woken up or its network has changed: prove the connection now. */
  probe(): void {
    if (this.wire) return this.ping();
    if (!this.retry || this.stopped) return;
    clearTimeout(this.retry);
    this.connect();
  }

  /** Rejects with `Refused`; its code is `connection-lost` when no answer can come any more. */
  async offer(
    direction: OfferMessage["direction"],
    sdp: string,
    tracks: Record<string, string>,
  ): Promise<AnsweredMessage> {
    const re = `v${++this.counter}`;
    const answer = await this.ask(re, { type: "offer", re, direction, sdp, tracks });
    return answer as AnsweredMessage;
  }

  /** In order, so that the server need not find out. */
  closeMedia(direction: OfferMessage["direction"]): void {
    const re = `v${++this.counter}`;
    this.ask(re, { type: "close_media", re, direction }).catch(() => undefined);
  }

  tell(message: ViewsMessage): void {
    if (this.entered) this.transmit(message);
  }

  private ask(re: string, message: FromLive): Promise<ToLive> {
    return new Promise((resolve, reject) => {
      if (!this.entered) return reject(lost());
      const timer = setTimeout(() => this.lost(), ANSWER_WITHIN_MS);
      const settle = () => {
        clearTimeout(timer);
        this.asked.delete(re);
      };
      this.asked.set(re, {
        resolve: (answer) => {
          settle();
          resolve(answer);
        },
        reject: (reason) => {
          settle();
          reject(reason);
        },
      });
      this.transmit(message);
    });
  }

  private connect(): void {
    this.retry = null;
    this.options.onLink("connecting");
    const wire = (this.options.wire ?? ((url: string) => new WebSocket(url) as Wire))(this.options.url);
    this.wire = wire;
    wire.onopen = () =>
      this.transmit({
        type: "enter",
        version: LIVE_PROTOCOL_VERSION,
        page: this.options.page,
        token: this.options.token,
      });
    wire.onmessage = (event) => {
      if (this.wire === wire && typeof event.data === "string") this.receive(JSON.parse(event.data) as ToLive);
    };
    wire.onclose = () => {
      if (this.wire === wire) this.lost();
    };
    this.proof = setTimeout(() => this.lost(), ANSWER_WITHIN_MS);
  }

  private receive(message: ToLive): void {
    if (this.proof) clearTimeout(this.proof);
    this.proof = null;
    switch (message.type) {
      case "live":
        this.greet(message);
        break;
      case "answer":
      case "done":
        return this.asked.get(message.re)?.resolve(message);
      case "error":
        if (message.re !== null)
          this.asked.get(message.re)?.reject(new Refused(message.code, message.zh, message.en, message.incident));
        return;
      case "leave":
        if (message.action === "end") this.stop();
        if (message.action === "end") this.options.onLink("refused");
        return;
    }
    this.options.onMessage(message);
    if (message.type === "live") this.options.onLink("open");
  }

  private greet({ ping_interval_ms }: LiveEnteredMessage): void {
    this.attempt = 0;
    this.entered = true;
    if (this.beat) clearInterval(this.beat);
    this.beat = setInterval(() => this.ping(), ping_interval_ms);
  }

  private ping(): void {
    this.transmit({ type: "ping", sent_ms: Math.round(performance.now()) });
    this.proof ??= setTimeout(() => this.lost(), ANSWER_WITHIN_MS);
  }

  private transmit(message: FromLive): void {
    if (this.wire?.readyState === OPEN) this.wire.send(JSON.stringify(message));
  }

  private lost(): void {
    this.drop();
    this.attempt += 1;
    this.retry = setTimeout(() => this.connect(), jitter(this.attempt, this.random));
    this.options.onLink("waiting");
  }

  private drop(): void {
    const { wire } = this;
    this.wire = null;
    this.entered = false;
    if (this.beat) clearInterval(this.beat);
    if (this.proof) clearTimeout(this.proof);
    this.beat = this.proof = null;
    for (const asked of [...this.asked.values()]) asked.reject(lost());
    if (!wire) return;
    wire.onopen = wire.onmessage = wire.onclose = null;
    wire.close(1000);
  }
}

function lost(): Refused {
  return new Refused("connection-lost", "连接已中断，请稍后重试", "The connection was lost; please try again");
}

/** Address of the meeting's live socket. */
export function liveUrl(meeting: string): string {
  const scheme = location.protocol === "http:" ? "ws:" : "wss:";
  return `${scheme}//${location.host}/meetings/${encodeURIComponent(meeting)}/live`;
}
