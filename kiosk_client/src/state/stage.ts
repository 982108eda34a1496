import { batch, type Signal, signal } from "@preact/signals";
import { type DeviceProblem, openDevices, stopTracks } from "../media/devices.ts";
import type { MediaHealth } from "../media/peer.ts";
import { Publisher } from "../media/publish.ts";
import { SoundSink } from "../media/sound.ts";
import { TileWatch } from "../media/views.ts";
import { keepAwake } from "../media/wakelock.ts";
import { Watcher } from "../media/watch.ts";
import type { DeliveriesMessage, IceServer, OnStage, Publication, ToLive } from "../protocol/live.ts";
import { type LiveLink, LiveSocket } from "../protocol/liveSocket.ts";
import { Refused } from "../protocol/socket.ts";
import { type Crowded, crowdedDelay, isCrowded } from "./crowded.ts";

/** What is sent from here: nothing, the devices are being opened, or camera and microphone as far as they are there. */
export type Sending = "no" | "opening" | "on";

interface Options {
  url: string;
  token: string | null;
  /** A screen without a loudspeaker. */
  silent?: boolean;
  /** Only what is not sent from the hall: for a screen that stands in it. */
  guests?: boolean;
}

const RETRY_MS = 1_500;

/**
 * A page's part in the meeting's pictures and sound: receives what there is, and sends once `speak` was called and as
 * long as the server allows it. The server decides by the floor; when it says that the floor is over, devices are off.
 */
export class Stage {
  readonly link = signal<LiveLink>("connecting");
  readonly people = signal<readonly OnStage[]>([]);
  readonly publications = signal<readonly Publication[]>([]);
  readonly streams = signal<ReadonlyMap<string, MediaStream>>(new Map());
  readonly deliveries = signal<DeliveriesMessage["tracks"]>([]);
  readonly soundBlocked = signal(false);
  readonly crowded = signal<Crowded | null>(null);
  /** Whether the server lets this page send as a speaker; null until it has said so. */
  readonly floor = signal<boolean | null>(null);
  readonly sending: Signal<Sending> = signal("no");
  readonly upHealth = signal<MediaHealth>("new");
  readonly ownStream = signal<MediaStream | null>(null);
  readonly micOn = signal(false);
  readonly cameraOn = signal(false);
  readonly problem = signal<DeviceProblem | null>(null);
  private readonly socket: LiveSocket;
  private readonly sound: SoundSink;
  private readonly tiles: TileWatch;
  private readonly stops: (() => void)[];
  private publisher: Publisher | null = null;
  private watcher: Watcher | null = null;
  private camera: MediaStreamTrack | null = null;
  private microphone: MediaStreamTrack | null = null;
  private iceServers: RTCIceServer[] = [];
  private layers: Readonly<Record<string, readonly string[]>> = {};
  private retry: ReturnType<typeof setTimeout> | null = null;
  private refusals = 0;
  /** Tells a `speak` that is still opening its devices that it is over. */
  private turn = 0;
  private closed = false;

  constructor(private readonly options: Options) {
    this.sound = new SoundSink((blocked) => {
      this.soundBlocked.value = blocked;
    });
    this.socket = new LiveSocket({
      url: options.url,
      token: options.token,
      page: crypto.randomUUID(),
      onMessage: (message) => this.hear(message),
      onLink: (link) => {
        this.link.value = link;
        if (link === "open") this.follow();
      },
    });
    this.tiles = new TileWatch((views) => this.socket.tell({ type: "views", views }));
    const moved = () => {
      this.socket.probe();
      this.publisher?.restartIce();
      this.watcher?.restartIce();
    };
    const seen = () => {
      if (document.visibilityState === "visible") this.socket.probe();
    };
    addEventListener("online", moved);
    document.addEventListener("visibilitychange", seen);
    this.stops = [
      keepAwake(),
      () => removeEventListener("online", moved),
      () => document.removeEventListener("visibilitychange", seen),
    ];
    this.socket.start();
  }

  /** Opens the devices and sends them. Says in `problem` why nothing could be opened. */
  async speak(wish: { video: boolean; audio: boolean }): Promise<void> {
    if (this.sending.peek() !== "no") return;
    const turn = ++this.turn;
    batch(() => {
      this.sending.value = "opening";
      this.problem.value = null;
    });
    const { video, audio, videoProblem, audioProblem } = await openDevices(wish);
    if (this.closed || turn !== this.turn) return stopTracks(video, audio);
    this.camera = video;
    this.microphone = audio;
    batch(() => {
      this.ownStream.value = video ? new MediaStream([video]) : null;
      this.cameraOn.value = video !== null;
      this.micOn.value = audio !== null;
      this.problem.value = (wish.video && videoProblem) || (wish.audio && audioProblem) || null;
      this.sending.value = video || audio ? "on" : "no";
    });
    this.follow();
  }

  /** Nothing is sent from now on and the devices are off. Idempotent. */
  stopSpeaking(): void {
    this.turn += 1;
    const was = this.publisher;
    this.publisher = null;
    was?.close();
    if (was) this.socket.closeMedia("send");
    stopTracks(this.camera, this.microphone);
    this.camera = this.microphone = null;
    batch(() => {
      this.sending.value = "no";
      this.ownStream.value = null;
      this.micOn.value = this.cameraOn.value = false;
      this.upHealth.value = "new";
    });
  }

  setMic(on: boolean): void {
    if (this.microphone) this.microphone.enabled = on;
    this.micOn.value = on && this.microphone !== null;
  }

  setCamera(on: boolean): void {
    if (this.camera) this.camera.enabled = on;
    this.cameraOn.value = on && this.camera !== null;
    this.publisher?.sendPicture(this.cameraOn.value);
  }

  /** This element shows a publication: the server sends what fits its size. Returns the way to stop. */
  watchTile(publication: string, element: Element): () => void {
    return this.tiles.watch(publication, element);
  }

  unlockSound(): void {
    void this.sound.unlock();
  }

  close(): void {
    this.closed = true;
    if (this.retry) clearTimeout(this.retry);
    for (const stop of this.stops) stop();
    this.stopSpeaking();
    this.watcher?.close();
    this.tiles.close();
    this.sound.close();
    this.socket.stop();
  }

  private hear(message: ToLive): void {
    switch (message.type) {
      case "live":
        this.iceServers = message.ice_servers.map(({ urls, username, credential }: IceServer) => ({
          urls: [...urls],
          ...(username ? { username, credential } : {}),
        }));
        this.tiles.again();
        break;
      case "stage": {
        const hall = new Set(message.people.filter((one) => one.hall).map((one) => one.participant));
        const mine = (id: string) => !this.options.guests || !hall.has(id);
        batch(() => {
          this.people.value = message.people.filter((one) => mine(one.participant));
          this.publications.value = message.publications.filter((one) => mine(one.participant));
          this.floor.value = message.floor;
        });
        // At once: the camera's light is not to outlast the floor.
        if (!message.floor && this.options.token !== null) this.stopSpeaking();
        this.follow();
        break;
      }
      case "layers":
        this.layers = { ...this.layers, [message.publication]: message.rids };
        this.publisher?.applyLayers();
        break;
      case "deliveries":
        this.deliveries.value = message.tracks;
        break;
    }
  }

  /** Brings the connections in line with what there is; called whenever something changed. */
  private follow(): void {
    if (this.closed || this.link.peek() !== "open") return;
    if (this.sending.peek() === "on" && !this.publisher) this.send();
    const wanted = this.publications.peek();
    const watcher = this.watcher ?? (wanted.length > 0 ? this.receive() : null);
    watcher?.show(wanted).then(
      () => this.answered(null),
      (cause) => this.answered(cause),
    );
  }

  private send(): void {
    const publisher = new Publisher({
      socket: this.socket,
      iceServers: this.iceServers,
      wanted: (publication) => this.layers[publication] ?? null,
      whole: () => false,
      onHealth: (health) => {
        if (this.publisher !== publisher) return;
        this.upHealth.value = health;
        if (health !== "dead") return;
        this.publisher = null;
        publisher.close();
        this.again(RETRY_MS);
      },
    });
    this.publisher = publisher;
    const begin = async () => {
      await publisher.set("microphone", this.microphone);
      await publisher.set("camera", this.camera);
      publisher.sendPicture(this.cameraOn.peek());
      await publisher.publish();
    };
    begin().catch((cause) => {
      if (this.publisher !== publisher) return;
      this.publisher = null;
      publisher.close();
      // The floor is over: the devices go off, whatever else was heard.
      if (cause instanceof Refused && cause.code === "no-floor") return this.stopSpeaking();
      this.again(RETRY_MS);
      if (!(cause instanceof Refused)) console.error(cause);
    });
  }

  private receive(): Watcher {
    const watcher = new Watcher({
      socket: this.socket,
      iceServers: this.iceServers,
      onHealth: (health) => {
        if (health !== "dead" || this.watcher !== watcher) return;
        this.watcher = null;
        watcher.close();
        this.again(RETRY_MS);
      },
      onAnswered: () => this.tiles.again(),
      onStreams: (next) => {
        this.streams.value = next;
        this.tiles.receive([...next].filter(([, one]) => one.getVideoTracks().length > 0).map(([id]) => id));
        if (!this.options.silent)
          this.sound.set(new Map([...next].filter(([, one]) => one.getAudioTracks().length > 0)));
      },
    });
    this.watcher = watcher;
    return watcher;
  }

  private answered(cause: unknown): void {
    if (this.closed) return;
    const full = isCrowded(cause);
    this.crowded.value = full;
    if (cause === null) {
      this.refusals = 0;
      return;
    }
    this.again(full ? crowdedDelay(++this.refusals, Math.random) : RETRY_MS);
    if (!(cause instanceof Refused)) console.error(cause);
  }

  private again(delay_ms: number): void {
    if (this.retry || this.closed) return;
    this.retry = setTimeout(() => {
      this.retry = null;
      this.follow();
    }, delay_ms);
  }
}
