import { batch, effect, type Signal, signal } from "@preact/signals";
import { stopTracks } from "../media/devices.ts";
import type { Howling } from "../media/howling.ts";
import { HowlingWatch } from "../media/level.ts";
import { type Counters, counters, type Figures, figures, type Grade, grade, PictureGuard } from "../media/network.ts";
import { Patience } from "../media/patience.ts";
import type { MediaHealth } from "../media/peer.ts";
import { Publisher } from "../media/publish.ts";
import { SoundSink } from "../media/sound.ts";
import { TileWatch } from "../media/views.ts";
import { keepAwake } from "../media/wakelock.ts";
import { Watcher } from "../media/watch.ts";
import type { GateView, Publication } from "../protocol/messages.ts";
import { Refused } from "../protocol/socket.ts";
import { type Crowded, crowdedDelay, isCrowded } from "./crowded.ts";
import type { Hearing } from "./hearing.ts";
import { steppingBack } from "./interpretation.ts";
import { interpretation } from "./preferences.ts";

export type AudioOnly = "loss" | "slow" | "chosen" | null;

export interface HearingMedia {
  /** publication id -> stream, pictures and sound. */
  readonly streams: Signal<ReadonlyMap<string, MediaStream>>;
  /** Own picture, as sent. */
  readonly ownStream: Signal<MediaStream | null>;
  readonly micOn: Signal<boolean>;
  readonly cameraOn: Signal<boolean>;
  /** Why there is sound only, or null: `chosen` in both directions, else one's own picture is not sent. */
  readonly audioOnly: Signal<AudioOnly>;
  /** The server has no room for this page's media now; it is asked again by itself. */
  readonly crowded: Signal<Crowded | null>;
  /** This device heard itself and has muted itself. */
  readonly howling: Signal<Howling | null>;
  /** The browser waits for a touch before it plays sound. */
  readonly soundBlocked: Signal<boolean>;
  readonly upHealth: Signal<MediaHealth>;
  readonly downHealth: Signal<MediaHealth>;
  readonly figures: Signal<Figures | null>;
  readonly grade: Signal<Grade | null>;
  setMic(on: boolean): void;
  setCamera(on: boolean): void;
  /** Replaces camera or microphone; the old track is stopped. */
  setTrack(source: "camera" | "microphone", track: MediaStreamTrack | null): Promise<void>;
  setAudioOnly(chosen: boolean): void;
  /** This element shows a publication: the server sends what fits its size. Returns the way to stop. */
  watchTile(publication: string, element: Element): () => void;
  setVolume(volume: number): void;
  unlockSound(): void;
  close(): void;
}

export interface MediaOptions {
  readonly video: MediaStreamTrack | null;
  readonly audio: MediaStreamTrack | null;
  /** Never send (observer, display). */
  readonly receiveOnly?: boolean;
  /** Which publications to receive; all by default. */
  readonly choose?: (publications: readonly Publication[]) => readonly Publication[];
  /** A screen without a loudspeaker. */
  readonly silent?: boolean;
}

const REPORT_EVERY_MS = 2_000;
const RETRY_MS = 1_500;
const NO_FIGURES: Figures = {
  rtt_ms: 0,
  loss_up_permille: 0,
  loss_down_permille: 0,
  kbps_up: 0,
  kbps_down: 0,
  freezes: 0,
};
const IN_COURTROOM = new Set(["present", "testifying"]);
/** Stages of the gate at which the camera is seen there, by the live check or by the clerk. */
const SEEN_AT_GATE = new Set(["challenge", "review", "clerk", "locked"]);

function isAtGate(gate: GateView | null): boolean {
  return gate !== null && gate.consent === "given" && SEEN_AT_GATE.has(gate.stage);
}

/**
 * Sends and receives for as long as the hearing has this person in the courtroom. Follows the state by itself:
 * admitted -> connects, sent back to the waiting room -> closes, signalling resumed -> renegotiates.
 */
export function joinMedia(hearing: Hearing, options: MediaOptions): HearingMedia {
  const streams = signal<ReadonlyMap<string, MediaStream>>(new Map());
  const ownStream = signal<MediaStream | null>(options.video ? new MediaStream([options.video]) : null);
  const micOn = signal(options.audio !== null);
  const cameraOn = signal(options.video !== null);
  const audioOnly = signal<AudioOnly>(null);
  const crowded = signal<Crowded | null>(null);
  const howling = signal<Howling | null>(null);
  const soundBlocked = signal(false);
  const upHealth = signal<MediaHealth>("new");
  const downHealth = signal<MediaHealth>("new");
  const figuresNow = signal<Figures | null>(null);
  const gradeNow = signal<Grade | null>(null);

  const tracks = { camera: options.video, microphone: options.audio };
  const sound = new SoundSink((blocked) => {
    soundBlocked.value = blocked;
  });
  const guard = new PictureGuard();
  const patience = new Patience();
  const watch = options.receiveOnly
    ? null
    : new HowlingWatch((kind) => {
        if (!micOn.value) return;
        setMic(false);
        howling.value = kind;
        hearing.do({ do: "howling", muted: true }).catch(ignoreRefusal);
      });
  let publisher: Publisher | null = null;
  let watcher: Watcher | null = null;
  let before: Counters | null = null;
  let retry: ReturnType<typeof setTimeout> | null = null;
  let closed = false;
  const refused = new Map<"send" | "receive", Crowded>();
  let refusals = 0;
  const tiles = new TileWatch((views) => hearing.socket.tell({ type: "views", views }));

  const again = (delay_ms = RETRY_MS) => {
    if (retry || closed) return;
    retry = setTimeout(() => {
      retry = null;
      follow();
    }, delay_ms);
  };

  /** The server's answer to an offer: null when it took it, else why not; asks again later. */
  function answered(direction: "send" | "receive", cause: unknown): void {
    const full = isCrowded(cause);
    if (full) refused.set(direction, full);
    else refused.delete(direction);
    crowded.value = [...refused.values()][0] ?? null;
    if (refused.size === 0) refusals = 0;
    if (cause === null) return;
    if (!full) ignoreRefusal(cause);
    again(full ? crowdedDelay(++refusals, Math.random) : RETRY_MS);
  }

  async function startSending(): Promise<void> {
    const sender = new Publisher({
      socket: hearing.socket,
      iceServers: hearing.state.peek().ice_servers,
      wanted: (publication) => {
        const told = Object.values(hearing.state.peek().layers).find((one) => one.publication === publication);
        return told?.rids ?? null;
      },
      whole: () => isAtGate(hearing.state.peek().gate),
      onHealth: (health) => {
        upHealth.value = health;
        if (health !== "dead" || publisher !== sender) return;
        publisher = null;
        sender.close();
        again();
      },
    });
    publisher = sender;
    await sender.set("microphone", tracks.microphone);
    await sender.set("camera", tracks.camera);
    sender.sendPicture(sendsPicture());
    await sender.publish();
  }

  function startReceiving(): Watcher {
    const receiver = new Watcher({
      socket: hearing.socket,
      iceServers: hearing.state.peek().ice_servers,
      onHealth: (health) => {
        downHealth.value = health;
        if (health !== "dead" || watcher !== receiver) return;
        watcher = null;
        receiver.close();
        again();
      },
      onAnswered: () => {
        tiles.again();
        answered("receive", null);
      },
      onStreams: (next) => {
        streams.value = next;
        tiles.receive([...next].filter(([, one]) => one.getVideoTracks().length > 0).map(([id]) => id));
        const audible = new Map([...next].filter(([, stream]) => stream.getAudioTracks().length > 0));
        if (!options.silent) sound.set(audible);
        watch?.plays(audible);
      },
    });
    watcher = receiver;
    receiver.waitForRepeats(patience.wait_ms);
    if (audioOnly.peek() === "chosen") receiver.wantVideo(false).catch(ignoreRefusal);
    return receiver;
  }

  function stopMedia(): void {
    publisher?.close();
    watcher?.close();
    publisher = watcher = before = null;
    gradeNow.value = null;
  }

  /** Brings the connections in line with the state of the hearing; called whenever something changed. */
  function follow(): void {
    if (closed) return;
    const state = hearing.state.peek();
    const self = hearing.self.peek();
    const linked = hearing.link.peek().at === "open";
    if (!linked || self?.presence === "dropped") return;
    // Observers and displays are not on the list of people: what they may receive is what says they are inside.
    const inside = options.receiveOnly === true || (self !== null && IN_COURTROOM.has(self.presence));
    const gate = state.gate;
    const atGate = isAtGate(gate);
    // The connection that the gate has looked at goes on into the courtroom.
    const passedHere = gate?.stage === "passed" && publisher !== null;
    if (!inside && !atGate && !passedHere) return stopMedia();
    const mayPublish =
      !options.receiveOnly &&
      state.rights.includes("publish") &&
      (gate === null || atGate || gate.stage === "passed");
    // Whoever was turned away waits its time out, whatever else happens in the hearing meanwhile.
    const waits = (direction: "send" | "receive") => retry !== null && refused.has(direction);
    if (mayPublish && !publisher && (tracks.camera || tracks.microphone) && !waits("send")) {
      startSending().then(
        () => answered("send", null),
        (cause) => {
          publisher?.close();
          publisher = null;
          answered("send", cause);
        },
      );
    }
    if (!inside || waits("receive")) return;
    const wanted = options.choose ? options.choose(state.publications) : state.publications;
    const receiver = watcher ?? (wanted.length > 0 ? startReceiving() : null);
    receiver?.show(wanted).catch((cause) => answered("receive", cause));
  }

  function applyMic(): void {
    if (tracks.microphone) tracks.microphone.enabled = micOn.peek();
    watch?.listen(micOn.peek() ? tracks.microphone : null);
  }

  function setMic(on: boolean): void {
    batch(() => {
      micOn.value = on && tracks.microphone !== null;
      if (on && howling.peek()) {
        howling.value = null;
        hearing.do({ do: "howling", muted: false }).catch(ignoreRefusal);
      }
    });
    applyMic();
  }

  const sendsPicture = () => cameraOn.peek() && audioOnly.peek() === null;

  function applyPicture(): void {
    if (tracks.camera) tracks.camera.enabled = sendsPicture();
    publisher?.sendPicture(sendsPicture());
    watcher?.wantVideo(audioOnly.peek() !== "chosen").catch(ignoreRefusal);
  }

  function report(now: Figures): void {
    const hidden = document.visibilityState === "hidden";
    hearing.socket.tell({ type: "network_report", ...now, audio_only: audioOnly.peek() !== null, hidden });
  }

  async function measure(): Promise<void> {
    const connections = [publisher?.connection ?? null, watcher?.connection ?? null];
    if (connections.every((connection) => connection === null)) return;
    const after = await counters(connections, performance.now());
    const last = before;
    before = after;
    if (!last || closed) return;
    const now = figures(last, after, hearing.state.peek().rtt_ms);
    figuresNow.value = now;
    const broken = upHealth.peek() === "interrupted" || downHealth.peek() === "interrupted";
    gradeNow.value = broken ? "lost" : grade(now);
    if (publisher && audioOnly.peek() !== "chosen" && !broken && guard.step(now, after.at_ms)) {
      audioOnly.value = guard.reason;
      applyPicture();
    }
    if (patience.step(now, after.at_ms)) watcher?.waitForRepeats(patience.wait_ms);
    report(now);
  }

  applyMic();
  const stops = [
    keepAwake(),
    effect(() => {
      // Read, so that a change of any of them brings the connections in line.
      const { publications, gate } = hearing.state.value;
      void [publications, gate?.stage, gate?.consent, hearing.self.value?.presence, hearing.link.value.at];
      follow();
      publisher?.applyLayers();
    }),
    effect(() => sound.setQuiet(steppingBack(hearing.state.value, interpretation.value))),
    hearing.listen((message) => {
      if (message.type === "layers") publisher?.applyLayers();
      // Told while the page was away, the sizes were lost.
      if (message.type === "welcome") tiles.again();
    }),
  ];
  const timer = setInterval(() => void measure().catch(ignoreRefusal), REPORT_EVERY_MS);
  const moved = () => {
    publisher?.restartIce();
    watcher?.restartIce();
  };
  const route = (navigator as Navigator & { connection?: EventTarget }).connection;
  // Said at once: a phone stops the camera and soon the page itself in the background.
  const seen = () => {
    if (document.visibilityState === "visible") hearing.socket.probe();
    report(figuresNow.peek() ?? NO_FIGURES);
  };
  document.addEventListener("visibilitychange", seen);
  window.addEventListener("online", moved);
  route?.addEventListener("change", moved);

  return {
    streams,
    ownStream,
    micOn,
    cameraOn,
    audioOnly,
    crowded,
    howling,
    soundBlocked,
    upHealth,
    downHealth,
    figures: figuresNow,
    grade: gradeNow,
    setMic,
    setCamera(on) {
      cameraOn.value = on && tracks.camera !== null;
      applyPicture();
    },
    async setTrack(source, track) {
      const old = tracks[source];
      tracks[source] = track;
      if (source === "camera") {
        ownStream.value = track ? new MediaStream([track]) : null;
        cameraOn.value = track !== null;
      } else {
        micOn.value = track !== null;
        applyMic();
      }
      await publisher?.set(source, track);
      if (track) await publisher?.publish();
      if (old !== track) stopTracks(old);
      follow();
    },
    setAudioOnly(chosen) {
      guard.reset();
      audioOnly.value = chosen ? "chosen" : null;
      applyPicture();
    },
    watchTile: (publication, element) => tiles.watch(publication, element),
    setVolume: (volume) => sound.setVolume(volume),
    unlockSound: () => void sound.unlock(),
    close() {
      closed = true;
      clearInterval(timer);
      if (retry) clearTimeout(retry);
      for (const stop of stops) stop();
      document.removeEventListener("visibilitychange", seen);
      window.removeEventListener("online", moved);
      route?.removeEventListener("change", moved);
      stopMedia();
      tiles.close();
      watch?.close();
      sound.close();
      stopTracks(tracks.camera, tracks.microphone);
    },
  };
}

/** A refusal or a lost connection is retried or shown elsewhere; anything else is a fault of ours and must be seen. */
function ignoreRefusal(cause: unknown): void {
  if (cause instanceof Refused) return;
  console.error(cause);
}
