import type { AnsweredMessage } from "../protocol/messages.ts";

/** `dead`: restarts did not help, the server no longer knows this connection; make a new one. */
export type MediaHealth = "new" | "connecting" | "connected" | "interrupted" | "dead" | "closed";

/** How an offer reaches the server. */
export type SendOffer = (sdp: string, tracks: Record<string, string>) => Promise<AnsweredMessage>;

interface Options {
  iceServers: RTCIceServer[];
  offer: SendOffer;
  /** mid -> source or publication, read when the offer is made. */
  tracks: (connection: RTCPeerConnection) => Record<string, string>;
  onHealth: (health: MediaHealth) => void;
  onAnswered?: (answer: AnsweredMessage) => void;
}

/** The session id of a description's origin line; empty when there is none. */
function sessionOf(sdp: string): string {
  return /^o=\S+ (\S+)/m.exec(sdp)?.[1] ?? "";
}

const RESTART_AFTER_MS = 1_200;
const MAX_RESTARTS = 8;

/**
 * One direction's peer connection: it offers, the server answers. Negotiations never overlap; asking again while one
 * runs makes exactly one more follow. When the path breaks it restarts ICE by itself, again and again until it holds.
 */
export class OfferingPeer {
  readonly connection: RTCPeerConnection;
  private running: Promise<void> | null = null;
  private again = false;
  private restart = false;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private closed = false;
  private restarts = 0;
  private session = "";

  constructor(private readonly options: Options) {
    this.connection = new RTCPeerConnection({ iceServers: options.iceServers, bundlePolicy: "max-bundle" });
    this.connection.onconnectionstatechange = () => this.changed();
  }

  /** Offers what the connection now holds. Resolves when the answer is in; a failure is retried by the next call. */
  negotiate(): Promise<void> {
    if (this.running) {
      this.again = true;
      return this.running;
    }
    this.running = this.rounds().finally(() => {
      this.running = null;
    });
    return this.running;
  }

  /** New ICE credentials over whatever path now works; media stays as it is. */
  restartIce(): void {
    if (this.closed || this.connection.signalingState === "closed") return;
    this.restart = true;
    // A refused restart is repeated by the timer below or by the next state change.
    this.negotiate().catch(() => this.restartLater());
  }

  close(): void {
    this.closed = true;
    if (this.timer) clearTimeout(this.timer);
    this.connection.onconnectionstatechange = null;
    this.connection.close();
    this.options.onHealth("closed");
  }

  private async rounds(): Promise<void> {
    do {
      this.again = false;
      await this.round();
    } while (this.again && !this.closed);
  }

  private async round(): Promise<void> {
    if (this.closed) return;
    const connection = this.connection;
    const iceRestart = this.restart;
    this.restart = false;
    try {
      await connection.setLocalDescription(await connection.createOffer({ iceRestart }));
      const sdp = connection.localDescription?.sdp;
      if (!sdp || this.closed) return;
      const answer = await this.options.offer(sdp, this.options.tracks(connection));
      if (this.closed) return;
      if (this.isForgotten(answer.sdp)) return this.options.onHealth("dead");
      await connection.setRemoteDescription({ type: "answer", sdp: answer.sdp });
      this.options.onAnswered?.(answer);
    } catch (cause) {
      this.restart ||= iceRestart;
      if (!this.closed && connection.signalingState === "have-local-offer") {
        await connection.setLocalDescription({ type: "rollback" });
      }
      throw cause;
    }
  }

  /** A restarted server answers as another session (RFC 3264, 8): its keys do not fit this connection. */
  private isForgotten(sdp: string): boolean {
    const session = sessionOf(sdp);
    const known = this.session;
    this.session = session;
    return known !== "" && session !== known;
  }

  private changed(): void {
    const state = this.connection.connectionState;
    if (state === "connected") {
      if (this.timer) clearTimeout(this.timer);
      this.timer = null;
      this.restarts = 0;
      return this.options.onHealth("connected");
    }
    if (state === "failed" || state === "disconnected") {
      this.options.onHealth("interrupted");
      if (state === "failed") this.restartIce();
      return this.restartLater();
    }
    if (state === "connecting") this.options.onHealth("connecting");
  }

  private restartLater(): void {
    if (this.timer || this.closed) return;
    this.timer = setTimeout(() => {
      this.timer = null;
      if (this.closed || this.connection.connectionState === "connected") return;
      if (++this.restarts > MAX_RESTARTS) return this.options.onHealth("dead");
      this.restartIce();
      this.restartLater();
    }, RESTART_AFTER_MS);
  }
}
