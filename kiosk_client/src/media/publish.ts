import type { HearingSocket } from "../protocol/socket.ts";
import { preferCourtCodecs } from "./codecs.ts";
import { type MediaHealth, OfferingPeer } from "./peer.ts";

export type SourceName = "camera" | "microphone" | "screen";

/** Pictures are sent between these bounds; the browser's own congestion control moves inside them. */
export const VIDEO_BOUNDS = { maxBitrate: 1_500_000, maxFramerate: 30 } as const;
const AUDIO_MAX_BITRATE = 40_000;

interface Options {
  socket: HearingSocket;
  iceServers: RTCIceServer[];
  onHealth: (health: MediaHealth) => void;
}

/** Sends this page's tracks. A source's m-line stays when its track is replaced or silenced, so that nothing renegotiates. */
export class Publisher {
  private readonly peer: OfferingPeer;
  private readonly lines = new Map<SourceName, RTCRtpTransceiver>();

  constructor(options: Options) {
    this.peer = new OfferingPeer({
      iceServers: options.iceServers,
      offer: (sdp, tracks) => options.socket.offer("send", sdp, tracks),
      tracks: () => this.mids(),
      onHealth: options.onHealth,
    });
  }

  get connection(): RTCPeerConnection {
    return this.peer.connection;
  }

  /** Sends `track` as `source`; null stops sending it. Call `publish` afterwards when the source is new. */
  async set(source: SourceName, track: MediaStreamTrack | null): Promise<void> {
    const line = this.lines.get(source);
    if (line) {
      await line.sender.replaceTrack(track);
      return;
    }
    if (!track) return;
    const added = this.peer.connection.addTransceiver(track, {
      direction: "sendonly",
      sendEncodings: [track.kind === "video" ? { ...VIDEO_BOUNDS } : { maxBitrate: AUDIO_MAX_BITRATE }],
    });
    if (track.kind === "video") {
      track.contentHint = source === "screen" ? "detail" : "motion";
      preferCourtCodecs(added);
    }
    this.lines.set(source, added);
  }

  /** Offers all sources. Rejects with `Refused` when the server does not take them. */
  publish(): Promise<void> {
    return this.peer.negotiate();
  }

  /** Lowers or restores what is spent on the picture; null sends none (audio only) and keeps the m-line. */
  async limitVideo(maxBitrate: number | null, scaleDownBy = 1): Promise<void> {
    const sender = this.lines.get("camera")?.sender;
    if (!sender) return;
    const parameters = sender.getParameters();
    for (const encoding of parameters.encodings) {
      encoding.active = maxBitrate !== null;
      if (maxBitrate === null) continue;
      encoding.maxBitrate = maxBitrate;
      encoding.scaleResolutionDownBy = scaleDownBy;
    }
    await sender.setParameters(parameters);
  }

  restartIce(): void {
    this.peer.restartIce();
  }

  /** Closes; the tracks themselves are the caller's. */
  close(): void {
    this.peer.close();
  }

  private mids(): Record<string, string> {
    const mids: Record<string, string> = {};
    for (const [source, line] of this.lines) if (line.mid !== null) mids[line.mid] = source;
    return mids;
  }
}
