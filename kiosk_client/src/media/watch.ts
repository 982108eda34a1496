import type { Publication } from "../protocol/messages.ts";
import type { HearingSocket } from "../protocol/socket.ts";
import { type MediaHealth, OfferingPeer } from "./peer.ts";

interface Options {
  socket: Pick<HearingSocket, "offer">;
  iceServers: RTCIceServer[];
  onHealth: (health: MediaHealth) => void;
  /** publication id -> its stream; told after every change. */
  onStreams: (streams: ReadonlyMap<string, MediaStream>) => void;
  /** The server has answered: it now knows what is received. */
  onAnswered: () => void;
}

interface Line {
  transceiver: RTCRtpTransceiver;
  stream: MediaStream;
  publication: Publication | null;
}

/** Receives the publications that it is told to show. A freed m-line is used again for the next track of its kind. */
export class Watcher {
  private readonly peer: OfferingPeer;
  private readonly lines: Line[] = [];
  private wanted: readonly Publication[] = [];
  private videoWanted = true;
  /** The lines differ from what was last offered. */
  private dirty = false;
  private wait_ms = 0;

  constructor(private readonly options: Options) {
    this.peer = new OfferingPeer({
      iceServers: options.iceServers,
      offer: (sdp, tracks) => options.socket.offer("receive", sdp, tracks),
      tracks: () => this.mids(),
      onHealth: options.onHealth,
      onAnswered: options.onAnswered,
    });
  }

  get connection(): RTCPeerConnection {
    return this.peer.connection;
  }

  /** Receives exactly these. Cheap when nothing changed. Rejects with `Refused`; the next call tries again. */
  show(publications: readonly Publication[]): Promise<void> {
    this.wanted = publications;
    return this.reconcile();
  }

  /** False: sound only, e.g. on a network that cannot carry pictures. */
  wantVideo(wanted: boolean): Promise<void> {
    this.videoWanted = wanted;
    return this.reconcile();
  }

  /** Pictures wait so long for what was lost; 0: as the browser thinks best. Sound keeps in step by itself. */
  waitForRepeats(wait_ms: number): void {
    this.wait_ms = wait_ms;
    for (const line of this.lines) this.applyWait(line.transceiver.receiver);
  }

  restartIce(): void {
    if (this.lines.length > 0) this.peer.restartIce();
  }

  close(): void {
    this.peer.close();
    this.options.onStreams(new Map());
  }

  private async reconcile(): Promise<void> {
    const wanted = this.wanted.filter((one) => this.videoWanted || one.kind === "audio");
    const ids = new Set(wanted.map((one) => one.id));
    for (const line of this.lines) {
      if (line.publication && !ids.has(line.publication.id)) {
        line.publication = null;
        line.transceiver.direction = "inactive";
        this.dirty = true;
      }
    }
    for (const publication of wanted) {
      if (this.lines.some((line) => line.publication?.id === publication.id)) continue;
      const line = this.lines.find(
        (one) => !one.publication && one.transceiver.receiver.track.kind === publication.kind,
      );
      if (line) line.transceiver.direction = "recvonly";
      const used = line ?? this.addLine(publication.kind);
      used.publication = publication;
      // A fresh stream object makes the tile show its "connecting" state instead of the last person's frozen face.
      used.stream = new MediaStream([used.transceiver.receiver.track]);
      this.dirty = true;
    }
    if (!this.dirty) return;
    this.dirty = false;
    this.tell();
    try {
      await this.peer.negotiate();
    } catch (cause) {
      this.dirty = true;
      throw cause;
    }
  }

  private addLine(kind: "audio" | "video"): Line {
    const transceiver = this.peer.connection.addTransceiver(kind, { direction: "recvonly" });
    this.applyWait(transceiver.receiver);
    const line: Line = { transceiver, stream: new MediaStream([transceiver.receiver.track]), publication: null };
    this.lines.push(line);
    return line;
  }

  private applyWait(receiver: RTCRtpReceiver): void {
    if (receiver.track.kind === "video" && "jitterBufferTarget" in receiver)
      receiver.jitterBufferTarget = this.wait_ms || null;
  }

  private mids(): Record<string, string> {
    const mids: Record<string, string> = {};
    for (const { transceiver, publication } of this.lines) {
      if (publication && transceiver.mid !== null) mids[transceiver.mid] = publication.id;
    }
    return mids;
  }

  private tell(): void {
    const streams = new Map<string, MediaStream>();
    for (const { publication, stream } of this.lines) if (publication) streams.set(publication.id, stream);
    this.options.onStreams(streams);
  }
}
