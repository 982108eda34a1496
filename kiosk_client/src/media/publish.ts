import type { HearingSocket } from "../protocol/socket.ts";
import { preferCourtCodecs } from "./codecs.ts";
import { CAMERA_LAYERS, differs, planned, preferred, SINGLE, sendsLayers } from "./layers.ts";
import { type MediaHealth, OfferingPeer } from "./peer.ts";

export type SourceName = "camera" | "microphone" | "screen";

const AUDIO_MAX_BITRATE = 40_000;

interface Options {
  socket: Pick<HearingSocket, "offer">;
  iceServers: RTCIceServer[];
  onHealth: (health: MediaHealth) => void;
  /** Rids that the server wants of a publication of ours; null while it has said nothing. */
  wanted: (publication: string) => readonly string[] | null;
  /** Whether the camera is looked at by the gate now: then it is sent whole, and only so. */
  whole: () => boolean;
}

/** Sends this page's tracks. A source's m-line stays when its track is replaced or silenced, so that nothing renegotiates. */
export class Publisher {
  private readonly peer: OfferingPeer;
  private readonly lines = new Map<SourceName, RTCRtpTransceiver>();
  /** mid -> publication id, as last answered. */
  private published: Readonly<Record<string, string>> = {};
  private picture = true;
  private applying: Promise<void> | null = null;
  private applyAgain = false;

  constructor(private readonly options: Options) {
    this.peer = new OfferingPeer({
      iceServers: options.iceServers,
      offer: (sdp, tracks) => options.socket.offer("send", sdp, tracks),
      tracks: () => this.mids(),
      onHealth: options.onHealth,
      onAnswered: (answer) => {
        this.published = answer.tracks;
        this.applyLayers();
      },
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
      this.applyLayers();
      return;
    }
    if (!track) return;
    const added = this.addLine(source, track);
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

  /** False: no picture is sent (sound only, camera off); the m-line stays. */
  sendPicture(picture: boolean): void {
    this.picture = picture;
    this.applyLayers();
  }

  /** Brings the camera's encodings in line with what is wanted now; calls that overlap make one more round. */
  applyLayers(): void {
    this.applyAgain = true;
    this.applying ??= this.applyRounds().finally(() => {
      this.applying = null;
    });
  }

  restartIce(): void {
    this.peer.restartIce();
  }

  /** Closes; the tracks themselves are the caller's. */
  close(): void {
    this.peer.close();
  }

  private addLine(source: SourceName, track: MediaStreamTrack): RTCRtpTransceiver {
    const connection = this.peer.connection;
    const add = (sendEncodings: RTCRtpEncodingParameters[]) =>
      connection.addTransceiver(track, { direction: "sendonly", sendEncodings });
    if (track.kind === "audio") return add([{ maxBitrate: AUDIO_MAX_BITRATE }]);
    // A document in half its size cannot be read: a screen is sent whole, and its frame rate gives way instead.
    if (source !== "camera" || !sendsLayers(navigator.userAgent)) return add([{ ...SINGLE }]);
    try {
      return add(CAMERA_LAYERS.map((one) => ({ ...one })));
    } catch {
      // A browser that knows no layers says so here.
      return add([{ ...SINGLE }]);
    }
  }

  private async applyRounds(): Promise<void> {
    while (this.applyAgain) {
      this.applyAgain = false;
      try {
        await this.applyOnce();
      } catch (cause) {
        // Encodings that a negotiation changes under our hands are planned anew when its answer is in.
        if (!(cause instanceof DOMException)) throw cause;
      }
    }
  }

  private async applyOnce(): Promise<void> {
    const line = this.lines.get("camera");
    if (!line) return;
    const publication = line.mid === null ? undefined : this.published[line.mid];
    const wanted = publication === undefined ? null : this.options.wanted(publication);
    const parameters = line.sender.getParameters();
    // Before the first answer all encodings are still there, whatever the server will take of them.
    const whole = this.options.whole();
    const plan = planned(parameters.encodings, { picture: this.picture, wanted, whole });
    const gives = preferred(whole);
    if (!differs(parameters.encodings, plan) && parameters.degradationPreference === gives) return;
    parameters.degradationPreference = gives;
    parameters.encodings.forEach((encoding, index) => {
      Object.assign(encoding, plan[index]);
    });
    await line.sender.setParameters(parameters);
  }

  private mids(): Record<string, string> {
    const mids: Record<string, string> = {};
    for (const [source, line] of this.lines) if (line.mid !== null) mids[line.mid] = source;
    return mids;
  }
}
